"""What a plan changes is in the list with a reason, and nothing else is there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.review.page.pages import change, planned
from tests.support import Json
from tests.upgrade.changes import Changes, accept, changes_of, problems, read

UNIT = "prod-network"
NAT = "aws_instance.nat"
REPLACED = change(
    NAT,
    "delete",
    "create",
    before={"instance_type": "t4g.nano", "user_data": "a", "id": "i-1"},
    after={"instance_type": "t4g.micro", "user_data": "b"},
    after_unknown={"id": True},
    replace_paths=[["user_data"]],
)
ENTRY = {"action": "replace", "attributes": ["instance_type", "user_data"]}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A list in which nothing is."""
    file = tmp_path / "1234567" / "changes" / "prod.json"
    file.parent.mkdir(parents=True)
    file.write_text("{}")
    return file


def changes(*resources: Json, **outputs: Json) -> Changes:
    plan = planned(*resources, name=UNIT, outputs=outputs).plan
    assert plan
    return {UNIT: changes_of(plan)}


def entries(*resources: Json, **outputs: Json) -> dict[str, Json]:
    return {address: each.entry for address, each in changes(*resources, **outputs)[UNIT].items()}


def test_an_entry_has_the_action_and_the_attributes_that_change() -> None:
    assert entries(REPLACED) == {NAT: ENTRY}
    assert entries(change(NAT, "update", before={"tags": {"a": "1"}}, after={"tags": {"a": "2"}})) == {
        NAT: {"action": "change", "attributes": ["tags.a"]}
    }
    assert entries(change(NAT, "create", after={"ami": "ami-1"}), change("aws_eip.nat", "delete")) == {
        NAT: {"action": "add"},
        "aws_eip.nat": {"action": "destroy"},
    }


def test_a_moved_address_and_an_output_are_changes_too_and_what_stays_is_none() -> None:
    moved = change(NAT, "no-op", before={}, after={}, previous_address="aws_instance.old")
    stays = {"actions": ["no-op"], "before": 1, "after": 1}
    gone = {"actions": ["delete"], "before": 1, "after": None}
    assert entries(moved, change("aws_vpc.network", "no-op"), vpc_id=stays, port=gone) == {
        NAT: {"action": "move", "moved_from": "aws_instance.old"},
        "output.port": {"action": "destroy"},
    }


def test_what_nobody_has_reviewed_is_refused_with_its_values_and_the_entry(file: Path) -> None:
    (line,) = problems(changes(REPLACED), file)
    before, _, entry = line.partition(": add ")
    values = 'instance_type "t4g.nano" → "t4g.micro"; user_data "a" → "b" (forces a replacement)'
    assert before == f"1234567/changes/prod.json: {UNIT}: {NAT}: not reviewed: {values}"
    assert json.loads(f"{{{entry.removesuffix(' with a reason')}}}") == {NAT: {**ENTRY, "reason": ""}}


def test_what_was_accepted_needs_a_reason(file: Path) -> None:
    accept(changes(REPLACED), file)
    assert read(file) == {UNIT: {NAT: {**ENTRY, "reason": ""}}}
    (line,) = problems(changes(REPLACED), file)
    assert line.endswith(f"{NAT}: no reason: write why this must happen to what is deployed")
    file.write_text(json.dumps({UNIT: {NAT: {**ENTRY, "reason": "It configures itself at every boot."}}}))
    assert not [*problems(changes(REPLACED), file)]


def test_a_reason_is_for_what_was_reviewed_and_no_more(file: Path) -> None:
    file.write_text(json.dumps({UNIT: {NAT: {**ENTRY, "reason": "It configures itself at every boot."}}}))
    reviewed = read(file)
    accept(changes(REPLACED), file)
    assert read(file) == reviewed
    more = {**REPLACED, "change": {**REPLACED["change"], "after": {"user_data": "b", "instance_type": "x", "ami": "y"}}}
    (line,) = problems(changes(more), file)
    assert "not reviewed" in line
    accept(changes(more), file)
    assert read(file)[UNIT][NAT] == {"action": "replace", "attributes": ["ami", *ENTRY["attributes"]], "reason": ""}


def test_an_entry_for_what_no_longer_happens_is_refused(file: Path) -> None:
    file.write_text(json.dumps({UNIT: {NAT: {**ENTRY, "reason": "It configures itself at every boot."}}}))
    (line,) = problems({UNIT: {}}, file)
    assert line.endswith(f"{UNIT}: {NAT}: the list has it, but nothing happens to it: remove it")
    assert [*problems({}, file)] == [line]
    accept({UNIT: {}}, file)
    assert read(file) == {}
