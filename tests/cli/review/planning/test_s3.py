"""States in S3, at a local AWS: the first plan of an account, and those that follow."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from cli.review.planning.inputs import Source
from cli.terraform.state_store import Bucket, Lock
from tests.cli.review.planning.conftest import Plan
from tests.cli.review.planning.test_planning import MOCKS, network, planned_input, postgresql
from tests.cli.review.planning.trees import Tree
from tests.support import Json

pytestmark = pytest.mark.slow


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The bucket of the states. Moto serves as a proxy, so nothing in the configuration is changed for it."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name in [name for name in os.environ if name.upper() == "NO_PROXY"]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HTTP_PROXY", f"http://{host}:{port}")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://aws.test")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://s3.us-east-1.amazonaws.com")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    client = boto3.client("s3", endpoint_url=f"http://{host}:{port}", region_name="us-east-1")
    client.create_bucket(Bucket="no-such-bucket-anywhere")
    yield
    server.stop()


@pytest.mark.usefixtures("bucket")
def test_a_state_in_s3_is_mocked_until_it_is_there_and_read_from_then_on(tmp_path: Path, plan: Plan) -> None:
    tree = Tree(tmp_path, network=network(s3=True), postgresql=postgresql(s3=True))
    first = plan(tree)["postgresql"]
    assert planned_input(first) == MOCKS["vpc_id"]
    assert first.outputs(Source.MOCK) == {"network": ("vpc_id",)}
    tree.deploy("network")
    second = plan(tree)["postgresql"]
    assert planned_input(second) not in (None, MOCKS["vpc_id"])
    assert second.inexact == ""


def test_a_bucket_that_is_not_there_is_one_line(
    tmp_path: Path, plan: Plan, monkeypatch: pytest.MonkeyPatch, bucket: None
) -> None:
    document: Json = json.loads(json.dumps(network(s3=True)).replace("no-such-bucket-anywhere", "another-bucket"))
    error = plan(Tree(tmp_path, network=document))["network"].error
    assert error
    assert "another-bucket" in error or "S3 bucket" in error
    assert "\n" not in error


@pytest.mark.usefixtures("bucket")
def test_a_state_is_locked_for_terraform_and_reads_the_same_where_it_was_copied(tmp_path: Path, plan: Plan) -> None:
    tree = Tree(tmp_path, network=network(s3=True))
    tree.deploy("network")
    s3 = boto3.client("s3", region_name="us-east-1")
    s3.create_bucket(Bucket="another-bucket")
    old, new = (Bucket(s3, name, "django/test") for name in ("no-such-bucket-anywhere", "another-bucket"))
    name, lock = "network/terraform.tfstate", Lock("move-state")
    old.lock(name, lock)
    # terraform_data needs no provider, and this backend no lock unless it is told.
    arguments: dict[str, Any] = {"cwd": tree.path / "stacks" / "test-network", "capture_output": True, "text": True}
    locking = ["terraform", "init", "-reconfigure", "-backend-config=use_lockfile=true"]
    assert subprocess.run(locking, **arguments).returncode == 0
    refused = subprocess.run(["terraform", "plan", "-no-color"], **arguments)
    assert re.search(rf"ID: +{lock.id}\s.*Operation: +move-state\s", refused.stderr, re.DOTALL)
    released = subprocess.run(["terraform", "force-unlock", "-force", lock.id], **arguments)
    assert (released.returncode, old.read(f"{name}.tflock")) == (0, None)
    content = old.read(name)
    assert content
    new.write(name, content)
    document: Json = json.loads(json.dumps(network(s3=True)).replace("no-such-bucket-anywhere", "another-bucket"))
    moved = plan(Tree(tmp_path / "moved", network=document))["network"]
    assert moved.plan
    assert (moved.plan.plan.is_applyable, moved.new_state) == (False, "")
