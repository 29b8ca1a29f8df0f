"""AWS Backup: moto has vaults and plans, and neither selections, policies, jobs, backups nor tests of them.

There is no upstream issue yet.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

from moto.backup import urls
from moto.backup.exceptions import InvalidRequestException, ResourceNotFoundException
from moto.backup.models import BackupBackend, Plan
from moto.backup.responses import BackupResponse
from moto.core.responses import EmptyResult
from moto.core.utils import unix_time
from moto.moto_api._internal import mock_random

from cli.local_aws.gaps.patch import around, missing_from

Json = dict[str, Any]

urls.url_paths |= {
    f"{{0}}/{path}": urls.response.dispatch
    for path in (
        "backup-jobs/?$",
        "backup-jobs/(?P<id>[^/]+)$",
        "backup-vaults/(?P<name>[^/]+)/access-policy$",
        "backup-vaults/(?P<name>[^/]+)/recovery-points/$",
        "backup-vaults/(?P<name>[^/]+)/recovery-points/(?P<arn>.+)$",
        "restore-testing/plans/?$",
        "restore-testing/plans/(?P<name>.+)$",
    )
}


def _kept(self: Any, kind: str) -> dict[str, Any]:
    """What of a kind there is, by its name or id."""
    found: dict[str, Any] = self.backup_backend.__dict__.setdefault(kind, {})
    return found


def _one(self: Any, kind: str, name: str) -> Any:
    if name not in _kept(self, kind):
        raise ResourceNotFoundException(msg=f"Cannot find {name}")
    return _kept(self, kind)[name]


def _path(self: Any) -> list[str]:
    """The parts of the path, as `backup-vaults`, `name`, `access-policy`."""
    return unquote(self.path).strip("/").split("/")


def _given(self: Any) -> Json:
    found: Json = json.loads(self.body or "{}")
    return found


@around(BackupBackend, "delete_backup_plan")
def _delete_plan(original: Any, self: Any, backup_plan_id: str) -> Any:
    """Moto keeps the name of a plan that is deleted, and deletes one that has selections."""
    if any(each.startswith(backup_plan_id) for each in self.__dict__.get("selections", {})):
        raise InvalidRequestException(
            msg="Related backup plan selections must be deleted prior to backup plan deletion"
        )
    answer = original(self, backup_plan_id)
    del self.plans[backup_plan_id]
    return answer


@around(BackupBackend, "delete_backup_vault")
def _delete_vault(original: Any, self: Any, backup_vault_name: str) -> None:
    """https://docs.aws.amazon.com/aws-backup/latest/devguide/API_DeleteBackupVault.html."""
    if any(point["BackupVaultName"] == backup_vault_name for point in self.__dict__.get("points", {}).values()):
        text = f"Backup vault {backup_vault_name} cannot be deleted because it contains recovery points"
        raise InvalidRequestException(msg=text)
    self.__dict__.get("vault_policies", {}).pop(backup_vault_name, None)
    original(self, backup_vault_name)


@around(BackupResponse, "list_tags")
def _list_tags(_: Any, self: Any) -> str:
    """Moto finds the tags where the path ends with a slash, which that of the provider does not."""
    arn = unquote(self.path).partition("/tags/")[2].rstrip("/")
    return json.dumps({"Tags": self.backup_backend.list_tags(arn)})


@missing_from(BackupResponse)
def update_backup_plan(self: Any) -> str:
    plan = self.backup_backend.get_backup_plan(_path(self)[2], None)
    made = Plan(_given(self)["BackupPlan"], plan.creator_request_id, self.backup_backend)
    plan.backup_plan, plan.version_id = made.backup_plan, made.version_id
    return json.dumps(plan.to_dict())


@missing_from(BackupResponse)
def create_backup_selection(self: Any) -> str:
    plan_id, selection_id = _path(self)[2], str(mock_random.uuid4())
    found = {"BackupPlanId": plan_id, "SelectionId": selection_id, "CreationDate": unix_time()}
    _kept(self, "selections")[f"{plan_id}/{selection_id}"] = {
        **found,
        "BackupSelection": _given(self)["BackupSelection"],
    }
    return json.dumps(found)


@missing_from(BackupResponse)
def get_backup_selection(self: Any) -> str:
    _, _, plan_id, _, selection_id = _path(self)
    return json.dumps(_one(self, "selections", f"{plan_id}/{selection_id}"))


@missing_from(BackupResponse)
def delete_backup_selection(self: Any) -> EmptyResult:
    _, _, plan_id, _, selection_id = _path(self)
    _kept(self, "selections").pop(f"{plan_id}/{selection_id}", None)
    return EmptyResult()


@missing_from(BackupResponse)
def put_backup_vault_access_policy(self: Any) -> EmptyResult:
    _kept(self, "vault_policies")[_path(self)[1]] = _given(self)["Policy"]
    return EmptyResult()


@missing_from(BackupResponse)
def get_backup_vault_access_policy(self: Any) -> str:
    vault = self.backup_backend.describe_backup_vault(_path(self)[1])
    found = {"BackupVaultName": vault.backup_vault_name, "BackupVaultArn": vault.backup_vault_arn}
    return json.dumps({**found, "Policy": _one(self, "vault_policies", vault.backup_vault_name)})


@missing_from(BackupResponse)
def delete_backup_vault_access_policy(self: Any) -> EmptyResult:
    _kept(self, "vault_policies").pop(_path(self)[1], None)
    return EmptyResult()


@missing_from(BackupResponse)
def start_backup_job(self: Any) -> str:
    """A job runs when it is looked at for the first time, and is completed after that."""
    given, job_id = _given(self), str(mock_random.uuid4())
    vault = self.backup_backend.describe_backup_vault(given["BackupVaultName"])
    region = vault.backup_vault_arn.rpartition(":backup-vault:")[0]
    arn = f"{region}:recovery-point:{job_id}"
    if ":rds:" in given["ResourceArn"]:
        arn = f"{region.replace(':backup:', ':rds:')}:snapshot:awsbackup:job-{job_id}"
    job = {
        "BackupJobId": job_id,
        "BackupVaultName": vault.backup_vault_name,
        "BackupVaultArn": vault.backup_vault_arn,
        "CreationDate": unix_time(),
        "IamRoleArn": given["IamRoleArn"],
        "RecoveryPointArn": arn,
        "ResourceArn": given["ResourceArn"],
    }
    _kept(self, "jobs")[job_id] = {**job, "State": "CREATED", "PercentDone": "0.0"}
    _kept(self, "points")[arn] = {name: value for name, value in job.items() if name != "BackupJobId"}
    vault.num_of_recovery_points += 1
    return json.dumps({name: job[name] for name in ("BackupJobId", "CreationDate", "RecoveryPointArn")})


@missing_from(BackupResponse)
def describe_backup_job(self: Any) -> str:
    job = _one(self, "jobs", _path(self)[1])
    is_running = job["State"] == "CREATED"
    job |= {"State": "RUNNING", "PercentDone": "50.0"} if is_running else {"State": "COMPLETED", "PercentDone": "100.0"}
    return json.dumps(job)


@missing_from(BackupResponse)
def list_recovery_points_by_backup_vault(self: Any) -> str:
    vault = self.backup_backend.describe_backup_vault(_path(self)[1])
    points = [each for each in _kept(self, "points").values() if each["BackupVaultName"] == vault.backup_vault_name]
    return json.dumps({"RecoveryPoints": [{**each, "Status": "COMPLETED"} for each in points]})


@missing_from(BackupResponse)
def delete_recovery_point(self: Any) -> EmptyResult:
    del _kept(self, "points")[unquote(self.path).partition("/recovery-points/")[2]]
    return EmptyResult()


@missing_from(BackupResponse)
def describe_recovery_point(self: Any) -> str:
    point = _one(self, "points", unquote(self.path).partition("/recovery-points/")[2])
    return json.dumps({**point, "Status": "COMPLETED"})


@missing_from(BackupResponse)
def create_restore_testing_plan(self: Any) -> str:
    given = _given(self)
    plan, backend = given["RestoreTestingPlan"], self.backup_backend
    name = plan["RestoreTestingPlanName"]
    arn = f"arn:aws:backup:{backend.region_name}:{backend.account_id}:restore-testing-plan:{name}-0"
    defaults = {"ScheduleExpressionTimezone": "Etc/UTC", "StartWindowHours": 24}
    made = {**defaults, **plan, "CreationTime": unix_time(), "RestoreTestingPlanArn": arn}
    made["RecoveryPointSelection"] = {"ExcludeVaults": [], "SelectionWindowDays": 30, **plan["RecoveryPointSelection"]}
    _kept(self, "tests")[name] = made
    backend.tag_resource(arn, given.get("Tags") or {})
    return json.dumps(made)


@missing_from(BackupResponse)
def get_restore_testing_plan(self: Any) -> str:
    return json.dumps({"RestoreTestingPlan": _one(self, "tests", _path(self)[2])})


@missing_from(BackupResponse)
def update_restore_testing_plan(self: Any) -> str:
    plan = _one(self, "tests", _path(self)[2])
    plan |= {name: value for name, value in _given(self)["RestoreTestingPlan"].items() if value}
    return json.dumps({**plan, "UpdateTime": unix_time()})


@missing_from(BackupResponse)
def delete_restore_testing_plan(self: Any) -> EmptyResult:
    _kept(self, "tests").pop(_path(self)[2], None)
    return EmptyResult()


@missing_from(BackupResponse)
def create_restore_testing_selection(self: Any) -> str:
    plan, given = _one(self, "tests", _path(self)[2]), _given(self)["RestoreTestingSelection"]
    made = {"ValidationWindowHours": 0, **given, "CreationTime": unix_time()}
    made["RestoreTestingPlanName"] = plan["RestoreTestingPlanName"]
    _kept(self, "tested")[given["RestoreTestingSelectionName"]] = made
    return json.dumps({**made, "RestoreTestingPlanArn": plan["RestoreTestingPlanArn"]})


@missing_from(BackupResponse)
def get_restore_testing_selection(self: Any) -> str:
    return json.dumps({"RestoreTestingSelection": _one(self, "tested", _path(self)[4])})


@missing_from(BackupResponse)
def update_restore_testing_selection(self: Any) -> str:
    plan, found = _one(self, "tests", _path(self)[2]), _one(self, "tested", _path(self)[4])
    found |= {name: value for name, value in _given(self)["RestoreTestingSelection"].items() if value}
    return json.dumps({**found, "RestoreTestingPlanArn": plan["RestoreTestingPlanArn"], "UpdateTime": unix_time()})


@missing_from(BackupResponse)
def delete_restore_testing_selection(self: Any) -> EmptyResult:
    _kept(self, "tested").pop(_path(self)[4], None)
    return EmptyResult()
