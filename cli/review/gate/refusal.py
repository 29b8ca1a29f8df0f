"""What the gate answers with."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Refusal:
    """Why a plan is refused. Refusals sort by unit, address and rule."""

    unit: str
    """The unit's id, such as `prod-postgresql`."""
    address: str
    """As Terraform writes it, such as `aws_db_instance.postgresql`; empty where the unit as a whole is meant."""
    rule: str
    """The id of the rule, such as `data/replaced`."""
    message: str
    """What is wrong and what to do, in one line that holds no value which may be secret."""

    def __str__(self) -> str:
        """The whole line: `unit: address: [rule] message`."""
        return ": ".join(part for part in (self.unit, self.address, f"[{self.rule}] {self.message}") if part)
