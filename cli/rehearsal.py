"""A rehearsal: verbs that speak to the local AWS of `make local`, in a terminal that has read its environment.sh."""

from __future__ import annotations

import os
from collections.abc import Mapping

VARIABLE = "REHEARSAL"
ENDPOINT = "http://aws.test"
"""Where the local AWS is, behind its proxy. No such name exists elsewhere, so that no account can be reached by it."""


def is_rehearsal(variables: Mapping[str, str] = os.environ) -> bool:
    """Whether this process speaks to the local AWS, on which no container and no Cloudflare is to be expected."""
    return bool(variables.get(VARIABLE)) and variables.get("AWS_ENDPOINT_URL") == ENDPOINT
