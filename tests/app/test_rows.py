"""A line of a CSV file becomes an observation or a reason."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from salaries.rows import ALIASES, COLUMNS, BadFile, BadRow, Reader, amount, delimiter

CENTS = st.integers(min_value=1, max_value=10**12 - 1).map(lambda cents: Decimal(cents) / 100)


@given(CENTS)
def test_both_notations_mean_the_same_amount(value):
    american = f"{value:,.2f}"
    brazilian = american.translate(str.maketrans(",.", ".,"))
    assert amount(american) == amount(brazilian) == amount(f"R$ {brazilian}") == amount(f"{value:.2f}") == value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.234,56", "1234.56"),
        ("1,234.56", "1234.56"),
        ("1234,5", "1234.50"),
        ("150000", "150000.00"),
        ("150.000", "150000.00"),
        ("150,000", "150000.00"),
        ("1.234.567", "1234567.00"),
        ("US$ 99.9", "99.90"),
        ("1234.5678", "1234.57"),
        ("R$\u00a01.234,56", "1234.56"),
    ],
)
def test_amounts(text, expected):
    assert str(amount(text)) == expected


@pytest.mark.parametrize("text", ["", "  "])
def test_an_empty_amount_is_none(text):
    assert amount(text) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1.5E+5", "scientific notation"),
        ("1e5", "scientific notation"),
        ("12.34,56", "is not an amount"),
        ("1,2,3", "is not an amount"),
        ("-5", "is not an amount"),
        ("abc", "is not an amount"),
        ("NaN", "is not an amount"),
        ("١٢٣", "is not an amount"),
        ("0", "is not above zero"),
        ("0.001", "is not above zero"),
        ("10000000000", "more than the database holds"),
        ("9999999999.999", "more than the database holds"),
        ("9" * 5000, "more than the database holds"),
    ],
)
def test_what_is_no_amount_is_refused_with_the_reason(text, reason):
    with pytest.raises(BadRow, match=reason):
        amount(text)


@given(st.text(max_size=30))
def test_an_amount_is_fit_for_the_database_or_refused(text):
    try:
        value = amount(text)
    except BadRow:
        return
    assert value is None or (0 < value < 10**10 and value == value.quantize(Decimal("0.01")))


def observation(**cells: str):
    cells = {"role": "Dev", "total_compensation": "10", **cells}
    return Reader(cells, country="Brazil").observation(list(cells.values()))


@pytest.mark.parametrize(
    ("field", "alias"), [(field, alias) for field, aliases in ALIASES.items() for alias in aliases]
)
def test_every_alias_of_a_column_is_known(field, alias):
    value = {"total_compensation": "12", "base_salary_min": "12", "base_salary_max": "12", "remote_ratio": "90",
             "observed_at": "2025-01-02", "currency": "USD", "country": "Brazil"}.get(field, "abc")  # fmt: skip
    cells = {"role": "x", "total_compensation": "12"}
    cells.pop(field, None)
    found = Reader([*cells, alias.upper()], country="Brazil").observation([*cells.values(), value])
    if field == "remote_ratio":
        assert found.work_model == "remoto"
    else:
        assert str(getattr(found, field)).lower().removesuffix(".00") == value.lower()


@pytest.mark.parametrize(("ratio", "model"), [("100", "remoto"), ("80", "remoto"), ("79", "hibrido"), ("21", "hibrido"),
                                              ("20", "presencial"), ("0", "presencial"), ("50%", "hibrido")])  # fmt: skip
def test_the_remote_ratio_stands_for_a_work_model(ratio, model):
    assert observation(remote_ratio=ratio).work_model == model


def test_what_a_row_does_not_say_is_empty_and_the_country_is_the_default():
    found = observation()
    assert (found.country, found.currency, found.level, found.base_salary_min) == ("Brazil", "BRL", "", None)
    assert found.source == "unknown"


def test_a_row_s_own_country_counts_and_two_equal_amounts_are_in_order():
    found = observation(country="Chile", currency="CLP", salary_min="10", salary_max="10")
    assert (found.country, found.base_salary_min, found.base_salary_max) == ("Chile", 10, 10)


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"role": " "}, "role is empty"),
        ({"role": "!!"}, "role is empty"),
        ({"total_compensation": ""}, "total_compensation is empty"),
        ({"country": "Chile"}, "currency '' is not a code of three letters"),
        ({"currency": "reais"}, "currency 'reais' is not a code"),
        ({"salary_min": "20", "salary_max": "10"}, "lowest base salary 20.00 is above the highest 10.00"),
        ({"remote_ratio": "half"}, "remote_ratio 'half' is not a number"),
        ({"remote_ratio": "101"}, "remote_ratio '101' is not a number"),
        ({"remote_ratio": "nan"}, "remote_ratio 'nan' is not a number"),
        ({"observed_at": "31/12/2025"}, "is not a date"),
        ({"city": "a\x00b"}, "control character"),
        ({"city": "x" * 151}, "location is longer than 150"),
    ],
)
def test_a_bad_row_says_why(cells, reason):
    with pytest.raises(BadRow, match=reason):
        observation(**cells)


@given(st.lists(st.text(max_size=20), min_size=5, max_size=5))
def test_any_text_is_an_observation_or_a_bad_row(cells):
    reader = Reader(["role", "salary", "uf", "remote_ratio", "date"], country="Brazil")
    try:
        reader.observation(cells)
    except BadRow:
        pass


def test_a_file_without_a_needed_column_is_refused_with_the_names_it_may_have():
    with pytest.raises(BadFile, match=r"no column for role \(role, job_title, cargo\)"):
        Reader(["salary"], country="Brazil")


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_what_a_spreadsheet_would_calculate_is_quoted_and_read_back_as_it_was(start):
    given = observation(location=f"{start}1+1")
    assert given.location == f"{start}1+1"
    assert f"'{start}1+1" in given.cells()
    assert Reader(COLUMNS, country="Brazil").observation(given.cells()) == given


def test_amounts_are_written_as_plain_digits():
    assert "150000.00" in observation(salary_min="150.000").cells()


@pytest.mark.parametrize(("header", "expected"), [("a,b", ","), ("a;b;c", ";"), ("a\tb", "\t"), ("a", ",")])
def test_the_delimiter_is_seen_in_the_header(header, expected):
    assert delimiter(header) == expected
