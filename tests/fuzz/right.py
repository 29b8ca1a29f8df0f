"""Hypothesis strategies for environments that are right: every input takes every shape that AWS would accept."""

from __future__ import annotations

from dataclasses import replace
from operator import attrgetter
from typing import Any, Literal

from hypothesis import strategies as st

from modules.alerts.inputs import AlertsInputs, RecipientsInputs, SlackChannelInputs
from modules.certificate.inputs import CertificateInputs
from modules.cloudflare_dns.firewall_inputs import CustomRuleInputs, RateLimitInputs
from modules.cloudflare_dns.inputs import CacheRuleInputs, CloudflareDnsInputs, ZoneSettingsInputs
from modules.django_secret_key.inputs import DjangoSecretKeyInputs
from modules.ecs_cluster.inputs import EcsClusterInputs
from modules.fargate_service.autoscaling_inputs import WebAutoscalingInputs, WorkerAutoscalingInputs
from modules.fargate_service.deployment_alarms_inputs import DeploymentAlarmsInputs
from modules.fargate_service.inputs import BeatInputs, WebInputs, WorkerInputs
from modules.load_balancer.inputs import HealthCheckInputs, LoadBalancerInputs
from modules.network.inputs import COMPLETE_ENDPOINTS, ExistingNetworkInputs, Nat, NetworkInputs
from modules.observability.inputs import ObservabilityInputs
from modules.one_off_task.inputs import OneOffTaskInputs
from modules.postgresql.inputs import PostgreSQLInputs
from modules.postgresql.storage import StorageType
from modules.redis.inputs import RedisGroupInputs, RedisInputs
from modules.rules import LOG_RETENTION_DAYS
from modules.task_definition.fargate import MEMORY_MIB
from modules.task_definition.inputs import IamStatementInputs, RuntimeInputs
from modules.web_acl.inputs import WebAclInputs
from stacks.config.django_service import DjangoServiceInputs
from stacks.config.findings import losses
from stacks.config.schema import Environment, LocalState, S3State
from tests.configurations import changed
from tests.environments.application import APPLICATION

ACCOUNT = "123456789012"
REGIONS = ("us-east-1", "eu-central-1", "ap-southeast-1")


def key(region: str) -> str:
    return f"arn:aws:kms:{region}:{ACCOUNT}:key/12345678-1234-1234-1234-123456789012"


STATES: tuple[LocalState | S3State, ...] = (
    LocalState(),
    S3State(bucket="tfstate", region="eu-west-1", kms_key_arn=key("eu-west-1")),
)

NAMES = st.from_regex(r"[a-z][a-z0-9]{1,5}(-[a-z0-9]{1,5})?", fullmatch=True)
RETENTION = st.sampled_from(LOG_RETENTION_DAYS)
SIZES = st.sampled_from([(cpu, memory) for cpu, memories in MEMORY_MIB.items() for memory in memories])


def optional(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


def resource_ids(prefix: str) -> st.SearchStrategy[str]:
    return st.from_regex(rf"{prefix}-[0-9a-f]{{17}}", fullmatch=True)


@st.composite
def new_networks(draw: st.DrawFn, region: str) -> NetworkInputs:
    nats: tuple[Nat, ...] = ("gateway_per_zone", "single_gateway", "instance", "none")
    nat = draw(st.sampled_from(nats))
    some = draw(st.lists(st.sampled_from(COMPLETE_ENDPOINTS), unique=True))
    ports = (None, (443,), (443, 587), *((), (587,)) * (len(some) == len(COMPLETE_ENDPOINTS)))
    return NetworkInputs(
        cidr=draw(st.sampled_from(("10.4.0.0/16", "172.20.0.0/18", "192.168.16.0/20"))),
        zones=tuple(f"{region}{zone}" for zone in draw(st.sampled_from(("ab", "bc", "abc")))),
        nat=nat,
        nat_instance_type=draw(st.sampled_from(("t4g.nano", "t3.micro", "c7gn.medium"))),
        interface_endpoints=COMPLETE_ENDPOINTS if nat == "none" else tuple(some),
        flow_log_retention_days=draw(RETENTION),
        application_egress_ports=None if nat == "none" else draw(st.sampled_from(ports)),
        ipv6=draw(st.booleans()),
    )


@st.composite
def existing_networks(draw: st.DrawFn, region: str) -> ExistingNetworkInputs:
    if draw(st.booleans()):
        tags = st.dictionaries(st.sampled_from(("Tier", "Team")), st.sampled_from(("web", "a*")), min_size=1)
        return ExistingNetworkInputs(
            vpc_id=draw(resource_ids("vpc")),
            vpc_cidr="10.9.0.0/16",
            zones=tuple(f"{region}{zone}" for zone in draw(st.sampled_from(("ab", "bc", "abc")))),
            public_subnet_tags=draw(tags),
            private_subnet_tags=draw(tags),
            database_subnet_tags=draw(optional(tags)),
            application_security_group_id=draw(optional(resource_ids("sg"))),
            endpoint_security_group_id=draw(optional(resource_ids("sg"))),
        )
    subnets = draw(st.lists(resource_ids("subnet"), min_size=6, max_size=6, unique=True))
    return ExistingNetworkInputs(
        vpc_id=draw(resource_ids("vpc")),
        vpc_cidr="10.9.0.0/16",
        public_subnet_ids=tuple(subnets[:2]),
        private_subnet_ids=tuple(subnets[2:4]),
        database_subnet_ids=draw(st.sampled_from(((), tuple(subnets[4:])))),
    )


@st.composite
def postgresqls(draw: st.DrawFn, region: str) -> PostgreSQLInputs:
    storage_gb = draw(st.integers(100, 2000))
    types: tuple[StorageType, ...] = ("gp3", "io1", "io2")
    storage_type = draw(st.sampled_from(types))
    replica = draw(st.booleans())
    minor = draw(st.booleans())
    return PostgreSQLInputs(
        instance_class=draw(st.sampled_from(("db.t4g.micro", "db.t4g.small", "db.m7g.large", "db.r6g.2xlarge"))),
        storage_gb=storage_gb,
        max_storage_gb=draw(st.sampled_from((None, storage_gb, 2 * storage_gb))),
        storage_type=storage_type,
        iops=None if storage_type == "gp3" else draw(st.integers(1000, 5000)),
        engine_version=draw(st.sampled_from(("15.10", "16.4"))) if minor else draw(st.sampled_from(("15", "16", "17"))),
        auto_minor_version_upgrade=not minor,
        database_name=draw(st.sampled_from(("app", "appdb", "my_app_2"))),
        master_username=draw(st.sampled_from(("postgres", "root_user"))),
        port=draw(st.sampled_from((5432, 6000))),
        multi_az=draw(st.booleans()),
        backup_days=draw(st.integers(1 if replica else 0, 35)),
        kms_key_arn=draw(optional(st.just(key(region)))),
        master_secret_kms_key_arn=draw(optional(st.just(key(region)))),
        parameters=draw(st.sampled_from((None, {}, {"work_mem": "8192", "max_connections": "200"}))),
        log_exports=draw(st.sampled_from(((), ("postgresql",), ("postgresql", "upgrade", "iam-db-auth-error")))),
        log_retention_days=draw(RETENTION),
        performance_insights_days=draw(st.sampled_from((0, 7, 62, 731))),
        monitoring_interval_seconds=draw(st.sampled_from((0, 1, 60))),
        read_replica=replica,
        deletion_protection=draw(st.booleans()),
        final_snapshot=draw(st.booleans()),
        apply_immediately=draw(st.booleans()),
        allowed_security_group_ids=tuple(draw(st.lists(resource_ids("sg"), max_size=3, unique=True))),
        allowed_cidrs=draw(st.sampled_from(((), ("10.64.0.0/16", "192.168.7.7/32")))),
    )


@st.composite
def redis_groups(draw: st.DrawFn, policies: tuple[str | None, ...]) -> RedisGroupInputs:
    nodes = draw(st.integers(1, 6))
    failover = nodes > 1 and draw(st.booleans())
    values: dict[str, Any] = {
        "node_type": draw(st.sampled_from(("cache.t4g.micro", "cache.m7g.large", "cache.r6gd.xlarge"))),
        "nodes": nodes,
        "automatic_failover": failover,
        "multi_az": failover and draw(st.booleans()),
        "maxmemory_policy": draw(st.sampled_from(policies)),
        "snapshot_days": draw(st.integers(0, 35)),
        "final_snapshot": draw(st.booleans()),
        "timeout_seconds": draw(st.sampled_from((0, 20, 300))),
    }
    return RedisGroupInputs(**values)


@st.composite
def redises(draw: st.DrawFn, region: str) -> RedisInputs:
    broker = draw(optional(redis_groups((None, "noeviction"))))
    evicting = (None, "allkeys-lru", "volatile-ttl") if broker else (None, "noeviction")
    engine: Any = {"engine": "valkey", "engine_version": draw(st.sampled_from(("7.2", "8.2")))}
    return RedisInputs(
        cache=draw(redis_groups(evicting)),
        broker=broker,
        **draw(st.sampled_from(({}, engine))),
        iam_authentication=draw(st.booleans()),
        port=draw(st.sampled_from((6379, 7000))),
        log_retention_days=draw(RETENTION),
        notification_topic_arn=draw(optional(st.just(f"arn:aws:sns:us-east-1:{ACCOUNT}:alarms"))),
        kms_key_arn=draw(optional(st.just(key(region)))),
    )


@st.composite
def webs(draw: st.DrawFn) -> WebInputs:
    cpu, memory_mib = draw(SIZES)
    count = draw(st.integers(2, 5))
    autoscaling = st.builds(
        WebAutoscalingInputs,
        min_count=st.integers(1, 2),
        max_count=st.integers(5, 50),
        cpu_percent=optional(st.integers(10, 95)),
        requests_per_target=st.integers(1, 5000),
    )
    return WebInputs(
        cpu=cpu,
        memory_mib=memory_mib,
        desired_count=count,
        autoscaling=draw(optional(autoscaling)),
        command=draw(st.sampled_from((None, ("gunicorn", "config.wsgi")))),
        container_port=draw(st.sampled_from((8000, 80))),
        gunicorn_workers=draw(optional(st.integers(1, min(9, (memory_mib - 64) // 128)))),
        health_check_grace_seconds=draw(st.integers(0, 300)),
        stop_timeout_seconds=draw(st.integers(31, 120)),
    )


@st.composite
def workers(draw: st.DrawFn, *, queue_is_counted: bool) -> WorkerInputs:
    cpu, memory_mib = draw(SIZES)
    bounds = st.builds(
        WorkerAutoscalingInputs,
        min_count=st.just(1),
        max_count=st.integers(2, 20),
        queue_length_per_task=st.integers(1, 10_000) if queue_is_counted else st.none(),
    )
    return WorkerInputs(
        cpu=cpu,
        memory_mib=memory_mib,
        desired_count=draw(st.integers(1, 2)),
        autoscaling=draw(optional(bounds)),
        spot_percent=draw(st.sampled_from((0, 50, 100))),
    )


@st.composite
def runtimes(draw: st.DrawFn, region: str) -> RuntimeInputs:
    shell = draw(st.booleans())
    own_role = draw(st.booleans())
    statement = IamStatementInputs(actions=("s3:GetObject",), resources=("arn:aws:s3:::media/*",))
    return RuntimeInputs(
        cpu_architecture=draw(st.sampled_from(("ARM64", "X86_64"))),
        read_only_root_filesystem=not shell,
        execute_command=shell,
        log_retention_days=draw(RETENTION),
        log_kms_key_arn=draw(optional(st.just(key(region)))),
        variables=draw(st.sampled_from((None, {"LOG_LEVEL": "debug", "FEATURE": "a=b, c"}))),
        secrets=draw(
            st.sampled_from(
                (None, {"SENTRY_DSN": f"arn:aws:secretsmanager:{region}:{ACCOUNT}:secret:sentry-AbCdEf:dsn::"})
            )
        ),
        task_role_arn=f"arn:aws:iam::{ACCOUNT}:role/own" if own_role else None,
        iam_statements=() if own_role else draw(st.sampled_from(((), (statement,)))),
    )


@st.composite
def django_services(draw: st.DrawFn, region: str) -> DjangoServiceInputs:
    check = st.builds(
        HealthCheckInputs,
        path=st.sampled_from(("/health/live/", "/healthz")),
        interval_seconds=st.integers(10, 300),
        timeout_seconds=st.integers(2, 9),
    )
    balancer = st.builds(
        LoadBalancerInputs,
        allowed_cidrs=st.sampled_from(((), ("192.0.2.0/24", "10.64.0.0/16"))),
        ssl_policy=st.sampled_from(("ELBSecurityPolicy-TLS13-1-2-2021-06", "ELBSecurityPolicy-TLS13-1-3-2021-06")),
        access_log_days=st.integers(1, 400),
        delete_access_logs=st.booleans(),
        deletion_protection=st.booleans(),
        idle_timeout_seconds=st.integers(1, 4000),
        desync_mitigation_mode=st.sampled_from(("defensive", "strictest")),
        deregistration_delay_seconds=st.integers(0, 30),
        health_check=check,
        web_acl=optional(
            st.builds(
                WebAclInputs,
                count_only=st.booleans(),
                rate_limit=st.integers(101, 2_000_000_000),
                login_paths=st.sampled_from(((), ("/accounts/login/", "/api/token/"))),
                rate_window_seconds=st.sampled_from((60, 120, 300, 600)),
            )
        ),
    )
    watched = st.builds(
        DeploymentAlarmsInputs,
        error_percent=st.integers(1, 99),
        response_ms=st.integers(10, 60_000),
        least_requests=st.integers(1, 1_000_000),
        enabled=st.booleans(),
    )
    beat = draw(st.sampled_from((None, BeatInputs())))
    insights: Literal["disabled", "enabled", "enhanced"] = draw(st.sampled_from(("disabled", "enabled", "enhanced")))
    return DjangoServiceInputs(
        application=APPLICATION,
        ecr_repository_url=f"{ACCOUNT}.dkr.ecr.{region}.amazonaws.com/team/django-app",
        web=draw(webs()),
        worker=draw(optional(workers(queue_is_counted=beat is not None and insights != "disabled"))),
        beat=beat,
        one_off_tasks=draw(
            st.sampled_from((None, {"check": OneOffTaskInputs(command=("python", "manage.py", "check"))}))
        ),
        additional_allowed_hosts=draw(st.sampled_from(((), ("www.example.com", ".example.org")))),
        database_authentication=draw(st.sampled_from((None, "iam", "secret", "password"))),
        wait_for_steady_state=draw(st.booleans()),
        secret_key=draw(
            st.builds(DjangoSecretKeyInputs, version=st.integers(1, 9), kms_key_arn=optional(st.just(key(region))))
        ),
        runtime=draw(runtimes(region)),
        deployment_alarms=draw(optional(watched)),
        cluster=EcsClusterInputs(container_insights=insights),
        load_balancer=draw(balancer),
    )


@st.composite
def records(draw: st.DrawFn) -> CloudflareDnsInputs:
    proxied = draw(st.booleans())
    rule = st.builds(CacheRuleInputs, edge_ttl_seconds=st.integers(7200, 86400))
    limit = RateLimitInputs(paths=("/accounts/login/",), requests=draw(st.integers(1, 1000)), whole_zone=True)
    bots = CustomRuleInputs(expression='cf.client.bot and not http.user_agent contains "ours)"', action="block")
    settings = st.builds(ZoneSettingsInputs, ssl=st.sampled_from(("full", "strict")), http3=st.booleans())
    return CloudflareDnsInputs(
        zone_id=draw(st.from_regex(r"[0-9a-f]{32}", fullmatch=True)),
        zone_name="example.com",
        record_name=draw(st.sampled_from(("@", "api", "www"))),
        proxied=proxied,
        ttl=1 if proxied else draw(st.sampled_from((1, 60, 86400))),
        comment=draw(st.sampled_from((None, 'The "API", 100 % ours'))),
        cache_rule=draw(optional(rule)) if proxied else None,
        rate_limits=draw(optional(st.just({"login": limit}))) if proxied else None,
        custom_rules=draw(optional(st.just({"bots": bots}))) if proxied else None,
        zone_settings=draw(optional(settings)),
    )


@st.composite
def alerts(draw: st.DrawFn) -> AlertsInputs:
    slack = st.builds(
        SlackChannelInputs,
        workspace_id=st.just("T0123456789"),
        channel_id=st.just("C0123456789"),
        topics=st.sampled_from((("urgent",), ("notices", "urgent"))),
    )
    endpoints = draw(st.sampled_from(((), ("PagerDuty",))))
    return AlertsInputs(
        urgent=RecipientsInputs(emails=() if endpoints else ("oncall@example.com",), endpoints=endpoints),
        notices=RecipientsInputs(emails=draw(st.sampled_from(((), ("ann@example.com", "bob@example.com"))))),
        chat=draw(optional(st.fixed_dictionaries({"operations": slack}))),
    )


def observabilities() -> st.SearchStrategy[ObservabilityInputs]:
    return st.builds(
        ObservabilityInputs,
        cpu_percent=st.integers(10, 95),
        memory_percent=st.integers(10, 95),
        errors=st.integers(0, 1_000_000),
        error_percent=st.integers(1, 100),
        response_ms=st.integers(10, 60_000),
        least_requests=st.integers(1, 1_000_000),
        full_days=st.integers(1, 30),
        certificate_days=st.integers(1, 45),
        queue_minutes=st.integers(10, 1440),
        log_mib_an_hour=st.integers(1, 1_000_000),
        dashboard=st.booleans(),
    )


@st.composite
def environments(draw: st.DrawFn) -> Environment:
    """A whole environment that breaks no rule."""
    region = draw(st.sampled_from(REGIONS))
    existing_arn = f"arn:aws:acm:{region}:{ACCOUNT}:certificate/12345678-1234-1234-1234-123456789012"
    state = draw(st.sampled_from(STATES))
    told = draw(optional(alerts()))
    made = Environment(
        name=draw(NAMES),
        protected=False,
        project=draw(NAMES),
        account_id=ACCOUNT,
        region=region,
        state=state,
        network=draw(new_networks(region) | existing_networks(region)),
        postgresql=draw(postgresqls(region)),
        redis=draw(optional(redises(region))),
        certificate=draw(
            st.sampled_from(
                (
                    CertificateInputs(),
                    CertificateInputs(existing_arn=existing_arn),
                    CertificateInputs(subject_alternative_names=("*.example.com",), key_algorithm="EC_prime256v1"),
                )
            )
        ),
        django_service=draw(django_services(region)),
        cloudflare_dns=draw(records()),
        alerts=told,
        observability=draw(optional(observabilities())) if told else None,
        tags=draw(st.sampled_from((None, {"CostCenter": "42 : a/b"}))),
    )
    return _protected(made) if isinstance(state, S3State) and draw(st.booleans()) else made


def _protected(environment: Environment) -> Environment:
    """With the default, which loses nothing, of each input by which a protected environment could lose data."""
    made = replace(environment, protected=True)
    for problem in [*losses(made)]:
        *parents, name = problem.field.split(".")
        default = type(attrgetter(".".join(parents))(made)).__dataclass_fields__[name].default
        made = changed(made, (*parents, name), default)
    return made
