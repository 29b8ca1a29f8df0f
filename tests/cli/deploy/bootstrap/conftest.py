"""An account on the local AWS, and `make bootstrap` on it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cdktf import App
from moto.s3.models import s3_backends

from cli.deploy.bootstrap.command import main
from cli.local_aws import providers
from cli.local_aws.server import LocalAws
from modules.github_oidc.inputs import GithubOidcInputs
from stacks.config.bootstrap import BootstrapInputs
from stacks.config.schema import Environment, S3State
from stacks.units.bootstrap import compose
from tests import support
from tests.configurations import write
from tests.support import Json

ACCOUNT = "123456789012"
BUCKET = "acme-tfstate"
KEY = "django/prod/bootstrap/terraform.tfstate"
REPOSITORY = "django"


def environment(**changes: Any) -> Environment:
    """An environment whose values are no examples, with a state in S3."""
    github = GithubOidcInputs(repository="acme/django")
    given = {"name": "prod", "state": S3State(bucket=BUCKET), "bootstrap": BootstrapInputs(github=github)}
    return support.environment(**{**given, **changes})


@dataclass(frozen=True)
class Account:
    """An account, and what is on this machine for it."""

    aws: LocalAws
    directory: Path
    capture: pytest.CaptureFixture[str]

    @property
    def local_state(self) -> Path:
        return self.directory / "state" / KEY

    def client(self, service: str) -> Any:
        return self.aws.client(service, ACCOUNT)

    def prepare(self, of: Environment) -> None:
        """Write and synthesize an environment."""
        write(self.directory, of)
        app = App(outdir=str(self.directory / "bootstrap.out"))
        compose(app, of)
        app.synth()

    def bootstrap(self, *arguments: str) -> tuple[int, str, str]:
        """Exit code and output of `make bootstrap ENV=prod`."""
        code = main(
            ["prod", *arguments],
            tree=self.directory / "bootstrap.out",
            directory=self.directory,
            states=self.directory / "state",
        )
        out, err = self.capture.readouterr()
        return code, out, err

    def state(self) -> Json:
        """The state in the bucket."""
        found: Json = json.loads(self.client("s3").get_object(Bucket=BUCKET, Key=KEY)["Body"].read())
        return found


@pytest.fixture
def account(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """An empty account, into which this process is signed in, and an environment for it."""
    s3_backends.bucket_accounts.clear()  # moto remembers there whose bucket it was, and looks for it for ever
    with LocalAws() as aws:
        for name in [name for name in os.environ if name.startswith("AWS_") or name.upper().endswith("_PROXY")]:
            monkeypatch.delenv(name)
        for name, value in aws.environment(ACCOUNT, {}).items():
            monkeypatch.setenv(name, value)
        # A service that fails is asked once more and not for minutes.
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "2")
        made = Account(aws, tmp_path, capsys)
        made.prepare(environment())
        yield made


@pytest.fixture
def with_terraform(
    tmp_path: Path, shared_providers: None, mirrors: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Terraform with the provider as published."""
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(providers.configure(tmp_path)))
