"""Everything that a deployment lacks is named at once, each in a line, before anything is changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from cli.deploy import cloudflare, prerequisites
from cli.terraform.synthesis import PROJECT
from modules.ecs_cluster.inputs import EcsClusterInputs
from modules.fargate_service.autoscaling_inputs import WorkerAutoscalingInputs
from modules.fargate_service.inputs import WorkerInputs
from modules.validation import Example
from stacks.config.build import BuildInputs
from stacks.config.schema import Environment, S3State
from tests.support import environment

pytestmark = pytest.mark.thorough

ACCOUNT = "123456789012"  # moto's own
BUCKET = "tfstate"


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory that is all of PATH, with a Terraform, a git and a docker that lack nothing."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(cloudflare, "problems", lambda *_: [])
    tool(tmp_path, "terraform", """echo '{"terraform_version": "1.11.0"}'""")
    tool(tmp_path, "docker", 'echo "Platforms: linux/amd64*, linux/arm64"')
    tool(tmp_path, "git", "exit 0")
    return tmp_path


def tool(directory: Path, name: str, script: str) -> None:
    (directory / name).write_text(f"#!/bin/sh\n{script}\n")
    (directory / name).chmod(0o755)


@pytest.fixture(scope="module")
def session() -> Iterator[boto3.Session]:
    """An account with a bucket for states, and a repository with the image 1.0.0. Nothing changes it."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "HTTP_PROXY"):
            patch.delenv(name, raising=False)
        with mock_aws():
            session = boto3.Session(aws_access_key_id="a", aws_secret_access_key="b", region_name="us-east-1")
            session.client("s3").create_bucket(Bucket=BUCKET)
            ecr = session.client("ecr")
            ecr.create_repository(repositoryName="django")
            kind = "application/vnd.docker.distribution.manifest.v2+json"
            manifest = f'{{"schemaVersion": 2, "mediaType": "{kind}", "layers": [], "config": {{"digest": "a"}}}}'
            ecr.put_image(repositoryName="django", imageManifest=manifest, imageTag="1.0.0")
            yield session


DEPLOYABLE = environment(account_id=ACCOUNT, state=S3State(bucket=BUCKET))


def missing(session: Any, given: Environment = DEPLOYABLE, image_tag: str | None = "1.0.0") -> list[str]:
    return prerequisites.missing(given, session, image_tag=image_tag)


def test_where_all_is_there_nothing_is_missing(tools: Path, session: boto3.Session) -> None:
    assert missing(session) == []
    assert missing(session, image_tag=None) == []


def test_an_old_terraform_is_missing(tools: Path, session: boto3.Session) -> None:
    tool(tools, "terraform", """echo '{"terraform_version": "1.10.5"}'""")
    assert missing(session) == ["terraform: is version 1.10.5: install Terraform or OpenTofu 1.11 or later"]


def test_missing_tools_are_named(tools: Path, session: boto3.Session) -> None:
    for name in ("terraform", "docker", "git"):
        (tools / name).unlink()
    said = missing(session, image_tag=None)
    assert [line.split(":")[0] for line in said] == ["terraform", "docker", "git"]
    assert missing(session) == said[:1], "an image that is there needs neither docker nor git"


@pytest.mark.parametrize(
    ("tool_name", "script", "said"),
    [
        ("docker", '[ "$1" != info ]', "docker: its engine does not answer: start it"),
        ("docker", '[ "$1" != buildx ]', "docker: has no buildx"),
        ("docker", 'echo "Platforms: linux/amd64*, linux/386"', "docker: does not build for linux/arm64 here: run `"),
        ("git", '[ "$3" != rev-parse ]', "git: there is no commit to name the image by"),
        ("git", '[ "$3" != status ] || echo " M app/manage.py"', "git: app/manage.py is not committed"),
    ],
)
def test_what_would_stop_a_build_is_told_before_it(
    tools: Path, session: boto3.Session, tool_name: str, script: str, said: str
) -> None:
    tool(tools, tool_name, script)
    (line,) = missing(session, image_tag=None)
    assert line.startswith(said)


def test_git_is_asked_about_what_the_image_is_made_of(tools: Path, session: boto3.Session) -> None:
    tool(tools, "git", f'[ "$3" != status ] || echo "$@" > {tools}/asked')
    missing(session, image_tag=None)
    assert (tools / "asked").read_text() == f"-C {PROJECT} status --porcelain -- Pipfile Pipfile.lock app\n"


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (None, "IMAGE_TAG: application.py has no build: give IMAGE_TAG="),
        (BuildInputs(context="../none"), "application.build.context: there is no ../none: correct it, or check it out"),
        (BuildInputs(), "application.build.dockerfile: there is no Dockerfile: correct it, or check it out there"),
    ],
)
def test_a_build_that_cannot_be_is_told(
    tools: Path, session: boto3.Session, build: BuildInputs | None, said: str
) -> None:
    service = DEPLOYABLE.django_service
    given = replace(DEPLOYABLE, django_service=replace(service, application=replace(service.application, build=build)))
    (line,) = missing(session, given, image_tag=None)
    assert line.startswith(said)
    assert missing(session, given) == []


def test_credentials_of_another_account_are_told_and_nothing_is_asked_there(
    tools: Path, session: boto3.Session
) -> None:
    (line,) = missing(session, replace(DEPLOYABLE, account_id="999999999999"), "no such image")
    assert line.startswith(f"AWS: the credentials are of account {ACCOUNT}, test is 999999999999: sign in")


def test_no_credentials_are_told(tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    (line,) = missing(boto3.Session(region_name="us-east-1"))
    assert line.startswith("AWS: no credentials that work (Unable to locate credentials): sign in, or set AWS_PROFILE")


def test_bucket_repository_and_image_are_each_told(tools: Path, session: boto3.Session) -> None:
    assert missing(session, image_tag="9.9.9") == [
        "IMAGE_TAG: there is no image django:9.9.9: push it, or omit IMAGE_TAG to build one"
    ]
    elsewhere = replace(
        DEPLOYABLE,
        state=S3State(bucket="nowhere"),
        django_service=replace(
            DEPLOYABLE.django_service, ecr_repository_url=f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/other"
        ),
    )
    assert missing(session, elsewhere) == [
        "state.bucket: nowhere does not exist: run `make bootstrap ENV=test`",
        "ecr_repository_url: there is no repository other: run `make bootstrap ENV=test`",
    ]


def test_an_image_is_found_by_its_digest_too(tools: Path, session: boto3.Session) -> None:
    (found,) = session.client("ecr").describe_images(repositoryName="django")["imageDetails"]
    assert missing(session, image_tag=found["imageDigest"]) == []
    assert len(missing(session, image_tag=f"sha256:{'0' * 64}")) == 1


def test_examples_that_are_left_are_each_told_and_nobody_is_asked_about_an_account_that_is_one(
    tools: Path, session: boto3.Session
) -> None:
    left = replace(
        DEPLOYABLE,
        account_id=Example("111111111111"),
        state=S3State(bucket=Example("nowhere")),
    )
    assert missing(session, left) == [
        "stacks/config/test.py: account_id: is an example: write your own value",
        "stacks/config/test.py: state.bucket: is an example: write your own value",
    ]


def test_all_of_it_is_told_at_once(tools: Path, session: boto3.Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cloudflare, "problems", lambda *_: ["CLOUDFLARE_API_TOKEN is not set"])
    (tools / "terraform").unlink()
    (tools / "docker").unlink()
    left = replace(DEPLOYABLE, state=S3State(bucket=Example("nowhere")))
    assert [line.split(":")[0].split(" ")[0] for line in missing(session, left, None)] == [
        "terraform",
        "stacks/config/test.py",
        "state.bucket",
        "CLOUDFLARE_API_TOKEN",
        "docker",
    ]


def test_a_rehearsal_needs_terraform_and_the_bucket_alone(tools: Path, session: boto3.Session) -> None:
    rehearsal = {"REHEARSAL": "1", "AWS_ENDPOINT_URL": "http://aws.test"}
    for name in ("docker", "git"):
        (tools / name).unlink()
    given = replace(DEPLOYABLE, account_id=Example("123456789012"))
    assert prerequisites.missing(given, session, image_tag=None, variables=rehearsal) == []
    tool(tools, "terraform", "exit 1")
    given = replace(DEPLOYABLE, state=S3State(bucket="tfstate-of-another"))
    said = prerequisites.missing(given, session, image_tag="9.9.9", variables=rehearsal)
    assert [line.split(":")[0] for line in said] == ["terraform", "state.bucket"]


def in_cluster(name: str, spot_percent: int = 0) -> Environment:
    service = DEPLOYABLE.django_service
    worker = WorkerInputs(cpu=256, memory_mib=512, desired_count=1, spot_percent=spot_percent)
    cluster = EcsClusterInputs(existing=name)
    return replace(DEPLOYABLE, django_service=replace(service, cluster=cluster, worker=worker))


def test_a_cluster_that_others_share_is_there_and_runs_tasks_on_fargate(tools: Path, session: boto3.Session) -> None:
    ecs = session.client("ecs")
    ecs.create_cluster(clusterName="shared", capacityProviders=["FARGATE"])
    ecs.create_cluster(clusterName="machines", capacityProviders=["machines"])
    where = "django_service.cluster.existing:"
    assert missing(session, in_cluster("shared")) == []
    assert missing(session, in_cluster("nowhere")) == [
        f"{where} nowhere does not exist: create it, or correct its name"
    ]
    assert missing(session, in_cluster("machines")) == [
        f"{where} machines has no capacity provider FARGATE: add it to the cluster"
    ]
    assert missing(session, in_cluster("shared", spot_percent=50)) == [
        f"{where} shared has no capacity provider FARGATE_SPOT: add it to the cluster"
    ]


@pytest.mark.parametrize(
    "scaling",
    [WorkerAutoscalingInputs(min_count=1, max_count=4), WorkerAutoscalingInputs(min_count=0, max_count=4)],
)
def test_a_worker_scales_by_its_queue_only_in_a_cluster_that_counts_tasks(
    scaling: WorkerAutoscalingInputs, tools: Path, session: boto3.Session
) -> None:
    ecs = session.client("ecs")
    for name, insights in (("blind", "disabled"), ("seeing", "enabled"), ("enhanced", "enhanced")):
        ecs.create_cluster(
            clusterName=name,
            capacityProviders=["FARGATE"],
            settings=[{"name": "containerInsights", "value": insights}],
        )

    def scaled(name: str, scaling: WorkerAutoscalingInputs) -> list[str]:
        given = in_cluster(name)
        worker = WorkerInputs(cpu=256, memory_mib=512, desired_count=1, autoscaling=scaling)
        return missing(session, replace(given, django_service=replace(given.django_service, worker=worker)))

    (line,) = scaled("blind", scaling)
    assert line.startswith("django_service.cluster.existing: blind has no Container Insights, by which worker scales:")
    assert scaled("seeing", scaling) == scaled("enhanced", scaling) == []
    assert scaled("blind", replace(scaling, min_count=1, queue_length_per_task=None)) == []
