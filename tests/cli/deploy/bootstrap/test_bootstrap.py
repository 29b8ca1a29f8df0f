"""make bootstrap with the real provider: from an empty account to its own state in its own bucket, and again."""

from __future__ import annotations

import io
import json
import os
import signal
from typing import Any

import pytest

from cli.deploy.bootstrap.state import State
from cli.progress import Steps
from stacks.config.bootstrap import BootstrapInputs
from tests.cli.deploy.bootstrap.conftest import ACCOUNT, BUCKET, KEY, REPOSITORY, Account, environment

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("with_terraform")]


@pytest.fixture
def small(account: Account) -> Account:
    """Without the roles of GitHub, whose many policies take their time."""
    account.prepare(environment(bootstrap=BootstrapInputs()))
    return account


def buckets(account: Account) -> list[str]:
    return [bucket["Name"] for bucket in account.client("s3").list_buckets()["Buckets"]]


def assert_moved(account: Account) -> None:
    """The state is in the bucket, and nowhere else."""
    assert {resource["type"] for resource in account.state()["resources"]} >= {"aws_s3_bucket", "aws_ecr_repository"}
    assert not [path for path in (account.directory / "state").rglob("*") if path.is_file()]
    assert not list(account.directory.rglob("*override.tf.json"))
    assert not list(account.directory.rglob("*.tfplan"))


def test_an_empty_account_is_prepared_and_a_second_run_changes_nothing(account: Account) -> None:
    code, out, err = account.bootstrap("--yes")
    assert code == 0, err
    assert "create   aws_s3_bucket.state_bucket" in out
    assert "create   the service-linked role of ecs.amazonaws.com" in out
    assert "prod-bootstrap: 38 added" in out
    for role in ("plan", "apply"):
        arn = f"arn:aws:iam::{ACCOUNT}:role/bootstrap/django-prod-{role}"
        assert f"{role}_role_arn: {arn}" in out
        assert f"--body {arn}" in out
    assert out.strip().endswith("Next: make deploy ENV=prod")
    assert_moved(account)
    assert_private_and_versioned(account)
    assert_images_are_kept(account)

    code, out, err = account.bootstrap("--yes")
    assert code == 0, err
    assert "prod-bootstrap: no changes" in out
    assert "create" not in out

    iam = account.client("iam")
    (role,) = iam.list_roles(PathPrefix="/aws-service-role/ecs.amazonaws.com/")["Roles"]
    iam.delete_role(RoleName=role["RoleName"])
    code, out, err = account.bootstrap("--yes")
    assert code == 0, err
    assert out.startswith("create   the service-linked role of ecs.amazonaws.com\nprod-bootstrap: no changes\n")
    assert iam.get_role(RoleName=role["RoleName"])


def assert_private_and_versioned(account: Account) -> None:
    s3 = account.client("s3")
    assert s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
    closed = s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"]
    assert set(closed.values()) == {True}
    policy = json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"])
    assert {"Bool": {"aws:SecureTransport": "false"}} in [s["Condition"] for s in policy["Statement"]]
    (rule,) = s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"


def assert_images_are_kept(account: Account) -> None:
    (repository,) = account.client("ecr").describe_repositories()["repositories"]
    assert repository["repositoryName"] == REPOSITORY
    assert repository["imageTagMutability"] == "IMMUTABLE"
    assert repository["imageScanningConfiguration"] == {"scanOnPush": True}


def test_an_apply_that_is_interrupted_is_finished_by_the_next_run(
    small: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt_in_the_middle(self: Steps, name: str, step: str, **options: Any) -> None:
        if step.endswith("aws_s3_bucket_versioning.state_bucket_versioning"):
            os.kill(os.getpid(), signal.SIGINT)

    with monkeypatch.context() as patched:
        patched.setattr(Steps, "__call__", interrupt_in_the_middle)
        code, _, err = small.bootstrap("--yes")
    assert code == 130
    assert err.splitlines()[-1] == "bootstrap: interrupted: run it again to go on"
    assert small.local_state.is_file()
    assert small.local_state.parent.stat().st_mode & 0o077 == 0

    code, _, err = small.bootstrap("--yes")
    assert code == 0, err
    assert_moved(small)


def test_a_bucket_that_was_only_half_set_up_is_kept(small: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(State, "move", lambda *_: pytest.fail("stop here"))
        with pytest.raises(BaseException, match="stop here"):
            small.bootstrap("--yes")
    small.client("s3").put_object(Bucket=BUCKET, Key="mine", Body=b"")
    small.client("s3").delete_bucket_tagging(Bucket=BUCKET)
    # As Terraform notes what it could not finish.
    state = json.loads(small.local_state.read_text())
    for resource in state["resources"]:
        if resource["type"] in ("aws_s3_bucket", "aws_ecr_repository"):
            resource["instances"][0]["status"] = "tainted"
    small.local_state.write_text(json.dumps(state))

    code, out, err = small.bootstrap("--yes")
    assert code == 0, err
    assert "update   aws_s3_bucket.state_bucket" in out
    assert "delete" not in out
    assert_moved(small)
    assert small.client("s3").head_object(Bucket=BUCKET, Key="mine")


@pytest.mark.parametrize("moment", ["move", "forget_file"])
def test_a_run_that_ends_before_or_after_the_state_has_moved_is_finished(
    moment: str, small: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*arguments: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(State, moment, interrupted)
        code, _, err = small.bootstrap("--yes")
    assert code == 130
    assert err.splitlines()[-1] == "bootstrap: interrupted: run it again to go on"
    in_bucket = small.client("s3").list_objects_v2(Bucket=BUCKET)["KeyCount"]
    assert (in_bucket, small.local_state.is_file()) == ({"move": 0, "forget_file": 1}[moment], True)

    code, out, err = small.bootstrap("--yes")
    assert code == 0, err
    assert "prod-bootstrap: no changes" in out
    assert_moved(small)


def test_what_exists_already_is_named_and_adopted_when_asked(small: Account) -> None:
    small.client("s3").create_bucket(Bucket=BUCKET)
    small.client("ecr").create_repository(repositoryName=REPOSITORY)
    code, out, err = small.bootstrap("--yes")
    assert (code, out) == (1, "")
    line = err.splitlines()[-1]
    assert line.startswith("bootstrap: exists already, and no state of this unit knows it: ")
    assert f"{BUCKET} (aws_s3_bucket.state_bucket)" in line
    assert f"{REPOSITORY} (aws_ecr_repository.ecr_repository)" in line
    assert "make bootstrap ARGS=--adopt" in line
    for name in ("state_bucket", "ecr_repository"):
        assert f"BootstrapInputs({name}=None)" in line

    code, out, err = small.bootstrap("--yes", "--adopt")
    assert code == 0, err
    assert "adopt    aws_s3_bucket.state_bucket" in out
    assert_moved(small)
    assert small.client("ecr").describe_repositories()["repositories"][0]["imageTagMutability"] == "IMMUTABLE"


def test_the_oidc_provider_of_another_environment_is_left_to_it(account: Account) -> None:
    account.client("iam").create_open_id_connect_provider(Url="https://token.actions.githubusercontent.com")
    code, out, err = account.bootstrap("--yes")
    assert (code, out) == (1, "")
    assert err.splitlines()[-1].endswith("or leave it out by GithubOidcInputs(existing_provider=True)")


def test_nothing_is_made_unless_somebody_says_so(small: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    code, _, err = small.bootstrap()
    assert code == 1
    assert err.splitlines()[-1].endswith("there is no terminal: pass --yes, as in `make bootstrap ENV=prod ARGS=--yes`")
    answer = io.StringIO("other\n")
    monkeypatch.setattr(answer, "isatty", lambda: True)
    monkeypatch.setattr("sys.stdin", answer)
    code, _, err = small.bootstrap()
    assert code == 1
    assert err.splitlines()[-1] == "bootstrap: that is not its name: nothing was changed"
    assert buckets(small) == []
    assert small.client("iam").list_roles(PathPrefix="/aws-service-role/")["Roles"] == []


def test_the_state_of_an_environment_without_a_bucket_of_its_own_goes_where_it_is_told(small: Account) -> None:
    small.client("s3").create_bucket(Bucket=BUCKET)
    small.prepare(environment(bootstrap=BootstrapInputs(state_bucket=None)))
    code, _, err = small.bootstrap("--yes")
    assert code == 0, err
    assert {resource["type"] for resource in small.state()["resources"]} == {
        "aws_ecr_repository",
        "aws_ecr_lifecycle_policy",
    }
    assert small.client("s3").list_objects_v2(Bucket=BUCKET)["Contents"][0]["Key"] == KEY
    assert not (small.directory / "state").exists()
