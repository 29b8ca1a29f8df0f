"""What watches an environment lives on the local AWS: made, as planned, changed and gone, as the pipeline's role may.

Of the other units there are only outputs, in states of their own.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from cli.local_aws.deployment import LocalDeployment
from cli.local_aws.recording import rows
from cli.local_aws.server import LocalAws
from cli.review.planning.inputs import state_with
from modules.observability.inputs import ObservabilityInputs
from stacks.config.schema import Environment
from tests.end_to_end import variants
from tests.stacks.permissions.policies import ALERTS, bootstrap, environment, statements
from tests.stacks.permissions.recorded import denied

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("shared_providers")]


def deployment(of: Environment, aws: LocalAws, directory: Path) -> LocalDeployment:
    directory.mkdir()
    variants.write("prod", directory / "cdktf.out", lambda _: of)
    return LocalDeployment(directory / "cdktf.out", directory, aws)


def test_alarms_live_from_deploy_to_destroy(aws: LocalAws, tmp_path: Path, subtests: pytest.Subtests) -> None:
    first = replace(environment(), alerts=ALERTS, observability=ObservabilityInputs())
    made = deployment(first, aws, tmp_path / "first")
    made.bootstrap()
    unit = made.units[-1]
    for name, outputs in unit.mocks.items():
        upstream = next(each for each in made.units if each.role == name.replace("_", "-"))
        _, backend = upstream.backend
        state = json.dumps(state_with(outputs))
        made.client("s3").put_object(Bucket=backend["bucket"], Key=backend["key"], Body=state)
    made.initialize(unit)
    aws.calls.is_on = True
    made.apply(unit)
    with subtests.test("a second plan is empty"):
        assert made.plan(unit) == {}
    cloudwatch, events, logs = (made.client(name) for name in ("cloudwatch", "events", "logs"))
    with subtests.test("there are alarms, rules, queries and a dashboard that shows the composite alarm first"):
        alarms = cloudwatch.describe_alarms()
        assert {"django-prod-web-cpu", "django-prod-postgresql-storage-days", "django-prod-nat-3-ports"} <= {
            each["AlarmName"] for each in alarms["MetricAlarms"]
        }
        (composite,) = alarms["CompositeAlarms"]
        assert 'ALARM("django-prod-web-healthy")' in composite["AlarmRule"]
        body = json.loads(cloudwatch.get_dashboard(DashboardName="django-prod")["DashboardBody"])
        assert body["widgets"][1]["properties"]["alarms"][0] == composite["AlarmArn"]
        assert "django-prod-jobs-failed" in {each["Name"] for each in events.list_rules()["Rules"]}
        assert len(logs.describe_query_definitions()["queryDefinitions"]) == 4
    changed = deployment(replace(first, observability=ObservabilityInputs(errors=7)), aws, tmp_path / "second")
    unit = changed.units[-1]
    changed.initialize(unit)
    with subtests.test("another threshold changes its alarm and the line in the dashboard"):
        assert changed.plan(unit) == {
            "aws_cloudwatch_dashboard.observability_dashboard": ["update"],
            "aws_cloudwatch_metric_alarm.observability_alarm_http_errors": ["update"],
        }
    changed.apply(unit)
    with subtests.test("a plan after it is empty"):
        assert changed.plan(unit) == {}
    changed.destroy(unit)
    with subtests.test("nothing is left"):
        assert changed.resources(unit) == []
        assert cloudwatch.describe_alarms()["MetricAlarms"] == []
        assert logs.describe_query_definitions()["queryDefinitions"] == []
    with subtests.test("the role that deploys may call all of that"):
        seen = aws.calls.take()
        assert aws.calls.unknown == set()
        assert {"cloudwatch:PutCompositeAlarm", "events:PutTargets", "logs:PutQueryDefinition"} <= {
            call.action for call in seen
        }
        role = statements(bootstrap(first), "apply")
        assert list(denied(role, rows({"apply": seen}, first), first.permissions_boundary_arn or "")) == []
