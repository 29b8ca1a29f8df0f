"""What exists already is named in one place, and becomes import blocks of the units."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cdktf import App

from stacks.config.loader import WrongEnvironment
from stacks.config.schema import Environment
from stacks.imports import Entries, Imports
from stacks.synthesis import command
from stacks.synthesis.synthesize import synthesize
from stacks.unit import Unit
from stacks.units.network import NetworkUnit
from tests.environments import DIRECTORY
from tests.support import Json, environment

VPC, SUBNET = "aws_vpc.network", "aws_subnet.network_public_a"


def network_alone(app: App, environment: Environment) -> list[Unit[Any]]:
    return [NetworkUnit(app, environment)]


def written(output: Path, imports: Imports) -> Json:
    """The network of prod."""
    names = ("dev", "prod")
    synthesize({"prod.py": environment(name="prod")}, output, print, network_alone, imports=imports, names=names)
    document: Json = json.loads((output / "stacks/prod-network/cdk.tf.json").read_text())
    return document


def test_entries_become_import_blocks_of_their_unit_and_change_nothing_else(tmp_path: Path) -> None:
    imports: Imports = {"prod": {"network": {VPC: "vpc-1", SUBNET: "subnet-1"}}, "dev": {"network": {VPC: "vpc-2"}}}
    document = written(tmp_path / "with", imports)
    assert document.pop("import") == [{"to": VPC, "id": "vpc-1"}, {"to": SUBNET, "id": "subnet-1"}]
    assert document == written(tmp_path / "without", {})


@pytest.mark.parametrize(
    ("entries", "wrong"),
    [
        ({"netwrk": {VPC: "vpc-1"}}, '["netwrk"]: there is no such unit: name one of alerts, network, '),
        ({"redis": {"aws_elasticache_replication_group.redis": "r"}}, '["redis"]: prod has no redis: remove it, or '),
        ({"network": {"aws_vpc.vpc": "vpc-1"}}, f'["aws_vpc.vpc"]: is not an address of the unit: use {VPC}, or '),
        ({"network": {"vpc": "vpc-1"}}, "'vpc' is not the address of one resource: write it as aws_vpc.network"),
        ({"network": {f'{VPC}["a"]': "vpc-1"}}, f"has no key: write it as {VPC}"),
        ({"network": {f"{VPC}[0]": "vpc-1"}}, "[0]' is not the address of one resource: write it as "),
        ({"network": {VPC: ""}}, "the id is empty: give the one that the registry names for aws_vpc"),
        ({"network": {VPC: " \n"}}, "the id is empty: give the one that the registry names for aws_vpc"),
        ({"network": {VPC: "${aws_vpc.b.id}"}}, "'${aws_vpc.b.id}' is not an id: give the one that "),
        (
            {"network": {SUBNET: "subnet-1", "aws_subnet.network_public_b": "subnet-1"}},
            f'\'subnet-1\' is that of ["network"]["{SUBNET}"] too: keep one of them',
        ),
    ],
)
def test_an_entry_that_terraform_would_refuse_is_refused_in_one_line(
    entries: Entries, wrong: str, tmp_path: Path
) -> None:
    with pytest.raises(WrongEnvironment) as caught:
        written(tmp_path / "out", {"prod": entries})
    (line,) = str(caught.value).splitlines()
    assert line.startswith('stacks/imports.py: IMPORTS["prod"]')
    assert wrong in line
    assert not (tmp_path / "out").exists(), "nothing is written"


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(WrongEnvironment) as caught:
        written(tmp_path / "out", {"qa": {}, "prod": {"network": {VPC: "", "aws_vpc.other": "vpc-1"}, "a": {}}})
    first, *others = str(caught.value).splitlines()
    assert first == (
        'stacks/imports.py: IMPORTS["qa"]: there is no environment of this name: use one of dev, prod, or remove it'
    )
    assert len(others) == 3


def test_types_of_their_own_may_have_the_same_id(tmp_path: Path) -> None:
    """As a bucket and its versioning."""
    entries = {VPC: "vpc-1", "aws_default_security_group.network_default": "vpc-1"}
    assert len(written(tmp_path / "out", {"prod": {"network": entries}})["import"]) == 2


def test_entries_of_another_tree_wait_for_it(tmp_path: Path) -> None:
    """`make bootstrap` has a tree of its own, as all other units have theirs."""
    assert "import" not in written(tmp_path / "out", {"prod": {"bootstrap": {"aws_s3_bucket.state_bucket": "b"}}})


def test_entries_are_of_the_environments_of_the_user_and_of_no_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Those of another directory may have the same names."""
    monkeypatch.setattr(command, "IMPORTS", {"prod": {"network": {"aws_vpc.nowhere": "vpc-1"}}})
    arguments = ["prod", "--output", str(tmp_path / "out")]
    assert command.main(arguments, DIRECTORY) == 0
    monkeypatch.setattr(command, "_OF_IMPORTS", DIRECTORY)
    assert command.main([*arguments, "--without-imports"], DIRECTORY) == 0
    assert command.main(arguments, DIRECTORY) == 1
    assert 'IMPORTS["prod"]["network"]["aws_vpc.nowhere"]: is not an address' in capsys.readouterr().err
