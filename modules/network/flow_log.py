"""Flow logs of a VPC in CloudWatch."""

from __future__ import annotations

import json

from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.flow_log import FlowLog
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy import IamRolePolicy
from constructs import Construct


class VpcFlowLog(Construct):
    """All traffic of a VPC, written by a role that may write this log group and nothing else.

    https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html
    """

    def __init__(
        self, scope: Construct, id: str, *, vpc_id: str, prefix: str, account_id: str, retention_days: int
    ) -> None:
        super().__init__(scope, id)
        group = CloudwatchLogGroup(self, "group", name=f"/vpc/{prefix}/flow-log", retention_in_days=retention_days)
        role = IamRole(self, "role", name=f"{prefix}-flow-log", assume_role_policy=_trust(account_id))
        policy = IamRolePolicy(self, "policy", name="write-flow-log", role=role.id, policy=_write(group.arn))
        FlowLog(
            self,
            "Default",
            vpc_id=vpc_id,
            traffic_type="ALL",
            log_destination=group.arn,
            iam_role_arn=role.arn,
            max_aggregation_interval=600,
            tags={"Name": prefix},
            depends_on=[policy],  # AWS says "Access error" of a flow log whose role may not write yet
        )


def _trust(account_id: str) -> str:
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "vpc-flow-logs.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                    "Condition": {"StringEquals": {"aws:SourceAccount": account_id}},
                }
            ],
        }
    )


def _write(group_arn: str) -> str:
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
                    "Resource": f"{group_arn}:*",
                }
            ],
        }
    )
