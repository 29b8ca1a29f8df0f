"""The command line of a deployment: `python -m cli deploy --help`."""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError
from rich.table import Table

from cli import command as commands
from cli import rehearsal
from cli.deploy import dashboard, health, image, new_units, prerequisites, recovery
from cli.deploy.apply import Applier, Changes
from cli.deploy.backups import Backups
from cli.deploy.deployment import Deployment
from cli.deploy.rollout import Rollout
from cli.ecs.service import Services, ServiceStatus
from cli.ecs.task import Tasks
from cli.failure import Failure, run_command, tell
from cli.progress import steps
from cli.rehearsal import is_rehearsal
from cli.terraform import environment as environments
from cli.terraform.paused import PauseRecord
from cli.terraform.runner import Terraform
from cli.terraform.workspace import workspace
from cli.text import one_line, printable
from stacks.config import loader
from stacks.console import Console
from stacks.unit_names import BACKUP

if TYPE_CHECKING:
    import boto3

    from cli.review.planning.command import Reviewed
    from cli.terraform.tree import Unit
    from stacks.config.schema import Environment

REHEARSED = "rehearsal"
"""The tag of the image that a rehearsal deploys, unless it is given one."""


def main(argv: Sequence[str], *, tree: Path | None = None, directory: Path = loader.DIRECTORY) -> int:
    """Deploy an environment; `tree` and `directory` are cdktf.out and stacks/config unless given.

    Returns 0; 1 when something failed; 2 for misuse; 3 when the gate refuses; 130 when interrupted.
    """
    return run_command("deploy", lambda: _run(_parse(argv, directory), tree, directory))


def _parse(argv: Sequence[str], directory: Path) -> argparse.Namespace:
    parser = commands.Parser("deploy", description=__doc__)
    commands.add_environment(parser, directory)
    parser.add_argument(
        "--image-tag",
        default=os.environ.get("IMAGE_TAG") or None,
        help="an image that ECR has, by its tag or digest; IMAGE_TAG by default. Without one the commit is built",
    )
    commands.add_allow(parser)
    commands.add_yes(parser)
    parser.add_argument(
        "--approved",
        metavar="FILE",
        type=Path,
        help="the page that plan --save has written: a protected environment is deployed only as it shows",
    )
    parser.add_argument(
        "--task-minutes", type=int, default=60, help="how long a migration may take until it is stopped; 60 by default"
    )
    parser.add_argument(
        "--url", type=_url, help="where the service answers, as https://…; the name of the DNS record by default"
    )
    return parser.parse_args(argv)


def _url(text: str) -> str:
    """A URL without a path. argparse makes one line of the error."""
    if not re.fullmatch(r"https?://[\w.-]+(:\d{1,5})?/?", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a URL such as https://www.example.com")
    return text.rstrip("/")


def _run(arguments: argparse.Namespace, tree: Path | None, directory: Path) -> int:
    started = time.monotonic()
    console = Console()
    environment = commands.environment(arguments, directory)
    session = environments.session_of(environment)
    tag = _image(arguments, environment, session)
    services = Services(session.client("ecs"), environment.cluster_name)
    before = services.describe(environments.services_of(environment)[:1])
    way_back = _way_back(environment, before, tag)
    with (
        environments.deployed_from(environment, tree, directory) as output,
        workspace(terraform := Terraform({**os.environ, environments.IMAGE_TAG: tag})) as space,
    ):
        units = environments.units_of(environment, output)
        with steps(errors := Console(stderr=True)) as step:
            applier = Applier(terraform, space, step, arguments.allow)
            recovery.go_on(units, applier, session, f"correct it, and run `make deploy ENV={environment.name}` again")
        # Others need no consent, and what was deployed since may have changed their plan.
        approved = arguments.approved if environment.protected else None
        reviewed = _review(arguments, output, directory, applier, approved)
        new_units.refuse_deployed(environment, session, reviewed.new, before)
        _ask(arguments, environment, tag, reviewed.summary, new_units.in_words(reviewed.new, units))
        tasks = Tasks(
            session.client("ecs"),
            session.client("logs"),
            environment.cluster_name,
            is_tagged=environment.django_service.cluster.existing is not None,
            timeout_seconds=arguments.task_minutes * 60,
        )
        rollout = Rollout(environment, applier, tasks, services, lambda line: _print_line(errors, line))
        with steps(errors) as step:
            applier.step = step
            step.expect(unit.name for unit in units)
            if reviewed.code:  # or else there is nothing to go back from
                _back_up(environment, session, applier, units, reviewed.new)
            deployment = Deployment(applier, rollout)
            done, statuses = deployment.deploy(units), deployment.prove(units, tag)
            records = deployment.records(units)
            url = arguments.url or rehearsal.url() or environment.url or deployment.url(units)
    application = environment.django_service.application
    if records:
        console.print("Records that lead to it, for whoever makes them:", *(f"  {each}" for each in records), sep="\n")
    if _is_stopped(environment, statuses):
        console.print(f"{url} was not asked: the schedule of web has stopped it, and its new tasks start with the next")
    elif arguments.url or rehearsal.url() or _may_be_asked(environment):
        if not rehearsal.runs_nothing():
            _wait_until_ready(url, application.health.readiness, way_back, bool(records))
    else:
        console.print(f"{url} was not asked: its load balancer does not admit everybody. --url asks one that it admits")
    console.print(_table(done, statuses))
    console.print(f"{environment.name} runs {tag}, deployed in {time.monotonic() - started:.0f} s")
    if rehearsal.runs_nothing():
        console.print(f"This was a rehearsal: nothing runs, so {url} was not asked whether it is ready")
        return 0
    console.print(f"Look at {' and '.join(f'{url}{page}' for page in application.pages or ('/',))}")
    if figures := dashboard.url(environment):
        console.print(f"Its figures: {figures}")
    if not before:
        console.print(f"Its first user: make superuser ENV={environment.name} USERNAME=… EMAIL=…")
    console.print(f"Next: make status ENV={environment.name}{way_back and f'. To go back: {way_back}'}")
    return 0


def _back_up(
    environment: Environment,
    session: boto3.Session,
    applier: Applier,
    units: Sequence[Unit],
    new: Collection[str],
) -> None:
    """Before anything is changed, where the data ask for it and there is a vault by now. Raises Failure."""
    if environment.backup is None or not environment.backup.before_each_release:
        return
    for unit in units:
        if unit.role == BACKUP and unit.name not in new:
            try:
                made = Backups(environment, session, applier.step).in_vault(applier.outputs(unit))
            except (Failure, BotoCoreError, ClientError) as error:
                remedy = f"correct it, and run `make deploy ENV={environment.name}` again"
                raise Failure(f"deploy: {one_line(str(error), 300)}: nothing was changed: {remedy}") from error
            applier.step(unit.name, f"backed up before the release: {', '.join(each.name for each in made)}")


def _may_be_asked(environment: Environment) -> bool:
    """Whether the service answers this machine, wherever it is; the load balancer itself has asked all tasks."""
    balancer = environment.django_service.load_balancer
    is_limited = balancer.internal or balancer.allowed_cidrs or balancer.security_group_id
    return environment.proxied or not is_limited


def _is_stopped(environment: Environment, statuses: Sequence[ServiceStatus]) -> bool:
    """Whether web runs no task, as its schedule may have it."""
    return any(status.name == f"{environment.prefix}-web" and status.desired == 0 for status in statuses)


def _way_back(environment: Environment, before: Sequence[ServiceStatus], tag: str) -> str:
    """The command that deploys what has run before; empty where that was nothing, or the same."""
    for status in before:
        if status.tag != tag:
            return f"make deploy ENV={environment.name} IMAGE_TAG={status.tag}"
    return ""


def _print_line(errors: Console, line: str) -> None:
    errors.print(printable(line))


def _image(arguments: argparse.Namespace, environment: Environment, session: boto3.Session) -> str:
    """The tag to deploy, when all that a deployment needs is there."""
    print(f"Checking what {environment.name} needs", file=sys.stderr)
    missing = prerequisites.missing(environment, session, image_tag=arguments.image_tag)
    for line in missing:
        tell(line)
    if missing:
        raise Failure(f"deploy: {len(missing)} missing, see above: nothing was changed")
    PauseRecord(environment).refuse()
    try:
        return arguments.image_tag or (REHEARSED if is_rehearsal() else image.build_and_push(environment, session))
    except image.BuildFailed as error:
        raise Failure(f"deploy: {error}: nothing was changed") from error


def _ask(arguments: argparse.Namespace, environment: Environment, tag: str, summary: str, new: str) -> None:
    """Ask before a protected environment is deployed, and on a terminal also where some of its units are new.

    A pipeline is not asked about those: what it must not make is refused by what the account has.
    """
    if not arguments.yes and (environment.protected or (new and sys.stdin.isatty())):
        what = "; ".join(filter(None, (summary, new)))
        commands.confirm(f"Deploy {tag} to {environment.name}: {what}?", environment, "deploy")


def _review(
    arguments: argparse.Namespace, tree: Path, directory: Path, applier: Applier, approved: Path | None
) -> Reviewed:
    """Show the plan, and return what it says. Raises Failure where it may not be applied."""
    from cli.review.planning import command as plan  # noqa: PLC0415  (it takes a second)

    name = arguments.environment
    reviewed = plan.review(
        name,
        tree,
        arguments.allow,
        applier.terraform,
        applier.workspace,
        directory=directory,
        approved=approved,
    )
    if reviewed.code == plan.REFUSED:
        remedy = 'correct what it names, or accept a loss by ARGS="--allow UNIT:ADDRESS"'
        raise Failure(f"deploy: the gate refuses the plan, see above: nothing was changed: {remedy}", reviewed.code)
    if reviewed.code not in (plan.NOTHING_TO_DO, plan.CHANGES):
        remedy = f"correct it, and run `make deploy ENV={name}` again"
        raise Failure(f"deploy: there is no plan to deploy, see above: nothing was changed: {remedy}")
    return reviewed


def _wait_until_ready(url: str, path: str, way_back: str, is_elsewhere: bool) -> None:
    """`is_elsewhere`: its record is made by somebody else, and may not be there yet."""
    with steps(Console(stderr=True)) as step:
        step("health", f"asking {url}{path}")
        try:
            health.wait(url, path, on_change=lambda said: step("health", said))
        except health.NotReady as error:
            remedy = f"look at its logs{way_back and f', or go back by `{way_back}`'}"
            if is_elsewhere:
                remedy = f"make the records that are printed above, and run it again; or {remedy}"
            raise Failure(f"{error}: {remedy}") from error
        step("health", "ready", is_done=True)


def _table(done: dict[str, Changes], statuses: Sequence[ServiceStatus]) -> Table:
    made = Table("unit or service", "what was done, or runs")
    for name, changes in done.items():
        made.add_row(name, str(changes))
    made.add_section()
    for status in statuses:
        made.add_row(status.name, f"{status.running} of {status.desired} tasks of {status.image.rpartition('/')[2]}")
    return made
