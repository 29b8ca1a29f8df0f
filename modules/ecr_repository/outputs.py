"""What others may know of an image repository in ECR."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, kw_only=True, slots=True)
class EcrRepositoryOutputs:
    """Where images are pushed to and pulled from."""

    url: str
    arn: str

    @classmethod
    def mock(cls) -> Self:
        return cls(
            url="000000000000.dkr.ecr.us-east-1.amazonaws.com/mock",
            arn="arn:aws:ecr:us-east-1:000000000000:repository/mock",
        )
