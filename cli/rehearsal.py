"""A rehearsal: verbs that speak to the local AWS of `make local`, in a terminal that has read its environment.sh."""

from __future__ import annotations

import os
from collections.abc import Mapping

VARIABLE = "REHEARSAL"
"""Set in a rehearsal: to the URL at which the application answers, where `make local APP=…` runs it."""
ENDPOINT = "http://aws.test"
"""Where the local AWS is, behind its proxy. No such name exists elsewhere, so that no account can be reached by it."""


def is_rehearsal(variables: Mapping[str, str] = os.environ) -> bool:
    """Whether this process speaks to the local AWS, on which no container and no Cloudflare is to be expected."""
    return bool(variables.get(VARIABLE)) and variables.get("AWS_ENDPOINT_URL") == ENDPOINT


def url(variables: Mapping[str, str] = os.environ) -> str:
    """Where the application answers that the local AWS runs; empty where nothing runs, and outside of a rehearsal."""
    value = variables.get(VARIABLE, "")
    return value if is_rehearsal(variables) and value.startswith("http://") else ""


def runs_nothing(variables: Mapping[str, str] = os.environ) -> bool:
    """Whether this process speaks to a local AWS on which no container runs."""
    return is_rehearsal(variables) and not url(variables)
