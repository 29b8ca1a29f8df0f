"""What would save, in sums that are made by hand, and only where it applies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from cli.review.cost import UnitCost, monthly
from cli.review.cost.assumptions import assumptions
from cli.review.cost.charge import Saving
from cli.review.cost.savings import Saved, savings
from tests.cli.review.cost.unit_plans import HOURS, price, resource, unit_plan
from tests.support import Json

TASK_HOUR = Decimal("0.5") * price("fargate", "arm64_vcpu_hour") + 1 * price("fargate", "arm64_gb_hour")
TASK = HOURS * TASK_HOUR
DATABASE = HOURS * price("rds_postgres_hour", "db.t4g.small")
NODE = HOURS * price("elasticache_redis_hour", "cache.t4g.small")
ON_DEMAND = [{"capacity_provider": "FARGATE", "base": None, "weight": 1}]
MIXED = [{"capacity_provider": "FARGATE", "base": 1, "weight": 50}, {"capacity_provider": "FARGATE_SPOT", "weight": 50}]


def unit(*resources: Json, protected: bool = True, **references: dict[str, list[str]]) -> UnitCost:
    tasks = {each["address"]: {"task_definition": ["aws_ecs_task_definition.task"]} for each in resources}
    given = {f"aws_db_instance.{name}": each for name, each in references.items()}
    task = resource(
        "aws_ecs_task_definition.task", cpu="512", memory="1024", runtime_platform=[{"cpu_architecture": "ARM64"}]
    )
    plan = unit_plan(task, *resources, references={**tasks, **given})
    return replace(monthly(plan), is_protected=protected)


def service(name: str, tasks: int = 1, **values: Any) -> Json:
    given = {"desired_count": tasks, "capacity_provider_strategy": ON_DEMAND, "deployment_maximum_percent": 200}
    return resource(f"aws_ecs_service.{name}", **{**given, **values})


WEB = service("web", 2, load_balancer=[{"container_name": "web"}])
WORKER = service("worker", 3)
BEAT = service("beat", deployment_maximum_percent=100)
INSTANCE = resource(
    "aws_db_instance.postgresql",
    engine="postgres", instance_class="db.t4g.small", allocated_storage=50, storage_type="gp3",
)  # fmt: skip
REDIS = resource(
    "aws_elasticache_replication_group.redis", engine="redis", node_type="cache.t4g.small", num_cache_clusters=2
)
KEY = resource("aws_kms_key.key")


def found(costs: Sequence[UnitCost], *changes: str) -> dict[Saving, Saved]:
    return {each.by: each for each in savings(costs, assumptions(changes=changes))}


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"))


def test_each_saves_what_a_hand_calculation_says_of_its_own_lines() -> None:
    costs = [unit(WEB, WORKER, BEAT, protected=False), unit(INSTANCE, REDIS, KEY, protected=False)]
    assert {by: cents(each.usd) for by, each in found(costs).items()} == {
        Saving.SPOT: cents(3 * TASK * Decimal("0.7")),
        Saving.SAVINGS_PLAN: cents(6 * TASK * Decimal("0.2")),
        Saving.RESERVED_DATABASE: cents(DATABASE * Decimal("0.3")),
        Saving.RESERVED_REDIS: cents(2 * NODE * Decimal("0.3")),
        Saving.PAUSE: cents((6 * TASK + DATABASE) * 108 / 168),
    }


def test_a_worker_that_costs_14_dollars_saves_10_by_spot() -> None:
    """By the prices of us-east-1: 730 h of 0.5 vCPU at $0.03238 and of 1 GB at $0.00356."""
    assert cents(TASK) == Decimal("14.42")
    assert cents(found([unit(service("worker"))])[Saving.SPOT].usd) == Decimal("10.09")


def test_the_largest_comes_first_and_what_saves_nothing_is_not_there() -> None:
    amounts = [each.usd for each in savings([unit(WEB, WORKER), unit(INSTANCE, REDIS)], assumptions())]
    assert amounts == sorted(amounts, reverse=True)
    assert [*found([unit(KEY)])] == []
    assert [*found([unit(INSTANCE)], "reserved_database_price=1")] == []


def test_spot_is_for_workers_that_do_not_use_it_yet() -> None:
    (saved,) = [each for each in savings([unit(WEB, WORKER, BEAT)], assumptions()) if each.by is Saving.SPOT]
    assert "spot_percent=100 for worker," in saved.text
    named = found([unit(WORKER, service("worker_mail_out"))])[Saving.SPOT]
    assert 'spot_percent=100 for worker, workers["mail-out"],' in named.text
    assert Saving.SPOT not in found([unit(WEB, BEAT, service("worker", 2, capacity_provider_strategy=MIXED))])


def test_a_savings_plan_is_for_what_is_on_demand_and_says_how_much_to_commit() -> None:
    costs = [unit(service("worker", 3, capacity_provider_strategy=MIXED))]
    saved = found(costs)[Saving.SAVINGS_PLAN]
    assert cents(saved.of) == cents(2 * TASK), "one at the base, and half of the other two"
    assert f"a commitment of ${2 * TASK_HOUR * Decimal('0.8'):.3f} an hour" in saved.text
    assert "(savings_plan_price=0.8)" in saved.text


def test_a_protected_environment_is_not_paused() -> None:
    assert Saving.PAUSE not in found([unit(WEB, INSTANCE)])


def test_a_pause_says_what_goes_on_being_paid() -> None:
    costs = [unit(WEB, KEY, protected=False), unit(INSTANCE, REDIS, protected=False)]
    rest = sum(cost.after for cost in costs) - 2 * TASK - DATABASE
    assert f"the other {rest:,.2f} go on being paid (working_hours=60)" in found(costs)[Saving.PAUSE].text


def test_a_pause_saves_less_where_a_schedule_stops_tasks_and_says_so() -> None:
    bounds = [{"min_capacity": "0", "max_capacity": "0"}]
    night = resource(
        "aws_appautoscaling_scheduled_action.night", schedule="cron(0 20 * * ? *)", scalable_target_action=bounds
    )
    said = "outside working hours, less where a schedule stops tasks that are counted all month; the other"
    assert said in found([unit(WEB, night, protected=False)])[Saving.PAUSE].text
    assert "schedule" not in found([unit(WEB, protected=False)])[Saving.PAUSE].text


def test_a_database_with_a_replica_is_not_paused() -> None:
    replica = resource("aws_db_instance.replica", instance_class="db.t4g.small")
    references = {"replica": {"replicate_source_db": ["aws_db_instance.postgresql"]}}
    replicated = unit(INSTANCE, replica, protected=False, **references)
    assert Saving.PAUSE not in found([replicated])
    assert found([replicated])[Saving.RESERVED_DATABASE].of == 2 * DATABASE


@pytest.mark.parametrize(
    ("change", "by", "share"),
    [
        ("working_hours=84", Saving.PAUSE, "0.5"),
        ("fargate_spot_price=0.5", Saving.SPOT, "0.5"),
        ("savings_plan_price=0.9", Saving.SAVINGS_PLAN, "0.1"),
        ("reserved_database_price=0.6", Saving.RESERVED_DATABASE, "0.4"),
        ("reserved_redis_price=0.6", Saving.RESERVED_REDIS, "0.4"),
    ],
)
def test_a_discount_that_one_knows_better_may_be_given(change: str, by: Saving, share: str) -> None:
    saved = found([unit(WORKER, INSTANCE, REDIS, protected=False)], change)[by]
    assert saved.usd == saved.of * Decimal(share)
    assert f"({change})" in saved.text
