"""One deployment of an environment's units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cli.deploy.apply import Applier, Changes, Refused
from cli.deploy.external_dns import pending_records, validated_elsewhere
from cli.deploy.rollout import Rollout, RolloutFailed
from cli.ecs.service import ServiceStatus
from cli.failure import FAILED, Failure, tell
from cli.terraform.in_order import in_order
from cli.terraform.tree import Unit
from cli.text import one_line
from stacks.unit_names import DJANGO_SERVICE, NETWORK

# An apply waits for AWS rather than for this machine.
MOST_AT_ONCE = 4
REFUSED = 3


@dataclass(frozen=True, slots=True)
class Deployment:
    """Applies units and proves what they run."""

    applier: Applier
    rollout: Rollout

    @property
    def _again(self) -> str:
        return f"correct it, and run `make deploy ENV={self.rollout.environment.name}` again"

    def deploy(self, units: Sequence[Unit]) -> dict[str, Changes]:
        """Apply all units, and the others too where one fails. Raises Failure with the first that failed."""
        roles = {unit.role: unit for unit in units}

        def apply(unit: Unit) -> Changes:
            if unit is roles.get(DJANGO_SERVICE):
                changes = self.rollout.deploy(unit, self.applier.outputs(roles[NETWORK]))
            elif certificates := validated_elsewhere(unit):
                changes = self._request(unit, certificates)
            else:
                changes = self.applier.apply(unit)
            self.applier.step(unit.name, str(changes), is_done=True)
            return changes

        results = in_order(units, apply, most_at_once=MOST_AT_ONCE, stop=self._stop)
        raise_first(results.failed, self._again)
        return results.done

    def records(self, units: Sequence[Unit]) -> list[str]:
        """The records that somebody else makes, by which visitors reach the service."""
        having = [unit for unit in units if "records" in unit.configuration.get("output", {})]
        return [record for unit in having for record in self.applier.outputs(unit)["records"]]

    def url(self, units: Sequence[Unit]) -> str:
        """Where the service answers, which CloudFront has drawn where there is no DNS."""
        roles = {unit.role: unit for unit in units}
        return str(self.applier.outputs(roles[DJANGO_SERVICE])["url"])

    def _request(self, unit: Unit, certificates: Sequence[str]) -> Changes:
        """Apply a unit after its certificates were requested, and print the records for which Terraform then waits."""
        first = self.applier.apply(unit, targets=certificates)
        if records := pending_records(self.applier.state(unit)):
            self.rollout.on_line(f"{unit.name}: make these records, for which the deployment waits up to 75 minutes:")
            for record in records:
                self.rollout.on_line(f"  {record}")
        second = self.applier.apply(unit)
        return Changes(
            added=first.added + second.added,
            changed=first.changed + second.changed,
            destroyed=first.destroyed + second.destroyed,
        )

    def prove(self, units: Sequence[Unit], tag: str) -> list[ServiceStatus]:
        """The services, which run this image. Raises Failure."""
        roles = {unit.role: unit for unit in units}
        self.applier.step("services", "waiting until they are steady")
        try:
            found = self.rollout.prove(roles[DJANGO_SERVICE], tag)
        except RolloutFailed as error:
            raise Failure(str(error)) from error
        self.applier.step("services", "steady", is_done=True)
        return found

    def _stop(self) -> None:
        self.rollout.tasks.stop.set()
        self.applier.stop()


def raise_first(failed: Mapping[str, Exception], again: str) -> None:
    """Say why each unit failed; the first of them as a Failure, with the next command unless it names one itself."""
    for error in failed.values():
        if isinstance(error, Refused):
            for refusal in error.refusals:
                tell(str(refusal), limit=None)
    said = {name: "the gate refuses it, see above" if isinstance(e, Refused) else str(e) for name, e in failed.items()}
    for name in [*failed][1:]:
        tell(f"{name}: {said[name]}")
    for name, error in failed.items():
        # What is too long loses its own end, and not the next command.
        rest = "" if isinstance(error, RolloutFailed) else f": {again}"
        code = REFUSED if isinstance(error, Refused) else FAILED
        raise Failure(f"{name}: {one_line(said[name], 500 if not rest else 400)}{rest}", code)
