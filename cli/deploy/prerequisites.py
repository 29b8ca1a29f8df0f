"""What must be there before a deployment begins. Everything that is missing is named at once."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from cli.deploy import cloudflare, hosted_zones, image
from cli.failure import no_credentials, remedy
from cli.rehearsal import is_rehearsal
from cli.terraform import version as terraform_version
from cli.terraform.synthesis import PROJECT
from cli.text import one_line
from modules.fargate_service.autoscaling_inputs import WorkerAutoscalingInputs
from modules.validation import Example, examples
from stacks.config.schema import Environment, S3State

if TYPE_CHECKING:
    import boto3

    from stacks.config.build import BuildInputs


def missing(
    environment: Environment,
    session: boto3.Session,
    *,
    image_tag: str | None,
    variables: Mapping[str, str] = os.environ,
) -> list[str]:
    """What is missing to deploy an environment, each in one line: `what: is wrong: what to do`.

    A rehearsal needs no image and no Cloudflare, and takes examples for values.
    """
    if is_rehearsal(variables):
        return [*terraform_version.missing(), *_bucket(environment, session)]
    wrong_account = [*account(environment, session)]
    return [
        *terraform_version.missing(),
        *left(environment),
        *wrong_account,
        *([] if wrong_account else _at_aws(environment, session, image_tag)),
        *cloudflare.problems(environment, variables),
        *([] if image_tag else _build(environment)),
    ]


def _at_aws(environment: Environment, session: boto3.Session, image_tag: str | None) -> Iterator[str]:
    yield from bucket(environment, session)
    yield from repository(environment, session, image_tag)
    yield from zones(environment, session)
    yield from cluster(environment, session)


def left(environment: Environment) -> Iterator[str]:
    """The values that are still examples."""
    for path in examples(environment):
        yield f"stacks/config/{environment.name}.py: {path}: is an example: write your own value"


def account(environment: Environment, session: boto3.Session) -> Iterator[str]:
    """Whether there are credentials, and whether they are of the environment's account."""
    try:
        identity = session.client("sts").get_caller_identity()
    except (BotoCoreError, ClientError, OSError) as error:  # OSError of a credential_process that there is not
        yield no_credentials(error)
        return
    if identity["Account"] != environment.account_id and not isinstance(environment.account_id, Example):
        what = f"the credentials are of account {identity['Account']}, {environment.name} is {environment.account_id}"
        yield f"AWS: {what}: sign in to the other account, or set AWS_PROFILE"


def bucket(environment: Environment, session: boto3.Session) -> Iterator[str]:
    """Whether the bucket of the states is there. Nobody is asked about an account that is made up."""
    yield from _asked(environment, _bucket(environment, session))


def repository(environment: Environment, session: boto3.Session, image_tag: str | None = None) -> Iterator[str]:
    """Whether the repository of the images is there, and the image if one is named."""
    yield from _asked(environment, _image(environment, session, image_tag))


def zones(environment: Environment, session: boto3.Session) -> Iterator[str]:
    """Whether the hosted zones are there, in which records are to be made."""
    yield from _asked(environment, hosted_zones.problems(environment, session))


def cluster(environment: Environment, session: boto3.Session) -> Iterator[str]:
    """Whether the ECS cluster is there that the environment shares, and runs tasks on Fargate."""
    yield from _asked(environment, _cluster(environment, session))


def _asked(environment: Environment, check: Iterator[str]) -> Iterator[str]:
    if isinstance(environment.account_id, Example) and not is_rehearsal():
        return
    try:
        yield from check
    except (BotoCoreError, ClientError) as error:
        yield f"AWS: {one_line(str(error), 200)}: {remedy(error)}"


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


def _cluster(environment: Environment, session: boto3.Session) -> Iterator[str]:
    if environment.django_service.cluster.existing is None:
        return
    where, client = f"django_service.cluster.existing: {environment.cluster_name}", session.client("ecs")
    found = client.describe_clusters(clusters=[environment.cluster_name], include=["SETTINGS"])["clusters"]
    if not found or found[0]["status"] != "ACTIVE":
        yield f"{where} does not exist: create it, or correct its name"
        return
    services = environment.django_service.services
    needed = ["FARGATE", *(["FARGATE_SPOT"] if any(service.spot_percent for service in services.values()) else [])]
    if lacking := [name for name in needed if name not in found[0]["capacityProviders"]]:
        yield f"{where} has no capacity provider {' and '.join(lacking)}: add it to the cluster"
    insights = {each["name"]: each["value"] for each in found[0].get("settings", [])}.get("containerInsights")
    scaled = {name: service.autoscaling for name, service in services.items()}
    counted = [name for name, each in scaled.items() if isinstance(each, WorkerAutoscalingInputs) and each.counts_tasks]
    if counted and insights not in ("enabled", "enhanced"):
        what = f"has no Container Insights, by which {' and '.join(counted)} scales"
        yield f"{where} {what}: enable it there, or choose a min_count of 1 or more and queue_length_per_task=None"


def _image(environment: Environment, session: boto3.Session, image_tag: str | None) -> Iterator[str]:
    repository = environment.django_service.ecr_repository
    if repository is None:  # ECS signs in there, and nobody here
        return
    client = session.client("ecr", region_name=repository.region)
    try:
        client.describe_repositories(registryId=repository.account_id, repositoryNames=[repository.name])
        if image_tag:
            key = "imageDigest" if image_tag.startswith("sha256:") else "imageTag"
            client.describe_images(
                registryId=repository.account_id,
                repositoryName=repository.name,
                imageIds=[{key: image_tag}],  # type: ignore[misc]
            )
    except client.exceptions.RepositoryNotFoundException:
        what = f"there is no repository {repository.name}"
        yield f"ecr_repository_url: {what}: run `make bootstrap ENV={environment.name}`"
    except client.exceptions.ImageNotFoundException:
        yield f"IMAGE_TAG: there is no image {repository.name}:{image_tag}: push it, or omit IMAGE_TAG to build one"


def _build(environment: Environment) -> Iterator[str]:
    build = environment.django_service.application.build
    if build is None:
        yield "IMAGE_TAG: application.py has no build: give IMAGE_TAG=<tag of an image that is there>"
        return
    for field, path in (("context", build.context), ("dockerfile", build.file)):
        if not (PROJECT / path).exists():
            yield f"application.build.{field}: there is no {path}: correct it, or check it out there"
            return
    yield from docker(environment)
    yield from git(build)


def docker(environment: Environment) -> Iterator[str]:
    """Whether an image can be built here."""
    remedy = "or give IMAGE_TAG=<tag of an image in ECR>"
    if not shutil.which("docker"):
        yield f"docker: is not on PATH: install it, {remedy}"
    elif not _succeeds("docker", "info"):
        yield f"docker: its engine does not answer: start it, {remedy}"
    elif not _succeeds("docker", "buildx", "version"):
        yield f"docker: has no buildx: install that plugin, {remedy}"
    elif (platform := image.platform(environment)) not in _output("docker", "buildx", "inspect", "--bootstrap"):
        # https://docs.docker.com/build/building/multi-platform/#qemu
        emulator = "docker run --privileged --rm tonistiigi/binfmt --install all"
        yield f"docker: does not build for {platform} here: run `{emulator}`, {remedy}"


def git(build: BuildInputs) -> Iterator[str]:
    """The image is named by the commit that it is built from."""
    repository = ("git", "-C", str(image.directory(build)))
    if not shutil.which("git") or not _succeeds(*repository, "rev-parse", "HEAD"):
        yield "git: there is no commit to name the image by: commit, or give IMAGE_TAG=<tag of an image in ECR>"
        return
    changed = _output(*repository, "status", "--porcelain", "--", *image.content(build)).split("\n")[0]
    if changed:
        yield f"git: {changed[3:]} is not committed: commit it, so that the image's tag says what is in the image"


def _output(*command: str) -> str:
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False).stdout


def _succeeds(*command: str) -> bool:
    return not subprocess.run(command, cwd=PROJECT, capture_output=True, check=False).returncode
