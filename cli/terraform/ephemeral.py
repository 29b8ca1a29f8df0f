"""Configurations without their ephemeral resources, for plans that are only read."""

from __future__ import annotations

from typing import Any

from cli.terraform.tree import Json

# Terraform takes what is ephemeral in write-only arguments alone, and writes none of these to a plan.
# https://developer.hashicorp.com/terraform/language/block/ephemeral
_CONSTANT = "mock"


def without_ephemeral(configuration: Json) -> Json:
    """The configuration with a constant for each ephemeral value, so that nothing is asked for it."""
    kept: Json = _replaced({key: value for key, value in configuration.items() if key != "ephemeral"})
    return kept


def _replaced(value: Any) -> Any:
    match value:
        case dict():
            return {key: _replaced(each) for key, each in value.items()}
        case list():
            return [_replaced(each) for each in value]
        case str() if "${" in value and "ephemeral." in value:
            return _CONSTANT
        case _:
            return value
