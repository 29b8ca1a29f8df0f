"""What others may read of what watches an environment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, kw_only=True, slots=True)
class ObservabilityOutputs:
    """Where its figures are."""

    dashboard_name: str
    """Empty without a dashboard."""

    @classmethod
    def mock(cls) -> Self:
        return cls(dashboard_name="mock")
