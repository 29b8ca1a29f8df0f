"""The states of an environment, wherever it keeps them, read without Terraform."""

from __future__ import annotations

import json
from collections.abc import Container, Iterator
from pathlib import Path
from typing import Any

from cli.terraform import environment as environments
from stacks.config.schema import Environment, S3State
from stacks.unit_names import BOOTSTRAP

_FILE = "terraform.tfstate"

State = dict[str, Any]
"""https://developer.hashicorp.com/terraform/internals/state is Terraform's own."""


def states(environment: Environment, project: Path, *, without: Container[str] = (BOOTSTRAP,)) -> dict[str, State]:
    """Each state by the name of its unit, such as `certificate`, in the order of these names.

    `project` is the directory that holds that of a LocalState. Raises botocore's errors.
    """
    state = environment.state
    folder = f"{environment.project}/{environment.name}"
    if isinstance(state, S3State):
        found = _in_s3(environment, state, folder, without)
    else:
        found = _in_files(project / state.directory / folder, without)
    return {unit: json.loads(text) for unit, text in sorted(found)}


def other_states(environment: Environment, project: Path) -> dict[str, State]:
    """Those that no unit of its data has any more, as those of another kind of DNS. As `states` otherwise."""
    return states(environment, project, without={*environment.units, BOOTSTRAP})


def _in_s3(
    environment: Environment, state: S3State, folder: str, without: Container[str]
) -> Iterator[tuple[str, bytes]]:
    s3 = environments.session_of(environment).client("s3", region_name=state.region or environment.region)
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=state.bucket, Prefix=f"{folder}/"):
        for each in page.get("Contents", ()):
            unit, _, file = each["Key"].removeprefix(f"{folder}/").partition("/")
            if file == _FILE and unit not in without:
                yield unit, s3.get_object(Bucket=state.bucket, Key=each["Key"])["Body"].read()


def _in_files(directory: Path, without: Container[str]) -> Iterator[tuple[str, bytes]]:
    for file in directory.glob(f"*/{_FILE}"):
        if file.parent.name not in without and file.stat().st_size:
            yield file.parent.name, file.read_bytes()
