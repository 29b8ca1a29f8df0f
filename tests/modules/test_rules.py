"""The rules that several modules share."""

from __future__ import annotations

import pytest

from modules import rules


@pytest.mark.parametrize(
    ("window", "first", "last"),
    [("03:00-04:00", 180, 239), ("23:30-00:30", 1410, 1469), ("00:00-00:01", 0, 0)],
)
def test_a_daily_window_covers_its_minutes_past_midnight(window: str, first: int, last: int) -> None:
    minutes = rules.daily_window(window)
    assert minutes is not None
    assert (minutes[0], minutes[-1]) == (first, last)


@pytest.mark.parametrize("window", ["3:00-04:00", "24:00-01:00", "03:00", "", "sun:03:00-sun:04:00", "0٣:00-04:00"])
def test_what_is_no_daily_window_is_none(window: str) -> None:
    assert rules.daily_window(window) is None


def test_a_weekly_window_covers_its_minutes_past_sunday() -> None:
    minutes = rules.weekly_window("Sun:23:30-mon:00:30")
    assert minutes is not None
    assert len(minutes) == 60
    assert minutes[0] == rules.MINUTES_OF_WEEK - 30


@pytest.mark.parametrize(
    ("daily", "weekly", "collide"),
    [
        ("03:00-04:00", "sun:04:00-sun:05:00", False),
        ("03:00-04:01", "sun:04:00-sun:05:00", True),
        ("23:30-00:30", "mon:00:00-mon:01:00", True),
        ("00:00-00:30", "sun:23:45-mon:00:15", True),
        ("12:00-13:00", "sun:23:00-mon:11:00", False),
    ],
)
def test_windows_collide_when_they_share_a_minute_of_any_day(daily: str, weekly: str, collide: bool) -> None:
    day, week = rules.daily_window(daily), rules.weekly_window(weekly)
    assert day is not None
    assert week is not None
    assert rules.windows_collide(day, week) is collide


@pytest.mark.parametrize("text", ["vpc-0123456789abcdef0", "vpc-12345678"])
def test_an_id_has_its_prefix_and_its_digits(text: str) -> None:
    assert rules.resource_id("vpc", text)
    assert not rules.resource_id("subnet", text)
    assert not rules.resource_id("vpc", text + "0")


def test_an_arn_belongs_to_its_service() -> None:
    key = "arn:aws:kms:us-east-1:123456789012:key/1"
    assert rules.arn("kms", key)
    assert not rules.arn("acm", key)
    assert not rules.arn("kms", key + "\n")


@pytest.mark.parametrize(
    "name",
    ["abc", "a" * 63, "example.tfstate", "192.168.1.1a", "1.2.3", "sthree", "my-s3alias-1", "x--s3", "a-xn--b", "xn-1"],
)
def test_a_bucket_has_any_name_that_s3_takes(name: str) -> None:
    assert not list(rules.bucket_name("bucket", name))


@pytest.mark.parametrize(
    "name",
    [
        "ab",
        "a" * 64,
        "a..b",
        "Tfstate",
        "-abc",
        "abc-",
        "abc.",
        "192.168.1.1",
        "xn--abc",
        "sthree-abc",
        "amzn-s3-demo-abc",
        "abc-s3alias",
        "abc--ol-s3",
        "abc.mrap",
        "abc--x-s3",
        "abc--table-s3",
    ],
)
def test_a_bucket_has_no_name_that_s3_refuses_or_reserves(name: str) -> None:
    (problem,) = rules.bucket_name("bucket", name)
    assert problem.what.endswith(" is not a valid bucket name")


@pytest.mark.parametrize(
    "text", ["0.0.0.0/0", "1.0.0.0/8", "8.8.8.8/32", "126.0.0.0/8", "198.20.0.0/16", "223.0.0.0/8"]
)
def test_a_block_that_can_be_used_is_right(text: str) -> None:
    assert rules.cidr(text) is None


@pytest.mark.parametrize(
    ("groups", "blocks", "line"),
    [
        (("db",), (), "allowed_security_group_ids: 'db' is no security group id: write it as "),
        (("sg-01234567",) * 2, (), "allowed_security_group_ids: one security group is named twice: name each once"),
        ((), ("0.0.0.0/0",), "allowed_cidrs: 0.0.0.0/0 is not private: name private blocks, or admit a security group"),
        ((), ("10.0.0.0/7",), "allowed_cidrs: 10.0.0.0/7 is not private: "),
        ((), ("192.0.2.0/24",), "allowed_cidrs: 192.0.2.0/24 is not private: "),
        ((), ("10.0.0.1/16",), "allowed_cidrs: '10.0.0.1/16' has host bits set: "),
        ((), ("10.0.0.0/16",) * 2, "allowed_cidrs: one block is named twice: "),
        (
            ("sg-01234567",),
            tuple(f"10.0.{number}.0/24" for number in range(59)),
            "allowed_cidrs: 60 rules with those of allowed_security_group_ids are more than a security group has room ",
        ),
    ],
)
def test_nobody_of_the_internet_is_admitted_to_a_store(
    groups: tuple[str, ...], blocks: tuple[str, ...], line: str
) -> None:
    found = [": ".join(problem) for problem in rules.admitted_to_store(groups, blocks)]
    assert found
    assert found[0].startswith(line)


def test_private_blocks_and_groups_are_admitted_to_a_store() -> None:
    blocks = ("10.0.0.0/8", "172.16.0.0/12", "192.168.1.0/24", "100.64.0.0/10")
    assert [*rules.admitted_to_store(("sg-01234567",), blocks)] == []
