"""GitHub's OIDC provider, and the roles that workflows take by it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from cdktf_cdktf_provider_aws.iam_openid_connect_provider import IamOpenidConnectProvider
from cdktf_cdktf_provider_aws.iam_policy import IamPolicy
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy_attachment import IamRolePolicyAttachment
from constructs import Construct

from modules.github_oidc.inputs import GithubOidcInputs
from modules.github_oidc.outputs import GithubOidcOutputs
from modules.github_oidc.statement import Statement, document
from modules.validation import validate

ISSUER = "token.actions.githubusercontent.com"
AUDIENCE = "sts.amazonaws.com"

# What these roles may change is named by a prefix. A path of its own keeps the roles themselves out of that.
PATH = "/bootstrap/"

Policies = Mapping[str, Sequence[Statement]]
"""Statements by the last part of their policy's name."""


class GithubOidc(Construct):
    """A role for any pull request, which plans, and two for protected places: one looks for drift, one deploys."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        inputs: GithubOidcInputs,
        prefix: str,
        account_id: str,
        environment: str,
        read: Policies,
        change: Policies,
        plan_only: Policies,
        drift_only: Policies,
    ) -> None:
        """All roles get `read`; the one that deploys `change` too, and the others what is theirs alone."""
        super().__init__(scope, id)
        validate(inputs)
        self._prefix = prefix
        self._provider_arn = (
            f"arn:aws:iam::{account_id}:oidc-provider/{ISSUER}" if inputs.existing_provider else self._provider()
        )
        shared = self._policies(read)
        plan = self._role("plan", "Plans, and changes nothing", plan_subjects(inputs), hours=1)
        drift = self._role("drift", "Looks for drift, and changes nothing", drift_subjects(inputs), hours=1)
        apply = self._role(
            "apply",
            "Deploys from a protected place",
            apply_subjects(inputs, environment),
            hours=inputs.apply_session_hours,
        )
        self._attach(plan, "plan", {**shared, **self._policies(plan_only)})
        self._attach(drift, "drift", {**shared, **self._policies(drift_only)})
        self._attach(apply, "apply", {**shared, **self._policies(change)})
        self.outputs = GithubOidcOutputs(
            provider_arn=self._provider_arn,
            plan_role_arn=plan.arn,
            drift_role_arn=drift.arn,
            apply_role_arn=apply.arn,
        )

    def _provider(self) -> str:
        # Without thumbprints: AWS trusts GitHub's certificate by its authority.
        return IamOpenidConnectProvider(self, "provider", url=f"https://{ISSUER}", client_id_list=[AUDIENCE]).arn

    def _policies(self, policies: Policies) -> dict[str, IamPolicy]:
        return {
            name: IamPolicy(
                self, f"policy-{name}", name=f"{self._prefix}-{name}", path=PATH, policy=document(statements)
            )
            for name, statements in policies.items()
            if statements
        }

    def _role(self, name: str, description: str, subjects: Sequence[str], *, hours: int) -> IamRole:
        return IamRole(
            self,
            name,
            name=f"{self._prefix}-{name}",
            path=PATH,
            description=description,
            assume_role_policy=_trust(self._provider_arn, subjects),
            max_session_duration=hours * 3600,
        )

    def _attach(self, role: IamRole, name: str, policies: Mapping[str, IamPolicy]) -> None:
        for policy_name, policy in policies.items():
            IamRolePolicyAttachment(self, f"{name}-{policy_name}", role=role.name, policy_arn=policy.arn)


def plan_subjects(inputs: GithubOidcInputs) -> list[str]:
    """Who may plan. A pull request of a fork gets no token: GitHub gives it no `id-token: write`.

    https://docs.github.com/en/actions/reference/security/oidc#example-subject-claims
    """
    return [f"repo:{inputs.repository}:pull_request"]


def drift_subjects(inputs: GithubOidcInputs) -> list[str]:
    """Who may look for drift: what runs on the protected branch, where all code was reviewed."""
    return [f"repo:{inputs.repository}:ref:refs/heads/{inputs.branch}"]


def apply_subjects(inputs: GithubOidcInputs, environment: str) -> list[str]:
    """Who may deploy: a job that GitHub has let into the environment."""
    return [f"repo:{inputs.repository}:environment:{environment}"]


def _trust(provider_arn: str, subjects: Sequence[str]) -> str:
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Federated": provider_arn},
                    "Action": "sts:AssumeRoleWithWebIdentity",
                    # Equal, never like: a pattern such as repo:owner/* would admit what others make.
                    "Condition": {"StringEquals": {f"{ISSUER}:aud": AUDIENCE, f"{ISSUER}:sub": list(subjects)}},
                }
            ],
        }
    )
