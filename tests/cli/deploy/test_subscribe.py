"""A URL that is a secret gets to SNS and to nothing else, and who gave it knows what comes next."""

from __future__ import annotations

import io
import os
import pty
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from moto.sns.models import SNSBackend

from cli.deploy import subscribe
from cli.local_aws.server import LocalAws
from modules.alerts.inputs import AlertsInputs, RecipientsInputs
from tests import configurations
from tests.support import environment

pytestmark = pytest.mark.thorough

URL = "https://events.pagerduty.com/integration/0123456789abcdef0123456789abcdef/enqueue"
ACCOUNT = "123456789012"
TEST = environment(alerts=AlertsInputs(urgent=RecipientsInputs(endpoints=("PagerDuty",))))


@pytest.fixture
def aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalAws]:
    """An AWS with the topics of the environment, whose file is in the directory of the test."""
    configurations.write(tmp_path, TEST)
    with LocalAws() as running:
        for name, value in running.environment(ACCOUNT, os.environ).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("AWS_ENDPOINT_URL", running.url)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setattr(subscribe, "PATIENCE_SECONDS", 0.0)
        yield running


def topics(aws: LocalAws) -> None:
    for name in TEST.topic_arns:
        aws.client("sns", ACCOUNT).create_topic(Name=f"django-test-{name}")


def subscriptions(aws: LocalAws) -> list[tuple[str, str, str]]:
    found = aws.client("sns", ACCOUNT).list_subscriptions()["Subscriptions"]
    return [(each["TopicArn"], each["Protocol"], each["Endpoint"]) for each in found]


def said(url: str, directory: Path, monkeypatch: pytest.MonkeyPatch, *argv: str) -> int:
    """The exit code, with a URL on stdin, which is no terminal."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{url}\n"))
    return subscribe.main(["test", *argv], directory=directory)


def test_a_url_on_stdin_is_subscribed_and_shown_nowhere(
    aws: LocalAws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    topics(aws)
    assert said(URL, tmp_path, monkeypatch) == 0
    assert subscriptions(aws) == [(TEST.topic_arns["urgent"], "https", URL)]
    out, err = capsys.readouterr()
    assert out.startswith("django-test-urgent calls it from now on: arn:aws:sns:us-east-1:123456789012:django-test-urg")
    assert (out.count("\n"), err) == (1, "")
    for place in (out, err, *sys.argv, *os.environ.values()):
        assert "pagerduty" not in place
    assert not [file for file in tmp_path.rglob("*") if file.is_file() and "pagerduty.com" in file.read_text()]


def test_a_url_that_is_typed_is_not_shown(
    aws: LocalAws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    topics(aws)
    asked: list[str] = []

    def ask(question: str) -> str:
        asked.append(question)
        return URL

    ours, theirs = pty.openpty()
    os.write(ours, b"\n")  # what would be read in its place
    monkeypatch.setattr("getpass.getpass", ask)
    with os.fdopen(theirs, "r+b", buffering=0) as raw, io.TextIOWrapper(raw) as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)
        assert subscribe.main(["test", "--topic=notices"], directory=tmp_path) == 0
    os.close(ours)
    assert asked == ["The URL that django-test-notices calls (not shown): "]
    assert subscriptions(aws) == [(TEST.topic_arns["notices"], "https", URL)]
    assert capsys.readouterr().out.splitlines()[-1] == (
        "Give its name in stacks/config/test.py, alerts.notices.endpoints, so that the data says who is told"
    )


@pytest.mark.parametrize("answers", [("true", "true", "false"), ("true",) * 100])
def test_it_waits_a_little_for_its_confirmation_and_else_says_what_comes_next(
    answers: tuple[str, ...],
    aws: LocalAws,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    topics(aws)
    left, is_confirmed = iter(answers), answers[-1] == "false"
    monkeypatch.setattr(SNSBackend, "get_subscription_attributes", lambda *_: {"PendingConfirmation": next(left)})
    monkeypatch.setattr(subscribe, "PATIENCE_SECONDS", 60.0 if is_confirmed else 0.05)
    monkeypatch.setattr(subscribe, "POLL_SECONDS", 0.01)
    assert said(URL, tmp_path, monkeypatch) == 0
    first, *others = capsys.readouterr().out.splitlines()
    if is_confirmed:
        assert first.startswith("django-test-urgent calls it from now on: arn:aws:sns:")
        assert first.endswith(" is confirmed")
        assert others == []
    else:
        assert first.startswith("django-test-urgent calls it once it has confirmed arn:aws:sns:")
        assert first.endswith(": open the SubscribeURL of the message that it got")
        assert others == ["Where it got none, run `make subscribe ENV=test TOPIC=urgent` again, which sends another"]


@pytest.mark.parametrize("url", ["", "http://events.example.com/x", "events.example.com", "https://a b", "https://"])
def test_what_is_no_url_of_https_is_refused_and_not_repeated(
    url: str, aws: LocalAws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    topics(aws)
    assert said(url, tmp_path, monkeypatch) == 1
    assert subscriptions(aws) == []
    what = "is not a URL of HTTPS" if url else "is missing"
    assert capsys.readouterr().err == f"subscribe: the URL {what}: type it, or give it on stdin, as https://…\n"


def test_topics_that_are_not_deployed_are_named_with_the_next_command(
    aws: LocalAws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said(URL, tmp_path, monkeypatch) == 1
    assert capsys.readouterr().err == "subscribe: django-test-urgent is not deployed: run `make deploy ENV=test`\n"


def test_what_aws_says_is_told_without_the_url(
    aws: LocalAws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object, **given: str) -> None:
        text = f"Invalid parameter: {given['Endpoint']} is unreachable"
        raise ClientError({"Error": {"Code": "InvalidParameter", "Message": text}}, "Subscribe")

    topics(aws)
    monkeypatch.setattr("botocore.client.BaseClient._make_api_call", lambda _, __, given: refuse(**given))
    assert said(URL, tmp_path, monkeypatch) == 1
    told = capsys.readouterr().err
    assert told.startswith(
        "subscribe: AWS: An error occurred (InvalidParameter) when calling the Subscribe operation: "
    )
    assert told.endswith("(the URL) is unreachable: correct it, and try again\n")
    assert "pagerduty" not in told


def test_an_environment_without_alerts_has_no_topic(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    configurations.write(tmp_path, replace(TEST, alerts=None))
    assert said(URL, tmp_path, monkeypatch) == 1
    assert capsys.readouterr().err == (
        "stacks/config/test.py: alerts: is None, so that there is no topic: add alerts=AlertsInputs(…), and run "
        "`make deploy ENV=test`\n"
    )
