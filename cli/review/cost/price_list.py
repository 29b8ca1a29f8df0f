"""On-demand list prices of a region: the data files in `cli/review/cost/prices`, which `make prices` renews."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Self

DIRECTORY = Path(__file__).with_name("prices")

BROKEN = ValueError, KeyError, TypeError, AttributeError, ArithmeticError
"""What reading a data file raises that is none."""

Key = tuple[str, str]
"""The group and the name of a price, such as `("fargate", "arm64_vcpu_hour")`: the unit ends the name or the group."""


class WrongPrices(Exception):
    """A data file that is none. Its text is one line."""


@dataclass(frozen=True, kw_only=True)
class PriceList:
    """What AWS asks in one region, in USD."""

    region: str
    date: str
    """When these prices were published."""
    source: str
    prices: Mapping[Key, Decimal] = field(default_factory=dict)

    @classmethod
    def read(cls, file: Path) -> Self:
        """The prices of a data file. Raises OSError, or one of BROKEN."""
        data = json.loads(file.read_text(encoding="utf-8"))
        # Prices are strings, because a float would not be exact.
        groups: dict[str, dict[str, str]] = data["prices"]
        prices = {(group, name): _exact(text) for group, named in groups.items() for name, text in named.items()}
        return cls(region=data["region"], date=data["date"], source=data["source"], prices=prices)

    @classmethod
    def of(cls, region: str, directory: Path = DIRECTORY) -> Self | None:
        """The prices of a region; None where there is no file of it. Raises WrongPrices."""
        file = directory / f"{region}.json"
        try:
            return cls.read(file) if file.is_file() else None
        except (OSError, *BROKEN) as error:
            raise WrongPrices(f"{file}: cannot be read ({type(error).__name__}): restore it from git") from error

    @property
    def title(self) -> str:
        """What they are, for a person: a list that `make prices` has not fetched is not verified."""
        unverified = "" if self.source.startswith("https://") else ", unverified"
        return f"{self.region}, list prices of {self.date}{unverified}"

    def text(self) -> str:
        """The data file, in an order that makes differences readable."""
        groups: dict[str, dict[str, str]] = {}
        for (group, name), price in sorted(self.prices.items()):
            groups.setdefault(group, {})[name] = format(price.normalize(), "f")
        data = {"region": self.region, "currency": "USD", "date": self.date, "source": self.source, "prices": groups}
        return json.dumps(data, indent=2) + "\n"


def _exact(text: object) -> Decimal:
    if not isinstance(text, str):
        raise TypeError("a price is written as text")
    price = Decimal(text)
    if not price.is_finite() or price <= 0:
        raise ValueError("a price is above zero")
    return price
