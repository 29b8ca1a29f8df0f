"""The command that deploys an environment to a local AWS and keeps it running until it is interrupted.

With a project, the containers of its tasks run as processes of this machine, as with `make try`.
"""

from __future__ import annotations

import contextlib
import json
import shlex
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from rich.table import Table

from cli import command as commands
from cli import rehearsal
from cli.failure import INTERRUPTED, Failure, run_command
from cli.local_aws import GIVEN, application, processes, recording
from cli.local_aws.deployment import LocalDeployment
from cli.local_aws.server import LocalAws
from cli.progress import Steps, steps
from cli.terraform import version as terraform_version
from cli.terraform.in_order import LOOK_SECONDS
from cli.terraform.runner import TerraformFailed
from cli.terraform.synthesis import WITHOUT_IMPORTS, synthesize
from cli.terraform.tree import Unit
from cli.text import printable
from cli.trial import command as trial
from stacks.config import loader
from stacks.config.providers import ProvidersInputs
from stacks.console import Console

_STAND_IN = (
    "Cloudflare: a stand-in. Its resources are in Terraform's state alone, and nothing is read from or sent to "
    "Cloudflare."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Applied:
    """A unit that is deployed."""

    resources: int
    seconds: float
    outputs: dict[str, Any]
    plan: Future[dict[str, list[str]]]
    """Of the second plan."""


def main(argv: Sequence[str], *, directory: Path = loader.DIRECTORY) -> int:
    """Run the command line. Returns 0; 1 where a unit fails or its second plan is not empty, 2 for misuse.

    `directory` is that of the environments.
    """
    return run_command("local", lambda: _run(argv, directory))


def _run(argv: Sequence[str], config: Path) -> int:
    try:
        return _live(argv, config)
    except KeyboardInterrupt:
        raise Failure("local: interrupted: nothing is left of it, and the next one begins anew", INTERRUPTED) from None


def _live(argv: Sequence[str], config: Path) -> int:
    parser = commands.Parser("local", __doc__)
    commands.add_environment(parser, config)
    parser.add_argument("--once", action="store_true", help="end when all is deployed, instead of keeping it running")
    trial.add_project(parser)
    parser.add_argument("--config", metavar="DIR", type=Path, default=config, help="the directory of the environments")
    parser.add_argument(
        "--calls", metavar="FILE", type=Path, help="deploy, plan and destroy; write what IAM checks of that, and end"
    )
    arguments = parser.parse_args(argv)
    config = arguments.config.resolve()
    environment = commands.environment(arguments, config)
    name = environment.name
    for what in terraform_version.missing():
        raise Failure(what)
    project, given = trial.project_of(arguments, environment) if arguments.app else (None, {})
    console = Console()
    started = time.monotonic()
    with _directory() as directory, LocalAws() as aws, contextlib.ExitStack() as stack:
        if project:
            aws.ecs.addresses = processes.ADDRESSES
        console.print(f"Local AWS: {aws.url}, empty, with the AWS provider as published. {_STAND_IN}")
        with steps(Console(stderr=True)) as step:
            step("synthesis", f"running main.py {name}")
            synthesize([name], directory / "cdktf.out", WITHOUT_IMPORTS, config=config)
            deployment = LocalDeployment(directory / "cdktf.out", directory, aws)
            deployment.bootstrap()
            step("synthesis", f"{len(deployment.units)} units{_others(deployment.versions)}", is_done=True)
            step.expect(unit.name for unit in deployment.units)
            if arguments.calls:
                recording.write(arguments.calls, recording.record(deployment, environment, step))
                console.print(f"{arguments.calls}: what IAM checks of {name}: compare it by git diff")
                return 0
            applied = _deploy(deployment, step)
        is_clean = _report(deployment, applied, console, time.monotonic() - started)
        url = ""
        if project:
            url = stack.enter_context(application.running(environment, deployment, project, given, _printed(console)))
            console.print(f"{name} answers at {url}")
        if not arguments.once:
            _keep_running(deployment, console, url)
    console.print(f"Stopped. Nothing is left of it: {directory} is removed, and the local AWS kept all in memory.")
    return 0 if is_clean else 1


def _printed(console: Console) -> Callable[[str], None]:
    """Lines of processes, which are no markup."""
    return lambda line: console.print(printable(line), markup=False)


def _others(versions: ProvidersInputs) -> str:
    """Which providers are of another version than those that the local AWS was tried with."""
    tried = ProvidersInputs()
    found = {each.name: (getattr(versions, each.name), getattr(tried, each.name)) for each in fields(tried)}
    others = [f"{name} {version}, tried with {of}" for name, (version, of) in found.items() if version != of]
    return f" ({'; '.join(others)})" if others else ""


@contextlib.contextmanager
def _directory() -> Iterator[Path]:
    directory = Path(tempfile.mkdtemp(prefix="local-aws-"))
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _deploy(deployment: LocalDeployment, step: Steps) -> dict[str, _Applied]:
    """Apply all units. Each is planned a second time while others are applied."""

    @contextlib.contextmanager
    def telling(unit: Unit) -> Iterator[None]:
        try:
            yield
        except TerraformFailed as error:
            step(unit.name, f"failed: {error}")
            raise TerraformFailed(f"{unit.name} failed: {error}") from error

    def apply(unit: Unit) -> _Applied:
        started = time.monotonic()
        with telling(unit):
            step(unit.name, "initializing")
            deployment.initialize(unit)
            step(unit.name, "applying")
            deployment.apply(unit, _Count(unit.name, step))
            seconds = time.monotonic() - started
            step(unit.name, "planning a second time")
            return _Applied(
                resources=len(deployment.resources(unit)),
                seconds=seconds,
                outputs=deployment.outputs(unit),
                plan=executor.submit(plan, unit),
            )

    def plan(unit: Unit) -> dict[str, list[str]]:
        with telling(unit):
            changes = deployment.plan(unit)
        step(unit.name, "deployed", is_done=True)
        return changes

    with _threads(stop=deployment.terraform.stop) as executor:
        applied = deployment.each(apply)
        while wait([done.plan for done in applied.values()], LOOK_SECONDS).not_done:
            pass
        return applied


@contextlib.contextmanager
def _threads(stop: Callable[[], None]) -> Iterator[ThreadPoolExecutor]:
    """Threads that end what they wait for by `stop`, where one is interrupted or something fails."""
    executor = ThreadPoolExecutor()
    try:
        yield executor
    except BaseException:
        stop()
        raise
    finally:
        executor.shutdown(cancel_futures=True)


class _Count:
    """Says how many resources have been created so far."""

    def __init__(self, name: str, step: Callable[[str, str], None]) -> None:
        self._name, self._step = name, step
        self._created = 0

    def __call__(self, line: str) -> None:
        with contextlib.suppress(ValueError):
            event = json.loads(line)
            if event.get("type") == "apply_complete" and event["hook"]["action"] == "create":
                self._created += 1
                self._step(self._name, f"{self._created} resources, last {event['hook']['resource']['addr']}")


def _report(deployment: LocalDeployment, applied: dict[str, _Applied], console: Console, seconds: float) -> bool:
    """Print what is deployed, and whether all second plans are empty."""
    table = Table("unit", "resources", "apply", "second plan", box=None)
    is_clean = True
    for unit in deployment.units:
        done = applied[unit.name]
        changes = done.plan.result()
        is_clean = is_clean and not changes
        told = ", ".join(f"{'/'.join(actions)} {address}" for address, actions in changes.items()) or "no changes"
        table.add_row(unit.name, str(done.resources), f"{done.seconds:.0f} s", told)
    console.print()
    for unit in deployment.units:
        for name, value in applied[unit.name].outputs.items():
            console.print(f"{unit.name}.{name} = {json.dumps(value)}")
    console.print()
    console.print(table)
    resources = sum(done.resources for done in applied.values())
    console.print(f"{len(deployment.units)} units with {resources} resources in {seconds:.0f} s")
    return is_clean


def _keep_running(deployment: LocalDeployment, console: Console, url: str) -> None:
    """Wait for Ctrl-C. `url` is where the application answers, where it runs."""
    file = deployment.directory / "environment.sh"
    # What runs here is not asked through the proxy that AWS is.
    own = {rehearsal.VARIABLE: url, "NO_PROXY": "127.0.0.1"} if url else {rehearsal.VARIABLE: "1"}
    file.write_text(_exports({**deployment.variables, **own}))
    name = deployment.units[0].environment
    unit = deployment.units[-1]
    with contextlib.suppress(KeyboardInterrupt):
        console.print(
            f"\nIt runs until Ctrl-C. In another terminal, after `. {file}`:\n"
            f"  make deploy ENV={name}, which is a rehearsal there, as are status, run, destroy and bootstrap\n"
            f"  cd {unit.home} && {terraform_version.executable()} plan\n"
            f"  AWS_ENDPOINT_URL={deployment.aws.url} aws ecs list-clusters"
        )
        while True:
            time.sleep(LOOK_SECONDS)


def _exports(variables: dict[str, str]) -> str:
    """What differs from the user's environment, as a shell takes it."""
    removed = [name for name in GIVEN if name not in variables]
    changed = {name: value for name, value in variables.items() if GIVEN.get(name) != value}
    lines = [f"unset {name}" for name in removed]
    return "\n".join([*lines, *(f"export {name}={shlex.quote(value)}" for name, value in changed.items())]) + "\n"
