"""What an instance class of RDS has, which thresholds follow from.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.Summary.html
"""

from __future__ import annotations

import re
from typing import NamedTuple

_CLASS = re.compile(r"db\.([a-z]+)[0-9][a-z]*\.([0-9]*)(micro|small|medium|large|xlarge)")
_MEMORY_OF_T = {"micro": 1, "small": 2, "medium": 4, "large": 8, "xlarge": 16, "2xlarge": 32}
# GiB for each two vCPUs, those of `large`.
_MEMORY_OF_LARGE = {"m": 8, "r": 16, "c": 4}


class Credits(NamedTuple):
    """What a class earns that may use more CPU for a while than it has.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/burstable-credits-baseline-concepts.html
    """

    an_hour: int
    baseline_percent: int


# Of t3 and t4g alike.
_CREDITS = {
    "micro": Credits(12, 10),
    "small": Credits(24, 20),
    "medium": Credits(24, 20),
    "large": Credits(36, 30),
    "xlarge": Credits(96, 40),
    "2xlarge": Credits(192, 40),
}


def memory_gib(instance_class: str) -> int | None:
    """The memory of a class; None where it is of a family that is not known here."""
    found = _CLASS.fullmatch(instance_class)
    if not found:
        return None
    family, number, size = found.groups()
    if family == "t":
        return _MEMORY_OF_T.get(f"{number}{size}")
    of_large = _MEMORY_OF_LARGE.get(family)
    if of_large is None or size not in ("large", "xlarge") or (size == "large" and number):
        return None
    return of_large if size == "large" else 2 * of_large * int(number or 1)


def earned_credits(instance_class: str) -> Credits | None:
    """What a class of the family t earns; None for all others, which have all of their CPU always."""
    found = _CLASS.fullmatch(instance_class)
    return _CREDITS.get(f"{found[2]}{found[3]}") if found and found[1] == "t" else None
