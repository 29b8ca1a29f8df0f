"""The files of a Django project, which are read and never executed."""

from __future__ import annotations

import ast
import os
import warnings
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cached_property
from pathlib import Path, PurePosixPath

# Of others, of no deployment, or made by a tool.
_SKIPPED = frozenset(
    (
        *("node_modules", "site-packages", "__pycache__", "venv", "env", "virtualenv", "bower_components"),
        *("test", "tests", "docs", "doc", "migrations", "locale"),
    )
)
_SHOWN_HIDDEN = frozenset((".docker", ".deploy"))
_LONGEST = 2_000_000


class Tree:
    """A directory. Files are named by their paths from its root, with slashes."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self._modules: dict[str, ast.Module | None] = {}
        self.installed: dict[str, str] = {}
        """Files and directories by where they lie in the image."""
        self.aliases: dict[str, str] = {}
        """Files that only the image has at that place, by where the project has them."""
        self.unreadable: list[str] = []
        """Modules that are no Python of the version that runs this program."""

    @cached_property
    def files(self) -> tuple[str, ...]:
        """All files, those nearest to the root first."""
        found = []
        for directory, below, names in os.walk(self.root):
            below[:] = [name for name in below if self._is_read(Path(directory, name))]
            found += [Path(directory, name).relative_to(self.root).as_posix() for name in names]
        return tuple(sorted(found, key=lambda name: (name.count("/"), name)))

    @staticmethod
    def _is_read(directory: Path) -> bool:
        hidden = directory.name.startswith(".") and directory.name not in _SHOWN_HIDDEN
        return not hidden and directory.name not in _SKIPPED and not (directory / "pyvenv.cfg").exists()

    def source_of(self, place: str) -> str | None:
        """The file that lies there in the image."""
        for each, origin in reversed(self.installed.items()):
            path = PurePosixPath(place)
            if path.is_relative_to(each) and self.has(file := str(PurePosixPath(origin) / path.relative_to(each))):
                return file
        return None

    def named(self, *patterns: str) -> Iterator[str]:
        """The files whose names, without their directories, match one of the patterns."""
        for file in self.files:
            if any(fnmatch(PurePosixPath(file).name.lower(), pattern.lower()) for pattern in patterns):
                yield file

    def has(self, file: str) -> bool:
        """Whether there is such a file."""
        return file in self._known or file in self.aliases

    def origin(self, file: str) -> str:
        """Where the project has a file."""
        return self.aliases.get(file, file)

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self.files)

    def text(self, file: str) -> str:
        """The text of a file; empty where it cannot be read, lies outside of the project, or is no text."""
        path = (self.root / self.origin(file)).resolve()
        try:
            if not path.is_relative_to(self.root) or not path.is_file() or path.stat().st_size > _LONGEST:
                return ""
            return path.read_text(encoding="utf-8-sig", errors="replace")
        except OSError:
            return ""

    def module(self, file: str) -> ast.Module | None:
        """The syntax tree of a module; None where it has none."""
        if file not in self._modules:
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # of escapes in strings, which are theirs
                    self._modules[file] = ast.parse(self.text(file))
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                self.unreadable.append(file)
                self._modules[file] = None
        return self._modules[file]

    def module_file(self, dotted: str, roots: tuple[str, ...]) -> str | None:
        """The file of a module by its dotted name, below one of these directories."""
        path = dotted.replace(".", "/")
        for root in roots:
            for end in (".py", "/__init__.py"):
                name = (PurePosixPath(root) / f"{path}{end}").as_posix()
                if self.has(name):
                    return name
        return None
