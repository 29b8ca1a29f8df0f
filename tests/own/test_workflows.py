"""The workflows of GitHub plan, deploy and look after the environments of stacks/config."""

from __future__ import annotations

import pytest

from cli.maintenance.workflows import naming
from stacks.config import loader
from tests.workflows.test_workflows import DEPLOYED, FILES, WORKFLOWS

pytestmark = pytest.mark.own


@pytest.mark.parametrize("workflow", FILES)
def test_they_are_named_as_make_snapshots_names_them(workflow: str) -> None:
    text = FILES[workflow].read_text()
    assert naming(text, loader.names()) == text, "run `make snapshots`"


def test_each_is_planned_deployed_and_looked_after() -> None:
    assert [*loader.names()] == DEPLOYED
    for workflow, job in (("plan", "plan"), ("drift", "status")):
        rows = WORKFLOWS[workflow]["jobs"][job]["strategy"]["matrix"]["include"]
        assert [row["environment"] for row in rows] == [*loader.names()]
        assert len({row["role"] for row in rows}) == len(rows)
