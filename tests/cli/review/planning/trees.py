"""Trees of small units that need no provider: `terraform_data` is built in, so a plan takes a tenth of a second."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support import Json


def unit(
    name: str,
    *,
    value: Any = "value",
    outputs: Mapping[str, str] | None = None,
    reads: Mapping[str, Json] | None = None,
    s3: bool = False,
    **more: Any,
) -> Json:
    """A unit of the environment test with one resource, whose input is `value`.

    `reads` is upstream to its mock outputs; outputs are expressions. Its state is local, or with `s3` in a bucket that
    does not exist.
    """
    state = _in_bucket if s3 else _local
    backend, config = state(name)
    document: Json = {
        "//": {
            "environment": "test",
            "unit": name,
            "mock_outputs": {upstream: dict(mocks) for upstream, mocks in (reads or {}).items()},
        },
        "terraform": {"backend": {backend: config}},
        "resource": {"terraform_data": {"this": {"input": value}}},
        **more,
    }
    if outputs:
        document["output"] = {output: {"value": expression} for output, expression in outputs.items()}
    if reads:
        remote = {each: dict(zip(("backend", "config"), state(each), strict=True)) for each in reads}
        document["data"] = {"terraform_remote_state": remote}
    return document


def _local(name: str) -> tuple[str, Json]:
    return "local", {"path": f"../../../state/django/test/{name}/terraform.tfstate"}


def _in_bucket(name: str) -> tuple[str, Json]:
    arguments = {"bucket": "no-such-bucket-anywhere", "key": f"django/test/{name}/terraform.tfstate"}
    return "s3", {**arguments, "region": "us-east-1"}


class Tree:
    """A synthesized tree on disk: units by their names."""

    def __init__(self, root: Path, **units: Json) -> None:
        self.root = root
        self.path = root / "project" / "cdktf.out"
        for name, document in units.items():
            self.write(name, document)

    def write(self, name: str, document: Json) -> None:
        """Write a unit, or write it anew."""
        directory = self.path / "stacks" / f"test-{name}"
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "cdk.tf.json").write_text(json.dumps(document))
        stacks = {}
        for file in sorted(self.path.glob("stacks/*/cdk.tf.json")):
            reads = json.loads(file.read_text()).get("data", {}).get("terraform_remote_state", {})
            place = f"stacks/{file.parent.name}"
            dependencies = [f"test-{upstream}" for upstream in reads]
            stacks[file.parent.name] = {"synthesizedStackPath": f"{place}/cdk.tf.json", "dependencies": dependencies}
        (self.path / "manifest.json").write_text(json.dumps({"version": "0.21.0", "stacks": stacks}))

    def deploy(self, name: str, **variables: str) -> None:
        """Apply a unit for real, as `terraform apply` in its directory does."""
        directory = self.path / "stacks" / f"test-{name}"
        given = {f"TF_VAR_{variable}": value for variable, value in variables.items()}
        for arguments in (("init", "-input=false"), ("apply", "-auto-approve", "-input=false")):
            done = subprocess.run(
                ["terraform", *arguments], cwd=directory, env={**os.environ, **given}, capture_output=True, text=True
            )
            assert done.returncode == 0, done.stderr

    def state(self, name: str) -> Path:
        """The file of a unit's state."""
        return self.root / "project" / "state" / "django" / "test" / name / "terraform.tfstate"
