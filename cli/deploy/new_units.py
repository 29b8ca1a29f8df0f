"""Units without a state: new ones, or deployed ones whose state is not where the data says.

An apply of the latter would make half of a second environment before the names in AWS collide.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from cli.deploy.database import Database
from cli.ecs.service import ServiceStatus
from cli.failure import Failure, tell
from stacks.unit_names import DJANGO_SERVICE, POSTGRESQL

if TYPE_CHECKING:
    import boto3

    from stacks.config.schema import Environment


def refuse_deployed(
    environment: Environment, session: boto3.Session, new: Mapping[str, str], services: Sequence[ServiceStatus]
) -> None:
    """Raise Failure where the account has what a unit without a state would make.

    `new` has where the state of each will be, by the name of the unit; `services` are those that run.
    """
    found = [*_deployed(environment, session, new, services)]
    for unit, what in found:
        tell(f"{unit}: {what} is there already, and no state at {new[unit]} knows it")
    if found:
        move = f"`make move-state ENV={environment.name} FROM=s3://…` copies the states to where the data says now"
        adopt = f"if no Terraform has made it, `make adopt-resources ENV={environment.name}` proposes its import"
        raise Failure(f"deploy: {environment.name} has its states elsewhere: nothing was changed: {move}; {adopt}")


def _deployed(
    environment: Environment, session: boto3.Session, new: Collection[str], services: Sequence[ServiceStatus]
) -> Iterator[tuple[str, str]]:
    """The new units that are deployed, each with what of it there is. What a deployment may read anyway is asked."""
    database, service = f"{environment.name}-{POSTGRESQL}", f"{environment.name}-{DJANGO_SERVICE}"
    if database in new and (instance := Database.of(environment, session)).status:
        yield database, f"the database {instance.identifier}"
    if service in new:
        yield from ((service, f"the service {each.name}") for each in services)


def in_words(new: Mapping[str, str], units: Collection[object]) -> str:
    """What a person is asked about; empty where none is new, or all of them, as in a first deployment."""
    if not 0 < len(new) < len(units):
        return ""
    return f"new, with the state still to be made: {', '.join(f'{name} at {place}' for name, place in new.items())}"
