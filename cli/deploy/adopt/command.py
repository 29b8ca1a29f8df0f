"""Find what exists already, and propose the entries of stacks/imports.py: `python -m cli adopt-resources prod`.

It reads the account, the states and Cloudflare, and changes none of them. docs/adopt.md goes on from there.
"""

from __future__ import annotations

import json
import os
import tempfile
from argparse import Namespace
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from botocore.exceptions import ClientError
from rich.table import Table

from cli import command as commands
from cli.deploy import prerequisites
from cli.deploy.adopt import cloudflare_zone, file
from cli.deploy.adopt.candidates import Candidate, candidates
from cli.deploy.adopt.finders import FINDERS
from cli.deploy.adopt.search import Client, Finder, Json, Search, clients, instances
from cli.failure import Failure, run_command
from cli.progress import Steps, steps
from cli.rehearsal import is_rehearsal
from cli.terraform import environment as environments
from cli.terraform import tree
from cli.terraform.state_store import FILE, Store, store_of
from cli.terraform.synthesis import PROJECT, WITHOUT_IMPORTS, synthesize
from stacks import imports
from stacks.config import loader
from stacks.config.schema import Environment
from stacks.console import Console, for_tables
from stacks.imports import Entries


@dataclass(slots=True)
class Found:
    """What an account has of the units of an environment, and is in none of their states."""

    entries: dict[str, dict[str, str]] = field(default_factory=dict)
    """The ids by unit and address."""
    ambiguous: dict[str, list[str]] = field(default_factory=dict)
    """The ids among which somebody has to choose, by address."""
    missing: set[str] = field(default_factory=set)
    """The addresses that neither a state nor the account has."""


def main(
    argv: Sequence[str],
    *,
    directory: Path = loader.DIRECTORY,
    project: Path = PROJECT,
    entries: Path = PROJECT / imports.FILE,
) -> int:
    """Print the proposal. Returns 0, also where nothing was found; 1 when something failed; 130 when interrupted.

    `entries` is the file that `--write` writes, and `project` the directory that holds local states.
    """
    return run_command("adopt-resources", lambda: _run(_parse(argv, directory), directory, project, entries))


def _parse(argv: Sequence[str], directory: Path) -> Namespace:
    parser = commands.Parser("adopt-resources", __doc__)
    commands.add_environment(parser, directory, required=True)
    parser.add_argument("--write", action="store_true", help="write the entries into stacks/imports.py")
    return parser.parse_args(argv)


def _run(arguments: Namespace, directory: Path, project: Path, entries: Path) -> int:
    environment = commands.environment(arguments, directory)
    session = environments.session_of(environment)
    if wrong := [*prerequisites.account(environment, session)]:
        raise Failure("\n".join(wrong))
    client = clients(session)
    known = imports.IMPORTS.get(environment.name, {})
    # A rehearsal asks nobody at Cloudflare.
    of_zones = {} if is_rehearsal() else cloudflare_zone.finders(cloudflare_zone.getter(os.environ))
    finders = {**FINDERS, **of_zones}
    with steps(Console(stderr=True)) as step:
        documents = _documents(environment, directory, step)
        found = search(documents, store_of(environment, project), known, client, finders, step=step)
    others = _others(environment, directory)
    _print(environment, found, [*candidates(environment, client, found.missing, others)])
    if not found.entries:
        return 0
    merged = file.merged(imports.IMPORTS, environment.name, found.entries)
    if arguments.write:
        file.write(merged, entries)
        print(f"{imports.FILE}: is written: review it by git diff")
    else:
        print(f"Write it to {imports.FILE}, or run this with ARGS=--write:\n\n{file.source(merged)}\n")
    print(f"Next: make plan ENV={environment.name}: it shows imports and changes, and may replace nothing")
    return 0


def _documents(environment: Environment, directory: Path, step: Steps) -> dict[str, Json]:
    """What the units of the environment are made of, by their names, that of bootstrap among them."""
    found: dict[str, Json] = {}
    with tempfile.TemporaryDirectory(prefix="adopt-", ignore_cleanup_errors=True) as temporary:
        for options in ((), ("--bootstrap",)):
            step("synthesis", f"running main.py {' '.join((environment.name, *options))}")
            output = Path(temporary, "-".join(("out", *options)))
            synthesize([environment.name], output, WITHOUT_IMPORTS, *options, config=directory)
            found |= {unit.role: unit.configuration for unit in tree.read(output)}
    step("synthesis", f"{len(found)} units", is_done=True)
    return found


def search(
    documents: Mapping[str, Json],
    store: Store,
    known: Entries,
    client: Client,
    finders: Mapping[str, Finder],
    *,
    step: Callable[[str, str], None] = lambda _unit, _what: None,
) -> Found:
    """Look for all resources of units that are in no state, and of which `known` has no entry."""
    found = Found()
    for unit, document in documents.items():
        step(unit, "looking for what exists")
        of_unit = Search(instances(document), {**_state(store, unit), **known.get(unit, {})}, client, finders)
        if ids := of_unit.find():
            found.entries[unit] = ids
        found.ambiguous |= of_unit.ambiguous
        found.missing |= {address for address in of_unit.resources if not of_unit.id_of(address)}
    return found


def _state(store: Store, unit: str) -> dict[str, str]:
    """The ids of a state by address; none where there is no state, or no bucket of states yet."""
    try:
        content = store.read(f"{unit}/{FILE}")
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchBucket":
            raise
        content = None
    found = {}
    for resource in json.loads(content)["resources"] if content else ():
        for instance in resource["instances"] if resource["mode"] == "managed" else ():
            key = instance.get("index_key")
            address = f"{resource['type']}.{resource['name']}" + ("" if key is None else f"[{json.dumps(key)}]")
            found[address] = str(instance["attributes"].get("id", "unknown"))
    return found


def _others(environment: Environment, directory: Path) -> list[Environment]:
    """The other environments of the data, as far as they are right."""
    found = []
    for name in loader.names(directory):
        with suppress(loader.WrongEnvironment):
            found += [each for each in loader.load([name], directory).values() if each.name != environment.name]
    return found


def _print(environment: Environment, found: Found, others: Collection[Candidate]) -> None:
    name, place = environment.name, f"{environment.account_id}, {environment.region}"
    count = sum(map(len, found.entries.values()))
    print(f"{name}: {count or 'no'} resources exist in {place}, and are in no state and no entry of {imports.FILE}")
    if found.entries:
        table = Table("unit", "address", "id", box=None)
        for unit, ids in found.entries.items():
            for address, resource_id in ids.items():
                table.add_row(unit, address, resource_id)
        for_tables(160).print(table)
    for address, choice in found.ambiguous.items():
        remedy = f"write one of them into {imports.FILE}, and run this again"
        print(f"{address}: may be {' or '.join(choice)}: {remedy}")
    if others:
        print(
            f"The account has these under other names. To import one, say so in stacks/config/{name}.py, and run this"
        )
        print("again:")
    for each in others:
        print(f"  {each.noun} {each.name}: {', '.join(f'{path}={value!r}' for path, value in each.inputs.items())}")
        for obstacle in each.obstacles:
            print(f"    cannot be imported as it is: {obstacle}")
