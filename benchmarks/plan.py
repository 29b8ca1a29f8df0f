"""Measures a plan against its mark: `make bench-plan`.

The whole page of prod with its gate, of what is deployed to the local AWS, against what any tool must do that plans
units in the order of their dependencies: `terraform init`, `plan` and `show -json` for each, independent ones side by
side. Both are timed in pairs on the same machine, and the median of their ratios counts.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from rich.table import Table

from cli.local_aws.deployment import LocalDeployment
from cli.local_aws.server import LocalAws
from cli.terraform import tree
from cli.terraform.in_order import in_order
from cli.terraform.runner import TerraformFailed
from cli.terraform.synthesis import PROJECT, synthesize
from cli.terraform.tree import Unit
from cli.terraform.version import executable
from stacks.console import Console
from tests import environments

ENVIRONMENT = "prod"
PAIRS = 3
MARK = 1.0
"""The most that a page may take of the time of the chain."""


def main() -> int:
    """Print the ratio with its mark. Returns 1 where the mark is missed."""
    console = Console(soft_wrap=False, width=100)
    with tempfile.TemporaryDirectory() as path, LocalAws() as aws:
        directory = Path(path)
        console.print(f"Deploying {ENVIRONMENT} to the local AWS, which takes minutes")
        synthesize([ENVIRONMENT], directory / "deployed", config=environments.DIRECTORY)
        # Planned from where nothing was initialized yet.
        shutil.copytree(directory / "deployed", directory / "units")
        deployment = LocalDeployment(directory / "deployed", directory, aws)
        deployment.bootstrap()
        deployment.each(lambda unit: _deploy(deployment, unit))
        pairs = []
        for number in range(PAIRS):
            console.print(f"Measuring pair {number + 1} of {PAIRS}")
            chain = _measure(lambda: _chain(directory / "units", directory / "chain", deployment.variables))
            page = _measure(lambda: _page(directory / "units", deployment.variables))
            pairs.append((chain, page))
    console.print(_table(pairs))
    ratio = median(page[0] / chain[0] for chain, page in pairs)
    verdict = "held" if ratio <= MARK else "MISSED"
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    console.print(f"Median {ratio:.2f}, mark <= {MARK:g}: {verdict} ({os.cpu_count()} cores, load {load})")
    return 0 if ratio <= MARK else 1


def _deploy(deployment: LocalDeployment, unit: Unit) -> None:
    deployment.initialize(unit)
    deployment.apply(unit)


def _chain(units: Path, copy: Path, environment: dict[str, str]) -> None:
    """Plan all units in a new copy, each as soon as its upstreams are planned and their plans are read."""
    shutil.copytree(units, copy)

    def plan(unit: Unit) -> None:
        for command in ("init -input=false", "plan -input=false -lock=false -out=tfplan", "show -json tfplan"):
            subprocess.run(
                [executable(), *command.split()],
                cwd=unit.directory,
                env=environment,
                stdout=subprocess.DEVNULL,
                check=True,
            )

    found = tree.read(copy)
    in_order(found, plan, most_at_once=len(found)).all()
    shutil.rmtree(copy)


def _page(units: Path, environment: dict[str, str]) -> None:
    """The page as a user gets it, of units that were synthesized before."""
    command = [sys.executable, "-m", "cli", "plan", "--tree", str(units)]
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:  # what is deployed has no changes
        raise TerraformFailed(done.stderr.strip().splitlines()[-1])


def _measure(work: Callable[[], None]) -> tuple[float, float]:
    """Seconds of the clock and of CPU, with those of all child processes."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    work()
    seconds, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _table(pairs: list[tuple[tuple[float, float], tuple[float, float]]]) -> Table:
    table = Table("pair", "init, plan, show: s", "CPU s", "page with gate: s", "CPU s", "ratio", "of CPU")
    for number, (chain, page) in enumerate(pairs, start=1):
        figures = (*chain, *page, page[0] / chain[0], page[1] / chain[1])
        decimals = (1, 1, 1, 1, 2, 2)
        table.add_row(str(number), *(f"{figure:.{places}f}" for figure, places in zip(figures, decimals, strict=True)))
    return table


if __name__ == "__main__":
    sys.exit(main())
