"""What lets libpq verify PostgreSQL, in images that do not bring Amazon's certificate authorities."""

from __future__ import annotations

from modules.rds_authorities.authorities import published
from modules.task_definition.application import FirstContainer, TaskEnvironment
from stacks.config.application_inputs import AUTHORITIES, AUTHORITIES_DIRECTORY

_FILE = f"{AUTHORITIES_DIRECTORY}/rds.pem"


def authorities(region: str) -> TaskEnvironment:
    """The variables that libpq reads, and the container that writes the authorities of a region where they point.

    https://www.postgresql.org/docs/current/libpq-ssl.html
    """
    return TaskEnvironment(
        variables={"PGSSLMODE": "verify-full", "PGSSLROOTCERT": _FILE},
        first=[
            FirstContainer(
                name=AUTHORITIES,
                entry_point=("sh", "-c"),
                command=(f'printf %s "$RDS_AUTHORITIES" > {_FILE}',),
                variables={"RDS_AUTHORITIES": "".join(published().regions[region])},
                writes=(AUTHORITIES,),
            )
        ],
        volumes={AUTHORITIES: AUTHORITIES_DIRECTORY},
    )
