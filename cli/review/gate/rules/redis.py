"""What ElastiCache must change at once, or not at all: the rest of the deployment counts on it."""

from __future__ import annotations

from cli.review.gate.resources import Resource
from cli.review.gate.rule import Rule
from cli.terraform.plan import Action

_GROUP = "aws_elasticache_replication_group"
_USERS = "user_group_ids"


def _may_be_deferred(resource: Resource) -> bool:
    return resource.change.action is Action.CHANGE and not resource.on("apply_immediately")


def _defers_users(resource: Resource) -> bool:
    change = resource.change
    before, after = (change.before or {}).get(_USERS), (change.after or {}).get(_USERS)
    unknown = bool((change.after_unknown or {}).get(_USERS))
    return _may_be_deferred(resource) and (unknown or sorted(before or ()) != sorted(after or ()))


def _defers_engine(resource: Resource) -> bool:
    """Whether parameter groups of another family are needed: by another engine, or another major version of it."""
    change = resource.change
    before, after = (
        (each.get("engine"), str(each.get("engine_version")).partition(".")[0])
        for each in (change.before or {}, change.after or {})
    )
    return _may_be_deferred(resource) and before != after


RULES = (
    # https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ModifyReplicationGroup.html
    Rule(
        "redis/deferred-users",
        (_GROUP,),
        _defers_users,
        "ElastiCache may leave its users as they are until the maintenance window, and this deployment starts tasks "
        "that sign in as the new ones, or deletes the old ones: set redis.apply_immediately to True for it, and remove "
        "it in the next change",
    ),
    Rule(
        "redis/deferred-engine",
        (_GROUP,),
        _defers_engine,
        "ElastiCache leaves the engine as it is until the maintenance window, and its old parameter group could not be "
        "deleted until then, so that each deployment fails: set redis.apply_immediately to True for it, and remove it "
        "in the next change",
    ),
)
