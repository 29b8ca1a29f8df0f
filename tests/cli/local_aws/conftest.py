"""Fixtures of the local AWS."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cli.local_aws.server import LocalAws

ACCOUNT = "111122223333"


@pytest.fixture
def aws() -> Iterator[LocalAws]:
    with LocalAws() as running:
        yield running
