"""Inputs of a container that runs beside that of a process, in the same task."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from modules.task_definition.command import LONGEST_COMMAND, command_rules
from modules.task_definition.directories import directory_rules
from modules.task_definition.environment import environment_rules, environment_size
from modules.task_definition.image import EcrRepository, image_rules
from modules.validation import Problem, inputs, show

# A task definition has 10 containers at most, of which five are the process and what the platform runs beside it.
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html
MOST_SIDECARS = 5
START_SECONDS = 120
"""How long a container may run before the next one starts, the longest that Fargate allows."""
# Without it a process of Django does not start, and the kernel kills it without a word.
_LEAST_MIB = 128
# What the definition of one takes beside its image, commands and environment.
_REST_OF_DEFINITION = 1024

_NAME = re.compile(r"(?=.{1,32}\Z)[a-z](?:-?[a-z0-9])*")
_USER = re.compile(r"([a-z_][a-z0-9_-]*|[0-9]+)(:([a-z_][a-z0-9_-]*|[0-9]+))?")
_ROOT = re.compile(r"(.*:)?(root|0+)(:.*)?")
_PROGRAM = '("/agent", "--verbose")'
_EXAMPLE = "public.ecr.aws/docker/library/nginx:1.29"


@inputs
class SidecarHealthCheckInputs:
    """A command in a container that ends with 0 as long as the container is healthy.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html
    """

    command: tuple[str, ...]
    """Program and arguments: `("/healthcheck",)`, or `("sh", "-c", "…")` where the image has a shell."""
    interval_seconds: int = 30
    """5 to 300."""
    timeout_seconds: int = 5
    """2 to 60."""
    retries: int = 3
    """How many failures in a row make it unhealthy, 1 to 10."""
    start_seconds: int = 0
    """How long failures at the start do not count, 0 to 300."""

    def rules(self) -> Iterator[Problem]:
        yield from command_rules(self.command, example='("/healthcheck",)')
        if self.command and self.command[0] in ("CMD", "CMD-SHELL"):
            what = f"begins with {self.command[0]}, which is no program"
            yield Problem("command", what, 'leave it out; for a shell write ("sh", "-c", "…")')
        bounds = {
            "interval_seconds": (5, 300),
            "timeout_seconds": (2, 60),
            "retries": (1, 10),
            "start_seconds": (0, 300),
        }
        for field, (least, most) in bounds.items():
            if not least <= (value := getattr(self, field)) <= most:
                yield Problem(field, f"got {show(value)}", f"choose {least} to {most}")


@inputs
class SidecarInputs:
    """A container beside that of a process, with which it shares the network, as 127.0.0.1, and the role of the task.

    It has no Linux capability, and its root file system is read-only. Its log is in the log group of the process.
    """

    name: str
    """1 to 32 of a-z, 0-9 and single hyphens."""
    image: str
    """With a tag or a digest: `public.ecr.aws/docker/library/nginx:1.29`. Where no task reaches the internet it must be
    in ECR of the same region: a copy, or what a pull-through cache has pulled before. One in the registry of the
    application's image is pulled with the same credentials, and any other one is in ECR or for everybody."""
    memory_mib: int
    """What it may take at most of the memory of the task; a container that needs more is killed."""
    cpu: int | None = None
    """What it is sure of, of the CPU units of the task. The process, and sidecars with None, share the rest equally."""
    command: tuple[str, ...] | None = None
    """Program and arguments. None: the CMD of the image."""
    entry_point: tuple[str, ...] | None = None
    """What runs the command. None: the ENTRYPOINT of the image."""
    variables: Mapping[str, str] | None = None
    """In plain text."""
    secrets: Mapping[str, str] | None = None
    """Variables by the ARN of their secret, as those of `runtime`."""
    user: str = "65534:65534"
    """User and group, by name or number, and never root. By default nobody."""
    writable_directories: tuple[str, ...] = ()
    """What it writes to: `("/tmp",)`. Each is lost with its task."""
    essential: bool = True
    """Whether the task ends with it. False: the process goes on without it."""
    health_check: SidecarHealthCheckInputs | None = None
    """When it is healthy. None: as long as it runs. A service replaces tasks of which an essential container is not."""
    starts_first: bool = False
    """Whether the process starts only when this one runs, or is healthy where it has a health check. It is then stopped
    after the process."""
    stop_timeout_seconds: int = 30
    """From SIGTERM to SIGKILL, 2 to 120."""

    @property
    def ecr_repository(self) -> EcrRepository | None:
        """The repository of its image; None where it is not in a private one of ECR."""
        return EcrRepository.of(self.image)

    @property
    def definition_size(self) -> int:
        """How many bytes of a task definition it takes, at most, with no command that is longer than one may be."""
        check = self.health_check.command if self.health_check else None
        commands = (len(json.dumps(each)) for each in (self.entry_point, self.command, check) if each)
        words = sum(min(size, LONGEST_COMMAND) for size in commands) + len(json.dumps(self.writable_directories * 2))
        environment = environment_size(self.variables or {}, self.secrets or {})
        return _REST_OF_DEFINITION + len(self.image) + words + environment

    def rules(self) -> Iterator[Problem]:
        if not _NAME.fullmatch(self.name):
            what = f"{show(self.name)} is not a valid name"
            yield Problem("name", what, "use 1 to 32 of a-z, 0-9 and single hyphens, a letter first")
        yield from image_rules("image", self.image, _EXAMPLE)
        if not _USER.fullmatch(self.user):
            yield Problem("user", f"{show(self.user)} is not a user", 'write it as "65534:65534" or "nobody"')
        elif _ROOT.fullmatch(self.user):
            yield Problem("user", f"{show(self.user)} is root", "use a user without rights")
        # https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
        if self.memory_mib < 6:
            yield Problem("memory_mib", f"got {show(self.memory_mib)}", "choose 6 or more")
        if self.cpu is not None and self.cpu < 2:
            yield Problem("cpu", f"got {show(self.cpu)}", "choose 2 or more, or remove it")
        yield from command_rules(self.command, example=_PROGRAM)
        yield from command_rules(self.entry_point, "entry_point", _PROGRAM)
        yield from environment_rules(self.variables or {}, self.secrets or {})
        yield from directory_rules("writable_directories", self.writable_directories, writable=())
        if self.starts_first and self.health_check:
            yield from self._start_rules(self.health_check)
        if not 2 <= self.stop_timeout_seconds <= 120:
            yield Problem("stop_timeout_seconds", f"got {show(self.stop_timeout_seconds)}", "choose 2 to 120")

    def _start_rules(self, check: SidecarHealthCheckInputs) -> Iterator[Problem]:
        """ECS asks for the first time when an interval is over."""
        interval, timeout = check.interval_seconds, check.timeout_seconds
        if interval + timeout > START_SECONDS:
            what = f"{interval} and timeout_seconds {timeout} are longer than the {START_SECONDS} of starts_first"
            yield Problem("health_check.interval_seconds", what, "choose a shorter one")


def sidecar_rules(sidecars: Sequence[SidecarInputs], cpu: int, memory_mib: int) -> Iterator[Problem]:
    """Those of a task of this size: names are of one each, and they leave something of it to the process."""
    if len(sidecars) > MOST_SIDECARS:
        yield Problem("sidecars", f"got {len(sidecars)}", f"keep to {MOST_SIDECARS}: a task has 10 containers at most")
    for index, each in enumerate(sidecars):
        if each.name in {other.name for other in sidecars[:index]}:
            yield Problem(f"sidecars[{index}].name", f"{show(each.name)} is another one's too", "choose another name")
    reserved = {"memory_mib": (memory_mib, _LEAST_MIB, "MiB"), "cpu": (cpu, 1, "CPU units")}
    for field, (size, least, unit) in reserved.items():
        taken = sum(getattr(each, field) or 0 for each in sidecars)
        if taken and taken + least > size:
            what = f"sidecars take {taken} {unit} of {size}, and the process needs {least}"
            yield Problem(field, what, "choose a larger size, or less for sidecars")
