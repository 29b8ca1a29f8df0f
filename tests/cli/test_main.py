"""The door to all commands: each verb that something calls exists, and runs the command of its module."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest

from cli.__main__ import VERBS, main

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
    assert main(["workflow"]) == 2
    assert capsys.readouterr().err == "python -m cli: there is no verb 'workflow': use workflows\n"
