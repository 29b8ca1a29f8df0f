"""Directories that are writable beside /tmp."""

from __future__ import annotations

import pytest

from modules.task_definition.directories import directory_rules, volume_name
from modules.validation import line


def test_a_volume_is_named_by_its_path() -> None:
    assert volume_name("/srv/app/my.media_1") == "writable-srv-app-my-media_1"


def test_directories_beside_each_other_are_right() -> None:
    assert [*directory_rules("it", ("/srv/app/media", "/srv/app/media2", "/var/tmp", "/data"))] == []


@pytest.mark.parametrize(
    ("paths", "said"),
    [
        (("media",), ["it: 'media' is no absolute path: write it as \"/srv/app/media\""]),
        (("/",), ["it: '/' is no absolute path: write it as \"/srv/app/media\""]),
        (("/a/../etc",), ["it: '/a/../etc' is no absolute path: write it as \"/srv/app/media\""]),
        (("/a/",), ["it: '/a/' is no absolute path: write it as \"/srv/app/media\""]),
        (("/tmp", "/tmp/x"), ["it: /tmp is writable anyhow: remove it", "it: /tmp/x is writable anyhow: remove it"]),
        (("/proc/x",), ["it: /proc/x is /proc, or within it: name one of them, and none of the kernel's"]),
        (("/a", "/a/b"), ["it: /a/b is /a, or within it: name one of them, and none of the kernel's"]),
        (("/a", "/a"), ["it: /a is /a, or within it: name one of them, and none of the kernel's"] * 2),
        (("/a-b", "/a/b"), ["it: the volumes of /a-b and /a/b have the same name: rename one of them"]),
    ],
)
def test_others_are_refused_in_one_line_each(paths: tuple[str, ...], said: list[str]) -> None:
    assert [*map(line, directory_rules("it", paths))] == said
