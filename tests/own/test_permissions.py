"""The roles of GitHub that `make bootstrap` makes for the environments of stacks/config."""

from __future__ import annotations

from dataclasses import replace

import pytest

from modules.github_oidc.inputs import GithubOidcInputs
from modules.iam import LONGEST_POLICY
from stacks.config import loader
from stacks.config.schema import Environment
from tests.stacks.permissions.policies import bootstrap, statements
from tests.stacks.permissions.test_roles import ROLES, WILDCARDS, sid, with_wildcard
from tests.support import Json

pytestmark = [pytest.mark.own, pytest.mark.parametrize("name", loader.names())]


@pytest.fixture
def environment(name: str) -> Environment:
    """With roles of GitHub, whether it has them or not."""
    (found,) = loader.load([name]).values()
    github = found.bootstrap.github or GithubOidcInputs(repository="acme/django")
    return replace(found, bootstrap=replace(found.bootstrap, github=github))


@pytest.fixture
def unit(environment: Environment) -> Json:
    return bootstrap(environment)


def test_the_boundary_is_made_unless_the_environment_names_one_or_wants_none(
    environment: Environment, unit: Json
) -> None:
    github = environment.bootstrap.github
    is_made = environment.permissions_boundary is None and github is not None and github.permissions_boundary
    assert ("boundary" in unit["resource"]["aws_iam_policy"]) is is_made


@pytest.mark.parametrize("role", ROLES)
def test_a_pattern_is_what_the_environment_says_itself_or_has_its_reason(unit: Json, role: str) -> None:
    is_made = role != "boundary" or role in unit["resource"]["aws_iam_policy"]
    found = statements(unit, role) if is_made else []
    assert {sid(statement) for statement in found if "*" in str(statement["Action"])} <= {"Runtime<n>"}
    assert with_wildcard(found) <= {*WILDCARDS[role], *(WILDCARDS["plan"] if role != "boundary" else ())}


def test_every_policy_fits(unit: Json) -> None:
    policies = unit["resource"]["aws_iam_policy"].values()
    assert max(len(policy["policy"]) for policy in policies) <= LONGEST_POLICY
    roles = [attachment["role"] for attachment in unit["resource"]["aws_iam_role_policy_attachment"].values()]
    assert max(map(roles.count, roles)) <= 10
