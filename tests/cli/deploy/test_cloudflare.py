"""What Cloudflare's token may not read is told before a deployment finds out half-way, without the token."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cli import openssl
from cli.deploy import cloudflare
from cli.redaction import Redactor
from modules.cloudflare_dns.firewall_inputs import CustomRuleInputs, RateLimitInputs
from modules.dns import HostnameInputs
from modules.external_dns.inputs import ExternalDnsInputs
from modules.validation import Example
from stacks.config.schema import Environment
from tests.cli.deploy.conftest import Web
from tests.environments import frozen
from tests.support import ANOTHER_ORIGIN_CA, ORIGIN_CA, cloudflare_dns, environment, origin_pulls

TOKEN = "token-of-cloudflare-which-is-a-secret-00"
PLAIN = environment()
ZONE = f"/zones/{cloudflare_dns().zone_id}"
ALLOWED: dict[str, tuple[int, Any]] = {
    ZONE: (200, {"result": {"name": "example.com"}}),
    f"{ZONE}/dns_records": (200, {"result": []}),
    f"{ZONE}/settings": (200, {"result": []}),
    f"{ZONE}/rulesets": (200, {"result": []}),
}


def problems(web: Web, given: Environment = PLAIN, token: str = TOKEN) -> list[str]:
    variables = {cloudflare.TOKEN: token, "CLOUDFLARE_BASE_URL": web.url}
    found = list(cloudflare.problems(given, variables))
    assert not any(TOKEN in line for line in found)
    assert [Redactor().text(line) for line in found] == found, "nothing of a line is taken for a secret"
    return found


@pytest.fixture(autouse=True)
def allowed(web: Web) -> None:
    web.answers = dict(ALLOWED)


@pytest.fixture
def full() -> Environment:
    """An environment that also sets the zone up."""
    inputs = cloudflare_dns(frozen("prod"), zone_id=cloudflare_dns().zone_id, zone_name="example.com")
    assert inputs.zone_settings
    assert inputs.cache_rule
    return replace(PLAIN, cloudflare_dns=inputs)


def test_a_token_that_may_read_all_has_no_problem(web: Web, full: Environment) -> None:
    assert problems(web, full) == []
    assert {authorization for _, authorization in web.requests} == {f"Bearer {TOKEN}"}


def test_whoever_has_dns_elsewhere_needs_no_token(web: Web) -> None:
    elsewhere = replace(PLAIN, cloudflare_dns=None, dns=ExternalDnsInputs(hostname="api.example.com"))
    assert problems(web, elsewhere, token="") == []
    assert web.requests == []


def test_the_zone_of_a_further_hostname_is_asked_too(web: Web) -> None:
    other = HostnameInputs(hostname="example.net", zone_id="1" * 32, zone_name="example.net")
    given = replace(PLAIN, cloudflare_dns=cloudflare_dns(further_hostnames=(other,)))
    web.answers[f"/zones/{'1' * 32}/dns_records"] = (403, {})
    assert problems(web, given) == ["CLOUDFLARE_API_TOKEN may not read DNS records: give it DNS:Edit on example.net"]
    web.answers[f"/zones/{'1' * 32}/dns_records"] = (200, {"result": []})
    assert problems(web, given) == []


def test_without_a_token_nobody_is_asked(web: Web) -> None:
    assert problems(web, token="") == [
        "CLOUDFLARE_API_TOKEN is not set: create a token for the zone example.com, and export it"
    ]
    assert web.requests == []


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_zone_that_it_may_not_read_is_told_alone(web: Web, status: int, full: Environment) -> None:
    web.answers = {path: (status, {}) for path in ALLOWED}
    zone_id = cloudflare_dns().zone_id
    assert problems(web, full) == [
        f"CLOUDFLARE_API_TOKEN may not read the zone {zone_id}: give it Zone:Read on example.com"
    ]


@pytest.mark.parametrize(
    ("path", "permission"),
    [("dns_records", "DNS:Edit"), ("settings", "Zone Settings:Edit"), ("rulesets", "Cache Rules:Edit")],
)
def test_each_permission_that_it_lacks_is_named(web: Web, full: Environment, path: str, permission: str) -> None:
    web.answers[f"{ZONE}/{path}"] = (403, {})
    (line,) = problems(web, full)
    assert line.endswith(f"give it {permission} on example.com")


@pytest.mark.parametrize("field", ["rate_limits", "custom_rules"])
def test_the_firewall_has_a_permission_of_its_own_which_a_zone_without_rules_does_not_lack(
    web: Web, field: str
) -> None:
    limit = RateLimitInputs(paths=("/",), requests=100, whole_zone=True)
    rule = CustomRuleInputs(expression="cf.client.bot", action="block")
    changes: dict[str, Any] = {field: {"it": limit if field == "rate_limits" else rule}}
    given = replace(PLAIN, cloudflare_dns=cloudflare_dns(**changes))
    url = f"{ZONE}/rulesets/phases/http_request_firewall_custom/entrypoint"
    for status in (200, 404):
        web.answers[url] = (status, {"result": {}})
        assert problems(web, given) == []
    web.answers[url] = (403, {})
    line = "CLOUDFLARE_API_TOKEN may not read the firewall: give it Zone WAF:Edit on example.com"
    assert problems(web, given) == [line]


PULLS = f"{ZONE}/origin_tls_client_auth"
NOT_SHOWN = (
    "cloudflare_dns.authenticated_origin_pulls.required: Cloudflare does not show the certificate yet, so that the "
    "load balancer would refuse all visitors: deploy with False first"
)


def with_pulls(record: dict[str, Any] | None = None, **changes: Any) -> Environment:
    pulls = origin_pulls(**{"ca_certificates": (ISSUED[0],), **changes})
    return replace(PLAIN, cloudflare_dns=cloudflare_dns(authenticated_origin_pulls=pulls, **(record or {})))


ID = origin_pulls().certificate_id
ISSUED: list[str] = []
"""The certificate of an authority, as data, and those that it issued for a client and for a server, in PEM."""


@pytest.fixture(scope="module")
def _issued(tmp_path_factory: pytest.TempPathFactory) -> None:
    made = tmp_path_factory.mktemp("certificates")
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    authority = ("-addext", "basicConstraints=critical,CA:TRUE", "-subj", "/CN=CA", "-keyout", "ca.key")
    openssl.run(made, "req", "-x509", *key, *authority, "-out", "ca.pem")
    openssl.run(made, "req", "-new", *key, "-subj", "/CN=client", "-keyout", "key", "-out", "csr")
    by = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "1")
    openssl.run(made, "x509", "-req", "-in", "csr", *by, "-out", "client.pem")
    (made / "of-a-server").write_text("extendedKeyUsage=serverAuth")
    openssl.run(made, "x509", "-req", "-in", "csr", *by, "-extfile", "of-a-server", "-out", "server.pem")
    lines = (made / "ca.pem").read_text().splitlines()
    ISSUED[:] = (
        "".join(each for each in lines if "-----" not in each),
        *((made / f"{name}.pem").read_text() for name in ("client", "server")),
    )


def certificates(*statuses: str) -> tuple[int, Any]:
    """The one that the environment names, and others, as Cloudflare lists them."""
    ids = zip((ID, "another"), statuses, strict=False)
    return 200, {"result": [{"id": each, "status": status, "certificate": ISSUED[1]} for each, status in ids]}


@pytest.mark.usefixtures("_issued")
class TestOriginPulls:
    @pytest.mark.parametrize("required", [False, True])
    def test_a_certificate_of_another_authority_is_refused(self, web: Web, required: bool) -> None:
        """A renewal of which the authority was forgotten: the load balancer would refuse all visitors."""
        web.answers[f"{PULLS}/settings"] = (200, {"result": {"enabled": True}})
        web.answers[PULLS] = certificates("active")
        renewed: dict[str, Any] = {"ca_certificates": (ORIGIN_CA, ISSUED[0]), "required": required}
        assert problems(web, with_pulls(**renewed)) == []
        (line,) = problems(web, with_pulls(**{**renewed, "ca_certificates": (ORIGIN_CA, ANOTHER_ORIGIN_CA)}))
        assert line == (
            f"cloudflare_dns.authenticated_origin_pulls.ca_certificates: none of these issued the certificate {ID}, "
            "so that the load balancer would refuse it: give that of its authority, as "
            "`make origin-certificate` printed it"
        )

    def test_a_certificate_for_servers_alone_is_refused(self, web: Web) -> None:
        listed = certificates("active")
        listed[1]["result"][0]["certificate"] = ISSUED[2]
        web.answers[PULLS] = listed
        (line,) = problems(web, with_pulls())
        assert "none of these issued the certificate" in line

    def test_an_authority_of_the_machine_is_none_of_these(
        self, web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "ca.pem").write_text(origin_pulls(ca_certificates=(ISSUED[0],)).pem)
        openssl.run(tmp_path, "rehash", ".")
        monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
        web.answers[PULLS] = certificates("active")
        (line,) = problems(web, with_pulls(ca_certificates=(ORIGIN_CA,)))
        assert "none of these issued the certificate" in line

    def test_without_openssl_nobody_can_tell_and_that_is_a_line(
        self, web: Web, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        web.answers[PULLS] = certificates("active")
        monkeypatch.setenv("PATH", "")
        assert problems(web, with_pulls()) == ["openssl: is not on PATH: install OpenSSL"]

    def test_a_certificate_is_not_required_before_cloudflare_shows_it(self, web: Web) -> None:
        web.answers[PULLS] = certificates("active")
        for answer in ((404, {}), (200, {"result": {"enabled": False}})):
            web.answers[f"{PULLS}/settings"] = answer
            assert problems(web, with_pulls(required=True)) == [NOT_SHOWN]
            assert problems(web, with_pulls()) == []
        web.answers[f"{PULLS}/settings"] = (200, {"result": {"enabled": True}})
        assert problems(web, with_pulls(required=True)) == []

    def test_each_hostname_is_asked_for_the_certificate_that_it_shows(self, web: Web) -> None:
        web.answers[f"{PULLS}/hostnames/certificates"] = certificates("active", "active")
        further = {"further_hostnames": (HostnameInputs(hostname="www.example.com"),)}
        given = with_pulls(further, scope="hostnames", required=True)
        names = ("api.example.com", "www.example.com")
        refused = [NOT_SHOWN.replace("certificate", f"certificate for {name}") for name in names]
        assert problems(web, given) == refused
        for name, shown, left in (
            (names[0], {"enabled": True, "cert_id": ID}, refused[1:]),
            (names[1], {"enabled": True, "cert_id": "another"}, refused[1:]),
            (names[1], {"enabled": False, "cert_id": ID}, refused[1:]),
            (names[1], {"enabled": True, "cert_id": ID}, []),
        ):
            web.answers[f"{PULLS}/hostnames/{name}"] = (200, {"result": shown})
            assert problems(web, given) == left

    @pytest.mark.parametrize(("statuses", "what"), [((), "not there"), (("pending_deployment",), "pending_deployment")])
    def test_a_certificate_that_cloudflare_does_not_have_is_told(
        self, web: Web, statuses: tuple[str, ...], what: str
    ) -> None:
        web.answers[PULLS] = certificates(*statuses)
        (line,) = problems(web, with_pulls())
        assert f".certificate_id: {origin_pulls().certificate_id} is {what}: wait until" in line

    def test_a_second_one_which_cloudflare_may_show_is_not_required(self, web: Web) -> None:
        web.answers[PULLS] = certificates("active", "active")
        web.answers[f"{PULLS}/settings"] = (200, {"result": {"enabled": True}})
        assert problems(web, with_pulls()) == []
        (line,) = problems(web, with_pulls(required=True))
        assert line.endswith("Cloudflare has 2 active certificates, and may show another one: delete another there")

    def test_it_has_a_permission_of_its_own(self, web: Web) -> None:
        web.answers[PULLS] = (403, {})
        (line,) = problems(web, with_pulls())
        assert line.endswith("give it SSL and Certificates:Edit on example.com")


def test_what_an_environment_does_not_use_needs_no_permission(web: Web) -> None:
    web.answers[f"{ZONE}/settings"] = web.answers[f"{ZONE}/rulesets"] = (403, {})
    inputs = cloudflare_dns(zone_settings=None, cache_rule=None)
    assert problems(web, replace(PLAIN, cloudflare_dns=inputs)) == []


def test_the_id_of_another_zone_is_told(web: Web) -> None:
    web.answers[ZONE] = (200, {"result": {"name": "example.net"}})
    assert problems(web) == ["cloudflare_dns.zone_id: is the zone example.net, not example.com: correct one of them"]


@pytest.mark.parametrize("answer", [(500, {}), (200, b"<html>"), (200, b"\xff"), (200, {"result": None}), (200, [])])
def test_a_cloudflare_that_does_not_answer_sensibly_is_told(web: Web, answer: tuple[int, Any]) -> None:
    web.answers[ZONE] = answer
    (line,) = problems(web)
    assert line.startswith("CLOUDFLARE_API_TOKEN cannot be checked, because Cloudflare cannot be asked (")


def test_nobody_is_asked_about_a_zone_that_is_an_example_but_the_token_is_missed(web: Web) -> None:
    left = replace(PLAIN, cloudflare_dns=cloudflare_dns(zone_id=Example("0" * 32)))
    assert problems(web, left) == []
    assert web.requests == []
    assert len(problems(web, left, token="")) == 1


def test_a_cloudflare_that_is_not_there_is_told(web: Web) -> None:
    variables = {cloudflare.TOKEN: TOKEN, "CLOUDFLARE_BASE_URL": "http://127.0.0.1:9"}
    (line,) = cloudflare.problems(PLAIN, variables)
    assert "Connection refused" in line


def test_a_token_that_is_no_header_is_told_without_it(web: Web) -> None:
    (line,) = problems(web, token=f"{TOKEN}\n")
    assert line.startswith("CLOUDFLARE_API_TOKEN cannot be checked, because Cloudflare cannot be asked (ValueError)")
