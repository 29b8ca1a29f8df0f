"""Encryption, at rest and on the way."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from cli.review.gate.container_definitions import containers
from cli.review.gate.policies import statements
from cli.review.gate.resources import Resource, Unit, strings
from cli.review.gate.rule import Rule, UnitRule

# Type, and the argument that encrypts it.
_AT_REST = {
    "aws_db_instance": "storage_encrypted",
    "aws_dynamodb_table": "server_side_encryption.enabled",
    "aws_ebs_volume": "encrypted",
    "aws_efs_file_system": "encrypted",
    "aws_elasticache_replication_group": "at_rest_encryption_enabled",
    "aws_rds_cluster": "storage_encrypted",
}
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
_MODERN_TLS = re.compile(r"ELBSecurityPolicy-(TLS13-1-[23]-.+|FS-1-2-Res-.+|TLS-1-2-.+)")
_PLAIN_URL = re.compile(
    r"\b(?:redis|amqp|ldap|mongodb|ftp)://|sslmode=(?:disable|allow|prefer)\b|ssl_cert_reqs=(?:none|optional|CERT_NONE)\b"
    r"|\bssl=(?:false|0)\b|tls_insecure|verify=(?:false|0)\b",
    re.IGNORECASE,
)


def _unencrypted(resource: Resource) -> Iterator[str]:
    name = _AT_REST[resource.type]
    if not resource.on(name):
        yield name


def _unencrypted_disk(resource: Resource) -> bool:
    disks = [disk.get("ebs") for disk in resource.blocks("block_device_mappings")]
    disks += [resource.get("root_block_device")] if resource.get("root_block_device") else []
    flat = [disk[0] if isinstance(disk, list) and disk else disk for disk in disks]
    return any(isinstance(disk, dict) and disk.get("encrypted") not in (True, "true") for disk in flat)


def _bucket_without(kind: str) -> Callable[[Unit], Iterator[str]]:
    """The buckets for which a unit declares no resource of that type."""
    return lambda unit: (
        bucket.address for bucket in unit.of("aws_s3_bucket") if not unit.referring(kind, "bucket", bucket.address)
    )


def _weak_listener(resource: Resource) -> bool:
    secure = resource.get("protocol") in ("HTTPS", "TLS")
    return secure and not _MODERN_TLS.fullmatch(str(resource.get("ssl_policy")))


def _plain_listener(resource: Resource) -> bool:
    return resource.get("protocol") in ("HTTP", "TCP") and _serves(resource.get("default_action"))


def _plain_rule(resource: Resource) -> bool:
    listeners = resource.unit.of("aws_lb_listener")
    own = [each for each in listeners if each.base in resource.refers("listener_arn")]
    return any(each.get("protocol") in ("HTTP", "TCP") for each in own) and _serves(resource.get("action"))


def _serves(action: Any) -> bool:
    """Whether an action of a listener is more than a text of its own, or the way to HTTPS."""
    first = (action[0] if isinstance(action, list) else action) or {}
    redirect = first.get("redirect") or {}
    redirect = redirect[0] if isinstance(redirect, list) else redirect
    return first.get("type") != "fixed-response" and redirect.get("protocol") != "HTTPS"


def _no_force_ssl(resource: Resource) -> bool:
    if not str(resource.get("family")).startswith(("postgres", "aurora-postgresql")):
        return False
    return not any(
        parameter.get("name") == "rds.force_ssl" and str(parameter.get("value")) == "1"
        for parameter in resource.blocks("parameter")
    )


def _old_tls(resource: Resource) -> bool:
    return any(
        parameter.get("name") == "ssl_min_protocol_version" and str(parameter.get("value")) in ("TLSv1", "TLSv1.1")
        for parameter in resource.blocks("parameter")
    )


def _default_parameters(resource: Resource) -> bool:
    name = str(resource.get("parameter_group_name") or "default")
    return str(resource.get("engine")).startswith("postgres") and name.startswith("default")


def _plain_variables(resource: Resource) -> Iterator[str]:
    for container, definition in containers(resource):
        for variable in definition.get("environment") or ():
            if _PLAIN_URL.search(resource.unit.expand(str(variable.get("value") or ""))):
                yield f"{variable.get('name')} of {container}"


def _plain_outputs(unit: Unit) -> Iterator[str]:
    for name, output in unit.configuration.get("output", {}).items():
        if any(map(_PLAIN_URL.search, strings(output.get("value")))):
            yield f"output.{name}"


def _plain_bucket(resource: Resource) -> bool:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html#transit."""
    return not any(
        statement.effect == "Deny"
        and statement.anyone
        and "s3:*" in statement.actions
        and '"aws:SecureTransport": "false"' in statement.condition
        for statement in statements(resource.get("policy"))
    )


RULES = (
    Rule("encryption/at-rest", tuple(_AT_REST), _unencrypted, "what it holds is not encrypted: set {} to true"),
    Rule(
        "encryption/disk",
        ("aws_instance", "aws_launch_template"),
        _unencrypted_disk,
        "a disk is not encrypted: set encrypted to true",
    ),
    UnitRule(
        "encryption/bucket",
        _bucket_without("aws_s3_bucket_server_side_encryption_configuration"),
        "nobody says how the bucket is encrypted: add an aws_s3_bucket_server_side_encryption_configuration",
    ),
    UnitRule(
        "encryption/bucket-tls",
        _bucket_without("aws_s3_bucket_policy"),
        "the bucket answers without TLS: add an aws_s3_bucket_policy that denies aws:SecureTransport false",
    ),
    Rule(
        "encryption/bucket-tls",
        ("aws_s3_bucket_policy",),
        _plain_bucket,
        "the bucket answers without TLS: deny s3:* to * where aws:SecureTransport is false",
    ),
    Rule(
        "encryption/listener",
        ("aws_lb_listener",),
        _plain_listener,
        "the listener serves the application in plain text: redirect to HTTPS",
    ),
    Rule(
        "encryption/listener",
        ("aws_lb_listener_rule",),
        _plain_rule,
        "the rule serves the application in plain text: give it to the listener of HTTPS",
    ),
    Rule(
        "encryption/listener-policy",
        ("aws_lb_listener",),
        _weak_listener,
        "the listener speaks a TLS that is broken: use ELBSecurityPolicy-TLS13-1-2-2021-06 or later",
    ),
    Rule(
        "encryption/redis",
        ("aws_elasticache_replication_group",),
        lambda resource: (
            not resource.on("transit_encryption_enabled") or resource.get("transit_encryption_mode") == "preferred"
        ),
        "Redis answers without TLS: set transit_encryption_enabled to true, and the mode to required",
    ),
    Rule(
        "encryption/postgresql",
        ("aws_db_parameter_group", "aws_rds_cluster_parameter_group"),
        _no_force_ssl,
        "PostgreSQL answers without TLS: set the parameter rds.force_ssl to 1",
    ),
    Rule(
        "encryption/postgresql",
        ("aws_db_parameter_group", "aws_rds_cluster_parameter_group"),
        _old_tls,
        "PostgreSQL speaks a TLS that is broken: set ssl_min_protocol_version to TLSv1.2 or TLSv1.3",
    ),
    Rule(
        "encryption/postgresql",
        ("aws_db_instance",),
        _default_parameters,
        "the default parameters do not say that PostgreSQL needs TLS: name a parameter group with rds.force_ssl = 1",
    ),
    Rule(
        "encryption/url",
        ("aws_ecs_task_definition",),
        _plain_variables,
        "{} makes the application connect without TLS, or to anyone who answers: use rediss://, ssl_cert_reqs=required "
        "and sslmode=verify-full",
    ),
    UnitRule(
        "encryption/url",
        _plain_outputs,
        "whoever reads this output connects without TLS, or to anyone who answers: use rediss:// and "
        "ssl_cert_reqs=required",
    ),
)
