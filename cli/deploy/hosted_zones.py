"""Asks Route 53 for the zones in which records are to be made, before a deployment finds out half-way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modules.validation import examples
from stacks.config.schema import Environment

if TYPE_CHECKING:
    import boto3


def problems(environment: Environment, session: boto3.Session) -> Iterator[str]:
    """What is wrong with them, in lines; nothing where the environment has none."""
    if not environment.hosted_zones or any(path.endswith("zone_id") for path in examples(environment.dns_inputs)):
        return
    # Names that are for a VPC alone may be in a private zone, but ACM validates none there.
    may_be_private = environment.django_service.load_balancer.internal and environment.certificate.existing_arn
    client = session.client("route53")
    for zone_id, name in environment.hosted_zones.items():
        where = f"{environment.dns_field}: the hosted zone {zone_id}"
        try:
            found = client.get_hosted_zone(Id=zone_id)["HostedZone"]
        except client.exceptions.NoSuchHostedZone:
            yield f"{where}: is not in this account: create it, or correct zone_id"
            continue
        if found["Name"] != f"{name}.":
            yield f"{where}: is {found['Name'].rstrip('.')}, not {name}: correct one of them"
        elif found.get("Config", {}).get("PrivateZone") and not may_be_private:
            yield f"{where}: is private, so nobody on the internet finds its names: name a public one"
