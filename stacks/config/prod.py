"""Production: the defaults, and the sizes of what it runs on."""

from stacks.config import (
    AlertsInputs,
    BeatInputs,
    CacheRuleInputs,
    CertificateInputs,
    CloudflareDnsInputs,
    DeploymentAlarmsInputs,
    DjangoServiceInputs,
    Environment,
    Example,
    NetworkInputs,
    ObservabilityInputs,
    PostgreSQLInputs,
    RecipientsInputs,
    RedisGroupInputs,
    RedisInputs,
    S3State,
    WebAutoscalingInputs,
    WebInputs,
    WorkerAutoscalingInputs,
    WorkerInputs,
    ZoneSettingsInputs,
)

ENVIRONMENT = Environment(
    name="prod",
    account_id=Example("333333333333"),
    confidentiality="secret",
    state=S3State(bucket=Example("example-tfstate-333333333333")),
    alerts=AlertsInputs(
        urgent=RecipientsInputs(emails=(Example("oncall@example.com"),)),
        notices=RecipientsInputs(emails=(Example("team@example.com"),)),
    ),
    network=NetworkInputs(cidr="10.30.0.0/16", zones=("us-east-1a", "us-east-1b", "us-east-1c")),
    postgresql=PostgreSQLInputs(
        instance_class="db.t4g.small",
        storage_gb=50,
        max_storage_gb=250,
        database_name="appdb",
        multi_az=True,
        backup_days=30,
    ),
    redis=RedisInputs(
        cache=RedisGroupInputs(node_type="cache.t4g.small", nodes=2, snapshot_days=30),
    ),
    certificate=CertificateInputs(),
    django_service=DjangoServiceInputs(
        ecr_repository_url=Example("333333333333.dkr.ecr.us-east-1.amazonaws.com/django-app"),
        web=WebInputs(
            cpu=512,
            memory_mib=1024,
            desired_count=2,
            autoscaling=WebAutoscalingInputs(min_count=2, max_count=8, cpu_percent=55, requests_per_target=1200),
        ),
        worker=WorkerInputs(
            cpu=512,
            memory_mib=1024,
            desired_count=1,
            autoscaling=WorkerAutoscalingInputs(min_count=1, max_count=5),
        ),
        beat=BeatInputs(),
        deployment_alarms=DeploymentAlarmsInputs(),
    ),
    cloudflare_dns=CloudflareDnsInputs(
        zone_id=Example("00000000000000000000000000000000"),
        zone_name=Example("example.com"),
        record_name="api",
        zone_settings=ZoneSettingsInputs(),
        cache_rule=CacheRuleInputs(),
    ),
    observability=ObservabilityInputs(),
)
