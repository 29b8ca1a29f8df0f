"""What must be there before a deployment begins. Everything that is missing is named at once."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from cli.deploy import cloudflare
from cli.text import one_line
from modules.validation import examples
from stacks.config.schema import Environment, S3State

if TYPE_CHECKING:
    import boto3

# Ephemeral values and write-only arguments, which keep secrets out of the state.
LEAST_TERRAFORM = (1, 11)


def missing(
    environment: Environment,
    session: boto3.Session,
    *,
    image_tag: str | None,
    variables: Mapping[str, str] = os.environ,
) -> list[str]:
    """What is missing to deploy an environment, each in one line: `what: is wrong: what to do`."""
    return [
        *_terraform(),
        *_examples(environment),
        *_account(environment, session, image_tag),
        *cloudflare.problems(environment, variables),
        *([] if image_tag else _docker()),
    ]


def _terraform() -> Iterator[str]:
    wanted = ".".join(map(str, LEAST_TERRAFORM))
    if not shutil.which("terraform"):
        yield f"terraform: is not on PATH: install Terraform {wanted} or later"
        return
    done = subprocess.run(["terraform", "version", "-json"], capture_output=True, text=True, check=False)
    try:
        version = json.loads(done.stdout)["terraform_version"]
        known = tuple(int(part) for part in version.split("-")[0].split("."))
    except (ValueError, KeyError, TypeError):
        yield f"terraform: does not tell its version: install Terraform {wanted} or later"
        return
    if known < LEAST_TERRAFORM:
        yield f"terraform: is version {version}: install {wanted} or later"


def _examples(environment: Environment) -> Iterator[str]:
    for path in examples(environment):
        yield f"stacks/config/{environment.name}.py: {path}: is an example: write your own value"


def _account(environment: Environment, session: boto3.Session, image_tag: str | None) -> Iterator[str]:
    try:
        identity = session.client("sts").get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        yield f"AWS: no credentials that work ({one_line(str(error), 120)}): sign in, or set AWS_PROFILE"
        return
    if identity["Account"] != environment.account_id:
        what = f"the credentials are of account {identity['Account']}, {environment.name} is {environment.account_id}"
        yield f"AWS: {what}: sign in to the other account, or set AWS_PROFILE"
        return
    try:
        yield from _bucket(environment, session)
        yield from _image(environment, session, image_tag)
    except (BotoCoreError, ClientError) as error:
        yield f"AWS: {one_line(str(error), 200)}: give the credentials that permission, or try again"


def _bucket(environment: Environment, session: boto3.Session) -> Iterator[str]:
    state = environment.state
    if not isinstance(state, S3State):
        return
    client = session.client("s3", region_name=state.region or environment.region)
    try:
        client.head_bucket(Bucket=state.bucket, ExpectedBucketOwner=environment.account_id)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        what = "does not exist" if code in ("404", "NoSuchBucket") else f"cannot be used ({code})"
        yield f"state.bucket: {state.bucket} {what}: run `make bootstrap ENV={environment.name}`"


def _image(environment: Environment, session: boto3.Session, image_tag: str | None) -> Iterator[str]:
    url = environment.django_service.ecr_repository_url
    repository = url.partition("/")[2]
    client = session.client("ecr", region_name=url.split(".")[3])
    try:
        client.describe_repositories(registryId=url.split(".")[0], repositoryNames=[repository])
        if image_tag:
            key = "imageDigest" if image_tag.startswith("sha256:") else "imageTag"
            client.describe_images(
                registryId=url.split(".")[0],
                repositoryName=repository,
                imageIds=[{key: image_tag}],  # type: ignore[misc]
            )
    except client.exceptions.RepositoryNotFoundException:
        yield f"ecr_repository_url: there is no repository {repository}: run `make bootstrap ENV={environment.name}`"
    except client.exceptions.ImageNotFoundException:
        yield f"IMAGE_TAG: there is no image {repository}:{image_tag}: push it, or leave IMAGE_TAG away to build one"


def _docker() -> Iterator[str]:
    if not shutil.which("docker"):
        yield "docker: is not on PATH: install it, or give IMAGE_TAG=<tag of an image in ECR>"
    elif subprocess.run(["docker", "info"], capture_output=True, check=False).returncode:
        yield "docker: its engine does not answer: start it, or give IMAGE_TAG=<tag of an image in ECR>"
    if subprocess.run(["git", "status", "--porcelain"], capture_output=True, check=False).stdout:
        yield "git: there are changes that are not committed: commit them, so that the image's tag says what is in it"
