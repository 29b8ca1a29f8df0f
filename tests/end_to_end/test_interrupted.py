"""What an interrupted deployment has only begun is kept by the next one, and never made anew.

With the provider as published: it gives a wait up at once, and Terraform notes what was being made as tainted.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cli.deploy.apply import Applier, Changes, Refused
from cli.local_aws import providers
from cli.local_aws.server import LocalAws
from cli.terraform import tree
from cli.terraform.runner import Terraform, by_hand
from cli.terraform.tree import Unit
from cli.terraform.workspace import workspace
from tests.cli.deploy.applying import applying
from tests.cli.review.planning.trees import Tree
from tests.end_to_end.database import PROTECTED
from tests.support import PATIENCE_SECONDS, Json

pytestmark = pytest.mark.slow

ACCOUNT = "111122223333"
BUCKET = "tfstate"

POSTGRESQL: Json = {
    "terraform": {
        "backend": {
            "s3": {"bucket": "tfstate", "key": "django/test/postgresql/terraform.tfstate", "region": "us-east-1"}
        },
        "required_providers": {"aws": {"source": "hashicorp/aws", "version": "5.100.0"}},
    },
    "provider": {"aws": [{"region": "us-east-1"}]},
    "resource": {"aws_db_instance": {"postgresql": PROTECTED}},
}


@pytest.fixture
def variables(aws: LocalAws, tmp_path: Path) -> dict[str, str]:
    aws.client("s3", ACCOUNT).create_bucket(Bucket=BUCKET)
    return aws.environment(ACCOUNT, os.environ) | {"TF_CLI_CONFIG_FILE": str(providers.configure(tmp_path))}


@pytest.fixture
def unit(tmp_path: Path) -> Unit:
    (found,) = tree.read(Tree(tmp_path, postgresql=POSTGRESQL).path)
    return found


@contextmanager
def deployment(variables: dict[str, str]) -> Iterator[Applier]:
    terraform = Terraform(variables)
    with workspace(terraform) as space:
        yield Applier(terraform, space, lambda *_, **__: None)


def interrupt_when_it_is_begun(aws: LocalAws, applier: Applier, unit: Unit) -> None:
    with applying(applier, unit) as ended:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not aws.client("rds", ACCOUNT).describe_db_instances()["DBInstances"]:
            assert not ended
            assert time.monotonic() < deadline
            time.sleep(0.2)
        applier.stop()
    assert len(ended) == 1


def test_a_database_that_was_only_begun_is_kept(
    aws: LocalAws, unit: Unit, variables: dict[str, str], tmp_path: Path
) -> None:
    with deployment(variables) as first:
        interrupt_when_it_is_begun(aws, first, unit)
    made = resource_id(aws)

    # The way out that a failure prints, when the providers of the deployment are gone.
    command = by_hand(unit.home, "state list")
    done = subprocess.run(command, shell=True, env=variables, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "aws_db_instance.postgresql", done.stderr
    shutil.rmtree(unit.home / ".terraform")

    with deployment(variables) as second:
        assert status_in(second.state(unit)) == "tainted"
        with pytest.raises(Refused, match=r"aws_db_instance.postgresql: \[data/replaced\]"):
            second.apply(unit)
        (kept,) = second.keep(unit)
        assert (kept.address, kept.attributes["identifier"]) == ("aws_db_instance.postgresql", PROTECTED["identifier"])
        assert second.apply(unit).destroyed == 0
        assert second.apply(unit) == Changes()
        assert status_in(second.state(unit)) is None
    assert resource_id(aws) == made


def status_in(state: Json) -> Any:
    (resource,) = state["resources"]
    return resource["instances"][0].get("status")


def resource_id(aws: LocalAws) -> str:
    (found,) = aws.client("rds", ACCOUNT).describe_db_instances()["DBInstances"]
    return str(found["DbiResourceId"])
