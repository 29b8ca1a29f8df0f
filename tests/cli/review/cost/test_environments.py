"""The cost of the environments, against sums made by hand, and what single changes of them cost."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from cli.review.cost import UnitCost, monthly, of_environment
from tests.cli.review.cost.unit_plans import HOURS, after, changed, price, without
from tests.plans import Plans
from tests.support import Json

CENT = Decimal("0.01")
SPOT = {"capacity_provider": "FARGATE_SPOT", "base": None, "weight": 1}


def log_group(days: int) -> Decimal:
    """1 GB a month, which is kept for so many days, compressed to 15 %."""
    ingestion, storage = price("cloudwatch", "log_ingestion_gb"), price("cloudwatch", "log_storage_gb_month")
    return 1 * ingestion + 1 * Decimal(days) / 30 * Decimal("0.15") * storage


def task(vcpu: str, gb: str) -> Decimal:
    return HOURS * (
        Decimal(vcpu) * price("fargate", "arm64_vcpu_hour") + Decimal(gb) * price("fargate", "arm64_gb_hour")
    )


def ipv4() -> Decimal:
    return HOURS * price("vpc", "public_ipv4_hour")


def metrics(number: int) -> Decimal:
    return number * price("cloudwatch", "metric_month")


def alarms(number: int) -> Decimal:
    return number * price("cloudwatch", "alarm_month")


def load_balancer(zones: int) -> Decimal:
    return (
        HOURS * price("load_balancer", "hour")
        + HOURS * 1 * price("load_balancer", "lcu_hour")  # 1 LCU
        + zones * ipv4()
        + 50 * price("data_transfer", "internet_gb")
        + 2 * 50 * price("data_transfer", "between_zones_gb")
        # its bucket of access logs
        + 1 * price("s3", "standard_gb_month")
        + 20000 * price("s3", "put_request")
    )


def test_prod_costs_what_a_hand_calculation_says(plans: Plans) -> None:
    by_hand = {
        "prod-certificate": Decimal(0),
        "prod-cloudflare-dns": Decimal(0),
        "prod-network": (
            3 * HOURS * price("vpc", "nat_gateway_hour")
            + 3 * 20 * price("vpc", "nat_gateway_gb")
            + 3 * ipv4()
            + log_group(30)  # the flow log
        ),
        "prod-postgresql": (
            HOURS * price("rds_postgres_multi_az_hour", "db.t4g.small")
            + 50 * price("rds", "multi_az_gp3_gb_month")
            + Decimal("0.5") * price("cloudwatch", "log_ingestion_gb")  # enhanced monitoring
            + 1 * price("secrets_manager", "secret_month")  # the master user's password
            + 2 * log_group(30)
        ),
        "prod-redis": (
            2 * HOURS * price("elasticache_redis_hour", "cache.t4g.small")
            + 30 * Decimal("0.2") * price("elasticache", "backup_gb_month")
            + 2 * log_group(30)
        ),
        "prod-django-service": (
            2 * task("0.5", "1")  # web
            + 1 * task("0.5", "1")  # worker
            + 1 * task("0.25", "0.5")  # beat
            + load_balancer(zones=3)
            + metrics(8 + 3 * 17)  # Container Insights of the cluster and of three services
            + 1 * price("secrets_manager", "secret_month")  # SECRET_KEY
            + 6 * log_group(30)  # three services and three one-off tasks
            + alarms(5 * 2)  # two policies of web and three of worker
            + metrics(1)  # the length of the queue
        ),
    }
    costs = of_environment(plans.of("prod"))
    assert {cost.unit: cost.after.quantize(CENT) for cost in costs} == {
        unit: amount.quantize(CENT) for unit, amount in by_hand.items()
    }
    assert not [text for cost in costs for text in cost.missing]
    assert not any(cost.before for cost in costs), "nothing is deployed"


def test_dev_costs_what_a_hand_calculation_says(plans: Plans) -> None:
    spot = Decimal("0.3")
    by_hand = {
        "dev-certificate": Decimal(0),
        "dev-cloudflare-dns": Decimal(0),
        "dev-network": (
            HOURS * price("ec2_linux_hour", "t3.micro")  # the NAT instance
            + 8 * price("ebs", "gp3_gb_month")
            + 1 * ipv4()
            + log_group(7)
        ),
        "dev-postgresql": (
            HOURS * price("rds_postgres_hour", "db.t4g.micro")
            + 20 * price("rds", "gp3_gb_month")
            + Decimal("0.5") * price("cloudwatch", "log_ingestion_gb")
            + 1 * price("secrets_manager", "secret_month")
            + 2 * log_group(7)
        ),
        "dev-redis": (
            1 * HOURS * price("elasticache_redis_hour", "cache.t4g.micro")
            + 1 * Decimal("0.2") * price("elasticache", "backup_gb_month")
            + 2 * log_group(7)
        ),
        "dev-django-service": (
            1 * task("0.25", "0.5")  # web
            + 1 * task("0.25", "0.5") * spot  # worker
            + 1 * task("0.25", "0.5")  # beat
            + load_balancer(zones=2)
            + metrics(8 + 3 * 17)
            + 1 * price("secrets_manager", "secret_month")
            + 6 * log_group(7)
            + alarms(2 * 2)
        ),
    }
    costs = of_environment(plans.of("dev"))
    assert {cost.unit: cost.after.quantize(CENT) for cost in costs} == {
        unit: amount.quantize(CENT) for unit, amount in by_hand.items()
    }
    assert not [text for cost in costs for text in cost.missing]


def test_without_multi_az_the_database_costs_half(plans: Plans) -> None:
    plan, database = plans["prod-postgresql"], "aws_db_instance.postgresql"
    single = monthly(changed(plan, lambda values: values[database].update(multi_az=False)))
    double = monthly(plan)
    for item in ("instance", "storage"):
        assert after(single, database, item) * 2 == after(double, database, item)


def test_each_node_of_redis_costs_the_same(plans: Plans) -> None:
    plan, group = plans["prod-redis"], "aws_elasticache_replication_group.redis"
    three = monthly(changed(plan, lambda values: values[group].update(num_cache_clusters=3)))
    assert three.after - monthly(plan).after == HOURS * price("elasticache_redis_hour", "cache.t4g.small")


def test_each_zone_costs_its_gateway_and_its_address(plans: Plans) -> None:
    three = monthly(plans["prod-network"]).after
    none = monthly(without(without(plans["prod-network"], "aws_nat_gateway"), "aws_eip")).after
    gateway = HOURS * price("vpc", "nat_gateway_hour") + 20 * price("vpc", "nat_gateway_gb")
    assert three - none == 3 * (gateway + ipv4())


@pytest.mark.parametrize(
    ("address", "values", "factor"),
    [
        ("aws_ecs_service.web", {"desired_count": 6}, 3),
        ("aws_ecs_service.web", {"desired_count": 0}, 0),
        (
            "aws_ecs_service.web",
            {"capacity_provider_strategy": [{"capacity_provider": "FARGATE_SPOT", "weight": 1}]},
            "0.3",
        ),
        # Two on demand, and then half of the other four on Spot.
        (
            "aws_ecs_service.web",
            {
                "desired_count": 6,
                "capacity_provider_strategy": [
                    {"capacity_provider": "FARGATE", "base": 2, "weight": 1},
                    SPOT,
                ],
            },
            "2.3",
        ),
        ("aws_ecs_task_definition.web_task", {"cpu": "1024", "memory": "2048"}, 2),
    ],
)
def test_tasks_cost_by_number_size_and_share_of_spot(plans: Plans, address: str, values: Json, factor: str) -> None:
    plan = plans["prod-django-service"]
    expected = 2 * task("0.5", "1") * Decimal(factor)
    assert _tasks(monthly(changed(plan, lambda resources: resources[address].update(values)))) == expected


def test_x86_costs_more_than_arm(plans: Plans) -> None:
    def change(resources: dict[str, Json]) -> None:
        resources["aws_ecs_task_definition.web_task"]["runtime_platform"] = [{"cpu_architecture": "X86_64"}]

    vcpu, gb = price("fargate", "x86_64_vcpu_hour"), price("fargate", "x86_64_gb_hour")
    cost = monthly(changed(plans["prod-django-service"], change))
    assert _tasks(cost) == 2 * HOURS * (Decimal("0.5") * vcpu + 1 * gb) > 2 * task("0.5", "1")


def test_storage_of_tasks_is_paid_above_20_gib(plans: Plans) -> None:
    def size(gib: int) -> Callable[[dict[str, Json]], None]:
        return lambda resources: resources["aws_ecs_task_definition.web_task"].update(
            ephemeral_storage=[{"size_in_gib": gib}]
        )

    plan = plans["prod-django-service"]
    extra = 2 * 30 * HOURS * price("fargate", "ephemeral_gb_hour")
    assert monthly(changed(plan, size(50))).after - monthly(plan).after == extra
    assert monthly(changed(plan, size(20))).after == monthly(plan).after


def test_the_zones_of_a_load_balancer_are_those_of_the_network_and_not_of_its_mock(plans: Plans) -> None:
    plan, address = plans["prod-django-service"], "aws_lb.load_balancer"
    alone, together = monthly(plan), monthly(plan, upstreams=[plans["prod-network"]])
    assert after(together, address, "public IPv4") == 3 * ipv4()
    assert after(alone, address, "public IPv4") == 2 * ipv4()
    mocked = "network.public_subnet_ids has as many elements as its mock"
    assert mocked in alone.assumptions
    assert mocked not in together.assumptions


def _tasks(cost: UnitCost) -> Decimal:
    """The tasks of the service `web` without the rest of it."""
    web = [line for line in cost.lines if line.address == "aws_ecs_service.web"]
    return sum((line.after for line in web if line.item != "Container Insights"), Decimal(0))
