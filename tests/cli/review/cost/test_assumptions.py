"""Assumptions: they can be changed by a file and by options, and what is none is told in one line."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from cli.review.cost import monthly
from cli.review.cost.assumptions import ASSUMPTIONS, WrongAssumption, assumptions
from tests.cli.review.cost.unit_plans import price, resource, unit_plan


def test_a_file_changes_assumptions_and_an_option_changes_the_file(tmp_path: Path) -> None:
    file = tmp_path / "assumptions.json"
    file.write_text('{"nat_gb": 100, "lcu": 0.1}')
    assumed = assumptions(file, ["nat_gb=300"])
    assert (assumed["nat_gb"], assumed["lcu"]) == (Decimal(300), Decimal("0.1"))
    assert assumed["log_gb"] == ASSUMPTIONS["log_gb"].value


def test_the_cost_follows_the_assumption_and_shows_it() -> None:
    plan = unit_plan(resource("aws_nat_gateway.a"))
    more = monthly(plan, assumed=assumptions(changes=["nat_gb=120"]))
    assert more.after - monthly(plan).after == 100 * price("vpc", "nat_gateway_gb")
    assert more.assumptions == ("nat_gb=120: GB a month through each NAT gateway",)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("nat_gbs=1", "--assume nat_gbs=1: nothing is assumed by this name: use nat_gb"),
        ("nat_gb=lots", "--assume nat_gb=lots: is no number of 0 or more: write nat_gb=20"),
        ("nat_gb", "--assume nat_gb: is no number of 0 or more: write nat_gb=20"),
        ("nat_gb=-1", "--assume nat_gb=-1: is no number of 0 or more: write nat_gb=20"),
        ("nat_gb=NaN", "--assume nat_gb=NaN: is no number of 0 or more: write nat_gb=20"),
    ],
)
def test_an_option_that_means_nothing_is_told_in_one_line(change: str, message: str) -> None:
    with pytest.raises(WrongAssumption) as error:
        assumptions(changes=[change])
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", 'is no JSON: write {"log_gb": 5}'),
        ("[]", 'is no JSON object: write {"log_gb": 5}'),
        (json.dumps({"log_gb": [5]}), "log_gb: is no number of 0 or more: write log_gb=1"),
        (json.dumps({"log": 5}), "log: nothing is assumed by this name: use log_gb"),
    ],
)
def test_a_file_that_is_none_is_told_in_one_line(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "assumptions.json"
    file.write_text(text)
    with pytest.raises(WrongAssumption) as error:
        assumptions(file)
    assert str(error.value) == f"{file}: {message}"


def test_a_file_that_is_not_there_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(WrongAssumption, match=r"cannot be read \(No such file or directory\): give another file"):
        assumptions(tmp_path / "missing.json")
