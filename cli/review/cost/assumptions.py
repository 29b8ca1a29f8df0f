"""What a plan does not tell and a cost depends on: assumed, shown beside each result, and free to change."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import NamedTuple


class Assumption(NamedTuple):
    """A value that stands for what nobody knows before the bill."""

    value: Decimal
    meaning: str
    """What the value says, with its unit."""


ASSUMPTIONS: Mapping[str, Assumption] = {
    "log_gb": Assumption(Decimal(1), "GB of logs a month into each log group"),
    # AWS bills what it keeps, compressed: https://aws.amazon.com/cloudwatch/pricing/
    "log_compression": Assumption(Decimal("0.15"), "stored size of a GB of logs"),
    "lcu": Assumption(Decimal(1), "capacity units of each load balancer, on average"),
    "internet_gb": Assumption(Decimal(50), "GB a month from each load balancer to the internet"),
    "between_zones_gb": Assumption(Decimal(50), "GB a month between zones, for each load balancer"),
    "nat_gb": Assumption(Decimal(20), "GB a month through each NAT gateway"),
    "endpoint_gb": Assumption(Decimal(5), "GB a month through each interface endpoint"),
    # https://aws.amazon.com/fargate/pricing/ promises up to 70 % off; the price moves with supply.
    "fargate_spot_price": Assumption(Decimal("0.3"), "price of Fargate Spot, as a part of the on-demand price"),
    # Discounts of one year without upfront payment as they are usual, not read from a list; AWS promises up to 50 %,
    # 69 % and 55 % for the longest commitments: https://aws.amazon.com/savingsplans/compute-pricing/,
    # https://aws.amazon.com/rds/reserved-instances/, https://aws.amazon.com/elasticache/reserved-cache-nodes/
    "savings_plan_price": Assumption(
        Decimal("0.8"), "price of Fargate in a savings plan, as a part of the on-demand price"
    ),
    "reserved_database_price": Assumption(
        Decimal("0.7"), "price of a reserved database, as a part of the on-demand price"
    ),
    "reserved_redis_price": Assumption(Decimal("0.7"), "price of a reserved node, as a part of the on-demand price"),
    "working_hours": Assumption(Decimal(60), "hours a week that an environment runs which is paused otherwise"),
    "backup_gb": Assumption(Decimal(0), "GB of backups of each database beyond its size, which is free"),
    "vault_gb": Assumption(Decimal(50), "GB of backups in each vault of AWS Backup, which are incremental"),
    "redis_snapshot_gb": Assumption(Decimal("0.2"), "GB of each daily snapshot of Redis"),
    "root_volume_gb": Assumption(Decimal(8), "GB of an instance's root volume where its image decides"),
    "enhanced_monitoring_gb": Assumption(Decimal("0.5"), "GB of logs a month of enhanced monitoring once a minute"),
    # https://aws.amazon.com/cloudwatch/pricing/: 8 metrics of a cluster, 11 of a service and 6 of its task family.
    "insights_cluster_metrics": Assumption(Decimal(8), "metrics of Container Insights for each cluster"),
    "insights_service_metrics": Assumption(Decimal(17), "metrics of Container Insights for each service"),
    "job_hours": Assumption(Decimal("0.1"), "hours that a scheduled task runs each time that it starts"),
    "bucket_gb": Assumption(Decimal(1), "GB in each bucket"),
    "bucket_puts": Assumption(Decimal(20000), "objects written a month to each bucket"),
    "requests": Assumption(Decimal(1_000_000), "requests a month that each web ACL judges"),
    "image_gb": Assumption(Decimal(5), "GB of images in each repository"),
}


class WrongAssumption(ValueError):
    """An assumption that is none. Its text is one line."""


def assumptions(file: Path | None = None, changes: Iterable[str] = ()) -> dict[str, Decimal]:
    """All assumptions by name: those of this module, changed by a JSON file and then by texts such as `log_gb=5`."""
    values = {name: assumed.value for name, assumed in ASSUMPTIONS.items()}
    for name, value in (_read(file) if file else {}).items():
        values[name] = _value(f"{file}: {name}", name, value)
    for change in changes:
        name, _, value = change.partition("=")
        values[name] = _value(f"--assume {change}", name, value)
    return values


def _read(file: Path) -> dict[str, object]:
    try:
        data = json.loads(file.read_text(encoding="utf-8"), parse_float=str, parse_int=str)
    except OSError as error:
        raise WrongAssumption(f"{file}: cannot be read ({error.strerror}): give another file") from error
    except ValueError as error:
        raise WrongAssumption(f'{file}: is no JSON: write {{"log_gb": 5}}') from error
    if not isinstance(data, dict):
        raise WrongAssumption(f'{file}: is no JSON object: write {{"log_gb": 5}}')
    return data


def _value(where: str, name: str, value: object) -> Decimal:
    if name not in ASSUMPTIONS:
        close = difflib.get_close_matches(name, ASSUMPTIONS, n=1)
        raise WrongAssumption(f"{where}: nothing is assumed by this name: use {close[0] if close else _names()}")
    try:
        number = Decimal(value) if isinstance(value, str) else None
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite() or number < 0:
        raise WrongAssumption(f"{where}: is no number of 0 or more: write {name}={ASSUMPTIONS[name].value}")
    return number


def _names() -> str:
    return f"one of {', '.join(ASSUMPTIONS)}"
