"""Who may not read a secret, which the AWS provider does at every refresh, gets a plan all the same."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.local_aws import providers
from cli.local_aws.faults import Fault
from cli.local_aws.server import LocalAws
from cli.review.planning import PlannedUnit, plan_units
from cli.review.planning.planned_unit import FILE
from cli.terraform import tree as trees
from cli.terraform.runner import Terraform, TerraformFailed
from cli.terraform.workspace import workspace
from tests.cli.review.planning.conftest import Plan
from tests.cli.review.planning.trees import Tree, unit
from tests.support import Json
from tests.terraform import require

pytestmark = pytest.mark.thorough

ACCOUNT = "111122223333"
DENIED = (
    "reading Secrets Manager Secret Version (arn): operation error Secrets Manager: GetSecretValue, https response "
    "error StatusCode: 400, RequestID: 1, api error AccessDeniedException: User: arn is not authorized"
)


class Refusing(Terraform):
    """Refuses a plan that refreshes."""

    def __init__(self, reason: str) -> None:
        super().__init__()
        self._reason = reason

    def run(self, directory: Path, *arguments: str, **options: Any) -> str:
        if arguments[0] == "plan" and "-refresh=false" not in arguments:
            raise TerraformFailed(self._reason)
        return super().run(directory, *arguments, **options)


def planned(tree: Tree, runner: Terraform) -> PlannedUnit:
    with workspace(runner) as space:
        (found,) = plan_units(trees.read(tree.path), space, runner)
        assert (found.directory / FILE).exists() is (found.plan is not None and not found.inexact)
    return found


def test_it_is_planned_from_its_state_and_kept_by_nobody(tmp_path: Path) -> None:
    found = planned(Tree(tmp_path, service=unit("service")), Refusing(DENIED))
    assert found.error is None
    assert found.plan
    assert not found.is_refreshed
    assert "its state alone" in found.inexact


def test_nothing_ephemeral_is_asked_for_then(tmp_path: Path) -> None:
    # What no provider has would fail.
    document = unit("service") | {"ephemeral": {"terraform_data_of_nobody": {"drawn": {}}}}
    found = planned(Tree(tmp_path, service=document), Refusing(DENIED))
    assert found.plan, found.error


@pytest.mark.parametrize("reason", ["GetSecretValue: Throttling", "DescribeVpcs: AccessDenied", "anything else"])
def test_for_no_other_reason_is_it_planned_so(tmp_path: Path, reason: str) -> None:
    found = planned(Tree(tmp_path, service=unit("service")), Refusing(reason))
    assert (found.plan, found.error) == (None, reason)


def test_who_may_read_it_compares(tmp_path: Path, plan: Plan) -> None:
    found = plan(Tree(tmp_path, service=unit("service")))["service"]
    assert (found.is_refreshed, found.inexact) == (True, "")


def with_secret(description: str) -> Json:
    drawn = "${ephemeral.aws_secretsmanager_random_password.this.random_password}"
    return unit(
        "service",
        resource={
            "aws_secretsmanager_secret": {"this": {"name": "key", "description": description}},
            "aws_secretsmanager_secret_version": {
                "this": {
                    "secret_id": "${aws_secretsmanager_secret.this.id}",
                    "secret_string_wo": drawn,
                    "secret_string_wo_version": 1,
                }
            },
        },
        ephemeral={"aws_secretsmanager_random_password": {"this": {"password_length": 32}}},
        provider={"aws": [{"region": "us-east-1"}]},
        terraform={
            "backend": {"local": {"path": "../../../state/service.tfstate"}},
            "required_providers": {"aws": {"source": "hashicorp/aws", "version": "5.100.0"}},
        },
    )


@pytest.fixture
def aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalAws]:
    require(providers.mirror(), "a filesystem mirror of the AWS provider 5.100.0 (TF_PROVIDER_MIRROR)")
    with LocalAws() as running:
        given = running.environment(ACCOUNT, os.environ)
        for name in {*os.environ} - {*given}:
            monkeypatch.delenv(name)
        for name, value in given.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(providers.configure(tmp_path)))
        yield running


@pytest.mark.slow
def test_the_provider_refuses_a_refresh_and_not_such_a_plan(aws: LocalAws, tmp_path: Path, plan: Plan) -> None:
    tree = Tree(tmp_path, service=with_secret("before"))
    tree.deploy("service")
    tree.write("service", with_secret("after"))
    with aws.faults.injected("secretsmanager", Fault.ACCESS_DENIED, calls="GetSecretValue"):
        found = plan(tree)["service"]
        assert aws.faults.count
    assert found.plan, found.error
    assert not found.is_refreshed
    changes = found.plan.plan.document["resource_changes"]
    actions = {change["type"]: change["change"]["actions"] for change in changes}
    assert actions == {"aws_secretsmanager_secret": ["update"], "aws_secretsmanager_secret_version": ["no-op"]}
    assert plan(tree)["service"].is_refreshed


@pytest.mark.parametrize(
    "reason", ["No valid credential sources found", "retrieving AWS account: STS: GetCallerIdentity: ExpiredToken"]
)
def test_of_a_state_on_this_machine_a_plan_without_credentials_points_to_offline(tmp_path: Path, reason: str) -> None:
    found = planned(Tree(tmp_path, service=unit("service")), Refusing(reason))
    assert found.error == f"{reason}: log in to AWS, or plan with --offline"


def test_a_profile_that_there_is_not_is_to_be_another(tmp_path: Path) -> None:
    reason = "failed to get shared config profile, nope"
    found = planned(Tree(tmp_path, service=unit("service")), Refusing(reason))
    assert found.error == f"{reason}: set AWS_PROFILE to a profile that works, or plan with --offline"
