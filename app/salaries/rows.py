"""From a line of somebody's CSV file to an observation, or to the reason why not."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from operator import attrgetter

from salaries import canonical

ALIASES = {
    "source": ("source", "origem", "provider"),
    "role": ("role", "job_title", "cargo"),
    "level": ("level", "experience_level", "seniority", "nivel"),
    "location": ("location", "city", "cidade"),
    "state": ("state", "uf", "state_code"),
    "country": ("country", "country_code", "pais"),
    "currency": ("currency", "salary_currency", "moeda"),
    "work_model": ("work_model", "workmode", "remote_type", "employment_type"),
    "remote_ratio": ("remote_ratio",),
    "base_salary_min": ("base_salary_min", "salary_min", "min_salary"),
    "base_salary_max": ("base_salary_max", "salary_max", "max_salary"),
    "total_compensation": ("total_compensation", "salary_total", "total_salary", "compensation", "salary"),
    "observed_at": ("observed_at", "date"),
}
REQUIRED = ("role", "total_compensation")

LONGEST = {
    "source": 100,
    "role": 150,
    "level": 100,
    "location": 150,
    "state": 30,
    "country": 100,
    "currency": 10,
    "work_model": 50,
}


class BadRow(ValueError):
    """One row cannot be used; the message says which value and why."""


class BadFile(ValueError):
    """A file cannot be used at all."""


@dataclass(frozen=True, slots=True)
class Observation:
    source: str
    role: str
    level: str
    location: str
    state: str
    country: str
    currency: str
    work_model: str
    base_salary_min: Decimal | None
    base_salary_max: Decimal | None
    total_compensation: Decimal
    observed_at: date | None

    def cells(self) -> list[str]:
        """As CSV. Amounts are quantized to cents, which `str` writes as plain digits, never with an exponent.

        A text that a spreadsheet would calculate is quoted: https://owasp.org/www-community/attacks/CSV_Injection
        """
        texts = ("" if value is None else str(value) for value in _values(self))
        return [f"'{text}" if text.startswith(_FORMULA) else text for text in texts]

    def key(self) -> tuple[object, ...]:
        """Two observations with the same key are one, seen twice."""
        return (
            self.source, self.role, self.level, self.location, self.state, self.work_model, self.currency,
            self.base_salary_min, self.base_salary_max, self.total_compensation,
        )  # fmt: skip


COLUMNS = tuple(field.name for field in fields(Observation))
_values = attrgetter(*COLUMNS)

_FORMULA = ("=", "+", "-", "@")


_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class Reader:
    """Knows under which names a file keeps what."""

    def __init__(self, header: Iterable[str], *, country: str) -> None:
        columns = list(header)
        positions = {canonical.slug(name): position for position, name in reversed(list(enumerate(columns)))}
        self._width = len(columns)
        self._country = country
        self._positions = {
            name: [positions[alias] for alias in aliases if alias in positions] for name, aliases in ALIASES.items()
        }
        missing = [name for name in REQUIRED if not self._positions[name]]
        if missing:
            known = "; ".join(f"{name} ({', '.join(ALIASES[name])})" for name in missing)
            raise BadFile(f"has no column for {known}")

    def observation(self, cells: list[str]) -> Observation:
        if len(cells) != self._width:
            raise BadRow(f"has {len(cells)} values for {self._width} columns")
        row = {name: self._first(cells, positions) for name, positions in self._positions.items()}
        country = canonical.country(row["country"] or self._country)
        observation = Observation(
            source=canonical.slug(row["source"]) or "unknown",
            role=canonical.slug(row["role"]),
            level=canonical.level(row["level"]),
            location=canonical.title(row["location"]),
            state=canonical.state(row["state"]),
            country=country,
            currency=_currency(row["currency"], country),
            work_model=_work_model(row),
            base_salary_min=amount(row["base_salary_min"]),
            base_salary_max=amount(row["base_salary_max"]),
            total_compensation=_required_amount(row["total_compensation"]),
            observed_at=_date(row["observed_at"]),
        )
        if not observation.role:
            raise BadRow("role is empty")
        for name, longest in LONGEST.items():
            if len(getattr(observation, name)) > longest:
                raise BadRow(f"{name} is longer than {longest} characters")
        low, high = observation.base_salary_min, observation.base_salary_max
        if low is not None and high is not None and low > high:
            raise BadRow(f"the lowest base salary {low} is above the highest {high}")
        return observation

    @staticmethod
    def _first(cells: list[str], positions: list[int]) -> str:
        for position in positions:
            cell = cells[position]
            value = canonical.text(cell[1:] if cell[:1] == "'" and cell[1:].startswith(_FORMULA) else cell)
            if _CONTROL.search(value):
                raise BadRow("holds a control character")
            if value:
                return value
        return ""


_SYMBOL = re.compile(r"^(?:R\$|US\$|BRL|USD|EUR|GBP|[$€£])")
_POINTS = re.compile(r"[1-9]\d{0,2}(?:\.\d{3})+(?:,\d+)?")
_COMMAS = re.compile(r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?")
_PLAIN = re.compile(r"\d+(?:[.,]\d+)?")
_EXPONENT = re.compile(r"[\d.,]+[eE][+-]?\d+")
_CENT = Decimal("0.01")
_TOO_MUCH = Decimal(10) ** 10


def amount(text: str) -> Decimal | None:
    """`1.234,56`, `1,234.56`, `1234,56` and `R$ 1.234,56` are the same amount; empty is none.

    Three digits after a lone separator are thousands (`1.234` and `1,234` are 1234): money has no third decimal.
    """
    digits = _SYMBOL.sub("", "".join(text.split()))
    if not digits:
        return None
    if not digits.isascii():
        raise BadRow(f"{text!r} is not an amount")
    if _EXPONENT.fullmatch(digits):
        raise BadRow(f"{text!r} is in scientific notation, which has lost digits: export plain numbers")
    if _POINTS.fullmatch(digits):
        digits = digits.replace(".", "").replace(",", ".")
    elif _COMMAS.fullmatch(digits):
        digits = digits.replace(",", "")
    elif _PLAIN.fullmatch(digits):
        digits = digits.replace(",", ".")
    else:
        raise BadRow(f"{text!r} is not an amount")
    if len(digits) > 30 or Decimal(digits) >= _TOO_MUCH:
        raise BadRow(f"{text[:40]!r} is more than the database holds")
    value = Decimal(digits).quantize(_CENT, ROUND_HALF_EVEN)
    if value >= _TOO_MUCH:
        raise BadRow(f"{text!r} is more than the database holds")
    if value <= 0:
        raise BadRow(f"{text!r} is not above zero")
    return value


def _required_amount(text: str) -> Decimal:
    value = amount(text)
    if value is None:
        raise BadRow("total_compensation is empty")
    return value


def _currency(text: str, country: str) -> str:
    currency = canonical.currency(text)
    if not currency and country == "Brazil":
        return "BRL"
    if not re.fullmatch(r"[A-Z]{3}", currency):
        raise BadRow(f"currency {text!r} is not a code of three letters")
    return currency


def _work_model(row: Mapping[str, str]) -> str:
    if row["work_model"] or not row["remote_ratio"]:
        return canonical.work_model(row["work_model"])
    try:
        ratio = float(row["remote_ratio"].rstrip("%").replace(",", "."))
    except ValueError:
        ratio = -1.0
    if not 0 <= ratio <= 100:
        raise BadRow(f"remote_ratio {row['remote_ratio']!r} is not a number from 0 to 100")
    return "remoto" if ratio >= 80 else "presencial" if ratio <= 20 else "hibrido"


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise BadRow(f"{text!r} is not a date such as 2025-12-31") from None


def delimiter(header: str) -> str:
    """Where the comma is the decimal point, spreadsheets put semicolons between the columns."""
    return max(",;\t", key=header.count)
