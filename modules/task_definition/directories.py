"""Directories that a task may write to although its root file system is read-only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from modules.validation import Problem, show

_PATH = re.compile(r"(/[A-Za-z0-9_.-]+)+")
_OF_THE_KERNEL = ("/dev", "/proc", "/sys")


def volume_name(path: str) -> str:
    """The volume of a directory: `writable-var-lib-shop` of /var/lib/shop, and `tmp` of /tmp.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html#volumes
    """
    name = re.sub(r"[^A-Za-z0-9_]+", "-", path).strip("-")
    return name if path == "/tmp" else f"writable-{name}"


def directory_rules(field: str, paths: tuple[str, ...], writable: tuple[str, ...] = ("/tmp",)) -> Iterator[Problem]:
    """Absolute paths, none of them within another or within one that is `writable` anyhow."""
    names: dict[str, str] = {}
    for path in paths:
        if not _PATH.fullmatch(path) or str(PurePosixPath(path)) != path or ".." in path.split("/"):
            yield Problem(field, f"{show(path)} is no absolute path", 'write it as "/srv/app/media"')
            continue
        parents = {str(parent) for parent in PurePosixPath(path).parents}
        others = [each for each in (*writable, *_OF_THE_KERNEL, *paths) if each in {path, *parents}]
        if {*writable} & {*others}:
            yield Problem(field, f"{path} is writable anyhow", "remove it")
        elif len(others) > 1:
            yield Problem(field, f"{path} is {others[0]}, or within it", "name one of them, and none of the kernel's")
        elif (other := names.setdefault(volume_name(path), path)) != path:
            yield Problem(field, f"the volumes of {other} and {path} have the same name", "rename one of them")
