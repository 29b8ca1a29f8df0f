"""The files of stacks/config: all are listed, load, and are right together."""

from __future__ import annotations

import re

import pytest

from stacks.config import loader

pytestmark = pytest.mark.own


def test_all_load() -> None:
    assert [environment.name for environment in loader.load().values()] == [*loader.names()]


def test_every_environment_is_listed() -> None:
    files = loader.DIRECTORY.glob("*.py")
    found = {file.stem for file in files if re.search(r"^ENVIRONMENT\b", file.read_text(), re.MULTILINE)}
    assert found == {*loader.names()}, "list them all in ENVIRONMENTS of stacks/config/__init__.py"
