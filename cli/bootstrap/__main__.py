"""Prepare an account for an environment: `python -m cli.bootstrap prod`."""

from __future__ import annotations

import sys

from cli.bootstrap.command import main

sys.exit(main(sys.argv[1:]))
