"""Any wrong environment is told, a line for each problem, and nothing is written."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from stacks.config import loader
from stacks.synthesis import command as main
from tests.configurations import changed, source, write
from tests.environments import frozen
from tests.fuzz.wrong import BROKEN, wrong_sources

pytestmark = pytest.mark.thorough

DEV, STAGING, PROD = map(frozen, ("dev", "staging", "prod"))

UNHURRIED: dict[str, Any] = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
}

# where: what is wrong: what to do
LINE = re.compile(r"\S+prod\.py(:\d+)?: [^:]+.*: .+")

# A rule between two parts is told at one of them.
TOLD_ELSEWHERE = {"region": "network", "network": "postgresql"}


def lines_of(text: str, directory: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What is told of a prod.py with this text, beside the right dev and staging."""
    write(directory, DEV, STAGING, PROD)
    (directory / "prod.py").write_text(text, encoding="utf-8", errors="surrogatepass")
    output = directory / "cdktf.out"
    code = main.main(["--output", str(output)], directory)
    lines = capsys.readouterr().err.removesuffix("\n").split("\n")
    assert code == 1, text
    for line in lines:
        assert LINE.fullmatch(line), line
        assert "Traceback" not in line
    assert not output.exists()
    return lines


@pytest.mark.parametrize("examples", [150, pytest.param(2000, marks=pytest.mark.slow)])
def test_a_wrong_environment_is_a_line_for_each_problem_and_touches_no_file(
    examples: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    @given(text=wrong_sources(PROD))
    @settings(max_examples=examples, **UNHURRIED)
    def told(text: str) -> None:
        lines_of(text, tmp_path, capsys)

    told()


@pytest.mark.parametrize("examples", [2, pytest.param(5, marks=pytest.mark.slow)])
@pytest.mark.parametrize("path", sorted(BROKEN))
def test_every_rule_is_told_where_it_was_broken(
    path: str, examples: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fields = tuple(path.split("."))

    @given(value=BROKEN[path])
    @settings(max_examples=examples, **UNHURRIED)
    def told(value: object) -> None:
        lines = lines_of(source(changed(PROD, fields, value)), tmp_path, capsys)
        found = {re.split(r"[.\[]", line.split(": ")[1])[0] for line in lines}
        assert found & {fields[0], TOLD_ELSEWHERE.get(fields[0])}, lines

    told()


def test_the_unchanged_environment_is_right(tmp_path: Path) -> None:
    (tmp_path / "prod.py").write_text(source(PROD))
    assert list(loader.load(["prod"], tmp_path).values()) == [PROD]
