"""What holds for all alarms, events and queries of an environment, and what is made of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from modules.observability.alarm import DAY_SECONDS, LONGEST_DESCRIPTION, METRICS_OF_AN_ALARM, Metric
from modules.observability.dashboard import body
from modules.observability.events import TASKS_OF_A_RULE, TASKS_STOPPED
from modules.observability.inputs import ObservabilityInputs
from modules.observability.instance_class import earned_credits, memory_gib
from modules.observability.main import Observability, Topics
from modules.observability.metrics import SOURCES, metric
from modules.observability.queries import queries
from modules.observability.watched import Watched
from modules.validation import problems
from tests.configurations import changed
from tests.metric_math import evaluate, fires
from tests.modules.deployment_alarms import deployment_alarms
from tests.modules.observability.watched import INPUTS, WATCHED, alarms, service
from tests.support import Json, module_json, only

TOPICS = Topics(
    urgent="arn:aws:sns:us-east-1:123456789012:django-prod-urgent",
    notices="arn:aws:sns:us-east-1:123456789012:django-prod-notices",
)
QUERIES = tuple(queries(tasks=["/ecs/django-prod/web"], postgresql=["/aws/rds/instance/a/postgresql"], redis=[]))


@cache
def resources(*, dashboard: bool = True) -> Json:
    found: Json = module_json(
        lambda stack: Observability(
            stack,
            "observability",
            inputs=ObservabilityInputs(dashboard=dashboard),
            watched=WATCHED,
            topics=TOPICS,
            queries=QUERIES,
        )
    )["resource"]
    return found


def all_metrics() -> Iterator[Metric]:
    """Those of all alarms, of those that roll deployments back, and of the dashboard, which has some more."""
    stopped = replace(service("web-api"), is_stopped=True).wanted
    targets = {**WATCHED.load_balancer.targets, "web-api": "targetgroup/django-prod-api/0123456789abcdef"}
    with_stopped = replace(WATCHED.load_balancer, targets=targets, wanted={"web-api": stopped})
    for alarm in (*alarms(load_balancer=with_stopped).values(), *deployment_alarms().values()):
        yield from alarm.metrics.values()
    for widget in widgets("metric"):
        for namespace, name, *pairs, options in (line for line in widget["metrics"] if len(line) > 1):
            dimensions = dict(zip(pairs[::2], pairs[1::2], strict=True))
            yield Metric(namespace=namespace, name=name, dimensions=dimensions, statistic=options["stat"])


def widgets(kind: str) -> list[dict[str, Any]]:
    body = json.loads(only(resources()["aws_cloudwatch_dashboard"])["dashboard_body"])
    return [widget["properties"] for widget in body["widgets"] if widget["type"] == kind]


class TestTable:
    def test_every_metric_is_one_that_aws_documents_and_every_one_in_the_table_is_watched(self) -> None:
        documented = {
            (source.namespace, frozenset(source.dimensions), name) for source in SOURCES for name in source.names
        }
        assert {(each.namespace, frozenset(each.dimensions), each.name) for each in all_metrics()} == documented
        pages = re.compile(r"https://docs\.aws\.amazon\.com/[\w/.-]+\.html")
        assert all(pages.fullmatch(source.page) for source in SOURCES)

    def test_a_metric_that_is_not_in_the_table_cannot_be_watched(self) -> None:
        with pytest.raises(ValueError, match="AWS/RDS FreeDisk by DBInstanceIdentifier is not in the table"):
            metric("AWS/RDS", "FreeDisk", "Average", {"DBInstanceIdentifier": "a"})


class TestAlarms:
    @pytest.mark.parametrize("name", alarms())
    def test_an_alarm_is_one_that_cloudwatch_takes_and_somebody_understands(self, name: str) -> None:
        alarm = alarms()[name]
        assert len(alarm.description) <= LONGEST_DESCRIPTION
        assert re.fullmatch(r"make (status|logs|deploy|doctor|cost) ENV=prod( ARGS=\w+)?", alarm.command)
        assert 1 <= alarm.datapoints <= alarm.periods
        assert alarm.period_seconds % 60 == 0
        assert alarm.period_seconds * alarm.periods <= DAY_SECONDS
        assert len(alarm.metrics) <= METRICS_OF_AN_ALARM
        assert alarm.missing.reason
        if alarm.expression is None:
            assert len(alarm.metrics) == 1
        else:
            evaluate(alarm.expression, {each: [1.0, 2.0] for each in alarm.metrics})
            assert all(re.search(rf"\b{each}\b", alarm.expression) for each in alarm.metrics)

    def test_no_two_have_one_name(self) -> None:
        found = [alarm.name for alarm in WATCHED.alarms(INPUTS)]
        assert len({*found}) == len(found)

    def test_each_tells_its_topic_when_it_fires_and_when_it_is_over(self) -> None:
        made = resources()["aws_cloudwatch_metric_alarm"]
        for alarm in alarms().values():
            found = made[f"observability_alarm_{alarm.name.replace('-', '_')}"]
            assert found["alarm_actions"] == found["ok_actions"] == [TOPICS.arn(alarm.topic)]
            assert found["alarm_name"] == f"django-prod-{alarm.name}"
            assert found["treat_missing_data"] == alarm.missing.treatment
            page = "https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1#dashboards/dashboard"
            links = f"Services, logs and alarms of django-prod: {page}/django-prod"
            assert found["alarm_description"] == f"{alarm.description} {links}"
            assert alarm.description.endswith(f"Next: {alarm.command} Runbook: docs/runbooks.md#{alarm.runbook}")
            assert len(found["alarm_description"]) <= LONGEST_DESCRIPTION
        assert len(made) == len(alarms())

    def test_one_metric_is_watched_as_it_is(self) -> None:
        found = resources()["aws_cloudwatch_metric_alarm"]["observability_alarm_http_rejected"]
        assert (found["namespace"], found["metric_name"]) == ("AWS/ApplicationELB", "RejectedConnectionCount")
        assert (found["statistic"], found["period"], found["threshold"]) == ("Sum", 300, 0)
        assert (found["evaluation_periods"], found["datapoints_to_alarm"]) == (1, 1)
        assert found["comparison_operator"] == "GreaterThanThreshold"
        assert found["dimensions"] == {"LoadBalancer": "app/django-prod/0123456789abcdef"}
        assert "metric_query" not in found

    def test_an_expression_returns_itself_alone(self) -> None:
        found = resources()["aws_cloudwatch_metric_alarm"]["observability_alarm_http_error_rate"]
        *named, result = found["metric_query"]
        assert [each["id"] for each in named] == ["target", "own", "requests"]
        assert [each["return_data"] for each in (*named, result)] == [False, False, False, True]
        assert result["expression"] == alarms()["http-error-rate"].expression
        assert named[0]["metric"]["period"] == 300
        assert "metric_name" not in found

    def test_users_notice_many_errors_of_many_requests_slowness_and_no_answer(self) -> None:
        found = only(resources()["aws_cloudwatch_composite_alarm"])
        assert found["alarm_rule"] == (
            '(ALARM("django-prod-http-errors") AND ALARM("django-prod-http-error-rate"))'
            ' OR ALARM("django-prod-http-response-time") OR ALARM("django-prod-web-healthy")'
        )
        assert found["alarm_actions"] == [TOPICS.urgent]
        assert found["depends_on"] == [
            f"aws_cloudwatch_metric_alarm.observability_alarm_{name}"
            for name in ("http_errors", "http_error_rate", "http_response_time", "web_healthy")
        ]


def matches(event: Any, pattern: Any) -> bool:
    """Whether EventBridge takes an event, as far as these patterns need it.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
    """
    if isinstance(pattern, dict):
        if isinstance(event, list):
            return any(matches(each, pattern) for each in event)
        either = [matches(event, each) for each in pattern.get("$or", ())]
        others = (matches(event.get(key), each) for key, each in pattern.items() if key != "$or")
        return all(others) and (any(either) or not either)
    values = event if isinstance(event, list) else [event]
    return any(value is not None and _is(value, each) for value in values for each in pattern)


def _is(value: Any, pattern: Any) -> bool:
    match pattern:
        case {"anything-but": others}:
            return value not in others
        case {"prefix": start}:
            return str(value).startswith(start)
    return bool(value == pattern)


def told(event: Json, watched: Watched = WATCHED) -> set[str]:
    """The names of the rules that take an event."""
    return {each.name for each in watched.events() if matches(event, each.pattern)}


def stopped(group: str, code: str, *containers: tuple[str, int | None]) -> Json:
    """As https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_task_events.html has it."""
    detail: Json = {
        "clusterArn": "arn:aws:ecs:us-east-1:123456789012:cluster/django-prod",
        "lastStatus": "STOPPED",
        "group": group,
        "stopCode": code,
        "stoppedReason": "Essential container in task exited",
        "containers": [{"name": name, "lastStatus": "STOPPED", "exitCode": code} for name, code in containers],
    }
    return {"source": "aws.ecs", "detail-type": "ECS Task State Change", "resources": [], "detail": detail}


def filled(template: str, **values: str) -> Json:
    """What EventBridge sends: it quotes a value that stands alone, and puts one in a text as it is.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
    """
    for name, value in values.items():
        template = template.replace(f": <{name}>,", f": {json.dumps(value)},").replace(f"<{name}>", value)
    found: Json = json.loads(template)
    return found


EXITED = "EssentialContainerExited"
SERVICE = "arn:aws:ecs:us-east-1:123456789012:service/django-prod/django-prod-web"


class TestEvents:
    @pytest.mark.parametrize(
        ("event", "expected"),
        [
            (stopped("family:django-prod-job-report", EXITED, ("job-report", 1)), {"jobs-failed"}),
            (stopped("family:django-prod-job-report", EXITED, ("job-report", 137)), {"jobs-failed"}),
            (stopped("family:django-prod-migrate", "TaskFailedToStart"), {"jobs-failed"}),
            (stopped("family:django-prod-job-report", EXITED, ("job-report", 0)), set()),
            # What accompanies it is killed.
            (stopped("family:django-prod-job-report", EXITED, ("job-report", 0), ("token", 137)), set()),
            (stopped("family:django-prod-eu-job-report", EXITED, ("job-report", 1)), set()),
            (stopped("service:django-prod-web", EXITED, ("web", 1)), {TASKS_STOPPED}),
            (stopped("service:django-prod-web", "ServiceSchedulerInitiated", ("web", 143)), set()),
            (stopped("service:django-prod-eu-web", EXITED, ("web", 1)), set()),
        ],
    )
    def test_what_ended_with_an_error_is_reported_and_what_was_stopped_is_not(
        self, event: Json, expected: set[str]
    ) -> None:
        assert told(event) == expected

    @pytest.mark.parametrize(
        ("kind", "name", "expected"),
        [
            ("ECS Deployment State Change", "SERVICE_DEPLOYMENT_FAILED", {"deployment-failed"}),
            ("ECS Deployment State Change", "SERVICE_DEPLOYMENT_COMPLETED", set()),
            ("ECS Service Action", "SERVICE_TASK_START_IMPAIRED", {"tasks-impaired"}),
            ("ECS Service Action", "SERVICE_STEADY_STATE", set()),
        ],
    )
    def test_a_failed_deployment_and_a_service_that_cannot_start_tasks_are_reported(
        self, kind: str, name: str, expected: set[str]
    ) -> None:
        event = {"source": "aws.ecs", "detail-type": kind, "resources": [SERVICE], "detail": {"eventName": name}}
        assert told(event) == expected
        assert told({**event, "resources": [SERVICE.replace("prod-web", "prod-eu-web")]}) == set()

    @pytest.mark.parametrize(
        ("event_id", "expected"),
        [
            ("RDS-EVENT-0221", {"database-storage"}),
            ("RDS-EVENT-0224", {"database-storage"}),
            ("RDS-EVENT-0225", {"database-growth"}),
            ("RDS-EVENT-0049", {"database-failover"}),
            ("RDS-EVENT-0031", {"database-failure"}),
            ("RDS-EVENT-0419", {"database-failure"}),
            ("RDS-EVENT-0057", {"database-degraded"}),
            ("RDS-EVENT-0001", set()),
            # Of category failure, and RDS tries again.
            ("RDS-EVENT-0219", set()),
        ],
    )
    def test_a_disk_that_reaches_its_end_a_failover_and_a_failure_are_reported(
        self, event_id: str, expected: set[str]
    ) -> None:
        detail = {"SourceIdentifier": "django-prod-postgresql", "EventID": event_id, "Message": "…"}
        assert told({"source": "aws.rds", "detail-type": "RDS DB Instance Event", "detail": detail}) == expected

    def test_however_many_jobs_there_are_a_pattern_fits(self) -> None:
        """With the longest names that there may be: 31 of the prefix, 24 of a task."""
        names = [f"job-{number:020}" for number in range(TASKS_OF_A_RULE + 1)]
        found = replace(WATCHED, prefix="p" * 31, tasks=names).events()
        jobs = {each.name: each.pattern for each in found if each.name.startswith("jobs-failed")}
        assert [*jobs] == ["jobs-failed", "jobs-failed-2"]
        assert all(len(json.dumps(each)) <= 4096 for each in jobs.values())
        assert sum(len(each["detail"]["group"]) for each in jobs.values()) == len(names)

    def test_however_many_services_a_cluster_of_its_own_has_their_patterns_fit(self) -> None:
        own = replace(WATCHED, owns_cluster=True, services=[service(f"web-{number}") for number in range(60)])
        assert told(stopped("service:django-prod-web-59", EXITED, ("web-59", 1)), own) == {TASKS_STOPPED}
        assert told(stopped("family:django-prod-shell", EXITED, ("shell", 1)), own) == set()
        failed = {"source": "aws.ecs", "detail-type": "ECS Deployment State Change", "resources": [f"{SERVICE}-59"]}
        assert told({**failed, "detail": {"eventName": "SERVICE_DEPLOYMENT_FAILED"}}, own) == {"deployment-failed"}
        elsewhere = [SERVICE.replace("/django-prod/", "/shop/")]
        other = {**failed, "resources": elsewhere, "detail": {"eventName": "SERVICE_DEPLOYMENT_FAILED"}}
        assert told(other, own) == set()
        assert all(len(json.dumps(each.pattern)) <= 4096 for each in own.events())

    def test_a_message_says_what_happened_what_it_means_and_what_to_type(self) -> None:
        rule = resources()["aws_cloudwatch_event_rule"]["observability_event_deployment_failed"]
        target = resources()["aws_cloudwatch_event_target"]["observability_event_deployment_failed_target"]
        assert rule["name"] == "django-prod-deployment-failed"
        assert target["arn"] == TOPICS.notices
        paths, template = (target["input_transformer"][key] for key in ("input_paths", "input_template"))
        assert paths == {"service": "$.resources[0]", "message": "$.detail.reason"}
        assert filled(template, service=SERVICE, message="tasks failed to start") == {
            "version": "1.0",
            "source": "custom",
            "content": {
                "textType": "client-markdown",
                "title": f"The deployment of {SERVICE} failed",
                "description": "tasks failed to start",
                "nextSteps": [
                    "ECS went back to the tasks of before, so that users see no change.",
                    "`make logs ENV=prod`",
                    "Runbook: docs/runbooks.md#deployment-failed",
                ],
            },
        }

    def test_what_aws_says_reaches_a_chat_whatever_it_is(self) -> None:
        said = 'exec: "python": executable file not found in $PATH\n'
        for event in WATCHED.events():
            assert {*re.findall(r"<(\w+)>", event.template)} == {*event.paths}
            message = filled(event.template, **{**dict.fromkeys(event.paths, "django-prod"), "message": said})
            assert message["content"]["description"] == said

    def test_what_counts_stopped_tasks_is_the_rule_that_takes_them(self) -> None:
        (counted,) = alarms()["tasks-stopping"].metrics.values()
        assert counted.dimensions == {"RuleName": "django-prod-tasks-stopped"}
        names = {rule["name"] for rule in resources()["aws_cloudwatch_event_rule"].values()}
        assert counted.dimensions["RuleName"] in names

    def test_an_urgent_event_wakes_somebody_by_an_alarm_and_the_event_itself_is_a_notice(self) -> None:
        urgent = {event.name for event in WATCHED.events() if event.is_urgent}
        assert urgent == {"tasks-impaired", "database-storage", "database-failure"}
        for name in urgent:
            (counted,) = alarms()[name].metrics.values()
            assert counted.dimensions == {"RuleName": f"django-prod-{name}"}
            assert alarms()[name].topic == "urgent"
            assert fires(alarms()[name], {"events": [None, 1]}) == 2
        targets = resources()["aws_cloudwatch_event_target"].values()
        assert {target["arn"] for target in targets} == {TOPICS.notices}


class TestDashboard:
    def test_it_shows_every_alarm_with_its_threshold_and_users_first(self) -> None:
        shown = [
            (line[-1] if len(line) > 1 else line[0]).get("label") for widget in widgets("metric")[1:]
            for line in widget["metrics"]
        ]  # fmt: skip
        assert {*filter(None, shown)} == {alarm.title for alarm in alarms().values()}
        first, second = widgets("metric")[:2]
        assert first["title"] == "Requests (in a minute)"
        assert second["title"] == alarms()["http-errors"].title
        assert second["annotations"]["horizontal"] == [{"label": "alarm >", "value": 5}]

    def test_it_shows_errors_of_the_application_beside_those_of_the_load_balancer(self) -> None:
        requests = widgets("metric")[0]["metrics"]
        names = ["RequestCount", "HTTPCode_Target_5XX_Count", "HTTPCode_ELB_5XX_Count"]
        assert [line[1] for line in requests] == names

    def test_it_shows_what_waits_for_a_worker_that_is_stopped(self) -> None:
        stopped = replace(service("worker"), is_stopped=True)
        watched = replace(WATCHED, queues=(replace(WATCHED.queues[0], wanted=stopped.wanted),))
        graphs = [each["properties"] for each in body(watched, [*watched.alarms(INPUTS)], [])["widgets"]]
        (line,) = next(each["metrics"] for each in graphs if each.get("title") == "Tasks that wait for worker")
        assert line[1] == "QueueLength"

    def test_alarms_of_the_same_figures_are_one_graph(self) -> None:
        graph = next(each for each in widgets("metric") if each["title"].startswith("CPU of web"))
        assert [line[-1]["label"] for line in graph["metrics"]] == ["CPU of web (%)", "CPU of worker (%)"]

    def test_expressions_of_one_graph_have_names_of_their_own(self) -> None:
        graph = next(each for each in widgets("metric") if each["title"].startswith("Tasks that web lacks"))
        expressions = [line[0]["expression"] for line in graph["metrics"] if len(line) == 1]
        assert expressions == ["desired0 - running0", "desired1 - running1"]
        ids = [line[-1]["id"] for line in graph["metrics"]]
        assert ids == ["result0", "desired0", "running0", "result1", "desired1", "running1"]

    def test_it_shows_the_state_of_what_wakes_somebody(self) -> None:
        (found,) = widgets("alarm")
        urgent = [alarm for alarm in alarms().values() if alarm.topic == "urgent"]
        assert found["alarms"][0] == "${aws_cloudwatch_composite_alarm.observability_alarm_users_notice.arn}"
        assert len(found["alarms"]) == len(urgent) + 1 <= 100

    def test_it_can_be_left_out(self) -> None:
        assert "aws_cloudwatch_dashboard" not in resources(dashboard=False)


class TestQueries:
    def test_there_are_those_of_which_there_are_logs(self) -> None:
        made = resources()["aws_cloudwatch_query_definition"].values()
        assert {each["name"] for each in made} == {
            "django-prod/errors", "django-prod/log-volume", "django-prod/slow-queries"
        }  # fmt: skip
        slow = next(each for each in made if each["name"].endswith("slow-queries"))
        assert slow["log_group_names"] == ["/aws/rds/instance/a/postgresql"]

    def test_a_slow_query_is_found_by_the_line_that_postgresql_writes(self) -> None:
        # https://www.postgresql.org/docs/16/runtime-config-logging.html
        line = "2026-01-01 00:00:00 UTC:10.0.0.1(1):app@app:[1]:LOG:  duration: 1234.567 ms  statement: SELECT 1"
        query = next(each.text for each in QUERIES if each.name == "slow-queries")
        pattern = re.search(r"parse @message /(.*)/", query)
        assert pattern is not None
        found = re.search(pattern[1].replace("(?<", "(?P<"), line)
        assert found is not None
        assert (found["ms"], found["what"]) == ("1234.567", "statement: SELECT 1")


class TestInputs:
    @pytest.mark.parametrize(
        ("field", "low", "high"),
        [
            ("cpu_percent", 10, 95),
            ("memory_percent", 10, 95),
            ("errors", 0, 1_000_000),
            ("error_percent", 1, 100),
            ("response_ms", 10, 60_000),
            ("least_requests", 1, 1_000_000),
            ("full_days", 1, 30),
            ("certificate_days", 1, 45),
            ("queue_minutes", 10, 1440),
            ("log_mib_an_hour", 1, 1_000_000),
            ("database_memory_gib", 1, 8192),
        ],
    )
    def test_a_threshold_is_within_its_bounds(self, field: str, low: int, high: int) -> None:
        for value in (low, high):
            assert not [*problems(changed(INPUTS, (field,), value))]
        for value in (low - 1, high + 1):
            (found,) = problems(changed(INPUTS, (field,), value))
            assert found == (field, f"got {value}", f"choose {low} to {high}")

    def test_each_threshold_is_that_of_its_alarms(self) -> None:
        other = ObservabilityInputs(
            cpu_percent=71, memory_percent=72, errors=73, error_percent=74, response_ms=7500, full_days=7,
            certificate_days=14, queue_minutes=75, log_mib_an_hour=1,
        )  # fmt: skip
        found = alarms(other)
        assert {name: found[name].threshold for name in (
            "web-cpu", "postgresql-cpu", "redis-broker-1-cpu", "worker-memory", "redis-broker-1-memory", "http-errors",
            "http-error-rate", "http-response-time", "postgresql-storage-days", "certificate", "worker-logs",
        )} == {
            "web-cpu": 71, "postgresql-cpu": 71, "redis-broker-1-cpu": 71, "worker-memory": 72,
            "redis-broker-1-memory": 72, "http-errors": 73, "http-error-rate": 74, "http-response-time": 7.5,
            "postgresql-storage-days": 8, "certificate": 14, "worker-logs": 4 * 2**20,
        }  # fmt: skip
        assert found["worker-queue-age"].periods == 15


@pytest.mark.parametrize(
    ("instance_class", "gib"),
    [
        ("db.t3.micro", 1),
        ("db.t4g.2xlarge", 32),
        ("db.m6g.large", 8),
        ("db.m7g.xlarge", 16),
        ("db.m6id.24xlarge", 384),
        ("db.r6g.16xlarge", 512),
        ("db.c6gd.medium", None),
        ("db.x2g.large", None),
        ("db.r6g.2large", None),
    ],
)
def test_the_memory_of_a_class_is_that_of_its_family_and_size(instance_class: str, gib: int | None) -> None:
    # https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.Summary.html
    assert memory_gib(instance_class) == gib


def test_credits_are_those_of_t() -> None:
    assert earned_credits("db.t4g.small") == (24, 20)
    assert earned_credits("db.m7g.large") is None
