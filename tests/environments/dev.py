"""Development: small, cheap, and easy to throw away."""

from stacks.config import (
    BeatInputs,
    CertificateInputs,
    CloudflareDnsInputs,
    DjangoServiceInputs,
    Environment,
    Example,
    LoadBalancerInputs,
    NetworkInputs,
    PostgreSQLInputs,
    RedisGroupInputs,
    RedisInputs,
    RuntimeInputs,
    S3State,
    WebAutoscalingInputs,
    WebInputs,
    WorkerInputs,
)

ENVIRONMENT = Environment(
    name="dev",
    account_id=Example("111111111111"),
    confidentiality="internal",
    protected=False,
    state=S3State(bucket=Example("example-tfstate-111111111111")),
    network=NetworkInputs(
        cidr="10.10.0.0/16",
        zones=("us-east-1a", "us-east-1b"),
        nat="instance",
        nat_instance_type="t3.micro",
        flow_log_retention_days=7,
    ),
    postgresql=PostgreSQLInputs(
        instance_class="db.t4g.micro",
        storage_gb=20,
        database_name="appdb",
        multi_az=False,
        backup_days=7,
        log_retention_days=7,
        deletion_protection=False,
        final_snapshot=False,
    ),
    redis=RedisInputs(
        cache=RedisGroupInputs(
            node_type="cache.t4g.micro",
            nodes=1,
            automatic_failover=False,
            multi_az=False,
            snapshot_days=1,
            final_snapshot=False,
        ),
        log_retention_days=7,
    ),
    certificate=CertificateInputs(),
    django_service=DjangoServiceInputs(
        ecr_repository_url=Example("111111111111.dkr.ecr.us-east-1.amazonaws.com/django-app"),
        web=WebInputs(
            cpu=256,
            memory_mib=512,
            desired_count=1,
            autoscaling=WebAutoscalingInputs(min_count=1, max_count=5, requests_per_target=200),
            gunicorn_workers=2,  # four of them fill three quarters of this memory before the first request
        ),
        worker=WorkerInputs(cpu=256, memory_mib=512, desired_count=1, spot_percent=100),
        beat=BeatInputs(),
        load_balancer=LoadBalancerInputs(access_log_days=30, delete_access_logs=True, deletion_protection=False),
        runtime=RuntimeInputs(read_only_root_filesystem=False, execute_command=True, log_retention_days=7),
    ),
    cloudflare_dns=CloudflareDnsInputs(
        zone_id=Example("00000000000000000000000000000000"),
        zone_name=Example("example.com"),
        record_name="dev-api",
    ),
)
