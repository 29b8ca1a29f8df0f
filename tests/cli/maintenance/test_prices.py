"""The refresh of prices, against a server of our own with offer files as AWS writes them."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import create_server
from threading import Thread

import pytest

from cli.maintenance import offers
from cli.maintenance.offers import OFFERS
from cli.maintenance.prices import main
from cli.review.cost.price_list import DIRECTORY, PriceList

COLUMNS = (
    "SKU",
    "OfferTermCode",
    "RateCode",
    "TermType",
    "PriceDescription",
    "EffectiveDate",
    "StartingRange",
    "EndingRange",
    "Unit",
    "PricePerUnit",
    "Currency",
    "RelatedTo",
    "LeaseContractLength",
    "PurchaseOption",
    "OfferingClass",
    "Product Family",
    "serviceCode",
    "Location",
    "Location Type",
    "Instance Type",
    "Database Engine",
    "License Model",
    "Deployment Option",
    "usageType",
    "operation",
    "Region Code",
    "serviceName",
)
# Two services are enough to see what happens; that all are well described, another test sees.
WANTED = {
    "AmazonECS": tuple(each for each in OFFERS["AmazonECS"] if each.name.startswith("arm64")),
    "AmazonRDS": tuple(each for each in OFFERS["AmazonRDS"] if each.name in ("", "backup_gb_month")),
}
PATHS = [f"/{service}/current/us-east-1/index.csv" for service in WANTED]


def row(usage_type: str, price: str, **columns: str) -> dict[str, str]:
    given = {"TermType": "OnDemand", "Currency": "USD", "StartingRange": "0", "EndingRange": "Inf"}
    return {**dict.fromkeys(COLUMNS, ""), **given, "usageType": usage_type, "PricePerUnit": price, **columns}


def postgresql(usage_type: str, price: str, **columns: str) -> dict[str, str]:
    return {**row(usage_type, price, **columns), "Database Engine": "PostgreSQL"}


def offer(*rows: dict[str, str], published: str = "2026-11-20T17:07:46Z") -> bytes:
    """An offer file, which begins with five rows about itself and quotes everything."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(("FormatVersion", "v1.0"))
    writer.writerow(("Disclaimer", 'This pricing list is for informational purposes only. "All" prices, and so on'))
    writer.writerow(("Publication Date", published))
    writer.writerow(("Version", "20261120170746"))
    writer.writerow(("OfferCode", "AmazonAny"))
    writer.writerow(COLUMNS)
    writer.writerows([each[column] for column in COLUMNS] for each in rows)
    return text.getvalue().encode()


FARGATE = [
    row("USE1-Fargate-ARM-vCPU-Hours:perCPU", "0.0323800000"),
    row("USE1-Fargate-ARM-GB-Hours", "0.0035600000"),
    row("USE1-Fargate-vCPU-Hours:perCPU", "0.0404800000"),
]
DATABASES = [
    postgresql("InstanceUsage:db.t4g.small", "0.0400000000"),
    postgresql("InstanceUsage:db.t4g.small", "13.0000000000", TermType="Reserved"),
    postgresql("InstanceUsage:db.t4g.small", "0.2900000000", Currency="CNY"),
    {**row("InstanceUsage:db.t4g.small", "0.0380000000"), "Database Engine": "MySQL"},
    # AWS says so of what a reservation has paid for.
    postgresql("InstanceUsage:db.t4g.small", "0.0000000000"),
    postgresql("Multi-AZUsage:db.t4g.small", "0.0810000000"),
    postgresql("RDS:ChargedBackupUsage", "0.0000000000"),
    postgresql("RDS:ChargedBackupUsage", "0.0950000000", StartingRange="10"),
    postgresql("RDS:ChargedBackupUsage", "0.0950000000", StartingRange="10"),
    postgresql("RDS:ChargedBackupUsage", "0.0900000000", StartingRange="100"),
]
GOOD = {PATHS[0]: offer(*FARGATE), PATHS[1]: offer(*DATABASES, published="2026-11-18T00:00:00Z")}


class Server(ThreadingHTTPServer):
    """Answers on loopback as it is told."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers = dict(GOOD)
        self.zipped = False
        self.more_promised = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        body = self.server.answers.get(self.path)
        self.send_response(200 if body is not None else 403)
        body = body or b""
        if self.server.zipped and "gzip" in self.headers["Accept-Encoding"]:
            body = gzip.compress(body)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body) + self.server.more_promised))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


class Refresh:
    """The command, on a directory of its own with the prices of two databases."""

    def __init__(self, directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.directory, self._capsys = directory, capsys
        self.file = directory / "us-east-1.json"
        prices = {
            ("rds_postgres_hour", "db.t4g.small"): Decimal("0.032"),
            ("rds_postgres_hour", "db.old.large"): Decimal("0.5"),
            ("fargate", "arm64_gb_hour"): Decimal("0.00356"),
        }
        self.before = PriceList(region="us-east-1", date="2025", source="memory", prices=prices).text()
        self.file.write_text(self.before)

    def __call__(self, url: str, *argv: str) -> tuple[int, list[str], list[str]]:
        """Its exit code and the lines of its outputs, without those that show progress."""
        code = main(argv, directory=self.directory, url=url, wanted=WANTED)
        printed = self._capsys.readouterr()
        errors = [line for line in printed.err.splitlines() if "━" not in line and line.strip()]
        return code, printed.out.splitlines(), errors

    @property
    def unchanged(self) -> bool:
        return self.file.read_text() == self.before and [*self.directory.iterdir()] == [self.file]


@pytest.fixture
def refresh(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Refresh:
    return Refresh(tmp_path, capsys)


def test_prices_are_those_on_demand_in_usd_of_the_first_tier_that_is_paid(server: Server, refresh: Refresh) -> None:
    assert refresh(server.url)[0] == 0
    new = PriceList.read(refresh.file)
    assert new.prices == {
        ("fargate", "arm64_gb_hour"): Decimal("0.00356"),
        ("fargate", "arm64_vcpu_hour"): Decimal("0.03238"),
        ("rds", "backup_gb_month"): Decimal("0.095"),
        ("rds_postgres_hour", "db.t4g.small"): Decimal("0.04"),
        ("rds_postgres_multi_az_hour", "db.t4g.small"): Decimal("0.081"),
    }
    assert (new.region, new.date) == ("us-east-1", "2026-11-18")
    assert new.source == f"{server.url}/<service>/current/us-east-1/index.csv"


def test_it_tells_what_has_changed(server: Server, refresh: Refresh) -> None:
    assert refresh(server.url)[1] == [
        "~ rds_postgres_hour.db.t4g.small: $0.032 -> $0.04 (+25.0 %)",
        "- rds_postgres_hour.db.old.large: was $0.5",
        "us-east-1: 5 prices of 2026-11-18: 3 are new, 1 as before.",
        "Next: review the difference by git diff; make cost ENV=prod",
    ]


def test_a_second_refresh_changes_nothing(server: Server, refresh: Refresh) -> None:
    refresh(server.url)
    text, written = refresh.file.read_text(), refresh.file.stat().st_mtime_ns
    assert refresh(server.url)[1][0] == "us-east-1: 5 prices of 2026-11-18: 0 are new, 5 as before."
    assert (refresh.file.read_text(), refresh.file.stat().st_mtime_ns) == (text, written)


def test_it_reads_what_is_sent_zipped(server: Server, refresh: Refresh) -> None:
    server.zipped = True
    assert refresh(server.url)[0] == 0
    assert not refresh.unchanged


def test_another_region_gets_a_file_of_its_own(server: Server, refresh: Refresh) -> None:
    european = offer(row("EU-Fargate-ARM-GB-Hours", "0.004"), row("EU-Fargate-ARM-vCPU-Hours:perCPU", "0.03725"))
    databases = offer(
        postgresql("EU-InstanceUsage:db.t4g.small", "0.035"), postgresql("EU-RDS:ChargedBackupUsage", "0.095")
    )
    server.answers = {
        path.replace("us-east-1", "eu-west-1"): body for path, body in zip(PATHS, (european, databases), strict=True)
    }
    assert refresh(server.url, "eu-west-1")[0] == 0
    new = PriceList.of("eu-west-1", refresh.directory)
    assert new is not None
    assert new.prices["rds_postgres_hour", "db.t4g.small"] == Decimal("0.035")
    assert new.prices["fargate", "arm64_gb_hour"] == Decimal("0.004")
    assert refresh.file.read_text() == refresh.before


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        (FARGATE[:1], "is not listed"),
        ([*FARGATE, row("USE1-Fargate-ARM-GB-Hours", "0.004")], "is listed at 2 prices above zero"),
        ([FARGATE[0], row("USE1-Fargate-ARM-GB-Hours", "0")], "is listed at 0 prices above zero"),
    ],
)
def test_a_price_that_is_not_to_be_found_is_left_out_and_told(
    server: Server, refresh: Refresh, rows: list[dict[str, str]], problem: str
) -> None:
    server.answers[PATHS[0]] = offer(*rows)
    code, printed, _ = refresh(server.url)
    assert code == 0
    assert (
        f"! AmazonECS: fargate.arm64_gb_hour: {problem}: a cost names it as missing; see cli/maintenance/offers.py"
        in printed
    )
    assert ("fargate", "arm64_gb_hour") not in PriceList.read(refresh.file).prices


def test_a_trust_store_is_no_load_balancer() -> None:
    wanted = OFFERS["AWSELB"][:1]
    family = {"Product Family": "Load Balancer-Application"}
    rows = [
        {**row(usage, price), **family}
        for usage, price in (("LoadBalancerUsage", "0.0225"), ("TS-LoadBalancerUsage", "0.0055"))
    ]
    found = offers.read(offer(*rows).decode().splitlines(), wanted)
    assert (found.prices, found.problems) == ({("load_balancer", "hour"): Decimal("0.0225")}, [])


GOOD_LINES = GOOD[PATHS[0]].splitlines(keepends=True)


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b"", "is no offer file of format v1.0"),
        (b"<html>not here</html>\n" * 9, "is no offer file of format v1.0"),
        (GOOD[PATHS[0]].replace(b"v1.0", b"v2.0"), "is no offer file of format v1.0"),
        (GOOD[PATHS[0]].replace(b"usageType", b"usage"), "has no column usageType"),
        (b"".join(GOOD_LINES)[:-40], "ends early, or has a broken row at line 9"),
        (GOOD[PATHS[0]].replace(b"0.0323800000", b"much"), "has no number at line 7"),
        (GOOD[PATHS[0]].replace(b"0.0323800000", b"-1"), "has no price at line 7"),
        (offer(), "has none of the prices that are wanted"),
    ],
)
def test_what_is_no_offer_file_changes_nothing(server: Server, refresh: Refresh, body: bytes, what: str) -> None:
    server.answers[PATHS[0]] = body
    code, printed, errors = refresh(server.url)
    assert (code, printed, refresh.unchanged) == (1, [], True)
    url = f"{server.url}{PATHS[0]}"
    assert errors == [f"{url}: {what}: look at it, and correct cli/maintenance/offers.py; nothing was changed"]


def _gone(server: Server) -> str:
    del server.answers[PATHS[1]]
    return server.url


def _broken_off(server: Server) -> str:
    server.more_promised = 100
    return server.url


def _no_text(server: Server) -> str:
    server.answers[PATHS[1]] = GOOD[PATHS[1]] + b"\xff\xff\n"
    return server.url


def _nobody(_: Server) -> str:
    with create_server(("127.0.0.1", 0)) as taken:
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


@pytest.mark.parametrize(
    ("breaks", "reason"),
    [
        (_gone, "Forbidden"),
        (_broken_off, "it ends early"),
        (_no_text, "invalid start byte"),
        (_nobody, "Connection refused"),
    ],
)
def test_a_fetch_that_fails_is_one_line_and_changes_nothing(
    server: Server, refresh: Refresh, breaks: Callable[[Server], str], reason: str
) -> None:
    code, printed, errors = refresh(breaks(server))
    assert (code, printed, refresh.unchanged) == (1, [], True)
    (line,) = errors
    assert reason in line
    assert line.endswith("try again later; nothing was changed")


def test_a_region_that_is_none_is_told(refresh: Refresh) -> None:
    assert refresh("http://127.0.0.1:9", "../etc")[::2] == (
        1,
        ["'../etc': is not a region: use one such as \"us-east-1\""],
    )


@pytest.mark.parametrize("text", ["", "{}", '{"prices": {"a": {"b": 0.1}}}', '{"prices": {"a": {"b": "-1"}}}'])
def test_a_data_file_that_is_broken_is_told(server: Server, refresh: Refresh, text: str) -> None:
    refresh.file.write_text(text)
    code, _, errors = refresh(server.url)
    assert (code, len(errors), refresh.file.read_text()) == (1, 1, text)
    assert errors[0].endswith("restore it from git")


def test_the_data_file_is_as_a_refresh_writes_it() -> None:
    for file in DIRECTORY.glob("*.json"):
        assert PriceList.read(file).text() == file.read_text()
        assert json.loads(file.read_text())["region"] == file.stem


def test_every_price_of_the_data_file_is_refreshed() -> None:
    prices = PriceList.of("us-east-1")
    assert prices is not None
    wanted = [each for service in OFFERS.values() for each in service]
    assert [key for key in prices.prices if not any(each.is_for(key) for each in wanted)] == []
