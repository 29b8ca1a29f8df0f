"""Asks Cloudflare what its token may read, before a deployment finds out half-way."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from cli import openssl
from cli.private_directory import private_directory
from cli.text import one_line
from modules.cloudflare_dns.inputs import CloudflareDnsInputs
from modules.cloudflare_dns.origin_pulls_inputs import AuthenticatedOriginPullsInputs
from modules.validation import Example
from stacks.config.schema import Environment

TOKEN = "CLOUDFLARE_API_TOKEN"  # noqa: S105  (the name of the variable)
TIMEOUT_SECONDS = 10
RATE_LIMITED = 429


class _NoRedirects(HTTPRedirectHandler):
    """Cloudflare sends nobody elsewhere, and urllib would take the token along. An answer that does is an HTTPError."""

    def redirect_request(self, *_given: Any) -> None:
        """Nothing to follow."""


_OPENER = build_opener(_NoRedirects)


def problems(environment: Environment, variables: Mapping[str, str] = os.environ) -> Iterator[str]:
    """What is wrong with the token, in lines; nothing where the environment needs none.

    That it may edit is seen at apply only: Cloudflare does not tell.

    https://developers.cloudflare.com/fundamentals/api/reference/permissions/
    """
    record = environment.dns_inputs
    if not isinstance(record, CloudflareDnsInputs):
        return
    token = variables.get(TOKEN)
    if not token:
        yield f"{TOKEN} is not set: create a token for the zone {record.zone_name}, and export it"
        return
    if isinstance(record.zone_id, Example):
        return  # nobody is asked about what is made up
    try:
        yield from _missing(environment.dns_field, record, api(variables), token)
    except (OSError, HTTPException, ValueError) as error:
        why = getattr(error, "reason", type(error).__name__)
        yield f"{TOKEN} cannot be checked, because Cloudflare cannot be asked ({why}): try again later"


def api(variables: Mapping[str, str]) -> str:
    """Where Cloudflare answers."""
    # The variable that Cloudflare's provider reads too.
    return variables.get("CLOUDFLARE_BASE_URL", "https://api.cloudflare.com/client/v4")


def _missing(field: str, record: CloudflareDnsInputs, api: str, token: str) -> Iterator[str]:
    """What the token may not read of the zones."""
    zone = f"{api}/zones/{record.zone_id}"
    found = get(zone, token)
    if found is None:
        yield f"{TOKEN} may not read the zone {record.zone_id}: give it Zone:Read on {record.zone_name}"
        return
    if found.get("name") != record.zone_name:
        what = f"is the zone {found.get('name')}, not {record.zone_name}"
        yield f"{field}.zone_id: {what}: correct one of them"
    if record.zone_settings and get(f"{zone}/settings", token) is None:
        yield f"{TOKEN} may not read zone settings: give it Zone Settings:Edit on {record.zone_name}"
    if record.cache_rule and get(f"{zone}/rulesets", token) is None:
        yield f"{TOKEN} may not read cache rules: give it Cache Rules:Edit on {record.zone_name}"
    if (record.rate_limits or record.custom_rules) and not _may_read_firewall(zone, token):
        yield f"{TOKEN} may not read the firewall: give it Zone WAF:Edit on {record.zone_name}"
    yield from _not_shown(f"{field}.authenticated_origin_pulls", record, zone, token)
    further = {str(each.zone_id): each.zone_name for each in record.further_hostnames if each.zone_id}
    for zone_id, name in {record.zone_id: record.zone_name, **further}.items():
        if get(f"{api}/zones/{zone_id}/dns_records?per_page=1", token) is None:
            yield f"{TOKEN} may not read DNS records: give it DNS:Edit on {name}"


def _not_shown(field: str, record: CloudflareDnsInputs, zone: str, token: str) -> Iterator[str]:
    """Why the load balancer may not require the certificate yet, or why there is none to show."""
    pulls = record.authenticated_origin_pulls
    if pulls is None:
        return
    of_zone = pulls.scope == "zone"
    path = f"{zone}/origin_tls_client_auth"
    found = get(path if of_zone else f"{path}/hostnames/certificates", token, missing=[])
    if found is None:
        right = "SSL and Certificates:Edit"
        yield f"{TOKEN} may not read the certificates of origin pulls: give it {right} on {record.zone_name}"
        return
    active = [str(each.get("id")) for each in found if each.get("status") == "active"]
    named: dict[str, Any] = next((each for each in found if each.get("id") == pulls.certificate_id), {})
    if pulls.certificate_id not in active:
        remedy = "wait until Cloudflare has deployed it, or correct the id"
        yield f"{field}.certificate_id: {pulls.certificate_id} is {named.get('status', 'not there')}: {remedy}"
    elif of_zone and pulls.required and len(active) > 1:
        what = f"Cloudflare has {len(active)} active certificates, and may show another one"
        yield f"{field}: {what}: delete {', '.join(each for each in active if each != pulls.certificate_id)} there"
    if named:
        yield from _not_issued(field, pulls, str(named.get("certificate")))
    if not pulls.required:
        return
    for name in (None,) if of_zone else record.hostnames_of_zone:
        shown = get(f"{path}/hostnames/{name}" if name else f"{path}/settings", token, missing={}) or {}
        # The certificate of a zone is the active one.
        if not shown.get("enabled") or (name and shown.get("cert_id") != pulls.certificate_id):
            where = f" for {name}" if name else ""
            what = f"Cloudflare does not show the certificate{where} yet, so that the load balancer would refuse all"
            yield f"{field}.required: {what} visitors: deploy with False first"


def _not_issued(field: str, pulls: AuthenticatedOriginPullsInputs, certificate: str) -> Iterator[str]:
    """That the load balancer would not accept the certificate."""
    if missing := openssl.missing():
        yield from missing
        return
    with private_directory("origin-pulls-") as directory:
        if openssl.has_issued(directory, pulls.pem, certificate):
            return
    what = f"none of these issued the certificate {pulls.certificate_id}, so that the load balancer would refuse it"
    yield f"{field}.ca_certificates: {what}: give that of its authority, as `make origin-certificate` printed it"


def _may_read_firewall(zone: str, token: str) -> bool:
    """Whether the token may read custom rules and rate limits. Where the zone has none yet, the answer is 404."""
    url = f"{zone}/rulesets/phases/http_request_firewall_custom/entrypoint"
    return get(url, token, missing={}) is not None


def post(url: str, token: str, body: Mapping[str, str]) -> Any:
    """The result of a request with a body; where Cloudflare refuses it, why, as `refusal`.

    Raises HTTPError where that is a rate limit, a redirect, or an error of its own.
    """
    headers = {"Authorization": f"Bearer {token}", "User-Agent": "deploy", "Content-Type": "application/json"}
    request = Request(url, data=json.dumps(body).encode(), headers=headers, method="POST")  # noqa: S310
    try:
        with _OPENER.open(request, timeout=TIMEOUT_SECONDS) as answer:
            return _result(answer.read())
    except HTTPError as error:
        if error.code < 400 or error.code == RATE_LIMITED or error.code >= 500:
            raise
        return {"refusal": f"{error.code} {_first_error(error.read())}".strip()}


class NoResult(ValueError):
    """Cloudflare says that it has done what was asked, and not what came of it."""

    reason = "its answer has no result"


def _result(body: bytes) -> Any:
    """What an answer has. Raises ValueError where that is nothing."""
    answer = json.loads(body)
    if not isinstance(answer, dict) or not isinstance(answer.get("result"), (dict, list)):
        raise NoResult
    return answer["result"]


def _first_error(body: bytes) -> str:
    with contextlib.suppress(ValueError, LookupError, TypeError):
        return one_line(str(json.loads(body)["errors"][0]["message"]), 200)
    return ""


def get(url: str, token: str, *, missing: Any = None) -> Any:
    """The result of a request; None where the token may not make it, and `missing` where there is nothing."""
    headers = {"Authorization": f"Bearer {token}", "User-Agent": "deploy"}
    try:
        with _OPENER.open(Request(url, headers=headers), timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
            return _result(answer.read())
    except NoResult:
        if missing is None:
            raise
        return missing
    except HTTPError as error:
        if error.code == 404:
            return missing
        if error.code in (400, 401, 403):
            return None
        raise
