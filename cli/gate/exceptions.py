"""The reviewed list of what the gate lets pass, and why. An exception that matches nothing any more fails a test."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from cli.gate.refusal import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A rule that some units need not keep. `*` stands for anything in unit and address."""

    rule: str
    address: str
    unit: str = "*"
    """Such as `dev-*`."""
    reason: str
    """Why it is right here, in a sentence."""

    def matches(self, refusal: Refusal) -> bool:
        """Whether this is the exception of a refusal."""
        return (
            self.rule == refusal.rule
            and fnmatchcase(refusal.unit, self.unit)
            and fnmatchcase(refusal.address, self.address)
        )


_DEV = "dev holds nothing of worth, and is made to be thrown away"
_AWS_KEY = "encrypted with AWS's key: whoever may read it in this account may use a key of ours as well"
_ACCESS_LOG = "aws_s3_bucket.load_balancer_access_logs"

ACCEPTED: tuple[Accepted, ...] = (
    # Keys of our own. Inputs such as kms_key_arn take one where a regulation asks for it.
    Accepted(rule="CKV_AWS_149", address="aws_secretsmanager_secret.*", reason=_AWS_KEY),
    Accepted(rule="CKV_AWS_158", address="aws_cloudwatch_log_group.*", reason=_AWS_KEY),
    Accepted(rule="CKV_AWS_191", address="aws_elasticache_replication_group.*", reason=_AWS_KEY),
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
    # What checkov does not see.
    Accepted(
        rule="CKV_AWS_260",
        address="aws_vpc_security_group_ingress_rule.load_balancer_security_group_http",
        reason="it admits Cloudflare's prefix list, which checkov does not read; network/open does",
    ),
    Accepted(
        rule="CKV2_AWS_5",
        unit="*-network",
        address="aws_security_group.network_application",
        reason="the services that have it are in another unit",
    ),
    Accepted(
        rule="CKV_AWS_79",
        unit="dev-network",
        address="aws_instance.network_nat",
        reason="its launch template asks for tokens; network/metadata looks there",
    ),
    Accepted(
        rule="CKV_AWS_8",
        unit="dev-network",
        address="aws_instance.network_nat",
        reason="its launch template encrypts the disk; encryption/disk looks there",
    ),
    # What is done otherwise.
    Accepted(
        rule="CKV_AWS_31",
        address="aws_elasticache_replication_group.redis",
        reason="a token would lie in the state, and one for all: TLS is required, the security group admits the "
        "application alone, and redis.iam_authentication asks for more",
    ),
    Accepted(
        rule="CKV2_AWS_28",
        address="aws_lb.load_balancer",
        reason="Cloudflare stands in front, and the security group admits nobody else",
    ),
    Accepted(
        rule="CKV2_AWS_57",
        address="aws_secretsmanager_secret.secret_key",
        reason="a new SECRET_KEY signs everybody out, so a person changes it, by secret_key.version",
    ),
    Accepted(
        rule="CKV_AWS_338",
        address="aws_cloudwatch_log_group.*",
        reason="a year is a rule of some trades, and logs hold personal data: environments say how long",
    ),
    # What dev relaxes.
    Accepted(rule="CKV_AWS_126", unit="dev-*", address="aws_instance.network_nat", reason=_DEV),
    Accepted(rule="CKV_AWS_135", unit="dev-*", address="aws_instance.network_nat", reason="t3 has it always"),
    Accepted(rule="CKV_AWS_150", unit="dev-*", address="aws_lb.load_balancer", reason=_DEV),
    Accepted(rule="CKV_AWS_157", unit="dev-*", address="aws_db_instance.postgresql", reason=_DEV),
    Accepted(rule="CKV_AWS_293", unit="dev-*", address="aws_db_instance.postgresql", reason=_DEV),
    Accepted(rule="CKV2_AWS_50", unit="dev-*", address="aws_elasticache_replication_group.redis", reason=_DEV),
    Accepted(
        rule="containers/execute-command",
        unit="dev-*",
        address="aws_ecs_service.*",
        reason="dev is where one looks into a running task",
    ),
    Accepted(
        rule="containers/writable",
        unit="dev-*",
        address="aws_ecs_task_definition.*",
        reason="a shell by ECS Exec does not start on a read-only file system",
    ),
    Accepted(
        rule="network/leaks",
        unit="dev-*",
        address="aws_vpc_security_group_egress_rule.network_nat_to_internet",
        reason="the NAT instance forwards what others were admitted to send",
    ),
    Accepted(rule="protection/deletion", unit="dev-*", address="aws_db_instance.postgresql", reason=_DEV),
    Accepted(rule="protection/deletion", unit="dev-*", address="aws_lb.load_balancer", reason=_DEV),
    Accepted(rule="protection/final-snapshot", unit="dev-*", address="aws_db_instance.postgresql", reason=_DEV),
    Accepted(
        rule="protection/final-snapshot",
        unit="dev-*",
        address="aws_elasticache_replication_group.redis",
        reason=_DEV,
    ),
    Accepted(rule="protection/force-destroy", unit="dev-*", address=_ACCESS_LOG, reason=_DEV),
)


def without(refusals: Iterable[Refusal], accepted: Iterable[Accepted] = ACCEPTED) -> list[Refusal]:
    """The refusals for which there is no exception."""
    exceptions = tuple(accepted)
    return [refusal for refusal in refusals if not any(each.matches(refusal) for each in exceptions)]
