"""What ends a bootstrap before anything is made: one line, and nothing written."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from cli.deploy.bootstrap import account as accounts
from cli.failure import Failure
from modules.validation import Example
from stacks.config.bootstrap import BootstrapInputs
from stacks.config.schema import S3State
from tests.cli.deploy.bootstrap.conftest import ACCOUNT, BUCKET, KEY, Account, environment

pytestmark = pytest.mark.thorough


def refused(account: Account, *arguments: str) -> str:
    """The one line that it ends with, having written nothing."""
    before = sorted(account.directory.rglob("*"))
    ended, out, err = account.bootstrap(*arguments)
    assert ended == 1
    assert out == ""
    line = err.strip().splitlines()[-1]
    assert len(line) < 500
    assert "Traceback" not in err
    assert sorted(account.directory.rglob("*")) == before
    return line


def test_values_that_are_still_examples_are_named_at_once(account: Account) -> None:
    of = environment(account_id=Example(ACCOUNT), state=S3State(bucket=Example(BUCKET)))
    account.prepare(of)
    path = account.directory / "prod.py"
    text = (
        path.read_text().replace(f"'{ACCOUNT}'", f"Example('{ACCOUNT}')").replace(f"'{BUCKET}'", f"Example('{BUCKET}')")
    )
    path.write_text(f"from modules.validation import Example\n{text}")
    line = refused(account)
    assert line.startswith("stacks/config/prod.py: account_id, state.bucket: still an example")


def test_another_account_is_refused(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "999999999999")
    expected = "AWS: the credentials are of account 999999999999, prod is 123456789012: sign in to the other account"
    assert refused(account).startswith(expected)


def test_no_credentials_are_one_line(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert refused(account).startswith("AWS: no credentials that work (Unable to locate credentials): sign in")


def test_a_bucket_that_nobody_has_and_nobody_makes_is_missed(account: Account) -> None:
    account.prepare(environment(bootstrap=BootstrapInputs(state_bucket=None)))
    line = refused(account)
    assert line.startswith(f"stacks/config/prod.py: state.bucket: there is no bucket {BUCKET}: make it, or let this")


@pytest.mark.parametrize(
    ("status", "line"),
    [
        (403, "belongs to somebody else, or these credentials may not see it: choose another name"),
        (301, "is not in eu-west-1: write its region in state.region"),
        (400, "is not in eu-west-1: write its region in state.region"),
        (500, "cannot be used (500): look at it in the console"),
    ],
)
def test_the_bucket_of_somebody_else_is_one_line(status: int, line: str) -> None:
    with pytest.raises(Failure) as error:
        has_bucket(status)
    assert str(error.value).startswith(f"stacks/config/prod.py: state.bucket: {BUCKET} {line}")


def test_a_bucket_is_asked_for_by_its_owner() -> None:
    assert has_bucket(200)
    assert not has_bucket(404)


def has_bucket(status: int) -> bool:
    """What S3 answers to a HEAD: no body, so the code is that of HTTP."""
    client = boto3.client("s3", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
    with Stubber(client) as stub:
        asked = {"Bucket": BUCKET, "ExpectedBucketOwner": ACCOUNT}
        if status == 200:
            stub.add_response("head_bucket", {}, asked)
        else:
            stub.add_client_error("head_bucket", str(status), http_status_code=status, expected_params=asked)

        class Session:
            def client(self, service: str, region_name: str) -> Any:
                assert (service, region_name) == ("s3", "eu-west-1")
                return client

        state = S3State(bucket=BUCKET, region="eu-west-1")
        return accounts.has_bucket(replace(environment(), state=state), Session(), state)  # type: ignore[arg-type]


def test_two_states_are_not_mixed(account: Account) -> None:
    for place, resource in (("bucket", "one"), ("here", "another")):
        text = json.dumps({"version": 4, "resources": [{"name": resource}], "outputs": {}})
        if place == "bucket":
            account.client("s3").create_bucket(Bucket=BUCKET)
            account.client("s3").put_object(Bucket=BUCKET, Key=KEY, Body=text.encode())
        else:
            account.local_state.parent.mkdir(parents=True)
            account.local_state.write_text(text)
    line = refused(account)
    assert line.startswith(f"bootstrap: s3://{BUCKET}/{KEY} and {account.local_state} are two states: look at both")


def test_a_broken_state_is_not_overwritten(account: Account) -> None:
    account.local_state.parent.mkdir(parents=True)
    account.local_state.write_text("{")
    assert "is no state: restore an older version of it" in refused(account)
    assert account.local_state.read_text() == "{"


def test_an_option_that_does_not_exist_is_misuse(account: Account) -> None:
    assert refused(account, "--force").startswith("python -m cli bootstrap: unrecognized arguments: --force")
