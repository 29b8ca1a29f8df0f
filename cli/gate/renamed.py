"""A renamed construct without a `moved` entry: Terraform would delete the old one, and make the same again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cli.gate.data import HOLDERS
from cli.gate.refusal import Refusal
from cli.gate.resources import Change, Unit

_GONE = ("delete_because_no_resource_config", "delete_because_no_move_target", "delete_because_wrong_repetition", "")


def refusals(unit: Unit) -> Iterator[Refusal]:
    """Each deletion beside which something like it is created, with the line to write."""
    created = [change for change in unit.changes if change.actions == ("create",)]
    for old in unit.changes:
        if old.actions != ("delete",) or old.reason not in _GONE:
            continue
        alike = [new for new in created if new.type == old.type and _alike(old, new)]
        if alike:
            new = max(alike, key=lambda change: len(_equal(old, change)))
            created.remove(new)
            yield Refusal(unit=unit.name, address=old.address, rule="moved/missing", message=_message(unit, old, new))


def _message(unit: Unit, old: Change, new: Change) -> str:
    entry = f'"{unit.role}": {{"{old.address}": "{new.address}"}}'
    return (
        f"this looks like {new.address} under its old name, which would be deleted and made anew: write {entry} in "
        f"stacks/moved.py; or, if they are two, say so by --allow '{unit.name}:{old.address}'"
    )


def _alike(old: Change, new: Change) -> bool:
    """Whether one may be the other: what holds data always, and all else where every known argument is the same."""
    return old.type in HOLDERS or _equal(old, new) == _given(new)


def _given(change: Change) -> set[str]:
    """The arguments that the code gives, as far as the plan knows them."""
    return {name for name, value in change.after.items() if value not in (None, [], {}, "") and name != "tags_all"}


def _equal(old: Change, new: Change) -> set[str]:
    return {name for name in _given(new) if _normal(old.before.get(name)) == _normal(new.after[name])}


def _normal(value: Any) -> Any:
    """Sets come in any order."""
    return sorted(map(str, value)) if isinstance(value, list) else value
