"""Runs of Terraform share providers one after the other, and only where one process can serve them."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import running_provider
from tests.support import Json

SOURCE = "registry.terraform.io/hashicorp/aws"
PROVIDER = """#!/bin/sh
echo "TF_REATTACH_PROVIDERS='{\\"%s\\":{\\"Pid\\":$$}}'"
exec sleep 60
"""
TERRAFORM = """#!/bin/sh
echo "$TF_REATTACH_PROVIDERS"
[ "$1" != apply ] || read -r _
"""


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Path]:
    provider, terraform = tmp_path / "terraform-provider-aws_v5.100.0_x5", tmp_path / "terraform"
    provider.write_text(PROVIDER % SOURCE)
    terraform.write_text(TERRAFORM)
    for file in (provider, terraform):
        file.chmod(0o700)
    write(tmp_path, {"aws": [{"region": "us-east-1"}]})
    with running_provider.running(str(terraform), provider) as found:
        yield found


def write(directory: Path, providers: Json, version: str = "5.100.0") -> None:
    required = {"aws": {"source": "aws", "version": version}}
    unit = {"terraform": {"required_providers": required}, "provider": providers}
    (directory / "cdk.tf.json").write_text(json.dumps(unit))


def start(program: Path, *arguments: str, **variables: str) -> subprocess.Popen[str]:
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    return subprocess.Popen([program, *arguments], env={**os.environ, **variables}, **pipes)


def given(running: subprocess.Popen[str]) -> Any:
    """Which provider a run of Terraform was given."""
    assert running.stdout
    line = running.stdout.readline()
    return json.loads(line)[SOURCE]["Pid"] if line.strip() else None


def ran(program: Path, *arguments: str, **variables: str) -> Any:
    with start(program, *arguments, **variables) as running:
        return given(running)


def runs(pid: int) -> bool:
    """Whether a process runs: one that was killed stays listed until somebody asks how it ended."""
    listed = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout
    return listed.strip()[:1] not in ("", "Z")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_one_after_the_other_is_given_the_same_and_the_next_to_it_another(program: Path) -> None:
    first = ran(program, "plan")
    assert first == ran(program, "plan", "-json")
    with start(program, "apply") as running:
        assert given(running) == first
        assert ran(program, "plan") not in (first, None)
        assert running.stdin
        running.stdin.write("\n")


def test_for_another_account_it_is_started_anew(program: Path) -> None:
    first = ran(program, "plan", AWS_ACCESS_KEY_ID="one")
    second = ran(program, "plan", AWS_ACCESS_KEY_ID="other")
    assert second not in (first, None)
    assert not runs(first)


@pytest.mark.parametrize("providers", [{"aws": [{}, {"alias": "us-east-1"}]}, {"aws": [{}]}], ids=["two", "version"])
def test_what_it_cannot_serve_starts_its_own(program: Path, tmp_path: Path, providers: Json) -> None:
    write(tmp_path, providers, "5.100.0" if len(providers["aws"]) > 1 else "6.0.0")
    assert ran(program, "plan") is None


def test_what_needs_no_provider_starts_none(program: Path) -> None:
    assert ran(program, "init") == 0
    assert not [*program.parent.glob("*/pid")]
