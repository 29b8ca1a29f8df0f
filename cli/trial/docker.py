"""Runs containers of an image by Docker, in the network of this machine.

https://docs.docker.com/reference/cli/docker/container/run/
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from cli.trial.specification import Specification

_SECONDS = 60.0


@contextlib.contextmanager
def running(
    directory: Path, image: str, specification: Specification, program: Sequence[str], variables: Mapping[str, str]
) -> Iterator[tuple[list[str], dict[str, str]]]:
    """The command that runs a container, and its environment; nothing of the container is left at the end.

    No value of a variable is an argument: they are in a private file, or in the environment of the command where they
    have several lines, which such a file cannot hold.
    """
    name, file = f"try-{uuid.uuid4().hex}", directory / "variables"
    lines = {key: value for key, value in variables.items() if "\n" not in value}
    others = {key: value for key, value in variables.items() if key not in lines}
    file.touch(0o600)
    file.write_text("".join(f"{key}={value}\n" for key, value in lines.items()), "utf-8")
    writable = {**(specification.volumes or {}), **{str(each): each for each in specification.shared}}
    mounted = [
        *(f"{at}:{path}{':ro' * (path in specification.read_only_volumes)}" for path, at in writable.items()),
        *(f"{at}:{path}:ro" for path, at in (specification.files or {}).items()),
    ]
    command = [
        *("docker", "run", "--rm", "--init", "--name", name, "--network", "host"),
        *("--env-file", str(file), *(f"--env={key}" for key in others)),
        *(f"--volume={each}" for each in mounted),
        *(["--read-only"] if specification.is_read_only else []),
        *([f"--memory={specification.memory_mib}m"] if specification.memory_mib else []),
        *("--workdir", str(specification.working_directory), "--entrypoint", program[0], "--", image, *program[1:]),
    ]
    try:
        yield command, {**os.environ, **others}
    finally:
        docker("rm", "--force", "--volumes", name)
        file.unlink()


def docker(*arguments: str) -> subprocess.CompletedProcess[str]:
    """What a command of Docker answers."""
    try:
        return subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False, timeout=_SECONDS)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(arguments, 1, "", "Docker does not answer")
