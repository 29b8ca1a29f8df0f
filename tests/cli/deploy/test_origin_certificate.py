"""The certificate is made and uploaded once, its key is nowhere else, and nobody is shut out by it."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from cli.deploy import cloudflare, origin_certificate
from modules.cloudflare_dns.origin_pulls_inputs import AuthenticatedOriginPullsInputs
from modules.external_dns.inputs import ExternalDnsInputs
from modules.github_oidc.inputs import GithubOidcInputs
from modules.network.inputs import NetworkInputs
from modules.validation import problems
from stacks.config.schema import Environment
from tests import configurations
from tests.support import cloudflare_dns, environment, origin_pulls

TEST = environment()
ID = origin_pulls().certificate_id
ZONE = f"/zones/{cloudflare_dns().zone_id}"


@dataclass(slots=True)
class Cloudflare:
    """Takes certificates, and remembers what it was given, by path."""

    status: int = 200
    answer: dict[str, Any] = field(default_factory=lambda: {"result": {"id": ID, "expires_on": "2036-01-01"}})
    given: list[tuple[str, dict[str, str]]] = field(default_factory=list)


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloudflare]:
    made = Cloudflare()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            made.given.append((self.path, body))
            answer = json.dumps(made.answer).encode()
            self.send_response(made.status)
            self.send_header("Content-Length", str(len(answer)))
            self.send_header("Location", "/elsewhere")
            self.end_headers()
            self.wfile.write(answer)

        def do_GET(self) -> None:
            made.given.append((self.path, {}))
            self.send_error(404)

        def log_message(self, format: str, *arguments: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("CLOUDFLARE_BASE_URL", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv(cloudflare.TOKEN, "token")
    yield made
    server.shutdown()
    server.server_close()


def run(directory: Path, *argv: str, of: tuple[Environment, ...] = (TEST,)) -> int:
    directory.mkdir(exist_ok=True)
    configurations.write(directory, *of)
    return origin_certificate.main([TEST.name, "--yes", *argv], directory=directory)


def printed(text: str) -> AuthenticatedOriginPullsInputs:
    """The input that was printed, as Python reads it."""
    (code,) = re.findall(r"authenticated_origin_pulls=(AuthenticatedOriginPullsInputs\(.*\n    \)),", text, re.DOTALL)
    names = {"AuthenticatedOriginPullsInputs": AuthenticatedOriginPullsInputs}
    found: AuthenticatedOriginPullsInputs = eval(code, names)
    return found


def test_cloudflare_gets_a_certificate_of_the_authority_that_is_printed(
    api: Cloudflare, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path) == 0
    ((path, body),) = api.given
    assert path == f"{ZONE}/origin_tls_client_auth"
    pulls = printed(capsys.readouterr().out)
    assert (list(problems(pulls)), pulls.certificate_id, pulls.required, pulls.scope) == ([], ID, False, "zone")
    (tmp_path / "ca.pem").write_text(pulls.pem)
    (tmp_path / "client.pem").write_text(body["certificate"])
    verify = ["openssl", "verify", "-purpose", "sslclient", "-CAfile", "ca.pem", "client.pem"]
    assert subprocess.run(verify, cwd=tmp_path, capture_output=True, text=True, check=True).stdout == "client.pem: OK\n"
    public = subprocess.run(["openssl", "pkey", "-pubout"], input=body["private_key"], capture_output=True, text=True)
    of_certificate = ["openssl", "x509", "-in", "client.pem", "-noout", "-pubkey"]
    assert public.stdout == subprocess.run(of_certificate, cwd=tmp_path, capture_output=True, text=True).stdout


def test_the_pipeline_gets_its_rights_before_it_deploys(
    api: Cloudflare, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    github = GithubOidcInputs(repository="acme/shop")
    of_pipeline = replace(TEST, bootstrap=replace(TEST.bootstrap, github=github))
    assert run(tmp_path / "pipeline", of=(of_pipeline,)) == 0
    assert "Then run `make bootstrap ENV=test` and `make deploy ENV=test`, add" in capsys.readouterr().out
    by_hand = replace(TEST, bootstrap=replace(TEST.bootstrap, github=None))
    assert run(tmp_path / "by_hand", of=(by_hand,)) == 0
    assert "Then run `make deploy ENV=test`, add required=True to it, and deploy again." in capsys.readouterr().out


def test_no_key_is_printed_or_left_on_the_disk(
    api: Cloudflare, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "tmp"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    assert run(tmp_path / "config") == 0
    assert "PRIVATE KEY" in api.given[0][1]["private_key"]
    assert list(place.iterdir()) == []
    said = capsys.readouterr()
    assert not any(line in said.out + said.err for line in api.given[0][1]["private_key"].splitlines())


def test_one_for_hostnames_goes_where_cloudflare_keeps_those(
    api: Cloudflare, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, "--hostnames") == 0
    assert [path for path, _ in api.given] == [f"{ZONE}/origin_tls_client_auth/hostnames/certificates"]
    assert printed(capsys.readouterr().out).scope == "hostnames"


def test_while_any_environment_of_the_zone_requires_one_no_other_is_uploaded(
    api: Cloudflare, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Cloudflare would show it at once, and the load balancer refuse it."""
    record = cloudflare_dns(record_name="qa", authenticated_origin_pulls=origin_pulls(required=True))
    network = NetworkInputs(cidr="10.1.0.0/16", zones=("us-east-1a", "us-east-1b"))
    other = replace(TEST, name="qa", network=network, cloudflare_dns=record)
    assert run(tmp_path, of=(TEST, other)) == 1
    assert api.given == []
    assert "is required in qa, and Cloudflare shows the new certificate at once" in capsys.readouterr().err


@pytest.mark.parametrize("status", [400, 403])
def test_what_cloudflare_refuses_is_one_line(
    status: int, api: Cloudflare, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    api.status, api.answer = status, {"errors": [{"message": "This certificate is\nwrong"}]}
    assert run(tmp_path) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"origin-certificate: Cloudflare refuses it ({status} This certificate is wrong): give ")
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    "answer",
    [{}, {"result": None}, {"result": {}}, {"result": []}, {"result": {"id": None}}, {"result": {"id": "\x1b[2J"}}],
)
def test_an_answer_without_an_id_is_one_line_that_says_what_may_be_there(
    answer: dict[str, Any], api: Cloudflare, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    api.answer = answer
    assert run(tmp_path) == 1
    said = capsys.readouterr().err
    assert "Cloudflare took the certificate, and does not say its id: delete it there, as GET http" in said
    assert said.count("\n") == 1


def test_a_rate_limit_is_no_refusal(api: Cloudflare, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    api.status = 429
    assert run(tmp_path) == 1
    what = "Cloudflare has taken too many requests (429), and not this one"
    assert capsys.readouterr().err == f"origin-certificate: {what}: try again in five minutes\n"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_the_token_goes_nowhere_else(
    status: int, api: Cloudflare, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    api.status = status
    assert run(tmp_path) == 1
    assert capsys.readouterr().err.startswith("origin-certificate: Cloudflare does not answer (")
    assert [path for path, _ in api.given] == [f"{ZONE}/origin_tls_client_auth"]


def test_no_control_character_of_an_answer_is_printed(
    api: Cloudflare, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    api.answer = {"result": {"id": ID, "expires_on": "2036\x1b[2J"}}
    assert run(tmp_path) == 0
    assert "until 2036\\x1b[2J.\n" in capsys.readouterr().out


def test_without_a_proxy_or_a_token_nothing_is_made(
    api: Cloudflare, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path / "a", of=(replace(TEST, cloudflare_dns=cloudflare_dns(proxied=False)),)) == 1
    assert "is not proxied by Cloudflare" in capsys.readouterr().err
    elsewhere = replace(TEST, cloudflare_dns=None, dns=ExternalDnsInputs(hostname="api.example.com"))
    assert run(tmp_path / "c", of=(elsewhere,)) == 1
    assert (
        "stacks/config/test.py: dns: is not at Cloudflare, which alone shows a certificate: use"
        in capsys.readouterr().err
    )
    monkeypatch.delenv(cloudflare.TOKEN)
    assert run(tmp_path / "b") == 1
    assert capsys.readouterr().err.startswith("CLOUDFLARE_API_TOKEN is not set: ")
    assert api.given == []
