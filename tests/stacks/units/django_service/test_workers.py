"""Further workers: each a service of its own, of the size that an environment gives it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from modules.fargate_service.autoscaling_inputs import WorkerAutoscalingInputs
from modules.fargate_service.inputs import BeatInputs, WorkerInputs
from modules.redis.inputs import RedisGroupInputs, RedisInputs
from modules.task_definition.inputs import IamStatementInputs
from modules.validation import problems
from stacks.config import QUEUE_STEPS, vary
from stacks.config.application_inputs import QueueWorkerInputs
from tests.environments.application import APPLICATION
from tests.stacks.units.django_service.test_unit import unit
from tests.support import Json, environment

COMMAND = ("celery", "--app", "shop", "worker", "--queues", "mail")
SIZE = WorkerInputs(cpu=256, memory_mib=512, desired_count=2)
WORKERS = {
    "mail": QueueWorkerInputs(
        command=COMMAND, published_queue="mail", variables={"TIMEOUT": "{CELERY_SHUTDOWN_SECONDS}"}
    ),
    "video": QueueWorkerInputs(entry_point=("/start-video",)),
}
MAIL = replace(
    SIZE,
    autoscaling=WorkerAutoscalingInputs(min_count=1, max_count=5, queue_length_per_task=20),
    spot_percent=90,
    on_demand_base=1,
    stop_timeout_seconds=60,
    variables={"QUEUE": "mail"},
    iam_statements=(IamStatementInputs(actions=("s3:GetObject",), resources=("arn:aws:s3:::mail/*",)),),
)
SMALL = RedisGroupInputs(node_type="cache.t4g.small")
DRAINING = RedisInputs(cache=SMALL, broker=SMALL, draining_broker=True)


def service(workers: dict[str, QueueWorkerInputs], sizes: dict[str, WorkerInputs | None], **changes: Any) -> Any:
    application = replace(APPLICATION, workers=workers)
    return environment(
        django_service=replace(
            environment().django_service, application=application, workers=sizes, beat=BeatInputs(), **changes
        )
    )


@pytest.fixture(scope="module")
def document() -> Json:
    return unit(service(WORKERS, {"mail": MAIL, "video": None}))


@pytest.fixture(scope="module")
def two(document: Json) -> Json:
    resources: Json = document["resource"]
    return resources


def container(resources: Json, task: str) -> Json:
    found: Json = json.loads(resources["aws_ecs_task_definition"][task]["container_definitions"])[0]
    return found


def test_each_is_a_service_with_a_family_a_log_and_roles_of_its_own(two: Json) -> None:
    assert sorted(two["aws_ecs_service"]) == ["beat", "web", "worker_mail"]
    assert two["aws_ecs_service"]["worker_mail"]["name"] == "django-test-worker-mail"
    assert two["aws_ecs_service"]["worker_mail"]["desired_count"] == 2
    definition = two["aws_ecs_task_definition"]["worker_mail_task"]
    assert definition["family"] == "django-test-worker-mail"
    assert definition["cpu"] == "256"
    assert two["aws_cloudwatch_log_group"]["worker_mail_task_log"]["name"] == "/ecs/django-test/worker-mail"
    assert two["aws_iam_role"]["worker_mail_task_role"]["name"] == "django-test-worker-mail-task"
    assert "arn:aws:s3:::mail/*" in two["aws_iam_role_policy"]["worker_mail_task_role_policy"]["policy"]


def test_it_runs_its_command_and_finds_its_own_variables(two: Json) -> None:
    mail = container(two, "worker_mail_task")
    assert (mail["name"], mail["command"], mail["stopTimeout"]) == ("worker-mail", [*COMMAND], 60)
    variables = {each["name"]: each["value"] for each in mail["environment"]}
    assert variables["QUEUE"] == "mail"
    assert variables["TIMEOUT"] == variables["CELERY_SHUTDOWN_SECONDS"] == "50"


def test_it_scales_by_the_length_of_its_own_queue(two: Json) -> None:
    policy = two["aws_appautoscaling_policy"]["worker_mail_scaling_queue"]
    tracking = policy["target_tracking_scaling_policy_configuration"]
    waiting = tracking["customized_metric_specification"]["metrics"][1]["metric_stat"]["metric"]
    assert waiting["dimensions"] == [{"name": "Environment", "value": "test"}, {"name": "Queue", "value": "mail"}]
    assert tracking["target_value"] == 20


def test_outputs_name_the_services_and_their_logs(document: Json) -> None:
    outputs = {name: output["value"] for name, output in document["output"].items() if name.startswith("further_")}
    assert outputs == {
        "further_worker_service_arns": {"mail": "${aws_ecs_service.worker_mail.id}"},
        "further_worker_log_group_names": {"mail": "${aws_cloudwatch_log_group.worker_mail_task_log.name}"},
    }


def test_a_base_of_its_tasks_is_never_on_spot(two: Json) -> None:
    assert two["aws_ecs_service"]["worker_mail"]["capacity_provider_strategy"] == [
        {"base": 1, "capacity_provider": "FARGATE", "weight": 10},
        {"capacity_provider": "FARGATE_SPOT", "weight": 90},
    ]


def test_all_that_does_not_go_together_is_reported_at_once() -> None:
    wrong = service(
        {**WORKERS, "M_1": QueueWorkerInputs()},
        {
            "mail": replace(SIZE, on_demand_base=1, variables={"DATABASE_HOST": "elsewhere"}),
            "fax": SIZE,
            "video": replace(SIZE, autoscaling=MAIL.autoscaling, spot_percent=101),
        },
        one_off_tasks={"worker-mail": APPLICATION.one_off_tasks["migrate"]},
    )
    assert {problem.field.removeprefix("django_service."): problem.what for problem in problems(wrong)} == {
        "application.workers['M_1'].command": "is missing, and without one it would start what the image does",
        "application.workers['M_1']": "is not a valid name",
        "workers['mail'].on_demand_base": "has no effect without Spot",
        "workers['video'].spot_percent": "got 101",
        "workers['fax']": "the application has no such worker",
        "workers['M_1']": "is described by the application, and has no size here",
        "one_off_tasks['worker-mail']": "is the service of a worker",
        "workers['mail'].variables['DATABASE_HOST']": "is set by the service itself",
        "workers['video'].autoscaling.queue_length_per_task": "the application publishes the length of no queue",
    }


def test_the_longest_name_of_a_role_has_room(two: Json) -> None:
    name = "a" * 20
    long = replace(service({name: WORKERS["mail"]}, {name: SIZE}), name="a" * 9, project="b" * 9)
    assert [problem.what for problem in problems(long)] == []
    longer = replace(long, project="b" * 17)
    (found,) = [problem.what for problem in problems(longer) if "execution role" in problem.what]
    assert "has 65 characters, and AWS takes 64" in found


@pytest.mark.parametrize("by_iam", [False, True])
def test_workers_stay_with_the_old_queue_while_it_is_emptied_and_all_others_use_the_new_one(*, by_iam: bool) -> None:
    named = {"HOST": "{CELERY_BROKER_HOST}", "URL_OF_TASKS": "{CELERY_BROKER_URL}"}
    process = replace(WORKERS["mail"], variables=named)
    there = replace(service({"mail": process}, {"mail": MAIL}), redis=DRAINING)
    there = vary(there, django_service__worker=SIZE, redis__iam_authentication=by_iam)
    made = unit(there)["resource"]
    redis = "${data.terraform_remote_state.redis.outputs"
    old = f"rediss://{redis}.primary_endpoint_address}}:{redis}.port}}/1?ssl_cert_reqs=required"
    for task, url, group in (
        ("web", f"{redis}.celery_broker_url}}", f"{redis}.broker_id}}"),
        ("beat", f"{redis}.celery_broker_url}}", f"{redis}.broker_id}}"),
        ("worker", old, f"{redis}.id}}"),
        ("worker_mail", old, f"{redis}.id}}"),
    ):
        variables = {each["name"]: each["value"] for each in container(made, f"{task}_task")["environment"]}
        assert variables["CELERY_BROKER_URL"] == url, task
        assert variables.get("CELERY_BROKER_REPLICATION_GROUP_ID") == (group if by_iam else None), task
        if task == "worker_mail":
            assert variables["URL_OF_TASKS"] == old
            assert variables["HOST"] == f"{redis}.primary_endpoint_address}}"


def test_no_worker_sleeps_by_the_length_of_the_new_queue_while_it_empties_the_old_one() -> None:
    sleepy = replace(
        SIZE,
        desired_count=0,
        autoscaling=WorkerAutoscalingInputs(min_count=0, max_count=5, queue_length_per_task=None),
    )
    there = replace(
        service({"mail": WORKERS["mail"]}, {"mail": sleepy}), redis=replace(DRAINING, draining_broker=False)
    )
    assert [problem.field for problem in problems(there)] == []
    (found,) = problems(replace(there, redis=DRAINING))
    assert found.field == "django_service.workers['mail'].autoscaling.min_count"
    assert found.remedy == "choose 1 or more, in its schedule too, until redis.draining_broker is removed"


@pytest.mark.parametrize(
    ("scaling", "field", "remedy"),
    [
        (
            WorkerAutoscalingInputs(min_count=1, max_count=5),
            "queue_length_per_task",
            "set it to None until redis.draining_broker is removed",
        ),
        (
            WorkerAutoscalingInputs(min_count=1, max_count=5, queue_length_per_task=None, queue_steps=QUEUE_STEPS),
            "queue_steps",
            "leave them out, and scale by cpu_percent, until redis.draining_broker is removed",
        ),
    ],
)
def test_no_worker_grows_or_shrinks_by_the_new_queue_while_it_empties_the_old_one(
    scaling: WorkerAutoscalingInputs, field: str, remedy: str
) -> None:
    there = replace(
        service({"mail": WORKERS["mail"]}, {"mail": replace(SIZE, desired_count=1, autoscaling=scaling)}),
        redis=replace(DRAINING, draining_broker=False),
    )
    assert [problem.field for problem in problems(there)] == []
    (found,) = problems(replace(there, redis=DRAINING))
    assert (found.field, found.remedy) == (f"django_service.workers['mail'].autoscaling.{field}", remedy)
    assert found.what == "would count the new queue, while the worker empties the old one"
