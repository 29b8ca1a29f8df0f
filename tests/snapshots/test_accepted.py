"""`make snapshots` says what it changes."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from stacks.config import loader
from tests.snapshots import accepted

OLD = {
    "resource": {"aws_vpc": {"network": {"cidr_block": "10.0.0.0/16"}}, "aws_eip": {"nat": {}}},
    "output": {"vpc_id": {"value": "1"}},
}
NEW = {
    "resource": {"aws_vpc": {"network": {"cidr_block": "10.1.0.0/16"}}},
    "data": {"aws_ami": {"nat": {}}},
    "output": {"vpc_id": {"value": "1"}},
}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (OLD, NEW, "- aws_eip.nat, ~ aws_vpc.network, + data.aws_ami.nat"),
        (None, NEW, "is new"),
        (OLD, None, "is removed, with its unit"),
        ({}, {"locals": {str(n): n for n in range(8)}}, ", ".join(f"+ locals.{n}" for n in range(6)) + " and 2 more"),
    ],
)
def test_it_names_what_is_added_changed_and_removed(old: object, new: object, said: str) -> None:
    assert accepted.difference(*(None if each is None else json.dumps(each) for each in (old, new))) == said


@pytest.mark.own
def test_the_run_ends_with_what_changed_and_the_next_command(tmp_path: Path) -> None:
    config = cast(pytest.Config, SimpleNamespace(stash=pytest.Stash(), getoption=lambda _: True))
    assert [*accepted.report(config)] == ["No snapshot has changed."]
    name = loader.names()[-1]
    file = tmp_path / name / "network.json"
    file.parent.mkdir()
    accepted.accept(config, file, json.dumps(OLD))
    accepted.accept(config, file, json.dumps(OLD))
    accepted.accept(config, file, json.dumps(NEW))
    new, changed, following = accepted.report(config)
    assert new == f"{file}: is new"
    assert changed == f"{file}: {accepted.difference(json.dumps(OLD), json.dumps(NEW))}"
    assert following == f"Next: review it by git diff; make plan ENV={name} ARGS=--offline"
