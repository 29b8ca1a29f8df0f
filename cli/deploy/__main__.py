"""Deploy an environment: `python -m cli.deploy dev --image-tag 1.4.2`."""

from __future__ import annotations

import sys

from cli.deploy.command import main

sys.exit(main(sys.argv[1:]))
