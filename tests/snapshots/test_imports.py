"""stacks/imports.py names what is there."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from stacks import imports
from stacks.config import loader
from stacks.imports import IMPORTS
from tests.support import Json

pytestmark = pytest.mark.own


def test_every_entry_names_a_resource_that_is_there(
    own_documents: dict[str, Json], own_tree: Path, tmp_path: Path
) -> None:
    tree = Path(shutil.copytree(own_tree, tmp_path / "tree"))
    wrong = [*imports.unknown(IMPORTS, loader.names())]
    for name, entries in IMPORTS.items():
        units = {
            document["//"]["unit"]: unit
            for unit, document in own_documents.items()
            if document["//"]["environment"] == name
        }
        wrong += imports.apply(name, units, entries, tree)
    assert wrong == []
