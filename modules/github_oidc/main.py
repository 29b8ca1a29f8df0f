"""GitHub's OIDC provider, and the roles that workflows take by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cdktf_cdktf_provider_aws.iam_openid_connect_provider import IamOpenidConnectProvider
from cdktf_cdktf_provider_aws.iam_policy import IamPolicy
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy_attachment import IamRolePolicyAttachment
from constructs import Construct

from modules.github_oidc.inputs import GithubOidcInputs
from modules.github_oidc.outputs import GithubOidcOutputs
from modules.iam import Statement, managed_policy, policy
from modules.validation import validate

ISSUER = "token.actions.githubusercontent.com"
AUDIENCE = "sts.amazonaws.com"

# What these roles may change is named by a prefix. A path of its own keeps the roles themselves out of that.
PATH = "/bootstrap/"

Policies = Mapping[str, Sequence[Statement]]
"""Statements by the last part of their policy's name."""

Claims = Mapping[str, str]
"""What GitHub's token must say, by claim."""


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
        plan = self._role("plan", "Plans, and changes nothing", plan_claims(inputs), hours=1)
        drift = self._role("drift", "Looks for drift, and changes nothing", drift_claims(inputs), hours=1)
        apply = self._role(
            "apply",
            "Deploys from a protected place",
            apply_claims(inputs, environment),
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
                self, f"policy-{name}", name=f"{self._prefix}-{name}", path=PATH, policy=managed_policy(statements)
            )
            for name, statements in policies.items()
            if statements
        }

    def _role(self, name: str, description: str, claims: Claims, *, hours: int) -> IamRole:
        return IamRole(
            self,
            name,
            name=f"{self._prefix}-{name}",
            path=PATH,
            description=description,
            assume_role_policy=_trust(self._provider_arn, claims),
            max_session_duration=hours * 3600,
        )

    def _attach(self, role: IamRole, name: str, policies: Mapping[str, IamPolicy]) -> None:
        for policy_name, made in policies.items():
            IamRolePolicyAttachment(self, f"{name}-{policy_name}", role=role.name, policy_arn=made.arn)


def plan_claims(inputs: GithubOidcInputs) -> Claims:
    """Who may plan. A pull request of a fork gets no token: GitHub gives it no `id-token: write`.

    https://docs.github.com/en/actions/reference/security/oidc#example-subject-claims
    """
    return {"sub": f"repo:{inputs.repository}:pull_request"}


def drift_claims(inputs: GithubOidcInputs) -> Claims:
    """Who may look for drift: what runs on the protected branch, where all code was reviewed."""
    return {"sub": f"repo:{inputs.repository}:ref:{_ref(inputs)}"}


def apply_claims(inputs: GithubOidcInputs, environment: str) -> Claims:
    """Who may deploy: a job of the protected branch that GitHub has let into the environment.

    A subject names the environment in place of the branch; AWS looks at the branch too, whatever GitHub's rules are.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
    """
    return {"sub": f"repo:{inputs.repository}:environment:{environment}", "ref": _ref(inputs)}


def _ref(inputs: GithubOidcInputs) -> str:
    return f"refs/heads/{inputs.branch}"


def _trust(provider_arn: str, claims: Claims) -> str:
    # Equal, never like: a pattern such as repo:owner/* would admit what others make.
    wanted = {f"{ISSUER}:{claim}": value for claim, value in {"aud": AUDIENCE, **claims}.items()}
    return policy(
        [
            Statement(
                principal={"Federated": provider_arn},
                actions="sts:AssumeRoleWithWebIdentity",
                condition={"StringEquals": wanted},
            )
        ]
    )
