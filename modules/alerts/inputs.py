"""Inputs of the alerts: who is told, and by which way."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from modules import rules
from modules.validation import Problem, inputs, show

Topic = Literal["urgent", "notices"]

CHAT_ACTIONS = (
    "cloudwatch:DescribeAlarmHistory",
    "cloudwatch:DescribeAlarms",
    "cloudwatch:GetMetricData",
    "cloudwatch:GetMetricStatistics",
    "cloudwatch:GetMetricWidgetImage",
)
"""What a channel may ask: the alarms, and their figures. It shows composite alarms only to who may see all of them.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
"""

# https://docs.aws.amazon.com/chatbot/latest/APIReference/API_CreateSlackChannelConfiguration.html
_SLACK_WORKSPACE = re.compile(r"T[0-9A-Z]{6,20}")
_SLACK_CHANNEL = re.compile(r"[CG][0-9A-Z]{6,20}")
# https://docs.aws.amazon.com/chatbot/latest/APIReference/API_CreateMicrosoftTeamsChannelConfiguration.html
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TEAMS_CHANNEL = re.compile(r"(?=.{8,255}\Z)[a-zA-Z0-9_=+/.,-]*%3[aA][a-zA-Z0-9_=+/.,-]+%40[a-zA-Z0-9_=+/.,-]+")
# What names are made of, as "OnCall", "SRE" and "24x7" are. Each word begins where another cannot go on, so that a long
# text is read in one pass. A part of a path that is anything else, such as the "T0AB" of a webhook, may be a secret.
_WORD = r"[A-Z][a-z]{2,}|(?<![a-z])[a-z]{2,}|(?<![A-Z])[A-Z]{2,4}|At|By|In|Of|On|To|Up"
_NUMBER = r"(?<![0-9])[0-9]{1,2}x[0-9]{1,2}|(?<![0-9])[0-9]{1,4}"
_PART = rf"(?:(?:{_WORD})+\d{{0,2}}|[A-Z]\d{{1,2}}|\d{{1,2}}(?:st|nd|rd|th)|{_NUMBER})"
_ID = rf"(?<![\w-])(?!{_PART}(?:[_-]{_PART})*(?![\w-]))[\w-]{{4,}}"
# What each URL has, with or without its scheme, and a name as "Opsgenie #oncall 24/7" has not.
_OF_A_URL = {
    "a URL": re.compile(r"[/\\]{2}|\w\.[A-Za-z]{2,}(:\d+)?[/\\?]"),
    "user:password@host": re.compile(r"\S:\S*@"),
    "a path": re.compile(rf"[/\\]{_ID}|{_ID}[/\\]|(?<!\S)[/\\]\w"),
    "a parameter": re.compile(r"\w=\S"),
    "an escape of a URL": re.compile(r"%[0-9A-Fa-f]{2}"),
}
# As services put it into their URLs, such as the integration key of PagerDuty: hexadecimal, a UUID, or letters and
# digits that are no words, as those of BetterStackUptime2ForProd and OnCall24x7 are.
_KEY = re.compile(
    r"[0-9a-fA-F]{16,}|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-"
    rf"|(?=[A-Za-z]*[0-9])(?!(?:{_WORD}|{_NUMBER})+(?![A-Za-z0-9]))"
    r"(?<![A-Za-z0-9])[A-Za-z0-9]{20,}"
)
# Part of the configuration's name, beside a prefix of up to 31 characters: AWS takes 128.
_NAME = re.compile(r"(?=.{1,40}\Z)[a-z](-?[a-z0-9])*")


@inputs
class RecipientsInputs:
    """Who is told of one topic, beside the channels of `AlertsInputs.chat`."""

    emails: tuple[str, ...] = ()
    """Addresses. AWS writes to each, and sends nothing else before its reader has confirmed."""
    endpoints: tuple[str, ...] = ()
    """The services that somebody subscribes by `make subscribe`, by any name: `("PagerDuty",)`. Their URLs carry a
    secret, so that no data holds them, nor the key in them."""

    def rules(self) -> Iterator[Problem]:
        for text in self.emails:
            if rules.email_address(text):
                continue
            if part := _secret_in(text):
                yield _secret("emails", part)
            else:
                yield Problem("emails", f"{show(text)} is no e-mail address", 'write it as "oncall@example.com"')
        yield from _twice("emails", [text.lower() for text in self.emails])
        for text in self.endpoints:
            if part := "an @" if "@" in text else _secret_in(text):
                yield _secret("endpoints", part)
            elif not 1 <= len(text) <= 40:
                yield Problem("endpoints", f"got a name of {len(text)} characters", 'use 1 to 40, as in "PagerDuty"')
        yield from _twice("endpoints", self.endpoints)


@inputs
class SlackChannelInputs:
    """A channel of Slack. Somebody authorizes its workspace in AWS's console first: docs/alerts.md.

    https://docs.aws.amazon.com/chatbot/latest/adminguide/slack-setup.html
    """

    workspace_id: str
    """Of the workspace, as the console shows it: `T0123456789`."""
    channel_id: str
    """`C0123456789`, at the end of the channel's details. A private channel needs `/invite @Amazon Q` as well."""
    topics: tuple[Topic, ...] = ("urgent", "notices")
    """What it is told of."""

    @property
    def once(self) -> str:
        """What is taken once in an account."""
        return f"channel {self.channel_id} of {self.workspace_id}"

    def rules(self) -> Iterator[Problem]:
        if not _SLACK_WORKSPACE.fullmatch(self.workspace_id):
            yield _wrong_id("workspace_id", self.workspace_id, "workspace of Slack", "T0123456789")
        if not _SLACK_CHANNEL.fullmatch(self.channel_id):
            yield _wrong_id("channel_id", self.channel_id, "channel of Slack", "C0123456789")
        yield from _topic_rules(self.topics)


@inputs
class TeamsChannelInputs:
    """A channel of Microsoft Teams. Somebody authorizes its team in AWS's console first: docs/alerts.md.

    https://docs.aws.amazon.com/chatbot/latest/adminguide/teams-setup.html
    """

    tenant_id: str
    """Of the tenant, as the channel's link has it: a UUID in lower case."""
    team_id: str
    """Of the team: `groupId` of the channel's link, a UUID in lower case."""
    channel_id: str
    """As the channel's link has it, with its escapes: `19%3a0123456789abcdef%40thread.tacv2`."""
    topics: tuple[Topic, ...] = ("urgent", "notices")
    """What it is told of."""

    @property
    def once(self) -> str:
        """What is taken once in an account: Terraform's provider finds a channel by its team alone.

        https://github.com/hashicorp/terraform-provider-aws/issues/38943
        """
        return f"team {self.team_id}"

    def rules(self) -> Iterator[Problem]:
        for field in ("tenant_id", "team_id"):
            if not _UUID.fullmatch(value := getattr(self, field)):
                yield Problem(field, f"{show(value)} is no UUID in lower case", "copy it from the channel's link")
        if not _TEAMS_CHANNEL.fullmatch(self.channel_id):
            yield _wrong_id("channel_id", self.channel_id, "channel of Teams", "19%3a0123456789abcdef%40thread.tacv2")
        yield from _topic_rules(self.topics)


ChatChannelInputs = SlackChannelInputs | TeamsChannelInputs


@inputs
class AlertsInputs:
    """Two topics of SNS, and who is told of them.

    https://docs.aws.amazon.com/sns/latest/dg/sns-event-destinations.html
    """

    urgent: RecipientsInputs
    """Who is woken: users notice something, or will within hours."""
    notices: RecipientsInputs = RecipientsInputs()
    """Who is told of what can wait for the next working day."""
    chat: Mapping[str, ChatChannelInputs] | None = None
    """Channels by names of your choice: `{"operations": SlackChannelInputs(…)}`. An account takes each channel of Slack
    once, and one channel of each team."""

    def recipients(self, topic: Topic) -> RecipientsInputs:
        """Who is told of a topic, beside channels."""
        return self.urgent if topic == "urgent" else self.notices

    def rules(self) -> Iterator[Problem]:
        channels = self.chat or {}
        if not (self.urgent.emails or self.urgent.endpoints or any("urgent" in c.topics for c in channels.values())):
            remedy = "name an e-mail address or an endpoint there, or a channel in chat"
            yield Problem("urgent", "nobody is woken by it", remedy)
        for name in channels:
            if not _NAME.fullmatch(name):
                remedy = "use 1 to 40 of a-z, 0-9 and single hyphens, a letter first"
                yield Problem("chat", f"{show(name)} is no name", remedy)
        taken = [channel.once for channel in channels.values()]
        for once in sorted({each for each in taken if taken.count(each) > 1}):
            yield Problem("chat", f"{once} is taken once in an account", "name it once, with all its topics")


def topic_arn(topic: Topic, *, prefix: str, region: str, account_id: str) -> str:
    """The ARN of a topic, as it is known before there is one."""
    return f"arn:aws:sns:{region}:{account_id}:{prefix}-{topic}"


def _secret_in(text: str) -> str:
    """What of a text is that of a URL or a key, without its value; empty where nothing is."""
    return next((part for part, found in {**_OF_A_URL, "a key": _KEY}.items() if found.search(text)), "")


def _secret(field: str, part: str) -> Problem:
    remedy = 'run `make subscribe ENV=…`, which asks for the URL, and give its name alone, as endpoints=("PagerDuty",)'
    return Problem(field, f"holds {part}, and a URL or a key is a secret, which would lie in the state", remedy)


def _wrong_id(field: str, value: str, what: str, example: str) -> Problem:
    return Problem(field, f"{show(value)} is no id of a {what}", f'write it as "{example}"')


def _topic_rules(topics: Sequence[str]) -> Iterator[Problem]:
    if not topics:
        yield Problem("topics", "is empty, so that it is told of nothing", "name one, or remove the channel")
    yield from _twice("topics", topics)


def _twice(field: str, values: Sequence[str]) -> Iterator[Problem]:
    if len(set(values)) < len(values):
        yield Problem(field, "one is named twice", "name each once")
