"""The providers of a unit. No credential is ever written here: Terraform takes them from its own environment."""

from __future__ import annotations

from typing import Any

from cdktf import TerraformStack
from cdktf_cdktf_provider_aws.provider import AwsProvider, AwsProviderDefaultTags
from cdktf_cdktf_provider_cloudflare.provider import CloudflareProvider

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
    unit.add_override("terraform.required_providers.aws.version", environment.providers.aws)


def aws_in(unit: TerraformStack, environment: Environment, region: str) -> AwsProvider:
    """AWS in another region, beside `aws`: https://developer.hashicorp.com/terraform/language/providers/configuration."""
    return AwsProvider(
        unit,
        f"aws-{region}",
        alias=region,
        region=region,
        allowed_account_ids=[environment.account_id],
        default_tags=[AwsProviderDefaultTags(tags=environment.all_tags)],
    )


def cloudflare(unit: Unit[Any]) -> None:
    """Cloudflare, with the token that Terraform reads from CLOUDFLARE_API_TOKEN."""
    CloudflareProvider(unit, "cloudflare")
    unit.add_override("terraform.required_providers.cloudflare.version", unit.environment.providers.cloudflare)
