"""Inputs of what GitHub Actions may do in an account."""

from __future__ import annotations

import re
from collections.abc import Iterator

from modules.validation import Problem, inputs, show

# https://docs.github.com/en/get-started/learning-about-github/types-of-github-accounts
_REPOSITORY = re.compile(r"(?=[^/]{1,39}/)[A-Za-z0-9](?:-?[A-Za-z0-9])*/(?!\.{1,2}\Z)[A-Za-z0-9._-]{1,100}")
_BRANCH = re.compile(r"(?=.{1,200}\Z)[A-Za-z0-9_][A-Za-z0-9_-]*(?:[./][A-Za-z0-9_-]+)*")


@inputs
class GithubOidcInputs:
    """Three roles that workflows of one repository take by their OIDC token, so that no key of AWS lies in GitHub.

    Pull requests plan, and a protected branch looks for drift. Only jobs of the GitHub environment of the same name as
    the environment deploy, which GitHub can bind to protected branches and to an approval.
    https://docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/oidc-in-aws
    """

    repository: str
    """`owner/name`, as GitHub writes it: case matters."""
    branch: str = "main"
    """The protected branch, whose scheduled runs look for drift."""
    existing_provider: bool = False
    """Whether the account has GitHub's OIDC provider already: it has room for one."""
    permissions_boundary: bool = True
    """Whether the roles that the units make bear a boundary, without which the role that deploys could make one that
    may do anything. False for an account whose owner has put such a boundary around everything already."""
    apply_session_hours: int = 2
    """How long a deployment may take: 1 to 12. RDS takes 20 minutes to make an instance, and as long for a replica."""

    def rules(self) -> Iterator[Problem]:
        if not _REPOSITORY.fullmatch(self.repository):
            what = f"{show(self.repository)} is no repository of GitHub"
            yield Problem("repository", what, 'write it as "owner/name", without https://')
        if not _BRANCH.fullmatch(self.branch) or self.branch.startswith("refs/"):
            yield Problem("branch", f"{show(self.branch)} is no branch", 'write it as "main", without refs/heads/')
        if not 1 <= self.apply_session_hours <= 12:
            yield Problem("apply_session_hours", f"got {show(self.apply_session_hours)}", "choose 1 to 12")
