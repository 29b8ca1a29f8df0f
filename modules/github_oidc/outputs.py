"""What workflows must know of their roles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, kw_only=True, slots=True)
class GithubOidcOutputs:
    """The roles that workflows take."""

    provider_arn: str
    plan_role_arn: str
    drift_role_arn: str
    apply_role_arn: str

    @classmethod
    def mock(cls) -> Self:
        return cls(
            provider_arn="arn:aws:iam::000000000000:oidc-provider/token.actions.githubusercontent.com",
            plan_role_arn="arn:aws:iam::000000000000:role/bootstrap/mock-plan",
            drift_role_arn="arn:aws:iam::000000000000:role/bootstrap/mock-drift",
            apply_role_arn="arn:aws:iam::000000000000:role/bootstrap/mock-apply",
        )

    @classmethod
    def absent(cls) -> Self:
        return cls(provider_arn="", plan_role_arn="", drift_role_arn="", apply_role_arn="")
