"""Alarms of the load balancer: what users meet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from math import ceil

from modules.observability.alarm import METRICS_OF_AN_ALARM, QUIET, SILENT, STOPPED, Alarm, CompositeAlarm, Metric
from modules.observability.inputs import ObservabilityInputs
from modules.observability.metrics import metric, where_enough
from modules.observability.wanted import Wanted

# Of alarms on errors.
_SECONDS = 300
# Each doubles the expression, which AWS takes up to 2048 characters of.
_MOST_PERIODS_BEFORE = 3
# Services whose hours have room in it too.
_MOST_WITH_HOURS = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class LoadBalancer:
    """A load balancer and its target groups, by the suffixes of their ARNs."""

    suffix: str
    targets: Mapping[str, str]
    """The suffix of the target group of each web service."""
    wanted: Mapping[str, Wanted | None] = field(default_factory=dict)
    """How many tasks each web service should have that a schedule stops. None where nothing counts them."""
    start_minutes: Mapping[str, int] = field(default_factory=dict)
    """How long after that the first task of each of these may take to answer."""

    def metric(self, name: str, statistic: str = "Sum") -> Metric:
        """Of all that it answers."""
        return metric("AWS/ApplicationELB", name, statistic, {"LoadBalancer": self.suffix})

    def hosts(self, service: str, name: str) -> Metric:
        """Of the tasks of a web service. Each node of the load balancer counts those that it sees."""
        dimensions = {"LoadBalancer": self.suffix, "TargetGroup": self.targets[service]}
        return metric("AWS/ApplicationELB", name, "Maximum", dimensions)

    @property
    def errors(self) -> dict[str, Metric]:
        """Those of the application, and those of the load balancer itself."""
        unserved = {"unserved": self.metric("HTTPCode_ELB_503_Count")} if self._counted and self._has_others else {}
        return {
            "target": self.metric("HTTPCode_Target_5XX_Count"),
            "own": self.metric("HTTPCode_ELB_5XX_Count"),
            **unserved,
            **{f"wanted{number}": wanted.metric for number, (_, wanted) in enumerate(self._counted, 1)},
        }

    @property
    def own_errors(self) -> str:
        """Those of the load balancer, as an expression, without those that a schedule causes.

        It counts them for all of its services together. Where there is no task it answers 503, and no other error:
        https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html
        """
        if not self._counted:
            return "FILL(own, 0)"
        run = " * ".join(self._runs(number, *each) for number, each in enumerate(self._counted, 1))
        if not self._has_others:
            return f"IF({run} > 0, FILL(own, 0), 0)"
        return f"(FILL(own, 0) - IF({run} > 0, 0, FILL(unserved, 0)))"

    @property
    def own_errors_meaning(self) -> str:
        """What an alarm on them says of those that it leaves out."""
        if not self._counted:
            return ""
        names = " or ".join(name for name, _ in self._counted)
        which = "503 of the load balancer" if self._has_others else "errors of the load balancer itself"
        return f" While a schedule has stopped {names}, or starts it, {which} are not counted."

    def _runs(self, number: int, service: str, wanted: Wanted) -> str:
        """Above 0 where a service was wanted all the time, and long enough before for its first task to answer.

        A period of which only the end has figures is above 0 too, so that there is one more before.
        """
        now = before = f"FILL(wanted{number}, 0)"
        for _ in range(min(_MOST_PERIODS_BEFORE, 1 + ceil(self.start_minutes.get(service, 0) * 60 / _SECONDS))):
            before = f"({before} - DIFF({before}))"
        return wanted.expression(f"wanted{number}", f"{now} * {before}")

    @property
    def _has_others(self) -> bool:
        """Whether one service may answer while another is stopped."""
        return len(self.targets) > 1

    @property
    def _counted(self) -> list[tuple[str, Wanted]]:
        """As many as an alarm has room for, each by its service: the fewest tasks that it should have in a period."""
        found = [(name, each) for name, each in self.wanted.items() if each][: METRICS_OF_AN_ALARM - 4]
        has_room = len(found) <= _MOST_WITH_HOURS
        return [
            (
                name,
                Wanted(metric=replace(each.metric, statistic="Minimum"), hours=each.hours if has_room else frozenset()),
            )
            for name, each in found
        ]


def alarms(balancer: LoadBalancer, inputs: ObservabilityInputs, environment: str) -> Iterator[Alarm]:
    """Those of what it answers, and of each group of targets."""
    logs = f"make logs ENV={environment} ARGS=web"
    yield Alarm(
        name="http-errors",
        title="Answers with 5xx (in 5 minutes)",
        topic="notices",
        meaning=f"More than {inputs.errors} requests failed in five minutes.{balancer.own_errors_meaning}",
        command=logs,
        runbook="http-errors",
        metrics=balancer.errors,
        expression=f"FILL(target, 0) + {balancer.own_errors}",
        comparison=">",
        threshold=inputs.errors,
        period_seconds=_SECONDS,
        missing=QUIET,
    )
    yield Alarm(
        name="http-error-rate",
        title="Share of answers with 5xx (%)",
        topic="notices",
        meaning=f"More than {inputs.error_percent} % of requests failed in five minutes.{balancer.own_errors_meaning}",
        command=logs,
        runbook="http-errors",
        metrics={**balancer.errors, "requests": balancer.metric("RequestCount")},
        # RequestCount has only the requests for which there was a target. What was answered well, of all that counts:
        # those of a stopped web are in neither, and the long expression of errors comes once.
        # 0.001: a division by zero drops the figure, and an earlier one is judged in its place.
        expression=f"100 - 100 * (0.001 + FILL(requests, 0) - FILL(target, 0)) "
        f"/ (0.001 + FILL(requests, 0) + {balancer.own_errors})",
        comparison=">",
        threshold=inputs.error_percent,
        period_seconds=_SECONDS,
        missing=QUIET,
    )
    yield Alarm(
        name="http-response-time",
        title="Response time, 95th percentile (s)",
        topic="notices",
        meaning=f"Of 100 requests 5 take longer than {inputs.response_ms} ms.",
        command=f"make status ENV={environment}",
        runbook="http-response-time",
        metrics={
            "time": balancer.metric("TargetResponseTime", "p95"),
            "requests": balancer.metric("RequestCount"),
        },
        expression=where_enough(inputs.least_requests, "FILL(time, 0)"),
        comparison=">",
        threshold=inputs.response_ms / 1000,
        period_seconds=60,
        periods=5,
        datapoints=3,
        missing=QUIET,
    )
    yield Alarm(
        name="http-rejected",
        title="Connections that the load balancer refused",
        topic="urgent",
        meaning="The load balancer has as many connections as it can, and turns users away.",
        command=f"make status ENV={environment}",
        runbook="http-rejected",
        metrics={"refused": balancer.metric("RejectedConnectionCount")},
        comparison=">",
        threshold=0,
        period_seconds=300,
        missing=QUIET,
    )
    for service in balancer.targets:
        yield from _hosts(balancer, service, environment)


def _hosts(balancer: LoadBalancer, service: str, environment: str) -> Iterator[Alarm]:
    healthy, wanted = balancer.hosts(service, "HealthyHostCount"), balancer.wanted.get(service)
    # A schedule wants tasks at once, and each morning they start from nothing.
    minutes = 3 + balancer.start_minutes.get(service, 0)
    yield Alarm(
        name=f"{service}-unhealthy",
        title=f"Tasks of {service} that fail their health check",
        topic="notices",
        meaning=f"A task of {service} runs and does not answer, so that the others carry its load.",
        command=f"make logs ENV={environment} ARGS={service}",
        runbook="service-unhealthy",
        metrics={"unhealthy": balancer.hosts(service, "UnHealthyHostCount")},
        comparison=">",
        threshold=0,
        period_seconds=60,
        periods=10,
        datapoints=10,
        missing=QUIET,
    )
    yield Alarm(
        name=f"{service}-healthy",
        title=f"Tasks of {service} that answer",
        topic="urgent",
        meaning=f"No task of {service} answers: all of its users get errors.{wanted.meaning if wanted else ''}",
        command=f"make status ENV={environment}",
        runbook="service-healthy",
        metrics={"healthy": healthy, **({"wanted": wanted.metric} if wanted else {})},
        expression=f"IF({wanted.expression('wanted')} > 0, FILL(healthy, 0), 1)" if wanted else None,
        comparison="<",
        threshold=1,
        period_seconds=60,
        periods=minutes,
        datapoints=minutes,
        missing=STOPPED if service in balancer.wanted else SILENT,
    )


def users_notice(balancer: LoadBalancer, environment: str) -> CompositeAlarm:
    """What wakes somebody: errors that are both many and a large share, slowness, or no answer at all."""
    return CompositeAlarm(
        name="users-notice",
        title="Users notice",
        topic="urgent",
        meaning="Users get errors, wait, or get no answer.",
        command=f"make status ENV={environment}",
        runbook="users-notice",
        any_of=(
            ("http-errors", "http-error-rate"),
            ("http-response-time",),
            *((f"{service}-healthy",) for service in balancer.targets),
        ),
    )
