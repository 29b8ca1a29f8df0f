"""What was renamed: old address to new address, so that Terraform moves what exists instead of making it anew.

A rename of a construct changes its address. Write the pair here, and `make snapshots` accepts it; the entry stays until
every environment was deployed with it. https://developer.hashicorp.com/terraform/language/modules/develop/refactoring
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from stacks.unit_names import ALL_UNITS, BOOTSTRAP

Moves = Mapping[str, Mapping[str, str]]

MOVED: Moves = {}
"""By the unit's name, in all environments: `{"postgresql": {"aws_db_instance.old": "aws_db_instance.new"}}`."""

REMOVED: Mapping[str, Mapping[str, str]] = {
    "*-django-service": {"aws_appautoscaling_policy.web_scaling_memory": "web does not scale on memory by default"},
    "*-cloudflare-dns": {"cloudflare_zone_setting.zone_brotli": "Cloudflare retires its API; the zone keeps the value"},
}
"""What is gone for good, and why: `{"dev-network": {"aws_eip.network_nat_*": "dev has a NAT instance now"}}`. By the
unit's id; in both `*` stands for anything."""

_ADDRESS = re.compile(r"([a-z][a-z0-9]*_[a-z0-9_]+)\.[A-Za-z_][\w-]*")


class WrongMove(ValueError):
    """An entry of MOVED that Terraform would refuse, or that moves nothing. The text is one line."""


def blocks(unit: str) -> list[dict[str, str]]:
    """The `moved` blocks of a unit, by its name. Raises WrongMove, also for an entry of a unit that does not exist."""
    for name in MOVED:
        if name not in (*ALL_UNITS, BOOTSTRAP):
            raise WrongMove(f"{_where(name)}: there is no such unit: name one of {', '.join((*ALL_UNITS, BOOTSTRAP))}")
    moves = MOVED.get(unit, {})
    for problem in _problems(unit, moves):
        raise WrongMove(problem)
    return [{"from": old, "to": new} for old, new in moves.items()]


def check(moved: Moves, addresses: Mapping[str, Collection[str]]) -> Iterator[str]:
    """What is wrong with entries, given the addresses that each unit has in any environment. Each is one line."""
    for unit, moves in moved.items():
        if unit not in addresses:
            yield f"{_where(unit)}: there is no such unit: name one of {', '.join(addresses)}"
            continue
        yield from _problems(unit, moves)
        for old, new in moves.items():
            if old in addresses[unit]:
                yield f"{_where(unit, old)}: it is still there: rename the construct, or take the entry away"
            if new not in addresses[unit] and new not in moves:
                yield f"{_where(unit, old)}: {new} is no address of the unit: correct it, or name what it became"


def _problems(unit: str, moves: Mapping[str, str]) -> Iterator[str]:
    """What Terraform would say of the entries as such. A chain of renames is right: states may be at any link."""
    origins: dict[str, str] = {}
    for old, new in moves.items():
        before, after = (_ADDRESS.fullmatch(address) for address in (old, new))
        if not before or not after:
            wrong = new if before else old
            yield f"{_where(unit, old)}: {wrong} is no address of a resource: write it as aws_vpc.network"
        elif before[1] != after[1]:
            yield f"{_where(unit, old)}: {new} is of another type, which Terraform cannot move: keep the type"
        elif new in origins:
            yield f"{_where(unit, old)}: {origins[new]} becomes {new} too: two cannot become one"
        elif _ends_in_itself(old, moves):
            yield f"{_where(unit, old)}: it becomes itself in the end: take an entry of the circle away"
        origins.setdefault(new, old)


def _ends_in_itself(address: str, moves: Mapping[str, str]) -> bool:
    seen = {address}
    while address in moves:
        address = moves[address]
        if address in seen:
            return True
        seen.add(address)
    return False


def _where(unit: str, address: str = "") -> str:
    return f'stacks/moved.py: MOVED["{unit}"]' + (f'["{address}"]' if address else "")
