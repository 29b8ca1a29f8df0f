"""Types of resources in the words of people: what a reader looks for is counted, and its settings stand together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Count(NamedTuple):
    """So many of something."""

    number: int
    word: str


# In the order in which they are shown; each with its plural.
_WORDS: Mapping[str, tuple[str, str]] = {
    "aws_vpc": ("VPC", "VPCs"),
    "aws_subnet": ("subnet", "subnets"),
    "aws_nat_gateway": ("NAT gateway", "NAT gateways"),
    "aws_instance": ("EC2 instance", "EC2 instances"),
    "aws_eip": ("elastic IP", "elastic IPs"),
    "aws_internet_gateway": ("internet gateway", "internet gateways"),
    "aws_vpc_endpoint": ("VPC endpoint", "VPC endpoints"),
    "aws_route_table": ("route table", "route tables"),
    "aws_db_instance": ("PostgreSQL instance", "PostgreSQL instances"),
    "aws_elasticache_replication_group": ("Redis group", "Redis groups"),
    "aws_elasticache_user": ("Redis user", "Redis users"),
    "aws_acm_certificate": ("certificate", "certificates"),
    "aws_acm_certificate_validation": ("validation", "validations"),
    "aws_cloudfront_distribution": ("CloudFront distribution", "CloudFront distributions"),
    "aws_lb": ("load balancer", "load balancers"),
    "aws_lb_listener": ("listener", "listeners"),
    "aws_lb_target_group": ("target group", "target groups"),
    "aws_lb_trust_store": ("trust store", "trust stores"),
    "aws_wafv2_web_acl": ("web ACL", "web ACLs"),
    "aws_ecs_cluster": ("ECS cluster", "ECS clusters"),
    "aws_ecs_service": ("ECS service", "ECS services"),
    "aws_ecs_task_definition": ("task definition", "task definitions"),
    "aws_scheduler_schedule": ("schedule", "schedules"),
    "aws_sqs_queue": ("queue", "queues"),
    "aws_appautoscaling_policy": ("scaling policy", "scaling policies"),
    "aws_appautoscaling_scheduled_action": ("scheduled scaling", "scheduled scalings"),
    "aws_sns_topic": ("SNS topic", "SNS topics"),
    "aws_sns_topic_subscription": ("e-mail subscription", "e-mail subscriptions"),
    "aws_chatbot_slack_channel_configuration": ("Slack channel", "Slack channels"),
    "aws_chatbot_teams_channel_configuration": ("Teams channel", "Teams channels"),
    "aws_secretsmanager_secret": ("secret", "secrets"),
    "aws_kms_key": ("KMS key", "KMS keys"),
    "aws_s3_bucket": ("S3 bucket", "S3 buckets"),
    "aws_cloudwatch_log_group": ("log group", "log groups"),
    "aws_cloudwatch_metric_alarm": ("alarm", "alarms"),
    "aws_cloudwatch_composite_alarm": ("composite alarm", "composite alarms"),
    "aws_cloudwatch_event_rule": ("rule of EventBridge", "rules of EventBridge"),
    "aws_cloudwatch_query_definition": ("saved query", "saved queries"),
    "aws_cloudwatch_dashboard": ("dashboard", "dashboards"),
    "aws_flow_log": ("flow log", "flow logs"),
    "aws_security_group": ("security group", "security groups"),
    "aws_iam_role": ("IAM role", "IAM roles"),
    "aws_route53_record": ("DNS record", "DNS records"),
    "cloudflare_dns_record": ("DNS record", "DNS records"),
    "cloudflare_ruleset": ("ruleset", "rulesets"),
    "cloudflare_zone_setting": ("zone setting", "zone settings"),
}

# What belongs to something else that is shown: `aws_s3_bucket_policy`, `aws_route`.
_SETTINGS = ("setting or rule", "settings and rules")
_SETTING_NAMES = """
    aws_appautoscaling_target aws_cloudwatch_event_target aws_db_parameter_group aws_db_subnet_group
    aws_default_security_group
    aws_ec2_managed_prefix_list aws_ecs_cluster_capacity_providers aws_elasticache_parameter_group
    aws_elasticache_subnet_group aws_elasticache_user_group aws_iam_instance_profile aws_iam_role_policy
    aws_iam_role_policy_attachment aws_launch_template aws_lb_listener_certificate aws_lb_listener_rule aws_route
    aws_route_table_association aws_s3_bucket_lifecycle_configuration aws_s3_bucket_ownership_controls
    aws_s3_bucket_policy aws_s3_bucket_public_access_block aws_s3_bucket_server_side_encryption_configuration
    aws_s3_object aws_scheduler_schedule_group aws_secretsmanager_secret_version aws_sns_topic_policy
    aws_sqs_queue_policy aws_vpc_security_group_egress_rule aws_vpc_security_group_ingress_rule
    aws_wafv2_web_acl_association aws_wafv2_web_acl_logging_configuration cloudflare_authenticated_origin_pulls
    cloudflare_authenticated_origin_pulls_settings
"""
_SETTING_TYPES = frozenset(_SETTING_NAMES.split())


def counts(types: Mapping[str, int]) -> tuple[Count, ...]:
    """How many there are of each, in the order of importance. A type without a word is shown by its own name."""
    known = [_count(types[kind], *words) for kind, words in _WORDS.items() if kind in types]
    others = sorted(types.keys() - _WORDS.keys() - _SETTING_TYPES)
    own = [Count(types[kind], kind.removeprefix("aws_").replace("_", " ")) for kind in others]
    settings = sum(number for kind, number in types.items() if kind in _SETTING_TYPES)
    return (*known, *own, *([_count(settings, *_SETTINGS)] if settings else ()))


def _count(number: int, word: str, words: str) -> Count:
    return Count(number, word if number == 1 else words)
