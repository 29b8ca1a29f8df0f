"""Write a page to a pull request at GitHub, in place of the one before: `python -m cli comment 17 page.md`.

It takes the token from GITHUB_TOKEN and the repository from GITHUB_REPOSITORY, as GitHub Actions give them.
https://docs.github.com/en/rest/issues/comments
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from modules.credentials import hide
from stacks.failure import Failure, Parser

# The standard library alone: a workflow runs this beside no installation.
AUTHOR = "github-actions[bot]"
LIMIT = 65_536
TIMEOUT_SECONDS = 30
_PER_PAGE = 100


def main(argv: Sequence[str], environment: Mapping[str, str] = os.environ) -> int:
    """Write or update the comment. Returns 0; 1 where GitHub or the page is at fault."""
    parser = Parser("python -m cli comment", (__doc__ or "").splitlines()[0])
    parser.add_argument("number", type=int, help="of the pull request")
    parser.add_argument("page", type=Path, help="a file that begins with the marker of its comment")
    try:
        arguments = parser.parse_args(argv)
        print(write(arguments.number, _read(arguments.page), environment))
    except Failure as error:
        print(hide(str(error)), file=sys.stderr)
        return 1
    return 0


def write(number: int, page: str, environment: Mapping[str, str]) -> str:
    """Write the page to a pull request, over the comment with the same first line. Returns the comment's address."""
    for name in ("GITHUB_TOKEN", "GITHUB_REPOSITORY"):
        if not environment.get(name):
            raise Failure(f"comment: {name} is not set: run it in GitHub Actions, or set it")
    github = _GitHub(environment)
    marker = page.partition("\n")[0]
    for comment in github.comments(number):
        # Anybody may write the marker, so the author counts too.
        if comment["user"]["login"] == AUTHOR and comment["body"].startswith(marker):
            return str(github.call("PATCH", f"issues/comments/{comment['id']}", {"body": page})["html_url"])
    return str(github.call("POST", f"issues/{number}/comments", {"body": page})["html_url"])


def _read(file: Path) -> str:
    try:
        page = file.read_text("utf-8")
    except (OSError, ValueError) as error:
        raise Failure(f"{file}: cannot be read ({type(error).__name__}): make it by `python -m cli plan`") from error
    if not page.startswith("<!-- "):
        raise Failure(f"{file}: does not begin with a marker: make it by `python -m cli plan --format markdown`")
    if len(page) > LIMIT:
        raise Failure(f"{file}: has {len(page):,} characters, and a comment {LIMIT:,} at most: make it shorter")
    return page


class _GitHub:
    """The comments of a repository."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        server = environment.get("GITHUB_API_URL", "https://api.github.com")
        self._url = f"{server}/repos/{environment['GITHUB_REPOSITORY']}"
        self._headers = {
            "Authorization": f"Bearer {environment['GITHUB_TOKEN']}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
            "User-Agent": "terraform-plan-page",
        }

    def comments(self, number: int) -> Iterator[dict[str, Any]]:
        """All comments of an issue or a pull request."""
        page = 1
        while True:
            found = self.call("GET", f"issues/{number}/comments?per_page={_PER_PAGE}&page={page}")
            yield from found
            if len(found) < _PER_PAGE:
                return
            page += 1

    def call(self, method: str, path: str, body: dict[str, str] | None = None) -> Any:
        """The answer of GitHub."""
        data = None if body is None else json.dumps(body).encode()
        request = Request(f"{self._url}/{path}", data=data, headers=self._headers, method=method)  # noqa: S310
        try:
            with urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
                return json.load(answer)
        except HTTPError as error:
            remedy = "give the job `pull-requests: write`" if error.code in (401, 403) else "try again later"
            raise Failure(f"comment: GitHub answers {error.code} {error.reason} to {method}: {remedy}") from error
        except (OSError, HTTPException, ValueError) as error:
            raise Failure(f"comment: GitHub cannot be reached ({type(error).__name__}): try again later") from error
