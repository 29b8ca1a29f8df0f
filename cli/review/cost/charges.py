"""What AWS charges for, by type of resource."""

from __future__ import annotations

from decimal import Decimal

from cli.review.cost import containers, databases, networking
from cli.review.cost.charge import Factor, Findings, Note, Rule, Unpriced, charge, of, pieces
from cli.review.cost.price_list import Key
from cli.review.cost.resources import Resource

# A log group whose logs never expire grows; this is its size after a year.
_ENDLESS_DAYS = Decimal(360)


def charges(resource: Resource) -> Findings:
    """What a resource costs, and what of it cannot be told."""
    if resource.type in CHARGES:
        yield from CHARGES[resource.type](resource)
    elif resource.type not in FREE:
        yield Unpriced("the price of this type is not known here")


def _log_group(group: Resource) -> Findings:
    if group.text("log_group_class") not in ("", "STANDARD"):
        yield Unpriced(f"logs of class {group.text('log_group_class')}")
        return
    days = group.number("retention_in_days") or _ENDLESS_DAYS
    gb, stored = Factor("log_gb", "GB"), Factor("log_compression", "stored")
    yield charge("log ingestion", ("cloudwatch", "log_ingestion_gb"), gb)
    yield charge("log storage", ("cloudwatch", "log_storage_gb_month"), gb, of(days / 30, "months"), stored)
    if days == _ENDLESS_DAYS:
        yield Note(f"{group.address}: its logs never expire; stored as after a year")


def _alarm(alarm: Resource) -> Findings:
    """An alarm is paid by the metrics that it watches: https://aws.amazon.com/cloudwatch/pricing/."""
    metrics = [query["metric"][0] for query in alarm.get("metric_query") or () if query.get("metric")]
    fast = min((each.get("period") or 60 for each in metrics), default=alarm.number("period") or 60) < 60
    name = "high_resolution_alarm_month" if fast else "alarm_month"
    yield charge("alarm", ("cloudwatch", name), pieces(len(metrics) or 1, "metric"))


def _bucket(_: Resource) -> Findings:
    yield charge("storage", ("s3", "standard_gb_month"), Factor("bucket_gb", "GB"))
    yield charge("objects written", ("s3", "put_request"), Factor("bucket_puts", "objects"))


def _secret(secret: Resource) -> Findings:
    copies = 1 + len(secret.get("replica") or ())
    yield charge("secret", ("secrets_manager", "secret_month"), pieces(copies, "secret"))


def _files(_: Resource) -> Findings:
    yield Unpriced("it is paid by the GB of its files, of their backups, and of what is read and written")


def _restore_tests(_: Resource) -> Findings:
    yield Unpriced("each test is paid, and the database that it restores for as long as it is there")


def _web_acl(acl: Resource) -> Findings:
    yield charge("web ACL", ("waf", "web_acl_month"), pieces(1, "ACL"))
    yield charge("rules", ("waf", "rule_month"), pieces(len(acl.get("rule") or ()), "rule"))
    yield charge("requests", ("waf", "request"), Factor("requests", "requests"))


def _trust_store(_: Resource) -> Findings:
    yield Unpriced("AWS bills it by the hour while a listener verifies clients by it")


def _always(item: str, price: Key, factor: Factor) -> Rule:
    """The charge of a type whose every resource costs the same."""

    def same(_: Resource) -> Findings:
        yield charge(item, price, factor)

    return same


CHARGES: dict[str, Rule] = {
    "aws_appautoscaling_policy": containers.scaling_policy,
    "aws_appautoscaling_scheduled_action": containers.scheduled_scaling,
    "aws_appautoscaling_target": containers.scaling_target,
    "aws_backup_restore_testing_plan": _restore_tests,
    "aws_backup_vault": databases.vault,
    "aws_cloudwatch_composite_alarm": _always("alarm", ("cloudwatch", "composite_alarm_month"), pieces(1, "alarm")),
    "aws_cloudwatch_dashboard": _always("dashboard", ("cloudwatch", "dashboard_month"), pieces(1, "dashboard")),
    "aws_cloudwatch_log_group": _log_group,
    "aws_cloudwatch_log_metric_filter": _always("metric", ("cloudwatch", "metric_month"), pieces(1, "metric")),
    "aws_cloudwatch_metric_alarm": _alarm,
    "aws_db_instance": databases.database,
    "aws_ebs_volume": networking.volume,
    "aws_ecr_repository": _always("images", ("ecr", "gb_month"), Factor("image_gb", "GB")),
    "aws_ecs_cluster": containers.cluster,
    "aws_ecs_service": containers.service,
    "aws_efs_file_system": _files,
    "aws_eip": networking.address,
    "aws_elasticache_cluster": databases.redis_cluster,
    "aws_elasticache_replication_group": databases.redis_group,
    "aws_instance": networking.instance,
    "aws_kms_key": _always("key", ("kms", "key_month"), pieces(1, "key")),
    "aws_kms_replica_key": _always("key", ("kms", "key_month"), pieces(1, "key")),
    "aws_lb": networking.load_balancer,
    "aws_lb_trust_store": _trust_store,
    "aws_nat_gateway": networking.nat_gateway,
    "aws_route53_zone": _always("hosted zone", ("route53", "zone_month"), pieces(1, "zone")),
    "aws_s3_bucket": _bucket,
    "aws_scheduler_schedule": containers.schedule,
    "aws_secretsmanager_secret": _secret,
    "aws_vpc_endpoint": networking.endpoint,
    "aws_wafv2_web_acl": _web_acl,
}
"""What each type costs. A type that is neither here nor free is named as missing."""

FREE = frozenset(
    {
        # A public certificate: https://aws.amazon.com/certificate-manager/pricing/
        "aws_acm_certificate",
        "aws_acm_certificate_validation",
        # What a plan makes is paid in the vaults that it goes to.
        "aws_backup_plan",
        "aws_backup_restore_testing_selection",
        "aws_backup_selection",
        "aws_backup_vault_lock_configuration",
        "aws_backup_vault_policy",
        # Of a first trial: each month a terabyte and ten million requests are free, and so is what reaches CloudFront.
        # https://aws.amazon.com/cloudfront/pricing/
        "aws_cloudfront_distribution",
        # AWS's chat integration itself: https://aws.amazon.com/chatbot/pricing/
        "aws_chatbot_slack_channel_configuration",
        "aws_chatbot_teams_channel_configuration",
        "aws_cloudwatch_log_resource_policy",
        # What services of AWS report by themselves costs nothing: https://aws.amazon.com/eventbridge/pricing/
        "aws_cloudwatch_event_rule",
        "aws_cloudwatch_event_target",
        # It is paid when somebody runs it, by the GB that it reads.
        "aws_cloudwatch_query_definition",
        "aws_db_option_group",
        "aws_db_parameter_group",
        "aws_db_subnet_group",
        "aws_default_security_group",
        "aws_ec2_managed_prefix_list",
        "aws_ec2_managed_prefix_list_entry",
        "aws_ecr_lifecycle_policy",
        "aws_ecr_repository_policy",
        # Tasks are paid where a service runs them; a one-off task runs for minutes.
        "aws_ecs_cluster_capacity_providers",
        "aws_ecs_task_definition",
        "aws_efs_access_point",
        "aws_efs_backup_policy",
        "aws_efs_file_system_policy",
        "aws_efs_mount_target",
        "aws_eip_association",
        "aws_elasticache_parameter_group",
        "aws_elasticache_subnet_group",
        "aws_elasticache_user",
        "aws_elasticache_user_group",
        "aws_elasticache_user_group_association",
        # Its logs are paid in the log group.
        "aws_flow_log",
        "aws_iam_instance_profile",
        "aws_iam_openid_connect_provider",
        "aws_iam_policy",
        "aws_iam_role",
        "aws_iam_role_policy",
        "aws_iam_role_policy_attachment",
        "aws_iam_service_linked_role",
        "aws_internet_gateway",
        "aws_kms_alias",
        "aws_kms_key_policy",
        "aws_launch_template",
        "aws_lb_listener",
        "aws_lb_listener_certificate",
        "aws_lb_listener_rule",
        "aws_lb_target_group",
        "aws_route",
        "aws_route53_record",
        "aws_route_table",
        "aws_route_table_association",
        "aws_s3_bucket_lifecycle_configuration",
        "aws_s3_bucket_logging",
        "aws_s3_bucket_ownership_controls",
        "aws_s3_bucket_policy",
        "aws_s3_bucket_public_access_block",
        "aws_s3_bucket_versioning",
        "aws_s3_bucket_server_side_encryption_configuration",
        # One of a few KB, of the trust store.
        "aws_s3_object",
        "aws_scheduler_schedule_group",
        "aws_secretsmanager_secret_policy",
        "aws_secretsmanager_secret_version",
        "aws_security_group",
        "aws_security_group_rule",
        # A million messages, a hundred thousand deliveries by HTTPS and a thousand by e-mail a month are free:
        # https://aws.amazon.com/sns/pricing/
        "aws_sns_topic",
        "aws_sns_topic_policy",
        "aws_sns_topic_subscription",
        # A million requests a month are free, and a queue of dead letters has few: https://aws.amazon.com/sqs/pricing/
        "aws_sqs_queue",
        "aws_sqs_queue_policy",
        "aws_subnet",
        "aws_vpc",
        "aws_vpc_endpoint_policy",
        "aws_vpc_security_group_egress_rule",
        "aws_vpc_security_group_ingress_rule",
        "aws_wafv2_web_acl_association",
        # Its log is paid in the log group.
        "aws_wafv2_web_acl_logging_configuration",
        # Cloudflare bills the zone's plan, which no unit manages, and nothing of these.
        "cloudflare_authenticated_origin_pulls",
        "cloudflare_authenticated_origin_pulls_settings",
        "cloudflare_dns_record",
        "cloudflare_ruleset",
        "cloudflare_zone_setting",
    }
)
"""Types that cost nothing by themselves."""
