"""GitHub's roles: exactly one repository may take them, and only a protected place the one that deploys."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cdktf import TerraformStack

from modules.github_oidc.inputs import GithubOidcInputs
from modules.github_oidc.main import GithubOidc
from modules.iam import Statement
from modules.validation import InvalidInput, validate
from tests.support import Json, module_json, only

ISSUER = "token.actions.githubusercontent.com"
SOMETHING = [Statement(sid="Something", actions=["s3:ListBucket"], resources=["arn:aws:s3:::bucket"])]


def resources(**changes: Any) -> Json:
    def build(stack: TerraformStack) -> None:
        GithubOidc(
            stack,
            "github",
            inputs=GithubOidcInputs(**{"repository": "acme/django", **changes}),
            prefix="django-prod",
            account_id="123456789012",
            environment="prod",
            read={"read": SOMETHING, "nothing": []},
            change={"change": SOMETHING},
            plan_only={"no-secrets": SOMETHING},
            drift_only={"written-secrets": SOMETHING},
        )

    found: Json = module_json(build)["resource"]
    return found


@pytest.fixture(scope="module")
def made() -> Json:
    return resources()


def trust(made: Json, role: str) -> Json:
    (statement,) = json.loads(made["aws_iam_role"][f"github_{role}"]["assume_role_policy"])["Statement"]
    found: Json = statement
    return found


def attached(made: Json, role: str) -> set[str]:
    name = f"${{aws_iam_role.github_{role}.name}}"
    found = [a["policy_arn"] for a in made["aws_iam_role_policy_attachment"].values() if a["role"] == name]
    return {arn.removeprefix("${aws_iam_policy.github_policy_").removesuffix(".arn}") for arn in found}


def claims(made: Json, role: str) -> Json:
    """What a token must say, beside for whom it is."""
    found: Json = trust(made, role)["Condition"]["StringEquals"]
    return {name.removeprefix(f"{ISSUER}:"): value for name, value in found.items() if not name.endswith(":aud")}


def test_pull_requests_may_plan(made: Json) -> None:
    assert claims(made, "plan") == {"sub": "repo:acme/django:pull_request"}


def test_only_the_protected_branch_may_look_for_drift(made: Json) -> None:
    assert claims(made, "drift") == {"sub": "repo:acme/django:ref:refs/heads/main"}
    release = resources(branch="release/1.x")
    assert claims(release, "drift") == {"sub": "repo:acme/django:ref:refs/heads/release/1.x"}


def test_only_the_protected_branch_may_deploy_and_only_in_the_github_environment(made: Json) -> None:
    assert claims(made, "apply") == {"sub": "repo:acme/django:environment:prod", "ref": "refs/heads/main"}
    assert claims(resources(branch="release"), "apply")["ref"] == "refs/heads/release"


def test_a_repository_with_ids_is_trusted_as_github_writes_it_and_by_its_names_alone_it_is_not() -> None:
    made = resources(repository="acme@123456/django@456789")
    assert claims(made, "plan")["sub"] == "repo:acme@123456/django@456789:pull_request"
    assert claims(made, "drift")["sub"] == "repo:acme@123456/django@456789:ref:refs/heads/main"
    assert claims(made, "apply")["sub"] == "repo:acme@123456/django@456789:environment:prod"
    assert "repo:acme/django" not in json.dumps(made)


@pytest.mark.parametrize("role", ["plan", "drift", "apply"])
def test_a_subject_is_compared_and_never_matched(role: str, made: Json) -> None:
    statement = trust(made, role)
    assert list(statement["Condition"]) == ["StringEquals"]
    assert statement["Condition"]["StringEquals"][f"{ISSUER}:aud"] == "sts.amazonaws.com"
    assert statement["Principal"] == {"Federated": "${aws_iam_openid_connect_provider.github_provider.arn}"}
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert "*" not in json.dumps(statement)


def test_only_the_role_that_deploys_gets_what_changes(made: Json) -> None:
    assert attached(made, "plan") == {"read", "no_secrets"}
    assert attached(made, "drift") == {"read", "written_secrets"}
    assert attached(made, "apply") == {"read", "change"}


def test_what_the_roles_may_change_does_not_reach_the_roles_themselves(made: Json) -> None:
    named = [*made["aws_iam_role"].values(), *made["aws_iam_policy"].values()]
    assert {resource["path"] for resource in named} == {"/bootstrap/"}


def test_an_account_has_one_provider(made: Json) -> None:
    provider = only(made["aws_iam_openid_connect_provider"])
    assert (provider["url"], provider["client_id_list"]) == (f"https://{ISSUER}", ["sts.amazonaws.com"])
    existing = resources(existing_provider=True)
    assert "aws_iam_openid_connect_provider" not in existing
    assert trust(existing, "plan")["Principal"] == {"Federated": f"arn:aws:iam::123456789012:oidc-provider/{ISSUER}"}


def test_a_deployment_has_the_time_that_rds_takes() -> None:
    roles = resources(apply_session_hours=4)["aws_iam_role"]
    assert {name: role["max_session_duration"] for name, role in roles.items()} == {
        "github_plan": 3600,
        "github_drift": 3600,
        "github_apply": 14_400,
    }


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"repository": "https://github.com/acme/django"}, "repository: 'https://github.com/acme/django' is no repos"),
        (
            {"repository": "acme"},
            'repository: \'acme\' is no repository of GitHub: write it as "owner/name" or "owner@id/name@id"',
        ),
        ({"repository": "acme@123456/django"}, "repository: 'acme@123456/django' is no repository"),
        ({"repository": "acme/django@456789"}, "repository: 'acme/django@456789' is no repository"),
        ({"repository": "acme@x/django@y"}, "repository: 'acme@x/django@y' is no repository"),
        ({"repository": "acme@1/..@2"}, "repository: 'acme@1/..@2' is no repository"),
        ({"repository": "@1/django@2"}, "repository: '@1/django@2' is no repository"),
        ({"repository": "acme/*"}, "repository: 'acme/*' is no repository"),
        ({"repository": "acme/.."}, "repository: 'acme/..' is no repository"),
        ({"repository": "acme/django:pull_request"}, "repository: 'acme/django:pull_request' is no repository"),
        ({"branch": "refs/heads/main"}, "branch: 'refs/heads/main' is no branch: write it as \"main\""),
        ({"branch": "*"}, "branch: '*' is no branch"),
        ({"apply_session_hours": 1}, "apply_session_hours: got 1: choose 2 to 12"),
        ({"apply_session_hours": 13}, "apply_session_hours: got 13: choose 2 to 12"),
    ],
)
def test_what_names_more_or_less_than_one_repository_is_one_line(changes: dict[str, Any], line: str) -> None:
    with pytest.raises(InvalidInput) as error:
        validate(GithubOidcInputs(**{"repository": "acme/django", **changes}))
    assert str(error.value).startswith(line)


@pytest.mark.parametrize(
    "repository",
    ["a/b", "Acme-Inc/django.backend_2", f"{'o' * 39}/{'n' * 100}", "a@1/b@2", f"{'o' * 39}@123/{'n' * 100}@456"],
)
def test_every_name_of_github_is_taken(repository: str) -> None:
    validate(GithubOidcInputs(repository=repository))
