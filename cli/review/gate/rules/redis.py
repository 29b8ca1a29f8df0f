"""Who may sign in to Redis changes at once, or not at all: what tasks are given follows in the same deployment."""

from __future__ import annotations

from cli.review.gate.resources import Resource
from cli.review.gate.rule import Rule
from cli.terraform.plan import Action

_GROUP = "aws_elasticache_replication_group"
_USERS = "user_group_ids"


def _may_be_deferred(resource: Resource) -> bool:
    change = resource.change
    if change.action is not Action.CHANGE or resource.on("apply_immediately"):
        return False
    before, after = (change.before or {}).get(_USERS), (change.after or {}).get(_USERS)
    unknown = bool((change.after_unknown or {}).get(_USERS))
    return unknown or sorted(before or ()) != sorted(after or ())


RULES = (
    # https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ModifyReplicationGroup.html
    Rule(
        "redis/deferred-users",
        (_GROUP,),
        _may_be_deferred,
        "ElastiCache may leave its users as they are until the maintenance window, and this deployment starts tasks "
        "that sign in as the new ones, or deletes the old ones: set redis.apply_immediately to True for it, and remove "
        "it in the next change",
    ),
)
