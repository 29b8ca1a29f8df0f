"""The state in S3 with its native lock: of two deploys at once one wins, and nothing stays locked for ever."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.local_aws.server import LocalAws
from cli.terraform.runner import Terraform, TerraformFailed
from tests.support import PATIENCE_SECONDS

pytestmark = pytest.mark.thorough

ACCOUNT = "111122223333"
BUCKET = "example-tfstate"
KEY = "django/test/network/terraform.tfstate"


class Deploys:
    """Deploys of one unit that last until they are told to end. Terraform brings their only provider itself."""

    def __init__(self, aws: LocalAws, directory: Path) -> None:
        self.variables = aws.environment(ACCOUNT, os.environ) | {"CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}
        (directory / "terraform.rc").touch()
        self.variables["TF_CLI_CONFIG_FILE"] = str(directory / "terraform.rc")
        self.terraform = Terraform(self.variables)
        self.s3 = aws.client("s3", ACCOUNT)
        self.s3.create_bucket(Bucket=BUCKET)
        self._end = directory / "end"
        waiting = {"local-exec": {"command": f"until [ -e '{self._end}' ]; do sleep 0.1; done"}}
        document = {
            "terraform": {
                "backend": {"s3": {"bucket": BUCKET, "key": KEY, "region": "us-east-1", "use_lockfile": True}}
            },
            "resource": {"terraform_data": {"lasting": {"provisioner": [waiting]}}},
        }
        self.home = directory / "unit"
        self.home.mkdir()
        (self.home / "main.tf.json").write_text(json.dumps(document))
        self.terraform.run(self.home, "init", "-json", "-input=false")

    def start(self) -> subprocess.Popen[str]:
        """Begin one, and return as soon as it holds the lock."""
        process = subprocess.Popen(
            ["terraform", "apply", "-auto-approve", "-no-color"],
            cwd=self.home,
            env=self.variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self.is_locked:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)
        return process

    def try_another(self) -> str:
        """What another one says, which must fail."""
        with pytest.raises(TerraformFailed) as failed:
            self.apply()
        return str(failed.value)

    def apply(self) -> None:
        self.terraform.run(self.home, "apply", "-json", "-input=false", "-auto-approve")

    def end(self) -> None:
        """Let those that last come to their end."""
        self._end.touch()

    @property
    def lock(self) -> Any:
        return json.loads(self.s3.get_object(Bucket=BUCKET, Key=f"{KEY}.tflock")["Body"].read())

    @property
    def is_locked(self) -> bool:
        listed = self.s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])
        return f"{KEY}.tflock" in [each["Key"] for each in listed]

    def is_converged(self) -> bool:
        """Whether all is as configured: an exit code of 2 would raise."""
        self.terraform.run(self.home, "plan", "-json", "-input=false", "-detailed-exitcode")
        return True


@pytest.fixture
def deploys(aws: LocalAws, terraform_command: str, tmp_path: Path) -> Iterator[Deploys]:
    made = Deploys(aws, tmp_path)
    yield made
    made.end()


def test_of_two_deploys_at_once_one_wins_and_the_other_names_it_and_the_way_out(deploys: Deploys) -> None:
    with deploys.start() as first:
        lock = deploys.lock
        said = deploys.try_another()
        assert f"{BUCKET}/{KEY} is locked by {lock['Who']} since " in said
        assert "(apply): wait until that has ended" in said
        deploys.end()
        assert first.wait(PATIENCE_SECONDS) == 0
    assert not deploys.is_locked
    deploys.apply()
    assert deploys.is_converged()


def test_an_interrupted_deploy_releases_the_lock(deploys: Deploys) -> None:
    with deploys.start() as process:
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(PATIENCE_SECONDS) != 0
    assert not deploys.is_locked
    deploys.end()
    deploys.apply()
    assert deploys.is_converged()


def test_a_killed_deploy_is_unlocked_as_the_message_says(deploys: Deploys) -> None:
    with deploys.start() as process:
        os.killpg(process.pid, signal.SIGKILL)
    assert deploys.is_locked, "nobody was left to release it"
    identity = deploys.lock["ID"]
    assert f"(cd {deploys.home} && terraform init && terraform force-unlock {identity})" in deploys.try_another()
    deploys.terraform.run(deploys.home, "force-unlock", "-force", identity)
    deploys.end()
    deploys.apply()
    assert deploys.is_converged()
