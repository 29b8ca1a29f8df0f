"""Jobs: a task each, which EventBridge Scheduler starts by a role of its own."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from modules.one_off_task.inputs import OneOffTaskInputs
from modules.scheduled_task.inputs import JobSettingsInputs, ScheduleInputs
from modules.task_definition.inputs import IamStatementInputs
from modules.validation import problems
from stacks.config.application_inputs import JobInputs
from tests.environments.application import APPLICATION
from tests.stacks.units.django_service.test_unit import unit
from tests.support import Json, environment, only

CLUSTER = "${aws_ecs_cluster.cluster.arn}"
NIGHTLY = ScheduleInputs(expression="cron(30 3 * * ? *)", time_zone="Europe/Berlin", retry_attempts=2)
REPORT = JobInputs(command=("python", "manage.py", "report"), schedule=NIGHTLY, variables={"SITE": "{URL}"})
CLEAN = replace(
    REPORT,
    schedule=ScheduleInputs(expression="rate(1 hour)"),
    overlap=False,
    cpu=512,
    memory_mib=1024,
    ephemeral_storage_gib=30,
)
SETTINGS = JobSettingsInputs(
    cpu=1024,
    memory_mib=2048,
    ephemeral_storage_gib=40,
    variables={"SITE": "https://here.example.com"},
    secrets={"API_KEY": "arn:aws:secretsmanager:us-east-1:123456789012:secret:api-AbCdEf"},
    iam_statements=(IamStatementInputs(actions=("s3:PutObject",), resources=("arn:aws:s3:::reports/*",)),),
)
OFF = JobSettingsInputs(schedule=ScheduleInputs(expression="at(2099-01-31T03:30:00)"), enabled=False)
NIGHTLY_COMMAND = replace(CLEAN, entry_point=("python", "manage.py"), command=("nightly",), schedule=None)
JOBS = {"report": REPORT, "clean": CLEAN, "by-hand": replace(REPORT, schedule=None), "nightly": NIGHTLY_COMMAND}


def service(described: dict[str, JobInputs], **changes: Any) -> Any:
    application = replace(APPLICATION, jobs=described, guard=True)
    return environment(django_service=replace(environment().django_service, application=application, **changes))


@pytest.fixture(scope="module")
def document() -> Json:
    return unit(service(JOBS, jobs={"clean": OFF, "by-hand": SETTINGS}))


@pytest.fixture(scope="module")
def three(document: Json) -> Json:
    resources: Json = document["resource"]
    return resources


def containers(resources: Json, task: str) -> list[Json]:
    found: list[Json] = json.loads(resources["aws_ecs_task_definition"][task]["container_definitions"])
    return found


def test_each_has_a_task_with_a_family_a_log_and_roles_of_its_own(three: Json) -> None:
    definition = three["aws_ecs_task_definition"]["job_clean"]
    assert (definition["family"], definition["cpu"], definition["memory"]) == ("django-test-job-clean", "512", "1024")
    assert definition["ephemeral_storage"] == {"size_in_gib": 30}
    assert three["aws_cloudwatch_log_group"]["job_report_log"]["name"] == "/ecs/django-test/job-report"
    assert three["aws_iam_role"]["job_report_role"]["name"] == "django-test-job-report-task"
    report, guard = containers(three, "job_report")
    assert (report["name"], report["command"]) == ("job-report", ["python", "manage.py", "report"])
    assert (guard["name"], report["dependsOn"]) == ("guard", [{"containerName": "guard", "condition": "SUCCESS"}])
    assert {"name": "SITE", "value": "https://api.example.com"} in report["environment"]


def test_an_environment_gives_one_its_size_its_values_and_its_rights(three: Json) -> None:
    definition = three["aws_ecs_task_definition"]["job_by_hand"]
    assert (definition["cpu"], definition["memory"]) == ("1024", "2048")
    assert definition["ephemeral_storage"] == {"size_in_gib": 40}
    by_hand = containers(three, "job_by_hand")[0]
    assert {"name": "SITE", "value": "https://here.example.com"} in by_hand["environment"]
    assert [each["name"] for each in by_hand["secrets"]] == ["API_KEY", "DJANGO_SECRET_KEY"]
    assert "arn:aws:s3:::reports/*" in three["aws_iam_role_policy"]["job_by_hand_role_policy"]["policy"]
    assert "arn:aws:s3:::reports/*" not in three["aws_iam_role_policy"]["job_report_role_policy"]["policy"]


def test_it_starts_by_its_schedule_in_its_time_zone_where_the_services_are(three: Json) -> None:
    assert only(three["aws_scheduler_schedule_group"])["name"] == "django-test"
    schedule = three["aws_scheduler_schedule"]["schedule_report"]
    assert schedule["name"] == "django-test-job-report"
    assert (schedule["schedule_expression"], schedule["schedule_expression_timezone"], schedule["state"]) == (
        "cron(30 3 * * ? *)",
        "Europe/Berlin",
        "ENABLED",
    )
    target = schedule["target"]
    service = three["aws_ecs_service"]["web"]["network_configuration"]
    assert target["arn"] == CLUSTER
    assert target["ecs_parameters"]["network_configuration"] == service
    assert target["ecs_parameters"]["task_definition_arn"] == "${aws_ecs_task_definition.job_report.arn}"
    assert target["ecs_parameters"]["launch_type"] == "FARGATE"
    assert target["retry_policy"] == {"maximum_event_age_in_seconds": 3600, "maximum_retry_attempts": 2}
    assert target["dead_letter_config"] == {"arn": "${aws_sqs_queue.schedule_report_dead_letters.arn}"}


def test_one_that_starts_once_is_not_changed_by_a_deployment_that_comes_later(three: Json) -> None:
    definition = three["aws_scheduler_schedule"]["schedule_clean"]["target"]["ecs_parameters"]["task_definition_arn"]
    assert definition == (
        "arn:aws:ecs:us-east-1:123456789012:task-definition/${aws_ecs_task_definition.job_clean.family}"
    )


def test_one_that_is_off_here_keeps_its_queue_and_one_without_a_schedule_has_none(three: Json) -> None:
    clean = three["aws_scheduler_schedule"]["schedule_clean"]
    assert (clean["schedule_expression"], clean["state"]) == ("at(2099-01-31T03:30:00)", "DISABLED")
    assert sorted(three["aws_scheduler_schedule"]) == ["schedule_clean", "schedule_report"]
    assert sorted(three["aws_sqs_queue"]) == ["schedule_clean_dead_letters", "schedule_report_dead_letters"]
    assert "job_by_hand" in three["aws_ecs_task_definition"]


def test_its_role_starts_this_family_with_its_two_roles_and_nothing_else(three: Json) -> None:
    (trust,) = json.loads(three["aws_iam_role"]["schedule_report_role"]["assume_role_policy"])["Statement"]
    assert trust["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert trust["Condition"]["ArnLike"] == {"aws:SourceArn": "${aws_scheduler_schedule_group.schedules.arn}"}
    statements = json.loads(three["aws_iam_role_policy"]["schedule_report_role_policy"]["policy"])["Statement"]
    ecs = "arn:aws:ecs:us-east-1:123456789012"
    family = f"{ecs}:task-definition/${{aws_ecs_task_definition.job_report.family}}"
    assert {statement["Action"][0]: statement["Resource"] for statement in statements} == {
        "ecs:RunTask": [family, f"{family}:*"],
        "ecs:TagResource": [f"{ecs}:task/${{aws_ecs_cluster.cluster.name}}/*"],
        "iam:PassRole": ["${aws_iam_role.job_report_execution_role.arn}", "${aws_iam_role.job_report_role.arn}"],
        "sqs:SendMessage": ["${aws_sqs_queue.schedule_report_dead_letters.arn}"],
    }
    assert statements[0]["Condition"] == {"ArnEquals": {"ecs:cluster": CLUSTER}}
    assert statements[2]["Condition"] == {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}


def test_its_dead_letters_are_encrypted_and_from_its_role_alone(three: Json) -> None:
    assert three["aws_sqs_queue"]["schedule_report_dead_letters"]["sqs_managed_sse_enabled"] is True
    policy = three["aws_sqs_queue_policy"]["schedule_report_dead_letters_policy"]["policy"]
    allow, deny = json.loads(policy)["Statement"]
    role = "${aws_iam_role.schedule_report_role.arn}"
    assert (allow["Effect"], allow["Principal"], allow["Action"]) == ("Allow", {"AWS": role}, ["sqs:SendMessage"])
    assert (deny["Effect"], deny["Principal"], deny["Action"]) == ("Deny", "*", ["sqs:SendMessage"])
    assert deny["Condition"] == {"ArnNotEquals": {"aws:PrincipalArn": role}}


def test_where_two_may_not_run_at_a_time_a_process_with_a_lock_runs_it(three: Json) -> None:
    *shell, program = containers(three, "job_clean")[0]["command"]
    assert shell == ["python", "manage.py", "shell", "--verbosity", "0", "--command"]
    assert program.startswith("name = 'clean'\ncommand = ['python', 'manage.py', 'report']\n")


def test_the_lock_is_not_started_by_the_entry_point_of_the_job_and_its_command_is(three: Json) -> None:
    container = containers(three, "job_nightly")[0]
    assert "entryPoint" not in container
    assert container["command"][:3] == ["python", "manage.py", "shell"]
    assert "command = ['python', 'manage.py', 'nightly']\n" in container["command"][-1]


def test_outputs_name_tasks_logs_schedules_and_dead_letters_by_the_job(document: Json) -> None:
    values = {name: output["value"] for name, output in document["output"].items() if name.startswith("job_")}
    assert {name: sorted(by_job) for name, by_job in values.items()} == {
        "job_task_definition_arns": ["by-hand", "clean", "nightly", "report"],
        "job_log_group_names": ["by-hand", "clean", "nightly", "report"],
        "job_schedule_arns": ["clean", "report"],
        "job_dead_letter_queue_urls": ["clean", "report"],
    }
    assert values["job_dead_letter_queue_urls"]["clean"] == "${aws_sqs_queue.schedule_clean_dead_letters.url}"


def test_an_environment_without_schedules_has_no_group() -> None:
    resources = unit(service({"by-hand": replace(REPORT, schedule=None)}))["resource"]
    assert "job_by_hand" in resources["aws_ecs_task_definition"]
    assert "aws_scheduler_schedule_group" not in resources


def test_all_that_does_not_go_together_is_reported_at_once() -> None:
    one_off = {"job-report": OneOffTaskInputs(command=("./report",))}
    jobs = {
        **JOBS,
        "Bad_Name": REPORT,
        "named": replace(REPORT, variables={"A": "{NOTHING}"}),
        "large": replace(REPORT, cpu=256, memory_mib=256, variables={"A": "x" * 30_000}),
    }
    here = {
        "by-hand": JobSettingsInputs(enabled=False),
        "fax": JobSettingsInputs(schedule=NIGHTLY),
        "report": JobSettingsInputs(variables={"DATABASE_HOST": "elsewhere"}, ephemeral_storage_gib=20),
        "clean": JobSettingsInputs(cpu=512),
    }
    wrong = service(jobs, one_off_tasks=one_off, jobs=here)
    assert {problem.field.removeprefix("django_service."): problem.what for problem in problems(wrong)} == {
        "application.jobs['large'].memory_mib": "Fargate has no 256 MiB with 256 CPU units",
        "application.jobs['Bad_Name']": "is not a valid name",
        "application.jobs['named'].variables['A']": "names NOTHING",
        "jobs['large'].variables": "take 30,028 of 20,480 characters with those of all tasks",
        "jobs['report'].variables['DATABASE_HOST']": "is set by the service itself",
        "jobs['report'].ephemeral_storage_gib": "got 20",
        "jobs['clean'].cpu": "goes with the other of cpu and memory_mib, of which Fargate has certain pairs",
        "one_off_tasks['job-report']": "is the task of a job",
        "jobs['by-hand'].enabled": "the job has no schedule to turn off",
        "jobs['fax']": "the application has no such job",
    }
