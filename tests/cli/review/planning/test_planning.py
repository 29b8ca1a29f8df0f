"""Units are planned with what is real, with what is planned, and with mocks for the rest."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import pytest

from cli.review.planning import PlannedUnit, offline, plan_units
from cli.review.planning.inputs import Source
from cli.terraform import tree as trees
from cli.terraform.plan import Action
from cli.terraform.runner import Terraform, TerraformFailed
from cli.terraform.workspace import workspace
from tests.cli.review.planning.conftest import Plan
from tests.cli.review.planning.trees import Tree, unit
from tests.support import Json

MOCKS = {"vpc_id": "mock-vpc", "vpc_cidr": "10.255.0.0/16"}
READS_ID = "${data.terraform_remote_state.network.outputs.vpc_id}"
READS_CIDR = "${data.terraform_remote_state.network.outputs.vpc_cidr}"


def network(cidr: str = "10.0.0.0/16", *, s3: bool = False, triggers: str = "") -> Json:
    """Its id is known after apply, its CIDR before."""
    outputs = {"vpc_id": "${terraform_data.this.id}", "vpc_cidr": cidr}
    document = unit("network", outputs=outputs, s3=s3)
    document["resource"]["terraform_data"]["this"]["triggers_replace"] = triggers
    return document


def postgresql(value: object = READS_ID, *, s3: bool = False) -> Json:
    return unit("postgresql", value=value, reads={"network": MOCKS}, s3=s3)


def planned_input(planned: PlannedUnit) -> Any:
    assert planned.plan, planned.error
    (resource,) = planned.plan.plan.document["planned_values"]["root_module"]["resources"]
    return resource["values"]["input"]


def test_what_is_not_deployed_is_mocked_and_said_so(tmp_path: Path, plan: Plan) -> None:
    planned = plan(Tree(tmp_path, network=network(), postgresql=postgresql()))
    assert planned_input(planned["postgresql"]) == MOCKS["vpc_id"]
    plan_ = planned["postgresql"].plan
    assert plan_
    assert plan_.mocked == {"network": ("vpc_id",)}
    assert planned["postgresql"].mocked
    assert not planned["network"].mocked


def test_a_unit_is_new_until_it_is_deployed(tmp_path: Path, plan: Plan) -> None:
    tree = Tree(tmp_path, network=network(), postgresql=postgresql())
    tree.deploy("network")
    planned = plan(tree)
    place = "state/django/test/postgresql/terraform.tfstate"
    assert {name: each.new_state for name, each in planned.items()} == {"network": "", "postgresql": place}
    assert {each.new_state for each in plan(tree, offline=True).values()} == {""}


def test_what_exists_is_imported_and_offline_shown_as_added(tmp_path: Path, plan: Plan) -> None:
    made = network()
    del made["resource"]["terraform_data"]["this"]["triggers_replace"]  # which would replace what has another one
    made["import"] = [{"to": "terraform_data.this", "id": "legacy"}]
    tree = Tree(tmp_path, network=made)
    for is_offline, action, imported_id in ((False, Action.CHANGE, "legacy"), (True, Action.ADD, "")):
        planned = plan(tree, offline=is_offline)["network"]
        assert planned.plan
        (change,) = planned.plan.plan.changes
        assert (change.action, change.imported_id) == (action, imported_id)
        assert planned.new_state == "", "what is imported is not new"


def test_a_real_output_wins_over_its_mock(tmp_path: Path, plan: Plan) -> None:
    tree = Tree(tmp_path, network=network(), postgresql=postgresql())
    tree.deploy("network")
    planned = plan(tree)["postgresql"]
    assert planned_input(planned) not in (None, MOCKS["vpc_id"])
    assert not planned.mocked
    assert not planned.inexact
    assert planned.plan
    (read,) = planned.plan.plan.document["prior_state"]["values"]["root_module"]["resources"]
    assert read["values"]["config"] == {"path": str(tree.state("network"))}


def test_of_a_deployed_upstream_only_the_new_output_is_mocked(tmp_path: Path, plan: Plan) -> None:
    tree = Tree(tmp_path, network=network())
    tree.deploy("network")
    changed = network()
    changed["resource"]["terraform_data"]["new"] = {"input": "new"}
    changed["output"]["new_id"] = {"value": "${terraform_data.new.id}"}
    tree.write("network", changed)
    both = [READS_ID, "${data.terraform_remote_state.network.outputs.new_id}"]
    tree.write("postgresql", unit("postgresql", value=both, reads={"network": {**MOCKS, "new_id": "mock-new"}}))
    planned = plan(tree)["postgresql"]
    real, mock = planned_input(planned)
    assert real != MOCKS["vpc_id"]
    assert mock == "mock-new"
    assert planned.outputs(Source.MOCK) == {"network": ("new_id",)}
    assert planned.outputs(Source.REAL) == {"network": ("vpc_id",)}


def test_a_unit_that_does_not_use_the_new_output_stays_real(tmp_path: Path, plan: Plan) -> None:
    tree = Tree(tmp_path, network=network(), postgresql=postgresql())
    tree.deploy("network")
    changed = network()
    changed["output"]["new"] = {"value": "${terraform_data.this.output}-new"}
    tree.write("network", changed)
    tree.write("postgresql", unit("postgresql", value=READS_ID, reads={"network": {**MOCKS, "new": "mock"}}))
    assert plan(tree)["postgresql"].inexact == ""


def test_a_known_change_of_an_output_is_planned_with(tmp_path: Path, plan: Plan) -> None:
    tree = Tree(tmp_path, network=network(), postgresql=postgresql(READS_CIDR))
    tree.deploy("network")
    tree.write("network", network("10.9.0.0/16"))
    planned = plan(tree)["postgresql"]
    assert planned_input(planned) == "10.9.0.0/16"
    assert planned.outputs(Source.PLANNED) == {"network": ("vpc_cidr",)}
    assert not planned.mocked


def test_a_change_that_is_not_known_keeps_the_real_value_and_says_so(tmp_path: Path, plan: Plan) -> None:
    tree = Tree(tmp_path, network=network(), postgresql=postgresql())
    tree.deploy("network")
    before = planned_input(plan(tree)["postgresql"])
    tree.write("network", network(triggers="replace it"))
    planned = plan(tree)["postgresql"]
    assert planned_input(planned) == before
    assert planned.outputs(Source.CHANGING) == {"network": ("vpc_id",)}
    assert "network.vpc_id is about to change" in planned.inexact


def test_what_is_planned_from_a_mock_counts_as_a_mock(tmp_path: Path, plan: Plan) -> None:
    passed_on = unit("redis", value="x", reads={"network": MOCKS}, outputs={"vpc_id": READS_ID})
    service = unit(
        "service", value="${data.terraform_remote_state.redis.outputs.vpc_id}", reads={"redis": {"vpc_id": "mock"}}
    )
    planned = plan(Tree(tmp_path, network=network(), redis=passed_on, service=service))
    assert planned_input(planned["service"]) == MOCKS["vpc_id"]
    assert planned["service"].outputs(Source.MOCK) == {"redis": ("vpc_id",)}


def test_a_unit_below_a_changing_one_is_not_exact_either(tmp_path: Path, plan: Plan) -> None:
    redis = unit("redis", value=READS_ID, reads={"network": MOCKS}, outputs={"name": "redis"})
    service = unit(
        "service", value="${data.terraform_remote_state.redis.outputs.name}", reads={"redis": {"name": "mock"}}
    )
    tree = Tree(tmp_path, network=network(), redis=redis, service=service)
    tree.deploy("network")
    tree.deploy("redis")
    tree.write("network", network(triggers="replace it"))
    assert "test-redis" in plan(tree)["service"].inexact


def test_the_real_state_is_read_and_never_written(tmp_path: Path, plan: Plan) -> None:
    tree = Tree(tmp_path, network=network(), postgresql=postgresql())
    tree.deploy("network")
    before = tree.state("network").read_bytes()
    tree.write("network", network("10.9.0.0/16"))
    plan(tree)
    assert tree.state("network").read_bytes() == before
    assert not tree.state("postgresql").exists()
    assert list(tree.state("network").parent.iterdir()) == [tree.state("network")]


def test_the_synthesized_tree_stays_as_it_is(tmp_path: Path, plan: Plan) -> None:
    tree = Tree(tmp_path, network=network(), postgresql=postgresql())
    before = {path: path.read_bytes() for path in tree.path.rglob("*") if path.is_file()}
    plan(tree)
    assert {path: path.read_bytes() for path in tree.path.rglob("*") if path.is_file()} == before


def test_offline_needs_no_bucket_and_no_credentials(tmp_path: Path, plan: Plan) -> None:
    planned = plan(Tree(tmp_path, network=network(s3=True), postgresql=postgresql(s3=True)), offline=True)
    assert planned_input(planned["postgresql"]) == MOCKS["vpc_id"]
    assert planned["network"].inexact


def test_without_credentials_it_says_what_to_do(tmp_path: Path, plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", str(tmp_path))
    error = plan(Tree(tmp_path, network=network(s3=True)))["network"].error or ""
    assert error.startswith("No valid credential sources found")
    assert error.endswith(": log in to AWS, or plan with --offline")


def test_offline_plans_a_known_output_with_its_value(tmp_path: Path, plan: Plan) -> None:
    planned = plan(Tree(tmp_path, network=network(s3=True), postgresql=postgresql(READS_CIDR, s3=True)), offline=True)
    assert planned_input(planned["postgresql"]) == "10.0.0.0/16"
    assert not planned["postgresql"].mocked


def test_offline_reads_no_data_source(tmp_path: Path, plan: Plan) -> None:
    data = {"external": {"it": {"program": ["false"], "query": {"a": "b"}}}}
    with pytest.raises(ValueError, match="no argument to put off"):
        offline.unread({"data": {"aws_vpcs": {"all": {}}}})
    assert offline.unread({"data": {**data, "terraform_remote_state": {"network": {}}}}) == {
        "external": {"it": {"query": {"a": "${timestamp()}"}}}
    }
    assert offline.unread({"data": {"aws_subnet": {"it": {"//": {}, "lifecycle": {}, "id": "subnet-1"}}}}) == {
        "aws_subnet": {"it": {"id": "${timestamp()}"}}
    }


def test_offline_uses_a_state_that_is_on_this_machine(tmp_path: Path, plan: Plan) -> None:
    tree = Tree(tmp_path, network=network(), postgresql=postgresql())
    tree.deploy("network")
    assert planned_input(plan(tree, offline=True)["postgresql"]) != MOCKS["vpc_id"]


VARIABLE: Json = {"variable": {"image_tag": {"type": "string", "nullable": False}}}


def test_a_variable_comes_from_the_environment(tmp_path: Path, plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_VAR_image_tag", "1.4.2")
    planned = plan(Tree(tmp_path, service=unit("service", value="${var.image_tag}", **VARIABLE)))["service"]
    assert planned_input(planned) == "1.4.2"
    assert not planned.inexact


def test_a_variable_without_a_value_is_one_line(tmp_path: Path, plan: Plan) -> None:
    planned = plan(Tree(tmp_path, service=unit("service", value="${var.image_tag}", **VARIABLE)))["service"]
    assert planned.error == "no value for the variable image_tag: set TF_VAR_image_tag"


def test_without_a_tag_it_is_planned_as_it_runs(tmp_path: Path, plan: Plan) -> None:
    tree = Tree(tmp_path, service=unit("service", value="${var.image_tag}", **VARIABLE))
    planned = plan(tree, image_tags={"test": "1.4.2"})["service"]
    assert planned_input(planned) == "1.4.2"
    assert planned.running == {"image_tag": "1.4.2"}
    assert not planned.mocked
    assert not planned.inexact


def test_where_nothing_runs_the_tag_is_made_up_and_the_plan_is_for_reading(tmp_path: Path, plan: Plan) -> None:
    tree = Tree(tmp_path, service=unit("service", value="${var.image_tag}", **VARIABLE))
    planned = plan(tree, image_tags={"test": ""})["service"]
    assert planned.placeholders == {"image_tag": planned_input(planned)}
    assert planned.inexact == "image_tag is made up: set TF_VAR_image_tag"


def test_of_what_runs_only_the_tag_is_known(tmp_path: Path, plan: Plan) -> None:
    two: Json = {"variable": {**VARIABLE["variable"], "size": {"type": "number"}}}
    planned = plan(Tree(tmp_path, service=unit("service", **two)), image_tags={"test": "1.4.2"})["service"]
    assert planned.error == "no value for the variable image_tag, size: set TF_VAR_image_tag, TF_VAR_size"


def test_offline_a_variable_without_a_value_gets_a_placeholder(tmp_path: Path, plan: Plan) -> None:
    tree = Tree(tmp_path, service=unit("service", value="${var.image_tag}", **VARIABLE))
    planned = plan(tree, offline=True)["service"]
    assert planned.placeholders == {"image_tag": planned_input(planned)}
    assert planned.mocked


def test_a_failure_is_one_line_and_the_others_are_planned(tmp_path: Path, plan: Plan) -> None:
    wrong = unit("redis", value="${terraform_data.nowhere.id}")
    below = unit("service", value="x", reads={"redis": {}})
    planned = plan(Tree(tmp_path, network=network(), redis=wrong, service=below))
    assert "Reference to undeclared resource" in (planned["redis"].error or "")
    assert "\n" not in (planned["redis"].error or "")
    assert planned["service"].error == "not done, because test-redis failed"
    assert planned["network"].plan


def test_each_unit_ends_once_also_one_that_is_not_done(tmp_path: Path, plan: Plan) -> None:
    steps: list[tuple[str, str, bool]] = []

    def progress(name: str, step: str, *, is_done: bool = False) -> None:
        steps.append((name.removeprefix("test-"), step, is_done))

    broken = unit("network", value="${nowhere.x}", outputs={"id": "${terraform_data.this.id}"})
    tree = Tree(tmp_path, network=broken, postgresql=postgresql(), redis=unit("redis"))
    plan(tree, progress=progress)
    ended = sorted((name, step) for name, step, is_done in steps if is_done)
    assert ended == [
        ("network", "failed"),
        ("postgresql", "not done, because test-network failed"),
        ("redis", "planned"),
    ]
    assert not any(
        name == "postgresql" for name, _, is_done in steps[steps.index(("postgresql", ended[1][1], True)) + 1 :]
    )


def test_a_plan_that_cannot_be_applied_leaves_no_file(tmp_path: Path) -> None:
    tree = Tree(tmp_path, network=network(), postgresql=postgresql())
    runner = Terraform()
    with workspace(runner) as space:
        planned = plan_units(trees.read(tree.path), space, runner)
        files = {each.name: (each.directory / "tfplan").exists() for each in planned}
        directories = [each.directory for each in planned]
    assert files == {"test-network": True, "test-postgresql": False}
    assert not any(directory.exists() for directory in directories)


class Watched(Terraform):
    """Notes each command, and lets a test hold one until another has begun."""

    def __init__(self, holds: dict[str, str] | None = None) -> None:
        """`holds` is a command, as `show network`, to the one that must have begun before it does."""
        super().__init__()
        self.begun: list[str] = []
        self._holds = holds or {}
        self._changed = threading.Condition()

    def run(self, directory: Path, *arguments: str, **options: Any) -> str:
        command = f"{arguments[0]} {directory.name.removeprefix('test-')}"
        with self._changed:
            self.begun.append(command)
            self._changed.notify_all()
            first = self._holds.get(command, command)
            assert self._changed.wait_for(lambda: first in self.begun, timeout=30), f"{command} waits for {first}"
        return super().run(directory, *arguments, **options)


def watched(tree: Tree, monkeypatch: pytest.MonkeyPatch, **holds: str) -> tuple[dict[str, PlannedUnit], list[str]]:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    runner = Watched({command.replace("_", " "): first for command, first in holds.items()})
    with workspace(runner) as space:
        planned = plan_units(trees.read(tree.path), space, runner)
    return {each.name.removeprefix("test-"): each for each in planned}, runner.begun


def test_units_are_initialized_before_their_upstreams_are_planned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = Tree(tmp_path, network=network(), postgresql=postgresql())
    planned, _ = watched(tree, monkeypatch, plan_network="init postgresql")
    assert planned["postgresql"].plan, planned["postgresql"].error


def test_a_unit_does_not_wait_until_a_plan_is_read_that_changes_nothing_it_uses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = Tree(tmp_path, network=network(), postgresql=postgresql())
    tree.deploy("network")
    tree.write("network", network("10.9.0.0/16"))  # which postgresql does not read
    planned, _ = watched(tree, monkeypatch, show_network="plan postgresql")
    assert planned["network"].plan
    assert planned_input(planned["postgresql"]) not in (None, MOCKS["vpc_id"])
    assert planned["postgresql"].outputs(Source.REAL) == {"network": ("vpc_id",)}
    assert planned["postgresql"].inexact == ""


@pytest.mark.parametrize("is_deployed", [True, False])
def test_a_unit_waits_until_a_plan_is_read_that_changes_what_it_uses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_deployed: bool
) -> None:
    tree = Tree(tmp_path, network=network(), postgresql=postgresql(READS_CIDR))
    if is_deployed:
        tree.deploy("network")
    tree.write("network", network("10.9.0.0/16"))
    planned, begun = watched(tree, monkeypatch)
    assert begun.index("show network") < begun.index("plan postgresql")
    assert planned_input(planned["postgresql"]) == "10.9.0.0/16"


def test_a_unit_that_reads_nothing_of_an_upstream_that_is_not_deployed_is_planned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = Tree(tmp_path, network=network(), postgresql=postgresql("a value of its own"))
    planned, _ = watched(tree, monkeypatch)
    assert planned["postgresql"].plan, planned["postgresql"].error


def test_an_upstream_whose_plan_cannot_be_read_is_told_of_itself_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = Tree(tmp_path, network=network(), postgresql=postgresql())
    tree.deploy("network")
    run = Watched.run

    def failing(self: Watched, directory: Path, *arguments: str, **options: Any) -> str:
        if arguments[0] == "show" and directory.name == "test-network":
            raise TerraformFailed("cannot be read")
        return run(self, directory, *arguments, **options)

    monkeypatch.setattr(Watched, "run", failing)
    planned, _ = watched(tree, monkeypatch)
    assert planned["network"].error == "cannot be read"
    assert planned["postgresql"].plan or planned["postgresql"].error == "not done, because test-network failed"


def test_each_plan_is_looked_at(tmp_path: Path) -> None:
    tree = Tree(tmp_path, network=network(), postgresql=postgresql(), redis=unit("redis", value="${nowhere.x}"))
    runner, seen = Terraform(), list[str]()
    with workspace(runner) as space:
        plan_units(trees.read(tree.path), space, runner, look=lambda plan: seen.append(plan.name))
    assert sorted(seen) == ["test-network", "test-postgresql"]


def test_what_goes_wrong_in_a_look_is_raised(tmp_path: Path) -> None:
    def look(_: object) -> None:
        raise ValueError("wrong")

    runner = Terraform()
    with pytest.raises(ValueError, match="^wrong$"), workspace(runner) as space:
        plan_units(trees.read(Tree(tmp_path, network=network()).path), space, runner, look=look)
