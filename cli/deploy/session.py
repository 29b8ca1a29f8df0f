"""What `console`, `psql` and `port-forward` have in common: a task of their own, and the plugin that reaches it."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cli.deploy.run import network_of, tasks_of
from cli.ecs import plugin
from cli.ecs.session import OpenTask, connected, open_task
from cli.ecs.task import TaskFailed
from cli.failure import Failure
from cli.rehearsal import is_rehearsal
from cli.terraform import environment as environments
from cli.text import one_line
from stacks.config.application_inputs import SESSION

if TYPE_CHECKING:
    import boto3

    from stacks.config.schema import Environment

DOCUMENT = "AWS-StartPortForwardingSessionToRemoteHost"
"""https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-sessions-start.html"""

OPENED_SECONDS = 60.0
_ENDED_SECONDS = 5.0
# What the plugin prints once the port is open.
_OPENED = "Waiting for connections"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A task that can be entered, of an environment, and AWS by these credentials."""

    environment: Environment
    aws: boto3.Session
    task: OpenTask
    poll_seconds: float

    def attend(self, command: str) -> int:
        """The exit code of the plugin, which has the terminal of a command in the container until that ends."""
        ecs, task = self.aws.client("ecs"), self.task
        answer = connected(
            lambda: ecs.execute_command(
                cluster=task.cluster, task=task.arn, container=task.container, command=command, interactive=True
            ),
            self.poll_seconds,
        )
        given = plugin.command(answer["session"], self.environment.region, {"Target": task.target})
        return attend(given)

    @contextmanager
    def forwarded(self, host: str, port: int, local_port: int) -> Iterator[subprocess.Popen[str]]:
        """The plugin, while a port of 127.0.0.1 leads to that of a host. Raises Failure where it cannot."""
        asked = {"host": [host], "portNumber": [str(port)], "localPortNumber": [str(local_port)]}
        ssm, target = self.aws.client("ssm"), self.task.target
        answer = connected(
            lambda: ssm.start_session(Target=target, DocumentName=DOCUMENT, Parameters=asked), self.poll_seconds
        )
        session = {name: answer[name] for name in ("SessionId", "TokenValue", "StreamUrl")}
        parameters = {"Target": target, "DocumentName": DOCUMENT, "Parameters": asked}
        with _quiet(plugin.command(session, self.environment.region, parameters)) as forwarding:
            forwarding.wait()
            yield forwarding.process


@contextmanager
def session(environment: Environment, verb: str) -> Iterator[Session]:
    """A session in a new task, which is stopped at the end. Raises Failure where there can be none."""
    require(environment, verb)
    aws = environments.session_of(environment)
    network, tasks = network_of(environment, aws), tasks_of(environment, aws)
    family = f"{environment.prefix}-{SESSION}"
    print(f"Starting {family}, which takes about a minute", file=sys.stderr)
    try:
        with open_task(tasks, family, SESSION, network) as task:
            yield Session(environment=environment, aws=aws, task=task, poll_seconds=tasks.poll_seconds)
    except TaskFailed as error:
        remedy = f"see the stopped tasks of the cluster {environment.cluster_name}, or deploy where `session` is new"
        raise Failure(f"{error}: {remedy}") from error


def lacking(environment: Environment) -> Iterator[str]:
    """What is to be added to an environment that has no sessions."""
    if environment.django_service.session is None:
        what = f"stacks/config/{environment.name}.py: django_service.session: is None"
        yield f"{what}: add session=SessionInputs() and deploy"


def require(environment: Environment, verb: str) -> None:
    """Raise Failure where the environment has no sessions, or the plugin is missing."""
    if is_rehearsal():
        raise Failure(f"{verb}: the local AWS has no ECS Exec: run a command by `make run`")
    for problem in lacking(environment):
        raise Failure(problem)
    plugin.require(verb)


def attend(argv: Sequence[str], variables: Mapping[str, str] | None = None) -> int:
    """The exit code of a program that has the terminal until it ends. Ctrl-C is for that program alone."""
    before = signal.signal(signal.SIGINT, _leave_it_to_the_program)  # which a program that is started does not inherit
    process = None
    try:
        process = subprocess.Popen(argv, env=variables)
        return process.wait()
    finally:
        if process:
            _end(process)
        signal.signal(signal.SIGINT, before)


def _leave_it_to_the_program(number: int, frame: object) -> None:
    del number, frame


@dataclass(slots=True)
class _Forwarding:
    """A plugin that forwards a port, and what it says."""

    process: subprocess.Popen[str]
    _lines: list[str] = field(default_factory=list)
    _said: threading.Event = field(default_factory=threading.Event)

    def read(self) -> None:
        """Read it to its end, so that it never waits for a reader."""
        for line in self.process.stdout or ():
            self._lines.append(line)
            if _OPENED in line:
                self._said.set()
        self._said.set()

    def wait(self) -> None:
        """Until the port is open. Raises Failure where it does not open."""
        is_told = self._said.wait(OPENED_SECONDS)
        if not any(_OPENED in line for line in self._lines):
            said = next((line for line in map(str.strip, reversed(self._lines)) if line), "nothing")
            what = "ended" if is_told else f"did not open the port within {OPENED_SECONDS:.0f} s"
            raise Failure(f"{plugin.PLUGIN} {what}: it said {one_line(said, 200)}: try again, or another PORT")


@contextmanager
def _quiet(argv: Sequence[str]) -> Iterator[_Forwarding]:
    """A plugin beside what has the terminal: in a session of its own, where no Ctrl-C reaches it."""
    process = subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    forwarding = _Forwarding(process)
    threading.Thread(target=forwarding.read, daemon=True).start()
    try:
        yield forwarding
    finally:
        _end(process)


def _end(process: subprocess.Popen[str] | subprocess.Popen[bytes]) -> None:
    """End a program that still runs."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_ENDED_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
