from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import Error, connection, transaction

from operations import database_roles
from operations.conf import setting

_KINDS = {"r": "TABLE", "p": "TABLE", "v": "VIEW", "m": "MATERIALIZED VIEW", "S": "SEQUENCE"}


class Command(BaseCommand):
    help = "Create the database's roles and the users that log in by IAM. Run as the master user, as often as you like."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--app-user", default=setting("DATABASE_APP_USER", "app_user"))
        parser.add_argument("--migration-user", default=setting("DATABASE_MIGRATION_USER", "migrator"))
        parser.add_argument(
            "--no-iam", action="store_true", help="do not grant rds_iam: for a PostgreSQL that is not on RDS"
        )

        parser.add_argument(
            "--former-owner",
            default=setting("DATABASE_FORMER_OWNER", ""),
            help="whose tables become those of the migrations, in a database that comes from elsewhere",
        )

    def handle(self, *_: Any, **options: Any) -> None:
        if connection.vendor != "postgresql":
            raise CommandError(f"the database is {connection.vendor}: name a PostgreSQL by DATABASE_HOST")
        if options["app_user"] == options["migration_user"]:
            raise CommandError("the application and the migrations are the same user: give them two names")
        try:
            # One transaction: all of it or nothing, and a failure is the command's failure.
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT current_user, current_database()")
                master, database = cursor.fetchone()
                if master in (options["app_user"], options["migration_user"]):
                    raise CommandError(f"{master} is the user to be created: run this as the master user")
                cursor.execute("SELECT rolname FROM pg_roles")
                existing = {name for (name,) in cursor.fetchall()}
                if not options["no_iam"] and "rds_iam" not in existing:
                    raise CommandError("there is no role rds_iam, so this is not RDS: run with --no-iam")
                if (former := options["former_owner"]) and former not in existing:
                    raise CommandError(f"there is no role {former}: leave DATABASE_FORMER_OWNER out")
                cursor.execute(
                    "SELECT c.relkind::text, c.relname FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner "
                    "WHERE c.relnamespace = 'public'::regnamespace AND r.rolname = current_user "
                    "AND c.relkind IN ('r', 'p', 'v', 'm', 'S') "
                    # A sequence of a column goes with its table and cannot be given away alone.
                    "AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype IN ('a', 'i') "
                    "AND d.classid = 'pg_class'::regclass AND c.relkind = 'S')"
                )
                for statement in database_roles.statements(
                    database=database,
                    master=master,
                    application_user=options["app_user"],
                    migration_user=options["migration_user"],
                    existing_roles=existing,
                    objects_of_master=[(_KINDS[kind], name) for kind, name in cursor.fetchall()],
                    iam=not options["no_iam"],
                    former_owner=former,
                ):
                    cursor.execute(statement)
        except Error as error:
            raise CommandError(f"nothing was changed: {error}") from error
        self.stdout.write(
            f"{database}: {options['app_user']} may read and write rows, {options['migration_user']} may migrate"
        )
