"""Fixtures of what surrounds cdktf."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.plans import Plans
from tests.support import Json


@pytest.fixture(scope="session")
def plans(documents: dict[str, Json], mirrors: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Plans:
    """The real plan of every unit of every environment by the unit's id; not to be changed."""
    directory = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:  # then the workers' own directories have one parent
        directory = directory.parent
    return Plans(documents, mirrors, directory / "plans")
