"""Environments are composed and written together, or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cdktf import App

from modules.validation import InvalidInput
from stacks.config.schema import Environment
from stacks.synthesis.summary import UnitSummary
from stacks.synthesis.synthesize import CannotCompose, synthesize
from stacks.unit import Unit
from stacks.units.network import NetworkUnit
from tests.support import environment

DEV, PROD = environment(name="dev"), environment(name="prod")


def network_alone(app: App, environment: Environment) -> list[Unit[Any]]:
    return [NetworkUnit(app, environment)]


def no_production(app: App, environment: Environment) -> list[Unit[Any]]:
    if environment.name == "prod":
        raise InvalidInput("network.cidr", "is wrong", "correct it")
    return network_alone(app, environment)


def units_of(output: Path) -> list[str]:
    return sorted(path.parent.name for path in output.glob("stacks/*/cdk.tf.json"))


def test_every_unit_of_every_environment_is_written_and_summarized(tmp_path: Path) -> None:
    output, told = tmp_path / "out", list[str]()
    dev, prod = synthesize({"dev.py": DEV, "prod.py": PROD}, output, told.append, network_alone)
    assert units_of(output) == ["dev-network", "prod-network"]
    document = json.loads((output / "stacks/prod-network/cdk.tf.json").read_text())
    written = sum(len(named) for named in document["resource"].values())
    assert prod == UnitSummary("prod", "network", resources=written, dependencies=())
    assert dev.environment == "dev"
    assert told == ["Composing dev", "Composing prod", "Writing 2 units"]


def test_an_environment_that_cannot_be_composed_leaves_the_old_output(tmp_path: Path) -> None:
    output = tmp_path / "out"
    synthesize({"prod.py": PROD}, output, print, network_alone)
    with pytest.raises(CannotCompose, match=r"^prod\.py$") as error:
        synthesize({"dev.py": DEV, "prod.py": PROD}, output, print, no_production)
    assert isinstance(error.value.__cause__, InvalidInput)
    assert units_of(output) == ["prod-network"]


def test_units_of_an_environment_that_is_no_more_disappear(tmp_path: Path) -> None:
    output = tmp_path / "out"
    synthesize({"dev.py": DEV, "prod.py": PROD}, output, print, network_alone)
    synthesize({"prod.py": PROD}, output, print, network_alone)
    assert units_of(output) == ["prod-network"]
    assert list(json.loads((output / "manifest.json").read_text())["stacks"]) == ["prod-network"]
