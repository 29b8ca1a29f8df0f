"""An alarm as a resource of CloudWatch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cdktf_cdktf_provider_aws.cloudwatch_metric_alarm import (
    CloudwatchMetricAlarm,
    CloudwatchMetricAlarmMetricQuery,
    CloudwatchMetricAlarmMetricQueryMetric,
)
from constructs import Construct

from modules.observability.alarm import Alarm, Metric

_OPERATORS = {
    ">": "GreaterThanThreshold",
    ">=": "GreaterThanOrEqualToThreshold",
    "<": "LessThanThreshold",
    "<=": "LessThanOrEqualToThreshold",
}


def metric_alarm(
    scope: Construct,
    id: str,
    alarm: Alarm,
    *,
    prefix: str,
    topic_arns: Sequence[str] = (),
    scaling_policy_arn: str | None = None,
    see: str = "",
) -> CloudwatchMetricAlarm:
    """It notifies these topics when it fires and when that is over. `see` is added to its description.

    `scaling_policy_arn` is a policy whose steps are taken while it lasts.
    """
    scaled = [scaling_policy_arn] if scaling_policy_arn else []
    return CloudwatchMetricAlarm(
        scope,
        id,
        alarm_name=f"{prefix}-{alarm.name}",
        alarm_description=f"{alarm.description}{see}",
        comparison_operator=_OPERATORS[alarm.comparison],
        threshold=alarm.threshold,
        evaluation_periods=alarm.periods,
        datapoints_to_alarm=alarm.datapoints,
        treat_missing_data=alarm.missing.treatment,
        alarm_actions=[*topic_arns, *scaled] or None,
        ok_actions=[*topic_arns] or None,
        **(_watched_metric(alarm) if alarm.expression is None else _watched_expression(alarm, alarm.expression)),
    )


def _watched_metric(alarm: Alarm) -> dict[str, Any]:
    (metric,) = alarm.metrics.values()
    return {
        "namespace": metric.namespace,
        "metric_name": metric.name,
        "dimensions": dict(metric.dimensions),
        "statistic": metric.statistic,
        "period": alarm.period_seconds,
    }


def _watched_expression(alarm: Alarm, expression: str) -> dict[str, Any]:
    """The expression comes last, so that a plan shows what it is made of first."""
    named = [_query(name, metric, alarm.period_seconds) for name, metric in alarm.metrics.items()]
    result = CloudwatchMetricAlarmMetricQuery(id="result", expression=expression, label=alarm.title, return_data=True)
    return {"metric_query": [*named, result]}


def _query(name: str, metric: Metric, period_seconds: int) -> CloudwatchMetricAlarmMetricQuery:
    return CloudwatchMetricAlarmMetricQuery(
        id=name,
        return_data=False,
        metric=CloudwatchMetricAlarmMetricQueryMetric(
            namespace=metric.namespace,
            metric_name=metric.name,
            dimensions=dict(metric.dimensions),
            stat=metric.statistic,
            period=period_seconds,
        ),
    )
