"""docs/catalog.md: complete against the catalog's interface, and true of the code."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from dataclasses import is_dataclass
from pathlib import Path

import pytest

import modules
from stacks.config import django_service, schema
from stacks.units.django_service import outputs

PAGE = (Path(__file__).parents[1] / "docs" / "catalog.md").read_text()

# The number of rows of each table: inputs and outputs of the catalog's four modules.
COUNTS = {
    "postgresql": (31, 9),
    "redis": (25, 12),
    "cloudflare-dns": (23, 9),
    "django-fargate-service": (31, 13),
}


def section(name: str) -> str:
    return PAGE.split(f"\n## {name}\n")[1].split("\n## ")[0]


def rows(name: str, kind: str) -> list[str]:
    table = section(name).split(f"| catalog's {kind} |")[1].split("\n\n")[0]
    return re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)


def classes() -> dict[str, type]:
    found: dict[str, type] = {}
    sources = [schema, django_service, outputs]
    for package in pkgutil.iter_modules(modules.__path__):
        if package.ispkg:
            path = [f"{modules.__path__[0]}/{package.name}"]
            sources += [
                importlib.import_module(f"modules.{package.name}.{part.name}")
                for part in pkgutil.iter_modules(path)
                if part.name.endswith(("inputs", "outputs"))
            ]
    for source in sources:
        found |= {name: cls for name, cls in inspect.getmembers(source, inspect.isclass) if is_dataclass(cls)}
    return found


@pytest.mark.parametrize("name", COUNTS)
def test_every_input_and_output_of_the_catalog_has_its_row(name: str) -> None:
    inputs, outputs = rows(name, "input"), rows(name, "output")
    assert (len(set(inputs)), len(set(outputs))) == COUNTS[name]
    assert (len(inputs), len(outputs)) == COUNTS[name]


def test_every_name_on_the_page_exists_in_the_code() -> None:
    known = classes()
    named = re.findall(r"`([A-Z]\w+)\.(\w+)`", PAGE)
    assert len(named) > 100
    for cls, field in named:
        assert cls in known, cls
        assert hasattr(known[cls], field) or field in known[cls].__dataclass_fields__, f"{cls}.{field}"  # type: ignore[attr-defined]
