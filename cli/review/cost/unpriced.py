"""Instance classes that no price list knows: they are misspelled, or newer than the lists."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cli.review.cost.price_list import DIRECTORY, PriceList
from stacks.config.schema import Environment

# By the path of an input, the group of prices in which its value has a price, by the engine where there are several.
_GROUPS = {
    "network.nat_instance_type": "ec2_linux_hour",
    "postgresql.instance_class": "rds_postgres_hour",
    "postgresql.replica_instance_class": "rds_postgres_hour",
    "redis.broker.node_type": "elasticache_{engine}_hour",
    "redis.cache.node_type": "elasticache_{engine}_hour",
}


def unpriced(environment: Environment, directory: Path = DIRECTORY) -> Iterator[str]:
    """What is in the list of no region, a line each: `postgresql.instance_class: what is wrong: what to do`.

    Raises price_list.WrongPrices for a data file that is none.
    """
    lists = [PriceList.of(file.stem, directory) for file in sorted(directory.glob("*.json"))]
    known = {key for each in lists if each for key in each.prices}
    engine = environment.redis.engine if environment.redis else ""
    for path, form in _GROUPS.items():
        value, group = _value(environment, path), form.format(engine=engine)
        if value and (group, value) not in known:
            what = f"{value} is in no price list, so that its costs are missing"
            yield f"{path}: {what}: correct it, or `make prices REGION={environment.region}` if it is right"


def _value(environment: Environment, path: str) -> str | None:
    value: object = environment
    for name in path.split("."):
        value = getattr(value, name, None)
    is_used = path != "network.nat_instance_type" or getattr(environment.network, "nat", None) == "instance"
    return value if isinstance(value, str) and is_used else None
