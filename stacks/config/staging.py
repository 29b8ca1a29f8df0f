"""Staging: like production, at half of its size."""

from stacks.config import (
    AlertsInputs,
    BeatInputs,
    CertificateInputs,
    CloudflareDnsInputs,
    DeploymentAlarmsInputs,
    DjangoServiceInputs,
    Environment,
    Example,
    LoadBalancerInputs,
    NetworkInputs,
    ObservabilityInputs,
    PostgreSQLInputs,
    RecipientsInputs,
    RedisGroupInputs,
    RedisInputs,
    RuntimeInputs,
    S3State,
    WebAutoscalingInputs,
    WebInputs,
    WorkerAutoscalingInputs,
    WorkerInputs,
)

ENVIRONMENT = Environment(
    name="staging",
    account_id=Example("222222222222"),
    confidentiality="restricted",
    state=S3State(bucket=Example("example-tfstate-222222222222")),
    alerts=AlertsInputs(
        urgent=RecipientsInputs(emails=(Example("oncall@example.com"),)),
        notices=RecipientsInputs(emails=(Example("team@example.com"),)),
    ),
    network=NetworkInputs(
        cidr="10.20.0.0/16",
        zones=("us-east-1a", "us-east-1b"),
        nat="single_gateway",
        flow_log_retention_days=14,
    ),
    postgresql=PostgreSQLInputs(
        instance_class="db.t4g.small",
        storage_gb=50,
        database_name="appdb",
        backup_days=14,
        log_retention_days=14,
    ),
    redis=RedisInputs(
        cache=RedisGroupInputs(node_type="cache.t4g.micro", snapshot_days=7),
        log_retention_days=14,
    ),
    certificate=CertificateInputs(),
    django_service=DjangoServiceInputs(
        ecr_repository_url=Example("222222222222.dkr.ecr.us-east-1.amazonaws.com/django-app"),
        web=WebInputs(
            cpu=512,
            memory_mib=1024,
            desired_count=2,
            autoscaling=WebAutoscalingInputs(min_count=2, max_count=6, requests_per_target=800),
        ),
        worker=WorkerInputs(
            cpu=256,
            memory_mib=512,
            desired_count=1,
            autoscaling=WorkerAutoscalingInputs(min_count=1, max_count=3),
        ),
        beat=BeatInputs(),
        deployment_alarms=DeploymentAlarmsInputs(),
        load_balancer=LoadBalancerInputs(access_log_days=45),
        runtime=RuntimeInputs(log_retention_days=14),
    ),
    cloudflare_dns=CloudflareDnsInputs(
        zone_id=Example("00000000000000000000000000000000"),
        zone_name=Example("example.com"),
        record_name="staging-api",
    ),
    observability=ObservabilityInputs(),
)
