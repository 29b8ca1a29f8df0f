"""Fixtures of what is asked of ECS."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cli.local_aws.server import LocalAws
from tests.cli.ecs.cluster import Cluster


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with LocalAws() as aws:
        yield Cluster(aws)
