"""The workflows of GitHub plan, deploy and look after the environments of stacks/config."""

from __future__ import annotations

import pytest

from cli.maintenance.workflows import difference, stale
from stacks.config import loader
from tests.workflows.test_workflows import DEPLOYED, WORKFLOWS

pytestmark = pytest.mark.own


def test_they_name_these_environments_in_their_order() -> None:
    found = "".join(difference(file, text) for file, text in stale([*loader.load().values()]).items())
    assert found == "", f"run `make workflows`:\n{found}"


def test_each_is_planned_deployed_and_looked_after() -> None:
    assert [*loader.names()] == DEPLOYED
    assert WORKFLOWS["deploy"][True]["workflow_dispatch"]["inputs"]["environment"]["options"] == ["all", *DEPLOYED]
    for workflow, job in (("plan", "plan"), ("drift", "status")):
        rows = WORKFLOWS[workflow]["jobs"][job]["strategy"]["matrix"]["include"]
        assert [row["environment"] for row in rows] == [*loader.names()]
        assert len({row["role"] for row in rows}) == len(rows)
