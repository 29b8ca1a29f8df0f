"""Cloudflare's ranges: dated data that can only be Cloudflare's, in one prefix list."""

from __future__ import annotations

import json
from datetime import date
from functools import cache
from ipaddress import ip_network
from pathlib import Path

import pytest

from modules.cloudflare_ip_ranges.main import CloudflarePrefixList
from modules.cloudflare_ip_ranges.ranges import FILE, MAX_ENTRIES, CloudflareRanges, WrongRanges, published, ranges
from tests.support import Json, module_json, only


@cache
def prefix_list() -> Json:
    document = module_json(lambda stack: CloudflarePrefixList(stack, "cloudflare", prefix="django-test"))
    return only(document["resource"]["aws_ec2_managed_prefix_list"])


class TestPrefixList:
    def test_it_holds_the_published_ipv4_ranges_in_their_order(self) -> None:
        assert [entry["cidr"] for entry in prefix_list()["entry"]] == list(published().ipv4)
        assert prefix_list()["address_family"] == "IPv4"

    def test_it_has_room_for_more_and_leaves_room_in_the_security_group(self) -> None:
        ports, quota = 2, 60
        assert len(published().ipv4) < prefix_list()["max_entries"] == MAX_ENTRIES
        assert ports * prefix_list()["max_entries"] < quota

    def test_it_bears_the_prefix_of_its_environment(self) -> None:
        assert prefix_list()["name"] == prefix_list()["tags"]["Name"] == "django-test-cloudflare"

    def test_it_is_deleted_after_the_rules_that_named_it_have_changed(self) -> None:
        assert prefix_list()["lifecycle"] == {"create_before_destroy": True}


class TestData:
    def test_it_says_where_it_is_from_and_how_old_it_is(self) -> None:
        assert "cloudflare.com" in published().source
        assert date(2024, 1, 1) <= published().updated

    def test_it_is_written_as_it_is_read(self) -> None:
        assert published().text() == FILE.read_text()

    def test_it_is_sorted_by_address(self) -> None:
        for blocks in (published().ipv4, published().ipv6):
            assert list(blocks) == sorted(blocks, key=lambda block: ip_network(block).network_address.packed)

    def test_wrong_data_is_never_read(self, tmp_path: Path) -> None:
        file = tmp_path / "ranges.json"
        file.write_text(json.dumps({**json.loads(FILE.read_text()), "ipv4": ["0.0.0.0/0"]}))
        with pytest.raises(WrongRanges):
            CloudflareRanges.read(file)


class TestRanges:
    @pytest.mark.parametrize(
        ("version", "block", "what"),
        [
            (4, "<html>", "'<html>' is no IP range"),
            (4, "103.21.244.1/22", "'103.21.244.1/22' is no IP range"),
            (4, "0.0.0.0/0", "0.0.0.0/0 is no public range"),
            (4, "8.0.0.0/7", "8.0.0.0/7 is no public range"),
            (4, "10.0.0.0/8", "10.0.0.0/8 is no public range"),
            (4, "172.0.0.0/8", "172.0.0.0/8 is no public range"),
            (4, "192.168.1.0/24", "192.168.1.0/24 is no public range"),
            (4, "100.64.0.0/16", "100.64.0.0/16 is no public range"),
            (4, "169.254.169.254/32", "169.254.169.254/32 is no public range"),
            (4, "224.0.0.0/8", "224.0.0.0/8 is no public range"),
            (4, "2400:cb00::/32", "2400:cb00::/32 is no IPv4 range"),
            (6, "103.21.244.0/22", "103.21.244.0/22 is no IPv6 range"),
            (6, "::/0", "::/0 is no public range"),
            (6, "fd00::/32", "fd00::/32 is no public range"),
            (6, "2001:db8::/32", "2001:db8::/32 is no public range"),
            (6, "2400::/12", "2400::/12 is no public range"),
        ],
    )
    def test_what_cannot_be_cloudflare_s_is_refused(self, version: int, block: str, what: str) -> None:
        good = published().ipv4 if version == 4 else published().ipv6
        with pytest.raises(WrongRanges) as error:
            ranges(version, [*good, block])
        assert str(error.value) == what

    def test_none_and_too_many_are_refused(self) -> None:
        with pytest.raises(WrongRanges, match=r"^0 IPv4 ranges are not 1 to 20$"):
            ranges(4, [])
        with pytest.raises(WrongRanges, match=r"^21 IPv4 ranges are not 1 to 20$"):
            ranges(4, [f"104.16.{number}.0/24" for number in range(MAX_ENTRIES + 1)])

    def test_order_and_repetition_do_not_matter(self) -> None:
        assert ranges(4, ["104.24.0.0/14", "103.31.4.0/22", "104.24.0.0/14"]) == ("103.31.4.0/22", "104.24.0.0/14")
