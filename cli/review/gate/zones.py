"""What to write in `NetworkInputs` so that a zone retires, and the subnets of the others keep their blocks.

Blocks follow from the order of the zones where none are given, and only the last ones retire.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from ipaddress import IPv4Network
from typing import Literal

from cli.review.gate.resources import Unit
from cli.terraform.plan import ResourceChange
from modules.network.inputs import TIERS, NetworkInputs

SUBNET = re.compile(rf"aws_subnet\.network_(?P<tier>{'|'.join(TIERS)})_[a-z]")

# The blocks of the zones in each tier.
_Blocks = Mapping[str, Mapping[str, str]]


def remedy(unit: Unit, change: ResourceChange) -> str | None:
    """Of a subnet of a zone that is no longer named, or whose block another zone has now; None where nothing helps."""
    before, after = _blocks(unit, "before"), _blocks(unit, "after")
    if any({*of} != {*blocks["private"]} for blocks in (before, after) for of in blocks.values()):
        return None  # an apply that ended half-way
    if change.after:
        block, blocks = change.after.get("cidr_block"), {each for of in before.values() for each in of.values()}
        if change.replace_paths != (("cidr_block",),) or block not in blocks:
            return None
    gone = [zone for zone in before["private"] if zone not in after["private"]]
    if new := [zone for zone in after["private"] if zone not in before["private"]]:
        where = f"put {_listed(gone)} back where it was in network.zones"
        return f"{where}, and deploy with {_listed(new)} after it; then it can retire" if gone else None
    zones = (*after["private"], *gone)
    if gone and _follow(unit, zones, before):
        back = f"put {_listed(gone)} back into network.zones and into network.retiring_zones"
        return f"{back}, and remove it in the next change"
    if any((each.before or {}).get("ipv6_cidr_block") for each in unit.changes if SUBNET.fullmatch(each.address)):
        return None  # blocks of IPv6 follow from the order alone
    given = ", ".join(f"{tier}_cidrs to {as_tuple(of[zone] for zone in zones)}" for tier, of in before.items())
    if not gone:
        return f"set network.{given}, which are their blocks"
    return (
        f"set network.zones to {as_tuple(zones)}, retiring_zones to {as_tuple(gone)}, {given}, and remove "
        f"{_listed(gone)} and its blocks in the next change"
    )


def as_tuple(texts: Iterable[str]) -> str:
    """As Python writes it, in double quotes."""
    quoted = [f'"{text}"' for text in texts]
    return f"({quoted[0]},)" if len(quoted) == 1 else f"({', '.join(quoted)})"


def _blocks(unit: Unit, when: Literal["before", "after"]) -> _Blocks:
    """Those of the state or of the plan, in their order."""
    found: dict[str, dict[str, str]] = {tier: {} for tier in TIERS}
    for change in unit.changes:
        subnet = SUBNET.fullmatch(change.address)
        if subnet and not change.deposed and (values := getattr(change, when)):
            found[subnet["tier"]][values["availability_zone"]] = values["cidr_block"]
    return {tier: dict(sorted(of.items(), key=lambda each: IPv4Network(each[1]))) for tier, of in found.items()}


def _follow(unit: Unit, zones: tuple[str, ...], blocks: _Blocks) -> bool:
    """Whether the zones have these blocks in this order without being given any."""
    vpcs = [each.before for each in unit.changes if each.address == "aws_vpc.network" and each.before]
    return bool(vpcs) and all(
        of[zone] == NetworkInputs(cidr=vpcs[0]["cidr_block"], zones=zones).subnet_cidr(tier, index)
        for tier, of in blocks.items()
        for index, zone in enumerate(zones)
    )


def _listed(zones: Iterable[str]) -> str:
    return " and ".join(f'"{zone}"' for zone in zones)
