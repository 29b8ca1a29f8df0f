"""What Terraform starts: `python -m cli.local_aws.cloudflare_stand_in <schema>`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tf.runner import run_provider  # type: ignore[import-untyped]

from cli.local_aws.cloudflare_stand_in.provider import StandIn

run_provider(StandIn(json.loads(Path(sys.argv[1]).read_text())))
