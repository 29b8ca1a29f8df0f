"""The Django service: first its tables, then its tasks, and the proof that the new ones are those that run."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from cli.deploy.apply import Applier, Changes, changes_of
from cli.ecs.network import Network
from cli.ecs.service import Services, ServiceStatus
from cli.ecs.task import Ended, TaskFailed, Tasks
from cli.terraform.environment import services_of
from cli.terraform.runner import TerraformFailed
from cli.text import one_line
from stacks.config.application_inputs import INIT_DATABASE, MIGRATE

if TYPE_CHECKING:
    from datetime import datetime

    from cli.terraform.plan import UnitPlan
    from cli.terraform.tree import Unit
    from stacks.config.schema import Environment

# Terraform has waited already, unless wait_for_steady_state is off.
STEADY_SECONDS = 600.0
# How long ECS watches alarms once the new tasks run, at the most.
BAKE_SECONDS = 1200.0
# How long tasks must have run: what cannot start ends in its first seconds.
LASTING_SECONDS = 30.0


class RolloutFailed(Exception):
    """A rollout that ended before the new tasks run. Its text is one line: what, and the next command."""


@dataclass(frozen=True, slots=True)
class Rollout:
    """Rolls the django-service unit out."""

    environment: Environment
    applier: Applier
    tasks: Tasks
    services: Services
    on_line: Callable[[str], None]
    """Gets each line of a one-off task's log."""
    watch_seconds: float = 10.0
    """How often services are looked at while Terraform waits for them."""
    _told: dict[str, str] = field(default_factory=dict)

    def deploy(self, unit: Unit, network_outputs: dict[str, Any]) -> Changes:
        """Apply the unit after its one-off tasks have run. Where one of them fails, the old tasks go on serving.

        Terraform cannot run a task between two resources of a unit, hence the two applies: docs/adr/0013.
        """
        before = self.services.describe(services_of(self.environment))
        plan = self.applier.plan(unit)
        self.applier.forget(unit)
        first = self._migrate(unit, plan, network_outputs, is_first=not before) if changes_of(plan) else Changes()
        with self._watched(before):
            second = self.applier.apply(unit)
        self._restart(before)
        return Changes(
            added=first.added + second.added,
            changed=first.changed + second.changed,
            destroyed=first.destroyed + second.destroyed,
        )

    def prove(self, unit: Unit, image_tag: str) -> list[ServiceStatus]:
        """The services, each steady and of this image. Raises RolloutFailed.

        Terraform takes a service for deployed that its circuit breaker has taken back
        (hashicorp/terraform-provider-aws 19519, 20858).
        """
        names = services_of(self.environment)
        patience = STEADY_SECONDS + (BAKE_SECONDS if self.environment.django_service.deployment_alarms else 0)
        found = self.services.wait(names, timeout_seconds=patience, lasting_seconds=LASTING_SECONDS, on_look=self._tell)
        if gone := sorted({*names} - {status.name for status in found}):
            raise RolloutFailed(f"{gone[0]}: is not running: see `make status ENV={self.environment.name}`")
        definitions = self._definitions(unit)
        for status in found:
            what = _wrong(status, image_tag, definitions[status.name])
            if not what and (reason := self.services.rollback_of(status)):
                what = f"was rolled back, to the same image with the settings of before: {one_line(reason, 200)}"
            if what:
                raise RolloutFailed(self._line(status, what))
        return found

    def _migrate(self, unit: Unit, plan: UnitPlan, network_outputs: dict[str, Any], *, is_first: bool) -> Changes:
        """Apply what the one-off tasks need, and run them."""
        if any(change.previous_address for change in plan.plan.changes):
            self.applier.record_moves(unit)
        init_database = f"{self.environment.prefix}-{INIT_DATABASE}"
        before = self._registered(unit).get(init_database)
        changes = self.applier.apply(unit, targets=_task_addresses(unit))
        network = Network(
            subnet_ids=tuple(network_outputs["private_subnet_ids"]),
            security_group_ids=(network_outputs["application_security_group_id"],),
        )
        registered = self._registered(unit)
        init = registered.get(init_database)
        # Other users or passwords are another environment of its container.
        if init and (is_first or before is None or _but_image(init) != _but_image(before)):
            with self.applier.unfinished(unit, f"aws_ecs_task_definition.{_resource_name(INIT_DATABASE)}"):
                self._run(unit, INIT_DATABASE, init["arn"], network)
        self._run(unit, MIGRATE, registered[f"{self.environment.prefix}-{MIGRATE}"]["arn"], network)
        return changes

    def _definitions(self, unit: Unit) -> dict[str, str]:
        """The ARN of each task definition that this unit has registered, by its family.

        The latest of a family may be that of somebody else: no lock is held between the applies.
        """
        return {family: each["arn"] for family, each in self._registered(unit).items()}

    def _registered(self, unit: Unit) -> dict[str, dict[str, Any]]:
        """The task definitions in the state of the unit, by their families, without those that are tainted."""
        resources = self.applier.state(unit).get("resources", ())
        found = [each for each in resources if each["mode"] == "managed" and each["type"] == "aws_ecs_task_definition"]
        instances = [instance for each in found for instance in each["instances"]]
        kept = [each["attributes"] for each in instances if each.get("status") != "tainted"]
        return {each["family"]: each for each in kept}

    def _restart(self, before: Sequence[ServiceStatus]) -> None:
        """Try anew what had failed before, and is as it was: ECS starts no task of it, and Terraform sees no change."""
        failed = {status.name: status.since for status in before if status.has_failed}
        for status in self.services.describe(failed) if failed else ():
            if status.has_failed and status.since == failed[status.name]:
                self.applier.step(status.name, "its deployment had failed: starting it anew")
                self.services.restart(status.name)

    @contextlib.contextmanager
    def _watched(self, before: Sequence[ServiceStatus]) -> Iterator[None]:
        """Tell how services get on while Terraform waits for them, and end it where ECS has given one up.

        With nothing to go back to, Terraform would wait for 20 minutes more. Raises RolloutFailed.
        """
        known = {(status.name, status.since) for status in before}
        failed: list[ServiceStatus] = []
        is_over = threading.Event()

        def watch() -> None:
            while not failed and not is_over.wait(self.watch_seconds):
                with contextlib.suppress(BotoCoreError, ClientError):  # Terraform has its own opinion of these
                    found = self.services.describe(services_of(self.environment))
                    self._tell(found)
                    failed.extend(each for each in found if each.has_failed and (each.name, each.since) not in known)
            if failed:
                self.applier.stop()

        thread = threading.Thread(target=watch, name="watch", daemon=True)
        thread.start()
        error: TerraformFailed | None = None
        try:
            yield
        except TerraformFailed as caught:
            error = caught
        finally:
            is_over.set()
            thread.join()
        if failed:
            raise RolloutFailed(self._line(failed[0], "its deployment has failed")) from error
        if error:
            # Terraform has seen the tasks of before, and not why they are back.
            for status in self._taken_back(known):
                raise RolloutFailed(self._line(status, "was rolled back")) from error
            raise error

    def _taken_back(self, known: AbstractSet[tuple[str, datetime]]) -> list[ServiceStatus]:
        """The services whose new deployments ECS has ended at an alarm."""
        with contextlib.suppress(BotoCoreError, ClientError):
            found = self.services.describe(services_of(self.environment))
            return [each for each in found if (each.name, each.since) not in known and self.services.alarms_of(each)]
        return []

    def _line(self, status: ServiceStatus, what: str) -> str:
        said = f": {status.events[0].removesuffix('.')}" if status.events else ""
        if alarms := self.services.alarms_of(status):
            said = f", because {', '.join(alarms)} fired"
        return f"{status.name}: {what}{said}: see `make logs ENV={self.environment.name}`"

    def _tell(self, found: Sequence[ServiceStatus]) -> None:
        for status in found:
            event = f": {status.events[0]}" if status.events and not status.is_steady else ""
            line = f"{status.running} of {status.desired} tasks run{event}"
            if self._told.get(status.name) != line:
                self.applier.step(status.name, line)
            self._told[status.name] = line

    def _run(self, unit: Unit, name: str, definition: str, network: Network) -> None:
        self.applier.step(unit.name, f"running {name}")
        rest = f"the service was not changed: correct it, and run `make deploy ENV={self.environment.name}` again"
        try:
            # Terraform's lock is free between the two applies, so a second deployment may be here as well.
            ended: Ended = self.tasks.run(definition, network, is_alone=True, on_line=self.on_line)
        except TaskFailed as error:
            raise RolloutFailed(f"{one_line(str(error), 250)}; {rest}") from error
        if ended.exit_code:
            where = f"its log is {ended.log_group}, stream {ended.log_stream}"
            raise RolloutFailed(f"{name} ended with exit code {ended.exit_code}, {where}; {rest}")


def _task_addresses(unit: Unit) -> list[str]:
    """What the one-off tasks need, which Terraform completes by what that depends on."""
    resources = unit.configuration["resource"]
    names = [_resource_name(name) for name in (INIT_DATABASE, MIGRATE)]
    tasks = [f"aws_ecs_task_definition.{name}" for name in names if name in resources["aws_ecs_task_definition"]]
    return [f"aws_ecs_cluster.{name}" for name in resources["aws_ecs_cluster"]] + tasks


def _resource_name(task: str) -> str:
    return f"task_{task.replace('-', '_')}"


def _but_image(definition: dict[str, Any]) -> list[Any]:
    """The containers of a task definition without their image, which is another one with each deployment."""
    return [{**each, "image": ""} for each in json.loads(definition["container_definitions"])]


def _wrong(status: ServiceStatus, image_tag: str, definition: str) -> str:
    if status.tag != image_tag:
        return f"was rolled back: it runs {status.image.rpartition('/')[2]}, and not {image_tag}"
    if status.task_definition != definition:
        old, new = (arn.rpartition("/")[2] for arn in (status.task_definition, definition))
        return f"was rolled back: it runs the task definition {old}, and not {new}"
    if status.has_failed:
        return "its deployment has failed"
    if status.is_restarting:
        return "its tasks end soon after they have started"
    if not status.is_steady:
        return f"is not steady: {status.running} of {status.desired} tasks run"
    return ""
