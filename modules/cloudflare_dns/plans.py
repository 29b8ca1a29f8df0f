"""What the plans of Cloudflare's zones allow of its firewall."""

from __future__ import annotations

from typing import Literal, NamedTuple

Plan = Literal["free", "pro", "business", "enterprise"]


class RateLimitAllowance(NamedTuple):
    """What a plan allows of rate limits. All count by address and data center."""

    most: int
    periods: tuple[int, ...]
    """In seconds."""
    block_seconds: tuple[int, ...]
    """How long a block may last."""
    by_hostname: bool
    """Whether an expression may read the hostname, and not the path alone."""


# https://developers.cloudflare.com/waf/rate-limiting-rules/#availability, with those values that the API takes:
# https://developers.cloudflare.com/waf/rate-limiting-rules/parameters/
_PERIODS = (10, 60, 120, 300, 600, 3600)
RATE_LIMITS: dict[Plan, RateLimitAllowance] = {
    "free": RateLimitAllowance(1, (10,), (10,), by_hostname=False),
    "pro": RateLimitAllowance(2, (10, 60), _PERIODS, by_hostname=True),
    "business": RateLimitAllowance(5, _PERIODS[:-1], (*_PERIODS, 86_400), by_hostname=True),
    "enterprise": RateLimitAllowance(100, _PERIODS, (*_PERIODS, 86_400), by_hostname=True),
}


class CustomRuleAllowance(NamedTuple):
    """What a plan allows of custom rules."""

    most: int
    regular_expressions: bool
    log: bool
    """Whether a rule may write a log entry and do nothing else."""


# https://developers.cloudflare.com/waf/custom-rules/#availability
CUSTOM_RULES: dict[Plan, CustomRuleAllowance] = {
    "free": CustomRuleAllowance(5, regular_expressions=False, log=False),
    "pro": CustomRuleAllowance(20, regular_expressions=False, log=False),
    "business": CustomRuleAllowance(100, regular_expressions=True, log=False),
    "enterprise": CustomRuleAllowance(1000, regular_expressions=True, log=True),
}
