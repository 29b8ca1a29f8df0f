"""The table of costs that the Terragrunt catalog prints, held against what it describes: docs/cost.md shows both."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from cli.review.cost import monthly, of_environment
from cli.review.cost.assumptions import assumptions
from cli.review.cost.table import usd
from tests.cli.review.cost.unit_plans import resource, unit_plan
from tests.plans import Plans
from tests.support import Json

DOCUMENT = Path(__file__).parents[4] / "docs" / "cost.md"
# The catalog's $18 hold $1.57 beside the hours of the load balancer: about a quarter of a capacity unit.
ASSUMED = assumptions(changes=["lcu=0.25", "internet_gb=0", "between_zones_gb=0", "endpoint_gb=0", "nat_gb=0"])


def costs(*resources: Json, references: Json | None = None) -> Decimal:
    cost = monthly(unit_plan(*resources, references=references), assumed=ASSUMED)
    assert not cost.missing
    return cost.after


def database(size: str, gb: int, *, multi_az: bool) -> Decimal:
    return costs(
        resource(
            "aws_db_instance.x",
            engine="postgres",
            instance_class=size,
            allocated_storage=gb,
            storage_type="gp3",
            multi_az=multi_az,
        )
    )


def redis(size: str, nodes: int) -> Decimal:
    return costs(resource("aws_elasticache_replication_group.x", node_type=size, num_cache_clusters=nodes))


def tasks(number: int, cpu: int, memory: int) -> Decimal:
    platform = [{"cpu_architecture": "ARM64"}]
    return costs(
        resource("aws_ecs_task_definition.x", cpu=str(cpu), memory=str(memory), runtime_platform=platform),
        resource("aws_ecs_service.x", desired_count=number, launch_type="FARGATE"),
        references={"aws_ecs_service.x": {"task_definition": ["aws_ecs_task_definition.x"]}},
    )


def load_balancer() -> Decimal:
    return costs(resource("aws_lb.x", load_balancer_type="application", internal=True))


def addresses(number: int) -> Decimal:
    return costs(*(resource(f"aws_eip.x{each}") for each in range(number)))


def nat_gateways(number: int) -> Decimal:
    return costs(*(resource(f"aws_nat_gateway.x{each}") for each in range(number))) + addresses(number)


def endpoints(number: int) -> Decimal:
    """Each in two zones."""
    values = {"vpc_endpoint_type": "Interface", "subnet_ids": ["a", "b"]}
    return costs(*(resource(f"aws_vpc_endpoint.x{each}", **values) for each in range(number)))


def table(rows: dict[str, tuple[int | None, Decimal]]) -> Iterator[str]:
    """The rows of a table of the document, and its sum."""
    for what, (said, is_) in rows.items():
        yield _row(what, said, is_)
    yield _row(
        "**sum**", sum(said or 0 for said, _ in rows.values()), sum((is_ for _, is_ in rows.values()), Decimal(0))
    )


def _row(what: str, said: int | None, is_: Decimal) -> str:
    difference = Decimal(usd(is_)) - (said or 0)  # as a reader of the row subtracts
    return f"| {what} | {'not counted' if said is None else f'${said}'} | ${usd(is_)} | {difference} |"


def prod() -> Iterator[str]:
    return table(
        {
            "db.t4g.small, Multi-AZ, 50 GB": (28, database("db.t4g.small", 50, multi_az=True)),
            "two nodes of cache.t4g.small": (24, redis("cache.t4g.small", 2)),
            "two tasks of 0.5 vCPU and 1 GB, ARM64": (30, tasks(2, 512, 1024)),
            "load balancer": (18, load_balancer()),
            "its public IPv4 addresses in two zones": (None, addresses(2)),
            "a NAT gateway in each of two zones, with its address": (None, nat_gateways(2)),
        }
    )


def dev() -> Iterator[str]:
    return table(
        {
            "db.t4g.micro, 20 GB": (14, database("db.t4g.micro", 20, multi_az=False)),
            "one node of cache.t4g.micro": (12, redis("cache.t4g.micro", 1)),
            "one task of 0.25 vCPU and 0.5 GB, ARM64": (15, tasks(1, 256, 512)),
            "load balancer": (18, load_balancer()),
            "its public IPv4 addresses in two zones": (None, addresses(2)),
            "one NAT gateway, with its address": (None, nat_gateways(1)),
        }
    )


def test_the_document_shows_where_the_table_for_prod_is_wrong() -> None:
    assert [line for line in prod() if line not in DOCUMENT.read_text()] == []


def test_the_document_shows_where_the_table_for_dev_is_wrong() -> None:
    assert [line for line in dev() if line not in DOCUMENT.read_text()] == []


def test_the_database_and_redis_are_the_prices_of_one_zone_and_of_one_node() -> None:
    """What the catalog says is close to what the half of it would cost."""
    assert abs(database("db.t4g.small", 50, multi_az=False) - 28) < Decimal("1.2")
    assert abs(redis("cache.t4g.small", 1) - 24) < 1


def test_the_document_shows_what_else_the_way_out_could_be() -> None:
    text = DOCUMENT.read_text()
    assert f"four interface endpoints in two zones cost ${usd(endpoints(4))}" in text
    assert f"one NAT gateway with its address ${usd(nat_gateways(1))}" in text


@pytest.mark.parametrize("environment", ["dev", pytest.param("staging", marks=pytest.mark.slow), "prod"])
def test_the_document_shows_what_our_environments_cost(plans: Plans, environment: str) -> None:
    total = sum((cost.after for cost in of_environment(plans.of(environment))), Decimal(0))
    assert f"| {environment} | ${usd(total)} |" in DOCUMENT.read_text(), f"it costs ${usd(total)} now"
