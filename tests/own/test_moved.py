"""stacks/moved.py names what is there."""

from __future__ import annotations

import pytest

from stacks.moved import MOVED, check
from tests.support import Json, addresses

pytestmark = pytest.mark.own


def test_the_registry_names_what_is_there(documents: dict[str, Json], own_documents: dict[str, Json]) -> None:
    known: dict[str, set[str]] = {}
    for document in (*documents.values(), *own_documents.values()):
        known.setdefault(document["//"]["unit"], set()).update(addresses(document))
    assert list(check(MOVED, known)) == []
