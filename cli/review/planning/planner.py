"""Plans one unit in a copy of it, with the outputs of the upstreams that were planned before."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from cli.review.planning import offline
from cli.review.planning.inputs import SUBSTITUTED, Input, Source, Upstream, inputs_of, state_of
from cli.review.planning.planned_unit import FILE, PlannedUnit
from cli.review.planning.running import IMAGE_TAG
from cli.terraform.ephemeral import without_ephemeral
from cli.terraform.plan import Plan, UnitPlan
from cli.terraform.runner import Terraform, TerraformFailed
from cli.terraform.tree import Json, Unit
from cli.terraform.workspace import Workspace, write

OVERRIDE = "plan_override.tf.json"


# The AWS provider 5.100.0 reads the value of a secret at every refresh, also of one that it wrote by a write-only
# argument and does not keep: https://github.com/hashicorp/terraform-provider-aws/issues/42383
def _is_secret_denied(reason: str) -> bool:
    return "AccessDenied" in reason.partition("GetSecretValue")[2]


class Planner:
    """Plans units of a tree. It may plan several at once, from several threads."""

    def __init__(
        self,
        units: Sequence[Unit],
        workspace: Workspace,
        terraform: Terraform,
        *,
        is_offline: bool,
        image_tags: Mapping[str, str],
    ) -> None:
        """`units` are those among which upstreams are found; `is_offline` plans without an account.

        `image_tags` has the images that run, by environment, for units that are not told one.
        """
        self._units = units
        self._workspace = workspace
        self._terraform = terraform
        self._is_offline = is_offline
        self._image_tags = image_tags

    def plan(self, unit: Unit, planned: Mapping[str, PlannedUnit], step: Callable[[str], None]) -> PlannedUnit:
        """Plan a unit whose upstreams are all in `planned`, by their ids. `step` is told what is being done.

        Raises TerraformFailed.
        """
        directory = self._workspace.copy(unit)
        running, placeholders = self._variables(unit)
        if running or placeholders:
            write(directory / "plan.auto.tfvars.json", {**running, **placeholders})
        override = offline.override(unit) if self._is_offline else {}
        if unit.backend[0] == "local":
            override["terraform"] = {"backend": {"local": _absolute(unit.backend[1], unit)}}
        inputs = self._read_upstreams(unit, directory, planned, override)
        if override:
            write(directory / OVERRIDE, override)
        step("initializing")
        self._initialize(unit, directory)
        step("planning")
        # Without a lock, because the role that plans a pull request may write nothing. A saved plan is safe all the
        # same: Terraform refuses to apply it once the state has changed.
        is_refreshed = self._plan(unit, directory, step)
        step("reading the plan")
        shown = Plan(json.loads(self._terraform.run(directory, "show", "-json", FILE)))
        result = PlannedUnit(
            name=unit.name,
            directory=directory,
            inputs=tuple(inputs),
            running=running,
            placeholders=placeholders,
            is_refreshed=is_refreshed,
            inexact=self._inexact(unit, inputs, planned, placeholders) or ("" if is_refreshed else _NOT_REFRESHED),
        )
        if result.inexact:
            (directory / FILE).unlink()
        plan = UnitPlan(
            name=unit.name, configuration=unit.configuration, plan=shown, mocked=result.outputs(Source.MOCK)
        )
        return replace(result, plan=plan)

    def _plan(self, unit: Unit, directory: Path, step: Callable[[str], None]) -> bool:
        """Plan, and return whether the state was compared with what there is.

        Where a secret may not be read, it is planned from its state, as the role of pull requests has to.
        """
        arguments = ["plan", "-json", "-input=false", "-lock=false", f"-out={FILE}"]
        if not self._is_offline:
            try:
                self._terraform.run(directory, *arguments)
            except TerraformFailed as error:
                if not _is_secret_denied(str(error)):
                    raise
                step("planning from its state, because a secret of it may not be read")
                write(directory / "cdk.tf.json", without_ephemeral(unit.configuration))
            else:
                return True
        self._terraform.run(directory, *arguments, "-refresh=false")
        return False

    def _initialize(self, unit: Unit, directory: Path) -> None:
        try:
            self._workspace.initialize(unit, directory)
        except TerraformFailed as error:
            # Of the reasons why a state cannot be read; what else can be wrong speaks for itself.
            if re.search(r"credential|bucket|STS|AccessDenied", str(error)) and not self._is_offline:
                raise TerraformFailed(f"{error}: log in to AWS, or plan with --offline") from error
            raise

    def _variables(self, unit: Unit) -> tuple[Json, Json]:
        """Values for the variables that have none: as it runs, and made up."""
        missing = offline.placeholders(unit, os.environ)
        tag = self._image_tags.get(unit.environment)
        if self._is_offline or not missing or (tag == "" and [*missing] == [IMAGE_TAG]):
            return {}, missing
        if tag and [*missing] == [IMAGE_TAG]:
            return {IMAGE_TAG: tag}, {}
        names = ", ".join(missing)
        remedy = ", ".join(f"TF_VAR_{name}" for name in missing)
        raise TerraformFailed(f"no value for the variable {names}: set {remedy}")

    def _read_upstreams(
        self, unit: Unit, directory: Path, planned: Mapping[str, PlannedUnit], override: Json
    ) -> list[Input]:
        """The inputs of a unit. Data sources that cannot give them go to `override`, and read a state made of them."""
        inputs = []
        sources: Json = {}
        for name, source in sorted(unit.remote_states.items()):
            upstream = self._upstream(unit, name, planned)
            if upstream:
                found = inputs_of(unit, name, upstream)
                inputs += found
                if upstream.is_deployed and not any(item.source in SUBSTITUTED for item in found):
                    upstream = None
            if upstream:
                file = f"{name}.tfstate"
                write(directory / file, state_of(found, upstream))
                sources[name] = {"backend": "local", "config": {"path": file}}
            elif source.get("backend") == "local":
                sources[name] = {"config": _absolute(source["config"], unit)}
        if sources:
            override["data"] = {"terraform_remote_state": sources}
        return inputs

    def _upstream(self, unit: Unit, remote_state: str, planned: Mapping[str, PlannedUnit]) -> Upstream | None:
        """What is known of an upstream; None for one that is not among the units and can be read as it is."""
        found = unit.upstream(remote_state, self._units)
        if found is None:
            is_local = unit.remote_states[remote_state].get("backend") == "local"
            return Upstream(outputs={}, mocked=False) if self._is_offline and not is_local else None
        plan = planned[found.name].plan
        return Upstream(outputs=plan.plan.outputs, mocked=planned[found.name].mocked) if plan else None

    def _inexact(
        self, unit: Unit, inputs: Sequence[Input], planned: Mapping[str, PlannedUnit], placeholders: Json
    ) -> str:
        if self._is_offline:
            return "it is planned offline: plan it with credentials"
        for name in placeholders:
            return f"{name} is made up: set TF_VAR_{name}"
        for item in inputs:
            if item.source is not Source.REAL:
                return (
                    f"{item.remote_state}.{item.output} {_WHY[item.source]}: apply {item.remote_state}, and plan again"
                )
        for name in unit.dependencies:
            if name in planned and planned[name].inexact:
                return f"{name} is not planned from what is deployed: apply that, and plan again"
        return ""


_NOT_REFRESHED = "it is planned from its state alone: plan it with credentials that may read its secrets"
_WHY = {
    Source.MOCK: "is a mock",
    Source.PLANNED: "is not deployed yet",
    Source.CHANGING: "is about to change",
}


def _absolute(arguments: Json, unit: Unit) -> Json:
    """The arguments of a local state, which may be relative to where the unit is deployed from."""
    return {**arguments, "path": str((unit.home / arguments.get("path", "terraform.tfstate")).resolve())}
