"""Applies one unit: a plan of what is deployed now, held against the gate, and then exactly that plan."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from cli.redaction import Redactor, secrets_in_plain_text, secrets_of_plan
from cli.review.gate import Refusal, losses
from cli.review.gate.data import HOLDERS
from cli.terraform.plan import Plan, UnitPlan
from cli.terraform.runner import Terraform, TerraformFailed, by_hand
from cli.terraform.tree import Unit
from cli.terraform.workspace import Workspace
from cli.text import one_line

FILE = "deploy.tfplan"
# Where Terraform leaves the state that it could not write to the backend.
ERRORED = "errored.tfstate"
# How long an interrupted apply may take. Killed, it would leave its lock behind, and resources that no state knows.
GRACE_SECONDS = 600.0


class Refused(Exception):
    """A plan that the gate refuses. Its text is one line."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        super().__init__("; ".join(map(str, refusals)))
        self.refusals = refusals


@dataclass(frozen=True, slots=True)
class Changes:
    """What an apply did, in resources."""

    added: int = 0
    changed: int = 0
    destroyed: int = 0

    def __bool__(self) -> bool:
        """Whether it did anything."""
        return bool(self.added or self.changed or self.destroyed)

    def __str__(self) -> str:
        """In words."""
        if not self:
            return "no changes"
        parts = {"added": self.added, "changed": self.changed, "destroyed": self.destroyed}
        return ", ".join(f"{count} {what}" for what, count in parts.items() if count)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A resource that was only begun, and is not made anew."""

    type: str
    address: str
    attributes: dict[str, Any]


@dataclass(slots=True)
class Applier:
    """Applies units where they are deployed from: what Terraform leaves there after an error is needed to mend it."""

    terraform: Terraform
    workspace: Workspace
    step: Callable[..., None]
    """As `Steps` has it: is told the id of a unit and what is done with it."""
    allow: Collection[str] = ()
    _ready: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def plan(self, unit: Unit, *options: str) -> UnitPlan:
        """What would be done now. The binary plan, which holds secrets, lies beside the JSON until `forget`."""
        self._initialize(unit)
        self.step(unit.name, "planning")
        self.terraform.run(unit.home, "plan", "-json", "-input=false", f"-out={FILE}", *options)
        (unit.home / FILE).chmod(0o600)
        shown = json.loads(self.terraform.run(unit.home, "show", "-json", FILE))
        return UnitPlan(name=unit.name, configuration=unit.configuration, plan=Plan(shown))

    def apply(self, unit: Unit, *, targets: Sequence[str] = (), destroy: bool = False) -> Changes:
        """Plan and apply a unit, or these resources of it and what they need. Raises Refused and TerraformFailed."""
        try:
            options = [f"-target={address}" for address in targets] + (["-destroy"] if destroy else [])
            plan = self.plan(unit, *options)
            # A first plan knew some values not; this one knows all of them.
            if not destroy and (refusals := losses([plan], allow=self.allow)):
                raise Refused(refusals)
            if plan.plan.is_applyable:  # also where only outputs change, which others read, or addresses
                self._apply(unit, plan)
        finally:
            self.forget(unit)
        return changes_of(plan)

    def record_moves(self, unit: Unit) -> None:
        """Write to the state which addresses have moved, and nothing else of a plan.

        Terraform plans no target of a unit while one that has moved is not among the targets.
        https://developer.hashicorp.com/terraform/language/modules/develop/refactoring
        """
        try:
            plan = self.plan(unit, "-refresh-only")
            self._apply(unit, plan)
        finally:
            self.forget(unit)

    def keep(self, unit: Unit) -> list[Kept]:
        """Keep what holds data, and was only begun when an apply was interrupted.

        Terraform marks it as tainted, and the next apply would destroy it and make it anew.
        https://developer.hashicorp.com/terraform/cli/commands/untaint
        """
        tainted = [
            Kept(type=each["type"], address=_address(each, instance), attributes=instance["attributes"])
            for each in self.state(unit).get("resources", ())
            if each["mode"] == "managed" and each["type"] in HOLDERS
            for instance in each["instances"]
            if instance.get("status") == "tainted"
        ]
        found = [each for each in tainted if f"{unit.name}:{each.address}" not in self.allow]
        for each in found:
            self.step(unit.name, f"keeping {each.address}, which was only begun")
            self.terraform.run(unit.home, "untaint", each.address)
        return found

    @contextlib.contextmanager
    def unfinished(self, unit: Unit, address: str) -> Iterator[None]:
        """Mark a resource as tainted until the block has ended well, so that whoever comes after a failure sees it.

        https://developer.hashicorp.com/terraform/cli/commands/taint
        """
        self.terraform.run(unit.home, "taint", address)
        yield
        self.terraform.run(unit.home, "untaint", address)

    def stop(self) -> None:
        """Interrupt what runs, and let Terraform write its states and release its locks."""
        self.step("interrupted", "Terraform ends what it has begun, which may take minutes")
        self.terraform.stop(GRACE_SECONDS)

    @staticmethod
    def forget(unit: Unit) -> None:
        """Remove the binary plan of a unit."""
        (unit.home / FILE).unlink(missing_ok=True)

    def state(self, unit: Unit) -> dict[str, Any]:
        """The state of a unit, which holds secrets; empty where it was never deployed."""
        self._initialize(unit)
        found: dict[str, Any] = json.loads(self.terraform.run(unit.home, "state", "pull") or "{}")
        return found

    def outputs(self, unit: Unit) -> dict[str, Any]:
        """The outputs in the state of a unit; empty where it is not deployed."""
        self._initialize(unit)
        answer = json.loads(self.terraform.run(unit.home, "output", "-json"))
        return {name: output["value"] for name, output in answer.items()}

    def _initialize(self, unit: Unit) -> None:
        if unit.name not in self._ready:
            self.step(unit.name, "initializing")
            # The units pin the versions; what an earlier deployment has locked would refuse a new one.
            (unit.home / ".terraform.lock.hcl").unlink(missing_ok=True)
            self.workspace.initialize(unit, unit.home, "-reconfigure")
            self._recover(unit)
            with self._lock:
                self._ready.add(unit.name)

    def _apply(self, unit: Unit, plan: UnitPlan) -> None:
        try:
            steps = _Steps(unit.name, plan, self.step)
            self.terraform.run(unit.home, "apply", "-json", "-input=false", FILE, on_line=steps)
        except TerraformFailed as error:
            self._recover(unit)
            # AWS may quote what it was given.
            secrets = (*secrets_of_plan(plan.plan.document), *secrets_in_plain_text(plan.configuration))
            raise TerraformFailed(Redactor(secrets).text(str(error))) from error

    def _recover(self, unit: Unit) -> None:
        """Write the state that an apply could not write. Terraform refuses one that is not the newest.

        https://developer.hashicorp.com/terraform/cli/commands/state/push
        """
        if not (unit.home / ERRORED).exists():
            return
        (unit.home / ERRORED).chmod(0o600)
        self.step(unit.name, f"writing {ERRORED}, which could not be written before")
        try:
            self.terraform.run(unit.home, "state", "push", ERRORED)
        except TerraformFailed as error:
            what = f"{unit.home / ERRORED} holds what was applied, and cannot be written to its backend"
            way_out = by_hand(unit.home, f"state push {ERRORED}")
            newer = "remove the file only where the backend has a newer state"
            raise TerraformFailed(
                f"{what} ({one_line(str(error), 100)}): once that works, {way_out}; {newer}"
            ) from error
        (unit.home / ERRORED).unlink()


def _address(resource: dict[str, Any], instance: dict[str, Any]) -> str:
    """Of one instance in a state, by its key where there are several."""
    key = f"[{json.dumps(instance['index_key'])}]" if "index_key" in instance else ""
    return f"{resource['type']}.{resource['name']}{key}"


def changes_of(plan: UnitPlan) -> Changes:
    """How many resources a plan adds, changes and destroys; one that is replaced counts as added and destroyed."""
    actions = [action for change in plan.plan.changes for action in change.actions]
    return Changes(added=actions.count("create"), changed=actions.count("update"), destroyed=actions.count("delete"))


class _Steps:
    """Counts what an apply has done.

    https://developer.hashicorp.com/terraform/internals/machine-readable-ui
    """

    def __init__(self, name: str, plan: UnitPlan, step: Callable[[str, str], None]) -> None:
        changes = changes_of(plan)
        self._name, self._step = name, step
        self._total = changes.added + changes.changed + changes.destroyed
        self._done = 0

    def __call__(self, line: str) -> None:
        with contextlib.suppress(ValueError):
            event = json.loads(line)
            if event.get("type") == "apply_complete":
                self._done += 1
            if event.get("type") in ("apply_start", "apply_complete"):
                address = event["hook"]["resource"]["addr"]
                self._step(self._name, f"applying {self._done} of {self._total}: {address}")
