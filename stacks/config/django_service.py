"""The Django application as data: its services, its tasks and what they share."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from modules import rules
from modules.django_secret_key.inputs import DjangoSecretKeyInputs
from modules.ecs_cluster.inputs import EcsClusterInputs
from modules.fargate_service.autoscaling_inputs import WorkerAutoscalingInputs
from modules.fargate_service.inputs import BeatInputs, WebInputs, WorkerInputs
from modules.load_balancer.inputs import LoadBalancerInputs
from modules.one_off_task.inputs import OneOffTaskInputs
from modules.postgresql.names import role_name
from modules.task_definition.environment import reserved_rules
from modules.task_definition.inputs import RuntimeInputs
from modules.validation import Problem, inputs, show

# Variables that the service sets: its contract with the application. stacks/units/django_service/contract.py fills it.
_PLAIN = """
    DJANGO_SETTINGS_MODULE DJANGO_ALLOWED_HOSTS ENVIRONMENT AWS_REGION AWS_DEFAULT_REGION DATABASE_HOST
    DATABASE_PORT DATABASE_NAME DATABASE_USER DATABASE_AUTHENTICATION DATABASE_SECRET_ARN DATABASE_APP_USER
    DATABASE_MIGRATION_USER WEB_CONCURRENCY GUNICORN_LOG_LEVEL GUNICORN_KEEPALIVE_SECONDS TRUSTED_PROXIES
    CELERY_SHUTDOWN_SECONDS
"""
# Only where there is Redis: without it they are the user's own, as CELERY_BROKER_URL="sqs://" is.
_OF_REDIS = """
    REDIS_URL CELERY_BROKER_URL REDIS_IAM_USER REDIS_REPLICATION_GROUP_ID CELERY_BROKER_REPLICATION_GROUP_ID
"""
PLAIN = tuple(_PLAIN.split())
OF_REDIS = tuple(_OF_REDIS.split())
SECRET = ("DJANGO_SECRET_KEY", "DATABASE_PASSWORD")
RESERVED = frozenset((*PLAIN, *SECRET))

INIT_DATABASE, MIGRATE, CHECK_STATUS = "init-database", "migrate", "check-status"
ONE_OFF_TASKS: Mapping[str, OneOffTaskInputs] = {
    INIT_DATABASE: OneOffTaskInputs(command=("python", "manage.py", "init_database")),
    MIGRATE: OneOffTaskInputs(command=("python", "manage.py", "migrate", "--noinput")),
    CHECK_STATUS: OneOffTaskInputs(command=("python", "manage.py", "check_status")),
}

# The name of a role of IAM, <prefix>-<task>-execution, ends at 64 characters.
_TASK = re.compile(r"(?=.{2,24}\Z)[a-z](?:-?[a-z0-9])+")
# https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_Repository.html
_REPOSITORY = re.compile(
    r"([0-9]{12})\.dkr\.ecr\.([a-z]{2}(?:-[a-z]+)+-[0-9])\.amazonaws\.com/((?:[a-z0-9]+(?:[._-]+[a-z0-9]+)*/)*"
    r"[a-z0-9]+(?:[._-]+[a-z0-9]+)*)"
)
# Of the 64 KiB of a task definition: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html
LONGEST_HOSTS = 2048
_DOTTED = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*")


class EcrRepository(NamedTuple):
    """The parts of the address of a repository."""

    account_id: str
    region: str
    name: str

    @property
    def arn(self) -> str:
        """The ARN of the repository."""
        return f"arn:aws:ecr:{self.region}:{self.account_id}:repository/{self.name}"


@inputs
class DjangoServiceInputs:
    """The Django application: what all its tasks share, and each of its services."""

    ecr_repository_url: str
    """`<account>.dkr.ecr.<region>.amazonaws.com/<name>`. The tag or digest is Terraform's variable image_tag."""
    web: WebInputs
    worker: WorkerInputs | None = None
    """None: no worker."""
    beat: BeatInputs | None = None
    """None: no scheduler."""
    one_off_tasks: Mapping[str, OneOffTaskInputs] | None = None
    """Beside init-database, migrate and check-status; the same name replaces one of these."""
    settings_module: str = "config.settings.production"
    additional_allowed_hosts: tuple[str, ...] = ()
    """Beside the name of the DNS record; a leading dot admits all names below."""
    database_authentication: Literal["iam", "secret"] = "iam"
    """How tasks sign in to PostgreSQL: "iam" by tokens that live 15 minutes, as users who own no password; "secret" as
    the master user, with the password that the application reads from its secret at each connection, because RDS
    changes it every 7 days."""
    app_user: str = "app_user"
    """The PostgreSQL role of web, worker, beat and one-off tasks, made by init-database."""
    migration_user: str = "migrator"
    """The PostgreSQL role of migrate, made by init-database, which owns the tables."""
    wait_for_steady_state: bool = True
    """Whether Terraform waits until a deployment's tasks run, and fails where they were rolled back."""
    secret_key: DjangoSecretKeyInputs = DjangoSecretKeyInputs()
    runtime: RuntimeInputs = RuntimeInputs()
    cluster: EcsClusterInputs = EcsClusterInputs()
    load_balancer: LoadBalancerInputs = LoadBalancerInputs()

    @property
    def tasks(self) -> dict[str, OneOffTaskInputs]:
        """All one-off tasks by name."""
        return {**ONE_OFF_TASKS, **(self.one_off_tasks or {})}

    @property
    def ecr_repository(self) -> EcrRepository:
        """The repository that the tasks pull their image from."""
        found = _REPOSITORY.fullmatch(self.ecr_repository_url)
        if not found:
            raise ValueError(f"{self.ecr_repository_url} is not a repository of ECR, which the rules refuse")
        return EcrRepository(*found.groups())

    @property
    def ecr_repository_arn(self) -> str:
        """The ARN of that repository."""
        return self.ecr_repository.arn

    def rules(self) -> Iterator[Problem]:
        found = _REPOSITORY.fullmatch(self.ecr_repository_url)
        if not found or not 2 <= len(found[3]) <= 256:
            what = f"{show(self.ecr_repository_url)} is no repository of ECR"
            yield Problem(
                "ecr_repository_url",
                what,
                "write it as 123456789012.dkr.ecr.us-east-1.amazonaws.com/name, without https:// and tag",
            )
        yield from self._task_rules()
        yield from self._django_rules()
        yield from self._user_rules()
        yield from self._autoscaling_rules()
        delay = self.load_balancer.deregistration_delay_seconds
        if self.web.stop_timeout_seconds <= delay:
            what = f"{self.web.stop_timeout_seconds} is not above load_balancer.deregistration_delay_seconds {delay}"
            yield Problem("web.stop_timeout_seconds", what, "choose a longer timeout or a shorter delay")

    def _task_rules(self) -> Iterator[Problem]:
        for name in self.one_off_tasks or {}:
            if not _TASK.fullmatch(name):
                what = "is no name of a task"
                yield Problem(f"one_off_tasks[{show(name)}]", what, "use 2 to 24 of a-z, 0-9 and single hyphens")
            elif name in ("web", "worker", "beat"):
                yield Problem(f"one_off_tasks[{show(name)}]", "is a service", "choose another name")

    def _django_rules(self) -> Iterator[Problem]:
        yield from reserved_rules("runtime.variables", self.runtime.variables or {}, RESERVED)
        yield from reserved_rules("runtime.secrets", self.runtime.secrets or {}, RESERVED)
        if not _DOTTED.fullmatch(self.settings_module):
            what = f"{show(self.settings_module)} is no module"
            yield Problem("settings_module", what, 'write it as "config.settings.production"')
        elif self.settings_module.endswith((".local", ".test")):
            what = f"{self.settings_module} is for a developer's machine, without what protects a deployment"
            yield Problem("settings_module", what, 'use "config.settings.production"')
        for host in self.additional_allowed_hosts:
            if not rules.domain_name(host.removeprefix(".")):
                what = f"{show(host)} is no host"
                yield Problem(
                    "additional_allowed_hosts", what, 'write "www.example.com", or ".example.com" for all below'
                )

        size = sum(len(host) + 1 for host in self.additional_allowed_hosts)
        if size > LONGEST_HOSTS:
            what = f"take {size:,} of {LONGEST_HOSTS:,} characters"
            yield Problem("additional_allowed_hosts", what, 'write ".example.com" for all below')

    def _autoscaling_rules(self) -> Iterator[Problem]:
        scaling = self.worker.autoscaling if self.worker else None
        if not isinstance(scaling, WorkerAutoscalingInputs) or scaling.queue_length_per_task is None:
            return
        if self.beat is None:
            what = "beat publishes the length of the queue, and there is none"
            yield Problem("worker.autoscaling.queue_length_per_task", what, "add beat, or remove it")
        if self.cluster.container_insights == "disabled":
            what = "the number of workers is a metric of Container Insights"
            yield Problem("worker.autoscaling.queue_length_per_task", what, "enable cluster.container_insights")

    def _user_rules(self) -> Iterator[Problem]:
        for field in ("app_user", "migration_user"):
            yield from role_name(field, getattr(self, field))
        if self.app_user == self.migration_user:
            yield Problem("app_user", "is migration_user too", "choose two users, so that web cannot alter tables")
