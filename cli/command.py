"""How a command begins: its arguments, the environments that they name, and the consent of a person."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import stacks.failure
from stacks.config import loader
from stacks.config.schema import Environment
from stacks.failure import Failure

__all__ = ["Parser", "add_allow", "add_environment", "add_environments", "add_yes", "chosen", "confirm", "environment"]


class Parser(stacks.failure.Parser):
    """The arguments of a verb. Raises Failure, with one line, for arguments it does not accept."""

    def __init__(self, verb: str, description: str | None) -> None:
        super().__init__(f"python -m cli {verb}", description)


def add_environment(parser: argparse.ArgumentParser, directory: Path, *, required: bool = False) -> None:
    """One environment of a directory, as the first argument; the first of them unless it is required.

    Raises loader.WrongEnvironment.
    """
    first, *others = loader.names(directory)
    known = ", ".join((first, *others))
    if required:
        parser.add_argument("environment", metavar="ENVIRONMENT", help=f"one of {known}")
    else:
        parser.add_argument(
            "environment", metavar="ENVIRONMENT", nargs="?", default=first, help=f"one of {known}; {first} by default"
        )


def environment(arguments: argparse.Namespace, directory: Path) -> Environment:
    """The environment that `add_environment` was given. Raises loader.WrongEnvironment."""
    (name,) = loader.choose([arguments.environment], directory)
    (found,) = loader.load([name], directory).values()
    return found


def add_environments(parser: argparse.ArgumentParser) -> None:
    """Any number of environments, as the first arguments; all unless some are named."""
    parser.add_argument("environments", metavar="ENVIRONMENT", nargs="*", help="such as prod; all by default")


def chosen(arguments: argparse.Namespace, directory: Path) -> list[str]:
    """The environments that `add_environments` was given, in the order of deployment. Raises WrongEnvironment."""
    return loader.choose(arguments.environments, directory)


def add_yes(parser: argparse.ArgumentParser) -> None:
    """The consent of whoever runs the command."""
    parser.add_argument("--yes", action="store_true", help="ask nothing, as in a pipeline")


def add_allow(parser: argparse.ArgumentParser) -> None:
    """The losses that the gate lets pass."""
    parser.add_argument(
        "--allow", metavar="UNIT:ADDRESS", action="append", default=[], help="let the gate pass the loss of this one"
    )


def confirm(question: str, environment: Environment, verb: str) -> None:
    """Ask a person for the name of the environment. Raises Failure for any other answer, and without a terminal."""
    if not sys.stdin.isatty():
        what = f"{environment.name} requires confirmation, but there is no terminal"
        raise Failure(f"{verb}: {what}: pass --yes, as in `make {verb} ENV={environment.name} ARGS=--yes`")
    print(f"{question} Type its name, {environment.name}: ", end="", flush=True)
    if sys.stdin.readline().strip() != environment.name:
        raise Failure(f"{verb}: that is not its name: nothing was changed")
