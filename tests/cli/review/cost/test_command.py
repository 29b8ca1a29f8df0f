"""`make cost`: what it prints, for a person and for a machine, and how it fails."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cli.review.cost import UnitCost, monthly
from cli.review.cost.command import main
from cli.review.cost.price_list import PriceList
from cli.review.cost.table import report
from cli.terraform.plan import UnitPlan
from stacks.console import Console
from tests.cli.review.cost.unit_plans import HOURS, price, resource, unit_plan
from tests.environments import DIRECTORY

Run = Callable[..., tuple[int, str, list[str]]]


def _plans(names: Sequence[str], _: Path | None) -> list[UnitPlan]:
    small = unit_plan(resource("aws_kms_key.key"), resource("aws_nat_gateway.a"), resource("aws_msk_cluster.x"))
    return [
        UnitPlan(name=f"{name}-unit", configuration={"//": {"environment": name, "unit": "unit"}}, plan=small.plan)
        for name in names
    ]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """The exit code, what it prints, and the lines of its errors."""

    def run(*argv: str) -> tuple[int, str, list[str]]:
        code = main(argv, _plans, directory=DIRECTORY)
        printed = capsys.readouterr()
        return code, printed.out, printed.err.splitlines()

    return run


def test_it_prints_the_units_what_it_assumes_and_what_is_missing(run: Run) -> None:
    code, out, _ = run("prod")
    cost = monthly(_plans(["prod"], None)[0])
    cells = [[cell.strip() for cell in line.split("│")] for line in out.splitlines() if "│" in line]
    assumed = 20 * price("vpc", "nat_gateway_gb")
    amounts = [f"{cost.after:.2f}", f"{assumed:.2f}"]
    assert code == 0
    assert [row[1:4] for row in cells] == [["prod-unit", *amounts], ["all of prod", *amounts]]
    assert "  nat_gb=20: GB a month through each NAT gateway\n" in out
    assert "Not in these sums, because the price is not known:\n" in out
    assert "  prod-unit: aws_msk_cluster.x: the price of this type is not known here\n" in out
    assert "Prices: us-east-1, list prices of 2" in out


def _redis(names: Sequence[str], _: Path | None) -> list[UnitPlan]:
    group = resource("aws_elasticache_replication_group.redis", node_type="cache.t4g.small", num_cache_clusters=2)
    (name,) = names
    return [UnitPlan(name=name, configuration={"//": {"environment": name}}, plan=unit_plan(group).plan)]


def test_it_ends_with_what_would_save(capsys: pytest.CaptureFixture[str]) -> None:
    saved = 2 * HOURS * price("elasticache_redis_hour", "cache.t4g.small") * Decimal("0.25")
    by = "reserved nodes of ElastiCache, one year, no upfront (reserved_redis_price=0.75)"
    assume = ["--assume", "reserved_redis_price=0.75"]
    assert main(["prod", *assume], _redis, directory=DIRECTORY) == 0
    out = capsys.readouterr().out
    assert "What would save, in USD a month: each by itself, at discounts that are unverified" in out
    assert f"\n  prod: {saved:.2f} by {by}\n" in out
    assert main(["prod", "--json", *assume], _redis, directory=DIRECTORY) == 0
    (found,) = json.loads(capsys.readouterr().out)["environments"]["prod"]["savings"]
    assert (found["by"], Decimal(found["usd"]), found["text"]) == ("reserved_redis", saved, by)


def test_an_environment_that_is_not_protected_may_be_paused() -> None:
    plan = _plans(["dev"], None)[0]
    for protected in (True, False):
        configuration = {"//": {"environment": "dev", "protected": protected}}
        assert monthly(replace(plan, configuration=configuration)).is_protected is protected


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("https://pricing/index.csv", "us-east-1, list prices of 2026-01-02"),
        ("memory", "us-east-1, list prices of 2026-01-02, unverified"),
    ],
)
def test_prices_that_nobody_has_fetched_are_called_unverified(tmp_path: Path, source: str, said: str) -> None:
    prices = PriceList(region="us-east-1", date="2026-01-02", source=source, prices={("kms", "key_month"): Decimal(1)})
    (tmp_path / "us-east-1.json").write_text(prices.text())
    assert monthly(unit_plan(resource("aws_kms_key.key")), directory=tmp_path).prices == said


def test_a_cause_that_many_resources_have_is_one_line_and_no_sum_is_zero_for_it() -> None:
    cause = "no prices of eu-central-1: make prices REGION=eu-central-1"
    none: dict[str, Any] = {"before": Decimal(0), "after": Decimal(0), "lines": (), "assumptions": ()}
    costs = [
        UnitCost(unit="prod-network", missing=(f"aws_eip.a: {cause}", f"aws_eip.b: {cause}"), **none),
        UnitCost(unit="prod-redis", missing=(f"aws_eip.a: {cause}", "aws_x.y: not priced"), **none),
    ]
    console = Console(file=io.StringIO(), width=200)
    console.print(report({"prod": costs}))
    assert isinstance(console.file, io.StringIO)
    out = console.file.getvalue()
    assert f"  3 resources: {cause}\n  prod-redis: aws_x.y: not priced\n" in out
    assert out.count("not known ") == 3
    assert "0.00" not in out
    with console.capture() as captured:
        console.print(report({"prod": costs}, lines=True))
    assert "not known" in captured.get()
    assert "quantity and price" not in captured.get()


def test_every_line_shows_its_arithmetic_on_demand(run: Run) -> None:
    line = f"20 GB x ${price('vpc', 'nat_gateway_gb')}"
    assert line not in run("prod")[1]
    assert line in run("prod", "--lines")[1]


def test_an_environment_whose_name_begins_with_another_is_not_added_to_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "__init__.py").write_text('ENVIRONMENTS = ("prod", "prod-eu")')
    main(["--json"], _plans, directory=tmp_path)
    document = json.loads(capsys.readouterr().out)
    units = {
        name: [unit["unit"] for unit in environment["units"]] for name, environment in document["environments"].items()
    }
    assert units == {"prod": ["prod-unit"], "prod-eu": ["prod-eu-unit"]}


def test_all_environments_are_there_where_none_is_named(run: Run) -> None:
    out = run()[1]
    assert out.index("all of dev") < out.index("all of staging") < out.index("all of prod")


def test_json_has_exact_amounts(run: Run) -> None:
    code, out, _ = run("prod", "--json", "--assume", "nat_gb=0")
    (unit,) = json.loads(out)["environments"]["prod"]["units"]
    assert code == 0
    assert unit["missing"] == ["aws_msk_cluster.x: the price of this type is not known here"]
    assert unit["assumptions"] == ["nat_gb=0: GB a month through each NAT gateway"]
    assert sum(Decimal(line["after"]) for line in unit["lines"]) == Decimal(unit["after"])
    assert [line["item"] for line in unit["lines"] if line["is_assumed"]] == ["data"]


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["prd"], "'prd': there is no environment of this name: use prod"),
        (["--assume", "x=1"], "--assume x=1: nothing is assumed by this name"),
        (["--assumptions", "/missing.json"], "/missing.json: cannot be read (No such file or directory)"),
    ],
)
def test_what_it_cannot_do_is_one_line(run: Run, argv: list[str], message: str) -> None:
    got, out, errors = run(*argv)
    assert (got, out, len(errors)) == (1, "", 1)
    assert message in errors[0]


def test_a_tree_without_the_environment_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "manifest.json").write_text('{"stacks": {}}')
    assert main(["prod", "--tree", str(tmp_path)], directory=DIRECTORY) == 1
    assert "there is no unit of prod: synthesize it by `make synth`" in capsys.readouterr().err
