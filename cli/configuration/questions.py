"""What `make init` asks: each question is about one argument, which the schema judges."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from modules.github_oidc.inputs import GithubOidcInputs
from modules.validation import Example, line, problems
from stacks.config.schema import Environment
from stacks.failure import Failure

GITHUB = "bootstrap.github"


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """A value that environments differ in from those of others."""

    option: str
    path: str
    """The argument that it is."""
    text: str
    is_asked_for_each: bool = False
    """Whether a terminal asks for it once for each environment."""
    is_optional: bool = False

    def present(self, environment: Environment) -> str | None:
        """The value that an environment has already; None for an example's."""
        value: Any = environment
        for name in self.path.split("."):
            value = getattr(value, name, None)
        return None if value is None or isinstance(value, Example) else str(value)

    def problem(self, answer: str, environment: Environment) -> str | None:
        """What the schema finds wrong with an answer, in one line."""
        if not answer and self.is_optional:
            return None
        given = with_value(environment, self.path, answer)
        return next((line(found) for found in problems(given) if found.field == self.path), None)


QUESTIONS = (
    Question(option="project", path="project", text="project, which opens the name of every resource"),
    Question(option="region", path="region", text="AWS region"),
    Question(option="account-id", path="account_id", text="its AWS account, by its 12 digits", is_asked_for_each=True),
    Question(
        option="github-repository",
        path=f"{GITHUB}.repository",
        text="GitHub repository whose workflows deploy, as acme/django (none if empty)",
        is_optional=True,
    ),
)


def with_value(tree: Any, path: str, value: object) -> Any:
    """A copy of a tree of inputs with another value at a path."""
    first, _, rest = path.partition(".")
    if path == "github.repository" and tree.github is None:
        return replace(tree, github=GithubOidcInputs(repository=str(value)))
    return replace(tree, **{first: with_value(getattr(tree, first), rest, value) if rest else value})


def ask(text: str, default: str | None, problem: Callable[[str], str | None]) -> str:
    """The answer of a person on the terminal, who is asked until nothing is wrong with it. Raises Failure."""
    while True:
        print(f"{text}{f' [{default}]' if default else ''}: ", end="", flush=True)
        typed = sys.stdin.readline()
        if not typed:
            print()
            raise Failure("init: no answer: nothing was changed")
        answer = typed.strip() or default
        wrong = "an answer is needed" if answer is None else problem(answer)
        if answer is not None and wrong is None:
            return answer
        print(f"  {wrong}")
