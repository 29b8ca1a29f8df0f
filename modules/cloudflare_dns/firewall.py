"""What Cloudflare refuses or challenges of the requests to some hostnames."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from cdktf_cdktf_provider_cloudflare.ruleset import Ruleset, RulesetRules, RulesetRulesRatelimit
from constructs import Construct

from modules.cloudflare_dns.expressions import of_hostnames
from modules.cloudflare_dns.firewall_inputs import CustomRuleInputs, RateLimitInputs

Phase = Literal["http_ratelimit", "http_request_firewall_custom"]

# Data centers share no counters, which an expression of the API must say.
# https://developers.cloudflare.com/waf/rate-limiting-rules/request-rate/
COUNTED_BY = ["cf.colo.id", "ip.src"]


class RateLimits(Construct):
    """The zone's only set of rate limits. Their inputs are those of `CloudflareDnsInputs`, which judge them."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        limits: Mapping[str, RateLimitInputs],
        zone_id: str,
        hostnames: Iterable[str],
    ) -> None:
        super().__init__(scope, id)
        rules = [_rate_limit(name, limit, limit.expression(hostnames)) for name, limit in limits.items()]
        _entry_point(self, "http_ratelimit", zone_id, rules)


class CustomRules(Construct):
    """The zone's only set of custom rules, in their order: a block ends it."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        rules: Mapping[str, CustomRuleInputs],
        zone_id: str,
        hostnames: Iterable[str],
    ) -> None:
        super().__init__(scope, id)
        names = tuple(hostnames)
        found = [
            RulesetRules(
                ref=name,
                description=name,
                expression=of_hostnames(names, rule.expression),
                action=rule.action,
                enabled=True,
            )
            for name, rule in rules.items()
        ]
        _entry_point(self, "http_request_firewall_custom", zone_id, found)


def _rate_limit(name: str, limit: RateLimitInputs, expression: str) -> RulesetRules:
    return RulesetRules(
        ref=name,  # keeps the rule's identity, and its counters, when another is put before it
        description=name,
        expression=expression,
        action=limit.action,
        ratelimit=RulesetRulesRatelimit(
            characteristics=COUNTED_BY,
            period=limit.period_seconds,
            requests_per_period=limit.requests,
            mitigation_timeout=limit.mitigation_timeout,
        ),
        enabled=True,
    )


def _entry_point(scope: Construct, phase: Phase, zone_id: str, rules: list[RulesetRules]) -> None:
    """A zone has one for each phase: https://developers.cloudflare.com/ruleset-engine/about/rulesets/."""
    Ruleset(scope, "Default", zone_id=zone_id, name="default", kind="zone", phase=phase, rules=rules)
