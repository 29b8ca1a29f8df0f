"""What AWS charges for, resource by resource, on plans of a few resources."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from cli.review.cost import monthly
from cli.review.cost.charges import CHARGES, FREE
from cli.review.cost.price_list import WrongPrices
from cli.terraform.plan import UnitPlan
from tests.cli.review.cost.unit_plans import HOURS, after, price, resource, unit_plan
from tests.modules.test_alerts import made as alerts
from tests.modules.test_alerts_inputs import slack, teams
from tests.support import Json

DATABASE = "aws_db_instance.database"
NOTHING = Decimal(0)
GROUP = "aws_elasticache_replication_group.group"


def database(**values: object) -> Json:
    given = {"engine": "postgres", "instance_class": "db.t4g.small", "allocated_storage": 50, "storage_type": "gp3"}
    return resource(DATABASE, **{**given, **values})


def task(**values: object) -> Json:
    return resource("aws_ecs_task_definition.task", cpu="1024", memory="2048", **values)


def service(**values: object) -> UnitPlan:
    each = resource("aws_ecs_service.service", **{"desired_count": 1, "launch_type": "FARGATE", **values})
    references = {"aws_ecs_service.service": {"task_definition": ["aws_ecs_task_definition.task"]}}
    return unit_plan(task(), each, references=references)


def test_a_type_that_nobody_priced_is_named_and_not_free() -> None:
    cost = monthly(unit_plan(resource("aws_msk_cluster.events"), resource("aws_vpc.vpc")))
    assert cost.missing == ("aws_msk_cluster.events: the price of this type is not known here",)
    assert cost.after == 0


def test_no_type_is_both_free_and_paid() -> None:
    assert not FREE & CHARGES.keys()


def test_every_type_of_every_environment_is_free_or_paid(documents: dict[str, Json]) -> None:
    types = {kind for document in documents.values() for kind in document.get("resource", ())}
    assert types <= FREE | CHARGES.keys()


def test_of_alerts_the_key_alone_is_paid() -> None:
    cost = monthly(unit_plan(*(resource(f"{kind}.it") for kind in alerts(chat={"a": slack(), "b": teams()}))))
    assert cost.missing == ()
    assert cost.after == price("kms", "key_month")


def test_a_schedule_and_steps_cost_nothing_beside_the_alarms_of_the_steps() -> None:
    bounds = [{"min_capacity": "0", "max_capacity": "0"}]
    night = resource(
        "aws_appautoscaling_scheduled_action.night", schedule="cron(0 20 * * ? *)", scalable_target_action=bounds
    )
    queries = [{"id": name, "metric": [{"period": 60}]} for name in ("waiting", "running")]
    alarm = resource("aws_cloudwatch_metric_alarm.wake", metric_query=[*queries, {"id": "result", "metric": []}])
    steps = resource("aws_appautoscaling_policy.wake", policy_type="StepScaling")
    cost = monthly(unit_plan(night, steps, alarm))
    assert cost.missing == ()
    assert cost.after == 2 * price("cloudwatch", "alarm_month")
    assert any("from cron(0 20 * * ? *) on between 0 and 0" in note for note in cost.assumptions)


def test_a_price_that_is_missing_is_named_with_its_address_and_the_rest_is_counted() -> None:
    cost = monthly(unit_plan(database(instance_class="db.x9.huge")))
    assert cost.missing == (f"{DATABASE}: no price of rds_postgres_hour.db.x9.huge in us-east-1",)
    assert cost.after == 50 * price("rds", "gp3_gb_month")


def test_another_region_has_no_price_until_its_file_is_there() -> None:
    cost = monthly(unit_plan(database(), resource("aws_vpc.vpc"), region="eu-west-1"))
    assert cost.missing == (f"{DATABASE}: no prices of eu-west-1: make prices REGION=eu-west-1",)
    assert cost.after == 0


def test_a_region_that_the_plan_does_not_tell_is_named() -> None:
    assert monthly(unit_plan(database(), region=None)).missing == (f"{DATABASE}: its region is not in the plan",)


def test_a_region_may_be_a_variable() -> None:
    plan = unit_plan(database())
    provider = plan.plan.document["configuration"]["provider_config"]["aws"]
    provider["expressions"]["region"] = {"references": ["var.region"]}
    plan.plan.document["variables"] = {"region": {"value": "us-east-1"}}
    assert monthly(plan).after == monthly(unit_plan(database())).after > 0


def test_the_difference_is_what_is_deployed_against_what_is_planned() -> None:
    cost = monthly(unit_plan(database(multi_az=True), before=(database(multi_az=False),)))
    single, double = price("rds_postgres_hour", "db.t4g.small"), price("rds_postgres_multi_az_hour", "db.t4g.small")
    (line,) = (line for line in cost.lines if line.item == "instance")
    assert (line.before, line.after) == (HOURS * single, HOURS * double)
    assert line.detail == f"730 h x ${double} db.t4g.small, Multi-AZ / 730 h x ${single} db.t4g.small"


def test_what_is_destroyed_costs_nothing_after() -> None:
    cost = monthly(unit_plan(before=(database(),)))
    assert cost.after == 0
    assert cost.before == monthly(unit_plan(database())).after


def test_sums_are_those_of_the_lines() -> None:
    cost = monthly(unit_plan(database(), resource("aws_eip.address"), before=(resource("aws_eip.address"),)))
    assert cost.after == sum(line.after for line in cost.lines)
    assert cost.before == sum(line.before for line in cost.lines)


@pytest.mark.parametrize(
    ("size", "iops", "throughput", "more_iops", "more_throughput"),
    [
        (50, 3000, 125, 0, 0),
        (50, 5000, 125, 2000, 0),
        (50, 3000, 250, 0, 125),
        (400, 12000, 500, 0, 0),
        (400, 13000, 501, 1000, 1),
    ],
)
def test_gp3_is_paid_above_its_baseline(
    size: int, iops: int, throughput: int, more_iops: int, more_throughput: int
) -> None:
    cost = monthly(unit_plan(database(allocated_storage=size, iops=iops, storage_throughput=throughput)))
    plain = monthly(unit_plan(database(allocated_storage=size)))
    extra = more_iops * price("rds", "gp3_iops_month") + more_throughput * price("rds", "gp3_mbps_month")
    assert cost.after - plain.after == extra


def test_a_replica_costs_as_much_as_its_source_with_the_size_of_that() -> None:
    replica = resource("aws_db_instance.replica", instance_class="db.t4g.small", multi_az=False)
    references = {"aws_db_instance.replica": {"replicate_source_db": [f"{DATABASE}.identifier", DATABASE]}}
    cost = monthly(unit_plan(database(), replica, references=references))
    assert after(cost, "aws_db_instance.replica") == after(cost, DATABASE) > 0


def test_another_engine_is_not_priced_as_postgresql() -> None:
    cost = monthly(unit_plan(database(engine="mysql")))
    assert (cost.after, cost.missing) == (NOTHING, (f"{DATABASE}: engine mysql",))


def test_performance_insights_beyond_the_free_week_are_named() -> None:
    week, year = (monthly(unit_plan(database(performance_insights_retention_period=days))).missing for days in (7, 372))
    assert week == ()
    assert year == (f"{DATABASE}: Performance Insights beyond 7 days, which is paid by vCPU",)


def test_database_insights_in_advanced_mode_are_named_and_include_performance_insights() -> None:
    advanced = database(database_insights_mode="advanced", performance_insights_retention_period=465)
    assert monthly(unit_plan(advanced)).missing == (
        f"{DATABASE}: Database Insights in advanced mode, which is paid by vCPU",
    )
    assert monthly(unit_plan(database(database_insights_mode="standard"))).missing == ()


@pytest.mark.parametrize(
    ("values", "nodes"),
    [
        ({"num_cache_clusters": 1}, 1),
        ({"num_cache_clusters": 3}, 3),
        ({"num_node_groups": 2, "replicas_per_node_group": 1}, 4),
        ({"num_node_groups": 3, "replicas_per_node_group": 2}, 9),
        ({}, 1),
    ],
)
def test_redis_costs_its_shards_times_their_nodes(values: Json, nodes: int) -> None:
    cost = monthly(unit_plan(resource(GROUP, node_type="cache.t4g.micro", **values)))
    assert cost.after == nodes * HOURS * price("elasticache_redis_hour", "cache.t4g.micro")


def test_a_node_of_valkey_costs_a_fifth_less_than_one_of_redis() -> None:
    """As AWS says: https://aws.amazon.com/elasticache/pricing/."""
    cost = monthly(unit_plan(resource(GROUP, engine="valkey", node_type="cache.t4g.micro")))
    assert cost.after == HOURS * price("elasticache_redis_hour", "cache.t4g.micro") * Decimal("0.8")
    assert cost.missing == ()


def test_another_engine_than_redis_is_not_priced_as_redis() -> None:
    cost = monthly(unit_plan(resource(GROUP, engine="other", node_type="cache.t4g.micro")))
    missing = f"{GROUP}: no price of elasticache_other_hour.cache.t4g.micro in us-east-1"
    assert (cost.after, cost.missing) == (NOTHING, (missing,))


def test_an_interface_endpoint_costs_in_each_zone_and_a_gateway_endpoint_nothing() -> None:
    subnets = [resource(f"aws_subnet.{zone}") for zone in "ab"]
    interface = resource("aws_vpc_endpoint.logs", vpc_endpoint_type="Interface")
    gateway = resource("aws_vpc_endpoint.s3", vpc_endpoint_type="Gateway")
    references = {"aws_vpc_endpoint.logs": {"subnet_ids": [f"aws_subnet.{x}" for x in ("a.id", "a", "b.id", "b")]}}
    cost = monthly(unit_plan(*subnets, interface, gateway, references=references))
    hours, gb = price("vpc", "interface_endpoint_hour"), price("vpc", "interface_endpoint_gb")
    assert cost.after == after(cost, "aws_vpc_endpoint.logs") == 2 * HOURS * hours + 5 * gb
    assert cost.missing == ()


def test_zones_that_nobody_knows_are_named_and_not_guessed() -> None:
    cost = monthly(unit_plan(resource("aws_vpc_endpoint.logs", vpc_endpoint_type="Interface")))
    assert cost.missing == ("aws_vpc_endpoint.logs: an endpoint of type Interface in an unknown number of zones",)


def test_an_internal_load_balancer_has_no_public_address_and_sends_nothing_out() -> None:
    outside, inside = (
        monthly(
            unit_plan(resource("aws_lb.lb", load_balancer_type="application", internal=internal, subnets=["a", "b"]))
        )
        for internal in (False, True)
    )
    public = 2 * HOURS * price("vpc", "public_ipv4_hour") + 50 * price("data_transfer", "internet_gb")
    assert outside.after - inside.after == public


def test_a_network_load_balancer_is_named() -> None:
    cost = monthly(unit_plan(resource("aws_lb.lb", load_balancer_type="network")))
    assert (cost.after, cost.missing) == (NOTHING, ("aws_lb.lb: a load balancer of type network",))


def test_a_task_with_a_public_address_pays_for_it() -> None:
    address = {"network_configuration": [{"assign_public_ip": True}]}
    more = monthly(service(desired_count=3, **address)).after - monthly(service(desired_count=3)).after
    assert more == 3 * HOURS * price("vpc", "public_ipv4_hour")


def test_a_service_uses_the_strategy_of_its_cluster_where_it_has_none() -> None:
    cluster = resource("aws_ecs_cluster.cluster", name="cluster")
    spot = [{"capacity_provider": "FARGATE_SPOT", "base": 0, "weight": 1}]
    providers = resource("aws_ecs_cluster_capacity_providers.all", default_capacity_provider_strategy=spot)
    plain = resource("aws_ecs_service.service", desired_count=1)
    references = {
        "aws_ecs_service.service": {
            "task_definition": ["aws_ecs_task_definition.task"],
            "cluster": ["aws_ecs_cluster.cluster"],
        },
        "aws_ecs_cluster_capacity_providers.all": {"cluster_name": ["aws_ecs_cluster.cluster"]},
    }
    cost = monthly(unit_plan(task(), cluster, providers, plain, references=references))
    assert cost.after == monthly(service()).after * Decimal("0.3")


@pytest.mark.parametrize(
    ("values", "missing"),
    [
        ({"launch_type": "EC2"}, "1 tasks on EC2"),
        ({"capacity_provider_strategy": [{"capacity_provider": "own", "base": 1}]}, "1 tasks on own"),
        ({"desired_count": None}, "its task definition or its desired count is not in the plan"),
    ],
)
def test_tasks_that_are_not_on_fargate_are_named(values: Json, missing: str) -> None:
    cost = monthly(service(**values))
    assert (cost.after, cost.missing) == (NOTHING, (f"aws_ecs_service.service: {missing}",))


@pytest.mark.parametrize(("insights", "metrics"), [("enabled", 8), ("disabled", 0)])
def test_container_insights_are_paid_by_metric(insights: str, metrics: int) -> None:
    setting = [{"name": "containerInsights", "value": insights}]
    cost = monthly(unit_plan(resource("aws_ecs_cluster.cluster", setting=setting)))
    assert cost.after == metrics * price("cloudwatch", "metric_month")


def test_enhanced_container_insights_are_named() -> None:
    setting = [{"name": "containerInsights", "value": "enhanced"}]
    assert len(monthly(unit_plan(resource("aws_ecs_cluster.cluster", setting=setting))).missing) == 1


def test_logs_that_never_expire_are_counted_for_a_year_and_say_so() -> None:
    cost = monthly(unit_plan(resource("aws_cloudwatch_log_group.log", retention_in_days=0)))
    storage = 12 * Decimal("0.15") * price("cloudwatch", "log_storage_gb_month")
    assert cost.after == price("cloudwatch", "log_ingestion_gb") + storage
    assert "aws_cloudwatch_log_group.log: its logs never expire; stored as after a year" in cost.assumptions


def test_an_assumption_that_is_used_is_shown_and_no_other() -> None:
    assert monthly(unit_plan(resource("aws_nat_gateway.a"))).assumptions == (
        "nat_gb=20: GB a month through each NAT gateway",
    )
    assert monthly(unit_plan(resource("aws_eip.a"))).assumptions == ()


# The expression is not paid, and each metric of it is.
MATH: list[Json] = [*({"metric": [{"period": 300}]} for _ in range(2)), {"metric": [], "expression": "a + b"}]


@pytest.mark.parametrize(
    ("address", "values", "expected"),
    [
        ("aws_kms_key.key", {}, price("kms", "key_month")),
        ("aws_secretsmanager_secret.secret", {"replica": [{}]}, 2 * price("secrets_manager", "secret_month")),
        ("aws_cloudwatch_metric_alarm.alarm", {"period": 60}, price("cloudwatch", "alarm_month")),
        ("aws_cloudwatch_metric_alarm.alarm", {"period": 10}, price("cloudwatch", "high_resolution_alarm_month")),
        ("aws_cloudwatch_metric_alarm.alarm", {"metric_query": MATH}, 2 * price("cloudwatch", "alarm_month")),
        ("aws_cloudwatch_composite_alarm.alarm", {}, Decimal("0.5")),
        ("aws_cloudwatch_dashboard.dashboard", {}, price("cloudwatch", "dashboard_month")),
        ("aws_ebs_volume.volume", {"type": "gp3", "size": 100}, 100 * price("ebs", "gp3_gb_month")),
        (
            "aws_wafv2_web_acl.acl",
            {"rule": [{}, {}]},
            # https://aws.amazon.com/waf/pricing/: 5.00 a web ACL, 1.00 a rule, and 0.60 a million requests
            price("waf", "web_acl_month") + 2 * price("waf", "rule_month") + 1_000_000 * price("waf", "request"),
        ),
        ("aws_route53_zone.zone", {}, price("route53", "zone_month")),
        ("aws_ecr_repository.images", {}, 5 * price("ecr", "gb_month")),
        ("aws_elasticache_cluster.node", {"replication_group_id": "group"}, 0),
    ],
)  # fmt: skip
def test_what_single_resources_cost(address: str, values: Json, expected: Decimal) -> None:
    cost = monthly(unit_plan(resource(address, **values)))
    assert (cost.after, cost.missing) == (expected, ())


def test_a_schedule_pays_for_the_tasks_that_it_starts_unless_it_is_off() -> None:
    target = [{"ecs_parameters": [{"task_definition_arn": {"references": ["aws_ecs_task_definition.task"]}}]}]

    def scheduled(state: str) -> UnitPlan:
        values = {"state": state, "schedule_expression": "rate(1 hour)"}
        plan = unit_plan(task(), resource("aws_scheduler_schedule.report", **values))
        (_, configured) = plan.plan.document["configuration"]["root_module"]["resources"]
        configured["expressions"] = {"target": target}
        return plan

    on, off = monthly(scheduled("ENABLED")), monthly(scheduled("DISABLED"))
    hours = Decimal("0.1") * HOURS
    assert on.after == hours * (price("fargate", "x86_64_vcpu_hour") + 2 * price("fargate", "x86_64_gb_hour"))
    assert off.after == 0
    assert on.missing == ()
    assert on.assumptions == ("job_hours=0.1: hours that a scheduled task runs each time that it starts",)
    assert off.assumptions == ("aws_scheduler_schedule.report: it is off",)


def test_an_instance_pays_for_an_address_of_its_own_unless_it_has_an_elastic_one() -> None:
    instance = resource("aws_instance.nat", instance_type="t3.micro", associate_public_ip_address=True, id="i-1")
    address = resource("aws_eip.address", instance="i-1")
    alone, elastic = monthly(unit_plan(instance)), monthly(unit_plan(instance, address))
    assert alone.after == elastic.after
    assert after(alone, "aws_instance.nat", "public IPv4") == after(elastic, "aws_eip.address")


def test_resources_of_modules_are_counted() -> None:
    plan = unit_plan()
    child = {"address": "module.x", "resources": [{**resource("aws_eip.a"), "address": "module.x.aws_eip.a[0]"}]}
    plan.plan.document["planned_values"]["root_module"]["child_modules"] = [child]
    assert monthly(plan).after == HOURS * price("vpc", "public_ipv4_hour")


def test_a_data_file_that_is_broken_is_told(tmp_path: Path) -> None:
    (tmp_path / "us-east-1.json").write_text('{"prices": {"vpc": {"public_ipv4_hour": 0.005}}}')
    with pytest.raises(WrongPrices, match=r"us-east-1.json: cannot be read \(TypeError\): restore it from git"):
        monthly(unit_plan(resource("aws_eip.a")), directory=tmp_path)
