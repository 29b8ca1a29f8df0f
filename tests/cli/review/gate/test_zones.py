"""A zone that is used is refused with the inputs by which it retires, which are right and keep all blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from cli.terraform.plan import Json
from modules.network.inputs import TIERS, NetworkInputs
from modules.validation import validate
from tests.cli.review.gate.test_data import changed
from tests.cli.review.gate.test_retiring import losses

A, B, C, D = (f"us-east-1{letter}" for letter in "abcd")
NETWORK = NetworkInputs(cidr="10.10.0.0/16", zones=(A, B, C))
GIVEN: dict[str, Any] = {
    f"{tier}_cidrs": tuple(f"10.10.{of + index}.0/24" for index in range(3))
    for tier, of in zip(TIERS, (10, 20, 30), strict=True)
}


def subnets(network: NetworkInputs) -> dict[str, Json]:
    """Those of a network, by address."""
    return {
        f"aws_subnet.network_{tier}_{zone[-1]}": {
            "id": f"{tier}-{zone}",
            "availability_zone": zone,
            "cidr_block": network.subnet_cidr(tier, index),
            "ipv6_cidr_block": f"2600:{index}::/64" if network.ipv6 and tier == "public" else "",
        }
        for tier in TIERS
        for index, zone in enumerate(network.zones)
    }


def changes(old: NetworkInputs, new: NetworkInputs) -> Iterator[Json]:
    """What Terraform makes of one that becomes the other."""
    vpc = {"cidr_block": old.cidr}
    yield changed("aws_vpc.network", "no-op", before=vpc, after=vpc)
    before, after = subnets(old), subnets(new)
    for address in before.keys() | after.keys():
        one, other = before.get(address), after.get(address)
        if one is None or other is None:
            yield changed(address, "create" if other else "delete", before=one, after=other)
        elif one["cidr_block"] != other["cidr_block"]:
            yield changed(address, "delete", "create", before=one, after=other, replace_paths=[["cidr_block"]])
        else:
            yield changed(address, "no-op", before=one, after=one)


def refused(old: NetworkInputs, new: NetworkInputs) -> list[str]:
    """What the gate says of it, where the other units use all subnets."""
    outputs = {f"{tier}_subnet_ids": [f"{tier}-{zone}" for zone in old.zones] for tier in TIERS}
    return losses("network", outputs, *changes(old, new))


def written(line: str) -> dict[str, Any]:
    """The inputs of a remedy."""
    found = re.findall(r'(\w+) to \(("[^)]*)\)', line)
    return {name: tuple(re.findall(r'"([^"]+)"', values)) for name, values in found}


@pytest.mark.parametrize("given", [{}, GIVEN])
@pytest.mark.parametrize("stay", [(A, C), (B, C), (C, A), (B,)])
def test_a_zone_that_is_not_the_last_goes_there_with_the_blocks_of_all(
    stay: tuple[str, ...], given: dict[str, Any]
) -> None:
    old = replace(NETWORK, **given)
    less: dict[str, Any] = {name: tuple(given[name][old.zones.index(zone)] for zone in stay) for name in given}
    lines = refused(old, replace(NETWORK, zones=stay, **less))
    gone = tuple(zone for zone in old.zones if zone not in stay)
    assert len(lines) >= 3 * len(gone)
    assert len({line.partition("; or ")[2] for line in lines}) == 1, "all say the same"
    inputs = written(lines[0])
    assert inputs["retiring_zones"] == gone
    assert set(inputs["zones"][: len(stay)]) == {*stay}
    new = replace(NETWORK, **inputs)
    validate(new)
    assert refused(old, new) == []
    names = " and ".join(f'"{zone}"' for zone in gone)
    assert lines[0].endswith(f", and remove {names} and its blocks in the next change")


def test_the_last_one_needs_no_blocks() -> None:
    lines = refused(NETWORK, replace(NETWORK, zones=(A, B)))
    assert len(lines) == 3
    assert all(
        line.endswith(
            "[data/deleted] the plan deletes it, and AWS deletes nothing that other units use: put it back; or put "
            '"us-east-1c" back into network.zones and into network.retiring_zones, and remove it in the next change'
        )
        for line in lines
    )


def test_another_order_of_the_zones_is_refused_with_the_blocks_that_they_have() -> None:
    new = replace(NETWORK, zones=(A, C, B), retiring_zones=(B,))
    lines = refused(NETWORK, new)
    assert len(lines) == 6
    assert all(line.endswith(", which are their blocks") for line in lines)
    assert refused(NETWORK, replace(new, **written(lines[0]))) == []


def test_a_zone_in_the_place_of_another_comes_first() -> None:
    old = replace(NETWORK, zones=(A, B))
    line = refused(old, replace(NETWORK, zones=(A, D)))[0]
    assert line.endswith(
        'or put "us-east-1b" back where it was in network.zones, and deploy with "us-east-1d" after it; then it can '
        "retire"
    )
    assert refused(old, replace(NETWORK, zones=(A, B, D))) == []


def test_blocks_of_ones_own_choice_and_those_of_ipv6_are_kept_by_nothing() -> None:
    other = replace(NETWORK, public_cidrs=("10.10.100.0/24", "10.10.101.0/24", "10.10.102.0/24"))
    with_ipv6 = replace(NETWORK, ipv6=True)
    for old, new in ((NETWORK, other), (with_ipv6, replace(with_ipv6, zones=(A, C)))):
        lines = refused(old, new)
        assert len(lines) in (3, 6)
        assert all("or make another environment beside this one" in line for line in lines)
