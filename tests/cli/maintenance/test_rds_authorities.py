"""The refresh of the authorities of RDS: what is no bundle of theirs changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.maintenance.rds_authorities import main
from modules.rds_authorities.authorities import FILE, RdsAuthorities, published
from tests.modules.test_rds_authorities import authority

BUNDLE = "".join(root for roots in published().regions.values() for root in roots)


class Refresh:
    """The command, on a file of its own and a bundle on this machine."""

    def __init__(self, directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.file, self._bundle, self._capsys = directory / "authorities.json", directory / "bundle.pem", capsys
        self.file.write_bytes(FILE.read_bytes())

    def __call__(self, bundle: str | None) -> tuple[int, list[str]]:
        """Its exit code and what it printed."""
        if bundle is not None:
            self._bundle.write_text(bundle)
        code = main([], file=self.file, url=self._bundle.as_uri())
        printed = self._capsys.readouterr()
        return code, (printed.out + printed.err).splitlines()

    @property
    def unchanged(self) -> bool:
        return self.file.read_bytes() == FILE.read_bytes()


@pytest.fixture
def refresh(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Refresh:
    return Refresh(tmp_path, capsys)


def test_a_new_authority_and_a_new_region_are_written_and_named(refresh: Refresh) -> None:
    root = authority("Amazon RDS us-east-1 Root CA ECC384 G2")
    code, lines = refresh(f"{BUNDLE}{root}{authority('Amazon RDS xx-test-1 Root CA ECC384 G1')}")
    assert (code, lines[:2]) == (0, ["~ us-east-1", "+ xx-test-1"])
    found = RdsAuthorities.read(refresh.file)
    assert root in found.regions["us-east-1"]
    assert found.updated == datetime.now(UTC).date()


def test_without_changes_the_day_is_written(refresh: Refresh) -> None:
    assert refresh(BUNDLE) == (0, [f"No authority has changed since {published().updated}."])
    assert RdsAuthorities.read(refresh.file).updated == datetime.now(UTC).date()


@pytest.mark.parametrize(
    ("bundle", "what"),
    [
        (None, "cannot be fetched"),
        ("<html></html>", "there is no root authority of a region in it: look at the page; nothing was changed"),
        (published().regions["us-east-1"][0], "there is no authority of af-south-1 any more: look at the page"),
    ],
)
def test_what_is_no_bundle_of_rds_changes_nothing(refresh: Refresh, bundle: str | None, what: str) -> None:
    code, (line,) = refresh(bundle)
    assert code == 1
    assert what in line
    assert refresh.unchanged


def test_a_file_that_cannot_be_read_is_one_line(refresh: Refresh) -> None:
    refresh.file.write_text("{")
    code, (line,) = refresh(BUNDLE)
    assert (code, line) == (1, f"{refresh.file}: cannot be read (JSONDecodeError): restore it from git")
