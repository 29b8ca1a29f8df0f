"""How the image is built, as data."""

from __future__ import annotations

from typing import Any

import pytest

from modules.validation import problems
from stacks.config.build import BuildInputs, ImageInputs

SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:ghcr-AbCdEf"


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


@pytest.mark.parametrize("name", ["ghcr.io/acme/shop", "docker.io/acme/shop", "registry.example.com:5000/a/b/c_d"])
def test_an_image_is_in_any_registry(name: str) -> None:
    assert [*problems(ImageInputs(repository=name, credentials_secret_arn=SECRET))] == []


@pytest.mark.parametrize(
    ("changes", "field", "what"),
    [
        ({"repository": "acme/shop"}, "repository", "'acme/shop' is not a repository"),
        ({"repository": "ghcr.io/acme/shop:1.0"}, "repository", "is not a repository"),
        ({"repository": "https://ghcr.io/acme/shop"}, "repository", "is not a repository"),
        ({"repository": "123456789012.dkr.ecr.us-east-1.amazonaws.com/a"}, "repository", "is one of ECR"),
        ({"credentials_secret_arn": "ghcr"}, "credentials_secret_arn", "'ghcr' is not the ARN of a secret"),
        ({"credentials_secret_arn": f"{SECRET}:key::"}, "credentials_secret_arn", "is not the ARN of a secret"),
    ],
)
def test_a_bad_image_is_one_problem_where_it_is(changes: dict[str, Any], field: str, what: str) -> None:
    (problem,) = problems(ImageInputs(**{"repository": "ghcr.io/acme/shop", **changes}))
    assert problem.field == field
    assert what in problem.what
