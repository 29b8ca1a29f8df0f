"""Restore the database of a moment beside the one that serves, prove it, change over: `python -m cli restore prod`.

Each step writes data or looks at AWS, and names the next one; what changes AWS is `make deploy`. Nothing is ever
restored over a database: docs/data.md.
"""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

from cli import command as commands
from cli.data import proof, writing
from cli.deploy import prerequisites, psql
from cli.deploy.database import AVAILABLE, BROKEN, Database
from cli.deploy.session import require, session
from cli.failure import FAILED, Failure, run_command, tell
from cli.terraform import environment as environments
from cli.text import printable
from modules.postgresql.source_inputs import PointInTimeInputs, RestoredInputs, SnapshotInputs, moment, written
from stacks import moved
from stacks.config import loader
from stacks.console import for_tables
from stacks.unit_names import POSTGRESQL

if TYPE_CHECKING:
    import boto3

    from stacks.config.schema import Environment

MOVES = Path(moved.__file__)
WIDTH = 160
"""Of the table in a log, which has none."""
_FIRST, _RESTORED = "aws_db_instance.postgresql", "aws_db_instance.postgresql_restored"


def main(argv: Sequence[str], *, directory: Path = loader.DIRECTORY, moves: Path = MOVES) -> int:
    """Do one step. Returns 0; 1 where the proof fails or a step cannot be done; 130 when interrupted."""
    return run_command(writing.VERB, lambda: _run(_parse(argv, directory), directory, moves))


def _parse(argv: Sequence[str], directory: Path) -> Namespace:
    parser = commands.Parser(writing.VERB, description=__doc__)
    commands.add_environment(parser, directory, required=True)
    step = parser.add_mutually_exclusive_group()
    step.add_argument("--at", metavar="TIME", help="write restored=… of this moment, as 2026-11-29T04:00Z (AT)")
    step.add_argument("--latest", action="store_true", help="write restored=… of the latest moment")
    step.add_argument("--snapshot", metavar="NAME", help="write restored=… of a snapshot of this account and region")
    step.add_argument("--prove", action="store_true", help="compare the restored database with the one that serves")
    step.add_argument("--serve", action="store_true", help="write serving, so that a deployment changes over")
    step.add_argument("--finish", action="store_true", help="let the first one go, and then give its place away")
    commands.add_yes(parser)
    return parser.parse_args(argv)


def _run(arguments: Namespace, directory: Path, moves: Path) -> int:
    environment = commands.environment(arguments, directory)
    aws = environments.session_of(environment)
    for problem in prerequisites.account(environment, aws):
        raise Failure(f"{writing.VERB}: {problem}")
    restored = environment.postgresql.restored
    if arguments.at or arguments.latest or arguments.snapshot:
        return _begin(arguments, environment, aws, directory, moves)
    if restored is None:
        raise Failure(f'{_where(environment)} is None: begin by `make restore ENV={environment.name} AT="…Z"`')
    if arguments.prove:
        return _prove(environment, restored, aws)
    if arguments.serve:
        return _serve(arguments, environment, aws, directory)
    if arguments.finish:
        return _finish(arguments, environment, aws, directory, moves)
    print(_next(environment, restored))
    return 0


def _begin(arguments: Namespace, environment: Environment, aws: boto3.Session, directory: Path, moves: Path) -> int:
    """Write `restored`, which the next deployment makes."""
    if environment.postgresql.restored:
        what = f"{_where(environment)}: there is one already"
        raise Failure(f"{what}: finish it (--finish), or remove it and deploy with the --allow that the gate prints")
    if f'"{_RESTORED}":' in moves.read_text(encoding="utf-8"):
        what = f"{loader.shown(moves)}: {_RESTORED} has moved, and would be there again"
        raise Failure(f"{what}: take that entry away, once every environment was deployed with it")
    database = Database.of(environment, aws)
    status = database.status
    if status != AVAILABLE and status not in BROKEN:
        raise Failure(f"{database.identifier}: RDS says that it is {status or 'not there'}: deploy {environment.name}")
    if arguments.snapshot:
        at, source = datetime.now(UTC), f"SnapshotInputs(identifier={_quoted(arguments.snapshot)})"
        _check_snapshot(environment, aws, arguments.snapshot)
    else:
        at = _moment(arguments.at) if arguments.at else datetime.now(UTC)
        when = f", at={_quoted(written(at))}" if arguments.at else ""
        source = f"PointInTimeInputs(instance={_quoted(database.identifier)}{when})"
        if arguments.at:
            _check_moment(database, at)
    name = f"{at:%Y%m%d-%H%M}"
    made = replace(database, identifier=f"{environment.prefix}-{POSTGRESQL}-{name}")
    if made.status:
        raise Failure(f"{made.identifier}: RDS has it already: choose another moment")
    code = f"RestoredInputs(source={source}, name={_quoted(name)})"
    _write(arguments, environment, directory, {"postgresql.restored": code})
    print(f"Next: make deploy ENV={environment.name} makes {made.identifier}, beside {database.identifier}; then")
    print(f"  make restore ENV={environment.name} ARGS=--prove")
    return 0


def _prove(environment: Environment, restored: RestoredInputs, aws: boto3.Session) -> int:
    """Compare the restored database with the one that serves, both read-only, and print what was found."""
    require(environment, writing.VERB)
    for problem in psql.missing(environment):
        raise Failure(f"{writing.VERB}: {problem}")
    identifiers = environment.postgresql.instances(environment.prefix)
    if "postgresql" not in identifiers:
        raise Failure(f"{_where(environment)}.replaces_first: is True: there is nothing left to compare with")
    rds = aws.client("rds")
    with session(environment, writing.VERB) as opened:
        found = {}
        for name in ("postgresql", "postgresql-restored"):
            database = Database(rds, identifiers[name])
            tell(f"reading all tables of {database.identifier}")
            with psql.connection(opened, database, writing.VERB, is_master=True, options=psql.READ_ONLY) as variables:
                found[name] = proof.read(proof.asking(variables), restored.query)
    first, second = found["postgresql"], found["postgresql-restored"]
    for_tables(WIDTH).print(_table(first, second))
    if pending := proof.pending(first, second):
        print(f"{len(pending)} migrations are applied at the change-over: {', '.join(pending)}")
    if restored.query:
        for name, content in found.items():
            print(f"{identifiers[name]}: {printable('; '.join(', '.join(row) for row in content.answer)) or 'no row'}")
    wrong = [*proof.problems(first, second)]
    for problem in wrong:
        tell(f"{identifiers['postgresql-restored']}: {problem}")
    if wrong:
        return FAILED
    print(f"{identifiers['postgresql-restored']} can take over")
    print(_next(environment, restored))
    return 0


def _serve(arguments: Namespace, environment: Environment, aws: boto3.Session, directory: Path) -> int:
    """Write `serving`, with which a deployment changes over."""
    identifier = environment.postgresql.instances(environment.prefix)["postgresql-restored"]
    if (status := Database(aws.client("rds"), identifier).status) != AVAILABLE:
        what = f"{identifier}: RDS says that it is {status or 'not there'}"
        raise Failure(f"{what}: run `make deploy ENV={environment.name}` first, and wait until it is {AVAILABLE}")
    if environment.postgresql.serving == "restored":
        print(f"stacks/config/{environment.name}.py: postgresql.serving says so already")
    else:
        _write(arguments, environment, directory, {"postgresql.serving": '"restored"'})
    print(f"Next: make deploy ENV={environment.name} changes over. What is written until then stays in the old one.")
    print("The way back is to take that line away, and to deploy again.")
    return 0


def _finish(arguments: Namespace, environment: Environment, aws: boto3.Session, directory: Path, moves: Path) -> int:
    """Write what destroys the first instance; once that is gone, what gives its address to the restored one."""
    name, inputs = environment.name, environment.postgresql
    restored = inputs.restored
    if restored is None or inputs.serving != "restored":
        what = f"stacks/config/{name}.py: postgresql.serving: the first instance serves"
        raise Failure(f"{what}: change over before (--serve)")
    both = replace(inputs, restored=replace(restored, replaces_first=False)).instances(environment.prefix)
    first = Database(aws.client("rds"), both["postgresql"])
    if not restored.replaces_first:
        _write(arguments, environment, directory, {"postgresql.restored.replaces_first": "True"})
    if status := first.status:
        print(f"{first.identifier} is {status}. With it go its automated backups and its logs; what stays is its final")
        print(f"snapshot, {first.identifier}-final. Next:")
        print(f"  aws rds modify-db-instance --db-instance-identifier {first.identifier} --no-deletion-protection")
        lost = (_FIRST, *(_log_group("postgresql", export) for export in inputs.log_exports))
        allow = " ".join(f"--allow {name}-{POSTGRESQL}:{address}" for address in lost)
        print(f'  make deploy ENV={name} ARGS="{allow}"')
        print(f"  make restore ENV={name} ARGS=--finish")
        return 0
    source = _code(restored.source)
    values = {
        "postgresql.restored": None,
        "postgresql.serving": None,
        "postgresql.identifier": _quoted(inputs.serving_identifier(environment.prefix)),
        "postgresql.source": source,
    }
    addresses = {_RESTORED: _FIRST} | {
        _log_group("postgresql_restored", export): _log_group("postgresql", export) for export in inputs.log_exports
    }
    changes = {
        directory / f"{name}.py": writing.environment_file(directory, name, values),
        moves: writing.moves_file(moves, POSTGRESQL, addresses),
    }
    writing.put(changes, is_agreed=arguments.yes)
    print(f"Next: make snapshots, and make deploy ENV={name}, which moves addresses and changes nothing at RDS")
    return 0


def _write(arguments: Namespace, environment: Environment, directory: Path, values: dict[str, str | None]) -> None:
    change = writing.environment_file(directory, environment.name, values)
    writing.put({directory / f"{environment.name}.py": change}, is_agreed=arguments.yes)


def _next(environment: Environment, restored: RestoredInputs) -> str:
    """What is to be done now, as the data says."""
    name, deploy = environment.name, f"make deploy ENV={environment.name}"
    if restored.replaces_first or environment.postgresql.serving == "restored":
        return f"Next: {deploy}; then make restore ENV={name} ARGS=--finish, once nobody wants to go back"
    return f"Next: make restore ENV={name} ARGS=--prove, and ARGS=--serve"


def _table(serving: proof.Content, restored: proof.Content) -> Table:
    made = Table("table", "first", "restored", "difference")
    for name in sorted({*serving.rows, *restored.rows}):
        old, new = serving.rows.get(name), restored.rows.get(name)
        difference = "" if old == new else "missing" if new is None else "new" if old is None else f"{new - old:+,}"
        made.add_row(printable(name), *("" if each is None else f"{each:,}" for each in (old, new)), difference)
    for name in sorted({*serving.unreadable, *restored.unreadable}):
        made.add_row(printable(name), "", "", "not readable by the master user")
    return made


def _check_moment(database: Database, at: datetime) -> None:
    """Raise Failure for a moment that is in no backup."""
    found = database.restorable
    if found is None or not found[0] <= at <= found[1]:
        window = f"choose {written(found[0])} to {written(found[1])}" if found else "it has none yet"
        raise Failure(f"--at: {written(at)} is in no backup of {database.identifier}: {window}")


def _check_snapshot(environment: Environment, aws: boto3.Session, name: str) -> None:
    """Raise Failure for a snapshot that the environment's settings do not fit, with a line for each reason."""
    if wrong := [*_wrong(environment, aws, name)]:
        raise Failure("\n".join(f"--snapshot: {name}: {problem}" for problem in wrong))


def _wrong(environment: Environment, aws: boto3.Session, name: str) -> Iterator[str]:
    rds, inputs = aws.client("rds"), environment.postgresql
    try:
        found = rds.describe_db_snapshots(DBSnapshotIdentifier=name)["DBSnapshots"][0]
    except rds.exceptions.DBSnapshotNotFoundFault:
        yield f"RDS has no such snapshot in {environment.region}: copy one that is shared, or of another region"
        return
    if not found["Encrypted"]:
        yield "is not encrypted, and would never be: copy it by `aws rds copy-db-snapshot --kms-key-id …`"
    elif inputs.kms_key_arn and found.get("KmsKeyId") != inputs.kms_key_arn:
        yield "is encrypted by another key than postgresql.kms_key_arn: copy it with that one"
    if found["Engine"] != "postgres" or found["EngineVersion"].split(".")[0] != inputs.major_version:
        yield f"is of {found['Engine']} {found['EngineVersion']}: restore it with that version, and raise it afterwards"
    if found["AllocatedStorage"] > inputs.storage_gb:
        yield f"takes {found['AllocatedStorage']} GB: set postgresql.storage_gb to that"


def _moment(text: str) -> datetime:
    """A moment as people write it, with or without seconds. Raises Failure for any other text."""
    for found in (text, text.removesuffix("Z") + ":00Z"):
        if (at := moment(found)) is not None:
            return at
    raise Failure(f"--at: {text!r} is not a moment in UTC: write it as 2026-11-29T04:00Z")


def _code(source: SnapshotInputs | PointInTimeInputs) -> str:
    """A source as an environment's file has it."""
    values = ((field.name, getattr(source, field.name)) for field in fields(source))
    given = ", ".join(f"{name}={_quoted(value)}" for name, value in values if value is not None)
    return f"{type(source).__name__}({given})"


def _quoted(text: str) -> str:
    return json.dumps(text)


def _log_group(instance: str, export: str) -> str:
    return f"aws_cloudwatch_log_group.{instance}_log_{export.replace('-', '_')}"


def _where(environment: Environment) -> str:
    return f"stacks/config/{environment.name}.py: postgresql.restored"
