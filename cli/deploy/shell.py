"""Open a shell in a running task, by ECS Exec: `python -m cli shell dev`."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from cli import command as commands
from cli.ecs import plugin
from cli.failure import Failure, run_command
from cli.rehearsal import is_rehearsal
from cli.terraform import environment as environments
from stacks.config import loader


def main(argv: Sequence[str], *, directory: Path = loader.DIRECTORY) -> int:
    """Become the session of a shell. Returns 1 when there can be none."""
    return run_command("shell", lambda: _run(_parse(argv, directory), directory))


def _parse(argv: Sequence[str], directory: Path) -> Namespace:
    parser = commands.Parser("shell", description="Open a shell in a running task, by ECS Exec.")
    commands.add_environment(parser, directory)
    parser.add_argument("service", nargs="?", default="web", help="web, worker, beat or another service; web")
    parser.add_argument("--command", default="/bin/sh", help="what to run; /bin/sh by default")
    return parser.parse_args(argv)


def _run(arguments: Namespace, directory: Path) -> int:
    environment = commands.environment(arguments, directory)
    services = environment.django_service.services
    if arguments.service not in services:
        raise Failure(f"shell: there is no service {arguments.service!r}: use one of {', '.join(services)}")
    if is_rehearsal():
        raise Failure("shell: the local AWS has no ECS Exec: run a command by `make run`")
    if not environment.django_service.runtime.execute_command:
        what = f"stacks/config/{environment.name}.py: django_service.runtime.execute_command: is off"
        raise Failure(f"{what}: turn it on and deploy, or run a command by `make run ENV={environment.name} CMD=…`")
    plugin.require("shell")
    ecs = environments.session_of(environment).client("ecs")
    service = f"{environment.prefix}-{arguments.service}"
    tasks = ecs.list_tasks(cluster=environment.cluster_name, serviceName=service, desiredStatus="RUNNING")["taskArns"]
    if not tasks:
        raise Failure(f"shell: no task of {service} runs: see `make status ENV={environment.name}`")
    # A task that is about to start has no container yet, and AWS may put others beside ours, as GuardDuty does.
    found = [
        (task, container)
        for task in ecs.describe_tasks(cluster=environment.cluster_name, tasks=tasks)["tasks"]
        for container in task["containers"]
        if container["name"] == arguments.service and container.get("runtimeId")
    ]
    if not found:
        raise Failure(
            f"shell: no task of {service} has started: try again, or see `make status ENV={environment.name}`"
        )
    task, container = found[0]
    session = ecs.execute_command(
        cluster=environment.cluster_name,
        task=task["taskArn"],
        container=container["name"],
        command=arguments.command,
        interactive=True,
    )["session"]
    target = plugin.target(environment.cluster_name, task["taskArn"], container["runtimeId"])
    command = plugin.command(session, environment.region, {"Target": target})
    os.execvp(plugin.PLUGIN, command)  # noqa: S606
