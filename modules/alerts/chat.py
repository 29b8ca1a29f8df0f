"""Channels of Slack and Teams that are told by AWS's chat integration, and what its users may ask there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cdktf_cdktf_provider_aws.chatbot_slack_channel_configuration import ChatbotSlackChannelConfiguration
from cdktf_cdktf_provider_aws.chatbot_teams_channel_configuration import ChatbotTeamsChannelConfiguration
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy import IamRolePolicy
from constructs import Construct

from modules.alerts.inputs import CHAT_ACTIONS, ChatChannelInputs, SlackChannelInputs
from modules.iam import Statement, policy, trust

# The most that a channel may do, whatever its role allows; without one it is AdministratorAccess.
_GUARDRAIL = "arn:aws:iam::aws:policy/CloudWatchReadOnlyAccess"


class Chat(Construct):
    """A role that reads alarms, and a configuration for each channel."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        channels: Mapping[str, ChatChannelInputs],
        topic_arns: Mapping[str, str],
        prefix: str,
        account_id: str,
    ) -> None:
        super().__init__(scope, id)
        role = IamRole(
            self,
            "role",
            name=f"{prefix}-alerts-chat",
            assume_role_policy=trust("chatbot.amazonaws.com", account_id=account_id),
        )
        may_read = IamRolePolicy(
            self,
            "role-policy",
            name="read-alarms",
            role=role.name,
            policy=policy([Statement(actions=CHAT_ACTIONS, resources="*")]),
        )
        for name, channel in channels.items():
            told: dict[str, Any] = {
                "configuration_name": f"{prefix}-{name}",
                "iam_role_arn": role.arn,
                "guardrail_policy_arns": [_GUARDRAIL],
                "sns_topic_arns": [topic_arns[topic] for topic in channel.topics],
                "depends_on": [may_read],
            }
            if isinstance(channel, SlackChannelInputs):
                ChatbotSlackChannelConfiguration(
                    self,
                    f"slack-{name}",
                    slack_team_id=str(channel.workspace_id),
                    slack_channel_id=str(channel.channel_id),
                    **told,
                )
            else:
                ChatbotTeamsChannelConfiguration(
                    self,
                    f"teams-{name}",
                    tenant_id=str(channel.tenant_id),
                    team_id=str(channel.team_id),
                    channel_id=str(channel.channel_id),
                    **told,
                )
