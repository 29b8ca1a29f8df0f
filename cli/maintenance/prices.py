"""Renew the prices of a region from AWS's public price list: `python -m cli prices us-east-1`."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from http.client import HTTPException
from pathlib import Path
from urllib.request import Request, urlopen

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from cli.command import Parser
from cli.failure import Failure, run_command
from cli.maintenance import data_file, offers
from cli.maintenance.offers import GLOBAL, OFFERS, Offer, Wanted, WrongOffer
from cli.review.cost.price_list import DIRECTORY, Key, PriceList, WrongPrices
from modules import rules
from modules.validation import show
from stacks.console import Console

URL = "https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws"
TIMEOUT_SECONDS = 60

_STDERR = Console(stderr=True)


def main(
    argv: Sequence[str],
    *,
    directory: Path = DIRECTORY,
    url: str = URL,
    wanted: Mapping[str, tuple[Wanted, ...]] = OFFERS,
) -> int:
    """Read every offer file, and write the region's data file. Returns 0; 1 when a price is not to be had."""
    return run_command("prices", lambda: _run(argv, directory, url, wanted))


def _run(argv: Sequence[str], directory: Path, url: str, wanted: Mapping[str, tuple[Wanted, ...]]) -> int:
    parser = Parser("prices", __doc__)
    parser.add_argument("region", nargs="?", default="us-east-1", help="us-east-1 by default")
    region = parser.parse_args(argv).region
    if not rules.REGION.fullmatch(region):
        raise Failure(f'{show(region)}: is not a region: use one such as "us-east-1"')
    file = directory / f"{region}.json"
    old = _read(file)
    new, problems = _fetch(region, url, wanted)
    if old is None or old.text() != new.text():
        data_file.write(file, new.text())
    print("\n".join(_report(old, new, problems)))
    return 0


def _read(file: Path) -> PriceList | None:
    try:
        return PriceList.of(file.stem, file.parent)
    except WrongPrices as error:
        raise Failure(str(error)) from error


def _fetch(region: str, url: str, wanted: Mapping[str, tuple[Wanted, ...]]) -> tuple[PriceList, list[str]]:
    """The prices of a region, and what of them was not to be found."""
    found: dict[str, Offer] = {}
    with Progress(
        TextColumn("{task.description:20}", markup=False), BarColumn(), DownloadColumn(), console=_STDERR
    ) as progress:
        for service, prices in wanted.items():
            place = "current" if service in GLOBAL else f"current/{region}"
            found[service] = _fetch_offer(f"{url}/{service}/{place}/index.csv", service, prices, progress)
    new = PriceList(
        region=region,
        # The oldest, because a total is only as new as its oldest price.
        date=min(offer.published for offer in found.values()),
        source=f"{url}/<service>/current/{region}/index.csv",
        prices={key: price for offer in found.values() for key, price in offer.prices.items()},
    )
    return new, [f"{service}: {problem}" for service, offer in found.items() for problem in offer.problems]


def _fetch_offer(url: str, service: str, wanted: tuple[Wanted, ...], progress: Progress) -> Offer:
    try:
        request = Request(url, headers={"Accept-Encoding": "gzip"})  # noqa: S310
        with urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
            length = int(answer.headers.get("Content-Length") or 0)
            body = progress.wrap_file(answer, length, description=service)
            plain = gzip.GzipFile(fileobj=body) if answer.headers.get("Content-Encoding") == "gzip" else body
            offer = offers.read(io.TextIOWrapper(plain, encoding="utf-8", newline=""), wanted)
            if answer.length:  # http.client tells of it only who reads everything at once
                raise ConnectionError("it ends early")
            return offer
    except WrongOffer as error:
        raise Failure(
            f"{url}: {error}: look at it, and correct cli/maintenance/offers.py; nothing was changed"
        ) from error
    except (OSError, EOFError, HTTPException, UnicodeDecodeError, csv.Error, zlib.error) as error:
        reason = show(str(getattr(error, "reason", error)))
        raise Failure(f"{url}: cannot be fetched ({reason}): try again later; nothing was changed") from error


def _report(old: PriceList | None, new: PriceList, problems: Sequence[str]) -> Iterator[str]:
    before: Mapping[Key, Decimal] = old.prices if old else {}
    same = 0
    for key, price in sorted(new.prices.items()):
        if key not in before:
            continue
        if before[key] == price:
            same += 1
        else:
            percent = (price / before[key] - 1) * 100
            yield f"~ {'.'.join(key)}: ${before[key]:f} -> ${price.normalize():f} ({percent:+.1f} %)"
    yield from (f"- {'.'.join(key)}: was ${before[key]:f}" for key in sorted(before.keys() - new.prices.keys()))
    yield from (f"! {problem}: a cost names it as missing; see cli/maintenance/offers.py" for problem in problems)
    added = len(new.prices.keys() - before.keys())
    yield f"{new.region}: {len(new.prices)} prices of {new.date}: {added} are new, {same} as before."
    yield "Next: review the difference by git diff; make cost ENV=prod"
