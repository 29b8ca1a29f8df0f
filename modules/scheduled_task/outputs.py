"""What others read of a scheduled task."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class ScheduledTaskOutputs:
    """Where it is, and where one finds what could not be started."""

    schedule_arn: str
    dead_letter_queue_url: str
