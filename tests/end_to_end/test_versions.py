"""A version of PostgreSQL that waits for its window neither fails a deployment nor stays in the plan."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cdktf import TerraformOutput, TerraformStack

from cli.local_aws.deployment import LocalDeployment
from cli.local_aws.providers import AWS_VERSION
from cli.local_aws.server import LocalAws
from modules.placement import Placement
from modules.postgresql.inputs import PostgreSQLInputs
from modules.postgresql.main import PostgreSQL
from tests.cli.review.planning.trees import Tree, unit
from tests.end_to_end import test_dns
from tests.support import Json, module_json

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("shared_providers")]

ACCOUNT = "111122223333"


def _postgresql(stack: TerraformStack, inputs: PostgreSQLInputs, placement: Placement) -> None:
    made = PostgreSQL(
        stack,
        "postgresql",
        inputs=inputs,
        prefix="django-test",
        region="us-east-1",
        account_id=ACCOUNT,
        placement=placement,
    )
    TerraformOutput(stack, "master_secret_arn", value=made.outputs.master_secret_arn)


def database(placement: Placement, **changes: Any) -> Json:
    inputs = PostgreSQLInputs(
        **{
            "instance_class": "db.t4g.micro",
            "storage_gb": 20,
            "auto_minor_version_upgrade": False,
            "monitoring_interval_seconds": 0,
            "log_exports": (),
            **changes,
        }
    )
    made: Json = module_json(lambda stack: _postgresql(stack, inputs, placement))
    return unit(
        "postgresql",
        resource=made["resource"],
        output=made["output"],
        **({"ephemeral": made["ephemeral"]} if "ephemeral" in made else {}),
        provider={"aws": [{"region": "us-east-1", "allowed_account_ids": [ACCOUNT]}]},
        terraform={"required_providers": {"aws": {"source": "hashicorp/aws", "version": AWS_VERSION}}},
    )


def test_a_minor_version_waits_and_a_major_one_takes_its_parameters_along(aws: LocalAws, tmp_path: Path) -> None:
    network = test_dns.network(aws, ACCOUNT)
    ec2, rds = aws.client("ec2", ACCOUNT), aws.client("rds", ACCOUNT)
    group = ec2.create_security_group(GroupName="tasks", Description="Tasks", VpcId=network.vpc_id)["GroupId"]
    placement = Placement(
        vpc_id=str(network.vpc_id),
        subnet_ids=list(network.database_subnet_ids),
        application_security_group_id=group,
    )
    # As it is when its replica has just been deleted: the password is still in the secret of before.
    first = database(placement, engine_version="16.10", read_replica=True)
    del first["resource"]["aws_db_instance"]["postgresql_replica"]
    tree = Tree(tmp_path, postgresql=first)
    deployment = LocalDeployment(tree.path, tmp_path, aws)
    (postgresql,) = deployment.units
    deployment.initialize(postgresql)
    deployment.apply(postgresql)
    for change, actual, pending in (
        ({"engine_version": "16.11"}, "16.10", "16.11"),
        ({"engine_version": "16.11", "backup_days": 7}, "16.10", "16.11"),
        ({"engine_version": "17", "allow_major_version_upgrade": True, "apply_immediately": True}, "17", None),
    ):
        tree.write("postgresql", database(placement, **change))
        deployment.apply(postgresql)
        assert deployment.plan(postgresql) == {}
        (found,) = rds.describe_db_instances()["DBInstances"]
        assert found["EngineVersion"] == actual
        assert found.get("PendingModifiedValues", {}).get("EngineVersion") == pending
        assert deployment.outputs(postgresql) == {"master_secret_arn": found["MasterUserSecret"]["SecretArn"]}
    (parameters,) = rds.describe_db_parameter_groups()["DBParameterGroups"]
    assert parameters["DBParameterGroupFamily"] == "postgres17"
