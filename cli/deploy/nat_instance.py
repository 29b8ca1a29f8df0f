"""Whether the NAT instance of an environment is configured, as its console says: docs/adr/0012-nat-instance.md."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from modules.network.nat_user_data import READY, REPORT

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_ec2.type_defs import FilterTypeDef


@dataclass(frozen=True, slots=True, kw_only=True)
class NatInstance:
    """A NAT instance as EC2 describes it."""

    id: str
    type: str
    state: str
    """`ready`, or why it may not be."""

    @property
    def is_ready(self) -> bool:
        """Whether private subnets reach the internet by it."""
        return self.state == READY


def describe(ec2: EC2Client, prefix: str) -> NatInstance | None:
    """The NAT instance of an environment; None where there is none yet."""
    filters: list[FilterTypeDef] = [
        {"Name": "tag:Name", "Values": [f"{prefix}-nat"]},
        {"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped"]},
    ]
    reservations = ec2.describe_instances(Filters=filters)["Reservations"]
    for instance in (each for reservation in reservations for each in reservation["Instances"]):
        instance_id, state = instance["InstanceId"], instance["State"]["Name"]
        said = _said(ec2, instance_id) if state == "running" else state
        return NatInstance(id=instance_id, type=instance["InstanceType"], state=said)
    return None


def _said(ec2: EC2Client, instance_id: str) -> str:
    """What an instance has said last of itself."""
    try:
        output = _console(ec2, instance_id)
    except ClientError as error:
        return f"its console cannot be read ({error.response['Error']['Code']})"
    reports = REPORT.findall(output)
    return reports[-1].rstrip() if reports else "its console does not say that it is ready"


def _console(ec2: EC2Client, instance_id: str) -> str:
    try:
        answer = ec2.get_console_output(InstanceId=instance_id, Latest=True)
    except ClientError as error:
        # Older types, as t2, show only what they said when they started.
        # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetConsoleOutput.html
        if error.response["Error"]["Code"] != "UnsupportedOperation":
            raise
        answer = ec2.get_console_output(InstanceId=instance_id)
    return answer.get("Output", "")
