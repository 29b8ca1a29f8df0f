"""CloudFront in front of a trial: it caches no page, and nobody else's addresses are admitted."""

from __future__ import annotations

from collections.abc import Iterator

from cli.review.gate.resources import Resource
from cli.review.gate.rule import Rule
from modules.cloudfront.inputs import CACHE_NOTHING

_EVERY_PATH = ("*", "/*")
_ADDRESSES = "data.aws_ec2_managed_prefix_list"


def _caches_pages(resource: Resource) -> Iterator[str]:
    behaviors = [("default_cache_behavior", each) for each in resource.blocks("default_cache_behavior")]
    behaviors += [
        ("ordered_cache_behavior", each)
        for each in resource.blocks("ordered_cache_behavior")
        if each.get("path_pattern") in _EVERY_PATH
    ]
    return (name for name, each in behaviors if each.get("cache_policy_id") != CACHE_NOTHING)


def _other_list(resource: Resource) -> bool:
    given = resource.get("prefix_list_id")
    is_behind = bool(resource.unit.of("aws_cloudfront_distribution"))
    return is_behind and bool(given) and _ADDRESSES not in resource.refers("prefix_list_id")


RULES = (
    Rule(
        "cloudfront/caches-pages",
        ("aws_cloudfront_distribution",),
        _caches_pages,
        "{} caches pages of signed-in users too: leave cache_policy_id with CachingDisabled",
    ),
    Rule(
        "cloudfront/other-list",
        ("aws_vpc_security_group_ingress_rule",),
        _other_list,
        "it admits others than CloudFront over plain HTTP: leave prefix_list_id with the list of AWS",
    ),
)
