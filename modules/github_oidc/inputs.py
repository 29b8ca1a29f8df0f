"""Inputs of what GitHub Actions may do in an account."""

from __future__ import annotations

import re
from collections.abc import Iterator

from modules.validation import Problem, inputs, show

# https://docs.github.com/en/get-started/learning-about-github/types-of-github-accounts
_OWNER = r"(?=[^/@]{1,39}[/@])[A-Za-z0-9](?:-?[A-Za-z0-9])*"
_NAME = r"(?!\.{1,2}(?:@|\Z))[A-Za-z0-9._-]{1,100}"
_ID = r"@[1-9][0-9]{0,18}"
_REPOSITORY = re.compile(rf"{_OWNER}/{_NAME}|{_OWNER}{_ID}/{_NAME}{_ID}")
_BRANCH = re.compile(r"(?=.{1,200}\Z)[A-Za-z0-9_][A-Za-z0-9_-]*(?:[./][A-Za-z0-9_-]+)*")


@inputs
class GithubOidcInputs:
    """Three roles that workflows of one repository take by their OIDC token, so that no key of AWS lies in GitHub.

    Pull requests plan, and a protected branch looks for drift. Only jobs of that branch deploy, in the GitHub
    environment of the same name as the environment, which GitHub can bind to an approval.
    https://docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/oidc-in-aws
    """

    repository: str
    """As GitHub writes it in the subject of its tokens; case matters. `acme@123456/django@456789` for a repository that
    was made, renamed or transferred after 15 July 2026, or has opted in; `acme/django` for others. Exactly this is
    trusted. The ids are never given to anybody else, and a name that was given up may be.
    https://github.blog/changelog/2026-04-23-immutable-subject-claims-for-github-actions-oidc-tokens/"""
    branch: str = "main"
    """The protected branch: only what runs on it deploys and looks for drift."""
    existing_provider: bool = False
    """Whether the account has GitHub's OIDC provider already: it has room for one."""
    permissions_boundary: bool = True
    """Whether the roles that the units make bear a boundary, without which the role that deploys could make one that
    may do anything. False for an account whose owner has put such a boundary around everything already; where roles
    must bear one that exists, the environment names it in `permissions_boundary`."""
    apply_session_hours: int = 2
    """How long a session of the role that deploys may last: 2 to 12. The workflow asks for two hours, as long as its
    jobs may take; for more, change there `role-duration-seconds` and `timeout-minutes` too."""

    def rules(self) -> Iterator[Problem]:
        if not _REPOSITORY.fullmatch(self.repository):
            what = f"{show(self.repository)} is no repository of GitHub"
            remedy = 'write it as "owner/name" or "owner@id/name@id", without https://'
            yield Problem("repository", what, remedy)
        if not _BRANCH.fullmatch(self.branch) or self.branch.startswith("refs/"):
            yield Problem("branch", f"{show(self.branch)} is no branch", 'write it as "main", without refs/heads/')
        if not 2 <= self.apply_session_hours <= 12:
            yield Problem("apply_session_hours", f"got {show(self.apply_session_hours)}", "choose 2 to 12")
