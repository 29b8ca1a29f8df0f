"""Follows the logs of tasks in CloudWatch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient


# Each task sends its lines on its own, so one that is older may come after one that is newer.
LATE_MILLISECONDS = 30_000


class Stream:
    """The log stream of one task, read from where the last reading ended."""

    def __init__(self, client: CloudWatchLogsClient, group: str, stream: str) -> None:
        self._client = client
        self._place = {"logGroupName": group, "logStreamName": stream}
        self._token: str | None = None

    def read(self) -> Iterator[str]:
        """The lines that have come since the last call; none while the stream does not exist."""
        while True:
            given = {"nextToken": self._token} if self._token else {}
            try:
                answer = self._client.get_log_events(**self._place, startFromHead=True, **given)  # type: ignore[arg-type]
            except self._client.exceptions.ResourceNotFoundException:
                return
            yield from (event.get("message", "") for event in answer["events"])
            # The same token again means that there is nothing after it.
            # https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html
            if answer["nextForwardToken"] == self._token:
                return
            self._token = answer["nextForwardToken"]


class Groups:
    """The logs of services by their groups, from a moment on."""

    def __init__(self, client: CloudWatchLogsClient, groups: Iterable[str], since_milliseconds: int) -> None:
        self._client = client
        self._since = dict.fromkeys(groups, since_milliseconds)
        self._seen: dict[str, dict[str, int]] = {group: {} for group in self._since}

    def read(self) -> Iterator[tuple[int, str, str]]:
        """What has come since the last call, in the order of time: milliseconds, group and line."""
        found = []
        for group, since in self._since.items():
            seen = self._seen[group]
            pages = self._client.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=since)
            for event in (event for page in pages for event in page["events"]):
                if event["eventId"] not in seen:
                    seen[event["eventId"]] = event["timestamp"]
                    found.append((event["timestamp"], group, event["message"].rstrip("\n")))
            self._since[group] = max([since, *(moment - LATE_MILLISECONDS for moment in seen.values())])
            self._seen[group] = {event: moment for event, moment in seen.items() if moment >= self._since[group]}
        yield from sorted(found, key=lambda event: event[0])  # of the same moment as they came
