"""Runs a program as in a container: `unshare --mount python box.py SPECIFICATION PROGRAM [ARGUMENT ...]`.

The file system of the machine is seen through layers of its own, so that what the program writes vanishes with it. It
ends as the program does, in whose place it runs. The standard library alone: it runs before anything is set up.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

_OF_THE_KERNEL = ("proc", "sys", "dev")
_KEPT_OPTIONS = {"nosuid", "nodev", "noexec", "noatime", "nodiratime", "relatime"}
_MOUNT = next((path for path in ("/usr/bin/mount", "/bin/mount") if os.path.exists(path)), "mount")  # noqa: PTH110
NOT_FOUND, NOT_STARTED = 127, 126


class Box:
    """A root file system below a directory."""

    def __init__(self, directory: Path, *, is_privileged: bool) -> None:
        self._directory, self.root = directory, directory / "root"
        self._options = "" if is_privileged else ",userxattr"
        self._layers = 0
        self._directories: list[Path] = []
        self._files: list[Path] = []

    def build(self, specification: Mapping[str, Any]) -> None:
        """Mount everything. Raises OSError or subprocess.CalledProcessError where the kernel does not allow it."""
        before = [*_mounts()]
        mount("-t", "tmpfs", "tmpfs", self._directory)
        self.root.mkdir()
        mount("-t", "tmpfs", "tmpfs", self.root)
        volumes: dict[str, str] = specification["volumes"]
        self._directories = [Path(path) for path in (*volumes, *specification["needed"], *specification["shared"])]
        self._files = [Path(path) for path in specification["files"]]
        for entry in sorted(Path("/").iterdir()):
            if str(entry) not in volumes:
                self._show(entry, has_mounts=any(entry in path.parents for path, _ in before))
        needed = [Path(path) for path in specification["needed"]]
        # What is within another one comes after it.
        for each in sorted({*map(Path, volumes), *needed}, key=lambda path: len(path.parts)):
            if str(each) in volumes:
                self._bind(Path(volumes[str(each)]), each)
            elif not self._inside(each).exists() or self._is_bound(each):
                self._layer(each)
        for path, source in specification["files"].items():
            self._bind(Path(source), Path(path))
        for shared in map(Path, specification["shared"]):
            self._bind(shared, shared)
        if specification["is_read_only"]:
            writable = {self._inside(Path(path)) for path in (*volumes, *specification["shared"])}
            self._make_read_only(writable - {self._inside(Path(path)) for path in specification["read_only_volumes"]})

    def _show(self, entry: Path, *, has_mounts: bool) -> None:
        inside = self._inside(entry)
        if entry.is_symlink():
            inside.symlink_to(entry.readlink())
        elif not entry.is_dir():
            return
        elif entry.name in _OF_THE_KERNEL or has_mounts:
            inside.mkdir()
            mount("--rbind", entry, inside)
        else:
            self._layer(entry)

    def _layer(self, path: Path) -> None:
        """Show a directory of the machine, or where the kernel has no layers, the directory itself."""
        inside, layer = self._inside(path), self._directory / str(self._layers)
        self._layers += 1
        upper, work = layer / "upper", layer / "work"
        for directory in (inside, upper, work):
            directory.mkdir(parents=True, exist_ok=True)
        # A user who is root in here only cannot make them once they belong to the machine's root.
        for needed in (*self._directories, *self._files):
            if path in needed.parents and not needed.exists():
                above = upper / needed.relative_to(path)
                (above.parent if needed in self._files else above).mkdir(parents=True, exist_ok=True)
                above.touch()
        # /tmp is everyone's, also in the layer above it.
        upper.chmod(path.stat().st_mode & 0o7777)
        options = f"lowerdir={path},upperdir={upper},workdir={work}{self._options}"
        try:
            mount("-t", "overlay", "overlay", "-o", options, inside)
        except subprocess.CalledProcessError:
            mount("--rbind", path, inside)

    def _bind(self, source: Path, path: Path) -> None:
        inside = self._inside(path)
        if source.is_dir():
            inside.mkdir(parents=True, exist_ok=True)
        else:
            inside.parent.mkdir(parents=True, exist_ok=True)
            inside.touch()
        mount("--bind", source, inside)

    def _is_bound(self, path: Path) -> bool:
        """Whether the machine's own directory would be written to."""
        top = self._inside(Path("/", path.parts[1]))
        return not top.is_symlink() and not any(at == top and kind == "overlay" for at, kind, _ in _all_mounts())

    def _make_read_only(self, writable: set[Path]) -> None:
        kernel = [self.root / name for name in _OF_THE_KERNEL]
        for path, options in [*_mounts()]:
            is_ours = path == self.root or self.root in path.parents
            if is_ours and path not in writable and not any(each == path or each in path.parents for each in kernel):
                kept = ",".join(["remount", "bind", "ro", *sorted(_KEPT_OPTIONS & options)])
                mount("-o", kept, path)

    def _inside(self, path: Path) -> Path:
        return self.root / path.relative_to("/")


def _mounts() -> Iterator[tuple[Path, frozenset[str]]]:
    """Where something is mounted, and its options."""
    for path, _, options in _all_mounts():
        yield path, options


def _all_mounts() -> Iterator[tuple[Path, str, frozenset[str]]]:
    # https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html
    for line in Path("/proc/self/mountinfo").read_text("utf-8").splitlines():
        before, _, after = line.partition(" - ")
        fields = before.split()
        path = fields[4].encode("utf-8").decode("unicode_escape").encode("latin-1").decode("utf-8")
        yield Path(path), after.split()[0], frozenset(fields[5].split(","))


def mount(*arguments: str | Path) -> None:
    """Mount something by the program of that name. Raises subprocess.CalledProcessError."""
    subprocess.run([_MOUNT, *map(str, arguments)], check=True, capture_output=True, text=True)


def main(arguments: Sequence[str]) -> int:
    """Build the box that a file specifies, and become the program. Returns only where that fails."""
    file, *program = arguments
    specification = json.loads(Path(file).read_text("utf-8"))
    box = Box(Path(specification["directory"]), is_privileged=specification["is_privileged"])
    try:
        box.build(specification)
    except subprocess.CalledProcessError as error:
        print(f"box: {error.stderr.strip()}", file=sys.stderr)
        return NOT_STARTED
    except OSError as error:
        print(f"box: {error}", file=sys.stderr)
        return NOT_STARTED
    os.chroot(box.root)
    try:
        os.chdir(specification["working_directory"])
        os.execvp(program[0], program)  # noqa: S606  (of the task definition)
    except OSError as error:
        print(f"{program[0]}: {error.strerror}", file=sys.stderr)
    return NOT_FOUND


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
