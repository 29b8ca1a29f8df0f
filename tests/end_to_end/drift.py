"""Changes behind Terraform's back, as somebody makes them in a hurry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cli.local_aws.deployment import LocalDeployment

Outputs = Mapping[str, Any]
Changes = dict[str, list[str]]


def network(aws: LocalDeployment, outputs: Outputs) -> Changes:
    """The way to the internet is gone."""
    client = aws.client("ec2")
    tables = client.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [outputs["vpc_id"]]}])["RouteTables"]
    (public,) = (table for table in tables if any(r.get("GatewayId", "").startswith("igw-") for r in table["Routes"]))
    client.delete_route(RouteTableId=public["RouteTableId"], DestinationCidrBlock="0.0.0.0/0")
    return {"aws_route.network_public_internet": ["create"]}


def postgresql(aws: LocalDeployment, outputs: Outputs) -> Changes:
    """The application may not reach the database any more."""
    client, group = aws.client("ec2"), outputs["security_group_id"]
    rules = client.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])
    ids = [rule["SecurityGroupRuleId"] for rule in rules["SecurityGroupRules"] if not rule["IsEgress"]]
    client.revoke_security_group_ingress(GroupId=group, SecurityGroupRuleIds=ids)
    return {"aws_vpc_security_group_ingress_rule.postgresql_application": ["create"]}


def redis(aws: LocalDeployment, outputs: Outputs) -> Changes:
    """Logs are kept for longer."""
    client = aws.client("logs")
    (group,) = (each for each in client.describe_log_groups()["logGroups"] if "slow" in each["logGroupName"])
    client.put_retention_policy(logGroupName=group["logGroupName"], retentionInDays=731)
    return {"aws_cloudwatch_log_group.redis_slow_log": ["update"]}


def certificate(aws: LocalDeployment, outputs: Outputs) -> Changes:
    """The certificate has another owner."""
    tags = [{"Key": "Owner", "Value": "somebody"}]
    aws.client("acm").add_tags_to_certificate(CertificateArn=outputs["certificate_arn"], Tags=tags)
    return {"aws_acm_certificate.certificate": ["update"]}


def django_service(aws: LocalDeployment, outputs: Outputs) -> Changes:
    """The web service runs what it should not."""
    client = aws.client("ecs")
    definition = client.describe_task_definition(taskDefinition=outputs["task_definition_arn"])["taskDefinition"]
    kept = ("family", "containerDefinitions", "networkMode", "requiresCompatibilities", "cpu", "memory")
    new = client.register_task_definition(**{name: definition[name] for name in kept})["taskDefinition"]
    client.update_service(
        cluster=outputs["ecs_cluster_name"],
        service=outputs["web_service_name"],
        taskDefinition=new["taskDefinitionArn"],
    )
    return {"aws_ecs_service.web": ["update"]}


DRIFTS: dict[str, Callable[[LocalDeployment, Outputs], Changes]] = {
    "network": network,
    "postgresql": postgresql,
    "redis": redis,
    "certificate": certificate,
    "django-service": django_service,
}
"""By the unit."""

WITHOUT_DRIFT = frozenset({"cloudflare-dns"})
"""Units that have nothing at AWS."""
