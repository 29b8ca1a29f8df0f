"""The ECS cluster of an environment, on Fargate."""

from __future__ import annotations

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_aws.ecs_cluster import EcsCluster as AwsEcsCluster
from cdktf_cdktf_provider_aws.ecs_cluster import EcsClusterSetting
from cdktf_cdktf_provider_aws.ecs_cluster_capacity_providers import (
    EcsClusterCapacityProviders,
    EcsClusterCapacityProvidersDefaultCapacityProviderStrategy,
)
from constructs import Construct

from modules.ecs_cluster.inputs import EcsClusterInputs
from modules.ecs_cluster.outputs import EcsClusterOutputs
from modules.validation import validate


class EcsCluster(Construct):
    """A cluster with the capacity providers FARGATE, the default, and FARGATE_SPOT; or one that exists."""

    def __init__(
        self, scope: Construct, id: str, *, inputs: EcsClusterInputs, prefix: str, region: str, account_id: str
    ) -> None:
        super().__init__(scope, id)
        validate(inputs)
        self.ready: list[ITerraformDependable] = []
        """What a service must wait for, and must be gone before."""
        if name := inputs.existing_name:
            arn = f"arn:aws:ecs:{region}:{account_id}:cluster/{name}"
            self.outputs = EcsClusterOutputs(name=name, arn=arn)
            return
        cluster = AwsEcsCluster(
            self,
            "Default",
            name=inputs.name or prefix,
            setting=[EcsClusterSetting(name="containerInsights", value=inputs.container_insights)],
        )
        capacity = EcsClusterCapacityProviders(
            self,
            "capacity",
            cluster_name=cluster.name,
            capacity_providers=["FARGATE", "FARGATE_SPOT"],
            default_capacity_provider_strategy=[
                EcsClusterCapacityProvidersDefaultCapacityProviderStrategy(capacity_provider="FARGATE", weight=1)
            ],
        )
        self.ready.append(capacity)
        self.outputs = EcsClusterOutputs(name=cluster.name, arn=cluster.arn)
