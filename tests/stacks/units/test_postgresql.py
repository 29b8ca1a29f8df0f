"""The postgresql unit: it stands in the network's database subnets and publishes no credential."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from modules.postgresql.outputs import PostgreSQLOutputs
from stacks.units.network import NetworkUnit
from stacks.units.postgresql import PostgreSQLUnit
from tests.support import Json, environment, only, unit_json


def _document(*, read_replica: bool) -> Json:
    there = environment()
    there = replace(there, postgresql=replace(there.postgresql, read_replica=read_replica))
    return unit_json(lambda app: PostgreSQLUnit(app, there, network=NetworkUnit(app, there)))


@pytest.fixture(scope="module")
def alone() -> Json:
    return _document(read_replica=False)


@pytest.fixture(scope="module")
def replicated() -> Json:
    return _document(read_replica=True)


def test_every_output_is_published_under_its_own_name(alone: Json) -> None:
    assert set(alone["output"]) == {field.name for field in fields(PostgreSQLOutputs)}


def test_it_stands_where_the_network_says(alone: Json) -> None:
    network = "data.terraform_remote_state.network.outputs"
    assert only(alone["resource"]["aws_db_subnet_group"])["subnet_ids"] == f"${{{network}.database_subnet_ids}}"
    rule = only(alone["resource"]["aws_vpc_security_group_ingress_rule"])
    assert rule["referenced_security_group_id"] == f"${{{network}.application_security_group_id}}"
    assert only(alone["resource"]["aws_security_group"])["vpc_id"] == f"${{{network}.vpc_id}}"


def test_the_secret_that_rds_keeps_is_published_by_its_arn(alone: Json) -> None:
    secret = alone["output"]["master_secret_arn"]["value"]
    secrets = "aws_db_instance.postgresql.master_user_secret"
    # Where RDS is only to keep it from now on, the plan has none, which Terraform must look for again after the change.
    later = f'timestamp() == "" ? "" : one({secrets}[*].secret_arn)'
    assert secret == f"${{try({secrets}[0].secret_arn, {later})}}"
    assert alone["output"]["replica_address"]["value"] == ""


def test_the_secret_that_rds_cannot_keep_is_published_by_its_arn_too(replicated: Json) -> None:
    assert replicated["output"]["master_secret_arn"]["value"] == "${aws_secretsmanager_secret.postgresql_master.arn}"
    assert replicated["output"]["replica_address"]["value"] == "${aws_db_instance.postgresql_replica.address}"


@pytest.mark.parametrize("name", ["alone", "replicated"])
def test_no_output_can_carry_a_password(name: str, request: pytest.FixtureRequest) -> None:
    document = request.getfixturevalue(name)
    for output, published in document["output"].items():
        assert "ephemeral" not in str(published["value"]), output
        assert "random_password" not in str(published["value"]), output


def test_the_main_instance_has_an_address_that_a_person_can_read(replicated: Json) -> None:
    assert set(replicated["resource"]["aws_db_instance"]) == {"postgresql", "postgresql_replica"}
