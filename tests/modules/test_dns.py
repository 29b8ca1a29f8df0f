"""What all kinds of DNS share: a further hostname or record that a provider would refuse is refused here."""

from __future__ import annotations

from typing import Any

import pytest

from modules import dns
from modules.dns import DnsRecordInputs, HostnameInputs, Provider, Zone
from modules.validation import InvalidInput, Problem, line, validate

OTHER: dict[str, Any] = {"zone_id": "Z0123456789ABCDEFGHIJ", "zone_name": "example.net"}
NAMES = ("api.example.com", "example.com")


def record(name: str = "mail", type: str = "A", values: tuple[str, ...] = ("192.0.2.1",), **more: Any) -> Any:
    return DnsRecordInputs(name=name, type=type, values=values, **more)  # type: ignore[arg-type]


class TestHostnames:
    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ({"hostname": "www"}, "hostname: 'www' is not a domain name: write it as"),
            ({"hostname": "*.example.com"}, "hostname: '*.example.com' is not a domain name"),
            ({"hostname": "www.example.net", "zone_id": "1"}, "zone_name: is missing: give both zone_id and zone_name"),
            ({"hostname": "www.example.net", "zone_name": "example.net"}, "zone_id: is missing"),
            ({"hostname": "www.example.org", **OTHER}, "hostname: 'www.example.org' is not in the zone 'example.net'"),
            ({"hostname": "badexample.net", **OTHER}, "is not in the zone 'example.net'"),
        ],
    )
    def test_one_that_no_zone_can_have_is_refused(self, given: dict[str, Any], said: str) -> None:
        with pytest.raises(InvalidInput) as error:
            validate(HostnameInputs(**given))
        assert said in str(error.value)

    @pytest.mark.parametrize(
        ("given", "provider", "said"),
        [
            ([{"hostname": "api.example.com"}], "route53", "[0].hostname: 'api.example.com' is a hostname already"),
            (
                [{"hostname": "a.example.com"}, {"hostname": "a.example.com"}],
                "route53",
                "[1].hostname: 'a.example.com' is a hostname already: name each once",
            ),
            (
                [{"hostname": "www.example.net"}],
                "route53",
                "[0].hostname: 'www.example.net' is not in the zone 'example.com': give its zone by zone_id and",
            ),
            (
                [{"hostname": "example.net", **OTHER}],
                "cloudflare",
                "[0].zone_id: 'Z0123456789ABCDEFGHIJ' is not",
            ),
            (
                [{"hostname": "www.example.net", "zone_id": "Z1", "zone_name": "example.net"}],
                "route53",
                "[0].zone_id: 'Z1' is that of the zone 'example.com': correct one",
            ),
            (
                [
                    {"hostname": "example.net", **OTHER},
                    {"hostname": "example.org", **OTHER, "zone_name": "example.org"},
                ],
                "route53",
                "[1].zone_id: 'Z0123456789ABCDEFGHIJ' is that of the zone 'example.net': correct one",
            ),
            ([{"hostname": "example.net", **OTHER}], None, "[0].zone_id: no records are made here: remove zone_id and"),
        ],
    )
    def test_one_that_does_not_go_with_the_main_one_is_refused(self, given: Any, provider: Any, said: str) -> None:
        further = [HostnameInputs(**each) for each in given]
        zone = Zone(provider=provider, id="Z1", name="example.com") if provider else None
        (found,) = dns.hostname_rules("api.example.com", further, zone=zone)
        assert f"further_hostnames{said}" in line(found)

    def test_an_id_without_a_name_is_one_line(self) -> None:
        half = HostnameInputs(hostname="www.example.net", zone_id="Z0123456789ABCDEFGHIJ")
        zone = Zone(provider="route53", id="Z1", name="example.com")
        assert not [*dns.hostname_rules("api.example.com", [half], zone=zone)]  # its own rules say it

    def test_the_apex_and_a_name_of_another_zone_are_right(self) -> None:
        further = [HostnameInputs(hostname="example.com"), HostnameInputs(hostname="example.net", **OTHER)]
        zone = Zone(provider="route53", id="Z1", name="example.com")
        assert not [*dns.hostname_rules("api.example.com", further, zone=zone)]


class TestRecords:
    @pytest.mark.parametrize(
        ("given", "said"),
        [
            (record(name="Mail"), 'name: \'Mail\' is not a name within a zone: write it as "_dmarc", or "@"'),
            (
                record(name="@", type="NS", values=("ns.example.org",)),
                "name: the zone's own NS records are made",
            ),
            (record(values=()), "values: there is none: give one or more"),
            (record(values=("192.0.2.1", "192.0.2.1")), "values: one is given twice"),
            (record(type="AAAA", values=("2001:db8::1", "2001:0DB8::1")), "values: one is given twice"),
            (record(type="MX", values=("10 a.example.org", "010 a.example.org")), "values: one is given twice"),
            (record(type="AAAA", values=("fe80::1%eth0",)), "values: 'fe80::1%eth0' is not an IPv6 address"),
            (record(values=("2001:db8::1",)), "values: '2001:db8::1' is not an IPv4 address"),
            (record(type="AAAA"), "values: '192.0.2.1' is not an IPv6 address"),
            (record(type="CNAME", values=("a.example.org", "b.example.org")), "values: a CNAME has one target"),
            (record(type="CNAME", values=("a.example.org.",)), "is not a domain name"),
            (record(type="MX", values=("mail.example.org",)), 'is not a priority and a name: write it as "10 mail.'),
            (record(type="MX", values=("65536 mail.example.org",)), "is not a priority and a name"),
            (
                record(type="MX", values=("0 .", "10 mail.example.org")),
                "values: '0 .' is alone, and says that no mail is",
            ),
            (record(name="${a}", type="TXT", values=("${a}",)), "name: '${a}' holds a Terraform template"),
            (record(type="TXT", values=('"quoted"',)), "is not a text: use 1 to 2048 of ASCII without"),
            (record(type="CAA", values=("0 issue",)), "values: '0 issue' is not flags, a tag and a value: write it as"),
            (record(type="CAA", values=('0 issue "amazon.com"',)), "is not flags, a tag and a value"),
            (record(type="CAA", values=("256 issue amazon.com",)), "is not flags, a tag and a value"),
            (record(type="SRV", values=("10 5 sip.example.org",)), "is not a priority, a weight, a port and a name: "),
            (record(type="SRV", values=("10 5 65536 sip.example.org",)), "is not a priority, a weight, a port and a"),
            (record(type="SRV", values=("10 5 5060 sip.example.org.",)), "is not a priority, a weight, a port and a"),
            (
                record(type="SRV", values=("10 5 5060 sip.example.org", "0 0 0 .")),
                "values: '0 0 0 .' is alone, and says that there is no such service: remove it, or the others",
            ),
            (record(type="CAA", values=(f"0 iodef {'a' * 3991}",)), "is not 3,998 characters or fewer: shorten it"),
            (record(ttl=59), "ttl: got 59: choose 60 to 86400"),
        ],
    )
    def test_one_that_no_provider_takes_is_refused(self, given: DnsRecordInputs, said: str) -> None:
        with pytest.raises(InvalidInput) as error:
            validate(given)
        assert said in str(error.value)

    @pytest.mark.parametrize(
        "given",
        [
            record(name="@", type="MX", values=("0 mail.example.org", "10 mail2.example.org")),
            record(name="@", type="MX", values=("0 .",)),
            record(name="_dmarc", type="TXT", values=("v=DMARC1; p=reject",)),
            record(name="@", type="TXT", values=("v=spf1 include:%{ir}.%{v}.%{d}.spf.example.org ~all",)),
            record(name="s1._domainkey", type="CNAME", values=("s1._domainkey.example.org",)),
            record(name="@", type="CAA", values=("0 issue amazon.com", "128 issuewild ;", "0 iodef mailto:a@b.c")),
            record(name="_sip._tcp", type="SRV", values=("10 5 5060 sip.example.org",)),
            record(name="_sip._tcp", type="SRV", values=("0 0 0 .",)),
            record(name="@", type="CAA", values=(f"0 iodef {'a' * 3990}",)),
            record(name="*.lab", type="AAAA", values=("2001:db8::1",)),
        ],
    )
    def test_those_that_people_have_are_right(self, given: DnsRecordInputs) -> None:
        validate(given)

    @staticmethod
    def problems(
        *records: DnsRecordInputs, provider: Provider = "route53", hostnames: tuple[str, ...] = NAMES
    ) -> list[Problem]:
        return [*dns.record_rules(Zone(provider=provider, id="1", name="example.com"), records, hostnames)]

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            (record(name="x.example.com"), "name: 'x.example.com' repeats the zone: write it as \"x\""),
            (record(name="example.com", type="TXT"), "name: 'example.com' repeats the zone: write it as \"@\""),
            (record(name="x", type="CNAME", values=("x.example.com",)), "values: 'x.example.com' leads to itself: "),
            (
                record(name="@", type="CNAME", values=("a.example.org",)),
                "name: Route 53 has no CNAME of the zone's own name: give its addresses as A and AAAA",
            ),
        ],
    )
    def test_one_that_its_zone_cannot_have_is_refused(self, given: DnsRecordInputs, said: str) -> None:
        (found,) = self.problems(given, hostnames=())
        assert line(found).startswith(f"further_records[0].{said}")

    @pytest.mark.parametrize(("kind", "value"), [("CAA", "0 issue amazon.com"), ("SRV", "10 5 5060 sip.example.org")])
    def test_what_cloudflare_s_provider_takes_in_another_form_is_for_route_53_alone(
        self, kind: str, value: str
    ) -> None:
        given = record(name="_sip._tcp", type=kind, values=(value,))
        assert self.problems(given) == []
        (found,) = self.problems(given, provider="cloudflare")
        assert line(found) == (
            f"further_records[0].type: Cloudflare's provider takes {kind} in a form of its own: make the record by "
            "hand, which no plan removes"
        )

    @pytest.mark.parametrize(
        ("records", "names"),
        [
            ([("@", "0 issue letsencrypt.org")], ["api.example.com", "example.com"]),
            ([("@", "0 issue ;")], ["api.example.com", "example.com"]),
            ([("@", "0 issue letsencrypt.org"), ("api", "0 issue amazon.com; policy=ev")], ["example.com"]),
            ([("@", "0 issuewild letsencrypt.org")], []),
            ([("other", "0 issue letsencrypt.org")], []),
        ],
    )
    def test_acm_may_issue_the_certificates_of_all_hostnames(
        self, records: list[tuple[str, str]], names: list[str]
    ) -> None:
        given = [record(name=name, type="CAA", values=(value,)) for name, value in records]
        found = [line(each) for each in dns.issue_rules("example.com", given, NAMES)]
        remedy = 'add "0 issue amazon.com"'
        assert found == [
            f"further_records[0].values: ACM may then issue no certificate of '{name}': {remedy}" for name in names
        ]

    @pytest.mark.parametrize(
        ("others", "names", "hidden"),
        [
            ([], ("api.dev.example.com",), "api.dev.example.com"),
            ([], ("*.dev.example.com",), "*.dev.example.com"),
            ([record("mail.dev")], (), "mail.dev.example.com"),
            ([record("dev", "TXT", ("text",))], (), "dev.example.com"),
            ([record("dev2"), record("*", "TXT", ("text",))], ("example.com", "mydev.example.com"), None),
            ([record("ns.dev"), record("ns.dev", "AAAA", ("2001:db8::1",))], (), None),
        ],
    )
    def test_a_delegation_hides_nothing_but_has_the_addresses_of_its_name_servers(
        self, others: list[DnsRecordInputs], names: tuple[str, ...], hidden: str | None
    ) -> None:
        delegation = record("dev", "NS", ("ns.dev.example.com", "ns.example.org"))
        expected = f"NS of 'dev.example.com' hides '{hidden}', which other name servers are asked for then"
        found = [*dns.delegation_rules("example.com", [*others, delegation], names)]
        assert [(each.field, each.what) for each in found] == [
            (f"further_records[{len(others)}].name", expected) for _ in filter(None, [hidden])
        ]

    def test_a_delegation_of_a_hostname_is_one_line(self) -> None:
        delegation = record("api", "NS", ("ns.example.org",))
        (found,) = self.problems(delegation)
        assert "'api.example.com' leads to the load balancer" in line(found)
        (found,) = self.problems(delegation, record("api", "CNAME", ("a.example.org",)), hostnames=())
        assert "a CNAME of 'api.example.com' is alone" in line(found)
        (found,) = self.problems(delegation, hostnames=("www.api.example.com",))
        assert "hides 'www.api.example.com'" in line(found)

    @pytest.mark.parametrize(
        ("values", "remedies"),
        [
            (("0 issue amazon.com", "0 issuewild letsencrypt.org"), {"*.lab": 'add "0 issuewild amazon.com"'}),
            (("0 issue letsencrypt.org", "0 issuewild amazon.com"), {"lab": 'add "0 issue amazon.com"'}),
            (("0 issue letsencrypt.org",), dict.fromkeys(("*.lab", "lab"), 'add "0 issue amazon.com"')),
            (("128 issue amazon.com", "128 iodef mailto:a@b.c", "0 foo bar"), {}),
            (
                ("129 foo bar baz",),
                dict.fromkeys(
                    ("*.lab", "lab"),
                    'write "1 foo bar baz": no CA issues where it does not know a critical tag',
                ),
            ),
        ],
    )
    def test_a_wildcard_and_a_critical_tag_are_read_as_acm_reads_them(
        self, values: tuple[str, ...], remedies: dict[str, str]
    ) -> None:
        given = [record(name="lab", type="CAA", values=values)]
        found = [*dns.issue_rules("example.com", given, ["*.lab.example.com", "lab.example.com"])]
        what = "ACM may then issue no certificate of"
        assert {each.what: each.remedy for each in found} == {
            f"{what} '{name}.example.com'": remedy for name, remedy in remedies.items()
        }

    def test_cloudflare_flattens_the_cname_of_a_zone(self) -> None:
        alias = record(name="@", type="CNAME", values=("a.example.org",))
        mail = record(name="@", type="MX", values=("10 mail.example.org",))
        assert self.problems(alias, mail, provider="cloudflare", hostnames=()) == []
        (found,) = self.problems(alias, record(name="@"), provider="cloudflare", hostnames=())
        assert "a CNAME of 'example.com' is alone" in line(found)

    def test_a_hostname_may_have_mail_and_texts_but_no_other_address(self) -> None:
        mail = record(name="@", type="MX", values=("10 mail.example.org",))
        assert self.problems(mail, record(name="@", type="TXT", values=("text",))) == []
        (found,) = self.problems(record(name="api"))
        assert line(found).startswith("further_records[0].name: 'api.example.com' leads to the load balancer: ")

    def test_values_of_one_name_and_type_are_one_entry(self) -> None:
        (found,) = self.problems(record(), record(values=("192.0.2.2",)))
        assert line(found).startswith("further_records[1].name: A of 'mail.example.com' is there already: ")

    def test_a_cname_is_alone(self) -> None:
        (found,) = self.problems(record(), record(type="CNAME", values=("a.example.org",)))
        assert line(found).startswith("further_records[1].name: a CNAME of 'mail.example.com' is alone or not at all")
