"""The records in Route 53: aliases of the load balancer, and what else the zone has."""

from __future__ import annotations

from typing import Any

import pytest

from modules.dns import DnsRecordInputs, HostnameInputs
from modules.route53_dns.inputs import Route53DnsInputs
from modules.route53_dns.main import Route53Dns
from modules.validation import InvalidInput, validate
from tests.support import Json, module_json

ZONE, OTHER = "Z0123456789ABCDEFGHIJ", "Z9876543210ABCDEFGHIJ"


def inputs(**changes: Any) -> Route53DnsInputs:
    return Route53DnsInputs(**{"zone_id": ZONE, "zone_name": "example.com", "record_name": "api", **changes})


def records(*, ipv6: bool = False, **changes: Any) -> Json:
    document = module_json(
        lambda stack: Route53Dns(
            stack,
            "record",
            inputs=inputs(**changes),
            load_balancer_dns_name="lb.example.test",
            load_balancer_zone_id="ZLOADBALANCER",
            ipv6=ipv6,
        )
    )
    found: Json = document["resource"]["aws_route53_record"]
    return found


ALIAS = {"evaluate_target_health": False, "name": "lb.example.test", "zone_id": "ZLOADBALANCER"}


def test_the_hostname_is_an_alias_of_the_load_balancer() -> None:
    (record,) = records().values()
    assert (record["name"], record["type"], record["zone_id"]) == ("api.example.com", "A", ZONE)
    assert record["alias"] == ALIAS


def test_the_zone_s_own_name_is_one_too() -> None:
    assert records(record_name="@")["record"]["name"] == "example.com"


def test_a_name_has_an_ipv6_address_only_where_the_load_balancer_has() -> None:
    further = (HostnameInputs(hostname="www.example.com"),)
    assert {each["type"] for each in records(further_hostnames=further).values()} == {"A"}
    found = records(ipv6=True, further_hostnames=further)
    assert {name: each["type"] for name, each in found.items()} == {
        "record": "A",
        "record_ipv6": "AAAA",
        "record_hostnames": "A",
        "record_hostnames_ipv6": "AAAA",
    }


def test_each_further_hostname_is_an_alias_in_its_own_zone() -> None:
    other = HostnameInputs(hostname="example.net", zone_id=OTHER, zone_name="example.net")
    found = records(further_hostnames=(HostnameInputs(hostname="www.example.com"), other))["record_hostnames"]
    assert found["for_each"] == {"www.example.com": ZONE, "example.net": OTHER}
    assert (found["name"], found["zone_id"], found["alias"]) == ("${each.key}", "${each.value}", ALIAS)
    assert found["depends_on"] == ["aws_route53_record.record"], "the main one may have had one of these names"


def test_further_records_are_one_for_each_name_and_type() -> None:
    mail = DnsRecordInputs(name="@", type="MX", values=("10 a.example.org", "20 b.example.org"), ttl=3600)
    assert records(further_records=(mail,))["record_further"]["for_each"] == {
        "example.com MX": {
            "name": "example.com",
            "type": "MX",
            "ttl": 3600,
            "records": ["10 a.example.org", "20 b.example.org"],
        }
    }


def test_a_long_text_is_several_strings_as_the_provider_takes_them() -> None:
    text = DnsRecordInputs(name="k", type="TXT", values=("a" * 255 + "b",))
    (found,) = records(further_records=(text,))["record_further"]["for_each"].values()
    assert found["records"] == ["a" * 255 + '""' + "b"]


def test_the_value_of_a_caa_is_in_quotes_and_no_other() -> None:
    caa = DnsRecordInputs(name="@", type="CAA", values=("0 issue amazon.com; policy=ev",))
    sip = DnsRecordInputs(name="_sip._tcp", type="SRV", values=("10 5 5060 sip.example.org",))
    found = records(further_records=(caa, sip))["record_further"]["for_each"]
    assert found["example.com CAA"]["records"] == ['0 issue "amazon.com; policy=ev"']
    assert found["_sip._tcp.example.com SRV"]["records"] == ["10 5 5060 sip.example.org"]


def test_a_text_that_looks_like_a_template_stays_as_it_is() -> None:
    text = DnsRecordInputs(name="@", type="TXT", values=("v=spf1 include:%{ir}.example.org ~all", "${a}"))
    (found,) = records(further_records=(text,))["record_further"]["for_each"].values()
    assert found["records"] == ["v=spf1 include:%%{ir}.example.org ~all", "$${a}"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"zone_id": "0" * 32},
            "zone_id: '00000000000000000000000000000000' is not a zone id: give the id",
        ),
        ({"zone_name": "example"}, "zone_name: 'example' is not a domain name"),
        ({"record_name": "api.example.com"}, "record_name: 'api.example.com' repeats the zone"),
        ({"record_name": "API"}, "record_name: 'API.example.com' is not a domain name"),
    ],
)
def test_what_route_53_would_refuse_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput) as error:
        validate(inputs(**changes))
    assert said in str(error.value)
