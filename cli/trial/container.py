"""Starts the containers of a task as processes of this machine, or by Docker, and ends them as ECS does."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.trial import box, docker
from cli.trial.specification import Specification

_LINES = 20
_POLL_SECONDS = 0.05


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What this kernel offers, and why it is not a container where it is none."""

    command: tuple[str, ...]
    """What makes a mount namespace; empty where nothing does."""
    reason: str = ""
    image: str = ""
    """What Docker runs; empty where processes of this machine run."""

    @property
    def has_own_files(self) -> bool:
        """Whether what runs sees a file system of its own."""
        return bool(self.command or self.image)


def kind(directory: Path) -> Kind:
    """Try it with the program `true`."""
    unshare = shutil.which("unshare")
    if unshare is None:
        return Kind(command=(), reason="this system has no unshare")
    is_root = os.geteuid() == 0
    found = Kind(command=(unshare, *(() if is_root else ("--user", "--map-root-user")), "--mount"))
    specification = Specification(working_directory=directory)
    with _boxed(directory, specification, found, ["true"]) as command:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        return Kind(command=(), reason=f"this kernel does not allow it ({said})")
    return found


@dataclass(frozen=True, kw_only=True)
class Running:
    """A container that was started."""

    process: subprocess.Popen[bytes]
    log: Path

    @property
    def exit_code(self) -> int | None:
        """As a shell has it, 128 and the signal; None while it runs."""
        code = self.process.poll()
        return 128 - code if code is not None and code < 0 else code

    def wait(self, seconds: float) -> int | None:
        """The exit code, or None where it runs longer."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        return self.exit_code

    def stop(self, name: str, seconds: float) -> float | None:
        """Send a signal, wait, and kill what is left, as ECS does. Returns after how long it ended; None if killed."""
        started = time.monotonic()
        if self.process.poll() is None:
            self.process.send_signal(getattr(signal, name, signal.SIGTERM))
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        taken = time.monotonic() - started
        is_over = self.process.poll() is not None
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        return taken if is_over else None

    def last_lines(self) -> list[str]:
        """The end of its log."""
        return self.log.read_text("utf-8", errors="replace").rstrip().splitlines()[-_LINES:]


@contextlib.contextmanager
def started(
    directory: Path, kind: Kind, specification: Specification, program: Sequence[str], variables: Mapping[str, str]
) -> Iterator[Running]:
    """A process with these variables and no others, in a session of its own; nothing of it is left at the end."""
    log = directory / "log"
    place, given = specification.working_directory, dict(variables)
    with contextlib.ExitStack() as stack:
        if kind.image:
            place = directory
            by_docker = docker.running(directory, kind.image, specification, program, variables)
            command, given = stack.enter_context(by_docker)
        else:
            command = stack.enter_context(_boxed(directory, specification, kind, program))
        file = stack.enter_context(log.open("wb"))
        try:
            process = subprocess.Popen(
                command,
                cwd=place,
                env=given,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            # As a shell says it, so that it is read where all else is.
            file.write(f"{program[0]}: {error.strerror}\n".encode())
            file.flush()
            process = subprocess.Popen(["/bin/sh", "-c", f"exit {box.NOT_FOUND}"])
        running = Running(process=process, log=log)
        try:
            yield running
        finally:
            running.stop("SIGKILL", 10)


@contextlib.contextmanager
def _boxed(directory: Path, specification: Specification, kind: Kind, program: Sequence[str]) -> Iterator[list[str]]:
    if not kind.command:
        yield [*program]
        return
    root, file = directory / "box", directory / "box.json"
    root.mkdir()
    said: dict[str, Any] = {
        "directory": str(root),
        "is_privileged": os.geteuid() == 0,
        "is_read_only": specification.is_read_only,
        "working_directory": str(specification.working_directory),
        "volumes": {path: str(source) for path, source in (specification.volumes or {}).items()},
        "read_only_volumes": [*specification.read_only_volumes],
        "needed": [*map(str, specification.needed)],
        "files": {path: str(source) for path, source in (specification.files or {}).items()},
        "shared": [*map(str, specification.shared)],
    }
    file.write_text(json.dumps(said), "utf-8")
    try:
        # Isolated and without site: neither the variables nor the packages of the project are for this program.
        yield [*kind.command, sys.executable, "-I", "-S", box.__file__, str(file), *program]
    finally:
        root.rmdir()
        file.unlink()
