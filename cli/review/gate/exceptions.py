"""What the gate lets pass, and why: what every environment does otherwise, and what its own inputs ask for.

An exception that nothing needs any more fails a test.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from cli.review.gate.refusal import Refusal
from cli.review.gate.resources import Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A rule that some units need not keep. `*` stands for anything in unit and address."""

    rule: str
    address: str
    unit: str = "*"
    """Such as `*-network`."""
    reason: str
    """Why it is right here, in a sentence."""
    where: Callable[[Unit], bool] = lambda _: True
    """In which units, by what they are made of."""

    def matches(self, refusal: Refusal) -> bool:
        """Whether this is the exception of a refusal."""
        return self.rule == refusal.rule and _like(refusal.unit, self.unit) and _like(refusal.address, self.address)


def _like(name: str, pattern: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), name) is not None


def _is_behind_proxy(unit: Unit) -> bool:
    """Whether a load balancer admits the addresses of a proxy; network/open refuses everybody beside them."""
    groups = {group for balancer in unit.of("aws_lb") for group in balancer.refers("security_groups")}
    rules = unit.of("aws_vpc_security_group_ingress_rule")
    return any(rule.get("prefix_list_id") and rule.refers("security_group_id") & groups for rule in rules)


def _has_web_acl(unit: Unit) -> bool:
    return bool(unit.of("aws_wafv2_web_acl_association"))


_AWS_KEY = "encrypted with AWS's key: whoever may read it in this account may use a key of ours as well"
_ACCESS_LOG = "aws_s3_bucket.load_balancer_access_logs"
_AUTHORITIES = "aws_s3_bucket.load_balancer_trust_store"

ACCEPTED: tuple[Accepted, ...] = (
    # Keys of our own. Inputs such as kms_key_arn take one where a regulation asks for it.
    Accepted(rule="CKV_AWS_149", address="aws_secretsmanager_secret.*", reason=_AWS_KEY),
    Accepted(rule="CKV_AWS_158", address="aws_cloudwatch_log_group.*", reason=_AWS_KEY),
    Accepted(
        rule="CKV_AWS_297",
        address="aws_scheduler_schedule.*",
        reason="it says when a task starts, and nothing that is secret",
    ),
    Accepted(rule="CKV_AWS_191", address="aws_elasticache_replication_group.*", reason=_AWS_KEY),
    Accepted(rule="CKV_AWS_184", address="aws_efs_file_system.*", reason=_AWS_KEY),
    Accepted(rule="CKV_AWS_166", address="aws_backup_vault.*", reason=_AWS_KEY),
    Accepted(rule="CKV_AWS_354", address="aws_db_instance.*", reason=_AWS_KEY),
    Accepted(
        rule="CKV_AWS_145",
        address=_ACCESS_LOG,
        reason="load balancers write to buckets with AES256 alone: "
        "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html",
    ),
    # The bucket of access logs.
    Accepted(rule="CKV_AWS_18", address=_ACCESS_LOG, reason="a log of who reads the log would need one in turn"),
    Accepted(rule="CKV_AWS_21", address=_ACCESS_LOG, reason="its objects are written once, and expire"),
    Accepted(rule="CKV_AWS_144", address=_ACCESS_LOG, reason="a log that expires needs no copy in another region"),
    Accepted(rule="CKV2_AWS_62", address=_ACCESS_LOG, reason="nobody waits for its objects"),
    # The bucket of the trust store's certificates.
    Accepted(rule="CKV_AWS_145", address=_AUTHORITIES, reason="the certificates in it are public"),
    Accepted(rule="CKV_AWS_18", address=_AUTHORITIES, reason="the certificates in it are public"),
    Accepted(rule="CKV_AWS_21", address=_AUTHORITIES, reason="what was in it is in the history of the data"),
    Accepted(rule="CKV_AWS_144", address=_AUTHORITIES, reason="the trust store has a copy, and the data another"),
    Accepted(rule="CKV2_AWS_62", address=_AUTHORITIES, reason="nobody waits for its objects"),
    # What checkov does not see.
    *(
        Accepted(
            rule="CKV_AWS_260",
            address=f"aws_vpc_security_group_ingress_rule.load_balancer_security_group_{name}",
            reason="it redirects to HTTPS, and admits the prefix list of Cloudflare or CloudFront, which checkov "
            "does not read; network/open does",
        )
        for name in ("http", "http_ipv6")
    ),
    Accepted(
        rule="CKV_AWS_378",
        unit="*-django-service",
        address="aws_lb_target_group.route_*",
        reason="a rule of the listener of HTTPS leads to it, which checkov does not follow; encryption/listener does",
    ),
    Accepted(
        rule="CKV2_AWS_5",
        unit="*-network",
        address="aws_security_group.network_application",
        reason="the services that have it are in another unit",
    ),
    Accepted(
        rule="CKV2_AWS_18",
        unit="*-django-service",
        address="aws_efs_file_system.volume_*",
        reason="the plan that selects it is in the unit backup, and EFS's own daily backup is on",
    ),
    Accepted(
        rule="CKV2_AWS_23",
        unit="*-route53-dns",
        address="aws_route53_record.record*",
        reason="it leads to the load balancer, which is in another unit, or to an address of the environment's data",
    ),
    Accepted(
        rule="CKV_AWS_79",
        unit="*-network",
        address="aws_instance.network_nat",
        reason="its launch template asks for tokens; network/metadata looks there",
    ),
    Accepted(
        rule="CKV_AWS_8",
        unit="*-network",
        address="aws_instance.network_nat",
        reason="its launch template encrypts the disk; encryption/disk looks there",
    ),
    # What is done otherwise.
    Accepted(
        rule="CKV_AWS_31",
        address="aws_elasticache_replication_group.redis*",
        reason="a token would lie in the state, and one for all: TLS is required, the security group admits the "
        "application alone, and redis.iam_authentication asks for more",
    ),
    Accepted(
        rule="CKV2_AWS_28",
        address="aws_lb.load_balancer",
        reason="Cloudflare or CloudFront stands in front, and the security group admits nobody else",
        where=_is_behind_proxy,
    ),
    Accepted(
        rule="CKV2_AWS_76",
        address="aws_lb.load_balancer",
        reason="it asks for AWSManagedRulesAnonymousIpList too, which blocks visitors with a VPN; CKV_AWS_192 looks at "
        "the rules against Log4j",
        where=_has_web_acl,
    ),
    Accepted(
        rule="CKV2_AWS_57",
        address="aws_secretsmanager_secret.secret_key",
        reason="a new SECRET_KEY signs everybody out, so a person changes it, by secret_key.version",
    ),
    Accepted(
        rule="CKV2_AWS_57",
        address="aws_secretsmanager_secret.postgresql_master",
        reason="RDS rotates no password of an instance with a replica, so a person does, by master_password_version",
    ),
    *(
        Accepted(
            rule="CKV2_AWS_57",
            address=f"aws_secretsmanager_secret.{user}_password",
            reason="tasks read it when they start, so a deployment changes it, by password_version",
        )
        for user in ("app", "migration")
    ),
    Accepted(
        rule="CKV_AWS_157",
        address="aws_db_instance.postgresql_replica",
        reason="a replica is a second instance already, and what it holds is the original's",
    ),
    Accepted(
        rule="CKV_AWS_133",
        address="aws_db_instance.postgresql_replica",
        reason="RDS backs the original up, and answers 0 days for a replica that exists",
    ),
    Accepted(
        rule="CKV_AWS_338",
        address="aws_cloudwatch_log_group.*",
        reason="a year is a rule of some trades, and logs hold personal data: environments say how long",
    ),
    Accepted(
        rule="CKV_AWS_355",
        unit="*-alerts",
        address="aws_iam_role_policy.alerts_chat_role_policy",
        reason="it reads alarms and their figures: CloudWatch shows composite alarms only to who may see all of them",
    ),
    # The NAT instance.
    Accepted(
        rule="CKV_AWS_126",
        unit="*-network",
        address="aws_instance.network_nat",
        reason="nothing scales or alarms by its metrics, of which AWS has one every five minutes anyway",
    ),
    Accepted(rule="CKV_AWS_135", unit="*-network", address="aws_instance.network_nat", reason="t3 has it always"),
    Accepted(
        rule="network/leaks",
        unit="*-network",
        address="aws_vpc_security_group_egress_rule.network_nat_to_internet",
        reason="the NAT instance forwards what others were admitted to send",
    ),
)
"""What the units of this program do otherwise, in any environment."""


def without(refusals: Iterable[Refusal], units: Iterable[Unit]) -> list[Refusal]:
    """The refusals of these units for which there is no exception."""
    accepted = {
        unit.name: [*(each for each in ACCEPTED if each.where(unit)), *map(_of_unit(unit), unit.accepted_findings)]
        for unit in units
    }
    return [
        refusal
        for refusal in refusals
        if not any(each.matches(refusal) for each in accepted.get(refusal.unit, ACCEPTED))
    ]


def unused(refusals: Collection[Refusal], units: Iterable[Unit]) -> Iterator[Refusal]:
    """What environments accept beside what follows from their inputs, and no refusal needs."""
    if any(refusal.rule == "checkov/failed" for refusal in refusals):
        return  # nobody knows
    for unit in units:
        for finding in unit.accepted_findings:
            if "input" not in finding and not any(map(_of_unit(unit)(finding).matches, refusals)):
                message = (
                    f"accepted_findings has {finding['rule']}, which is not found there: take the entry out, or "
                    "correct its rule and address"
                )
                yield Refusal(unit=unit.name, address=finding["address"], rule="accepted/unused", message=message)


def _of_unit(unit: Unit) -> Callable[[Mapping[str, str]], Accepted]:
    return lambda finding: Accepted(
        rule=finding["rule"], address=finding["address"], unit=unit.name, reason=finding["reason"]
    )
