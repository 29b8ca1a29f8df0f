"""A network in a VPC that exists: subnets are found at AWS, and a plan fails where they cannot be meant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cdktf import App

from cli.local_aws.deployment import LocalDeployment
from cli.local_aws.server import LocalAws
from cli.terraform.runner import TerraformFailed
from modules.network.inputs import ExistingNetworkInputs
from stacks.units.network import NetworkUnit
from tests.support import environment

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("shared_providers")]

ACCOUNT = "123456789012"  # of the environment
TAGS = {"public_subnet_tags": {"Tier": "public"}, "private_subnet_tags": {"Tier": "private"}}


class Vpc:
    """A VPC of two tiers, with a subnet of each in two zones."""

    def __init__(self, aws: LocalAws) -> None:
        self.ec2: Any = aws.client("ec2", ACCOUNT)
        self.id = self.ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
        self.public = [self.subnet(0, "a", "public"), self.subnet(1, "b", "public")]
        self.private = [self.subnet(2, "a", "private"), self.subnet(3, "b", "private")]

    def subnet(self, number: int, zone: str, tier: str) -> str:
        tags = [{"ResourceType": "subnet", "Tags": [{"Key": "Tier", "Value": tier}]}]
        made = self.ec2.create_subnet(
            VpcId=self.id,
            CidrBlock=f"10.9.{number}.0/24",
            AvailabilityZone=f"us-east-1{zone}",
            TagSpecifications=tags,
        )
        return str(made["Subnet"]["SubnetId"])


def outputs(aws: LocalAws, directory: Path, vpc: Vpc, **given: Any) -> Any:
    """Of the unit, once it is applied. Raises TerraformFailed."""
    directory.mkdir()
    app = App(outdir=str(directory / "cdktf.out"))
    there = environment(network=ExistingNetworkInputs(vpc_id=vpc.id, vpc_cidr="10.9.0.0/16", **given))
    NetworkUnit(app, there)
    app.synth()
    deployment = LocalDeployment(directory / "cdktf.out", directory, aws)
    (network,) = deployment.units
    deployment.initialize(network)
    deployment.apply(network)
    assert deployment.plan(network) == {}
    return deployment.outputs(network)


def test_subnets_are_those_of_their_tags_in_the_order_of_the_zones(aws: LocalAws, tmp_path: Path) -> None:
    vpc = Vpc(aws)
    found = outputs(aws, tmp_path / "tags", vpc, zones=("us-east-1a", "us-east-1b"), **TAGS)
    assert (found["public_subnet_ids"], found["private_subnet_ids"]) == (vpc.public, vpc.private)
    assert found["database_subnet_ids"] == vpc.private
    vpc.subnet(4, "b", "private")
    with pytest.raises(TerraformFailed) as error:
        outputs(aws, tmp_path / "two", vpc, zones=("us-east-1a", "us-east-1b"), **TAGS)
    line = f"network.private_subnet_tags: 2 subnets in us-east-1b of {vpc.id} have these tags: choose tags that one "
    assert line in " ".join(str(error.value).split())


def test_two_subnets_of_one_zone_and_those_of_another_vpc_are_noticed(aws: LocalAws, tmp_path: Path) -> None:
    vpc, another = Vpc(aws), Vpc(aws)
    second = vpc.subnet(4, "a", "public")
    right = {"public_subnet_ids": tuple(vpc.public), "private_subnet_ids": tuple(vpc.private)}
    assert outputs(aws, tmp_path / "right", vpc, **right)["public_subnet_ids"] == vpc.public
    third = vpc.subnet(5, "a", "private")
    outputs(aws, tmp_path / "more", vpc, **{**right, "private_subnet_ids": (*vpc.private, third)})
    for name, wrong, line in (
        (
            "balanced",
            {"public_subnet_ids": (vpc.public[0], second)},
            f"network.public_subnet_ids: {second} is in the zone of an earlier one, and a load balancer has one subnet",
        ),
        (
            "alone",
            {"private_subnet_ids": (vpc.private[0], third)},
            "network.private_subnet_ids: all of them are in one zone: name subnets of two",
        ),
        (
            "elsewhere",
            {"private_subnet_ids": tuple(another.private)},
            f"network.private_subnet_ids: {another.private[0]} is not in {vpc.id}: name subnets of this VPC",
        ),
    ):
        with pytest.raises(TerraformFailed) as error:
            outputs(aws, tmp_path / name, vpc, **{**right, **wrong})
        assert line in " ".join(str(error.value).split()), name
