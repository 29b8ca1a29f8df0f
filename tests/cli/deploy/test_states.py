"""States that no unit has any more are found wherever an environment keeps its states, and no other is read."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from cli.deploy.states import other_states
from modules.cloudfront.inputs import NoDnsInputs
from stacks.config.schema import LocalState, S3State
from tests.support import environment

pytestmark = pytest.mark.thorough

TRIAL = environment(
    name="dev", project="shop", protected=False, cloudflare_dns=None, dns=NoDnsInputs(), state=S3State(bucket="states")
)
TEXTS = {
    "shop/dev/network/terraform.tfstate": "of a unit, and not read",
    "shop/dev/bootstrap/terraform.tfstate": "of bootstrap, and not read",
    "shop/dev/certificate/terraform.tfstate": json.dumps({"serial": 1}),
    "shop/dev/certificate/terraform.tfstate.tflock": "a lock",
    "shop/dev-2/redis/terraform.tfstate": "of another environment",
    "shop/dev/cloudflare-dns/terraform.tfstate": json.dumps({"serial": 2}),
}
FOUND = {"certificate": {"serial": 1}, "cloudflare-dns": {"serial": 2}}


def test_in_a_directory(tmp_path: Path) -> None:
    for name, text in TEXTS.items():
        file = tmp_path / "states" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    assert other_states(replace(TRIAL, state=LocalState(directory="states")), tmp_path) == FOUND


def test_in_a_bucket_of_whatever_region(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        s3 = boto3.client("s3", region_name="eu-central-1")
        s3.create_bucket(Bucket="states", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        for name, text in TEXTS.items():
            s3.put_object(Bucket="states", Key=name, Body=text.encode())
        elsewhere = replace(TRIAL, state=S3State(bucket="states", region="eu-central-1"))
        assert other_states(elsewhere, tmp_path) == FOUND
