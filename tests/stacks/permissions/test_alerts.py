"""What alerts ask of the pipeline's roles and of the boundary, and that nobody else has it."""

from __future__ import annotations

from dataclasses import replace

import botocore.session
import pytest

from modules.iam import managed_policy
from stacks.config.schema import OF_CHAT
from stacks.permissions import boundary
from stacks.permissions.identity import service_linked
from stacks.permissions.scope import Scope
from tests.stacks.permissions.policies import ALERTS, actions, allows, bootstrap, environment, statements
from tests.support import Json

ACCOUNT = "333333333333"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:django-prod-urgent"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/01234567-89ab-cdef-0123-456789abcdef"
CHANNEL = f"arn:aws:chatbot::{ACCOUNT}:chat-configuration/slack-channel/django-prod-operations"
OURS = {"aws_ResourceTag_Project": "django", "aws_ResourceTag_Environment": "prod"}
ASKED = {"aws_RequestTag_Project": "django", "aws_RequestTag_Environment": "prod"}


@pytest.fixture(scope="module")
def unit() -> Json:
    return bootstrap(replace(environment(), alerts=ALERTS))


def of_alerts(found: list[Json]) -> set[str]:
    ours = {action for action in actions(found) if action.startswith(("sns:", "chatbot:", "kms:"))}
    return ours - {*actions(statements(bootstrap(environment()), "apply"))}


@pytest.mark.parametrize("of", ["plan", "drift"])
def test_planning_reads_them_and_changes_nothing(of: str, unit: Json) -> None:
    found = of_alerts(statements(unit, of))
    assert found
    assert {
        action.partition(":")[2] for action in found if not action.partition(":")[2].startswith(("Get", "List"))
    } == {"DescribeSlackChannelConfigurations"}


def test_deploying_changes_the_topics_of_this_environment_alone(unit: Json) -> None:
    found = statements(unit, "apply")
    for action in ("sns:CreateTopic", "sns:SetTopicAttributes", "sns:Subscribe", "sns:DeleteTopic"):
        assert allows(found, action, TOPIC)
        assert not allows(found, action, TOPIC.replace("-prod-", "-prod-eu-"))
    assert allows(found, "sns:Unsubscribe", f"{TOPIC}:01234567-89ab-cdef-0123-456789abcdef")
    assert not allows(found, "sns:Publish", TOPIC)


def test_a_key_is_made_with_our_tags_and_no_other_one_is_touched(unit: Json) -> None:
    found = statements(unit, "apply")
    assert allows(found, "kms:CreateKey", "*", **ASKED)
    assert not allows(found, "kms:CreateKey", "*")
    assert not allows(found, "kms:TagResource", KEY, **ASKED, aws_ResourceTag_Project="shop")
    for action in ("kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:EnableKeyRotation"):
        assert allows(found, action, KEY, **OURS)
        assert not allows(found, action, KEY)


def test_a_channel_is_one_of_this_environment_and_its_role_is_passed_to_the_chat_integration(unit: Json) -> None:
    found = statements(unit, "apply")
    assert allows(found, "chatbot:UpdateSlackChannelConfiguration", CHANNEL)
    assert not allows(found, "chatbot:UpdateSlackChannelConfiguration", CHANNEL.replace("django-prod", "shop-prod"))
    role = f"arn:aws:iam::{ACCOUNT}:role/django-prod-alerts-chat"
    assert allows(found, "iam:PassRole", role, iam_PassedToService="chatbot.amazonaws.com")
    without = statements(bootstrap(environment()), "apply")
    assert not allows(without, "iam:PassRole", role, iam_PassedToService="chatbot.amazonaws.com")
    assert "management.chatbot.amazonaws.com" in service_linked(replace(environment(), alerts=ALERTS))
    assert "management.chatbot.amazonaws.com" not in service_linked(environment())


def test_channels_may_do_no_more_than_the_boundary_has_room_for(unit: Json) -> None:
    (chat,) = [each for each in statements(unit, "boundary") if each["Sid"] == "Chat"]
    assert {action.partition(":")[0] for action in chat["Action"]} == {"cloudwatch"}
    lengths = [
        len(managed_policy(boundary.statements(Scope(replace(environment(), alerts=alerts)))))
        for alerts in (None, replace(ALERTS, chat=None), ALERTS)
    ]
    assert lengths[0] == lengths[1]
    assert 0 < lengths[2] - lengths[0] <= OF_CHAT


def test_without_alerts_no_role_has_anything_of_them() -> None:
    made = bootstrap(environment())
    for of in ("plan", "drift", "apply", "boundary"):
        assert not {action for action in actions(statements(made, of)) if action.startswith(("sns:", "chatbot:"))}


@pytest.mark.parametrize("service", ["sns", "kms", "chatbot"])
def test_every_permission_is_one_that_aws_knows(service: str, unit: Json) -> None:
    known = {f"{service}:{name}" for name in botocore.session.get_session().get_service_model(service).operation_names}
    named = {action for action in of_alerts(statements(unit, "apply")) if action.startswith(f"{service}:")}
    assert named
    assert named <= known
