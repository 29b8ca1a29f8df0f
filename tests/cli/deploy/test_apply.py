"""A unit is applied by exactly the plan that the gate has seen, and neither a plan nor a state is lost or left."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cli.deploy.apply import ERRORED, FILE, GRACE_SECONDS, Applier, Changes, Refused
from cli.terraform.runner import GRACE_SECONDS as OF_A_PLAN
from cli.terraform.runner import TerraformFailed
from cli.terraform.tree import Unit
from tests.cli.deploy.fakes import CREATED, NOTHING, FakeTerraform, change, unit

DATABASE = "aws_db_instance.postgresql"


@pytest.fixture
def terraform() -> FakeTerraform:
    return FakeTerraform({"show": CREATED})


@pytest.fixture
def network(tmp_path: Path) -> Unit:
    return unit(tmp_path)


def applier(terraform: FakeTerraform, steps: list[str] | None = None, **given: Any) -> Applier:
    heard: list[str] = [] if steps is None else steps
    return Applier(terraform, terraform, lambda _name, step: heard.append(step), **given)  # type: ignore[arg-type]


def test_what_is_applied_is_the_plan_that_was_made(terraform: FakeTerraform, network: Unit) -> None:
    assert applier(terraform).apply(network) == Changes(added=1)
    assert [command.split()[0] for command in terraform.commands] == ["init", "plan", "show", "apply"]
    assert f"-out={FILE}" in terraform.commands[1]
    assert terraform.commands[3].endswith(FILE)


def test_the_plan_is_readable_by_its_user_alone_and_is_gone_at_the_end(terraform: FakeTerraform, network: Unit) -> None:
    modes: list[int] = []
    terraform.on_apply = lambda home: modes.append((home / FILE).stat().st_mode & 0o777)
    applier(terraform).apply(network)
    assert modes == [0o600]
    assert list(network.home.iterdir()) == []


@pytest.mark.parametrize("command", ["plan", "show", "apply"])
def test_the_plan_is_gone_where_something_fails(terraform: FakeTerraform, network: Unit, command: str) -> None:
    terraform.answers[command] = "error: wrong"
    with pytest.raises(TerraformFailed, match="^wrong$"):
        applier(terraform).apply(network)
    assert list(network.home.iterdir()) == []


def test_a_unit_is_initialized_once_and_without_what_an_earlier_deployment_locked(
    terraform: FakeTerraform, network: Unit
) -> None:
    (network.home / ".terraform.lock.hcl").touch()
    given = applier(terraform)
    given.apply(network)
    given.apply(network)
    assert terraform.commands.count("init test-network") == 1
    assert list(network.home.iterdir()) == []


def test_nothing_to_do_is_not_applied(terraform: FakeTerraform, network: Unit) -> None:
    terraform.answers["show"] = NOTHING
    assert str(applier(terraform).apply(network)) == "no changes"
    assert not any(command.startswith("apply") for command in terraform.commands)


def test_outputs_and_addresses_that_change_are_applied_without_a_resource(
    terraform: FakeTerraform, network: Unit
) -> None:
    terraform.answers["show"] = {"applyable": True}
    assert not applier(terraform).apply(network)
    assert any(command.startswith("apply") for command in terraform.commands)


def test_a_loss_that_only_the_second_plan_knows_of_is_refused(terraform: FakeTerraform, network: Unit) -> None:
    terraform.answers["show"] = change(DATABASE, "delete", "create", before={}, after={})
    with pytest.raises(Refused, match=f"test-network: {DATABASE}: "):
        applier(terraform).apply(network)
    assert not any(command.startswith("apply") for command in terraform.commands)
    assert list(network.home.iterdir()) == []


def test_a_loss_that_is_allowed_is_applied(terraform: FakeTerraform, network: Unit) -> None:
    terraform.answers["show"] = change(DATABASE, "delete", "create", before={}, after={})
    given = applier(terraform, allow=[f"test-network:{DATABASE}"])
    assert given.apply(network) == Changes(added=1, destroyed=1)


def test_to_destroy_is_no_loss_by_mistake(terraform: FakeTerraform, network: Unit) -> None:
    terraform.answers["show"] = change(DATABASE, "delete", before={})
    assert applier(terraform).apply(network, destroy=True) == Changes(destroyed=1)
    assert terraform.commands[1].endswith("-destroy")


def test_progress_counts_what_is_done(terraform: FakeTerraform, network: Unit) -> None:
    hook = {"resource": {"addr": "aws_vpc.this"}}
    events = [{"type": kind, "hook": hook} for kind in ("apply_start", "apply_progress", "apply_complete")]
    terraform.answers["apply"] = "\n".join(["no JSON", *map(json.dumps, events)])
    steps: list[str] = []
    applier(terraform, steps).apply(network)
    assert steps[-2:] == ["applying 0 of 1: aws_vpc.this", "applying 1 of 1: aws_vpc.this"]


def test_what_is_sensitive_in_the_plan_is_not_in_the_error(terraform: FakeTerraform, network: Unit) -> None:
    secret = "correct horse battery"
    plan = change("aws_ssm_parameter.this", "create", after={"value": secret})
    plan["resource_changes"][0]["change"]["after_sensitive"] = {"value": True}
    terraform.answers |= {"show": plan, "apply": f"error: AWS refuses {secret}"}
    with pytest.raises(TerraformFailed, match=r"^AWS refuses \(sensitive\)$"):
        applier(terraform).apply(network)


def test_what_the_gate_names_in_the_configuration_is_not_in_the_error(terraform: FakeTerraform, tmp_path: Path) -> None:
    terraform.answers["apply"] = "error: AWS refuses correct-horse-battery"
    with pytest.raises(TerraformFailed, match=r"^AWS refuses \(sensitive\)$"):
        applier(terraform).apply(unit(tmp_path, locals={"api_token": "correct-horse-battery"}))


class TestStateThatCouldNotBeWritten:
    """Terraform leaves it beside the JSON, and it is the only one that knows what was created."""

    @pytest.fixture(autouse=True)
    def failing(self, terraform: FakeTerraform) -> None:
        terraform.answers["apply"] = "error: Failed to persist state"
        terraform.on_apply = lambda home: (home / ERRORED).touch()

    def test_it_is_written_at_once(self, terraform: FakeTerraform, network: Unit) -> None:
        with pytest.raises(TerraformFailed, match="Failed to persist state"):
            applier(terraform).apply(network)
        assert terraform.commands[-1] == f"state push {ERRORED}"
        assert list(network.home.iterdir()) == []

    def test_where_that_fails_too_it_is_kept_and_told(self, terraform: FakeTerraform, network: Unit) -> None:
        terraform.answers["state"] = "error: S3 is silent"
        with pytest.raises(TerraformFailed) as caught:
            applier(terraform).apply(network)
        said = str(caught.value)
        assert f"{network.home / ERRORED} holds what was applied" in said
        assert "S3 is silent" in said
        assert f"once that works, (cd {network.home} && terraform init && terraform state push {ERRORED})" in said
        assert said.endswith("remove the file only where the backend has a newer state")
        (kept,) = network.home.iterdir()
        assert kept.stat().st_mode & 0o777 == 0o600

    def test_the_next_deployment_writes_it_before_it_plans(self, terraform: FakeTerraform, network: Unit) -> None:
        (network.home / ERRORED).touch()
        applier(terraform).plan(network)
        assert [command.split()[0] for command in terraform.commands] == ["init", "state", "plan", "show"]
        assert not (network.home / ERRORED).exists()


def test_an_interrupted_apply_has_the_time_to_write_its_state(terraform: FakeTerraform) -> None:
    applier(terraform).stop()
    assert terraform.grace_seconds == GRACE_SECONDS
    assert GRACE_SECONDS > 10 * OF_A_PLAN


def test_outputs_and_state_are_read(terraform: FakeTerraform, network: Unit) -> None:
    terraform.answers |= {"output": {"vpc_id": {"value": "vpc-1"}}, "state": ["", {"resources": [1]}]}
    given = applier(terraform)
    assert given.outputs(network) == {"vpc_id": "vpc-1"}
    assert given.state(network) == {}, "it was never deployed"
    assert given.state(network) == {"resources": [1]}


def tainted(kind: str, **more: Any) -> dict[str, Any]:
    instance = {"attributes": {"id": "x"}, "status": "tainted", **more}
    return {"mode": "managed", "type": kind, "name": "this", "instances": [instance]}


class TestWhatWasOnlyBegun:
    """Terraform would destroy it and make it anew."""

    def test_it_is_kept_where_it_holds_data(self, terraform: FakeTerraform, network: Unit) -> None:
        found = [tainted("aws_db_instance"), tainted("aws_ecs_service"), tainted("aws_vpc", status=None)]
        terraform.answers["state"] = {"resources": found}
        (kept,) = applier(terraform).keep(network)
        assert (kept.address, kept.attributes) == ("aws_db_instance.this", {"id": "x"})
        assert [done for done in terraform.commands if done.startswith("untaint")] == ["untaint aws_db_instance.this"]

    def test_one_of_several_is_named_by_its_key(self, terraform: FakeTerraform, network: Unit) -> None:
        terraform.answers["state"] = {"resources": [tainted("cloudflare_dns_record", index_key="www.example.com")]}
        applier(terraform).keep(network)
        assert terraform.commands[-1] == 'untaint cloudflare_dns_record.this["www.example.com"]'

    def test_it_is_not_where_its_loss_is_allowed(self, terraform: FakeTerraform, network: Unit) -> None:
        terraform.answers["state"] = {"resources": [tainted("aws_db_instance")]}
        assert applier(terraform, allow=["test-network:aws_db_instance.this"]).keep(network) == []
        assert not any(done.startswith("untaint") for done in terraform.commands)

    def test_a_unit_that_was_never_deployed_has_none(self, terraform: FakeTerraform, network: Unit) -> None:
        assert applier(terraform).keep(network) == []


def test_moves_are_recorded_by_a_plan_that_only_refreshes(terraform: FakeTerraform, network: Unit) -> None:
    terraform.answers["show"] = NOTHING  # a move alone is nothing that Terraform calls applyable
    applier(terraform).record_moves(network)
    assert terraform.commands[1].endswith("-refresh-only")
    assert terraform.commands[-1].split()[0] == "apply"
    assert list(network.home.iterdir()) == []
