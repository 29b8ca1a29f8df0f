"""The services of AWS that the units of dev and prod speak to, as they are named in signatures."""

from __future__ import annotations

import json
from pathlib import Path

_CALLS = Path(__file__).parents[1] / "stacks" / "permissions" / "calls.json"

SERVICES = frozenset(service for phase in json.loads(_CALLS.read_text()).values() for service in phase)
