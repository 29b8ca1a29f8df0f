"""An environment on the local AWS, from its first deployment to nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from cli.local_aws.deployment import LocalDeployment
from tests.end_to_end.deployers import Deployer
from tests.end_to_end.drift import DRIFTS, WITHOUT_DRIFT, Changes
from tests.end_to_end.table import Table

# What holds data: a replacement of one of these loses it.
DATA_STORES = ("aws_db_instance", "aws_elasticache_replication_group", "aws_s3_bucket", "aws_secretsmanager_secret")


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

    def apply(self, unit: str = "") -> None:
        """Deploy what is deployed again, or one unit of it by its id."""
        self._deployer.deploy(unit)

    def change_to(self, deployment: LocalDeployment, deployer: Deployer) -> None:
        """Go on with other values."""
        self._deployment, self._deployer = deployment, deployer
        self._deployment.each(self._deployment.initialize)

    def outputs(self) -> dict[str, dict[str, Any]]:
        return {unit.name: self._deployment.outputs(unit) for unit in self._deployment.units}

    def destroy(self, unit: str = "") -> None:
        for name, seconds in self._deployer.destroy(unit).items():
            self._table.seconds(name, "destroy", seconds)

    def left(self) -> dict[str, list[str]]:
        """What is left in the state of a unit, where anything is."""
        found = {unit.name: self._deployment.resources(unit) for unit in self._deployment.units}
        return {name: resources for name, resources in found.items() if resources}

    def _names(self) -> list[str]:
        return [unit.name for unit in self._deployment.units]
