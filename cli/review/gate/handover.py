"""A name of the certificate whose validation record the unit of DNS still has, as that of a further hostname.

ACM asks for the same record in each certificate of an account, and a zone takes it once. The unit of the certificate is
deployed first, and Cloudflare and Route 53 refuse its record as long as the other one is there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from cli.review.gate.refusal import Refusal
from cli.review.gate.resources import Unit
from cli.terraform.plan import Action

_RECORD = re.compile(r'(?P<type>\w+)\.(?P<module>certificate|hostnames)_validation\["(?P<name>.+)"\]')


def refusals(units: Sequence[Unit]) -> Iterator[Refusal]:
    """Each record that is created while another unit has it. Nothing allows it, because it cannot be applied."""
    owners = {
        (unit.plan.environment, change.type, change.before.get("zone_id"), found["name"]): unit
        for unit in units
        for change in unit.changes
        if change.before and (found := _RECORD.fullmatch(change.address)) and found["module"] == "hostnames"
    }
    for unit in units:
        for change in unit.changes:
            found = _RECORD.fullmatch(change.address)
            if not found or found["module"] != "certificate" or change.action is not Action.ADD:
                continue
            owner = owners.get((unit.plan.environment, change.type, change.after.get("zone_id"), found["name"]))
            if owner:
                message = (
                    f"{owner.name} has this record, as that of a further hostname, and the zone takes it once: first "
                    f'remove "{found["name"]}" from further_hostnames, leave all else as it was, and deploy; then make '
                    "this change. The name is away in between"
                )
                yield Refusal(unit=unit.name, address=change.address, rule="certificate/handover", message=message)
