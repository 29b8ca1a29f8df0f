"""What a plan may not do: each refusal is one line that names the unit, the address and the rule. See docs/gate.md."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from cli.review.gate import checkov, computed, data, exceptions, renamed, rules
from cli.review.gate.refusal import Refusal
from cli.review.gate.resources import Unit
from cli.terraform.plan import UnitPlan

__all__ = ["Refusal", "losses", "refusals"]


def refusals(plans: Sequence[UnitPlan], *, allow: Collection[str] = ()) -> list[Refusal]:
    """What the gate refuses of these plans, sorted by unit, address and rule; empty where they may be applied.

    `allow` names what may lose data or identity on purpose, each as `<unit>:<address>`, such as
    `prod-postgresql:aws_db_instance.postgresql`; one that allows nothing is refused. No other rule is overruled by it:
    those have the reviewed list of `cli/review/gate/exceptions.py`.
    """
    units = [Unit(plan) for plan in plans]
    losses = [refusal for unit in units for refusal in _losses(unit)]
    kept = [refusal for refusal in losses if _entry(refusal) not in allow]
    bare = [Unit(computed.without(plan)) for plan in plans]
    breaches = [*checkov.refusals(bare), *(refusal for unit in bare for refusal in rules.refusals(unit))]
    return sorted({*kept, *exceptions.without(breaches, units), *_unused(allow, losses, units)})


def losses(plans: Sequence[UnitPlan], *, allow: Collection[str] = ()) -> list[Refusal]:
    """What of these plans would lose data or identity, sorted: what a deployment asks again before it applies."""
    found = [refusal for plan in plans for refusal in _losses(Unit(plan))]
    return sorted({refusal for refusal in found if _entry(refusal) not in allow})


def _losses(unit: Unit) -> Iterator[Refusal]:
    """What a unit would lose; of what was renamed, that alone."""
    moved = list(renamed.refusals(unit))
    addresses = {refusal.address for refusal in moved}
    yield from moved
    yield from (refusal for refusal in data.refusals(unit) if refusal.address not in addresses)


def _entry(refusal: Refusal) -> str:
    """What --allow calls it."""
    return f"{refusal.unit}:{refusal.address}"


def _unused(allow: Collection[str], losses: Sequence[Refusal], units: Sequence[Unit]) -> Iterator[Refusal]:
    used = {*map(_entry, losses)}
    names = {unit.name for unit in units}
    for entry in sorted({*allow} - used):
        unit, colon, address = entry.partition(":")
        if not colon or not address:
            what = f"--allow {entry!r} is no unit and address: write it as prod-postgresql:aws_db_instance.postgresql"
        elif unit not in names:
            what = f"--allow {entry!r} names a unit that is not planned: name one of {', '.join(sorted(names))}"
        else:
            what = f"--allow {entry!r} allows nothing, because nothing is lost there: take it away"
        yield Refusal(unit=unit, address=address, rule="allow/unused", message=what)
