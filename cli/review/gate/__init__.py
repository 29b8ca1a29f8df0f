"""What a plan may not do: each refusal is one line that names the unit, the address and the rule. See docs/gate.md."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Self

from cli.review.gate import checkov, computed, data, exceptions, handover, renamed, rules
from cli.review.gate.refusal import Refusal
from cli.review.gate.resources import Unit
from cli.terraform.plan import UnitPlan

__all__ = ["Gate", "Refusal", "accepted", "losses", "refusals"]


def refusals(plans: Sequence[UnitPlan], *, allow: Collection[str] = ()) -> list[Refusal]:
    """What the gate refuses of these plans, sorted by unit, address and rule; empty where they may be applied.

    `allow` names what may lose data or identity on purpose, each as `<unit>:<address>`, such as
    `prod-postgresql:aws_db_instance.postgresql`; one that allows nothing is refused. No other rule is overruled by it:
    of those, `accepted_findings` of the environment says what is right.
    """
    bare = [Unit(computed.without(plan)) for plan in plans]
    breaches = [*checkov.refusals(bare), *(refusal for unit in bare for refusal in rules.refusals(unit))]
    return _judge(plans, breaches, allow)


class Gate:
    """The same for plans that come one after the other: `with Gate() as gate: gate.look(plan); gate.refusals([plan])`.

    checkov starts at once, and scans each plan while others are still being made.
    """

    def __init__(self) -> None:
        self._checkov = checkov.Loaded()
        self._breaches: dict[str, list[Refusal]] = {}

    def __enter__(self) -> Self:
        """Start checkov."""
        self._checkov.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        """Stop it."""
        self._checkov.__exit__(*error)

    def look(self, plan: UnitPlan) -> None:
        """Hold one plan against the rules, from any thread."""
        unit = Unit(computed.without(plan))
        found = [*checkov.refusals([unit], loaded=self._checkov), *rules.refusals(unit)]
        self._breaches[plan.name] = found

    def refusals(self, plans: Sequence[UnitPlan], *, allow: Collection[str] = ()) -> list[Refusal]:
        """As the function of that name, of plans that were all looked at."""
        return _judge(plans, [refusal for plan in plans for refusal in self._breaches[plan.name]], allow)

    def stop(self) -> None:
        """End what is being looked at. It makes a plan refused, and never pass."""
        self._checkov.stop()


def _judge(plans: Sequence[UnitPlan], breaches: Sequence[Refusal], allow: Collection[str]) -> list[Refusal]:
    """What is refused, of what the rules find and what would be lost."""
    units = [Unit(plan) for plan in plans]
    losses = [refusal for unit in units for refusal in _losses(unit)]
    kept = [refusal for refusal in losses if _entry(refusal) not in allow]
    unused = (*_unused(allow, losses, units), *exceptions.unused(breaches, units))
    return sorted({*kept, *exceptions.without(breaches, units), *handover.refusals(units), *unused})


def losses(plans: Sequence[UnitPlan], *, allow: Collection[str] = ()) -> list[Refusal]:
    """What of these plans would lose data or identity, sorted: what a deployment asks again before it applies."""
    found = [refusal for plan in plans for refusal in _losses(Unit(plan))]
    return sorted({refusal for refusal in found if _entry(refusal) not in allow})


def accepted(plans: Sequence[UnitPlan]) -> list[Refusal]:
    """What their environments accept in `accepted_findings`, sorted; the message is the reason."""
    return sorted(
        Refusal(unit=plan.name, address=found["address"], rule=found["rule"], message=found["reason"])
        for plan in plans
        for found in plan.configuration.get("//", {}).get("accepted_findings", ())
        if "input" not in found
    )


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
