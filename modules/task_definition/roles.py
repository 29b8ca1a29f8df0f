"""The two roles of a task: what ECS needs to start it, and what the application itself may do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy import IamRolePolicy
from constructs import Construct

from modules.iam import Statement, decrypt, policy, trust
from modules.task_definition.application import Application
from modules.task_definition.image import EcrRepository
from modules.task_definition.secret import Secret


class ExecutionRole(Construct):
    """Pulls the images of its containers, writes this one log group and reads exactly the secrets that are injected.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        application: Application,
        name: str,
        log_group_arn: str,
        secrets: Sequence[Secret],
        images: Sequence[str] = (),
    ) -> None:
        super().__init__(scope, id)
        role = _role(self, application, f"{name}-execution", "Starts the task")
        registry = Secret.parse(application.registry_secret_arn or "")
        repositories = [repository.arn for image in images if (repository := EcrRepository.of(image))]
        if application.ecr_repository_arn is not None:
            repositories.insert(0, application.ecr_repository_arn)
        statements = [
            *_pull(list(dict.fromkeys(repositories))),
            Statement(actions=["logs:CreateLogStream", "logs:PutLogEvents"], resources=[f"{log_group_arn}:*"]),
            *_read(application, [*secrets, *([registry] if registry else [])]),
        ]
        self.policy = IamRolePolicy(self, "policy", name="execution", role=role.id, policy=policy(statements))
        self.arn = role.arn


class TaskRole(Construct):
    """What the application may do. It gets no policy where it may do nothing."""

    def __init__(
        self, scope: Construct, id: str, *, application: Application, name: str, statements: Sequence[Statement]
    ) -> None:
        super().__init__(scope, id)
        role = _role(self, application, f"{name}-task", "What the application may do")
        self.policy = (
            IamRolePolicy(self, "policy", name="task", role=role.id, policy=policy(statements)) if statements else None
        )
        self.arn = role.arn


def _role(scope: Construct, application: Application, name: str, description: str) -> IamRole:
    # Only for the tasks of this account and region, whoever else may speak through ECS.
    # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
    account_id, tasks = application.account_id, f"arn:aws:ecs:{application.region}:{application.account_id}:*"
    assumed_by = trust("ecs-tasks.amazonaws.com", account_id=account_id, source_arn=tasks)
    given = application.runtime.role_name(application.prefix, name)
    return IamRole(scope, "Default", name=given, description=description, assume_role_policy=assumed_by)


def _pull(repository_arns: Sequence[str]) -> Iterator[Statement]:
    if not repository_arns:
        return
    # The one action of a registry that knows no resource.
    yield Statement(actions=["ecr:GetAuthorizationToken"], resources=["*"])
    actions = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    yield Statement(actions=actions, resources=repository_arns)


def _read(application: Application, secrets: Sequence[Secret]) -> Iterator[Statement]:
    stores = {
        "secretsmanager:GetSecretValue": [secret.arn for secret in secrets if not secret.is_parameter],
        "ssm:GetParameters": [secret.arn for secret in secrets if secret.is_parameter],
    }
    for action, arns in stores.items():
        if arns:
            yield Statement(actions=[action], resources=list(dict.fromkeys(arns)))
    keys = [*(secret.kms_key_arn for secret in secrets), *application.runtime.secret_kms_key_arns]
    yield from decrypt(application.region, [key for key in keys if key])
