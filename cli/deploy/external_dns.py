"""Certificates that ACM validates by records which somebody else makes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cli.terraform.tree import Unit
from modules.dns import line

_CERTIFICATE = "aws_acm_certificate"


def validated_elsewhere(unit: Unit) -> list[str]:
    """The addresses of a unit's certificates whose records it does not make, but has as an output."""
    if "validation_records" not in unit.configuration.get("output", {}):
        return []
    return [f"{_CERTIFICATE}.{name}" for name in unit.configuration.get("resource", {}).get(_CERTIFICATE, {})]


def pending_records(state: Mapping[str, Any]) -> list[str]:
    """The records by which ACM validates the certificates of a state that are not issued yet."""
    found = {
        line(option["resource_record_name"], option["resource_record_type"], option["resource_record_value"])
        for resource in state.get("resources", ())
        if resource["mode"] == "managed" and resource["type"] == _CERTIFICATE
        for instance in resource["instances"]
        if instance["attributes"].get("status") != "ISSUED"
        for option in instance["attributes"]["domain_validation_options"]
    }
    return sorted(found)
