"""A renamed construct without a `moved` entry: Terraform would delete the old one, and make the same again."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Any

from cli.review.gate import retiring
from cli.review.gate.data import HOLDERS
from cli.review.gate.refusal import Refusal
from cli.review.gate.resources import Unit, references
from cli.terraform.plan import Action, Json, ResourceChange

_META = {"//", "depends_on", "lifecycle", "provider", "count", "for_each"}
_GONE = ("delete_because_no_resource_config", "delete_because_no_move_target", "delete_because_wrong_repetition", "")


def refusals(unit: Unit) -> Iterator[Refusal]:
    """Each deletion beside which something like it is created, with the line to write."""
    renamed = _renamed(unit)
    for old in unit.changes:
        if old.address in renamed:
            message = _message(unit, old, renamed[old.address])
            yield Refusal(unit=unit.name, address=old.address, rule="moved/missing", message=message)


def _renamed(unit: Unit) -> dict[str, str]:
    """What is created under another name, by the old address: the likest first, and of equals that of the nearest name.

    What belongs to something that is new itself, as a policy to the role of another process, is not renamed.
    """
    gone = [
        each for each in unit.changes if each.action is Action.DESTROY and each.reason in _GONE and not each.deposed
    ]
    created = [each for each in unit.changes if each.action is Action.ADD and not retiring.is_successor(each)]
    likeness = {
        (old.address, new.address): (_likeness(old, new, _arguments(unit, new)), _nearness(old, new))
        for old in gone
        for new in created
        if new.type == old.type
    }
    found: dict[str, str] = {}
    for old, new in sorted(likeness, key=lambda pair: likeness[pair], reverse=True):
        if likeness[old, new][0] > 0.5 and old not in found and new not in found.values():
            found[old] = new
    made = {each.address for each in created}
    while orphans := [old for old, new in found.items() if _owners(unit, new) & (made - {*found.values()})]:
        for old in orphans:
            del found[old]
    return found


def _nearness(old: ResourceChange, new: ResourceChange) -> float:
    """How much of the one name is in the other, from 0 to 1."""
    return SequenceMatcher(None, old.name, new.name).ratio()


def _owners(unit: Unit, address: str) -> set[str]:
    """What the code of something that holds no data refers to. What does may have come to another owner."""
    kind, name = address.partition("[")[0].split(".")
    configured = unit.configuration.get("resource", {}).get(kind, {}).get(name, {})
    arguments = {key: value for key, value in configured.items() if key not in _META}
    return set() if kind in HOLDERS else references(arguments)


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
    return set(configured or change.after) - _META


def _normal(value: Any) -> Any:
    """Sets come in any order, and nothing is written in several ways."""
    return sorted(map(str, value)) if isinstance(value, list) else value or None
