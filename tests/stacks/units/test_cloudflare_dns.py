"""The cloudflare-dns unit: the record, and what of its zone the environment manages."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from modules.cloudflare_dns.firewall_inputs import CustomRuleInputs, RateLimitInputs
from modules.cloudflare_dns.inputs import CacheRuleInputs, ZoneSettingsInputs
from modules.cloudflare_dns.outputs import CloudflareDnsOutputs
from modules.dns import HostnameInputs
from stacks.config.providers import ProvidersInputs
from stacks.django_backend import compose
from tests.support import Json, cloudflare_dns, environment, only, origin_pulls, unit_json


def unit(**changes: Any) -> Json:
    given = environment(cloudflare_dns=cloudflare_dns(**changes))
    return unit_json(lambda app: compose(app, given)[-1])


@pytest.fixture(scope="module")
def default() -> Json:
    return unit()


def test_every_output_is_published_under_its_own_name(default: Json) -> None:
    assert set(default["output"]) == {field.name for field in fields(CloudflareDnsOutputs)}


def test_its_outputs_speak_of_the_record_that_is_there(default: Json) -> None:
    assert {name: output["value"] for name, output in default["output"].items()} == {
        "record_id": "${cloudflare_dns_record.record.id}",
        "record_name": "api",
        "fqdn": "${cloudflare_dns_record.record.name}",
        "record_type": "CNAME",
        "content": "${cloudflare_dns_record.record.content}",
        "proxied": "true",
        "proxiable": "true",
        "zone_name": "example.com",
        "url": "https://api.example.com",
    }


def test_the_record_leads_to_the_load_balancer_of_the_service(default: Json) -> None:
    target = "${data.terraform_remote_state.django_service.outputs.alb_dns_name}"
    assert only(default["resource"]["cloudflare_dns_record"])["content"] == target


def test_it_needs_no_aws(default: Json) -> None:
    assert list(default["provider"]) == ["cloudflare"]


def test_the_token_is_nowhere_in_it(default: Json) -> None:
    assert default["provider"]["cloudflare"] == [{}]


def test_the_zone_is_left_alone_unless_the_environment_manages_it(default: Json) -> None:
    assert list(default["resource"]) == ["cloudflare_dns_record"]


def test_the_zone_s_settings_and_cache_rules_are_of_the_record_s_zone_and_name() -> None:
    resources = unit(zone_settings=ZoneSettingsInputs(), cache_rule=CacheRuleInputs())["resource"]
    settings = resources["cloudflare_zone_setting"].values()
    assert {setting["zone_id"] for setting in settings} == {"0" * 32}
    ruleset = only(resources["cloudflare_ruleset"])
    assert ruleset["zone_id"] == "0" * 32
    assert all('http.host eq "api.example.com"' in rule["expression"] for rule in ruleset["rules"])


def test_the_zone_s_firewall_is_of_the_record_s_zone_and_of_all_names_in_it() -> None:
    resources = unit(
        zone_plan="pro",
        rate_limits={"login": RateLimitInputs(paths=("/accounts/login/",), requests=20)},
        custom_rules={"bots": CustomRuleInputs(expression="cf.client.bot", action="block")},
        further_hostnames=(
            HostnameInputs(hostname="www.example.com"),
            HostnameInputs(hostname="example.net", zone_id="1" * 32, zone_name="example.net"),
        ),
    )["resource"]["cloudflare_ruleset"]
    assert {name: ruleset["phase"] for name, ruleset in resources.items()} == {
        "rate_limits": "http_ratelimit",
        "custom_rules": "http_request_firewall_custom",
    }
    for ruleset in resources.values():
        assert ruleset["zone_id"] == "0" * 32
        assert ruleset["rules"][0]["expression"].startswith('http.host in {"api.example.com" "www.example.com"} and (')


def test_cloudflare_shows_its_certificate_to_the_whole_zone() -> None:
    resources = unit(authenticated_origin_pulls=origin_pulls(required=True))["resource"]
    shown = only(resources["cloudflare_authenticated_origin_pulls_settings"])
    assert {name: value for name, value in shown.items() if name != "//"} == {"zone_id": "0" * 32, "enabled": True}
    assert "cloudflare_authenticated_origin_pulls" not in resources


def test_or_to_the_hostnames_of_the_environment_alone() -> None:
    given = environment(
        providers=ProvidersInputs(cloudflare="5.22.0"),
        cloudflare_dns=cloudflare_dns(
            authenticated_origin_pulls=origin_pulls(scope="hostnames"),
            further_hostnames=(HostnameInputs(hostname="www.example.com"),),
        ),
    )
    resources = unit_json(lambda app: compose(app, given)[-1])["resource"]
    shown = only(resources["cloudflare_authenticated_origin_pulls"])
    assert set(shown["for_each"]) == {"api.example.com", "www.example.com"}
    certificate = {"cert_id": origin_pulls().certificate_id, "enabled": True, "hostname": "${each.value}"}
    assert shown["config"] == [certificate]
    assert "hostname" not in shown, "later versions of the provider refuse it beside config"
    assert "cloudflare_authenticated_origin_pulls_settings" not in resources
