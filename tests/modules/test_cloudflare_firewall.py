"""Rate limits and custom rules at Cloudflare: of this environment's hostnames alone, and within the zone's plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from modules.cloudflare_dns.expressions import MOST_CHARACTERS, is_closed, is_of_hostnames
from modules.cloudflare_dns.firewall import CustomRules, RateLimits
from modules.cloudflare_dns.firewall_inputs import CustomRuleInputs, RateLimitInputs
from modules.cloudflare_dns.inputs import CloudflareDnsInputs
from modules.dns import HostnameInputs
from modules.validation import problems, validate
from tests.linear import repeated, unless_it_hangs
from tests.support import Json, module_json, only

ZONE = "0123456789abcdef" * 2
NAMES = ("api.example.com", "example.com")
HOSTS = 'http.host in {"api.example.com" "example.com"}'
LOGIN = RateLimitInputs(paths=("/accounts/login/", "/api/token/"), requests=20)
ABROAD = CustomRuleInputs(expression='ip.src.country in {"XX"} or cf.client.bot', action="block")
OF_PATHS = 'starts_with(http.request.uri.path, "/accounts/login/") or starts_with(http.request.uri.path, "/api/token/")'


def rate_limits(**limits: RateLimitInputs) -> Json:
    document = module_json(lambda stack: RateLimits(stack, "it", limits=limits, zone_id=ZONE, hostnames=NAMES))
    return only(document["resource"]["cloudflare_ruleset"])


def custom_rules(rules: Mapping[str, CustomRuleInputs]) -> Json:
    document = module_json(lambda stack: CustomRules(stack, "it", rules=rules, zone_id=ZONE, hostnames=NAMES))
    return only(document["resource"]["cloudflare_ruleset"])


def inputs(**changes: Any) -> CloudflareDnsInputs:
    return CloudflareDnsInputs(
        **{"zone_id": ZONE, "zone_name": "example.com", "record_name": "api", "zone_plan": "pro", **changes}
    )


def lines(**changes: Any) -> list[str]:
    return [": ".join(problem) for problem in problems(inputs(**changes))]


def limited(plan: str = "pro", **changes: Any) -> list[str]:
    return lines(zone_plan=plan, rate_limits={"login": replace(LOGIN, **changes)})


def ruled(expression: str, plan: str = "pro", action: Any = "block") -> list[str]:
    return lines(zone_plan=plan, custom_rules={"it": CustomRuleInputs(expression=expression, action=action)})


class TestRateLimits:
    def test_an_address_is_blocked_that_asks_too_often_for_paths_of_our_hostnames(self) -> None:
        found = rate_limits(login=replace(LOGIN, period_seconds=60, block_seconds=600))
        assert (found["kind"], found["phase"], found["zone_id"]) == ("zone", "http_ratelimit", ZONE)
        assert found["rules"] == [
            {
                "ref": "login",
                "description": "login",
                "expression": f"{HOSTS} and ({OF_PATHS})",
                "action": "block",
                "ratelimit": {
                    "characteristics": ["cf.colo.id", "ip.src"],
                    "period": 60,
                    "requests_per_period": 20,
                    "mitigation_timeout": 600,
                },
                "enabled": True,
            }
        ]

    def test_a_block_is_as_long_as_the_period_unless_somebody_says_so(self) -> None:
        assert rate_limits(login=LOGIN)["rules"][0]["ratelimit"]["mitigation_timeout"] == 10

    def test_a_challenge_has_no_duration(self) -> None:
        rule = rate_limits(login=replace(LOGIN, action="managed_challenge"))["rules"][0]
        assert (rule["action"], rule["ratelimit"]["mitigation_timeout"]) == ("managed_challenge", 0)

    def test_on_the_plan_free_it_is_that_of_the_whole_zone_whose_expressions_have_no_hostname(self) -> None:
        rule = rate_limits(login=replace(LOGIN, whole_zone=True))["rules"][0]
        assert rule["expression"] == OF_PATHS


class TestCustomRules:
    def test_they_are_those_of_our_hostnames_in_their_order(self) -> None:
        last = CustomRuleInputs(expression="not ssl", action="managed_challenge")
        found = custom_rules({"abroad": ABROAD, "a-last": last})
        assert (found["kind"], found["phase"], found["zone_id"]) == ("zone", "http_request_firewall_custom", ZONE)
        assert found["rules"] == [
            {
                "ref": "abroad",
                "description": "abroad",
                "expression": f"{HOSTS} and ({ABROAD.expression})",
                "action": "block",
                "enabled": True,
            },
            {
                "ref": "a-last",
                "description": "a-last",
                "expression": f"{HOSTS} and (not ssl)",
                "action": "managed_challenge",
                "enabled": True,
            },
        ]

    @pytest.mark.parametrize(
        "expression",
        [
            'http.user_agent contains "(" or http.user_agent contains "a \\" ) b"',
            r'http.request.uri.path eq r"C:\" or http.user_agent eq r#"a " ) b"# or (ssl and (not ssl))',
            'http.request.uri.path eq "/true" and http.cookie contains "is false"',
        ],
    )
    def test_what_stands_in_strings_is_not_read(self, expression: str) -> None:
        assert ruled(expression) == []
        made = custom_rules({"it": replace(ABROAD, expression=expression)})
        assert is_of_hostnames(made["rules"][0]["expression"])

    @pytest.mark.parametrize(
        "expression",
        ["", "not ssl) or (not ssl", "(not ssl", "not ssl)", 'http.host eq "a', ')("', '"" ) or ( ""', 'eq r#"a" or "'],
    )
    def test_none_reaches_beyond_our_hostnames(self, expression: str) -> None:
        what = "is empty, or has an unbalanced quote or parenthesis"
        line = f"custom_rules['it'].expression: {what}: write one complete expression"
        assert [found for found in ruled(expression) if "white space" not in found] == [line]

    @pytest.mark.parametrize("expression", ["true", "not ssl or true", "(not ssl)or(true)", "ssl and false"])
    def test_none_holds_for_every_request_or_for_none(self, expression: str) -> None:
        (line,) = ruled(expression)
        assert line.startswith("custom_rules['it'].expression: contains true or false, which may make it match every")

    def test_whether_it_is_closed_is_seen_at_once(self) -> None:
        for text in ('r#"', "(", '"', '\\"', 'r"" ', '"\\'):
            with unless_it_hangs():
                assert not is_closed(repeated(text))


class TestPlans:
    @pytest.mark.parametrize(
        ("plan", "changes"),
        [
            ("free", {"whole_zone": True}),
            ("free", {"whole_zone": True, "action": "managed_challenge", "paths": ("/",)}),
            ("pro", {"period_seconds": 60, "block_seconds": 3600}),
            ("business", {"period_seconds": 600, "block_seconds": 86_400}),
            ("enterprise", {"period_seconds": 3600, "paths": ("/a", "/b/c", "/..d/", "/.well-known/x")}),
        ],
    )
    def test_what_the_plan_has_is_accepted(self, plan: str, changes: Json) -> None:
        assert limited(plan, **changes) == []

    @pytest.mark.parametrize(
        ("plan", "changes", "line"),
        [
            (
                "free",
                {},
                (
                    "whole_zone: the plan free cannot limit by hostname, so requests to the whole zone are counted: "
                    'set whole_zone=True, or zone_plan="pro" for a zone that has it'
                ),
            ),
            ("pro", {"whole_zone": True}, "whole_zone: the plan pro can limit by hostname: remove it"),
            (
                "free",
                {"whole_zone": True, "period_seconds": 60},
                "period_seconds: 60 seconds are not possible on the plan free: choose 10",
            ),
            (
                "pro",
                {"period_seconds": 120},
                "period_seconds: 120 seconds are not possible on the plan pro: choose 10 or 60",
            ),
            (
                "free",
                {"whole_zone": True, "block_seconds": 60},
                "block_seconds: 60 seconds are not possible on the plan free: choose 10",
            ),
            (
                "pro",
                {"block_seconds": 86_400},
                "block_seconds: 86400 seconds are not possible on the plan pro: choose 10, 60, 120, 300, 600 or 3600",
            ),
            (
                "pro",
                {"action": "challenge", "block_seconds": 60},
                "block_seconds: challenge has no duration: whoever passes it starts from 0 again: remove it",
            ),
            ("pro", {"requests": 0}, "requests: got 0: choose 1 or more"),
            ("pro", {"paths": ()}, "paths: got 0: name 1 to 20"),
            ("pro", {"paths": ("/a/", "/a/")}, "paths: one is named twice: name each once"),
            ("pro", {"paths": ("a/",)}, "paths: 'a/' is not a valid path: write it as \"/accounts/login/\""),
            ("pro", {"paths": ("/a/../",)}, "paths: '/a/../' is not a valid path: write it as \"/accounts/login/\""),
            ("pro", {"paths": ('/"',)}, 'paths: \'/"\' is not a valid path: write it as "/accounts/login/"'),
        ],
    )
    def test_a_limit_that_it_does_not_have_is_refused(self, plan: str, changes: Json, line: str) -> None:
        assert limited(plan, **changes) == [f"rate_limits['login'].{line}"]

    @pytest.mark.parametrize(
        ("field", "plan", "most"),
        [
            ("rate_limits", "free", 1),
            ("rate_limits", "pro", 2),
            ("custom_rules", "free", 5),
            ("custom_rules", "pro", 20),
        ],
    )
    def test_it_has_so_many_for_the_whole_zone(self, field: str, plan: str, most: int) -> None:
        one = replace(LOGIN, whole_zone=plan == "free") if field == "rate_limits" else ABROAD
        named = {f"it-{number}": one for number in range(most + 1)}
        what = f"{field}: got {most + 1}, and the plan {plan} has {most} for the whole zone: keep to {most}"
        assert lines(zone_plan=plan, **{field: named}) == [what]
        named.pop("it-0")
        assert lines(zone_plan=plan, **{field: named}) == []

    @pytest.mark.parametrize(
        "expression",
        ['http.user_agent matches "a"', 'http.user_agent ~ "a"', 'regex_replace(http.host, "a", "") eq ""'],
    )
    def test_regular_expressions_are_those_of_higher_plans(self, expression: str) -> None:
        remedy = "use wildcard, contains, starts_with() or ends_with()"
        line = f"custom_rules['it'].expression: the plan pro has no regular expressions: {remedy}"
        assert (ruled(expression), ruled(expression, "business")) == ([line], [])

    def test_only_enterprise_logs(self) -> None:
        line = "custom_rules['it'].action: the plan business has no action log: choose \"block\" or a challenge"
        assert (ruled("ssl", "business", "log"), ruled("ssl", "enterprise", "log")) == ([line], [])


class TestZone:
    def test_its_hostnames_are_ours_within_it(self) -> None:
        further = (
            HostnameInputs(hostname="example.com", redirect=True),
            HostnameInputs(hostname="www.example.net", zone_id="1" * 32, zone_name="example.net"),
        )
        assert inputs(further_hostnames=further).hostnames_of_zone == NAMES

    @pytest.mark.parametrize(("field", "one"), [("rate_limits", LOGIN), ("custom_rules", ABROAD)])
    def test_what_has_no_effect_is_refused(self, field: str, one: object) -> None:
        assert lines(**{field: {}}) == [f"{field}: is empty: name one, or set it to None"]
        what = f"{field}: Cloudflare sees no requests to what it does not proxy: set proxied=True, or {field}=None"
        assert lines(proxied=False, **{field: {"it": one}}) == [what]
        (line,) = lines(**{field: {"It's": one}})
        assert line.startswith(f'{field}: "It\'s" is not a valid name: use 1 to 40 of a-z, 0-9 and single hyphens')

    def test_an_expression_ends_at_4096_characters_with_the_hostnames(self) -> None:
        prefix = 'http.host in {"api.example.com"} and ()'
        text = f'http.user_agent eq "{"a" * (MOST_CHARACTERS - len(prefix) - 21)}"'
        assert ruled(text) == []
        what = "4097 characters, with those of the hostnames, are too many for an expression"
        line = f"custom_rules['it'].expression: {what}: keep to 4096 in all"
        assert ruled(text.replace("aa", "aaa", 1)) == [line]
        validate(inputs(rate_limits={"it": replace(LOGIN, paths=tuple(f"/{n:098}/" for n in range(20)))}))
