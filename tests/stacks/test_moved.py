"""The registry of renamed addresses, and that Terraform moves what it names."""

from __future__ import annotations

from pathlib import Path

import pytest
from cdktf import App

from stacks import moved
from stacks.moved import MOVED, Moves, WrongMove, blocks, check
from stacks.units.network import NetworkUnit
from tests import terraform
from tests.support import Json, environment, unit_json

A, B, C = "aws_vpc.a", "aws_vpc.b", "aws_vpc.c"


@pytest.mark.parametrize(
    ("moves", "wrong"),
    [
        ({A: "aws_subnet.b"}, "aws_subnet.b is of another type, which Terraform cannot move: keep the type"),
        ({A: B, B: A}, "it becomes itself in the end: take an entry of the circle away"),
        ({A: A}, "it becomes itself in the end: take an entry of the circle away"),
        ({A: C, B: C}, f"{A} becomes {C} too: two cannot become one"),
        ({"vpc": B}, "vpc is no address of a resource: write it as aws_vpc.network"),
        ({A: "${aws_vpc.b}"}, "${aws_vpc.b} is no address of a resource: write it as aws_vpc.network"),
    ],
)
def test_an_entry_that_terraform_would_refuse_is_refused_in_one_line(
    moves: dict[str, str], wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moved, "MOVED", {"network": moves})
    with pytest.raises(WrongMove) as caught:
        blocks("network")
    text = str(caught.value)
    assert text.startswith('stacks/moved.py: MOVED["network"]["')
    assert text.endswith(wrong)
    assert "\n" not in text


@pytest.mark.parametrize(
    ("registry", "wrong"),
    [
        ({"network": {B: "aws_vpc.nowhere"}}, "aws_vpc.nowhere is no address of the unit"),
        ({"network": {A: C}}, "it is still there"),
        ({"netwrk": {B: C}}, "there is no such unit"),
        ({"network": {B: "aws_vpc.circle", "aws_vpc.circle": B}}, "it becomes itself in the end"),
    ],
)
def test_an_entry_that_moves_nothing_is_refused_in_one_line(registry: Moves, wrong: str) -> None:
    found = list(check(registry, {"network": {A, C}}))
    assert found
    assert all(line.startswith("stacks/moved.py: ") and wrong in line and "\n" not in line for line in found)


def test_a_chain_of_renames_is_right() -> None:
    assert list(check({"network": {A: B, B: C}}, {"network": {C}})) == []


def test_an_entry_of_a_misspelled_unit_is_refused_by_every_unit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moved, "MOVED", {"postgres": {"aws_db_instance.a": "aws_db_instance.b"}})
    with pytest.raises(
        WrongMove, match=r'MOVED\["postgres"\]: there is no such unit: name one of alerts, network, postgresql'
    ):
        blocks("network")


def test_only_a_unit_with_entries_has_moved_blocks(documents: dict[str, Json]) -> None:
    renamed = {unit for unit, moves in MOVED.items() if moves}
    assert {document["//"]["unit"] for document in documents.values() if "moved" in document} == renamed


def _network(app: App) -> NetworkUnit:
    return NetworkUnit(app, environment())


@pytest.mark.slow
def test_terraform_moves_what_the_registry_names(
    mirrors: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over two renames, as the state of an environment finds them that was not deployed in between."""
    moves = {"aws_vpc.oldest": "aws_vpc.old", "aws_vpc.old": "aws_vpc.network"}
    monkeypatch.setattr(moved, "MOVED", {"network": moves})
    document = unit_json(_network)
    assert document["moved"] == [{"from": old, "to": new} for old, new in moves.items()]
    runner = terraform.Terraform(tmp_path, mirrors)
    only_vpc = {key: value for key, value in document.items() if key not in ("output", "resource")}
    only_vpc["resource"] = {"aws_vpc": {"network": document["resource"]["aws_vpc"]["network"]}}
    runner.write("cdk.tf.json", terraform.offline(only_vpc, tmp_path))
    assert runner.validate() == []
    runner.write("terraform.tfstate", _state("oldest"))
    runner.run("plan", "-refresh=false", "-input=false", "-no-color", "-lock=false", "-out=tfplan")
    (change,) = runner.show()["resource_changes"]
    assert (change["address"], change["previous_address"]) == ("aws_vpc.network", "aws_vpc.oldest")
    assert "delete" not in change["change"]["actions"]


def _state(name: str) -> Json:
    attributes = {"id": "vpc-1", "cidr_block": "10.0.0.0/16", "enable_dns_support": True, "instance_tenancy": "default"}
    vpc = {
        "mode": "managed",
        "type": "aws_vpc",
        "name": name,
        "provider": f'provider["{terraform.AWS_PROVIDER}"]',
        "instances": [{"schema_version": 1, "attributes": attributes}],
    }
    return {"version": 4, "serial": 1, "lineage": "moved", "terraform_version": "1.11.4", "resources": [vpc]}
