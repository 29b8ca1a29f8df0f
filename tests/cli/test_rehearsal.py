"""A rehearsal is marked at the beginning of each verb, and nothing but a local AWS can be taken for one."""

from __future__ import annotations

import pytest

from cli import failure, rehearsal
from cli.local_aws.server import LocalAws

LOCAL = {"REHEARSAL": "1", "AWS_ENDPOINT_URL": "http://aws.test"}


def test_the_terminal_that_speaks_to_the_local_aws_is_one() -> None:
    with LocalAws() as aws:
        variables = aws.environment("123456789012", {})
    assert not rehearsal.is_rehearsal(variables)
    assert rehearsal.is_rehearsal({**variables, "REHEARSAL": "1"})


@pytest.mark.parametrize("name", LOCAL)
@pytest.mark.parametrize("value", [None, "", "http://127.0.0.1"])
def test_the_variable_alone_skips_no_check_of_a_deployment(name: str, value: str | None) -> None:
    variables = {**LOCAL, name: value} if value is not None else {key: LOCAL[key] for key in {*LOCAL} - {name}}
    assert rehearsal.is_rehearsal(variables) == (name == "REHEARSAL" and bool(value))


@pytest.mark.parametrize(
    ("value", "url", "runs_nothing"),
    [("1", "", True), ("http://127.0.0.1:8", "http://127.0.0.1:8", False), ("", "", False)],
)
def test_the_variable_says_where_the_application_runs(value: str, url: str, runs_nothing: bool) -> None:
    variables = {**LOCAL, "REHEARSAL": value}
    assert (rehearsal.url(variables), rehearsal.runs_nothing(variables)) == (url, runs_nothing)
    assert rehearsal.url({"REHEARSAL": value}) == ""


def test_each_verb_begins_with_its_mark(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert failure.run_command("deploy", lambda: 0) == 0
    assert capsys.readouterr().err == ""
    for name, value in LOCAL.items():
        monkeypatch.setenv(name, value)
    assert failure.run_command("deploy", lambda: 0) == 0
    line = "deploy: rehearsal on the local AWS: no account is touched, and no container runs\n"
    assert capsys.readouterr().err == line
    monkeypatch.setenv("REHEARSAL", "http://127.0.0.1:8")
    assert failure.run_command("deploy", lambda: 0) == 0
    assert capsys.readouterr().err.endswith("no account is touched, and containers are processes of this machine\n")
