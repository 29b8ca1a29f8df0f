"""Rules of AWS that several modules share, each with the page that states it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import AddressValueError, IPv4Network, NetmaskValueError

from modules.validation import Problem, show

REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]")
ZONE = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9][a-z]")
INSTANCE_TYPE = re.compile(r"[a-z][a-z0-9-]*\.[a-z0-9-]+")
ACCOUNT_ID = re.compile(r"[0-9]{12}")
KMS_KEY = re.compile(
    r"arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})"
)

# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
_LOG_RETENTION_DAYS = "1 3 5 7 14 30 60 90 120 150 180 365 400 545 731 1096 1827 2192 2557 2922 3288 3653"
LOG_RETENTION_DAYS = tuple(map(int, _LOG_RETENTION_DAYS.split()))

# The default quota. S3's prefix list counts as one rule.
# https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-security-groups
# https://docs.aws.amazon.com/vpc/latest/userguide/working-with-aws-managed-prefix-lists.html
RULES_PER_SECURITY_GROUP = 60

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTES_OF_WEEK = 7 * 24 * 60

# This host, loopback, link-local (where instances reach AWS itself), benchmarks, multicast and what is reserved:
# https://www.iana.org/assignments/iana-ipv4-special-registry/
_UNUSABLE_BLOCKS = "0.0.0.0/8 127.0.0.0/8 169.254.0.0/16 198.18.0.0/15 224.0.0.0/4 240.0.0.0/4"
_UNUSABLE = tuple(map(IPv4Network, _UNUSABLE_BLOCKS.split()))

# RFC 1918, and what carriers and some VPCs share (RFC 6598).
_PRIVATE = tuple(map(IPv4Network, ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"]))

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
_BUCKET = re.compile(
    r"(?!xn--|sthree-|amzn-s3-demo-|[0-9]+(?:\.[0-9]+){3}\Z)(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
    r"(?<!-s3alias)(?<!--ol-s3)(?<!\.mrap)(?<!--x-s3)(?<!--table-s3)"
)

# RFC 1123 in Punycode; upper case is the same name, and shows as a difference in each plan.
_DOMAIN = re.compile(r"(?=.{4,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])")

# The part before the @, of which SNS takes what RFC 5321 writes without quotes.
_MAILBOX = re.compile(r"(?=.{1,64}\Z)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")

_DAY, _TIME = rf"({'|'.join(DAYS)})", r"([01][0-9]|2[0-3]):([0-5][0-9])"
_DAILY = re.compile(rf"{_TIME}-{_TIME}")
_WEEKLY = re.compile(rf"{_DAY}:{_TIME}-{_DAY}:{_TIME}")


def log_retention(field: str, days: int) -> Iterator[Problem]:
    """CloudWatch keeps logs for one of a list of periods, in days."""
    if days not in LOG_RETENTION_DAYS:
        yield Problem(
            field,
            f"CloudWatch has no retention of {show(days)} days",
            f"choose one of {', '.join(map(str, LOG_RETENTION_DAYS))}",
        )


def ports(field: str, numbers: tuple[int, ...]) -> Iterator[Problem]:
    """TCP ports are 1 to 65535, each named once."""
    for number in numbers:
        if not 1 <= number <= 65535:
            yield Problem(field, f"{show(number)} is no TCP port", "choose 1 to 65535")
    if len(set(numbers)) < len(numbers):
        yield Problem(field, "one port is named twice", "name each port once")


def egress_ports(field: str, numbers: tuple[int, ...], *, other_rules: int) -> Iterator[Problem]:
    """Ports with an outbound rule each, in a security group that has so many other outbound rules."""
    yield from ports(field, numbers)
    most = RULES_PER_SECURITY_GROUP - other_rules
    if len(numbers) > most:
        what = f"{len(numbers)} ports are more than a security group has room for"
        yield Problem(field, what, f"name up to {most}")


def cidr(text: str) -> str | None:
    """What is wrong with an IPv4 block, or None."""
    try:
        block = IPv4Network(text)
    except (AddressValueError, NetmaskValueError):
        return f"{show(text)} is no IPv4 block"
    except ValueError:
        return f"{show(text)} has host bits set"
    if "/" not in text:
        return f"{show(text)} has no prefix length"
    if str(block) != text:  # Python reads a mask too, as in 10.0.0.0/255.255.0.0
        return f"{show(text)} is not in CIDR notation"
    reserved = [each for each in _UNUSABLE if block.subnet_of(each)]
    return f"{text} is part of {reserved[0]}, which is reserved" if reserved else None


def cidrs(field: str, blocks: tuple[str, ...]) -> Iterator[Problem]:
    """IPv4 blocks, each named once."""
    for text in blocks:
        if problem := cidr(text):
            yield Problem(field, problem, 'write a block as "10.10.0.0/16"')
    if len(set(blocks)) < len(blocks):
        yield Problem(field, "one block is named twice", "name each once")


def admitted_to_store(security_group_ids: tuple[str, ...], blocks: tuple[str, ...]) -> Iterator[Problem]:
    """Whom PostgreSQL or Redis admits beside the application, by `allowed_security_group_ids` and `allowed_cidrs`."""
    yield from security_groups("allowed_security_group_ids", security_group_ids)
    wrong = [*cidrs("allowed_cidrs", blocks)]
    yield from wrong
    for text in () if wrong else blocks:
        if not any(IPv4Network(text).subnet_of(private) for private in _PRIVATE):
            remedy = "name private blocks, or admit a security group"
            yield Problem("allowed_cidrs", f"{text} is not private", remedy)
    if (count := len(security_group_ids) + len(blocks)) >= RULES_PER_SECURITY_GROUP:
        what = f"{count} rules with those of allowed_security_group_ids are more than a security group has room for"
        yield Problem("allowed_cidrs", what, f"name up to {RULES_PER_SECURITY_GROUP - 1}")


def bucket_name(field: str, text: str) -> Iterator[Problem]:
    """The name of a general purpose bucket. Dots are possible: Terraform and boto3 then use path-style URLs."""
    if not _BUCKET.fullmatch(text):
        remedy = "use 3 to 63 of a-z, 0-9, dot and hyphen, without the prefixes and suffixes that S3 reserves"
        yield Problem(field, f"{show(text)} is not a valid bucket name", remedy)


def resource_id(prefix: str, text: str) -> bool:
    """Whether this is an id such as vpc-0123456789abcdef0 (8 or 17 hexadecimal digits)."""
    return re.fullmatch(rf"{prefix}-([0-9a-f]{{8}}|[0-9a-f]{{17}})", text) is not None


def security_groups(field: str, ids: tuple[str, ...]) -> Iterator[Problem]:
    """Ids of security groups that exist, each named once."""
    for text in ids:
        if not resource_id("sg", text):
            yield Problem(field, f"{show(text)} is no security group id", 'write it as "sg-0123456789abcdef0"')
    if len(set(ids)) < len(ids):
        yield Problem(field, "one security group is named twice", "name each once")


def arn(service: str, text: str) -> bool:
    """Whether this is an ARN of that service."""
    return re.fullmatch(rf"arn:aws[a-z-]*:{service}:[a-z0-9-]*:([0-9]{{12}})?:[\x21-\x7e]+", text) is not None


def kms_key(field: str, arn: str | None) -> Iterator[Problem]:
    """Where AWS reads a key back by its own ARN, an alias would differ at every plan and replace what it encrypts."""
    if arn is not None and not KMS_KEY.fullmatch(arn):
        yield Problem(field, f"{show(arn)} is no ARN of a KMS key", "give the key's own ARN, not its id or alias")


def domain_name(text: str) -> bool:
    """Whether this is a name in the DNS of two labels or more, in lower case and without a dot at its end."""
    return _DOMAIN.fullmatch(text) is not None


def email_address(text: str) -> bool:
    """Whether this is an e-mail address, such as oncall@example.com."""
    mailbox, _, domain = text.rpartition("@")
    return _MAILBOX.fullmatch(mailbox) is not None and domain_name(domain.lower())


def daily_window(text: str) -> range | None:
    """The minutes of a day that a window `hh24:mi-hh24:mi` (UTC) covers; past 1440 where it crosses midnight."""
    found = _DAILY.fullmatch(text)
    if not found:
        return None
    start_hour, start_minute, end_hour, end_minute = map(int, found.groups())
    start, end = start_hour * 60 + start_minute, end_hour * 60 + end_minute
    return range(start, end if end > start else end + 24 * 60)


def weekly_window(text: str) -> range | None:
    """The minutes of a week that a window `ddd:hh24:mi-ddd:hh24:mi` (UTC) covers; past its end where it wraps."""
    found = _WEEKLY.fullmatch(text.lower())
    if not found:
        return None
    start = DAYS.index(found[1]) * 24 * 60 + int(found[2]) * 60 + int(found[3])
    end = DAYS.index(found[4]) * 24 * 60 + int(found[5]) * 60 + int(found[6])
    return range(start, end if end > start else end + MINUTES_OF_WEEK)


def windows_collide(daily: range, weekly: range) -> bool:
    """Whether a daily window meets a weekly one on any day; AWS refuses such a pair."""
    minutes = {minute % MINUTES_OF_WEEK for minute in weekly}
    return any((minute + day * 24 * 60) % MINUTES_OF_WEEK in minutes for day in range(7) for minute in daily)


def windows(daily_field: str, daily: str, weekly_field: str, weekly: str, *, minutes: int) -> Iterator[Problem]:
    """A daily and a weekly window, each of at least so many minutes, and apart from each other."""
    day, week = daily_window(daily), weekly_window(weekly)
    if day is None:
        yield Problem(daily_field, f"{show(daily)} is no window of a day", 'write it as "03:00-04:00" (UTC)')
    elif len(day) < minutes:
        yield Problem(daily_field, f"{daily} is {len(day)} minutes", f"choose {minutes} minutes or more")
    if week is None:
        yield Problem(weekly_field, f"{show(weekly)} is no window of a week", 'write it as "sun:05:00-sun:06:00" (UTC)')
    elif len(week) < minutes:
        yield Problem(weekly_field, f"{weekly} is {len(week)} minutes", f"choose {minutes} minutes or more")
    if day and week and windows_collide(day, week):
        yield Problem(daily_field, f"{daily} meets {weekly_field} {weekly}", "choose windows that do not overlap")
