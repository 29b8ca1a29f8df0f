"""The parts of a workflow that build the image, as application.py and the environments have it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from pathlib import PurePosixPath

from cli.failure import Failure
from stacks.config.build import BuildInputs
from stacks.config.schema import Environment

BLOCK = re.compile(r"(?P<start>^(?P<indent> *)# build\b.*\n)(?P<lines>(?:.*\n)*?)(?P<end>^ *# end\n)", re.MULTILINE)
"""What is between `# build` and `# end`."""

# https://docs.github.com/en/actions/reference/runners/github-hosted-runners
_RUNNERS = {"linux/arm64": "ubuntu-24.04-arm", "linux/amd64": "ubuntu-24.04"}


def building(workflow: str, environments: Sequence[Environment]) -> str:
    """A workflow that builds the image of these environments. Raises Failure where it cannot be one image."""
    platforms = {each.django_service.runtime.platform: each.name for each in environments}
    if len(platforms) > 1:
        what = " and ".join(f"{name} is {platform}" for platform, name in platforms.items())
        raise Failure(f"runtime.cpu_architecture: {what}: choose one, because the workflow builds one image for all")
    (platform,) = platforms
    build = environments[0].django_service.application.build
    if build and build.is_beside and build.repository is None:
        what = f"{build.context} is not in this repository"
        raise Failure(f"application.build.repository: {what}: name its repository on GitHub, such as acme/shop")
    checkout = re.search(r"uses: (actions/checkout@.+)$", workflow, re.MULTILINE)

    def block(found: re.Match[str]) -> str:
        if "runs-on:" in found["lines"]:
            lines = [f"runs-on: {_RUNNERS[platform]}"]
        elif build is None:
            lines = [*_NO_BUILD]
        else:
            lines = [*_checkout(build, checkout[1] if checkout else ""), *_steps(build, platform)]
        text = "".join(f"{found['indent']}{line}\n" for line in lines)
        return f"{found['start']}{text}{found['end']}"

    return BLOCK.sub(block, workflow)


_NO_BUILD = (
    "- name: Build the image",
    "  id: image",
    "  if: inputs.image == ''",
    "  run: |",
    '    echo "image: application.py has no build: give the tag or digest of an image that is there" >&2',
    "    exit 1",
)


def _checkout(build: BuildInputs, action: str) -> list[str]:
    """The repository beside this one, which the action can only put below this one at first."""
    if build.repository is None:
        return []
    return [
        f"- uses: {action}",
        "  if: inputs.image == ''",
        "  with:",
        f"    repository: {build.repository}",
        f"    path: {_name(build)}",
        "    persist-credentials: false",
    ]


def _name(build: BuildInputs) -> str:
    return PurePosixPath(build.context).parts[1]


def _steps(build: BuildInputs, platform: str) -> list[str]:
    # Without provenance the digest is of an image; with it, of an index that ECR's scan does not look into.
    options = ["--platform", platform, "--provenance=false", *build.options]
    command = shlex.join(["docker", "buildx", "build", *options])
    output = "--output type=oci,dest=image.tar --metadata-file image.json"
    return [
        "- name: Build the image",
        "  id: image",
        "  if: inputs.image == ''",
        "  run: |",
        *([f"    mv {shlex.quote(_name(build))} .."] if build.repository else []),
        "    docker buildx create --use",
        "    # Without provenance the digest is of an image; with it, of an index that ECR's scan does not look into.",
        f"    {command} \\",
        f"      {output} {shlex.quote(build.context)}",
        """    echo "digest=$(jq -er '."containerimage.digest"' image.json)" >> "$GITHUB_OUTPUT\"""",
    ]
