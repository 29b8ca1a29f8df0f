"""Refresh the data file of the authorities of RDS from what AWS publishes: `python -m cli rds-authorities`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from urllib.request import Request

from cli.command import Parser
from cli.failure import Failure, run_command
from cli.maintenance import data_file
from modules.rds_authorities.authorities import FILE, RdsAuthorities, WrongAuthorities, by_region

# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html
URL = "https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem"
TIMEOUT_SECONDS = 10


def main(argv: Sequence[str], *, file: Path = FILE, url: str = URL) -> int:
    """Fetch the bundle, check it, and write the file. Returns 0; 1 when it is not usable, the file as it was."""
    return run_command("rds-authorities", lambda: _run(argv, file, url))


def _run(argv: Sequence[str], file: Path, url: str) -> int:
    Parser("rds-authorities", __doc__).parse_args(argv)
    old = data_file.read(file, RdsAuthorities.read)
    fetched = data_file.fetch(Request(url), by_region, WrongAuthorities, TIMEOUT_SECONDS)  # noqa: S310
    new = RdsAuthorities(source=url, updated=datetime.now(UTC).date(), regions=fetched)
    if gone := sorted(old.regions.keys() - new.regions.keys()):
        raise Failure(f"{url}: there is no authority of {gone[0]} any more: look at the page; nothing was changed")
    data_file.write(file, new.text())
    print("\n".join(_report(old, new)))
    return 0


def _report(old: RdsAuthorities, new: RdsAuthorities) -> Iterator[str]:
    changed = [region for region, roots in new.regions.items() if old.regions.get(region) != roots]
    yield from (f"~ {region}" if region in old.regions else f"+ {region}" for region in changed)
    if changed:
        yield "Next: review the difference, run `make snapshots`, and deploy the django-service units."
    else:
        yield f"No authority has changed since {old.updated}."
