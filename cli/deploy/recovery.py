"""Goes on where an interrupted deployment has stopped, before anything is planned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cli.deploy.apply import Applier, Kept
from cli.deploy.deployment import MOST_AT_ONCE, raise_first
from cli.terraform.in_order import in_order

if TYPE_CHECKING:
    import boto3

    from cli.terraform.tree import Unit

# What has no address before it is available: service, waiter of boto3, its parameter, the attribute.
_AVAILABLE = {
    "aws_db_instance": ("rds", "db_instance_available", "DBInstanceIdentifier", "identifier"),
    "aws_elasticache_replication_group": (
        "elasticache",
        "replication_group_available",
        "ReplicationGroupId",
        "replication_group_id",
    ),
}


def go_on(units: Sequence[Unit], applier: Applier, session: boto3.Session, again: str) -> None:
    """Write what could not be written, and keep what holds data and was only begun. `again` is the next command.

    Raises Failure.
    """
    results = in_order(units, applier.keep, most_at_once=MOST_AT_ONCE, stop=applier.stop)
    raise_first(results.failed, again)
    for name, kept in results.done.items():
        for each in kept:
            _wait(name, each, applier, session)


def _wait(name: str, kept: Kept, applier: Applier, session: boto3.Session) -> None:
    if kept.type in _AVAILABLE:
        service, waiter, parameter, attribute = _AVAILABLE[kept.type]
        applier.step(name, f"waiting until {kept.address} is available, which may take half an hour")
        session.client(service).get_waiter(waiter).wait(**{parameter: kept.attributes[attribute]})  # type: ignore[call-overload]
