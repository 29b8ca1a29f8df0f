"""The bootstrap unit: what an account needs before the first deployment. docs/adr/0010-bootstrap.md says why apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from cdktf import App
from cdktf_cdktf_provider_aws.iam_policy import IamPolicy
from cdktf_cdktf_provider_aws.provider import AwsProvider

from modules.ecr_repository.main import EcrRepository
from modules.github_oidc.main import PATH, GithubOidc
from modules.github_oidc.outputs import GithubOidcOutputs
from modules.iam import managed_policy
from modules.state_bucket.main import StateBucket
from stacks import providers
from stacks.config.schema import Environment, S3State
from stacks.permissions import boundary, policies
from stacks.permissions.scope import Scope
from stacks.unit import Unit
from stacks.unit_names import BOOTSTRAP


@dataclass(frozen=True, kw_only=True, slots=True)
class BootstrapOutputs:
    """What there is now; empty for what the environment does not ask for."""

    state_bucket: str
    ecr_repository_url: str
    plan_role_arn: str
    drift_role_arn: str
    apply_role_arn: str
    permissions_boundary_arn: str

    @classmethod
    def mock(cls) -> Self:
        return cls(
            state_bucket="mock-tfstate",
            ecr_repository_url="000000000000.dkr.ecr.us-east-1.amazonaws.com/mock",
            plan_role_arn="arn:aws:iam::000000000000:role/bootstrap/mock-plan",
            drift_role_arn="arn:aws:iam::000000000000:role/bootstrap/mock-drift",
            apply_role_arn="arn:aws:iam::000000000000:role/bootstrap/mock-apply",
            permissions_boundary_arn="arn:aws:iam::000000000000:policy/bootstrap/mock-boundary",
        )


class BootstrapUnit(Unit[BootstrapOutputs]):
    """State bucket, image repository and the roles of GitHub Actions. Administrators deploy it, and no pipeline."""

    NAME = BOOTSTRAP

    def __init__(self, app: App, environment: Environment) -> None:
        super().__init__(app, environment)
        providers.aws(self, environment)
        self._regions: dict[str, AwsProvider] = {}
        github = self._github()
        self.outputs = self.publish(
            BootstrapOutputs(
                state_bucket=self._state_bucket(),
                ecr_repository_url=self._ecr_repository(),
                plan_role_arn=github.plan_role_arn,
                drift_role_arn=github.drift_role_arn,
                apply_role_arn=github.apply_role_arn,
                permissions_boundary_arn=self._boundary(),
            )
        )

    def _state_bucket(self) -> str:
        inputs, state = self.environment.bootstrap.state_bucket, self.environment.state
        if inputs is None or not isinstance(state, S3State):
            return ""
        return StateBucket(
            self,
            "state-bucket",
            inputs=inputs,
            name=str(state.bucket),
            kms_key_arn=state.kms_key_arn,
            provider=self._in(state.region),
        ).outputs.name

    def _ecr_repository(self) -> str:
        inputs = self.environment.bootstrap.ecr_repository
        repository = self.environment.django_service.ecr_repository
        if inputs is None or repository is None or repository.account_id != self.environment.account_id:
            return ""
        provider = self._in(repository.region)
        made = EcrRepository(self, "ecr-repository", inputs=inputs, name=repository.name, provider=provider)
        return made.outputs.url

    def _github(self) -> GithubOidcOutputs:
        inputs, scope = self.environment.bootstrap.github, Scope(self.environment)
        if inputs is None:
            return GithubOidcOutputs.absent()
        return GithubOidc(
            self,
            "github",
            inputs=inputs,
            prefix=self.environment.prefix,
            account_id=self.environment.account_id,
            environment=self.environment.name,
            read=policies.read(scope),
            plan_only=policies.plan_only(),
            drift_only=policies.drift_only(scope),
            change=policies.change(scope),
        ).outputs

    def _boundary(self) -> str:
        arn = self.environment.permissions_boundary_arn
        if arn is None or self.environment.permissions_boundary:
            return arn or ""
        return IamPolicy(
            self,
            "boundary",
            name=arn.rpartition("/")[2],
            path=PATH,
            description="The most that a role of the units may do",
            policy=managed_policy(boundary.statements(Scope(self.environment))),
        ).arn

    def _in(self, region: str | None) -> AwsProvider | None:
        """The provider of another region; None where it is the environment's own."""
        environment = self.environment
        if region is None or region == environment.region:
            return None
        if region not in self._regions:
            self._regions[region] = providers.aws_in(self, environment, region)
        return self._regions[region]


def compose(app: App, environment: Environment) -> list[Unit[Any]]:
    """The one unit that comes before all others, in a tree of its own."""
    return [BootstrapUnit(app, environment)]
