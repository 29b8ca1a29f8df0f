"""Who writes the measures of the operating system (Enhanced Monitoring) to CloudWatch."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy_attachment import IamRolePolicyAttachment
from constructs import Construct

from modules.iam import trust


class MonitoringRole(Construct):
    """A role that RDS may take for the instances of this account whose identifiers begin so, and for no others.

    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Monitoring.OS.Enabling.html
    """

    def __init__(
        self, scope: Construct, id: str, *, prefix: str, region: str, account_id: str, beginnings: list[str]
    ) -> None:
        super().__init__(scope, id)
        patterns = [f"arn:aws:rds:{region}:{account_id}:db:{beginning}*" for beginning in beginnings]
        self._role = IamRole(
            self,
            "Default",
            name=f"{prefix}-rds-monitoring",
            assume_role_policy=trust(
                "monitoring.rds.amazonaws.com",
                account_id=account_id,
                source_arn=patterns if len(patterns) > 1 else patterns[0],
            ),
        )
        self.attachment = IamRolePolicyAttachment(
            self,
            "policy",
            role=self._role.name,
            policy_arn="arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole",
        )

    @property
    def arn(self) -> str:
        """Of the role, which is of use once `attachment` is there."""
        return self._role.arn
