"""Who is told can be reached by what the data says, and no secret is in it."""

from __future__ import annotations

from time import process_time
from typing import Any

import pytest

from modules import rules
from modules.alerts.inputs import AlertsInputs, RecipientsInputs, SlackChannelInputs, TeamsChannelInputs
from modules.validation import line, problems, validate

SLACK: dict[str, Any] = {"workspace_id": "T0123456789", "channel_id": "C0123456789"}
TEAMS: dict[str, Any] = {
    "tenant_id": "01234567-89ab-cdef-0123-456789abcdef",
    "team_id": "fedcba98-7654-3210-fedc-ba9876543210",
    "channel_id": "19%3a0123456789abcdef%40thread.tacv2",
}
ANN = RecipientsInputs(emails=("ann@example.com",))


def slack(**changes: Any) -> SlackChannelInputs:
    return SlackChannelInputs(**{**SLACK, **changes})


def teams(**changes: Any) -> TeamsChannelInputs:
    return TeamsChannelInputs(**{**TEAMS, **changes})


@pytest.mark.parametrize("text", ["ann@example.com", "Ann.O'Hara+shop@Mail.Example.com", "a@b.co", f"{'a' * 64}@b.co"])
def test_an_address_to_which_mail_can_be_sent_is_one(text: str) -> None:
    assert rules.email_address(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "ann", "ann@", "@example.com", "ann@localhost", "a b@example.com", ".ann@example.com"),
        *("ann.@example.com", "a..b@example.com", "ann@@example.com", "ann@example.com."),
        *("Ann <ann@example.com>", f"{'a' * 65}@b.co"),
    ],
)
def test_any_other_text_is_no_address(text: str) -> None:
    assert not rules.email_address(text)


@pytest.mark.parametrize(
    "inputs",
    [
        AlertsInputs(urgent=ANN),
        AlertsInputs(urgent=RecipientsInputs(endpoints=("PagerDuty",)), notices=ANN),
        AlertsInputs(urgent=RecipientsInputs(), chat={"on-call": slack(topics=("urgent",)), "teams": teams()}),
    ],
)
def test_somebody_who_is_woken_by_any_way_is_enough(inputs: AlertsInputs) -> None:
    validate(inputs)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"urgent": RecipientsInputs()},
            "urgent: nobody is woken by it: name an e-mail address or an endpoint there, ",
        ),
        ({"urgent": RecipientsInputs(), "chat": {"a": slack(topics=("notices",))}}, "urgent: nobody is woken by it: "),
        ({"notices": RecipientsInputs(emails=("ann",))}, "notices.emails: 'ann' is no e-mail address: write it as "),
        (
            {"urgent": RecipientsInputs(emails=("ann@example.com", "Ann@example.com"))},
            "urgent.emails: one is named twice: name each once",
        ),
        ({"notices": RecipientsInputs(endpoints=("a", "a"))}, "notices.endpoints: one is named twice: name each once"),
        ({"notices": RecipientsInputs(endpoints=("",))}, "notices.endpoints: got a name of 0 characters: use 1 to 40"),
        ({"chat": {"On call": slack()}}, "chat: 'On call' is no name: use 1 to 40 of a-z, 0-9 and single hyphens"),
        (
            {"chat": {"a": slack(), "b": slack(topics=("urgent",))}},
            "chat: channel C0123456789 of T0123456789 is taken once in an account: name it once, with all its topics",
        ),
        # Terraform's provider finds a channel of Teams by its team.
        (
            {"chat": {"a": teams(), "b": teams(channel_id="19%3aother%40thread.tacv2")}},
            f"chat: team {TEAMS['team_id']} is taken once in an account: name it once, with all its topics",
        ),
        ({"chat": {"a": slack(topics=())}}, "chat['a'].topics: is empty, so that it is told of nothing: name one"),
        ({"chat": {"a": slack(topics=("urgent", "urgent"))}}, "chat['a'].topics: one is named twice: name each once"),
        ({"chat": {"a": slack(topics=("all",))}}, "chat['a'].topics: got ('all',): give a tuple of one of 'urgent', "),
        (
            {"chat": {"a": slack(workspace_id="acme.slack.com")}},
            "chat['a'].workspace_id: 'acme.slack.com' is no id of a workspace of Slack: write it as \"T0123456789\"",
        ),
        (
            {"chat": {"a": slack(channel_id="#alerts")}},
            "chat['a'].channel_id: '#alerts' is no id of a channel of Slack: write it as \"C0123456789\"",
        ),
        (
            {"chat": {"a": teams(tenant_id="acme")}},
            "chat['a'].tenant_id: 'acme' is no UUID in lower case: copy it from",
        ),
        ({"chat": {"a": teams(team_id=TEAMS["team_id"].upper())}}, "chat['a'].team_id: 'FEDCBA98-"),
        (
            {"chat": {"a": teams(channel_id="19:0123456789abcdef@thread.tacv2")}},
            "chat['a'].channel_id: '19:0123456789abcdef@thread.tacv2' is no id of a channel of Teams: write it as ",
        ),
    ],
)
def test_what_reaches_nobody_is_refused(changes: dict[str, Any], said: str) -> None:
    (found,) = map(line, problems(AlertsInputs(**{"urgent": ANN, **changes})))
    assert found.startswith(said)


@pytest.mark.parametrize(
    ("secret", "part"),
    [
        ("0123456789abcdef0123456789abcdef", "a key"),
        ("01234567-89ab-cdef-0123-456789abcdef", "a key"),
        ("R01ABCDEFGHIJKLMNOPQ", "a key"),
        ("aX3kQ9vLm2RtB7wZc5Yd", "a key"),
        ("hooks.slack.com/services/T0", "a URL"),
        ("hooks/T000/B000", "a path"),
        ("services/T0AB", "a path"),
        ("T0AB/services", "a path"),
        ("integration/0a1b2c3d/enqueue", "a path"),
        ("services/abcdefghijKLMNOPQRSTuvwx", "a path"),
        ("/enqueue", "a path"),
        ("hooks%2FT000", "an escape of a URL"),
        ("key=secret", "a parameter"),
    ],
)
def test_a_key_or_a_part_of_a_url_is_neither_a_name_nor_an_address_and_is_not_shown(secret: str, part: str) -> None:
    for field, given in (("endpoints", "PagerDuty EU 24x7 (on-call)"), ("emails", "ann+24x7@example.com")):
        (found,) = map(line, problems(AlertsInputs(urgent=RecipientsInputs(**{field: (given, secret)}))))
        assert found.startswith(f"urgent.{field}: holds {part}, and a URL or a key is a secret, which would ")
        assert secret not in found


@pytest.mark.parametrize(("field", "part"), [("emails", "user:password@host"), ("endpoints", "an @")])
def test_a_password_before_a_host_is_not_shown_either(field: str, part: str) -> None:
    (found,) = map(line, problems(AlertsInputs(urgent=RecipientsInputs(**{field: ("user:pass@host",)}), notices=ANN)))
    assert found.startswith(f"urgent.{field}: holds {part}, and a URL or a key is a secret, ")
    assert "pass@" not in found


@pytest.mark.parametrize(
    "name",
    [
        "Rufbereitschaft 24/7",
        "On call 24/7/365",
        "PagerDuty: payments",
        "Opsgenie #oncall",
        "50% on call",
        "BetterStackUptime2ForProd",
        "TeamOnCallRotation24x7Prod",
        "AWS/SRE/EU",
        "SRE/team1",
        "AWS/L2-support/24x7",
        "Operations/On-call/2nd-line",
        "Who is it?",
    ],
)
def test_a_name_as_people_write_it_is_one(name: str) -> None:
    assert list(problems(AlertsInputs(urgent=RecipientsInputs(endpoints=(name,))))) == []


@pytest.mark.parametrize(
    "name", ["o" * 36 + "_/", "o" * 36 + "1B", "1" * 36 + "oB/", "Ot" * 30 + "1B", "On" * 30 + "_/"]
)
def test_a_long_name_is_read_in_one_pass(name: str) -> None:
    start = process_time()
    assert [*problems(AlertsInputs(urgent=RecipientsInputs(endpoints=(name,))))]
    assert process_time() - start < 1


@pytest.mark.parametrize("field", ["emails", "endpoints"])
def test_a_url_is_no_data_and_its_verb_is_named(field: str) -> None:
    secret = "https://events.pagerduty.com/integration/0123456789abcdef0123456789abcdef/enqueue"
    (found,) = map(line, problems(AlertsInputs(urgent=RecipientsInputs(**{field: (secret,)}), notices=ANN)))
    assert found.startswith(
        f"urgent.{field}: holds a URL, and a URL or a key is a secret, which would lie in the state: run `make "
    )
    assert "pagerduty.com" not in found
