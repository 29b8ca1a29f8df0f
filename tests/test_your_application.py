"""docs/your-application.md says what is so: its values are those of the contract, and its projects are accepted."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from modules.validation import problems
from stacks import config
from stacks.config import ApplicationInputs, Environment
from stacks.config.names import VALUES
from stacks.units.django_service import contract
from tests.support import environment

PAGE = (Path(__file__).parents[1] / "docs" / "your-application.md").read_text()
PROJECTS = re.findall(r"^### (.+?)\n.*?^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_the_table_has_every_value_of_the_platform() -> None:
    (table,) = re.findall(r"^\| value \|.*?\n\n", PAGE, re.MULTILINE | re.DOTALL)
    listed = re.findall(r"`([A-Z_]+)`", " ".join(row.split("|")[1] for row in table.strip().splitlines()))
    assert len(listed) == len(set(listed))
    assert set(listed) == VALUES


def test_the_contract_says_what_each_of_them_is() -> None:
    assert set(re.findall(r"\b[A-Z]+(?:_[A-Z]+)*\b", contract.__doc__ or "")) >= VALUES


def described_and_sized(title: str) -> tuple[ApplicationInputs, Environment]:
    """What a section of the page says of an application, and an environment with what it says of that."""
    section = PAGE.partition(f"## {title}\n")[2].partition("\n## ")[0]
    application, sizes = re.findall(r"^```python\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    scope: dict[str, Any] = {}
    exec(application, scope)
    changes = eval(sizes, {**vars(config), "DjangoServiceInputs": dict})
    given = environment()
    service = replace(given.django_service, application=scope["APPLICATION"], **changes)
    return scope["APPLICATION"], replace(given, django_service=service)


def test_an_environment_accepts_several_web_services() -> None:
    _, given = described_and_sized("Several web services")
    assert [*problems(given)] == []
    assert [*given.django_service.services] == ["web", "web-api"]


def test_there_are_five_projects() -> None:
    assert len(PROJECTS) == 5


def test_an_environment_accepts_more_workers_and_jobs() -> None:
    application, given = described_and_sized("More workers, and jobs")
    assert [*problems(given)] == []
    assert given.django_service.workers
    assert application.workers
    assert {*given.django_service.workers} == {*application.workers} == {"mail", "images"}
    assert {name: is_on for name, (_, is_on) in given.django_service.scheduled.items()} == {
        "clear-sessions": True,
        "invoices": False,
    }


@pytest.mark.parametrize(("name", "source"), PROJECTS, ids=[name for name, _ in PROJECTS])
def test_an_environment_accepts_each_project(name: str, source: str) -> None:
    scope: dict[str, Any] = {}
    exec(source, scope)
    given = environment()
    given = replace(given, django_service=replace(given.django_service, application=scope["APPLICATION"]))
    assert [*problems(given)] == []
