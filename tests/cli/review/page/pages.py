"""Plans and pages made by hand, for the tests of the page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cli.redaction import Redactor
from cli.review.gate import Refusal
from cli.review.page.page import Page, page_of
from cli.review.planning.planned_unit import PlannedUnit
from cli.terraform.plan import Plan, UnitPlan
from tests.support import Json


def change(address: str, *actions: str, before: Any = None, after: Any = None, **more: Any) -> Json:
    """A resource change, as `terraform show -json` writes it; `more` goes to its `change`, but for the two below."""
    outer: Json = {key: more.pop(key) for key in ("action_reason", "previous_address", "deposed") if key in more}
    inner = {"actions": list(actions), "before": before, "after": after, **more}
    return {"address": address, "mode": "managed", "type": address.split(".", maxsplit=1)[0], "change": inner, **outer}


def planned(*changes: Json, name: str = "prod-network", outputs: Json | None = None, **more: Any) -> PlannedUnit:
    """A unit with this plan."""
    found = {"resource_changes": list(changes), "output_changes": outputs or {}, "applyable": bool(changes or outputs)}
    plan = UnitPlan(name=name, configuration={}, plan=Plan({**found, **more}))
    return PlannedUnit(name=name, directory=Path(), plan=plan)


def page(*units: PlannedUnit, refusals: Sequence[Refusal] = (), secrets: Sequence[str] = (), **more: Any) -> Page:
    """The page of these units."""
    return page_of(units, title="prod", is_offline=False, redactor=Redactor(secrets), refusals=refusals, **more)
