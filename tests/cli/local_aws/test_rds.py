"""RDS on the local AWS answers with what it was given, so that a second plan is empty."""

from __future__ import annotations

from typing import Any

import pytest

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


def _modes(rds: Any) -> dict[str, str]:
    found = rds.describe_db_instances()["DBInstances"]
    return {each["DBInstanceIdentifier"]: each["DatabaseInsightsMode"] for each in found}
