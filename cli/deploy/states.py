"""The states of an environment, wherever it keeps them, read without Terraform."""

from __future__ import annotations

import json
from collections.abc import Container
from pathlib import Path
from typing import Any

from cli.terraform.state_store import FILE, store_of
from stacks.config.schema import Environment
from stacks.unit_names import BOOTSTRAP

State = dict[str, Any]
"""https://developer.hashicorp.com/terraform/internals/state is Terraform's own."""


def states(environment: Environment, project: Path, *, without: Container[str] = (BOOTSTRAP,)) -> dict[str, State]:
    """Each state by the name of its unit, such as `certificate`, in the order of these names.

    `project` is the directory that holds that of a LocalState. Raises botocore's errors.
    """
    store = store_of(environment, project)
    found = {unit: store.read(f"{unit}/{FILE}") for unit in sorted(store.units()) if unit not in without}
    return {unit: json.loads(text) for unit, text in found.items() if text}


def other_states(environment: Environment, project: Path) -> dict[str, State]:
    """Those that no unit of its data has any more, as those of another kind of DNS. As `states` otherwise."""
    return states(environment, project, without={*environment.units, BOOTSTRAP})
