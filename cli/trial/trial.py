"""Starts the tasks of a django-service unit on this machine, one after the other, and checks what they do."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from cli.terraform.tree import Unit
from cli.trial import container, requests, servers, tasks, variables_read
from cli.trial.container import Kind, Running
from cli.trial.machine import Machine
from cli.trial.project import Project
from cli.trial.report import Report
from cli.trial.specification import Specification
from cli.trial.tasks import Container, HealthCheck, Target, Task
from cli.trial.values import HOSTNAME
from stacks.config.application_inputs import INIT_DATABASE, MIGRATE
from stacks.config.schema import Environment
from stacks.failure import Failure

ALIVE_SECONDS = 10.0
"""How long a worker or beat is watched."""
_TASK_SECONDS = 900.0
_SERVICES = ("web", "worker", "beat")
# libpq and OpenSSL read these themselves, and Python does not see it.
_NOT_SEEN = re.compile(r"PG[A-Z]+|SSL_CERT_\w+|TZ|LANG|LC_\w+")


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A project in an environment."""

    environment: Environment
    unit: Unit
    project: Project
    given: Mapping[str, str]
    """Values of secrets that only the account has, by the names of their variables."""
    readiness_path: str
    alive_seconds: float = ALIVE_SECONDS
    image: str = ""
    """What Docker runs of it; empty for processes of this machine."""

    def run(self, process: str | None, step: Callable[[str, str], None]) -> Report:
        """Start the tasks, or what comes before one process and that. Raises Failure where it cannot begin."""
        chosen, omitted = self._chosen(process)
        report = Report()
        with contextlib.ExitStack() as stack:
            temporary = tempfile.TemporaryDirectory(prefix="try-", ignore_cleanup_errors=True)
            directory = Path(stack.enter_context(temporary))
            directory.chmod(0o711)  # PostgreSQL runs as another user where this one is root
            machine = Machine(self.environment, self.unit, self.given, directory, report)
            chosen = [self._without_foreign(task, report) for task in chosen]
            machine.fill(chosen)
            step("servers", "starting PostgreSQL and Redis")
            stack.enter_context(machine.serving())
            (directory / "probe").mkdir()
            kind = replace(container.kind(directory / "probe"), image=self.image)
            if kind.reason and not kind.image:
                report.omit("all", "file system as in a container", kind.reason)
            for name in omitted:
                report.omit(name, "starts", f"PROCESS={name} starts it")
            tried_first = Tried(trial=self, machine=machine, kind=kind, report=report, task=chosen[-1])
            if self.project.collects_static_files and not kind.has_own_files:
                report.omit("image", "collectstatic", f"it would write to the project: {kind.reason}")
            elif self.project.collects_static_files:
                step("image", "collecting static files")
                tried_first.collect_static_files()
            for number, task in enumerate(chosen):
                step(task.name, "starting")
                tried = replace(tried_first, task=task)
                if not tried.run(partial(step, task.name)) and task.name in (INIT_DATABASE, MIGRATE):
                    for rest in chosen[number + 1 :]:
                        report.omit(rest.name, "starts", f"{task.name} failed")
                    break
            report.secrets = machine.secrets
        return report

    def _without_foreign(self, task: Task, report: Report) -> Task:
        foreign = task.foreign_sidecars
        for each in foreign:
            report.omit(task.name, f"container {each.name}", f"the image {each.image} is not on this machine")
        return replace(task, containers=tuple(each for each in task.containers if each not in foreign))

    def is_of_application(self, image: str) -> bool:
        """Whether an image is that of the project, and no other one."""
        web = tasks.read(self.unit).get("web")
        return image == (web.main.image if web else "${local.image}")

    def _chosen(self, process: str | None) -> tuple[list[Task], list[str]]:
        """The tasks in the order in which they start, and the names of those that do not."""
        found = tasks.read(self.unit)
        if process is not None and process not in found:
            meant = sorted(name for name in found if name.endswith(f"-{process}")) or sorted(found)
            raise Failure(f"PROCESS: there is no task {process}: choose {', '.join(meant)}")
        before = [name for name in (INIT_DATABASE, MIGRATE) if name in found]
        services = sorted(
            (name for name in found if found[name].is_service),
            key=lambda name: (*(kind != name.partition("-")[0] for kind in _SERVICES), name),
        )
        first = self.environment.django_service.first_task
        rest = [process] if process else [*([first] if first in found else []), *services]
        order = [*dict.fromkeys([*before, *rest])]
        return [found[name] for name in order], [] if process else sorted(found.keys() - set(order))


@dataclass(frozen=True, kw_only=True)
class Tried:
    """One task of a trial."""

    trial: Trial
    machine: Machine
    kind: Kind
    report: Report
    task: Task
    started: dict[str, Running] = field(default_factory=dict, init=False)
    """The containers so far, by their names."""

    def run(self, step: Callable[[str], None]) -> bool:
        """Start the containers of the task in their order, and check the last one."""
        with self.running(step) as main:
            if main is None:
                return False
            is_passed = self._serve(main, step) if self.task.is_service else self._finish(main)
            if is_passed:
                self._note_variables()
            else:
                self.report.logs[self.task.name] = main.last_lines()
        return is_passed

    @contextlib.contextmanager
    def running(self, step: Callable[[str], None]) -> Iterator[Running | None]:
        """The last container of the task, which starts after the others; None where one of them does not start."""
        self._make_volumes()
        with contextlib.ExitStack() as stack:
            for each in self.task.containers[:-1]:
                step(f"container {each.name}")
                if not self._goes_first(stack, each):
                    yield None
                    return
            program = self._program(self.task.main)
            if program is None:
                yield None
                return
            step("running")
            self.started[self.task.main.name] = main = stack.enter_context(self._started(self.task.main, program))
            yield main

    def _make_volumes(self) -> None:
        for volume in {mount.volume for each in self.task.containers for mount in each.mounts}:
            path = self._volumes / volume
            path.mkdir(parents=True, exist_ok=True)
            path.chmod(0o1777)

    @property
    def _directory(self) -> Path:
        return self.machine.directory / "tasks" / self.task.name

    @property
    def _volumes(self) -> Path:
        return self._directory / "volumes"

    def collect_static_files(self) -> None:
        """Do what the Dockerfile does by a step of its own, and have the result in all processes.

        With the variables of this task, of which an image knows less; a project that asks for others fails here too.
        """
        self._make_volumes()
        ask = "from django.conf import settings; print(settings.STATIC_ROOT or '')"
        with self._started(self.task.main, ("python", "-c", ask)) as running:
            code = running.wait(_TASK_SECONDS)
        root = (running.last_lines() or [""])[-1].strip()
        if code == 0 and root.startswith("/"):
            files = self.machine.directory / "static"
            files.mkdir()
            self.machine.static_files = {root: files}
            collect = (*self.trial.environment.django_service.application.manage, "collectstatic", "--noinput")
            with self._started(self.task.main, collect, is_build=True) as running:
                code = running.wait(_TASK_SECONDS)
        if not self.report.add("image", "collectstatic", _ended(code) if code != 0 else "", "exit code 0"):
            self.report.logs["image: collectstatic"] = running.last_lines()

    def _goes_first(self, stack: contextlib.ExitStack, each: Container) -> bool:
        """A container that another one waits for."""
        program = self._program(each)
        if program is None:
            return False
        conditions = {other.waits_for[each.name] for other in self.task.containers if each.name in other.waits_for}
        if not conditions & {"SUCCESS", "COMPLETE"}:
            self.started[each.name] = running = stack.enter_context(self._started(each, program))
            return "HEALTHY" not in conditions or self._becomes_healthy(each, running)
        with self._started(each, program) as running:
            self.started[each.name] = running
            code = running.wait(each.start_timeout_seconds)
        is_wrong = code is None or (code != 0 and "SUCCESS" in conditions)
        if not self.report.add(self.task.name, each.name, _ended(code) if is_wrong else "", "exit code 0"):
            self.report.logs[f"{self.task.name}: {each.name}"] = running.last_lines()
            return False
        self.machine.trust(self._volumes)
        return True

    def _program(self, each: Container) -> tuple[str, ...] | None:
        """What a container runs; None, with a row, where nothing here can."""
        project, name = self.trial.project, f"container {each.name}"
        if self.trial.is_of_application(each.image):
            program = project.program(project.image.program(each.entry_point, each.command))
            if not program:
                file = "its Dockerfile has no CMD" if project.has_dockerfile else f"{project.context} has no Dockerfile"
                self.report.add(self.task.name, name, f"has no command, and {file}: describe one in application.py")
            return program or None
        program = (*(each.entry_point or ()), *(each.command or ()))
        if program and (servers.tool(program[0])):
            return program
        self.report.omit(self.task.name, name, f"the image {each.image} is not on this machine")
        return None

    @contextlib.contextmanager
    def _started(self, each: Container, program: tuple[str, ...], *, is_build: bool = False) -> Iterator[Running]:
        project, filled = self.trial.project, self.machine.variables(self.task, each)
        here = self._directory / f"run-{len([*self._directory.glob('run-*')])}"
        home = here / "home"
        home.mkdir(parents=True)
        volumes = {mount.path: self._volumes / mount.volume for mount in each.mounts}
        around, shared, directory = {"HOME": str(home), **self.machine.surroundings}, [], home
        kind, files = self.kind, dict.fromkeys(project.image.rds_authorities, self.machine.authority.certificate)
        if self.trial.is_of_application(each.image):
            reads = self._directory / f"reads-{each.name}"
            if not reads.exists():
                variables_read.install(reads)
            variables = {**project.variables, **around, **filled}
            variables["PYTHONPATH"] = os.pathsep.join(filter(None, (str(reads), variables.get("PYTHONPATH"))))
            shared = [reads]
            volumes |= {path: files for path, files in self.machine.static_files.items() if path not in volumes}
            directory = Path(project.here(each.directory)) if each.directory else project.directory
            if kind.image:
                del variables["HOME"]  # it is that of the image's user
                files[around["SSL_CERT_FILE"]] = Path(around["SSL_CERT_FILE"])
        else:
            kind = replace(kind, image="")  # psql is a program of this machine
            tool = Path(servers.tool("psql") or "/usr/bin/psql")
            variables = {"PATH": f"{tool.parent}:{os.defpath}", **around, **filled}
        needed = (self.machine.directory, *project.needed)
        specification = Specification(
            working_directory=directory,
            is_read_only=each.is_read_only,
            volumes=volumes,
            read_only_volumes=[
                *(mount.path for mount in each.mounts if mount.is_read_only),
                *(() if is_build else self.machine.static_files),
            ],
            needed=[path for path in needed if any(Path(volume) in path.parents for volume in volumes)],
            files=files,
            shared=shared,
            memory_mib=self.task.memory_mib,
        )
        if not kind.has_own_files:
            # Volumes are then where they are on this machine. /tmp is there, and everyone's, as in a container.
            program = tuple(_placed(word, volumes) for word in program)
            variables = {name: _placed(value, volumes) for name, value in variables.items()}
        with container.started(here, kind, specification, program, variables) as running:
            yield running

    def _finish(self, main: Running) -> bool:
        """A task that ends by itself."""
        code = main.wait(_TASK_SECONDS)
        return self.report.add(self.task.name, "exit code", _ended(code) if code != 0 else "", "0")

    def _serve(self, main: Running, step: Callable[[str], None]) -> bool:
        """A task that goes on until it is told to end."""
        served, seconds = self.task.main, self.trial.alive_seconds
        if self.task.target and served.port:
            passed = self._ask(self.task.target, served.port, main, step)
        else:
            step(f"watched for {seconds:.0f} s")
            code = main.wait(seconds)
            passed = [self._add("is alive", "" if code is None else _ended(code), f"after {seconds:.0f} s")]
        if main.exit_code is None and served.health_check:
            step("asked by the container's check")
            passed.append(self.check(served.health_check))
        if main.exit_code is None:
            step("stopping")
            signal, timeout = self.trial.project.image.stop_signal, served.stop_timeout_seconds
            taken = main.stop(signal, timeout)
            wrong = "" if taken is not None else f"runs on after {timeout:.0f} s, and ECS kills it"
            passed.append(self._add(f"ends at {signal}", wrong, f"after {taken or 0:.1f} of {timeout:.0f} s"))
        return all(passed)

    def _ask(self, target: Target, port: int, main: Running, step: Callable[[str], None]) -> list[bool]:
        step("asked as by the load balancer")
        wrong = requests.as_load_balancer(port, target, self.machine.address, lambda: main.exit_code is None)
        if main.exit_code is not None:
            return [self._add("is alive", _ended(main.exit_code))]
        passed = [self._add(f"load balancer: GET {target.path}", wrong, f"in {target.matcher}")]
        if self.task.name != "web":
            return passed  # of a further web nobody knows which paths answer a visitor
        for what, path in {"visitor": "/", "readiness": self.trial.readiness_path}.items():
            step(f"asked for {path}")
            environment = self.trial.environment
            hostname = environment.hostname or HOSTNAME
            said, wrong = requests.as_visitor(
                port,
                path,
                hostname,
                only_success=what == "readiness",
                forwarded_proto=environment.forwarded_proto,
            )
            passed.append(self._add(f"{what}: GET https://{hostname}{path}", wrong, said))
        return passed

    def _becomes_healthy(self, each: Container, sidecar: Running) -> bool:
        """Whether a container that others wait for is healthy in time."""
        end, code = time.monotonic() + each.start_timeout_seconds, None
        while each.health_check and sidecar.exit_code is None and time.monotonic() < end:
            with self._started(each, self._checking(each.health_check)) as running:
                code = running.wait(each.health_check.timeout_seconds + 10)
            if code == 0:
                break
            sidecar.wait(1)
        wrong = "is not healthy" if sidecar.exit_code is None else _ended(sidecar.exit_code)
        if not self.report.add(self.task.name, each.name, "" if code == 0 else wrong, "healthy"):
            self.report.logs[f"{self.task.name}: {each.name}"] = sidecar.last_lines()
        return code == 0

    def _checking(self, check: HealthCheck) -> tuple[str, ...]:
        """The program of a health check, which runs in its container."""
        form, *words = map(self.machine.text, check.command)
        return self.trial.project.program(("/bin/sh", "-c", *words) if form == "CMD-SHELL" else tuple(words))

    def check(self, check: HealthCheck) -> bool:
        """The health check of the container that serves."""
        program = self._checking(check)
        # Starting Python takes longer where others use the processor too.
        with self._started(self.task.main, program) as running:
            code = running.wait(check.timeout_seconds + 10)
        is_passed = self._add("container check", _ended(code) if code != 0 else "", "exit code 0")
        if not is_passed:
            self.report.logs[f"{self.task.name}: container check"] = running.last_lines()
        return is_passed

    def _note_variables(self) -> None:
        directories = self._directory.glob("reads-*")
        read = frozenset[str]().union(*(variables_read.names(directory) for directory in directories))
        given = self.machine.variables(self.task, self.task.main)
        # One that is not Python reads nothing that is seen, and one that reads all at once may use any.
        if read and variables_read.AT_ONCE not in read:
            self.report.given |= {name for name in given if not _NOT_SEEN.fullmatch(name)}
        self.report.read |= given.keys() if variables_read.AT_ONCE in read else read

    def _add(self, check: str, wrong: str, said: str = "") -> bool:
        return self.report.add(self.task.name, check, wrong, said)


def _placed(text: str, volumes: Mapping[str, Path]) -> str:
    for path, directory in volumes.items():
        if path != "/tmp":
            text = re.sub(rf"(?<![\w/.-]){re.escape(path)}(?![\w.-])", str(directory), text)
    return text


def _ended(code: int | None) -> str:
    return "does not end" if code is None else f"ended with exit code {code}"
