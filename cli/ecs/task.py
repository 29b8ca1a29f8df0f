"""Runs a one-off task on Fargate, follows its log and answers its exit code."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from cli.ecs.logs import Stream

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_ecs.type_defs import TaskOverrideTypeDef, TaskTypeDef
    from mypy_boto3_logs import CloudWatchLogsClient

    from cli.ecs.network import Network

POLL_SECONDS = 2.0
# Fargate takes a minute to start a task; what it runs may take longer, and ends by itself.
TIMEOUT_SECONDS = 3600.0


class TaskFailed(Exception):
    """A task that did not start, or whose container never ran. Its text is one line."""


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
    poll_seconds: float = POLL_SECONDS
    timeout_seconds: float = TIMEOUT_SECONDS
    stop: threading.Event = field(default_factory=threading.Event)
    """Set it from another thread to stop the task that runs."""

    def run(
        self,
        family: str,
        network: Network,
        *,
        command: Sequence[str] | None = None,
        is_alone: bool = False,
        on_line: Callable[[str], None] = lambda _line: None,
    ) -> Ended:
        """Run the latest task definition of a family to its end, with another command where one is given.

        Each line of its log goes to `on_line`. An interrupt stops the task. `is_alone` refuses where one of the family
        runs. Raises TaskFailed.
        """
        if is_alone and (others := self._running(family)):
            raise TaskFailed(f"{family}: runs already, as task {others[0]}: wait until it has ended")
        definition = self.ecs.describe_task_definition(taskDefinition=family)["taskDefinition"]
        (container,) = definition["containerDefinitions"]
        name, options = container["name"], container["logConfiguration"]["options"]
        overrides: TaskOverrideTypeDef = {}
        if command is not None:
            overrides = {"containerOverrides": [{"name": name, "command": list(command)}]}
        answer = self.ecs.run_task(
            cluster=self.cluster,
            taskDefinition=definition["taskDefinitionArn"],
            launchType="FARGATE",
            networkConfiguration=network.configuration(),
            overrides=overrides,
            # So that whoever looks at the cluster sees why it runs; neither spaces nor more than 128 are allowed.
            startedBy=f"cli/{family}",
        )
        for failure in answer["failures"]:
            raise TaskFailed(f"{family}: ECS does not start it: {failure.get('reason', 'it gives no reason')}")
        arn = answer["tasks"][0]["taskArn"]
        stream = f"{options['awslogs-stream-prefix']}/{name}/{arn.rpartition('/')[2]}"
        group = options["awslogs-group"]
        try:
            task = self._follow(family, arn, Stream(self.logs, group, stream), on_line)
        except BaseException:
            with contextlib.suppress(BotoCoreError, ClientError):  # what happened first is told
                self.ecs.stop_task(cluster=self.cluster, task=arn, reason="interrupted")
            raise
        return Ended(exit_code=_exit_code(family, name, task), log_group=group, log_stream=stream)

    def _running(self, family: str) -> list[str]:
        """The ids of the tasks of a family that run, or are about to."""
        arns = self.ecs.list_tasks(cluster=self.cluster, family=family, desiredStatus="RUNNING")["taskArns"]
        return [arn.rpartition("/")[2] for arn in arns]

    def _follow(self, family: str, arn: str, stream: Stream, on_line: Callable[[str], None]) -> TaskTypeDef:
        end = time.monotonic() + self.timeout_seconds
        ended: TaskTypeDef | None = None
        while time.monotonic() < end:
            # ECS may not know at once what it has started.
            tasks = self.ecs.describe_tasks(cluster=self.cluster, tasks=[arn])["tasks"]
            for line in stream.read():
                on_line(line)
            if ended:
                return ended
            # The last lines arrive after the end, so they are read once more.
            ended = next((task for task in tasks if task["lastStatus"] == "STOPPED"), None)
            if self.stop.wait(self.poll_seconds):
                raise TaskFailed(f"{family}: was interrupted, and stopped")
        raise TaskFailed(f"{family}: has not ended in {self.timeout_seconds:.0f} s, and was stopped")


def _exit_code(family: str, name: str, task: TaskTypeDef) -> int:
    # AWS may have put others beside it, as GuardDuty does.
    container = next(container for container in task["containers"] if container["name"] == name)
    if "exitCode" in container:
        return container["exitCode"]
    # An image that cannot be pulled, a secret that cannot be read: the container never ran.
    reason = container.get("reason") or task.get("stoppedReason") or "ECS gives no reason"
    raise TaskFailed(f"{family}: was stopped before it ran: {reason}")
