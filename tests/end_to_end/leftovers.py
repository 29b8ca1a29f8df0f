"""What is in an account, as an account's owner would list it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

Client = Callable[[str], Any]

# What AWS has in every account, and no deployment made.
_OF_AWS = ("default", "AWSServiceRole")


def everything(client: Client) -> set[str]:
    """What exists in the account, as `<kind> <name>`, without what is there from the beginning."""
    return {
        f"{kind} {name}"
        for lister in (_network, _compute, _data, _identity, _service)
        for kind, name in lister(client)
        if not str(name).startswith(_OF_AWS)
    }


def protected(client: Client) -> set[tuple[str, str]]:
    """The databases and load balancers that may not be deleted: name, and what another of that name would not have."""
    rds, balancers = client("rds"), client("elbv2")
    found = {
        (each["DBInstanceIdentifier"], each["DbiResourceId"])
        for each in rds.describe_db_instances()["DBInstances"]
        if each["DeletionProtection"]
    }
    for each in balancers.describe_load_balancers()["LoadBalancers"]:
        attributes = balancers.describe_load_balancer_attributes(LoadBalancerArn=each["LoadBalancerArn"])["Attributes"]
        if {"Key": "deletion_protection.enabled", "Value": "true"} in attributes:
            found.add((each["LoadBalancerName"], str(each["CreatedTime"])))
    return found


def _network(client: Client) -> Iterator[tuple[str, str]]:
    ec2 = client("ec2")
    vpcs = [vpc["VpcId"] for vpc in ec2.describe_vpcs()["Vpcs"] if not vpc["IsDefault"]]
    yield from (("vpc", vpc) for vpc in vpcs)
    mine = [{"Name": "vpc-id", "Values": vpcs or ["vpc-none"]}]
    for kind, key, answer in (
        ("subnet", "SubnetId", ec2.describe_subnets(Filters=mine)["Subnets"]),
        ("security-group", "GroupId", ec2.describe_security_groups(Filters=mine)["SecurityGroups"]),
        ("route-table", "RouteTableId", ec2.describe_route_tables(Filters=mine)["RouteTables"]),
        ("network-interface", "Description", ec2.describe_network_interfaces()["NetworkInterfaces"]),
        ("address", "AllocationId", ec2.describe_addresses()["Addresses"]),
        ("internet-gateway", "InternetGatewayId", ec2.describe_internet_gateways()["InternetGateways"]),
        ("flow-log", "FlowLogId", ec2.describe_flow_logs()["FlowLogs"]),
    ):
        yield from ((kind, found[key]) for found in answer)
    for endpoint in ec2.describe_vpc_endpoints()["VpcEndpoints"]:
        if endpoint["State"] != "deleted":
            yield "endpoint", endpoint["VpcEndpointId"]
    for gateway in ec2.describe_nat_gateways()["NatGateways"]:
        if gateway["State"] != "deleted":
            yield "nat-gateway", gateway["NatGatewayId"]
    for prefixes in ec2.describe_managed_prefix_lists()["PrefixLists"]:
        if prefixes["OwnerId"] != "AWS":
            yield "prefix-list", prefixes["PrefixListName"]


def _compute(client: Client) -> Iterator[tuple[str, str]]:
    ec2, balancers, ecs = client("ec2"), client("elbv2"), client("ecs")
    for reservation in ec2.describe_instances()["Reservations"]:
        for instance in reservation["Instances"]:
            yield f"{instance['State']['Name']} instance", instance["InstanceType"]
    yield from (("volume", volume["VolumeId"]) for volume in ec2.describe_volumes()["Volumes"])
    yield from (
        ("launch-template", t["LaunchTemplateName"]) for t in ec2.describe_launch_templates()["LaunchTemplates"]
    )
    distributions = client("cloudfront").list_distributions()["DistributionList"].get("Items", ())
    yield from (("distribution", each["DomainName"]) for each in distributions)
    yield from (("web-acl", each["Name"]) for each in client("wafv2").list_web_acls(Scope="REGIONAL")["WebACLs"])
    yield from (
        ("load-balancer", each["LoadBalancerName"]) for each in balancers.describe_load_balancers()["LoadBalancers"]
    )
    yield from (
        ("target-group", each["TargetGroupName"]) for each in balancers.describe_target_groups()["TargetGroups"]
    )
    for cluster in ecs.describe_clusters(clusters=ecs.list_clusters()["clusterArns"])["clusters"]:
        yield f"{cluster['status']} cluster", cluster["clusterName"]
        if cluster["status"] == "ACTIVE":
            yield from (("service", arn) for arn in ecs.list_services(cluster=cluster["clusterName"])["serviceArns"])
    yield from (("task-definition", _family(arn)) for arn in ecs.list_task_definitions()["taskDefinitionArns"])
    scaling = client("application-autoscaling")
    targets = scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
    yield from (("scalable-target", target["ResourceId"]) for target in targets)


def _data(client: Client) -> Iterator[tuple[str, str]]:
    rds, cache, s3 = client("rds"), client("elasticache"), client("s3")
    for kind, key, answer in (
        ("db-instance", "DBInstanceIdentifier", rds.describe_db_instances()["DBInstances"]),
        ("db-snapshot", "DBSnapshotIdentifier", rds.describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]),
        ("db-subnet-group", "DBSubnetGroupName", rds.describe_db_subnet_groups()["DBSubnetGroups"]),
        ("db-parameter-group", "DBParameterGroupName", rds.describe_db_parameter_groups()["DBParameterGroups"]),
        ("replication-group", "ReplicationGroupId", cache.describe_replication_groups()["ReplicationGroups"]),
        ("cache-cluster", "CacheClusterId", cache.describe_cache_clusters()["CacheClusters"]),
        ("cache-subnet-group", "CacheSubnetGroupName", cache.describe_cache_subnet_groups()["CacheSubnetGroups"]),
        (
            "cache-parameters",
            "CacheParameterGroupName",
            cache.describe_cache_parameter_groups()["CacheParameterGroups"],
        ),
        ("cache-snapshot", "SnapshotName", cache.describe_snapshots()["Snapshots"]),
        ("cache-user", "UserId", cache.describe_users()["Users"]),
        ("cache-user-group", "UserGroupId", cache.describe_user_groups()["UserGroups"]),
        ("bucket", "Name", s3.list_buckets()["Buckets"]),
    ):
        yield from ((kind, found[key]) for found in answer)


def _identity(client: Client) -> Iterator[tuple[str, str]]:
    iam, secrets = client("iam"), client("secretsmanager")
    yield from (("role", role["RoleName"]) for role in iam.list_roles()["Roles"])
    yield from (
        ("instance-profile", each["InstanceProfileName"]) for each in iam.list_instance_profiles()["InstanceProfiles"]
    )
    yield from (("policy", policy["PolicyName"]) for policy in iam.list_policies(Scope="Local")["Policies"])
    for secret in secrets.list_secrets(IncludePlannedDeletion=True)["SecretList"]:
        state = "deleted secret" if "DeletedDate" in secret else "secret"
        yield state, secret["Name"].rsplit("-", 1)[0]
    yield from (
        ("certificate", each["DomainName"]) for each in client("acm").list_certificates()["CertificateSummaryList"]
    )


def _service(client: Client) -> Iterator[tuple[str, str]]:
    yield from (("log-group", group["logGroupName"]) for group in client("logs").describe_log_groups()["logGroups"])
    yield from (("alarm", alarm["AlarmName"]) for alarm in client("cloudwatch").describe_alarms()["MetricAlarms"])


def _family(arn: str) -> str:
    return arn.rsplit("/", 1)[1].rsplit(":", 1)[0]
