"""How each type of resource is found, and what its id for an import is made of.

The last section of its page in the registry says the latter: https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cli.deploy.adopt.search import Finder, Json, Search, asked


def _named(service: str, method: str, *, argument: str, parameter: str, listed: str) -> Finder:
    """What is described by its name: an argument of Terraform's, a parameter of AWS's, and `listed` in its answer."""

    def find(search: Search, _address: str, values: Json) -> Iterator[str]:
        if name := search.value(values, argument):
            answer = asked(getattr(search.client(service), method), **{parameter: name})
            yield from (each[parameter] for each in answer.get(listed, ()))

    return find


def _log_group(search: Search, _address: str, values: Json) -> Iterator[str]:
    if name := search.value(values, "name"):
        answer = search.client("logs").describe_log_groups(logGroupNamePrefix=name)
        yield from (each["logGroupName"] for each in answer["logGroups"] if each["logGroupName"] == name)


def _bucket(search: Search, _address: str, values: Json) -> Iterator[str]:
    if name := search.value(values, "bucket"):
        names = [each["Name"] for each in search.client("s3").list_buckets()["Buckets"]]
        yield from (name for _ in range(name in names))


def _of_bucket(method: str, key: str) -> Finder:
    """A setting of a bucket, whose id is the bucket's name."""

    def find(search: Search, _address: str, values: Json) -> Iterator[str]:
        if name := search.value(values, "bucket"):
            answer = asked(getattr(search.client("s3"), method), Bucket=name)
            yield from (name for _ in range(bool(answer.get(key))))

    return find


def _ecr(search: Search, values: Json) -> Any:
    """In the region of the repository, whose provider is an alias where that is another one."""
    return search.client("ecr", str(values.get("provider", "")).partition(".")[2] or None)


def _repository(search: Search, _address: str, values: Json) -> Iterator[str]:
    if name := search.value(values, "name"):
        answer = asked(_ecr(search, values).describe_repositories, repositoryNames=[name])
        yield from (each["repositoryName"] for each in answer.get("repositories", ()))


def _lifecycle_policy(search: Search, _address: str, values: Json) -> Iterator[str]:
    if name := search.value(values, "repository"):
        yield asked(_ecr(search, values).get_lifecycle_policy, repositoryName=name).get("repositoryName", "")


def _role(search: Search, _address: str, values: Json) -> Iterator[str]:
    if name := search.value(values, "name"):
        yield asked(search.client("iam").get_role, RoleName=name).get("Role", {}).get("RoleName", "")


def _openid(search: Search, _address: str, values: Json) -> Iterator[str]:
    issuer = search.value(values, "url").removeprefix("https://")
    for each in search.client("iam").list_open_id_connect_providers()["OpenIDConnectProviderList"]:
        if issuer and each["Arn"].endswith(f":oidc-provider/{issuer}"):
            yield each["Arn"]


def _cluster(search: Search, _address: str, values: Json) -> Iterator[str]:
    if name := search.value(values, "name"):
        clusters = search.client("ecs").describe_clusters(clusters=[name])["clusters"]
        yield from (each["clusterName"] for each in clusters if each["status"] == "ACTIVE")


def _service(search: Search, _address: str, values: Json) -> Iterator[str]:
    cluster, name = search.value(values, "cluster"), search.value(values, "name")
    if cluster and name:
        services = asked(search.client("ecs").describe_services, cluster=cluster, services=[name]).get("services", ())
        yield from (f"{cluster}/{each['serviceName']}" for each in services if each["status"] == "ACTIVE")


def _load_balancer(search: Search, _address: str, values: Json) -> Iterator[str]:
    if name := search.value(values, "name"):
        found = asked(search.client("elbv2").describe_load_balancers, Names=[name]).get("LoadBalancers", ())
        yield from (each["LoadBalancerArn"] for each in found)


def _listener(search: Search, _address: str, values: Json) -> Iterator[str]:
    if arn := search.value(values, "load_balancer_arn"):
        listeners = search.client("elbv2").describe_listeners(LoadBalancerArn=arn)["Listeners"]
        yield from (each["ListenerArn"] for each in listeners if each.get("Port") == values.get("port"))


def _topic(search: Search, _address: str, values: Json) -> Iterator[str]:
    name = search.value(values, "name")
    for page in search.client("sns").get_paginator("list_topics").paginate() if name else ():
        yield from (each["TopicArn"] for each in page["Topics"] if each["TopicArn"].rpartition(":")[2] == name)


def _secret(search: Search, _address: str, values: Json) -> Iterator[str]:
    if name := search.value(values, "name"):
        yield asked(search.client("secretsmanager").describe_secret, SecretId=name).get("ARN", "")


def _record(search: Search, _address: str, values: Json) -> Iterator[str]:
    zone, name, kind = (search.value(values, key) for key in ("zone_id", "name", "type"))
    if not (zone and name and kind):
        return
    answer = asked(
        search.client("route53").list_resource_record_sets,
        HostedZoneId=zone,
        StartRecordName=name,
        StartRecordType=kind,
        MaxItems="1",
    )
    for each in answer.get("ResourceRecordSets", ()):
        # A wildcard is written as \052 there.
        same = each["Name"].replace("\\052", "*").rstrip(".") == name.rstrip(".") and each["Type"] == kind
        if same and "SetIdentifier" not in each:
            yield f"{zone}_{name}_{kind}"


# What is in a VPC has no name of its own, and is found by where it is.


def _ec2(search: Search, method: str, listed: str, **filters: str) -> list[Json]:
    given = [{"Name": name.replace("_", "-"), "Values": [value]} for name, value in filters.items()]
    found: list[Json] = getattr(search.client("ec2"), method)(Filters=given)[listed]
    return found


def _vpc(search: Search, _address: str, values: Json) -> Iterator[str]:
    if block := search.value(values, "cidr_block"):
        yield from (each["VpcId"] for each in _ec2(search, "describe_vpcs", "Vpcs", cidr=block))


def _subnet(search: Search, _address: str, values: Json) -> Iterator[str]:
    vpc, block = search.value(values, "vpc_id"), search.value(values, "cidr_block")
    if vpc and block:
        for each in _ec2(search, "describe_subnets", "Subnets", vpc_id=vpc, cidr_block=block):
            yield each["SubnetId"]


def _default_security_group(search: Search, _address: str, values: Json) -> Iterator[str]:
    if vpc := search.value(values, "vpc_id"):
        groups = _ec2(search, "describe_security_groups", "SecurityGroups", vpc_id=vpc, group_name="default")
        yield from (each["GroupId"] for each in groups)


def _internet_gateway(search: Search, _address: str, values: Json) -> Iterator[str]:
    if vpc := search.value(values, "vpc_id"):
        gateways = search.client("ec2").describe_internet_gateways(
            Filters=[{"Name": "attachment.vpc-id", "Values": [vpc]}]
        )["InternetGateways"]
        yield from (each["InternetGatewayId"] for each in gateways)


def _table_of(search: Search, subnet: str) -> str:
    """The route table that a subnet is associated with."""
    tables = search.client("ec2").describe_route_tables(
        Filters=[{"Name": "association.subnet-id", "Values": [subnet]}]
    )["RouteTables"]
    return tables[0]["RouteTableId"] if tables else ""


def _associated(search: Search, address: str) -> list[str]:
    """The route tables that the subnets of a route table of ours have now."""
    associations = search.referring("aws_route_table_association", "route_table_id", address)
    subnets = [search.value(search.resources[each], "subnet_id") for each in associations]
    return [table for subnet in filter(None, subnets) if (table := _table_of(search, subnet))]


def _route_table(search: Search, address: str, _values: Json) -> Iterable[str]:
    found = {*_associated(search, address)}
    others = [each for each in search.resources if each.startswith("aws_route_table.") and each != address]
    # One that serves subnets of several of ours is of none of them: its subnets get new ones.
    return found if not any(found & {*_associated(search, each)} for each in others) else ()


def _association(search: Search, _address: str, values: Json) -> Iterator[str]:
    subnet = search.value(values, "subnet_id")
    if subnet and (table := _table_of(search, subnet)):
        yield f"{subnet}/{table}"


def _route(search: Search, _address: str, values: Json) -> Iterator[str]:
    table = search.value(values, "route_table_id")
    block = search.value(values, "destination_cidr_block") or search.value(values, "destination_ipv6_cidr_block")
    if table and block:
        (found,) = search.client("ec2").describe_route_tables(RouteTableIds=[table])["RouteTables"]
        blocks = (route.get(f"Destination{kind}CidrBlock") for route in found["Routes"] for kind in ("", "Ipv6"))
        yield from (f"{table}_{block}" for each in blocks if each == block)


def _nat_gateway(search: Search, _address: str, values: Json) -> Iterator[str]:
    if subnet := search.value(values, "subnet_id"):
        gateways = search.client("ec2").describe_nat_gateways(
            Filter=[{"Name": "subnet-id", "Values": [subnet]}, {"Name": "state", "Values": ["available", "pending"]}]
        )["NatGateways"]
        yield from (each["NatGatewayId"] for each in gateways)


def _address(search: Search, address: str, _values: Json) -> Iterator[str]:
    """Of a NAT gateway."""
    for each in search.referring("aws_nat_gateway", "allocation_id", address):
        if gateway := search.id_of(each):
            found = search.client("ec2").describe_nat_gateways(NatGatewayIds=[gateway])["NatGateways"]
            yield from (each["AllocationId"] for gateway in found for each in gateway["NatGatewayAddresses"])


def _endpoint(search: Search, _address: str, values: Json) -> Iterator[str]:
    vpc, service = search.value(values, "vpc_id"), search.value(values, "service_name")
    if vpc and service:
        found = _ec2(search, "describe_vpc_endpoints", "VpcEndpoints", vpc_id=vpc, service_name=service)
        yield from (each["VpcEndpointId"] for each in found)


FINDERS: Mapping[str, Finder] = {
    "aws_cloudwatch_log_group": _log_group,
    "aws_db_instance": _named(
        "rds",
        "describe_db_instances",
        argument="identifier",
        parameter="DBInstanceIdentifier",
        listed="DBInstances",
    ),
    "aws_db_subnet_group": _named(
        "rds",
        "describe_db_subnet_groups",
        argument="name",
        parameter="DBSubnetGroupName",
        listed="DBSubnetGroups",
    ),
    "aws_default_security_group": _default_security_group,
    "aws_ecr_lifecycle_policy": _lifecycle_policy,
    "aws_ecr_repository": _repository,
    "aws_ecs_cluster": _cluster,
    "aws_ecs_service": _service,
    "aws_eip": _address,
    "aws_elasticache_parameter_group": _named(
        "elasticache",
        "describe_cache_parameter_groups",
        argument="name",
        parameter="CacheParameterGroupName",
        listed="CacheParameterGroups",
    ),
    "aws_elasticache_replication_group": _named(
        "elasticache",
        "describe_replication_groups",
        argument="replication_group_id",
        parameter="ReplicationGroupId",
        listed="ReplicationGroups",
    ),
    "aws_elasticache_subnet_group": _named(
        "elasticache",
        "describe_cache_subnet_groups",
        argument="name",
        parameter="CacheSubnetGroupName",
        listed="CacheSubnetGroups",
    ),
    "aws_iam_openid_connect_provider": _openid,
    "aws_iam_role": _role,
    "aws_internet_gateway": _internet_gateway,
    "aws_lb": _load_balancer,
    "aws_lb_listener": _listener,
    "aws_nat_gateway": _nat_gateway,
    "aws_route": _route,
    "aws_route53_record": _record,
    "aws_route_table": _route_table,
    "aws_route_table_association": _association,
    "aws_s3_bucket": _bucket,
    "aws_s3_bucket_lifecycle_configuration": _of_bucket("get_bucket_lifecycle_configuration", "Rules"),
    "aws_s3_bucket_ownership_controls": _of_bucket("get_bucket_ownership_controls", "OwnershipControls"),
    "aws_s3_bucket_policy": _of_bucket("get_bucket_policy", "Policy"),
    "aws_s3_bucket_public_access_block": _of_bucket("get_public_access_block", "PublicAccessBlockConfiguration"),
    "aws_s3_bucket_server_side_encryption_configuration": _of_bucket(
        "get_bucket_encryption", "ServerSideEncryptionConfiguration"
    ),
    "aws_s3_bucket_versioning": _of_bucket("get_bucket_versioning", "Status"),
    "aws_secretsmanager_secret": _secret,
    "aws_sns_topic": _topic,
    "aws_subnet": _subnet,
    "aws_vpc": _vpc,
    "aws_vpc_endpoint": _endpoint,
}
"""By type. A type that is not here holds nothing, or is put by its name whether it is there or not."""
