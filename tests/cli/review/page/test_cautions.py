"""What a switch in a running environment interrupts or strands is said, with the order to do it in."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cdktf import Testing

from cli.review.page import machine, markdown
from cli.review.page.cautions import cautions
from cli.terraform.plan import Plan
from stacks.config import RedisGroupInputs, vary
from stacks.config.schema import Environment
from stacks.django_backend import compose
from tests.cli.review.gate.deployed import plan_change
from tests.cli.review.page.pages import change, page, planned
from tests.environments import frozen
from tests.plans import Plans
from tests.support import Json, read_output

CACHE, BROKER = "aws_elasticache_replication_group.redis", "aws_elasticache_replication_group.redis_broker"
TARGET = "aws_lb_target_group.load_balancer_target"
DATABASE, REPLICA = "aws_db_instance.postgresql", "aws_db_instance.postgresql_replica"


def found(*changes: Json) -> list[str]:
    return list(cautions(Plan({"resource_changes": list(changes)})))


def update(address: str, before: Json, after: Json, **more: Any) -> Json:
    return change(address, "update", before=before, after=after, **more)


OPEN = {"user_name": "default", "access_string": "on ~* &* +@all"}
DEFAULT_USER = "aws_elasticache_user.user_nobody"
USERS = update(CACHE, {"user_group_ids": None}, {"user_group_ids": ["prod-redis"]})
STAYS = change(CACHE, "no-op", before={"id": "a"}, after={"id": "a"})
CARRIES, ALONE = {"description": "Cache and Celery broker"}, {"description": "Cache"}
MADE, MADE_BEFORE = change(BROKER, "create", after={}), change(BROKER, "no-op", before={"id": "b"}, after={"id": "b"})
PASSWORD = update(DATABASE, {"manage_master_user_password": True}, {"manage_master_user_password": None})
ONE_ZONE = change(DATABASE, "no-op", before={"multi_az": False}, after={"multi_az": False})


BALANCER = change("aws_lb.load_balancer", "no-op", before={"id": "a"}, after={"id": "a"})
ASSOCIATION = "aws_wafv2_web_acl_association.web_acl_association"
ASSOCIATED = change(ASSOCIATION, "create", after={})


def web_acl(action: Json) -> Json:
    return change("aws_wafv2_web_acl.web_acl", "create", after={"rule": [{"action": [action]}, {"action": []}]})


BLOCKS, COUNTS = web_acl({"block": [{}], "count": []}), web_acl({"block": [], "count": [{}]})
DRAWN = "aws_secretsmanager_secret_version.app_password_version"


def drawn(before: int, after: int, address: str = DRAWN) -> Json:
    return update(address, {"secret_string_wo_version": before}, {"secret_string_wo_version": after})


LISTENER = "aws_lb_listener.load_balancer_https"
OFF, VERIFY = ({"mutual_authentication": [{"mode": mode}]} for mode in ("off", "verify"))


def test_a_listener_that_begins_to_verify_clients_is_told_and_no_other() -> None:
    others: list[Json] = [{}, {"mutual_authentication": []}, OFF]
    for before in others:
        (said,) = found(update(LISTENER, before, VERIFY))
        assert said.startswith(f"{LISTENER}: whoever shows no certificate is refused from now on ")
    for before, after in ((VERIFY, VERIFY), (VERIFY, OFF), (others[0], OFF)):
        assert found(update(LISTENER, before, after)) == []


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ((USERS,), f"{CACHE}: who may sign in to Redis changes at once (redis.iam_authentication), "),
        ((update(CACHE, {"user_group_ids": ["a"]}, {"user_group_ids": []}),), f"{CACHE}: who may sign in to Redis "),
        (
            (USERS, change(DEFAULT_USER, "create", after={**OPEN, "access_string": "off ~* -@all"})),
            f"{CACHE}: who may sign in to Redis ",
        ),
        ((update(CACHE, {}, {}, after_unknown={"user_group_ids": True}),), f"{CACHE}: who may sign in to Redis "),
        ((STAYS, MADE), f"{BROKER}: new tasks use this group for their queue "),
        ((update(CACHE, CARRIES, ALONE), MADE), f"{BROKER}: new tasks use this group for their queue "),
        (
            (change(CACHE, "no-op", before=CARRIES, after=CARRIES), MADE),
            f"{BROKER}: new tasks wait in this group, while the workers empty the old queue (redis.draining_broker)",
        ),
        (
            (update(CACHE, ALONE, CARRIES), MADE_BEFORE),
            f"{CACHE}: the workers go back to the old queue (redis.draining_broker), and new tasks wait ",
        ),
        (
            (update(CACHE, CARRIES, ALONE), MADE_BEFORE),
            f"{CACHE}: the workers leave the old queue (redis.draining_broker), and what waits in it is never run: ",
        ),
        ((PASSWORD,), f"{DATABASE}: the master password changes and is kept in another secret "),
        (
            (change(TARGET, "create", "delete", before={"port": 8000}, after={"port": 80}),),
            f"{TARGET}: requests of its service are answered by 503 from when they go to the new port ",
        ),
        ((BALANCER, BLOCKS, ASSOCIATED), f"{ASSOCIATION}: requests that its rules match are blocked from now on "),
        ((BALANCER, ASSOCIATED), f"{ASSOCIATION}: requests that its rules match are blocked from now on "),
        ((drawn(1, 2),), f"{DRAWN}: PostgreSQL gets another password of this user "),
        (
            (ONE_ZONE, change(REPLICA, "create", after={"replicate_source_db": "prod"})),
            f"{REPLICA}: RDS makes it of a snapshot, and an instance in one zone answers slowly ",
        ),
    ],
)
def test_a_switch_says_what_it_interrupts_and_what_to_do(changes: tuple[Json, ...], says: str) -> None:
    (line,) = found(*changes)
    assert line.startswith(says)
    assert any(remedy in line for remedy in (": deploy ", "; or deploy ", ", and deploy then", ": set redis.draining_"))


@pytest.mark.parametrize(
    "changes",
    [
        (change(CACHE, "create", after={"user_group_ids": ["a"]}), change(BROKER, "create", after={})),
        (update(CACHE, {"user_group_ids": ["a"]}, {"user_group_ids": ["b"]}),),
        (USERS, change(DEFAULT_USER, "create", after=OPEN)),
        (update(CACHE, {"user_group_ids": ["a"]}, {}), change(DEFAULT_USER, "delete", before=OPEN)),
        (change(CACHE, "delete", before={"id": "a"}), change(BROKER, "create", after={})),
        (change(DATABASE, "create", after={"manage_master_user_password": True}),),
        (BALANCER, COUNTS, ASSOCIATED),
        (change("aws_lb.load_balancer", "create", after={}), BLOCKS, ASSOCIATED),
        (drawn(1, 1),),
        (drawn(1, 2, "aws_secretsmanager_secret_version.secret_key_version"),),
        (change(DRAWN, "create", after={"secret_string_wo_version": 1}),),
        (STAYS, MADE_BEFORE),
        (change(CACHE, "no-op", before=CARRIES, after=CARRIES), MADE_BEFORE),
        (update(CACHE, CARRIES, {**CARRIES, "port": 1}), MADE_BEFORE),
        (update(CACHE, ALONE, CARRIES), change(BROKER, "delete", before={"id": "b"})),
        (
            change(DATABASE, "no-op", before={"multi_az": True}, after={"multi_az": True}),
            change(REPLICA, "create", after={"replicate_source_db": "prod"}),
        ),
    ],
)
def test_what_is_new_or_stays_interrupts_nothing(changes: tuple[Json, ...]) -> None:
    assert found(*changes) == []


def changing_over(*published: str | None) -> list[str]:
    instances = [
        change(f"{DATABASE}{end}", "no-op", before={"resource_id": of}, after={"resource_id": of})
        for end, of in (("", "db-1"), ("_restored", "db-2"))
    ]
    before, after = published
    output = {"actions": ["update"], "before": before, "after": after}
    return list(cautions(Plan({"resource_changes": instances, "output_changes": {"resource_id": output}})))


def test_a_database_that_takes_over_is_told_and_one_that_stays_is_not() -> None:
    (line,) = changing_over("db-1", "db-2")
    assert line.startswith(f"{DATABASE}_restored: the application changes over to this database (postgresql.serving) ")
    (line,) = changing_over("db-2", "db-1")
    assert line.startswith(f"{DATABASE}: the application changes over ")
    assert changing_over("db-1", "db-1") == changing_over(None, "db-1") == []


def test_it_is_a_warning_at_the_top_of_every_page() -> None:
    made = page(planned(USERS, name="prod-redis"))
    (caution,) = made.units[0].cautions
    assert f"> [!WARNING]\n> Interrupts: `prod-redis`: `{caution}`.\n" in markdown.render(made)
    assert json.loads(machine.render(made))["units"][0]["cautions"] == [caution]


def with_users(prod: Environment) -> Environment:
    return vary(prod, redis__iam_authentication=True)


def with_broker(prod: Environment) -> Environment:
    return vary(prod, redis__broker=RedisGroupInputs(node_type="cache.t4g.small"))


def with_draining_broker(prod: Environment) -> Environment:
    return vary(with_broker(prod), redis__draining_broker=True)


def with_replica(prod: Environment) -> Environment:
    return vary(prod, postgresql__read_replica=True)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("switch", "unit", "address"),
    [
        (with_users, "prod-redis", CACHE),
        (with_broker, "prod-redis", BROKER),
        (with_draining_broker, "prod-redis", BROKER),
        (with_replica, "prod-postgresql", DATABASE),
    ],
)
def test_the_provider_plans_such_a_switch_so(
    switch: Callable[[Environment], Environment],
    unit: str,
    address: str,
    *,
    plans: Plans,
    mirrors: dict[str, Path],
    tmp_path: Path,
) -> None:
    app = Testing.app()
    compose(app, switch(frozen("prod")))
    app.synth()
    document = dict(read_output(Path(app.outdir)))[unit]
    changed = plan_change(plans[unit], document, tmp_path, mirrors)
    (line,) = cautions(changed.plan)
    assert line.startswith(f"{address}: ")
    assert list(cautions(plans[unit].plan)) == []
