"""Environments that between them have every alternative of every field, in as few of them as fit."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from modules.alerts.inputs import ChatChannelInputs
from modules.cloudflare_dns.firewall_inputs import CHALLENGES, CustomAction
from modules.network.inputs import InterfaceEndpoint
from modules.redis.inputs import MaxmemoryPolicy
from modules.unrestricted_actions import UNRESTRICTED_ACTIONS
from modules.validation import problems
from stacks import config
from stacks.config import (
    LARGE_BODIES,
    QUEUE_STEPS,
    AlertsInputs,
    BackupCopyInputs,
    BackupInputs,
    BeatInputs,
    BootstrapInputs,
    BuildInputs,
    CacheRuleInputs,
    CertificateInputs,
    CloudflareDnsInputs,
    CustomRuleInputs,
    DeploymentAlarmsInputs,
    DjangoServiceInputs,
    DnsRecordInputs,
    EcrRepositoryInputs,
    EfsVolumeInputs,
    Environment,
    ExistingNetworkInputs,
    ExternalDnsInputs,
    FurtherWebInputs,
    GithubOidcInputs,
    HealthInputs,
    HostnameInputs,
    IamStatementInputs,
    ImageInputs,
    JobInputs,
    JobSettingsInputs,
    LocalState,
    NetworkInputs,
    NoDnsInputs,
    ObservabilityInputs,
    OneOffTaskInputs,
    PointInTimeInputs,
    PostgreSQLInputs,
    QueueWorkerInputs,
    RateLimitInputs,
    RecipientsInputs,
    RedisGroupInputs,
    RedisInputs,
    RestoredInputs,
    RestoreTestingInputs,
    RetiringCertificateInputs,
    Route53DnsInputs,
    RouteInputs,
    S3State,
    ScheduledScalingInputs,
    ScheduleInputs,
    SessionInputs,
    SidecarHealthCheckInputs,
    SidecarInputs,
    SlackChannelInputs,
    SnapshotInputs,
    StateBucketInputs,
    TeamsChannelInputs,
    VaultLockInputs,
    WebAclExceptionInputs,
    WebAclInputs,
    WebAutoscalingInputs,
    WebInputs,
    WorkerAutoscalingInputs,
    WorkerInputs,
    ZoneSettingsInputs,
)
from tests.configurations import changed
from tests.environments.application import APPLICATION
from tests.support import ANOTHER_ORIGIN_CA, ORIGIN_CA, origin_pulls

Change = Mapping[str, Any]
"""Values by the paths of their fields. The first is the alternative, and the others are what it needs."""

ACCOUNT = "123456789012"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/01234567-89ab-cdef-0123-456789abcdef"
SECRET = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:it-AbCdEf"

BASE = Environment(
    name="base",
    account_id=ACCOUNT,
    protected=False,
    state=S3State(bucket="example-tfstate"),
    network=NetworkInputs(cidr="10.0.0.0/16", zones=("us-east-1a", "us-east-1b")),
    postgresql=PostgreSQLInputs(instance_class="db.t4g.small", storage_gb=50),
    redis=RedisInputs(
        cache=RedisGroupInputs(node_type="cache.t4g.small"), broker=RedisGroupInputs(node_type="cache.t4g.small")
    ),
    certificate=CertificateInputs(),
    django_service=DjangoServiceInputs(
        application=APPLICATION,
        ecr_repository_url=f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/django",
        web=WebInputs(
            cpu=512, memory_mib=1024, desired_count=2, autoscaling=WebAutoscalingInputs(min_count=1, max_count=4)
        ),
        worker=WorkerInputs(
            cpu=512, memory_mib=1024, desired_count=2, autoscaling=WorkerAutoscalingInputs(min_count=1, max_count=4)
        ),
        beat=BeatInputs(),
    ),
    cloudflare_dns=CloudflareDnsInputs(
        zone_id="0" * 32,
        zone_name="example.com",
        record_name="api",
        zone_settings=ZoneSettingsInputs(),
        cache_rule=CacheRuleInputs(),
    ),
    bootstrap=BootstrapInputs(github=GithubOidcInputs(repository="acme/django")),
)


def _each(path: str, *values: Any, **others: Any) -> tuple[Change, ...]:
    """The alternatives of a field that need nothing, or all the same."""
    return tuple({path: value, **others} for value in values)


_SERVICE = "django_service"
_POSTGRESQL_WITH_REPLICA = {"postgresql.read_replica": True}
_GROUP = "sg-0123456789abcdef0"
_FOUND = ExistingNetworkInputs(
    vpc_id="vpc-0123456789abcdef0",
    vpc_cidr="172.20.0.0/16",
    made_by="shared",
    zones=("us-east-1a", "us-east-1b"),
    private_subnet_tags={"Tier": "private"},
    endpoint_security_group_id=_GROUP,
)
_PRIVATE_CIDRS: Any = {"network.private_cidrs": ("10.0.4.0/24", "10.0.5.0/24")}
_NOT_PROXIED = {"cloudflare_dns.proxied": False, "cloudflare_dns.cache_rule": None}


_EDITOR = WebAclExceptionInputs(rule="CrossSiteScripting_BODY", reason="It sends HTML", paths=("/editor/", "/pages/"))
_WEB_ACLS = (
    WebAclInputs(count_only=True, rate_window_seconds=60),
    WebAclInputs(existing_arn=f"arn:aws:wafv2:us-east-1:{ACCOUNT}:regional/webacl/company/0123abcd"),
    WebAclInputs(
        rate_limit=10_000,
        login_rate_limit=10,
        login_paths=("/accounts/login/", "/api/token/"),
        rate_window_seconds=120,
        exceptions=(LARGE_BODIES, _EDITOR),
        client_ip_header="True-Client-IP",
        log_retention_days=7,
    ),
    WebAclInputs(login_paths=(), rate_window_seconds=600, exceptions=()),
)


def _redis_group(path: str) -> Iterator[Change]:
    yield from _each(f"{path}.node_type", "cache.r6gd.xlarge")
    yield {f"{path}.nodes": 1, f"{path}.automatic_failover": False, f"{path}.multi_az": False}
    yield from _each(f"{path}.nodes", 6)
    yield from _each(f"{path}.snapshot_days", 0, 1, 35)
    yield from _each(f"{path}.snapshot_name", "before-the-move")
    yield from _each(f"{path}.timeout_seconds", 0, 20)
    yield from _each(f"{path}.tcp_keepalive_seconds", 0)
    yield from _each(f"{path}.maxmemory_samples", 10)
    yield from _each(f"{path}.parameter_group_name", "own-parameters")
    yield {f"{path}.automatic_failover": False, f"{path}.multi_az": False}


def _written() -> Iterator[Change]:
    yield from _each("project", "shop")
    yield from _each("account_id", "210987654321")
    yield from _each("owner", "shop-team")
    yield from _each("tags", {"CostCenter": "4711"})
    yield from _each("tag_keys", {"Environment": "Stage", "ManagedBy": "Provisioner"})
    yield from _each("tag_values", {"Environment": "production", "ManagedBy": "terraform"})
    yield from _each("permissions_boundary", f"arn:aws:iam::{ACCOUNT}:policy/company/boundary")
    yield {"region": "eu-central-1", "network.zones": ("eu-central-1a", "eu-central-1b", "eu-central-1c")}
    yield from _each("state.bucket", "other-tfstate")
    yield from _each("state.region", "us-east-1")
    yield from _each("state.kms_key_arn", KEY)
    yield from _each("state", LocalState(directory="local"), LocalState())
    yield from _network()
    yield from _postgresql()
    yield from _redis()
    yield from _certificate()
    yield from _django_service()
    yield from _cloudflare_dns()
    yield from _dns()
    yield from _bootstrap()
    yield from _alerts()
    yield from _observability()
    yield from _backup()


def _backup() -> Iterator[Change]:
    vault = "arn:aws:backup:us-east-1:444444444444:backup-vault:shop"
    most = BackupInputs(
        daily_at="12:15",
        keep_days=60,
        start_minutes=90,
        completion_minutes=600,
        kms_key_arn=KEY,
        lock=VaultLockInputs(mode="compliance", min_days=7, max_days=365, changeable_days=10),
        copies=(
            BackupCopyInputs(region="eu-west-1", keep_days=90, kms_key_arn=KEY.replace("us-east-1", "eu-west-1")),
            BackupCopyInputs(vault_arn=vault),
        ),
        restore_testing=RestoreTestingInputs(
            schedule="cron(0 9 1 * ? *)", validation_hours=2, instance_class="db.t4g.micro"
        ),
        retiring_regions=("us-west-1",),
        before_each_release=True,
    )
    yield {"backup": most, "postgresql.kms_key_arn": KEY}
    least = BackupInputs(lock=VaultLockInputs(), restore_testing=RestoreTestingInputs(), force_destroy=True)
    yield {"backup": replace(least, copies=(BackupCopyInputs(region="us-west-2"),))}
    yield {"backup": BackupInputs()}


def _alerts() -> Iterator[Change]:
    people = RecipientsInputs(emails=("oncall@example.com", "second@example.com"), endpoints=("PagerDuty",))
    slack = SlackChannelInputs(workspace_id="T0123456789", channel_id="C0123456789")
    tenant, team = "01234567-89ab-cdef-0123-456789abcdef", "fedcba98-7654-3210-fedc-ba9876543210"
    teams = TeamsChannelInputs(tenant_id=tenant, team_id=team, channel_id="19%3aabcdef%40thread.tacv2")
    urgent: Any = {"topics": ("urgent",)}
    others: dict[str, ChatChannelInputs] = {
        "slack": replace(slack, workspace_id="T9876543210", channel_id="G9876543210", **urgent),
        "teams": replace(teams, tenant_id=team, team_id=tenant, channel_id="19%3afedcba%40thread.skype", **urgent),
    }
    yield {"alerts": AlertsInputs(urgent=people)}
    yield {"alerts": AlertsInputs(urgent=people, notices=people, chat={"slack": slack, "teams": teams})}
    yield {"alerts": AlertsInputs(urgent=RecipientsInputs(), chat=others)}


def _observability() -> Iterator[Change]:
    told = AlertsInputs(urgent=RecipientsInputs(emails=("oncall@example.com",)))
    least = ObservabilityInputs(
        cpu_percent=70,
        memory_percent=70,
        errors=0,
        error_percent=2,
        response_ms=500,
        least_requests=10,
        full_days=7,
        certificate_days=14,
        queue_minutes=10,
        log_mib_an_hour=64,
        database_memory_gib=32,
        dashboard=False,
    )
    yield {"observability": ObservabilityInputs(), "alerts": told}
    yield {"observability": least, "alerts": told, "postgresql.instance_class": "db.x2g.large"}


def _network() -> Iterator[Change]:
    yield from _each("network.cidr", "10.16.0.0/20")
    yield from _each("network.zones", ("us-east-1a", "us-east-1b", "us-east-1c"))
    retiring: Change = {"network.retiring_zones": ("us-east-1c",)}
    yield {"network.zones": ("us-east-1a", "us-east-1b", "us-east-1c"), **retiring}
    yield {"network.nat": "none", "network.interface_endpoints": config.COMPLETE_ENDPOINTS}
    yield {"network.nat_instance_type": "t3.small", "network.nat": "instance"}
    yield from _each("network.flow_log_retention_days", 7)
    yield from _each("network.application_egress_ports", (443, 587))
    yield {"network.application_egress_ports": (), "network.interface_endpoints": config.COMPLETE_ENDPOINTS}
    yield from _each("network.private_cidrs", ("10.0.8.0/22", "10.0.12.0/22"))
    yield from _each("network.public_cidrs", ("10.0.0.0/24", "10.0.1.0/24"), **_PRIVATE_CIDRS)
    yield from _each("network.database_cidrs", ("10.0.2.0/24", "10.0.3.0/24"), **_PRIVATE_CIDRS)
    yield from _each("network.interface_endpoints", tuple(get_args(InterfaceEndpoint)))
    existing = ExistingNetworkInputs(
        vpc_id="vpc-0123456789abcdef0",
        vpc_cidr="172.20.0.0/16",
        public_subnet_ids=("subnet-00000000000000001", "subnet-00000000000000002"),
        private_subnet_ids=("subnet-00000000000000011", "subnet-00000000000000012"),
        database_subnet_ids=("subnet-00000000000000021", "subnet-00000000000000022"),
    )
    yield {"network": existing}
    tiers = enumerate(("public_subnet_ids", "private_subnet_ids", "database_subnet_ids"))
    others: Any = {name: tuple(f"subnet-{number}{tier:016}" for number in "89") for tier, name in tiers}
    others |= {"vpc_id": "vpc-01234567", "vpc_cidr": "172.21.0.0/16", "application_egress_ports": (443, 465)}
    yield {"network": replace(existing, **others)}
    by_tier: Any = {f"{tier}_subnet_tags": {"Tier": tier} for tier in ("public", "private", "database")}
    yield {"network": replace(_FOUND, **by_tier)}
    two_tiers = replace(existing, database_subnet_ids=(), application_security_group_id=_GROUP)
    yield {"network": two_tiers}
    yield {"network": replace(two_tiers, retiring_security_group=True)}


def _postgresql() -> Iterator[Change]:
    yield from _each("postgresql.instance_class", "db.m7g.large")
    yield from _each("postgresql.storage_gb", 100)
    yield from _each("postgresql.max_storage_gb", 50, 100)
    large = {"postgresql.storage_gb": 400}
    yield {"postgresql.storage_type": "io1", "postgresql.iops": 3000, **large}
    yield {"postgresql.storage_type": "io2", "postgresql.iops": 3000, **large}
    yield {"postgresql.throughput_mibps": 500, "postgresql.iops": 12_000, **large}
    yield from _each("postgresql.engine_version", "15", "17", "18")
    yield {"postgresql.engine_version": "16.11", "postgresql.auto_minor_version_upgrade": False}
    minor: Change = {"postgresql.engine_version": "17.5", "postgresql.auto_minor_version_upgrade": False}
    yield {"postgresql.replica_engine_version": "17.6", "postgresql.read_replica": True, **minor}
    yield {"postgresql.allow_major_version_upgrade": True, "postgresql.apply_immediately": True}
    yield from _each("postgresql.identifier", "legacy-db")
    yield from _each("postgresql.subnet_group_name", "legacy subnets")
    yield from _each("postgresql.database_name", "shop")
    yield from _each("postgresql.master_username", "owner")
    yield from _each("postgresql.port", 5433)
    yield from _each("postgresql.allowed_security_group_ids", (_GROUP,))
    yield from _each("postgresql.allowed_cidrs", ("10.64.0.0/16",))
    yield from _each("postgresql.backup_days", 0, 1, 6, 7, 35)
    yield from _each("postgresql.backup_window", "01:00-02:00")
    yield from _each("postgresql.maintenance_window", "mon:06:00-mon:07:00")
    yield from _each("postgresql.kms_key_arn", KEY)
    yield from _each("postgresql.master_secret_kms_key_arn", KEY)
    yield {"postgresql.master_password_version": 2, **_POSTGRESQL_WITH_REPLICA}
    beside = RestoredInputs(source=SnapshotInputs(identifier="before-the-move"), name="one")
    yield {
        "postgresql.read_replica": True,
        "postgresql.restored": beside,
        "postgresql.deletion_protection": False,
        "postgresql.final_snapshot": False,
        "postgresql.multi_az": False,
        "postgresql.monitoring_interval_seconds": 0,
        "postgresql.performance_insights_days": 0,
        "postgresql.log_exports": (),
        "postgresql.parameter_group_name": "own-parameters",
        "postgresql.engine_version": "17.6",
        "postgresql.auto_minor_version_upgrade": False,
        "postgresql.backup_days": 1,
    }
    yield {"postgresql.replica_instance_class": "db.t4g.medium", **_POSTGRESQL_WITH_REPLICA}
    yield from _each("postgresql.parameters", {"work_mem": "8192"})
    moment = PointInTimeInputs(instance="shop", at="2026-11-29T04:00:00Z", owner="shopkeeper")
    yield from _each("postgresql.source", SnapshotInputs(identifier="before-the-move", owner="shopkeeper"), moment)
    snapshot = SnapshotInputs(identifier="rds:shop-2026-11-29-03-05")
    beside = replace(beside, source=snapshot, name="20261129-0400", query="SELECT count(*) FROM orders")
    latest = replace(beside, source=PointInTimeInputs(instance=f"db-{'A' * 26}"), name="20261130-0400", query=None)
    yield {"postgresql.restored": beside}
    yield {"postgresql.restored": latest, "postgresql.serving": "restored"}
    yield {"postgresql.restored": replace(latest, replaces_first=True), "postgresql.serving": "restored"}
    yield from _each("postgresql.parameter_group_name", "own-parameters")
    yield from _each("postgresql.log_exports", (), ("postgresql",), ("iam-db-auth-error",))
    yield from _each("postgresql.log_retention_days", 7)
    yield from _each("postgresql.performance_insights_days", 0, 31, 731)
    yield {"postgresql.database_insights_mode": "advanced", "postgresql.performance_insights_days": 465}


def _redis() -> Iterator[Change]:
    yield {"redis.engine_version": "7.0", "redis.auto_minor_version_upgrade": False}
    for engine_version in ("7.2", "8.2"):
        yield {"redis.engine": "valkey", "redis.engine_version": engine_version}
    for engine_version in ("8.0", "8.1"):
        older = {"redis.engine_version": engine_version, "redis.auto_minor_version_upgrade": False}
        yield {"redis.engine": "valkey", **older}
    yield from _each("redis.subnet_group_name", "legacy-subnets")
    for group in ("cache", "broker"):
        yield from _each(f"redis.{group}.replication_group_id", f"legacy-{group}")
    yield from _each("redis.port", 6380)
    yield {
        "redis.draining_broker": True,
        "redis.cache.maxmemory_policy": "noeviction",
        f"{_SERVICE}.worker.autoscaling.queue_length_per_task": None,
    }
    yield {"redis.switching_authentication": True, "redis.apply_immediately": True}
    yield from _each("redis.allowed_security_group_ids", (_GROUP,))
    yield from _each("redis.allowed_cidrs", ("10.64.0.0/16",))
    yield from _each("redis.snapshot_window", "01:00-02:00")
    yield from _each("redis.maintenance_window", "mon:06:00-mon:07:00")
    yield from _each("redis.log_retention_days", 7)
    yield from _each("redis.notification_topic_arn", f"arn:aws:sns:us-east-1:{ACCOUNT}:redis")
    yield from _each("redis.kms_key_arn", KEY)
    yield from _redis_group("redis.cache")
    yield from _redis_group("redis.broker")


def _certificate() -> Iterator[Change]:
    yield from _each("certificate.subject_alternative_names", ("www.example.com", "*.example.com"))
    arn = f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/01234567-89ab-cdef-0123-456789abcdef"
    retiring = RetiringCertificateInputs(hostname="old.example.com", key_algorithm="EC_prime256v1", version=2)
    yield {"certificate.version": 3, "certificate.retiring": retiring}
    retiring = RetiringCertificateInputs(hostname="www.example.com", subject_alternative_names=("*.example.com",))
    yield {"certificate.existing_arn": arn, "certificate.retiring": retiring}


def _application(path: str) -> Iterator[Change]:
    yield from _each(f"{path}.settings_module", "shop.settings")
    yield from _each(f"{path}.manage", ("uv", "run", "manage.py"), **{f"{path}.release": None})
    yield from _each(f"{path}.web.command", ("python", "-m", "shop"))
    for process in ("worker", "beat"):
        yield from _each(f"{path}.{process}.command", ("python", "-m", "shop"))
        yield {f"{path}.{process}.command": None, f"{_SERVICE}.{process}.command": ("python", "-m", "shop")}
    yield {f"{path}.worker": None, f"{_SERVICE}.worker": None}
    yield {f"{path}.beat": None, f"{_SERVICE}.beat": None, f"{_SERVICE}.worker.autoscaling": None}
    report = OneOffTaskInputs(command=("python", "manage.py", "report"))
    yield from _each(f"{path}.init_database", replace(report, cpu=512, memory_mib=1024))
    yield from _each(f"{path}.release", replace(report, entry_point=("/usr/bin/tini", "--")))
    yield from _each(f"{path}.tasks", None, {"report": report})
    yield from _each(f"{path}.health.path", "/healthz?all=1")
    yield from _each(f"{path}.health.codes", "200,204", "200-399", "200-499")
    yield from _each(f"{path}.health.readiness_path", "/healthz/ready")
    yield from _each(f"{path}.pages", ("/", "/admin/"))
    yield from _each(f"{path}.writable_directories", ("/srv/app/media", "/var/cache/app"))
    for process in ("web", "worker", "beat"):
        yield from _each(f"{path}.{process}.entry_point", ("/usr/bin/tini", "--"))
    added = {"POSTGRES_HOST": "{DATABASE_HOST}", "SECRET_KEY": "{DJANGO_SECRET_KEY}", "MAPS_API_KEY": "any"}
    yield from _each(f"{path}.variables", added, **{f"{path}.public_variables": ("MAPS_API_KEY",)})
    for process in ("web", "worker", "beat"):
        yield from _each(f"{path}.{process}.variables", {"SITE": "{URL}", "AWS_DEFAULT_REGION": None})
    ecr = {f"{_SERVICE}.psql_image": f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/docker/library/postgres:17"}
    yield {f"{path}.init_database": None, **ecr}
    yield from _each(f"{path}.image_declares_volumes", False)
    yield from _each(f"{path}.published_queue", "reports")
    yield {f"{path}.published_queue": None, f"{_SERVICE}.worker.autoscaling.queue_length_per_task": None}
    yield from _each(f"{path}.guard", True)
    yield from _each(f"{path}.database.brings_ca_bundle", False)
    yield {f"{path}.database.token_file": True, f"{_SERVICE}.database_authentication": "iam"}
    by_password: Change = {f"{_SERVICE}.database_authentication": "password"}
    yield from _each(f"{path}.database.authentication", "password", "secret")
    yield from _each(f"{path}.database.url", "postgresql://{user}:{password}@{host}:{port}/{name}", **by_password)
    yield {f"{_SERVICE}.password_version": 2, **by_password}
    yield from _each(
        f"{path}.build",
        BuildInputs(context="shop", target="production", arguments={"PYTHON": "3.13"}),
        BuildInputs(context="../shop", dockerfile="../shop/Dockerfile", repository="acme/shop"),
    )


_AGENT = SidecarInputs(
    name="agent",
    image="public.ecr.aws/acme/agent:1.2",
    memory_mib=64,
    cpu=32,
    entry_point=("/agent",),
    variables={"LEVEL": "info"},
    user="1000",
    writable_directories=("/tmp", "/var/agent"),
    essential=False,
    stop_timeout_seconds=10,
)


def _services() -> Iterator[Change]:
    alarms = DeploymentAlarmsInputs(error_percent=5, response_ms=500, least_requests=100, enabled=False)
    yield from _each(f"{_SERVICE}.deployment_alarms", DeploymentAlarmsInputs(), alarms)
    check = SidecarHealthCheckInputs(
        command=("/proxy", "check"), interval_seconds=10, timeout_seconds=2, retries=5, start_seconds=20
    )
    other = SidecarInputs(
        name="proxy",
        image=f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/ecr-public/acme/proxy:3",
        memory_mib=128,
        command=("serve",),
        secrets={"PROXY_KEY": SECRET},
        health_check=SidecarHealthCheckInputs(command=("/proxy",)),
        starts_first=True,
    )
    for service in ("web", "worker", "beat"):
        path = f"{_SERVICE}.{service}"
        yield from _each(f"{path}.sidecars", (_AGENT, other, replace(other, name="checked", health_check=check)))
        yield {f"{path}.cpu": 1024, f"{path}.memory_mib": 4096}
        yield {f"{path}.memory_mib": 2048}
        yield from _each(f"{path}.command", ("python", "-m", "shop"))
        yield from _each(f"{path}.ephemeral_storage_gib", 200)
        yield from _each(f"{path}.variables", {"SHOP_PART": service})
        yield from _each(f"{path}.secrets", {"SHOP_KEY": SECRET})
        reports = IamStatementInputs(actions=("s3:PutObject",), resources=(f"arn:aws:s3:::{service}/*",))
        yield from _each(f"{path}.iam_statements", (reports,))
    yield from _each(f"{_SERVICE}.beat.stop_timeout_seconds", 60)
    for service in ("web", "worker"):
        path = f"{_SERVICE}.{service}"
        yield from _each(f"{path}.minimum_healthy_percent", 0)
        yield from _each(f"{path}.maximum_percent", 100, **{f"{path}.minimum_healthy_percent": 0})
        yield from _each(f"{path}.autoscaling.scale_in_cooldown_seconds", 300)
        yield from _each(f"{path}.autoscaling.scale_out_cooldown_seconds", 0)
        yield from _each(f"{path}.desired_count", 3)
        yield from _each(f"{path}.stop_timeout_seconds", 90)
        for name, value in (("min_count", 2), ("max_count", 9), ("cpu_percent", 50), ("memory_percent", 70)):
            yield from _each(f"{path}.autoscaling.{name}", value)


def _further_webs() -> Iterator[Change]:
    size, path = WebInputs(cpu=256, memory_mib=512, desired_count=1), f"{_SERVICE}.application"
    api = RouteInputs(priority=10_000, paths=("/api/*", "/v?/status"), hosts=("api.example.com",))
    chat = FurtherWebInputs(
        command=("uvicorn", "shop.asgi:application"),
        entry_point=("/usr/bin/tini", "--"),
        variables={"SITE": "{URL}:{PORT}"},
        route=RouteInputs(priority=29_999, paths=("/chat/*",), hosts=("api.example.com",)),
        server="uvicorn",
        health=HealthInputs(path="/chat/health", codes="200-499"),
        stickiness_seconds=604_800,
    )
    reports = FurtherWebInputs(route=RouteInputs(priority=20_000, paths=("/reports/*",)), server="gunicorn")
    yield {
        f"{path}.webs": {"api": FurtherWebInputs(), "chat": chat, "reports": reports, "old": reports},
        f"{_SERVICE}.webs": {
            "api": size,
            "chat": replace(size, container_port=9000, sidecars=(_AGENT,)),
            "reports": replace(size, autoscaling=WebAutoscalingInputs(min_count=1, max_count=4)),
            "old": None,
        },
        f"{_SERVICE}.routes": {"api": api},
    }


def _scaling() -> Iterator[Change]:
    night = ScheduledScalingInputs(name="night", expression="cron(0 20 * * ? *)", time_zone="America/Sao_Paulo")
    stopped, returned = (
        replace(night, min_count=0, max_count=0),
        replace(night, name="day", expression="cron(0 7 * * ? *)"),
    )
    schedule = stopped, replace(returned, time_zone="UTC")
    yield from _each(f"{_SERVICE}.web.autoscaling.schedule", schedule)
    yield from _each(f"{_SERVICE}.web.autoscaling.response_ms", 500)
    path = f"{_SERVICE}.worker.autoscaling"
    yield {f"{path}.queue_steps": QUEUE_STEPS, f"{path}.queue_length_per_task": None}
    yield {f"{path}.min_count": 0, f"{path}.idle_minutes": 30}
    yield from _each(f"{path}.schedule", schedule)
    scaling = config.AutoscalingInputs(min_count=1, max_count=4)
    patience: Any = {"scale_in_cooldown_seconds": 300, "scale_out_cooldown_seconds": 0}
    patience |= {"schedule": (ScheduledScalingInputs(name="day", expression="cron(0 7 * * ? *)"),)}
    more = config.AutoscalingInputs(min_count=2, max_count=5, cpu_percent=70, memory_percent=None, **patience)
    yield from _each(f"{_SERVICE}.worker.autoscaling", scaling, more)
    yield {f"{_SERVICE}.worker.autoscaling": replace(scaling, cpu_percent=None)}


def _django_service() -> Iterator[Change]:
    public, private = ImageInputs(repository="docker.io/acme/shop"), "registry.example.com:5000/team/shop"
    for image in (public, ImageInputs(repository=private, credentials_secret_arn=SECRET)):
        yield {f"{_SERVICE}.ecr_repository_url": None, f"{_SERVICE}.image": image}
    yield from _each(f"{_SERVICE}.ecr_repository_url", f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/shop/django")
    yield from _services()
    yield from _further_webs()
    yield from _each(f"{_SERVICE}.web.autoscaling.requests_per_target", 500)
    yield from _each(f"{_SERVICE}.worker.autoscaling.queue_length_per_task", 10)
    yield from _scaling()
    yield from _each(f"{_SERVICE}.web.container_port", 8080)
    yield from _each(f"{_SERVICE}.web.gunicorn_workers", 2)
    yield from _each(f"{_SERVICE}.web.health_check_grace_seconds", 0, 600)
    yield from _each(f"{_SERVICE}.web.worker_mib", 96)
    for service in ("web", "worker"):
        yield from _each(f"{_SERVICE}.{service}.spot_percent", 50, 100)
        yield {f"{_SERVICE}.{service}.on_demand_base": 1, f"{_SERVICE}.{service}.spot_percent": 70}
    media = EfsVolumeInputs(path="/app/media", mounted_by=("web", "migrate"))
    found = replace(media, path="/app/old", file_system_id="fs-01234567", access_point_id="fsap-01234567")
    own = replace(media, path="/app/own", read_only=True, user_id=10_001, group_id=10_002, kms_key_arn=KEY)
    yield from _each(f"{_SERVICE}.volumes", {"media": media, "old": found, "own": replace(own, mounted_by=("web",))})
    yield _workers()
    yield _jobs()
    yield {f"{_SERVICE}.beat": None, f"{_SERVICE}.worker.autoscaling": None}
    report = OneOffTaskInputs(command=("python", "manage.py", "report"))
    yield from _each(
        f"{_SERVICE}.one_off_tasks", {"report": replace(report, cpu=1024, memory_mib=2048, ephemeral_storage_gib=21)}
    )
    yield from _each(f"{_SERVICE}.one_off_tasks", {"migrate": replace(report, command=("./migrate",))})
    yield from _each(f"{_SERVICE}.session", SessionInputs(), SessionInputs(minutes=720, cpu=512, memory_mib=1024))
    yield from _each(f"{_SERVICE}.settings_module", "shop.settings")
    yield from _application(f"{_SERVICE}.application")
    yield from _each(f"{_SERVICE}.additional_allowed_hosts", (".example.net",))
    yield from _each(f"{_SERVICE}.app_user", "shop")
    yield from _each(f"{_SERVICE}.migration_user", "shop_migrations")
    yield from _each(f"{_SERVICE}.secret_key.existing", SECRET)
    yield from _each(f"{_SERVICE}.secret_key.version", 2)
    yield from _each(f"{_SERVICE}.secret_key.kms_key_arn", KEY)
    yield from _each(f"{_SERVICE}.secret_key.recovery_days", 7)
    yield from _runtime(f"{_SERVICE}.runtime")
    yield {
        f"{_SERVICE}.cluster.container_insights": "disabled",
        f"{_SERVICE}.worker.autoscaling.queue_length_per_task": None,
    }
    yield {f"{_SERVICE}.cluster.existing": "shared"}
    yield from _each(f"{_SERVICE}.cluster.name", "legacy_cluster")
    path = f"{_SERVICE}.load_balancer"
    yield from _each(f"{path}.name", "legacy-balancer")
    yield from _each(f"{path}.access_log_bucket", "legacy-logs")
    yield from _each(f"{path}.web_acl", *_WEB_ACLS)
    yield {f"{path}.ip_address_type": "dualstack", "network.ipv6": True, "cloudflare_dns.proxied": True}
    yield from _each(f"{path}.allowed_cidrs", ("192.0.2.0/24", "52.94.0.0/16"))
    yield from _each(f"{path}.access_log_days", 7)
    yield from _each(f"{path}.idle_timeout_seconds", 120)
    yield from _each(f"{path}.deregistration_delay_seconds", 0)
    check: Change = {"path": "/healthz", "interval_seconds": 10, "timeout_seconds": 4}
    for name, value in {**check, "healthy_threshold": 5, "unhealthy_threshold": 2}.items():
        yield from _each(f"{path}.health_check.{name}", value)


def _workers() -> Change:
    command = ("celery", "--app", "shop", "worker", "--queues", "mail")
    mail = QueueWorkerInputs(command=command, variables={"QUEUE": "mail"}, published_queue="mail")
    reports = QueueWorkerInputs(entry_point=("/start-reports",))
    size = WorkerInputs(cpu=256, memory_mib=1024, desired_count=1)
    scaled = replace(size, autoscaling=WorkerAutoscalingInputs(min_count=1, max_count=4))
    return {
        f"{_SERVICE}.application.workers": {"mail": mail, "reports": reports, "video": reports},
        f"{_SERVICE}.workers": {"mail": scaled, "reports": replace(size, sidecars=(_AGENT,)), "video": None},
    }


def _jobs() -> Change:
    command = ("python", "manage.py", "report")
    hourly, nightly = (
        ScheduleInputs(expression="rate(1 hour)"),
        ScheduleInputs(
            expression="cron(30 3 ? * MON-FRI *)", time_zone="Europe/Berlin", retry_attempts=0, retry_seconds=600
        ),
    )
    once = JobInputs(
        command=command, cpu=512, memory_mib=1024, ephemeral_storage_gib=100, entry_point=("/usr/bin/tini", "--")
    )
    report = JobInputs(command=(*command, "--all"), variables={"SITE": "{URL}"}, schedule=nightly, overlap=False)
    objects = IamStatementInputs(actions=("s3:PutObject",), resources=("arn:aws:s3:::reports/*",))
    of_report = JobSettingsInputs(
        cpu=1024,
        memory_mib=2048,
        ephemeral_storage_gib=50,
        variables={"SHOP_PART": "report"},
        secrets={"SHOP_KEY": SECRET},
        iam_statements=(objects,),
    )
    soon = JobSettingsInputs(schedule=ScheduleInputs(expression="at(2099-01-31T03:30:00)"))
    return {
        f"{_SERVICE}.application.jobs": {"once": once, "report": report, "clean": replace(report, schedule=hourly)},
        f"{_SERVICE}.jobs": {"once": soon, "report": of_report, "clean": JobSettingsInputs(enabled=False)},
    }


def _runtime(path: str) -> Iterator[Change]:
    yield {f"{path}.execute_command": True, f"{path}.read_only_root_filesystem": False}
    yield from _each(f"{path}.log_retention_days", 7)
    yield from _each(f"{path}.log_groups", {"web": "/aws/ecs/legacy"})
    yield from _each(f"{path}.role_names", {"web-task": "legacy-web", "migrate-execution": "legacy-ecs"})
    yield from _each(f"{path}.log_kms_key_arn", KEY)
    own = {"SHOP_NAME": "Shop", "SHOP_API_KEY": "any", "AWS_STORAGE_BUCKET_NAME": "media", "EMAIL_HOST_PASSWORD": ""}
    yield from _each(f"{path}.variables", own, **{f"{path}.public_variables": ("SHOP_API_KEY",)})
    yield from _each(f"{path}.secrets", {"SHOP_TOKEN": SECRET})
    yield from _each(f"{path}.secret_kms_key_arns", (KEY,))
    objects = IamStatementInputs(actions=("s3:GetObject", "s3:PutObject"), resources=("arn:aws:s3:::media/*",))
    actions = sorted(UNRESTRICTED_ACTIONS)  # more than the boundary has room for at once
    halves = (actions[::2], actions[1::2])
    anything = [IamStatementInputs(actions=tuple(half), resources=("*",)) for half in halves]
    yield from _each(f"{path}.iam_statements", *((objects, each) for each in anything))
    yield from _each(f"{path}.task_role_arn", f"arn:aws:iam::{ACCOUNT}:role/application")


def _cloudflare_dns() -> Iterator[Change]:
    path = "cloudflare_dns"
    yield from _each(f"{path}.zone_id", "1" * 32)
    yield from _each(f"{path}.zone_name", "example.net")
    yield from _each(f"{path}.record_name", "@", "www")
    yield from _each(f"{path}.comment", "The shop")
    yield {f"{path}.tags": ("team:web",), **_firewall(path)}
    balancer = f"{_SERVICE}.load_balancer"
    yield {
        f"{path}.ttl": 300,
        f"{path}.further_hostnames": _hostnames("2" * 32),
        f"{balancer}.internal": True,
        "network": _FOUND,
        **_NOT_PROXIED,
    }
    dualstack: Change = {f"{balancer}.ip_address_type": "dualstack", "network.ipv6": True}
    yield {f"{path}.record_type": "AAAA", f"{path}.target": "2001:db8::1", **dualstack, **_NOT_PROXIED}
    yield {f"{path}.record_type": "MX", f"{path}.priority": 10, f"{path}.target": "mail.example.com", **_NOT_PROXIED}
    for kind, target in (("NS", "ns.example.org"), ("TXT", "text"), ("A", "192.0.2.1")):
        allowed = {f"{balancer}.allowed_cidrs": ("192.0.2.0/24",)} if kind == "A" else {}
        yield {f"{path}.record_type": kind, f"{path}.target": target, **allowed, **_NOT_PROXIED}
    known = origin_pulls(certificate_id="1" * 32, ca_certificates=(ORIGIN_CA, ANOTHER_ORIGIN_CA))
    yield {f"{path}.authenticated_origin_pulls": known}
    rule = f"{path}.cache_rule"
    yield from _each(f"{rule}.paths", ("/static/", "/media/"))
    yield from _each(f"{rule}.session_cookies", ("shop",))
    yield from _each(f"{rule}.edge_ttl_seconds", 86_400)
    yield from _each(f"{rule}.browser_ttl_seconds", 7200)


def _firewall(path: str) -> Change:
    """Every action, on the plan that has them all."""
    minute = replace(_ZONE_LIMIT, paths=("/",), requests=600, period_seconds=60, block_seconds=3600, whole_zone=False)
    limits = {action: replace(minute, action=action, block_seconds=None) for action in CHALLENGES}
    geography = 'ip.src.country in {"XX"} and not http.user_agent contains "(ours)"'
    actions: tuple[CustomAction, ...] = ("log", *CHALLENGES)
    rules = {action: CustomRuleInputs(expression=geography, action=action) for action in actions}
    rules["block"] = CustomRuleInputs(expression="cf.client.bot", action="block")
    return {
        f"{path}.rate_limits": {"minute": minute, **{name.replace("_", "-"): each for name, each in limits.items()}},
        f"{path}.custom_rules": {name.replace("_", "-"): each for name, each in rules.items()},
        f"{path}.zone_plan": "enterprise",
    }


_ZONE_LIMIT = RateLimitInputs(paths=("/accounts/login/", "/api/token/"), requests=20, whole_zone=True)


def _hostnames(zone_id: str | None = None) -> tuple[HostnameInputs, ...]:
    """The zone's own name, and one of another zone, which is redirected."""
    other = {"zone_id": zone_id, "zone_name": "example.net"} if zone_id else {}
    return HostnameInputs(hostname="example.com"), HostnameInputs(hostname="www.example.net", redirect=True, **other)


_RECORDS = (
    DnsRecordInputs(name="mail", type="A", values=("192.0.2.1", "192.0.2.2"), ttl=3600),
    DnsRecordInputs(name="mail", type="AAAA", values=("2001:db8::1",)),
    DnsRecordInputs(name="docs", type="CNAME", values=("docs.example.org",)),
    DnsRecordInputs(name="@", type="MX", values=("10 mail.example.com",)),
    DnsRecordInputs(name="lab", type="NS", values=("ns.example.org",)),
    DnsRecordInputs(name="_dmarc", type="TXT", values=("v=DMARC1; p=reject",)),
)


_OF_ROUTE53 = (
    DnsRecordInputs(name="@", type="CAA", values=("0 issue amazon.com",)),
    DnsRecordInputs(name="_sip._tcp", type="SRV", values=("10 5 5060 sip.example.org",)),
)


def _dns() -> Iterator[Change]:
    path = "cloudflare_dns"
    yield {f"{path}.further_hostnames": _hostnames("2" * 32), f"{path}.further_records": _RECORDS}
    route53 = Route53DnsInputs(zone_id="Z0123456789ABCDEFGHIJ", zone_name="example.com", record_name="api")
    further = _hostnames("Z9876543210ABCDEFGHIJ")
    for each in (
        replace(route53, further_hostnames=further, further_records=(*_RECORDS, *_OF_ROUTE53)),
        replace(route53, zone_id="Z9876543210ABCDEFGHIJ", zone_name="example.net", record_name="@"),
        ExternalDnsInputs(hostname="api.example.com", further_hostnames=_hostnames()),
        ExternalDnsInputs(hostname="api.example.net"),
    ):
        yield {"dns": each, path: None}
    balancer = f"{_SERVICE}.load_balancer"
    proxied = CloudflareDnsInputs(
        zone_id="0" * 32,
        zone_name="example.com",
        record_name="www",
        cache_rule=CacheRuleInputs(),
        rate_limits={"login": _ZONE_LIMIT},
    )
    proxied = replace(proxied, authenticated_origin_pulls=origin_pulls(required=True))
    yield {"dns": proxied, path: None, f"{balancer}.security_group_id": _GROUP, f"{balancer}.web_acl": None}
    # A route is a rule of the listener for HTTP then.
    reports = FurtherWebInputs(route=RouteInputs(priority=20_000, paths=("/reports/*",)))
    size = WebInputs(cpu=256, memory_mib=512, desired_count=1)
    webs = {f"{_SERVICE}.application.webs": {"reports": reports}, f"{_SERVICE}.webs": {"reports": size}}
    yield {"dns": NoDnsInputs(), path: None, **webs}


def _bootstrap() -> Iterator[Change]:
    yield from _each("bootstrap.state_bucket", StateBucketInputs(old_version_days=30))
    yield from _each("bootstrap.ecr_repository", EcrRepositoryInputs(kept_images=50, untagged_days=7, kms_key_arn=KEY))
    yield from _each("bootstrap.github.repository", "acme@123456/django@456789")
    yield from _each("bootstrap.github.branch", "release")
    yield from _each("bootstrap.github.apply_session_hours", 12)


@dataclass(slots=True)
class Alternative:
    """An environment, and the changes of the base that it is made of."""

    environment: Environment
    changes: list[Change] = field(default_factory=list)

    def takes(self, change: Change) -> bool:
        """Add the change, if it goes together with the others."""
        touched = {path for other in self.changes for path in other}
        if any(_overlap(path, other) for path in change for other in touched):
            return False
        try:
            environment = applied(self.environment, change)
        except AttributeError:  # below what is None here
            return False
        if any(problems(environment)):
            return False
        self.environment = environment
        self.changes.append(change)
        return True


@cache
def alternatives() -> tuple[Alternative, ...]:
    """All of them. Raises AssertionError for a change that no environment takes."""
    made: list[Alternative] = []
    for change in changes():
        if not any(each.takes(change) for each in made):
            made.append(Alternative(replace(BASE, name=f"it-{len(made)}")))
            if not made[-1].takes(change):
                wrong = applied(made[-1].environment, change)
                raise AssertionError(f"{change}: {[*problems(wrong)]}")
    return tuple(made)


def changes() -> list[Change]:
    """What is written above, and every other value of a switch, of a choice and of what may be None."""
    written = [*_written()]
    alone = {(path, repr(value)) for change in written for path, value in change.items()}
    derived = [
        {path: value}
        for path, cls, name in paths(BASE)
        for value in derived_values(get_type_hints(cls)[name])
        if value != _get(BASE, path) and (path, repr(value)) not in alone and (path, value) not in REFUSED
    ]
    # What replaces a whole part goes last, so that the fields of that part come first.
    return sorted([*written, *derived], key=lambda change: any(is_dataclass(value) for value in change.values()))


_EVICTING = [value for value in get_args(MaxmemoryPolicy) if value != "noeviction"]

REFUSED = {
    ("cloudflare_dns.zone_settings.ssl", "off"),
    ("cloudflare_dns.zone_settings.ssl", "flexible"),
    *(("redis.broker.maxmemory_policy", value) for value in _EVICTING),
}
"""Choices that the schema refuses always, by path and value."""


NOT_VARIED = {
    ("Environment", "name"),  # each has its own
    ("Environment", "protected"),  # it changes no plan, as the test of the gate shows
    ("Environment", "accepted_findings"),  # what a user accepts has tests of its own
    *(("AcceptedFinding", name) for name in ("unit", "rule", "address", "reason")),
    ("Environment", "overrides"),  # they are applied after synthesis, and have tests of their own
    ("Environment", "providers"),  # no machine has them all
    ("AuthenticatedOriginPullsInputs", "scope"),  # needs another version of a provider
    *(("ProvidersInputs", name) for name in ("aws", "cloudflare")),
    *(("Override", name) for name in ("unit", "address", "argument", "value", "reason")),
}
"""Fields, by class and name, of which one value is enough."""


def derived_values(annotation: Any) -> list[Any]:
    """The values of an annotation that has few: switches, choices, and None."""
    if annotation is bool:
        return [True, False]
    if get_origin(annotation) is Literal:
        return list(get_args(annotation))
    if get_origin(annotation) in (Union, types.UnionType):
        return [value for each in get_args(annotation) for value in derived_values(each)]
    return [None] if annotation is types.NoneType else []


def paths(tree: Any, path: str = "") -> Iterator[tuple[str, type, str]]:
    """Every field below a tree: its path, its class and its name."""
    for each in fields(tree):
        where = f"{path}.{each.name}" if path else each.name
        yield where, type(tree), each.name
        value = getattr(tree, each.name)
        if is_dataclass(value):
            yield from paths(value, where)


def applied(environment: Environment, change: Change) -> Environment:
    for path, value in change.items():
        environment = changed(environment, tuple(path.split(".")), value)
    return environment


def _overlap(one: str, other: str) -> bool:
    return f"{one}.".startswith(f"{other}.") or f"{other}.".startswith(f"{one}.")


def _get(tree: Any, path: str) -> Any:
    for name in path.split("."):
        tree = getattr(tree, name, None)
    return tree
