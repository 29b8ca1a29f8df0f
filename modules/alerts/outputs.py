"""What others may read of the alerts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, kw_only=True, slots=True)
class AlertsOutputs:
    """The topics, to which alarms and rules of EventBridge publish."""

    urgent_topic_arn: str
    notices_topic_arn: str

    @classmethod
    def mock(cls) -> Self:
        arn = "arn:aws:sns:us-east-1:000000000000:mock"
        return cls(urgent_topic_arn=f"{arn}-urgent", notices_topic_arn=f"{arn}-notices")
