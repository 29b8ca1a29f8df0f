"""What AWS does not delete while something uses it, and moto does: certificates, security groups and subnets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from moto.acm.models import AWSCertificateManagerBackend
from moto.core.exceptions import AWSError
from moto.ec2.exceptions import DependencyViolationError
from moto.ec2.models.security_groups import SecurityGroupBackend
from moto.ec2.models.subnets import SubnetBackend
from moto.ecs.models import ecs_backends
from moto.elbv2.models import elbv2_backends
from moto.rds.models import rds_backends

from cli.local_aws.gaps.patch import around


class ResourceInUse(AWSError):
    """As ACM names it."""

    TYPE = "ResourceInUseException"


@around(AWSCertificateManagerBackend, "delete_certificate")
def _delete_certificate(original: Any, self: Any, arn: str) -> None:
    """https://docs.aws.amazon.com/acm/latest/APIReference/API_DeleteCertificate.html."""
    for balancer in _backend(elbv2_backends, self).load_balancers.values():
        if any(arn in listener.certificates for listener in balancer.listeners.values()):
            raise ResourceInUse(f"Certificate {arn} in account {self.account_id} is in use.")
    original(self, arn)


@around(SecurityGroupBackend, "_delete_security_group")
def _delete_security_group(original: Any, self: Any, vpc_id: str | None, group_id: str) -> None:
    """https://docs.aws.amazon.com/vpc/latest/userguide/deleting-security-groups.html."""
    if group_id in _groups(self, group_id):
        raise DependencyViolationError(f"resource {group_id} has a dependent object")
    original(self, vpc_id, group_id)


@around(SubnetBackend, "delete_subnet")
def _delete_subnet(original: Any, self: Any, subnet_id: str) -> Any:
    """https://docs.aws.amazon.com/vpc/latest/userguide/subnet-deleting.html."""
    if subnet_id in _subnets(self):
        text = f"The subnet '{subnet_id}' has dependencies and cannot be deleted."
        raise DependencyViolationError(text)
    return original(self, subnet_id)


def _groups(ec2: Any, group_id: str) -> Iterator[str]:
    """The security groups that are used, by others than themselves."""
    for configuration in _task_networks(ec2):
        yield from configuration.get("securityGroups", ())
    for balancer in _backend(elbv2_backends, ec2).load_balancers.values():
        yield from balancer.security_groups
    for instance in _backend(rds_backends, ec2).databases.values():
        yield from instance.vpc_security_group_ids
    for groups in ec2.groups.values():
        for group in groups.values():
            if group.id != group_id:
                rules = (*group.ingress_rules, *group.egress_rules)
                yield from (rule.source_group["GroupId"] for rule in rules if rule.source_group)


def _subnets(ec2: Any) -> Iterator[str]:
    """The subnets in which something is, or may be at any time."""
    for configuration in _task_networks(ec2):
        yield from configuration["subnets"]
    for balancer in _backend(elbv2_backends, ec2).load_balancers.values():
        yield from (subnet.id for subnet in balancer.subnets)
    for instance in _backend(rds_backends, ec2).databases.values():
        yield from (subnet.id for subnet in instance.db_subnet_group.subnets)


def _task_networks(ec2: Any) -> Iterator[Any]:
    for service in _backend(ecs_backends, ec2).services.values():
        if service.status != "INACTIVE" and service.network_configuration:
            yield service.network_configuration["awsvpcConfiguration"]


def _backend(backends: Any, of: Any) -> Any:
    """Of the same account and region."""
    return backends[of.account_id][of.region_name]
