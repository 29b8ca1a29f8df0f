"""What is cut to a line shows no half of a credential."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cli.text import age, one_line
from tests.credentials import Sample, each_form


@each_form
def test_a_credential_at_the_end_of_a_line_is_hidden_before_it_is_cut(kind: str, sample: Sample) -> None:
    for length in range(20, 120, 10):
        line = one_line(f"{'a ' * 10}{sample.value}", length)
        assert len(line) <= length
        assert sample.secret[: max(8, len(sample.secret) // 2)] not in line


def test_a_line_is_cut_where_it_is_too_long() -> None:
    assert one_line("a\tb  c" * 100, 10) == "a b ca ..."
    assert len(one_line("word " * 500, None)) == 5 * 500 - 1


def test_a_secret_of_the_process_is_hidden_before_a_line_is_cut_too(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "correct horse battery staple"
    monkeypatch.setenv("CLOUDFLARE_API_TOKEN", secret)
    for length in range(20, 80):
        line = one_line(f"{'a ' * 10}{secret} was refused, as often before and ever since then, by everybody", length)
        assert len(line) <= length
        assert secret[:8] not in line


@pytest.mark.parametrize(
    ("since", "said"),
    [
        (timedelta(seconds=50), "0 min"),
        (timedelta(minutes=59), "59 min"),
        (timedelta(minutes=60), "1 h"),
        (timedelta(hours=30), "30 h"),
        (timedelta(hours=48), "2 d"),
        (timedelta(days=9, hours=23), "9 d"),
    ],
)
def test_an_age_is_told_in_hours_and_days(since: timedelta, said: str) -> None:
    assert age(since) == said
