"""What does not go together with authenticated origin pulls, because it would shut visitors out or protect nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from modules.dns import HostnameInputs
from modules.load_balancer.inputs import LoadBalancerInputs
from modules.validation import line, problems
from stacks.config.conflicts import conflicts
from stacks.config.providers import ProvidersInputs
from stacks.config.schema import Environment
from tests.configurations import changed
from tests.support import cloudflare_dns, environment, origin_pulls

FIELD = "cloudflare_dns.authenticated_origin_pulls"


def of(record: dict[str, Any] | None = None, **pulls: Any) -> Environment:
    return environment(
        cloudflare_dns=cloudflare_dns(authenticated_origin_pulls=origin_pulls(**pulls), **(record or {}))
    )


def lines(of: Environment) -> list[str]:
    return list(map(line, problems(of)))


def test_it_is_asked_of_a_proxied_record_that_leads_to_the_load_balancer() -> None:
    assert lines(of(required=True)) == []
    (found,) = lines(of({"proxied": False}))
    assert found == f"{FIELD}: Cloudflare asks no origin of what it does not proxy: set proxied=True, or remove it"
    (found,) = lines(of({"target": "shop.example.org"}))
    assert found == f"{FIELD}: the record does not lead to the load balancer: remove it, or the target"


def test_another_zone_which_shows_no_certificate_is_refused() -> None:
    same, other = HostnameInputs(hostname="www.example.com"), HostnameInputs(hostname="example.net")
    assert lines(of({"further_hostnames": (same,)})) == []
    (found,) = lines(of({"further_hostnames": (same, replace(other, zone_id="1" * 32, zone_name="example.net"))}))
    assert "further_hostnames[1]: 'example.net' is in another zone, which would show no certificate of" in found


@pytest.mark.parametrize(("version", "is_accepted"), [("5.14.0", False), ("5.21.9", False), ("5.22.0", True)])
def test_hostnames_need_a_provider_that_can_read_them(version: str, is_accepted: bool) -> None:
    given = replace(of(scope="hostnames"), providers=ProvidersInputs(cloudflare=version))
    remedy = 'set providers.cloudflare to "5.22.0" or later, or scope to "zone"'
    what = f"version {version} of Cloudflare's provider fails in each plan after the first"
    assert lines(given) == ([] if is_accepted else [f"{FIELD}.scope: {what}: {remedy}"])


def test_who_comes_past_cloudflare_is_not_shut_out_unawares() -> None:
    balancer = LoadBalancerInputs(allowed_cidrs=("192.0.2.0/24",))
    path = ("django_service", "load_balancer")
    assert lines(changed(of(), path, balancer)) == []
    (found,) = lines(changed(of(required=True), path, balancer))
    assert found.startswith("django_service.load_balancer.allowed_cidrs: these come past Cloudflare without")


def test_environments_of_one_zone_name_one_certificate() -> None:
    one = of()
    for certificate_id, refused in ((origin_pulls().certificate_id, 0), ("1" * 32, 1)):
        record = cloudflare_dns(
            record_name="qa", authenticated_origin_pulls=origin_pulls(certificate_id=certificate_id)
        )
        files = {"prod.py": one, "qa.py": replace(one, name="qa", cloudflare_dns=record)}
        found = [each.what for each in conflicts(files, asked=files) if FIELD in each.field]
        assert found == ["test names another certificate, and a zone shows one"] * refused
