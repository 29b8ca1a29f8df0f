"""The alerts unit: there for who asks for it, before all others, and nothing else changes by it."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import pytest
from cdktf import App, Testing

from cli.terraform import tree
from modules.alerts.inputs import AlertsInputs, RecipientsInputs
from modules.alerts.outputs import AlertsOutputs
from stacks.django_backend import compose
from stacks.units.alerts import AlertsUnit
from tests.support import Json, environment, read_output, unit_json

ALERTS = AlertsInputs(urgent=RecipientsInputs(emails=("ann@example.com",)))


@pytest.fixture(scope="module")
def document() -> Json:
    return unit_json(lambda app: AlertsUnit(app, environment(alerts=ALERTS), inputs=ALERTS))


def test_every_output_is_published_under_its_own_name(document: Json) -> None:
    assert {field.name for field in fields(AlertsOutputs)} == {"urgent_topic_arn", "notices_topic_arn"}
    assert document["output"]["urgent_topic_arn"]["value"] == "${aws_sns_topic.alerts_urgent.arn}"
    assert document["output"]["notices_topic_arn"]["value"] == "${aws_sns_topic.alerts_notices.arn}"


def test_its_topics_have_the_arns_that_are_known_before() -> None:
    there = environment(alerts=ALERTS, region="eu-west-1")
    assert there.topic_arns == {
        "urgent": "arn:aws:sns:eu-west-1:123456789012:django-test-urgent",
        "notices": "arn:aws:sns:eu-west-1:123456789012:django-test-notices",
    }
    assert environment().topic_arns == {}


def test_all_other_units_wait_for_it_and_are_otherwise_as_without(tmp_path: Path) -> None:
    written: dict[str, dict[str, Json]] = {}
    for name, alerts in (("with", ALERTS), ("without", None)):
        app = App(outdir=str(tmp_path / name))
        compose(app, environment(alerts=alerts))
        app.synth()
        written[name] = dict(read_output(tmp_path / name))
    assert written["with"].pop("test-alerts")
    assert written["with"] == written["without"]
    units = tree.read(tmp_path / "with")
    assert units[0].role == "alerts"
    waiting = {"test-alerts"}
    for unit in units[1:]:
        assert waiting.intersection(unit.dependencies), f"{unit.name} does not wait"
        waiting.add(unit.name)


def test_it_is_the_first_of_the_environment_where_it_is_asked_for() -> None:
    there = environment(alerts=ALERTS)
    assert tuple(unit.NAME for unit in compose(Testing.app(), there)) == there.units
    assert there.units[0] == "alerts"
    assert "alerts" not in replace(there, alerts=None).units
