"""What `make init` asks: each question is about one argument, which the schema judges."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from modules.alerts.inputs import AlertsInputs, RecipientsInputs
from modules.github_oidc.inputs import GithubOidcInputs
from modules.validation import examples, line, problems
from stacks.config.schema import Environment
from stacks.failure import Failure

GITHUB = "bootstrap.github"
EMAILS = "alerts.urgent.emails"


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
    """Whether an environment may do without; not where it has an example."""
    is_list: bool = False
    """Whether it takes several values, separated by commas or spaces."""

    def present(self, environment: Environment) -> str | None:
        """The value that an environment has already; None for an example's."""
        value = self._value(environment)
        if value is None or self._is_example(environment):
            return None
        return ",".join(value) if self.is_list else str(value)

    def may_be_empty(self, environment: Environment) -> bool:
        """Whether an environment needs no answer."""
        return self.is_optional and not self._is_example(environment)

    def problem(self, answer: str, environment: Environment) -> str | None:
        """What the schema finds wrong with an answer, in one line."""
        if not answer and self.is_optional:
            return None
        given = with_value(environment, self.path, split(answer) if self.is_list else answer)
        return next((line(found) for found in problems(given) if found.field == self.path), None)

    def _value(self, environment: Environment) -> Any:
        value: Any = environment
        for name in self.path.split("."):
            value = getattr(value, name, None)
        return value

    def _is_example(self, environment: Environment) -> bool:
        return any(True for _ in examples(self._value(environment)))


QUESTIONS = (
    Question(option="project", path="project", text="project, which opens the name of every resource"),
    Question(option="region", path="region", text="AWS region"),
    Question(option="account-id", path="account_id", text="its AWS account, by its 12 digits", is_asked_for_each=True),
    Question(
        option="alert-emails",
        path=EMAILS,
        text="e-mail addresses that its alerts go to, one or several",
        is_asked_for_each=True,
        is_optional=True,
        is_list=True,
    ),
    Question(
        option="github-repository",
        path=f"{GITHUB}.repository",
        text="GitHub repository whose workflows deploy, as acme/django",
        is_optional=True,
    ),
)


def split(answer: str) -> tuple[str, ...]:
    """The values of an answer with several."""
    return tuple(filter(None, re.split(r"[,\s]+", answer)))


def with_value(tree: Any, path: str, value: Any) -> Any:
    """A copy of a tree of inputs with another value at a path."""
    first, _, rest = path.partition(".")
    if path == "github.repository" and tree.github is None:
        return replace(tree, github=GithubOidcInputs(repository=str(value)))
    if path == EMAILS and tree.alerts is None:
        return replace(tree, alerts=AlertsInputs(urgent=RecipientsInputs(emails=value)))
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
