"""Forward a port of this machine to a store, through a task of its own: `python -m cli port-forward prod redis`.

The task is stopped when that ends, and ends by itself after `django_service.session.minutes`. A store that asks for a
password, or for a token of IAM, gets that of whoever runs this: it is in a file that this user alone may read, written
again before a token has expired and removed at the end, and in no argument or output.
"""

from __future__ import annotations

import shlex
import subprocess
from argparse import ArgumentTypeError, Namespace
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError, ClientError

from cli import command as commands
from cli.deploy.database import Database
from cli.deploy.psql import credential, password_line, unverifiable, write_authorities
from cli.deploy.session import require, session
from cli.failure import Failure, run_command, tell
from cli.private_directory import private_directory
from cli.terraform import environment as environments
from stacks.config import loader

if TYPE_CHECKING:
    import boto3

    from stacks.config.schema import Environment

POSTGRESQL, REDIS, BROKER = "postgresql", "redis", "redis-broker"
_ABOVE = 10_000  # 15432 and 16379, which no server of this machine has
# A token is good for 15 minutes, in which one may sign in.
TOKEN_SECONDS, RENEWAL_SECONDS = 900, 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """A server that the tasks of an environment reach."""

    host: str
    port: int
    connect: str
    """What to type, with `{port}` for the local port, `{file}` for the file that holds the credential, and
    `{authorities}` for that of the certificate authorities of RDS."""
    credential: Callable[[], str] | None = None
    """Makes the text of that file, with a password or a token of IAM. None: it asks for neither."""


def main(argv: Sequence[str], *, directory: Path = loader.DIRECTORY) -> int:
    """Forward until Ctrl-C. Returns 0 after that, and 1 when it ends otherwise or cannot begin."""
    return run_command("port-forward", lambda: _run(_parse(argv, directory), directory))


def _parse(argv: Sequence[str], directory: Path) -> Namespace:
    parser = commands.Parser("port-forward", description="Forward a port of this machine to a store.")
    commands.add_environment(parser, directory, required=True)
    parser.add_argument("store", nargs="?", default=POSTGRESQL, help=f"{POSTGRESQL}, the default, {REDIS} or {BROKER}")
    parser.add_argument("--port", type=_port, help="of this machine; that of the store and 10000 by default")
    return parser.parse_args(argv)


def _port(text: str) -> int:
    if not text.isdecimal() or not 1024 <= int(text) <= 65_535:
        raise ArgumentTypeError(f"{text!r} is not a valid port: use 1024 to 65535 (PORT=15432)")
    return int(text)


def stores_of(environment: Environment) -> list[str]:
    """The names of the stores that an environment has."""
    redis = environment.redis
    return [POSTGRESQL, *([REDIS] if redis else []), *([BROKER] if redis and redis.broker else [])]


def _run(arguments: Namespace, directory: Path) -> int:
    environment = commands.environment(arguments, directory)
    stores = stores_of(environment)
    if arguments.store not in stores:
        raise Failure(f"port-forward: there is no store {arguments.store!r}: use one of {', '.join(stores)}")
    require(environment, "port-forward")
    aws = environments.session_of(environment)
    store = (
        _postgresql(environment, aws) if arguments.store == POSTGRESQL else _redis(environment, aws, arguments.store)
    )
    port = arguments.port or min(store.port + _ABOVE, 65_535)
    with (
        private_directory("port-forward-") as private,
        session(environment, "port-forward") as opened,
        opened.forwarded(store.host, store.port, port) as process,
    ):
        try:
            file, authorities = private / "token", private / "rds.pem"
            _renew(store, file)
            if arguments.store == POSTGRESQL:
                write_authorities(environment, authorities)
            files = {"file": shlex.quote(str(file)), "authorities": shlex.quote(str(authorities))}
            print(f"127.0.0.1:{port} is {store.host}:{store.port} until Ctrl-C. Connect by")
            print(store.connect.format(port=port, **files), flush=True)
            _wait(process, store, file)
        except KeyboardInterrupt:
            return 0
    raise Failure("port-forward: the session has ended: run it again to go on")


def _renew(store: Store, file: Path) -> None:
    if store.credential:
        new = file.with_suffix(".new")
        new.touch(mode=0o600)  # psql reads no other
        new.write_text(store.credential())
        new.replace(file)  # whoever reads it meanwhile has the old one or the new one


def _wait(process: subprocess.Popen[str], store: Store, file: Path) -> None:
    while True:
        try:
            process.wait(RENEWAL_SECONDS if store.credential else None)
        except subprocess.TimeoutExpired:
            try:
                _renew(store, file)
            except (Failure, BotoCoreError, ClientError, OSError) as error:
                what = "there is no new token, and open connections need none"
                tell(f"port-forward: {what} ({error}): it is tried again in {RENEWAL_SECONDS // 60} minutes")
        else:
            return


def _postgresql(environment: Environment, aws: boto3.Session) -> Store:
    for problem in unverifiable(environment):
        raise Failure(f"port-forward: {problem}")
    database, inputs = Database.of(environment, aws), environment.django_service
    host = database.address
    user = environment.postgresql.master_username if inputs.authentication == "secret" else inputs.app_user
    # verify-full needs both: where to connect, and whose certificate to expect there.
    server = f"host={host} hostaddr=127.0.0.1 port={{port}} dbname={environment.postgresql.database_name} user={user}"
    files = "PGPASSFILE={file} PGSSLROOTCERT={authorities}"
    return Store(
        host=host,
        port=environment.postgresql.port,
        connect=f'{files} psql "{server} sslmode=verify-full"',
        credential=lambda: password_line(credential(environment, aws, database, host, is_master=False)[1]),
    )


def _redis(environment: Environment, aws: boto3.Session, name: str) -> Store:
    client = aws.client("elasticache")
    group = environment.redis.group_ids(environment.prefix)[name] if environment.redis else name
    found = client.describe_replication_groups(ReplicationGroupId=group)["ReplicationGroups"][0]
    endpoint = next(
        (each["PrimaryEndpoint"] for each in found.get("NodeGroups", ()) if "PrimaryEndpoint" in each), None
    )
    if endpoint is None:
        raise Failure(f"{group}: ElastiCache says that it is {found['Status']}: wait until it is available")
    host, port = endpoint["Address"], endpoint["Port"]
    connect = f"redis-cli --tls --sni {host} -h 127.0.0.1 -p {{port}}"
    if not (environment.redis and environment.redis.iam_authentication):
        return Store(host=host, port=port, connect=connect)
    user = f"{environment.prefix}-{REDIS}"  # of both groups
    return Store(
        host=host,
        port=port,
        connect=f'REDISCLI_AUTH="$(cat {{file}})" {connect} --user {user}',  # it reads no file
        credential=lambda: _token(aws, environment.region, group, user),
    )


def _token(aws: boto3.Session, region: str, group: str, user: str) -> str:
    """https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth-iam.html."""
    credentials = aws.get_credentials()
    if credentials is None:
        raise Failure("port-forward: there are no AWS credentials to sign in with: export AWS_PROFILE")
    asked = AWSRequest("GET", f"https://{group}/", params={"Action": "connect", "User": user})
    frozen = credentials.get_frozen_credentials()
    SigV4QueryAuth(frozen, "elasticache", region, expires=TOKEN_SECONDS).add_auth(asked)
    return str(asked.url).removeprefix("https://")
