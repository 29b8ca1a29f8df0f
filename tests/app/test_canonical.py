"""Every value has one spelling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from salaries import canonical

FUNCTIONS = [
    canonical.slug,
    canonical.title,
    canonical.level,
    canonical.work_model,
    canonical.state,
    canonical.country,
    canonical.currency,
]


@pytest.mark.parametrize("function", FUNCTIONS)
@given(value=st.text(max_size=40))
def test_the_canonical_spelling_of_a_canonical_spelling_is_itself(function, value):
    once = function(value)
    assert function(once) == once


LATIN = st.text(st.characters(max_codepoint=0x17F, categories=["L", "N", "Zs", "P"], exclude_characters="ßŉſıİµ"))


@pytest.mark.parametrize("function", FUNCTIONS)
@given(value=LATIN)
def test_case_and_space_make_no_difference(function, value):
    assert function(value.upper()) == function(value.lower()) == function(f"  {value} ") == function(value)


@pytest.mark.parametrize(
    ("function", "value", "expected"),
    [
        (canonical.slug, "Engenheiro de Dados", "engenheiro_de_dados"),
        (canonical.slug, "C++ Developer", "c++_developer"),
        (canonical.level, "Jr", "junior"),
        (canonical.level, "MID", "pleno"),
        (canonical.level, "sr", "senior"),
        (canonical.work_model, "Híbrido", "hibrido"),
        (canonical.work_model, "Remote", "remoto"),
        (canonical.title, "são josé DOS campos", "São José dos Campos"),
        (canonical.state, "sp", "SP"),
        (canonical.state, "REMOTE", "Remote"),
        (canonical.country, "BR", "Brazil"),
        (canonical.country, "bra", "Brazil"),
        (canonical.country, "Brasil", "Brazil"),
        (canonical.country, "UNITED states", "United States"),
        (canonical.currency, "r$", "BRL"),
        (canonical.currency, "usd", "USD"),
    ],
)
def test_known_spellings(function, value, expected):
    assert function(value) == expected
