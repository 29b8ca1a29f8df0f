"""The network unit: either network, published in full."""

from __future__ import annotations

from dataclasses import fields, replace

from modules.network.inputs import ExistingNetworkInputs
from modules.network.outputs import NetworkOutputs
from stacks.units.network import NetworkUnit
from tests.support import environment, unit_json

SUBNETS = [f"subnet-{number:017}" for number in range(6)]


def test_every_output_is_published_under_its_own_name() -> None:
    document = unit_json(lambda app: NetworkUnit(app, environment()))
    assert set(document["output"]) == {field.name for field in fields(NetworkOutputs)}


def test_an_existing_vpc_is_passed_on_by_its_ids() -> None:
    existing = ExistingNetworkInputs(
        vpc_id="vpc-0123456789abcdef0",
        vpc_cidr="10.9.0.0/16",
        public_subnet_ids=tuple(SUBNETS[:2]),
        private_subnet_ids=tuple(SUBNETS[2:4]),
        database_subnet_ids=tuple(SUBNETS[4:]),
    )
    document = unit_json(lambda app: NetworkUnit(app, replace(environment(), network=existing)))
    assert document["output"]["vpc_id"]["value"] == "vpc-0123456789abcdef0"
    assert document["output"]["database_subnet_ids"]["value"] == SUBNETS[4:]
    assert "aws_vpc" not in document["resource"]
