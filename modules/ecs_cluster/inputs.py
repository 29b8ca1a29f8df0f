"""Inputs of the ECS cluster."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from modules import given_names
from modules.validation import Problem, inputs, show

_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
_ARN = re.compile(r"arn:aws:ecs:([a-z0-9-]+):([0-9]{12}):cluster/([A-Za-z0-9_-]{1,255})")


@inputs
class EcsClusterInputs:
    """A cluster on Fargate."""

    container_insights: Literal["disabled", "enabled", "enhanced"] = "enabled"
    """Metrics of clusters and services, paid by metric; "enhanced": of tasks and containers too.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/ContainerInsights.html"""
    name: str | None = None
    """That of a cluster which is imported: docs/adopt.md. None: `<project>-<environment>`. A change replaces it."""
    existing: str | None = None
    """A cluster of this account and region in place of one of our own, by its name or ARN. It must have the capacity
    provider FARGATE, with `spot_percent` FARGATE_SPOT too, and Container Insights where a worker scales by its queue
    or to zero: `make deploy` asks."""

    @property
    def existing_name(self) -> str | None:
        """The name of the existing cluster."""
        return self.existing and self.existing.rpartition("/")[2]

    @property
    def existing_place(self) -> tuple[str, str] | None:
        """The region and the account of the existing cluster, where it is given by its ARN."""
        found = _ARN.fullmatch(self.existing or "")
        return (found[1], found[2]) if found else None

    def rules(self) -> Iterator[Problem]:
        yield from given_names.rules(given_names.CLUSTER, "name", self.name)
        if self.existing is None:
            return
        if self.name is not None:
            yield Problem("name", "has no effect with existing", "remove one of the two: existing is not imported")
        # https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateCluster.html
        if not _NAME.fullmatch(self.existing) and not _ARN.fullmatch(self.existing):
            what = f"{show(self.existing)} is no name or ARN of a cluster"
            yield Problem("existing", what, 'write it as "shared" or "arn:aws:ecs:<region>:<account>:cluster/shared"')
        if self.container_insights != "enabled":
            yield Problem("container_insights", "has no effect on a cluster that exists", "set it there")
