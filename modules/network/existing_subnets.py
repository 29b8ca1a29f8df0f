"""Subnets that exist, and whether they are where they must be."""

from __future__ import annotations

from collections.abc import Mapping

from cdktf import Fn, Postcondition, TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.data_aws_subnet import DataAwsSubnet
from cdktf_cdktf_provider_aws.data_aws_subnets import DataAwsSubnets, DataAwsSubnetsFilter
from constructs import Construct

from modules.network.inputs import ExistingNetworkInputs


class ExistingSubnets(Construct):
    """The subnets of one tier. AWS is asked at each plan, which fails where they cannot be meant.

    With `is_balanced` no two may be in one zone: a load balancer has one subnet in each. Others are in two zones or
    more, as RDS and ElastiCache ask for.
    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html
    """

    ids: list[str]

    def __init__(
        self, scope: Construct, id: str, *, inputs: ExistingNetworkInputs, tier: str, is_balanced: bool
    ) -> None:
        super().__init__(scope, id)
        self._vpc_id, self._tier = str(inputs.vpc_id), tier
        tags = inputs.tags(tier)
        if tags is None:
            self.ids = self._given([str(subnet) for subnet in inputs.ids(tier)], is_balanced)
        else:
            self.ids = [self._found(str(zone), tags) for zone in inputs.zones]

    def _given(self, ids: list[str], is_balanced: bool) -> list[str]:
        where, earlier = f"network.{self._tier}_subnet_ids", list[DataAwsSubnet]()
        for number, subnet in enumerate(ids, 1):
            in_vpc = Postcondition(
                condition=f'${{self.vpc_id == "{self._vpc_id}"}}',
                error_message=f"{where}: {subnet} is not in {self._vpc_id}: name subnets of this VPC",
            )
            zones = ", ".join(other.availability_zone for other in earlier)
            conditions = [in_vpc]
            if earlier and is_balanced:
                what = "is in the zone of an earlier one, and a load balancer has one subnet in each"
                conditions.append(
                    Postcondition(
                        condition=f"${{!contains([{zones}], self.availability_zone)}}",
                        error_message=f"{where}: {subnet} {what}: name one subnet of each zone",
                    )
                )
            elif number == len(ids):
                conditions.append(
                    Postcondition(
                        condition=f"${{length(distinct([{zones}, self.availability_zone])) > 1}}",
                        error_message=f"{where}: all of them are in one zone: name subnets of two",
                    )
                )
            lifecycle = TerraformResourceLifecycle(postcondition=conditions)
            earlier.append(DataAwsSubnet(self, str(number), id=subnet, lifecycle=lifecycle))
        return ids

    def _found(self, zone: str, tags: Mapping[str, str]) -> str:
        what = f"${{length(self.ids)}} subnets in {zone} of {self._vpc_id} have these tags"
        one = Postcondition(
            condition="${length(self.ids) == 1}",
            error_message=f"network.{self._tier}_subnet_tags: {what}: choose tags that one subnet in each zone has",
        )
        found = DataAwsSubnets(
            self,
            zone[-1],
            filter=[
                DataAwsSubnetsFilter(name="vpc-id", values=[self._vpc_id]),
                DataAwsSubnetsFilter(name="availability-zone", values=[zone]),
            ],
            tags={str(key): str(value) for key, value in tags.items()},
            lifecycle=TerraformResourceLifecycle(postcondition=[one]),
        )
        return str(Fn.element(found.ids, 0))
