"""The roles of GitHub that `make bootstrap` makes for the environments of stacks/config."""

from __future__ import annotations

from dataclasses import replace

import pytest

from modules.github_oidc.inputs import GithubOidcInputs
from modules.iam import LONGEST_POLICY
from stacks.config import loader
from tests.stacks.permissions.policies import bootstrap, statements
from tests.stacks.permissions.test_roles import ROLES, WILDCARDS, sid, with_wildcard
from tests.support import Json

pytestmark = [pytest.mark.own, pytest.mark.parametrize("name", loader.names())]


@pytest.fixture
def unit(name: str) -> Json:
    (environment,) = loader.load([name]).values()
    github = environment.bootstrap.github or GithubOidcInputs(repository="acme/django")
    return bootstrap(replace(environment, bootstrap=replace(environment.bootstrap, github=github)))


@pytest.mark.parametrize("role", ROLES)
def test_a_pattern_is_what_the_environment_says_itself_or_has_its_reason(unit: Json, role: str) -> None:
    found = statements(unit, role)
    assert {sid(statement) for statement in found if "*" in str(statement["Action"])} <= {"Runtime<n>"}
    assert with_wildcard(found) <= {*WILDCARDS[role], *(WILDCARDS["plan"] if role != "boundary" else ())}


def test_every_policy_fits(unit: Json) -> None:
    policies = unit["resource"]["aws_iam_policy"].values()
    assert max(len(policy["policy"]) for policy in policies) <= LONGEST_POLICY
    roles = [attachment["role"] for attachment in unit["resource"]["aws_iam_role_policy_attachment"].values()]
    assert max(map(roles.count, roles)) <= 10
