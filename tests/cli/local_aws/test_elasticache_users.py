"""Users and user groups of ElastiCache are answered as it answers them, and keep its rules.

https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Clusters.RBAC.html
"""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from cli.local_aws.server import LocalAws
from tests.cli.local_aws.conftest import ACCOUNT

pytestmark = pytest.mark.thorough

IAM: dict[str, Any] = {"AuthenticationMode": {"Type": "iam"}}
NO_PASSWORD: dict[str, Any] = {"NoPasswordRequired": True}
ARN = f"arn:aws:elasticache:us-east-1:{ACCOUNT}"


class Users:
    """The user `app` and its group, with the default user that replaces ElastiCache's own."""

    def __init__(self, aws: LocalAws) -> None:
        self.client: Any = aws.client("elasticache", ACCOUNT)
        self.create("app", "app", **IAM)
        self.create("nobody", "default", "off ~* -@all", **NO_PASSWORD)

    def create(self, user_id: str, name: str, access_string: str = "on ~* +@all", **given: Any) -> Any:
        arguments = {"UserId": user_id, "UserName": name, "AccessString": access_string, **given}
        return self.client.create_user(Engine="redis", **arguments)

    def describe(self, user_id: str) -> Any:
        (found,) = self.client.describe_users(UserId=user_id)["Users"]
        return found

    def group(self, *user_ids: str) -> Any:
        return self.client.create_user_group(UserGroupId="group", Engine="redis", UserIds=user_ids)

    def describe_group(self) -> Any:
        (found,) = self.client.describe_user_groups(UserGroupId="group")["UserGroups"]
        return found

    def replication_group(self, **given: Any) -> Any:
        arguments = {"ReplicationGroupId": "redis", "ReplicationGroupDescription": "Redis", **given}
        return self.client.create_replication_group(AutoMinorVersionUpgrade=True, NumCacheClusters=1, **arguments)


@pytest.fixture
def users(aws: LocalAws) -> Users:
    return Users(aws)


def refuses(code: str) -> Any:
    return pytest.raises(ClientError, match=rf"\({code}\)")


@pytest.mark.parametrize(
    ("written", "answered"),
    [
        (NO_PASSWORD, {"Type": "no-password"}),
        ({"AuthenticationMode": {"Type": "no-password-required"}}, {"Type": "no-password"}),
        (IAM, {"Type": "iam"}),
        (
            {"AuthenticationMode": {"Type": "password", "Passwords": ["0" * 16]}},
            {"Type": "password", "PasswordCount": 1},
        ),
    ],
)
def test_how_a_user_signs_in_is_answered_in_words_of_its_own(
    users: Users, written: dict[str, Any], answered: dict[str, Any]
) -> None:
    assert users.create("new", "new", **written)["Authentication"] == answered
    users.client.modify_user(UserId="app", **written)
    assert users.describe("app")["Authentication"] == answered


@pytest.mark.parametrize(
    ("written", "answered"),
    [
        ("on ~* &* +@all", "on ~* &* +@all"),
        ("off ~* -@all", "off ~* -@all"),
        ("on allkeys allcommands", "on ~* +@all"),
        ("off +get ~keys*", "off ~keys* -@all +get"),
        ("~objects:* ~items:*", "off ~objects:* ~items:* -@all"),
    ],
)
def test_an_access_string_is_answered_in_its_canonical_form(users: Users, written: str, answered: str) -> None:
    assert users.create("new", "new", written, **IAM)["AccessString"] == answered
    users.client.modify_user(UserId="app", AccessString=written)
    assert users.describe("app")["AccessString"] == answered


def test_a_user_that_is_changed_is_active_again_in_the_next_description(users: Users) -> None:
    assert users.client.modify_user(UserId="app", AccessString="on ~a +@all")["Status"] == "modifying"
    assert users.describe("app")["Status"] == "active"


def test_a_group_is_created_with_its_users_and_its_tags(users: Users) -> None:
    tags = [{"Key": "Project", "Value": "django"}]
    made = users.client.create_user_group(UserGroupId="group", Engine="REDIS", UserIds=["app", "nobody"], Tags=tags)
    assert (made["Status"], made["Engine"], made["ARN"]) == ("creating", "redis", f"{ARN}:usergroup:group")
    found = users.describe_group()
    assert (found["Status"], found["UserIds"], found["ReplicationGroups"]) == ("active", ["app", "nobody"], [])
    assert users.describe("app")["UserGroupIds"] == ["group"]
    assert users.client.list_tags_for_resource(ResourceName=made["ARN"])["TagList"] == tags


def test_a_group_needs_a_user_of_the_name_default_and_one_of_each_name(users: Users) -> None:
    users.create("other", "app", **IAM)
    with refuses("DefaultUserRequired"):
        users.group("app")
    with refuses("DuplicateUserName"):
        users.group("app", "other", "nobody")
    with refuses("UserNotFound"):
        users.group("nobody", "unknown")
    users.group("app", "nobody")
    with refuses("UserGroupAlreadyExists"):
        users.group("app", "nobody")


def test_the_users_of_a_group_change_in_the_next_description(users: Users) -> None:
    users.create("other", "other", **IAM)
    users.group("app", "nobody")
    with refuses("InvalidUserGroupState"):
        users.client.modify_user_group(UserGroupId="group", UserIdsToAdd=["other"])
    users.describe_group()
    changing = users.client.modify_user_group(UserGroupId="group", UserIdsToAdd=["other"], UserIdsToRemove=["app"])
    assert (changing["Status"], changing["UserIds"]) == ("modifying", ["app", "nobody"])
    assert changing["PendingChanges"] == {"UserIdsToAdd": ["other"], "UserIdsToRemove": ["app"]}
    found = users.describe_group()
    assert (found["Status"], found["UserIds"], found["PendingChanges"]) == ("active", ["nobody", "other"], {})
    with refuses("DefaultUserRequired"):
        users.client.modify_user_group(UserGroupId="group", UserIdsToRemove=["nobody"])


def test_a_user_leaves_its_groups_when_it_is_deleted_and_the_default_user_cannot(users: Users) -> None:
    users.group("app", "nobody")
    with refuses("DefaultUserAssociatedToUserGroup"):
        users.client.delete_user(UserId="nobody")
    users.client.delete_user(UserId="app")
    assert users.describe_group()["UserIds"] == ["nobody"]


def test_a_group_stays_as_long_as_a_replication_group_has_it(users: Users) -> None:
    with refuses("UserGroupNotFound"):
        users.replication_group(UserGroupIds=["group"])
    users.group("app", "nobody")
    users.describe_group()
    assert users.replication_group(UserGroupIds=["group"])["ReplicationGroup"]["UserGroupIds"] == ["group"]
    assert users.describe_group()["ReplicationGroups"] == ["redis"]
    with refuses("InvalidUserGroupState"):
        users.client.delete_user_group(UserGroupId="group")
    users.client.modify_replication_group(ReplicationGroupId="redis", UserGroupIdsToRemove=["group"])
    assert users.client.delete_user_group(UserGroupId="group")["Status"] == "deleting"
    assert users.describe_group()["Status"] == "deleting"
    with refuses("UserGroupNotFound"):
        users.describe_group()


def test_a_replication_group_gets_a_user_group_later(users: Users) -> None:
    users.replication_group()
    with refuses("UserGroupNotFound"):
        users.client.modify_replication_group(ReplicationGroupId="redis", UserGroupIdsToAdd=["group"])
    users.group("app", "nobody")
    users.describe_group()
    changed = users.client.modify_replication_group(ReplicationGroupId="redis", UserGroupIdsToAdd=["group"])
    assert changed["ReplicationGroup"]["UserGroupIds"] == ["group"]
