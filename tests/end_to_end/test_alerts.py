"""Alerts live on the local AWS: apply, an empty second plan, other recipients, destroy, as the pipeline's role may."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cli.local_aws.deployment import LocalDeployment
from cli.local_aws.recording import rows
from cli.local_aws.server import LocalAws
from modules.alerts.inputs import AlertsInputs, RecipientsInputs
from stacks.config.schema import Environment
from tests.end_to_end import variants
from tests.modules.test_alerts_inputs import slack, teams
from tests.stacks.permissions.policies import bootstrap, environment, statements
from tests.stacks.permissions.recorded import denied

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("shared_providers")]

FIRST = AlertsInputs(urgent=RecipientsInputs(emails=("ann@example.com",)), chat={"operations": slack()})
SECOND = AlertsInputs(
    urgent=RecipientsInputs(emails=("bob@example.com", "ann@example.com")),
    notices=RecipientsInputs(emails=("shop@example.com",)),
    chat={"operations": slack(topics=("urgent",)), "on-call": teams()},
)


def deployment(of: Environment, aws: LocalAws, directory: Path) -> LocalDeployment:
    directory.mkdir()
    variants.write("prod", directory / "cdktf.out", lambda _: of)
    return LocalDeployment(directory / "cdktf.out", directory, aws)


def subscribed(made: LocalDeployment) -> set[tuple[str, str]]:
    """Who is told, each with the topic's name."""
    found: list[dict[str, Any]] = made.client("sns").list_subscriptions()["Subscriptions"]
    return {(each["TopicArn"].rpartition(":")[2], each["Endpoint"]) for each in found}


def test_alerts_live_from_deploy_to_destroy(aws: LocalAws, tmp_path: Path, subtests: pytest.Subtests) -> None:
    first = replace(environment(), alerts=FIRST)
    made = deployment(first, aws, tmp_path / "first")
    made.bootstrap()
    alerts, *others = made.units
    made.initialize(alerts)
    with subtests.test("all other units come after it"):
        assert alerts.role == "alerts"
        assert all(unit.dependencies for unit in others)
    aws.calls.is_on = True
    made.apply(alerts)
    with subtests.test("a second plan is empty"):
        assert made.plan(alerts) == {}
    with subtests.test("its outputs are the topics"):
        assert set(made.outputs(alerts).values()) == {*first.topic_arns.values()}
    changed = deployment(replace(first, alerts=SECOND), aws, tmp_path / "second")
    alerts = changed.units[0]
    changed.initialize(alerts)
    with subtests.test("other recipients touch nobody else"):
        assert changed.plan(alerts) == {
            "aws_chatbot_slack_channel_configuration.alerts_chat_slack_operations": ["update"],
            "aws_chatbot_teams_channel_configuration.alerts_chat_teams_on_call": ["create"],
            'aws_sns_topic_subscription.alerts_urgent_email["bob@example.com"]': ["create"],
            'aws_sns_topic_subscription.alerts_notices_email["shop@example.com"]': ["create"],
        }
    changed.apply(alerts)
    with subtests.test("who is told is who was asked for"):
        assert changed.plan(alerts) == {}
        assert subscribed(changed) == {
            ("django-prod-urgent", "ann@example.com"),
            ("django-prod-urgent", "bob@example.com"),
            ("django-prod-notices", "shop@example.com"),
        }
    changed.destroy(alerts)
    with subtests.test("nothing is left but a key that waits for its deletion"):
        assert changed.client("sns").list_topics()["Topics"] == []
        (key,) = changed.client("kms").list_keys()["Keys"]
        state = changed.client("kms").describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"]
        assert state == "PendingDeletion"
    with subtests.test("the role that deploys may call all of that"):
        seen = aws.calls.take()
        assert aws.calls.unknown == set()
        named = {"kms:EnableKeyRotation", "sns:Unsubscribe", "chatbot:UpdateSlackChannelConfiguration", "iam:PassRole"}
        assert named <= {call.action for call in seen}
        called = rows({"apply": seen}, first)
        role = statements(bootstrap(first), "apply")
        assert list(denied(role, called, first.permissions_boundary_arn or "")) == []
