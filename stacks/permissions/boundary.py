"""The most that any role of the units may do, and how the units' roles get this boundary."""

from __future__ import annotations

from collections.abc import Iterator

import jsii
from cdktf import Aspects, IAspect, TerraformStack
from cdktf_cdktf_provider_aws.iam_role import IamRole
from constructs import IConstruct

from modules.iam import Statement
from modules.task_definition.secret import Secret
from stacks.config.schema import Environment
from stacks.permissions import alerts, backup, files, jobs
from stacks.permissions.scope import Scope
from stacks.unit_names import BOOTSTRAP


def apply(unit: TerraformStack, environment: Environment, name: str) -> None:
    """Give every role of a unit the boundary of its environment, where that has one.

    The roles of bootstrap do what no role of the units may, so that they bear only one that the environment names.
    """
    arn = environment.permissions_boundary if name == BOOTSTRAP else environment.permissions_boundary_arn
    if arn:
        Aspects.of(unit).add(_Bounded(arn))


@jsii.implements(IAspect)
class _Bounded:
    def __init__(self, arn: str) -> None:
        self._arn = arn

    def visit(self, node: IConstruct) -> None:
        """Called by cdktf for every construct of the unit."""
        if isinstance(node, IamRole):
            node.permissions_boundary = self._arn


def statements(scope: Scope) -> list[Statement]:
    """What the units give to their roles, and what the environment adds by `runtime`.

    A boundary grants nothing: a role may do what both this and its own policies allow. Nothing of it but what the
    environment adds is of IAM or STS, except that the role of a schedule passes those of its job to the task.
    """
    service = scope.environment.django_service
    images = [*filter(None, [service.ecr_repository_arn]), *service.third_repository_arns]
    users = (service.app_user, service.migration_user)
    return [
        # AWS knows no resource for these.
        Statement(
            sid="Anywhere",
            actions=[
                *(["ecr:GetAuthorizationToken"] if images else []),
                *(f"ssmmessages:{verb}{kind}Channel" for verb in ("Create", "Open") for kind in ("Control", "Data")),
                "ssm:UpdateInstanceInformation",
                *(["logs:DescribeLogGroups"] if service.session else []),
            ],
            resources=["*"],
        ),
        *_image(images),
        Statement(
            sid="Logs",
            actions=["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
            resources=[*scope.log_groups(), scope.arn("logs", "log-group:RDSOSMetrics:*")],
        ),
        Statement(
            sid="EnhancedMonitoring",
            actions=["logs:CreateLogGroup", "logs:PutRetentionPolicy"],
            resources=[scope.arn("logs", "log-group:RDSOSMetrics:*")],
        ),
        Statement(
            sid="PostgreSQL",
            actions=["rds-db:connect"],
            resources=[scope.arn("rds-db", f"dbuser:*/{user}") for user in users],
        ),
        *_redis(scope),
        *_secrets(scope),
        *jobs.bound(scope),
        *files.bound(scope),
        *alerts.bound(scope),
        *backup.bound(scope),
        *_added(scope),
    ]


def _image(repository_arns: list[str]) -> Iterator[Statement]:
    if repository_arns:
        actions = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
        yield Statement(sid="Image", actions=actions, resources=repository_arns)


def _redis(scope: Scope) -> Iterator[Statement]:
    if scope.environment.redis:
        kinds = ("replicationgroup", "user")
        resources = [scope.arn("elasticache", f"{kind}:{scope.prefix}-redis*") for kind in kinds]
        resources += [scope.arn("elasticache", f"replicationgroup:{name}") for name in scope.given_redis_groups()]
        yield Statement(sid="Redis", actions=["elasticache:Connect"], resources=resources)


def _secrets(scope: Scope) -> Iterator[Statement]:
    service = scope.environment.django_service
    registry = service.image.credentials_secret_arn if service.image else None
    references = [service.secret_key.existing, registry, *service.all_secrets.values()]
    given = [secret for secret in map(Secret.parse, filter(None, references)) if secret]
    yield Statement(
        sid="Secrets",
        actions=["secretsmanager:GetSecretValue"],
        resources=[
            scope.arn("secretsmanager", f"secret:{scope.prefix}/*"),
            *dict.fromkeys(secret.arn for secret in given if not secret.is_parameter),
        ],
    )
    # RDS draws the name of the secret, and tags it with the instance whose password it keeps.
    # https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonRDSServiceRolePolicy.html
    ours = scope.arn("rds", f"db:{scope.prefix}-postgresql*")
    databases = [scope.arn("rds", f"db:{name}") for name in scope.given_databases()]
    instances = [ours, *databases] if databases else ours
    yield Statement(
        sid="MasterPassword",
        actions=["secretsmanager:GetSecretValue"],
        resources=[scope.arn("secretsmanager", "secret:rds!db-*")],
        condition={"StringLike": {"aws:ResourceTag/aws:rds:primaryDBInstanceArn": instances}},
    )
    if parameters := [secret.arn for secret in given if secret.is_parameter]:
        resources = list(dict.fromkeys(parameters))
        yield Statement(sid="Parameters", actions=["ssm:GetParameters"], resources=resources)
    if keys := scope.kms_keys():
        yield Statement(sid="Keys", actions=["kms:Decrypt"], resources=keys)


def _added(scope: Scope) -> Iterator[Statement]:
    for number, statement in enumerate(scope.environment.django_service.all_iam_statements):
        yield Statement(sid=f"Runtime{number}", actions=statement.actions, resources=statement.resources)
