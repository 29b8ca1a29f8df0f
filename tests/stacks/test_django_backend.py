"""The composed graph of an environment."""

from __future__ import annotations

import pytest
from cdktf import Testing

from modules.external_dns.inputs import ExternalDnsInputs
from modules.route53_dns.inputs import Route53DnsInputs
from stacks.config.schema import DnsInputs, Environment
from stacks.django_backend import compose
from tests.support import Json, environment

# Written out on purpose: a change of who depends on whom is a change of this table.
DEPENDENCIES = {
    "network": set(),
    "postgresql": {"network"},
    "redis": {"network"},
    "certificate": set(),
    "django-service": {"network", "postgresql", "redis", "certificate"},
    "cloudflare-dns": {"django-service"},
}


def test_the_units_depend_on_each_other_as_in_the_table() -> None:
    units = compose(Testing.app(), environment())
    assert {
        unit.NAME: {upstream.node.id.removeprefix("test-") for upstream in unit.dependencies} for unit in units
    } == DEPENDENCIES


def test_without_redis_there_is_no_such_unit_and_nothing_waits_for_it() -> None:
    units = compose(Testing.app(), environment(redis=None))
    for unit in units:
        upstreams = {upstream.node.id.removeprefix("test-") for upstream in unit.dependencies}
        assert upstreams == DEPENDENCIES[unit.NAME] - {"redis"}
    assert {unit.NAME for unit in units} == DEPENDENCIES.keys() - {"redis"}


@pytest.mark.parametrize(
    ("dns", "name"),
    [
        (Route53DnsInputs(zone_id="Z1", zone_name="example.com", record_name="api"), "route53-dns"),
        (ExternalDnsInputs(hostname="api.example.com"), "external-dns"),
    ],
)
def test_the_kind_of_dns_changes_the_last_unit_alone(dns: DnsInputs, name: str) -> None:
    units = compose(Testing.app(), environment(cloudflare_dns=None, dns=dns))
    assert [unit.NAME for unit in units] == [*[*DEPENDENCIES][:-1], name]
    assert [upstream.node.id for upstream in units[-1].dependencies] == ["test-django-service"]


def test_units_come_in_an_order_that_can_be_deployed() -> None:
    seen: set[str] = set()
    for unit in compose(Testing.app(), environment()):
        assert DEPENDENCIES[unit.NAME] <= seen
        seen.add(unit.NAME)


def test_a_unit_reads_the_state_of_what_it_depends_on_and_of_nothing_else(documents: dict[str, Json]) -> None:
    for name, document in documents.items():
        remote = document.get("data", {}).get("terraform_remote_state", {})
        assert {upstream.replace("_", "-") for upstream in remote} == DEPENDENCIES[document["//"]["unit"]], name


@pytest.mark.parametrize("there", [environment(), environment(redis=None)])
def test_an_environment_knows_the_names_of_its_units(there: Environment) -> None:
    assert tuple(unit.NAME for unit in compose(Testing.app(), there)) == there.units


def test_a_unit_reads_only_its_own_environment(documents: dict[str, Json]) -> None:
    for name, document in documents.items():
        environment = document["//"]["environment"]
        for remote in document.get("data", {}).get("terraform_remote_state", {}).values():
            assert f"/{environment}/" in remote["config"].get("key", remote["config"].get("path")), name


def test_every_output_has_a_mock_of_its_type(documents: dict[str, Json]) -> None:
    for name, document in documents.items():
        comment = document["//"]
        for upstream, mock in comment.get("mock_outputs", {}).items():
            outputs = documents[f"{comment['environment']}-{upstream.replace('_', '-')}"]["output"]
            assert set(mock) == set(outputs), f"{name} reads {upstream}"
            for output, value in mock.items():
                assert isinstance(value, list) == isinstance(outputs[output]["value"], list) or isinstance(
                    outputs[output]["value"], str
                ), f"{upstream}.{output}"


def test_every_unit_keeps_its_state_apart(documents: dict[str, Json]) -> None:
    places = [str(document["terraform"]["backend"]) for document in documents.values()]
    assert len(set(places)) == len(places)
