"""An answer of Cloudflare's is one line for all resources that it stopped, with what to do."""

from __future__ import annotations

import json

import pytest

from cli.terraform.cloudflare_errors import causes
from tests.support import Json

ZONE = "https://api.cloudflare.com/client/v4/zones/0123456789abcdef0123456789abcdef"
RECORD = "cloudflare_dns_record.record"
RULES = "cloudflare_ruleset.cache"
LIMITS, FIREWALL = "cloudflare_ruleset.rate_limits", "cloudflare_ruleset.custom_rules"
HTTP3 = "cloudflare_zone_setting.zone_http3"
TLS = "cloudflare_zone_setting.zone_min_tls_version"
REQUESTS = {
    RECORD: f'POST "{ZONE}/dns_records"',
    RULES: f'POST "{ZONE}/rulesets"',
    HTTP3: f'PATCH "{ZONE}/settings/http3"',
    TLS: f'PATCH "{ZONE}/settings/min_tls_version"',
}
AS_THE_VERB = "as `make adopt-resources ARGS=--write` does"
RIGHTS = "Cache Rules:Edit, DNS:Edit, Zone Settings:Edit"


def refused(address: str, status: str, code: int | None = None, message: str = "") -> Json:
    """What the provider prints, as it does for a token that is wrong."""
    body: Json = {"success": False, "errors": [{"code": code, "message": message}], "messages": [], "result": None}
    request = REQUESTS.get(address, REQUESTS[RULES])
    detail = f"{request}: {status} {json.dumps(body, separators=(',', ':')) if code else ''}"
    return {"severity": "error", "summary": "failed to make http request", "detail": detail, "address": address}


def only(*diagnostics: Json) -> str:
    (line,), others = causes(diagnostics)
    assert others == []
    return line


@pytest.mark.parametrize(
    ("status", "code", "message", "line"),
    [
        (
            "403 Forbidden",
            10000,
            "Authentication error",
            "Cloudflare does not accept CLOUDFLARE_API_TOKEN (10000): export a valid token for the zone",
        ),
        (
            "403 Forbidden",
            9109,
            "Unauthorized to access requested resource",
            f"CLOUDFLARE_API_TOKEN lacks a right (9109): give it {RIGHTS} on the zone",
        ),
        (
            "429 Too Many Requests",
            971,
            "Please wait and consider throttling your request speed",
            "Cloudflare throttles the requests of this token (429): wait five minutes, and run this again",
        ),
        (
            "502 Bad Gateway",
            None,
            "",
            "Cloudflare is not available (502 Bad Gateway): see www.cloudflarestatus.com, and run this again later",
        ),
    ],
)
def test_what_stops_all_resources_is_said_once(status: str, code: int | None, message: str, line: str) -> None:
    diagnostics = [refused(address, status, code, message) for address in REQUESTS]
    assert only(*diagnostics) == f"{RECORD} and 3 more: {line}"


def test_the_rights_that_are_named_are_those_of_the_resources_that_were_stopped() -> None:
    line = only(refused(HTTP3, "403 Forbidden", 9109), refused(TLS, "403 Forbidden", 9109))
    assert line.endswith("give it Zone Settings:Edit on the zone")
    for address in (LIMITS, FIREWALL):
        assert only(refused(address, "403 Forbidden", 9109)).endswith("give it Zone WAF:Edit on the zone")


def test_a_record_that_is_there_already_can_be_imported() -> None:
    line = only(refused(RECORD, "400 Bad Request", 81053, "An A, AAAA, or CNAME record with that host already exists."))
    entry = f'"{RECORD}": "{ZONE.rpartition("/")[2]}/<id of the record>"'
    remedy = (
        f"write {entry} into stacks/imports.py, as `make adopt-resources ARGS=--write` does, or remove it at Cloudflare"
    )
    assert line == f"{RECORD}: the zone already has a record of this name (81053): {remedy}"


@pytest.mark.parametrize(
    ("address", "rules", "field"),
    [
        (RULES, "cache rules", "cache_rule"),
        (LIMITS, "rate limits", "rate_limits"),
        (FIREWALL, "custom rules", "custom_rules"),
    ],
)
def test_a_second_set_of_rules_can_be_imported(address: str, rules: str, field: str) -> None:
    message = "'zone' is not a valid value for kind because exceeded maximum number of zone rulesets for phase"
    line = only(refused(address, "400 Bad Request", 20217, message))
    what = f"the zone already has {rules}, and can have only one set (20217)"
    entry = f'"{address}": "zones/{ZONE.rpartition("/")[2]}/<id of the set>" into stacks/imports.py'
    remedy = (
        f"write {entry}, as `make adopt-resources ARGS=--write` does, remove the set at Cloudflare, or set {field}=None"
    )
    assert line == f"{address}: {what}: {remedy}"


def test_a_setting_is_named_with_the_input_that_leaves_it_alone() -> None:
    unknown = refused(HTTP3, "400 Bad Request", 1006, "Unrecognized zone setting name")
    wrong = refused(TLS, "400 Bad Request", 1007, "Invalid value for zone setting min_tls_version")
    assert only(unknown).endswith("http3 is not part of this zone's plan (1006): set zone_settings.http3=None")
    # The others are a set: whoever turns one off does not want the zone to be managed here.
    assert only(wrong).endswith("min_tls_version does not take this value (1007): set zone_settings=None")
    assert len(causes([unknown, wrong])[0]) == 2


@pytest.mark.parametrize(
    ("status", "code", "message", "reason"),
    [
        ("400 Bad Request", 9005, "The content is {x}.", "Cloudflare refuses the request (9005): The content is {x}"),
        ("400 Bad Request", None, "", "Cloudflare refuses the request (400 Bad Request): it gives no reason"),
        (
            "401 Unauthorized",
            None,
            "",
            "Cloudflare does not accept CLOUDFLARE_API_TOKEN (401): export a valid token for the zone",
        ),
    ],
)
def test_any_other_answer_gives_cloudflares_own_reason(
    status: str, code: int | None, message: str, reason: str
) -> None:
    assert only(refused(RECORD, status, code, message)) == f"{RECORD}: {reason}"


@pytest.mark.parametrize(
    "diagnostic",
    [
        {"summary": "Invalid value", "detail": "It is wrong", "address": RECORD},
        {"summary": "Invalid value"},
        {**refused(RECORD, "403 Forbidden", 10000), "address": "aws_vpc.network"},
    ],
)
def test_what_is_not_an_answer_of_cloudflares_is_left_to_others(diagnostic: Json) -> None:
    assert causes([diagnostic]) == ([], [diagnostic])
