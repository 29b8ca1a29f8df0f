"""A database that no state knows is not made a second time, and one of another environment is nothing to it."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from moto import mock_aws

from cli.deploy.new_units import refuse_deployed
from cli.failure import Failure
from tests.environments import frozen

pytestmark = pytest.mark.thorough

DEV = frozen("dev")
NEW = {f"dev-{unit}": f"s3://states/{unit}" for unit in ("network", "postgresql")}


def test_a_database_that_no_state_knows_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with mock_aws():
        session = boto3.Session("test", "test", region_name=DEV.region)
        database: dict[str, Any] = {"Engine": "postgres", "DBInstanceClass": "db.t4g.micro", "AllocatedStorage": 20}
        session.client("rds").create_db_instance(DBInstanceIdentifier="django-prod-postgresql", **database)
        refuse_deployed(DEV, session, NEW, [])
        session.client("rds").create_db_instance(DBInstanceIdentifier="django-dev-postgresql", **database)
        refuse_deployed(DEV, session, {"dev-network": NEW["dev-network"]}, [])
        assert capsys.readouterr().err == ""
        with pytest.raises(
            Failure, match="^deploy: dev has its states elsewhere: nothing was changed: `make move-state"
        ):
            refuse_deployed(DEV, session, NEW, [])
    what = "the database django-dev-postgresql is there already, and no state at s3://states/postgresql knows it"
    assert capsys.readouterr().err == f"dev-postgresql: {what}\n"
