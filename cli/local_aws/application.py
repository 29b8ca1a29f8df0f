"""Runs the application of an environment that is deployed on the local AWS, as processes of this machine."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from cli.ecs.network import Network
from cli.ecs.service import Services
from cli.ecs.task import TaskFailed, Tasks
from cli.local_aws import load_balancer
from cli.local_aws.deployment import LocalDeployment
from cli.local_aws.processes import Machine, Processes, deployed
from cli.terraform.environment import services_of
from cli.terraform.tree import Unit
from cli.trial import container
from cli.trial.project import Project
from cli.trial.values import HOSTNAME
from stacks.config.application_inputs import INIT_DATABASE, MIGRATE
from stacks.config.schema import Environment
from stacks.failure import Failure
from stacks.unit_names import DJANGO_SERVICE

_STEADY_SECONDS = 600.0
_LASTING_SECONDS = 5.0


@contextlib.contextmanager
def engine(
    environment: Environment,
    units: Mapping[str, Unit],
    project: Project,
    *,
    given: Mapping[str, str],
    client: Callable[[str], Any],
    on_line: Callable[[str], None],
) -> Iterator[Processes]:
    """What runs a project for ECS, with PostgreSQL and Redis of this machine; nothing of it is left at the end.

    `units` are by their roles, and `given` values of secrets that only the account has. `client` is one of boto3 for
    the local AWS, by service. Raises Failure.
    """
    unit = units[DJANGO_SERVICE]
    with contextlib.ExitStack() as stack:
        temporary = tempfile.TemporaryDirectory(prefix="local-", ignore_cleanup_errors=True)
        directory = Path(stack.enter_context(temporary))
        directory.chmod(0o711)  # PostgreSQL runs as another user where this one is root
        machine = Machine(environment, units, given, directory, client("secretsmanager"))
        stack.enter_context(machine.serving())
        (directory / "probe").mkdir()
        kind = container.kind(directory / "probe")
        if kind.reason:
            on_line(f"No file system as in a container: {kind.reason}")
        trial = deployed(environment, unit, project, given)
        processes = Processes(trial, machine, kind, client, on_line)
        stack.callback(processes.stop)
        yield processes


@contextlib.contextmanager
def running(
    environment: Environment,
    deployment: LocalDeployment,
    project: Project,
    given: Mapping[str, str],
    on_line: Callable[[str], None],
) -> Iterator[str]:
    """Run the application of what is deployed, and all that ECS is asked for from then on. Yields its URL.

    Raises Failure where the database cannot be made ready. A service that does not become healthy is one of the lines.
    """
    client, ecs = deployment.client, deployment.client("ecs")
    units = {unit.role: unit for unit in deployment.units}
    with contextlib.ExitStack() as stack:
        processes = stack.enter_context(
            engine(environment, units, project, given=given, client=client, on_line=on_line)
        )
        hostname, balancers = environment.hostname or HOSTNAME, client("elbv2")
        url = stack.enter_context(load_balancer.serving(environment, hostname, balancers, processes.ports))
        deployment.aws.ecs.engine = processes
        stack.callback(setattr, deployment.aws.ecs, "engine", None)
        services = Services(ecs, environment.cluster_name)
        found = services.describe(services_of(environment))
        one_off = Tasks(ecs, client("logs"), environment.cluster_name, poll_seconds=0.5)
        for name in (INIT_DATABASE, MIGRATE):
            _run(one_off, f"{environment.prefix}-{name}", found[0].network, on_line)
        for status in found:
            services.restart(status.name)
        services.wait(
            [status.name for status in found],
            timeout_seconds=_STEADY_SECONDS,
            lasting_seconds=_LASTING_SECONDS,
            poll_seconds=1,
        )
        yield url


def _run(one_off: Tasks, family: str, network: Network, on_line: Callable[[str], None]) -> None:
    on_line(f"{family}: running")
    try:
        ended = one_off.run(family, network, on_line=on_line)
    except TaskFailed as error:
        raise Failure(f"{error}: correct it, and run it again") from error
    if ended.exit_code:
        raise Failure(f"{family}: ended with exit code {ended.exit_code}, see above: correct it, and run it again")
