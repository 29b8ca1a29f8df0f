"""Measures a synthesis against its marks: `make bench`.

All figures are ratios of CPU time, of user and system with all child processes, of the same run: they hold on a slow or
a busy machine as well. The best of some runs counts; `terraform validate` runs once for each unit.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import lazy_providers

lazy_providers.install()  # it chooses the Node of all runs, also of those with plain imports

from rich.table import Table  # noqa: E402

from stacks.console import Console  # noqa: E402
from tests.terraform import Terraform, mirror  # noqa: E402

PROJECT = Path(__file__).parents[1]
RUNS = 3

FLOOR = """
import lazy_providers
lazy_providers.install()
import cdktf_cdktf_provider_aws, cdktf_cdktf_provider_cloudflare
"""


@dataclass(frozen=True)
class Mark:
    """The most that a measurement may be of another one, in CPU time."""

    what: str
    seconds: float
    of: str
    of_seconds: float
    most: float

    @property
    def ratio(self) -> float:
        """What it is."""
        return self.seconds / self.of_seconds


def main() -> int:
    """Print every ratio with its mark. Returns 1 where a mark is missed."""
    console = Console(soft_wrap=False, width=100)
    with tempfile.TemporaryDirectory() as directory:
        marks = _measure(Path(directory), console)
    console.print(_table(marks))
    missed = [mark for mark in marks if mark.ratio > mark.most]
    console.print(f"{len(marks) - len(missed)} of {len(marks)} marks held")
    return 1 if missed else 0


def _measure(directory: Path, console: Console) -> list[Mark]:
    program = ("-m", "benchmarks.program")
    python = _Python(console)
    floor = python("floor: start the kernel, load the assemblies, exit", "-c", FLOOR)
    lazy = python("100 resources", *program, "lazy", "100", f"{directory}/lazy")
    large = python("1000 resources", *program, "lazy", "1000", f"{directory}/large")
    eager = python("100 resources, plain imports", *program, "eager", "100", f"{directory}/eager", runs=2)
    units = python("make synth", "main.py", "--output", f"{directory}/units")
    marks = [
        Mark("100 resources", lazy, "the same with plain imports", eager, 0.12),
        Mark("1000 resources", large, "100 resources", lazy, 3.5),
        Mark("100 resources", lazy, "the floor", floor, 2.5),
    ]
    validate = _validate(directory / "units/stacks", console)
    if validate:
        marks.append(Mark("make synth", units, "terraform validate", validate, 0.6))
    return marks


class _Python:
    def __init__(self, console: Console) -> None:
        self._environment = {**os.environ, "NODE_OPTIONS": ""}
        self._console = console

    def __call__(self, what: str, *command: str, runs: int = RUNS) -> float:
        self._console.print(f"Measuring {what}")
        return min(_cpu_seconds(partial(self._run, command)) for _ in range(runs))

    def _run(self, command: tuple[str, ...]) -> None:
        arguments = [sys.executable, *command]
        subprocess.run(arguments, cwd=PROJECT, env=self._environment, stdout=subprocess.DEVNULL, check=True)


def _validate(units: Path, console: Console) -> float | None:
    """CPU seconds of `terraform validate` for all units of AWS alone; None where that cannot be run."""
    providers = mirror()
    if not providers or not shutil.which("terraform"):
        console.print("Not measured: terraform validate, which needs terraform and a mirror (TF_PROVIDER_MIRROR)")
        return None
    of_aws_alone = [file.parent for file in sorted(units.glob("*/cdk.tf.json")) if _needs_aws_alone(file)]
    console.print(f"Measuring terraform validate of the {len(of_aws_alone)} units that need AWS alone")
    seconds = 0.0
    for unit in of_aws_alone:
        terraform = Terraform(unit, {"hashicorp": providers})
        terraform.run("init", "-backend=false", "-input=false")
        seconds += _cpu_seconds(partial(terraform.run, "validate"))
    return seconds


def _needs_aws_alone(file: Path) -> bool:
    return list(json.loads(file.read_text())["terraform"]["required_providers"]) == ["aws"]


def _cpu_seconds(work: Callable[[], object]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    work()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _table(marks: list[Mark]) -> Table:
    table = Table("what", "CPU s", "compared with", "CPU s", "ratio", "mark", "")
    for mark in marks:
        verdict = "held" if mark.ratio <= mark.most else "MISSED"
        figures = (f"{mark.ratio:.2f}", f"<= {mark.most:g}", verdict)
        table.add_row(mark.what, f"{mark.seconds:.1f}", mark.of, f"{mark.of_seconds:.1f}", *figures)
    return table


if __name__ == "__main__":
    sys.exit(main())
