"""The providers of a unit. No credential is ever written here: Terraform takes them from its own environment."""

from __future__ import annotations

from typing import Any

from cdktf import TerraformStack
from cdktf_cdktf_provider_aws.provider import AwsProvider, AwsProviderDefaultTags
from cdktf_cdktf_provider_cloudflare.provider import CloudflareProvider

from stacks.config.providers import AWS, CLOUDFLARE
from stacks.config.schema import Environment
from stacks.unit import Unit


def aws(unit: TerraformStack, environment: Environment) -> None:
    """AWS in the environment's region, refusing every account but the environment's own."""
    AwsProvider(
        unit,
        "aws",
        region=environment.region,
        allowed_account_ids=[environment.account_id],
        default_tags=[AwsProviderDefaultTags(tags=environment.all_tags)],
    )
    _require(unit, "aws", environment.providers.aws, AWS)


def cloudflare(unit: Unit[Any]) -> None:
    """Cloudflare, with the token that Terraform reads from CLOUDFLARE_API_TOKEN."""
    CloudflareProvider(unit, "cloudflare")
    _require(unit, "cloudflare", unit.environment.providers.cloudflare, CLOUDFLARE)


def _require(unit: TerraformStack, name: str, version: str, of_the_bindings: str) -> None:
    if version != of_the_bindings:  # which they write themselves
        unit.add_override(f"terraform.required_providers.{name}.version", version)
