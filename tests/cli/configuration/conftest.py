"""A directory of environments as a user has it at first."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.environments import DIRECTORY

NAMES = ("dev", "staging", "prod")


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """The examples, as they are shipped."""
    for name in (*NAMES, "application"):
        (tmp_path / f"{name}.py").write_bytes((DIRECTORY / f"{name}.py").read_bytes())
    (tmp_path / "__init__.py").write_text(f'"""Mine."""\n\nENVIRONMENTS = {NAMES!r}  # in order\n'.replace("'", '"'))
    return tmp_path
