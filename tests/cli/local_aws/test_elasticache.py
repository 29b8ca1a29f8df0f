"""Replication groups of ElastiCache keep its rules of engines and parameter groups.

https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/VersionManagement.HowTo.html
"""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from cli.local_aws.server import LocalAws
from tests.cli.local_aws.conftest import ACCOUNT

pytestmark = pytest.mark.thorough


@pytest.fixture
def elasticache(aws: LocalAws) -> Any:
    """With a group of Redis, and parameter groups of each family."""
    client = aws.client("elasticache", ACCOUNT)
    for family in ("redis7", "valkey7", "valkey8"):
        client.create_cache_parameter_group(
            CacheParameterGroupName=family, CacheParameterGroupFamily=family, Description=family
        )
    client.create_replication_group(
        ReplicationGroupId="redis",
        ReplicationGroupDescription="Redis",
        Engine="redis",
        EngineVersion="7.1",
        CacheParameterGroupName="redis7",
        AutoMinorVersionUpgrade=True,
        NumCacheClusters=2,
    )
    return client


def refuses(code: str) -> Any:
    return pytest.raises(ClientError, match=rf"\({code}\)")


def nodes(client: Any) -> list[tuple[str, str, str]]:
    return [
        (each["Engine"], each["EngineVersion"], each["CacheParameterGroup"]["CacheParameterGroupName"])
        for each in client.describe_cache_clusters()["CacheClusters"]
    ]


def test_redis_becomes_valkey_on_each_node_with_the_parameters_of_its_family(elasticache: Any) -> None:
    elasticache.modify_replication_group(
        ReplicationGroupId="redis", Engine="valkey", EngineVersion="8.2", CacheParameterGroupName="valkey8"
    )
    assert nodes(elasticache) == [("valkey", "8.2", "valkey8")] * 2
    elasticache.modify_replication_group(ReplicationGroupId="redis", ReplicationGroupDescription="Cache")
    assert nodes(elasticache) == [("valkey", "8.2", "valkey8")] * 2


@pytest.mark.parametrize("given", [{}, {"CacheParameterGroupName": "valkey7"}])
def test_an_engine_comes_with_parameters_of_its_own_family_or_not_at_all(
    elasticache: Any, given: dict[str, str]
) -> None:
    with refuses("InvalidParameterCombination"):
        elasticache.modify_replication_group(ReplicationGroupId="redis", Engine="valkey", EngineVersion="8.2", **given)
    assert nodes(elasticache) == [("redis", "7.1", "redis7")] * 2


def test_a_parameter_group_stays_while_a_node_uses_it(elasticache: Any) -> None:
    with refuses("InvalidCacheParameterGroupState"):
        elasticache.delete_cache_parameter_group(CacheParameterGroupName="redis7")
    elasticache.delete_cache_parameter_group(CacheParameterGroupName="valkey8")
    elasticache.delete_replication_group(ReplicationGroupId="redis")
    elasticache.delete_cache_parameter_group(CacheParameterGroupName="redis7")


def test_a_subnet_group_is_changed_and_keeps_what_is_not_said(aws: LocalAws, elasticache: Any) -> None:
    ec2 = aws.client("ec2", ACCOUNT)
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    one, other = (
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24")["Subnet"]["SubnetId"] for number in (0, 1)
    )
    name = {"CacheSubnetGroupName": "subnets"}
    elasticache.create_cache_subnet_group(**name, CacheSubnetGroupDescription="Old", SubnetIds=[one])
    elasticache.modify_cache_subnet_group(**name, CacheSubnetGroupDescription="New")
    elasticache.modify_cache_subnet_group(**name, SubnetIds=[one, other])
    (group,) = elasticache.describe_cache_subnet_groups(**name)["CacheSubnetGroups"]
    assert group["CacheSubnetGroupDescription"] == "New"
    assert {each["SubnetIdentifier"] for each in group["Subnets"]} == {one, other}


def test_what_a_group_was_made_with_can_be_changed(elasticache: Any) -> None:
    """As an import does, of a group that somebody else made."""
    logs = {
        "LogType": "slow-log",
        "DestinationType": "cloudwatch-logs",
        "DestinationDetails": {"CloudWatchLogsDetails": {"LogGroup": "slow"}},
        "LogFormat": "json",
        "Enabled": True,
    }
    elasticache.modify_replication_group(
        ReplicationGroupId="redis",
        AutoMinorVersionUpgrade=False,
        PreferredMaintenanceWindow="sun:05:00-sun:06:00",
        SnapshotWindow="03:00-04:00",
        SecurityGroupIds=["sg-0123456789abcdef0"],
        TransitEncryptionMode="required",
        LogDeliveryConfigurations=[logs],
    )
    (group,) = elasticache.describe_replication_groups(ReplicationGroupId="redis")["ReplicationGroups"]
    assert (group["AutoMinorVersionUpgrade"], group["SnapshotWindow"]) == (False, "03:00-04:00")
    assert group["TransitEncryptionMode"] == "required"
    assert [each["DestinationDetails"] for each in group["LogDeliveryConfigurations"]] == [logs["DestinationDetails"]]
    for name in group["MemberClusters"]:
        (node,) = elasticache.describe_cache_clusters(CacheClusterId=name)["CacheClusters"]
        assert node["PreferredMaintenanceWindow"] == "sun:05:00-sun:06:00"
        assert [each["SecurityGroupId"] for each in node["SecurityGroups"]] == ["sg-0123456789abcdef0"]
