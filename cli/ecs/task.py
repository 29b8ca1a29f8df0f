"""Runs a one-off task on Fargate, follows its log and answers its exit code."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from cli.ecs.definition import main_container
from cli.ecs.logs import Stream
from cli.text import one_line

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_ecs.type_defs import ContainerTypeDef, TaskOverrideTypeDef, TaskTypeDef
    from mypy_boto3_logs import CloudWatchLogsClient

    from cli.ecs.network import Network

POLL_SECONDS = 2.0
# How long ECS may not be asked before a task is left alone, and how long IAM may not know a role that was just made.
PATIENCE_SECONDS = 120.0
# Fargate takes a minute to start a task; what it runs may take longer, and ends by itself.
TIMEOUT_SECONDS = 3600.0


class TaskFailed(Exception):
    """A task that did not start, or whose container never ran. Its text is one line."""


class _NotInitialized(TaskFailed):
    """One that could not read its secrets or reach the registry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A task that has ended."""

    exit_code: int
    log_group: str
    log_stream: str


@dataclass(frozen=True, slots=True)
class Tasks:
    """Runs tasks in a cluster."""

    ecs: ECSClient
    logs: CloudWatchLogsClient
    cluster: str
    is_tagged: bool = False
    """Whether tasks get the tags of their definition: in a cluster that others share, a role may stop no other ones."""
    poll_seconds: float = POLL_SECONDS
    timeout_seconds: float = TIMEOUT_SECONDS
    patience_seconds: float = PATIENCE_SECONDS
    stop: threading.Event = field(default_factory=threading.Event)
    """Set it from another thread to stop the task that runs."""

    def run(
        self,
        definition: str,
        network: Network,
        *,
        command: Sequence[str] | None = None,
        is_alone: bool = False,
        on_line: Callable[[str], None] = lambda _line: None,
    ) -> Ended:
        """Run a task definition to its end, with another command where one is given.

        `definition` is its ARN, or a family, of which the latest runs. Each line of its log goes to `on_line`. An
        interrupt stops the task. `is_alone` refuses where one of the family runs. A task that cannot be initialized is
        tried once more: its role may have been made a moment ago. Raises TaskFailed.
        """
        found = self.ecs.describe_task_definition(taskDefinition=definition)["taskDefinition"]
        family = found["family"]
        if is_alone and (others := self._running(family)):
            raise TaskFailed(f"{family}: runs already, as task {others[0]}: wait until it has ended")
        name, options = (container := main_container(found))["name"], container["logConfiguration"]["options"]
        names = [*(each["name"] for each in found["containerDefinitions"] if each["name"] != name), name]
        first = [each["containerName"] for each in container.get("dependsOn", ()) if each["condition"] == "SUCCESS"]
        overrides: TaskOverrideTypeDef = {}
        if command is not None:
            overrides = {"containerOverrides": [{"name": name, "command": list(command)}]}

        def once() -> Ended:
            arn = self.start(found["taskDefinitionArn"], network, family=family, overrides=overrides)
            group, task_id = options["awslogs-group"], arn.rpartition("/")[2]
            streams = {each: f"{options['awslogs-stream-prefix']}/{each}/{task_id}" for each in names}
            log = _Log([Stream(self.logs, group, stream) for stream in streams.values()], on_line)
            last, exit_code = _exit_code(family, [*first, name], self._follow(family, arn, log))
            return Ended(exit_code=exit_code, log_group=group, log_stream=streams[last])

        try:
            return once()
        except _NotInitialized as error:
            on_line(f"{one_line(str(error), 200)}: trying once more")
            return once()

    def _running(self, family: str) -> list[str]:
        """The ids of the tasks of a family that run, or are about to."""
        arns = self.ecs.list_tasks(cluster=self.cluster, family=family, desiredStatus="RUNNING")["taskArns"]
        return [arn.rpartition("/")[2] for arn in arns]

    def start(
        self,
        definition: str,
        network: Network,
        *,
        family: str,
        overrides: TaskOverrideTypeDef | None = None,
        execute_command: bool = False,
    ) -> str:
        """The ARN of a new task, which runs until it ends or `end` stops it. Raises TaskFailed."""
        end = time.monotonic() + self.patience_seconds
        while True:
            try:
                answer = self.ecs.run_task(
                    cluster=self.cluster,
                    taskDefinition=definition,
                    launchType="FARGATE",
                    networkConfiguration=network.configuration(),
                    overrides=overrides or {},
                    enableExecuteCommand=execute_command,
                    propagateTags="TASK_DEFINITION" if self.is_tagged else "NONE",
                    # So that whoever looks at the cluster sees why it runs; neither spaces nor more than 128 are
                    # allowed.
                    startedBy=f"cli/{family}",
                )
            except ClientError as error:
                said = error.response["Error"].get("Message", str(error))
                # IAM is eventually consistent: ECS may not know yet a role that was made a moment ago.
                # https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
                if "assume the role" not in said or time.monotonic() > end or self.stop.wait(self.poll_seconds):
                    raise TaskFailed(f"{family}: ECS does not start it: {said}") from error
            else:
                for failure in answer["failures"]:
                    raise TaskFailed(f"{family}: ECS does not start it: {failure.get('reason', 'it gives no reason')}")
                return answer["tasks"][0]["taskArn"]

    def _follow(self, family: str, arn: str, log: _Log) -> TaskTypeDef:
        """The task when it has ended. An interrupt and its time-out stop it, and no error of those who look at it."""
        end = time.monotonic() + self.timeout_seconds
        asked = time.monotonic()
        ended: TaskTypeDef | None = None
        try:
            while time.monotonic() < end:
                log.read()
                if ended:
                    return ended
                try:
                    # ECS may not know at once what it has started.
                    tasks = self.ecs.describe_tasks(cluster=self.cluster, tasks=[arn])["tasks"]
                    asked = time.monotonic()
                except (BotoCoreError, ClientError) as error:
                    if time.monotonic() - asked > self.patience_seconds:
                        what = f"{family}: task {arn.rpartition('/')[2]} was started, and ECS cannot be asked for it"
                        raise TaskFailed(f"{what} ({error}): it may still run, so look at it in ECS") from error
                    tasks = []
                # The last lines arrive after the end, so the log is read once more.
                ended = next((task for task in tasks if task["lastStatus"] == "STOPPED"), None)
                if self.stop.wait(self.poll_seconds):
                    self.end(arn, "interrupted")
                    raise TaskFailed(f"{family}: was interrupted, and stopped")
        except KeyboardInterrupt:
            self.end(arn, "interrupted")
            raise
        self.end(arn, "it took too long")
        raise TaskFailed(f"{family}: has not ended in {self.timeout_seconds / 60:.0f} minutes, and was stopped")

    def end(self, arn: str, reason: str) -> bool:
        """Have ECS stop a task.

        Returns whether it does: an error of it is not raised, so that what happened first is told.
        """
        try:
            self.ecs.stop_task(cluster=self.cluster, task=arn, reason=reason)
        except (BotoCoreError, ClientError):
            return False
        return True


@dataclass(slots=True)
class _Log:
    """The log of a task, which is worth reading and not worth failing for."""

    streams: Sequence[Stream]
    on_line: Callable[[str], None]
    is_told: bool = False

    def read(self) -> None:
        try:
            for stream in self.streams:
                for line in stream.read():
                    self.on_line(line)
        except (BotoCoreError, ClientError) as error:
            if not self.is_told:
                self.on_line(f"Its log cannot be read: {one_line(str(error), 200)}")
            self.is_told = True


def reason_of(task: TaskTypeDef, container: ContainerTypeDef | None = None) -> str:
    """Why a task has stopped, as ECS says it."""
    of_container = container.get("reason") if container else None
    return of_container or task.get("stoppedReason") or "ECS gives no reason"


def _exit_code(family: str, names: Sequence[str], task: TaskTypeDef) -> tuple[str, int]:
    """The name and exit code of the container that ended the task: the main one, or one before it that failed.

    ECS stops sidecars with the main one, so that theirs says nothing.
    """
    # AWS may have put others beside them, as GuardDuty does.
    found = {each["name"]: each for each in task["containers"]}
    for name in names[:-1]:
        if exit_code := found.get(name, {}).get("exitCode"):
            return name, exit_code
    # A task that could not be started may have none.
    container: ContainerTypeDef = found.get(names[-1], {})
    if "exitCode" in container:
        return names[-1], container["exitCode"]
    # An image that cannot be pulled, a secret that cannot be read: the container never ran.
    reason = reason_of(task, container)
    # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html
    kind = _NotInitialized if reason.startswith("ResourceInitializationError") else TaskFailed
    raise kind(f"{family}: was stopped before it ran: {reason}")
