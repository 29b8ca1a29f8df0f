"""The web ACL: what it blocks, whom it counts by, what it logs, and what of it AWS would refuse."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from modules.validation import line, problems
from modules.web_acl.inputs import LARGE_BODIES, MOST_CAPACITY, WebAclExceptionInputs, WebAclInputs
from modules.web_acl.main import WebAcl
from modules.web_acl.managed_rules import GROUPS, LABELS
from tests.support import Json, module_json, only

BALANCER = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/django-test/0123456789abcdef"
EXISTING = "arn:aws:wafv2:us-east-1:123456789012:regional/webacl/company/0123-abcd"
EDITOR = WebAclExceptionInputs(rule="CrossSiteScripting_BODY", reason="It sends HTML", paths=("/editor/", "/pages/"))
COMMON = "AWSManagedRulesCommonRuleSet"


def resources(inputs: WebAclInputs, client_ip_header: str | None = None) -> Json:
    def build(stack: Any) -> None:
        WebAcl(
            stack,
            "web-acl",
            inputs=inputs,
            prefix="django-test",
            load_balancer_arn=BALANCER,
            client_ip_header=client_ip_header,
        )

    found: Json = module_json(build)["resource"]
    return found


def rules(inputs: WebAclInputs, client_ip_header: str | None = None) -> dict[str, Json]:
    """By name, in the order in which requests meet them."""
    acl = only(resources(inputs, client_ip_header)["aws_wafv2_web_acl"])
    return {rule["name"]: rule for rule in sorted(acl["rule"], key=lambda rule: rule["priority"])}


@pytest.fixture(scope="module")
def default() -> Json:
    return resources(WebAclInputs())


@pytest.fixture(scope="module")
def of_default(default: Json) -> dict[str, Json]:
    return {rule["name"]: rule for rule in only(default["aws_wafv2_web_acl"])["rule"]}


def test_the_load_balancer_has_it_and_what_no_rule_blocks_is_allowed(default: Json) -> None:
    assert only(default["aws_wafv2_web_acl_association"]) == {
        "resource_arn": BALANCER,
        "web_acl_arn": "${aws_wafv2_web_acl.web_acl.arn}",
    }
    acl = only(default["aws_wafv2_web_acl"])
    assert (acl["name"], acl["scope"], acl["default_action"]) == ("django-test", "REGIONAL", {"allow": {}})


def test_rates_come_first_and_then_four_groups_of_aws(of_default: dict[str, Json]) -> None:
    assert {name: rule["priority"] for name, rule in of_default.items()} == {
        "rate": 10,
        "login-rate": 20,
        "AWSManagedRulesAmazonIpReputationList": 30,
        COMMON: 40,
        "AWSManagedRulesKnownBadInputsRuleSet": 50,
        "AWSManagedRulesSQLiRuleSet": 60,
    }
    for group in GROUPS:
        assert of_default[group.name]["override_action"] == {"none": {}}
        statement = of_default[group.name]["statement"]["managed_rule_group_statement"]
        assert (statement["vendor_name"], statement["name"]) == ("AWS", group.name)


def test_an_address_is_answered_429_beyond_its_rate_and_sooner_where_users_sign_in(of_default: dict[str, Json]) -> None:
    rate, login = (of_default[name]["statement"]["rate_based_statement"] for name in ("rate", "login-rate"))
    assert rate == {"limit": 2000, "evaluation_window_sec": 300, "aggregate_key_type": "IP"}
    assert (login["limit"], login["aggregate_key_type"]) == (100, "IP")
    match = login["scope_down_statement"]["byte_match_statement"]
    assert (match["positional_constraint"], match["search_string"]) == ("STARTS_WITH", "/admin/login/")
    # /admin/%6Cogin/ is the same page to Django.
    assert match["text_transformation"] == [{"priority": 0, "type": "URL_DECODE"}]
    for name in ("rate", "login-rate"):
        assert of_default[name]["action"] == {"block": {"custom_response": {"response_code": 429}}}


def test_several_paths_share_one_limit_and_none_has_none() -> None:
    login = rules(WebAclInputs(login_paths=("/admin/login/", "/api/token/")))["login-rate"]
    either = login["statement"]["rate_based_statement"]["scope_down_statement"]["or_statement"]["statement"]
    assert [each["byte_match_statement"]["search_string"] for each in either] == ["/admin/login/", "/api/token/"]
    assert "login-rate" not in rules(WebAclInputs(login_paths=()))


def test_behind_a_proxy_visitors_are_counted_by_its_header_and_its_own_addresses_are_not_judged() -> None:
    found = rules(WebAclInputs(), "CF-Connecting-IP")
    for name in ("rate", "login-rate"):
        statement = found[name]["statement"]["rate_based_statement"]
        assert statement["aggregate_key_type"] == "FORWARDED_IP"
        assert statement["forwarded_ip_config"] == {"header_name": "CF-Connecting-IP", "fallback_behavior": "NO_MATCH"}
    assert "AWSManagedRulesAmazonIpReputationList" not in found


def test_large_bodies_are_counted_by_default(of_default: dict[str, Json]) -> None:
    assert of_default[COMMON]["statement"]["managed_rule_group_statement"]["rule_action_override"] == [
        {"name": "SizeRestrictions_BODY", "action_to_use": {"count": {}}}
    ]


def test_an_exception_with_paths_blocks_everywhere_else() -> None:
    found = rules(WebAclInputs(exceptions=(EDITOR,)))
    assert found[COMMON]["statement"]["managed_rule_group_statement"]["rule_action_override"] == [
        {"name": "CrossSiteScripting_BODY", "action_to_use": {"count": {}}}
    ]
    name, rule = list(found.items())[-1]  # the label is there after the group
    assert (name, rule["action"]) == ("CrossSiteScripting_BODY-elsewhere", {"block": {}})
    labelled, *others = rule["statement"]["and_statement"]["statement"]
    label = "awswaf:managed:aws:core-rule-set:CrossSiteScripting_Body"
    assert labelled == {"label_match_statement": {"scope": "LABEL", "key": label}}
    paths = [each["not_statement"]["statement"][0]["byte_match_statement"]["search_string"] for each in others]
    assert paths == ["/editor/", "/pages/"]


def test_where_it_only_counts_no_rule_blocks() -> None:
    found = rules(WebAclInputs(count_only=True, exceptions=(LARGE_BODIES, EDITOR)))
    assert len(found) == 7
    for rule in found.values():
        assert (rule.get("action") or rule["override_action"]) == {"count": {}}


def test_the_log_has_what_is_blocked_or_counted_without_secrets_and_nothing_is_sampled(default: Json) -> None:
    group = only(default["aws_cloudwatch_log_group"])
    assert group == {"name": "aws-waf-logs-django-test", "retention_in_days": 90}
    log = only(default["aws_wafv2_web_acl_logging_configuration"])
    assert log["log_destination_configs"] == ["${aws_cloudwatch_log_group.web_acl_log_group.arn}"]
    assert [each["single_header"]["name"] for each in log["redacted_fields"]] == ["authorization", "cookie"]
    assert log["logging_filter"]["default_behavior"] == "DROP"
    (kept,) = log["logging_filter"]["filter"]
    assert (kept["behavior"], kept["requirement"]) == ("KEEP", "MEETS_ANY")
    actions = [each["action_condition"]["action"] for each in kept["condition"]]
    assert actions == ["BLOCK", "COUNT", "EXCLUDED_AS_COUNT"]
    text = json.dumps(only(default["aws_wafv2_web_acl"]))
    assert text.count('"sampled_requests_enabled": false') == 7
    assert '"sampled_requests_enabled": true' not in text


def test_of_one_that_exists_only_the_association_is_made() -> None:
    found = resources(WebAclInputs(existing_arn=EXISTING))
    assert found == {
        "aws_wafv2_web_acl_association": {
            "web_acl_association": {"resource_arn": BALANCER, "web_acl_arn": EXISTING},
        }
    }


@pytest.mark.parametrize(
    ("rule", "label"),
    [
        ("UserAgent_BadBots_HEADER", "core-rule-set:BadBots_Header"),
        ("SizeRestrictions_Cookie_HEADER", "core-rule-set:SizeRestrictions_Cookie_Header"),
        ("GenericLFI_URIPATH", "core-rule-set:GenericLFI_URIPath"),
        ("Host_localhost_HEADER", "known-bad-inputs:Host_Localhost_Header"),
        ("PROPFIND_METHOD", "known-bad-inputs:Propfind_Method"),
        ("SQLi_QUERYARGUMENTS", "sql-database:SQLi_QueryArguments"),
        ("SQLiExtendedPatterns_URIPATH", "sql-database:SQLiExtendedPatterns_UriPath"),
        ("AWSManagedIPDDoSList", "amazon-ip-list:AWSManagedIPDDoSList"),
    ],
)
def test_labels_are_spelled_as_aws_does(rule: str, label: str) -> None:
    # https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-list.html
    assert LABELS[rule] == f"awswaf:managed:aws:{label}"
    assert len(LABELS) == sum(len(group.labels) for group in GROUPS) == 45


class TestCapacity:
    def test_the_default_takes_what_aws_says(self) -> None:
        # 700, 200, 200 and 25 of the groups, 2 of a rate, and 14 of one that looks at a path.
        assert WebAclInputs().capacity == 1141

    def test_as_many_paths_are_accepted_as_there_is_room_for_and_one_more_is_not(self) -> None:
        paths = tuple(f"/editor-{number}/" for number in range(29))
        full = WebAclInputs(exceptions=(replace(EDITOR, paths=paths),))
        assert full.capacity == 1490
        assert not list(problems(full))
        more = replace(full, exceptions=(replace(EDITOR, paths=(*paths, "/more/")),))
        (problem,) = map(line, problems(more))
        assert problem == (
            f"exceptions: and login_paths take 1,502 WCU of {MOST_CAPACITY:,} with the rules of AWS: name fewer paths, "
            "each takes 12, or none for everywhere"
        )


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"rate_limit": 9, "login_paths": ()}, "rate_limit: got 9: choose 10 to 2,000,000,000"),
        ({"rate_limit": 2_000_000_001}, "rate_limit: got 2000000001: choose 10 to 2,000,000,000"),
        ({"login_rate_limit": 2000}, "login_rate_limit: 2000 is not below rate_limit 2000: choose a lower limit"),
        ({"rate_window_seconds": 90}, "rate_window_seconds: got 90: give one of 60, 120, 300, 600"),
        ({"login_paths": ("login",)}, "login_paths: 'login' is not a path: write it as "),
        ({"login_paths": ("/a?b",)}, "login_paths: '/a?b' is not a path: write it as "),
        ({"login_paths": ("/",)}, "login_paths: every path begins with '/': name a longer path, or lower "),
        ({"login_paths": ("/" + "a" * 200,)}, "login_paths: "),
        ({"login_paths": ("/a/", "/a/")}, "login_paths: name one twice: name each once"),
        ({"exceptions": (EDITOR, EDITOR)}, "exceptions: name 'CrossSiteScripting_BODY' twice: make one entry of them"),
        ({"exceptions": (replace(EDITOR, rule="XSS"),)}, "exceptions[0].rule: 'XSS' is not a rule of AWSManaged"),
        ({"exceptions": (replace(EDITOR, reason=""),)}, "exceptions[0].reason: got 0 characters: say why"),
        ({"exceptions": (replace(EDITOR, paths=("a",)),)}, "exceptions[0].paths: 'a' is not a path: write it as "),
        ({"client_ip_header": "X-Forwarded-For"}, "client_ip_header: X-Forwarded-For begins with whatever the visitor"),
        ({"client_ip_header": "a b"}, "client_ip_header: 'a b' is not a header: write it as "),
        ({"log_retention_days": 8}, "log_retention_days: CloudWatch has no retention of 8 days: choose one of "),
        ({"existing_arn": "company"}, "existing_arn: 'company' is not the ARN of a regional web ACL: give it as "),
        ({"existing_arn": EXISTING.replace("regional", "global")}, "existing_arn: 'arn:aws:wafv2:us-east-1:1234567"),
        ({"existing_arn": EXISTING, "count_only": True}, "count_only: has no effect with existing_arn: remove it"),
    ],
)
def test_what_aws_would_refuse_or_ignore_is_refused(changes: dict[str, Any], problem: str) -> None:
    (found,) = map(line, problems(replace(WebAclInputs(), **changes)))
    assert found.startswith(problem)
