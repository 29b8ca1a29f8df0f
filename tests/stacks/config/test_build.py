"""How the image is built, as data."""

from __future__ import annotations

from typing import Any

import pytest

from modules.validation import problems
from stacks.config.build import BuildInputs


def test_the_dockerfile_is_that_of_the_context_unless_it_is_named() -> None:
    assert BuildInputs(context="../shop").options == ["--file", "../shop/Dockerfile"]
    assert BuildInputs().options == ["--file", "Dockerfile"]
    assert BuildInputs(dockerfile="app/Dockerfile").options == ["--file", "app/Dockerfile"]


def test_a_stage_and_arguments_are_options_of_docker() -> None:
    made = BuildInputs(target="production", arguments={"PYTHON": "3.13", "EXTRAS": "s3 redis"})
    assert made.options[2:] == ["--target", "production", "--build-arg=PYTHON=3.13", "--build-arg=EXTRAS=s3 redis"]


@pytest.mark.parametrize(
    ("changes", "field", "what"),
    [
        ({"context": "/srv/shop"}, "context", "'/srv/shop' is not a relative path"),
        ({"context": "https://github.com/acme/shop.git"}, "context", "is not a relative path"),
        ({"context": "--push"}, "context", "'--push' is not a relative path"),
        ({"dockerfile": "a b"}, "dockerfile", "'a b' is not a relative path"),
        ({"target": "-x"}, "target", "'-x' is not a stage"),
        ({"arguments": {"A-B": "1"}}, "arguments['A-B']", "is not a name of ARG"),
        ({"arguments": {"PIP_TOKEN": "1"}}, "arguments['PIP_TOKEN']", "holds a secret, which the image would keep"),
        ({"repository": "shop"}, "repository", "'shop' is not a GitHub repository"),
        ({"repository": "acme/shop"}, "repository", "the context is in this project"),
    ],
)
def test_bad_input_is_one_problem_where_it_is(changes: dict[str, Any], field: str, what: str) -> None:
    (problem,) = problems(BuildInputs(**changes))
    assert problem.field == field
    assert what in problem.what
