"""What IAM has of AWS's own, and what it takes at once."""

from __future__ import annotations

import json

from moto.iam.models import iam_backends

from cli.local_aws.server import LocalAws
from tests.cli.local_aws.conftest import ACCOUNT


def test_policies_of_aws_itself_are_there(aws: LocalAws) -> None:
    arn = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
    assert aws.client("iam", ACCOUNT).get_policy(PolicyArn=arn)["Policy"]["Arn"] == arn


def test_roles_are_made_while_others_are_read(aws: LocalAws) -> None:
    iam = aws.client("iam", ACCOUNT)
    policy = json.dumps({"Version": "2012-10-17", "Statement": []})
    iam.create_role(RoleName="first", AssumeRolePolicyDocument=policy)
    read = iter(iam_backends[ACCOUNT]["aws"].get_roles())
    iam.create_role(RoleName="second", AssumeRolePolicyDocument=policy)
    assert [role.name for role in read] == ["first"]
