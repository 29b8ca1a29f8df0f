"""What a plan may not do: each refusal is one line that names the unit, the address and the rule. See docs/gate.md."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from cli.gate import checkov, data, exceptions, renamed, rules
from cli.gate.refusal import Refusal
from cli.gate.resources import Unit
from cli.unit_plan import UnitPlan

__all__ = ["Refusal", "losses", "refusals"]


def refusals(plans: Sequence[UnitPlan], *, allow: Collection[str] = ()) -> list[Refusal]:
    """What the gate refuses of these plans, sorted by unit, address and rule; empty where they may be applied.

    `allow` names what may lose data or identity on purpose, each as `<unit>:<address>`, such as
    `prod-postgresql:aws_db_instance.postgresql`; one that allows nothing is refused. No other rule is overruled by it:
    those have the reviewed list of `cli/gate/exceptions.py`.
    """
    units = [Unit(plan) for plan in plans]
    losses = [refusal for unit in units for check in (data, renamed) for refusal in check.refusals(unit)]
    breaches = [refusal for unit in units for refusal in rules.refusals(unit)]
    breaches = exceptions.without([*breaches, *checkov.refusals(units)])
    kept = [refusal for refusal in losses if f"{refusal.unit}:{refusal.address}" not in allow]
    return sorted({*kept, *breaches, *_unused(allow, losses, units)})


def losses(plans: Sequence[UnitPlan], *, allow: Collection[str] = ()) -> list[Refusal]:
    """What of these plans would lose data or identity, sorted: what a deployment asks again before it applies."""
    units = [Unit(plan) for plan in plans]
    found = [refusal for unit in units for check in (data, renamed) for refusal in check.refusals(unit)]
    return sorted({refusal for refusal in found if f"{refusal.unit}:{refusal.address}" not in allow})


def _unused(allow: Collection[str], losses: Sequence[Refusal], units: Sequence[Unit]) -> Iterator[Refusal]:
    used = {f"{refusal.unit}:{refusal.address}" for refusal in losses}
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
