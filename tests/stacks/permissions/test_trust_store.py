"""The roles of an environment make and change its own trust store and the bucket of its certificates, and no other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from modules.iam import LONGEST_POLICY
from tests.stacks.permissions.policies import actions, allows, bootstrap, environment, statements
from tests.stacks.permissions.test_calls import unknown
from tests.support import Json, cloudflare_dns, origin_pulls

STORE = "arn:aws:elasticloadbalancing:us-east-1:333333333333:truststore/django-prod/0123"
BUCKET = "arn:aws:s3:::django-prod-alb-ca-333333333333-us-east-1"


@pytest.fixture(scope="module")
def unit() -> Json:
    given = environment()
    return bootstrap(replace(given, cloudflare_dns=cloudflare_dns(given, authenticated_origin_pulls=origin_pulls())))


def test_its_own_is_read_by_all_and_changed_by_apply_alone(unit: Json) -> None:
    changed = {
        STORE: ("elasticloadbalancing:CreateTrustStore", "elasticloadbalancing:ModifyTrustStore"),
        BUCKET: ("s3:CreateBucket", "s3:DeleteBucket"),
        f"{BUCKET}/0123.pem": ("s3:PutObject", "s3:DeleteObject"),
    }
    for role in ("plan", "drift", "apply"):
        found = statements(unit, role)
        assert allows(found, "s3:GetObject", f"{BUCKET}/0123.pem")
        assert allows(found, "s3:GetBucketPolicy", BUCKET)
        assert "elasticloadbalancing:DescribeTrustStores" in set(actions(found))
        for resource, calls in changed.items():
            for call in calls:
                assert allows(found, call, resource) is (role == "apply"), (role, call)
                assert not allows(found, call, resource.replace("prod", "dev"))


def test_every_permission_is_one_that_aws_knows_and_fits(unit: Json) -> None:
    for role in ("plan", "apply"):
        assert list(unknown(set(actions(statements(unit, role))))) == []
    assert all(len(policy["policy"]) <= LONGEST_POLICY for policy in unit["resource"]["aws_iam_policy"].values())


def test_whoever_has_none_changes_none() -> None:
    assert not [each for each in actions(statements(bootstrap(environment()), "apply")) if "TrustStore" in each]
