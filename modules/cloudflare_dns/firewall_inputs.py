"""Inputs of the firewall at Cloudflare: what it refuses or challenges before a request reaches the load balancer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, get_args

from modules.cloudflare_dns import expressions
from modules.cloudflare_dns.plans import CUSTOM_RULES, RATE_LIMITS, Plan
from modules.validation import Problem, inputs, show

Challenge = Literal["managed_challenge", "js_challenge", "challenge"]
CHALLENGES: tuple[Challenge, ...] = get_args(Challenge)
CustomAction = Literal["block", Challenge, "log"]

_NAME = re.compile(r"(?=.{1,40}\Z)[a-z](-?[a-z0-9])*")
# Without . and .. as names: Cloudflare removes them before a rule sees the path.
# https://developers.cloudflare.com/rules/normalization/how-it-works/
_PATH = re.compile(r"(?=.{1,100}\Z)/((?!\.{1,2}(?:/|\Z))[A-Za-z0-9._~-]+(?:/|\Z))*")
_MOST_PATHS = 20


@inputs
class RateLimitInputs:
    """How often an address may ask for some paths. Each data center of Cloudflare counts for itself.

    https://developers.cloudflare.com/waf/rate-limiting-rules/
    """

    paths: tuple[str, ...]
    """Requests whose path begins with one of these are counted together: "/accounts/login/". "/" stands for all."""
    requests: int
    """How many an address may make in a period."""
    period_seconds: int = 10
    """10 on the plan free; 10 or 60 on pro; on business also 120, 300 and 600, on enterprise also 3600."""
    action: Literal["block", Challenge] = "block"
    """What happens to further requests. A block answers 429 for `block_seconds`; a challenge must be solved in a
    browser, which clients of an API cannot do."""
    block_seconds: int | None = None
    """How long a block lasts: 10 on the plan free; 10, 60, 120, 300, 600 or 3600 on pro; on higher ones also 86400.
    None: as long as the period."""
    whole_zone: bool = False
    """Whether the limit applies to every hostname of the zone. It must on the plan free, whose expressions can read the
    path only; on other plans a limit applies to this environment's hostnames."""

    def rules(self) -> Iterator[Problem]:
        if not 1 <= len(self.paths) <= _MOST_PATHS:
            yield Problem("paths", f"got {len(self.paths)}", f"name 1 to {_MOST_PATHS}")
        if len(set(self.paths)) < len(self.paths):
            yield Problem("paths", "one is named twice", "name each once")
        for path in self.paths:
            if not _PATH.fullmatch(path):
                yield Problem("paths", f"{show(path)} is not a valid path", 'write it as "/accounts/login/"')
        if self.requests < 1:
            yield Problem("requests", f"got {show(self.requests)}", "choose 1 or more")
        if self.block_seconds is not None and self.action != "block":
            what = f"{self.action} has no duration: whoever passes it starts from 0 again"
            yield Problem("block_seconds", what, "remove it")

    @property
    def mitigation_timeout(self) -> int:
        """As Cloudflare takes it: a challenge has none."""
        if self.action != "block":
            return 0
        return self.period_seconds if self.block_seconds is None else self.block_seconds

    def expression(self, hostnames: Iterable[str]) -> str:
        """The requests that are counted."""
        paths = expressions.below(self.paths)
        return paths if self.whole_zone else expressions.of_hostnames(hostnames, paths)

    def rules_of_plan(self, plan: Plan) -> Iterator[Problem]:
        """What the zone's plan does not have."""
        allowed = RATE_LIMITS[plan]
        if self.period_seconds not in allowed.periods:
            what = f"{show(self.period_seconds)} seconds are not possible on the plan {plan}"
            yield Problem("period_seconds", what, f"choose {_choices(allowed.periods)}")
        elif self.action == "block" and self.mitigation_timeout not in allowed.block_seconds:
            what = f"{show(self.mitigation_timeout)} seconds are not possible on the plan {plan}"
            yield Problem("block_seconds", what, f"choose {_choices(allowed.block_seconds)}")
        if allowed.by_hostname and self.whole_zone:
            what = f"the plan {plan} can limit by hostname"
            yield Problem("whole_zone", what, "remove it")
        elif not allowed.by_hostname and not self.whole_zone:
            what = f"the plan {plan} cannot limit by hostname, so requests to the whole zone are counted"
            yield Problem("whole_zone", what, 'set whole_zone=True, or zone_plan="pro" for a zone that has it')


@inputs
class CustomRuleInputs:
    """A custom rule, which applies to this environment's hostnames alone.

    https://developers.cloudflare.com/waf/custom-rules/
    """

    expression: str
    """Which requests, in Cloudflare's rules language: `ip.src.country in {"XX"} and
    starts_with(http.request.uri.path, "/admin/")`. Hostnames need not be named. Cloudflare refuses a field that the
    zone's plan does not have when it is deployed.
    https://developers.cloudflare.com/ruleset-engine/rules-language/fields/reference/"""
    action: CustomAction
    """A block answers 403. "log" only writes an entry, on the plan enterprise."""

    def rules(self) -> Iterator[Problem]:
        if len(self.expression) > expressions.MOST_CHARACTERS:
            yield _too_long("expression", self.expression)
        elif not expressions.is_closed(self.expression):
            what = "is empty, or has an unbalanced quote or parenthesis"
            yield Problem("expression", what, "write one complete expression")
        elif expressions.is_constant(self.expression):
            what = "contains true or false, which may make it match every request or none"
            yield Problem("expression", what, "use conditions only; a boolean field stands alone, as in `not ssl`")

    def rules_of_plan(self, plan: Plan) -> Iterator[Problem]:
        """What the zone's plan does not have."""
        allowed = CUSTOM_RULES[plan]
        if not allowed.regular_expressions and expressions.has_regular_expression(self.expression):
            what = f"the plan {plan} has no regular expressions"
            yield Problem("expression", what, "use wildcard, contains, starts_with() or ends_with()")
        if self.action == "log" and not allowed.log:
            yield Problem("action", f"the plan {plan} has no action log", 'choose "block" or a challenge')


def rules_of_zone(
    plan: Plan,
    hostnames: tuple[str, ...],
    rate_limits: Mapping[str, RateLimitInputs],
    custom_rules: Mapping[str, CustomRuleInputs],
) -> Iterator[Problem]:
    """Rules over the firewall of a zone, by the fields `rate_limits` and `custom_rules`."""
    yield from _number_rules("rate_limits", rate_limits, plan, RATE_LIMITS[plan].most)
    yield from _number_rules("custom_rules", custom_rules, plan, CUSTOM_RULES[plan].most)
    found: dict[str, tuple[RateLimitInputs | CustomRuleInputs, str]] = {
        **{f"rate_limits[{name!r}]": (each, each.expression(hostnames)) for name, each in rate_limits.items()},
        **{
            f"custom_rules[{name!r}]": (each, expressions.of_hostnames(hostnames, each.expression))
            for name, each in custom_rules.items()
        },
    }
    for where, (each, expression) in found.items():
        for problem in each.rules_of_plan(plan):
            yield Problem(f"{where}.{problem.field}", problem.what, problem.remedy)
        if len(expression) > expressions.MOST_CHARACTERS:
            field = "paths" if isinstance(each, RateLimitInputs) else "expression"
            yield _too_long(f"{where}.{field}", expression)


def _number_rules(field: str, named: Mapping[str, object], plan: Plan, most: int) -> Iterator[Problem]:
    if len(named) > most:
        yield Problem(field, f"got {len(named)}, and the plan {plan} has {most} for the whole zone", f"keep to {most}")
    for name in named:
        if not _NAME.fullmatch(name):
            remedy = "use 1 to 40 of a-z, 0-9 and single hyphens, a letter first"
            yield Problem(field, f"{show(name)} is not a valid name", remedy)


def _too_long(field: str, expression: str) -> Problem:
    what = f"{len(expression)} characters, with those of the hostnames, are too many for an expression"
    return Problem(field, what, f"keep to {expressions.MOST_CHARACTERS} in all")


def _choices(numbers: Iterable[int]) -> str:
    *others, last = map(str, numbers)
    return f"{', '.join(others)} or {last}" if others else last
