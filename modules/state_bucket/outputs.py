"""What others may know of the bucket that holds Terraform states."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, kw_only=True, slots=True)
class StateBucketOutputs:
    """Where states are."""

    name: str
    arn: str

    @classmethod
    def mock(cls) -> Self:
        return cls(name="mock-tfstate", arn="arn:aws:s3:::mock-tfstate")
