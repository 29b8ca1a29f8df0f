"""Synthesize the environments as Terraform JSON: `python main.py --help`."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

import lazy_providers

lazy_providers.install()  # before anything imports cdktf

try:
    from stacks.synthesis.command import main
except KeyboardInterrupt:  # before the command can end in order
    print("main.py: interrupted: run it again", file=sys.stderr)
    sys.exit(130)

if TYPE_CHECKING:
    from stacks.config.schema import Environment


def _doubts(environment: Environment) -> Iterable[str]:
    from cli.review.cost.unpriced import unpriced  # noqa: PLC0415  (it is asked when all is written)
    from stacks.config.evictions import evictable  # noqa: PLC0415

    return (*unpriced(environment), *evictable(environment))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], doubts=_doubts))
