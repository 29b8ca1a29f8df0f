"""What units cost each month, before and after their plans, at on-demand list prices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from cli.review.cost import price_list
from cli.review.cost.assumptions import ASSUMPTIONS, assumptions
from cli.review.cost.charge import Charge, Factor, Note, Saving, Unpriced, plain
from cli.review.cost.charges import CHARGES, charges
from cli.review.cost.price_list import PriceList
from cli.review.cost.resources import Resource, Snapshot
from cli.terraform.plan import Json, UnitPlan

NOT_KNOWN = "not known"
"""In place of a sum that `is_known` denies."""
_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class CostLine:
    """One thing that AWS charges for."""

    address: str
    """Of the resource, such as `aws_db_instance.postgresql`."""
    item: str
    """What is paid for, such as `instance` or `storage, gp3`."""
    detail: str
    """The arithmetic, such as `2 nodes x 730 h x $0.032`."""
    before: Decimal
    after: Decimal
    is_assumed: bool = False
    """Whether it depends on an assumption."""
    savings: frozenset[Saving] = frozenset()
    """What would make it smaller."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitCost:
    """What a unit costs, in USD a month."""

    unit: str
    before: Decimal
    """As it is deployed; 0 for a unit that is not."""
    after: Decimal
    """As planned."""
    lines: tuple[CostLine, ...]
    missing: tuple[str, ...]
    """What is not in the sums because its price is not known, by address: `aws_msk_cluster.events: …`."""
    assumptions: tuple[str, ...]
    """What the sums assume, for a person to read: `log_gb=1: GB of logs a month into each log group`."""
    prices: str = ""
    """Where the prices are from, and of what date: `us-east-1, list prices of 2025, unverified`."""
    is_protected: bool = True
    """Whether nobody may pause its environment unasked."""


def is_known(costs: Sequence[UnitCost]) -> bool:
    """Whether their sum says anything: where nothing of them has a price, 0 would be no sum."""
    return any(cost.lines for cost in costs) or not any(cost.missing for cost in costs)


def of_environment(
    plans: Sequence[UnitPlan],
    assumed: Mapping[str, Decimal] | None = None,
    directory: Path = price_list.DIRECTORY,
) -> list[UnitCost]:
    """What each unit costs, where a mocked list is as long as the plan of its own unit says."""
    return [monthly(plan, upstreams=plans, assumed=assumed, directory=directory) for plan in plans]


def monthly(
    plan: UnitPlan,
    *,
    upstreams: Sequence[UnitPlan] = (),
    assumed: Mapping[str, Decimal] | None = None,
    directory: Path = price_list.DIRECTORY,
) -> UnitCost:
    """What the unit costs before and after this plan.

    `upstreams` tells how long mocked lists are, such as the subnets of a load balancer; without it the mock counts.
    Raises price_list.WrongPrices for a data file that is none.
    """
    lengths, guessed = _lengths(plan, upstreams)
    evaluation = _Evaluation(assumptions() if assumed is None else assumed, directory)
    before = evaluation.amounts(Snapshot(found=plan.plan.before, plan=plan.plan))
    after = evaluation.amounts(Snapshot(found=plan.plan.after, plan=plan.plan, lengths=lengths))
    lines = tuple(_lines(before, after))
    return UnitCost(
        unit=plan.name,
        before=sum((line.before for line in lines), _NOTHING),
        after=sum((line.after for line in lines), _NOTHING),
        lines=lines,
        missing=tuple(sorted(evaluation.missing)),
        assumptions=(*evaluation.assumptions(), *(guessed if lines else ())),
        prices="; ".join(sorted(evaluation.sources)),
        is_protected=plan.configuration.get("//", {}).get("protected", True),
    )


@dataclass(frozen=True)
class _Amount:
    usd: Decimal
    detail: str
    is_assumed: bool
    savings: frozenset[Saving]


_Amounts = dict[tuple[str, str], _Amount]


@dataclass
class _Evaluation:
    """Prices quantities, and remembers what it used and what it lacked."""

    assumed: Mapping[str, Decimal]
    directory: Path
    missing: set[str] = field(default_factory=set)
    sources: set[str] = field(default_factory=set)
    _lists: dict[str, PriceList | None] = field(default_factory=dict)
    _used: set[str] = field(default_factory=set)
    _notes: list[str] = field(default_factory=list)

    def assumptions(self) -> Iterator[str]:
        """What the amounts depend on: the assumptions in their own order, and then what was noted of resources."""
        for name, assumption in ASSUMPTIONS.items():
            if name in self._used:
                yield f"{name}={plain(self.assumed[name])}: {assumption.meaning}"
        yield from self._notes

    def amounts(self, snapshot: Snapshot) -> _Amounts:
        """What each item of each resource costs."""
        self._notes = []  # those of the plan are of interest, not those of what is deployed
        found: _Amounts = {}
        for resource in snapshot.resources.values():
            prices = self._prices(resource, snapshot)
            if prices is None:
                continue
            for finding in charges(resource):
                if isinstance(finding, Note):
                    self._notes.append(finding.text)
                elif isinstance(finding, Unpriced):
                    self.missing.add(f"{resource.address}: {finding.what}")
                elif amount := self._amount(resource.address, finding, prices):
                    found[resource.address, finding.item] = amount
        return found

    def _prices(self, resource: Resource, snapshot: Snapshot) -> PriceList | None:
        """The prices that hold for a resource; none, which is told, where its region has no file."""
        region = snapshot.region(resource)
        if region not in self._lists:
            self._lists[region] = PriceList.of(region, self.directory) if region else None
        prices = self._lists[region]
        if prices:
            return prices
        if resource.type not in CHARGES:
            return PriceList(region=region, date="", source="")
        told = f"no prices of {region}: make prices REGION={region}" if region else "its region is not in the plan"
        self.missing.add(f"{resource.address}: {told}")
        return None

    def _amount(self, address: str, charge: Charge, prices: PriceList) -> _Amount | None:
        price = prices.prices.get(charge.price)
        if price is None:
            self.missing.add(f"{address}: no price of {'.'.join(charge.price)} in {prices.region}")
            return None
        self.sources.add(prices.title)
        product, words = price, []
        is_assumed = any(isinstance(factor.number, str) for factor in charge.factors)
        for factor in charge.factors:
            number = self._number(factor)
            product *= number
            words.append(f"{plain(number)} {factor.label}")
        words.append(f"${price.normalize():f}")
        return _Amount(product, f"{' x '.join(words)} {charge.kind}".rstrip(), is_assumed, charge.savings)

    def _number(self, factor: Factor) -> Decimal:
        if isinstance(factor.number, Decimal):
            return factor.number
        self._used.add(factor.number)
        return self.assumed[factor.number]


def _lines(before: _Amounts, after: _Amounts) -> Iterator[CostLine]:
    for key in {**after, **before}:
        old, new = before.get(key), after.get(key)
        amounts = [amount for amount in (new, old) if amount]
        yield CostLine(
            address=key[0],
            item=key[1],
            detail=" / ".join(dict.fromkeys(amount.detail for amount in amounts)),
            before=old.usd if old else _NOTHING,
            after=new.usd if new else _NOTHING,
            is_assumed=any(amount.is_assumed for amount in amounts),
            savings=new.savings if new else frozenset(),
        )


def _lengths(plan: UnitPlan, upstreams: Sequence[UnitPlan]) -> tuple[dict[str, int], list[str]]:
    """How long the lists are that the plan mocked; and what to say of those that no upstream's plan tells."""
    by_state = {_state_key(upstream): upstream for upstream in upstreams}
    states: Json = plan.configuration.get("data", {}).get("terraform_remote_state", {})
    lengths: dict[str, int] = {}
    guessed: list[str] = []
    for name, outputs in plan.mocked.items():
        config = states.get(name, {}).get("config", {})
        upstream = by_state.get(config.get("key") or config.get("path"))
        for output in outputs:
            reference = f"data.terraform_remote_state.{name}.outputs.{output}"
            change = upstream.plan.outputs.get(output) if upstream else None
            if change and isinstance(change.after, list):
                lengths[reference] = len(change.after)
            elif isinstance(_mock(plan, name, output), list) and _counts(plan, reference):
                guessed.append(f"{name}.{output} has as many elements as its mock")
    return lengths, guessed


def _mock(plan: UnitPlan, upstream: str, output: str) -> object:
    return plan.configuration.get("//", {}).get("mock_outputs", {}).get(upstream, {}).get(output)


def _counts(plan: UnitPlan, reference: str) -> bool:
    """Whether the cost depends on how long a list is: it does where a load balancer or an endpoint has it."""
    resources = Snapshot(found=plan.plan.after, plan=plan.plan).resources.values()
    counted = {"aws_lb": "subnets", "aws_vpc_endpoint": "subnet_ids"}
    return any(reference in resource.references(counted.get(resource.type, "")) for resource in resources)


def _state_key(plan: UnitPlan) -> str | None:
    backends: Json = plan.configuration.get("terraform", {}).get("backend", {})
    return next((backend.get("key") or backend.get("path") for backend in backends.values()), None)
