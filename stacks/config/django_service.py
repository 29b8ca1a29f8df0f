"""The Django application as data: its services, its tasks and what they share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field

from modules import rules
from modules.django_secret_key.inputs import DjangoSecretKeyInputs
from modules.ecs_cluster.inputs import EcsClusterInputs
from modules.efs_volume.inputs import EfsVolumeInputs
from modules.fargate_service.autoscaling_inputs import WorkerAutoscalingInputs
from modules.fargate_service.deployment_alarms_inputs import DeploymentAlarmsInputs
from modules.fargate_service.inputs import BeatInputs, WebInputs, WorkerInputs
from modules.load_balancer.inputs import LoadBalancerInputs
from modules.load_balancer.route_inputs import RouteInputs
from modules.one_off_task.inputs import OneOffTaskInputs
from modules.one_off_task.session_inputs import SessionInputs
from modules.postgresql.names import role_name
from modules.scheduled_task.inputs import JobSettingsInputs, ScheduleInputs
from modules.task_definition.environment import (
    LONGEST_BESIDE_OTHERS,
    LONGEST_ENVIRONMENT,
    LONGEST_TOKEN_SIDECAR,
    LONGEST_TWICE,
    environment_size,
    reserved_rules,
)
from modules.task_definition.image import ECR_REPOSITORY, EcrRepository, image_rules
from modules.task_definition.inputs import (
    LONGEST_ADDITION,
    IamStatementInputs,
    RuntimeInputs,
    secret_characters,
    statement_characters,
)
from modules.task_definition.sidecar_inputs import SidecarInputs
from modules.validation import Problem, inputs, show
from stacks.config.application_inputs import (
    INIT_DATABASE,
    MIGRATE,
    OF_PLATFORM,
    SESSION,
    ApplicationInputs,
    described,
    field_of,
    further_name_rules,
    job_task,
    settings_module_rules,
    task_name_rules,
    web_service,
    worker_service,
)
from stacks.config.build import ImageInputs
from stacks.config.database_inputs import Authentication
from stacks.config.names import OF_PASSWORDS, RESERVED, literal_rules
from stacks.config.routes import web_rules

ONE_OFF_TASKS: Mapping[str, OneOffTaskInputs] = {}
"""Environments of before added theirs to these, which are the application's now."""

# Of the 64 KiB of a task definition: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html
LONGEST_HOSTS = 2048
# Names below which anybody gets hosts.
_OF_EVERYBODY = (".cloudfront.net", ".amazonaws.com")
_FILLED_THERE = 'write it in variables of application.py, where "{{" and "}}" stand for braces'


@inputs
class DjangoServiceInputs:
    """The Django application: what all its tasks share, and each of its services."""

    web: WebInputs
    ecr_repository_url: str | None = None
    """`<account>.dkr.ecr.<region>.amazonaws.com/<name>`. The tag or digest is Terraform's variable image_tag."""
    image: ImageInputs | None = None
    """The image in another registry, in place of `ecr_repository_url`."""
    webs: Mapping[str, WebInputs | None] | None = None
    """The size of each further web that the application describes. None of one: it does not run here, and web gets its
    requests."""
    routes: Mapping[str, RouteInputs] | None = None
    """Routes that are others here than in the application, as their hosts may be."""
    worker: WorkerInputs | None = None
    """None: no worker."""
    workers: Mapping[str, WorkerInputs | None] | None = None
    """The further workers of the application, all of them by name. None for one: it does not run here."""
    beat: BeatInputs | None = None
    """None: no scheduler."""
    jobs: Mapping[str, JobSettingsInputs] | None = None
    """What jobs of the application have here, by their names, where that is more or other than the application says."""
    application: ApplicationInputs = field(default_factory=described)
    """What runs; by default the APPLICATION of application.py beside the environments."""
    one_off_tasks: Mapping[str, OneOffTaskInputs] | None = None
    """Beside those of the application; the same name replaces one of these."""
    session: SessionInputs | None = None
    """A task definition for `make console`, `make psql` and `make port-forward`, with ECS Exec and a root file system
    that its agent can write to; no service gets these. None: there are none of these verbs."""
    settings_module: str | None = None
    """None: that of the application."""
    additional_allowed_hosts: tuple[str, ...] = ()
    """Beside the name of the DNS record; a leading dot admits all names below."""
    database_authentication: Authentication | None = None
    """How tasks sign in to PostgreSQL here. None: as the application says."""
    psql_image: str = "public.ecr.aws/docker/library/postgres:17"
    """The image with psql 15 or later and a shell, in which init-database runs where the application brings none. Where
    no task reaches the internet it must be in ECR: a copy, or what a pull-through cache has pulled before.
    https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache.html"""
    password_version: int = 1
    """With authentication "password", a higher number draws new passwords and deploys them. The passwords are encrypted
    with postgresql.master_secret_kms_key_arn."""
    app_user: str = "app_user"
    """The PostgreSQL role of web, worker, beat and one-off tasks, made by init-database."""
    migration_user: str = "migrator"
    """The PostgreSQL role of migrate, made by init-database, which owns the tables."""
    volumes: Mapping[str, EfsVolumeInputs] | None = None
    """Directories of files that tasks share and that outlive them, by name."""
    wait_for_steady_state: bool = True
    """Whether Terraform waits until a deployment's tasks run, and fails where they were rolled back."""
    secret_key: DjangoSecretKeyInputs = DjangoSecretKeyInputs()
    runtime: RuntimeInputs = RuntimeInputs()
    deployment_alarms: DeploymentAlarmsInputs | None = None
    """Alarms on web and further webs at which their deployments are rolled back. They tell the topics of `alerts`,
    where there are any. None: only the circuit breaker, which asks whether new tasks become healthy."""
    cluster: EcsClusterInputs = EcsClusterInputs()
    load_balancer: LoadBalancerInputs = LoadBalancerInputs()

    @property
    def environment_room(self) -> int:
        """How many bytes of a task definition its variables and secrets may take."""
        if self.application.guard:
            return LONGEST_TWICE
        is_alone = self.application.database.brings_ca_bundle and self.application.image_declares_volumes
        room = LONGEST_ENVIRONMENT if is_alone else LONGEST_BESIDE_OTHERS
        return room - LONGEST_TOKEN_SIDECAR if self.has_token_file else room

    @property
    def authentication(self) -> Authentication:
        """How tasks sign in to PostgreSQL."""
        return self.database_authentication or self.application.database.authentication

    @property
    def has_token_file(self) -> bool:
        """Whether a sidecar keeps a token for what signs none itself."""
        return self.authentication == "iam" and self.application.database.token_file

    @property
    def has_database_url(self) -> bool:
        """Whether tasks find DATABASE_URL, and DATABASE_PASSWORD."""
        return self.authentication == "password" or self.has_token_file

    @property
    def tasks(self) -> dict[str, OneOffTaskInputs]:
        """All one-off tasks by name."""
        found = self.application.one_off_tasks
        if self.authentication == "secret" and self.application.init_database is None:
            del found[INIT_DATABASE]  # all sign in as the master user
        return {**found, **(self.one_off_tasks or {})}

    @property
    def runs_psql(self) -> bool:
        """Whether init-database is that of the platform."""
        is_own = self.application.init_database or INIT_DATABASE in (self.one_off_tasks or {})
        return INIT_DATABASE in self.tasks and not is_own

    @property
    def services(self) -> dict[str, WebInputs | WorkerInputs | BeatInputs]:
        """The services by name."""
        further = {worker_service(name): worker for name, worker in (self.workers or {}).items()}
        webs = {web_service(name): web for name, web in self.further_webs.items()}
        named = {"web": self.web, **webs, "worker": self.worker, **further, "beat": self.beat}
        return {name: service for name, service in named.items() if service}

    @property
    def further_webs(self) -> dict[str, WebInputs]:
        """The further webs that run here by name."""
        return {name: web for name, web in (self.webs or {}).items() if web}

    @property
    def all_routes(self) -> dict[str, RouteInputs]:
        """The routes of these, without those of which nobody has said any."""
        of_application = {name: web.route for name, web in (self.application.webs or {}).items()}
        found = {name: (self.routes or {}).get(name) or of_application.get(name) for name in self.further_webs}
        return {name: route for name, route in found.items() if route}

    @property
    def container_ports(self) -> set[int]:
        """The ports on which the load balancer reaches tasks."""
        return {web.container_port for web in (self.web, *self.further_webs.values())}

    @property
    def scheduled(self) -> dict[str, tuple[ScheduleInputs, bool]]:
        """The schedules of jobs by their names, each with whether it is on."""
        found = {}
        for name, job in (self.application.jobs or {}).items():
            settings = self.settings_of(name)
            if schedule := settings.schedule or job.schedule:
                found[name] = schedule, settings.enabled
        return found

    def settings_of(self, job: str) -> JobSettingsInputs:
        """What a job has here."""
        return (self.jobs or {}).get(job, JobSettingsInputs())

    @property
    def own(self) -> dict[str, WebInputs | WorkerInputs | BeatInputs | JobSettingsInputs]:
        """What services and jobs have of their own, by the names of their tasks."""
        return {**self.services, **{job_task(name): self.settings_of(name) for name in self.application.jobs or {}}}

    @property
    def sidecars(self) -> dict[str, SidecarInputs]:
        """Those of all services by the field that has them."""
        return {
            f"{field_of(name)}.sidecars[{index}]": each
            for name, service in self.services.items()
            for index, each in enumerate(service.sidecars)
        }

    @property
    def task_names(self) -> tuple[str, ...]:
        """All tasks of the application."""
        one_off = (name for name in self.tasks if name != INIT_DATABASE or not self.runs_psql)
        return (*self.services, *map(job_task, self.application.jobs or {}), *one_off, *self.session_tasks)

    @property
    def session_tasks(self) -> tuple[str, ...]:
        """The name of the task of sessions, where there is one."""
        return (SESSION,) if self.session else ()

    @property
    def has_scaling_schedules(self) -> bool:
        """Whether the bounds of a service move by a schedule."""
        return any(service.autoscaling and service.autoscaling.schedule for service in self.services.values())

    @property
    def has_scaling_alarms(self) -> bool:
        """Whether a worker scales by steps, of which each has an alarm."""
        scaled = (service.autoscaling for service in self.services.values())
        return any(isinstance(each, WorkerAutoscalingInputs) and (each.queue_steps or each.sleeps) for each in scaled)

    @property
    def file_systems(self) -> tuple[str, ...]:
        """The volumes, by name, of which each has another file system: several may be in one that exists."""
        volumes = self.volumes or {}
        return tuple({each.file_system_id or name: name for name, each in volumes.items()}.values())

    @property
    def makes_volumes(self) -> bool:
        """Whether some are in file systems of their own."""
        return any(each.file_system_id is None for each in (self.volumes or {}).values())

    @property
    def all_secrets(self) -> dict[str, str]:
        """The references that its tasks get, by the field that has them."""
        given = {"runtime": self.runtime.secrets, **{field_of(name): each.secrets for name, each in self.own.items()}}
        given |= {field: each.secrets for field, each in self.sidecars.items()}
        return {
            f"{field}.secrets[{show(name)}]": reference
            for field, secrets in given.items()
            for name, reference in (secrets or {}).items()
        }

    @property
    def all_iam_statements(self) -> tuple[IamStatementInputs, ...]:
        """What any of its tasks may do."""
        own = (statement for each in self.own.values() for statement in each.iam_statements)
        return (*self.runtime.iam_statements, *own)

    @property
    def first_task(self) -> str:
        """The first one-off task that runs as the application's user, or else migrate."""
        return next((name for name in self.tasks if name not in (INIT_DATABASE, MIGRATE)), MIGRATE)

    @property
    def django_settings_module(self) -> str:
        """DJANGO_SETTINGS_MODULE."""
        return self.settings_module or self.application.settings_module

    @property
    def reserved(self) -> frozenset[str]:
        """The names that the service sets, without what the application removes."""
        of_passwords = OF_PASSWORDS if self.has_database_url else ()
        return RESERVED.union(self.application.set_too, of_passwords) - self.application.removed

    @property
    def repository_url(self) -> str:
        """The repository that the tasks pull their image from, in ECR or elsewhere."""
        return self.image.repository if self.image else str(self.ecr_repository_url)

    @property
    def ecr_repository(self) -> EcrRepository | None:
        """That repository, where it is in ECR."""
        if self.ecr_repository_url is None:
            return None
        found = ECR_REPOSITORY.fullmatch(self.ecr_repository_url)
        if not found:
            raise ValueError(f"{self.ecr_repository_url} is not a repository of ECR, which the rules refuse")
        return EcrRepository(*found.groups())

    @property
    def ecr_repository_arn(self) -> str | None:
        """The ARN of that repository."""
        return self.ecr_repository.arn if self.ecr_repository else None

    @property
    def psql_repository(self) -> EcrRepository | None:
        """The repository of the image of psql; None where it is not in a private one of ECR."""
        return EcrRepository.of(self.psql_image) if self.runs_psql else None

    @property
    def third_repository_arns(self) -> list[str]:
        """The repositories of ECR that have images beside the application's."""
        repositories = (self.psql_repository, *(each.ecr_repository for each in self.sidecars.values()))
        return list(dict.fromkeys(repository.arn for repository in repositories if repository))

    def rules(self) -> Iterator[Problem]:
        yield from self._image_rules()
        yield from image_rules("psql_image", self.psql_image, "public.ecr.aws/docker/library/postgres:17")
        yield from self._task_rules()
        yield from self._django_rules()
        yield from self._user_rules()
        yield from self._own_rules()
        yield from self._autoscaling_rules()
        yield from self._volume_rules()
        yield from web_rules(self)
        delay = self.load_balancer.deregistration_delay_seconds
        for name, web in {
            "web": self.web,
            **{web_service(name): web for name, web in self.further_webs.items()},
        }.items():
            if web.stop_timeout_seconds <= delay:
                what = f"{web.stop_timeout_seconds} is not above load_balancer.deregistration_delay_seconds {delay}"
                remedy = "choose a longer timeout or a shorter delay"
                yield Problem(f"{field_of(name)}.stop_timeout_seconds", what, remedy)

    def _image_rules(self) -> Iterator[Problem]:
        if (self.ecr_repository_url is None) == (self.image is None):
            what = "and image are both given" if self.image else "is missing"
            yield Problem("ecr_repository_url", what, "name a repository of ECR by it, or one elsewhere by image")
            return
        found = ECR_REPOSITORY.fullmatch(self.ecr_repository_url or "")
        if self.image is None and (not found or not 2 <= len(found[3]) <= 256):
            what = f"{show(self.ecr_repository_url)} is no repository of ECR"
            yield Problem(
                "ecr_repository_url",
                what,
                "write it as 123456789012.dkr.ecr.us-east-1.amazonaws.com/name, with a name of 2 to 256 characters, "
                "and without https:// and tag",
            )

    def _task_rules(self) -> Iterator[Problem]:
        yield from task_name_rules("one_off_tasks", self.one_off_tasks or {})
        for name in ("worker", "beat"):
            inputs, process = getattr(self, name), getattr(self.application, name)
            if inputs and not inputs.command and not (process and (process.command or process.entry_point)):
                what = "has no command, and without one it would start what the image does"
                yield Problem(name, what, f"describe {name} in application.py, or remove it")
        yield from self._further_worker_rules()
        yield from self._job_rules()
        if self.session and SESSION in self.tasks:
            yield Problem(f"one_off_tasks[{show(SESSION)}]", "is the task of `make console`", "choose another name")
        for name in map(worker_service, self.workers or {}):
            if name in self.tasks:
                yield Problem(f"one_off_tasks[{show(name)}]", "is the service of a worker", "choose another name")
        for name in map(job_task, self.application.jobs or {}):
            if name in self.tasks:
                yield Problem(f"one_off_tasks[{show(name)}]", "is the task of a job", "choose another name")

    def _job_rules(self) -> Iterator[Problem]:
        for name, settings in (self.jobs or {}).items():
            if name not in (self.application.jobs or {}):
                what = "the application has no such job"
                yield Problem(f"jobs[{show(name)}]", what, "describe it in jobs of application.py, or remove it")
            elif not settings.enabled and name not in self.scheduled:
                yield Problem(f"jobs[{show(name)}].enabled", "the job has no schedule to turn off", "remove the line")

    def _further_worker_rules(self) -> Iterator[Problem]:
        described, sized = self.application.workers or {}, self.workers or {}
        for name in (each for each in sized if each not in described):
            what = "the application has no such worker"
            yield Problem(f"workers[{show(name)}]", what, "describe it in workers of application.py, or remove it")
        for name in (each for each in described if each not in sized):
            what = "is described by the application, and has no size here"
            yield Problem(f"workers[{show(name)}]", what, "add WorkerInputs, or None where it does not run here")

    def _django_rules(self) -> Iterator[Problem]:
        yield from reserved_rules("runtime.variables", self.runtime.variables or {}, self.reserved)
        yield from reserved_rules("runtime.secrets", self.runtime.secrets or {}, self.reserved)
        yield from literal_rules("runtime.variables", self.runtime.variables or {}, _FILLED_THERE)
        size = environment_size(self.runtime.variables or {}, self.runtime.secrets or {})
        if LONGEST_ENVIRONMENT >= size > self.environment_room:
            what = f"take {size:,} bytes with secrets, and beside what runs first there are {self.environment_room:,}"
            yield Problem("runtime.variables", what, "keep large values in S3 or in the image")
        yield from settings_module_rules(self.settings_module) if self.settings_module is not None else ()
        for host in self.additional_allowed_hosts:
            if not rules.domain_name(host.removeprefix(".")):
                what = f"{show(host)} is no host"
                yield Problem(
                    "additional_allowed_hosts", what, 'write "www.example.com", or ".example.com" for all below'
                )
            elif host.startswith(".") and host.endswith(_OF_EVERYBODY):
                what = f"{show(host)} has hosts of everybody, who would then choose the links in mails"
                yield Problem("additional_allowed_hosts", what, "name the host in full")
        size = sum(len(host) + 1 for host in self.additional_allowed_hosts)
        if size > LONGEST_HOSTS:
            what = f"take {size:,} of {LONGEST_HOSTS:,} characters"
            yield Problem("additional_allowed_hosts", what, 'write ".example.com" for all below')

    def _own_rules(self) -> Iterator[Problem]:
        """Of what a service has beside what all tasks have."""
        runtime, application = self.runtime, self.application
        for path, sidecar in self.sidecars.items():
            if sidecar.name in {*OF_PLATFORM, *self.services}:
                what = f"{show(sidecar.name)} is a service, or a container of the platform"
                yield Problem(f"{path}.name", what, "choose another name")
            yield from literal_rules(f"{path}.variables", sidecar.variables or {}, "write out what it is")
        for name, service in self.own.items():
            process, field = application.described.get(name), field_of(name)
            of_process = (process.variables if process else None) or {}
            reserved = self.reserved - {name for name, text in of_process.items() if text is None}
            yield from reserved_rules(f"{field}.variables", service.variables or {}, reserved)
            yield from reserved_rules(f"{field}.secrets", service.secrets or {}, reserved)
            yield from literal_rules(f"{field}.variables", service.variables or {}, _FILLED_THERE)
            if service.iam_statements and runtime.task_role_arn is not None:
                yield Problem(f"{field}.iam_statements", "have no effect on a task_role_arn", "add them to that role")
            variables = {**(application.variables or {}), **of_process, **(runtime.variables or {})}
            secrets = {**(runtime.secrets or {}), **(service.secrets or {})}
            sidecars = () if isinstance(service, JobSettingsInputs) else service.sidecars
            references = [*secrets.values(), *(arn for each in sidecars for arn in (each.secrets or {}).values())]
            repositories = {each.ecr_repository.arn for each in sidecars if each.ecr_repository}
            of_all = environment_size(runtime.variables or {}, runtime.secrets or {})
            plain = {each: text for each, text in {**variables, **(service.variables or {})}.items() if text}
            sizes = {
                "variables": (
                    environment_size(plain, secrets) + sum(each.definition_size for each in sidecars),
                    self.environment_room,
                    "keep large values in S3 or in the image",
                ),
                "iam_statements": (
                    statement_characters((*runtime.iam_statements, *service.iam_statements)),
                    LONGEST_ADDITION,
                    "name fewer resources, or more of them by one wildcard",
                ),
                "secrets": (
                    secret_characters(references, runtime.secret_kms_key_arns)
                    + sum(len(arn) + 3 for arn in repositories),
                    LONGEST_ADDITION,
                    "keep several values in one secret, each by its :json-key::",
                ),
            }
            if of_all > self.environment_room:
                del sizes["variables"]  # it has been said
            for place, (size, most, remedy) in sizes.items():
                if size > most:
                    what = f"take {size:,} of {most:,} characters with those of all tasks"
                    yield Problem(f"{field}.{place}", what, remedy)

    def _volume_rules(self) -> Iterator[Problem]:
        yield from further_name_rules("volumes", self.volumes or {})
        paths: dict[tuple[str, str], str] = {}
        for name, volume in (self.volumes or {}).items():
            field = f"volumes[{show(name)}]"
            yield from self.application.mount_rules(f"{field}.path", (volume.path,))
            if volume.path in self.application.writable_directories:
                what = f"{volume.path} is in writable_directories of the application, and lost with each task"
                yield Problem(f"{field}.path", what, "remove it there")
            for task in volume.mounted_by:
                if task not in self.task_names:
                    what = f"there is no task {show(task)} here"
                    yield Problem(f"{field}.mounted_by", what, f"use {', '.join(self.task_names)}")
                elif (other := paths.setdefault((task, volume.path), name)) != name:
                    what = f"{task} has {show(other)} at {volume.path}"
                    yield Problem(f"{field}.path", what, "choose another path")

    def _autoscaling_rules(self) -> Iterator[Problem]:
        for name, service in self.services.items():
            scaling = service.autoscaling
            if not isinstance(scaling, WorkerAutoscalingInputs):
                continue
            given = {
                "queue_length_per_task": (scaling.queue_length_per_task is not None, "set it to None", True),
                "queue_steps": (bool(scaling.queue_steps), "remove them", False),
                "min_count": (scaling.sleeps, "choose 1 or more, in its schedule too", True),
            }
            for place, (is_given, remedy, counts_workers) in given.items():
                if is_given:
                    path = f"{field_of(name)}.autoscaling.{place}"
                    yield from self._queue_rules(path, name, remedy, counts_workers=counts_workers)

    def _queue_rules(self, path: str, service: str, remedy: str, *, counts_workers: bool) -> Iterator[Problem]:
        """Of an input that scales a worker by its queue."""
        if self.application.queue_of(service) is None:
            yield Problem(path, "the application publishes the length of no queue", f"{remedy}, which leaves the CPU")
        elif self.beat is None:
            what = "beat publishes the length of the queue, and there is none"
            yield Problem(path, what, f"add beat, or {remedy}")
        if counts_workers and self.cluster.container_insights == "disabled":
            what = "the number of workers is a metric of Container Insights"
            yield Problem(path, what, "enable cluster.container_insights")

    def _user_rules(self) -> Iterator[Problem]:
        if not 1 <= self.password_version <= 1_000_000:
            yield Problem("password_version", f"got {show(self.password_version)}", "count up from 1")
        elif self.password_version != 1 and self.authentication != "password":
            what = f'has no effect with authentication "{self.authentication}", which draws none'
            yield Problem("password_version", what, "remove it")
        database = self.application.database
        if database.token_file and database.authentication != "iam" and self.database_authentication is None:
            what = f'has no effect with authentication "{self.authentication}"'
            yield Problem("application.database.token_file", what, 'add authentication="iam", or remove it')
        for user in ("app_user", "migration_user"):
            yield from role_name(user, getattr(self, user))
        if self.app_user == self.migration_user:
            yield Problem("app_user", "is migration_user too", "choose two users, so that web cannot alter tables")
