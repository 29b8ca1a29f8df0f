"""The Session Manager plugin, a program of AWS that carries the terminal or the ports of a session.

https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from typing import Any

from cli.failure import Failure

PLUGIN = "session-manager-plugin"


def missing() -> Iterator[str]:
    """What is wrong with it on this machine."""
    if not shutil.which(PLUGIN):
        yield f"{PLUGIN} is not on PATH: install it from AWS"


def require(verb: str) -> None:
    """Raise Failure where it is not installed."""
    for problem in missing():
        raise Failure(f"{verb}: {problem}")


def target(cluster: str, task_arn: str, runtime_id: str) -> str:
    """A container, as Session Manager names it."""
    return f"ecs:{cluster}_{task_arn.rpartition('/')[2]}_{runtime_id}"


def command(session: Mapping[str, Any], region: str, parameters: Mapping[str, Any]) -> list[str]:
    """What the AWS CLI starts it with, by the answer of AWS and what was asked.

    The token is in an argument there too, and good for this one session.
    """
    given = [json.dumps(session), region, "StartSession", "", json.dumps(parameters)]
    return [PLUGIN, *given, f"https://ssm.{region}.amazonaws.com"]
