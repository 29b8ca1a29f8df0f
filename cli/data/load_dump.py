"""Load a dump of PostgreSQL into the environment's database: `python -m cli load-dump prod --from shop.dump`.

`--from` is a file of pg_dump, of its custom format or plain SQL, or the `s3://…` of one. It goes through this machine
and the task of a session, as psql does, in one transaction: all of it is there afterwards, or nothing has changed. What
it brings belongs to migrator_role, whose tables of before are dropped.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import threading
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Protocol, cast
from urllib.parse import urlsplit

from cli import command as commands
from cli.data import proof
from cli.deploy import prerequisites, psql
from cli.deploy.database import Database
from cli.deploy.session import require, session
from cli.failure import FAILED, Failure, run_command
from cli.progress import steps
from cli.terraform import environment as environments
from cli.text import one_line
from stacks.config import loader
from stacks.console import Console

if TYPE_CHECKING:
    import boto3


VERB, PG_RESTORE = "load-dump", "pg_restore"
_OWNER = "migrator_role"
_CHUNK = 1024 * 1024
_CUSTOM_FORMAT = b"PGDMP"
# What the application has is replaced, and nothing of anybody else. Tables first: what belongs to them goes with them.
_DROP = """
DO $$
DECLARE statement text;
BEGIN
    FOREACH statement IN ARRAY (
        SELECT coalesce(array_agg(text ORDER BY position), '{}') FROM (
            SELECT format('DROP %s IF EXISTS %s CASCADE', CASE relkind WHEN 'v' THEN 'VIEW'
                WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, oid::regclass),
                CASE WHEN relkind IN ('r', 'p') THEN 1 ELSE 2 END
            FROM pg_class WHERE relowner = 'migrator_role'::regrole AND relkind IN ('r', 'p', 'v', 'm', 'S')
            UNION ALL
            SELECT format('DROP ROUTINE IF EXISTS %s CASCADE', oid::regprocedure), 3
            FROM pg_proc WHERE proowner = 'migrator_role'::regrole
            UNION ALL
            SELECT format('DROP TYPE IF EXISTS %s CASCADE', oid::regtype), 4
            FROM pg_type WHERE typowner = 'migrator_role'::regrole AND typtype IN ('d', 'e', 'r')
        ) AS found(text, position)
    )
    LOOP
        EXECUTE statement;
    END LOOP;
END
$$;
"""


class Dump(Protocol):
    """What a dump is read from."""

    def read(self, size: int, /) -> bytes:
        """The next bytes; none at its end."""


def main(argv: Sequence[str], *, directory: Path = loader.DIRECTORY) -> int:
    """Load a dump. Returns 0; 1 where nothing was changed; 130 when interrupted, and then nothing was either."""
    return run_command(VERB, lambda: _run(_parse(argv, directory), directory))


def _parse(argv: Sequence[str], directory: Path) -> Namespace:
    parser = commands.Parser(VERB, description=__doc__)
    commands.add_environment(parser, directory, required=True)
    parser.add_argument("--from", dest="source", required=True, help="a file of pg_dump, or s3://bucket/key (FROM)")
    commands.add_yes(parser)
    return parser.parse_args(argv)


def _run(arguments: Namespace, directory: Path) -> int:
    environment = commands.environment(arguments, directory)
    require(environment, VERB)
    for problem in (*psql.missing(environment), *missing()):
        raise Failure(f"{VERB}: {problem}")
    aws = environments.session_of(environment)
    for problem in prerequisites.account(environment, aws):
        raise Failure(f"{VERB}: {problem}")
    database = Database.of(environment, aws)
    with (
        opened_dump(arguments.source, aws) as (dump, size),
        session(environment, VERB) as opened,
        psql.connection(opened, database, VERB, is_master=True) as variables,
    ):
        found = proof.read(proof.asking(variables), None).rows
        rows = sum(found.values())
        if rows and not arguments.yes:
            what = f"{database.identifier} has {rows:,} rows in {len(found)} tables, which the dump replaces."
            commands.confirm(what, environment, VERB)
        with steps(Console(stderr=True)) as step:
            megabytes = f" of {size / 1e6:,.0f}" if size else ""
            load(dump, variables, lambda read: step("dump", f"{read / 1e6:,.0f}{megabytes} MB sent"))
            step("dump", "loaded", is_done=True)
        loaded = proof.read(proof.asking(variables), None).rows
    print(f"{database.identifier} has {sum(loaded.values()):,} rows in {len(loaded)} tables")
    print(f'Next: make run ENV={environment.name} ARGS="--task migrate" applies what migrations the dump has not')
    return 0 if loaded else FAILED


def missing() -> Iterator[str]:
    """What this machine lacks to read dumps of the custom format."""
    if not shutil.which(PG_RESTORE):
        yield f"{PG_RESTORE} is not on PATH: install the client of PostgreSQL"


@contextlib.contextmanager
def opened_dump(source: str, aws: boto3.Session) -> Iterator[tuple[Dump, int]]:
    """A dump and its size in bytes. Raises Failure where there is none."""
    if source.startswith("s3://"):
        bucket, key = urlsplit(source).netloc, urlsplit(source).path.lstrip("/")
        found = aws.client("s3").get_object(Bucket=bucket, Key=key)
        with contextlib.closing(found["Body"]) as body:
            yield body, found["ContentLength"]
        return
    try:
        with Path(source).open("rb") as file:
            yield file, Path(source).stat().st_size
    except OSError as error:
        raise Failure(f"{VERB}: {source}: cannot be read ({error.strerror}): give a file, or s3://…") from error


def load(dump: Dump, variables: Mapping[str, str], on_read: Callable[[int], None]) -> None:
    """Replace what migrator_role owns by a dump, in one transaction. Raises Failure, and then nothing has changed.

    `on_read` is told how many bytes of the dump were read so far.
    """
    given = {**variables, "PGOPTIONS": f"{variables.get('PGOPTIONS', '')} -c role={_OWNER}".strip()}
    start = dump.read(len(_CUSTOM_FORMAT))
    command = [psql.PSQL, "-X", "-q", "--single-transaction", "-v", "ON_ERROR_STOP=1", "-o", "/dev/null", "-f", "-"]
    with subprocess.Popen(command, env=given, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as loading:
        said, stdin = _Listener(loading.stderr), cast("IO[bytes]", loading.stdin)
        failure = None
        try:
            stdin.write(_DROP.encode())
            if start == _CUSTOM_FORMAT:
                failure = _restore(start, dump, variables, stdin, on_read)
            else:
                _copy(start, dump, stdin, on_read)
            if failure:
                # The end of the input would commit what has come so far.
                loading.kill()
            stdin.close()
        except BrokenPipeError:  # psql has ended, and says why
            with contextlib.suppress(BrokenPipeError):
                stdin.close()
        except BaseException:
            loading.kill()
            said.text()  # it reads to the end of what is closed next
            raise
        code = loading.wait()
    if failure or code:
        reason = failure or said.text() or f"psql ended with exit code {code}"
        raise Failure(f"{VERB}: nothing was changed: {one_line(reason, 400)}")


def _restore(
    start: bytes, dump: Dump, variables: Mapping[str, str], into: IO[bytes], on_read: Callable[[int], None]
) -> str | None:
    """Write a dump of the custom format as SQL. Returns what pg_restore says against it."""
    # Owners and grants are those of where it comes from.
    command = [PG_RESTORE, "--no-owner", "--no-privileges", "--no-comments", "-f", "-"]
    with subprocess.Popen(
        command, env=dict(variables), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as reading:
        said, fed = _Listener(reading.stderr), cast("IO[bytes]", reading.stdin)

        def feed() -> None:
            with contextlib.suppress(BrokenPipeError, ValueError):
                _copy(start, dump, fed, on_read)
            with contextlib.suppress(BrokenPipeError):
                fed.close()

        feeding = threading.Thread(target=feed, daemon=True)
        feeding.start()
        try:
            shutil.copyfileobj(cast("IO[bytes]", reading.stdout), into, _CHUNK)
        except BaseException:
            reading.kill()
            said.text()
            raise
        finally:
            feeding.join()
        code = reading.wait()
    return (said.text() or f"pg_restore ended with exit code {code}") if code else None


def _copy(start: bytes, source: Dump, target: IO[bytes], on_read: Callable[[int], None]) -> None:
    read, chunk = 0, start
    while chunk:
        target.write(chunk)
        read += len(chunk)
        on_read(read)
        chunk = source.read(_CHUNK)


class _Listener:
    """Reads what a program says, so that it never waits for a reader."""

    def __init__(self, stream: IO[bytes] | None) -> None:
        self._lines: list[str] = []
        self._thread = threading.Thread(target=self._read, args=(stream,), daemon=True)
        self._thread.start()

    def text(self) -> str:
        """Its first error, or else its last line."""
        self._thread.join()
        errors = (line for line in self._lines if "error" in line.lower())
        return next(errors, self._lines[-1] if self._lines else "")

    def _read(self, stream: IO[bytes] | None) -> None:
        for line in stream or ():
            if text := line.decode(errors="replace").strip():
                self._lines.append(text)
