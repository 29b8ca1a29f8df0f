"""Scaling by schedule, by response time and by steps, and from and to no task at all."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from cdktf import TerraformStack

from modules.fargate_service.autoscaling import Autoscaling
from modules.fargate_service.autoscaling_inputs import AutoscalingInputs, WebAutoscalingInputs, WorkerAutoscalingInputs
from modules.fargate_service.deployment_alarms import DeploymentAlarms
from modules.fargate_service.deployment_alarms_inputs import DeploymentAlarmsInputs
from modules.fargate_service.inputs import WebInputs, WorkerInputs
from modules.fargate_service.scaling_schedule_inputs import ScheduledScalingInputs
from modules.fargate_service.scaling_steps_inputs import QUEUE_STEPS, StepInputs
from modules.fargate_service.step_scaling import QueueMetric, policies
from modules.load_balancer.outputs import RouteOutputs
from modules.observability.alarm import Alarm
from modules.validation import InvalidInput, problems, validate
from tests.metric_math import Figures, fires, state
from tests.support import Json, module_json, only

QUEUE = QueueMetric(namespace="Django", name="QueueLength", dimensions={"Environment": "test", "Queue": "celery"})
SERVICE = {"ClusterName": "django-test", "ServiceName": "django-test-it"}
TARGETS = RouteOutputs(
    arn_suffix="app/django/1",
    target_group_arn="arn:aws:elasticloadbalancing:it",
    target_group_arn_suffix="targetgroup/it/2",
    request_label="app/django/1/targetgroup/it/2",
)
EVENING = ScheduledScalingInputs(
    name="evening", expression="cron(0 20 ? * MON-FRI *)", time_zone="America/Sao_Paulo", min_count=0, max_count=0
)
MORNING = ScheduledScalingInputs(name="morning", expression="cron(0 7 ? * MON-FRI *)", time_zone="America/Sao_Paulo")
WEB = WebAutoscalingInputs(min_count=2, max_count=8)
WORKER = WorkerAutoscalingInputs(min_count=1, max_count=5)
STEPS = replace(WORKER, queue_length_per_task=None, queue_steps=QUEUE_STEPS)


def scaled(inputs: AutoscalingInputs) -> Json:
    def build(stack: TerraformStack) -> None:
        Autoscaling(
            stack,
            "scaling",
            inputs=inputs,
            cluster_name="django-test",
            service_name="django-test-it",
            name="it",
            prefix="django-test",
            targets=TARGETS if isinstance(inputs, WebAutoscalingInputs) else None,
            queue=QUEUE,
        )

    resources: Json = module_json(build)["resource"]
    return resources


def steps(inputs: AutoscalingInputs, policy: str) -> list[tuple[int, str | None, str | None]]:
    found = scaled(inputs)["aws_appautoscaling_policy"][policy]["step_scaling_policy_configuration"]
    return [
        (each["scaling_adjustment"], each.get("metric_interval_lower_bound"), each.get("metric_interval_upper_bound"))
        for each in found["step_adjustment"]
    ]


def alarm(inputs: WorkerAutoscalingInputs, policy: str) -> Alarm:
    (found,) = (each.alarm for each in policies("it", inputs, QUEUE, SERVICE) if each.id == policy)
    return found


def refusals(inputs: Any) -> str:
    with pytest.raises(InvalidInput) as error:
        validate(inputs)
    return str(error.value)


class TestSchedule:
    def test_it_moves_the_bounds_in_the_time_zone_of_people(self) -> None:
        found = scaled(replace(WEB, schedule=(EVENING, MORNING)))["aws_appautoscaling_scheduled_action"]
        evening, morning = found["scaling_schedule_evening"], found["scaling_schedule_morning"]
        assert (evening["schedule"], evening["timezone"]) == ("cron(0 20 ? * MON-FRI *)", "America/Sao_Paulo")
        assert evening["scalable_target_action"] == {"min_capacity": "0", "max_capacity": "0"}
        assert morning["scalable_target_action"] == {"min_capacity": "2", "max_capacity": "8"}

    def test_terraform_and_the_schedule_do_not_fight_over_the_bounds(self) -> None:
        found = only(scaled(replace(WEB, schedule=(MORNING,)))["aws_appautoscaling_target"])
        assert found["lifecycle"]["ignore_changes"] == ["min_capacity", "max_capacity"]
        assert "lifecycle" not in only(scaled(WEB)["aws_appautoscaling_target"])

    def test_all_that_changes_a_target_is_made_one_after_the_other(self) -> None:
        found = scaled(replace(STEPS, min_count=0, schedule=(EVENING, MORNING)))
        changes = {**found["aws_appautoscaling_policy"], **found["aws_appautoscaling_scheduled_action"]}
        before = [each["depends_on"][0] for each in changes.values() if "depends_on" in each]
        assert len(before) == len(set(before)) == len(changes) - 1

    def test_a_deployment_by_night_lacks_no_task_that_the_schedule_took(self) -> None:
        night = ScheduledScalingInputs(name="night", expression="cron(0 20 * * ? *)", min_count=1, max_count=2)
        web = WebInputs(cpu=256, memory_mib=512, desired_count=4, autoscaling=replace(WEB, schedule=(night, MORNING)))
        judged = DeploymentAlarms(inputs=DeploymentAlarmsInputs(), environment="test")
        (health,) = (each for each in judged.of("web", web, TARGETS) if each.name == "web-deployment-health")
        assert health.threshold == 1

    @pytest.mark.parametrize(
        ("inputs", "line"),
        [
            (
                replace(WEB, schedule=(replace(EVENING, expression="0 20 * * *"), MORNING)),
                "schedule[0].expression: '0 20 * * *' is not a schedule: write",
            ),
            (
                replace(WEB, schedule=(replace(EVENING, time_zone="Sao_Paulo/Brazil"), MORNING)),
                "schedule[0].time_zone: 'Sao_Paulo/Brazil' is not a time zone",
            ),
            (
                replace(WEB, schedule=(replace(EVENING, name="Every evening"), MORNING)),
                "schedule[0].name: 'Every evening' is not a valid name: use up to 32 lower-case letters",
            ),
            (
                replace(WEB, schedule=(EVENING, replace(MORNING, name="evening"))),
                "schedule[1].name: 'evening' is the name of another action: choose another name",
            ),
            (
                replace(WEB, schedule=(replace(EVENING, min_count=-1), MORNING)),
                "schedule[0].min_count: got -1: choose 0 to 5000",
            ),
            (
                replace(WEB, schedule=(replace(EVENING, min_count=None), MORNING)),
                "schedule[0].max_count: got 0 with min_count 2: choose 2 to 5000",
            ),
            (
                replace(WEB, schedule=(replace(EVENING, max_count=4), MORNING)),
                (
                    "schedule[0].min_count: got 0 with max_count 4, and a service without tasks has no load that could "
                    "start one: set max_count=0 too, which stops it, or choose 1 or more"
                ),
            ),
            (
                replace(WEB, schedule=(EVENING,)),
                "schedule: no action returns to 2 to 8 tasks: add one without min_count and max_count, or remove",
            ),
        ],
    )
    def test_what_breaks_a_rule_is_reported_on_one_line(self, inputs: AutoscalingInputs, line: str) -> None:
        assert line in refusals(inputs)

    @pytest.mark.parametrize(
        "back",
        [
            "at(2027-01-04T07:00:00)",
            "cron(0 7 ? * MON 2020)",
            "cron(0 7 ? * MON 2020-2199)",
            "cron(0 7 30 2 ? *)",
            "cron(0 7 31W FEB,APR ? *)",
            "cron(0 7 1 1 ? *)",
            "cron(0 7 29 2 ? *)",
            "cron(0 7 L */2 ? *)",
        ],
    )
    def test_what_stops_again_and_again_is_started_again_and_again(self, back: str) -> None:
        line = (
            "schedule[0].expression: stops the service, and no action that returns comes within 35 days or before the "
            "next stop: give one"
        )
        assert line in refusals(replace(WEB, schedule=(EVENING, replace(MORNING, expression=back))))

    @pytest.mark.parametrize(
        ("stop", "back"),
        [
            (EVENING.expression, "cron(0 7 L * ? *)"),
            (EVENING.expression, "cron(0 7 ? * MON#2 *)"),
            (EVENING.expression, "cron(0 20 ? * SUN *)"),
            ("cron(0 20 L * ? *)", "cron(0 20 1 * ? *)"),
            ("cron(0 20 1 9 ? *)", "cron(0 7 1 6 ? *)"),
            ("cron(0 20 24 12 ? 2027)", "cron(0 7 2 1 ? *)"),
        ],
    )
    def test_it_may_be_started_by_whatever_comes_before_it_is_forgotten(self, stop: str, back: str) -> None:
        validate(replace(WEB, schedule=(replace(EVENING, expression=stop), replace(MORNING, expression=back))))

    @pytest.mark.parametrize(("stop", "back"), [("rate(1 day)", "rate(24 hours)"), (EVENING.expression, "rate(1 day)")])
    def test_beside_a_stop_nothing_is_a_rate_whose_times_nobody_knows(self, stop: str, back: str) -> None:
        given = replace(EVENING, expression=stop, time_zone="UTC"), replace(MORNING, expression=back, time_zone="UTC")
        assert "is a rate, which counts from when AWS takes it: use a time for both" in refusals(
            replace(WEB, schedule=given)
        )

    def test_what_is_not_a_schedule_is_reported_once(self) -> None:
        for wrong in (replace(MORNING, expression="cron(0 x * * ? *)"), replace(MORNING, expression="0 7 * * *")):
            assert len([*problems(replace(WEB, schedule=(EVENING, wrong)))]) == 1

    def test_what_is_stopped_once_is_started_afterwards(self) -> None:
        off = replace(EVENING, expression="at(2027-01-04T20:00:00)")
        same_hour = replace(MORNING, expression="at(2027-01-04T20:00:00)", time_zone="Europe/Berlin")
        late = replace(MORNING, expression="at(2027-01-04T20:00:00)", time_zone="America/Los_Angeles")
        assert "no action that returns comes after it: give" in refusals(replace(WEB, schedule=(off, same_hour)))
        validate(replace(WEB, schedule=(off, late)))

    @pytest.mark.parametrize("back", ["cron(0 20 ? * MON-FRI *)", "cron(0 */4 * * ? *)", "cron(0 20 ? * 6L *)"])
    def test_a_stop_and_a_start_are_never_at_the_same_minute(self, back: str) -> None:
        clashing = replace(MORNING, expression=back)
        assert (
            "schedule[0].expression: stops the service at a minute in which 'morning' starts it, and AWS may do either "
            "last: choose another time"
        ) in refusals(replace(WEB, schedule=(EVENING, clashing)))
        elsewhere = replace(MORNING, expression="cron(0 23 ? * SUN-THU *)", time_zone="UTC")
        assert "in which 'morning' starts it" in refusals(replace(WEB, schedule=(EVENING, elsewhere)))
        once = replace(MORNING, name="once", expression="at(2027-01-04T20:00:00)")
        assert "in which 'once' starts it" in refusals(replace(WEB, schedule=(EVENING, MORNING, once)))
        also = replace(MORNING, name="day")
        assert "in which 'morning' starts it" in refusals(replace(WEB, schedule=(EVENING, also, clashing)))

    @pytest.mark.parametrize(
        ("stop", "back", "often"),
        [
            (EVENING.expression, "cron(* * * * ? *)", 43822),
            ("cron(* 20-23 ? * MON-FRI *)", MORNING.expression, 5236),
            ("cron(30 * * * ? *)", "cron(0 * * * ? *)", 1460),
        ],
    )
    def test_stops_that_come_all_the_time_are_refused_at_once(self, stop: str, back: str, often: int) -> None:
        schedule = replace(EVENING, expression=stop), replace(MORNING, expression=back)
        assert [str(each.what) for each in problems(replace(WEB, schedule=schedule))] == [
            f"its stops and the actions that return come {often} times a month together"
        ]
        validate(replace(WEB, schedule=(replace(schedule[0], min_count=1, max_count=1), schedule[1])))

    def test_a_service_has_no_more_actions_than_aws_takes(self) -> None:
        many = tuple(replace(MORNING, name=f"a{number}") for number in range(200))
        validate(replace(WEB, schedule=many))
        line = "schedule: has 201 actions: AWS takes 200 of a service"
        assert line in refusals(replace(WEB, schedule=(*many, MORNING)))

    def test_once_and_by_rate_are_schedules_too(self) -> None:
        sale = replace(EVENING, name="sale", expression="at(2027-11-26T00:00:00)", min_count=4, max_count=20)
        validate(replace(WEB, schedule=(sale, replace(MORNING, expression="rate(7 days)", time_zone="UTC"))))


class TestResponseTime:
    def test_tasks_are_added_by_the_mean_of_the_services_own_targets(self) -> None:
        policy = scaled(replace(WEB, response_ms=500))["aws_appautoscaling_policy"]["scaling_response"]
        tracked = policy["target_tracking_scaling_policy_configuration"]
        held, time = tracked["customized_metric_specification"]["metrics"]
        assert tracked["target_value"] == 0.5, "CloudWatch has it in seconds"
        # While a figure is missing, AWS removes no task.
        assert (held["expression"], held["return_data"]) == ("FILL(time, 0)", True)
        assert time["metric_stat"]["stat"] == "Average"
        assert time["metric_stat"]["metric"]["metric_name"] == "TargetResponseTime"
        dimensions = {each["name"]: each["value"] for each in time["metric_stat"]["metric"]["dimensions"]}
        assert dimensions == {"LoadBalancer": "app/django/1", "TargetGroup": "targetgroup/it/2"}

    def test_it_is_not_looked_at_unasked(self) -> None:
        assert "scaling_response" not in scaled(WEB)["aws_appautoscaling_policy"]

    def test_it_does_not_say_how_many_tasks_are_enough(self) -> None:
        alone = replace(WEB, cpu_percent=None, requests_per_target=None, response_ms=500)
        assert "cpu_percent: no metric is left to scale on" in refusals(alone)
        assert "response_ms: got 9: choose 10 to 60000" in refusals(replace(WEB, response_ms=9))


class TestSteps:
    def test_those_of_queue_processing_are_counted_from_the_threshold_of_their_alarm(self) -> None:
        assert steps(STEPS, "scaling_steps_out") == [(1, "0", "400"), (5, "400", None)]
        assert steps(STEPS, "scaling_steps_in") == [(-1, None, "0")]
        assert (alarm(STEPS, "steps-out").threshold, alarm(STEPS, "steps-in").threshold) == (100, 0)

    def test_removing_has_steps_too(self) -> None:
        more = (StepInputs(at_most=20, change=-1), StepInputs(at_most=5, change=-2), StepInputs(at_least=50, change=1))
        assert steps(replace(STEPS, queue_steps=more), "scaling_steps_in") == [(-1, "-15", "0"), (-2, None, "-15")]

    def test_each_alarm_takes_the_steps_of_its_own_policy_and_tells_nobody(self) -> None:
        found = scaled(STEPS)
        for kind in ("in", "out"):
            made = found["aws_cloudwatch_metric_alarm"][f"scaling_alarm_steps_{kind}"]
            assert made["alarm_actions"] == [f"${{aws_appautoscaling_policy.scaling_steps_{kind}.arn}}"]
            assert made["alarm_name"] == f"django-test-it-steps-{kind}"
            assert "ok_actions" not in made

    def test_a_long_queue_adds_tasks_at_once_and_a_moment_without_one_removes_none(self) -> None:
        assert fires(alarm(STEPS, "steps-out"), {"waiting": [0, 100]}) == 2
        assert fires(alarm(STEPS, "steps-in"), {"waiting": [0, 0, 0, 0, 7, 0, 0, 0, 0]}) is None
        assert fires(alarm(STEPS, "steps-in"), {"waiting": [0] * 5}) == 5

    @pytest.mark.parametrize("policy", ["steps-out", "steps-in"])
    def test_where_nobody_counts_nothing_changes(self, policy: str) -> None:
        assert state(alarm(STEPS, policy), {"waiting": [None] * 10}) == "OK"

    @pytest.mark.parametrize(
        ("given", "line"),
        [
            ((StepInputs(at_least=100, change=1),), "queue_steps: none removes tasks: add StepInputs(at_most=0, "),
            ((StepInputs(at_most=0, change=-1),), "queue_steps: none adds tasks: add StepInputs(at_least=100, "),
            (
                (QUEUE_STEPS[0], *(StepInputs(at_least=number, change=number) for number in range(1, 22))),
                "queue_steps: 21 add tasks: AWS takes 20: use fewer",
            ),
            (
                (QUEUE_STEPS[2], *(StepInputs(at_most=20 - number, change=-1 - number) for number in range(21))),
                "queue_steps: 21 remove tasks: AWS takes 20: use fewer",
            ),
            ((*QUEUE_STEPS, StepInputs(at_least=500, change=2)), "give each length one step"),
            ((*QUEUE_STEPS, StepInputs(at_least=900, change=1)), "changes 1 tasks after 5 at 500"),
            ((*QUEUE_STEPS, StepInputs(at_most=100, change=-1)), "a queue of 100 both adds and removes tasks"),
            ((*QUEUE_STEPS, StepInputs(at_least=900, change=0)), "queue_steps[3].change: got 0: choose 1 to 100"),
            ((*QUEUE_STEPS, StepInputs(at_most=9, change=9)), "queue_steps[3].at_least: says when 9 applies"),
            ((*QUEUE_STEPS, StepInputs(at_least=0, change=1)), "queue_steps[3].at_least: got 0: choose 1 to 10000000"),
        ],
    )
    def test_what_breaks_a_rule_is_reported_on_one_line(self, given: tuple[StepInputs, ...], line: str) -> None:
        assert line in refusals(replace(STEPS, queue_steps=given))

    def test_a_queue_scales_in_one_way(self) -> None:
        both = replace(WORKER, queue_steps=QUEUE_STEPS)
        assert "queue_steps: both scale by the queue, one against the other: set queue_length_per_task" in refusals(
            both
        )


class TestZero:
    IDLE = replace(WORKER, min_count=0)

    def test_only_a_worker_that_may_sleep_is_woken(self) -> None:
        assert [each.id for each in policies("it", WORKER, QUEUE, SERVICE)] == []
        assert [each.id for each in policies("it", self.IDLE, QUEUE, SERVICE)] == ["wake", "sleep"]
        by_night = ScheduledScalingInputs(name="night", expression="cron(0 20 * * ? *)", min_count=0)
        asleep = replace(WORKER, schedule=(by_night, MORNING))
        assert [each.id for each in policies("it", asleep, QUEUE, SERVICE)] == ["wake", "sleep"]
        stopped = replace(WORKER, schedule=(EVENING, MORNING))
        assert [each.id for each in policies("it", stopped, QUEUE, SERVICE)] == []

    @pytest.mark.parametrize(
        ("waiting", "running", "expected"),
        [
            ([1], [0], "ALARM"),
            ([1], [None], "ALARM"),
            ([900], [1], "OK"),
            ([0], [0], "OK"),
            ([None], [0], "OK"),
        ],
    )
    def test_a_task_that_waits_wakes_a_worker_where_none_runs(
        self, waiting: Figures, running: Figures, expected: str
    ) -> None:
        figures = {"waiting": waiting, "running": running, "cpu": [None]}
        assert state(alarm(self.IDLE, "wake"), figures) == expected
        assert steps(self.IDLE, "scaling_wake") == [(1, "0", None)]

    def test_a_cluster_that_counts_no_tasks_does_not_fill_with_them(self) -> None:
        uncounted: dict[str, Figures] = {"waiting": [900] * 5, "running": [None] * 5, "cpu": [None, *[0.4] * 4]}
        assert fires(alarm(self.IDLE, "wake"), uncounted) == 1
        assert state(alarm(self.IDLE, "wake"), uncounted) == "OK"

    @pytest.mark.parametrize(
        ("waiting", "cpu", "expected"),
        [
            ([0] * 15, [1.0] * 15, "ALARM"),
            ([0] * 14 + [3], [1.0] * 15, "OK"),
            ([0] * 15, [1.0] * 14 + [40.0], "OK"),
            ([0] * 14, [1.0] * 14, "OK"),
            ([None] * 15, [1.0] * 15, "OK"),
        ],
    )
    def test_it_sleeps_after_minutes_without_work_that_waits_or_runs(
        self, waiting: Figures, cpu: Figures, expected: str
    ) -> None:
        found = alarm(self.IDLE, "sleep")
        assert state(found, {"waiting": waiting, "cpu": cpu}) == expected
        assert (found.periods, found.datapoints) == (15, 15)
        policy = scaled(self.IDLE)["aws_appautoscaling_policy"]["scaling_sleep"]["step_scaling_policy_configuration"]
        assert policy["adjustment_type"] == "ExactCapacity"
        assert steps(self.IDLE, "scaling_sleep") == [(0, None, "0")]

    def test_it_may_begin_with_none(self) -> None:
        validate(WorkerInputs(cpu=256, memory_mib=512, desired_count=0, autoscaling=self.IDLE))
        assert "desired_count: got 0: choose 1 to 5000" in refusals(
            WorkerInputs(cpu=256, memory_mib=512, desired_count=0)
        )

    @pytest.mark.parametrize(
        ("inputs", "line"),
        [
            (replace(WORKER, min_count=-1), "min_count: got -1: choose 0 to 5000"),
            (replace(WORKER, min_count=0, max_count=0), "max_count: got 0 with min_count 0: choose 1 to 5000"),
            (AutoscalingInputs(min_count=0, max_count=5), "min_count: got 0: choose 1 to 5000"),
            (replace(WORKER, min_count=0, idle_minutes=1), "idle_minutes: got 1: choose 2 to 180"),
        ],
    )
    def test_what_breaks_a_rule_is_reported_on_one_line(self, inputs: AutoscalingInputs, line: str) -> None:
        assert line in refusals(inputs)


def test_names_of_alarms_are_within_the_prefix() -> None:
    names: Iterable[Json] = scaled(replace(STEPS, min_count=0))["aws_cloudwatch_metric_alarm"].values()
    found = [each["alarm_name"] for each in names]
    assert len(found) == 4
    assert all(re.fullmatch(r"django-test-it-[a-z-]+", name) for name in found)
