"""Make a superuser, and show the password once: `python -m cli superuser prod --username ann --email ann@example.com`.

The password is drawn and hashed on this machine, and is in no argument, variable, log or file. Its hash travels in the
overrides of a one-off task, which CloudTrail records for whoever may read them. They gain nothing: behind PBKDF2 there
are 140 random bits, which nobody guesses, at whatever price of a guess.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import secrets
import stat
import sys
from argparse import ArgumentTypeError, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from cli import command as commands
from cli import rehearsal
from cli.deploy.run import run_task
from cli.failure import Failure, run_command, tell
from stacks.config import loader

# 32 that are not taken for one another, so each is worth 5 bits; as groups they can be typed.
_ALPHABET, _GROUPS, _GROUP = "abcdefghijkmnpqrstuvwxyz23456789", 7, 4

ITERATIONS = 1_000_000
"""Django's own number, django.contrib.auth.hashers.PBKDF2PasswordHasher.iterations: else it hashes again at sign-in."""

# https://docs.djangoproject.com/en/5.2/ref/contrib/auth/#django.contrib.auth.models.User.username
_USERNAME = re.compile(r"(?!-)[\w.@+-]{1,150}")
_EMAIL = re.compile(r"(?!-)[^@\s]+@[^@\s]+")


def main(argv: Sequence[str], *, directory: Path = loader.DIRECTORY) -> int:
    """Make a superuser. Returns 0 when there is one and the password was shown, 1 or 2 when not; 130 when interrupted.

    An interrupt may come after the user was made, whose password is then lost.
    """
    return run_command("superuser", lambda: _run(_parse(argv, directory), directory))


def draw_password() -> str:
    """A password of 140 random bits that can be typed."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS))


def hash_of(password: str) -> str:
    """A new hash of a password, as Django stores it."""
    salt = secrets.token_hex(16)
    digest = hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), ITERATIONS)
    return f"pbkdf2_sha256${ITERATIONS}${salt}${base64.b64encode(digest).decode()}"


PROGRAM = """
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import identify_hasher
from django.core.exceptions import ValidationError
from django.db import transaction

username, email, password_hash = %r
model = get_user_model()
by_email = model.USERNAME_FIELD == model.get_email_field_name()
name = email if by_email else username
given = {model.USERNAME_FIELD: name}
if any(field.name == model.get_email_field_name() for field in model._meta.get_fields()):
    given[model.get_email_field_name()] = email
missing = [field for field in model.REQUIRED_FIELDS if field not in given]
try:
    if missing:
        what = "%%s requires %%s as well: make it by a command of your own" %% (model.__name__, missing[0])
        raise ValueError(what)
    identify_hasher(password_hash)
    model._meta.get_field(model.USERNAME_FIELD).clean(name, None)
    with transaction.atomic(using=model._default_manager.db):
        if model._default_manager.filter(**{model.USERNAME_FIELD: name}).exists():
            raise ValueError("there is a user %%s: choose another name" %% name)
        user = model._default_manager.create_superuser(password=None, **given)
        user.password = password_hash
        user.save(update_fields=["password"])
except ValidationError as error:
    raise SystemExit("superuser: %%s" %% " ".join(error.messages))
except ValueError as error:
    raise SystemExit("superuser: %%s" %% error)
print("There is a superuser %%s" %% name)
""".strip()
"""Makes a superuser of whatever AUTH_USER_MODEL the project has, with a hash in place of a password."""


def command(manage: Sequence[str], username: str, email: str, password_hash: str) -> list[str]:
    """What makes the user where the application runs: of Django alone, so that any project has it."""
    program = PROGRAM % ((username, email, password_hash),)
    # Django announces what its shell imports, unless it is quiet.
    return [*manage, "shell", "--verbosity", "0", "--command", program]


def _parse(argv: Sequence[str], directory: Path) -> Namespace:
    parser = commands.Parser("superuser", description="Make a superuser, and show the password once, on stdout.")
    commands.add_environment(parser, directory)
    parser.add_argument("--username", required=True, type=_username, help="such as ann")
    parser.add_argument("--email", required=True, type=_email, help="such as ann@example.com")
    return parser.parse_args(argv)


def _username(text: str) -> str:
    if not _USERNAME.fullmatch(text):
        raise ArgumentTypeError(f"{text!r} is no username: write letters, digits and @ . + - _ (USERNAME=ann)")
    return text


def _email(text: str) -> str:
    if not _EMAIL.fullmatch(text) or not text.isprintable():
        raise ArgumentTypeError(f"{text!r} is no e-mail address: write it as EMAIL=ann@example.com")
    return text


def _run(arguments: Namespace, directory: Path) -> int:
    environment = commands.environment(arguments, directory)
    if rehearsal.runs_nothing():
        raise Failure("superuser: nothing runs on the local AWS: there is no application that could keep a user")
    if not _is_read(sys.stdout):
        raise Failure(
            "superuser: stdout is no terminal and no pipe, so nobody reads a password there: do not redirect it"
        )
    password = draw_password()
    manage = environment.django_service.application.manage
    create = command(manage, arguments.username, arguments.email, hash_of(password))
    if run_task(environment, create, on_line=tell):
        raise Failure(f"superuser: {arguments.username} was not made: the lines of the task say why")
    print(f"The password, which is shown this once: {password}")
    url = rehearsal.url() or environment.url or "the URL that `make deploy` prints"
    print(f"Sign in at {url}, where the project has its admin site, and change it there")
    return 0


def _is_read(stream: TextIO | None) -> bool:
    """Whether what is written there reaches a reader, and not a file that keeps it or a device that swallows it."""
    if stream is None:  # as Python has it where it is closed
        return False
    mode = os.fstat(stream.fileno()).st_mode
    return stream.isatty() or stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)
