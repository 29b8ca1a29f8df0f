"""An environment in a cluster on the local AWS, for commands that ask ECS alone."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from cli.deploy import run
from cli.ecs.task import Tasks
from cli.local_aws.server import LocalAws
from tests import configurations
from tests.cli.ecs.cluster import ACCOUNT, Cluster
from tests.environments import frozen

CHECK = "django-dev-check-status"


@contextmanager
def deployed(directory: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    """A cluster `django-test` that the environment dev of this directory names as its own."""
    dev = frozen("dev")
    # Named dev for the command line; the prefix is that of the cluster.
    configurations.write(directory, replace(dev, account_id=ACCOUNT, project="django"))
    with LocalAws() as aws:
        for name, value in aws.environment(ACCOUNT, os.environ).items():
            monkeypatch.setenv(name, value)
        yield Cluster(aws, prefix=dev.prefix)


@contextmanager
def serving(directory: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    """The same with a web service, and the task that commands run as."""
    monkeypatch.setattr(run, "Tasks", functools.partial(Tasks, poll_seconds=0.01))
    with deployed(directory, monkeypatch) as found:
        found.register(CHECK)
        found.create_service()
        yield found
