"""CloudWatch: composite alarms, which moto keeps and does not take or show, and saved queries of Logs Insights."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

from moto.cloudwatch.models import Alarm, CloudWatchBackend
from moto.cloudwatch.responses import CloudWatchResponse
from moto.logs.models import LogsBackend
from moto.logs.responses import LogsResponse

from cli.local_aws.gaps.patch import around, missing_from, walked_while_changed

walked_while_changed(CloudWatchBackend, "alarms")


@missing_from(CloudWatchResponse)
def put_composite_alarm(self: Any) -> Any:
    return self.put_metric_alarm()


@around(Alarm, "__init__")
def _alarm(original: Any, self: Any, *arguments: Any, **named: Any) -> None:
    original(self, *arguments, **named)
    self.alarm_rule = self.rule


@around(LogsBackend, "__init__")
def _backend(original: Any, self: Any, *arguments: Any, **named: Any) -> None:
    original(self, *arguments, **named)
    self.query_definitions = {}


@missing_from(LogsResponse)
def put_query_definition(self: Any) -> str:
    found = self._get_param("queryDefinitionId") or str(uuid4())
    names = ("name", "queryString", "logGroupNames")
    given = {name: self._get_param(name) for name in names if self._get_param(name) is not None}
    self.logs_backend.query_definitions[found] = {"queryDefinitionId": found, **given}
    return json.dumps({"queryDefinitionId": found})


@missing_from(LogsResponse)
def describe_query_definitions(self: Any) -> str:
    prefix = self._get_param("queryDefinitionNamePrefix") or ""
    found = [each for each in self.logs_backend.query_definitions.values() if each["name"].startswith(prefix)]
    return json.dumps({"queryDefinitions": found})


@missing_from(LogsResponse)
def delete_query_definition(self: Any) -> str:
    found = self.logs_backend.query_definitions.pop(self._get_param("queryDefinitionId"), None)
    return json.dumps({"success": found is not None})
