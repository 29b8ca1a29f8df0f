"""The synthesized units, in the order of their dependencies."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.terraform import tree
from tests.cli.review.planning.trees import Tree, unit


def test_dependencies_come_first(tmp_path: Path) -> None:
    made = Tree(tmp_path, a=unit("a", reads={"z": {}}), m=unit("m"), z=unit("z"))
    assert [each.name for each in tree.read(made.path)] == ["test-m", "test-z", "test-a"]


def test_an_upstream_is_known_by_its_state(tmp_path: Path) -> None:
    made = Tree(tmp_path, a=unit("a", reads={"z": {}}), z=unit("z"))
    units = {each.name: each for each in tree.read(made.path)}
    assert units["test-a"].upstream("z", units.values()) == units["test-z"]
    assert units["test-a"].upstream("z", [units["test-a"]]) is None


def test_a_unit_says_whose_it_is_whatever_it_is_called(tmp_path: Path) -> None:
    document = {**unit("network"), "//": {"environment": "test-eu", "unit": "network"}}
    (found,) = tree.read(Tree(tmp_path, **{"eu-network": document}).path)
    assert (found.name, found.environment, found.role) == ("test-eu-network", "test-eu", "network")


@pytest.mark.parametrize("what", ["environment", "role"])
def test_a_unit_that_does_not_say_whose_it_is_is_synthesized_again(tmp_path: Path, what: str) -> None:
    (found,) = tree.read(Tree(tmp_path, a={**unit("a"), "//": {}}).path)
    with pytest.raises(tree.NotATree, match=r"test-a/cdk\.tf\.json: does not say which .* it is: synthesize it again"):
        getattr(found, what)


@pytest.mark.parametrize(
    ("expression", "used"),
    [
        ("${data.terraform_remote_state.z.outputs.x}", {"x"}),
        ('${data.terraform_remote_state.z.outputs["x"]}', {"x", "y"}),
        ("${data.terraform_remote_state.zz.outputs.x}", set()),
    ],
)
def test_only_the_outputs_that_are_used_count(tmp_path: Path, expression: str, used: set[str]) -> None:
    made = Tree(tmp_path, a=unit("a", value=expression, reads={"z": {"x": 1, "y": 2}, "zz": {}}))
    found = next(each for each in tree.read(made.path) if each.name == "test-a")
    assert found.reads("z") == used


@pytest.mark.parametrize("text", ["", "[]", '{"stacks": {"a": {}}}', "not JSON"])
def test_what_is_no_tree_is_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(tree.NotATree, match="make synth"):
        tree.read(tmp_path)


def test_a_cycle_is_one_line(tmp_path: Path) -> None:
    made = Tree(tmp_path, a=unit("a", reads={"b": {}}), b=unit("b", reads={"a": {}}))
    assert json.loads((made.path / "manifest.json").read_text())
    with pytest.raises(tree.NotATree):
        tree.read(made.path)


@pytest.mark.parametrize(
    ("s3", "place"),
    [
        (True, "s3://no-such-bucket-anywhere/django/test/network/terraform.tfstate"),
        (False, "state/django/test/network/terraform.tfstate"),
    ],
)
def test_a_unit_says_where_its_state_is(tmp_path: Path, s3: bool, place: str) -> None:
    (found,) = tree.read(Tree(tmp_path, network=unit("network", s3=s3)).path)
    assert found.state_place == place
