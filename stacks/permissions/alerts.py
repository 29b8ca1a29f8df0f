"""SNS, KMS and AWS's chat integration: who is told when something goes wrong."""

from __future__ import annotations

from collections.abc import Iterator

from modules.alerts.inputs import CHAT_ACTIONS
from modules.iam import Statement
from stacks.permissions.scope import Scope, calls

CHAT = "chatbot.amazonaws.com"

_TOPICS = "CreateTopic DeleteTopic SetTopicAttributes Subscribe TagResource UntagResource"
# Of a subscription, whose ARN is that of its topic with an id.
_SUBSCRIPTIONS = "SetSubscriptionAttributes Unsubscribe"
_KEYS = """
    DisableKeyRotation EnableKeyRotation PutKeyPolicy ScheduleKeyDeletion TagResource UntagResource UpdateKeyDescription
"""
_MADE_CHANNELS = "CreateMicrosoftTeamsChannelConfiguration CreateSlackChannelConfiguration"
_CHANNELS = """
    DeleteMicrosoftTeamsChannelConfiguration DeleteSlackChannelConfiguration TagResource UntagResource
    UpdateMicrosoftTeamsChannelConfiguration UpdateSlackChannelConfiguration
"""


def describe(scope: Scope) -> Iterator[Statement]:
    """The topics, their subscriptions and key, and the channels."""
    if scope.environment.alerts is None:
        return
    yield Statement(
        sid="DescribeTopics",
        actions=calls("sns", "GetSubscriptionAttributes GetTopicAttributes ListTagsForResource"),
        resources=[*_topics(scope), *_subscriptions(scope)],
    )
    yield Statement(
        sid="DescribeKeys",
        actions=calls("kms", "DescribeKey GetKeyPolicy GetKeyRotationStatus ListResourceTags"),
        resources=_keys(scope),
    )
    if scope.environment.has_chat:
        # AWS knows no resource for what lists, and answers in another region where there is no chat integration.
        yield Statement(
            sid="ListChannels",
            actions=calls("chatbot", "DescribeSlackChannelConfigurations ListMicrosoftTeamsChannelConfigurations"),
            resources=["*"],
        )
        yield Statement(sid="DescribeChannels", actions=["chatbot:ListTagsForResource"], resources=_channels(scope))


def change(scope: Scope) -> Iterator[Statement]:
    """The same, of this environment alone."""
    if scope.environment.alerts is None:
        return
    yield Statement(sid="Topics", actions=calls("sns", _TOPICS), resources=_topics(scope))
    yield Statement(sid="Subscriptions", actions=calls("sns", _SUBSCRIPTIONS), resources=_subscriptions(scope))
    yield Statement(
        sid="MakeKey",
        actions=calls("kms", "CreateKey TagResource"),
        resources=["*"],
        condition=scope.claiming(),
    )
    yield Statement(sid="Key", actions=calls("kms", _KEYS), resources=_keys(scope), condition=scope.tagged())
    if scope.environment.has_chat:
        yield Statement(sid="MakeChannels", actions=calls("chatbot", _MADE_CHANNELS), resources=["*"])
        yield Statement(sid="Channels", actions=calls("chatbot", _CHANNELS), resources=_channels(scope))


def bound(scope: Scope) -> Iterator[Statement]:
    """The most that channels may do."""
    if scope.environment.has_chat:
        yield Statement(sid="Chat", actions=CHAT_ACTIONS, resources=["*"])


def _topics(scope: Scope) -> list[str]:
    return [*scope.environment.topic_arns.values()]


def _subscriptions(scope: Scope) -> list[str]:
    return [f"{arn}:*" for arn in _topics(scope)]


def _keys(scope: Scope) -> list[str]:
    return [scope.arn("kms", "key/*")]


def _channels(scope: Scope) -> list[str]:
    kinds = ("microsoft-teams-channel", "slack-channel")
    account_id = scope.environment.account_id
    return [f"arn:aws:chatbot::{account_id}:chat-configuration/{kind}/{scope.prefix}-*" for kind in kinds]
