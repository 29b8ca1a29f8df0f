"""What RDS allows for the storage of PostgreSQL.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIOPS.Autoscaling.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from modules.validation import Problem, show

StorageType = Literal["gp3", "io1", "io2"]

MAX_STORAGE_GB = 65_536
# From here on RDS stripes a gp3 volume and lets its performance be set; below it refuses iops and throughput.
STRIPED_GB = 400


class Storage(NamedTuple):
    """Storage as asked for; None where RDS is to choose."""

    type: StorageType
    size_gb: int
    max_gb: int | None
    iops: int | None
    throughput_mibps: int | None

    def max_allocated_gb(self) -> int:
        """Up to where RDS grows the storage by itself; 0: it never does."""
        limit = min(5 * self.size_gb, MAX_STORAGE_GB) if self.max_gb is None else self.max_gb
        return limit if 10 * limit >= 11 * self.size_gb else 0

    def problems(self) -> Iterator[Problem]:
        """What RDS would refuse."""
        smallest = 20 if self.type == "gp3" else 100
        if not smallest <= self.size_gb <= MAX_STORAGE_GB:
            what = f"{self.type} cannot be {show(self.size_gb)} GB"
            yield Problem("storage_gb", what, f"choose {smallest} to {MAX_STORAGE_GB}")
            return
        yield from self._growth()
        yield from self._gp3() if self.type == "gp3" else self._provisioned_iops()

    def _growth(self) -> Iterator[Problem]:
        if self.max_gb is None or self.max_gb == self.size_gb:
            return
        smallest = -(-11 * self.size_gb // 10)  # RDS: at least 10 % more
        if not smallest <= self.max_gb <= MAX_STORAGE_GB:
            what = f"{self.size_gb} GB cannot grow to {show(self.max_gb)} GB"
            room = f"choose {smallest} to {MAX_STORAGE_GB}, or " if smallest <= MAX_STORAGE_GB else "choose "
            yield Problem("max_storage_gb", what, f"{room}{self.size_gb} to never grow")

    def _gp3(self) -> Iterator[Problem]:
        if self.size_gb < STRIPED_GB:
            for field, value in (("iops", self.iops), ("throughput_mibps", self.throughput_mibps)):
                if value is not None:
                    what = f"cannot be set for gp3 below {STRIPED_GB} GB"
                    yield Problem(field, what, f"remove it, or set storage_gb to {STRIPED_GB} or more")
            return
        iops = 12_000 if self.iops is None else self.iops  # what RDS gives unasked
        if not 12_000 <= iops <= 64_000:
            yield Problem("iops", f"gp3 has no {show(iops)} IOPS", "choose 12000 to 64000")
            return
        most = min(4000, iops // 4)  # MiB/s
        if self.throughput_mibps is not None and not 500 <= self.throughput_mibps <= most:
            what = f"gp3 of {iops} IOPS has no {show(self.throughput_mibps)} MiB/s"
            yield Problem("throughput_mibps", what, f"choose 500 to {most}")

    def _provisioned_iops(self) -> Iterator[Problem]:
        if self.throughput_mibps is not None:
            yield Problem("throughput_mibps", f"cannot be set for {self.type}", "remove it: it follows from iops")
        least = max(1000, -(-self.size_gb // 2))
        most = min(256_000, (50 if self.type == "io1" else 1000) * self.size_gb)
        if self.iops is None or not least <= self.iops <= most:
            what = f"{self.type} of {self.size_gb} GB cannot have {show(self.iops)} IOPS"
            yield Problem("iops", what, f"choose {least} to {most}")
