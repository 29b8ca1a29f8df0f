"""A one-off task is run to its end, with its log and its exit code, and is never left running by an interrupt."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cli.ecs.network import Network
from cli.ecs.task import TaskFailed, Tasks
from tests.cli.ecs.cluster import LOG, MIGRATE, PREFIX, Cluster

pytestmark = pytest.mark.thorough


def test_its_exit_code_its_lines_and_the_place_of_its_log_are_told(cluster: Cluster) -> None:
    cluster.register(MIGRATE)
    cluster.aws.ecs.exit_codes[MIGRATE] = 3
    cluster.aws.ecs.logs[MIGRATE] = ["Applying 0001... OK", "Applying 0002... failed"]
    lines: list[str] = []
    ended = cluster.tasks.run(MIGRATE, cluster.network, on_line=lines.append)
    assert ended.exit_code == 3
    assert lines == ["Applying 0001... OK", "Applying 0002... failed"]
    read = cluster.logs.get_log_events(logGroupName=ended.log_group, logStreamName=ended.log_stream)
    assert [event["message"] for event in read["events"]] == lines
    assert ended.log_group == LOG


def test_a_container_that_runs_before_ends_the_task_where_it_fails(cluster: Cluster) -> None:
    cluster.register(MIGRATE, first="guard")
    cluster.aws.ecs.exit_codes[f"{MIGRATE}/guard"] = 1
    cluster.aws.ecs.logs[f"{MIGRATE}/guard"] = ["guard: DEBUG is on"]
    lines: list[str] = []
    ended = cluster.tasks.run(MIGRATE, cluster.network, on_line=lines.append)
    assert (ended.exit_code, lines) == (1, ["guard: DEBUG is on"])
    assert "/guard/" in ended.log_stream


def test_a_container_that_ran_before_leaves_the_exit_code_to_the_main_one(cluster: Cluster) -> None:
    cluster.register(MIGRATE, first="guard")
    cluster.aws.ecs.exit_codes[MIGRATE] = 3
    cluster.aws.ecs.logs |= {MIGRATE: ["migrated"], f"{MIGRATE}/guard": ["guarded"]}
    lines: list[str] = []
    ended = cluster.tasks.run(MIGRATE, cluster.network, on_line=lines.append)
    assert (ended.exit_code, lines) == (3, ["guarded", "migrated"])
    assert "/migrate/" in ended.log_stream


def test_a_sidecar_that_ecs_kills_with_the_task_says_nothing_of_it(cluster: Cluster) -> None:
    cluster.register(MIGRATE, first="guard", sidecar="agent")
    cluster.aws.ecs.logs[f"{MIGRATE}/agent"] = ["sent"]
    lines: list[str] = []
    ended = cluster.tasks.run(MIGRATE, cluster.network, on_line=lines.append)
    (arn,) = cluster.ecs.list_tasks(cluster=PREFIX, family=MIGRATE, desiredStatus="STOPPED")["taskArns"]
    (task,) = cluster.ecs.describe_tasks(cluster=PREFIX, tasks=[arn])["tasks"]
    assert {each["name"]: each["exitCode"] for each in task["containers"]} == {"migrate": 0, "guard": 0, "agent": 137}
    assert (ended.exit_code, lines) == (0, ["sent"])
    assert "/migrate/" in ended.log_stream


def test_the_newest_task_definition_runs_with_the_command_that_is_given(cluster: Cluster) -> None:
    cluster.register(MIGRATE)
    newest = cluster.register(MIGRATE, "2.0.0")
    cluster.tasks.run(MIGRATE, cluster.network, command=("python", "manage.py", "check"))
    (run,) = cluster.aws.ecs.runs
    assert (run.task_definition, run.command) == (newest, ("python", "manage.py", "check"))


def test_a_container_that_never_ran_is_told_with_the_reason(cluster: Cluster) -> None:
    cluster.register(MIGRATE)
    cluster.aws.ecs.cannot_start[MIGRATE] = "CannotPullContainerError: no such image"
    with pytest.raises(TaskFailed, match=f"{MIGRATE}: was stopped before it ran: CannotPullContainerError"):
        cluster.tasks.run(MIGRATE, cluster.network)


def test_one_that_runs_already_is_not_run_beside_itself(cluster: Cluster) -> None:
    arn = cluster.register(MIGRATE)
    given = {"networkConfiguration": cluster.network.configuration(), "launchType": "FARGATE"}
    other = cluster.ecs.run_task(cluster=PREFIX, taskDefinition=arn, **given)["tasks"][0]["taskArn"]
    with pytest.raises(TaskFailed, match=f"runs already, as task {other.rpartition('/')[2]}: wait"):
        cluster.tasks.run(MIGRATE, cluster.network, is_alone=True)
    assert len(cluster.aws.ecs.runs) == 1


def test_a_task_definition_that_is_not_the_latest_runs_where_it_is_named(cluster: Cluster) -> None:
    named = cluster.register(MIGRATE)
    cluster.register(MIGRATE, "2.0.0")
    cluster.tasks.run(named, cluster.network, is_alone=True)
    assert [run.task_definition for run in cluster.aws.ecs.runs] == [named]


def test_an_interrupt_from_another_thread_stops_it(cluster: Cluster) -> None:
    cluster.register(MIGRATE)
    cluster.tasks.stop.set()
    with pytest.raises(TaskFailed, match="was interrupted, and stopped"):
        cluster.tasks.run(MIGRATE, cluster.network)
    assert stopped_because(cluster) == "interrupted"


def test_control_c_stops_it(cluster: Cluster) -> None:
    cluster.register(MIGRATE)
    cluster.aws.ecs.logs[MIGRATE] = ["Applying 0001..."]

    def interrupt(line: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cluster.tasks.run(MIGRATE, cluster.network, on_line=interrupt)
    assert stopped_because(cluster) == "interrupted"


def test_one_that_does_not_end_is_stopped(cluster: Cluster) -> None:
    cluster.register(MIGRATE)
    with pytest.raises(TaskFailed, match="has not ended in 0 minutes, and was stopped"):
        replace(cluster.tasks, timeout_seconds=0).run(MIGRATE, cluster.network)
    assert stopped_because(cluster) == "it took too long"


def stopped_because(cluster: Cluster) -> str:
    (arn,) = cluster.ecs.list_tasks(cluster=PREFIX, family=MIGRATE, desiredStatus="STOPPED")["taskArns"]
    (task,) = cluster.ecs.describe_tasks(cluster=PREFIX, tasks=[arn])["tasks"]
    return str(task["stoppedReason"])


class Ecs:
    """ECS in words that a test gives: what each description of the task answers."""

    def __init__(
        self,
        *descriptions: list[dict[str, Any]] | ClientError,
        failures: list[dict[str, str]] | None = None,
        refusals: Sequence[str] = (),
    ) -> None:
        self.descriptions = list(descriptions)
        self.failures = failures or []
        self.refusals = list(refusals)
        self.asked: dict[str, Any] = {}
        self.started = 0
        self.stopped = False

    def describe_task_definition(self, **_: Any) -> Any:
        log = {"options": {"awslogs-group": LOG, "awslogs-stream-prefix": "ecs"}}
        container = {"name": "migrate", "logConfiguration": log}
        return {"taskDefinition": {"taskDefinitionArn": "arn", "family": MIGRATE, "containerDefinitions": [container]}}

    def run_task(self, **asked: Any) -> Any:
        self.asked = asked
        if self.refusals:
            raise refused(self.refusals.pop(0))
        self.started += 1
        return {"failures": self.failures, "tasks": [] if self.failures else [{"taskArn": "arn:task/1"}]}

    def describe_tasks(self, **_: Any) -> Any:
        found = self.descriptions.pop(0) if len(self.descriptions) > 1 else self.descriptions[0]
        if isinstance(found, ClientError):
            raise found
        return {"tasks": found}

    def stop_task(self, **_: Any) -> None:
        self.stopped = True


def refused(message: str) -> ClientError:
    return ClientError({"Error": {"Code": "ClientException", "Message": message}}, "RunTask")


class Logs:
    """A log of which a line comes at each reading."""

    def __init__(self, *lines: str) -> None:
        self.lines = list(lines)
        self.read_to = ""
        self.exceptions = SimpleNamespace(ResourceNotFoundException=KeyError)

    def get_log_events(self, **asked: Any) -> Any:
        token = str(len(self.lines))
        if not self.lines or asked.get("nextToken") == token != self.read_to:
            self.read_to = token
            return {"events": [], "nextForwardToken": token}
        line = self.lines.pop(0)
        return {"events": [{"message": line}], "nextForwardToken": str(len(self.lines))}


def stopped(*containers: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"lastStatus": "STOPPED", "containers": list(containers)}]


NETWORK = Network(subnet_ids=("subnet-1",), security_group_ids=("sg-1",))
OURS = {"name": "migrate", "exitCode": 5}


def tasks(ecs: Ecs, logs: Logs | None = None, patience: float = 10) -> Tasks:
    return Tasks(ecs, logs or Logs(), "cluster", poll_seconds=0, patience_seconds=patience)  # type: ignore[arg-type]


def test_what_aws_puts_beside_the_container_has_no_say_in_the_exit_code() -> None:
    ecs = Ecs(stopped({"name": "aws-guardduty-agent", "exitCode": 137}, OURS))
    assert tasks(ecs).run(MIGRATE, NETWORK).exit_code == 5


def test_ecs_may_not_know_at_once_what_it_has_started() -> None:
    assert tasks(Ecs([], [], stopped(OURS))).run(MIGRATE, NETWORK).exit_code == 5


def test_lines_that_come_after_the_end_are_read() -> None:
    lines: list[str] = []
    tasks(Ecs(stopped(OURS)), Logs("first", "last")).run(MIGRATE, NETWORK, on_line=lines.append)
    assert lines == ["first", "last"]


def test_what_ecs_does_not_start_is_told_with_its_reason() -> None:
    with pytest.raises(TaskFailed, match="ECS does not start it: RESOURCE:ENI"):
        tasks(Ecs([], failures=[{"reason": "RESOURCE:ENI"}])).run(MIGRATE, NETWORK)


def test_who_started_it_is_written_as_ecs_allows() -> None:
    ecs = Ecs(stopped(OURS))
    tasks(ecs).run(MIGRATE, NETWORK)
    # https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html
    assert re.fullmatch(r"[A-Za-z0-9/_-]{1,128}", ecs.asked["startedBy"])
    assert ecs.asked["networkConfiguration"]["awsvpcConfiguration"]["assignPublicIp"] == "DISABLED"


@pytest.mark.parametrize(("is_tagged", "propagated"), [(True, "TASK_DEFINITION"), (False, "NONE")])
def test_in_a_cluster_that_others_share_it_is_known_by_its_tags(is_tagged: bool, propagated: str) -> None:
    ecs = Ecs(stopped(OURS))
    replace(tasks(ecs), is_tagged=is_tagged).run(MIGRATE, NETWORK)
    assert ecs.asked["propagateTags"] == propagated


NEW_ROLE = "ECS was unable to assume the role 'arn:aws:iam::1:role/x' that was provided for this task."


def test_a_role_that_iam_has_just_made_is_waited_for() -> None:
    assert tasks(Ecs(stopped(OURS), refusals=[NEW_ROLE, NEW_ROLE])).run(MIGRATE, NETWORK).exit_code == 5


@pytest.mark.parametrize(("said", "patience"), [(NEW_ROLE, -1), ("You may not.", 10)])
def test_whatever_else_ecs_refuses_is_told(said: str, patience: float) -> None:
    with pytest.raises(TaskFailed, match=f"ECS does not start it: {re.escape(said)}"):
        tasks(Ecs(stopped(OURS), refusals=[said]), patience=patience).run(MIGRATE, NETWORK)


NEVER_RAN = {"name": "migrate"}
NO_SECRET = "ResourceInitializationError: unable to pull secrets or registry auth: AccessDeniedException"


def not_started(reason: str) -> list[dict[str, Any]]:
    return [{**stopped(NEVER_RAN)[0], "stopCode": "TaskFailedToStart", "stoppedReason": reason}]


def test_the_first_task_of_a_new_role_is_tried_once_more_and_says_so() -> None:
    lines: list[str] = []
    ecs = Ecs(not_started(NO_SECRET), stopped(OURS))
    assert tasks(ecs).run(MIGRATE, NETWORK, on_line=lines.append).exit_code == 5
    assert ecs.started == 2
    assert lines == [f"{MIGRATE}: was stopped before it ran: {NO_SECRET}: trying once more"]


def test_a_task_that_was_never_given_a_container_is_told_with_the_reason() -> None:
    never = [{**stopped(NEVER_RAN)[0], "containers": [], "stoppedReason": "Timeout waiting for network interface"}]
    with pytest.raises(
        TaskFailed, match=f"^{MIGRATE}: was stopped before it ran: Timeout waiting for network interface"
    ):
        tasks(Ecs(never)).run(MIGRATE, NETWORK)


@pytest.mark.parametrize(
    ("reasons", "started"),
    [
        ((NO_SECRET, NO_SECRET), 2),
        ((NO_SECRET, "CannotPullContainerError: no such image"), 2),
        (("CannotPullContainerError: no such image",), 1),
        (("Task stopped: not a ResourceInitializationError",), 1),
    ],
)
def test_no_other_failure_is_tried_again_and_none_twice(reasons: tuple[str, ...], started: int) -> None:
    ecs = Ecs(*map(not_started, reasons), stopped(OURS))
    with pytest.raises(TaskFailed, match=f"{MIGRATE}: was stopped before it ran: {reasons[-1]}"):
        tasks(ecs).run(MIGRATE, NETWORK)
    assert ecs.started == started


def test_a_container_that_ran_and_failed_is_not_tried_again() -> None:
    ecs = Ecs([{**stopped(OURS)[0], "stoppedReason": NO_SECRET}], stopped({**OURS, "exitCode": 0}))
    assert tasks(ecs).run(MIGRATE, NETWORK).exit_code == 5
    assert ecs.started == 1


class Unreadable(Logs):
    def get_log_events(self, **asked: Any) -> Any:
        raise refused("Rate exceeded")


def test_a_log_that_cannot_be_read_is_told_once_and_stops_nothing() -> None:
    lines: list[str] = []
    ecs = Ecs([], [], stopped(OURS))
    assert tasks(ecs, Unreadable()).run(MIGRATE, NETWORK, on_line=lines.append).exit_code == 5
    (line,) = lines
    assert line.startswith("Its log cannot be read: ")
    assert not ecs.stopped


def test_ecs_may_be_out_of_reach_for_a_while() -> None:
    ecs = Ecs(refused("Rate exceeded"), refused("Rate exceeded"), stopped(OURS))
    assert tasks(ecs).run(MIGRATE, NETWORK).exit_code == 5
    assert not ecs.stopped


def test_one_that_cannot_be_asked_for_is_named_and_left_running() -> None:
    ecs = Ecs(refused("Rate exceeded"))
    with pytest.raises(TaskFailed, match="task 1 was started, and ECS cannot be asked for it .*: it may still run"):
        tasks(ecs, patience=-1).run(MIGRATE, NETWORK)
    assert not ecs.stopped
