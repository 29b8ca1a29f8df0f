"""Runs what ECS is asked for on the local AWS as processes of this machine, as `make try` does.

One process stands for all tasks of a service. Tasks have the ports of their containers on this machine, so that a
service's former process ends before the next one starts.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from graphlib import CycleError
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from cli.local_aws.containers import Addresses, RunningTask, TaskRequest
from cli.terraform.tree import Unit
from cli.text import one_line
from cli.trial import machine, requests, tasks
from cli.trial.container import Kind, Running
from cli.trial.project import Project
from cli.trial.report import Report
from cli.trial.tasks import Target, Task
from cli.trial.trial import Trial, Tried
from cli.trial.values import Unknown
from stacks.config.schema import Environment
from stacks.failure import Failure
from stacks.unit_names import DJANGO_SERVICE, REDIS

ADDRESSES = Addresses(servers="127.0.0.2", broker="127.0.0.3")
"""Other ones than 127.0.0.1, which may have a PostgreSQL and a Redis of its own on their ports."""
_LOOK_SECONDS = 0.2
_AGAIN_SECONDS = 2.0
_ALIVE_SECONDS = 5.0
"""How long a process must run that nothing asks."""


class _Stored:
    """The values of registered task definitions, in which only secrets are references."""

    def __init__(self, secrets_manager: Any, master: Mapping[str, str]) -> None:
        self._secrets_manager, self._master = secrets_manager, json.dumps(master)
        self.secrets: list[str] = [master["password"]]

    def text(self, text: str) -> str:
        return text

    def secret(self, name: str, value_from: str) -> str:
        # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
        parts = value_from.split(":")
        key, _, version = (*parts[7:], "", "", "")[:3]
        try:
            whole = self._master if ":secret:rds!" in value_from else self._whole(":".join(parts[:7]), version)
            value = str(json.loads(whole)[key]) if key else whole
        except (ClientError, ValueError, KeyError, TypeError):
            raise Unknown(f"{name} is a secret that only the account has") from None
        if key != "username":
            self.secrets.append(value)
        return value

    def _whole(self, arn: str, version: str) -> str:
        given = {"VersionId": version} if version else {}
        return str(self._secrets_manager.get_secret_value(SecretId=arn, **given)["SecretString"])


class Machine(machine.Machine):
    """What tasks find here: PostgreSQL and Redis are at the addresses that the local AWS answers."""

    host = host_address = ADDRESSES.servers
    broker_address = ADDRESSES.broker

    def __init__(
        self,
        environment: Environment,
        units: Mapping[str, Unit],
        given: Mapping[str, str],
        directory: Path,
        secrets_manager: Any,
    ) -> None:
        """`units` are by their roles, `given` values of secrets that only the account has."""
        super().__init__(environment, units[DJANGO_SERVICE], given, directory, Report())
        self._units = units
        self._postgresql_port = environment.postgresql.port
        self._redis_port = environment.redis.port if environment.redis else self._redis_port
        master = {"username": environment.postgresql.master_username, "password": self._password}
        self._values = _Stored(secrets_manager, master)

    @property
    def redis_user(self) -> str:
        redis = self._units.get(REDIS)
        users = redis.configuration["resource"].get("aws_elasticache_user", {}).values() if redis else ()
        return next((str(each["user_name"]) for each in users if each["user_name"] != "default"), "")


@dataclass(frozen=True, kw_only=True)
class _Deployed(Trial):
    def is_of_application(self, image: str) -> bool:
        repository = self.environment.django_service.repository_url
        return image.startswith((f"{repository}:", f"{repository}@"))


def deployed(environment: Environment, unit: Unit, project: Project, given: Mapping[str, str]) -> Trial:
    """A project of which the local AWS runs the image."""
    return _Deployed(environment=environment, unit=unit, project=project, given=given, readiness_path="/")


class Processes:
    """The processes of an environment: an engine of cli.local_aws.containers."""

    def __init__(
        self,
        trial: Trial,
        machine: Machine,
        kind: Kind,
        client: Callable[[str], Any],
        on_line: Callable[[str], None],
    ) -> None:
        """`client` is one of boto3 for the local AWS, by service. `on_line` gets what becomes of each service."""
        self.client, self.on_line = client, on_line
        self._trial, self._machine, self._kind = trial, machine, kind
        self._services: dict[str, _Process] = {}
        self._all: list[_Process] = []
        self._collecting = threading.Lock()
        self._is_collected = not trial.project.collects_static_files

    def tried(self, task: Task) -> Tried:
        """What starts the containers of a task."""
        return Tried(trial=self._trial, machine=self._machine, kind=self._kind, report=Report(), task=task)

    def collect_static_files(self, tried: Tried) -> None:
        """Do what the Dockerfile does, before the first task of the application."""
        with self._collecting:
            if self._is_collected or not self._trial.is_of_application(tried.task.main.image):
                return
            self._is_collected = True
            if not self._kind.command:
                self.on_line(f"collectstatic is not run, since it would write to the project: {self._kind.reason}")
                return
            tried.collect_static_files()
            for line in (line for lines in tried.report.logs.values() for line in lines):
                self.on_line(f"collectstatic: {line}")

    def start(self, request: TaskRequest, before: RunningTask | None = None) -> RunningTask | None:
        try:
            containers = tasks.ordered(request.containers)
        except (ValueError, KeyError, TypeError, AttributeError, CycleError):
            self.on_line(f"{request.name}: its task definition cannot be read, so that nothing of it runs")
            return None
        if request.command:
            containers = (*containers[:-1], replace(containers[-1], command=request.command))
        name = f"{request.name}-{uuid.uuid4().hex[:8]}"
        task = Task(name=name, containers=containers, is_service=request.is_service, target=self._target(request))
        for each in task.foreign_sidecars:
            self.on_line(f"{request.name}: container {each.name} does not run: {each.image} is not on this machine")
        own = tuple(each for each in containers if each not in task.foreign_sidecars)
        task, port = replace(task, containers=own), containers[-1].port
        if request.is_service and port and (other := self._other_at(port, request.name)):
            what = f"{request.name}: does not run here, and is said to: {other} has port {port}"
            self.on_line(f"{what}: give it another container_port to run both")
            return None
        started = _Process(self, request, task, before if isinstance(before, _Process) else None)
        self._all.append(started)
        if request.is_service:
            self._services[request.name] = started
        return started

    def ports(self) -> dict[str, int]:
        """Those of the services that are healthy, by the ARN of their target group."""
        healthy = [each for each in self._services.values() if each.is_healthy and each.is_running]
        return {each.request.target_group_arn: each.task.main.port for each in healthy if each.task.main.port}

    def stop(self) -> None:
        """End all, as ECS does."""
        for each in self._all:
            each.stop()
        for each in self._all:
            each.join()

    def _other_at(self, port: int, name: str) -> str:
        """The service whose port this is, where that is not `name`: that of web is web's, whoever comes first."""
        web = f"{self._trial.environment.prefix}-web"
        if name == web:
            return ""
        if port == self._trial.environment.django_service.web.container_port:
            return web
        running = (each for each in self._services.values() if each.is_running and each.task.main.port == port)
        return next((each.request.name for each in running if each.request.name != name), "")

    def _target(self, request: TaskRequest) -> Target | None:
        if not request.target_group_arn:
            return None
        found = self.client("elbv2").describe_target_groups(TargetGroupArns=[request.target_group_arn])
        (group,) = found["TargetGroups"]
        return Target(
            path=group["HealthCheckPath"],
            matcher=group["Matcher"]["HttpCode"],
            timeout_seconds=float(group["HealthCheckTimeoutSeconds"]),
            grace_seconds=request.grace_seconds,
        )


class _Process:
    """A task that was started: a thread that starts its containers and looks after them."""

    def __init__(self, processes: Processes, request: TaskRequest, task: Task, before: _Process | None) -> None:
        self.request, self.task, self.starts = request, task, 1
        self.is_healthy: bool | None = None
        self.exit_codes: dict[str, int | None] | None = None
        self.reason = ""
        self._processes, self._before = processes, before
        self._is_stopped = threading.Event()
        self._tried = processes.tried(task)
        self._log = _Log(processes.client("logs"), request, self._tried.started)
        self._thread = threading.Thread(target=self._run, name=task.name, daemon=True)
        self._thread.start()

    @property
    def is_running(self) -> bool:
        return self._thread.is_alive() and not self._is_stopped.is_set()

    def stop(self) -> None:
        self._is_stopped.set()

    def join(self) -> None:
        """Wait for its end."""
        self._thread.join()

    def _run(self) -> None:
        if self._before:
            self._before.join()
        try:
            if not self._is_stopped.is_set():
                self._tried.machine.fill([self.task])
                self._processes.collect_static_files(self._tried)
                self._live()
        except (Failure, OSError) as error:
            self.reason = one_line("; ".join(str(error).splitlines()), 300)
        self._say(is_healthy=False)
        self._log.ship()
        self.exit_codes = {name: each.exit_code for name, each in self._tried.started.items()}

    def _live(self) -> None:
        has_served = False
        while not self._is_stopped.is_set():
            with self._tried.running(lambda _said: None) as main:
                if main is None:
                    last = self._tried.report.rows[-1]
                    self.reason = f"{last.check}: {last.said}"
                elif not self.task.is_service:
                    self._wait(main)
                elif self._serves(main):
                    has_served = True
                    self._say(is_healthy=True)
                    self._wait(main)
            if not has_served or self._is_stopped.wait(_AGAIN_SECONDS):
                return
            self.starts += 1

    def _serves(self, main: Running) -> bool:
        """Whether it is healthy in time, as the load balancer and the container's own check see it."""
        target, served = self.task.target, self.task.main

        def is_alive() -> bool:
            self._log.ship()
            return main.exit_code is None and not self._is_stopped.is_set()

        wrong = ""
        if target and served.port:
            wrong = requests.as_load_balancer(served.port, target, self._tried.machine.address, is_alive)
        else:
            end = time.monotonic() + _ALIVE_SECONDS
            while is_alive() and time.monotonic() < end:
                self._is_stopped.wait(_LOOK_SECONDS)
        if main.exit_code is not None:
            wrong = f"ended with exit code {main.exit_code}"
        elif not wrong and served.health_check and not self._tried.check(served.health_check):
            wrong = "its container's check fails"
        self.reason = wrong
        return not wrong

    def _wait(self, main: Running) -> None:
        """Until it ends, or is to end."""
        while main.exit_code is None and not self._is_stopped.wait(_LOOK_SECONDS):
            self._log.ship()
        if main.exit_code is None:
            main.stop(self._tried.trial.project.image.stop_signal, self.task.main.stop_timeout_seconds)
        elif self.task.is_service:
            self.reason = f"ended with exit code {main.exit_code}"
            self._say(is_healthy=None)

    def _say(self, *, is_healthy: bool | None) -> None:
        self.is_healthy = is_healthy
        if self.task.is_service and not self._is_stopped.is_set():
            said = "is healthy" if is_healthy else f"is not healthy: {self.reason}"
            self._processes.on_line(f"{self.request.name}: {said}")


class _Log:
    """Brings what the containers of a task write to their log streams."""

    def __init__(self, client: Any, request: TaskRequest, started: Mapping[str, Running]) -> None:
        self._client, self._started = client, started
        self._streams: dict[str, tuple[str, str]] = {}
        for each in request.containers:
            options = (each.get("logConfiguration") or {}).get("options", {})
            if group := options.get("awslogs-group"):
                name = each["name"]
                self._streams[name] = group, f"{options['awslogs-stream-prefix']}/{name}/{request.task_id}"
        self._shipped: dict[Path, int] = {}

    def ship(self) -> None:
        """Bring what is new."""
        for name, running in [*self._started.items()]:
            written, shipped = running.log.read_bytes(), self._shipped.get(running.log, 0)
            whole = written[: len(written) if running.exit_code is not None else written.rfind(b"\n") + 1]
            self._shipped[running.log] = max(len(whole), shipped)
            lines = whole[shipped:].decode("utf-8", "replace").splitlines()
            if not lines or name not in self._streams:
                continue
            group, stream = self._streams[name]
            now = round(time.time() * 1000)
            events = [{"timestamp": now, "message": line} for line in lines if line]
            with contextlib.suppress(ClientError):
                self._client.create_log_stream(logGroupName=group, logStreamName=stream)
            with contextlib.suppress(ClientError):  # the group of a service that is being deleted is gone
                if events:
                    self._client.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)
