"""What commands about one environment begin with: its data, its session at AWS and its units."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from cli.failure import Failure
from cli.terraform import tree
from cli.terraform.synthesis import PROJECT, synthesize
from cli.terraform.tree import Unit
from stacks.config import loader

if TYPE_CHECKING:
    import boto3

    from stacks.config.schema import Environment

IMAGE_TAG = "TF_VAR_image_tag"
"""The variable by which Terraform gets the tag of the image."""


def load(name: str, directory: Path = loader.DIRECTORY) -> Environment:
    """The environment of this name. Raises loader.WrongEnvironment."""
    (environment,) = loader.load([name], directory).values()
    return environment


def session_of(environment: Environment) -> boto3.Session:
    """AWS in the region of the environment, with the credentials that Terraform takes too."""
    import boto3  # noqa: PLC0415  (it takes a while, and most mistakes are found before)

    return boto3.Session(region_name=environment.region)


def units_of(environment: Environment, output: Path, *, home: Path | None = None) -> list[Unit]:
    """The units of an environment in a tree, in the order of their dependencies. Raises Failure where there are none.

    `home` is the tree from which they are deployed, where that is another one.
    """
    units = [unit for unit in tree.read(output, home=home) if unit.environment == environment.name]
    if not units:
        raise Failure(f"{output}: there is no unit of {environment.name}: synthesize it by `make synth`")
    return units


@contextmanager
def deployed_from(environment: Environment, output: Path | None, config: Path, *options: str) -> Iterator[Path]:
    """The tree from which an environment is deployed: its own, which no other synthesis replaces meanwhile.

    It lies in the project's directory, to which the paths of local states are relative, and stays, because Terraform
    leaves there the state that it could not write. `output` is another one that was synthesized before, `config` the
    directory of the environments, and `options` are further ones of the synthesis. Raises Failure where it is in use:
    that of another machine is found out by the locks of the states.
    """
    if output:
        yield output
        return
    output = PROJECT / f"deploy.{environment.name}.out"
    with output.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            what = f"{environment.name} is being deployed or destroyed from this directory"
            raise Failure(f"{what}: wait until that has ended") from error
        synthesize((environment.name,), output, *options, config=config)
        yield output


def services_of(environment: Environment) -> list[str]:
    """The names of the services that an environment has, web first."""
    return [f"{environment.prefix}-{name}" for name in environment.django_service.services]
