"""The workflow builds the image as application.py says, for the processor of the environments."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from cli.failure import Failure
from cli.maintenance.build import building
from stacks.config.build import BuildInputs
from stacks.config.schema import Environment
from tests.support import environment

WORKFLOW = (Path(__file__).parents[3] / ".github" / "workflows" / "deploy.yml").read_text()


def with_build(build: BuildInputs | None, architecture: Any = "ARM64", **changes: Any) -> Environment:
    given = environment(**changes)
    service = given.django_service
    service = replace(
        service,
        application=replace(service.application, build=build),
        runtime=replace(service.runtime, cpu_architecture=architecture),
    )
    return replace(given, django_service=service)


def job(*environments: Environment) -> dict[str, Any]:
    """The job that builds, as GitHub reads it."""
    found: dict[str, Any] = yaml.safe_load(building(WORKFLOW, environments))["jobs"]["build"]
    return found


def script(found: dict[str, Any]) -> str:
    (step,) = [step for step in found["steps"] if step.get("id") == "image"]
    text: str = step["run"].replace("\\\n", "")
    return text


def test_it_builds_what_make_deploy_builds() -> None:
    build = BuildInputs(context="shop", target="production", arguments={"EXTRAS": "s3 redis"})
    options = "--file shop/Dockerfile --target production '--build-arg=EXTRAS=s3 redis'"
    command = f"docker buildx build --platform linux/arm64 --provenance=false {options} "
    found = " ".join(script(job(with_build(build))).split())
    assert command in found
    assert "--metadata-file image.json shop echo" in found


@pytest.mark.parametrize(
    ("architecture", "runner", "platform"),
    [("ARM64", "ubuntu-24.04-arm", "linux/arm64"), ("X86_64", "ubuntu-24.04", "linux/amd64")],
)
def test_the_runner_is_of_the_processor_that_the_tasks_have(architecture: str, runner: str, platform: str) -> None:
    found = job(with_build(BuildInputs(), architecture))
    assert found["runs-on"] == runner
    assert f"--platform {platform} " in script(found)


def test_environments_of_two_processors_have_no_image_in_common() -> None:
    dev, prod = with_build(BuildInputs(), name="dev"), with_build(BuildInputs(), "X86_64", name="prod")
    with pytest.raises(Failure, match=r"^runtime\.cpu_architecture: dev is linux/arm64 and prod is linux/amd64: "):
        building(WORKFLOW, [dev, prod])


def test_a_repository_beside_this_one_is_checked_out_there() -> None:
    found = job(with_build(BuildInputs(context="../shop/backend", repository="acme/shop")))
    _, checkout, build = [step for step in found["steps"] if "checkout" in step.get("uses", "") or "id" in step]
    assert checkout["with"] == {"repository": "acme/shop", "path": "shop", "persist-credentials": False}
    assert build["run"].startswith("mv shop ..\n")
    assert "image.json ../shop/backend\n" in build["run"]


def test_a_context_that_no_runner_has_is_refused() -> None:
    with pytest.raises(Failure, match=r"^application\.build\.repository: \.\./shop is not in this repository: name"):
        building(WORKFLOW, [with_build(BuildInputs(context="../shop"))])


def test_without_a_build_an_image_must_be_given() -> None:
    assert "give the tag or digest of an image that is there" in script(job(with_build(None)))


def test_a_workflow_that_is_so_stays_so() -> None:
    once = building(WORKFLOW, [with_build(BuildInputs(), "X86_64")])
    assert once != WORKFLOW
    assert building(once, [with_build(BuildInputs(), "X86_64")]) == once
