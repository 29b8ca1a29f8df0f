"""The observability unit: what an environment has is watched, by names of ours and by the ids that AWS draws."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import cache
from typing import Any

from cdktf import App, Testing

from modules.alerts.inputs import AlertsInputs, RecipientsInputs
from modules.fargate_service.autoscaling_inputs import WorkerAutoscalingInputs
from modules.fargate_service.scaling_schedule_inputs import ScheduledScalingInputs
from modules.network.inputs import NetworkInputs
from modules.observability.inputs import ObservabilityInputs
from modules.postgresql.source_inputs import RestoredInputs, SnapshotInputs
from modules.redis.inputs import RedisGroupInputs, RedisInputs
from modules.scheduled_task.inputs import JobSettingsInputs, ScheduleInputs
from modules.validation import line, problems
from stacks.config.application_inputs import FurtherWebInputs, JobInputs
from stacks.config.schema import Environment
from stacks.django_backend import compose
from tests.alternatives import BASE
from tests.configurations import changed
from tests.stacks.permissions.policies import ROUTE
from tests.support import Json, addresses, synthesized

ALERTS = AlertsInputs(urgent=RecipientsInputs(emails=("oncall@example.com",)))
SMALL = RedisGroupInputs(node_type="cache.t4g.small")
REPORT = JobInputs(command=("python", "manage.py", "report"), schedule=ScheduleInputs(expression="rate(1 day)"))


def environment(**changes: Any) -> Environment:
    """With one of each thing that can be watched."""
    service = BASE.django_service
    application = replace(service.application, jobs={"report": REPORT}, webs={"api": FurtherWebInputs(route=ROUTE)})
    watched = replace(
        BASE,
        alerts=ALERTS,
        observability=ObservabilityInputs(),
        postgresql=replace(BASE.postgresql, read_replica=True, max_storage_gb=250),
        django_service=replace(service, application=application, webs={"api": service.web}),
    )
    return replace(watched, **changes)


@cache
def documents() -> dict[str, Json]:
    units = compose(App(), environment())
    return {unit.NAME: synthesized(unit) for unit in units}


def document(of: Environment) -> Json:
    """The JSON of its observability unit alone."""
    found: Json = synthesized(compose(Testing.app(), of)[-1])
    return found


def alarms(of: Json | None = None) -> dict[str, Json]:
    found = of or documents()["observability"]
    return {each["alarm_name"].removeprefix("django-base-"): each for each in
            found["resource"]["aws_cloudwatch_metric_alarm"].values()}  # fmt: skip


def dimension(alarm: str, name: str) -> str:
    found: str = alarms()[alarm]["dimensions"][name]
    return found


def remote(unit: str, output: str) -> str:
    return rf"data.terraform_remote_state.{unit}.outputs.{output}"


def test_scaling_to_no_task_is_known() -> None:
    night = ScheduledScalingInputs(name="night", expression="cron(0 20 * * ? *)", min_count=0, max_count=0)
    schedule = night, ScheduledScalingInputs(name="day", expression="cron(0 7 * * ? *)")
    base = environment()
    service = base.django_service
    assert service.web.autoscaling
    assert service.worker
    stopped = replace(service.web, autoscaling=replace(service.web.autoscaling, schedule=schedule))
    idle = replace(service.worker, autoscaling=WorkerAutoscalingInputs(min_count=0, max_count=4))
    found = alarms(document(replace(base, django_service=replace(service, web=stopped, worker=idle))))
    silent = {name: each["treat_missing_data"] for name, each in found.items()}
    assert {silent[f"{name}-tasks"] for name in ("web", "worker")} == {silent["web-healthy"]} == {"notBreaching"}
    assert {silent[f"{name}-tasks"] for name in ("web-api", "beat")} == {silent["web-api-healthy"]} == {"breaching"}
    lasts = {name: found[f"{name}-healthy"]["evaluation_periods"] for name in ("web", "web-api")}
    assert lasts == {"web": 3 + 3 + 1, "web-api": 3}, "3 until a task runs, and 1 of grace for its health checks"
    (wanted,) = (each["metric"] for each in found["web-healthy"]["metric_query"] if each["id"] == "wanted")
    assert wanted["dimensions"]["ServiceName"] == "django-base-web"
    assert wanted["metric_name"] == "DesiredTaskCount"
    result = next(each["expression"] for each in found["web-healthy"]["metric_query"] if each["id"] == "result")
    hours = "HOUR(wanted) >= 8 AND HOUR(wanted) <= 18"
    assert result == f"IF(IF({hours}, FILL(wanted, 1), FILL(wanted, 0)) > 0, FILL(healthy, 0), 1)"
    assert "metric_query" not in found["worker-queue-age"], "nobody stops a worker that its queue wakes"


def test_a_worker_that_its_schedule_stops_hides_no_error_of_the_load_balancer() -> None:
    night = ScheduledScalingInputs(name="night", expression="cron(0 20 * * ? *)", min_count=0, max_count=0)
    day = ScheduledScalingInputs(name="day", expression="cron(0 7 * * ? *)")
    service = environment().django_service
    assert service.worker
    scaling = WorkerAutoscalingInputs(min_count=1, max_count=4, schedule=(night, day))
    worker = replace(service.worker, autoscaling=scaling)
    found = alarms(document(environment(django_service=replace(service, worker=worker))))
    for name in ("http-errors", "http-error-rate"):
        assert found[name]["metric_query"] == alarms()[name]["metric_query"]


def test_a_queue_that_nobody_takes_from_yet_has_no_alarm() -> None:
    def of_queues(*, draining: bool) -> set[str]:
        redis = RedisInputs(cache=SMALL, broker=SMALL, draining_broker=draining)
        service = environment().django_service
        scaling = WorkerAutoscalingInputs(min_count=1, max_count=4, queue_length_per_task=None)
        assert service.worker
        worker = replace(service.worker, autoscaling=scaling)
        found = alarms(document(environment(redis=redis, django_service=replace(service, worker=worker))))
        return {name for name in found if name.startswith("worker-queue-")}

    assert of_queues(draining=True) == set()
    assert of_queues(draining=False) == {"worker-queue-length", "worker-queue-age"}


class TestWatched:
    def test_everything_has_its_alarms(self) -> None:
        services = ("web", "web-api", "worker", "beat")
        expected = {f"{name}-{kind}" for name in services for kind in ("cpu", "memory", "tasks", "logs")}
        expected |= {f"{name}-{kind}" for name in ("web", "web-api") for kind in ("healthy", "unhealthy")}
        expected |= {f"http-{kind}" for kind in ("errors", "error-rate", "response-time", "rejected")}
        of_databases = [
            "storage",
            "storage-days",
            "cpu",
            "connections",
            "memory",
            "read-latency",
            "write-latency",
            "credits",
        ]
        expected |= {f"{name}-{kind}" for name in ("postgresql", "postgresql-replica") for kind in of_databases}
        expected |= {"postgresql-transaction-ids", "postgresql-replica-lag"}
        of_redis = [f"redis-{number}" for number in (1, 2)] + [f"redis-broker-{number}" for number in (1, 2)]
        expected |= {f"{name}-{kind}" for name in of_redis for kind in ("cpu", "lag")}
        expected |= {f"redis-{number}-evictions" for number in (1, 2)}
        expected |= {f"redis-broker-{number}-memory" for number in (1, 2)}
        expected |= {"nat-1-ports", "nat-2-ports", "certificate", "worker-queue-length", "worker-queue-age"}
        expected |= {"tasks-stopping", "tasks-impaired", "jobs-not-started"}
        expected |= {"database-storage", "database-failure"}
        assert {*alarms()} == expected

    def test_what_aws_draws_is_read_from_the_unit_that_made_it(self) -> None:
        found = {
            "http-rejected/LoadBalancer": ("django_service", "alb_arn"),
            "web-healthy/TargetGroup": ("django_service", "target_group_arn"),
            "web-api-healthy/TargetGroup": ("django_service", "further_target_group_arns"),
            "nat-2-ports/NatGatewayId": ("network", "nat_gateway_ids"),
            "redis-2-cpu/CacheClusterId": ("redis", "member_clusters"),
            "redis-broker-2-cpu/CacheClusterId": ("redis", "broker_member_clusters"),
            "certificate/CertificateArn": ("certificate", "certificate_arn"),
        }
        for where, (unit, output) in found.items():
            assert f"data.terraform_remote_state.{unit}.outputs.{output}" in dimension(*where.split("/"))
        for unit, output in {*found.values()}:
            assert output in documents()[unit.replace("_", "-")]["output"], "the unit publishes it"

    def test_what_has_a_name_of_ours_is_watched_by_it(self) -> None:
        made = {name: each.get("resource", {}) for name, each in documents().items()}
        service = made["django-service"]
        assert {dimension(f"{name}-cpu", "ServiceName") for name in ("web", "web-api", "worker", "beat")} == {
            each["name"] for each in service["aws_ecs_service"].values()
        }
        assert dimension("web-cpu", "ClusterName") in {each["name"] for each in service["aws_ecs_cluster"].values()}
        groups = {each["name"] for each in service["aws_cloudwatch_log_group"].values()}
        assert {
            alarm["dimensions"]["LogGroupName"] for name, alarm in alarms().items() if name.endswith("-logs")
        } <= groups
        assert {dimension(f"{name}-cpu", "DBInstanceIdentifier") for name in ("postgresql", "postgresql-replica")} == {
            each["identifier"] for each in made["postgresql"]["aws_db_instance"].values()
        }
        queries = documents()["observability"]["resource"]["aws_cloudwatch_query_definition"].values()
        stores = {
            each["name"] for unit in ("postgresql", "redis") for each in made[unit]["aws_cloudwatch_log_group"].values()
        }
        assert {name for each in queries for name in each["log_group_names"]} <= groups | stores
        schedules = next(each for each in alarms()["jobs-not-started"]["metric_query"] if each["id"] == "dead")
        group = next(iter(service["aws_scheduler_schedule_group"].values()))["name"]
        assert schedules["metric"]["dimensions"] == {"ScheduleGroup": group}
        families = {each["family"] for each in service["aws_ecs_task_definition"].values()}
        rules = documents()["observability"]["resource"]["aws_cloudwatch_event_rule"].values()
        watched = {name for rule in rules for name in re.findall(r'"family:([^"]+)"', rule["event_pattern"])}
        assert watched == families - {f"django-base-{name}" for name in ("web", "web-api", "worker", "beat")}

    def test_a_restored_database_is_watched_beside_the_first_and_in_its_place(self) -> None:
        source = SnapshotInputs(identifier="before")

        def watched(**changes: Any) -> dict[str, str]:
            found = alarms(document(environment(postgresql=replace(BASE.postgresql, **changes))))
            return {
                name.removesuffix("-cpu"): each["dimensions"]["DBInstanceIdentifier"]
                for name, each in found.items()
                if name.startswith("postgresql") and name.endswith("-cpu")
            }

        first = {"postgresql": "django-base-postgresql"}
        restored = {"postgresql-restored": "django-base-postgresql-one"}
        beside = RestoredInputs(source=source, name="one")
        assert watched() == first
        assert watched(restored=beside) == {**first, **restored}
        assert watched(restored=replace(beside, replaces_first=True), serving="restored") == restored
        assert watched(identifier="django-base-postgresql-one", source=source) == {
            "postgresql": "django-base-postgresql-one"
        }

    def test_thresholds_follow_from_sizes(self) -> None:
        found = alarms()
        assert found["postgresql-connections"]["threshold"] == 146, "db.t4g.small"
        assert found["postgresql-storage"]["threshold"] == 2 * 2**30, "5 % of 50 GB, which grows"
        assert found["worker-queue-length"]["threshold"] == 400, "100 for each of 4 workers"
        larger: Environment = changed(environment(), ("postgresql", "instance_class"), "db.m7g.large")
        larger = changed(larger, ("postgresql", "parameters"), {"max_connections": "200"})
        of_larger = alarms(document(changed(larger, ("postgresql", "max_storage_gb"), 50)))
        assert of_larger["postgresql-connections"]["threshold"] == 160
        assert of_larger["postgresql-memory"]["threshold"] == 8 * 2**30 // 20
        assert of_larger["postgresql-storage"]["threshold"] == 5 * 2**30
        assert "postgresql-credits" not in of_larger

    def test_what_there_is_not_is_not_watched(self) -> None:
        least = environment(redis=None)
        assert isinstance(least.network, NetworkInputs)
        service, application = least.django_service, least.django_service.application
        jobs = replace(application, jobs={"report": REPORT}, webs=None)
        least = replace(
            least,
            network=replace(least.network, nat="instance"),
            postgresql=BASE.postgresql,
            django_service=replace(
                service,
                application=jobs,
                webs=None,
                worker=None,
                beat=None,
                jobs={"report": JobSettingsInputs(enabled=False)},
                cluster=replace(service.cluster, container_insights="disabled"),
            ),
        )
        units = {unit.NAME: unit for unit in compose(Testing.app(), least)}
        found = alarms(synthesized(units["observability"]))
        without = ("redis", "nat-1", "worker", "beat", "web-api", "postgresql-replica", "jobs", "web-tasks")
        assert not [name for name in found if name.startswith(without)]
        assert "web-cpu" in found
        instance = found["nat-instance"]["dimensions"]["InstanceId"]
        assert "data.terraform_remote_state.network.outputs.nat_instance_id" in instance
        assert "nat_instance_id" in synthesized(units["network"])["output"]


class TestUnit:
    def test_it_comes_last_and_tells_the_topics_of_alerts(self) -> None:
        assert (*documents(),) == environment().units
        assert environment().units[-1] == "observability"
        for alarm in alarms().values():
            (topic,) = alarm["alarm_actions"]
            assert re.fullmatch(
                r"\$\{data\.terraform_remote_state\.alerts\.outputs\.(urgent|notices)_topic_arn}", topic
            )

    def test_the_dashboard_is_json_when_what_aws_draws_is_known(self) -> None:
        (found,) = documents()["observability"]["resource"]["aws_cloudwatch_dashboard"].values()
        body = json.loads(re.sub(r"\$\{.*?}", "known", found["dashboard_body"].replace('\\"', "'")))
        assert found["dashboard_name"] == "django-base"
        assert len(body["widgets"]) > 20

    def test_an_environment_without_it_is_what_it_was(self) -> None:
        plain = {unit.NAME: synthesized(unit) for unit in compose(App(), environment(observability=None, alerts=None))}
        assert "observability" not in plain
        for name in ("network", "redis", "django-service"):
            assert addresses(plain[name]) == addresses(documents()[name])
        added = {
            name: documents()[name]["output"].keys() - plain[name]["output"].keys()
            for name in ("network", "postgresql", "redis", "certificate", "django-service")
        }
        assert added == {
            "network": {"nat_gateway_ids"},
            "postgresql": set(),
            "redis": {"broker_member_clusters"},
            "certificate": set(),
            "django-service": {"alb_https_listener_arn", "further_target_group_arns"},
        }


class TestRules:
    def test_alarms_need_somebody_to_tell(self) -> None:
        found = [*map(line, problems(environment(alerts=None)))]
        assert found == ["observability: its alarms would tell nobody: add alerts=AlertsInputs(...)"]

    def test_a_class_that_is_not_known_needs_its_memory(self) -> None:
        newer: Environment = changed(environment(), ("postgresql", "instance_class"), "db.x2g.large")
        (found,) = map(line, problems(newer))
        assert found.startswith("observability.database_memory_gib: db.x2g.large is not known here")
        given = replace(newer, observability=ObservabilityInputs(database_memory_gib=32))
        known = replace(environment(), observability=ObservabilityInputs(database_memory_gib=32))
        assert [*map(line, problems(known))] == [
            "observability.database_memory_gib: has no effect: the memory of db.t4g.small is known: remove it"
        ]
        assert [*problems(given)] == []
        assert alarms(document(given))["postgresql-memory"]["threshold"] == 32 * 2**30 // 20
