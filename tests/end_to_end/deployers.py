"""The ways to deploy an environment that people have without our own verbs."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from cli.local_aws.deployment import LocalDeployment
from cli.terraform.tree import Unit
from tests.end_to_end.cdktf import Cdktf


class Deployer(Protocol):
    """How units are deployed and destroyed: all of them, or one by its id."""

    def deploy(self, unit: str = "") -> dict[str, float]:
        """Deploy. Returns the seconds of each unit that has changed. Raises TerraformFailed or CdktfFailed."""
        ...

    def destroy(self, unit: str = "") -> dict[str, float]:
        """Destroy, in reverse order. Returns and raises the same."""
        ...


class ByTerraform:
    """With Terraform alone, unit by unit in the order that `make synth` prints, independent ones side by side."""

    def __init__(self, deployment: LocalDeployment) -> None:
        self._deployment = deployment

    def deploy(self, unit: str = "") -> dict[str, float]:
        return self._each(self._apply, unit)

    def destroy(self, unit: str = "") -> dict[str, float]:
        return self._each(self._deployment.destroy, unit, is_reversed=True)

    def _apply(self, unit: Unit) -> None:
        if not (unit.home / ".terraform").exists():
            self._deployment.initialize(unit)
        self._deployment.apply(unit)

    def _each(self, work: Callable[[Unit], None], only: str, *, is_reversed: bool = False) -> dict[str, float]:
        if only:
            (unit,) = (each for each in self._deployment.units if each.name == only)
            return {only: _timed(work)(unit)}
        return self._deployment.each(_timed(work), is_reversed=is_reversed)


class ByCdktf:
    """With `cdktf deploy '<environment>-*'`, which synthesizes the environment unless that is changed for a test."""

    def __init__(self, deployment: LocalDeployment, *, is_changed: bool) -> None:
        (self._environment,) = {unit.name.split("-")[0] for unit in deployment.units}
        self._cdktf = Cdktf(deployment.directory, self._environment, deployment.variables)
        self._options = ["--auto-approve", "--terraform-parallelism=30", *(["--skip-synth"] if is_changed else [])]

    def deploy(self, unit: str = "") -> dict[str, float]:
        return self._run("deploy", unit)

    def destroy(self, unit: str = "") -> dict[str, float]:
        return self._run("destroy", unit)

    def _run(self, verb: str, unit: str) -> dict[str, float]:
        units = [unit, "--ignore-missing-stack-dependencies"] if unit else [f"{self._environment}-*"]
        return self._cdktf.run(verb, *units, *self._options)


def _timed(work: Callable[[Unit], None]) -> Callable[[Unit], float]:
    def timed(unit: Unit) -> float:
        started = time.monotonic()
        work(unit)
        return time.monotonic() - started

    return timed
