import os
from typing import Any

from django.contrib.auth.hashers import identify_hasher
from django.contrib.auth.management.commands import createsuperuser
from django.core.management.base import CommandError, CommandParser
from django.db import transaction


class Command(createsuperuser.Command):
    help = "Create a superuser, as Django does, but fail where Django makes none or one who can never sign in."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--password-hash", help="with --noinput: the hash of the password, as Django stores it")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["password_hash"] is not None:
            self._create(*args, **options)
            return
        # Django ends with 0 here, and a one-off task looks as if it had made somebody.
        if options["interactive"] and not (self.stdin and self.stdin.isatty()):
            raise CommandError(
                "there is no terminal, so nobody can be asked: run `make superuser ENV=… USERNAME=… EMAIL=…`"
            )
        if not options["interactive"] and not os.environ.get("DJANGO_SUPERUSER_PASSWORD"):
            raise CommandError(
                "without a password nobody could sign in: give --password-hash, or set DJANGO_SUPERUSER_PASSWORD"
            )
        super().handle(*args, **options)

    def _create(self, *args: Any, password_hash: str, **options: Any) -> None:
        field, database = self.username_field.name, options["database"]
        if options["interactive"] or options[field] is None:
            raise CommandError(f"--password-hash needs --noinput and --{field} beside it: give them")
        try:
            # What can be compared with a password can be signed in with.
            identify_hasher(password_hash).verify("", password_hash)
        except ValueError:
            # The cause would say what was given, which may be a password.
            raise CommandError(
                "--password-hash is no hash that PASSWORD_HASHERS know: give one that make_password() made"
            ) from None
        with transaction.atomic(using=database):
            super().handle(*args, **options)
            users = self.UserModel._default_manager.db_manager(database)
            user = users.get(**{field: self.UserModel.normalize_username(options[field])})
            user.password = password_hash
            user.save(update_fields=["password"])
