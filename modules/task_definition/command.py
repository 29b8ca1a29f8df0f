"""The command of a container."""

from __future__ import annotations

import json
from collections.abc import Iterator

from modules.validation import Problem, show

# Of the 64 KiB of a task definition: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html
LONGEST_COMMAND = 4096


def command_rules(
    command: tuple[str, ...] | None, field: str = "command", example: str = '("python", "manage.py", "check")'
) -> Iterator[Problem]:
    """A command is its program and its arguments, each a text of its own, because no shell splits it."""
    if command is None:
        return
    if not command or not all(command):
        yield Problem(field, "is empty or has an empty part", f"write it as {example}")
    elif " " in command[0]:
        yield Problem(field, f"{show(command[0])} is no program", "give each argument as a text of its own")
    elif (size := len(json.dumps(command))) > LONGEST_COMMAND:
        yield Problem(field, f"takes {size:,} of {LONGEST_COMMAND:,} bytes", "put it into a script of the image")
