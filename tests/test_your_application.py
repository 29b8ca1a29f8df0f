"""docs/your-application.md says what is so: its values are those of the contract, and its projects are accepted."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from modules.fargate_service.inputs import WorkerInputs
from modules.scheduled_task.inputs import JobSettingsInputs
from modules.validation import problems
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


def test_an_environment_accepts_several_web_services() -> None:
    section = PAGE.partition("## Several web services")[2].partition("\n## ")[0]
    described, sized = re.findall(r"^```python\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    scope: dict[str, Any] = {}
    exec(described, scope)
    exec(f"from stacks.config import RouteInputs, WebInputs\nGIVEN = dict({sized})", scope)
    service = replace(environment().django_service, application=scope["APPLICATION"], **scope["GIVEN"])
    assert [*problems(environment(django_service=service))] == []
    assert [*service.services] == ["web", "web-api"]


def test_there_are_five_projects() -> None:
    assert len(PROJECTS) == 5


def test_an_environment_accepts_the_workers_and_jobs_of_the_page_at_the_sizes_of_the_page() -> None:
    (section,) = re.findall(r"^## More workers, and jobs\n(.*?)^## ", PAGE, re.MULTILINE | re.DOTALL)
    application, sizes = re.findall(r"^```python\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    scope: dict[str, Any] = {}
    exec(application, scope)
    given = environment()
    changes = eval(f"dict({sizes})", {"WorkerInputs": WorkerInputs, "JobSettingsInputs": JobSettingsInputs})
    service = replace(given.django_service, application=scope["APPLICATION"], **changes)
    assert [*problems(replace(given, django_service=service))] == []
    assert len(changes["workers"]) == len(scope["APPLICATION"].workers)
    assert {name: is_on for name, (_, is_on) in service.scheduled.items()} == {
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
