"""Every command begins alike: it knows the environments of the user, and asks a person for the name of one."""

from __future__ import annotations

import io
import os
import pty
import sys
from collections.abc import Callable
from importlib import import_module

import pytest

from cli import command
from cli.__main__ import VERBS
from cli.failure import Failure
from stacks.config import loader
from tests.environments import DIRECTORY
from tests.support import environment

TEST = environment()


def answered(answer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Type an answer on a terminal."""
    ours, theirs = pty.openpty()
    os.write(ours, answer.encode())
    with os.fdopen(theirs, "r+b", buffering=0) as raw, io.TextIOWrapper(raw) as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)
        command.confirm("Deploy 1.0.0 to test?", TEST, "deploy")
    os.close(ours)


def test_its_name_confirms(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    answered("test\n", monkeypatch)
    assert capsys.readouterr().out == "Deploy 1.0.0 to test? Type its name, test: "


@pytest.mark.parametrize("answer", ["yes\n", "\n", "Test\n", "\x04"])
def test_any_other_answer_changes_nothing(answer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Failure, match="^deploy: that is not its name: nothing was changed$"):
        answered(answer, monkeypatch)


def test_where_nobody_can_be_asked_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("test\n"))
    with pytest.raises(Failure, match="^deploy: test requires confirmation, but there is no terminal: pass --yes, "):
        command.confirm("Deploy?", TEST, "deploy")


# What asks for an environment, or for several.
OPERATING = (
    "status",
    "outputs",
    "logs",
    "run",
    "shell",
    "console",
    "psql",
    "port-forward",
    "superuser",
    "subscribe",
    "origin-certificate",
    "backup",
    "restore",
    "load-dump",
    "pause",
    "resume",
)
ONE = ("bootstrap", "deploy", "adopt-resources", "move-state", "destroy", *OPERATING, "local", "try", "doctor")
MANY = ("plan", "cost", "graph", "tftest")
NONE = (
    "init",
    "environment",
    "describe",
    "comment",
    "diff-environments",
    "prices",
    "ip-ranges",
    "rds-authorities",
    "workflows",
    "cdk-terrain",
    "lock",
)
REST = {
    "run": ["true"],
    "superuser": ["--username=ann", "--email=ann@example.com"],
    "environment": ["qa"],
    "move-state": ["--from=s3://states"],
    "load-dump": ["--from=shop.dump"],
}


def run(verb: str, *argv: str) -> int:
    main: Callable[..., int] = import_module(VERBS[verb].module).main
    return main(argv) if verb in NONE else main(argv, directory=DIRECTORY)


def test_each_verb_is_one_of_these() -> None:
    assert {*ONE, *MANY, *NONE} == VERBS.keys()


@pytest.mark.parametrize("verb", [*ONE, *MANY])
def test_an_environment_that_there_is_not_reads_the_same_in_every_verb(
    verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(verb, "prd", *REST.get(verb, ())) == 1
    assert capsys.readouterr() == ("", "'prd': there is no environment of this name: use prod\n")


@pytest.mark.parametrize("verb", VERBS)
def test_an_option_that_there_is_not_reads_the_same_in_every_verb(
    verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    rest = {**REST, "comment": ["1", "page"], "diff-environments": ["dev", "prod"], "describe": ["../shop"]}.get(
        verb, ()
    )
    assert run(verb, *(["dev"] if verb in ONE else []), *rest, "--nope") == 1
    program = f"python -m cli {verb}"
    assert capsys.readouterr() == ("", f"{program}: unrecognized arguments: --nope: see {program} --help\n")


@pytest.mark.parametrize("verb", MANY)
def test_all_names_that_are_wrong_are_reported_at_once(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(verb, "prd", "prod", "stagin") == 1
    assert [line.rpartition(": ")[2] for line in capsys.readouterr().err.splitlines()] == ["use prod", "use staging"]


@pytest.mark.parametrize("names", [("first",), ("hml", "prd")])
def test_the_first_environment_is_meant_unless_one_is_named(
    names: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loader, "names", lambda _: names)
    parser = command.Parser("deploy", None)
    command.add_environment(parser, DIRECTORY)
    assert [parser.parse_args(given).environment for given in ([], [names[-1]])] == [names[0], names[-1]]


@pytest.mark.parametrize(
    "verb",
    ["destroy", "backup", "run", "console", "psql", "port-forward", "subscribe", "origin-certificate", "restore"],
)
def test_but_not_to_destroy_it_or_to_run_something_there(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(verb) == 1
    assert "the following arguments are required: ENVIRONMENT: see " in capsys.readouterr().err
