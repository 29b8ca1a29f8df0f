"""The metrics that are watched: where AWS documents each, and by which dimensions.

A metric that is not in this table cannot be watched, and one that nobody watches is not in it: a test holds both.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from modules.observability.alarm import Metric


class Source(NamedTuple):
    """Metrics that a service publishes for the same thing."""

    namespace: str
    dimensions: tuple[str, ...]
    names: tuple[str, ...]
    page: str


SOURCES = (
    Source(
        "AWS/ECS",
        ("ClusterName", "ServiceName"),
        ("CPUUtilization", "MemoryUtilization"),
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/available-metrics.html",
    ),
    Source(
        "ECS/ContainerInsights",
        ("ClusterName", "ServiceName"),
        ("DesiredTaskCount", "RunningTaskCount"),
        "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Container-Insights-metrics-ECS.html",
    ),
    Source(
        "AWS/ApplicationELB",
        ("LoadBalancer",),
        (
            "HTTPCode_ELB_503_Count",
            "HTTPCode_ELB_5XX_Count",
            "HTTPCode_Target_5XX_Count",
            "RejectedConnectionCount",
            "RequestCount",
            "TargetResponseTime",
        ),
        "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html",
    ),
    Source(
        "AWS/ApplicationELB",
        ("LoadBalancer", "TargetGroup"),
        (
            "HTTPCode_Target_5XX_Count",
            "HealthyHostCount",
            "RequestCount",
            "TargetResponseTime",
            "UnHealthyHostCount",
        ),
        "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html",
    ),
    Source(
        "AWS/RDS",
        ("DBInstanceIdentifier",),
        (
            "CPUCreditBalance",
            "CPUUtilization",
            "DatabaseConnections",
            "FreeStorageSpace",
            "FreeableMemory",
            "MaximumUsedTransactionIDs",
            "ReadLatency",
            "ReplicaLag",
            "WriteLatency",
        ),
        "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-metrics.html",
    ),
    Source(
        "AWS/ElastiCache",
        ("CacheClusterId",),
        ("DatabaseMemoryUsagePercentage", "EngineCPUUtilization", "Evictions", "ReplicationLag"),
        "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheMetrics.Redis.html",
    ),
    Source(
        "AWS/ElastiCache",
        ("CacheClusterId",),
        ("CPUUtilization",),
        "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheMetrics.HostLevel.html",
    ),
    Source(
        "AWS/NATGateway",
        ("NatGatewayId",),
        ("ErrorPortAllocation",),
        "https://docs.aws.amazon.com/vpc/latest/userguide/vpc-nat-gateway-cloudwatch.html",
    ),
    Source(
        "AWS/EC2",
        ("InstanceId",),
        ("StatusCheckFailed",),
        "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/viewing_metrics_with_cloudwatch.html",
    ),
    Source(
        "AWS/CertificateManager",
        ("CertificateArn",),
        ("DaysToExpiry",),
        "https://docs.aws.amazon.com/acm/latest/userguide/cloudwatch-metrics.html",
    ),
    Source(
        "AWS/Logs",
        ("LogGroupName",),
        ("IncomingBytes",),
        "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Monitoring-CloudWatch-Metrics.html",
    ),
    Source(
        "AWS/Scheduler",
        ("ScheduleGroup",),
        ("InvocationDroppedCount", "InvocationsSentToDeadLetterCount"),
        "https://docs.aws.amazon.com/scheduler/latest/UserGuide/monitoring-cloudwatch.html",
    ),
    Source(
        "AWS/Events",
        ("RuleName",),
        ("TriggeredRules",),
        "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html",
    ),
    # Published by the application, in the embedded metric format: app/operations/queue_length.py
    Source(
        "Django",
        ("Environment", "Queue"),
        ("QueueLength",),
        "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format.html",
    ),
)


def metric(namespace: str, name: str, statistic: str, dimensions: Mapping[str, str]) -> Metric:
    """A metric of the table. Raises ValueError for any other."""
    for source in SOURCES:
        if (source.namespace, {*source.dimensions}) == (namespace, {*dimensions}) and name in source.names:
            return Metric(namespace=namespace, name=name, dimensions=dimensions, statistic=statistic)
    raise ValueError(f"{namespace} {name} by {', '.join(dimensions)} is not in the table of metrics")


def where_enough(least: int, expression: str) -> str:
    """An expression that is 0 in periods with fewer `requests` than this, whose shares and percentiles say little."""
    return f"IF(FILL(requests, 0) >= {least}, {expression}, 0)"
