"""Flow logs of a VPC in CloudWatch."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.flow_log import FlowLog
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy import IamRolePolicy
from constructs import Construct

from modules.iam import Statement, policy, trust


class VpcFlowLog(Construct):
    """All traffic of a VPC, written by a role that may write this log group and nothing else.

    https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html
    """

    def __init__(
        self, scope: Construct, id: str, *, vpc_id: str, prefix: str, account_id: str, retention_days: int
    ) -> None:
        super().__init__(scope, id)
        group = CloudwatchLogGroup(self, "group", name=f"/vpc/{prefix}/flow-log", retention_in_days=retention_days)
        assumed_by = trust("vpc-flow-logs.amazonaws.com", account_id=account_id)
        role = IamRole(self, "role", name=f"{prefix}-flow-log", assume_role_policy=assumed_by)
        write = Statement(
            actions=["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
            resources=f"{group.arn}:*",
        )
        allowed = IamRolePolicy(self, "policy", name="write-flow-log", role=role.id, policy=policy([write]))
        FlowLog(
            self,
            "Default",
            vpc_id=vpc_id,
            traffic_type="ALL",
            log_destination=group.arn,
            iam_role_arn=role.arn,
            max_aggregation_interval=600,
            tags={"Name": prefix},
            depends_on=[allowed],  # AWS says "Access error" of a flow log whose role may not write yet
        )
