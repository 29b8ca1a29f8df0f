"""What another unit uses is not deleted before that has left it: AWS refuses, after minutes of waiting.

A unit publishes what others use in its outputs. What the state's outputs name no longer has retired, and may go.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from cli.review.gate import zones
from cli.review.gate.resources import Unit
from cli.terraform.plan import ResourceChange

_CERTIFICATE = re.compile(r"aws_acm_certificate\.certificate(?:_version_(?P<version>\d+))?")
_VALIDATION = re.compile(r"(cloudflare_dns|aws_route53)_record\.certificate_validation\[.+\]")
_APPLICATION_GROUP = re.compile(r"aws_security_group\.network_application")


class _Published(NamedTuple):
    attribute: str
    outputs: tuple[str, ...]


_PUBLISHED: Mapping[str, _Published] = {
    "aws_acm_certificate": _Published("arn", ("certificate_arn",)),
    "aws_security_group": _Published("id", ("application_security_group_id",)),
    "aws_subnet": _Published("id", ("public_subnet_ids", "private_subnet_ids", "database_subnet_ids")),
}


def is_used(unit: Unit, change: ResourceChange) -> bool:
    """Whether the state's outputs name what a plan deletes, so that other units use it."""
    return any(_id(change) in names for names in _named(unit, change))


def has_retired(unit: Unit, change: ResourceChange) -> bool:
    """Whether the state's outputs name another in its place; and a validation record of a certificate that has."""
    if change.deposed:
        return False  # its successor is published at once, and the listener shows it until a later unit was deployed
    if _VALIDATION.fullmatch(change.address):
        certificates = [each for each in unit.changes if _CERTIFICATE.fullmatch(each.address) and each.is_destroyed]
        return bool(certificates) and all(has_retired(unit, each) for each in certificates)
    return change.after is None and bool(_named(unit, change)) and not is_used(unit, change)


def is_successor(change: ResourceChange) -> bool:
    """Whether it takes the place of another one, under a name that says so."""
    found = _CERTIFICATE.fullmatch(change.address)
    return bool(found and found["version"])


def remedy(unit: Unit, change: ResourceChange) -> str | None:
    """What to write in the environment so that what is deleted is left first; None where nothing does."""
    if zones.SUBNET.fullmatch(change.address):
        return zones.remedy(unit, change)
    for pattern, written in _REMEDIES.items():
        if found := pattern.fullmatch(change.address):
            return written(change, found)
    return None


def _id(change: ResourceChange) -> Any:
    return (change.before or {}).get(_PUBLISHED[change.type].attribute)


def _named(unit: Unit, change: ResourceChange) -> list[Any]:
    """What the state's outputs name of this type; empty where the unit publishes none."""
    outputs = unit.plan.plan.outputs
    names = _PUBLISHED[change.type].outputs if change.type in _PUBLISHED else ()
    return [found for name in names if name in outputs and (found := outputs[name].before)]


def _certificate(change: ResourceChange, found: re.Match[str]) -> str:
    before, version = change.before or {}, int(found["version"] or 1)
    hostname = before.get("domain_name")
    names = [name for name in before.get("subject_alternative_names") or () if name != hostname]
    arguments = [f'hostname="{hostname}"']
    if names:
        arguments.append(f"subject_alternative_names={zones.as_tuple(sorted(names))}")
    if (algorithm := before.get("key_algorithm")) not in (None, "RSA_2048"):
        arguments.append(f'key_algorithm="{algorithm}"')
    if version > 1:
        arguments.append(f"version={version}")
    raised = f"certificate.version to {version + 1} and " if change.after else ""
    return (
        f"set {raised}certificate.retiring to RetiringCertificateInputs({', '.join(arguments)}), and remove that in "
        "the next change"
    )


def _application_group(change: ResourceChange, _: re.Match[str]) -> str | None:
    return None if change.after else "set network.retiring_security_group to True, and remove it in the next change"


_REMEDIES: Mapping[re.Pattern[str], Callable[[ResourceChange, re.Match[str]], str | None]] = {
    _CERTIFICATE: _certificate,
    _APPLICATION_GROUP: _application_group,
}
