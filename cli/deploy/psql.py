"""Open psql on the environment's database, through a task of its own: `python -m cli psql prod`.

psql runs on this machine, and reaches the database by a port that the task forwards. It verifies the certificate of the
real host. The password, or the token of IAM, is read with the credentials of whoever runs this, and is in no argument,
variable or output: psql reads it from a file that this user alone may read, and that is removed at the end.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from cli import command as commands
from cli.deploy.database import Database
from cli.deploy.session import Session, attend, require, session
from cli.ecs.definition import main_container
from cli.failure import Failure, run_command
from cli.private_directory import private_directory
from cli.terraform import environment as environments
from modules.rds_authorities.authorities import published
from stacks.config import loader
from stacks.config.application_inputs import INIT_DATABASE, SESSION

if TYPE_CHECKING:
    import boto3
    from mypy_boto3_ecs import ECSClient

    from stacks.config.schema import Environment

PSQL = "psql"
READ_ONLY = "-c default_transaction_read_only=on"
# Before 14, lines of a password file end after 320 characters, and a token has more.
# https://www.postgresql.org/docs/14/release-14.html
_OLDEST = 14


def main(argv: Sequence[str], *, directory: Path = loader.DIRECTORY) -> int:
    """Returns the exit code of psql; 1 when there can be no session; 130 when interrupted."""
    return run_command(PSQL, lambda: _run(_parse(argv, directory), directory))


def missing(environment: Environment) -> Iterator[str]:
    """What is wrong with psql on this machine, and with what verifies the database."""
    yield from unverifiable(environment)
    if not shutil.which(PSQL):
        yield f"{PSQL} is not on PATH: install the client of PostgreSQL {_OLDEST} or later"
        return
    said = subprocess.run([PSQL, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"\(PostgreSQL\) (\d+)", said)
    if not found or int(found[1]) < _OLDEST:
        version = found[1] if found else "of an unknown version"
        yield f"{PSQL} is {version}: install the client of PostgreSQL {_OLDEST} or later"


def unverifiable(environment: Environment) -> Iterator[str]:
    """Why the certificate of the database cannot be verified."""
    if environment.region not in published().regions:
        yield f"the certificate authorities of RDS in {environment.region} are not known: run `make rds-authorities`"


def write_authorities(environment: Environment, file: Path) -> None:
    """Write what verifies the certificate of the database, in PEM."""
    file.write_text("".join(published().regions[environment.region]))


def _parse(argv: Sequence[str], directory: Path) -> Namespace:
    parser = commands.Parser(PSQL, description="Open psql on the environment's database.")
    commands.add_environment(parser, directory, required=True)
    parser.add_argument("--master", action="store_true", help="as the master user, in place of the application's")
    parser.add_argument("--write", action="store_true", help="let transactions write, which are read-only by default")
    return parser.parse_args(argv)


def _run(arguments: Namespace, directory: Path) -> int:
    environment = commands.environment(arguments, directory)
    require(environment, PSQL)
    for problem in missing(environment):
        raise Failure(f"{PSQL}: {problem}")
    aws = environments.session_of(environment)
    database = Database.of(environment, aws)
    options = "" if arguments.write else READ_ONLY
    with (
        session(environment, PSQL) as opened,
        connection(opened, database, PSQL, is_master=arguments.master, options=options) as variables,
    ):
        return attend([PSQL], variables)


@contextmanager
def connection(
    opened: Session, database: Database, verb: str, *, is_master: bool, options: str = ""
) -> Iterator[dict[str, str]]:
    """The variables by which a client of libpq reaches a database through a session, as the application or the master.

    `options` are of PostgreSQL's, for the session there. Raises Failure where the database cannot be reached.
    """
    environment, host, local_port = opened.environment, database.address, _free_port()
    with private_directory("psql-") as private, opened.forwarded(host, environment.postgresql.port, local_port):
        # Last, because a token is good for 15 minutes.
        user, password = credential(environment, opened.aws, database, host, is_master=is_master)
        authorities, passwords = private / "rds.pem", private / "passwords"
        write_authorities(environment, authorities)
        passwords.touch(mode=0o600)  # of which psql reads no other
        passwords.write_text(password_line(password))
        variables = {
            # Where to connect, and whose certificate to expect there.
            "PGHOSTADDR": "127.0.0.1",
            "PGHOST": host,
            "PGPORT": str(local_port),
            "PGDATABASE": environment.postgresql.database_name,
            "PGUSER": user,
            "PGPASSFILE": str(passwords),
            "PGSSLMODE": "verify-full",
            "PGSSLROOTCERT": str(authorities),
            "PGAPPNAME": f"make {verb}",
            **({"PGOPTIONS": options} if options else {}),
        }
        # One of this machine's databases would win over these.
        others = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        yield {**others, **variables}


def credential(
    environment: Environment, aws: boto3.Session, database: Database, host: str, *, is_master: bool
) -> tuple[str, str]:
    """The user as whom tasks sign in, or the master user, and its password or a token in place of one."""
    inputs = environment.django_service
    if is_master or inputs.authentication == "secret":
        arn = database.kept_secret_arn or _master_secret(environment, aws.client("ecs"))
        found = _secret(aws, arn)
        return found["username"], found["password"]
    if inputs.authentication == "password":
        return inputs.app_user, _secret(aws, _secret_of_tasks(environment, aws.client("ecs")))["password"]
    rds, port = aws.client("rds"), environment.postgresql.port
    return inputs.app_user, rds.generate_db_auth_token(DBHostname=host, Port=port, DBUsername=inputs.app_user)


def _secret(aws: boto3.Session, arn: str) -> dict[str, str]:
    found: dict[str, str] = json.loads(aws.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"])
    return found


def _secret_of_tasks(environment: Environment, ecs: ECSClient) -> str:
    """The ARN of the secret of the application's user, as the task of sessions has it."""
    if arn := _named(environment, ecs, SESSION, "postgresql-app"):
        return arn
    what = f"{environment.prefix}-{SESSION}: has no secret of {environment.django_service.app_user}"
    raise Failure(f"{what}: leave DATABASE_PASSWORD or DATABASE_URL to it in variables of application.py")


def _master_secret(environment: Environment, ecs: ECSClient) -> str:
    """The ARN of the secret of the master user beside a read replica, as the task that signs in as it has it."""
    task = SESSION if environment.django_service.authentication == "secret" else INIT_DATABASE
    if arn := _named(environment, ecs, task, "postgresql-master"):
        return arn
    raise Failure(f"{environment.prefix}-{task}: has no secret of the master user: deploy {environment.name}")


def _named(environment: Environment, ecs: ECSClient, task: str, name: str) -> str:
    """The ARN of a secret, whose end is drawn, by a task that is given it; empty where it is not."""
    definition = ecs.describe_task_definition(taskDefinition=f"{environment.prefix}-{task}")["taskDefinition"]
    container = main_container(definition)
    given = [each["valueFrom"] for each in container.get("secrets", ())]
    given += [each["value"] for each in container.get("environment", ())]
    found = (text for text in given if f":secret:{environment.prefix}/{name}-" in text)
    return ":".join(next(found, "").split(":")[:7])  # what follows is a key of its value


def password_line(password: str) -> str:
    """A file of passwords with this one for every server: https://www.postgresql.org/docs/current/libpq-pgpass.html."""
    escaped = re.sub(r"([\\:])", r"\\\1", password)
    return f"*:*:*:*:{escaped}\n"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
