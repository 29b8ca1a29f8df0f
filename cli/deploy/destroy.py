"""Destroy an environment, the units that depend on others first: `python -m cli destroy dev`."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table

from cli import command as commands
from cli.deploy.apply import Applier, Changes
from cli.deploy.deployment import MOST_AT_ONCE, raise_first
from cli.deploy.final_snapshots import FinalSnapshot
from cli.deploy.states import other_states
from cli.deploy.vaults import Vault
from cli.failure import Failure, run_command, tell
from cli.progress import steps
from cli.review.gate.data import HOLDERS
from cli.terraform import environment as environments
from cli.terraform.in_order import in_order
from cli.terraform.paused import PauseRecord
from cli.terraform.runner import Terraform, by_hand
from cli.terraform.synthesis import WITHOUT_IMPORTS
from cli.terraform.workspace import workspace
from stacks.config import loader
from stacks.console import Console
from stacks.unit_names import ALL_UNITS

if TYPE_CHECKING:
    from cli.terraform.tree import Unit
    from stacks.config.schema import Environment

_DEPLOYED = {name: place for place, name in enumerate(ALL_UNITS)}
"""The place of each unit in the order of deployment."""

# What AWS refuses to delete while it is on.
_PROTECTIONS = ("deletion_protection", "enable_deletion_protection")


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """What of a unit there is."""

    addresses: tuple[str, ...]
    protected: tuple[str, ...]
    """The arguments that keep AWS from deleting, with their addresses."""
    final_snapshots: tuple[FinalSnapshot, ...]
    vaults: tuple[Vault, ...]
    """Those whose backups would stay."""

    @property
    def data(self) -> list[str]:
        """The addresses of what holds data or identity."""
        return [address for address in self.addresses if address.split(".")[0] in HOLDERS]

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> Deployed:
        """From a state: https://developer.hashicorp.com/terraform/internals/state is Terraform's own."""
        resources = [each for each in state.get("resources", ()) if each["mode"] == "managed" and each["instances"]]
        return cls(
            addresses=tuple(f"{each['type']}.{each['name']}" for each in resources),
            protected=tuple(
                f"{each['type']}.{each['name']}.{argument}"
                for each in resources
                for argument in _PROTECTIONS
                if any(instance["attributes"].get(argument) is True for instance in each["instances"])
            ),
            final_snapshots=tuple(found for each in resources for found in FinalSnapshot.of(each)),
            vaults=tuple(found for each in resources for found in Vault.of(each)),
        )


def main(argv: Sequence[str], *, tree: Path | None = None, directory: Path = loader.DIRECTORY) -> int:
    """Destroy an environment. Returns 0; 1 when something failed, is protected or would stay; 130 when interrupted."""
    return run_command("destroy", lambda: _run(_parse(argv, directory), tree, directory))


def _parse(argv: Sequence[str], directory: Path) -> Namespace:
    parser = commands.Parser("destroy", description=__doc__)
    commands.add_environment(parser, directory, required=True)
    commands.add_yes(parser)
    return parser.parse_args(argv)


def _run(arguments: Namespace, tree: Path | None, directory: Path) -> int:
    environment = commands.environment(arguments, directory)
    again = f"run `make destroy ENV={environment.name}` again"
    if protections := list(_protections(environment)):
        file = f"stacks/config/{environment.name}.py"
        what = f"{file}: {', '.join(protections)}: protects {environment.name}"
        raise Failure(f"{what}: set it to False, run `make deploy ENV={environment.name}`, then {again}")
    PauseRecord(environment).refuse()
    # Nothing is deployed, so any tag will do.
    terraform = Terraform({environments.IMAGE_TAG: "destroy", **os.environ})
    # Terraform would look for what is to be imported, also once it is destroyed.
    source = environments.deployed_from(environment, tree, directory, WITHOUT_IMPORTS)
    with source as output, workspace(terraform) as space:
        units = environments.units_of(environment, output)
        with steps(Console(stderr=True)) as step:
            applier = Applier(terraform, space, step)
            step.expect(unit.name for unit in units)
            deployed = _look(units, applier, again)
        _refuse_others(environment, units)
        _refuse_protected(environment, deployed)
        _refuse_taken_names(environment, deployed)
        _refuse_full_vaults(environment, deployed)
        left = [unit for unit in units if deployed[unit.name].addresses]
        if not left:
            print(f"{environment.name} is not deployed: there is nothing to destroy")
            return 0
        Console().print(_table(deployed))
        if kept := _settings(environment, deployed):
            print(kept)
        if not arguments.yes:
            commands.confirm(f"Destroy {environment.name} and what it holds?", environment, "destroy")
        with steps(Console(stderr=True)) as step:
            applier.step = step
            step.expect(unit.name for unit in left)
            changes = _destroy(left, applier, again)
    print(f"{environment.name} is destroyed: {sum(change.destroyed for change in changes)} resources")
    return 0


def _settings(environment: Environment, deployed: Mapping[str, Deployed]) -> str:
    """What stays of the zone at Cloudflare, in one line; empty where nothing does."""
    addresses = [address for unit in deployed.values() for address in unit.addresses]
    names = [each.partition(".zone_")[2] for each in addresses if each.startswith("cloudflare_zone_setting.")]
    if not names or environment.zone is None:
        return ""
    why = "Cloudflare's provider cannot take them back"
    return f"Stay as they are, because {why}: the settings {', '.join(names)} of the zone {environment.zone.name}"


def _protections(environment: Environment) -> Iterator[str]:
    """The inputs that keep an environment from being destroyed."""
    if environment.protected:
        yield "protected"
    if environment.postgresql.deletion_protection:
        yield "postgresql.deletion_protection"
    if environment.django_service.load_balancer.deletion_protection:
        yield "django_service.load_balancer.deletion_protection"


def _look(units: Sequence[Unit], applier: Applier, again: str) -> dict[str, Deployed]:
    """What of each unit there is."""

    def look(unit: Unit) -> Deployed:
        found = Deployed.of(applier.state(unit))
        applier.step(unit.name, f"{len(found.addresses)} resources", is_done=True)
        return found

    results = in_order(units, look, most_at_once=MOST_AT_ONCE, stop=applier.stop)
    raise_first(results.failed, f"correct it, and {again}")
    return results.done


def _refuse_others(environment: Environment, units: Sequence[Unit]) -> None:
    """What no unit has any more would stay, and may need what the units hold."""
    # deploy.<environment>.out/stacks/<unit> is where Terraform runs.
    others = other_states(environment, units[0].home.parents[2])
    left = {name: count for name, state in others.items() if (count := len(Deployed.of(state).addresses))}
    # Those that read others go first, because Terraform reads the outputs of what they depend on.
    for name, count in sorted(left.items(), key=lambda each: _DEPLOYED.get(each[0], len(_DEPLOYED)), reverse=True):
        what = f"{environment.name}-{name}: no unit of {environment.name} has this state any more, and it holds {count}"
        place = f"cdktf.out/stacks/{environment.name}-{name}"
        command = by_hand(Path(place), "destroy")
        tell(f"{what} resources: check out the last commit that has the unit, and run `make synth && {command}`")
    if left:
        raise Failure("destroy: other states hold resources, see above: nothing was destroyed: destroy them first")


def _refuse_protected(environment: Environment, deployed: Mapping[str, Deployed]) -> None:
    """What is protected at AWS would be found out half-way, when what depends on it is gone."""
    protected = [f"{name}: {argument}" for name, found in deployed.items() for argument in found.protected]
    if protected:
        remedy = f"the protection is lifted in its data, so run `make deploy ENV={environment.name}` first"
        raise Failure(f"{'; '.join(protected)}: is still on at AWS: {remedy}")


def _refuse_taken_names(environment: Environment, deployed: Mapping[str, Deployed]) -> None:
    """AWS would refuse to delete the store half-way, when what depends on it is gone."""
    snapshots = [(name, snapshot) for name, found in sorted(deployed.items()) for snapshot in found.final_snapshots]
    if not snapshots:
        return
    session = environments.session_of(environment)
    lines = [f"{name}: {line}" for name, snapshot in snapshots if (line := snapshot.conflict(session))]
    for line in lines:
        tell(line)
    if lines:
        raise Failure("destroy: a final snapshot could not be taken, see above: nothing was destroyed")


def _refuse_full_vaults(environment: Environment, deployed: Mapping[str, Deployed]) -> None:
    """AWS would refuse to delete them, after what they are backups of."""
    vaults = [(name, vault) for name, found in sorted(deployed.items()) for vault in found.vaults]
    session = environments.session_of(environment) if vaults else None
    held = [(name, vault, count) for name, vault in vaults if session and (count := vault.held(session))]
    for name, vault, count in held:
        tell(f"{name}: {vault.address}: the vault {vault.name} in {vault.region} holds {count} backups")
    if held:
        is_forced = environment.backup and environment.backup.force_destroy
        change = "" if is_forced else f"set backup.force_destroy to True in stacks/config/{environment.name}.py, and "
        remedy = f"to delete them as well, {change}run `make deploy ENV={environment.name}` first"
        raise Failure(f"destroy: AWS deletes no vault that holds backups: nothing was destroyed: {remedy}")


def _table(deployed: Mapping[str, Deployed]) -> Table:
    made = Table("unit", "resources", "of which hold data or a name")
    for name, found in deployed.items():
        made.add_row(name, str(len(found.addresses)), "\n".join(found.data))
    return made


def _destroy(units: Sequence[Unit], applier: Applier, again: str) -> list[Changes]:
    def destroy(unit: Unit) -> Changes:
        changes = applier.apply(unit, destroy=True)
        applier.step(unit.name, str(changes), is_done=True)
        return changes

    results = in_order(units, destroy, most_at_once=MOST_AT_ONCE, is_reversed=True, stop=applier.stop)
    raise_first(results.failed, f"correct it, and {again}")
    return [*results.done.values()]
