"""RDS on the local AWS answers with what it was given, so that a second plan is empty."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from cli.local_aws.server import LocalAws
from tests.cli.local_aws.conftest import ACCOUNT

pytestmark = pytest.mark.thorough


def test_database_insights_are_in_the_mode_that_they_were_set_to(aws: LocalAws) -> None:
    rds = aws.client("rds", ACCOUNT)
    size: dict[str, Any] = {"DBInstanceClass": "db.t4g.small", "Engine": "postgres", "AllocatedStorage": 20}
    rds.create_db_instance(DBInstanceIdentifier="plain", **size)
    advanced: dict[str, Any] = {
        "EnablePerformanceInsights": True,
        "PerformanceInsightsRetentionPeriod": 465,
        "DatabaseInsightsMode": "advanced",
    }
    rds.create_db_instance(DBInstanceIdentifier="advanced", BackupRetentionPeriod=7, **size, **advanced)
    rds.create_db_instance_read_replica(DBInstanceIdentifier="replica", SourceDBInstanceIdentifier="advanced")
    modes = {"plain": "standard", "advanced": "advanced", "replica": "standard"}
    assert _modes(rds) == modes
    rds.modify_db_instance(DBInstanceIdentifier="plain", BackupRetentionPeriod=3)
    rds.modify_db_instance(DBInstanceIdentifier="replica", DatabaseInsightsMode="advanced")
    assert _modes(rds) == {**modes, "replica": "advanced"}


def test_a_version_is_held_back_until_the_window_and_its_parameters_with_it(aws: LocalAws) -> None:
    rds = aws.client("rds", ACCOUNT)
    for major in ("16", "17"):
        rds.create_db_parameter_group(
            DBParameterGroupName=f"of-{major}", DBParameterGroupFamily=f"postgres{major}", Description="it"
        )
    size: dict[str, Any] = {"DBInstanceClass": "db.t4g.small", "Engine": "postgres", "AllocatedStorage": 20}
    group = {"DBParameterGroupName": "of-16"}
    rds.create_db_instance(DBInstanceIdentifier="it", EngineVersion="16.10", BackupRetentionPeriod=7, **size, **group)
    rds.create_db_instance_read_replica(DBInstanceIdentifier="replica", SourceDBInstanceIdentifier="it")

    def refused(call: str, code: str, **given: Any) -> None:
        with pytest.raises(ClientError, match=code):
            getattr(rds, call)(**given)

    def has(identifier: str) -> tuple[str, str, str | None]:
        (found,) = rds.describe_db_instances(DBInstanceIdentifier=identifier)["DBInstances"]
        parameters = found["DBParameterGroups"][0]["DBParameterGroupName"]
        return found["EngineVersion"], parameters, found.get("PendingModifiedValues", {}).get("EngineVersion")

    refused("modify_db_instance", "read replicas need to be", DBInstanceIdentifier="it", EngineVersion="16.11")
    rds.modify_db_instance(DBInstanceIdentifier="replica", EngineVersion="16.11", ApplyImmediately=True)
    rds.modify_db_instance(DBInstanceIdentifier="it", EngineVersion="16.11", ApplyImmediately=True)
    refused("delete_db_parameter_group", "InvalidDBParameterGroupState", **group)
    wrong = "of-17 with DBParameterGroupFamily postgres17 cannot be used"
    refused("modify_db_instance", wrong, DBInstanceIdentifier="it", DBParameterGroupName="of-17")

    raised: dict[str, Any] = {"EngineVersion": "17", "DBParameterGroupName": "of-17", "AllowMajorVersionUpgrade": True}
    rds.modify_db_instance(DBInstanceIdentifier="it", **raised)
    rds.modify_db_instance(DBInstanceIdentifier="it", BackupRetentionPeriod=5)
    assert has("it") == ("16.11", "of-16", "17")
    refused("delete_db_parameter_group", "InvalidDBParameterGroupState", **group)
    rds.modify_db_instance(DBInstanceIdentifier="it", BackupRetentionPeriod=3, ApplyImmediately=True)
    assert has("it") == ("17", "of-17", None)
    assert has("replica")[0] == "17"
    rds.delete_db_parameter_group(**group)


def _modes(rds: Any) -> dict[str, str]:
    found = rds.describe_db_instances()["DBInstances"]
    return {each["DBInstanceIdentifier"]: each["DatabaseInsightsMode"] for each in found}
