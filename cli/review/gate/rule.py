"""What a rule is: one row of the tables in `rules/`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from cli.review.gate.refusal import Refusal
from cli.review.gate.resources import Resource, Unit


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule over the resources of some types."""

    id: str
    types: tuple[str, ...]
    """The types of resources; `*` is any."""
    broken: Callable[[Resource], bool | Iterable[str]]
    """Whether the rule is broken; or by what, as often as it is."""
    message: str
    """What is wrong and what to do. `{}` stands for what `broken` found."""

    def refusals(self, unit: Unit) -> Iterator[Refusal]:
        """Where a unit breaks the rule."""
        for resource in unit.resources if "*" in self.types else unit.of(*self.types):
            found = self.broken(resource)
            for detail in [""] * found if isinstance(found, bool) else sorted(set(found)):
                message = self.message.replace("{}", detail)
                yield Refusal(unit=unit.name, address=resource.address, rule=self.id, message=message)


@dataclass(frozen=True, slots=True)
class UnitRule:
    """A rule over what is no resource: variables, outputs, providers, the backend; or over what is not there."""

    id: str
    broken: Callable[[Unit], Iterable[str]]
    """The addresses that break the rule, such as `output.url` or `terraform.backend`."""
    message: str
    """What is wrong and what to do."""

    def refusals(self, unit: Unit) -> Iterator[Refusal]:
        """Where a unit breaks the rule."""
        for address in sorted(set(self.broken(unit))):
            yield Refusal(unit=unit.name, address=address, rule=self.id, message=self.message)
