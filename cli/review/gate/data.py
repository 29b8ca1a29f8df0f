"""What holds data or identity: it is not deleted, replaced, forgotten or laid open to loss, unless someone says so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cli.review.gate import retiring
from cli.review.gate.inputs import input_of
from cli.review.gate.refusal import Refusal
from cli.review.gate.resources import Unit
from cli.terraform.plan import REASONS, Action, Path, ResourceChange
from stacks.config.safeguards import SAFEGUARDS

_DATABASE = "take a snapshot, or make a second one under a new name and copy the data"
_COPY = "make a second one under a new name, and copy what it holds"

# Type, what is lost with it, and what to do instead.
HOLDERS: Mapping[str, tuple[str, str]] = {
    "aws_acm_certificate": ("the certificate", "issue the new certificate under a new name, and delete this one later"),
    "aws_backup_vault": ("the backups in it", "copy the recovery points to a new vault"),
    "aws_cloudwatch_log_group": ("the log", "export the log to S3, or let the new one have a name of its own"),
    "aws_cognito_user_pool": ("all its users", _COPY),
    "aws_db_cluster_snapshot": ("the snapshot", "copy the snapshot"),
    "aws_db_instance": ("the database", _DATABASE),
    "aws_db_snapshot": ("the snapshot", "copy the snapshot"),
    "aws_dynamodb_table": ("the table", "make a backup, or a second table, and copy the items"),
    "aws_ebs_snapshot": ("the snapshot", "copy the snapshot"),
    "aws_ebs_volume": ("the volume", "take a snapshot"),
    "aws_ecr_repository": ("all its images", "copy the images to a repository under a new name"),
    "aws_efs_file_system": ("the files", "make a backup, or copy the files to a second one"),
    "aws_elasticache_cluster": ("what it holds", "take a snapshot, and restore it into one under a new name"),
    "aws_elasticache_replication_group": (
        "the queue and the sessions in it",
        "take a snapshot, and restore it into one under a new name",
    ),
    "aws_elasticache_serverless_cache": ("what it holds", "take a snapshot, and restore it into one under a new name"),
    "aws_kms_key": ("whatever is encrypted with it", "make a second key, and encrypt anew before this one goes"),
    "aws_lb_trust_store": (
        "how the load balancer knows our zone from others of Cloudflare",
        "deploy with required=False first, and let something else tell them apart",
    ),
    "aws_mq_broker": ("the messages in it", "empty the queues, and move to one under a new name"),
    "aws_opensearch_domain": ("its indices", "take a snapshot, and restore it into one under a new name"),
    "aws_rds_cluster": ("the database", _DATABASE),
    "aws_rds_global_cluster": ("the database", _DATABASE),
    "aws_route53_record": ("a public name", "make the new record first, and delete this one when nobody asks for it"),
    "aws_route53_zone": ("the zone and its name servers", "make the new zone, and change the delegation first"),
    "aws_s3_bucket": ("its objects", "copy the objects to a bucket under a new name"),
    "aws_secretsmanager_secret": ("the secret and its ARN", "make the new secret beside it, and switch its readers"),
    "aws_sns_topic": (
        "the subscriptions of whoever was told by it",
        "let the new one have a name of its own, and subscribe them there first",
    ),
    "aws_sqs_queue": ("the messages in it", "empty it, and move to one under a new name"),
    "aws_ssm_parameter": ("its value", "write the value to one under a new name first"),
    "aws_subnet": ("the place of all that stands in it", "add a subnet beside it, and move what stands in this one"),
    "aws_vpc": ("the place of all that stands in it", "make a second VPC, and move environment by environment"),
    "aws_wafv2_web_acl": (
        "the firewall before the load balancer",
        "let something else stand in front first, as Cloudflare or a web ACL that exists",
    ),
    "cloudflare_dns_record": (
        "a public name",
        "make the new record first, and delete this one when nobody asks for it",
    ),
    "cloudflare_zone": ("the zone and its name servers", "make the new zone, and change the delegation first"),
}


def refusals(unit: Unit) -> Iterator[Refusal]:
    """What a plan does to data and identity."""
    for change in unit.changes:
        if change.is_imported and change.is_destroyed:
            yield _unlike(unit, change)
            continue
        if change.is_destroyed and retiring.has_retired(unit, change):
            continue
        if change.is_destroyed and (change.deposed or retiring.is_used(unit, change)):
            yield from _left(unit, change)
        elif change.type in HOLDERS:
            yield from _lost(unit, change)
        if change.before and change.after and not change.is_destroyed:
            yield from _laid_open(unit, change)


def _lost(unit: Unit, change: ResourceChange) -> Iterator[Refusal]:
    what, instead = HOLDERS[change.type]
    if told := _told(unit, change):
        what += f" ({', '.join(told)})"
    allow = f"say so by --allow '{unit.name}:{change.address}'"
    if change.is_destroyed and change.action is Action.REPLACE:
        forced = _forced(change)
        names = ", ".join(_with_input(unit, change, _dotted(path)) for path in change.replace_paths)
        keep = f"keep {names}; or " if names else ""
        message = f"{forced} a replacement, and {what} would be lost: {keep}{instead}, and {allow}"
        yield Refusal(unit=unit.name, address=change.address, rule="data/replaced", message=message)
    elif change.is_destroyed:
        reason = REASONS.get(change.reason, "the plan deletes it")
        message = f"{reason}, and {what} would be lost: put it back; or {instead}, and {allow}"
        yield Refusal(unit=unit.name, address=change.address, rule="data/deleted", message=message)
    elif "forget" in change.actions:
        message = f"Terraform would forget it, and nobody look after {what}: take its removed block away, or {allow}"
        yield Refusal(unit=unit.name, address=change.address, rule="data/forgotten", message=message)


def _unlike(unit: Unit, change: ResourceChange) -> Refusal:
    """What exists and has other values than its inputs where none can be changed."""
    names = ", ".join(_with_input(unit, change, _dotted(path)) for path in change.replace_paths)
    message = (
        f"{_forced(change)} a replacement of {change.imported_id}, which exists and would be deleted as soon as it is "
        f"imported: give {names or 'it'} as it is, or remove the entry from stacks/imports.py"
    )
    return Refusal(unit=unit.name, address=change.address, rule="data/imported", message=message)


def _told(unit: Unit, topic: ResourceChange) -> list[str]:
    """Who is subscribed to a topic, as far as Terraform knows: addresses, and the ids of channels."""
    arn = topic.before.get("arn") if topic.type == "aws_sns_topic" and topic.before else None
    found = [each.before for each in unit.changes if each.before and arn]
    addresses = [str(each["endpoint"]) for each in found if each.get("topic_arn") == arn and each.get("endpoint")]
    channels = [each for each in found if arn in (each.get("sns_topic_arns") or ())]
    return [*addresses, *(str(each.get("slack_channel_id") or each.get("channel_id")) for each in channels)]


def _left(unit: Unit, change: ResourceChange) -> Iterator[Refusal]:
    """What another unit uses, and what a replacement has left behind because something used it."""
    allow = f"say so by --allow '{unit.name}:{change.address}'"
    if change.deposed and change.type in (*HOLDERS, "aws_security_group"):
        service = f"{unit.plan.environment}-django-service"
        message = (
            f"a replacement left it behind (deposed {change.deposed}), and AWS deletes it only when nothing uses it: "
            f'deploy what uses it first, as by `make cdktf ARGS="deploy {service} --ignore-missing-stack-dependencies"`'
            f", and {allow}"
        )
        yield Refusal(unit=unit.name, address=change.address, rule="data/deposed", message=message)
    elif not change.deposed:
        is_replaced = change.action is Action.REPLACE
        why = f"{_forced(change)} a replacement" if is_replaced else REASONS.get(change.reason, "the plan deletes it")
        keep = ", ".join(_with_input(unit, change, _dotted(path)) for path in change.replace_paths)
        instead = retiring.remedy(unit, change) or f"make another environment beside this one, or {allow}"
        message = (
            f"{why}, and AWS deletes nothing that other units use: {f'keep {keep}' if keep else 'put it back'}; or "
            f"{instead}"
        )
        rule = "data/replaced" if is_replaced else "data/deleted"
        yield Refusal(unit=unit.name, address=change.address, rule=rule, message=message)


def _forced(change: ResourceChange) -> str:
    if not change.replace_paths:
        return f"{REASONS.get(change.reason, 'the provider')}: this is"
    names = ", ".join(path + _old_to_new(change, path) for path in map(_dotted, change.replace_paths))
    return f"{names} {'forces' if len(change.replace_paths) == 1 else 'force'}"


def _with_input(unit: Unit, change: ResourceChange, argument: str) -> str:
    found = input_of(change.address, argument)
    # A certificate is at the same address, wherever its DNS is.
    if found and found.startswith("cloudflare_dns.") and "cloudflare" not in unit.configuration.get("provider", {}):
        found = None
    return f"{argument} (the input {found})" if found else argument


def _old_to_new(change: ResourceChange, path: str) -> str:
    """` (old → new)`, where both are short and no secret."""
    new = "known after apply" if path in (change.after_unknown or {}) else change.after.get(path)
    values = (change.before.get(path), new)
    shown = path not in change.sensitive and all(isinstance(v, (str, int)) and len(str(v)) <= 60 for v in values)
    return f" ({values[0]} → {values[1]})" if shown else ""


def _dotted(path: Path) -> str:
    return ".".join(map(str, path))


def _laid_open(unit: Unit, change: ResourceChange) -> Iterator[Refusal]:
    for name, (worse, why) in SAFEGUARDS.items():
        if name in change.after and worse(change.before.get(name), change.after[name]):
            message = f"{name} ({change.before.get(name)} → {change.after[name]}) {why}"
            message += f", in {found}" if (found := input_of(change.address, name)) else ""
            message += f"; or say so by --allow '{unit.name}:{change.address}'"
            yield Refusal(unit=unit.name, address=change.address, rule="data/unprotected", message=message)
