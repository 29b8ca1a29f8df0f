"""A renamed construct without a `moved` entry: Terraform would delete the old one, and make the same again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cli.review.gate.data import HOLDERS
from cli.review.gate.refusal import Refusal
from cli.review.gate.resources import Unit
from cli.terraform.plan import Action, Json, ResourceChange

_GONE = ("delete_because_no_resource_config", "delete_because_no_move_target", "delete_because_wrong_repetition", "")


def refusals(unit: Unit) -> Iterator[Refusal]:
    """Each deletion beside which something like it is created, with the line to write."""
    created = [change for change in unit.changes if change.action is Action.ADD]
    for old in unit.changes:
        if old.action is not Action.DESTROY or old.reason not in _GONE:
            continue
        likeness = {new.address: _likeness(old, new, _arguments(unit, new)) for new in created if new.type == old.type}
        new = max(likeness, key=lambda address: likeness[address], default="")
        if new and likeness[new] > 0.5:
            created = [change for change in created if change.address != new]
            yield Refusal(unit=unit.name, address=old.address, rule="moved/missing", message=_message(unit, old, new))


def _message(unit: Unit, old: ResourceChange, new: str) -> str:
    entry = f'"{unit.plan.role}": {{"{old.address}": "{new}"}}'
    return (
        f"this looks like {new} under its old name, which would be deleted and made anew: write {entry} in "
        f"stacks/moved.py; or, if they are two, say so by --allow '{unit.name}:{old.address}'"
    )


def _likeness(old: ResourceChange, new: ResourceChange, arguments: set[str]) -> float:
    """How much of what the code gives is as it was, from 0 to 1.

    What holds data may have been renamed and changed at once. All else would be called renamed too often: a difference
    makes it another one.
    """
    known = {name for name in arguments if name in new.after}
    equal = {name for name in known if _normal(old.before.get(name)) == _normal(new.after[name])}
    if not arguments or (equal != known and old.type not in HOLDERS):
        return 0
    return len(equal) / len(arguments)


def _arguments(unit: Unit, change: ResourceChange) -> set[str]:
    """The arguments that the code gives."""
    kind, _, name = change.address.partition("[")[0].rpartition(".")
    configured: Json = unit.configuration.get("resource", {}).get(kind, {}).get(name, {})
    return set(configured or change.after) - {"//", "depends_on", "lifecycle", "provider", "count", "for_each"}


def _normal(value: Any) -> Any:
    """Sets come in any order, and nothing is written in several ways."""
    return sorted(map(str, value)) if isinstance(value, list) else value or None
