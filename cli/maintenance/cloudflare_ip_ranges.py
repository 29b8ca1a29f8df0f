"""Refresh the data file of Cloudflare's ranges from what Cloudflare publishes: `python -m cli ip-ranges`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from urllib.request import Request

from cli.command import Parser
from cli.failure import run_command
from cli.maintenance import data_file
from modules.cloudflare_ip_ranges.ranges import FILE, CloudflareRanges, WrongRanges, ranges

URLS = {4: "https://www.cloudflare.com/ips-v4", 6: "https://www.cloudflare.com/ips-v6"}

# Cloudflare's Browser Integrity Check refuses the name that urllib gives itself.
HEADERS = {"User-Agent": "cloudflare-ip-ranges"}
TIMEOUT_SECONDS = 10


def main(argv: Sequence[str], *, file: Path = FILE, urls: dict[int, str] = URLS) -> int:
    """Fetch both lists, check them, and write the file. Returns 0; 1 when a list is not usable, the file as it was."""
    return run_command("ip-ranges", lambda: _run(argv, file, urls))


def _run(argv: Sequence[str], file: Path, urls: dict[int, str]) -> int:
    Parser("ip-ranges", __doc__).parse_args(argv)
    old = data_file.read(file, CloudflareRanges.read)
    new = CloudflareRanges(
        source=" and ".join(urls.values()),
        updated=datetime.now(UTC).date(),
        ipv4=_fetch(4, urls[4]),
        ipv6=_fetch(6, urls[6]),
    )
    if new != old:
        data_file.write(file, new.text())
    print("\n".join(_report(old, new)))
    return 0


def _fetch(version: int, url: str) -> tuple[str, ...]:
    request = Request(url, headers=HEADERS)  # noqa: S310
    return data_file.fetch(request, lambda text: ranges(version, text.split()), WrongRanges, TIMEOUT_SECONDS)


def _report(old: CloudflareRanges, new: CloudflareRanges) -> Iterator[str]:
    before, after = {*old.ipv4, *old.ipv6}, {*new.ipv4, *new.ipv6}
    yield from (f"+ {block}" for block in (*new.ipv4, *new.ipv6) if block not in before)
    yield from (f"- {block}" for block in (*old.ipv4, *old.ipv6) if block not in after)
    if before == after:
        yield f"No range has changed since {old.updated}."
    else:
        yield "Next: review the difference, run `make snapshots`, and deploy the django-service units."
