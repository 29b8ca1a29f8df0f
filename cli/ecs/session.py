"""A task that is started to be entered by ECS Exec, and is stopped at the end, however that comes."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from botocore.exceptions import ClientError

from cli.ecs import plugin
from cli.ecs.task import TaskFailed, Tasks, reason_of
from cli.failure import tell

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import ContainerTypeDef

    from cli.ecs.network import Network

T = TypeVar("T")

READY_SECONDS = 300.0
# The agent says that it runs some seconds before Session Manager knows it.
CONNECTED_SECONDS = 60.0
_ROLE = "and a task_role_arn of your own must allow it, as docs/operate.md says"
_AGENT = "ExecuteCommandAgent"
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTask:
    """A task whose container can be entered."""

    cluster: str
    arn: str
    container: str
    runtime_id: str

    @property
    def target(self) -> str:
        """Its container, as Session Manager names it."""
        return plugin.target(self.cluster, self.arn, self.runtime_id)


@contextmanager
def open_task(tasks: Tasks, family: str, container: str, network: Network) -> Iterator[OpenTask]:
    """A new task of a family, once its agent of ECS Exec runs. It is stopped at the end. Raises TaskFailed."""
    arn = tasks.start(family, network, family=family, execute_command=True)
    try:
        runtime_id = _runtime_id(tasks, family, arn, container)
        yield OpenTask(cluster=tasks.cluster, arn=arn, container=container, runtime_id=runtime_id)
    finally:
        with _undisturbed():
            is_stopped = tasks.end(arn, "the session has ended")
        if not is_stopped:
            tell(f"{family}: task {arn.rpartition('/')[2]} could not be stopped: it ends by itself, or in ECS by hand")


def connected(call: Callable[[], T], poll_seconds: float) -> T:
    """What AWS answers to a call that opens a session, as soon as Session Manager knows the agent."""
    end = time.monotonic() + CONNECTED_SECONDS
    while True:
        try:
            return call()
        except ClientError as error:
            # ECS says TargetNotConnectedException, and Session Manager TargetNotConnected.
            if not error.response["Error"]["Code"].startswith("TargetNotConnected") or time.monotonic() > end:
                raise
        time.sleep(poll_seconds)


def _runtime_id(tasks: Tasks, family: str, arn: str, name: str) -> str:
    end = time.monotonic() + READY_SECONDS
    while time.monotonic() < end:
        # ECS may not know at once what it has started.
        for task in tasks.ecs.describe_tasks(cluster=tasks.cluster, tasks=[arn])["tasks"]:
            found: list[ContainerTypeDef] = [each for each in task.get("containers", ()) if each["name"] == name]
            if task["lastStatus"] == "STOPPED":
                raise TaskFailed(f"{family}: stopped before it could be entered: {reason_of(task, *found[:1])}")
            for container in found:
                for agent in (each for each in container.get("managedAgents", ()) if each["name"] == _AGENT):
                    if agent["lastStatus"] == "RUNNING" and "runtimeId" in container:
                        return container["runtimeId"]
                    if agent["lastStatus"] == "STOPPED":
                        what = f"{family}: its agent of ECS Exec stopped: {agent.get('reason', 'ECS gives no reason')}"
                        remedy = f"its subnets must reach ssmmessages, by a NAT or an interface endpoint, {_ROLE}"
                        raise TaskFailed(f"{what}: {remedy}")
        time.sleep(tasks.poll_seconds)
    raise TaskFailed(f"{family}: could not be entered within {READY_SECONDS / 60:.0f} minutes, and was stopped")


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Signals that end a command wait meanwhile: a terminal that is closed sends more than one."""
    received: list[int] = []
    # A mask would not do: Python handles in the main thread what any thread receives.
    ending = [number for number in _ENDING if signal.getsignal(number) is not signal.SIG_IGN]  # as nohup has SIGHUP
    handlers = {number: signal.signal(number, lambda number, _: received.append(number)) for number in ending}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    if received:
        raise KeyboardInterrupt
