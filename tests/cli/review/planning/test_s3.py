"""States in S3, at a local AWS: the first plan of an account, and those that follow."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from cli.review.planning.inputs import Source
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
