"""Fixtures of all tests."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import lazy_providers

lazy_providers.install()  # before anything imports cdktf

# A shell starts background jobs with SIGINT ignored, and so are their children: tests that send it would hang.
signal.signal(signal.SIGINT, signal.default_int_handler)

# A user's cache of providers is not for the stand-in of Cloudflare's, and does not allow for tests side by side.
os.environ.pop("TF_PLUGIN_CACHE_DIR", None)

import pytest  # noqa: E402

from cli import cloudflare_stand_in  # noqa: E402
from tests import terraform  # noqa: E402
from tests.plans import Plans  # noqa: E402
from tests.support import Json, read_output  # noqa: E402


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--accept-snapshots", action="store_true", help="write the snapshots instead of comparing them")
    parser.addoption("--accept-upgrade", action="store_true", help="write what an upgrade changes, see tests/upgrade")


@pytest.fixture(scope="session")
def documents(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Json]:
    """The Terraform JSON of every unit of every environment of tests/environments, by the unit's id."""
    from cdktf import App

    from stacks.config.loader import load
    from stacks.django_backend import compose
    from tests.environments import DIRECTORY

    output = tmp_path_factory.mktemp("cdktf.out")
    app = App(outdir=str(output))
    for environment in load(directory=DIRECTORY).values():
        compose(app, environment)
    app.synth()
    return dict(read_output(output))


@pytest.fixture(scope="session")
def mirrors(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Where Terraform finds its providers: the real one of AWS, and the stand-in for Cloudflare's."""
    terraform.require(shutil.which("terraform"), "the command terraform")
    terraform.require(terraform.mirror(), "a filesystem mirror of the AWS provider 5.100.0 (TF_PROVIDER_MIRROR)")
    aws = terraform.mirror()
    assert aws is not None
    stand_in = tmp_path_factory.mktemp("cloudflare-stand-in")
    cloudflare_stand_in.install(stand_in)
    return {"hashicorp": aws, "cloudflare": stand_in}


@pytest.fixture(scope="session")
def plans(documents: dict[str, Json], mirrors: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Plans:
    """The real plan of every unit of every environment by the unit's id; not to be changed."""
    directory = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:  # then the workers' own directories have one parent
        directory = directory.parent
    return Plans(documents, mirrors, directory / "plans")
