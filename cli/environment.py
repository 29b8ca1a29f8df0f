"""What commands about one environment begin with: its data, its session at AWS and its units."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from cli import tree
from cli.progress import Steps
from cli.synthesis import PROJECT, synthesize
from cli.tree import Unit
from stacks.config import ENVIRONMENTS, loader

if TYPE_CHECKING:
    import boto3

    from stacks.config.schema import Environment

IMAGE_TAG = "TF_VAR_image_tag"
"""The variable by which Terraform gets the tag of the image."""


def add_argument(parser: argparse.ArgumentParser) -> None:
    """The environment, as the first argument of a command."""
    parser.add_argument("environment", metavar="ENVIRONMENT", choices=ENVIRONMENTS, help=", ".join(ENVIRONMENTS))


def load(name: str, directory: Path = loader.DIRECTORY) -> Environment:
    """The environment of this name. Raises loader.WrongEnvironment."""
    (environment,) = loader.load([name], directory).values()
    return environment


def session_of(environment: Environment) -> boto3.Session:
    """AWS in the region of the environment, with the credentials that Terraform takes too."""
    import boto3  # noqa: PLC0415  (it takes a while, and most mistakes are found before)

    return boto3.Session(region_name=environment.region)


def units_of(environment: Environment, output: Path | None, step: Steps) -> list[Unit]:
    """The units of an environment in the order of their dependencies, from a tree or else newly synthesized."""
    if output is None:
        step("synthesis", "running main.py")
        output = PROJECT / "cdktf.out"
        synthesize((), output)
    units = [unit for unit in tree.read(output) if unit.environment == environment.name]
    step("synthesis", f"{len(units)} units", is_done=True)
    return units


def role_of(unit: Unit, environment: Environment) -> str:
    """What a unit is called in every environment, such as `network`."""
    return unit.name.removeprefix(f"{environment.name}-")


def services_of(environment: Environment) -> list[str]:
    """The names of the services that an environment has, web first."""
    inputs = environment.django_service
    there = {"web": inputs.web, "worker": inputs.worker, "beat": inputs.beat}
    return [f"{environment.prefix}-{name}" for name, service in there.items() if service]
