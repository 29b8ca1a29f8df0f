"""The page as data, from which all its forms are made. Nothing in it is secret, so no form can show a secret."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any

from cli.redaction import Redactor
from cli.review.cost import UnitCost
from cli.review.gate import Refusal
from cli.review.page.cautions import cautions
from cli.review.page.diff import UNKNOWN, AttributeChange, Differ, path_of
from cli.review.planning.inputs import Source
from cli.review.planning.planned_unit import PlannedUnit
from cli.terraform.plan import REASONS, Action, Json, Plan, ResourceChange, UnitPlan
from cli.text import one_line
from modules.credentials import parsed_json

_LONGEST_OVERRIDE = 120

_GRAVITY = {action: place for place, action in enumerate(Action)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceDiff:
    """What happens to one resource."""

    address: str
    action: Action
    type: str
    reason: str = ""
    """Why it is destroyed or replaced, where Terraform says so."""
    forced_by: tuple[str, ...] = ()
    """The attributes that force a replacement."""
    before_address: str = ""
    """Where it was in the state, if it moves."""
    imported_id: str = ""
    """By which it is taken over, if it exists already."""
    attributes: tuple[AttributeChange, ...] = ()
    known_after_apply: tuple[str, ...] = ()
    """Attributes of a new or replaced resource that the configuration sets to what is not known yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InputNotes:
    """What a unit was planned with beside real values: the outputs, as `network.vpc_id`."""

    mocked: tuple[str, ...] = ()
    """Made up, because the upstream is not deployed."""
    planned: tuple[str, ...] = ()
    """Taken from the upstream's plan on this page."""
    changing: tuple[str, ...] = ()
    """As deployed, but the upstream's plan changes them to what is not known yet."""
    running: tuple[str, ...] = ()
    """Variables without a value that have the one that runs, as `image_tag 1.4.2`."""
    placeholders: tuple[str, ...] = ()
    """Variables without a value."""
    not_imported: tuple[str, ...] = ()
    """Addresses that are shown as added, and will be imported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitSection:
    """What the page says of one unit."""

    name: str
    error: str = ""
    new_state: str = ""
    """Where its state will be, where there is none yet; empty for all others, and where nobody has looked."""
    inputs: InputNotes = InputNotes()
    changes: tuple[ResourceDiff, ...] = ()
    outputs: tuple[AttributeChange, ...] = ()
    drift: tuple[ResourceDiff, ...] = ()
    """What was changed outside of Terraform."""
    cautions: tuple[str, ...] = ()
    """What the changes interrupt or leave behind, with the order to make them in."""
    has_changes: bool = False
    is_refreshed: bool = True
    """Whether it was compared with what there is."""
    cost: UnitCost | None = None

    def count(self, action: Action) -> int:
        """The number of resources to which this happens. One that is imported may be changed by the same plan."""
        if action is Action.IMPORT:
            return sum(bool(change.imported_id) for change in self.changes)
        return sum(change.action is action for change in self.changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overridden:
    """An argument that the environment sets itself, by `overrides`."""

    unit: str
    address: str
    argument: str
    value: str
    """As JSON, on one short line; of a document in it only how long that is."""
    reason: str


class Verdict(StrEnum):
    """What the gate says of a page."""

    PASSED = "passed"
    REFUSED = "refused"
    NOT_JUDGED = "not judged"
    """Not of all units: nothing that was planned is refused, but some could not be planned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The whole page."""

    title: str
    """The environments, such as `prod`."""
    is_offline: bool
    units: tuple[UnitSection, ...]
    refusals: tuple[Refusal, ...] = field(default=())
    accepted: tuple[Refusal, ...] = field(default=())
    """What would be refused if its environment did not accept it, with the reason as message."""
    overridden: tuple[Overridden, ...] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Units that were not to be planned, each with why."""

    def count(self, action: Action) -> int:
        """The number of resources of all units to which this happens."""
        return sum(unit.count(action) for unit in self.units)

    @property
    def failed(self) -> tuple[UnitSection, ...]:
        """The units that could not be planned."""
        return tuple(unit for unit in self.units if unit.error)

    @property
    def verdict(self) -> Verdict:
        """The gate's. What could not be planned was not judged."""
        if self.refusals:
            return Verdict.REFUSED
        return Verdict.NOT_JUDGED if self.failed else Verdict.PASSED

    @property
    def mocked(self) -> tuple[UnitSection, ...]:
        """The units whose plan rests on something made up."""
        return tuple(unit for unit in self.units if unit.inputs.mocked or unit.inputs.placeholders)

    @property
    def new(self) -> tuple[UnitSection, ...]:
        """The units that have no state yet."""
        return tuple(unit for unit in self.units if unit.new_state)

    @property
    def unrefreshed(self) -> tuple[UnitSection, ...]:
        """The units whose plan rests on their state alone."""
        return tuple(unit for unit in self.units if not unit.is_refreshed)

    @property
    def has_changes(self) -> bool:
        """Whether there is anything to apply."""
        return any(unit.has_changes for unit in self.units)

    @property
    def cost(self) -> tuple[Decimal, Decimal]:
        """What all units cost in USD a month, before and after."""
        costs = [unit.cost for unit in self.units if unit.cost]
        return sum((cost.before for cost in costs), Decimal()), sum((cost.after for cost in costs), Decimal())


def page_of(
    planned: Sequence[PlannedUnit],
    *,
    title: str,
    is_offline: bool,
    redactor: Redactor,
    refusals: Sequence[Refusal] = (),
    accepted: Sequence[Refusal] = (),
    costs: Mapping[str, UnitCost] | None = None,
) -> Page:
    """The page of these units, in their order. First all that it is made of is redacted."""
    units = [_redacted(unit, redactor) for unit in planned]
    safe = {name: _redacted_cost(cost, redactor) for name, cost in (costs or {}).items()}
    return Page(
        title=title,
        is_offline=is_offline,
        units=tuple(_section(unit, safe.get(unit.name)) for unit in units),
        refusals=tuple(_redacted_refusal(refusal, redactor) for refusal in refusals),
        accepted=tuple(_redacted_refusal(refusal, redactor) for refusal in accepted),
        overridden=tuple(
            overridden for unit in planned if unit.plan for overridden in _overridden(unit.plan, redactor)
        ),
    )


def _redacted(unit: PlannedUnit, redactor: Redactor) -> PlannedUnit:
    """A unit with nothing secret in what is planned, or in what went wrong."""
    plan = unit.plan and replace(unit.plan, plan=Plan(redactor.plan(unit.plan.plan.document)))
    running = {name: redactor.text(value) for name, value in unit.running.items()}
    return replace(unit, plan=plan, running=running, error=unit.error and redactor.text(unit.error))


def _redacted_refusal(refusal: Refusal, redactor: Redactor) -> Refusal:
    return Refusal(
        unit=one_line(refusal.unit),
        address=one_line(redactor.text(refusal.address)),
        rule=one_line(refusal.rule),
        message=one_line(redactor.text(refusal.message), limit=None),
    )


def _overridden(plan: UnitPlan, redactor: Redactor) -> Iterator[Overridden]:
    for found in plan.configuration.get("//", {}).get("overrides", ()):
        shown = {name: one_line(redactor.text(found[name])) for name in ("address", "argument", "reason")}
        text = json.dumps(_brief(found["value"]), ensure_ascii=False)
        value = one_line(redactor.text(text), _LONGEST_OVERRIDE)
        yield Overridden(unit=one_line(plan.name), value=value, **shown)


def _brief(value: Any) -> Any:
    """A value without the JSON documents in it: the changes show what is new in them."""
    if isinstance(value, str) and parsed_json(value) is not None:
        return f"(a document of {len(value):,} characters)"
    if isinstance(value, dict):
        return {name: _brief(inner) for name, inner in value.items()}
    return [*map(_brief, value)] if isinstance(value, list) else value


def _redacted_cost(cost: UnitCost, redactor: Redactor) -> UnitCost:
    missing, assumptions = (
        tuple(one_line(redactor.text(text)) for text in texts) for texts in (cost.missing, cost.assumptions)
    )
    return replace(cost, missing=missing, assumptions=assumptions)


def _section(unit: PlannedUnit, cost: UnitCost | None) -> UnitSection:
    notes = InputNotes(
        mocked=_names(unit.outputs(Source.MOCK)),
        planned=_names(unit.outputs(Source.PLANNED)),
        changing=_names(unit.outputs(Source.CHANGING)),
        running=tuple(one_line(f"{name} {value}") for name, value in sorted(unit.running.items())),
        placeholders=tuple(sorted(unit.placeholders)),
        not_imported=tuple(_not_imported(unit.plan)) if unit.plan else (),
    )
    if unit.plan is None:
        return UnitSection(name=one_line(unit.name), error=one_line(unit.error or "failed"), inputs=notes)
    plan = unit.plan.plan
    return UnitSection(
        name=one_line(unit.name),
        new_state=one_line(unit.new_state),
        inputs=notes,
        changes=_sorted(_resources(plan.changes, plan.configured)),
        outputs=tuple(_outputs(plan)),
        drift=_sorted(_resources(_drift_that_matters(plan), {})),
        cautions=tuple(map(one_line, cautions(plan))),
        has_changes=plan.is_applyable,
        is_refreshed=unit.is_refreshed,
        cost=cost,
    )


def _not_imported(plan: UnitPlan) -> Iterator[str]:
    """What an offline plan would make, because nobody has looked at what exists."""
    added = {change.address for change in plan.plan.changes if change.action is Action.ADD}
    yield from (one_line(each["to"]) for each in plan.configuration.get("import", ()) if each["to"] in added)


def _drift_that_matters(plan: Plan) -> Iterator[ResourceChange]:
    """What is gone, or is about to change, or has changed what something else depends on, as Terraform itself tells it.

    All else is what a provider reads back of a new resource, until the state is written the next time.
    https://developer.hashicorp.com/terraform/internals/json-format#plan-representation
    """
    changing = {change.address for change in plan.changes if change.action}
    for change in plan.drift:
        before, after = change.before or {}, change.after or {}
        drifted = {(change.address, name) for name in {*before, *after} if before.get(name) != after.get(name)}
        if change.is_destroyed or change.address in changing or drifted & plan.relevant_attributes:
            yield change


def _names(outputs: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(f"{upstream}.{name}" for upstream, names in sorted(outputs.items()) for name in sorted(names))


def _sorted(changes: Iterator[ResourceDiff]) -> tuple[ResourceDiff, ...]:
    return tuple(sorted(changes, key=lambda change: (_GRAVITY[change.action], change.address)))


def _resources(changes: Iterable[ResourceChange], configured: Mapping[str, Json]) -> Iterator[ResourceDiff]:
    """What happens; `configured` says what the configuration sets of each resource, by its address without a key."""
    for change in changes:
        if action := change.action:
            arguments = configured.get(change.address.partition("[")[0], {}).get("expressions", ())
            yield _resource(change, action, arguments)


def _resource(change: ResourceChange, action: Action, configured: Collection[str]) -> ResourceDiff:
    found = [] if action in (Action.DESTROY, Action.FORGET) else Differ(change.replace_paths).changes(change)
    found = list(_without_inherited_tags(found, keeps_others=action is not Action.ADD))
    # New resources, and those made anew, have many that AWS gives and nobody reviews.
    given = action in (Action.ADD, Action.REPLACE)
    hidden = [each for each in found if given and each.after == UNKNOWN and not each.forces_replacement]
    deposed = f" (deposed {change.deposed})" if change.deposed else ""
    return ResourceDiff(
        address=one_line(change.address) + deposed,
        action=action,
        type=change.type,
        reason="a replacement left it behind" if change.deposed else REASONS.get(change.reason, ""),
        forced_by=tuple(sorted(set(map(path_of, change.replace_paths)))),
        before_address=one_line(change.previous_address),
        imported_id=one_line(change.imported_id),
        attributes=tuple(each for each in found if each not in hidden),
        known_after_apply=tuple(each.path for each in hidden if each.path.split(".")[0].split("[")[0] in configured),
    )


def _without_inherited_tags(changes: Sequence[AttributeChange], *, keeps_others: bool) -> Iterator[AttributeChange]:
    """Without the tags that are in `tags` too; of a new resource without those of the provider, which all have."""
    tags = {change.path for change in changes if change.path.startswith("tags.")}
    for change in changes:
        is_inherited = change.path.startswith("tags_all")
        if not is_inherited or (keeps_others and change.path.replace("tags_all", "tags", 1) not in tags):
            yield change


def _outputs(plan: Plan) -> Iterator[AttributeChange]:
    for name, change in sorted(plan.outputs.items()):
        if change.actions != ("no-op",):
            yield from Differ().changes(change, name)
