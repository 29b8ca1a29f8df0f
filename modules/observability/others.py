"""Alarms of what stands beside services and stores: the way to the internet, the certificate, queues and jobs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from modules.observability.alarm import ENDED, QUIET, SILENT, Alarm, Metric
from modules.observability.events import Event
from modules.observability.inputs import ObservabilityInputs
from modules.observability.metrics import metric
from modules.observability.wanted import Wanted


@dataclass(frozen=True, kw_only=True, slots=True)
class Queue:
    """A queue whose length the application publishes every minute."""

    name: str
    environment: str
    service: str
    """The worker that takes from it."""
    room: int
    """How many tasks all of its workers together should have before them."""
    wanted: Wanted | None = None
    """How many workers there should be, where a schedule stops them all. What comes then waits."""

    def expression(self, silent: int) -> str | None:
        """What is waiting too long or too much, of the metric `waiting`. `silent`: where nobody counts it."""
        return f"IF({self.wanted.expression('wanted')} > 0, FILL(waiting, {silent}), 0)" if self.wanted else None


def nat_gateways(ids: Sequence[str], environment: str) -> Iterator[Alarm]:
    """Those of the gateways to the internet."""
    for number, gateway in enumerate(ids, 1):
        yield Alarm(
            name=f"nat-{number}-ports",
            title=f"Connections for which NAT gateway {number} had no port",
            topic="urgent",
            meaning="Calls to the internet fail, because too many connections to one address are open at once. Look "
            "for connections that are not reused.",
            command=f"make logs ENV={environment}",
            runbook="nat-ports",
            metrics={
                "failed": metric("AWS/NATGateway", "ErrorPortAllocation", "Sum", {"NatGatewayId": gateway}),
            },
            comparison=">",
            threshold=0,
            period_seconds=300,
            missing=QUIET,
        )


def nat_instance(instance_id: str, environment: str) -> Alarm:
    """That of the instance in place of a gateway: AWS asks each minute whether it and its host answer."""
    return Alarm(
        name="nat-instance",
        title="Failed status checks of the NAT instance",
        topic="urgent",
        meaning="The NAT instance does not run or not answer: calls to the internet fail, and tasks may not start.",
        command=f"make status ENV={environment}",
        runbook="nat-instance",
        metrics={"failed": metric("AWS/EC2", "StatusCheckFailed", "Maximum", {"InstanceId": instance_id})},
        comparison=">",
        threshold=0,
        period_seconds=60,
        # A restart by AWS or by a new configuration takes some minutes.
        periods=10,
        datapoints=10,
        missing=SILENT,
    )


def certificate(arn: str, inputs: ObservabilityInputs, environment: str) -> Alarm:
    """That of the certificate of the load balancer."""
    return Alarm(
        name="certificate",
        title="Days until the certificate ends",
        topic="urgent",
        meaning=f"The certificate ends in less than {inputs.certificate_days} days and has not been renewed; then no "
        "browser shows the site. ACM renews what is validated by its DNS record: see that it is there.",
        command=f"make doctor ENV={environment}",
        runbook="certificate",
        metrics={"days": metric("AWS/CertificateManager", "DaysToExpiry", "Minimum", {"CertificateArn": arn})},
        comparison="<",
        threshold=inputs.certificate_days,
        period_seconds=24 * 3600,
        missing=ENDED,
    )


def queue(found: Queue, inputs: ObservabilityInputs, environment: str) -> Iterator[Alarm]:
    """Those of a queue: too long, or never empty."""
    dimensions = {"Environment": found.environment, "Queue": found.name}
    stopped = {"wanted": found.wanted.metric} if found.wanted else {}
    yield Alarm(
        name=f"{found.service}-queue-length",
        title=f"Tasks that wait for {found.service}",
        topic="notices",
        meaning=f"More than {found.room} tasks wait for {found.service}, which is more than it takes care of with all "
        "of its tasks: raise max_count, or look for what fails and is tried again.",
        command=f"make status ENV={environment}",
        runbook="queue-length",
        metrics={"waiting": metric("Django", "QueueLength", "Maximum", dimensions), **stopped},
        expression=found.expression(found.room + 1),
        drawn="waiting",
        comparison=">",
        threshold=found.room,
        period_seconds=300,
        periods=3,
        datapoints=3,
        missing=SILENT,
    )
    periods = -(-inputs.queue_minutes // 5)
    yield Alarm(
        name=f"{found.service}-queue-age",
        title=f"Tasks that wait for {found.service}, at the least",
        topic="notices",
        meaning=f"For {inputs.queue_minutes} minutes there was no moment in which nothing waited for {found.service}: "
        "it does not run, or takes less than comes.",
        command=f"make logs ENV={environment} ARGS={found.service}",
        runbook="queue-age",
        metrics={"waiting": metric("Django", "QueueLength", "Minimum", dimensions), **stopped},
        expression=found.expression(0),
        drawn="waiting",
        comparison=">",
        threshold=0,
        period_seconds=300,
        periods=periods,
        datapoints=periods,
        # That nobody counts is the matter of the alarm on its length.
        missing=QUIET,
    )


def schedules(group: str, environment: str) -> Alarm:
    """That of jobs which EventBridge Scheduler could not start, with all retries."""
    dimensions = {"ScheduleGroup": group}
    return Alarm(
        name="jobs-not-started",
        title="Starts of jobs that failed",
        topic="urgent",
        meaning="A job did not start at its time, and is not tried again: its queue of dead letters says why.",
        command=f"make status ENV={environment}",
        runbook="jobs-not-started",
        metrics={
            "dropped": metric("AWS/Scheduler", "InvocationDroppedCount", "Sum", dimensions),
            "dead": metric("AWS/Scheduler", "InvocationsSentToDeadLetterCount", "Sum", dimensions),
        },
        expression="FILL(dropped, 0) + FILL(dead, 0)",
        comparison=">",
        threshold=0,
        period_seconds=300,
        missing=QUIET,
    )


def stopped_tasks(rule: str, environment: str) -> Alarm:
    """That of tasks that stop again and again, as the rule of EventBridge counts them."""
    return Alarm(
        name="tasks-stopping",
        title="Tasks that stopped by themselves (in 15 minutes)",
        topic="urgent",
        meaning="Tasks of services stop with an error again and again: what they do is lost or slow.",
        command=f"make status ENV={environment}",
        runbook="tasks-stopping",
        metrics={"stopped": _events(rule)},
        comparison=">=",
        threshold=3,
        period_seconds=900,
        missing=QUIET,
    )


def urgent_event(event: Event, rule: str) -> Alarm:
    """That of a single event that a rule of EventBridge takes."""
    return Alarm(
        name=event.name,
        title=f"Events {event.name} (in 15 minutes)",
        topic="urgent",
        meaning=f"{event.meaning} The event in the notices says which and why.",
        command=event.command,
        runbook=event.runbook,
        metrics={"events": _events(rule)},
        comparison=">",
        threshold=0,
        period_seconds=900,
        missing=QUIET,
    )


def _events(rule: str) -> Metric:
    """How many a rule has taken, whether or not its target could be reached."""
    return metric("AWS/Events", "TriggeredRules", "Sum", {"RuleName": rule})
