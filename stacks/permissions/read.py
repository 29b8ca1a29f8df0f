"""What planning reads, and which of it is secret."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from modules.github_oidc.statement import Statement
from stacks.config.schema import S3State
from stacks.permissions.scope import Scope

_EC2 = (
    *("Addresses", "AddressesAttribute", "AvailabilityZones", "FlowLogs", "InstanceAttribute"),
    *("InstanceCreditSpecifications", "InstanceTypes", "Instances", "InternetGateways", "LaunchTemplateVersions"),
    *("LaunchTemplates", "ManagedPrefixLists", "NatGateways", "NetworkAcls", "NetworkInterfaces", "PrefixLists"),
    *("RouteTables", "SecurityGroupRules", "SecurityGroups", "Subnets", "Tags", "Volumes", "VpcAttribute"),
    *("VpcEndpoints", "Vpcs", "AccountAttributes"),
)
_LOAD_BALANCING = (
    *("CapacityReservation", "ListenerAttributes", "ListenerCertificates", "Listeners", "LoadBalancerAttributes"),
    *("LoadBalancers", "Rules", "Tags", "TargetGroupAttributes", "TargetGroups", "TargetHealth"),
)
_ELASTICACHE = (
    *("CacheClusters", "CacheParameterGroups", "CacheParameters", "CacheSubnetGroups", "ReplicationGroups"),
    *("UserGroups", "Users"),
)
_BUCKET = (
    *("GetAccelerateConfiguration", "GetBucketAcl", "GetBucketCORS", "GetBucketLocation", "GetBucketLogging"),
    *(
        "GetBucketObjectLockConfiguration",
        "GetBucketOwnershipControls",
        "GetBucketPolicy",
        "GetBucketPublicAccessBlock",
    ),
    *("GetBucketRequestPayment", "GetBucketTagging", "GetBucketVersioning", "GetBucketWebsite"),
    *("GetEncryptionConfiguration", "GetLifecycleConfiguration", "GetReplicationConfiguration", "ListBucket"),
)

_SECRET_VALUE = "secretsmanager:GetSecretValue"  # noqa: S105  (the name of a permission)
_SECRET_VALUES = (
    _SECRET_VALUE,
    "secretsmanager:BatchGetSecretValue",
    "ssm:GetParameter",
    "ssm:GetParameters",
    "ssm:GetParametersByPath",
    "ssm:GetParameterHistory",
)


def infrastructure(scope: Scope) -> list[Statement]:
    """How the resources of the units are configured: what a refresh and `make status` ask for."""
    return [
        # AWS knows no resource for these, or lists all of a kind where one is asked for.
        Statement(
            sid="Describe",
            actions=[
                *(f"ec2:Describe{name}" for name in _EC2),
                *("ec2:GetManagedPrefixListEntries", "ec2:GetSecurityGroupsForVpc"),
                *(f"elasticloadbalancing:Describe{name}" for name in _LOAD_BALANCING),
                *("application-autoscaling:DescribeScalableTargets", "application-autoscaling:DescribeScalingPolicies"),
                *("ecs:DescribeTaskDefinition", "ecs:ListTaskDefinitions", "logs:DescribeLogGroups"),
                "secretsmanager:GetRandomPassword",
            ],
            resources=["*"],
        ),
        Statement(
            sid="NatConsole",
            actions=["ec2:GetConsoleOutput"],
            resources=scope.ec2("instance"),
            condition=scope.tagged(),
        ),
        Statement(
            sid="DescribeStores",
            actions=[
                *("rds:DescribeDBInstances", "rds:DescribeDBParameterGroups", "rds:DescribeDBParameters"),
                *("rds:DescribeDBSubnetGroups", "rds:ListTagsForResource", "elasticache:ListTagsForResource"),
                *(f"elasticache:Describe{name}" for name in _ELASTICACHE),
            ],
            resources=[scope.arn("rds", "*"), scope.arn("elasticache", "*")],
        ),
        Statement(
            sid="DescribeContainers",
            actions=[
                *("ecs:DescribeClusters", "ecs:DescribeServices", "ecs:DescribeTasks"),
                *("ecs:DescribeServiceDeployments", "ecs:DescribeServiceRevisions", "ecs:ListServiceDeployments"),
                "ecs:ListTagsForResource",
            ],
            resources=[
                scope.arn("ecs", f"cluster/{scope.prefix}"),
                *(scope.arn("ecs", f"{kind}/{scope.prefix}/*") for kind in _OF_A_CLUSTER),
                scope.arn("ecs", f"task-definition/{scope.prefix}-*:*"),
            ],
        ),
        Statement(
            sid="ListTasks",
            actions=["ecs:ListTasks"],
            resources=["*"],
            condition={"ArnEquals": {"ecs:cluster": scope.arn("ecs", f"cluster/{scope.prefix}")}},
        ),
        Statement(
            sid="DescribeAutoscaling",
            actions=["application-autoscaling:ListTagsForResource"],
            resources=[scope.arn("application-autoscaling", "scalable-target/*")],
        ),
        Statement(
            sid="DescribeCertificates",
            actions=["acm:DescribeCertificate", "acm:ListTagsForCertificate"],
            resources=[scope.arn("acm", "certificate/*")],
        ),
        Statement(sid="DescribeLogs", actions=["logs:ListTagsForResource"], resources=scope.log_groups()),
        Statement(
            sid="DescribeRoles",
            actions=[
                *("iam:GetInstanceProfile", "iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies"),
                *("iam:ListInstanceProfilesForRole", "iam:ListRolePolicies"),
            ],
            resources=[scope.iam(f"role/{scope.prefix}-*"), scope.iam(f"instance-profile/{scope.prefix}-*")],
        ),
        Statement(
            sid="DescribeAccessLogs", actions=[f"s3:{name}" for name in _BUCKET], resources=[scope.access_logs()]
        ),
        Statement(
            sid="DescribeSecrets",
            actions=["secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy"],
            resources=[scope.arn("secretsmanager", f"secret:{scope.prefix}/*")],
        ),
        Statement(
            sid="DescribeImages",
            actions=["ecr:DescribeImages", "ecr:DescribeRepositories"],
            resources=[scope.environment.django_service.ecr_repository_arn],
        ),
    ]


_OF_A_CLUSTER = ("service", "task", "service-deployment", "service-revision")


def states(scope: Scope) -> Iterator[Statement]:
    """The states of the units. There is no secret in them: the units write those by write-only arguments."""
    found = scope.states()
    if found is None:
        return
    bucket, keys = found
    # All of its keys: with each command Terraform asks for those of workspaces, and S3 tells only who may list that a
    # state is not there yet. To all others it says 403.
    yield Statement(sid="ListStates", actions=["s3:ListBucket"], resources=[bucket])
    yield Statement(sid="ReadStates", actions=["s3:GetObject"], resources=[f"{bucket}/{key}" for key in keys])
    state = scope.environment.state
    if isinstance(state, S3State) and state.kms_key_arn:
        yield Statement(
            sid="DecryptStates",
            actions=["kms:Decrypt"],
            resources=[state.kms_key_arn],
            condition=_via("s3", state.region or scope.environment.region),
        )


def no_secrets() -> list[Statement]:
    """Keeps the values of secrets from a role, whatever else may be attached to it later."""
    return [
        Statement(sid="NoSecretValues", effect="Deny", actions=_SECRET_VALUES, resources=["*"]),
        Statement(sid="NoLogs", effect="Deny", actions=_LOG_CONTENTS, resources=["*"]),
    ]


def written_secrets(scope: Scope) -> list[Statement]:
    """Lets a role read the secrets that Terraform writes, and keeps all others from it, whatever else is attached.

    The provider reads what it wrote: https://github.com/hashicorp/terraform-provider-aws/issues/42383
    """
    secrets = scope.written_secrets()
    if not secrets:
        return no_secrets()
    values, logs = no_secrets()
    found = [
        replace(values, actions=[action for action in _SECRET_VALUES if action != _SECRET_VALUE]),
        Statement(sid="NoOtherSecretValues", effect="Deny", actions=[_SECRET_VALUE], all_but=list(secrets)),
        logs,
        Statement(sid="ReadSecrets", actions=[_SECRET_VALUE], resources=list(secrets)),
    ]
    if keys := list(dict.fromkeys(filter(None, secrets.values()))):
        condition = _via("secretsmanager", scope.environment.region)
        found.append(Statement(sid="DecryptSecrets", actions=["kms:Decrypt"], resources=keys, condition=condition))
    return found


# Logs are not secret by name, but nobody can promise what an application writes there.
_LOG_CONTENTS = ("logs:FilterLogEvents", "logs:GetLogEvents", "logs:GetLogRecord", "logs:StartQuery")


def _via(service: str, region: str) -> dict[str, dict[str, str]]:
    return {"StringEquals": {"kms:ViaService": f"{service}.{region}.amazonaws.com"}}
