"""What the Django application is, the same in all environments: each of these says how much of it there runs."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Literal

from modules.load_balancer.inputs import path_rules
from modules.load_balancer.route_inputs import RouteInputs
from modules.one_off_task.inputs import OneOffTaskInputs
from modules.scheduled_task.inputs import ScheduleInputs
from modules.task_definition.command import command_rules
from modules.task_definition.container import DIRECTORIES
from modules.task_definition.directories import directory_rules
from modules.task_definition.fargate import size_rules, storage_rules
from modules.validation import InvalidInput, Problem, inputs, show
from stacks.config.build import BuildInputs
from stacks.config.database_inputs import DatabaseInputs
from stacks.config.health_inputs import HealthInputs
from stacks.config.names import OF_LIBPQ, OF_SERVERS, OF_TOKEN_FILE, variable_rules

INIT_DATABASE, MIGRATE, CHECK = "init-database", "migrate", "check"
"""The names of the one-off tasks that a deployment knows."""

SESSION = "session"
"""The name of the task that people enter."""

AUTHORITIES, GUARD = "authorities", "guard"
"""The names of the containers that run before that of a task, beside the one that opens volumes."""

TOKEN_FILE = "token-file"  # noqa: S105  (the name of a container)
"""The name of the sidecar that keeps a token of IAM in a file."""

OF_PLATFORM = (DIRECTORIES, AUTHORITIES, GUARD, TOKEN_FILE)
"""The names of all containers of the platform."""

AUTHORITIES_DIRECTORY, TOKEN_FILE_DIRECTORY = "/etc/rds-authorities", "/etc/token-file"
"""Where the platform mounts what it brings, unless the image has it or nobody asks for it."""

PACKAGE = "_environments"
"""The directory of the environments as a package, as long as one of its files is executed."""

_DOTTED = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*")
# The name of a role of IAM, <prefix>-<task>-execution, ends at 64 characters.
_TASK = re.compile(r"(?=.{2,24}\Z)[a-z](?:-?[a-z0-9])+")
# How resources end that the platform makes beside those of a process.
_OURS = ("-attached", "-execution", "-target", "-task")
_FURTHER = re.compile(r"(?=.{1,20}\Z)[a-z](?:-?[a-z0-9])*")
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/sticky-sessions.html
_LONGEST_STICKINESS = 604_800


def settings_module_rules(name: str) -> Iterator[Problem]:
    """The module of the settings with which the application is deployed."""
    if not _DOTTED.fullmatch(name):
        yield Problem("settings_module", f"{show(name)} is no module", 'write it as "config.settings.production"')
    elif name.endswith((".local", ".test")):
        what = f"{name} is for a developer's machine, without what protects a deployment"
        yield Problem("settings_module", what, 'use "config.settings.production"')


def task_name_rules(field: str, names: Mapping[str, object]) -> Iterator[Problem]:
    """The names of one-off tasks."""
    for name in names:
        if not _TASK.fullmatch(name):
            what = "is no name of a task"
            yield Problem(f"{field}[{show(name)}]", what, "use 2 to 24 of a-z, 0-9 and single hyphens")
        elif name in ("web", "worker", "beat"):
            yield Problem(f"{field}[{show(name)}]", "is a service", "choose another name")
        elif name in OF_PLATFORM:
            yield Problem(f"{field}[{show(name)}]", "is a container of the platform", "choose another name")


def web_service(name: str) -> str:
    """The name of a further web service."""
    return f"web-{name}"


def worker_service(name: str) -> str:
    """The name of the service of a further worker."""
    return f"worker-{name}"


def job_task(name: str) -> str:
    """The name of the task of a job."""
    return f"job-{name}"


def field_of(process: str) -> str:
    """The field in which a process is described, and sized: `worker`, or `workers['mail']` of `worker-mail`."""
    kind, hyphen, name = process.partition("-")
    return f"{kind}s[{show(name)}]" if hyphen else kind


def further_name_rules(field: str, names: Mapping[str, object]) -> Iterator[Problem]:
    """The names of what the application has several of."""
    for name in names:
        if not _FURTHER.fullmatch(name):
            remedy = "use 1 to 20 of a-z, 0-9 and single hyphens, a letter first"
            yield Problem(f"{field}[{show(name)}]", "is not a valid name", remedy)
        elif name.endswith(_OURS):
            yield Problem(f"{field}[{show(name)}]", "ends as resources of the platform do", "choose another end")


@inputs
class ProcessInputs:
    """A process of the application. Its size and count are those of each environment."""

    command: tuple[str, ...] | None = None
    """Program and arguments: `("celery", "--app", "shop", "worker")`. None: the CMD of the image."""
    entry_point: tuple[str, ...] | None = None
    """What runs the command. None: the ENTRYPOINT of the image. With one, the CMD of the image is not run."""
    variables: Mapping[str, str | None] | None = None
    """Variables of this process alone, as those of the application, which they replace."""

    def rules(self) -> Iterator[Problem]:
        yield from command_rules(self.command)
        yield from command_rules(self.entry_point, "entry_point")


@inputs
class FurtherWebInputs(ProcessInputs):
    """A process that serves HTTP beside web, to the requests of its route. Its service is named web-<name>."""

    route: RouteInputs | None = None
    """Which requests it gets; all others are for web. None: each environment says so in `routes`."""
    server: Literal["gunicorn", "uvicorn"] | None = None
    """What serves HTTP, as that of the application. None: the same as there."""
    health: HealthInputs | None = None
    """How the load balancer and ECS ask it. None: as web. A deployment asks web alone whether it is ready."""
    stickiness_seconds: int | None = None
    """How long a cookie of the load balancer keeps a visitor at one task, 1 to 604800. None: any task answers."""

    def rules(self) -> Iterator[Problem]:
        yield from ProcessInputs.rules(self)
        if self.health and self.health.readiness_path is not None:
            yield Problem("health.readiness_path", "has no effect: a deployment asks that of web", "remove it")
        seconds = self.stickiness_seconds
        if seconds is not None and not 1 <= seconds <= _LONGEST_STICKINESS:
            yield Problem("stickiness_seconds", f"got {show(seconds)}", f"choose 1 to {_LONGEST_STICKINESS}")


@inputs
class QueueWorkerInputs(ProcessInputs):
    """A further worker, such as one for a queue of its own."""

    published_queue: str | None = None
    """The queue by whose length it scales, published as that of the application is. None: it scales by load."""

    def rules(self) -> Iterator[Problem]:
        yield from ProcessInputs.rules(self)
        if not self.command and not self.entry_point:
            what = "is missing, and without one it would start what the image does"
            yield Problem("command", what, 'give it as ("celery", "--app", "shop", "worker", "--queues", "mail")')


@inputs
class JobInputs:
    """A process that starts by a schedule or by `make run`, and ends."""

    command: tuple[str, ...]
    """Program and arguments: `("python", "manage.py", "clearsessions")`."""
    entry_point: tuple[str, ...] | None = None
    """What runs the command. None: the ENTRYPOINT of the image."""
    cpu: int = 256
    memory_mib: int = 512
    ephemeral_storage_gib: int | None = None
    """The disk of a task, 21 to 200 GiB. None: the 20 GiB of Fargate, which cost nothing."""
    variables: Mapping[str, str | None] | None = None
    """Variables of this job alone, as those of the application, which they replace."""
    schedule: ScheduleInputs | None = None
    """When it starts, unless an environment says otherwise. None: by `make run` alone."""
    overlap: bool = True
    """Whether it starts while it still runs. False: a process of Django runs it that holds a lock in PostgreSQL, and
    ends with 1 at once where another has it. It takes as much memory as a shell of the project. As the guard, it is
    started by the ENTRYPOINT of the image, which must run what it is given; `entry_point` is for the command alone."""

    def rules(self) -> Iterator[Problem]:
        yield from command_rules(self.command)
        yield from command_rules(self.entry_point, "entry_point")
        yield from size_rules(self.cpu, self.memory_mib)
        yield from storage_rules(self.ephemeral_storage_gib)


# psql reads its statements from the first pipe, and passwords from the second, so that no list of processes shows any:
# printf is a part of the shell.
_APP, _MIGRATION = '"$DATABASE_APP_PASSWORD"', '"$DATABASE_MIGRATION_PASSWORD"'
_SCRIPT = (
    f"""printf %s "$STATEMENTS" | {{ printf '%s\\n' {_APP} {_APP} {_MIGRATION} {_MIGRATION} | psql --no-psqlrc """
    "--no-password --quiet --set ON_ERROR_STOP=1 --single-transaction --file /dev/fd/3; } 3<&0"
)
_PSQL = OneOffTaskInputs(command=("sh", "-c", _SCRIPT))


@inputs
class ApplicationInputs:
    """A Django project, as its Dockerfile and its settings have it."""

    settings_module: str
    """DJANGO_SETTINGS_MODULE, with which it is deployed."""
    manage: tuple[str, ...] = ("python", "manage.py")
    """What runs a command of Django in the image, from its WORKDIR: `("uv", "run", "manage.py")`."""
    build: BuildInputs | None = None
    """How `make deploy` and the workflow build the image. None: somebody else does."""
    web: ProcessInputs = ProcessInputs()
    """What serves HTTP."""
    webs: Mapping[str, FurtherWebInputs] | None = None
    """What serves HTTP beside it, each a service `web-<name>` of the size that each environment gives it."""
    worker: ProcessInputs | None = None
    """What works off the queue. None: no environment has a worker."""
    workers: Mapping[str, QueueWorkerInputs] | None = None
    """Further workers by name, each a service `worker-<name>` of the size that each environment gives it."""
    jobs: Mapping[str, JobInputs] | None = None
    """What starts by a schedule and ends, by name. Its task is `job-<name>`."""
    beat: ProcessInputs | None = None
    """The scheduler, of which there is one at most. None: no environment has one."""
    database: DatabaseInputs = DatabaseInputs()
    """How it signs in to PostgreSQL."""
    init_database: OneOffTaskInputs | None = None
    """A task of the project's own that makes the users of the database, as its master user. None: psql does."""
    release: OneOffTaskInputs | None = None
    """What a deployment runs before it replaces tasks, as the user who owns the tables. None: `manage.py migrate`."""
    tasks: Mapping[str, OneOffTaskInputs] | None = None
    """Further one-off tasks by name, as users of the application. None: check, `manage.py check --database default`."""
    health: HealthInputs = HealthInputs()
    """How one asks it whether it is alive and ready."""
    pages: tuple[str, ...] = ()
    """Paths that a deployment points at when it is over: `("/", "/admin/")`."""
    server: Literal["gunicorn", "uvicorn"] | None = "gunicorn"
    """What serves HTTP, which is given what it reads itself: its port, its workers, its log level and a keep-alive
    above the load balancer's idle timeout. Its command line has precedence. None: the project reads the platform's
    variables. https://gunicorn.org/configure and https://www.uvicorn.org/settings/"""
    variables: Mapping[str, str | None] | None = None
    """Variables of all tasks beside those that the platform sets: `{"POSTGRES_HOST": "{DATABASE_HOST}"}`. `{NAME}` is a
    value of the platform, all of which stacks/units/django_service/contract.py lists, alone or within a text, where
    braces are doubled. A secret stands alone: `{"SECRET_KEY": "{DJANGO_SECRET_KEY}"}`. None removes what the platform
    sets. `runtime.variables` of an environment replace them."""
    public_variables: tuple[str, ...] = ()
    """Names of `variables` that look like those of secrets, and whose values everybody may have."""
    writable_directories: tuple[str, ...] = ()
    """What tasks write to beside /tmp where their root file system is read-only: `("/srv/app/media",)`. Each is lost
    with its task."""
    published_queue: str | None = None
    """The queue whose length its beat publishes each minute, and by which workers scale: metric QueueLength of the
    namespace Django in CloudWatch, with the dimensions Environment and Queue. None: workers scale by load."""
    image_declares_volumes: bool = False
    """Whether the image declares these directories and /tmp as VOLUME, so that its user may write to them. False: a
    container of each task gives them to everybody before the application starts."""

    @property
    def processes(self) -> dict[str, ProcessInputs]:
        """All processes by name."""
        named = {"web": self.web, "worker": self.worker, "beat": self.beat}
        further = {
            **{web_service(name): web for name, web in (self.webs or {}).items()},
            **{worker_service(name): process for name, process in (self.workers or {}).items()},
        }
        return {**{name: process for name, process in named.items() if process}, **further}

    def queue_of(self, service: str) -> str | None:
        """The queue by whose length a worker may scale."""
        process = self.processes.get(service)
        return process.published_queue if isinstance(process, QueueWorkerInputs) else self.published_queue

    @property
    def described(self) -> dict[str, ProcessInputs | JobInputs]:
        """All processes and jobs by the names of their tasks."""
        return {**self.processes, **{job_task(name): job for name, job in (self.jobs or {}).items()}}

    @property
    def all_variables(self) -> dict[str, Mapping[str, str | None]]:
        """Those of the application, and of each process, by the field that has them."""
        of_processes = {f"{field_of(name)}.variables": each.variables or {} for name, each in self.described.items()}
        return {"variables": self.variables or {}, **of_processes}

    @property
    def set_too(self) -> tuple[str, ...]:
        """What the service sets beside what it sets for every application."""
        servers = (self.server, *(web.server for web in (self.webs or {}).values()))
        of_servers = dict.fromkeys(name for server in servers for name in OF_SERVERS[server])
        of_tokens = OF_TOKEN_FILE if self.database.token_file else ()
        return (*of_servers, *(() if self.database.brings_ca_bundle else OF_LIBPQ), *of_tokens)

    @property
    def removed(self) -> frozenset[str]:
        """What of the platform's variables all tasks are without."""
        return frozenset(name for name, text in (self.variables or {}).items() if text is None)

    guard: bool = True
    """Whether services, jobs and release start only after a container of the same image, environment and user has
    proved that the settings' default database is the PostgreSQL of the environment, and that DEBUG is off. False for
    settings that cannot fall back, or that reach the database by another address."""

    @property
    def one_off_tasks(self) -> dict[str, OneOffTaskInputs]:
        """All one-off tasks by name."""
        init = {INIT_DATABASE: self.init_database or _PSQL}
        release = self.release or OneOffTaskInputs(command=(*self.manage, "migrate", "--noinput"))
        checks = {CHECK: OneOffTaskInputs(command=(*self.manage, "check", "--database", "default"))}
        return {**init, MIGRATE: release, **(checks if self.tasks is None else self.tasks)}

    def rules(self) -> Iterator[Problem]:
        yield from settings_module_rules(self.settings_module)
        yield from command_rules(self.manage, "manage")
        yield from task_name_rules("tasks", self.tasks or {})
        yield from further_name_rules("webs", self.webs or {})
        yield from further_name_rules("workers", self.workers or {})
        yield from further_name_rules("jobs", self.jobs or {})
        for index, page in enumerate(self.pages):
            yield from path_rules(f"pages[{index}]", page)
        yield from directory_rules("writable_directories", self.writable_directories)
        yield from self.mount_rules("writable_directories", self.writable_directories)
        for field, variables in self.all_variables.items():
            if self.database.token_file and variables.get(file := OF_TOKEN_FILE[0], "") is None:
                what = "names the file of the token, without which nobody signs in"
                yield Problem(f"{field}[{show(file)}]", what, "remove the line")
            own = () if field == "variables" else self.variables or {}
            yield from variable_rules(
                field,
                variables,
                set_too=self.set_too,
                removable=own,
                public=self.public_variables,
            )

    def mount_rules(self, field: str, paths: Iterable[str]) -> Iterator[Problem]:
        """Of two directories one within the other, ECS does not say which one hides the other."""
        mounted = {
            AUTHORITIES_DIRECTORY: not self.database.brings_ca_bundle,
            TOKEN_FILE_DIRECTORY: self.database.token_file,
        }
        for directory in (PurePosixPath(path) for path, is_mounted in mounted.items() if is_mounted):
            for path in map(PurePosixPath, paths):
                if path.is_relative_to(directory) or directory.is_relative_to(path):
                    what = f"{path} overlaps with {directory} of the platform"
                    yield Problem(field, what, "choose another directory")


def described() -> ApplicationInputs:
    """The application that application.py describes, beside the environments of which one is being read."""
    module = f"{PACKAGE if PACKAGE in sys.modules else 'stacks.config'}.application"
    try:
        found = getattr(importlib.import_module(module), "APPLICATION", None)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        what = "there is no application.py beside it"
        raise InvalidInput("application", what, "describe the application there") from None
    if not isinstance(found, ApplicationInputs):
        what = "there is no APPLICATION" if found is None else "APPLICATION is no ApplicationInputs"
        raise InvalidInput("application.py", what, "write APPLICATION = ApplicationInputs(...)")
    return found
