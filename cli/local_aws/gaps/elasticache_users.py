"""ElastiCache: users and user groups, as they are answered and not as they were written.

https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Clusters.RBAC.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from moto.core.responses import ActionResult
from moto.elasticache.exceptions import ElastiCacheException, UserNotFound
from moto.elasticache.models import ElastiCacheBackend, User
from moto.elasticache.responses import ElastiCacheResponse

from cli.local_aws.gaps.patch import around, around_property, missing_from

_DEFAULT = "default"


@around(ElastiCacheBackend, "__init__")
def _backend(original: Any, self: Any, *arguments: Any, **named: Any) -> None:
    """Moto has no user groups."""
    original(self, *arguments, **named)
    self.user_groups = {}


@around_property(User, "authentication")
def _authentication(original: Any, self: Any) -> dict[str, Any]:
    """Moto answers `no-password-required` as it was written."""
    found: dict[str, Any] = original(self)
    return {**found, "Type": "no-password" if found["Type"] == "no-password-required" else found["Type"]}


@around(ElastiCacheBackend, "create_user")
def _create_user(original: Any, self: Any, **given: Any) -> Any:
    """Moto answers an access string as it was written."""
    return original(self, **{**given, "access_string": _canonical(given["access_string"])})


@around(ElastiCacheBackend, "describe_users")
def _describe_users(original: Any, self: Any, *arguments: Any, **named: Any) -> list[Any]:
    users: list[Any] = original(self, *arguments, **named)
    for user in users:
        user.user_group_ids = [name for name, group in self.user_groups.items() if user.id in group["UserIds"]]
        user.status = "active" if user.status == "modifying" else user.status
    return users


@missing_from(ElastiCacheResponse)
def modify_user(self: Any) -> ActionResult:
    user = _user(self.elasticache_backend, self._get_param("UserId"))
    if access_string := self._get_param("AccessString"):
        user.access_string = _canonical(access_string)
    mode = self._get_param("AuthenticationMode", {})
    if self._get_bool_param("NoPasswordRequired"):
        mode = {"Type": "no-password-required"}
    elif passwords := self._get_param("Passwords"):
        mode = {"Type": "password", "Passwords": passwords}
    if mode:
        user.no_password_required = False  # which moto would prefer to the type
        user.authentication_type, user.passwords = mode["Type"], mode.get("Passwords", [])
    user.status = "modifying"
    return ActionResult(user)


@around(ElastiCacheBackend, "delete_user")
def _delete_user(original: Any, self: Any, user_id: str) -> Any:
    """A user leaves its groups; a user named `default` must be replaced in them first."""
    groups = [group for group in self.user_groups.values() if user_id in group["UserIds"]]
    if groups and _user(self, user_id).name == _DEFAULT:
        text = f"User {user_id} is the default user of {groups[0]['UserGroupId']}."
        raise ElastiCacheException("DefaultUserAssociatedToUserGroupFault", text)
    for group in groups:
        group["UserIds"].remove(user_id)
    return original(self, user_id)


@missing_from(ElastiCacheResponse)
def create_user_group(self: Any) -> ActionResult:
    backend, name = self.elasticache_backend, self._get_param("UserGroupId")
    if name in backend.user_groups:
        raise ElastiCacheException("UserGroupAlreadyExistsFault", f"User group {name} already exists.")
    user_ids = self._get_param("UserIds", [])
    _check_members(backend, user_ids)
    group = backend.user_groups[name] = {
        "UserGroupId": name,
        "Status": "creating",
        "Engine": self._get_param("Engine").lower(),
        "UserIds": user_ids,
        "MinimumEngineVersion": "6.0",
        "PendingChanges": {},
        "ARN": f"arn:aws:elasticache:{backend.region_name}:{backend.account_id}:usergroup:{name}",
    }
    backend.tagging_service.tag_resource(group["ARN"], self._get_param("Tags", []))
    return ActionResult(_answer(backend, group))


@missing_from(ElastiCacheResponse)
def describe_user_groups(self: Any) -> ActionResult:
    """What was begun is done in the next description."""
    backend, asked = self.elasticache_backend, self._get_param("UserGroupId")
    groups = [_group(backend, asked)] if asked else list(backend.user_groups.values())
    for group in groups:
        if group["Status"] == "deleting":
            del backend.user_groups[group["UserGroupId"]]
            continue
        group["UserIds"], group["PendingChanges"] = _members(group), {}
        group["Status"] = "active"
    return ActionResult({"UserGroups": [_answer(backend, group) for group in groups]})


@missing_from(ElastiCacheResponse)
def modify_user_group(self: Any) -> ActionResult:
    backend, group = self.elasticache_backend, _active(self.elasticache_backend, self._get_param("UserGroupId"))
    changes = {kind: self._get_param(kind) for kind in ("UserIdsToAdd", "UserIdsToRemove") if self._get_param(kind)}
    _check_members(backend, _members({**group, "PendingChanges": changes}))
    group["PendingChanges"], group["Status"] = changes, "modifying"
    return ActionResult(_answer(backend, group))


@missing_from(ElastiCacheResponse)
def delete_user_group(self: Any) -> ActionResult:
    backend = self.elasticache_backend
    group = _active(backend, self._get_param("UserGroupId"))
    if users := _replication_groups(backend, group):
        text = f"User group {group['UserGroupId']} is associated with {', '.join(users)}."
        raise ElastiCacheException("InvalidUserGroupStateFault", text)
    group["Status"] = "deleting"
    return ActionResult(_answer(backend, group))


@around(ElastiCacheBackend, "create_replication_group")
def _create_replication_group(original: Any, self: Any, **given: Any) -> Any:
    for name in given["user_group_ids"] or ():
        _active(self, name)
    return original(self, **given)


@around(ElastiCacheResponse, "modify_replication_group")
def _modify_replication_group(original: Any, self: Any) -> ActionResult:
    """Moto forgets its user groups."""
    answer: ActionResult = original(self)
    group = self.elasticache_backend.replication_groups[self._get_param("ReplicationGroupId")]
    added, removed = self._get_param("UserGroupIdsToAdd", []), self._get_param("UserGroupIdsToRemove", [])
    for name in added:
        _active(self.elasticache_backend, name)
    group.user_group_ids = [name for name in (*group.user_group_ids, *added) if name not in removed]
    return answer


def _canonical(access_string: str) -> str:
    """The order is state, keys, channels, commands; nothing is allowed that is not named.

    https://github.com/hashicorp/terraform-provider-aws/issues/20334
    """
    long_forms = {"allkeys": "~*", "allchannels": "&*", "allcommands": "+@all", "nocommands": "-@all"}
    words = [long_forms.get(word, word) for word in access_string.split()]
    keys, channels, commands = ([word for word in words if word[0] in signs] for signs in ("~%", "&", "+-"))
    if commands[:1] not in (["+@all"], ["-@all"]):
        commands = ["-@all", *commands]
    return " ".join(["on" if "on" in words else "off", *keys, *channels, *commands])


def _user(backend: Any, user_id: str) -> Any:
    if user_id not in backend.users:
        raise UserNotFound(user_id)
    return backend.users[user_id]


def _group(backend: Any, name: str) -> dict[str, Any]:
    groups: dict[str, dict[str, Any]] = backend.user_groups
    if name not in groups:
        raise ElastiCacheException("UserGroupNotFoundFault", f"User group {name} not found.")
    return groups[name]


def _active(backend: Any, name: str) -> dict[str, Any]:
    group = _group(backend, name)
    if group["Status"] != "active":
        raise ElastiCacheException("InvalidUserGroupStateFault", f"User group {name} is {group['Status']}.")
    return group


def _members(group: dict[str, Any]) -> list[str]:
    """With what is to be added, and without what is to be removed."""
    changes = group["PendingChanges"]
    user_ids = [*group["UserIds"], *changes.get("UserIdsToAdd", ())]
    return [user_id for user_id in user_ids if user_id not in changes.get("UserIdsToRemove", ())]


def _check_members(backend: Any, user_ids: Iterable[str]) -> None:
    names = [_user(backend, user_id).name for user_id in user_ids]
    if len(set(names)) < len(names):
        raise ElastiCacheException("DuplicateUserNameFault", "Two users of a user group have the same name.")
    if _DEFAULT not in names:
        raise ElastiCacheException("DefaultUserRequired", f"A user group needs a user named {_DEFAULT}.")


def _replication_groups(backend: Any, group: dict[str, Any]) -> list[str]:
    return [name for name, each in backend.replication_groups.items() if group["UserGroupId"] in each.user_group_ids]


def _answer(backend: Any, group: dict[str, Any]) -> dict[str, Any]:
    return {**group, "ReplicationGroups": _replication_groups(backend, group)}
