"""What alarms promise, over figures that were recorded, or that are worked out beside them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import ClassVar

import pytest

from modules.observability.alarm import Metric
from modules.observability.inputs import ObservabilityInputs
from modules.observability.wanted import Wanted
from tests.metric_math import MIDNIGHT, Figures, evaluate, fires, state
from tests.modules.observability.watched import CACHE, DATABASE, WATCHED, alarm, alarms, service

GIB = 2**30

# Figures that CloudWatch recorded of an RDS instance and of an EC2 instance, five minutes each, from the Numenta
# Anomaly Benchmark: https://github.com/numenta/NAB/tree/master/data/realAWSCloudwatch
#
# rds_cpu_utilization_e47b3b, 2014-04-13 09:47 to 10:32, in percent: an ordinary hour.
USUAL_CPU = (16.334, 16.668, 16.666, 16.392, 16.298, 16.334, 16.666, 16.67, 16.334, 16.336)
# ec2_disk_write_bytes_c0d644, 2014-04-11 17:35 to 19:00, in bytes: the largest burst of its fortnight.
BURST = (
    282_130_000, 561_830_000, 546_669_000, 283_793_000, 14_745, 0, 342_781_000, 682_892_000, 663_439_000, 575_128_000,
    620_649_000, 625_776_000, 633_349_000, 633_300_000, 584_634_000, 683_276_000, 400_653_000, 365_531_000,
)  # fmt: skip
# The same file, 2014-04-11 00:00 to 04:00, in bytes: what a job that runs every 95 minutes writes.
REGULAR = (
    0, 0, 63_275_800, 69_726_200, 156_096_000, 528_632_000, 0, 115_800_000, 5_535_330, 2_986_800, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 107_201_000, 29_941_800, 340_659_000, 339_663_000, 0, 117_510_000, 6_813_290, 36_864, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 22_118, 0, 0, 0, 0, 0, 0,
)  # fmt: skip
SIX_HOURS = 72


def least_free(free: float, written: tuple[int, ...], periods: int) -> list[float]:
    """The least of FreeStorageSpace in each six hours, while all that is written stays, again and again."""
    found = []
    for period in range(periods):
        free -= sum(written[index % len(written)] for index in range(period * SIX_HOURS, (period + 1) * SIX_HOURS))
        found.append(max(free, 0))
    return found


class TestDisk:
    def test_a_full_disk_wakes_somebody_three_days_before(self) -> None:
        """REGULAR writes 11 GB a day."""
        found = alarm("postgresql-storage-days")
        free = least_free(80 * GIB, REGULAR, 40)
        fired = fires(found, {"free": free})
        assert fired is not None
        full = next(index for index, each in enumerate(free, 1) if each == 0)
        assert 3 * 4 <= full - fired <= 4 * 4, "periods of six hours between the alarm and the full disk"
        assert found.topic == "urgent"

    def test_one_burst_wakes_nobody(self) -> None:
        """BURST writes 8.5 GB in 90 minutes, which would fill 20 GB within a few hours."""
        before, after = [20.0 * GIB] * 4, [20.0 * GIB - sum(BURST)] * 6
        assert fires(alarm("postgresql-storage-days"), {"free": [*before, *after]}) is None

    def test_a_disk_that_grows_is_full_where_it_ends(self) -> None:
        grows = replace(DATABASE, max_storage_gb=250)
        free = least_free(30 * GIB, REGULAR, 8)
        assert fires(alarm("postgresql-storage-days", databases=(grows,)), {"free": free}) is None
        assert fires(alarm("postgresql-storage-days"), {"free": free}) is not None
        # As near to its end as the other to its own.
        nearly = replace(DATABASE, max_storage_gb=51)
        assert fires(alarm("postgresql-storage-days", databases=(nearly,)), {"free": free}) is not None

    def test_growth_by_rds_is_not_a_recovery_that_is_missed(self) -> None:
        """RDS grows the disk at 10 %, and what is free rises: then no day is in sight on which it is full."""
        grows = replace(DATABASE, max_storage_gb=250)
        free = [8 * GIB, 7 * GIB, 6 * GIB, 5 * GIB, 10 * GIB, 15 * GIB, 20 * GIB]
        assert fires(alarm("postgresql-storage-days", databases=(grows,)), {"free": free}) is None

    @pytest.mark.parametrize(("most", "gb"), [(0, 5), (250, 2)])
    def test_little_space_wakes_somebody_below_the_tenth_at_which_rds_grows(self, most: int, gb: int) -> None:
        found = alarm("postgresql-storage", databases=(replace(DATABASE, max_storage_gb=most),))
        assert found.threshold == gb * GIB
        assert fires(found, {"free": [gb * GIB, gb * GIB - 1, gb * GIB - 1]}) == 3


class TestDatabase:
    def test_an_ordinary_hour_is_no_reason_and_ten_busy_minutes_are(self) -> None:
        cpu = alarm("postgresql-cpu")
        assert fires(cpu, {"used": USUAL_CPU}) is None
        assert fires(cpu, {"used": [*USUAL_CPU, 81, *USUAL_CPU]}) is None
        assert fires(cpu, {"used": [*USUAL_CPU, 81, 97]}) == len(USUAL_CPU) + 2

    @pytest.mark.parametrize(
        ("memory_gib", "own", "expected"),
        # Of the 112 that its memory divided by 9531392 is, db.t4g.micro takes about 80; of 901 a class with 8 GiB 856.
        [(1, None, 72), (2, None, 146), (8, None, 686), (64, None, 4500), (1024, None, 4500), (2, 100, 80)],
    )
    def test_connections_are_reported_before_new_ones_are_refused(
        self, memory_gib: int, own: int | None, expected: int
    ) -> None:
        database = replace(DATABASE, memory_gib=memory_gib, max_connections=own)
        found = alarm("postgresql-connections", databases=(database,))
        assert found.threshold == expected
        assert found.topic == "urgent"

    def test_a_new_instance_without_credits_is_no_reason_while_it_is_idle(self) -> None:
        found = alarm("postgresql-credits")
        new = [0.0, 2.0, 4.0, 6.0, 8.0, 10.0, 12.0]
        assert found.threshold == 57
        assert fires(found, {"balance": new, "used": [5.0] * 7}) is None
        assert fires(found, {"balance": new, "used": [21.0] * 7}) == 6

    def test_a_class_that_is_not_of_t_has_no_credits(self) -> None:
        database = replace(DATABASE, instance_class="db.m7g.large", memory_gib=8)
        assert "postgresql-credits" not in alarms(databases=(database,))

    @pytest.mark.parametrize(
        ("name", "usual", "wrong", "periods"),
        [
            ("postgresql-replica-lag", 60, 61, 10),
            ("postgresql-memory", 2 * GIB // 20, 2 * GIB // 20 - 1, 3),
            ("postgresql-transaction-ids", 1_000_000_000, 1_000_000_001, 1),
            ("postgresql-read-latency", 0.02, 0.021, 3),
            ("postgresql-write-latency", 0.02, 0.021, 3),
            ("redis-1-cpu", 45, 46, 2),
            ("redis-broker-1-cpu", 80, 81, 2),
            ("redis-2-lag", 10, 11, 5),
            ("web-unhealthy", 0, 1, 10),
            ("http-rejected", 0, 1, 1),
        ],
    )
    def test_what_lasts_is_reported_and_not_a_moment_before(
        self, name: str, usual: float, wrong: float, periods: int
    ) -> None:
        found = alarm(name)
        (metric,) = found.metrics
        assert fires(found, {metric: [usual] * 20}) is None
        assert fires(found, {metric: [usual] * 5 + [wrong] * periods}) == 5 + periods


class TestUsers:
    """More than 5 answers with 5xx in five minutes, more than 1 % of all, and 2 s, are the least that is reported."""

    def test_a_single_error_at_night_wakes_nobody_and_an_outage_does(self) -> None:
        count, rate = alarm("http-errors"), alarm("http-error-rate")
        night: dict[str, Figures] = {"target": [1.0], "own": [None]}
        assert (fires(count, night), fires(rate, {**night, "requests": [10.0]})) == (None, 1)
        outage: dict[str, Figures] = {"target": [None], "own": [6.0]}
        assert (fires(count, outage), fires(rate, {**outage, "requests": [None]})) == (1, 1)

    def test_six_errors_of_a_thousand_are_a_notice(self) -> None:
        few: dict[str, Figures] = {"target": [6.0], "own": [None]}
        assert fires(alarm("http-errors"), few) == 1
        assert fires(alarm("http-error-rate"), {**few, "requests": [1000.0]}) is None
        assert {alarm(name).topic for name in ("http-errors", "http-error-rate")} == {"notices"}

    def test_no_request_is_no_error(self) -> None:
        nothing = {"target": [None] * 3, "own": [None] * 3}
        assert state(alarm("http-errors"), nothing) == "OK"
        assert state(alarm("http-error-rate"), {**nothing, "requests": [None] * 3}) == "OK"

    def test_a_share_of_nothing_is_0_and_hides_no_figure_behind_an_earlier_one(self) -> None:
        over: dict[str, Figures] = {"target": [50, 0], "own": [0, 0], "requests": [100, 0]}
        assert state(alarm("http-error-rate"), over) == "OK"

    def test_three_slow_minutes_of_five_are_reported(self) -> None:
        time, requests = alarm("http-response-time"), [40.0] * 5
        assert fires(time, {"time": [0.2, 2.1, 0.2, 2.1, 2.1], "requests": requests}) == 5
        assert fires(time, {"time": [0.2, 2.1, 2.0, 0.2, 2.1], "requests": requests}) is None

    def test_three_slow_requests_at_night_wake_nobody(self) -> None:
        night: dict[str, Figures] = {"time": [None, 9.0, 9.0, 9.0, None], "requests": [None, 1.0, 1.0, 1.0, None]}
        assert state(alarm("http-response-time"), night) == "OK"
        assert fires(alarm("http-response-time"), night) is None
        few = ObservabilityInputs(least_requests=1)
        assert fires(alarm("http-response-time", few), night) == 5

    def test_no_task_that_answers_wakes_somebody_even_where_nothing_is_counted(self) -> None:
        healthy = alarm("web-healthy")
        assert (fires(healthy, {"healthy": [2, 0, 0, 0]}), healthy.topic) == (4, "urgent")
        assert state(healthy, {"healthy": [None] * 5}) == "ALARM"


class TestServices:
    """More than 80 % of CPU and memory for ten minutes are the least that is reported."""

    @pytest.mark.parametrize("name", ["web-cpu", "web-memory"])
    def test_ten_minutes_above_what_is_usual_are_reported(self, name: str) -> None:
        found = alarm(name)
        assert (found.threshold, found.period_seconds, found.datapoints, found.periods) == (80, 300, 2, 2)
        assert fires(found, {"used": [79, 81, 79, 81, 81]}) == 5

    def test_a_deployment_is_no_lack_of_tasks_and_ten_minutes_without_one_are(self) -> None:
        found = alarm("web-tasks")
        # Four minutes in which the number that is wanted is ahead of that which runs.
        scaling = {"desired": [2, 4, 4, 4, 4, *[4] * 15], "running": [2, 2, 2, 2, 3, *[4] * 15]}
        assert fires(found, scaling) is None
        assert fires(found, {"desired": [2.0] * 12, "running": [2, 2, *[1] * 10]}) == 12

    @pytest.mark.parametrize("name", ["web-tasks", "worker-tasks"])
    def test_a_service_without_a_running_task_of_which_nothing_is_counted_is_missed(self, name: str) -> None:
        found, silence = alarm(name), [None] * 12
        assert state(found, {"desired": silence, "running": silence}) == "ALARM"
        assert state(found, {"desired": [2, 2, *silence], "running": [2, 2, *silence]}) == "ALARM"
        assert state(found, {"desired": [2] * 12, "running": silence}) == "ALARM"
        assert state(found, {"desired": [2] * 12, "running": [*[2] * 11, None]}) == "OK", "a figure that is late"

    def test_the_only_task_of_a_service_wakes_somebody(self) -> None:
        assert (alarm("worker-tasks").topic, alarm("web-tasks").topic) == ("urgent", "notices")

    def test_a_loop_that_writes_is_reported_by_the_tasks_that_there_may_be(self) -> None:
        assert alarm("web-logs").threshold == 8 * 256 * 2**20

    def test_a_task_that_stops_three_times_in_a_quarter_of_an_hour_wakes_somebody(self) -> None:
        found = alarm("tasks-stopping")
        assert (fires(found, {"stopped": [2, 3]}), found.topic) == (2, "urgent")


class TestQueues:
    def test_a_queue_is_too_long_when_all_workers_together_have_too_much(self) -> None:
        assert fires(alarm("worker-queue-length"), {"waiting": [401, 400, 401, 401, 401]}) == 5

    def test_a_queue_that_nobody_counts_is_reported(self) -> None:
        assert state(alarm("worker-queue-length"), {"waiting": [None] * 5}) == "ALARM"

    def test_a_queue_without_an_empty_moment_for_half_an_hour_is_reported(self) -> None:
        found = alarm("worker-queue-age")
        assert fires(found, {"waiting": [3, 0, 3, 3, 3, 3, 3, 3]}) == 8
        assert alarm("worker-queue-age", ObservabilityInputs(queue_minutes=61)).periods == 13


class TestOthers:
    def test_a_broker_that_fills_wakes_somebody_and_a_cache_may_be_full(self) -> None:
        broker = alarm("redis-broker-1-memory")
        assert (fires(broker, {"used": [81, 82]}), broker.topic) == (2, "urgent")
        assert "redis-1-memory" not in alarms()

    def test_a_cache_may_give_up_some_keys_and_a_broker_gives_up_none(self) -> None:
        assert alarm("redis-1-evictions").threshold == 1000
        assert "redis-broker-1-evictions" not in alarms()

    @pytest.mark.parametrize(
        ("node_type", "metric", "percent"),
        [
            ("cache.t4g.micro", "CPUUtilization", 45),
            ("cache.r7g.large", "CPUUtilization", 45),
            ("cache.c7gn.large", "CPUUtilization", 45),
            ("cache.r7g.xlarge", "EngineCPUUtilization", 80),
            ("cache.r6gd.2xlarge", "EngineCPUUtilization", 80),
        ],
    )
    def test_the_thread_of_a_small_node_is_half_of_its_cpu(self, node_type: str, metric: str, percent: int) -> None:
        found = alarm("redis-1-cpu", redis_groups=(replace(CACHE, node_type=node_type),))
        assert (found.metrics["used"].name, found.threshold) == (metric, percent)

    def test_an_end_that_has_passed_is_no_recovery(self) -> None:
        found = alarm("certificate")
        assert fires(found, {"days": [31, 30, 29]}) == 3
        assert state(found, {"days": [None] * 3}, before="ALARM") == "ALARM"

    def test_a_job_that_could_not_be_started_wakes_somebody(self) -> None:
        found = alarm("jobs-not-started")
        assert fires(found, {"dropped": [None, None], "dead": [None, 1]}) == 2
        assert found.topic == "urgent"

    def test_a_nat_instance_that_fails_or_does_not_run_for_ten_minutes_wakes_somebody(self) -> None:
        found = alarm("nat-instance")
        assert (fires(found, {"failed": [0, *[1] * 9, 0, *[1] * 10]}), found.topic) == (21, "urgent")
        assert state(found, {"failed": [None] * 10}) == "ALARM"

    def test_one_connection_without_a_port_wakes_somebody(self) -> None:
        assert fires(alarm("nat-2-ports"), {"failed": [None, 0, 1]}) == 3


class TestNoTask:
    """What a schedule has stopped, or an empty queue, is no failure."""

    STOPPED = replace(service("web", 2, 8), may_be_zero=True, is_stopped=True)
    BALANCER = replace(WATCHED.load_balancer, wanted={"web": STOPPED.wanted})

    def test_a_service_that_its_schedule_stops_is_not_missed(self) -> None:
        found = alarm("web-healthy", load_balancer=self.BALANCER)
        assert state(found, {"wanted": [0] * 3, "healthy": [None] * 3}) == "OK"
        assert state(found, {"wanted": [None] * 3, "healthy": [None] * 3}) == "OK"

    def test_one_that_should_run_is_missed_as_before(self) -> None:
        found = alarm("web-healthy", load_balancer=self.BALANCER)
        assert state(found, {"wanted": [2] * 3, "healthy": [None] * 3}) == "ALARM"
        assert state(found, {"wanted": [2] * 3, "healthy": [0, 0, 1]}) == "OK"
        assert state(alarm("web-healthy"), {"healthy": [None] * 3}) == "ALARM"

    def test_the_first_tasks_of_the_morning_have_the_time_that_they_take(self) -> None:
        balancer = replace(self.BALANCER, start_minutes={"web": 4})
        found = alarm("web-healthy", load_balancer=balancer)
        morning = [0, 0, 0, *[2] * 10]
        assert fires(found, {"wanted": morning, "healthy": [*[None] * 9, *[2] * 4]}) is None
        assert fires(found, {"wanted": morning, "healthy": [*[None] * 9, *[0] * 4]}) == 10
        assert fires(alarm("web-healthy", load_balancer=self.BALANCER), {"wanted": [2] * 3, "healthy": [0] * 3}) == 3

    def test_where_nobody_counts_tasks_silence_is_none(self) -> None:
        uncounted = replace(WATCHED.load_balancer, wanted={"web": replace(self.STOPPED, counts_tasks=False).wanted})
        found = alarm("web-healthy", load_balancer=uncounted)
        assert state(found, {"healthy": [None] * 3}) == "OK"
        assert state(found, {"healthy": [0] * 3}) == "ALARM"

    @pytest.mark.parametrize("name", ["http-errors", "http-error-rate"])
    @pytest.mark.parametrize(
        ("wanted", "own", "requests", "expected"),
        [
            ([0, 0, 0], 500, 0, "OK"),  # by night
            ([None, None, None], 500, 0, "OK"),
            ([2, 2, 0], 10, 30, "OK"),  # in the evening, when the tasks go within the period
            ([0, 0, 2], 12, 100, "OK"),  # in the morning, until the first task answers
            ([0, 0, 0], 12, 100, "OK"),  # the schedule comes within the period
            ([0, 2, 2], 12, 100, "OK"),  # figures may have begun at the end of the one before
            ([2, 2, 2], 500, 0, "ALARM"),
        ],
    )
    def test_visitors_of_a_stopped_service_are_no_errors(
        self, name: str, wanted: Figures, own: float, requests: float, expected: str
    ) -> None:
        found = alarm(name, load_balancer=replace(self.BALANCER, start_minutes={"web": 4}))
        figures: dict[str, Figures] = {"target": [None] * 3, "own": [0, 0, own], "wanted1": wanted}
        figures |= {"requests": [100, 100, requests]} if "requests" in found.metrics else {}
        assert state(found, figures) == expected
        assert found.metrics["wanted1"].statistic == "Minimum", "an average is above 0 where it is stopped in between"
        del figures["wanted1"]
        assert state(alarm(name), figures) == "ALARM"

    @pytest.mark.parametrize(("minutes", "periods"), [(4, 2), (8, 3), (18, 3)])
    def test_a_service_that_starts_slowly_has_no_errors_for_longer(self, minutes: int, periods: int) -> None:
        found = alarm("http-errors", load_balancer=replace(self.BALANCER, start_minutes={"web": minutes}))
        morning = {"target": [0] * 9, "own": [50] * 9, "wanted1": [0] * 4 + [2] * 5}
        assert fires(found, morning) == 4 + periods + 1

    @pytest.mark.parametrize("name", ["http-errors", "http-error-rate"])
    @pytest.mark.parametrize(
        ("wanted", "own", "unserved", "expected"),
        [
            ([0, 0], 500, 0, "ALARM"),  # those of web, which runs
            ([0, 0], 500, 500, "OK"),  # those of web-api, which has no task
            ([0, 2], 12, 12, "OK"),
            ([2, 0], 12, 12, "OK"),
            ([2, 2], 500, 500, "ALARM"),
        ],
    )
    def test_a_service_that_is_stopped_hides_no_error_of_another(
        self, name: str, wanted: Figures, own: float, unserved: float, expected: str
    ) -> None:
        api = replace(service("web-api"), is_stopped=True).wanted
        targets = {"web": "targetgroup/django-prod/f", "web-api": "targetgroup/django-prod-api/e"}
        balancer = replace(
            WATCHED.load_balancer, targets=targets, wanted={"web-api": api}, start_minutes={"web-api": 4}
        )
        found = alarm(name, load_balancer=balancer)
        figures: dict[str, Figures] = {"target": [0, 0], "own": [0, own], "unserved": [None, unserved]}
        figures |= {"wanted1": wanted} | ({"requests": [900, 900]} if "requests" in found.metrics else {})
        assert state(found, figures) == expected
        assert "has stopped web-api, or starts it, 503 of the load balancer are not counted" in found.meaning

    def test_visitors_of_a_service_that_is_stopped_make_the_share_of_another_no_smaller(self) -> None:
        targets = {"web": "targetgroup/django-prod/f", "web-api": "targetgroup/django-prod-api/e"}
        wanted = {"web-api": replace(service("web-api"), is_stopped=True).wanted}
        found = alarm("http-error-rate", load_balancer=replace(WATCHED.load_balancer, targets=targets, wanted=wanted))
        figures: dict[str, Figures] = {"target": [60], "own": [6500], "unserved": [6500], "requests": [60]}
        assert state(found, {**figures, "wanted1": [0]}) == "ALARM"

    def test_many_services_that_are_stopped_have_room_in_an_alarm(self) -> None:
        names = [f"web-{number}" for number in range(12)]
        wanted = {name: replace(service(name), is_stopped=True).wanted for name in names}
        minutes = dict.fromkeys(names, 18)
        balancer = replace(
            WATCHED.load_balancer, targets=dict.fromkeys(names, "t"), wanted=wanted, start_minutes=minutes
        )
        found = alarm("http-error-rate", load_balancer=balancer)
        assert len(found.metrics) == 10
        assert len(found.expression or "") <= 2048

    def test_tasks_are_lacking_only_where_some_are_wanted(self) -> None:
        found = alarm("web-tasks", services=(self.STOPPED,))
        assert state(found, {"desired": [None] * 12, "running": [None] * 12}) == "OK"
        assert state(found, {"desired": [2] * 12, "running": [None] * 12}) == "ALARM"

    def test_what_waits_for_a_stopped_worker_waits_for_the_morning(self) -> None:
        (queue,) = WATCHED.queues
        stopped = replace(queue, wanted=self.STOPPED.wanted)
        for name in ("worker-queue-length", "worker-queue-age"):
            found = alarm(name, queues=(stopped,))
            assert state(found, {"waiting": [900] * 6, "wanted": [0] * 6}) == "OK"
            assert state(found, {"waiting": [900] * 6, "wanted": [1] * 6}) == "ALARM"

    def test_a_queue_that_nobody_counts_is_reported_while_its_worker_is_wanted(self) -> None:
        found = alarm("worker-queue-length", queues=(replace(WATCHED.queues[0], wanted=self.STOPPED.wanted),))
        assert state(found, {"waiting": [None] * 6, "wanted": [1] * 6}) == "ALARM"
        assert state(found, {"waiting": [None] * 6, "wanted": [None] * 6}) == "OK"

    def test_a_queue_that_wakes_no_worker_is_told(self) -> None:
        asleep = replace(service("worker"), may_be_zero=True)
        assert state(alarm("worker-tasks", services=(asleep,)), {"desired": [0] * 12, "running": [0] * 12}) == "OK"
        assert fires(alarm("worker-queue-age", services=(asleep,)), {"waiting": [1] * 6}) == 6


class TestSureHours:
    """Without a running task Container Insights counts nothing: by the hour, that is an outage or a stop."""

    WORKDAYS = frozenset((day, hour) for day in range(1, 6) for hour in range(11, 22))
    STOPPED = replace(service("web"), may_be_zero=True, is_stopped=True, sure_hours=WORKDAYS)
    BALANCER = replace(WATCHED.load_balancer, wanted={"web": STOPPED.wanted}, start_minutes={"web": 4})
    QUEUE = replace(WATCHED.queues[0], wanted=STOPPED.wanted)
    # Of an hour in which no task runs, each of whose visitors gets 503.
    SILENCE: ClassVar[dict[str, Figures]] = {
        **dict.fromkeys(("desired", "running", "wanted", "wanted1", "target", "requests"), [None] * 12),
        "healthy": [None] * 12,
        "own": [500] * 12,
        "waiting": [900] * 12,
    }
    NAMES = (
        "http-errors",
        "http-error-rate",
        "web-healthy",
        "web-tasks",
        "worker-queue-length",
        "worker-queue-age",
    )

    @pytest.mark.parametrize("name", NAMES)
    @pytest.mark.parametrize(
        ("day", "hour", "expected"), [(1, 11, "ALARM"), (5, 20, "ALARM"), (1, 9, "OK"), (3, 22, "OK"), (6, 15, "OK")]
    )
    def test_an_outage_of_all_tasks_is_told_in_the_hours_in_which_they_are_wanted(
        self, name: str, day: int, hour: int, expected: str
    ) -> None:
        found = alarm(name, load_balancer=self.BALANCER, services=(self.STOPPED,), queues=(self.QUEUE,))
        figures = {each: self.SILENCE[each] for each in found.metrics}
        assert state(found, figures, start=MIDNIGHT + timedelta(days=day - 1, hours=hour)) == expected

    def test_an_alarm_says_whether_it_tells_an_outage(self) -> None:
        for hours, meaning in ((self.WORKDAYS, "wants some for sure"), (frozenset(), "does not fire")):
            stopped = replace(self.STOPPED, sure_hours=hours)
            balancer = replace(self.BALANCER, wanted={"web": stopped.wanted})
            for name in ("web-healthy", "web-tasks"):
                assert meaning in alarm(name, load_balancer=balancer, services=(stopped,)).meaning

    # A working day of Sydney, from Sunday evening in UTC on.
    SYDNEY = frozenset((each % 7 or 7, hour) for each in range(5) for hour in range(21, 24)) | frozenset(
        (day, hour) for day in range(1, 6) for hour in range(6)
    )

    @pytest.mark.parametrize("hours", [WORKDAYS, SYDNEY, frozenset({(7, 0), (7, 23), (3, 5)})])
    def test_an_expression_has_the_hours_and_no_others(self, hours: frozenset[tuple[int, int]]) -> None:
        wanted = Wanted(metric=Metric(namespace="", name="", dimensions={}, statistic=""), hours=hours)
        found = evaluate(wanted.expression("wanted1"), {"wanted1": [None] * 168}, 3600)
        assert found == [float((1 + index // 24, index % 24) in hours) for index in range(168)]

    @pytest.mark.parametrize(("number", "has_hours"), [(4, True), (6, False)])
    def test_hours_of_four_services_have_room_in_an_alarm(self, number: int, *, has_hours: bool) -> None:
        names = [f"web-{each}" for each in range(number)]
        balancer = replace(
            WATCHED.load_balancer,
            targets=dict.fromkeys(names, "t"),
            wanted=dict.fromkeys(names, replace(self.STOPPED, sure_hours=self.SYDNEY).wanted),
            start_minutes=dict.fromkeys(names, 18),
        )
        expression = alarm("http-error-rate", load_balancer=balancer).expression or ""
        assert ("HOUR(" in expression) is has_hours
        assert len(expression) <= 2048
