"""Fixtures of the end-to-end tests, and the table that they print at the end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.local_aws import providers
from cli.local_aws.server import LocalAws
from tests.end_to_end import table
from tests.terraform import require


@pytest.fixture(autouse=True)
def tools(terraform_command: str) -> None:
    require(providers.mirror(), "a filesystem mirror of the AWS provider 5.100.0 (TF_PROVIDER_MIRROR)")


@pytest.fixture
def aws() -> Iterator[LocalAws]:
    with LocalAws() as running:
        yield running


@pytest.fixture
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where tables are kept until they are printed."""
    directory = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        directory = directory.parent
    (directory / "tables").mkdir(exist_ok=True)
    return directory / "tables"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    factory: pytest.TempPathFactory | None = getattr(config, "_tmp_path_factory", None)
    files = sorted((factory.getbasetemp() / "tables").glob("*.json")) if factory else []
    if files:
        terminalreporter.section("end to end, on a local AWS")
        for line in table.lines(files):
            terminalreporter.line(line)
