"""Builds the image of app/ and pushes it to ECR, by the commit as its tag, which never moves."""

from __future__ import annotations

import base64
import subprocess
from typing import TYPE_CHECKING

from cli.terraform.synthesis import PROJECT
from cli.text import one_line

if TYPE_CHECKING:
    import boto3

    from stacks.config.schema import Environment

CONTENT = ("app", "Pipfile", "Pipfile.lock")
"""What of the project is in the image."""
PLATFORMS = {"ARM64": "linux/arm64", "X86_64": "linux/amd64"}


class BuildFailed(Exception):
    """An image that could not be built or pushed. Its text is one line."""


def platform(environment: Environment) -> str:
    """What the image is built for, as Docker names it."""
    return PLATFORMS[environment.django_service.runtime.cpu_architecture]


def build_and_push(environment: Environment, session: boto3.Session) -> str:
    """Build the image of the commit that is checked out, unless ECR has it, and return its tag. Raises BuildFailed."""
    tag = _output("git", "rev-parse", "--short=12", "HEAD")
    url = environment.django_service.ecr_repository_url
    repository = environment.django_service.ecr_repository
    client = session.client("ecr", region_name=repository.region)
    try:
        client.describe_images(
            registryId=repository.account_id, repositoryName=repository.name, imageIds=[{"imageTag": tag}]
        )
    except client.exceptions.ImageNotFoundException:
        token = client.get_authorization_token()["authorizationData"][0]["authorizationToken"]
        user, _, password = base64.b64decode(token).decode().partition(":")
        # By standard input, because arguments are seen by every user of the machine.
        _run("docker", "login", "--username", user, "--password-stdin", url.partition("/")[0], given=password)
        # Without provenance the tag is of an image; with it, of an index that ECR's scan does not look into.
        options = ["--platform", platform(environment), "--provenance=false", "--file", "app/Dockerfile"]
        _run("docker", "buildx", "build", *options, "--tag", f"{url}:{tag}", "--push", ".")
    return tag


def _output(*command: str) -> str:
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BuildFailed(f"{command[0]}: {one_line(done.stderr, 200)}")
    return done.stdout.strip()


def _run(*command: str, given: str | None = None) -> None:
    """Run a command whose progress a person reads."""
    if subprocess.run(command, cwd=PROJECT, input=given, text=True, check=False).returncode:
        raise BuildFailed(f"{' '.join(command[:2])} failed: read what it says above")
