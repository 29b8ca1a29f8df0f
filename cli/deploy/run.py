"""Run a command as a one-off task, and end with its exit code: `python -m cli run dev "python manage.py check"`."""

from __future__ import annotations

import shlex
import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cli import command as commands
from cli.ecs.service import Services
from cli.ecs.task import TaskFailed, Tasks
from cli.failure import Failure, run_command, tell
from cli.rehearsal import runs_nothing
from cli.terraform import environment as environments
from cli.terraform.paused import PauseRecord
from cli.text import printable
from stacks.config import loader
from stacks.config.application_inputs import job_task

if TYPE_CHECKING:
    import boto3

    from cli.ecs.network import Network
    from stacks.config.schema import Environment


def main(argv: Sequence[str], *, directory: Path = loader.DIRECTORY) -> int:
    """Run a command in an environment. Returns its exit code; 1 when it did not start; 130 when interrupted."""
    return run_command("run", lambda: _run(_parse(argv, directory), directory))


def run_task(
    environment: Environment,
    command: Sequence[str] | None,
    *,
    task: str | None = None,
    minutes: int = 60,
    on_line: Callable[[str], None],
) -> int:
    """The exit code of a command that runs as a one-off task or job, with its permissions or those of the first task.

    Without a command the task runs its own. After so many minutes it is stopped. Each line of its log goes to
    `on_line`, and what happens to stderr. Raises Failure where it does not start.
    """
    session = environments.session_of(environment)
    network = network_of(environment, session)
    family = f"{environment.prefix}-{task or environment.django_service.first_task}"
    print(f"Starting {family}, which takes about a minute", file=sys.stderr)
    try:
        tasks = tasks_of(environment, session, minutes=minutes)
        ended = tasks.run(family, network, command=command, on_line=on_line)
    except TaskFailed as error:
        raise Failure(f"{error}: see the stopped tasks of the cluster {environment.cluster_name}") from error
    where = f"{ended.log_group}, stream {ended.log_stream}"
    print(f"It ended with exit code {ended.exit_code}; its log is {where}", file=sys.stderr)
    return ended.exit_code


def network_of(environment: Environment, session: boto3.Session) -> Network:
    """Where one-off tasks of an environment run. Raises Failure where it is paused or not deployed."""
    PauseRecord(environment).refuse()
    services = Services(session.client("ecs"), environment.cluster_name)
    found = services.describe(environments.services_of(environment)[:1])
    if not found:
        raise Failure(f"{environment.name} is not deployed: run `make deploy ENV={environment.name}`")
    return found[0].network


def tasks_of(environment: Environment, session: boto3.Session, *, minutes: int = 60) -> Tasks:
    """What runs them, for so many minutes at most."""
    return Tasks(
        session.client("ecs"),
        session.client("logs"),
        environment.cluster_name,
        is_tagged=environment.django_service.cluster.existing is not None,
        timeout_seconds=minutes * 60,
    )


def _parse(argv: Sequence[str], directory: Path) -> Namespace:
    parser = commands.Parser("run", description="Run a command as a one-off task, as the application's database user.")
    commands.add_environment(parser, directory, required=True)
    parser.add_argument(
        "command",
        nargs="?",
        default="",
        help='such as "python manage.py check", which has no terminal; that of --task or --job by default',
    )
    parser.add_argument("--minutes", type=int, default=60, help="after which it is stopped; 60 by default")
    task = parser.add_mutually_exclusive_group()
    task.add_argument(
        "--task", help="the one-off task whose permissions it gets; the first of the application by default"
    )
    task.add_argument("--job", help="the job that is started, whatever its schedule")
    return parser.parse_intermixed_args(argv)  # options may stand before a command that is optional


def _run(arguments: Namespace, directory: Path) -> int:
    environment = commands.environment(arguments, directory)
    tasks, jobs = environment.django_service.tasks, environment.django_service.application.jobs or {}
    if arguments.task and arguments.task not in tasks:
        raise Failure(f"run: there is no task {arguments.task!r}: use one of {', '.join(tasks)}")
    if arguments.job and arguments.job not in jobs:
        remedy = f"use one of {', '.join(jobs)}" if jobs else "describe it in jobs of application.py"
        raise Failure(f"run: there is no job {arguments.job!r}: {remedy}")
    task = job_task(arguments.job) if arguments.job else arguments.task
    try:
        command = shlex.split(arguments.command)
    except ValueError as error:
        raise Failure(f"run: {arguments.command!r}: {error}: quote it as a shell would") from error
    if not command and not task:
        raise Failure('run: the command is empty: give CMD="python manage.py …"')
    if runs_nothing():
        tell("run: nothing runs on the local AWS: the task ends with 0, whatever the command is")
    return run_task(
        environment,
        command or None,
        task=task,
        minutes=arguments.minutes,
        on_line=lambda line: print(printable(line), flush=True),
    )
