"""The door to all commands: each verb that something calls exists, and runs the command of its module."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from cli.__main__ import GROUPS, VERBS, main

ROOT = Path(__file__).parents[2]
CALLERS = [ROOT / "Makefile", *(ROOT / ".github").rglob("*.yml"), *(ROOT / "docs").rglob("*.md"), ROOT / "README.md"]


def test_each_verb_that_something_calls_exists() -> None:
    called = {verb for file in CALLERS for verb in re.findall(r"python3? -m cli ([a-z][\w-]*)", file.read_text())}
    assert {"graph", "workflows", "comment", "plan"} <= called
    assert called - VERBS.keys() == set()


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_has_a_command(verb: str) -> None:
    assert callable(import_module(VERBS[verb].module).main)


def test_one_that_does_not_exist_is_misuse(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["workflow"]) == 1
    assert capsys.readouterr().err == "'workflow': there is no verb of this name: use workflows\n"


def test_a_credential_in_place_of_a_verb_is_not_printed(capsys: pytest.CaptureFixture[str]) -> None:
    token = "ghp_" + "a1" * 18
    assert main([token]) == 1
    assert token not in capsys.readouterr().err


def test_an_interrupt_while_a_command_is_imported_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("cli.__main__.import_module", interrupted)
    assert main(["plan", "prod"]) == 130
    assert capsys.readouterr().err == "plan: interrupted: run it again to go on\n"


def test_help_lists_each_verb_in_its_group_within_80_columns(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == main(["--help"]) == 0
    once, twice = capsys.readouterr().out.split("usage: ")[1:]
    assert once == twice
    lines = once.splitlines()
    assert max(map(len, lines)) <= 80
    assert [line.split()[0] for line in lines[2:] if line.startswith("  ")] == list(VERBS)
    assert [line.rstrip(":") for line in lines if line.endswith(":")] == list(GROUPS)


def test_no_command_is_imported_before_it_is_asked_for() -> None:
    program = "import sys; from cli import __main__; print([m for m in sys.modules if m.startswith('cli.')])"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "['cli.__main__']\n"
