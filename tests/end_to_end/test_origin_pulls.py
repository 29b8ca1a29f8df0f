"""Only our zone reaches the load balancer, step by step, on the local AWS with the AWS provider as published."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cli.local_aws.deployment import LocalDeployment
from cli.local_aws.server import LocalAws
from modules.cloudflare_dns.origin_pulls_inputs import AuthenticatedOriginPullsInputs
from stacks.config.schema import Environment
from tests.end_to_end import leftovers, variants
from tests.end_to_end.test_dns import environment, put
from tests.support import ANOTHER_ORIGIN_CA, ORIGIN_CA, cloudflare_dns, origin_pulls

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("shared_providers")]

LISTENER, STORE = "aws_lb_listener.load_balancer_https", "aws_lb_trust_store.load_balancer_trust_store_store"
OBJECT = "aws_s3_object.load_balancer_trust_store_bundle"


def test_the_load_balancer_verifies_cloudflare_and_ceases_to_step_by_step(
    aws: LocalAws, tmp_path: Path, subtests: pytest.Subtests
) -> None:
    given = environment(cloudflare_dns(authenticated_origin_pulls=origin_pulls()), aws)
    first = written(given, origin_pulls(), tmp_path / "first", aws)
    first.bootstrap()
    before = leftovers.everything(first.client)
    deployed = []
    for unit in first.units:
        first.initialize(unit)
        if unit.role == "postgresql":
            put(first, unit)
            continue
        first.apply(unit)
        deployed.append(unit)
        with subtests.test("a second plan is empty", unit=unit.role):
            assert first.plan(unit) == {}
    assert mode(first) == {"Mode": "off"}, "Cloudflare shows no certificate before its unit is deployed"
    other = (ORIGIN_CA, ANOTHER_ORIGIN_CA)
    for name, pulls, changed in (
        ("required", origin_pulls(required=True), {LISTENER: ["update"]}),
        (
            "renewed",
            origin_pulls(required=True, ca_certificates=other),
            {OBJECT: ["replace"], STORE: ["update"]},
        ),
        ("ignored", origin_pulls(ca_certificates=other), {LISTENER: ["update"]}),
        ("removed", None, GONE),
    ):
        with subtests.test("a step changes this and nothing else", step=name):
            later = written(given, pulls, tmp_path / name, aws)
            unit = next(each for each in later.units if each.role == "django-service")
            later.initialize(unit)
            assert later.plan(unit) == changed
            later.apply(unit)
            assert later.plan(unit) == {}
            store = {"IgnoreClientCertificateExpiry": True, "AdvertiseTrustStoreCaNames": "off"}
            found = mode(later)
            arn = found.pop("TrustStoreArn", "")
            assert found == ({"Mode": "verify", **store} if pulls and pulls.required else {"Mode": "off"})
            assert (":truststore/django-dev/" in arn) is bool(pulls and pulls.required)
    for unit in reversed(deployed):
        later.destroy(unit)
    with subtests.test("a destroy leaves nothing but what AWS keeps"):
        left = leftovers.everything(first.client) - before
        assert {each.split(" ")[0] for each in left} <= {"task-definition", "deleted", "INACTIVE"}


GONE = {
    address: ["delete"]
    for address in (
        OBJECT,
        STORE,
        "aws_s3_bucket.load_balancer_trust_store",
        "aws_s3_bucket_lifecycle_configuration.load_balancer_trust_store_lifecycle",
        "aws_s3_bucket_ownership_controls.load_balancer_trust_store_ownership",
        "aws_s3_bucket_policy.load_balancer_trust_store_policy",
        "aws_s3_bucket_public_access_block.load_balancer_trust_store_public_access",
        "aws_s3_bucket_server_side_encryption_configuration.load_balancer_trust_store_encryption",
    )
}


def written(
    given: Environment, pulls: AuthenticatedOriginPullsInputs | None, directory: Path, aws: LocalAws
) -> LocalDeployment:
    """The environment with these, synthesized."""
    directory.mkdir()
    made = replace(given, dns=cloudflare_dns(authenticated_origin_pulls=pulls))
    variants.write("dev", directory / "cdktf.out", lambda _: made)
    return LocalDeployment(directory / "cdktf.out", directory, aws)


def mode(deployment: LocalDeployment) -> dict[str, Any]:
    """How the listener for HTTPS treats certificates of clients."""
    unit = next(each for each in deployment.units if each.role == "django-service")
    arn = deployment.outputs(unit)["alb_arn"]
    listeners = deployment.client("elbv2").describe_listeners(LoadBalancerArn=arn)["Listeners"]
    return dict(next(each for each in listeners if each["Protocol"] == "HTTPS")["MutualAuthentication"])
