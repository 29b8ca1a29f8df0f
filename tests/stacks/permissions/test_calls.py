"""The roles against the calls that the AWS provider makes, and against the calls that AWS knows."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import botocore.session
import pytest

from cli.local_aws.recording import types_of
from tests.stacks.permissions.policies import actions, bootstrap, environment, statements
from tests.stacks.permissions.recorded import (
    AGAIN,
    DIRECTORY,
    NAMED_OTHERWISE,
    OF_OPTIONS,
    RECORDED,
    calls,
    denied,
    record,
)
from tests.support import Json

pytestmark = pytest.mark.thorough

# docs/adr/0011-rights-of-the-pipeline.md says what becomes of the plan.
KEPT_FROM_PLANS = {"secretsmanager:GetSecretValue"}

# Permissions that no call is named after.
NO_CALL = {
    "iam:PassRole",
    "backup-storage:MountCapsule",  # of CreateBackupVault
    "elasticache:Connect",
    "rds-db:connect",
    "s3:DeleteObjectVersion",
    "elasticloadbalancing:SetWebAcl",  # of AssociateWebACL
    "ssm:UpdateInstanceInformation",  # of the agent
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:UpdateLogDelivery",
    *(f"ssmmessages:{verb}{kind}Channel" for verb in ("Create", "Open") for kind in ("Control", "Data")),
}
SERVICES = {"elasticloadbalancing": "elbv2", "elasticfilesystem": "efs"}


@cache
def unit(name: str) -> Json:
    return bootstrap(environment(name))


@cache
def role(name: str, of: str) -> list[Json]:
    return statements(unit(name), of)


@pytest.mark.parametrize("name", RECORDED)
def test_planning_is_refused_nothing_but_the_values_of_secrets(name: str) -> None:
    assert len(calls(name, "plan")) > 100
    refused = {each.partition(" on ")[0] for each in denied(role(name, "plan"), calls(name, "plan", is_locked=False))}
    assert refused == KEPT_FROM_PLANS


@pytest.mark.parametrize("name", RECORDED)
def test_looking_for_drift_is_refused_nothing(name: str) -> None:
    assert list(denied(role(name, "drift"), calls(name, "plan", is_locked=False))) == []


@pytest.mark.parametrize("name", RECORDED)
@pytest.mark.parametrize("phase", ["apply", "plan", "destroy"])
def test_deploying_is_refused_nothing(name: str, phase: str) -> None:
    boundary = environment(name).permissions_boundary_arn
    assert boundary
    assert list(denied(role(name, "apply"), calls(name, phase), boundary)) == []


@pytest.mark.parametrize("of", ["apply", "drift", "plan"])
def test_what_options_call_is_granted(of: str) -> None:
    phases = OF_OPTIONS if of == "apply" else ("plan",)
    assert {call for phase in phases for call in OF_OPTIONS[phase]} - set(actions(role("prod", of))) == set()


def test_all_calls_of_prod_are_recorded() -> None:
    recorded = {call["action"] for call in record("prod")["calls"]}
    assert recorded >= {"ec2:CreateNatGateway", "ec2:DescribeNatGateways", "ec2:DeleteNatGateway", "iam:PassRole"}


@pytest.mark.parametrize("name", RECORDED)
def test_the_record_is_of_what_the_environment_is_made_of_now(name: str, documents: dict[str, Json]) -> None:
    now = types_of([document for unit, document in documents.items() if unit.startswith(f"{name}-")])
    assert record(name)["types"] == now, AGAIN.format(name, DIRECTORY)


@cache
def calls_of(service: str) -> frozenset[str]:
    model = botocore.session.get_session().get_service_model(SERVICES.get(service, service))
    return frozenset(model.operation_names)


def unknown(allowed: set[str]) -> Iterator[str]:
    for action in sorted(allowed - NO_CALL - set(NAMED_OTHERWISE.values())):
        service, _, call = action.partition(":")
        if call not in calls_of(service):
            yield action


@pytest.mark.parametrize("of", ["plan", "drift", "apply", "boundary"])
def test_every_permission_is_one_that_aws_knows(of: str) -> None:
    # dev empties its access logs when it is destroyed.
    assert list(unknown(set(actions(role("dev", of))))) == []
