"""Alarms, rules of EventBridge, saved queries and the dashboard: a resource for each row of their tables."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

from cdktf_cdktf_provider_aws.cloudwatch_composite_alarm import CloudwatchCompositeAlarm
from cdktf_cdktf_provider_aws.cloudwatch_dashboard import CloudwatchDashboard
from cdktf_cdktf_provider_aws.cloudwatch_event_rule import CloudwatchEventRule
from cdktf_cdktf_provider_aws.cloudwatch_event_target import (
    CloudwatchEventTarget,
    CloudwatchEventTargetInputTransformer,
)
from cdktf_cdktf_provider_aws.cloudwatch_metric_alarm import CloudwatchMetricAlarm
from cdktf_cdktf_provider_aws.cloudwatch_query_definition import CloudwatchQueryDefinition
from constructs import Construct

from modules.observability import dashboard
from modules.observability.alarm import Alarm, CompositeAlarm, Topic
from modules.observability.events import Event
from modules.observability.inputs import ObservabilityInputs
from modules.observability.metric_alarm import metric_alarm
from modules.observability.outputs import ObservabilityOutputs
from modules.observability.queries import Query
from modules.observability.watched import Watched
from modules.validation import validate


class Topics(NamedTuple):
    """The ARNs of the topics that are told."""

    urgent: str
    notices: str

    def arn(self, topic: Topic) -> str:
        """Of one of them."""
        return self.urgent if topic == "urgent" else self.notices


class Observability(Construct):
    """Tells the topics of whatever is wrong in an environment, and shows its figures on one page."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        inputs: ObservabilityInputs,
        watched: Watched,
        topics: Topics,
        queries: Sequence[Query],
    ) -> None:
        super().__init__(scope, id)
        validate(inputs)
        self._prefix, self._topics = watched.prefix, topics
        url = dashboard.url(watched.prefix, watched.region)
        self._see = f" Services, logs and alarms of {watched.prefix}: {url}" if inputs.dashboard else ""
        alarms = [*watched.alarms(inputs)]
        made = {alarm.name: self._alarm(alarm) for alarm in alarms}
        composites = [self._composite(each, made) for each in watched.composite_alarms()]
        for event in watched.events():
            self._rule(event)
        for query in queries:
            CloudwatchQueryDefinition(
                self,
                f"query-{query.name}",
                name=f"{watched.prefix}/{query.name}",
                log_group_names=list(query.log_group_names),
                query_string=query.text,
            )
        self.outputs = ObservabilityOutputs(dashboard_name="")
        if inputs.dashboard:
            urgent = [made[alarm.name].arn for alarm in alarms if alarm.topic == "urgent"]
            shown = [*(composite.arn for composite in composites), *urgent]
            document = dashboard.body(watched, alarms, shown)
            made_dashboard = CloudwatchDashboard(
                self, "dashboard", dashboard_name=watched.prefix, dashboard_body=json.dumps(document)
            )
            self.outputs = ObservabilityOutputs(dashboard_name=made_dashboard.dashboard_name)

    def _alarm(self, alarm: Alarm) -> CloudwatchMetricAlarm:
        return metric_alarm(
            self,
            f"alarm-{alarm.name}",
            alarm,
            prefix=self._prefix,
            topic_arns=[self._topics.arn(alarm.topic)],
            see=self._see,
        )

    def _composite(self, alarm: CompositeAlarm, made: dict[str, CloudwatchMetricAlarm]) -> CloudwatchCompositeAlarm:
        arn = self._topics.arn(alarm.topic)
        return CloudwatchCompositeAlarm(
            self,
            f"alarm-{alarm.name}",
            alarm_name=f"{self._prefix}-{alarm.name}",
            alarm_description=f"{alarm.description}{self._see}",
            alarm_rule=alarm.rule(self._prefix),
            alarm_actions=[arn],
            ok_actions=[arn],
            # It names them, and CloudWatch deletes no alarm that is named.
            depends_on=[made[name] for group in alarm.any_of for name in group],
        )

    def _rule(self, event: Event) -> None:
        rule = CloudwatchEventRule(
            self,
            f"event-{event.name}",
            name=f"{self._prefix}-{event.name}",
            description=event.meaning,
            event_pattern=json.dumps(event.pattern),
        )
        CloudwatchEventTarget(
            self,
            f"event-{event.name}-target",
            rule=rule.name,
            arn=self._topics.notices,
            input_transformer=CloudwatchEventTargetInputTransformer(
                input_paths=dict(event.paths), input_template=event.template
            ),
        )
