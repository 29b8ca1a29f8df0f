"""Hypothesis strategies for configurations that are wrong for certain, each as the text of an environment's file."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import strategies as st

from modules.fargate_service.autoscaling_inputs import WebAutoscalingInputs
from modules.postgresql.names import _KEY_WORDS
from modules.validation import matches
from stacks.config.schema import Environment
from tests.configurations import changed, leaves, source

_JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(),
    st.binary(max_size=8),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
    st.tuples(st.integers()),
)

_BELOW, _HUGE = st.integers(max_value=-1), st.integers(min_value=10**7)
_OUT_OF_RANGE = st.one_of(_BELOW, _HUGE, st.just(10**4000))
_NO_WORD = st.text(alphabet="!#$%&'()*+,;<=>?[]^`|~ß漢", min_size=1, max_size=12)
# A tag may hold letters of any script, + and =, of which the words above may be made.
_NO_TAG = st.text(alphabet="!#$%&'()*,;<>?[]^`|~", min_size=1, max_size=12)
_TOO_LONG = st.text(alphabet="abcdefghij", min_size=300, max_size=400)
_NO_NAME = st.one_of(_NO_WORD, _TOO_LONG)
_NO_ARN = st.one_of(_NO_NAME, st.just(""), st.just("alias/my-key"), st.just("arn:aws:s3:::bucket"))
_NO_WINDOW = st.one_of(_NO_WORD, st.sampled_from(("25:00-26:00", "03:00", "3-4", "03:00-03:10", "sun:03:00-sun:04:00")))
_NO_RETENTION = st.integers().filter(lambda days: not 1 <= days <= 3653) | st.sampled_from((2, 10, 100, 1000))

# By the path of a field: values of the right type that break a rule for certain.
BROKEN: dict[str, st.SearchStrategy[Any]] = {
    "name": _NO_NAME | st.sampled_from(("", "p", "Prod", "other", "-prod", "prod-", "a--b")),
    "project": _NO_NAME | st.sampled_from(("", "d", "Django", "my_project", "a-project-of-29-characters-ab", "a" * 27)),
    "account_id": _NO_NAME | st.from_regex(r"[0-9]{1,11}|[0-9]{13,20}", fullmatch=True),
    "region": _NO_NAME | st.sampled_from(("us-east", "US-EAST-1", "us-gov-west-1", "cn-north-1", "eu-west-1")),
    "owner": _NO_TAG | _TOO_LONG | st.just(""),
    "tags": st.sampled_from(
        ({"aws:x": "y"}, {"Environment": "y"}, {"owner": "y"}, {"": "y"}, {"k": ""}, {"k": "y" * 257}, {"k" * 129: "y"})
    ),
    "state.bucket": _NO_NAME
    | st.sampled_from(("", "ab", "Tfstate", "a..b", "-bucket", "my_bucket", "1.2.3.4", "a-s3alias")),
    "state.region": _NO_NAME,
    "state.kms_key_arn": _NO_ARN,
    "network.cidr": _NO_NAME
    | st.sampled_from(
        ("", "10.0.0.0", "10.0.0.0/8", "10.0.0.0/24", "10.0.0.1/16", "8.8.0.0/16", "172.17.0.0/16", "::/64")
    )
    | st.sampled_from(("127.0.0.0/16", "169.254.0.0/16", "198.18.0.0/16", "10.0.0.0/255.255.0.0"))
    | st.sampled_from(("10.10.0.0/16", "10.20.0.0/16", "10.20.240.0/20")),
    "network.zones": st.sampled_from(
        (
            (),
            ("us-east-1a",),
            ("us-east-1a",) * 2,
            ("a", "b"),
            ("eu-west-1a", "eu-west-1b"),
            tuple("us-east-1" + z for z in "abcd"),
        )
    ),
    "network.interface_endpoints": st.just(("logs", "logs")),
    "network.nat": st.just("none"),
    "network.flow_log_retention_days": _NO_RETENTION,
    "network.application_egress_ports": st.tuples(_OUT_OF_RANGE) | st.just((443, 443)) | st.just((0,)),
    "postgresql.instance_class": _NO_NAME
    | st.sampled_from(("", "t4g.small", "db.t4g", "cache.t4g.small", "db.T4G.small")),
    "postgresql.storage_gb": _OUT_OF_RANGE | st.integers(0, 19) | st.just(65_537),
    "postgresql.max_storage_gb": _OUT_OF_RANGE | st.integers(0, 49) | st.just(51),
    "postgresql.iops": st.integers(),
    "postgresql.throughput_mibps": st.integers(),
    "postgresql.storage_type": st.sampled_from(("io1", "io2")),
    "postgresql.engine_version": _NO_NAME | st.sampled_from(("", "14", "9.6", "99", "16.1", "16.1.2", "latest")),
    "postgresql.database_name": _NO_NAME | st.sampled_from(("", "1app", "my-app", "App", *_KEY_WORDS.split())),
    "postgresql.master_username": _NO_NAME | st.sampled_from(("", "admin", "rdsadmin", "pg_x", "user", "Postgres")),
    "postgresql.port": _OUT_OF_RANGE | st.integers(0, 1149) | st.just(65_536),
    "postgresql.backup_days": _OUT_OF_RANGE | st.integers(36, 100),
    "postgresql.backup_window": _NO_WINDOW | st.just("04:30-05:00"),
    "postgresql.maintenance_window": _NO_WORD
    | st.sampled_from(("sun:03:30-sun:04:30", "sun:04:00-sun:04:10", "sunday")),
    "postgresql.kms_key_arn": _NO_ARN,
    "postgresql.master_secret_kms_key_arn": _NO_ARN,
    "postgresql.master_password_version": st.integers().filter(lambda version: version != 1),
    "postgresql.parameters": st.sampled_from(
        ({"rds.force_ssl": "0"}, {"Work_Mem": "1"}, {"": "1"}, {"work_mem": ""}, {"work mem": "1"})
    ),
    "postgresql.parameter_group_name": _NO_NAME | st.sampled_from(("", "-a", "a--b", "A")),
    "postgresql.log_exports": st.just(("upgrade", "upgrade")),
    "postgresql.log_retention_days": _NO_RETENTION,
    "postgresql.performance_insights_days": _OUT_OF_RANGE | st.sampled_from((1, 6, 8, 30, 730, 732, 744)),
    "postgresql.replica_instance_class": st.just("db.t4g.small") | _NO_NAME,
    "redis.cache.node_type": _NO_NAME
    | st.sampled_from(("", "t4g.small", "db.t4g.small", "cache.t1.micro", "cache.t2.micro")),
    "redis.cache.nodes": _OUT_OF_RANGE | st.sampled_from((0, 1, 7)),
    "redis.cache.automatic_failover": st.just(False),
    "redis.cache.maxmemory_policy": st.sampled_from(("allkeys-lru", "volatile-lru", "allkeys-random", "volatile-ttl")),
    "redis.cache.snapshot_days": _OUT_OF_RANGE | st.integers(36, 100),
    "redis.cache.timeout_seconds": _BELOW | st.integers(1, 19) | st.just(2**31),
    "redis.cache.tcp_keepalive_seconds": _BELOW | st.just(2**31),
    "redis.cache.maxmemory_samples": _BELOW | st.just(0),
    "redis.cache.parameter_group_name": _NO_NAME,
    "redis.port": _OUT_OF_RANGE | st.just(0),
    "redis.engine": st.just("valkey"),
    "redis.engine_version": st.sampled_from(("7.0", "7.2", "8.2")),
    "redis.snapshot_window": _NO_WINDOW | st.sampled_from(("03:00-03:59", "05:30-06:30")),
    "redis.maintenance_window": _NO_WORD | st.sampled_from(("sun:03:30-sun:04:30", "sun:05:00-sun:05:59")),
    "redis.log_retention_days": _NO_RETENTION,
    "redis.notification_topic_arn": _NO_ARN,
    "redis.kms_key_arn": _NO_ARN,
    "certificate.existing_arn": _NO_ARN
    | st.just("arn:aws:acm:eu-west-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"),
    "certificate.subject_alternative_names": st.tuples(_NO_NAME)
    | st.sampled_from((("api.example.com",), ("www.example.org",), ("a.example.com",) * 2, ("**.example.com",))),
    "cloudflare_dns.zone_id": _NO_NAME | st.sampled_from(("", "0" * 31, "G" * 32, "0" * 33)),
    "cloudflare_dns.zone_name": _NO_NAME | st.sampled_from(("", "com.", ".example.com", "Example.com", "a..b")),
    "cloudflare_dns.record_name": _NO_NAME
    | st.sampled_from(("", "-a", "api.example.com", "a_b!", "x" * 64, "a.b", "dev-api")),
    "cloudflare_dns.record_type": st.sampled_from(("A", "AAAA", "MX", "NS", "TXT")),
    "cloudflare_dns.target": _NO_NAME
    | st.sampled_from(("", "api.example.com", "b.s3-website-us-east-1.amazonaws.com")),
    "cloudflare_dns.ttl": st.integers().filter(lambda ttl: ttl != 1),
    "cloudflare_dns.priority": st.integers(),
    "cloudflare_dns.comment": _TOO_LONG | st.just(""),
    "cloudflare_dns.tags": st.tuples(_NO_WORD) | st.just(("team:web",)),
    "cloudflare_dns.zone_settings.ssl": st.sampled_from(("off", "flexible")),
    "cloudflare_dns.cache_rule.paths": st.sampled_from(
        ((), ("/",), ("static",), ("/static",), ("/static/", "/static/"), ("/api/",))
    ),
    "cloudflare_dns.cache_rule.edge_ttl_seconds": _OUT_OF_RANGE.filter(lambda ttl: ttl > 366 * 86400 or ttl < 0)
    | st.integers(0, 7199),
    "cloudflare_dns.cache_rule.browser_ttl_seconds": _BELOW | st.integers(0, 7199),
    "cloudflare_dns.cache_rule.session_cookies": st.sampled_from((("a b",), ("",), ("a", "a"), ('"',), ("a.*",))),
    "django_service.ecr_repository_url": _NO_NAME
    | st.sampled_from(
        ("", "nginx", "docker.io/library/nginx", "https://123456789012.dkr.ecr.us-east-1.amazonaws.com/app")
    )
    | st.just("123456789012.dkr.ecr.us-east-1.amazonaws.com/app:latest"),
    "django_service.settings_module": _NO_NAME.filter(lambda text: not text.isidentifier())
    | st.sampled_from(("", "a..b", "1.a", "a-b")),
    "django_service.additional_allowed_hosts": st.tuples(_NO_NAME)
    | st.sampled_from((("*",), ("*.example.com",), ("a_b",), ("",))),
    "django_service.app_user": _NO_NAME | st.sampled_from(("", "rds_x", "pg_x", "App", "migrator", "1user")),
    "django_service.migration_user": _NO_NAME | st.sampled_from(("", "app_user")),
    "django_service.web.cpu": st.integers().filter(lambda cpu: cpu not in (256, 512, 1024, 2048, 4096, 8192, 16384))
    | st.just(4096),
    "django_service.web.memory_mib": st.integers().filter(lambda mib: mib not in range(1024, 4097, 1024))
    | st.just(512),
    "django_service.web.desired_count": _OUT_OF_RANGE | st.sampled_from((0, 1, 9)),
    "django_service.web.autoscaling": st.builds(
        WebAutoscalingInputs, min_count=st.sampled_from((-1, 0, 3)), max_count=st.sampled_from((-1, 1, 6000))
    ),
    "django_service.web.autoscaling.cpu_percent": _OUT_OF_RANGE | st.sampled_from((0, 9, 96, 100)),
    "django_service.web.autoscaling.memory_percent": _OUT_OF_RANGE | st.sampled_from((0, 9, 96, 100)),
    "django_service.web.autoscaling.requests_per_target": _OUT_OF_RANGE | st.just(0),
    "django_service.web.command": st.sampled_from(((), ("",), ("gunicorn config.wsgi",), ("gunicorn", ""))),
    "django_service.web.container_port": _OUT_OF_RANGE | st.just(0),
    "django_service.web.gunicorn_workers": _OUT_OF_RANGE | st.just(0),
    "django_service.web.health_check_grace_seconds": _OUT_OF_RANGE | st.just(901),
    "django_service.web.stop_timeout_seconds": _OUT_OF_RANGE | st.sampled_from((0, 1, 30, 121)),
    "django_service.worker.memory_mib": st.sampled_from((0, 512, 1000, 8192)),
    "django_service.worker.spot_percent": _OUT_OF_RANGE | st.just(101),
    "django_service.worker.stop_timeout_seconds": _OUT_OF_RANGE | st.sampled_from((0, 1, 121)),
    "django_service.beat.memory_mib": st.sampled_from((0, 256, 4096)),
    "django_service.secret_key.version": _OUT_OF_RANGE | st.just(0),
    "django_service.secret_key.recovery_days": _OUT_OF_RANGE | st.sampled_from((0, 6, 31)),
    "django_service.secret_key.existing": _NO_ARN | st.just("django/secret-key"),
    "django_service.runtime.log_retention_days": _NO_RETENTION,
    "django_service.runtime.execute_command": st.just(True),
    "django_service.runtime.task_role_arn": _NO_ARN,
    "django_service.runtime.variables": st.sampled_from(
        (
            {"DATABASE_HOST": "x"},
            {"AWS_REGION": "x"},
            {"1X": "x"},
            {"API_TOKEN": "x"},
            {"URL": "postgresql://user:password@host/db"},
            {"X": "AKIAABCDEFGHIJKLMNOP"},
        )
    ),
    "django_service.runtime.secrets": st.sampled_from(
        ({"DJANGO_SECRET_KEY": "x"}, {"X": "name"}, {"X": "arn:aws:s3:::b"})
    ),
    "django_service.load_balancer.access_log_days": _OUT_OF_RANGE | st.just(0),
    "django_service.load_balancer.idle_timeout_seconds": _OUT_OF_RANGE | st.just(0),
    "django_service.load_balancer.deregistration_delay_seconds": _OUT_OF_RANGE | st.just(60),
    "django_service.load_balancer.health_check.path": _NO_WORD | _TOO_LONG | st.just(""),
    "django_service.load_balancer.health_check.interval_seconds": _OUT_OF_RANGE | st.sampled_from((4, 5, 301)),
    "django_service.load_balancer.health_check.timeout_seconds": _OUT_OF_RANGE | st.sampled_from((1, 30, 61)),
    "django_service.load_balancer.health_check.healthy_threshold": _OUT_OF_RANGE | st.sampled_from((1, 11)),
    "django_service.load_balancer.health_check.unhealthy_threshold": _OUT_OF_RANGE | st.sampled_from((1, 11)),
}


@st.composite
def wrong_sources(draw: st.DrawFn, right: Environment) -> str:
    """The file of an environment that was right until one thing in it was changed."""
    kind = draw(st.sampled_from((_wrong_type, _bad_text, _broken_rule, _broken_rule, _wrong_name, _no_environment)))
    return draw(kind(right))


@st.composite
def _wrong_type(draw: st.DrawFn, right: Environment) -> str:
    path, annotation, _ = draw(st.sampled_from(list(leaves(right))))
    return source(changed(right, path, draw(_JUNK.filter(lambda value: not matches(value, annotation)))))


@st.composite
def _bad_text(draw: st.DrawFn, right: Environment) -> str:
    path, value = draw(st.sampled_from([(path, value) for path, _, value in leaves(right) if isinstance(value, str)]))
    bad = draw(st.sampled_from(("\n", "\x00", "\u2028", "\t", "${x}", "%{ if x }", "\ud800", "\x1b[31m")))
    at = draw(st.integers(0, len(value)))
    return source(changed(right, path, str(value[:at] + bad + value[at:])))


@st.composite
def _broken_rule(draw: st.DrawFn, right: Environment) -> str:
    path = draw(st.sampled_from(sorted(BROKEN)))
    return source(changed(right, tuple(path.split(".")), draw(BROKEN[path])))


@st.composite
def _wrong_name(draw: st.DrawFn, right: Environment) -> str:
    text = source(right)
    at = draw(st.sampled_from([found.end() for found in re.finditer(r"Inputs\((?=\w+=)", text)]))
    insert = draw(st.sampled_from(("nonsense=1, ", "12, ", "**{'no such': 1}, ", "*(1, 2), ")))
    return text[:at] + insert + text[at:]


@st.composite
def _no_environment(draw: st.DrawFn, right: Environment) -> str:
    text = source(right)
    return draw(
        st.sampled_from(_PROGRAMS)
        | st.integers(1, len(text) - 2).map(lambda cut: text[:cut])
        | st.sampled_from([0, *(at for at, c in enumerate(text) if c == "\n")]).map(
            lambda at: f"{text[:at]} ) {text[at:]}"
        )
        | st.integers(0, len(text)).map(lambda at: f"{text[:at]}\x00{text[at:]}")
    )


_PROGRAMS = (
    "",
    "ENVIRONMENT = None\n",
    "ENVIRONMENT = 'prod'\n",
    "raise SystemExit(0)\n",
    "raise KeyError('a\\nb')\n",
    "import no_such_module\n",
    "import os; os._no_such\n",
    "1 / 0\n",
    "def f(): return f()\nf()\n",
    "exit('bye')\n",
    "import sys; sys.stderr.write('noise\\nnoise\\n'); raise ValueError\n",
    "raise type('E', (BaseException,), {})('x')\n",
    "import warnings; warnings.warn('noise'); raise ValueError('\\x1b[31m')\n",
)
