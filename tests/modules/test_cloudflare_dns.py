"""The DNS record at Cloudflare, and apart from it the settings and the cache rules of its zone."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from modules.cloudflare_dns.cache_rules import CacheRules
from modules.cloudflare_dns.inputs import CacheRuleInputs, CloudflareDnsInputs, ZoneSettingsInputs
from modules.cloudflare_dns.main import CloudflareDns
from modules.cloudflare_dns.zone_settings import ZoneSettings
from modules.dns import DnsRecordInputs
from modules.validation import InvalidInput, validate
from tests.linear import repeated, unless_it_hangs
from tests.support import Json, module_json, only

ZONE = "0123456789abcdef" * 2
BALANCER = "django-test-1234567890.us-east-1.elb.amazonaws.com"


def inputs(**changes: Any) -> CloudflareDnsInputs:
    return CloudflareDnsInputs(**{"zone_id": ZONE, "zone_name": "example.com", "record_name": "api", **changes})


@cache
def record(**changes: Any) -> Json:
    document = module_json(
        lambda stack: CloudflareDns(stack, "record", inputs=inputs(**changes), load_balancer_dns_name=BALANCER)
    )
    return only(document["resource"]["cloudflare_dns_record"])


@cache
def settings(**changes: Any) -> dict[str, str]:
    document = module_json(
        lambda stack: ZoneSettings(stack, "zone", inputs=ZoneSettingsInputs(**changes), zone_id=ZONE)
    )
    return {each["setting_id"]: each["value"] for each in document["resource"]["cloudflare_zone_setting"].values()}


@cache
def cache_rules(**changes: Any) -> Json:
    document = module_json(
        lambda stack: CacheRules(
            stack, "cache", inputs=CacheRuleInputs(**changes), zone_id=ZONE, hostname="api.example.com"
        )
    )
    return only(document["resource"]["cloudflare_ruleset"])


class TestRecord:
    def test_visitors_reach_the_load_balancer_through_cloudflare(self) -> None:
        assert (record()["type"], record()["content"], record()["proxied"]) == ("CNAME", BALANCER, True)

    def test_cloudflare_chooses_the_ttl_of_a_proxied_record(self) -> None:
        assert record()["ttl"] == 1

    def test_no_second_record_of_its_name_is_made_before_it_is_gone(self) -> None:
        assert "lifecycle" not in record()

    @pytest.mark.parametrize(("name", "full"), [("api", "api.example.com"), ("@", "example.com")])
    def test_its_name_is_the_full_one_as_cloudflare_answers_it(self, name: str, full: str) -> None:
        assert record(record_name=name)["name"] == inputs(record_name=name).hostname == full

    def test_a_target_of_ones_own_stands_in_for_the_load_balancer(self) -> None:
        assert record(target="other.example.net")["content"] == "other.example.net"

    def test_it_touches_nothing_of_its_zone(self) -> None:
        document = module_json(
            lambda stack: CloudflareDns(
                stack,
                "record",
                inputs=inputs(zone_settings=ZoneSettingsInputs(), cache_rule=CacheRuleInputs()),
                load_balancer_dns_name=BALANCER,
            )
        )
        assert list(document["resource"]) == ["cloudflare_dns_record"]

    def test_all_that_can_be_said_of_a_record_is_passed_on(self) -> None:
        found = record(
            record_type="MX",
            target="mail.example.net",
            proxied=False,
            priority=10,
            ttl=300,
            zone_plan="pro",
            comment="Mail",
            tags=("team:web", "env:test"),
        )
        assert (found["type"], found["content"], found["proxied"]) == ("MX", "mail.example.net", False)
        assert (found["priority"], found["ttl"], found["comment"]) == (10, 300, "Mail")
        assert found["tags"] == ["env:test", "team:web"]

    def test_text_is_quoted_as_cloudflare_wants_it(self) -> None:
        assert record(record_type="TXT", proxied=False, target="v=spf1 -all")["content"] == '"v=spf1 -all"'


class TestZoneSettings:
    def test_cloudflare_verifies_the_load_balancer_and_turns_visitors_to_https(self) -> None:
        assert settings() == {
            "ssl": "strict",
            "always_use_https": "on",
            "min_tls_version": "1.2",
            "http3": "on",
        }

    def test_each_is_of_its_own_value(self) -> None:
        assert settings(ssl="full", always_use_https=False, min_tls_version="1.3", http3=False, brotli=False) == {
            "ssl": "full",
            "always_use_https": "off",
            "min_tls_version": "1.3",
            "http3": "off",
            "brotli": "off",
        }

    def test_http3_can_be_left_alone(self) -> None:
        assert "http3" not in settings(http3=None)

    def test_brotli_is_set_where_somebody_asks_for_it(self) -> None:
        assert settings(brotli=True)["brotli"] == "on"

    @pytest.mark.parametrize("mode", ["off", "flexible"])
    def test_a_mode_that_calls_the_load_balancer_by_http_is_refused(self, mode: str) -> None:
        with pytest.raises(InvalidInput) as error:
            validate(inputs(zone_settings=ZoneSettingsInputs(ssl=mode)))  # type: ignore[arg-type]
        assert str(error.value) == (
            f"zone_settings.ssl: {mode} calls the load balancer by HTTP, which it redirects to HTTPS without end: "
            'choose "strict", or "full" for a certificate that cannot be verified'
        )

    def test_old_versions_of_tls_are_refused(self) -> None:
        with pytest.raises(InvalidInput, match=r"^min_tls_version: got '1.1': give one of '1.2', '1.3'$"):
            validate(ZoneSettingsInputs(min_tls_version="1.1"))  # type: ignore[arg-type]


class TestCacheRules:
    def test_files_of_this_hostname_alone_are_cached(self) -> None:
        cache = cache_rules()["rules"][0]
        expression = 'http.host eq "api.example.com" and (starts_with(http.request.uri.path, "/static/"))'
        assert cache["expression"] == expression
        assert cache["action_parameters"] == {
            "cache": True,
            "edge_ttl": {
                "mode": "override_origin",
                "default": 7200,
                "status_code_ttl": [{"status_code_range": {"from": 400, "to": 599}, "value": -1}],
            },
            "browser_ttl": {"mode": "respect_origin"},
        }

    def test_browsers_keep_files_as_long_as_somebody_asks_for_it(self) -> None:
        cache = cache_rules(browser_ttl_seconds=7200)["rules"][0]
        assert cache["action_parameters"]["browser_ttl"] == {"mode": "override_origin", "default": 7200}

    def test_whoever_has_a_session_bypasses_the_cache_and_this_rule_is_the_last(self) -> None:
        bypass = cache_rules()["rules"][-1]
        expression = 'http.host eq "api.example.com" and (http.cookie contains "sessionid=")'
        assert (bypass["expression"], bypass["action_parameters"]) == (expression, {"cache": False})

    def test_it_is_the_zone_s_set_of_cache_rules(self) -> None:
        assert (cache_rules()["kind"], cache_rules()["phase"]) == ("zone", "http_request_cache_settings")
        assert cache_rules()["zone_id"] == ZONE

    def test_each_rule_keeps_its_identity(self) -> None:
        assert [rule["ref"] for rule in cache_rules()["rules"]] == ["cache_files", "bypass_sessions"]

    def test_several_paths_and_cookies_are_alternatives(self) -> None:
        cache, bypass = cache_rules(paths=("/static/", "/media/public/"), session_cookies=("sessionid", "admin"))[
            "rules"
        ]
        paths = 'starts_with(http.request.uri.path, "/static/") or starts_with(http.request.uri.path, "/media/public/")'
        assert cache["expression"].endswith(f"and ({paths})")
        assert bypass["expression"].endswith('(http.cookie contains "sessionid=" or http.cookie contains "admin=")')

    def test_without_cookies_nobody_bypasses(self) -> None:
        assert len(cache_rules(session_cookies=())["rules"]) == 1

    def test_the_longest_rules_fit_an_expression_of_cloudflare(self) -> None:
        paths = tuple(f"/{number:098}/" for number in range(20))
        cookies = tuple(f"{number:064}" for number in range(20))
        assert all(
            len(rule["expression"]) + 253 <= 4096 for rule in cache_rules(paths=paths, session_cookies=cookies)["rules"]
        )


def unproxied(record_type: str, target: str | None, **changes: Any) -> Json:
    return {"record_type": record_type, "target": target, "proxied": False, **changes}


NO_NAME = 'write it as "www.example.com", in lower case and without a dot at its end'


class TestRules:
    @pytest.mark.parametrize(
        ("changes", "line"),
        [
            (
                {"zone_id": "0123"},
                "zone_id: '0123' is not a zone id: copy its 32 digits of 0-9 and a-f from the zone's overview",
            ),
            ({"zone_id": "G" * 32}, "is not a zone id"),
            (
                {"zone_name": "example"},
                "zone_name: 'example' is not a domain name: write it as \"example.com\", in lower case and Punycode",
            ),
            ({"zone_name": "Example.com"}, "zone_name: 'Example.com' is not a domain name"),
            ({"zone_name": "example.com."}, "zone_name: 'example.com.' is not a domain name"),
            (
                {"record_name": "api.example.com"},
                'record_name: \'api.example.com\' repeats the zone: write it as "api", or "@" for the zone',
            ),
            ({"record_name": "example.com"}, "record_name: 'example.com' repeats the zone"),
            (
                {"record_name": "API"},
                'record_name: \'API.example.com\' is not a domain name: write it as "api", in lower case, or "@" for',
            ),
            ({"record_name": ""}, "record_name: '.example.com' is not a domain name"),
            ({"record_name": "*"}, "record_name: '*.example.com' is not a domain name"),
            ({"record_name": "-api"}, "record_name: '-api.example.com' is not a domain name"),
            ({"record_name": "a" * 64}, "is not a domain name"),
            (
                {"record_name": "api.dev"},
                (
                    "record_name: Universal SSL does not cover 'api.dev', which is more than one level below the zone: "
                    'choose a name without a dot, or edge_certificate="advanced"'
                ),
            ),
            ({"record_type": "SRV"}, "record_type: got 'SRV': give one of 'A', 'AAAA', 'CNAME', 'MX', 'NS', 'TXT'"),
            (
                {"record_type": "TXT", "target": "text"},
                "proxied: Cloudflare proxies no TXT record: set proxied=False",
            ),
            ({"record_type": "MX", "target": "mail.example.net"}, "proxied: Cloudflare proxies no MX record"),
            ({"record_type": "NS", "target": "ns.example.net"}, "proxied: Cloudflare proxies no NS record"),
            (
                {"record_type": "A"},
                'record_type: a load balancer is reached by CNAME, not by A: choose "CNAME", or give a target',
            ),
            (
                unproxied("MX", "mail.example.net"),
                "priority: None is no priority of an MX record: choose 0 to 65535",
            ),
            (unproxied("MX", "mail.example.net", priority=65536), "priority: 65536 is no priority"),
            ({"priority": 10}, "priority: CNAME records have none: remove it"),
            (
                unproxied("NS", "ns.example.net", record_name="@"),
                "record_name: the zone's own NS records are Cloudflare's: name what is delegated",
            ),
            (
                {"record_type": "A", "target": "::1"},
                "target: '::1' is no IPv4 address: give one, or no A",
            ),
            ({"record_type": "AAAA", "target": "198.41.0.4"}, "target: '198.41.0.4' is no IPv6 address"),
            (
                {"record_type": "A", "target": "10.0.0.1"},
                "target: Cloudflare cannot reach '10.0.0.1': give a public address, or set proxied=False",
            ),
            (unproxied("TXT", ""), "target: '' is no text: use 1 to 2048 of ASCII without \" and \\"),
            (unproxied("TXT", '"quoted"'), "is no text"),
            (unproxied("TXT", "a" * 2049), "is no text"),
            ({"target": "alb.example.net."}, f"target: 'alb.example.net.' is no domain name: {NO_NAME}"),
            ({"target": "https://alb.example.net"}, f"is no domain name: {NO_NAME}"),
            ({"target": "192.0.2.1"}, f"is no domain name: {NO_NAME}"),
            ({"target": "api.example.com"}, "target: the record points to itself: name another target"),
            (
                {"target": "cdn.s3-website-us-east-1.amazonaws.com"},
                (
                    "target: 'cdn.s3-website-us-east-1.amazonaws.com' speaks no HTTPS, so Cloudflare can verify "
                    "nothing: put CloudFront before the bucket, and name that"
                ),
            ),
            ({"target": "cdn.s3-website.eu-central-1.amazonaws.com"}, "speaks no HTTPS"),
            ({"ttl": 300}, "ttl: Cloudflare chooses the TTL of a proxied record: remove it"),
            (
                {"ttl": 30, "proxied": False},
                "ttl: 30 seconds are not possible on the plan free: choose 1 for automatic, or 60 to 86400",
            ),
            ({"ttl": 86401, "proxied": False}, "choose 1 for automatic, or 60 to 86400"),
            ({"ttl": 29, "proxied": False, "zone_plan": "enterprise"}, "choose 1 for automatic, or 30 to 86400"),
            ({"comment": "a" * 101}, "comment: got 101 characters: use 1 to 100, as the plan free allows"),
            ({"comment": ""}, "comment: got 0 characters: use 1 to 100"),
            ({"comment": "a" * 501, "zone_plan": "pro"}, "comment: got 501 characters: use 1 to 500"),
            ({"tags": ("team:web",)}, "tags: the plan free has none: remove them"),
            ({"tags": ("web",), "zone_plan": "pro"}, "tags: 'web' is no tag: write it as \"team:web\""),
            ({"tags": (f"{'a' * 33}:web",), "zone_plan": "pro"}, "is no tag"),
            ({"tags": ("team:web", "TEAM:web"), "zone_plan": "pro"}, "tags: one is named twice: name each once"),
            (
                {"tags": tuple(f"t{number}:x" for number in range(21)), "zone_plan": "pro"},
                "tags: got 21: keep to 20",
            ),
            (
                {"cache_rule": CacheRuleInputs(), "proxied": False},
                "cache_rule: Cloudflare caches nothing that it does not proxy: set proxied=True, or cache_rule=None",
            ),
            (
                {"cache_rule": CacheRuleInputs(edge_ttl_seconds=3600)},
                "cache_rule.edge_ttl_seconds: 3600 seconds are not possible on the plan free: choose 7200 to 31536000",
            ),
            (
                {"cache_rule": CacheRuleInputs(browser_ttl_seconds=3599), "zone_plan": "pro"},
                "cache_rule.browser_ttl_seconds: 3599 seconds are not possible on the plan pro",
            ),
            ({"cache_rule": CacheRuleInputs(edge_ttl_seconds=31536001)}, "cache_rule.edge_ttl_seconds"),
            (
                {"cache_rule": CacheRuleInputs(paths=())},
                'cache_rule.paths: there is no path to cache: name one as "/static/", or set the cache rule to None',
            ),
            (
                {"cache_rule": CacheRuleInputs(paths=("/",))},
                "cache_rule.paths: / would cache pages that are not the same for all: name the paths of files",
            ),
            (
                {"cache_rule": CacheRuleInputs(paths=("/static",))},
                "cache_rule.paths: '/static' is no directory of URLs: write it as \"/static/\"",
            ),
            ({"cache_rule": CacheRuleInputs(paths=('/" or "/',))}, "is no directory of URLs"),
            ({"cache_rule": CacheRuleInputs(paths=("/a/", "/a/"))}, "cache_rule.paths: one is named twice"),
            (
                {"cache_rule": CacheRuleInputs(paths=tuple(f"/{number}/" for number in range(21)))},
                "cache_rule.paths: got 21: keep to 20",
            ),
            (
                {"cache_rule": CacheRuleInputs(session_cookies=('sessionid" or',))},
                'cache_rule.session_cookies: \'sessionid" or\' is no name of a cookie: write it as "sessionid"',
            ),
            ({"cache_rule": CacheRuleInputs(session_cookies=("session.*;",))}, "is no name of a cookie"),
        ],
    )
    def test_what_cloudflare_would_refuse_is_told(self, changes: dict[str, Any], line: str) -> None:
        with pytest.raises(InvalidInput) as error:
            validate(inputs(**changes))
        assert line in str(error.value)

    @pytest.mark.parametrize("cookie", ["session.*", "session+", "^session", "session|sso", "session$"])
    def test_a_cookie_is_no_pattern(self, cookie: str) -> None:
        line = f"cookies: {cookie!r} is compared literally, not as a pattern, so it would never match: name each cookie"
        with pytest.raises(InvalidInput) as error:
            validate(CacheRuleInputs(session_cookies=(cookie,)))
        assert line in str(error.value)

    @pytest.mark.parametrize("path", ["/api/", "/admin/", "/api/v1/", "/admin/jsi18n/"])
    def test_answers_to_one_user_are_not_cached(self, path: str) -> None:
        with pytest.raises(InvalidInput) as error:
            validate(CacheRuleInputs(paths=("/static/", path)))
        assert str(error.value).startswith(
            f"paths: {path!r} would serve one user's answers to others: cache only files"
        )

    @pytest.mark.parametrize("path", ["/static/../", "/static/./css/"])
    def test_a_path_that_no_rule_ever_sees_is_refused(self, path: str) -> None:
        with pytest.raises(InvalidInput, match=r"^paths: .* is no directory of URLs: "):
            validate(CacheRuleInputs(paths=(path,)))

    @pytest.mark.parametrize(
        "changes",
        [
            {},
            {"record_name": "@"},
            {"record_name": "api.dev", "edge_certificate": "advanced"},
            {"record_name": "api.dev", "proxied": False},
            {"zone_name": "xn--bcher-kva.example"},
            {"record_type": "A", "target": "198.41.0.4"},
            {"record_type": "AAAA", "target": "2606:4700::1111"},
            {"target": "_abc.acm-validations.aws"},
            unproxied("A", "10.0.0.1"),
            unproxied("CNAME", "cdn.s3-website-us-east-1.amazonaws.com"),
            unproxied("MX", "mail.example.net", priority=0),
            unproxied("NS", "ns.example.net"),
            unproxied("TXT", "v=spf1 -all", ttl=86400),
            {"proxied": False, "ttl": 60},
            {"proxied": False, "ttl": 30, "zone_plan": "enterprise"},
            {"comment": "a" * 500, "tags": ("team:web",), "zone_plan": "pro"},
            {"cache_rule": CacheRuleInputs(edge_ttl_seconds=1, browser_ttl_seconds=1), "zone_plan": "business"},
            {"cache_rule": CacheRuleInputs(session_cookies=("__Host-sessionid", "my.session"))},
            {"cache_rule": CacheRuleInputs(paths=("/apis/", "/static/admin/", "/.well-known/", "/..a/"))},
        ],
    )
    def test_what_cloudflare_takes_is_right(self, changes: dict[str, Any]) -> None:
        validate(inputs(**changes))


def test_a_text_that_looks_like_a_template_stays_as_it_is() -> None:
    text = DnsRecordInputs(name="@", type="TXT", values=("v=spf1 include:%{ir}.example.org ~all",))
    document = module_json(
        lambda stack: CloudflareDns(
            stack, "dns", inputs=inputs(further_records=(text,)), load_balancer_dns_name="lb.example.test"
        )
    )
    ((key, found),) = document["resource"]["cloudflare_dns_record"]["dns_further"]["for_each"].items()
    assert key == "example.com TXT v=spf1 include:%%{ir}.example.org ~all"
    assert found["content"] == '"v=spf1 include:%%{ir}.example.org ~all"'


def test_a_target_of_any_length_is_refused_at_once() -> None:
    with unless_it_hangs(), pytest.raises(InvalidInput, match=r"^target: 's3-website-.* is no domain name"):
        validate(inputs(target=repeated("s3-website-")))
