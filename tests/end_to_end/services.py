"""The services of AWS that the units of dev and prod speak to, as they are named in signatures."""

from __future__ import annotations

from tests.stacks.permissions.recorded import record

SERVICES = frozenset(call["action"].partition(":")[0] for name in ("dev", "prod") for call in record(name)["calls"])
