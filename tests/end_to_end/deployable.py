"""The dev environment on a local AWS, with what a deployment needs: a bucket, an image and a token of Cloudflare."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from cli.local_aws import providers
from cli.local_aws.server import REGION, LocalAws
from stacks.config.schema import Environment, S3State
from tests import configurations
from tests.environments import frozen
from tests.support import cloudflare_dns

ACCOUNT = "123412341234"
BUCKET = "deployment-tfstate"
REPOSITORY = "django-app"
ZONE_ID = "1234567890abcdef1234567890abcdef"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployable:
    """An environment that can be deployed, and what it is deployed to."""

    environment: Environment
    directory: Path
    """As stacks/config, with this environment alone."""
    tree: Path
    """As cdktf.out."""
    aws: LocalAws
    url: str
    """Where the service is said to answer."""

    def client(self, service: str) -> Any:
        """A client of boto3 in the environment's account."""
        return self.aws.client(service, ACCOUNT)

    def push(self, tag: str) -> None:
        """An image of this tag."""
        kind = "application/vnd.docker.distribution.manifest.v2+json"
        manifest = json.dumps({"schemaVersion": 2, "mediaType": kind, "layers": [], "config": {"digest": tag}})
        self.client("ecr").put_image(repositoryName=REPOSITORY, imageManifest=manifest, imageTag=tag)


class _World(BaseHTTPRequestHandler):
    """Cloudflare's API and the health of the service, on one server."""

    def do_GET(self) -> None:
        result: Any = []
        if self.path.endswith(ZONE_ID):
            result = {"name": "example.org"}
        body = json.dumps({"result": result, "checks": {"database": True}}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nothing."""


@contextmanager
def deployable(directory: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployable]:
    """The dev environment with real-looking values in place of the examples, and an AWS that holds nothing of it."""
    environment = _environment()
    (directory / "config").mkdir()
    configurations.write(directory / "config", environment)
    world = ThreadingHTTPServer(("127.0.0.1", 0), _World)
    threading.Thread(target=world.serve_forever, args=(0.01,), daemon=True).start()
    url = f"http://127.0.0.1:{world.server_port}"
    with LocalAws() as aws:
        for name, value in aws.environment(ACCOUNT, os.environ).items():
            monkeypatch.setenv(name, value)
        for name in {*os.environ} - {*aws.environment(ACCOUNT, os.environ)}:
            monkeypatch.delenv(name)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(providers.configure(directory)))
        monkeypatch.setenv("CLOUDFLARE_API_TOKEN", "0" * 40)
        monkeypatch.setenv("CLOUDFLARE_BASE_URL", url)
        found = Deployable(
            environment=environment,
            directory=directory / "config",
            tree=synthesized(environment, directory / "cdktf.out"),
            aws=aws,
            url=url,
        )
        found.client("s3").create_bucket(Bucket=BUCKET)
        found.client("ecr").create_repository(repositoryName=REPOSITORY)
        yield found
    world.shutdown()
    world.server_close()


def _environment() -> Environment:
    dev = frozen("dev")
    return replace(
        dev,
        account_id=ACCOUNT,
        state=S3State(bucket=BUCKET),
        django_service=replace(
            dev.django_service, ecr_repository_url=f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{REPOSITORY}"
        ),
        cloudflare_dns=cloudflare_dns(dev, zone_id=ZONE_ID, zone_name="example.org"),
    )


def synthesized(environment: Environment, output: Path) -> Path:
    """The directory, with the environment's units in it."""
    from cdktf import App

    from stacks.django_backend import compose

    app = App(outdir=str(output))
    compose(app, environment)
    app.synth()
    return output
