"""The same page on a terminal and for machines."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cli.review.cost import UnitCost
from cli.review.gate import Refusal
from cli.review.page import machine, markdown, terminal, words
from cli.review.page.page import Page
from cli.review.planning.planned_unit import PlannedUnit
from stacks.console import Console
from tests.cli.review.page.pages import change, page, planned

SUBNET = change("aws_subnet.a", "delete", "create", before={"cidr": "a"}, after={"cidr": "b"}, replace_paths=[["cidr"]])
REFUSAL = Refusal(unit="prod-network", address="aws_subnet.a", rule="data/replaced", message="Keep it.")


def printed(made: Page, *, colour: bool = False) -> str:
    console = Console(
        soft_wrap=False,
        file=io.StringIO(),
        force_terminal=colour,
        width=200,
        color_system="standard" if colour else None,
    )
    terminal.render(made, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_terminal_gets_the_change_and_what_forces_it() -> None:
    text = printed(page(planned(SUBNET), refusals=[REFUSAL]))
    assert "replace aws_subnet.a, forced by cidr" in text
    assert 'cidr: "a" → "b" forces replacement' in text
    assert "prod-network: aws_subnet.a: [data/replaced] Keep it." in text


def test_every_form_shows_all_of_a_refusal_with_what_to_write() -> None:
    remedy = "write it as said here, " * 50 + "and no shorter"
    made = page(planned(SUBNET), refusals=[replace(REFUSAL, message=remedy)])
    assert remedy in " ".join(printed(made).split())
    assert remedy in markdown.render(made)
    assert json.loads(machine.render(made))["refusals"][0]["message"] == remedy


def test_every_form_shows_what_the_environment_accepts_and_why() -> None:
    accepted = Refusal(unit="prod-network", address="aws_subnet.a", rule="network/open", message="Guests need it")
    made = page(planned(SUBNET), accepted=[accepted])
    assert "prod-network: aws_subnet.a: [network/open] Guests need it" in printed(made)
    line = "- `prod-network` `aws_subnet.a` `network/open`: `Guests need it`"
    assert line in markdown.render(made)
    assert json.loads(machine.render(made))["accepted"] == [
        {"unit": "prod-network", "address": "aws_subnet.a", "rule": "network/open", "message": "Guests need it"}
    ]
    assert "ccepted" not in printed(page(planned(SUBNET))) + markdown.render(page(planned(SUBNET)))


def test_every_form_shows_what_the_environment_overrides_and_why_without_secrets() -> None:
    unit = planned(SUBNET)
    assert unit.plan
    found = {"address": "aws_subnet.a", "argument": "tags.of", "value": ["guests", "s3cret"], "reason": "They asked"}
    unit = replace(unit, plan=replace(unit.plan, configuration={"//": {"overrides": [found]}}))
    made = page(unit, secrets=["s3cret"])
    assert 'prod-network: aws_subnet.a: tags.of = ["guests", "(sensitive)"]: They asked' in printed(made)
    line = '- `prod-network` `aws_subnet.a` `tags.of` = `["guests", "(sensitive)"]`: `They asked`'
    assert line in markdown.render(made)
    assert json.loads(machine.render(made))["overridden"] == [
        {
            "unit": "prod-network",
            "address": "aws_subnet.a",
            "argument": "tags.of",
            "value": '["guests", "(sensitive)"]',
            "reason": "They asked",
        }
    ]
    assert "verridden" not in printed(page(planned(SUBNET))) + markdown.render(page(planned(SUBNET)))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (
            '[{"name":"web","environment":[{"name":"DB_PASSWORD","value":"hunter2"}]}]',
            '"(a document of 73 characters)"',
        ),
        ({"a": '{"name":"DB_PASSWORD","value":"hunter2"}'}, '{"a": "(a document of 40 characters)"}'),
        ("#!/bin/sh; export DB_PASSWORD=hunter2", '"#!/bin/sh; export DB_PASSWORD=(sensitive)"'),
        ({"DB_PASSWORD": "hunter2"}, '{"DB_PASSWORD": "(sensitive)"}'),
        ("a " * 100, '"' + "a " * 58 + "..."),
    ],
)
def test_what_is_overridden_has_a_short_line_without_secrets(value: Any, shown: str) -> None:
    unit = planned(SUBNET)
    assert unit.plan
    found = {"address": "aws_subnet.a", "argument": "b", "value": value, "reason": "They asked"}
    made = page(replace(unit, plan=replace(unit.plan, configuration={"//": {"overrides": [found]}})))
    (overridden,) = made.overridden
    assert overridden.value == shown
    assert "hunter2" not in printed(made) + markdown.render(made) + machine.render(made)


PLACE = "s3://states/django/prod/alerts/terraform.tfstate"


def test_every_form_says_of_a_unit_without_a_state_that_it_is_new_and_where_its_state_will_be() -> None:
    made = page(replace(planned(SUBNET, name="prod-alerts"), new_state=PLACE), planned(SUBNET))
    assert [unit.name for unit in made.new] == ["prod-alerts"]
    text = " ".join(printed(made).split())
    assert "New, without a state yet: prod-alerts. Whatever of that is deployed has its state elsewhere" in text
    assert f"new: its state will be at: {PLACE}" in text
    assert "New, without a state yet: `prod-alerts`." in markdown.render(made)
    assert f"_New: its state will be at:_ `{PLACE}`" in markdown.render(made)
    assert [unit["new_state"] for unit in json.loads(machine.render(made))["units"]] == [PLACE, None]


def test_colour_is_for_terminals_alone() -> None:
    assert "\x1b[" in printed(page(planned(SUBNET)), colour=True)
    assert "\x1b[" not in printed(page(planned(SUBNET)))


def test_a_value_is_no_markup() -> None:
    resource = change("a.x", "update", before={"b": "[red]x[/red]"}, after={"b": "[/]"})
    assert '"[red]x[/red]" → "[/]"' in printed(page(planned(resource)))


def test_nothing_is_left_out_on_a_terminal() -> None:
    changes = [change(f"aws_subnet.added_{index}", "create", after={"a": "b" * 90}) for index in range(2000)]
    text = printed(page(planned(*changes)))
    assert text.count("add aws_subnet.added_") == 2000
    assert text.count("b" * 90) == 2000


def test_machines_get_counts_changes_and_refusals() -> None:
    document = json.loads(machine.render(page(planned(SUBNET), refusals=[REFUSAL])))
    assert document["version"] == machine.VERSION
    assert document["counts"]["replace"] == 1
    (found,) = document["units"][0]["changes"]
    assert (found["address"], found["action"], found["forced_by"]) == ("aws_subnet.a", "replace", ["cidr"])
    assert document["refusals"][0]["rule"] == "data/replaced"


def cost(
    before: str, after: str, missing: tuple[str, ...] = (), assumptions: tuple[str, ...] = (), prices: str = ""
) -> UnitCost:
    return UnitCost(
        unit="prod-network",
        before=Decimal(before),
        after=Decimal(after),
        lines=(),
        missing=missing,
        assumptions=assumptions,
        prices=prices,
    )


def test_costs_are_told_before_and_after_and_in_total() -> None:
    units = planned(SUBNET, name="prod-a"), planned(name="prod-b")
    text = markdown.render(page(*units, costs={"prod-a": cost("10", "1234.5"), "prod-b": cost("5", "5")}))
    assert "| `prod-a` | - | - | 1 | - | - | 10.00 → 1,234.50 |" in text
    assert "| `prod-b` | - | - | - | - | - | 5.00 |" in text
    assert "| total | - | - | 1 | - | - | 15.00 → 1,239.50 |" in text


def test_a_unit_without_any_price_costs_what_is_not_known_and_not_nothing() -> None:
    units, of_region = (planned(SUBNET, name="prod-a"), planned(name="prod-b")), ("a.x: no prices of here",)
    unpriced, free = cost("0", "0", missing=of_region), cost("0", "0")
    text = markdown.render(page(*units, costs={"prod-a": unpriced, "prod-b": free}))
    assert [f"| {said} |\n" in text for said in ("- | not known", "- | 0.00")] == [True, True]
    assert text.count("| not known |\n") == 2  # with the total
    assert words.cost_of(page(units[0], costs={"prod-a": unpriced})) == "a cost that is not known"


def test_a_price_that_is_missing_is_named_in_all_forms() -> None:
    made = page(
        planned(SUBNET), costs={"prod-network": cost("0", "0", missing=("aws_x.y: no price",), assumptions=("5 GB",))}
    )
    for text in (markdown.render(made), printed(made), machine.render(made)):
        assert "aws_x.y: no price" in text
    assert "5 GB" in markdown.render(made)


def test_prices_that_nobody_verified_are_called_so_in_all_forms() -> None:
    said = "us-east-1, list prices of 2025, unverified"
    made = page(planned(SUBNET), costs={"prod-network": cost("0", "1", prices=said)})
    assert f"Prices: `{said}`" in markdown.render(made)
    assert f"Prices: {said}" in printed(made)
    assert json.loads(machine.render(made))["units"][0]["prices"] == said


def test_sums_that_lack_something_say_so_in_the_head() -> None:
    of_region = "no prices of eu-central-1: make prices REGION=eu-central-1"
    made = page(
        planned(SUBNET), costs={"prod-network": cost("0", "0", missing=(f"a.x: {of_region}", f"a.y: {of_region}"))}
    )
    assert f"The sums lack 2 resources whose price is not known: {of_region}." in words.warnings(made)
    made = page(planned(SUBNET), costs={"prod-network": cost("0", "0", missing=("a.x: no price", f"a.y: {of_region}"))})
    assert "The sums lack 2 resources whose price is not known." in words.warnings(made)
    assert not [each for each in words.warnings(page(planned(SUBNET))) if "sums" in each]


def test_inherited_tags_are_told_once() -> None:
    before = {"tags": {"A": "1"}, "tags_all": {"A": "1", "B": "1"}}
    after = {"tags": {"A": "2"}, "tags_all": {"A": "2", "B": "2"}}
    (found,) = page(planned(change("a.x", "update", before=before, after=after))).units[0].changes
    assert [each.path for each in found.attributes] == ["tags.A", "tags_all.B"]


def test_what_aws_gives_a_new_resource_is_not_told() -> None:
    configuration = {"root_module": {"resources": [{"address": "a.x", "expressions": {"policy": {}}}]}}
    new = change("a.x", "create", after={"name": "n"}, after_unknown={"id": True, "policy": True})
    (found,) = page(planned(new, configuration=configuration)).units[0].changes
    assert [each.path for each in found.attributes] == ["name"]
    assert found.known_after_apply == ("policy",)


def test_a_data_source_is_no_change() -> None:
    read = {**change("data.aws_x.y", "read", after={}), "mode": "data"}
    assert page(planned(read)).units[0].changes == ()


def test_what_was_not_compared_with_what_there_is_says_so_in_every_form() -> None:
    made = page(planned(SUBNET), replace(planned(name="prod-redis"), is_refreshed=False))
    for text in (printed(made), markdown.render(made)):
        (line,) = [line for line in text.splitlines() if "Planned from the state alone" in line]
        assert "prod-redis" in line
        assert "prod-network" not in line
    assert [unit["refreshed"] for unit in json.loads(machine.render(made))["units"]] == [True, False]
    assert "state alone" not in printed(page(planned(SUBNET)))


def test_the_image_that_a_plan_was_made_with_is_told() -> None:
    made = page(replace(planned(SUBNET), running={"image_tag": "1.4.2"}))
    assert "as it runs, because no value is given: image_tag 1.4.2" in printed(made)
    assert "image_tag 1.4.2" in markdown.render(made)
    assert json.loads(machine.render(made))["units"][0]["inputs"]["running"] == ["image_tag 1.4.2"]


def failed(name: str) -> PlannedUnit:
    return PlannedUnit(name=name, directory=Path(), error="wrong")


def test_a_plan_that_failed_everywhere_has_no_counts() -> None:
    made = page(failed("prod-a"), failed("prod-b"))
    for text in (printed(made), markdown.render(made)):
        assert "Nothing was planned: 2 units failed" in text
        assert "to add" not in text


def test_of_a_plan_that_failed_in_part_the_headline_says_of_how_much_it_speaks() -> None:
    made = page(planned(SUBNET), failed("prod-b"))
    for text in (printed(made), markdown.render(made)):
        assert "0 to add, 0 to change, 1 to replace, 0 to destroy, in 1 of 2 units: 1 failed" in text


def test_what_could_not_be_planned_was_not_judged_in_every_form() -> None:
    made = page(planned(SUBNET), failed("prod-b"))
    for text in (printed(made), markdown.render(made)):
        (line,) = [line for line in text.splitlines() if "not judged by the gate" in line]
        assert "prod-b" in line
    assert json.loads(machine.render(made))["gate"] == {"verdict": "not judged", "not_judged": ["prod-b"]}
    refused = page(planned(SUBNET), failed("prod-b"), refusals=[REFUSAL])
    assert json.loads(machine.render(refused))["gate"]["verdict"] == "refused"
    assert json.loads(machine.render(page(planned(SUBNET))))["gate"] == {"verdict": "passed", "not_judged": []}
