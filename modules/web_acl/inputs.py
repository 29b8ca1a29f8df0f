"""Inputs of the web ACL in front of the load balancer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from typing import Literal

from modules import rules
from modules.validation import Problem, inputs, show
from modules.web_acl.managed_rules import GROUPS, LABELS

# What is in the price of a web ACL, in WCU; each 500 beyond it cost more for every request.
# https://docs.aws.amazon.com/waf/latest/developerguide/aws-waf-capacity-units.html
MOST_CAPACITY = 1500
# https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-rate-based-request-limits.html
_RATES = (10, 2_000_000_000)
# A rule that counts requests, a label, and a path from which %-encoding is removed:
# https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statements-list.html
_RATE_CAPACITY, _LABEL_CAPACITY, _PATH_CAPACITY = 2, 1, 12
# https://docs.aws.amazon.com/waf/latest/APIReference/API_ByteMatchStatement.html
_PATH = re.compile(r"/[A-Za-z0-9._~!$&'()*+,;=:@/-]{0,199}")
_ARN = re.compile(r"arn:aws:wafv2:[a-z0-9-]+:[0-9]{12}:regional/webacl/[\w-]{1,128}/[\w-]{1,36}", re.ASCII)
_HEADER = re.compile(r"[A-Za-z0-9-]{1,64}")


def log_group(prefix: str) -> str:
    """The name of the log group, which AWS wants to begin so.

    https://docs.aws.amazon.com/waf/latest/developerguide/logging-cw-logs.html
    """
    return f"aws-waf-logs-{prefix}"


@inputs
class WebAclExceptionInputs:
    """A rule of AWS's groups that would block what is right here, so that it counts instead."""

    rule: str
    """As the log has it in ruleId: `CrossSiteScripting_BODY`. docs/firewall.md says how to find it."""
    reason: str
    """Why what it blocks is right here, in a sentence."""
    paths: tuple[str, ...] = ()
    """Paths to which the exception is confined, each with all that begins with it: `("/editor/",)`. (): everywhere."""

    def rules(self) -> Iterator[Problem]:
        if self.rule not in LABELS:
            what = f"{show(self.rule)} is not a rule of {', '.join(group.name for group in GROUPS)}"
            yield Problem("rule", what, "write it as the log has it in ruleId, as CrossSiteScripting_BODY")
        if not 1 <= len(self.reason) <= 300:
            yield Problem("reason", f"got {len(self.reason)} characters", "say why it is right here, in 1 to 300")
        yield from _path_rules("paths", self.paths)


LARGE_BODIES = WebAclExceptionInputs(
    rule="SizeRestrictions_BODY",
    reason="Forms and uploads have more than 8 KB, and Django limits them by DATA_UPLOAD_MAX_MEMORY_SIZE",
)
"""Without it, AWS blocks every request with a body of more than 8 KB."""


@inputs
class WebAclInputs:
    """Rules of AWS against common attacks, bad inputs, SQL injection and addresses of ill repute, and limits of rates.

    https://docs.aws.amazon.com/waf/latest/developerguide/web-acl.html
    """

    existing_arn: str | None = None
    """The ARN of a web ACL that exists, as a security team's, in place of one of our own."""
    count_only: bool = False
    """Whether all rules count and none blocks, as for a first deployment."""
    rate_limit: int = 2000
    """Requests of one address in `rate_window_seconds` after which more are answered 429. 10 to 2,000,000,000."""
    login_rate_limit: int = 100
    """The same for requests to `login_paths`, below `rate_limit`."""
    login_paths: tuple[str, ...] = ("/admin/login/",)
    """Paths at which users sign in, each with all that begins with it. (): no lower limit anywhere."""
    rate_window_seconds: Literal[60, 120, 300, 600] = 300
    exceptions: tuple[WebAclExceptionInputs, ...] = (LARGE_BODIES,)
    """Rules that count instead. What is given replaces the default, LARGE_BODIES."""
    client_ip_header: str | None = None
    """The header in which a proxy in front gives the address of the visitor alone, in place of what that sent:
    `"True-Client-IP"`. None: Cloudflare's where the record is proxied, else no proxy is in front."""
    log_retention_days: int = 90
    """How long blocked and counted requests are in CloudWatch."""

    @property
    def capacity(self) -> int:
        """What the rules take of MOST_CAPACITY, or somewhat more: AWS counts a transformation that rules share once."""
        paths = [path for each in self.exceptions for path in each.paths]
        confined = [each for each in self.exceptions if each.paths]
        rates = _RATE_CAPACITY * (2 if self.login_paths else 1)
        of_paths = _PATH_CAPACITY * (len(paths) + len(self.login_paths))
        return sum(group.capacity for group in GROUPS) + rates + _LABEL_CAPACITY * len(confined) + of_paths

    def rules(self) -> Iterator[Problem]:
        if self.existing_arn is not None:
            yield from self._existing_rules()
            return
        low, high = _RATES
        for field in ("rate_limit", "login_rate_limit"):
            if not low <= getattr(self, field) <= high:
                yield Problem(field, f"got {show(getattr(self, field))}", f"choose {low} to {high:,}")
        if self.login_paths and self.login_rate_limit >= self.rate_limit:
            what = f"{show(self.login_rate_limit)} is not below rate_limit {show(self.rate_limit)}"
            yield Problem("login_rate_limit", what, "choose a lower limit")
        yield from _path_rules("login_paths", self.login_paths)
        if "/" in self.login_paths:
            yield Problem("login_paths", "every path begins with '/'", "name a longer path, or lower rate_limit")
        yield from self._exception_rules()
        yield from self._header_rules()
        yield from rules.log_retention("log_retention_days", self.log_retention_days)

    def _existing_rules(self) -> Iterator[Problem]:
        if not _ARN.fullmatch(str(self.existing_arn)):
            remedy = "give it as arn:aws:wafv2:<region>:<account>:regional/webacl/<name>/<id>"
            yield Problem("existing_arn", f"{show(self.existing_arn)} is not the ARN of a regional web ACL", remedy)
        for field in fields(self):
            if field.name != "existing_arn" and getattr(self, field.name) != field.default:
                yield Problem(field.name, "has no effect with existing_arn", "remove it, or existing_arn")

    def _exception_rules(self) -> Iterator[Problem]:
        named = [each.rule for each in self.exceptions]
        for rule in sorted({rule for rule in named if named.count(rule) > 1}):
            yield Problem("exceptions", f"name {show(rule)} twice", "make one entry of them, with all paths")
        if self.capacity > MOST_CAPACITY:
            what = f"and login_paths take {self.capacity:,} WCU of {MOST_CAPACITY:,} with the rules of AWS"
            yield Problem("exceptions", what, f"name fewer paths, each takes {_PATH_CAPACITY}, or none for everywhere")

    def _header_rules(self) -> Iterator[Problem]:
        header = self.client_ip_header
        if header is None:
            return
        if not _HEADER.fullmatch(header):
            yield Problem("client_ip_header", f"{show(header)} is not a header", 'write it as "True-Client-IP"')
        elif header.lower() in ("x-forwarded-for", "forwarded"):
            # AWS takes the first address, and proxies add theirs at the end.
            # https://docs.aws.amazon.com/waf/latest/APIReference/API_ForwardedIPConfig.html
            what = f"{header} begins with whatever the visitor sent"
            yield Problem("client_ip_header", what, "name a header that the proxy overwrites")


def _path_rules(field: str, paths: tuple[str, ...]) -> Iterator[Problem]:
    for path in paths:
        if not _PATH.fullmatch(path):
            what = f"{show(path)} is not a path"
            yield Problem(field, what, 'write it as "/accounts/login/", in 200 characters, without a query')
    if len({*paths}) < len(paths):
        yield Problem(field, "name one twice", "name each once")
