"""A volume of EFS is encrypted, backed up, reached by the tasks alone, and not lost."""

from __future__ import annotations

import json
from typing import Any

import pytest

from modules.efs_volume.inputs import EfsVolumeInputs
from modules.efs_volume.main import EfsVolume
from modules.placement import Placement
from modules.validation import line, problems, validate
from tests.support import Json, module_json, only

KEY = "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000000"
IDS = {"file_system_id": "fs-0123456789abcdef0", "access_point_id": "fsap-0123456789abcdef0"}
PLACEMENT = Placement(vpc_id="vpc-1", subnet_ids=["subnet-1", "subnet-2"], application_security_group_id="sg-tasks")


def volume(**changes: Any) -> EfsVolumeInputs:
    return EfsVolumeInputs(**{"path": "/app/media", "mounted_by": ("web",), **changes})


def made(is_protected: bool = True, **changes: Any) -> Json:
    inputs = volume(**changes)
    document = module_json(
        lambda stack: EfsVolume(
            stack,
            "volume",
            inputs=inputs,
            prefix="django-test",
            name="media",
            placement=PLACEMENT,
            zones=2,
            is_protected=is_protected,
        )
    )
    found: Json = document["resource"]
    return found


@pytest.fixture(scope="module")
def resources() -> Json:
    return made()


@pytest.mark.parametrize(
    "changes", [{}, {"read_only": True, "user_id": 1, "group_id": 4_294_967_295, "kms_key_arn": KEY}, IDS]
)
def test_what_is_right_is_accepted(changes: dict[str, Any]) -> None:
    validate(volume(**changes))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"path": "media"}, "path: 'media' is no absolute path"),
        ({"path": "/tmp/media"}, "path: /tmp/media is writable anyhow"),
        ({"path": "/proc/media"}, "path: /proc/media is /proc, or within it"),
        ({"mounted_by": ()}, "mounted_by: is empty, so that nobody has it: name a service, a job or a one-off task"),
        ({"user_id": 0}, "user_id: got 0: choose 1 to 4294967295, and not root"),
        ({"group_id": 4_294_967_296}, "group_id: got 4294967296: choose 1 to 4294967295"),
        ({"kms_key_arn": "alias/mine"}, "kms_key_arn: "),
        ({"file_system_id": IDS["file_system_id"]}, "access_point_id: goes with file_system_id: give both, or neither"),
        ({**IDS, "file_system_id": "media"}, "file_system_id: 'media' is not an id: write it as"),
        ({**IDS, "access_point_id": "fs-01234567"}, "access_point_id: 'fs-01234567' is not an id: write it as"),
        ({**IDS, "user_id": 7}, "user_id: has no effect on a file system that exists: remove it"),
        ({**IDS, "kms_key_arn": KEY}, "kms_key_arn: has no effect on a file system that exists: remove it"),
    ],
)
def test_what_is_wrong_is_refused(changes: dict[str, Any], said: str) -> None:
    (found,) = map(line, problems(volume(**changes)))
    assert found.startswith(said)


def test_its_file_system_is_encrypted_and_backed_up(resources: Json) -> None:
    files = only(resources["aws_efs_file_system"])
    assert (files["encrypted"], files["creation_token"], "kms_key_id" in files) == (True, "django-test-media", False)
    assert only(resources["aws_efs_backup_policy"])["backup_policy"] == {"status": "ENABLED"}
    assert only(made(kms_key_arn=KEY)["aws_efs_file_system"])["kms_key_id"] == KEY


@pytest.mark.parametrize(("is_protected", "lifecycle"), [(True, {"prevent_destroy": True}), (False, None)])
def test_a_protected_one_is_not_destroyed_by_terraform(is_protected: bool, lifecycle: Any) -> None:
    assert only(made(is_protected)["aws_efs_file_system"]).get("lifecycle") == lifecycle


def test_each_zone_has_a_mount_target_that_only_the_tasks_reach(resources: Json) -> None:
    targets = resources["aws_efs_mount_target"].values()
    group = "${aws_security_group.volume_security_group.id}"
    assert [each["security_groups"] for each in targets] == [[group], [group]]
    assert [each["subnet_id"] for each in targets] == [
        '${element(["subnet-1", "subnet-2"], 0)}',
        '${element(["subnet-1", "subnet-2"], 1)}',
    ]
    rule = only(resources["aws_vpc_security_group_ingress_rule"])
    assert (rule["security_group_id"], rule["referenced_security_group_id"]) == (group, "sg-tasks")
    assert (rule["from_port"], rule["to_port"], rule["ip_protocol"]) == (2049, 2049, "tcp")


def test_nobody_mounts_it_without_tls_or_a_role_that_may(resources: Json) -> None:
    (statement,) = json.loads(only(resources["aws_efs_file_system_policy"])["policy"])["Statement"]
    assert statement == {
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": ["elasticfilesystem:Client*"],
        "Resource": ["${aws_efs_file_system.volume.arn}"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def test_its_files_are_those_of_one_user_whoever_a_task_runs_as() -> None:
    point = only(made(user_id=10, group_id=20)["aws_efs_access_point"])
    assert point["posix_user"] == {"uid": 10, "gid": 20}
    owner = {"owner_uid": 10, "owner_gid": 20, "permissions": "0750"}
    assert point["root_directory"] == {"path": "/files", "creation_info": owner}
