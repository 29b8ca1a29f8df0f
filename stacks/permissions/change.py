"""What deploying changes, beyond what planning reads."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from modules.github_oidc.statement import Statement
from modules.network.inputs import ExistingNetworkInputs
from stacks.permissions.scope import Scope

# What the units attach to roles beside policies of their own.
MANAGED_POLICIES = (
    "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore",
    "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole",
)

# Who takes the roles of the units.
SERVICES = (
    *("ecs-tasks.amazonaws.com", "ec2.amazonaws.com", "vpc-flow-logs.amazonaws.com", "monitoring.rds.amazonaws.com"),
)

# Roles that AWS makes for a service when it is used for the first time in an account. Bootstrap makes them before,
# because what needs one at once fails.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html
SERVICE_LINKED = {
    "ecs.amazonaws.com": "AWSServiceRoleForECS",
    "ecs.application-autoscaling.amazonaws.com": "AWSServiceRoleForApplicationAutoScaling_ECSService",
    "elasticache.amazonaws.com": "AWSServiceRoleForElastiCache",
    "elasticloadbalancing.amazonaws.com": "AWSServiceRoleForElasticLoadBalancing",
    "rds.amazonaws.com": "AWSServiceRoleForRDS",
}

# What a call makes, by call; and what must be there for it.
_MADE = {
    "AllocateAddress": "elastic-ip",
    "CreateFlowLogs": "vpc-flow-log",
    "CreateInternetGateway": "internet-gateway",
    "CreateLaunchTemplate": "launch-template",
    "CreateManagedPrefixList": "prefix-list",
    "CreateNatGateway": "natgateway",
    "CreateRouteTable": "route-table",
    "CreateSecurityGroup": "security-group",
    "CreateSubnet": "subnet",
    "CreateVpc": "vpc",
    "CreateVpcEndpoint": "vpc-endpoint",
    "RunInstances": "instance",
}
_MADE_IN = ("elastic-ip", "launch-template", "route-table", "security-group", "subnet", "vpc")
_NEEDS_A_PLACE = (
    *("CreateFlowLogs", "CreateNatGateway", "CreateRouteTable", "CreateSecurityGroup", "CreateSubnet"),
    *("CreateVpcEndpoint", "RunInstances"),
)
_CHANGED = (
    *("AssociateAddress", "AssociateRouteTable", "AttachInternetGateway", "AuthorizeSecurityGroupEgress"),
    *("AuthorizeSecurityGroupIngress", "CreateLaunchTemplateVersion", "CreateRoute", "DeleteFlowLogs"),
    *("DeleteInternetGateway", "DeleteLaunchTemplate", "DeleteManagedPrefixList", "DeleteNatGateway", "DeleteRoute"),
    *("DeleteRouteTable", "DeleteSecurityGroup", "DeleteSubnet", "DeleteTags", "DeleteVpc", "DeleteVpcEndpoints"),
    *("DetachInternetGateway", "DisassociateAddress", "DisassociateRouteTable", "ModifyInstanceAttribute"),
    *("ModifyInstanceMetadataOptions", "ModifyLaunchTemplate", "ModifyManagedPrefixList"),
    *("ModifyNetworkInterfaceAttribute", "ModifySecurityGroupRules"),
    *("ModifySubnetAttribute", "ModifyVpcAttribute", "ModifyVpcEndpoint", "ReleaseAddress", "ReplaceRoute"),
    *("ReplaceRouteTableAssociation", "RevokeSecurityGroupEgress", "RevokeSecurityGroupIngress", "StartInstances"),
    *("StopInstances", "TerminateInstances"),
)


def new_network(scope: Scope) -> list[Statement]:
    """New resources of EC2. It draws their ids, so tags tell environments apart."""
    return [
        Statement(
            sid="Make",
            actions=[f"ec2:{call}" for call in _MADE],
            resources=scope.ec2(*_MADE.values()),
            condition=scope.tagging(),
        ),
        Statement(
            sid="MakeIn",
            actions=[f"ec2:{call}" for call in _NEEDS_A_PLACE],
            resources=scope.ec2(*_MADE_IN),
            condition=scope.tagged(),
        ),
        *_in_a_vpc_of_ones_own(scope),
        # What an instance brings along without tags, and the image of Amazon that it starts from.
        Statement(
            sid="RunInstance",
            actions=["ec2:RunInstances"],
            resources=[
                *scope.ec2("network-interface", "volume"),
                f"arn:aws:ec2:{scope.environment.region}::image/*",
            ],
        ),
        Statement(
            sid="ImageOfAmazon",
            actions=["ssm:GetParameters"],
            resources=[f"arn:aws:ssm:{scope.environment.region}::parameter/aws/service/ami-amazon-linux-latest/*"],
        ),
        # Endpoints answer by names of their own within the VPC.
        # https://docs.aws.amazon.com/vpc/latest/privatelink/interface-endpoints.html
        Statement(
            sid="NamesOfEndpoints",
            actions=["route53:AssociateVPCWithHostedZone"],
            resources=["arn:aws:route53:::hostedzone/*"],
        ),
    ]


def _in_a_vpc_of_ones_own(scope: Scope) -> Iterator[Statement]:
    """A VPC that the units did not make bears their tags only by chance."""
    network = scope.environment.network
    if isinstance(network, ExistingNetworkInputs):
        vpc = scope.arn("ec2", f"vpc/{network.vpc_id}")
        yield Statement(sid="MakeInVpc", actions=["ec2:CreateSecurityGroup"], resources=[vpc])


def network(scope: Scope) -> list[Statement]:
    """What is there of EC2, in the network and in other units."""
    born = {"StringEquals": {**scope.tagging()["StringEquals"], "ec2:CreateAction": list(_MADE)}}
    return [
        Statement(
            sid="Change",
            actions=[f"ec2:{call}" for call in _CHANGED],
            resources=scope.ec2(*_MADE.values(), "security-group-rule"),
            condition=scope.tagged(),
        ),
        # The interface of a NAT instance, and the association of an address or a route table, bear no tags.
        Statement(
            sid="Attach",
            actions=["ec2:AssociateAddress", "ec2:DisassociateAddress", "ec2:ModifyNetworkInterfaceAttribute"],
            resources=scope.ec2("network-interface"),
        ),
        Statement(
            sid="TagAtBirth",
            actions=["ec2:CreateTags"],
            resources=scope.ec2(*_MADE.values()),
            condition=born,
        ),
        Statement(
            sid="TagAgain",
            actions=["ec2:CreateTags"],
            resources=scope.ec2(*_MADE.values(), "security-group-rule"),
            condition=scope.tagged(),
        ),
        # The default group of a VPC and the rules of groups are born without tags, and get them by a second call.
        Statement(
            sid="Claim",
            actions=["ec2:CreateTags"],
            resources=scope.ec2("security-group", "security-group-rule"),
            condition=scope.claiming(),
        ),
    ]


def stores(scope: Scope) -> list[Statement]:
    """PostgreSQL, Redis and secrets."""
    return [
        Statement(
            sid="PostgreSQL",
            actions=[f"rds:{call}" for call in _RDS],
            resources=[
                *(
                    scope.arn("rds", f"{kind}:{scope.prefix}-postgresql*")
                    for kind in ("db", "pg", "snapshot", "subgrp")
                ),
                scope.arn("rds", "og:default:postgres-*"),
            ],
        ),
        Statement(
            sid="Redis",
            actions=[f"elasticache:{call}" for call in _ELASTICACHE],
            resources=[
                scope.arn("elasticache", f"{kind}:{scope.prefix}-redis*")
                for kind in (
                    *("cluster", "parametergroup", "replicationgroup", "snapshot", "subnetgroup", "user", "usergroup"),
                )
            ],
        ),
        *_parameter_groups_of_ones_own(scope),
        Statement(
            sid="Secrets",
            actions=[
                f"secretsmanager:{call}"
                for call in (
                    *("CreateSecret", "DeleteSecret", "PutSecretValue", "RestoreSecret", "TagResource"),
                    *("UntagResource", "UpdateSecret", "UpdateSecretVersionStage"),
                )
            ],
            resources=[scope.arn("secretsmanager", f"secret:{scope.prefix}/*")],
        ),
        # The provider reads what it wrote: https://github.com/hashicorp/terraform-provider-aws/issues/42383
        Statement(
            sid="ReadSecrets",
            actions=["secretsmanager:GetSecretValue"],
            resources=[
                scope.arn("secretsmanager", f"secret:{scope.prefix}/{name}-*")
                for name in ("django-secret-key", "postgresql-master")
            ],
        ),
        # RDS makes the master password with the rights of who makes the instance, and shows it to nobody here.
        # https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html
        Statement(
            sid="MasterPassword",
            actions=["secretsmanager:CreateSecret", "secretsmanager:RotateSecret", "secretsmanager:TagResource"],
            resources=[scope.arn("secretsmanager", "secret:rds!db-*")],
        ),
        Statement(sid="NameKeys", actions=["kms:DescribeKey"], resources=[scope.arn("kms", "key/*")]),
        *_keys(scope),
    ]


_RDS = (
    *("AddTagsToResource", "CreateDBInstance", "CreateDBInstanceReadReplica", "CreateDBParameterGroup"),
    *("CreateDBSnapshot", "CreateDBSubnetGroup", "DeleteDBInstance", "DeleteDBParameterGroup", "DeleteDBSubnetGroup"),
    "DescribeDBSnapshots",
    *("ModifyDBInstance", "ModifyDBParameterGroup", "ModifyDBSubnetGroup", "PromoteReadReplica", "RebootDBInstance"),
    *("RemoveTagsFromResource", "ResetDBParameterGroup"),
)
_ELASTICACHE = (
    *("AddTagsToResource", "CreateCacheParameterGroup", "CreateCacheSubnetGroup", "CreateReplicationGroup"),
    *("CreateSnapshot", "CreateUser", "CreateUserGroup", "DecreaseReplicaCount", "DeleteCacheParameterGroup"),
    *("DeleteCacheSubnetGroup", "DeleteReplicationGroup", "DeleteUser", "DeleteUserGroup", "DescribeSnapshots"),
    "IncreaseReplicaCount",
    *("ModifyCacheParameterGroup", "ModifyCacheSubnetGroup", "ModifyReplicationGroup", "ModifyUser"),
    *("ModifyUserGroup", "RemoveTagsFromResource", "ResetCacheParameterGroup"),
)


def _parameter_groups_of_ones_own(scope: Scope) -> Iterator[Statement]:
    postgresql, redis = scope.environment.postgresql, scope.environment.redis
    if postgresql.parameter_group_name:
        yield Statement(
            sid="PostgreSQLParameters",
            actions=["rds:CreateDBInstance", "rds:CreateDBInstanceReadReplica", "rds:ModifyDBInstance"],
            resources=[scope.arn("rds", f"pg:{postgresql.parameter_group_name}")],
        )
    names = [group.parameter_group_name for group in (redis.cache, redis.broker) if group]
    found = [scope.arn("elasticache", f"parametergroup:{name}") for name in names if name]
    if found:
        calls = ["elasticache:CreateReplicationGroup", "elasticache:ModifyReplicationGroup"]
        yield Statement(sid="RedisParameters", actions=calls, resources=found)


def _keys(scope: Scope) -> Iterator[Statement]:
    keys = scope.kms_keys()
    if not keys:
        return
    yield Statement(
        sid="UseKeys",
        actions=["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext"],
        resources=keys,
    )
    yield Statement(
        sid="LendKeys",
        actions=["kms:CreateGrant"],
        resources=keys,
        condition={"Bool": {"kms:GrantIsForAWSResource": "true"}},
    )


def service(scope: Scope) -> list[Statement]:
    """The Django service: containers, logs and the image."""
    cluster = scope.arn("ecs", f"cluster/{scope.prefix}")
    definitions = scope.arn("ecs", f"task-definition/{scope.prefix}-*")
    services = scope.arn("ecs", f"service/{scope.prefix}/{scope.prefix}-*")
    return [
        Statement(
            sid="Containers",
            actions=[
                *("ecs:CreateCluster", "ecs:CreateService", "ecs:DeleteCluster", "ecs:DeleteService"),
                *("ecs:PutClusterCapacityProviders", "ecs:RegisterTaskDefinition", "ecs:TagResource"),
                *("ecs:UntagResource", "ecs:UpdateCluster", "ecs:UpdateClusterSettings", "ecs:UpdateService"),
            ],
            resources=[cluster, services, definitions],
        ),
        # AWS knows no resource for this one.
        Statement(sid="DeregisterTaskDefinitions", actions=["ecs:DeregisterTaskDefinition"], resources=["*"]),
        Statement(
            sid="OneOffTasks",
            actions=["ecs:RunTask"],
            resources=[definitions],
            condition={"ArnEquals": {"ecs:cluster": cluster}},
        ),
        Statement(sid="StopTasks", actions=["ecs:StopTask"], resources=[scope.arn("ecs", f"task/{scope.prefix}/*")]),
        *_scalable_targets(scope),
        Statement(
            sid="AlarmsOfAutoscaling",
            actions=["cloudwatch:DeleteAlarms", "cloudwatch:PutMetricAlarm"],
            resources=[scope.arn("cloudwatch", f"alarm:TargetTracking-service/{scope.prefix}/*")],
        ),
        # AWS lists all alarms to find these.
        # https://docs.aws.amazon.com/autoscaling/application/userguide/security_iam_id-based-policy-examples.html
        Statement(sid="DescribeAlarms", actions=["cloudwatch:DescribeAlarms"], resources=["*"]),
        *_logs(scope),
        *_image(scope),
    ]


_SCALABLE_TARGETS = (
    *("DeleteScalingPolicy", "DeregisterScalableTarget", "PutScalingPolicy", "RegisterScalableTarget"),
    *("TagResource", "UntagResource"),
)


def _scalable_targets(scope: Scope) -> Iterator[Statement]:
    # To change a target is to register it again, and the provider gives no tags then.
    # https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html
    targets = [scope.arn("application-autoscaling", "scalable-target/*")]
    made = [f"application-autoscaling:{call}" for call in ("RegisterScalableTarget", "TagResource")]
    changed = [f"application-autoscaling:{call}" for call in _SCALABLE_TARGETS]
    yield Statement(sid="MakeScalableTargets", actions=made, resources=targets, condition=scope.claiming())
    yield Statement(sid="ScalableTargets", actions=changed, resources=targets, condition=scope.tagged())


def _logs(scope: Scope) -> Iterator[Statement]:
    yield Statement(
        sid="LogGroups",
        actions=[
            f"logs:{call}"
            for call in (
                *("AssociateKmsKey", "CreateLogGroup", "DeleteLogGroup", "DeleteRetentionPolicy"),
                *("DisassociateKmsKey", "PutRetentionPolicy", "TagResource", "UntagResource"),
            )
        ],
        resources=scope.log_groups(),
    )
    # What a migration says when it fails.
    yield Statement(
        sid="LogsOfTasks",
        actions=["logs:DescribeLogStreams", "logs:FilterLogEvents", "logs:GetLogEvents"],
        resources=[scope.arn("logs", f"log-group:/ecs/{scope.prefix}/*")],
    )
    # AWS knows no resource for these, by which Redis and flow logs get to their log groups.
    # https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Log_Delivery.html
    yield Statement(
        sid="LogDelivery",
        actions=[
            f"logs:{call}"
            for call in (
                *("CreateLogDelivery", "DeleteLogDelivery", "DescribeResourcePolicies", "GetLogDelivery"),
                *("ListLogDeliveries", "PutResourcePolicy", "UpdateLogDelivery"),
            )
        ],
        resources=["*"],
    )


def _image(scope: Scope) -> Iterator[Statement]:
    # The one action of a registry that knows no resource.
    yield Statement(sid="SignInToRegistry", actions=["ecr:GetAuthorizationToken"], resources=["*"])
    calls = (
        *("BatchCheckLayerAvailability", "BatchGetImage", "CompleteLayerUpload", "GetDownloadUrlForLayer"),
        *("InitiateLayerUpload", "PutImage", "UploadLayerPart"),
    )
    repository = scope.environment.django_service.ecr_repository_arn
    yield Statement(sid="PushImage", actions=[f"ecr:{call}" for call in calls], resources=[repository])


def identity(scope: Scope, *, boundary: str | None) -> list[Statement]:
    """Roles of the units, none of which can do more than the boundary, and states."""
    roles = scope.iam(f"role/{scope.prefix}-*")
    bounded = {"StringEquals": {"iam:PermissionsBoundary": boundary}} if boundary else {}
    attached = {"ArnEquals": {"iam:PolicyARN": list(MANAGED_POLICIES)}}
    return [
        # With a boundary: made and changed only where the role bears it. So none becomes an administrator, whatever its
        # policies say, and one that is not of the units is not taken over.
        Statement(
            sid="Roles",
            actions=[
                *("iam:CreateRole", "iam:DeleteRole", "iam:DeleteRolePolicy", "iam:PutRolePolicy"),
                *("iam:UpdateAssumeRolePolicy", "iam:UpdateRole", "iam:UpdateRoleDescription"),
                *(["iam:PutRolePermissionsBoundary"] if boundary else []),
            ],
            resources=[roles],
            condition=bounded or None,
        ),
        Statement(
            sid="AttachPolicies",
            actions=["iam:AttachRolePolicy", "iam:DetachRolePolicy"],
            resources=[roles],
            condition={**bounded, **attached},
        ),
        # AWS knows no condition on the boundary for these.
        Statement(sid="TagRoles", actions=["iam:TagRole", "iam:UntagRole"], resources=[roles]),
        Statement(
            sid="InstanceProfiles",
            actions=[
                *("iam:AddRoleToInstanceProfile", "iam:CreateInstanceProfile", "iam:DeleteInstanceProfile"),
                *("iam:RemoveRoleFromInstanceProfile", "iam:TagInstanceProfile", "iam:UntagInstanceProfile"),
            ],
            resources=[scope.iam(f"instance-profile/{scope.prefix}-*")],
        ),
        Statement(
            sid="PassRoles",
            actions=["iam:PassRole"],
            resources=[roles, *_roles_of_ones_own(scope)],
            condition={"StringEquals": {"iam:PassedToService": list(SERVICES)}},
        ),
        Statement(
            sid="ServiceLinkedRoles",
            actions=["iam:CreateServiceLinkedRole"],
            resources=[scope.iam(f"role/aws-service-role/{name}/{role}") for name, role in SERVICE_LINKED.items()],
            condition={"StringEquals": {"iam:AWSServiceName": list(SERVICE_LINKED)}},
        ),
        *_states(scope),
    ]


def _roles_of_ones_own(scope: Scope) -> list[str]:
    arn = scope.environment.django_service.runtime.task_role_arn
    return [str(arn)] if arn else []


def _states(scope: Scope) -> Iterator[Statement]:
    found = scope.states()
    if found is None:
        return
    bucket, keys = found
    states = [f"{bucket}/{key}" for key in keys]
    locks = [f"{state}.tflock" for state in states]
    # A state is overwritten, never deleted: its versions stay.
    written = list(chain.from_iterable(zip(states, locks, strict=True)))
    yield Statement(sid="WriteStates", actions=["s3:PutObject"], resources=written)
    yield Statement(sid="LockStates", actions=["s3:DeleteObject", "s3:GetObject"], resources=locks)
