"""The page as JSON, for machines. It is the same for the same plan."""

from __future__ import annotations

import json
from dataclasses import asdict

from cli.review.page.page import Page, ResourceDiff, UnitSection
from cli.terraform.plan import Action, Json

VERSION = 1
"""Goes up with whatever may break a reader; new keys do not."""


def render(page: Page, *, is_summary: bool = False) -> str:
    """The page as JSON, which ends with a line; a summary has counts and no changes."""
    before, after = page.cost
    document = {
        "version": VERSION,
        "title": page.title,
        "offline": page.is_offline,
        "has_changes": page.has_changes,
        "counts": {str(action): page.count(action) for action in Action},
        "usd_a_month": {"before": str(before), "after": str(after)},
        "gate": {"verdict": str(page.verdict), "not_judged": [unit.name for unit in page.failed]},
        "refusals": [asdict(refusal) for refusal in page.refusals],
        "accepted": [asdict(accepted) for accepted in page.accepted],
        "overridden": [asdict(overridden) for overridden in page.overridden],
        "left_out": [{"unit": name, "why": why} for name, why in page.left_out.items()],
        "units": [_unit(unit) | ({} if is_summary else _details(unit)) for unit in page.units],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _unit(unit: UnitSection) -> Json:
    cost = unit.cost
    return {
        "name": unit.name,
        "error": unit.error or None,
        "new_state": unit.new_state or None,
        "has_changes": unit.has_changes,
        "refreshed": unit.is_refreshed,
        "counts": {str(action): unit.count(action) for action in Action},
        "cautions": list(unit.cautions),
        "inputs": asdict(unit.inputs),
        "usd_a_month": {"before": str(cost.before), "after": str(cost.after)} if cost else None,
        "missing_prices": list(cost.missing) if cost else [],
        "prices": cost.prices if cost else "",
    }


def _details(unit: UnitSection) -> Json:
    return {
        "changes": [_change(change) for change in unit.changes],
        "outputs": [asdict(output) for output in unit.outputs],
        "drift": [_change(change) for change in unit.drift],
    }


def _change(change: ResourceDiff) -> Json:
    return {**asdict(change), "action": str(change.action)}
