"""What an upgrade changes, and whether that was reviewed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cli.redaction import Redactor, secrets_of_plan
from cli.review.page.diff import AttributeChange
from cli.review.page.page import ResourceDiff, page_of
from cli.review.planning.planned_unit import PlannedUnit
from cli.terraform.plan import Action, UnitPlan
from tests.support import Json

Reviewed = dict[str, dict[str, Json]]
"""A list of reviewed changes, by the unit's id and the address, such as `aws_vpc.network` or `output.vpc_id`."""

_OF_OUTPUTS = {"create": Action.ADD, "update": Action.CHANGE, "delete": Action.DESTROY}


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to a resource or an output."""

    entry: Json
    """Its entry in the list, without the reason: the action as `make plan` names it, the attributes that change, and
    the address that it had, where it has moved."""
    values: str = ""
    """What the attributes are and will be, without secrets."""


Changes = Mapping[str, Mapping[str, Change]]
"""By the unit's id and the address."""


def changes_of(plan: UnitPlan) -> dict[str, Change]:
    """What the plan of a unit changes, by address."""
    planned = PlannedUnit(name=plan.name, directory=Path(), plan=plan)
    redactor = Redactor(secrets_of_plan(plan.plan.document))
    (section,) = page_of([planned], title="", is_offline=False, redactor=redactor).units
    outputs = {name: change.actions[0] for name, change in plan.plan.outputs.items()}
    return {each.address: _change(each) for each in section.changes} | {
        f"output.{name}": Change({"action": str(_OF_OUTPUTS[action])})
        for name, action in outputs.items()
        if action != "no-op"
    }


def read(file: Path) -> Reviewed:
    """A list."""
    reviewed: Reviewed = json.loads(file.read_text())
    return reviewed


def accept(changes: Changes, file: Path) -> None:
    """Write a list anew. Reasons stay where nothing else of their entries changes."""
    reviewed = read(file)
    accepted = {
        unit: {address: _accepted(change, reviewed.get(unit, {}).get(address, {})) for address, change in found.items()}
        for unit, found in changes.items()
        if found
    }
    file.write_text(json.dumps(accepted, indent=2, sort_keys=True, ensure_ascii=False) + "\n")


def problems(changes: Changes, file: Path) -> Iterator[str]:
    """Where what happens is not what the list says. Each is one line."""
    reviewed = read(file)
    for unit in sorted({*changes, *reviewed}):
        where = f"{file.parents[1].name}/changes/{file.name}: {unit}"
        found, listed = changes.get(unit, {}), reviewed.get(unit, {})
        for address in sorted({*found, *listed}):
            if what := _problem(address, found.get(address), listed.get(address)):
                yield f"{where}: {address}: {what}"


def _problem(address: str, change: Change | None, listed: Json | None) -> str:
    if change is None:
        return "the list has it, but nothing happens to it: remove it"
    if listed is None or _bare(listed) != change.entry:
        entry = json.dumps({**change.entry, "reason": ""}, ensure_ascii=False)
        return f'not reviewed: {change.values}{change.values and ": "}add "{address}": {entry} with a reason'
    return "" if listed.get("reason", "").strip() else "no reason: write why this must happen to what is deployed"


def _change(change: ResourceDiff) -> Change:
    entry: Json = {"action": str(change.action)}
    if change.before_address:
        entry["moved_from"] = change.before_address
    if change.action not in (Action.CHANGE, Action.REPLACE):
        return Change(entry)
    return Change(
        {**entry, "attributes": sorted(each.path for each in change.attributes)},
        "; ".join(map(_old_and_new, change.attributes)),
    )


def _old_and_new(attribute: AttributeChange) -> str:
    forces = " (forces a replacement)" if attribute.forces_replacement else ""
    return f"{attribute.path} {attribute.before} → {attribute.after}{forces}"


def _accepted(change: Change, listed: Json) -> Json:
    return {**change.entry, "reason": listed.get("reason", "") if _bare(listed) == change.entry else ""}


def _bare(listed: Json) -> Json:
    return {key: value for key, value in listed.items() if key != "reason"}
