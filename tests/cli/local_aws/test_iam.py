"""What IAM has of AWS's own."""

from __future__ import annotations

from cli.local_aws.server import LocalAws
from tests.cli.local_aws.conftest import ACCOUNT


def test_policies_of_aws_itself_are_there(aws: LocalAws) -> None:
    arn = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
    assert aws.client("iam", ACCOUNT).get_policy(PolicyArn=arn)["Policy"]["Arn"] == arn
