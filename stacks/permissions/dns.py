"""Route 53: the records of the environment's zones. A zone has no tags of ours, so its id is the boundary."""

from __future__ import annotations

from collections.abc import Iterator

from modules.iam import Statement
from stacks.permissions.scope import Scope, calls


def describe(scope: Scope) -> Iterator[Statement]:
    """All records of the zones that have records of the environment."""
    if zones := _hosted_zones(scope):
        actions = calls("route53", "GetHostedZone ListResourceRecordSets")
        yield Statement(sid="DescribeRecords", actions=actions, resources=zones)


def change(scope: Scope) -> Iterator[Statement]:
    """Change them, and wait until all name servers have the change."""
    if zones := _hosted_zones(scope):
        yield Statement(sid="Records", actions=["route53:ChangeResourceRecordSets"], resources=zones)
        yield Statement(sid="RecordsInSync", actions=["route53:GetChange"], resources=["arn:aws:route53:::change/*"])


def _hosted_zones(scope: Scope) -> list[str]:
    return [f"arn:aws:route53:::hostedzone/{zone_id}" for zone_id in sorted(scope.environment.hosted_zones)]
