"""What the gate finds and lets pass, because an input asks for it; and what no protected environment may ask for.

One table for both judges: the gate reads what a unit writes of it into its JSON, and the rules of an environment refuse
at once what a protected one would lose by it. docs/gate.md says how an environment accepts further findings.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from modules.cloudfront.inputs import NoDnsInputs
from modules.dns import ADDRESSES
from modules.validation import Problem, inputs, show
from stacks.config.safeguards import loss

if TYPE_CHECKING:
    from stacks.config.schema import Environment

UnitName = Literal[
    "alerts",
    "network",
    "postgresql",
    "redis",
    "certificate",
    "django-service",
    "cloudflare-dns",
    "route53-dns",
    "external-dns",
    "backup",
    "observability",
]

_RULE = re.compile(r"CKV2?_[A-Z0-9]+_[0-9]+|[a-z]+/[a-z-]+")
_ADDRESS = re.compile(r'[a-z][a-z0-9_]*\.[A-Za-z0-9_*-]+(\[([0-9]+|"[^"]+")\])?')


@inputs
class AcceptedFinding:
    """Something that the gate finds in this environment, and that is right here."""

    unit: UnitName
    rule: str
    """As the refusal has it in brackets: `CKV_AWS_158`, or `network/open`. Losses of data are allowed by --allow."""
    address: str
    """As Terraform writes it: `aws_db_instance.postgresql`. In the name, `*` stands for anything."""
    reason: str
    """Why it is right here, in a sentence, which the page shows."""

    def rules(self) -> Iterator[Problem]:
        if not _RULE.fullmatch(self.rule):
            yield Problem("rule", f"{show(self.rule)} is no rule", "write it as the refusal has it in brackets")
        elif self.rule.startswith(("data/", "moved/")):
            remedy = "allow it for one deployment, by --allow '<unit>:<address>'"
            yield Problem("rule", f"{self.rule} is a loss, which no environment accepts for good", remedy)
        elif self.rule.startswith(("checkov/", "allow/", "accepted/")):
            yield Problem("rule", f"{self.rule} says that nothing was judged", "do what its line says")
        if not _ADDRESS.fullmatch(self.address):
            remedy = 'write it as "aws_db_instance.postgresql"'
            yield Problem("address", f"{show(self.address)} is no address of a resource", remedy)
        if not 1 <= len(self.reason) <= 300:
            yield Problem("reason", f"got {len(self.reason)} characters", "say why it is right here, in 1 to 300")


def _always(_environment: Environment) -> bool:
    return True


def _never(_environment: Environment) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Relaxation:
    """An input of which some values ask for what rules of the gate refuse."""

    unit: UnitName
    input: str
    when: Callable[[Any], bool]
    """Of its value."""
    rules: tuple[str, ...]
    addresses: tuple[str, ...]
    reason: str
    """What follows from it."""
    remedy: str = ""
    """The value that loses nothing, where a protected environment may not have this one."""
    loses: Callable[[Environment], bool] = _never
    """Whether data or identity may be lost by it."""
    where: Callable[[Environment], bool] = _always
    """In which environments the addresses are."""

    def path(self, environment: Environment) -> str:
        """Of the input, as the environment writes it: DNS at Cloudflare may be in one of two fields."""
        field, _, rest = self.input.partition(".")
        return f"{environment.dns_field}.{rest}" if field == "cloudflare_dns" else self.input

    def value(self, environment: Environment) -> Any:
        """Of the input; None where there is none."""
        value: Any = environment
        for name in self.path(environment).split("."):
            value = getattr(value, name, None)
        return value

    def applies(self, environment: Environment) -> bool:
        """Whether the environment asks for it."""
        value = self.value(environment)
        return value is not None and self.where(environment) and self.when(value)


def _off(value: object) -> bool:
    return value is False


def _on(value: object) -> bool:
    return value is True


def _none(value: object) -> bool:
    return not value


def _cache_carries_broker(environment: Environment) -> bool:
    """Whether tasks of Celery are in the cache's group."""
    return environment.redis is not None and environment.redis.cache_carries_tasks


def _postgresql(address: str, where: Callable[[Environment], bool]) -> tuple[Relaxation, ...]:
    """Of the instance and its replica."""
    rows: tuple[tuple[str, Callable[[Any], bool], tuple[str, ...], str], ...] = (
        ("auto_minor_version_upgrade", _off, ("CKV_AWS_226",), "somebody must follow the security fixes of PostgreSQL"),
        ("log_exports", _none, ("CKV_AWS_129", "protection/no-log"), "its logs stay in RDS, for three days"),
        ("monitoring_interval_seconds", _none, ("CKV_AWS_118",), "nothing measures its operating system"),
        ("performance_insights_days", _none, ("CKV_AWS_353",), "nothing records which queries take its time"),
    )
    return (
        *(Relaxation("postgresql", f"postgresql.{name}", when, rules, (address,), reason, where=where)
          for name, when, rules, reason in rows),
        Relaxation(
            "postgresql",
            "postgresql.deletion_protection",
            _off,
            ("CKV_AWS_293", "protection/deletion"),
            (address,),
            "one command deletes the database",
            "True",
            _always,
            where,
        ),
    )  # fmt: skip


def _primary(address: str, where: Callable[[Environment], bool]) -> tuple[Relaxation, ...]:
    """Of an instance that is no replica, beside those of `_postgresql`."""
    rows: tuple[tuple[str, Callable[[Any], bool], tuple[str, ...], str, str], ...] = (
        ("parameter_group_name", bool, ("CKV2_AWS_30",), "that group says which queries are logged", ""),
        ("multi_az", _off, ("CKV_AWS_157",), "it is down while its zone is", ""),
        (
            "backup_days",
            lambda days: 1 <= days < 7,
            ("protection/backups",),
            "a mistake that is found later cannot be undone",
            "",
        ),
        (
            "backup_days",
            _none,
            ("CKV_AWS_133", "protection/backups"),
            "nothing of the database can be restored",
            "1 or more",
        ),
        (
            "final_snapshot",
            _off,
            ("protection/final-snapshot",),
            "nothing of the database is left when it is deleted",
            "True",
        ),
    )
    return tuple(
        Relaxation(
            "postgresql",
            f"postgresql.{name}",
            when,
            rules,
            (address,),
            reason,
            remedy,
            _always if remedy else _never,
            where,
        )
        for name, when, rules, reason, remedy in rows
    )


def _has_first(environment: Environment) -> bool:
    restored = environment.postgresql.restored
    return restored is None or not restored.replaces_first


def _has_restored(environment: Environment) -> bool:
    return environment.postgresql.restored is not None


def _by_address(unit: Literal["postgresql", "redis"]) -> Relaxation:
    """Of a store that admits blocks."""
    return Relaxation(
        unit,
        f"{unit}.allowed_cidrs",
        bool,
        ("network/store-by-address",),
        (f"aws_vpc_security_group_ingress_rule.{unit}_from_*",),
        "whatever has an address there may knock",
    )


def _redis(name: str, address: str, carries_broker: Callable[[Environment], bool]) -> tuple[Relaxation, ...]:
    """Of a group. A cache alone can be filled again; the tasks in a broker are nowhere else."""
    final = ("protection/final-snapshot",)
    return (
        Relaxation(
            "redis", f"redis.{name}.multi_az", _off, ("CKV2_AWS_50",), (address,), "it is down while its zone is"
        ),
        Relaxation(
            "redis",
            f"redis.{name}.snapshot_days",
            _none,
            ("protection/backups", *final),
            (address,),
            "nothing of it can be restored",
            "1 or more",
            carries_broker,
        ),
        Relaxation(
            "redis",
            f"redis.{name}.final_snapshot",
            _off,
            final,
            (address,),
            "nothing of it is left when it is deleted",
            "True",
            carries_broker,
        ),
    )


def _without_dns(
    address: str, rules: tuple[str, ...], reason: str, where: Callable[[Environment], bool] = _always
) -> Relaxation:
    """Of what stands in for a name, which no protected environment does."""
    return Relaxation(
        "django-service", "dns", lambda dns: isinstance(dns, NoDnsInputs), rules, (address,), reason, where=where
    )


def _sidecars(field: str, address: str, when: Callable[[Any], bool]) -> Relaxation:
    """Of services with containers beside that of the application."""
    return Relaxation(
        "django-service",
        f"django_service.{field}",
        when,
        ("containers/foreign-image",),
        (f"aws_ecs_task_definition.{address}",),
        "a sidecar is of the image that the environment names",
    )


def _have_sidecars(services: Mapping[str, Any]) -> bool:
    return any(service and service.sidecars for service in services.values())


WEB_ACL = "CKV2_AWS_28"
"""The rule that asks for a web ACL in front of a load balancer that the internet reaches."""
_LOAD_BALANCER = "django_service.load_balancer"
_DISTRIBUTION = "aws_cloudfront_distribution.cloudfront"
_WILDCARD = "whoever has its key may be any name of that level, and ACM gives the key to nobody"
_PAST_CLOUDFLARE = "visitors reach the load balancer itself, past Cloudflare's protection"

RELAXATIONS: tuple[Relaxation, ...] = (
    _by_address("postgresql"),
    _by_address("redis"),
    *_postgresql("aws_db_instance.postgresql", _has_first),
    *_postgresql("aws_db_instance.postgresql_replica", lambda environment: environment.postgresql.read_replica),
    *_primary("aws_db_instance.postgresql", _has_first),
    *_postgresql("aws_db_instance.postgresql_restored", _has_restored),
    *_primary("aws_db_instance.postgresql_restored", _has_restored),
    *_redis("cache", "aws_elasticache_replication_group.redis", _cache_carries_broker),
    *_redis("broker", "aws_elasticache_replication_group.redis_broker", _always),
    Relaxation(
        "certificate",
        "certificate.subject_alternative_names",
        lambda names: any(name.startswith("*.") for name in names),
        ("CKV2_AWS_71",),
        ("aws_acm_certificate.certificate*",),
        _WILDCARD,
        where=lambda environment: environment.certificate.existing_arn is None,
    ),
    Relaxation(
        "certificate",
        "certificate.retiring",
        lambda retiring: any(name.startswith("*.") for name in retiring.subject_alternative_names),
        ("CKV2_AWS_71",),
        ("aws_acm_certificate.certificate*",),
        _WILDCARD,
    ),
    Relaxation(
        "django-service",
        "django_service.cluster.container_insights",
        lambda value: value == "disabled",
        ("CKV_AWS_65",),
        ("aws_ecs_cluster.cluster",),
        "nothing measures what tasks use of CPU and memory",
    ),
    Relaxation(
        "django-service",
        "django_service.runtime.execute_command",
        _on,
        ("containers/execute-command",),
        ("aws_ecs_service.*",),
        "whoever may call ECS gets a shell where the secrets are",
    ),
    Relaxation(
        "django-service",
        "django_service.session",
        bool,
        ("containers/writable",),
        ("aws_ecs_task_definition.session",),
        "the agent of ECS Exec writes to the root file system of the task that people enter, which serves nobody",
    ),
    Relaxation(
        "django-service",
        "django_service.psql_image",
        bool,
        ("containers/foreign-image",),
        ("aws_ecs_task_definition.task_init_database",),
        "psql is of the image that the environment names",
        where=lambda environment: environment.django_service.runs_psql,
    ),
    *(_sidecars(f"{name}.sidecars", f"{name}_task", bool) for name in ("web", "worker", "beat")),
    _sidecars("webs", "web_*_task", _have_sidecars),
    _sidecars("workers", "worker_*_task", _have_sidecars),
    Relaxation(
        "django-service",
        "django_service.runtime.read_only_root_filesystem",
        _off,
        ("containers/writable",),
        ("aws_ecs_task_definition.*",),
        "a task can alter its own files",
    ),
    Relaxation(
        "django-service",
        f"{_LOAD_BALANCER}.deletion_protection",
        _off,
        ("CKV_AWS_150", "protection/deletion"),
        ("aws_lb.load_balancer",),
        "one command deletes the load balancer and its address",
        "True",
        _always,
    ),
    Relaxation(
        "backup",
        "backup.force_destroy",
        _on,
        ("protection/force-destroy",),
        ("aws_backup_vault.backup_vault*",),
        "the backups go with what they are of",
        "False",
        _always,
    ),
    Relaxation(
        "django-service",
        f"{_LOAD_BALANCER}.delete_access_logs",
        _on,
        ("protection/force-destroy",),
        ("aws_s3_bucket.load_balancer_access_logs",),
        "the record of who asked for what goes with the bucket",
        "False",
        _always,
    ),
    Relaxation(
        "django-service",
        f"{_LOAD_BALANCER}.security_group_id",
        bool,
        (WEB_ACL,),
        ("aws_lb.load_balancer",),
        "Cloudflare or CloudFront stands in front, and that group says who else reaches the load balancer",
        where=lambda environment: environment.proxied and environment.web_acl is None,
    ),
    Relaxation(
        "django-service",
        f"{_LOAD_BALANCER}.web_acl.count_only",
        _on,
        ("CKV_AWS_192",),
        ("aws_wafv2_web_acl.web_acl",),
        "it counts, and blocks nothing",
    ),
    _without_dns(
        "aws_lb_listener.load_balancer_http",
        ("CKV_AWS_2", "CKV_AWS_103", "encryption/listener"),
        "nobody has a certificate for the load balancer's own name, so that CloudFront alone reaches it, over HTTP",
    ),
    _without_dns(
        "aws_lb_listener_rule.route_*",
        ("encryption/listener",),
        "CloudFront alone reaches the load balancer, over HTTP",
        lambda environment: bool(environment.django_service.further_webs),
    ),
    _without_dns("aws_lb.load_balancer", ("CKV2_AWS_20",), "CloudFront redirects visitors to HTTPS"),
    _without_dns(
        "aws_lb_target_group.load_balancer_target",
        ("CKV_AWS_378",),
        "TLS ends at CloudFront, and nothing after it has a certificate",
    ),
    _without_dns(
        _DISTRIBUTION,
        ("CKV_AWS_174", "CKV2_AWS_42"),
        "CloudFront's own name has its own certificate, with which visitors may choose TLS 1.0",
    ),
    # Found where the load balancer's name is known: from the second deployment on.
    _without_dns(
        _DISTRIBUTION,
        ("CKV2_AWS_72",),
        "nobody has a certificate for the load balancer's own name, so it is asked by HTTP",
    ),
    _without_dns(_DISTRIBUTION, ("CKV_AWS_86",), "the load balancer logs each request, since nothing is cached"),
    _without_dns(
        _DISTRIBUTION,
        ("CKV_AWS_68", "CKV2_AWS_47", "CKV_AWS_374"),
        "a first trial is for whoever knows its name, which is drawn",
    ),
    _without_dns(
        _DISTRIBUTION,
        ("CKV_AWS_305", "CKV_AWS_310", "CKV2_AWS_32"),
        "Django answers each request itself, with the headers that it sets",
    ),
    Relaxation(
        "cloudflare-dns",
        "cloudflare_dns.proxied",
        _off,
        ("cloudflare/unproxied",),
        ("cloudflare_dns_record.record",),
        _PAST_CLOUDFLARE,
        where=lambda environment: getattr(environment.dns_inputs, "record_type", "") in ADDRESSES,
    ),
    Relaxation(
        "cloudflare-dns",
        "cloudflare_dns.proxied",
        _off,
        ("cloudflare/unproxied",),
        ("cloudflare_dns_record.record_hostnames*",),
        _PAST_CLOUDFLARE,
        where=lambda environment: bool(environment.further_hostnames),
    ),
    Relaxation(
        "cloudflare-dns",
        "cloudflare_dns.further_records",
        lambda records: any(record.type in ADDRESSES for record in records),
        ("cloudflare/unproxied",),
        ("cloudflare_dns_record.record_further*",),
        "what they lead to is somewhere else, and reached without Cloudflare's protection",
    ),
    Relaxation(
        "cloudflare-dns",
        "cloudflare_dns.zone_settings.ssl",
        lambda ssl: ssl == "full",
        ("cloudflare/setting",),
        ("cloudflare_zone_setting.zone_ssl",),
        "Cloudflare takes any certificate that an origin shows",
    ),
    Relaxation(
        "cloudflare-dns",
        "cloudflare_dns.zone_settings.always_use_https",
        _off,
        ("cloudflare/setting",),
        ("cloudflare_zone_setting.zone_always_use_https",),
        "what arrives by HTTP is redirected by the load balancer alone",
    ),
    Relaxation(
        "cloudflare-dns",
        "cloudflare_dns.rate_limits",
        lambda limits: any(limit.whole_zone for limit in limits.values()),
        ("cloudflare/other-hostnames",),
        ("cloudflare_ruleset.rate_limits",),
        "it applies to every hostname of the zone, since the plan free cannot limit by hostname",
    ),
)


# What the gate finds where something may be lost, with what no input asks for.
LOSS_RULES = frozenset(rule for row in RELAXATIONS if row.loses is not _never for rule in row.rules) | {
    "protection/recovery-window",
    "protection/key-window",
}


def losses(environment: Environment) -> Iterator[Problem]:
    """What a protected environment asks for, by which it may lose what it holds."""
    seen = set()
    for each in RELAXATIONS if environment.protected else ():
        if each.input not in seen and each.loses(environment) and each.applies(environment):
            seen.add(each.input)
            what = f"is {show(each.value(environment))} in a protected environment, and {each.reason}"
            yield Problem(each.path(environment), what, f"set it to {each.remedy}, or protected to False")
    if environment.protected:
        remedy = "remove the entry, or set protected to False"
        for index, finding in enumerate(environment.accepted_findings):
            if finding.rule in LOSS_RULES:
                what = f"{finding.rule} is a loss, which no protected environment accepts"
                yield Problem(f"accepted_findings[{index}].rule", what, remedy)
        for index, override in enumerate(environment.overrides):
            if why := loss(override.argument, override.value):
                what = f"{override.argument} is {show(override.value)} in a protected environment, and {why}"
                yield Problem(f"overrides[{index}].value", what, remedy)


def accepted(environment: Environment, unit: str) -> list[Mapping[str, str]]:
    """The findings that the gate lets pass in a unit: `rule`, `address` and `reason`, and the `input` that asks."""
    found: list[Mapping[str, str]] = [
        {
            "rule": rule,
            "address": address,
            "input": each.path(environment),
            "reason": f"{each.path(environment)} is {show(each.value(environment))}: {each.reason}",
        }
        for each in RELAXATIONS
        if each.unit == unit and each.applies(environment)
        for address in each.addresses
        for rule in each.rules
    ]
    return found + [
        {"rule": each.rule, "address": each.address, "reason": each.reason}
        for each in environment.accepted_findings
        if each.unit == unit
    ]
