"""The states of an environment are copied to where its data says now: all of them, once, and under their locks."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from cli.deploy import move_state
from cli.failure import INTERRUPTED
from cli.terraform.state_store import Bucket, Directory, Lock
from modules.network.inputs import NetworkInputs
from stacks.config.schema import Environment, LocalState, S3State
from tests import configurations
from tests.support import cloudflare_dns, environment

pytestmark = pytest.mark.thorough

ACCOUNT = "123456789012"  # moto's
UNITS = ("alerts", "network", "postgresql")
PAUSED = '{"since": "2026-11-29T04:00:00+00:00"}'
TEST = environment(name="dev", project="shop", protected=False, account_id=ACCOUNT, state=S3State(bucket="states"))
OLD, NEW = "s3://old/django/prod", "s3://states/shop/dev"


def state(unit: str, **more: Any) -> str:
    """As Terraform writes one of two resources."""
    resource = {"mode": "managed", "type": "terraform_data", "name": unit, "instances": [{}, {}]}
    found = {"version": 4, "serial": 7, "lineage": f"of-{unit}", "outputs": {}, "resources": [resource]}
    return json.dumps(found | more)


def deployed(*units: str) -> dict[str, str]:
    return {f"{unit}/terraform.tfstate": state(unit) for unit in units}


class Account:
    """Buckets of states, and a configuration whose states are in one of them."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.s3 = boto3.client("s3", region_name="us-east-1")
        self.s3.create_bucket(Bucket="old")
        self.s3.create_bucket(Bucket="states")
        self.s3.put_bucket_versioning(Bucket="states", VersioningConfiguration={"Status": "Enabled"})
        self.data(TEST)

    def data(self, given: Environment) -> None:
        (self.home / "config").mkdir(exist_ok=True)
        configurations.write(self.home / "config", given)

    def put(self, place: str, files: dict[str, str]) -> None:
        bucket, _, folder = place.removeprefix("s3://").partition("/")
        for name, text in files.items():
            self.s3.put_object(Bucket=bucket, Key=f"{folder}/{name}", Body=text.encode())

    def found(self, place: str) -> dict[str, str]:
        """All there is, locks too."""
        bucket, _, folder = place.removeprefix("s3://").partition("/")
        listed = self.s3.list_objects_v2(Bucket=bucket, Prefix=f"{folder}/").get("Contents", ())
        keys = [each["Key"] for each in listed]
        return {
            key.removeprefix(f"{folder}/"): self.s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
            for key in keys
        }

    def run(self, place: str = OLD) -> int:
        return move_state.main(["dev", "--from", place], directory=self.home / "config", project=self.home)


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        yield Account(tmp_path)


def test_all_states_and_a_pause_are_copied_and_the_old_ones_stay(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    old = {**deployed(*UNITS, "bootstrap"), "paused.json": PAUSED}
    account.put(OLD, old)
    assert account.run() == 0
    assert account.found(NEW) == {**deployed(*UNITS), "paused.json": PAUSED}, "bootstrap finds its own"
    assert account.found(OLD) == old
    out = capsys.readouterr().out
    assert (
        f"dev: the states at {NEW} are those of {OLD}, which stay as they are\nNames in AWS follow from project" in out
    )
    assert "Next: make plan ENV=dev: no unit is new any more\n" in out
    assert "aws s3 rm --recursive --exclude 'bootstrap/*' s3://old/django/prod/\n" in out


def test_running_it_again_copies_nothing_and_pauses_nothing_again(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    account.put(OLD, {**deployed(*UNITS), "paused.json": PAUSED})
    assert account.run() == 0
    account.s3.delete_object(Bucket="states", Key="shop/dev/paused.json")  # make resume
    assert account.run() == 0
    assert account.found(NEW) == deployed(*UNITS)
    assert "was there already" in capsys.readouterr().out


@pytest.mark.parametrize("done", range(8))
def test_what_is_interrupted_anywhere_leaves_no_lock_and_goes_on(
    account: Account, done: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.put(OLD, {**deployed(*UNITS), "paused.json": PAUSED})
    with monkeypatch.context() as patched:
        left = [done]
        for method in (Bucket.lock, Bucket.write):

            def interrupted(*arguments: Any, method: Any = method) -> None:
                method(*arguments)
                left[0] -= 1
                if left[0] < 0:
                    raise KeyboardInterrupt

            patched.setattr(Bucket, method.__name__, interrupted)
        assert account.run() == INTERRUPTED
    expected = {**deployed(*UNITS), "paused.json": PAUSED}
    assert account.found(OLD) == expected
    assert account.found(NEW).items() <= expected.items()
    assert account.run() == 0
    assert account.found(NEW) == expected


@pytest.mark.parametrize("place", [OLD, NEW])
def test_a_state_that_somebody_has_locked_at_either_place_is_told_and_nothing_is_copied(
    account: Account, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    held = json.dumps({"ID": "1", "Operation": "apply", "Who": "ann@ci", "Created": "2026-11-29T04:05:06.7Z"})
    account.put(OLD, deployed(*UNITS))
    account.put(place, {"network/terraform.tfstate.tflock": held})
    before = {each: account.found(each) for each in (OLD, NEW)}
    assert account.run() == 1
    assert {each: account.found(each) for each in (OLD, NEW)} == before
    assert capsys.readouterr().err.splitlines()[-1] == (
        f"{place}/network/terraform.tfstate is locked by ann@ci since 2026-11-29 04:05:06 UTC (apply): wait until that "
        f"has ended; if nothing runs there any more: aws s3 rm {place}/network/terraform.tfstate.tflock"
    )


def test_terraform_finds_both_places_locked_while_states_are_copied(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.put(OLD, deployed(*UNITS))
    seen = []
    write = Bucket.write

    def look(*arguments: Any) -> None:
        seen.append([json.loads(account.found(place)["alerts/terraform.tfstate.tflock"]) for place in (OLD, NEW)])
        write(*arguments)

    monkeypatch.setattr(Bucket, "write", look)
    assert account.run() == 0
    assert len(seen) == len(UNITS)
    for locks in seen:
        assert [lock["Operation"] for lock in locks] == ["move-state", "move-state"]
        assert [lock["Path"] for lock in locks] == [f"{p[5:]}/alerts/terraform.tfstate" for p in (OLD, NEW)]
        assert all({"ID", "Info", "Who", "Version", "Created"} <= lock.keys() for lock in locks)


def test_all_targets_with_another_state_are_told_at_once_and_nothing_is_copied(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    account.put(OLD, deployed(*UNITS))
    others = {
        "network/terraform.tfstate": state("network", lineage="of-a-second-environment"),
        "postgresql/terraform.tfstate": state("postgresql", serial=8),
    }
    account.put(NEW, others)
    assert account.run() == 1
    assert account.found(NEW) == others
    lines = capsys.readouterr().err.splitlines()[-3:]
    assert lines[0] == (
        f"{NEW}/network/terraform.tfstate is another state (2 resources, serial 7, lineage of-a-second-environment) "
        f"than that of {OLD} (2 resources, serial 7, lineage of-network)"
    )
    assert "(2 resources, serial 8, lineage of-postgresql)" in lines[1]
    assert lines[2].startswith("move-state: nothing was copied: ")


def test_a_state_of_nothing_is_no_other_state(account: Account) -> None:
    account.put(OLD, deployed(*UNITS))
    account.put(NEW, {"network/terraform.tfstate": state("network", lineage="destroyed", resources=[])})
    assert account.run() == 0
    assert account.found(NEW) == deployed(*UNITS)


def test_a_copy_that_is_not_what_was_written_is_told(
    account: Account, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    account.put(OLD, deployed(*UNITS))
    write = Bucket.write
    monkeypatch.setattr(Bucket, "write", lambda self, name, content: write(self, name, content[:-1]))
    assert account.run() == 1
    assert f"{NEW}/alerts/terraform.tfstate is not what was written there: " in capsys.readouterr().err


def test_a_bucket_of_another_region_and_its_key_are_those_of_the_data(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    key = f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/1b1a2b3c-1111-2222-3333-123456789012"
    account.data(replace(TEST, state=S3State(bucket="europe", region="eu-central-1", kms_key_arn=key)))
    europe = boto3.client("s3", region_name="eu-central-1")
    europe.create_bucket(Bucket="europe", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    europe.put_bucket_versioning(Bucket="europe", VersioningConfiguration={"Status": "Enabled"})
    account.put("s3://states/shop/dev", deployed(*UNITS))
    assert account.run("s3://states") == 0, "the project and the name are the same"
    assert "Names in AWS" not in capsys.readouterr().out
    for unit in UNITS:
        found = europe.head_object(Bucket="europe", Key=f"shop/dev/{unit}/terraform.tfstate")
        assert (found["ServerSideEncryption"], found["SSEKMSKeyId"]) == ("aws:kms", key)


def test_a_trial_on_this_machine_moves_to_a_bucket_and_back(account: Account) -> None:
    old = account.home / "state" / "shop" / "dev"
    for name, text in deployed(*UNITS).items():
        (old / name).parent.mkdir(parents=True)
        (old / name).write_text(text)
    assert account.run("state/shop/dev") == 0
    assert account.found(NEW) == deployed(*UNITS)
    account.data(replace(TEST, state=LocalState(directory="again")))
    assert account.run(NEW) == 0
    new = account.home / "again" / "shop" / "dev"
    assert {str(each.relative_to(new)): each.read_text() for each in new.glob("**/*") if each.is_file()} == deployed(
        *UNITS
    )


def test_a_state_in_a_directory_stays_locked_while_it_is_written(tmp_path: Path) -> None:
    store, lock, name = Directory(tmp_path), Lock("move-state"), "network/terraform.tfstate"
    store.lock(name, lock)
    assert store.read(name) is None
    store.write(name, b"{}")
    assert store.read(name) == b"{}"
    assert _locks(tmp_path / name) == "BlockingIOError"
    store.unlock(name, lock)
    assert _locks(tmp_path / name) == ""
    assert [*tmp_path.rglob("*.info"), *tmp_path.rglob("*.new")] == []


def _locks(path: Path) -> str:
    """What another process sees that locks a file as Terraform does."""
    program = "import fcntl, sys; fcntl.lockf(open(sys.argv[1], 'r+b'), fcntl.LOCK_EX | fcntl.LOCK_NB)"
    done = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=False)
    return done.stderr.strip().rpartition("\n")[2].partition(":")[0]


@pytest.mark.parametrize(
    ("place", "said"),
    [
        (NEW, f"move-state: {NEW} is where the data says: give the place of before as FROM"),
        ("s3://nowhere", "move-state: FROM: the bucket nowhere does not exist, or cannot be used (404): "),
        (
            "s3://old/django",
            "move-state: FROM: 's3://old/django' is not s3://BUCKET or s3://BUCKET/PROJECT/ENVIRONMENT",
        ),
        ("s3://", "move-state: FROM: 's3://' is not s3://BUCKET or "),
        ("s3:// states/x", "move-state: FROM: 's3:// states/x' is not s3://BUCKET or "),
        ("s3://old/my shop/dev", "move-state: FROM: 's3://old/my shop/dev' is not s3://BUCKET or "),
        ("S3://old", "move-state: FROM: 'S3://old' is not s3://BUCKET or "),
        ("s3://a b", "move-state: FROM: 'a b' is not a valid bucket name: use 3 to 63 of a-z, 0-9, dot and hyphen, "),
        ("s3:// states/shop/dev", "move-state: FROM: ' states' is not a valid bucket name: use 3 to 63 of a-z, "),
        ("s3://Old_States", "move-state: FROM: 'Old_States' is not a valid bucket name: use 3 to 63 of a-z, "),
        ("", "move-state: FROM: there is no directory '': use one such as state/django/prod"),
        ("state", "move-state: FROM: there is no directory 'state': use one such as state/django/prod"),
        (OLD, f"move-state: there is no state at {OLD}/<unit>/terraform.tfstate: "),
    ],
)
def test_a_place_without_states_is_told_in_one_line(
    account: Account, place: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert account.run(place) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(said)
    assert err.count("\n") == 1


def test_the_states_of_another_environment_are_its_own(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    network = NetworkInputs(cidr="10.1.0.0/16", zones=TEST.network.zones)
    prod = replace(TEST, name="prod", network=network)
    configurations.write(account.home / "config", TEST, replace(prod, cloudflare_dns=cloudflare_dns(record_name="www")))
    account.put("s3://states/shop/prod", deployed(*UNITS))
    assert account.run("s3://states/shop/prod") == 1
    what = "s3://states/shop/prod is where prod has its states"
    assert capsys.readouterr().err == f"move-state: FROM: {what}: give the place of before of dev\n"
    assert account.found(NEW) == {}


@pytest.mark.parametrize("place", ["state/shop/prod", "state/shop/../shop/prod", "{home}/state/shop/prod", "link"])
def test_they_are_its_own_by_any_path_on_this_machine(
    account: Account, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    network = NetworkInputs(cidr="10.1.0.0/16", zones=TEST.network.zones)
    prod = replace(TEST, name="prod", network=network, state=LocalState())
    configurations.write(account.home / "config", TEST, replace(prod, cloudflare_dns=cloudflare_dns(record_name="www")))
    for name, text in deployed(*UNITS).items():
        file = account.home / "state/shop/prod" / name
        file.parent.mkdir(parents=True)
        file.write_text(text)
    (account.home / "link").symlink_to("state/shop/prod")
    assert account.run(place.format(home=account.home)) == 1
    assert " is where prod has its states: give the place of before of dev\n" in capsys.readouterr().err
    assert account.found(NEW) == {}


def test_a_place_is_not_moved_to_itself_by_another_path(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    account.data(replace(TEST, state=LocalState()))
    (account.home / "state/shop/dev/network").mkdir(parents=True)
    (account.home / "state/shop/dev/network/terraform.tfstate").write_text(state("network"))
    (account.home / "link").symlink_to("state/shop/dev")
    for place in ("state/shop/../shop/dev", "link"):
        assert account.run(place) == 1
        assert "is where the data says: give the place of before as FROM\n" in capsys.readouterr().err


def test_they_are_its_own_while_somebody_edits_it_also_where_its_file_cannot_be_read(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    network = NetworkInputs(cidr="10.1.0.0/16", zones=TEST.network.zones)
    prod = replace(TEST, name="prod", network=network, region="moon", cloudflare_dns=cloudflare_dns(record_name="www"))
    configurations.write(account.home / "config", TEST, prod)
    broken = account.home / "config" / "prod.py"
    account.put("s3://states/shop/prod", deployed(*UNITS))
    assert account.run("s3://states/shop/prod") == 1
    assert "s3://states/shop/prod is where prod has its states" in capsys.readouterr().err
    broken.write_text("ENVIRONMENT =")
    for place in ("s3://states/shop/prod", OLD):
        account.put(place, deployed(*UNITS))
        assert account.run(place) == 1
        first, last = capsys.readouterr().err.splitlines()
        assert first.startswith(f"{broken}:1: invalid syntax (SyntaxError)")
        what = f"nobody knows whether {place} is where another environment has its states"
        assert last == f"move-state: FROM: {what}: correct the above first"
    assert account.found(NEW) == {}


def test_a_bucket_that_keeps_no_versions_gets_no_state(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    account.s3.put_bucket_versioning(Bucket="states", VersioningConfiguration={"Status": "Suspended"})
    account.put(OLD, deployed(*UNITS))
    assert account.run() == 1
    assert "state.bucket: states keeps no older versions of a state: turn that on: " in capsys.readouterr().err
    assert account.found(NEW) == {}


def test_what_is_not_a_state_is_told(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    account.put(OLD, {**deployed(*UNITS), "network/terraform.tfstate": "<html>"})
    assert account.run() == 1
    assert f"{OLD}/network/terraform.tfstate: is not a state: " in capsys.readouterr().err
    assert account.found(NEW) == {}


def test_neither_the_environment_nor_the_place_is_guessed(capsys: pytest.CaptureFixture[str]) -> None:
    assert move_state.main([]) == 1
    assert "the following arguments are required: ENVIRONMENT, --from: see " in capsys.readouterr().err
