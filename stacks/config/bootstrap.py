"""What an account needs before the first deployment of an environment, as data."""

from __future__ import annotations

from modules.ecr_repository.inputs import EcrRepositoryInputs
from modules.github_oidc.inputs import GithubOidcInputs
from modules.state_bucket.inputs import StateBucketInputs
from modules.validation import inputs


@inputs
class BootstrapInputs:
    """What `make bootstrap` makes, in a unit of its own. None for what exists already, or is nobody's wish."""

    state_bucket: StateBucketInputs | None = StateBucketInputs()
    """The bucket that `state` names. None where another environment or somebody else has made it."""
    ecr_repository: EcrRepositoryInputs | None = EcrRepositoryInputs()
    """The repository that `django_service.ecr_repository_url` names; that of another account is never made here."""
    github: GithubOidcInputs | None = None
    """The roles of GitHub Actions. None: no workflow may do anything in the account."""
