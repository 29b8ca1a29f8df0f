"""The reviewed lists of what the gate lets pass, and why. An exception that nothing needs any more fails a test."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from cli.review.gate.refusal import Refusal
from cli.review.gate.resources import Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A rule that some units need not keep. `*` stands for anything in unit and address."""

    rule: str
    address: str
    unit: str = "*"
    """Such as `prod-*`."""
    unprotected: bool = False
    """Only where the environment has `protected=False`."""
    reason: str
    """Why it is right here, in a sentence."""

    def matches(self, refusal: Refusal, unprotected: Collection[str]) -> bool:
        """Whether this is the exception of a refusal; `unprotected` are the units of environments that are not."""
        return (
            self.rule == refusal.rule
            and (not self.unprotected or refusal.unit in unprotected)
            and fnmatchcase(refusal.unit, self.unit)
            and fnmatchcase(refusal.address, self.address)
        )


_UNPROTECTED = "an environment that is not protected holds nothing of value, and is made to be thrown away"
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
        reason="Cloudflare stands in front, and the security group admits nobody else",
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
    Accepted(
        rule="CKV_AWS_157",
        address="aws_db_instance.postgresql_replica",
        reason="a replica is a second instance already, and what it holds is the original's",
    ),
    Accepted(
        rule="CKV_AWS_338",
        address="aws_cloudwatch_log_group.*",
        reason="a year is a rule of some trades, and logs hold personal data: environments say how long",
    ),
    # What an environment that is not protected may relax.
    Accepted(rule="CKV_AWS_126", unprotected=True, address="aws_instance.network_nat", reason=_UNPROTECTED),
    Accepted(rule="CKV_AWS_135", unit="*-network", address="aws_instance.network_nat", reason="t3 has it always"),
    Accepted(rule="CKV_AWS_150", unprotected=True, address="aws_lb.load_balancer", reason=_UNPROTECTED),
    Accepted(rule="CKV_AWS_157", unprotected=True, address="aws_db_instance.postgresql", reason=_UNPROTECTED),
    Accepted(rule="CKV_AWS_293", unprotected=True, address="aws_db_instance.postgresql", reason=_UNPROTECTED),
    Accepted(
        rule="CKV2_AWS_50", unprotected=True, address="aws_elasticache_replication_group.redis", reason=_UNPROTECTED
    ),
    Accepted(
        rule="containers/execute-command",
        unprotected=True,
        address="aws_ecs_service.*",
        reason="an environment that is not protected is where one looks into a running task",
    ),
    Accepted(
        rule="containers/writable",
        unprotected=True,
        address="aws_ecs_task_definition.*",
        reason="a shell by ECS Exec does not start on a read-only file system",
    ),
    Accepted(
        rule="network/leaks",
        unit="*-network",
        address="aws_vpc_security_group_egress_rule.network_nat_to_internet",
        reason="the NAT instance forwards what others were admitted to send",
    ),
    Accepted(rule="protection/deletion", unprotected=True, address="aws_db_instance.postgresql", reason=_UNPROTECTED),
    Accepted(rule="protection/deletion", unprotected=True, address="aws_lb.load_balancer", reason=_UNPROTECTED),
    Accepted(
        rule="protection/final-snapshot", unprotected=True, address="aws_db_instance.postgresql", reason=_UNPROTECTED
    ),
    Accepted(
        rule="protection/final-snapshot",
        unprotected=True,
        address="aws_elasticache_replication_group.redis",
        reason=_UNPROTECTED,
    ),
    Accepted(rule="protection/force-destroy", unprotected=True, address=_ACCESS_LOG, reason=_UNPROTECTED),
)

"""What the units of this program do otherwise, in any environment."""

OWN: tuple[Accepted, ...] = ()
"""What your environments do otherwise: add what the gate refuses of them, each with its reason."""


def without(refusals: Iterable[Refusal], units: Iterable[Unit]) -> list[Refusal]:
    """The refusals of these units for which there is no exception."""
    unprotected = unprotected_of(units)
    accepted = (*ACCEPTED, *OWN)
    return [refusal for refusal in refusals if not any(each.matches(refusal, unprotected) for each in accepted)]


def unused(accepted: Iterable[Accepted], refusals: Collection[Refusal], units: Iterable[Unit]) -> list[Accepted]:
    """The exceptions that none of the refusals of these units needs."""
    unprotected = unprotected_of(units)
    return [each for each in accepted if not any(each.matches(refusal, unprotected) for refusal in refusals)]


def unprotected_of(units: Iterable[Unit]) -> frozenset[str]:
    """The names of the units whose environment is not protected."""
    return frozenset(unit.name for unit in units if not unit.is_protected)
