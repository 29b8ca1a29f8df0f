"""Fixtures of all tests."""

from __future__ import annotations

import functools
import gc
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import lazy_providers

lazy_providers.install()  # before anything imports cdktf

# A shell starts background jobs with SIGINT and SIGQUIT ignored, nohup starts them with SIGHUP ignored, and so are
# their children: tests that send one would wait in vain.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGQUIT, signal.SIG_DFL)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

# A user's cache of providers is not for the stand-in of Cloudflare's, and does not allow for tests side by side.
os.environ.pop("TF_PLUGIN_CACHE_DIR", None)
# Tests put programs named terraform on PATH.
os.environ.pop("TERRAFORM_BINARY_NAME", None)

import pytest  # noqa: E402
from botocore.loaders import JSONFileLoader  # noqa: E402
from hypothesis import settings  # noqa: E402

from cli.local_aws import cloudflare_stand_in, providers  # noqa: E402
from cli.terraform import version  # noqa: E402
from stacks.config import loader  # noqa: E402
from tests import environments, running_provider, terraform  # noqa: E402
from tests.guard import Guard  # noqa: E402
from tests.plans import Plans  # noqa: E402
from tests.snapshots import accepted  # noqa: E402
from tests.support import Json, read_output  # noqa: E402

GUARD = Guard()

# The program looks where Terraform does and where it is told, and a machine that tests it may have a mirror elsewhere.
if _mirror := terraform.mirror():
    os.environ["TF_PROVIDER_MIRROR"] = str(_mirror)

# How long an example takes says more of what else runs on the machine than of what is tested.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

# Each session of boto3 parses the models of its services, which takes a quarter of a second and never differs. A client
# of S3 changes its model, though.
_parse = JSONFileLoader().load_file
_parsed = functools.cache(_parse)
JSONFileLoader.load_file = lambda _self, path: (_parse if "/s3/" in path else _parsed)(path)  # type: ignore[method-assign,assignment]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Only a test with the mark `own` may read what a user writes."""
    if not item.get_closest_marker("own"):
        GUARD.turn_on()


def pytest_collection_finish() -> None:
    """What modules and bindings are made of lives to the end: the garbage collector need not look at it each time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Iterator[None]:
    """Tell of what was refused, where the test itself has not."""
    yield
    if refused := GUARD.turn_off():
        pytest.fail("; ".join(refused))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--accept-snapshots", action="store_true", help="write the snapshots instead of comparing them")
    parser.addoption("--accept-upgrade", action="store_true", help="write what an upgrade changes, see tests/upgrade")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for line in accepted.report(config):
        terminalreporter.write_line(line)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "terraform_command" in getattr(item, "fixturenames", ()):
            item.add_marker("terraform")


@pytest.fixture(scope="session")
def documents(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Json]:
    """The Terraform JSON of every unit of every environment of tests/environments, by the unit's id."""
    output = tmp_path_factory.mktemp("cdktf.out")
    _synthesize(environments.DIRECTORY, output)
    return dict(read_output(output))


@pytest.fixture(scope="session")
def own_tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The synthesized units of stacks/config, with the order in which they are deployed."""
    output = tmp_path_factory.mktemp("cdktf.out")
    _synthesize(loader.DIRECTORY, output)
    return output


@pytest.fixture(scope="session")
def own_documents(own_tree: Path) -> dict[str, Json]:
    """The Terraform JSON of every unit of every environment of stacks/config, by the unit's id."""
    return dict(read_output(own_tree))


@pytest.fixture(scope="session")
def own_units(documents: dict[str, Json], own_documents: dict[str, Json]) -> dict[str, Json]:
    """The units of own_documents on which no test of `documents` has passed a judgement already."""
    judged = [*documents.values()]
    return {name: document for name, document in own_documents.items() if document not in judged}


def _synthesize(directory: Path, output: Path) -> None:
    from stacks.django_backend import compose
    from stacks.synthesis.synthesize import synthesize

    synthesize(loader.load(directory=directory), output, lambda _: None, compose)


@pytest.fixture(scope="session")
def terraform_command() -> str:
    """The path of the command terraform; what asks for it has the mark `terraform`."""
    found = shutil.which("terraform")
    terraform.require(found, "the command terraform")
    return str(found)


@pytest.fixture(scope="session")
def sharing_terraform(terraform_command: str) -> Iterator[str]:
    """A program in the place of Terraform, whose runs share AWS providers, where the provider lies unpacked."""
    place = providers.mirror()
    package = place and next(place.glob(f"*/hashicorp/aws/{providers.AWS_VERSION}/*/terraform-provider-aws_*"), None)
    if not package:
        yield terraform_command
        return
    with running_provider.running(terraform_command, package) as program:
        yield str(program)


@pytest.fixture
def shared_providers(sharing_terraform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The runs of Terraform in this test share AWS providers: see tests/running_provider.py."""
    monkeypatch.setenv(version.BINARY_NAME, sharing_terraform)


@pytest.fixture(scope="session")
def mirrors(terraform_command: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Where Terraform finds its providers: the real one of AWS, and the stand-in for Cloudflare's."""
    terraform.require(terraform.mirror(), "a filesystem mirror of the AWS provider 5.100.0 (TF_PROVIDER_MIRROR)")
    aws = terraform.mirror()
    assert aws is not None
    stand_in = tmp_path_factory.mktemp("cloudflare-stand-in")
    cloudflare_stand_in.install(stand_in)
    return {"hashicorp": aws, "cloudflare": stand_in}


@pytest.fixture(scope="session")
def plans(documents: dict[str, Json], mirrors: dict[str, Path], shared: Path) -> Plans:
    """The real plan of every unit of every environment of tests/environments by the unit's id; not to be changed."""
    return Plans(documents, mirrors, shared / "plans")


@pytest.fixture(scope="session")
def own_plans(own_documents: dict[str, Json], mirrors: dict[str, Path], shared: Path) -> Plans:
    """The same of stacks/config."""
    return Plans(own_documents, mirrors, shared / "plans")


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory of all processes of this run."""
    directory = tmp_path_factory.getbasetemp()
    # The workers of xdist have directories of their own in one.
    return directory.parent if "PYTEST_XDIST_WORKER" in os.environ else directory
