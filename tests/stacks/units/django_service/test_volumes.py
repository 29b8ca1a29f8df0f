"""Volumes are mounted by the tasks that are named, by TLS and with the rights of their role."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from modules.efs_volume.inputs import EfsVolumeInputs
from modules.fargate_service.inputs import WorkerInputs
from modules.one_off_task.inputs import OneOffTaskInputs
from modules.scheduled_task.inputs import ScheduleInputs
from modules.validation import line, problems
from stacks.config.application_inputs import JobInputs
from stacks.config.database_inputs import DatabaseInputs
from stacks.config.schema import Environment
from stacks.permissions.boundary import statements
from stacks.permissions.identity import service_linked
from stacks.permissions.scope import Scope
from tests.environments.application import APPLICATION
from tests.stacks.units.django_service.test_unit import unit
from tests.support import Json, environment

MEDIA = EfsVolumeInputs(path="/app/media", mounted_by=("web", "job-report", "migrate"))
ARCHIVE = EfsVolumeInputs(
    path="/app/archive",
    mounted_by=("web",),
    read_only=True,
    file_system_id="fs-0123456789abcdef0",
    access_point_id="fsap-0123456789abcdef0",
)
REPORT = JobInputs(command=("report",), schedule=ScheduleInputs(expression="rate(1 day)"))


def with_volumes(volumes: dict[str, EfsVolumeInputs], **changes: Any) -> Environment:
    application = replace(APPLICATION, guard=True, image_declares_volumes=False, jobs={"report": REPORT})
    worker = WorkerInputs(cpu=256, memory_mib=512, desired_count=1)
    given: dict[str, Any] = {"application": application, "worker": worker, "volumes": volumes, **changes}
    return environment(django_service=replace(environment().django_service, **given))


@pytest.fixture(scope="module")
def document() -> Json:
    return unit(with_volumes({"media": MEDIA, "archive": ARCHIVE}))


def task(document: Json, name: str) -> Json:
    found: Json = document["resource"]["aws_ecs_task_definition"][name]
    return found


def mounted(document: Json, name: str) -> dict[str, dict[str, bool]]:
    """Whether each container may only read a directory of EFS."""
    return {
        each["name"]: {
            mount["containerPath"]: mount["readOnly"]
            for mount in each["mountPoints"]
            if mount["sourceVolume"].startswith("efs-")
        }
        for each in json.loads(task(document, name)["container_definitions"])
    }


def test_each_is_where_it_is_named_in_what_is_of_the_application(document: Json) -> None:
    both = {"/app/media": False, "/app/archive": True}
    assert mounted(document, "web_task") == {"web": both, "directories": {}, "guard": both}
    assert mounted(document, "job_report")["job-report"] == {"/app/media": False}
    assert mounted(document, "task_migrate")["migrate"] == {"/app/media": False}
    for other in ("worker_task", "task_check_status"):
        assert not any(mounted(document, other).values())


def test_it_is_mounted_by_tls_and_the_tasks_own_role_when_there_are_mount_targets(document: Json) -> None:
    media, archive = (each for each in task(document, "web_task")["volume"] if each["name"].startswith("efs-"))
    assert media == {
        "name": "efs-media",
        "efs_volume_configuration": {
            "file_system_id": "${aws_efs_file_system.volume_media.id}",
            "transit_encryption": "ENABLED",
            "authorization_config": {
                "access_point_id": "${aws_efs_access_point.volume_media_access_point.id}",
                "iam": "ENABLED",
            },
        },
    }
    assert archive["efs_volume_configuration"]["file_system_id"] == "fs-0123456789abcdef0"
    for name in ("web_task", "task_migrate"):
        needed = {*task(document, name)["depends_on"]}
        assert {f"aws_efs_mount_target.volume_media_target_{zone}" for zone in (1, 2)} <= needed
        assert "aws_efs_file_system_policy.volume_media_policy" in needed
    assert not [each for each in task(document, "worker_task")["depends_on"] if "efs" in each]


def rights(document: Json, name: str) -> list[Json]:
    found = document["resource"]["aws_iam_role_policy"][f"{name}_role_policy"]["policy"]
    return [each for each in json.loads(found)["Statement"] if "elasticfilesystem" in each["Action"][0]]


def test_a_task_may_mount_its_own_directories_and_write_where_they_are_not_read_only(document: Json) -> None:
    media, archive = rights(document, "web_task")
    assert media["Action"] == ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]
    assert media["Resource"] == ["${aws_efs_file_system.volume_media.arn}"]
    assert media["Condition"] == {
        "StringEquals": {"elasticfilesystem:AccessPointArn": "${aws_efs_access_point.volume_media_access_point.arn}"}
    }
    assert archive["Action"] == ["elasticfilesystem:ClientMount"]
    prefix = "arn:aws:elasticfilesystem:us-east-1:123456789012"
    assert archive["Resource"] == [f"{prefix}:file-system/fs-0123456789abcdef0"]
    assert archive["Condition"]["StringEquals"] == {
        "elasticfilesystem:AccessPointArn": f"{prefix}:access-point/fsap-0123456789abcdef0"
    }
    assert rights(document, "worker_task") == []


def test_the_boundary_the_roles_of_aws_and_the_pipeline_know_them_only_where_there_are_some() -> None:
    def sids(inputs: Environment) -> set[str]:
        return {each.sid for each in statements(Scope(inputs))}

    own, found, none = (with_volumes(each) for each in ({"media": MEDIA}, {"archive": ARCHIVE}, {}))
    assert ("Files" in sids(own), "Files" in sids(found), "Files" in sids(none)) == (True, True, False)
    linked = [*("elasticfilesystem.amazonaws.com" in service_linked(each) for each in (own, found, none))]
    assert linked == [True, False, False]


@pytest.mark.parametrize(
    ("volumes", "said"),
    [
        ({"Media": MEDIA}, "volumes['Media']: is not a valid name"),
        (
            {"media": replace(MEDIA, mounted_by=("webs",))},
            "volumes['media'].mounted_by: there is no task 'webs' here",
        ),
        (
            {"media": MEDIA, "more": replace(ARCHIVE, path="/app/media")},
            "volumes['more'].path: web has 'media' at /app/media: choose another path",
        ),
        (
            {"media": replace(MEDIA, path="/app/scratch")},
            "volumes['media'].path: /app/scratch is in writable_directories of the application, and lost with each",
        ),
        (
            {"media": replace(MEDIA, path="/etc/rds-authorities/x")},
            "volumes['media'].path: /etc/rds-authorities/x overlaps with /etc/rds-authorities of the platform: choose ",
        ),
    ],
)
def test_what_is_wrong_is_refused(volumes: dict[str, EfsVolumeInputs], said: str) -> None:
    application = replace(
        APPLICATION, jobs={"report": REPORT}, writable_directories=("/app/scratch",), database=DatabaseInputs()
    )
    (found,) = map(line, problems(with_volumes(volumes, application=application)))
    assert found.startswith(f"django_service.{said}")


def test_psql_has_no_files_of_the_application() -> None:
    application = replace(APPLICATION, init_database=None)
    volumes = {"media": replace(MEDIA, mounted_by=("init-database",))}
    (found,) = map(line, problems(with_volumes(volumes, application=application)))
    assert "there is no task 'init-database' here" in found
    own = {"init-database": OneOffTaskInputs(command=("init",))}
    assert [*problems(with_volumes(volumes, application=application, one_off_tasks=own))] == []
