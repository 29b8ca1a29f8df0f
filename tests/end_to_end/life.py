"""An environment on the local AWS, from its first deployment to nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from cli.local_aws.deployment import LocalDeployment
from cli.tree import Unit
from tests.end_to_end.cdktf import Cdktf
from tests.end_to_end.drift import DRIFTS, WITHOUT_DRIFT, Changes
from tests.end_to_end.table import Table

# What holds data: a replacement of one of these loses it.
DATA_STORES = ("aws_db_instance", "aws_elasticache_replication_group", "aws_s3_bucket", "aws_secretsmanager_secret")


class Deployer(Protocol):
    """How the units are deployed and destroyed."""

    def deploy(self) -> dict[str, float]:
        """Deploy all. Returns the seconds of each unit."""
        ...

    def destroy(self) -> dict[str, float]:
        """Destroy all, in reverse order. Returns the seconds of each unit."""
        ...


class ByTerraform:
    """With Terraform alone, unit by unit in the order that `make synth` prints, independent ones side by side."""

    def __init__(self, deployment: LocalDeployment) -> None:
        self._deployment = deployment

    def deploy(self) -> dict[str, float]:
        def deploy(unit: Unit) -> None:
            self._deployment.initialize(unit)
            self._deployment.apply(unit)

        return self._deployment.each(_timed(deploy))

    def destroy(self) -> dict[str, float]:
        return self._deployment.each(_timed(self._deployment.destroy), is_reversed=True)


class ByCdktf:
    """With `cdktf deploy '<environment>-*'`."""

    def __init__(self, cdktf: Cdktf, environment: str) -> None:
        self._cdktf = cdktf
        self._units = f"{environment}-*"

    def deploy(self) -> dict[str, float]:
        return self._cdktf.run("deploy", self._units, "--auto-approve", "--terraform-parallelism=30")

    def destroy(self) -> dict[str, float]:
        return self._cdktf.run("destroy", self._units, "--auto-approve", "--terraform-parallelism=30")


class Life:
    """What is done to an environment, and what came of it."""

    def __init__(self, deployment: LocalDeployment, deployer: Deployer, table: Table) -> None:
        self._deployment = deployment
        self._deployer = deployer
        self._table = table

    def deploy(self) -> None:
        for name, seconds in self._deployer.deploy().items():
            self._table.seconds(name, "apply", seconds)
        for unit in self._deployment.units:
            self._table.set(unit.name, "resources", str(len(self._deployment.resources(unit))))

    def plan(self) -> dict[str, Changes]:
        """What a plan of each unit would change, where it would anything."""
        with ThreadPoolExecutor(4) as executor:
            plans = dict(zip(self._names(), executor.map(self._deployment.plan, self._deployment.units), strict=True))
        return {name: changes for name, changes in plans.items() if changes}

    def record_second_plan(self, plans: dict[str, Changes]) -> None:
        for name in self._names():
            self._table.set(name, "second plan", "changes" if name in plans else "no changes")

    def drift(self) -> dict[str, Changes]:
        """Change every unit behind Terraform's back. Returns what a plan must say of each."""
        expected = {}
        for unit in self._deployment.units:
            kind = unit.name.split("-", 1)[1]
            if kind not in WITHOUT_DRIFT:
                expected[unit.name] = DRIFTS[kind](self._deployment, self._deployment.outputs(unit))
        return expected

    def apply(self) -> None:
        self._deployment.each(self._deployment.apply)

    def change_to(self, deployment: LocalDeployment, deployer: Deployer) -> None:
        """Go on with other values."""
        self._deployment, self._deployer = deployment, deployer
        self._deployment.each(self._deployment.initialize)

    def outputs(self) -> dict[str, dict[str, Any]]:
        return {unit.name: self._deployment.outputs(unit) for unit in self._deployment.units}

    def destroy(self) -> None:
        for name, seconds in self._deployer.destroy().items():
            self._table.seconds(name, "destroy", seconds)

    def left(self) -> dict[str, list[str]]:
        """What is left in the state of a unit, where anything is."""
        found = {unit.name: self._deployment.resources(unit) for unit in self._deployment.units}
        return {name: resources for name, resources in found.items() if resources}

    def _names(self) -> list[str]:
        return [unit.name for unit in self._deployment.units]


def _timed(work: Callable[[Unit], None]) -> Callable[[Unit], float]:
    def timed(unit: Unit) -> float:
        started = time.monotonic()
        work(unit)
        return time.monotonic() - started

    return timed
