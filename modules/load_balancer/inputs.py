"""Inputs of the application load balancer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import Literal

from modules import given_names, rules
from modules.validation import Problem, inputs, show
from modules.web_acl.inputs import WebAclInputs

# What speaks TLS 1.2 and 1.3 only, and 1.2 only with forward secrecy.
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
SslPolicy = Literal[
    "ELBSecurityPolicy-TLS13-1-2-2021-06",
    "ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
    "ELBSecurityPolicy-TLS13-1-3-2021-06",
    "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
    "ELBSecurityPolicy-TLS13-1-3-PQ-2025-09",
]

# Each takes a rule for both ports, of the 20 that Cloudflare's prefix list leaves of a security group's 60.
MOST_CIDRS = 10


def path_rules(field: str, path: str) -> Iterator[Problem]:
    """A path that a health check asks for, with a query if need be."""
    if not re.fullmatch(r"/[A-Za-z0-9._~/-]*(\?[A-Za-z0-9._~/=&%+:,-]*)?", path) or len(path) > 1024:
        yield Problem(field, f"{show(path)} is no path", 'write it as "/health/live/"')


def code_rules(field: str, codes: str) -> Iterator[Problem]:
    """Status codes of HTTP that a target group takes for healthy.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Matcher.html
    """
    found = re.fullmatch(r"[2-4]\d\d(-[2-4]\d\d)?(,[2-4]\d\d(-[2-4]\d\d)?)*", codes)
    if not found or any(low > high for low, high in _ranges(codes)):
        yield Problem(field, f"{show(codes)} are no status codes from 200 to 499", 'write them as "200", or "200-399"')


def admits_client_errors(codes: str) -> bool:
    """Whether codes that the rule accepts have some of 400 and above."""
    return any(high >= 400 for _, high in _ranges(codes))


def _ranges(codes: str) -> list[tuple[int, int]]:
    parts = (part.partition("-") for part in codes.split(","))
    return [(int(low), int(high or low)) for low, _, high in parts]


@inputs
class HealthCheckInputs:
    """How the load balancer asks a task, and ECS its container, whether it is alive."""

    path: str | None = None
    """None: that of the application. It must answer with the codes of that to any Host header: a target is asked by its
    address, over HTTP."""
    interval_seconds: int = 30
    """5 to 300, and longer than the timeout."""
    timeout_seconds: int = 5
    """2 to 60."""
    healthy_threshold: int = 2
    """Answers in a row after which a target is healthy, 2 to 10."""
    unhealthy_threshold: int = 3
    """Failures in a row after which it is not, 2 to 10."""

    def rules(self) -> Iterator[Problem]:
        # https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
        if self.path is not None:
            yield from path_rules("path", self.path)
        ranges = {
            "interval_seconds": (5, 300),
            "timeout_seconds": (2, 60),
            "healthy_threshold": (2, 10),
            "unhealthy_threshold": (2, 10),
        }
        for field, (low, high) in ranges.items():
            if not low <= getattr(self, field) <= high:
                yield Problem(field, f"got {show(getattr(self, field))}", f"choose {low} to {high}")
        if self.timeout_seconds >= self.interval_seconds:
            what = f"{show(self.timeout_seconds)} is not below interval_seconds {show(self.interval_seconds)}"
            yield Problem("timeout_seconds", what, "choose a shorter timeout or a longer interval")


@inputs
class LoadBalancerInputs:
    """HTTPS on 443, and a redirect to it on 80."""

    internal: bool = False
    """Whether it has private addresses only, in the private subnets. A change replaces it."""
    ip_address_type: Literal["ipv4", "dualstack"] = "ipv4"
    """"dualstack": IPv6 too, which its subnets must have: `network.ipv6` gives it to those of a new VPC."""
    allowed_cidrs: tuple[str, ...] = ()
    """Blocks of IPv4 that reach it: beside Cloudflare's where the record is proxied, else nobody but these. (): without
    a proxied record everybody reaches it, or the VPC alone where it is internal. With "dualstack" only where the record
    is proxied."""
    security_group_id: str | None = None
    """A security group that exists, in place of one of our own: it says who reaches the load balancer, and must let it
    reach the tasks on `web.container_port`."""
    name: str | None = None
    """That of a load balancer which is imported: docs/adopt.md. None: `<project>-<environment>`. A change replaces it,
    and the names that lead to it change."""
    access_log_bucket: str | None = None
    """The bucket of the access logs, where one is imported. None:
    `<project>-<environment>-alb-logs-<account>-<region>`. A change replaces the bucket."""
    ssl_policy: SslPolicy = "ELBSecurityPolicy-TLS13-1-2-2021-06"
    access_log_days: int = 90
    """How long access logs are kept."""
    delete_access_logs: bool = False
    """Whether a destroy deletes the logs too; AWS refuses to delete a bucket that holds any."""
    deletion_protection: bool = True
    idle_timeout_seconds: int = 60
    """1 to 4000. The server's keep-alive must be longer, or its closing connections become 502."""
    desync_mitigation_mode: Literal["defensive", "strictest"] = "defensive"
    """What happens to ambiguous requests; "strictest" refuses all that do not follow RFC 7230."""
    deregistration_delay_seconds: int = 30
    """How long a task that leaves may finish its requests, 0 to 3600."""
    health_check: HealthCheckInputs = HealthCheckInputs()
    web_acl: WebAclInputs | Literal["none"] | None = None
    """The web ACL of AWS WAF in front of it: docs/firewall.md. None: `WebAclInputs()` where nothing else stands in
    front, which is neither Cloudflare nor CloudFront, and it is not internal; else no web ACL. "none": no web ACL, for
    which `accepted_findings` gives the reason where nothing else stands in front."""

    def rules(self) -> Iterator[Problem]:
        yield from self._network_rules()
        yield from given_names.rules(given_names.LOAD_BALANCER, "name", self.name)
        if self.access_log_bucket is not None:
            yield from rules.bucket_name("access_log_bucket", self.access_log_bucket)
        ranges = {
            "access_log_days": (1, 3653),
            "idle_timeout_seconds": (1, 4000),
            "deregistration_delay_seconds": (0, 3600),
        }
        for field, (low, high) in ranges.items():
            if not low <= getattr(self, field) <= high:
                yield Problem(field, f"got {show(getattr(self, field))}", f"choose {low} to {high}")

    def _network_rules(self) -> Iterator[Problem]:
        wrong = [*rules.cidrs("allowed_cidrs", self.allowed_cidrs)]
        yield from wrong
        for text in () if wrong else self.allowed_cidrs:
            block = IPv4Network(text)
            if block.prefixlen < 16 and not block.is_private:
                what = f"{text} admits more than any one organisation"
                yield Problem("allowed_cidrs", what, "name blocks of /16 or smaller, or none for everybody")
        if len(self.allowed_cidrs) > MOST_CIDRS:
            what = f"{len(self.allowed_cidrs)} blocks are more than the security group has room for"
            yield Problem("allowed_cidrs", what, f"name up to {MOST_CIDRS}")
        group = self.security_group_id
        if group is not None:
            yield from rules.security_groups("security_group_id", (group,))
            if self.allowed_cidrs:
                yield Problem("allowed_cidrs", "has no effect with security_group_id", "allow them in that group")
        if self.internal and self.ip_address_type == "dualstack":
            what = "the private subnets of an internal load balancer have no IPv6"
            yield Problem("ip_address_type", what, 'use "ipv4", or set internal to False')
