"""IAM: the roles of the units, none of which can do more than the boundary."""

from __future__ import annotations

from collections.abc import Iterator

from modules.iam import Statement
from stacks.config.schema import Environment
from stacks.permissions.alerts import CHAT
from stacks.permissions.jobs import SCHEDULER
from stacks.permissions.scope import Scope, calls

# The managed policies that the units attach to their roles.
MANAGED_POLICIES = (
    "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore",
    "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole",
)

# The services that assume the roles of the units.
SERVICES = (
    "ecs-tasks.amazonaws.com",
    "ec2.amazonaws.com",
    "vpc-flow-logs.amazonaws.com",
    "monitoring.rds.amazonaws.com",
)

# Roles that AWS creates when a service is used for the first time in an account. Bootstrap creates them before, because
# whatever needs one at once fails.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html
SERVICE_LINKED = {
    "ecs.amazonaws.com": "AWSServiceRoleForECS",
    "ecs.application-autoscaling.amazonaws.com": "AWSServiceRoleForApplicationAutoScaling_ECSService",
    "elasticache.amazonaws.com": "AWSServiceRoleForElastiCache",
    "elasticloadbalancing.amazonaws.com": "AWSServiceRoleForElasticLoadBalancing",
    "rds.amazonaws.com": "AWSServiceRoleForRDS",
}

# Likewise, where there are file systems.
_OF_FILES = {"elasticfilesystem.amazonaws.com": "AWSServiceRoleForAmazonElasticFileSystem"}

# And where channels are told, to whose topics it subscribes.
_OF_CHAT = {"management.chatbot.amazonaws.com": "AWSServiceRoleForAWSChatbot"}

_DESCRIBED = """
    GetInstanceProfile GetRole GetRolePolicy ListAttachedRolePolicies ListInstanceProfilesForRole ListRolePolicies
"""
_ROLES = """
    CreateRole DeleteRole DeleteRolePolicy PutRolePolicy UpdateAssumeRolePolicy UpdateRole UpdateRoleDescription
"""
_INSTANCE_PROFILES = """
    AddRoleToInstanceProfile CreateInstanceProfile DeleteInstanceProfile RemoveRoleFromInstanceProfile
    TagInstanceProfile UntagInstanceProfile
"""


def describe(scope: Scope) -> Iterator[Statement]:
    """The roles of the units, and what they may do."""
    yield Statement(
        sid="DescribeRoles",
        actions=calls("iam", _DESCRIBED),
        resources=[*scope.roles(), scope.iam(f"instance-profile/{scope.prefix}-*")],
    )


def change(scope: Scope) -> Iterator[Statement]:
    """The roles of the units, which services assume them, and the roles of AWS's own services."""
    roles, boundary = scope.roles(), scope.environment.permissions_boundary_arn
    bounded = {"StringEquals": {"iam:PermissionsBoundary": boundary}} if boundary else {}
    # With a boundary: created and changed only where the role has it. So none becomes an administrator, whatever its
    # policies say, and one that is not of the units is not taken over.
    yield Statement(
        sid="Roles",
        actions=[*calls("iam", _ROLES), *(["iam:PutRolePermissionsBoundary"] if boundary else [])],
        resources=roles,
        condition=bounded or None,
    )
    yield Statement(
        sid="AttachPolicies",
        actions=calls("iam", "AttachRolePolicy DetachRolePolicy"),
        resources=roles,
        condition={**bounded, "ArnEquals": {"iam:PolicyARN": list(MANAGED_POLICIES)}},
    )
    # AWS knows no condition on the boundary for these.
    yield Statement(sid="TagRoles", actions=calls("iam", "TagRole UntagRole"), resources=roles)
    yield Statement(
        sid="InstanceProfiles",
        actions=calls("iam", _INSTANCE_PROFILES),
        resources=[scope.iam(f"instance-profile/{scope.prefix}-*")],
    )
    existing, linked = scope.environment.django_service.runtime.task_role_arn, service_linked(scope.environment)
    yield Statement(
        sid="PassRoles",
        actions=["iam:PassRole"],
        resources=[*roles, *([str(existing)] if existing else [])],
        condition={"StringEquals": {"iam:PassedToService": _services(scope)}},
    )
    yield Statement(
        sid="ServiceLinkedRoles",
        actions=["iam:CreateServiceLinkedRole"],
        resources=[scope.iam(f"role/aws-service-role/{name}/{role}") for name, role in linked.items()],
        condition={"StringEquals": {"iam:AWSServiceName": list(linked)}},
    )


def service_linked(environment: Environment) -> dict[str, str]:
    """The roles of AWS's own services that an environment needs in its account, by these services."""
    of_files = _OF_FILES if environment.django_service.makes_volumes else {}
    return SERVICE_LINKED | of_files | (_OF_CHAT if environment.has_chat else {})


def _services(scope: Scope) -> list[str]:
    environment = scope.environment
    of_jobs = [SCHEDULER] if environment.django_service.scheduled else []
    return [*SERVICES, *of_jobs, *([CHAT] if environment.has_chat else [])]
