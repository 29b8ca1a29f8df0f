"""Add an environment, made from one that is there: `python -m cli environment qa --from dev`.

What two environments cannot share is changed: the block of the network, the record, what a zone or an account has once.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from cli import command as commands
from cli import files
from cli.configuration import place
from cli.configuration.derive import Derivation, Values
from cli.failure import run_command
from cli.review.cost.price_list import PriceList
from modules import rules
from modules.validation import show, strings
from stacks.config import loader
from stacks.config.schema import NAME, Environment
from stacks.failure import Failure


def main(argv: Sequence[str], *, directory: Path = loader.DIRECTORY) -> int:
    """Run the command line. Every error is one line, and then nothing was written."""
    return run_command("environment", lambda: _run(_parse(argv), directory))


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = commands.Parser("environment", __doc__)
    parser.add_argument("name", metavar="NAME", help="of the new environment, as qa")
    source = "made from this one; by default the first"
    parser.add_argument("--from", metavar="ENVIRONMENT", dest="sources", action="append", default=[], help=source)
    parser.add_argument("--account-id", metavar="ID", help="its AWS account; by default the same")
    parser.add_argument("--region", metavar="REGION", help="of AWS; by default the same")
    for option, what in (("--zone-id", "id"), ("--zone-name", "name")):
        parser.add_argument(option, metavar="VALUE", help=f"the {what} of its DNS zone; by default the same")
    return parser.parse_args(argv)


def _run(arguments: argparse.Namespace, directory: Path) -> int:
    name, names = arguments.name, loader.names(directory)
    if len(arguments.sources) > 1:
        raise Failure(f"--from: {' and '.join(map(show, arguments.sources))}: give one environment")
    (source,) = loader.choose(arguments.sources or names[:1], directory)
    check_name(name, directory)
    if arguments.account_id is not None and not rules.ACCOUNT_ID.fullmatch(arguments.account_id):
        raise Failure(f"--account-id: {show(arguments.account_id)} is no AWS account id: write its 12 digits")
    if arguments.region is not None and not rules.REGION.fullmatch(arguments.region):
        raise Failure(f'--region: {show(arguments.region)} is no region: write it as "eu-west-1"')
    file = directory / f"{source}.py"
    environments = loader.load(directory=directory)
    old = environments[loader.shown(file)]
    values = Values(
        name=name, account_id=arguments.account_id, region=arguments.region, arguments=_zone(arguments, old)
    )
    every = environments.values()
    derivation = Derivation(files.read(file), old, loader.shown(file), values, others=every, before=every)
    text = derivation.make()
    # Deployed right after the one that it is like.
    position = names.index(source) + 1
    package = files.read(directory / "__init__.py")
    listed = place.listing(package, (*names[:position], name, *names[position:]))
    changed = {f"{name}.py": text, "__init__.py": listed}
    _check(directory, changed, old, values)
    new = place.read(directory, name, text)
    files.put(directory, changed)
    print(f"{loader.shown(directory / f'{name}.py')}: made from {source}, and listed after it")
    for note in derivation.notes:
        print(f"  {note}")
    for mention in _mentions(new, old, text):
        print(f"  {mention}")
    print(following(new))
    return 0


def _check(directory: Path, changed: place.Files, old: Environment, values: Values) -> None:
    """Raise Failure for what cannot be, and by whose data where that is what exists in another region."""
    try:
        place.check(directory, changed)
    except loader.WrongEnvironment as error:
        if values.region in (None, old.region):
            raise
        file, new = (loader.shown(directory / f"{name}.py") for name in (old.name, values.name))
        lines = str(error).replace(f"{new}: ", f"{file}, in {values.region}: ")
        remedy = f"copy {file} to {new}, change these there, and list it in __init__.py; or choose another --from"
        raise Failure(f"{lines}\nenvironment: nothing was written: {remedy}") from error


def _zone(arguments: argparse.Namespace, old: Environment) -> dict[str, str]:
    """The zone, by the paths of its arguments. Raises Failure where the environment has none."""
    found = {name: value for name in ("zone_id", "zone_name") if (value := getattr(arguments, name)) is not None}
    for name in found if old.zone is None else ():
        what = f"{old.name} makes no records in a zone of its own"
        raise Failure(f"--{name.replace('_', '-')}: {what}: remove it, or choose another --from")
    return {f"{old.dns_field}.{name}": value for name, value in found.items()}


def check_name(name: str, directory: Path) -> None:
    """Raise Failure for what cannot name a new environment of the directory."""
    if not NAME.fullmatch(name):
        what = f"{show(name)} is no name of an environment"
        raise Failure(f"environment: {what}: use 2 to 28 of a-z, 0-9 and single hyphens, a letter first")
    if os.path.lexists(file := directory / f"{name}.py"):  # a link to nothing too
        raise Failure(f"{loader.shown(file)}: is there already: choose another name")


def _mentions(new: Environment, old: Environment, text: str) -> Iterator[str]:
    """What another file than its own gives it of the old region, such as the ARN of a secret."""
    for path, value in strings(new) if new.region != old.region else ():
        if old.region in value and value not in text:
            yield f"{path}: {show(value)} names {old.region}: change it if {new.name} differs"


def following(new: Environment) -> str:
    """What a person does with an environment that was just written."""
    name = new.name
    prices = "" if PriceList.of(new.region) else f"\n  make prices REGION={new.region}"
    return f"""\
Next: look at the file, and put your own values where Example(...) stands; then{prices}
  make plan ENV={name} ARGS=--offline
  make snapshots
  make cost ENV={name}"""
