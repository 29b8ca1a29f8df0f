"""Plans one unit in a copy of it, with the outputs of the upstreams that were planned before."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
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

# Why a state cannot be read, and why a provider of a unit whose state is local cannot begin.
_PROFILE = "shared config"  # of the AWS SDK: "failed to get shared config profile, nope"
_STATE = re.compile(rf"credential|bucket|STS|AccessDenied|{_PROFILE}")
_CREDENTIALS = re.compile(rf"No valid credential|STS: GetCallerIdentity|ExpiredToken|InvalidClientToken|{_PROFILE}")


# The AWS provider 5.100.0 reads the value of a secret at every refresh, also of one that it wrote by a write-only
# argument and does not keep: https://github.com/hashicorp/terraform-provider-aws/issues/42383
def _is_secret_denied(reason: str) -> bool:
    return "AccessDenied" in reason.partition("GetSecretValue")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A unit that is initialized, in a copy of it."""

    directory: Path
    override: Json
    """What is merged over its configuration."""
    running: Json
    """Variables that are planned with the value that runs, because none was given."""
    placeholders: Json
    """Variables that are planned with a made up value."""


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

    def prepare(self, unit: Unit, step: Callable[[str], None]) -> Prepared:
        """Copy and initialize a unit, for which nothing needs to be known of its upstreams. Raises TerraformFailed.

        `step` is told what is being done, here as below.
        """
        directory = self._workspace.copy(unit)
        running, placeholders = self._variables(unit)
        if running or placeholders:
            write(directory / "plan.auto.tfvars.json", {**running, **placeholders})
        override = offline.override(unit) if self._is_offline else {}
        if self._is_offline and "import" in unit.configuration:
            write(directory / "cdk.tf.json", offline.without_imports(unit.configuration))
        if unit.backend[0] == "local":
            override["terraform"] = {"backend": {"local": _absolute(unit.backend[1], unit)}}
        if override:
            write(directory / OVERRIDE, override)
        step("initializing")
        self._initialize(unit, directory)
        return Prepared(directory=directory, override=override, running=running, placeholders=placeholders)

    def may_plan(self, unit: Unit, planned: Mapping[str, PlannedUnit]) -> bool:
        """Whether all that a unit needs of its upstreams among the units is in `planned`."""
        names = {other.name for other in self._units}
        if any(name in names and name not in planned for name in unit.dependencies):
            return False
        return not any(self.awaits(unit, planned[name]) for name in unit.dependencies if name in names)

    def awaits(self, unit: Unit, upstream: PlannedUnit) -> bool:
        """Whether a unit can only be planned once the plan of this upstream is read."""
        if upstream.plan:
            return False
        states = [name for name in unit.remote_states if self._producer(unit, name) == upstream.name]
        return not all(upstream.leaves(unit.reads(name)) for name in states)

    def plan(
        self, unit: Unit, prepared: Prepared, planned: Mapping[str, PlannedUnit], step: Callable[[str], None]
    ) -> PlannedUnit:
        """Plan a unit that may be planned; its plan is not read yet. Raises TerraformFailed."""
        override = dict(prepared.override)
        inputs = self._read_upstreams(unit, prepared.directory, planned, override)
        if override:
            write(prepared.directory / OVERRIDE, override)
        step("planning")
        # Without a lock, because the role that plans a pull request may write nothing. A saved plan is safe all the
        # same: Terraform refuses to apply it once the state has changed.
        messages, is_refreshed = self._plan(unit, prepared.directory, step)
        return PlannedUnit(
            name=unit.name,
            directory=prepared.directory,
            inputs=tuple(inputs),
            running=prepared.running,
            placeholders=prepared.placeholders,
            is_refreshed=is_refreshed,
            inexact=self._inexact(unit, inputs, planned, prepared.placeholders)
            or ("" if is_refreshed else _NOT_REFRESHED),
            unchanged=_unchanged(messages),
        )

    def read(self, unit: Unit, planned: PlannedUnit, step: Callable[[str], None]) -> PlannedUnit:
        """The unit with its plan, the file of which is removed where it may not be applied. Raises TerraformFailed."""
        step("reading the plan")
        shown = json.loads(self._terraform.run(planned.directory, "show", "-json", FILE))
        if planned.inexact:
            (planned.directory / FILE).unlink()
        mocked = planned.outputs(Source.MOCK)
        plan = UnitPlan(name=unit.name, configuration=unit.configuration, plan=Plan(shown), mocked=mocked)
        is_new = plan.plan.is_first and not self._is_offline
        return replace(planned, plan=plan, new_state=unit.state_place if is_new else "")

    def _plan(self, unit: Unit, directory: Path, step: Callable[[str], None]) -> tuple[str, bool]:
        """Plan, and return Terraform's messages, and whether the state was compared with what there is.

        Where a secret may not be read, it is planned from its state, as the role of pull requests has to.
        """
        arguments = ["plan", "-json", "-input=false", "-lock=false", f"-out={FILE}"]
        if not self._is_offline:
            try:
                return self._terraform.run(directory, *arguments), True
            except TerraformFailed as error:
                if "Unable to find remote state" in str(error):
                    raise TerraformFailed(f"{error}: deploy what it depends on, or plan that too") from error
                if not _is_secret_denied(str(error)):
                    raise self._with_remedy(error, _CREDENTIALS) from error
                step("planning from its state, because a secret of it may not be read")
                write(directory / "cdk.tf.json", without_ephemeral(unit.configuration))
        return self._terraform.run(directory, *arguments, "-refresh=false"), False

    def _initialize(self, unit: Unit, directory: Path) -> None:
        try:
            self._workspace.initialize(unit, directory)
        except TerraformFailed as error:
            raise self._with_remedy(error, _STATE) from error

    def _with_remedy(self, error: TerraformFailed, reasons: re.Pattern[str]) -> TerraformFailed:
        """The error with what to do, where it is for one of these reasons; what else can be wrong speaks for itself."""
        if self._is_offline or not reasons.search(str(error)):
            return error
        remedy = "set AWS_PROFILE to a profile that works" if _PROFILE in str(error) else "log in to AWS"
        return TerraformFailed(f"{error}: {remedy}, or plan with --offline")

    def _variables(self, unit: Unit) -> tuple[Json, Json]:
        """Values for the variables that have none: as it runs, and made up."""
        missing = offline.placeholders(unit, self._terraform.environment)
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
            used = sorted(unit.reads(name))
            producer = self._producer(unit, name)
            if producer and planned[producer].leaves(used):
                inputs += [Input(remote_state=name, output=output, source=Source.REAL) for output in used]
                upstream = None
            elif upstream := self._upstream(unit, name, planned):
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
            override["data"] = {**override.get("data", {}), "terraform_remote_state": sources}
        return inputs

    def _upstream(self, unit: Unit, remote_state: str, planned: Mapping[str, PlannedUnit]) -> Upstream | None:
        """What is known of an upstream; None for one that is not among the units and can be read as it is."""
        producer = self._producer(unit, remote_state)
        if producer is None:
            is_local = unit.remote_states[remote_state].get("backend") == "local"
            return Upstream(outputs={}, mocked=False) if self._is_offline and not is_local else None
        plan = planned[producer].plan
        return Upstream(outputs=plan.plan.outputs, mocked=planned[producer].mocked) if plan else None

    def _producer(self, unit: Unit, remote_state: str) -> str | None:
        """The id of the unit whose state a remote state reads, if it is among the units."""
        found = unit.upstream(remote_state, self._units)
        return found.name if found else None

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


def _unchanged(messages: str) -> frozenset[str] | None:
    """The outputs that a plan leaves as they are deployed, by its messages; None where nothing may be deployed.

    https://developer.hashicorp.com/terraform/internals/machine-readable-ui
    """
    # Outputs without a value are unchanged as well where there is no state, of which nothing can be refreshed.
    if '"type":"refresh_start"' not in messages:
        return None
    for line in messages.splitlines():
        if '"type":"outputs"' in line:
            outputs = json.loads(line)["outputs"]
            return frozenset(name for name, output in outputs.items() if output.get("action") == "noop")
    return frozenset()


def _absolute(arguments: Json, unit: Unit) -> Json:
    """The arguments of a local state, which may be relative to where the unit is deployed from."""
    return {**arguments, "path": str((unit.home / arguments.get("path", "terraform.tfstate")).resolve())}
