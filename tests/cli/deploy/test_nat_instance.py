"""The NAT instance is found by its name, and is ready when the last report on its console says so."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from cli.deploy import nat_instance
from cli.deploy.nat_instance import NatInstance
from cli.local_aws.server import LocalAws

pytestmark = pytest.mark.thorough

ACCOUNT = "123412341234"
BOOT = "[    0.000000] Linux version 6.1\r\n"


class Ec2:
    """An EC2 with one instance, whose console says this; an error in place of a console is raised."""

    def __init__(self, console: str | None, *, state: str = "running", errors: tuple[str, ...] = ()) -> None:
        self.console, self.state, self.errors = console, state, list(errors)
        self.asked: list[dict[str, Any]] = []

    def describe_instances(self, **asked: Any) -> Any:
        assert {"Name": "tag:Name", "Values": ["django-dev-nat"]} in asked["Filters"]
        instance = {"InstanceId": "i-1", "InstanceType": "t4g.micro", "State": {"Name": self.state}}
        return {"Reservations": [{"Instances": [instance]}]}

    def get_console_output(self, **asked: Any) -> Any:
        self.asked.append(asked)
        if self.errors:
            raise ClientError({"Error": {"Code": self.errors.pop(0)}}, "GetConsoleOutput")
        return {} if self.console is None else {"Output": self.console}


def described(ec2: Ec2) -> NatInstance:
    found = nat_instance.describe(ec2, "django-dev")  # type: ignore[arg-type]
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("console", "state"),
    [
        (f"{BOOT}nat: not configured yet\r\nnat: ready\r\n", "ready"),
        (f"{BOOT}[   11.2] audit: x nat: ready[   11.3] ena 0000\r\n", "ready"),
        (
            f"nat: ready\r\n{BOOT}nat: not configured: cannot install iptables (attempt 3 of 240)\r\n",
            "not configured: cannot install iptables (attempt 3 of 240)",
        ),
        (BOOT, "its console does not say that it is ready"),
        (None, "its console does not say that it is ready"),
    ],
)
def test_what_the_console_says_last_counts(console: str | None, state: str) -> None:
    found = described(Ec2(console))
    assert (found.id, found.type, found.state) == ("i-1", "t4g.micro", state)
    assert found.is_ready is (state == "ready")


def test_one_that_does_not_run_is_not_ready_whatever_its_console_says() -> None:
    found = described(Ec2("nat: ready", state="stopped"))
    assert (found.state, found.is_ready) == ("stopped", False)


def test_an_older_type_is_asked_for_what_it_said_when_it_started() -> None:
    ec2 = Ec2("nat: ready", errors=("UnsupportedOperation",))
    assert described(ec2).is_ready
    assert ec2.asked == [{"InstanceId": "i-1", "Latest": True}, {"InstanceId": "i-1"}]


def test_a_console_that_may_not_be_read_says_nothing() -> None:
    found = described(Ec2("nat: ready", errors=("UnauthorizedOperation",)))
    assert (found.state, found.is_ready) == ("its console cannot be read (UnauthorizedOperation)", False)


def test_the_local_aws_has_one_that_is_ready_and_none_of_another_environment() -> None:
    with LocalAws() as aws:
        ec2 = aws.client("ec2", ACCOUNT)
        tags = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "django-dev-nat"}]}]
        image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
        ec2.run_instances(ImageId=image, InstanceType="t4g.micro", MinCount=1, MaxCount=1, TagSpecifications=tags)
        found = nat_instance.describe(ec2, "django-dev")
        assert found is not None
        assert found.is_ready
        assert nat_instance.describe(ec2, "django-de") is None
        ec2.terminate_instances(InstanceIds=[found.id])
        assert nat_instance.describe(ec2, "django-dev") is None
