"""States of an environment that no unit of its data has any more, as those of another kind of DNS."""

from __future__ import annotations

import json
from collections.abc import Container, Iterator
from pathlib import Path
from typing import Any

from cli.terraform import environment as environments
from stacks.config.schema import Environment, S3State
from stacks.unit_names import BOOTSTRAP

_FILE = "terraform.tfstate"


def other_states(environment: Environment, project: Path) -> dict[str, dict[str, Any]]:
    """Each by the name of its unit, such as `certificate`. `project` is the directory that holds that of a LocalState.

    Raises botocore's errors.
    """
    known, state = {*environment.units, BOOTSTRAP}, environment.state
    folder = f"{environment.project}/{environment.name}"
    if isinstance(state, S3State):
        found = _in_s3(environment, state, folder, known)
    else:
        found = _in_files(project / state.directory / folder, known)
    return {unit: json.loads(text) for unit, text in sorted(found)}


def _in_s3(environment: Environment, state: S3State, folder: str, known: Container[str]) -> Iterator[tuple[str, bytes]]:
    s3 = environments.session_of(environment).client("s3", region_name=state.region or environment.region)
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=state.bucket, Prefix=f"{folder}/"):
        for each in page.get("Contents", ()):
            unit, _, file = each["Key"].removeprefix(f"{folder}/").partition("/")
            if file == _FILE and unit not in known:
                yield unit, s3.get_object(Bucket=state.bucket, Key=each["Key"])["Body"].read()


def _in_files(directory: Path, known: Container[str]) -> Iterator[tuple[str, bytes]]:
    for file in directory.glob(f"*/{_FILE}"):
        if file.parent.name not in known and file.stat().st_size:
            yield file.parent.name, file.read_bytes()
