"""The image is built for the environment's processor, by the commit as its tag, once, and no password is seen."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from cli.deploy import image
from cli.terraform.synthesis import PROJECT
from stacks.config.build import BuildInputs, ImageInputs
from stacks.config.schema import Environment
from tests.support import environment

pytestmark = pytest.mark.thorough

ENVIRONMENT = environment()
URL = ENVIRONMENT.django_service.repository_url
COMMIT = "0123456789ab"


@pytest.fixture(scope="module")
def account() -> Iterator[boto3.Session]:
    """For all tests, because moto takes seconds to forget what other tests have put into it."""
    with pytest.MonkeyPatch.context() as patched:
        for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "HTTP_PROXY"):
            patched.delenv(name, raising=False)
        with mock_aws():
            yield boto3.Session(aws_access_key_id="a", aws_secret_access_key="b", region_name="us-east-1")


@pytest.fixture
def session(account: boto3.Session) -> Iterator[boto3.Session]:
    """With an empty repository."""
    ecr = account.client("ecr")
    ecr.create_repository(repositoryName="django")
    yield account
    ecr.delete_repository(repositoryName="django", force=True)


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A git with one commit, and a docker that writes down what it gets."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    tool(tmp_path, "git", f"echo {COMMIT}")
    tool(tmp_path, "docker", f'echo "$@" >> {tmp_path}/asked; [ "$1" != login ] || cat > {tmp_path}/password')
    return tmp_path


def tool(directory: Path, name: str, script: str) -> None:
    (directory / name).write_text(f"#!/bin/sh\n{script}\n")
    (directory / name).chmod(0o755)


def built(build: BuildInputs | None) -> Environment:
    """An environment whose application is built so."""
    service = ENVIRONMENT.django_service
    return replace(ENVIRONMENT, django_service=replace(service, application=replace(service.application, build=build)))


def asked(tools: Path) -> list[str]:
    return (tools / "asked").read_text().splitlines() if (tools / "asked").exists() else []


def password(session: boto3.Session) -> str:
    token = session.client("ecr").get_authorization_token()["authorizationData"][0]["authorizationToken"]
    return base64.b64decode(token).decode().partition(":")[2]


@pytest.mark.parametrize(("processor", "platform"), [("ARM64", "linux/arm64"), ("X86_64", "linux/amd64")])
def test_it_is_built_for_the_processor_of_the_environment_and_pushed(
    session: boto3.Session, tools: Path, processor: Any, platform: str
) -> None:
    service = ENVIRONMENT.django_service
    given = replace(
        ENVIRONMENT,
        django_service=replace(service, runtime=replace(service.runtime, cpu_architecture=processor)),
    )
    assert image.build_and_push(given, session) == COMMIT
    _, build = asked(tools)
    assert f"--platform {platform} " in build
    assert f"--file app/Dockerfile --tag {URL}:{COMMIT} --push ." in build


def test_it_is_built_as_the_application_says_beside_this_project_too(session: boto3.Session, tools: Path) -> None:
    tool(tools, "git", f'echo "$@" >> {tools}/git-asked; echo {COMMIT}')
    given = built(BuildInputs(context="../shop", target="production", arguments={"PYTHON": "3.13"}))
    image.build_and_push(given, session)
    _, build = asked(tools)
    wanted = "--file ../shop/Dockerfile --target production --build-arg=PYTHON=3.13"
    assert f" {wanted} --tag {URL}:{COMMIT} --push ../shop" in build
    assert (tools / "git-asked").read_text() == f"-C {PROJECT}/../shop rev-parse --short=12 HEAD\n"


@pytest.mark.parametrize("is_there", [True, False])
def test_another_registry_is_asked_and_given_by_who_signed_in(
    session: boto3.Session, tools: Path, is_there: bool
) -> None:
    tool(tools, "docker", f'echo "$@" >> {tools}/asked; [ "$2" != imagetools ] || exit {0 if is_there else 1}')
    service = replace(ENVIRONMENT.django_service, ecr_repository_url=None, image=ImageInputs(repository="ghcr.io/a/b"))
    assert image.build_and_push(replace(ENVIRONMENT, django_service=service), session) == COMMIT
    first, *others = asked(tools)
    assert first == f"buildx imagetools inspect ghcr.io/a/b:{COMMIT}"
    assert [line.partition(" --tag ")[2] for line in others] == ([] if is_there else [f"ghcr.io/a/b:{COMMIT} --push ."])


def test_an_image_that_somebody_else_builds_is_named(session: boto3.Session, tools: Path) -> None:
    with pytest.raises(image.BuildFailed, match=r"^application\.py: build is None: give IMAGE_TAG="):
        image.build_and_push(built(None), session)


FILES = "COPY --chown=1 app /srv/app\nCOPY a.txt \\\n  b.txt ./\nCOPY --from=build /opt /opt\n"


@pytest.mark.parametrize(
    ("dockerfile", "content"),
    [
        (FILES, ["app", "a.txt", "b.txt"]),
        ('COPY ["app", "/srv"]\nADD https://example.com/a.tar /a\n', ["app"]),
        ("COPY . /srv\n", ["."]),
        ("COPY *.txt /srv/\n", ["."]),
        ("RUN true\n", ["."]),
    ],
)
def test_what_is_in_the_image_is_what_the_dockerfile_copies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dockerfile: str, content: list[str]
) -> None:
    monkeypatch.setattr(image, "PROJECT", tmp_path)
    (tmp_path / "app").mkdir()
    for name, text in (("a.txt", ""), ("b.txt", ""), ("Dockerfile", dockerfile)):
        (tmp_path / name).write_text(text)
    assert image.content(BuildInputs()) == content


def test_the_password_comes_by_standard_input_and_in_no_argument(session: boto3.Session, tools: Path) -> None:
    image.build_and_push(ENVIRONMENT, session)
    secret = password(session)
    assert (tools / "password").read_text() == secret
    assert asked(tools)[0] == f"login --username AWS --password-stdin {URL.partition('/')[0]}"
    assert not any(secret in line for line in asked(tools))


def test_a_commit_whose_image_is_there_is_not_built_again(session: boto3.Session, tools: Path) -> None:
    kind = "application/vnd.docker.distribution.manifest.v2+json"
    manifest = f'{{"schemaVersion": 2, "mediaType": "{kind}", "layers": [], "config": {{"digest": "a"}}}}'
    session.client("ecr").put_image(repositoryName="django", imageManifest=manifest, imageTag=COMMIT)
    assert image.build_and_push(ENVIRONMENT, session) == COMMIT
    assert asked(tools) == []


@pytest.mark.parametrize(("step", "said"), [("login", "docker login failed"), ("buildx", "docker buildx failed")])
def test_a_step_that_fails_ends_the_build(session: boto3.Session, tools: Path, step: str, said: str) -> None:
    tool(tools, "docker", f'[ "$1" != {step} ]')
    with pytest.raises(image.BuildFailed, match=f"^{said}: read what it says above$"):
        image.build_and_push(ENVIRONMENT, session)


def test_a_project_without_a_commit_is_told(session: boto3.Session, tools: Path) -> None:
    tool(tools, "git", "echo 'fatal: not a git repository' >&2; exit 128")
    with pytest.raises(image.BuildFailed, match="git: fatal: not a git repository"):
        image.build_and_push(ENVIRONMENT, session)
