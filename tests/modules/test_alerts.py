"""Alarms and events reach whoever is told, nobody else publishes, and a channel can do nothing but look at alarms."""

from __future__ import annotations

import json
from typing import Any

import pytest

from modules.alerts.inputs import AlertsInputs, RecipientsInputs
from modules.alerts.main import Alerts
from tests.modules.test_alerts_inputs import slack, teams
from tests.support import Json, module_json, only

ACCOUNT = "123456789012"
TOPICS = [f"arn:aws:sns:us-east-1:{ACCOUNT}:django-test-{name}" for name in ("urgent", "notices")]
ALARMS = {"aws:SourceArn": f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:django-test-*"}
OURS = {"aws:SourceAccount": ACCOUNT}
CLOUDWATCH, EVENTBRIDGE = ({"Service": f"{service}.amazonaws.com"} for service in ("cloudwatch", "events"))


def made(**changes: Any) -> Json:
    inputs = AlertsInputs(
        **{"urgent": RecipientsInputs(emails=("ann@example.com", "bob@example.com"), endpoints=("Pager",)), **changes}
    )
    document = module_json(
        lambda stack: Alerts(
            stack, "alerts", inputs=inputs, prefix="django-test", region="us-east-1", account_id=ACCOUNT
        )
    )
    found: Json = document["resource"]
    return found


@pytest.fixture(scope="module")
def resources() -> Json:
    return made(chat={"operations": slack(), "on-call": teams(topics=("urgent",))})


def statements(policy: str) -> dict[str, Json]:
    return {each["Sid"]: each for each in json.loads(policy)["Statement"]}


def test_each_topic_is_encrypted_by_one_key_of_its_own_that_rotates(resources: Json) -> None:
    topics = resources["aws_sns_topic"]
    assert {name: topic["name"] for name, topic in topics.items()} == {
        "alerts_urgent": "django-test-urgent",
        "alerts_notices": "django-test-notices",
    }
    assert {topic["kms_master_key_id"] for topic in topics.values()} == {"${aws_kms_key.alerts_key.arn}"}
    assert only(resources["aws_kms_key"])["enable_key_rotation"] is True


def test_alarms_of_this_environment_and_events_use_the_key_for_these_topics_alone(resources: Json) -> None:
    found = statements(only(resources["aws_kms_key"])["policy"])
    assert found.keys() == {"Administer", "Alarms", "Events"}
    assert found["Administer"]["Principal"] == {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    assert (found["Alarms"]["Principal"], found["Events"]["Principal"]) == (CLOUDWATCH, EVENTBRIDGE)
    for sid in ("Alarms", "Events"):
        assert found[sid]["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"]
    encrypted = {"kms:EncryptionContext:aws:sns:topicArn": TOPICS}
    assert found["Alarms"]["Condition"] == {"StringEquals": {**OURS, **encrypted}, "ArnLike": ALARMS}
    assert found["Events"]["Condition"] == {"StringEquals": encrypted}


@pytest.mark.parametrize(("name", "arn"), [*zip(("urgent", "notices"), TOPICS, strict=True)])
def test_alarms_of_this_environment_and_events_publish_and_nobody_without_tls(
    name: str, arn: str, resources: Json
) -> None:
    policy = resources["aws_sns_topic_policy"][f"alerts_{name}_policy"]
    assert policy["arn"] == f"${{aws_sns_topic.alerts_{name}.arn}}"
    found = statements(policy["policy"])
    publish = {"Action": "sns:Publish", "Resource": arn}
    assert found == {
        "Alarms": {
            "Sid": "Alarms",
            "Effect": "Allow",
            "Principal": CLOUDWATCH,
            **publish,
            "Condition": {"StringEquals": OURS, "ArnLike": ALARMS},
        },
        # With a condition, EventBridge would lose its events without a word.
        "Events": {"Sid": "Events", "Effect": "Allow", "Principal": EVENTBRIDGE, **publish},
        "TlsOnly": {
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": {"AWS": "*"},
            **publish,
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
    }


def test_each_address_is_a_subscription_of_its_own_that_no_other_one_moves(resources: Json) -> None:
    (subscription,) = resources["aws_sns_topic_subscription"].values()
    assert subscription["for_each"] == {name: name for name in ("ann@example.com", "bob@example.com")}
    assert (subscription["protocol"], subscription["endpoint"]) == ("email", "${each.value}")
    assert subscription["topic_arn"] == "${aws_sns_topic.alerts_urgent.arn}"
    both = made(notices=RecipientsInputs(emails=("ann@example.com",)))["aws_sns_topic_subscription"]
    assert both["alerts_notices_email"]["topic_arn"] == "${aws_sns_topic.alerts_notices.arn}"


def test_a_channel_is_told_of_its_topics_by_one_configuration(resources: Json) -> None:
    in_slack = resources["aws_chatbot_slack_channel_configuration"]["alerts_chat_slack_operations"]
    assert in_slack["sns_topic_arns"] == ["${aws_sns_topic.alerts_urgent.arn}", "${aws_sns_topic.alerts_notices.arn}"]
    assert (in_slack["slack_team_id"], in_slack["slack_channel_id"]) == ("T0123456789", "C0123456789")
    assert in_slack["configuration_name"] == "django-test-operations"
    in_teams = resources["aws_chatbot_teams_channel_configuration"]["alerts_chat_teams_on_call"]
    assert in_teams["sns_topic_arns"] == ["${aws_sns_topic.alerts_urgent.arn}"]
    assert in_teams["channel_id"] == "19%3a0123456789abcdef%40thread.tacv2"
    assert in_teams["configuration_name"] == "django-test-on-call"


def test_a_channel_may_look_at_alarms_and_at_nothing_else(resources: Json) -> None:
    trusted = json.loads(only(resources["aws_iam_role"])["assume_role_policy"])["Statement"]
    assert [(each["Principal"], each["Condition"]) for each in trusted] == [
        ({"Service": "chatbot.amazonaws.com"}, {"StringEquals": OURS})
    ]
    (allowed,) = json.loads(only(resources["aws_iam_role_policy"])["policy"])["Statement"]
    assert set(allowed["Action"]) == {
        *("cloudwatch:DescribeAlarmHistory", "cloudwatch:DescribeAlarms"),
        *("cloudwatch:GetMetricData", "cloudwatch:GetMetricStatistics", "cloudwatch:GetMetricWidgetImage"),
    }
    for kind in ("slack", "teams"):
        configured = only(resources[f"aws_chatbot_{kind}_channel_configuration"])
        assert configured["iam_role_arn"] == "${aws_iam_role.alerts_chat_role.arn}"
        assert configured["guardrail_policy_arns"] == ["arn:aws:iam::aws:policy/CloudWatchReadOnlyAccess"]


def test_without_channels_there_is_no_role() -> None:
    assert made().keys() == {"aws_kms_key", "aws_sns_topic", "aws_sns_topic_policy", "aws_sns_topic_subscription"}
