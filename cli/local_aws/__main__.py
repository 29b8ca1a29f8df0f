"""Deploy an environment to a local AWS, and keep it running: `python -m cli.local_aws dev`."""

from __future__ import annotations

import sys

from cli.local_aws.command import main

sys.exit(main(sys.argv[1:]))
