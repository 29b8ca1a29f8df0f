"""What a container finds of the machine that it runs on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Specification:
    """The file system and the memory of one container."""

    working_directory: Path
    is_read_only: bool = False
    volumes: Mapping[str, Path] | None = None
    """Directories of this machine by their path in the container."""
    read_only_volumes: Sequence[str] = ()
    needed: Sequence[Path] = ()
    """Directories that must be seen although a volume lies over them."""
    files: Mapping[str, Path] | None = None
    shared: Sequence[Path] = ()
    """Directories into which the process writes for us."""
    memory_mib: int | None = None
    """Of the task; only Docker limits it."""
