"""Names that a user gives in place of ours, by the rules of the service that has them. For what is imported."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from modules.validation import Problem, show


class Kind(NamedTuple):
    """What has a name."""

    noun: str
    pattern: re.Pattern[str]
    remedy: str


_HYPHENS = "lower case letters, digits and single hyphens, a letter first"

# The providers of both refuse capitals, which AWS turns into lower case.
# https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html
DB_INSTANCE = Kind(
    "an instance of RDS", re.compile(r"(?=.{1,63}\Z)[a-z](?:-?[a-z0-9])*"), f"use up to 63 of {_HYPHENS}"
)
# https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBSubnetGroup.html
DB_SUBNET_GROUP = Kind(
    "a subnet group of RDS",
    re.compile(r"(?!default\Z)[a-z0-9._ -]{1,255}"),
    'use up to 255 of lower case letters, digits, spaces and . _ -, and not "default"',
)
# https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CreateReplicationGroup.html
REPLICATION_GROUP = Kind(
    "a replication group", re.compile(r"(?=.{1,40}\Z)[a-z](?:-?[a-z0-9])*"), f"use up to 40 of {_HYPHENS}"
)
# https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CreateCacheSubnetGroup.html
CACHE_SUBNET_GROUP = Kind(
    "a subnet group of ElastiCache",
    re.compile(r"(?!default\Z)[a-z0-9-]{1,255}"),
    'use up to 255 of lower case letters, digits and hyphens, and not "default"',
)
# https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html
LOAD_BALANCER = Kind(
    "a load balancer",
    re.compile(r"(?!internal-)(?=.{1,32}\Z)[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"),
    "use up to 32 letters, digits and hyphens, no hyphen first or last, and not internal- first",
)
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateCluster.html
CLUSTER = Kind("a cluster", re.compile(r"[A-Za-z0-9_-]{1,255}"), "use up to 255 letters, digits, hyphens and _")
# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
LOG_GROUP = Kind(
    "a log group",
    re.compile(r"(?!aws/)[A-Za-z0-9_/.#-]{1,512}"),
    "use up to 512 letters, digits and _ - / . #, and not aws/ first",
)
# https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
ROLE = Kind("a role", re.compile(r"[\w+=,.@-]{1,64}", re.ASCII), "use up to 64 letters, digits and _ + = , . @ -")


def rules(kind: Kind, field: str, name: str | None) -> Iterator[Problem]:
    """Whether a name, if one is given, is one of this kind."""
    if name is not None and not kind.pattern.fullmatch(name):
        yield Problem(field, f"{show(name)} is not the name of {kind.noun}", kind.remedy)
