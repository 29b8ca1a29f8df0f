"""The dashboard, made of the alarms: each figure with its threshold, what users meet first.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from modules.observability.alarm import Alarm, Metric
from modules.observability.watched import Watched

Widget = dict[str, Any]

_COLUMNS, _WIDTH, _HEIGHT = 24, 8, 6
ALARMS_OF_A_WIDGET = 100


def url(prefix: str, region: str) -> str:
    """Where a person sees the dashboard of an environment."""
    console = f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}"
    return f"{console}#dashboards/dashboard/{prefix}"


def body(watched: Watched, alarms: Sequence[Alarm], alarm_arns: Sequence[str]) -> Widget:
    """The document. `alarm_arns` are those whose state is shown on top."""
    links = " | ".join(f"[{title}]({url})" for title, url in _links(watched))
    top: list[Widget] = [
        {
            "type": "text",
            "x": 0,
            "y": 0,
            "width": _COLUMNS,
            "height": 2,
            "properties": {
                "markdown": f"**{watched.prefix}**: {links}\n\n`make status ENV={watched.environment}` says what runs, "
                f"`make logs ENV={watched.environment}` follows the logs. docs/runbooks.md says what to do at each."
            },
        },
        {
            "type": "alarm",
            "x": 0,
            "y": 2,
            "width": _COLUMNS,
            "height": 4,
            "properties": {"title": "Alarms", "alarms": list(alarm_arns)[:ALARMS_OF_A_WIDGET]},
        },
    ]
    graphs = [_requests(watched), *map(_graph, _together(alarms))]
    placed = (
        {
            "type": "metric",
            "x": index * _WIDTH % _COLUMNS,
            "y": 6 + index * _WIDTH // _COLUMNS * _HEIGHT,
            "width": _WIDTH,
            "height": _HEIGHT,
            "properties": {"region": watched.region, "view": "timeSeries", "stacked": False, **properties},
        }
        for index, properties in enumerate(graphs)
    )
    return {"widgets": [*top, *placed]}


def _links(watched: Watched) -> Iterator[tuple[str, str]]:
    console, region = f"https://{watched.region}.console.aws.amazon.com", watched.region
    yield "services", f"{console}/ecs/v2/clusters/{watched.cluster_name}/services?region={region}"
    yield "logs", f"{console}/cloudwatch/home?region={region}#logsV2:logs-insights"
    yield "alarms", f"{console}/cloudwatch/home?region={region}#alarmsV2:"


def _requests(watched: Watched) -> Widget:
    """How much there is to do, which no alarm is about."""
    balancer = watched.load_balancer
    metrics = {
        "Requests": balancer.metric("RequestCount"),
        "5xx of the application": balancer.metric("HTTPCode_Target_5XX_Count"),
        "5xx of the load balancer": balancer.metric("HTTPCode_ELB_5XX_Count"),
    }
    lines = [_line(metric, label=label) for label, metric in metrics.items()]
    return {"title": "Requests (in a minute)", "period": 60, "metrics": lines}


def _together(alarms: Iterable[Alarm]) -> list[list[Alarm]]:
    """Alarms of the same figures and the same threshold are one graph, as the CPU of all services."""
    graphs: dict[object, list[Alarm]] = {}
    for alarm in alarms:
        names = tuple((metric.namespace, metric.name, metric.statistic) for metric in alarm.metrics.values())
        key = (names, alarm.expression, alarm.threshold, alarm.period_seconds)
        graphs.setdefault(key, []).append(alarm)
    return [*graphs.values()]


def _graph(alarms: Sequence[Alarm]) -> Widget:
    first = alarms[0]
    more = f", and {len(alarms) - 1} more" if len(alarms) > 1 else ""
    return {
        "title": f"{first.title}{more}",
        "period": first.period_seconds,
        "metrics": [line for number, alarm in enumerate(alarms) for line in _lines(alarm, number)],
        "annotations": {"horizontal": [{"label": f"alarm {first.comparison}", "value": first.threshold}]},
    }


def _lines(alarm: Alarm, number: int) -> Iterator[list[Any]]:
    """Of an alarm, where the names in expressions are numbered, since they are those of the whole graph."""
    if alarm.expression is None or alarm.drawn:
        drawn = [alarm.metrics[alarm.drawn]] if alarm.drawn else alarm.metrics.values()
        yield from (_line(metric, label=alarm.title) for metric in drawn)
        return
    names = {name: f"{name}{number}" for name in alarm.metrics}
    expression = re.sub(r"\b[a-z]\w*", lambda found: names.get(found[0], found[0]), alarm.expression)
    yield [{"expression": expression, "id": f"result{number}", "label": alarm.title}]
    yield from (_line(metric, id=names[name], visible=False) for name, metric in alarm.metrics.items())


def _line(metric: Metric, **options: Any) -> list[Any]:
    dimensions = [text for pair in metric.dimensions.items() for text in pair]
    return [metric.namespace, metric.name, *dimensions, {"stat": metric.statistic, **options}]
