"""The roles against the calls that the AWS provider makes, and against the calls that AWS knows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import botocore.session
import pytest

from tests.stacks.permissions.policies import actions, bootstrap, environment, statements
from tests.support import Json

# What the provider 5.100.0 called, by `rpc.method` of its log, while it applied, planned and destroyed all units on
# the local AWS: those of dev, and those of prod with all that an environment can ask for.
CALLS: dict[str, dict[str, list[str]]] = json.loads(Path(__file__).with_name("calls.json").read_text())

# Where the permission is not named as the call is.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
NAMED_OTHERWISE = {
    "s3:HeadBucket": "s3:ListBucket",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:ListObjectVersions": "s3:ListBucketVersions",
    "s3:DeleteObjects": "s3:DeleteObject",
    "s3:GetBucketCors": "s3:GetBucketCORS",
    "s3:GetBucketAccelerateConfiguration": "s3:GetAccelerateConfiguration",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "s3:GetBucketReplication": "s3:GetReplicationConfiguration",
    "s3:GetObjectLockConfiguration": "s3:GetBucketObjectLockConfiguration",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "s3:DeletePublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketEncryption": "s3:PutEncryptionConfiguration",
    "s3:DeleteBucketEncryption": "s3:PutEncryptionConfiguration",
    "s3:PutBucketLifecycleConfiguration": "s3:PutLifecycleConfiguration",
    "s3:DeleteBucketLifecycle": "s3:PutLifecycleConfiguration",
    "s3:DeleteBucketOwnershipControls": "s3:PutBucketOwnershipControls",
}
NEEDS_NO_PERMISSION = {"sts:GetCallerIdentity"}
# docs/adr/0011-rights-of-the-pipeline.md says what becomes of the plan.
KEPT_FROM_PLANS = {"secretsmanager:GetSecretValue"}

# Permissions that no call is named after.
NO_CALL = {
    "iam:PassRole",
    "elasticache:Connect",
    "rds-db:connect",
    "s3:DeleteObjectVersion",
    "ssm:UpdateInstanceInformation",  # of the agent
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:UpdateLogDelivery",
    *(f"ssmmessages:{verb}{kind}Channel" for verb in ("Create", "Open") for kind in ("Control", "Data")),
}
SERVICES = {"elasticloadbalancing": "elbv2", "elasticfilesystem": "efs"}


@pytest.fixture(scope="module")
def with_nat_instance() -> Json:
    return bootstrap(environment("dev"))


@pytest.fixture(scope="module")
def emptying() -> Json:
    """Of an environment that empties its access logs when it is destroyed, as dev does."""
    of = environment()
    service = of.django_service
    relaxed = replace(service, load_balancer=replace(service.load_balancer, delete_access_logs=True))
    return bootstrap(replace(of, django_service=relaxed))


def needed(phase: str) -> set[str]:
    called = {f"{service}:{call}" for service, calls in CALLS[phase].items() for call in calls}
    return {NAMED_OTHERWISE.get(call, call) for call in called} - NEEDS_NO_PERMISSION


def test_planning_calls_what_the_role_may_and_one_thing_that_it_may_not(with_nat_instance: Json) -> None:
    assert needed("plan") - set(actions(statements(with_nat_instance, "plan"))) == KEPT_FROM_PLANS


def test_looking_for_drift_calls_nothing_that_the_role_may_not(with_nat_instance: Json) -> None:
    assert needed("plan") - set(actions(statements(with_nat_instance, "drift"))) == set()


@pytest.mark.parametrize("phase", ["apply", "plan", "destroy"])
def test_deploying_calls_nothing_that_the_role_may_not(phase: str, emptying: Json) -> None:
    assert len(needed(phase)) > 50
    assert needed(phase) - set(actions(statements(emptying, "apply"))) == set()


@cache
def calls_of(service: str) -> frozenset[str]:
    model = botocore.session.get_session().get_service_model(SERVICES.get(service, service))
    return frozenset(model.operation_names)


def unknown(allowed: set[str]) -> Iterator[str]:
    for action in sorted(allowed - NO_CALL - set(NAMED_OTHERWISE.values())):
        service, _, call = action.partition(":")
        if call not in calls_of(service):
            yield action


@pytest.mark.parametrize("role", ["plan", "drift", "apply", "boundary"])
def test_every_permission_is_one_that_aws_knows(role: str, emptying: Json) -> None:
    assert list(unknown(set(actions(statements(emptying, role))))) == []
