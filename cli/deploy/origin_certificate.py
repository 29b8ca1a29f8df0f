"""Upload a client certificate by which the load balancer knows Cloudflare: `python -m cli origin-certificate prod`.

Its key is made in a private directory, goes to Cloudflare alone, and is in no data, state, plan or log. That of the
authority that issues it goes nowhere: nobody can issue another one.
"""

from __future__ import annotations

import os
import textwrap
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from http.client import HTTPException
from pathlib import Path
from typing import Any

from cli import command as commands
from cli import openssl
from cli.deploy import cloudflare
from cli.failure import Failure, run_command
from cli.private_directory import private_directory
from cli.text import one_line
from modules.cloudflare_dns.inputs import CloudflareDnsInputs
from modules.cloudflare_dns.origin_pulls_inputs import is_certificate_id
from stacks.config import loader
from stacks.config.schema import Environment

NOT_CLOUDFLARE = (
    "DNS is not at Cloudflare, which alone shows such a certificate: use CloudflareDnsInputs, or do without"
)
# The load balancer accepts it when it has expired as well, and Cloudflare goes on showing it.
_DAYS = "3650"
# Both take it: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/mutual-authentication.html
_KEY = ("-newkey", "rsa:2048", "-nodes", "-sha256")


def main(argv: Sequence[str], *, directory: Path = loader.DIRECTORY) -> int:
    """Make and upload one. Returns 0 when Cloudflare has it, and 1 when not."""
    return run_command("origin-certificate", lambda: _run(_parse(argv, directory), directory))


def _parse(argv: Sequence[str], directory: Path) -> Namespace:
    parser = commands.Parser("origin-certificate", description="Upload a client certificate to the zone at Cloudflare.")
    commands.add_environment(parser, directory, required=True)
    parser.add_argument(
        "--hostnames", action="store_true", help='for scope="hostnames", in place of one for the whole zone'
    )
    commands.add_yes(parser)
    return parser.parse_args(argv)


def _run(arguments: Namespace, directory: Path) -> int:
    environment, scope = commands.environment(arguments, directory), "hostnames" if arguments.hostnames else "zone"
    record, token = _judge(environment, scope, loader.load(None, directory), os.environ)
    if not arguments.yes:
        what = f"the zone {record.zone_name}" if scope == "zone" else f"the hostnames of {environment.name}"
        commands.confirm(f"Upload a client certificate for {what}?", environment, "origin-certificate")
    authority, certificate, key = _issue(environment.prefix)
    path = "origin_tls_client_auth" if scope == "zone" else "origin_tls_client_auth/hostnames/certificates"
    url = f"{cloudflare.api(os.environ)}/zones/{record.zone_id}/{path}"
    uploaded = _upload(url, token, {"certificate": certificate, "private_key": key})
    until = one_line(str(uploaded.get("expires_on", "its end")), 40)
    print(f"Cloudflare has the certificate {uploaded['id']}, until {until}.")
    print(f"Write this into stacks/config/{environment.name}.py, {environment.dns_field}:\n")
    print(textwrap.indent(_lines(uploaded["id"], authority, scope), "    "))
    # The pipeline's roles have rights to a trust store only where there is one.
    first = f"`make bootstrap ENV={environment.name}` and " if environment.bootstrap.github else ""
    print(f"Then run {first}`make deploy ENV={environment.name}`, add required=True to it, and deploy again.")
    return 0


def _judge(
    environment: Environment, scope: str, others: Mapping[str, Environment], variables: Mapping[str, str]
) -> tuple[CloudflareDnsInputs, str]:
    """The record and the token. Raises Failure where a new certificate would shut visitors out."""
    record, token = environment.dns_inputs, variables.get(cloudflare.TOKEN)
    if not isinstance(record, CloudflareDnsInputs) or not record.proxied:
        raise Failure(" ".join(unfit(environment)))
    if not token:
        raise Failure(f"{cloudflare.TOKEN} is not set: create a token for the zone {record.zone_name}, and export it")
    for missing in openssl.missing():
        raise Failure(missing)
    for other in others.values() if scope == "zone" else ():
        pulls = other.authenticated_origin_pulls
        if pulls and pulls.required and other.zone == environment.zone:
            what = f"is required in {other.name}, and Cloudflare shows the new certificate at once"
            remedy = f"set required=False there, and run `make deploy ENV={other.name}` first"
            raise Failure(f"{other.dns_field}.authenticated_origin_pulls: {what}: {remedy}")
    return record, token


def unfit(environment: Environment) -> Iterator[str]:
    """Why Cloudflare would show no certificate to its load balancer, in a line."""
    record, file = environment.dns_inputs, f"stacks/config/{environment.name}.py: {environment.dns_field}"
    if not isinstance(record, CloudflareDnsInputs):
        yield f"{file}: is not at Cloudflare, which alone shows a certificate: use CloudflareDnsInputs, or do without"
    elif not record.proxied:
        yield f"{file}: is not proxied by Cloudflare, so there is nobody to know: set proxied=True"


def _issue(name: str) -> tuple[str, str, str]:
    """The certificate of an authority, one that it issues for a client, and the key of that one, in PEM."""
    with private_directory("origin-certificate-") as directory:
        extensions = ("-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign")
        subject = ("-subj", f"/CN={name} origin pulls CA")
        files = ("-keyout", "ca.key", "-out", "ca.pem")
        openssl.run(directory, "req", "-x509", *_KEY, "-days", _DAYS, *subject, *extensions, *files)
        client = ("-subj", f"/CN={name} origin pulls", "-keyout", "client.key", "-out", "client.csr")
        openssl.run(directory, "req", "-new", *_KEY, *client)
        (directory / "client.ext").write_text("basicConstraints=CA:FALSE\nextendedKeyUsage=clientAuth\n")
        by = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "client.ext", "-sha256")
        openssl.run(directory, "x509", "-req", "-in", "client.csr", "-days", _DAYS, *by, "-out", "client.pem")
        authority, certificate, key = (
            (directory / each).read_text() for each in ("ca.pem", "client.pem", "client.key")
        )
        return authority, certificate, key


def _upload(url: str, token: str, body: Mapping[str, str]) -> Any:
    """What Cloudflare says of the certificate. Its answers never have the key."""
    try:
        answer = cloudflare.post(url, token, body)
    except cloudflare.NoResult:
        answer = {}
    except (OSError, HTTPException, ValueError) as error:
        if getattr(error, "code", None) == cloudflare.RATE_LIMITED:
            what = "Cloudflare has taken too many requests (429), and not this one"
            raise Failure(f"origin-certificate: {what}: try again in five minutes") from None
        why = getattr(error, "reason", type(error).__name__)
        raise Failure(f"origin-certificate: Cloudflare does not answer ({why}): try again later") from None
    if "refusal" in answer:
        raise Failure(
            f"origin-certificate: Cloudflare refuses it ({answer['refusal']}): give {cloudflare.TOKEN} SSL and "
            "Certificates:Edit on the zone, or remove what it names"
        )
    if not isinstance(answer, dict) or not is_certificate_id(answer.get("id")):
        what = "Cloudflare took the certificate, and does not say its id"
        raise Failure(f"origin-certificate: {what}: delete it there, as GET {url} lists it, and try again")
    return answer


def _lines(id: str, authority: str, scope: str) -> str:
    """The input, as Python."""
    body = [line for line in authority.splitlines() if line and not line.startswith("-----")]
    return "\n".join(
        (
            "authenticated_origin_pulls=AuthenticatedOriginPullsInputs(",
            f'    certificate_id="{id}",',
            "    ca_certificates=(",
            *(f'        "{line}"' for line in body[:-1]),
            f'        "{body[-1]}",',
            "    ),",
            *([f'    scope="{scope}",'] if scope != "zone" else []),
            "),",
        )
    )
