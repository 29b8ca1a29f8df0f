"""Names that an environment gives to what it imports: each is of one resource."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from modules.validation import Problem, show
from stacks.config.application_inputs import job_task

if TYPE_CHECKING:
    from stacks.config.schema import Environment

# An ARN in the boundary, with its quotes and comma, without the name that it ends with.
_OF_AN_ARN = 80
_REPLICA = "-replica"


class _Name(NamedTuple):
    kind: str
    """What has it. Names of different kinds may be the same."""
    name: str
    field: str
    is_given: bool


def rules(environment: Environment) -> Iterator[Problem]:
    """What is wrong with names that each are right by the rules of their service."""
    service, postgresql = environment.django_service, environment.postgresql
    tasks = _tasks(environment)
    roles = [f"{task}-{kind}" for task in tasks for kind in ("task", "execution")]
    for field, given, known in (
        ("log_groups", service.runtime.log_groups, tasks),
        ("role_names", service.runtime.role_names, roles),
    ):
        for key in given or {}:
            if key not in known:
                remedy = f"use one of {', '.join(known)}"
                yield Problem(f"django_service.runtime.{field}[{show(key)}]", f"there is no {key}", remedy)
    if service.runtime.task_role_arn is not None:
        for role in service.runtime.role_names or {}:
            if role.endswith("-task"):
                what = "has no effect with task_role_arn, which is not imported"
                yield Problem(f"django_service.runtime.role_names[{show(role)}]", what, "remove one of the two")
    if postgresql.read_replica and postgresql.identifier and len(postgresql.identifier + _REPLICA) > 63:
        what = f"that of the replica, which ends with {_REPLICA}, would have more than 63 characters"
        yield Problem("postgresql.identifier", what, "set postgresql.read_replica to False")
    owners: dict[tuple[str, str], _Name] = {}
    for each in _names(environment):
        owner = owners.setdefault((each.kind, each.name), each)
        if owner is not each and (owner.is_given or each.is_given):
            field, other = (each.field, owner.field) if each.is_given else (owner.field, each.field)
            yield Problem(field, f"{each.name} is the name of {other} too", "give each its own")


def conflicts(one: Environment, other: Environment) -> Iterator[Problem]:
    """Names that another environment of the same account has too."""
    ours = {(each.kind, each.name): each for each in _names(one)}
    for each in _names(other):
        owner = ours.get((each.kind, each.name))
        if owner and (owner.is_given or each.is_given) and not _is_elsewhere(each, one, other):
            what = f"{each.name} is the name of {owner.field} of {one.name} in the same account too"
            yield Problem(each.field, what, "leave it to one environment")


def characters(environment: Environment) -> int:
    """How much of the boundary the names take at most."""
    of_postgresql = [each for each in _names(environment) if each.is_given and each.kind == "instance of RDS"]
    others = [each for each in _names(environment) if each.is_given and each.kind in ("log group", "replication group")]
    # In the boundary an instance has a log group and an ARN, and a log group of tasks one with its streams.
    return sum(2 * (_OF_AN_ARN + len(each.name)) for each in (*of_postgresql, *others))


def _is_elsewhere(each: _Name, one: Environment, other: Environment) -> bool:
    """Whether the two are apart by their regions, which neither IAM nor S3 looks at."""
    return one.region != other.region and each.kind not in ("role", "bucket")


def _tasks(environment: Environment) -> list[str]:
    service = environment.django_service
    jobs = map(job_task, service.application.jobs or {})
    return [*service.services, *service.tasks, *service.session_tasks, *jobs]


def _names(environment: Environment) -> Iterator[_Name]:
    """The names of all that may have a given one, and of what is there beside it."""
    service, postgresql, redis = environment.django_service, environment.postgresql, environment.redis
    prefix, balancer, cluster = environment.prefix, service.load_balancer, service.cluster

    identifier, is_given = environment.database_identifier, postgresql.identifier is not None
    yield _Name("instance of RDS", identifier, "postgresql.identifier", is_given)
    if postgresql.read_replica:
        yield _Name("instance of RDS", f"{identifier}{_REPLICA}", "postgresql.identifier", is_given)
    group = postgresql.subnet_group_name
    yield _Name(
        "subnet group of RDS", group or f"{prefix}-postgresql", "postgresql.subnet_group_name", group is not None
    )

    for name, group_id in redis.group_ids(prefix).items() if redis else ():
        field = f"redis.{'cache' if name == 'redis' else 'broker'}.replication_group_id"
        yield _Name("replication group", group_id, field, group_id != f"{prefix}-{name}")
    if redis:
        group = redis.subnet_group_name
        yield _Name("subnet group", group or f"{prefix}-redis", "redis.subnet_group_name", group is not None)

    path = "django_service.load_balancer"
    yield _Name("load balancer", environment.load_balancer_name, f"{path}.name", balancer.name is not None)
    yield _Name(
        "bucket", environment.access_log_bucket, f"{path}.access_log_bucket", balancer.access_log_bucket is not None
    )
    if bucket := getattr(environment.state, "bucket", None):
        yield _Name("bucket", str(bucket), "state.bucket", is_given=False)
    if cluster.existing is None:
        yield _Name("cluster", environment.cluster_name, "django_service.cluster.name", cluster.name is not None)

    runtime, path = service.runtime, "django_service.runtime"
    for task in _tasks(environment):
        is_given = task in (runtime.log_groups or {})
        yield _Name("log group", environment.log_group(task), f"{path}.log_groups[{show(task)}]", is_given)
        for role in (f"{task}-task", f"{task}-execution"):
            is_given = role in (runtime.role_names or {})
            yield _Name("role", runtime.role_name(prefix, role), f"{path}.role_names[{show(role)}]", is_given)
