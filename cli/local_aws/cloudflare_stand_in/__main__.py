"""What Terraform starts: `python -m cli.local_aws.cloudflare_stand_in <schema>`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tf.runner import run_provider  # type: ignore[import-untyped]

from cli.local_aws.cloudflare_stand_in.provider import StandIn
from cli.local_aws.cloudflare_stand_in.records import Records

schema = Path(sys.argv[1])
run_provider(StandIn(json.loads(schema.read_text()), Records(schema.with_name("cloudflare-records.json"))))
