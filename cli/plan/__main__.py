"""Plan environments and print one page to review: `python -m cli.plan prod --offline`."""

from __future__ import annotations

import sys

from cli.plan.command import main

sys.exit(main(sys.argv[1:]))
