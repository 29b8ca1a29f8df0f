"""The Django service: first its tables, then its tasks, and the proof that the new ones are those that run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cli.deploy.apply import Applier, Changes, changes_of
from cli.ecs.network import Network
from cli.ecs.service import Services, ServiceStatus
from cli.ecs.task import Ended, TaskFailed, Tasks
from cli.environment import services_of
from cli.text import one_line
from stacks.config.django_service import INIT_DATABASE, MIGRATE

if TYPE_CHECKING:
    from cli.tree import Unit
    from stacks.config.schema import Environment

UNIT = "django-service"
# Terraform has waited already, unless wait_for_steady_state is off.
STEADY_SECONDS = 600.0


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

    def deploy(self, unit: Unit, network_outputs: dict[str, Any]) -> Changes:
        """Apply the unit after its one-off tasks have run. Where one of them fails, the old tasks go on serving.

        Terraform cannot run a task between two resources of a unit, hence the two applies: docs/adr/0020.
        """
        planned = changes_of(self.applier.plan(unit))
        self.applier.forget(unit)
        if not planned:
            return self.applier.apply(unit)
        is_first = not self.services.describe(services_of(self.environment)[:1])
        first = self.applier.apply(unit, targets=_task_addresses(unit))
        network = Network(
            subnet_ids=tuple(network_outputs["private_subnet_ids"]),
            security_group_ids=(network_outputs["application_security_group_id"],),
        )
        for name in (INIT_DATABASE, MIGRATE) if is_first else (MIGRATE,):
            self._run(unit, name, network)
        second = self.applier.apply(unit)
        return Changes(
            added=first.added + second.added,
            changed=first.changed + second.changed,
            destroyed=first.destroyed + second.destroyed,
        )

    def prove(self, image_tag: str) -> list[ServiceStatus]:
        """The services, each steady and of this image. Raises RolloutFailed.

        Terraform takes a service for deployed that its circuit breaker has taken back
        (hashicorp/terraform-provider-aws 19519, 20858).
        """
        names = services_of(self.environment)
        found = self.services.wait(names, timeout_seconds=STEADY_SECONDS)
        if gone := sorted({*names} - {status.name for status in found}):
            raise RolloutFailed(f"{gone[0]}: is not running: see `make status ENV={self.environment.name}`")
        for status in found:
            what = _wrong(status, image_tag, self.services.latest(status.name))
            if what:
                said = f": {status.events[0]}" if status.events else ""
                raise RolloutFailed(f"{status.name}: {what}{said}: see `make logs ENV={self.environment.name}`")
        return found

    def _run(self, unit: Unit, name: str, network: Network) -> None:
        self.applier.step(unit.name, f"running {name}")
        rest = f"the service was not changed: correct it, and run `make deploy ENV={self.environment.name}` again"
        try:
            # Terraform's lock is free between the two applies, so a second deployment may be here as well.
            family = f"{self.environment.prefix}-{name}"
            ended: Ended = self.tasks.run(family, network, is_alone=True, on_line=self.on_line)
        except TaskFailed as error:
            raise RolloutFailed(f"{one_line(str(error), 250)}; {rest}") from error
        if ended.exit_code:
            where = f"its log is {ended.log_group}, stream {ended.log_stream}"
            raise RolloutFailed(f"{name} ended with exit code {ended.exit_code}, {where}; {rest}")


def _task_addresses(unit: Unit) -> list[str]:
    """What the one-off tasks need, which Terraform completes by what that depends on."""
    resources = unit.configuration["resource"]
    names = [f"task_{name.replace('-', '_')}" for name in (INIT_DATABASE, MIGRATE)]
    tasks = [f"aws_ecs_task_definition.{name}" for name in names if name in resources["aws_ecs_task_definition"]]
    return [f"aws_ecs_cluster.{name}" for name in resources["aws_ecs_cluster"]] + tasks


def _wrong(status: ServiceStatus, image_tag: str, latest: str) -> str:
    joint = "@" if image_tag.startswith("sha256:") else ":"
    if not status.image.endswith(f"{joint}{image_tag}"):
        return f"was rolled back: it runs {status.image.rpartition('/')[2]}, and not {image_tag}"
    if status.task_definition != latest:
        old, new = (arn.rpartition("/")[2] for arn in (status.task_definition, latest))
        return f"was rolled back: it runs the task definition {old}, and not {new}"
    if status.rollout == "FAILED":
        return "its deployment has failed"
    if not status.is_steady:
        return f"is not steady: {status.running} of {status.desired} tasks run"
    return ""
