"""AWS Backup: a vault, a plan of daily backups with their copies, and tests that they can be restored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cdktf import Fn, TerraformProvider
from cdktf_cdktf_provider_aws.backup_plan import (
    BackupPlan,
    BackupPlanRule,
    BackupPlanRuleCopyAction,
    BackupPlanRuleCopyActionLifecycle,
    BackupPlanRuleLifecycle,
)
from cdktf_cdktf_provider_aws.backup_restore_testing_plan import (
    BackupRestoreTestingPlan,
    BackupRestoreTestingPlanRecoveryPointSelection,
)
from cdktf_cdktf_provider_aws.backup_restore_testing_selection import BackupRestoreTestingSelection
from cdktf_cdktf_provider_aws.backup_selection import BackupSelection
from constructs import Construct

from modules.backup.inputs import BackupInputs, RestoreTestingInputs
from modules.backup.outputs import BackupOutputs
from modules.backup.role import BackupRole
from modules.backup.vault import BackupVault
from modules.validation import validate


@dataclass(frozen=True, kw_only=True, slots=True)
class BackedUpDatabase:
    """The database that is backed up, and where a test restores it."""

    arn: str
    subnet_group_name: str
    security_group_id: str


class Backup(Construct):
    """Each day, of resources that are named by their ARNs: no tag adds one, and none takes one away."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        inputs: BackupInputs,
        prefix: str,
        account_id: str,
        database: BackedUpDatabase,
        file_system_arns: Sequence[str] = (),
        regions: Mapping[str, TerraformProvider],
    ) -> None:
        """`regions` are the providers of the regions of copies."""
        super().__init__(scope, id)
        validate(inputs)
        name = f"{prefix}-backup"
        vaults = {"": (inputs.kms_key_arn, None)} | {
            each.region: (each.kms_key_arn, regions[each.region]) for each in inputs.copies if each.region
        }
        made = {
            region: BackupVault(
                self,
                f"vault-{region}" if region else "vault",
                name=name,
                kms_key_arn=kms_key_arn,
                lock=inputs.lock,
                force_destroy=inputs.force_destroy,
                provider=provider,
            )
            for region, (kms_key_arn, provider) in vaults.items()
        }
        vault = made[""]
        copies = {each: made[each.region].arn if each.region else str(each.vault_arn) for each in inputs.copies}
        plan = BackupPlan(
            self,
            "plan",
            name=name,
            rule=[
                BackupPlanRule(
                    rule_name="daily",
                    target_vault_name=vault.name,
                    schedule=_daily(inputs.daily_at),
                    start_window=inputs.start_minutes,
                    completion_window=inputs.completion_minutes,
                    lifecycle=BackupPlanRuleLifecycle(delete_after=inputs.keep_days),
                    copy_action=[
                        BackupPlanRuleCopyAction(
                            destination_vault_arn=arn,
                            lifecycle=BackupPlanRuleCopyActionLifecycle(
                                delete_after=each.keep_days or inputs.keep_days
                            ),
                        )
                        for each, arn in copies.items()
                    ],
                )
            ],
        )
        role = BackupRole(self, "role", name=name, account_id=account_id, restores=inputs.restore_testing is not None)
        resources = [database.arn, *file_system_arns]
        BackupSelection(
            self,
            "selection",
            name=name,
            plan_id=plan.id,
            iam_role_arn=role.arn,
            resources=resources,
            depends_on=role.attachments,
        )
        if inputs.restore_testing:
            self._test(inputs.restore_testing, prefix, database, vault, role)
        self.outputs = BackupOutputs(
            vault_name=vault.name,
            vault_arn=vault.arn,
            plan_id=plan.id,
            role_arn=role.arn,
            resource_arns=resources,
            copy_vault_arns=list(copies.values()),
        )

    def _test(
        self,
        inputs: RestoreTestingInputs,
        prefix: str,
        database: BackedUpDatabase,
        vault: BackupVault,
        role: BackupRole,
    ) -> None:
        # Neither name may have a hyphen.
        # https://docs.aws.amazon.com/aws-backup/latest/devguide/API_RestoreTestingPlanForCreate.html
        name = prefix.replace("-", "_")
        plan = BackupRestoreTestingPlan(
            self,
            "restore-testing",
            name=name,
            schedule_expression=inputs.schedule,
            recovery_point_selection=[
                BackupRestoreTestingPlanRecoveryPointSelection(
                    algorithm="LATEST_WITHIN_WINDOW",
                    include_vaults=[vault.arn],
                    # AWS's own default. Left out, the provider (5.100.0) fails at each change of the plan: it takes the
                    # list for unknown, and does not learn it.
                    exclude_vaults=[],
                    recovery_point_types=["SNAPSHOT"],
                )
            ],
        )
        # Without these it would be restored into the default VPC of the account, as large as it was.
        # https://docs.aws.amazon.com/aws-backup/latest/devguide/restore-testing-inferred-metadata.html
        overrides = {
            "dbSubnetGroupName": database.subnet_group_name,
            "vpcSecurityGroupIds": Fn.jsonencode([database.security_group_id]),
            **({"dbInstanceClass": inputs.instance_class} if inputs.instance_class else {}),
        }
        BackupRestoreTestingSelection(
            self,
            "restore-testing-postgresql",
            name="postgresql",
            restore_testing_plan_name=plan.name,
            protected_resource_type="RDS",
            protected_resource_arns=[database.arn],
            iam_role_arn=role.arn,
            restore_metadata_overrides=overrides,
            validation_window_hours=inputs.validation_hours or None,
            depends_on=role.attachments,
        )


def _daily(time: str) -> str:
    hour, minute = map(int, time.split(":"))
    return f"cron({minute} {hour} * * ? *)"
