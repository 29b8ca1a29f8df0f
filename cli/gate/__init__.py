"""What a plan may not do: each refusal is one line that names the unit, the address and the rule."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from cli.unit_plan import UnitPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a plan is refused."""

    unit: str
    """The unit's id, such as `prod-postgresql`."""
    address: str
    """As Terraform writes it, such as `aws_db_instance.postgresql`; empty where the unit as a whole is meant."""
    rule: str
    """The id of the rule, such as `data/replaced`."""
    message: str
    """What is wrong and what to do, in one line."""

    def __str__(self) -> str:
        """The whole line: `unit: address: [rule] message`."""
        return ": ".join(part for part in (self.unit, self.address, f"[{self.rule}] {self.message}") if part)


def refusals(plans: Sequence[UnitPlan], *, allow: Collection[str] = ()) -> list[Refusal]:
    """What the gate refuses of these plans, sorted by unit, address and rule; empty where they may be applied.

    `allow` names what may lose data or identity on purpose, each as `<unit>:<address>`, such as
    `prod-postgresql:aws_db_instance.postgresql`. No other rule can be overruled so.
    """
    del plans, allow
    return []
