"""What tests share: a small valid environment, and the JSON that a module or a unit synthesizes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from cdktf import App, TerraformStack, Testing

from modules.certificate.inputs import CertificateInputs
from modules.cloudflare_dns.inputs import CloudflareDnsInputs
from modules.cloudflare_dns.origin_pulls_inputs import AuthenticatedOriginPullsInputs
from modules.fargate_service.inputs import WebInputs
from modules.network.inputs import NetworkInputs
from modules.postgresql.inputs import PostgreSQLInputs
from modules.redis.inputs import RedisGroupInputs, RedisInputs
from stacks.config.django_service import DjangoServiceInputs
from stacks.config.schema import Environment, LocalState
from stacks.naming import ReadableStack
from tests.environments.application import APPLICATION

Json = dict[str, Any]

PATIENCE_SECONDS = 600
"""How long a test waits for what is sure to come: beside other tests, what takes seconds alone takes minutes."""

REDIS = RedisInputs(cache=RedisGroupInputs(node_type="cache.t4g.small"))
"""That of `environment`."""


def environment(**changes: Any) -> Environment:
    """A valid environment that states only what it must: everything else is the default."""
    smallest = Environment(
        name="test",
        account_id="123456789012",
        state=LocalState(),
        protected=False,
        network=NetworkInputs(cidr="10.0.0.0/16", zones=("us-east-1a", "us-east-1b")),
        postgresql=PostgreSQLInputs(instance_class="db.t4g.small", storage_gb=50),
        redis=REDIS,
        certificate=CertificateInputs(),
        django_service=DjangoServiceInputs(
            application=APPLICATION,
            ecr_repository_url="123456789012.dkr.ecr.us-east-1.amazonaws.com/django",
            web=WebInputs(cpu=512, memory_mib=1024, desired_count=2),
        ),
        cloudflare_dns=CloudflareDnsInputs(zone_id="0" * 32, zone_name="example.com", record_name="api"),
    )
    return replace(smallest, **changes)


ORIGIN_CA = (
    "MIIBdTCCARugAwIBAgIUeZ4nAQDtcyCe2FyPQ48O8cRyhgMwCgYIKoZIzj0EAwIwDzENMAsGA1UEAwwEVGVzdDAgFw0yNjEx"
    "MzAxMzEzMDNaGA8yMTI2MTEwNjEzMTMwM1owDzENMAsGA1UEAwwEVGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABFvi"
    "d0ADQEqUgZcKV1UVL1+oi6yxZ1AOTIJw1HwKpYY7+oP30JhcTRd+V7pjSVc7G3Qjm1V/3U8pvxxhrnY5pLmjUzBRMB0GA1Ud"
    "DgQWBBTN1UnhsKdAalCqzks+Ih9lrEKl3DAfBgNVHSMEGDAWgBTN1UnhsKdAalCqzks+Ih9lrEKl3DAPBgNVHRMBAf8EBTAD"
    "AQH/MAoGCCqGSM49BAMCA0gAMEUCID6wOjv+qvX0OKvSBnhQz3ib9qQGCI1PnZ2Qm2V6sFF7AiEAnfuHHD0gsljlYFECgWF5"
    "2bcC+TTVbAGBeyccXWIDmp0="
)
"""The certificate of an authority, whose key nobody has."""

ANOTHER_ORIGIN_CA = (
    "MIIBdDCCARugAwIBAgIUa0DhT1cjsM0kov0EkZCKEgSLp4AwCgYIKoZIzj0EAwIwDzENMAsGA1UEAwwETmV4dDAgFw0yNjEx"
    "MzAxNDIxMjlaGA8yMTI2MTEwNjE0MjEyOVowDzENMAsGA1UEAwwETmV4dDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABKZ1"
    "b+QvnMPMr9BiVijr4E7AlulHlG3TAfN4T0d/GCcbZdBxHC8vJF41e8JjyqfDzedWC8yvHHozoOMWWId3qPOjUzBRMB0GA1Ud"
    "DgQWBBR5MWUWfR3mvoQ+bblan+DnidNX6DAfBgNVHSMEGDAWgBR5MWUWfR3mvoQ+bblan+DnidNX6DAPBgNVHRMBAf8EBTAD"
    "AQH/MAoGCCqGSM49BAMCA0cAMEQCIAwsKknX3IqeArBaNmfY0g1cyf/F++m2v4+z//HCZXADAiAuVYWhGCgJ/wcDkYs2IEWg"
    "jUpKY6GBQR/kJ9KOMO7aFA=="
)
"""That of another one."""


def origin_pulls(**changes: Any) -> AuthenticatedOriginPullsInputs:
    """Authenticated origin pulls of the whole zone, with these changes."""
    given = AuthenticatedOriginPullsInputs(
        certificate_id="2458ce5a-0c35-4c7f-82c7-8e9487d3ff60", ca_certificates=(ORIGIN_CA,)
    )
    return replace(given, **changes)


def cloudflare_dns(of: Environment | None = None, **changes: Any) -> CloudflareDnsInputs:
    """The DNS at Cloudflare of an environment, of the smallest one unless another is given, with these changes."""
    found = (of or environment()).dns_inputs
    assert isinstance(found, CloudflareDnsInputs)
    return replace(found, **changes)


def module_json(build: Callable[[TerraformStack], object]) -> Json:
    """The Terraform JSON of a stack into which `build` put modules."""
    stack = ReadableStack(Testing.app(), "test")
    build(stack)
    document: Json = json.loads(Testing.synth(stack))
    return document


def unit_json(build: Callable[[App], TerraformStack]) -> Json:
    """The Terraform JSON of the unit that `build` returns."""
    return synthesized(build(Testing.app()))


def read_output(output: Path) -> Iterator[tuple[str, Json]]:
    """Each unit of a synthesized tree: its id and its Terraform JSON."""
    for file in sorted(output.glob("stacks/*/cdk.tf.json")):
        yield file.parent.name, json.loads(file.read_text())


def synthesized(stack: TerraformStack) -> Json:
    """What is written to disk for a unit: Testing.synth would leave the comments out."""
    output = Path(Testing.full_synth(stack))
    try:
        document: Json = json.loads((output / "stacks" / stack.node.id / "cdk.tf.json").read_text())
    finally:
        shutil.rmtree(output)
    return document


def only(resources: dict[str, Json]) -> Json:
    """The single resource of a type."""
    (resource,) = resources.values()
    return resource


def addresses(document: Json) -> set[str]:
    """The addresses of a unit's resources, such as `aws_vpc.network`."""
    return {f"{kind}.{name}" for kind, named in document.get("resource", {}).items() for name in named}
