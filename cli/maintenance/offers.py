"""AWS's public price list: where each price of ours stands in the offer files, and how these are read.

An offer file holds all that a service sells in a region. It is read as CSV and row by row, because that of EC2 has
hundreds of megabytes: https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/reading-service-price-list-file-for-services.html
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from cli.review.cost.price_list import Key

# Usage types bear their region, but for us-east-1, where only some do: USE1-Fargate-GB-Hours, us-east-1-KMS-Keys.
_REGION_PREFIX = re.compile(r"(?:[A-Z]{3,4}\d|EU|[a-z]{2}(?:-[a-z]+)+-\d)-")

_COLUMNS = ("TermType", "Currency", "PricePerUnit", "StartingRange", "usageType")


class WrongOffer(Exception):
    """An offer file that is none, or has no price of ours. Its text says what is wrong."""


class Wanted(NamedTuple):
    """Which rows of an offer file are a price of ours."""

    group: str
    name: str
    """Of the price; empty for a family of prices, whose names the pattern captures."""
    usage_type: re.Pattern[str]
    """Without the region."""
    where: Mapping[str, re.Pattern[str]]
    """What other columns must say."""

    @property
    def price(self) -> str:
        """What the data file calls it."""
        return f"{self.group}.{self.name or '*'}"

    def is_for(self, key: Key) -> bool:
        """Whether a price is this one, or of this family."""
        return key[0] == self.group and self.name in ("", key[1])


class Offer(NamedTuple):
    """What is wanted of an offer file."""

    published: str
    """The day, such as `2026-11-20`."""
    prices: dict[Key, Decimal]
    problems: list[str]
    """What is not listed, or not at one price: `kms.key_month: is not listed`."""


def _wanted(group: str, name: str, usage_type: str, **where: str) -> Wanted:
    columns = {column.replace("_", " "): re.compile(value) for column, value in where.items()}
    return Wanted(group, name, re.compile(usage_type), columns)


_LINUX = {"Operating_System": "Linux", "Tenancy": "Shared", "Pre_Installed_S/W": "NA", "CapacityStatus": "Used"}
_ALB = {"Product_Family": "Load Balancer-Application"}

OFFERS: Mapping[str, tuple[Wanted, ...]] = {
    "AmazonCloudWatch": (
        _wanted("cloudwatch", "alarm_month", "CW:AlarmMonitorUsage"),
        _wanted("cloudwatch", "composite_alarm_month", "CW:CompositeAlarmMonitorUsage"),
        _wanted("cloudwatch", "dashboard_month", "DashboardsUsageHour(?:-Basic)?"),
        _wanted("cloudwatch", "high_resolution_alarm_month", "CW:HighResAlarmMonitorUsage"),
        _wanted("cloudwatch", "log_ingestion_gb", "DataProcessing-Bytes"),
        _wanted("cloudwatch", "log_storage_gb_month", "TimedStorage-ByteHrs"),
        _wanted("cloudwatch", "metric_month", "CW:MetricMonitorUsage"),
    ),
    "AmazonEC2": (
        _wanted("ebs", "gp3_gb_month", r"EBS:VolumeUsage\.gp3"),
        # Families that stand for small machines; all of them would be a thousand lines.
        _wanted("ec2_linux_hour", "", r"BoxUsage:(t3a?\..+|t4g\..+)", **_LINUX),
        _wanted("vpc", "nat_gateway_gb", "NatGateway-Bytes", Product_Family="NAT Gateway"),
        _wanted("vpc", "nat_gateway_hour", "NatGateway-Hours", Product_Family="NAT Gateway"),
    ),
    "AmazonECR": (_wanted("ecr", "gb_month", "TimedStorage-ByteHrs"),),
    "AmazonECS": (
        _wanted("fargate", "arm64_gb_hour", "Fargate-ARM-GB-Hours"),
        _wanted("fargate", "arm64_vcpu_hour", "Fargate-ARM-vCPU-Hours:perCPU"),
        _wanted("fargate", "ephemeral_gb_hour", "Fargate-EphemeralStorage-GB-Hours"),
        _wanted("fargate", "x86_64_gb_hour", "Fargate-GB-Hours"),
        _wanted("fargate", "x86_64_vcpu_hour", "Fargate-vCPU-Hours:perCPU"),
    ),
    "AmazonElastiCache": (
        _wanted("elasticache", "backup_gb_month", "(?:ElastiCache:)?BackupUsage"),
        _wanted("elasticache_redis_hour", "", r"NodeUsage:(cache\..+)", Cache_Engine="Redis"),
        _wanted("elasticache_valkey_hour", "", r"NodeUsage:(cache\..+)", Cache_Engine="Valkey"),
    ),
    "AmazonRDS": (
        _wanted("rds", "backup_gb_month", "RDS:ChargedBackupUsage", Database_Engine="PostgreSQL|Any"),
        _wanted("rds", "gp3_gb_month", "RDS:GP3-Storage", Database_Engine="PostgreSQL|Any"),
        _wanted("rds", "gp3_iops_month", "RDS:GP3-PIOPS", Database_Engine="PostgreSQL|Any"),
        _wanted("rds", "gp3_mbps_month", "RDS:GP3-Throughput", Database_Engine="PostgreSQL|Any"),
        _wanted("rds", "multi_az_gp3_gb_month", "RDS:Multi-AZ-GP3-Storage", Database_Engine="PostgreSQL|Any"),
        _wanted("rds", "multi_az_gp3_iops_month", "RDS:Multi-AZ-GP3-PIOPS", Database_Engine="PostgreSQL|Any"),
        _wanted("rds", "multi_az_gp3_mbps_month", "RDS:Multi-AZ-GP3-Throughput", Database_Engine="PostgreSQL|Any"),
        _wanted("rds_postgres_hour", "", r"InstanceUsage:(db\..+)", Database_Engine="PostgreSQL"),
        _wanted("rds_postgres_multi_az_hour", "", r"Multi-AZUsage:(db\..+)", Database_Engine="PostgreSQL"),
    ),
    "AmazonRoute53": (_wanted("route53", "zone_month", "HostedZone"),),
    "AmazonS3": (
        _wanted("s3", "put_request", "Requests-Tier1"),
        _wanted("s3", "standard_gb_month", "TimedStorage-ByteHrs", Volume_Type="Standard"),
    ),
    "AmazonVPC": (
        _wanted("vpc", "interface_endpoint_gb", "VpcEndpoint-Bytes"),
        _wanted("vpc", "interface_endpoint_hour", "VpcEndpoint-Hours"),
        _wanted("vpc", "public_ipv4_hour", "PublicIPv4:InUseAddress"),
    ),
    "AWSDataTransfer": (
        _wanted("data_transfer", "between_zones_gb", "DataTransfer-Regional-Bytes"),
        _wanted("data_transfer", "internet_gb", "DataTransfer-Out-Bytes", Transfer_Type="AWS Outbound"),
    ),
    "AWSELB": (
        _wanted("load_balancer", "hour", "LoadBalancerUsage", **_ALB),
        _wanted("load_balancer", "lcu_hour", "LCUUsage", **_ALB),
    ),
    "AWSSecretsManager": (_wanted("secrets_manager", "secret_month", "AWSSecretsManager-Secrets"),),
    "awskms": (_wanted("kms", "key_month", "KMS-Keys"),),
    "awswaf": (
        _wanted("waf", "request", "RequestV2-Tier1"),
        _wanted("waf", "rule_month", "RuleV2"),
        _wanted("waf", "web_acl_month", "WebACLV2"),
    ),
}
"""What is wanted of each offer file, by the code of its service."""


GLOBAL = frozenset({"AmazonRoute53"})
"""Services whose offer file is one for all regions."""


def read(lines: Iterable[str], wanted: Sequence[Wanted]) -> Offer:
    """What is wanted of an offer file. Raises WrongOffer where it is none, or holds nothing that is wanted."""
    rows = csv.reader(lines)
    published, columns = _head(rows)
    for column in (*_COLUMNS, *(name for each in wanted for name in each.where)):
        if column not in columns:
            raise WrongOffer(f"has no column {column}")
    place = {name: number for number, name in enumerate(columns)}
    tiers: dict[Key, dict[Decimal, set[Decimal]]] = {}
    for row in rows:
        if len(row) != len(columns):
            raise WrongOffer(f"ends early, or has a broken row at line {rows.line_num}")
        if row[place["TermType"]] != "OnDemand" or row[place["Currency"]] != "USD":
            continue
        usage_type = _REGION_PREFIX.sub("", row[place["usageType"]], count=1)
        for each in wanted:
            match = each.usage_type.fullmatch(usage_type)
            if match and all(value.fullmatch(row[place[column]]) for column, value in each.where.items()):
                start = _number(row[place["StartingRange"]], rows.line_num)
                price = _number(row[place["PricePerUnit"]], rows.line_num)
                tiers.setdefault((each.group, each.name or match[1]), {}).setdefault(start, set()).add(price)
    prices, problems = _first_paid(tiers)
    problems += [f"{each.price}: is not listed" for each in wanted if not any(map(each.is_for, tiers))]
    if not prices:
        raise WrongOffer("has none of the prices that are wanted")
    return Offer(published, prices, problems)


def _head(rows: Iterator[list[str]]) -> tuple[str, list[str]]:
    """Five rows that tell of the file, and the names of its columns."""
    head = [row for _, row in zip(range(6), rows, strict=False)]
    about = {row[0]: row[1] for row in head[:5] if len(row) == 2}
    published = about.get("Publication Date", "")[:10]
    if len(head) < 6 or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", published) or about.get("FormatVersion") != "v1.0":
        raise WrongOffer("is no offer file of format v1.0")
    return published, head[5]


def _number(text: str, line: int) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise WrongOffer(f"has no number at line {line}") from error
    if not number.is_finite() or number < 0:
        raise WrongOffer(f"has no price at line {line}")
    return number


def _first_paid(tiers: Mapping[Key, Mapping[Decimal, set[Decimal]]]) -> tuple[dict[Key, Decimal], list[str]]:
    """The price of the first tier that is not free. AWS may list a price twice, but not two prices."""
    prices: dict[Key, Decimal] = {}
    problems = []
    for key, by_start in tiers.items():
        paid = next((paid for start in sorted(by_start) if (paid := by_start[start] - {Decimal(0)})), set())
        if len(paid) == 1:
            prices[key] = paid.pop()
        else:
            problems.append(f"{'.'.join(key)}: is listed at {len(paid)} prices above zero")
    return prices, problems
