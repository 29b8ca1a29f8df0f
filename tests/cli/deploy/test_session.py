"""Sessions ask AWS for what the policy of docs/operate.md allows, and for nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.deploy import console, port_forward, psql
from cli.ecs.plugin import PLUGIN
from tests.cli.deploy.sessions import FORWARDS, Sessions, serving

PAGE = (Path(__file__).parents[3] / "docs" / "operate.md").read_text()
# RunTask passes the roles, and tokens of IAM are used at the stores.
NOT_CALLED = {"iam:PassRole", "rds-db:connect", "elasticache:Connect"}


@pytest.fixture
def sessions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sessions]:
    with serving(tmp_path, monkeypatch) as found:
        yield found


@pytest.mark.thorough
def test_the_policy_of_the_page_allows_what_the_verbs_call(sessions: Sessions) -> None:
    policy = json.loads(re.findall(r"```json\n(.*?)```", PAGE.partition("## Sessions")[2], re.DOTALL)[0])
    given = [statement["Action"] for statement in policy["Statement"]]
    allowed = {action for actions in given for action in ([actions] if isinstance(actions, str) else actions)}
    assert console.main(["dev"], directory=sessions.directory) == 0
    sessions.program("psql", "print('psql (PostgreSQL) 16.4')")
    sessions.program(PLUGIN, FORWARDS)
    for authentication in ("iam", "password", "secret"):
        sessions.write(database_authentication=authentication)
        assert psql.main(["dev"], directory=sessions.directory) == 0
    sessions.program(PLUGIN, "sys.exit(1)")
    assert port_forward.main(["dev", "redis"], directory=sessions.directory) == 1
    assert sessions.aws.actions | NOT_CALLED == allowed
