"""`from stacks.config import …` has all that the file of an environment is made of."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import is_dataclass
from typing import Any, get_args, get_type_hints

import pytest

from modules.validation import Example
from stacks import config
from stacks.config.schema import Environment
from tests.environments import DIRECTORY, ENVIRONMENTS


def classes(annotation: Any) -> Iterator[type]:
    """The inputs classes that an annotation names, and those of their fields."""
    if isinstance(annotation, type) and is_dataclass(annotation):
        yield annotation
        for hint in get_type_hints(annotation).values():
            yield from classes(hint)
    for argument in get_args(annotation):
        yield from classes(argument)


def test_it_has_every_class_of_inputs() -> None:
    found = {*classes(Environment), Example}
    assert len(found) > 25
    exported = {getattr(config, name) for name in config.__all__ if name[0].isupper() and not name.isupper()}
    assert found <= exported
    # A field may take a class that is made of more than the one it names: WorkerAutoscalingInputs of StepInputs.
    within = {each for given in exported if issubclass(given, tuple(found)) for each in classes(given)}
    assert all(issubclass(each, tuple(found | within)) for each in exported)


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_an_environment_imports_nothing_else(name: str) -> None:
    lines = (DIRECTORY / f"{name}.py").read_text().splitlines()
    assert [line for line in lines if "import" in line] == ["from stacks.config import ("]


@pytest.mark.parametrize(
    "first",
    [
        "stacks.config",
        "stacks.config.bootstrap",
        "stacks.config.django_service",
        "stacks.config.loader",
        "stacks.config.schema",
        "modules.network.inputs",
        "modules.validation",
    ],
)
def test_whatever_is_imported_first_the_others_follow_without_cdktf(first: str) -> None:
    code = (
        f"import sys, {first}\n"
        "from stacks.config import ENVIRONMENTS, Environment\n"
        "from stacks.config.loader import load\n"
        "assert not {'cdktf', 'jsii', 'constructs'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
