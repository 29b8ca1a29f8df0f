"""Builds the image of the application and pushes it to its registry, by the commit as its tag, which never moves."""

from __future__ import annotations

import base64
import json
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from cli.terraform.synthesis import PROJECT
from cli.text import one_line

if TYPE_CHECKING:
    import boto3

    from modules.task_definition.image import EcrRepository
    from stacks.config.build import BuildInputs
    from stacks.config.schema import Environment


class BuildFailed(Exception):
    """An image that could not be built or pushed. Its text is one line."""


def platform(environment: Environment) -> str:
    """What the image is built for, as Docker names it."""
    return environment.django_service.runtime.platform


def directory(build: BuildInputs) -> Path:
    """Where the files of the build are, with their commit."""
    return PROJECT / build.context


def content(build: BuildInputs) -> list[str]:
    """What of the context is in the image, by the instructions that copy it: all of it where they do not say."""
    context = directory(build)
    try:
        text = re.sub(r"\\\n\s*", " ", (PROJECT / build.file).read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return ["."]
    found: list[str] = []
    for line in re.findall(r"^\s*(?:COPY|ADD)\s+(.+)$", text, re.MULTILINE | re.IGNORECASE):
        if "--from" not in line:
            given = re.sub(r"--\S+\s+", "", line)
            words = json.loads(given) if re.fullmatch(r"\[.*\]", given.strip()) else given.split()
            found += words[:-1]
    there = [source.strip("/") or "." for source in found if "://" not in source]
    named = all(re.fullmatch(r"[\w./-]+", source) and (context / source).exists() for source in there)
    return list(dict.fromkeys(there)) if there and named else ["."]


def build_and_push(environment: Environment, session: boto3.Session) -> str:
    """Build the image of the commit that is checked out, unless its registry has it.

    Returns its tag. Raises BuildFailed.
    """
    build = environment.django_service.application.build
    if build is None:
        raise BuildFailed("application.py: build is None: give IMAGE_TAG=<tag of an image that is there>")
    tag = _output("git", "-C", str(directory(build)), "rev-parse", "--short=12", "HEAD")
    image = f"{environment.django_service.repository_url}:{tag}"
    repository = environment.django_service.ecr_repository
    if repository:
        is_there = _in_ecr(repository, tag, session)
    else:  # as whoever has signed in there by `docker login`
        is_there = _succeeds("docker", "buildx", "imagetools", "inspect", image)
    if not is_there:
        # Without provenance the tag is of an image; with it, of an index that ECR's scan does not look into.
        options = ["--platform", platform(environment), "--provenance=false", *build.options]
        _run("docker", "buildx", "build", *options, "--tag", image, "--push", build.context)
    return tag


def _in_ecr(repository: EcrRepository, tag: str, session: boto3.Session) -> bool:
    """Whether ECR has the image. If not, Docker is signed in there afterwards."""
    client = session.client("ecr", region_name=repository.region)
    try:
        client.describe_images(
            registryId=repository.account_id, repositoryName=repository.name, imageIds=[{"imageTag": tag}]
        )
    except client.exceptions.ImageNotFoundException:
        token = client.get_authorization_token()["authorizationData"][0]["authorizationToken"]
        user, _, password = base64.b64decode(token).decode().partition(":")
        # By standard input, because arguments are seen by every user of the machine.
        _run("docker", "login", "--username", user, "--password-stdin", repository.registry, given=password)
        return False
    return True


def _output(*command: str) -> str:
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BuildFailed(f"{command[0]}: {one_line(done.stderr, 200)}")
    return done.stdout.strip()


def _succeeds(*command: str) -> bool:
    return not subprocess.run(command, cwd=PROJECT, capture_output=True, check=False).returncode


def _run(*command: str, given: str | None = None) -> None:
    """Run a command whose progress a person reads."""
    if subprocess.run(command, cwd=PROJECT, input=given, text=True, check=False).returncode:
        raise BuildFailed(f"{' '.join(command[:2])} failed: read what it says above")
