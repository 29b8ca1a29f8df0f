"""The environments that tests of the program use. They stay as they are, whatever stacks/config holds."""

from __future__ import annotations

from pathlib import Path

from stacks.config import loader
from stacks.config.schema import Environment

ENVIRONMENTS = ("dev", "staging", "prod", "eu-prod")
DIRECTORY = Path(__file__).parent


def frozen(name: str) -> Environment:
    """One of them."""
    (environment,) = loader.load([name], DIRECTORY).values()
    return environment
