"""Fixtures of all tests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import lazy_providers

lazy_providers.install()  # before anything imports cdktf

import pytest  # noqa: E402

from tests.support import Json  # noqa: E402


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--accept-snapshots", action="store_true", help="write the snapshots instead of comparing them")


@pytest.fixture(scope="session")
def documents(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Json]:
    """The Terraform JSON of every unit of every environment of stacks/config, by the unit's id."""
    from cdktf import App

    from stacks.config.loader import load
    from stacks.django_backend import compose

    output = tmp_path_factory.mktemp("cdktf.out")
    app = App(outdir=str(output))
    for environment in load().values():
        compose(app, environment)
    app.synth()
    return dict(_read(output))


def _read(output: Path) -> Iterator[tuple[str, Json]]:
    for file in sorted(output.glob("stacks/*/cdk.tf.json")):
        yield file.parent.name, json.loads(file.read_text())
