"""The command line of bootstrap: `python -m cli bootstrap --help`."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from cli import command as commands
from cli.deploy.apply import Applier, Changes, Refused
from cli.deploy.bootstrap import account
from cli.deploy.bootstrap.state import State
from cli.failure import Failure, run_command
from cli.progress import Steps, steps
from cli.terraform import environment as environments
from cli.terraform import tree as trees
from cli.terraform.in_order import in_order
from cli.terraform.plan import UnitPlan
from cli.terraform.runner import Terraform
from cli.terraform.synthesis import PROJECT, synthesize
from cli.terraform.tree import Unit
from cli.terraform.workspace import workspace, write
from modules.validation import examples
from stacks.config import loader
from stacks.config.schema import S3State
from stacks.console import Console
from stacks.permissions import backup, identity

if TYPE_CHECKING:
    import boto3

    from stacks.config.schema import Environment

ResultT = TypeVar("ResultT")

ADOPT = "adopt.tf.json"

# The values that the unit is made of; the others may still be examples.
_NEEDED = ("account_id", "state", "django_service.ecr_repository_url", "bootstrap")

# How the data says that something is not to be made here, by type.
_LEFT_OUT = {
    "aws_s3_bucket": "BootstrapInputs(state_bucket=None)",
    "aws_ecr_repository": "BootstrapInputs(ecr_repository=None)",
    "aws_iam_openid_connect_provider": "GithubOidcInputs(existing_provider=True)",
}


def main(
    argv: Sequence[str],
    *,
    tree: Path | None = None,
    directory: Path = loader.DIRECTORY,
    states: Path = PROJECT / "state",
) -> int:
    """Prepare the account of an environment. Running it again changes nothing, or finishes what was interrupted.

    `tree` and `directory` are bootstrap.out and stacks/config unless given; `states` is where the state begins.
    Returns 0; 1 when something failed; 2 for misuse; 130 when interrupted.
    """
    return run_command("bootstrap", lambda: _run(_parse(argv, directory), tree, directory, states))


def _parse(argv: Sequence[str], directory: Path) -> argparse.Namespace:
    parser = commands.Parser("bootstrap", description=__doc__)
    commands.add_environment(parser, directory)
    parser.add_argument("--adopt", action="store_true", help="take over what the account has already")
    commands.add_yes(parser)
    return parser.parse_args(argv)


def _run(arguments: argparse.Namespace, output: Path | None, directory: Path, states: Path) -> int:
    console = Console()
    environment = commands.environment(arguments, directory)
    _check_examples(environment)
    session = environments.session_of(environment)
    account.check_credentials(environment, session)
    has_bucket = _has_bucket(environment, session)
    errors = Console(stderr=True)
    with steps(errors) as step:
        unit = _unit(environment, output, directory, step)
    with workspace(terraform := Terraform()) as space:
        run = _Run(
            applier=Applier(terraform, space, step),
            unit=unit,
            environment=environment,
            session=session,
            console=console,
            errors=errors,
            arguments=arguments,
        )
        state = State(unit, session, states) if isinstance(environment.state, S3State) else None
        if state and state.is_local(has_bucket=has_bucket, makes_bucket=_makes_bucket(environment)):
            with state.kept_locally():
                changes = run.apply()
            run.do(f"moving its state to {state.name}", lambda _: state.move(terraform))
        else:
            changes = run.apply()
            if state:
                state.forget_file()
        outputs = run.applier.outputs(unit)
    console.print(f"{unit.name}: {changes}")
    for line in _next(environment, outputs):
        console.print(line)
    return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """Plans, asks and applies the one unit."""

    applier: Applier
    unit: Unit
    environment: Environment
    session: boto3.Session
    console: Console
    errors: Console
    arguments: argparse.Namespace

    def apply(self) -> Changes:
        """Whatever there is to do, when it was shown and somebody agreed."""
        adopt = self.unit.home / ADOPT
        adopt.unlink(missing_ok=True)
        try:
            plan = self._plan(adopt)
            wanted = identity.service_linked(self.environment) | backup.service_linked(self.environment)
            services = account.missing_roles(self.session, wanted)
            if not plan.plan.is_applyable and not services:
                return Changes()
            self._show(plan, services)
            if not self.arguments.yes:  # between the two, because nobody can answer while progress is drawn
                commands.confirm(f"Do this to the account of {self.environment.name}?", self.environment, "bootstrap")
            account.make_roles(self.session, services)
            return self.do("applying", self.applier.apply)
        except Refused as error:
            raise Failure(f"bootstrap: {error}") from error
        finally:
            self.applier.forget(self.unit)
            adopt.unlink(missing_ok=True)

    def do(self, step: str, work: Callable[[Unit], ResultT]) -> ResultT:
        """Let Terraform work beside this thread, so that it ends in order when somebody interrupts this one."""
        with steps(self.errors) as shown:
            self.applier.step = shown
            shown(self.unit.name, step)
            return in_order([self.unit], work, most_at_once=1, stop=self.applier.stop).all()[self.unit.name]

    def _plan(self, adopt: Path) -> UnitPlan:
        self.do("looking at its state", self.applier.keep)
        plan = self.do("planning", self.applier.plan)
        if found := account.existing(plan.plan, self.environment, self.session):
            if not self.arguments.adopt:
                raise Failure(_exists(found))
            write(adopt, {"import": found})
            plan = self.do("planning with what is there", self.applier.plan)
        return plan

    def _show(self, plan: UnitPlan, services: Sequence[str]) -> None:
        for service in services:
            self.console.print(f"create   the service-linked role of {service}")
        for change in plan.plan.changes:
            verb = "adopt" if change.is_imported else " and ".join(change.actions)
            if verb != "no-op":
                self.console.print(f"{verb:8} {change.address}")


def _check_examples(environment: Environment) -> None:
    left = [path for path in examples(environment) if path.startswith(_NEEDED)]
    if left:
        file = f"stacks/config/{environment.name}.py"
        raise Failure(f"{file}: {', '.join(left)}: still an example: write your own value")


def _unit(environment: Environment, output: Path | None, directory: Path, step: Steps) -> Unit:
    if output is None:
        step("synthesis", "running main.py --bootstrap")
        output = PROJECT / "bootstrap.out"
        synthesize([environment.name], output, "--bootstrap", config=directory)
    (unit,) = trees.read(output)
    step("synthesis", unit.name, is_done=True)
    return unit


def _has_bucket(environment: Environment, session: boto3.Session) -> bool:
    """Whether the bucket of the states is there. Raises Failure where it is not, and this is not to make it."""
    state = environment.state
    if not isinstance(state, S3State):
        return False
    found = account.has_bucket(environment, session, state)
    if not found and not _makes_bucket(environment):
        where = f"stacks/config/{environment.name}.py: state.bucket"
        remedy = "make it, or let this do so by bootstrap=BootstrapInputs(state_bucket=StateBucketInputs())"
        raise Failure(f"{where}: there is no bucket {state.bucket}: {remedy}")
    return found


def _makes_bucket(environment: Environment) -> bool:
    return environment.bootstrap.state_bucket is not None


def _exists(found: Sequence[account.Import]) -> str:
    what = ", ".join(f"{item['id']} ({item['to']})" for item in found)
    data = ", ".join(_LEFT_OUT[item["to"].partition(".")[0]] for item in found)
    remedy = f"adopt what no other environment makes by `make bootstrap ARGS=--adopt`, or leave it out by {data}"
    return f"bootstrap: exists already, and no state of this unit knows it: {what}: {remedy}"


def _next(environment: Environment, outputs: dict[str, str]) -> Sequence[str]:
    lines = [f"{name}: {value}" for name, value in sorted(outputs.items()) if value]
    if environment.bootstrap.github:
        name = environment.name
        variable = name.upper().replace("-", "_")
        lines += [
            "Tell GitHub (docs/bootstrap.md):",
            f"  gh variable set PLAN_ROLE_ARN_{variable} --body {outputs['plan_role_arn']}",
            f"  gh variable set DRIFT_ROLE_ARN_{variable} --body {outputs['drift_role_arn']}",
            f"  gh variable set APPLY_ROLE_ARN --env {name} --body {outputs['apply_role_arn']}",
            f"  gh variable set ECR_REPOSITORY_URL --env {name} --body {environment.django_service.repository_url}",
        ]
    return [*lines, f"Next: make deploy ENV={environment.name}"]
