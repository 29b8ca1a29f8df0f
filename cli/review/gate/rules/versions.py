"""The order in which RDS takes versions of PostgreSQL where there is a read replica.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_UpgradeDBInstance.PostgreSQL.html
"""

from __future__ import annotations

from collections.abc import Iterator

from cli.review.gate.resources import Resource
from cli.review.gate.rule import Rule
from cli.terraform.plan import Action, ResourceChange

_INSTANCE = "aws_db_instance"


def _before_its_replica(resource: Resource) -> Iterator[str]:
    """The version that the replica must be given first, where the plan gives the instance a higher one."""
    return (".".join(map(str, target)) for given, target in _behind(resource) if given < target)


def _before_the_window_of_its_replica(resource: Resource) -> Iterator[str]:
    """The version that the replica was given, and does not have yet, where the plan gives it to the instance."""
    return (".".join(map(str, target)) for given, target in _behind(resource) if given >= target)


def _behind(resource: Resource) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Of each replica that is below the minor version that the plan gives the instance: what it was given, and that."""
    own, target = _versions(resource)
    for replica in _replicas(resource):
        before = replica.before or {}
        actual = _parts(before.get("engine_version_actual"))
        if len(target) > 1 and own[:1] == target[:1] and actual < target:
            yield _parts(before.get("engine_version")), target


def _unasked(resource: Resource) -> Iterator[str]:
    """The major version that the plan raises the instance to without leave."""
    own, target = _versions(resource)
    if own[:1] < target[:1] and own and not resource.on("allow_major_version_upgrade") and not any(_replicas(resource)):
        yield str(target[0])


def _beside_a_replica(resource: Resource) -> bool:
    own, target = _versions(resource)
    return bool(own and target) and own[0] != target[0] and any(_replicas(resource))


def _versions(resource: Resource) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Of an instance that is no replica: what it has, and what the plan gives it; empty where nothing changes."""
    change = resource.change
    before, after = change.before or {}, change.after or {}
    if change.action is not Action.CHANGE or before.get("replicate_source_db"):
        return (), ()
    if before.get("engine_version") == after.get("engine_version"):
        return (), ()
    return _parts(before.get("engine_version_actual")), _parts(after.get("engine_version"))


def _replicas(resource: Resource) -> Iterator[ResourceChange]:
    name = (resource.values or {}).get("identifier")
    changes = (each for each in resource.unit.changes if each.type == _INSTANCE and each.before)
    return (each for each in changes if each.before.get("replicate_source_db") == name)


def _parts(version: object) -> tuple[int, ...]:
    parts = str(version or "").split(".")
    return tuple(map(int, parts)) if all(part.isdigit() for part in parts) else ()


RULES = (
    Rule(
        "versions/replica-first",
        (_INSTANCE,),
        _before_its_replica,
        "RDS upgrades an instance only after its replica: set postgresql.replica_engine_version to {} and leave "
        "engine_version in a deployment before",
    ),
    Rule(
        "versions/replica-waits",
        (_INSTANCE,),
        _before_the_window_of_its_replica,
        "RDS upgrades an instance only after its replica, which gets {} in its maintenance window: leave "
        "postgresql.engine_version until then, or apply the replica's at once by `aws rds modify-db-instance`",
    ),
    Rule(
        "versions/major-unasked",
        (_INSTANCE,),
        _unasked,
        "RDS raises a major version only where that is allowed: rehearse the upgrade to {}, and set "
        "postgresql.allow_major_version_upgrade and postgresql.apply_immediately to True for this deployment",
    ),
    Rule(
        "versions/major-with-replica",
        (_INSTANCE,),
        _beside_a_replica,
        "RDS upgrades the replica meanwhile, and refuses what Terraform sends to it: set postgresql.read_replica to "
        "False in a deployment before, and to True in one after",
    ),
)
