"""A superuser is made without a terminal, and the password is shown once, to whoever asked for it and nowhere else."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cli.deploy import superuser
from tests.cli.conversation import CHECK, serving
from tests.cli.ecs.cluster import Cluster
from tests.environments import DIRECTORY

pytestmark = pytest.mark.thorough

BIN = Path(__file__).parents[3] / ".venv-app" / "bin"
MANAGE = (str(BIN / "python"), "manage.py")
ANN = ["dev", "--username", "ann", "--email", "ann@example.com"]


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    with serving(tmp_path, monkeypatch) as found:
        yield found


def made(directory: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[int, str]:
    """The exit code for ann, and what was written to stdout, which is a pipe."""
    reader, writer = os.pipe()
    with os.fdopen(reader) as output:
        with os.fdopen(writer, "w") as stdout, monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", stdout)
            code = superuser.main(ANN, directory=directory)
        return code, output.read()


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The passwords that were drawn."""
    passwords: list[str] = []

    def draw() -> str:
        passwords.append(original())
        return passwords[-1]

    original = superuser.draw_password
    monkeypatch.setattr(superuser, "draw_password", draw)
    return passwords


def test_the_password_is_shown_to_who_asked_and_only_its_hash_travels(
    cluster: Cluster,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    drawn: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    cluster.aws.ecs.logs[CHECK] = ["Superuser created successfully."]
    code, shown = made(tmp_path, monkeypatch)
    assert code == 0
    (password,) = drawn
    assert re.fullmatch(
        rf"The password, which is shown this once: {password}\n"
        r"Sign in at https://[\w.-]+, where the project has its admin site, and change it there\n",
        shown,
    )
    said = capsys.readouterr().err
    assert "Superuser created successfully." in said
    (ran,) = cluster.aws.ecs.runs
    *told, given = ran.command
    assert told == ["python", "manage.py", "shell", "--verbosity", "0", "--command"]
    assert "('ann', 'ann@example.com', 'pbkdf2_sha256$" in given
    for place in (said, *ran.command, *sys.argv, *os.environ.values()):
        assert password not in place
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and password in path.read_text()]


def test_where_it_fails_nothing_secret_is_told(
    cluster: Cluster,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    drawn: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    cluster.aws.ecs.exit_codes[CHECK] = 2
    cluster.aws.ecs.logs[CHECK] = ["error: unrecognized arguments: --password-hash=pbkdf2_sha256$1$salt$digest"]
    assert made(tmp_path, monkeypatch) == (1, "")
    said = capsys.readouterr().err
    assert said.splitlines()[-1] == "superuser: ann was not made: the lines of the task say why"
    assert "error: unrecognized arguments: --password-hash=(sensitive)" in said
    (password,) = drawn
    assert password not in said


def test_where_the_task_does_not_start_nothing_is_shown(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cluster.aws.ecs.cannot_start[CHECK] = "CannotPullContainerError: gone"
    assert made(tmp_path, monkeypatch) == (1, "")
    assert "was stopped before it ran: CannotPullContainerError: gone" in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize("place", ["a file", "nowhere", "closed"])
def test_nothing_is_made_where_the_password_would_be_kept_or_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], place: str
) -> None:
    stdout: io.TextIOWrapper | None = None
    if place != "closed":
        stdout = (tmp_path / "kept" if place == "a file" else Path(os.devnull)).open("w")
    monkeypatch.setattr(sys, "stdout", stdout)
    monkeypatch.setattr(superuser, "run_task", lambda *_, **__: pytest.fail("it was run"))
    assert superuser.main(ANN, directory=DIRECTORY) == 1
    assert capsys.readouterr().err == (
        "superuser: stdout is no terminal and no pipe, so nobody reads a password there: do not redirect it\n"
    )
    if stdout:
        stdout.close()


@pytest.mark.parametrize("text", ["", "-ann", "--noinput", "an n", "ann\n", "a\x1b[31m", "a\u202eb", "a" * 151])
def test_what_is_no_username_is_told_before_anything_is_asked(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert superuser.main(["dev", f"--username={text}", "--email=ann@example.com"], directory=DIRECTORY) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "is no username: write letters, digits and @ . + - _ (USERNAME=ann)" in line
    assert line.isprintable()


@pytest.mark.parametrize("text", ["", "ann", "@", "ann@", "-a@example.com", "a b@example.com", "a@example.com\x00"])
def test_what_is_no_address_is_told_before_anything_is_asked(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert superuser.main(["dev", "--username=ann", f"--email={text}"], directory=DIRECTORY) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "is no e-mail address: write it as EMAIL=ann@example.com" in line
    assert line.isprintable()


def test_passwords_have_128_bits_at_least_and_can_be_typed() -> None:
    passwords = {superuser.draw_password() for _ in range(200)}
    assert len(passwords) == 200
    symbols = set("".join(passwords)) - {"-"}
    assert len(symbols) == 32
    assert not symbols & set("0O1lI")
    for password in passwords:
        assert re.fullmatch(r"[a-z2-9]{4}(-[a-z2-9]{4}){6}", password)  # 28 symbols of 5 bits


def test_a_hash_is_that_of_its_password_and_has_a_salt_of_its_own() -> None:
    one, other = superuser.hash_of("secret"), superuser.hash_of("secret")
    assert one != other
    algorithm, iterations, salt, digest = one.split("$")
    expected = hashlib.pbkdf2_hmac("sha256", b"secret", salt.encode(), int(iterations))
    assert (algorithm, base64.b64decode(digest)) == ("pbkdf2_sha256", expected)


def test_in_a_rehearsal_there_is_nobody_to_make(
    cluster: Cluster,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    drawn: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("REHEARSAL", "1")
    assert made(tmp_path, monkeypatch) == (1, "")
    assert drawn == []
    line = "superuser: nothing runs on the local AWS: there is no application that could keep a user\n"
    assert capsys.readouterr().err.endswith(line)


MODELS = {
    "django": "",
    "email": """
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models

class Manager(BaseUserManager):
    def create_superuser(self, email, password=None):
        user = self.model(email=email, is_superuser=True)
        user.set_password(password)
        user.save()
        return user

class User(AbstractBaseUser, PermissionsMixin):
    email = models.EmailField(unique=True)
    objects = Manager()
    USERNAME_FIELD = EMAIL_FIELD = "email"
""",
    "team": """
from django.contrib.auth.models import AbstractUser
from django.db import models

class User(AbstractUser):
    team = models.CharField(max_length=9)
    REQUIRED_FIELDS = ["email", "team"]
""",
}


@pytest.fixture
def project(tmp_path: Path, request: pytest.FixtureRequest) -> Callable[..., subprocess.CompletedProcess[str]]:
    """A project as `django-admin startproject` makes it, with this user, migrated; it runs a command."""
    subprocess.run([BIN / "django-admin", "startproject", "shop", tmp_path], check=True, cwd=tmp_path)
    if model := MODELS[request.param]:
        (tmp_path / "people").mkdir()
        (tmp_path / "people" / "__init__.py").touch()
        (tmp_path / "people" / "models.py").write_text(model)
        with (tmp_path / "shop" / "settings.py").open("a") as settings:
            settings.write("INSTALLED_APPS.append('people')\nAUTH_USER_MODEL = 'people.User'\n")

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(arguments, cwd=tmp_path, env={}, capture_output=True, text=True, check=False)

    assert run(*MANAGE, "makemigrations", "people").returncode in (0, 1, 2)
    assert run(*MANAGE, "migrate").returncode == 0
    return run


@pytest.mark.parametrize(("project", "field"), [("django", "username"), ("email", "email")], indirect=["project"])
def test_whatever_its_user_model_is_a_project_has_a_superuser_who_signs_in(
    project: Callable[..., subprocess.CompletedProcess[str]], field: str
) -> None:
    name = {"username": "ann", "email": "ann@example.com"}[field]
    create = superuser.command(MANAGE, "ann", "ann@example.com", superuser.hash_of("secret"))
    done = project(*create)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"There is a superuser {name}\n", "")
    ask = f"from django.contrib.auth import authenticate; print(authenticate({field}={name!r}, password='secret'))"
    assert project(*MANAGE, "shell", "-v", "0", "-c", ask).stdout == f"{name}\n"
    again = project(*create)
    assert (again.returncode, again.stderr) == (1, f"superuser: there is a user {name}: choose another name\n")


@pytest.mark.parametrize("project", ["team"], indirect=True)
def test_a_model_that_requires_more_is_one_line(project: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    done = project(*superuser.command(MANAGE, "ann", "ann@example.com", superuser.hash_of("secret")))
    line = "superuser: User requires team as well: make it by a command of your own\n"
    assert (done.returncode, done.stderr) == (1, line)


@pytest.mark.parametrize("project", ["django"], indirect=True)
def test_a_name_that_the_model_refuses_makes_nobody(project: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    done = project(*superuser.command(MANAGE, "an n", "ann@example.com", superuser.hash_of("secret")))
    assert done.returncode == 1
    assert done.stderr.startswith("superuser: Enter a valid username.")
