"""Channels are kept as AWS's chat integration keeps them, which takes each once in an account."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from cli.local_aws.server import LocalAws
from tests.cli.local_aws.conftest import ACCOUNT

pytestmark = pytest.mark.thorough

ROLE = f"arn:aws:iam::{ACCOUNT}:role/chat"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:urgent"
SLACK: dict[str, Any] = {"SlackTeamId": "T0123456789", "SlackChannelId": "C0123456789", "IamRoleArn": ROLE}
UUID = "01234567-89ab-cdef-0123-456789abcdef"
TEAMS: dict[str, Any] = {"TenantId": UUID, "TeamId": UUID, "ChannelId": "19%3aab%40thread.tacv2", "IamRoleArn": ROLE}


def test_a_channel_of_slack_is_as_it_was_configured_until_it_is_deleted(aws: LocalAws) -> None:
    chat = aws.client("chatbot", ACCOUNT)
    chat.create_slack_channel_configuration(**{**SLACK, "SlackChannelId": "C9876543210"}, ConfigurationName="b")
    tags = [{"TagKey": "Project", "TagValue": "django"}]
    made = chat.create_slack_channel_configuration(**SLACK, ConfigurationName="a", Tags=tags)["ChannelConfiguration"]
    arn = made["ChatConfigurationArn"]
    assert arn == f"arn:aws:chatbot::{ACCOUNT}:chat-configuration/slack-channel/a"
    chat.update_slack_channel_configuration(ChatConfigurationArn=arn, SlackChannelId="C1", SnsTopicArns=[TOPIC])
    (found,) = chat.describe_slack_channel_configurations(ChatConfigurationArn=arn)["SlackChannelConfigurations"]
    assert (found["SlackChannelId"], found["SnsTopicArns"], found["Tags"]) == ("C1", [TOPIC], tags)
    chat.tag_resource(ResourceARN=arn, Tags=[{"TagKey": "Owner", "TagValue": "ann"}])
    chat.untag_resource(ResourceARN=arn, TagKeys=["Project"])
    assert chat.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"TagKey": "Owner", "TagValue": "ann"}]
    chat.delete_slack_channel_configuration(ChatConfigurationArn=arn)
    assert chat.describe_slack_channel_configurations(ChatConfigurationArn=arn)["SlackChannelConfigurations"] == []
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        chat.delete_slack_channel_configuration(ChatConfigurationArn=arn)


def test_a_channel_is_taken_once_in_an_account(aws: LocalAws) -> None:
    chat = aws.client("chatbot", ACCOUNT)
    made = chat.create_microsoft_teams_channel_configuration(**TEAMS, ConfigurationName="a", SnsTopicArns=[TOPIC])
    arn = made["ChannelConfiguration"]["ChatConfigurationArn"]
    found = chat.get_microsoft_teams_channel_configuration(ChatConfigurationArn=arn)["ChannelConfiguration"]
    assert chat.list_microsoft_teams_channel_configurations(TeamId=UUID)["TeamChannelConfigurations"] == [found]
    assert (found["TeamId"], found["SnsTopicArns"]) == (UUID, [TOPIC])
    with pytest.raises(ClientError, match="InvalidRequestException.* has already been configured for AWS account"):
        chat.create_microsoft_teams_channel_configuration(**TEAMS, ConfigurationName="b", SnsTopicArns=[])
    other = aws.client("chatbot", "210987654321")
    other.create_microsoft_teams_channel_configuration(**TEAMS, ConfigurationName="b", SnsTopicArns=[])
