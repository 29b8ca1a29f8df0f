"""Copy the states of an environment to where its data says now: `python -m cli move-state prod --from s3://old`.

For a project, an environment name, a bucket, a key or a region that has changed in its data. The old states stay.
"""

from __future__ import annotations

import json
import re
from argparse import Namespace
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from botocore.exceptions import ClientError
from rich.table import Table

from cli import command as commands
from cli.deploy import prerequisites
from cli.failure import Failure, run_command, tell
from cli.progress import Steps, steps
from cli.terraform import environment as environments
from cli.terraform.state_place import place_of
from cli.terraform.state_store import FILE, Bucket, Directory, Lock, Store, store_of
from cli.terraform.synthesis import PROJECT
from modules import rules
from modules.validation import line, show
from stacks.config import loader
from stacks.console import Console, for_tables
from stacks.unit_names import BOOTSTRAP, PAUSED

if TYPE_CHECKING:
    import boto3

    from stacks.config.schema import Environment

_SCHEME = "s3://"
# Of a project and an environment, or empty where they are those of the data.
_FOLDER = re.compile(r"([a-z0-9-]+/[a-z0-9-]+)?")


@dataclass(frozen=True, slots=True)
class State:
    """What a state says of itself: https://developer.hashicorp.com/terraform/internals/state is Terraform's own."""

    document: dict[str, Any]

    @classmethod
    def parse(cls, content: bytes | None, where: str) -> Self | None:
        """None for no state, and for one of nothing, as a deployment leaves that was destroyed. Raises Failure."""
        try:
            document = json.loads(content) if content else {"resources": [], "outputs": {}}
            is_empty = not (document["resources"] or document["outputs"])
        except (ValueError, KeyError, TypeError) as error:
            raise Failure(f"{where}: is not a state: restore an older version of it") from error
        return None if is_empty else cls(document)

    @property
    def resources(self) -> int:
        """How many resources it holds, data sources apart."""
        managed = (each for each in self.document["resources"] if each["mode"] == "managed")
        return sum(len(each["instances"]) for each in managed)

    def __str__(self) -> str:
        """What tells it from another one."""
        return f"{self.resources} resources, serial {self.document['serial']}, lineage {self.document['lineage']}"


@dataclass(frozen=True, slots=True)
class Copied:
    """A state that is where the data says now."""

    resources: int
    is_new: bool
    """Whether it was not there before."""


def main(argv: Sequence[str], *, directory: Path = loader.DIRECTORY, project: Path = PROJECT) -> int:
    """Copy the states. Returns 0, also where they were copied before; 1 when something failed; 130 when interrupted.

    What was interrupted goes on when it is run again. `project` is the directory that holds local states.
    """
    return run_command("move-state", lambda: _run(_parse(argv, directory), directory, project))


def _parse(argv: Sequence[str], directory: Path) -> Namespace:
    parser = commands.Parser("move-state", description=__doc__)
    commands.add_environment(parser, directory, required=True)
    parser.add_argument(
        "--from",
        dest="source",
        metavar="PLACE",
        required=True,
        help="where they are: s3://BUCKET/PROJECT/ENVIRONMENT, s3://BUCKET where only the bucket is another one, or a "
        "directory such as state/PROJECT/ENVIRONMENT",
    )
    return parser.parse_args(argv)


def _run(arguments: Namespace, directory: Path, project: Path) -> int:
    environment = commands.environment(arguments, directory)
    session = environments.session_of(environment)
    target = store_of(environment, project)
    source = _source(arguments.source, environment, session, project)
    if _place(source) == _place(target):
        raise Failure(f"move-state: {target} is where the data says: give the place of before as FROM")
    _check_others(environment, source, directory, project)
    _check(environment, session, source, target)
    units = sorted({*source.units()} - {BOOTSTRAP})
    if not units:
        what = f"there is no state at {source}/<unit>/{FILE}"
        raise Failure(f"move-state: {what}: give the place of before as FROM, such as {_SCHEME}bucket/django/prod")
    with steps(Console(stderr=True)) as step:
        step.expect(units)
        copied = copy(source, target, units, step)
    for_tables(120).print(_table(copied))
    print(f"{environment.name}: the states at {target} are those of {source}, which stay as they are")
    if not str(source).endswith(f"/{environment.state_folder}"):
        print("Names in AWS follow from project and name: the plan replaces what they name, and the gate refuses that")
    print(f"Next: make plan ENV={environment.name}: no unit is new any more")
    print(f"Remove the old ones after the next deployment: {source.remove_command}")
    return 0


def _source(place: str, environment: Environment, session: boto3.Session, project: Path) -> Store:
    """Where the states were. Raises Failure for anything that is not such a place."""
    if not place.lower().startswith(_SCHEME):
        found = Directory(project / place)
        if not place.strip() or not found.path.is_dir():
            raise Failure(f"move-state: FROM: there is no directory {show(place)}: use one such as state/django/prod")
        return found
    bucket, _, folder = place.removeprefix(_SCHEME).strip("/").partition("/")
    if not place.startswith(_SCHEME) or not _FOLDER.fullmatch(folder) or not bucket:
        what = f"{show(place)} is not {_SCHEME}BUCKET or {_SCHEME}BUCKET/PROJECT/ENVIRONMENT"
        raise Failure(f"move-state: FROM: {what}: use one of the two")
    for problem in rules.bucket_name("FROM", bucket):
        raise Failure(f"move-state: {line(problem)}")
    try:
        # boto3 follows S3 to the region of the bucket.
        region = session.client("s3").head_bucket(Bucket=bucket).get("BucketRegion") or environment.region
    except ClientError as error:
        what = f"the bucket {bucket} does not exist, or cannot be used ({error.response['Error']['Code']})"
        raise Failure(f"move-state: FROM: {what}: correct its name, or use credentials that may read it") from error
    return Bucket(session.client("s3", region_name=region), bucket, folder or environment.state_folder)


def _place(store: Store) -> str | Path:
    """What is equal for two that are one, also by another path or a link."""
    return store.path.resolve() if isinstance(store, Directory) else str(store)


def _check_others(environment: Environment, source: Store, directory: Path, project: Path) -> None:
    """Whether another environment of the data lives there, whose states are its own. Raises Failure."""
    try:
        others = loader.readable(directory)
    except loader.WrongEnvironment as error:
        what = f"nobody knows whether {source} is where another environment has its states"
        raise Failure(f"{error}\nmove-state: FROM: {what}: correct the above first") from error
    for name, other in others.items():
        place = place_of(other)
        is_there = _place(source) == (place if isinstance(source, Bucket) else (project / place).resolve())
        if name != environment.name and is_there:
            what = f"{source} is where {name} has its states"
            raise Failure(f"move-state: FROM: {what}: give the place of before of {environment.name}")


def _check(environment: Environment, session: boto3.Session, source: Store, target: Store) -> None:
    """Whether the account is the right one, and the bucket there. Raises Failure."""
    problems: list[str] = []
    if isinstance(source, Bucket) or isinstance(target, Bucket):
        problems += prerequisites.account(environment, session)
    if not problems:
        problems += prerequisites.bucket(environment, session)
    for problem in problems:
        tell(problem)
    if problems:
        raise Failure("move-state: see above: nothing was changed")
    if isinstance(target, Bucket) and target.s3.get_bucket_versioning(Bucket=target.bucket).get("Status") != "Enabled":
        remedy = f"aws s3api put-bucket-versioning --bucket {target.bucket} --versioning-configuration Status=Enabled"
        raise Failure(f"state.bucket: {target.bucket} keeps no older versions of a state: turn that on: {remedy}")


def copy(source: Store, target: Store, units: Sequence[str], step: Steps) -> dict[str, Copied]:
    """Copy the states of these units, and whether the environment is paused, while nobody else may change them.

    Nothing is written where any target holds something else. Raises Failure.
    """
    lock = Lock("move-state")
    with ExitStack() as locked:
        for unit in units:
            step(unit, "locking its state at both places")
            for store in (source, target):
                # Before the lock, because nobody knows whether S3 has taken one that was interrupted.
                locked.callback(store.unlock, f"{unit}/{FILE}", lock)
                store.lock(f"{unit}/{FILE}", lock)
        names = [PAUSED, *(f"{unit}/{FILE}" for unit in units)]
        contents = {name: content for name in names if (content := source.read(name)) is not None}
        missing = _missing(source, target, contents)
        if not missing:  # it may have been resumed since it was moved
            contents.pop(PAUSED, None)
        copied = {}
        for name, content in contents.items():
            if name in missing or name == PAUSED:
                target.write(name, content)
                if target.read(name) != content:
                    raise Failure(f"{target}/{name} is not what was written there: run it again; {source} is whole")
            if name != PAUSED:
                unit = name.partition("/")[0]
                state = State.parse(content, f"{source}/{name}")
                copied[unit] = Copied(state.resources if state else 0, name in missing)
                step(unit, "copied" if name in missing else "was there", is_done=True)
    return copied


def _missing(source: Store, target: Store, contents: dict[str, bytes]) -> list[str]:
    """What the target does not have yet. Raises Failure, with a line for each that it has otherwise."""
    missing, others = [], []
    for name, content in contents.items():
        if name == PAUSED:
            continue
        there = target.read(name)
        old, new = State.parse(content, f"{source}/{name}"), State.parse(there, f"{target}/{name}")
        if new is None and there != content:
            missing.append(name)
        elif old != new:
            others.append(f"{target}/{name} is another state ({new}) than that of {source} ({old or 'empty'})")
    if others:
        remedy = "where the data says now, keep what was deployed last: look at both, and move the other one away"
        raise Failure("\n".join([*others, f"move-state: nothing was copied: {remedy}"]))
    return missing


def _table(copied: dict[str, Copied]) -> Table:
    made = Table("unit", "resources", "its state")
    for unit, each in copied.items():
        made.add_row(unit, str(each.resources), "copied" if each.is_new else "was there already")
    return made
