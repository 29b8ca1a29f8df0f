"""Changes that interrupt what runs, or leave something behind, though Terraform makes them without a loss."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from cli.terraform.plan import Action, Plan, ResourceChange
from modules.redis.inputs import CARRIES_TASKS

_GROUP = "aws_elasticache_replication_group"
_TOGETHER = "deploy this unit and django-service in one go, when few people are there"


class _Caution(NamedTuple):
    type: str
    applies: Callable[[ResourceChange, Plan], bool]
    text: str
    """What happens, and in which order to do it."""


def cautions(plan: Plan) -> Iterator[str]:
    """What a change does to what runs, each by its address: `aws_db_instance.postgresql: what happens: what to do`."""
    for change in plan.changes:
        for caution in _CAUTIONS:
            if change.type == caution.type and caution.applies(change, plan):
                yield f"{change.address}: {caution.text}"


def _switches(argument: str) -> Callable[[ResourceChange, Plan], bool]:
    """Whether an argument of something that exists is set where it was not, or the other way round."""

    def applies(change: ResourceChange, _: Plan) -> bool:
        if change.action is not Action.CHANGE:
            return False
        unknown = (change.after_unknown or {}).get(argument)
        return bool((change.before or {}).get(argument)) != bool((change.after or {}).get(argument) or unknown)

    return applies


def _is_beside(change: ResourceChange, plan: Plan) -> bool:
    """Whether it is made beside another of its type, which stays."""
    stays = (each for each in plan.changes if each.type == change.type and each.before and not each.is_destroyed)
    return change.action is Action.ADD and any(stays)


def _is_drawn_again(change: ResourceChange, _: Plan) -> bool:
    """Whether a user of PostgreSQL, who has a password, gets another one."""
    before, after = ((each or {}).get("secret_string_wo_version") for each in (change.before, change.after))
    return change.address.endswith("_password_version") and None not in (before, after) and before != after


def _changes_its_port(change: ResourceChange, _: Plan) -> bool:
    before, after = ((each or {}).get("port") for each in (change.before, change.after))
    return None not in (before, after) and before != after


def _is_copied(change: ResourceChange, plan: Plan) -> bool:
    values = {**(change.after or {}), **{name: True for name, mask in (change.after_unknown or {}).items() if mask}}
    single_zone = any(
        each.before and not each.before.get("multi_az") for each in plan.changes if each.type == change.type
    )
    return _is_beside(change, plan) and bool(values.get("replicate_source_db")) and single_zone


def _takes_over(change: ResourceChange, plan: Plan) -> bool:
    """Whether the application uses this database from now on, and has used another one."""
    published = plan.outputs.get("resource_id")
    if published is None or published.before in (None, published.after):
        return False
    return bool((change.after or {}).get("resource_id") == published.after)


def _shuts_others_out(change: ResourceChange, plan: Plan) -> bool:
    """Whether the users of a group of Redis come or go, and the default user is not open meanwhile."""
    users = [each for each in plan.changes if each.type == "aws_elasticache_user"]
    values = [each.before if each.is_destroyed else each.after for each in users]
    access = [each.get("access_string") for each in values if each and each.get("user_name") == "default"]
    is_open = any(str(each).startswith("on ") for each in access)
    return _switches("user_group_ids")(change, plan) and not is_open


def _strands_tasks(change: ResourceChange, plan: Plan) -> bool:
    """Whether the queue moves into a group of its own, and no worker stays with the old one."""
    return _is_beside(change, plan) and not _stays_carrier(plan)


def _begins_to_drain(change: ResourceChange, plan: Plan) -> bool:
    return _is_beside(change, plan) and _stays_carrier(plan)


def _drains_again(change: ResourceChange, plan: Plan) -> bool:
    """Whether workers leave the group of the queue, which stays, for the old one."""
    was_alone = change.before and change.before.get("description") != CARRIES_TASKS
    has_other = any(each.before and not each.is_destroyed for each in _groups(plan) if each is not change)
    return bool(was_alone) and _carries_tasks(change) and has_other


def _ends_to_drain(change: ResourceChange, plan: Plan) -> bool:
    """Whether workers leave the old queue, for a group that a deployment before has made."""
    carried = (change.before or {}).get("description") == CARRIES_TASKS and not _carries_tasks(change)
    return carried and not change.is_destroyed and not any(_is_beside(each, plan) for each in _groups(plan))


def _stays_carrier(plan: Plan) -> bool:
    return any(each.before and _carries_tasks(each) for each in _groups(plan))


def _carries_tasks(group: ResourceChange) -> bool:
    """Whether a queue is, or still is, in the group of the cache."""
    return (group.after or {}).get("description") == CARRIES_TASKS


def _groups(plan: Plan) -> list[ResourceChange]:
    return [each for each in plan.changes if each.type == _GROUP]


def _begins_to_block(change: ResourceChange, plan: Plan) -> bool:
    """Whether a load balancer that serves gets a web ACL that does more than count."""
    serves = any(each.type == "aws_lb" and each.before and not each.is_destroyed for each in plan.changes)
    acls = [each.after or {} for each in plan.changes if each.type == "aws_wafv2_web_acl"]
    actions = [action for acl in acls for rule in acl.get("rule") or () for action in rule.get("action") or ()]
    return change.action is Action.ADD and serves and (not acls or any(action.get("block") for action in actions))


def _begins_to_verify(change: ResourceChange, _: Plan) -> bool:
    """Whether a listener verifies the certificates of clients that it did not ask before."""
    found = (((each or {}).get("mutual_authentication") or [{}])[0] for each in (change.before, change.after))
    before, after = (each.get("mode") == "verify" for each in found)
    return after and not before


_CAUTIONS = (
    _Caution(
        _GROUP,
        _shuts_others_out,
        "who may sign in to Redis changes at once (redis.iam_authentication), and tasks that run are refused until "
        "those of the next deployment have started: set redis.switching_authentication and redis.apply_immediately for "
        f"this deployment, which then interrupts nothing; or {_TOGETHER}",
    ),
    _Caution(
        _GROUP,
        _strands_tasks,
        "new tasks use this group for their queue (redis.broker), and what waits in the old one is never run: set "
        "redis.draining_broker to True for this deployment, in which the workers empty that first",
    ),
    _Caution(
        _GROUP,
        _begins_to_drain,
        "new tasks wait in this group, while the workers empty the old queue (redis.draining_broker): deploy again "
        "without that as soon as the old queue is empty, as docs/changes.md says",
    ),
    _Caution(
        _GROUP,
        _drains_again,
        "the workers go back to the old queue (redis.draining_broker), and new tasks wait in the group of their own "
        "until a deployment without that: set redis.draining_broker to False, unless tasks wait in the old queue",
    ),
    _Caution(
        _GROUP,
        _ends_to_drain,
        "the workers leave the old queue (redis.draining_broker), and what waits in it is never run: look whether it "
        "is empty, as docs/changes.md says, and deploy then",
    ),
    _Caution(
        "aws_db_instance",
        _switches("manage_master_user_password"),
        "the master password changes and is kept in another secret (postgresql.read_replica), so that tasks which read "
        'it (database_authentication="secret") cannot sign in until those of the next deployment have started: '
        f"{_TOGETHER}",
    ),
    _Caution(
        "aws_db_instance",
        _takes_over,
        "the application changes over to this database (postgresql.serving) as django-service is deployed, and what is "
        "written until then stays in the other one: stop what writes and cannot lose it, and deploy both units in one "
        "go, as docs/data.md says",
    ),
    _Caution(
        "aws_secretsmanager_secret_version",
        _is_drawn_again,
        "PostgreSQL gets another password of this user (django_service.password_version), so that running tasks open "
        "no new connections until those of this deployment have started: deploy it when few people are there",
    ),
    _Caution(
        "aws_db_instance",
        _is_copied,
        "RDS makes it of a snapshot, and an instance in one zone answers slowly or not at all for the time that takes: "
        "deploy it when few people are there",
    ),
    _Caution(
        "aws_wafv2_web_acl_association",
        _begins_to_block,
        "requests that its rules match are blocked from now on (django_service.load_balancer.web_acl): deploy it with "
        "count_only=True first, and look at its log, as docs/firewall.md says",
    ),
    _Caution(
        "aws_lb_listener",
        _begins_to_verify,
        "whoever shows no certificate is refused from now on (authenticated_origin_pulls.required): Cloudflare must "
        "show it already, which `make deploy` asks and `cdktf deploy` does not",
    ),
    _Caution(
        "aws_lb_target_group",
        _changes_its_port,
        "requests of its service are answered by 503 from when they go to the new port (container_port) until tasks "
        "listen there, for as long as a deployment takes: deploy it when few people are there",
    ),
)
