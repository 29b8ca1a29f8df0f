"""The schema that is read out of the bindings."""

from __future__ import annotations

import inspect

import pytest
from cdktf import TerraformMetaArguments
from cdktf_cdktf_provider_cloudflare.authenticated_origin_pulls import AuthenticatedOriginPullsConfig
from cdktf_cdktf_provider_cloudflare.authenticated_origin_pulls_settings import AuthenticatedOriginPullsSettingsConfig
from cdktf_cdktf_provider_cloudflare.dns_record import DnsRecordConfig
from cdktf_cdktf_provider_cloudflare.provider import CloudflareProvider
from cdktf_cdktf_provider_cloudflare.ruleset import RulesetConfig
from cdktf_cdktf_provider_cloudflare.zone_setting import ZoneSettingConfig

from cli.local_aws.cloudflare_stand_in.schema import Bindings, enumerated
from tests.support import Json, module_json

STRUCTS = {
    "authenticated_origin_pulls": AuthenticatedOriginPullsConfig,
    "authenticated_origin_pulls_settings": AuthenticatedOriginPullsSettingsConfig,
    "dns_record": DnsRecordConfig,
    "ruleset": RulesetConfig,
    "zone_setting": ZoneSettingConfig,
}


@pytest.fixture(scope="module")
def bindings() -> Bindings:
    return Bindings.read()


@pytest.fixture(scope="module")
def dns_record(bindings: Bindings) -> Json:
    return bindings.resource("dns_record")


def test_its_version_is_the_one_that_units_ask_for(bindings: Bindings) -> None:
    document = module_json(lambda stack: CloudflareProvider(stack, "cloudflare"))
    assert document["terraform"]["required_providers"]["cloudflare"]["version"] == bindings.provider_version


@pytest.mark.parametrize("name", STRUCTS)
def test_it_has_every_argument_of_the_bindings_and_no_other(name: str, bindings: Bindings) -> None:
    arguments = {name for name, attribute in bindings.resource(name).items() if not attribute.get("computed")}
    of_all_resources = inspect.signature(TerraformMetaArguments).parameters.keys()
    assert arguments == inspect.signature(STRUCTS[name]).parameters.keys() - of_all_resources


def test_what_is_required_what_is_optional_and_what_is_computed_is_told_apart(dns_record: Json) -> None:
    assert dns_record["zone_id"] == {"type": "string", "required": True, "replaces": True}
    assert dns_record["priority"] == {"type": "number", "optional": True}
    assert dns_record["tags"] == {"type": ["list", "string"], "optional": True}
    assert dns_record["proxiable"] == {"type": "bool", "computed": True}
    assert dns_record["id"] == {"type": "string", "computed": True}


def test_enumerations_come_from_the_documentation(dns_record: Json) -> None:
    assert {"A", "AAAA", "CNAME", "MX", "TXT"} < set(dns_record["type"]["values"])


def test_the_alias_of_a_provider_is_terraforms_own(bindings: Bindings) -> None:
    provider = bindings.provider_schema(())["provider"]
    assert "api_token" in provider
    assert "alias" not in provider


def test_objects_are_followed(bindings: Bindings) -> None:
    rules = bindings.resource("ruleset")["rules"]
    assert rules["nesting"] == "list"
    edge_ttl = rules["nested"]["action_parameters"]["nested"]["edge_ttl"]
    assert edge_ttl["nesting"] == "single"
    assert edge_ttl["nested"]["mode"]["values"] == ["respect_origin", "bypass_by_default", "override_origin"]


def test_a_value_of_any_type_is_no_map(bindings: Bindings) -> None:
    assert bindings.resource("zone_setting")["value"] == {"type": "dynamic", "required": True}


def test_a_value_outside_of_its_enumeration_is_found_wherever_it_is(bindings: Bindings) -> None:
    ruleset = bindings.resource("ruleset")
    rules = [{"action": "block"}, {"action_parameters": {"edge_ttl": {"mode": "never"}}}]
    found = [(path, value) for path, value, _ in enumerated(ruleset, {"kind": "page", "name": "any", "rules": rules})]
    assert found == [("kind", "page"), ("rules[1].action_parameters.edge_ttl.mode", "never")]
