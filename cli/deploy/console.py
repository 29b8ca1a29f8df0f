"""Open Django's shell in a task of its own, by ECS Exec: `python -m cli console prod`.

The task is stopped when the session ends, and ends by itself after `django_service.session.minutes`.
"""

from __future__ import annotations

import shlex
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from cli import command as commands
from cli.deploy.session import session
from cli.failure import run_command
from stacks.config import loader


def main(argv: Sequence[str], *, directory: Path = loader.DIRECTORY) -> int:
    """Returns the exit code of the session; 1 when there can be none; 130 when interrupted."""
    return run_command("console", lambda: _run(_parse(argv, directory), directory))


def _parse(argv: Sequence[str], directory: Path) -> Namespace:
    parser = commands.Parser("console", description="Open Django's shell in a task of its own, by ECS Exec.")
    commands.add_environment(parser, directory, required=True)
    parser.add_argument("--command", default="", help='such as "/bin/sh" or "python manage.py dbshell", in its place')
    return parser.parse_args(argv)


def _run(arguments: Namespace, directory: Path) -> int:
    environment = commands.environment(arguments, directory)
    command = arguments.command or shlex.join((*environment.django_service.application.manage, "shell"))
    with session(environment, "console") as opened:
        return opened.attend(command)
