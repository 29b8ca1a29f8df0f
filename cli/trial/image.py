"""An image of this machine's Docker in the place of a project's directory."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from cli.text import one_line
from cli.trial.docker import docker
from cli.trial.dockerfile import Image
from cli.trial.project import Project
from stacks.failure import Failure


@dataclass(frozen=True, kw_only=True)
class ImageProject(Project):
    """A project that is an image of this machine's Docker: paths and variables are the image's own."""

    python: Path = field(default=Path("/"), init=False)

    @property
    def variables(self) -> dict[str, str]:
        # Which ours would hide; all else is in the container already.
        return {name: value for name, value in self.image.variables.items() if name == "PYTHONPATH"}

    @property
    def needed(self) -> tuple[Path, ...]:
        return ()


def find(name: str, rds_authorities: tuple[str, ...] = ()) -> ImageProject:
    """The project of an image. Raises Failure where there is no Docker, or no such image.

    `rds_authorities` are the files of the image that hold Amazon's authorities for RDS.
    """
    if shutil.which("docker") is None:
        raise Failure("docker: is not installed: install Docker, or omit --image to run processes of this machine")
    done = docker("image", "inspect", "--format", "{{json .Config}}", "--", name)
    if done.returncode:
        said = one_line((done.stderr.strip().splitlines() or ["it said nothing"])[-1], 200)
        raise Failure(f"--image: {name} cannot be read ({said}): build it by `docker build --tag {name} …`, or pull it")
    try:
        found = json.loads(done.stdout)
        image = Image(
            variables=dict(each.partition("=")[::2] for each in found.get("Env") or ()),
            directory=found.get("WorkingDir") or "/",
            entry_point=tuple(found.get("Entrypoint") or ()) or None,
            command=tuple(found.get("Cmd") or ()) or None,
            stop_signal=found.get("StopSignal") or "SIGTERM",
            user=found.get("User") or "",
            rds_authorities=rds_authorities,
        )
    except (ValueError, AttributeError) as error:
        raise Failure(f"--image: {name} cannot be read: use a Docker that knows `docker image inspect`") from error
    directory = Path(image.directory)
    return ImageProject(
        context=directory, directory=directory, image=image, has_dockerfile=True, collects_static_files=False
    )
