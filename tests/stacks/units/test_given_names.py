"""What has a given name has it in every unit that names it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from modules.alerts.inputs import AlertsInputs, RecipientsInputs
from modules.observability.inputs import ObservabilityInputs
from stacks.django_backend import compose
from stacks.synthesis.synthesize import synthesize
from tests.stacks.config.test_given_names import given
from tests.support import read_output

# What all that is imported would be called. Security groups and parameter groups are ours, whatever they are of.
DEFAULTS = (
    '"identifier": "django-test-postgresql"',
    '"DBInstanceIdentifier": "django-test-postgresql"',
    "/aws/rds/instance/django-test-postgresql/",
    ":db:django-test-postgresql",
    '"replication_group_id": "django-test-redis"',
    "/ecs/django-test/web",
    "/ecs/django-test/migrate",
    '"django-test-web-task"',
    '"django-test-migrate-execution"',
    "django-test-alb-logs-123456789012-us-east-1",
    "cluster/django-test",
    "service/django-test/",
    '"ClusterName": "django-test"',
)


@pytest.fixture(scope="module")
def units(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The JSON of all units."""
    alerts = AlertsInputs(urgent=RecipientsInputs(emails=("oncall@example.com",)))
    environment = replace(given(), alerts=alerts, observability=ObservabilityInputs())
    output = tmp_path_factory.mktemp("given") / "out"
    synthesize({"test.py": environment}, output, lambda _: None, compose)
    return {name: json.dumps(document) for name, document in read_output(output)}


def test_no_unit_says_what_it_would_be_called(units: dict[str, str]) -> None:
    assert {name: found for name, text in units.items() if (found := [each for each in DEFAULTS if each in text])} == {}


@pytest.mark.parametrize(
    ("unit", "name"),
    [
        ("postgresql", '"identifier": "old-db"'),
        ("postgresql", '"final_snapshot_identifier": "old-db-final"'),
        ("postgresql", "arn:aws:rds:us-east-1:123456789012:db:old-db*"),
        ("postgresql", '"name": "old db subnets"'),
        ("redis", '"replication_group_id": "old-cache"'),
        ("redis", '"final_snapshot_identifier": "old-cache-final"'),
        ("redis", '"name": "old-cache-subnets"'),
        ("django-service", '"name": "old-alb"'),
        ("django-service", '"bucket": "old-alb-logs"'),
        ("django-service", '"name": "old_cluster"'),
        ("django-service", '"name": "old-web"'),
        ("django-service", '"name": "/aws/ecs/old"'),
        ("observability", '"DBInstanceIdentifier": "old-db"'),
        ("observability", "/aws/rds/instance/old-db/postgresql"),
        ("observability", '"ClusterName": "old_cluster"'),
        ("observability", '"LogGroupName": "/aws/ecs/old"'),
    ],
)
def test_each_unit_says_what_it_is_called(units: dict[str, str], unit: str, name: str) -> None:
    assert name in units[f"test-{unit}"]
