"""What an environment is made of, and the rules between its parts. Standard library only: it loads in milliseconds."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields, replace
from fnmatch import fnmatchcase
from ipaddress import IPv4Network
from typing import Literal, get_args

from modules import credentials, dns, rules
from modules.alerts.inputs import AlertsInputs, Topic, topic_arn
from modules.backup.inputs import BackupInputs
from modules.certificate.inputs import MAX_FIRST_NAME, CertificateInputs
from modules.cloudflare_dns.inputs import CloudflareDnsInputs
from modules.cloudflare_dns.origin_pulls_inputs import AuthenticatedOriginPullsInputs
from modules.cloudfront.inputs import FORWARDED_PROTO, NoDnsInputs
from modules.dns import HostnameInputs, Zone
from modules.external_dns.inputs import ExternalDnsInputs
from modules.fargate_service.autoscaling_inputs import WorkerAutoscalingInputs
from modules.iam import LONGEST_POLICY
from modules.load_balancer.inputs import LoadBalancerInputs
from modules.network.inputs import ExistingNetworkInputs, NetworkInputs
from modules.observability.inputs import ObservabilityInputs
from modules.observability.instance_class import memory_gib
from modules.postgresql.inputs import PostgreSQLInputs
from modules.postgresql.source_inputs import PointInTimeInputs
from modules.rds_authorities.authorities import published
from modules.redis.inputs import RedisInputs
from modules.route53_dns.inputs import Route53DnsInputs
from modules.task_definition.environment import reserved_rules
from modules.task_definition.inputs import secret_characters, statement_characters
from modules.task_definition.secret import Secret
from modules.validation import InvalidInput, Problem, inputs, show
from modules.web_acl.inputs import WebAclInputs
from stacks.config import findings, given_names
from stacks.config.application_inputs import field_of, job_task
from stacks.config.bootstrap import BootstrapInputs
from stacks.config.django_service import LONGEST_HOSTS, DjangoServiceInputs
from stacks.config.findings import AcceptedFinding, UnitName
from stacks.config.names import HOSTS_OF_REDIS, OF_CLOUDFRONT, OF_PASSWORDS, OF_REDIS, again_rules, values_in
from stacks.config.overrides import Override
from stacks.config.providers import OF_HOSTNAMES, ProvidersInputs
from stacks.config.routes import host_rules

NAME = re.compile(r"(?=.{2,28}\Z)[a-z](?:-?[a-z0-9])+")
RESERVED_NAMES = frozenset({"all", "build", "true", "false", "yes", "no", "on", "off", "null"})
"""Those of a choice and a job in .github/workflows/deploy.yml, and what YAML 1.1 reads as no text: https://yaml.org/type"""
TAG_CHARACTERS = "letters, digits, spaces and _ . : / = + - @"
TAG = re.compile(r"[\w .:/=+@-]+")
_COMMERCIAL = "choose a commercial region"
_SAME_REGION = "give a key of the same region"
STANDARD_TAGS = ("Project", "Environment", "Owner", "Confidentiality", "ManagedBy")
OF_MODULES = ("Name", "Tier")
# https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html
_POLICY = re.compile(
    r"arn:aws:iam::([0-9]{12}|aws):policy(?P<path>/(?:(?!\.+/)[\w+=,.@-]+/)*)(?!\.+\Z)[\w+=,.@-]{1,128}", re.ASCII
)


# What the boundary of all roles has left for what an environment adds.
BOUNDARY_ROOM = LONGEST_POLICY - 3_072
# What it needs beside that where schedules start jobs.
OF_SCHEDULES = 896
# And where tasks mount volumes.
OF_VOLUMES = 224
# And where channels read alarms.
OF_CHAT = 224

# And where AWS Backup acts for the environment.
OF_BACKUP = 768

# What policies have room for of a key, and of a value, by which they tell resources.
IDENTITY_ROOM = 48

# Beside that of the listener itself:
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
LISTENER_CERTIFICATES = 25

DnsInputs = CloudflareDnsInputs | Route53DnsInputs | ExternalDnsInputs | NoDnsInputs
_KINDS_OF_DNS = "give CloudflareDnsInputs, Route53DnsInputs, ExternalDnsInputs or NoDnsInputs, as docs/dns.md says"
_UNITS_OF_DNS: Mapping[type, UnitName] = {
    CloudflareDnsInputs: "cloudflare-dns",
    Route53DnsInputs: "route53-dns",
    ExternalDnsInputs: "external-dns",
}

# Directories of the project that are no place for a state.
DIRECTORIES = ("app", "benchmarks", "cli", "docs", "lazy_providers", "modules", "node_modules", "stacks", "tests")


@inputs
class S3State:
    """State in S3: encrypted, locked by a native lock file, at `<project>/<environment>/<unit>/terraform.tfstate`."""

    bucket: str
    region: str | None = None
    """None: the environment's region."""
    kms_key_arn: str | None = None
    """None: encrypted with the key of the bucket."""

    def rules(self) -> Iterator[Problem]:
        yield from rules.bucket_name("bucket", self.bucket)
        if self.region is not None and not rules.REGION.fullmatch(self.region):
            yield Problem("region", f"{show(self.region)} is no region", 'write it as "us-east-1"')
        yield from rules.kms_key("kms_key_arn", self.kms_key_arn)


@inputs
class LocalState:
    """State in a directory of this project, for a first try without an account. Nothing locks it between machines.

    Only where `protected` is False: nobody else has it, and it is gone with the directory.
    """

    directory: str = "state"
    """A new one, outside of what git tracks."""

    def rules(self) -> Iterator[Problem]:
        if not re.fullmatch(r"[A-Za-z0-9_-]+", self.directory):
            yield Problem("directory", f"{show(self.directory)} is no plain name", "name a directory of the project")
        elif self.directory in DIRECTORIES:
            what = f"{self.directory} is part of the project's source"
            yield Problem("directory", what, 'name a directory of its own, as "state"')


@inputs
class Environment:
    """One environment: every value in which it may differ from another. Defaults are right for production."""

    name: str
    """Opens the name of every unit: 2 to 28 of a-z, 0-9, hyphen, as short as names in AWS ask for; the name of its
    file."""
    account_id: str
    """The only AWS account that its units may touch."""
    state: S3State | LocalState
    network: NetworkInputs | ExistingNetworkInputs
    postgresql: PostgreSQLInputs
    redis: RedisInputs | None
    """None: no Redis. A worker then has the broker that its application chooses, as the database or SQS."""
    certificate: CertificateInputs
    django_service: DjangoServiceInputs
    dns: DnsInputs | None = None
    """Where the names of the service are, and who makes their records: docs/dns.md."""
    alerts: AlertsInputs | None = None
    """Who is told when something goes wrong: docs/alerts.md. None: nobody."""
    observability: ObservabilityInputs | None = None
    """Alarms on everything that it has, and a dashboard: docs/alarms.md. Needs `alerts`. None: none of them."""
    backup: BackupInputs | None = None
    """Daily backups by AWS Backup, in a vault apart from the stores, with copies elsewhere: docs/backup.md. None: those
    alone that RDS and ElastiCache make themselves."""
    cloudflare_dns: CloudflareDnsInputs | None = None
    """The same as `dns`, for DNS at Cloudflare. One of the two is given."""
    bootstrap: BootstrapInputs = BootstrapInputs()
    providers: ProvidersInputs = ProvidersInputs()
    project: str = "django"
    """Opens the name of every resource, with the environment's: 2 to 28 of a-z, 0-9, hyphen. With a hyphen between them
    the two may have 26 characters in any region, and up to 31 where the region has a short name and Redis neither a
    broker of its own nor users."""
    region: str = "us-east-1"
    protected: bool = True
    """Whether a deployment asks for the environment's name first, `make destroy` refuses, and no input may let what it
    holds be lost or deleted."""
    confidentiality: Literal["internal", "restricted", "confidential", "secret"] = "confidential"
    owner: str = "platform-team"
    tags: Mapping[str, str] | None = None
    """Tags of its own, beside Project, Environment, Owner, Confidentiality and ManagedBy."""
    tag_keys: Mapping[str, str] | None = None
    """Other keys of those five, as a tag policy names them: `{"Environment": "Stage"}`. Roles tell resources by the
    first two: docs/environments.md says how they change where something is deployed."""
    tag_values: Mapping[str, str] | None = None
    """Other values of those five, by the same names: `{"Environment": "production", "ManagedBy": "terraform"}`."""
    permissions_boundary: str | None = None
    """The ARN of a managed policy that exists, which all roles that are made here bear, those of bootstrap too, because
    the account asks for it. It takes the place of the boundary that bootstrap makes.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html"""
    accepted_findings: tuple[AcceptedFinding, ...] = ()
    """What the gate finds here and is right, beside what follows from other inputs. One that matches nothing is
    refused."""
    overrides: tuple[Override, ...] = ()
    """Arguments of single resources that no input reaches, set after everything else. One that matches nothing is
    refused."""

    @property
    def prefix(self) -> str:
        """Opens the name of every AWS resource: `django-prod`."""
        return f"{self.project}-{self.name}"

    @property
    def state_folder(self) -> str:
        """Opens the key of every state: `django/prod`."""
        return f"{self.project}/{self.name}"

    @property
    def cluster_name(self) -> str:
        """The ECS cluster that its services and tasks run in."""
        cluster = self.django_service.cluster
        return cluster.existing_name or cluster.name or self.prefix

    @property
    def database_identifier(self) -> str:
        """That of the instance of PostgreSQL; its replica's ends with `-replica`."""
        return self.postgresql.identifier or f"{self.prefix}-postgresql"

    @property
    def load_balancer_name(self) -> str:
        """That of the load balancer."""
        return self.django_service.load_balancer.name or self.prefix

    @property
    def access_log_bucket(self) -> str:
        """The bucket of its access logs."""
        given = self.django_service.load_balancer.access_log_bucket
        return given or f"{self.prefix}-alb-logs-{self.account_id}-{self.region}"

    def log_group(self, task: str) -> str:
        """The log group of a service, a one-off task or a job."""
        return self.django_service.runtime.log_group(self.prefix, task)

    @property
    def units(self) -> tuple[str, ...]:
        """The names of its units, in the order in which they are deployed."""
        left_out = {*_UNITS_OF_DNS.values()} - {self.dns_unit} | (set() if self.redis else {"redis"})
        left_out |= {"certificate"} if self.is_behind_cloudfront else set()
        left_out |= set() if self.alerts else {"alerts"}
        left_out |= set() if self.backup else {"backup"}
        left_out |= set() if self.observability else {"observability"}
        return tuple(unit for unit in get_args(UnitName) if unit not in left_out)

    @property
    def all_tags(self) -> dict[str, str]:
        """What every AWS resource bears."""
        return {**self._standard_tags, **(self.tags or {})}

    @property
    def identity_tags(self) -> dict[str, str]:
        """Those of them by which permissions tell its resources from all others: Project's, then Environment's."""
        return dict([*self._standard_tags.items()][:2])

    @property
    def _standard_tags(self) -> dict[str, str]:
        """The standard tags, in their order."""
        values = (self.project, self.name, self.owner, self.confidentiality, "cdktf")
        keys, given = self.tag_keys or {}, self.tag_values or {}
        return {keys.get(tag, tag): given.get(tag, value) for tag, value in zip(STANDARD_TAGS, values, strict=True)}

    @property
    def dns_inputs(self) -> DnsInputs:
        """Of whatever kind, for the unit of that kind; all others read the properties below.

        Raises InvalidInput where there is none.
        """
        found = self.cloudflare_dns or self.dns
        if found is None:
            raise InvalidInput("dns", "is missing", _KINDS_OF_DNS)
        return found

    @property
    def dns_field(self) -> str:
        """The field that has them: "dns", or "cloudflare_dns"."""
        return "dns" if self.cloudflare_dns is None else "cloudflare_dns"

    @property
    def dns_unit(self) -> UnitName | None:
        """The name of the unit that makes the records; None without DNS."""
        return _UNITS_OF_DNS.get(type(self.dns_inputs))

    @property
    def is_behind_cloudfront(self) -> bool:
        """Whether there is no DNS, so that visitors come by the name that CloudFront draws."""
        return isinstance(self.dns_inputs, NoDnsInputs)

    @property
    def forwarded_proto(self) -> str:
        """The header by which tasks are told whether a visitor came over HTTPS."""
        return FORWARDED_PROTO if self.is_behind_cloudfront else "X-Forwarded-Proto"

    @property
    def zone(self) -> Zone | None:
        """Where the record of the hostname is made; None where somebody else makes it."""
        return self.dns_inputs.zone

    @property
    def records_elsewhere(self) -> tuple[str, ...]:
        """The records that somebody else makes, as far as they are known before a deployment."""
        if self.zone is not None or self.is_behind_cloudfront:
            return ()
        names = () if self.certificate.existing_arn else self.hostnames
        return (
            *(f"{name} CNAME (the load balancer's name)" for name in self.hostnames),
            *(f"_….{name} CNAME (as ACM asks)" for name in names),
        )

    @property
    def hosted_zones(self) -> dict[str, str]:
        """The names of the zones of Route 53 in which records are made, by their ids."""
        return self.zones if self.zone and self.zone.provider == "route53" else {}

    @property
    def zones(self) -> dict[str, str]:
        """The names of the zones in which records are made, by their ids."""
        zone = self.zone
        if zone is None:
            return {}
        others = {str(each.zone_id): str(each.zone_name) for each in self.further_hostnames if each.zone_id}
        return {**others, zone.id: zone.name}

    @property
    def hostname(self) -> str:
        """The main name of the service; empty where CloudFront draws it."""
        return str(self.dns_inputs.hostname)

    @property
    def further_hostnames(self) -> tuple[HostnameInputs, ...]:
        """Its other names."""
        return self.dns_inputs.further_hostnames

    @property
    def hostnames(self) -> tuple[str, ...]:
        """All names of the service, the main one first."""
        return tuple(filter(None, (self.hostname, *(str(each.hostname) for each in self.further_hostnames))))

    @property
    def allowed_hosts(self) -> tuple[str, ...]:
        """The names that Django answers: those that the load balancer redirects never reach it.

        The django-service unit adds that which CloudFront draws.
        """
        answered = (str(each.hostname) for each in self.further_hostnames if not each.redirect)
        return tuple(filter(None, (self.hostname, *answered, *self.django_service.additional_allowed_hosts)))

    @property
    def proxied(self) -> bool:
        """Whether visitors come through Cloudflare or CloudFront, and nobody else reaches the load balancer."""
        return self.dns_inputs.proxied

    @property
    def authenticated_origin_pulls(self) -> AuthenticatedOriginPullsInputs | None:
        """By which certificate the load balancer knows Cloudflare; None where it does not."""
        found = self.dns_inputs
        return found.authenticated_origin_pulls if isinstance(found, CloudflareDnsInputs) else None

    @property
    def web_acl(self) -> WebAclInputs | None:
        """The web ACL in front of the load balancer, which it has by default where nothing else stands in front."""
        balancer = self.django_service.load_balancer
        if balancer.web_acl == "none":
            return None
        return balancer.web_acl or (None if self.proxied or balancer.internal else WebAclInputs())

    @property
    def client_ip_header(self) -> str | None:
        """The header in which a proxy in front gives the address of the visitor; None where there is no such proxy."""
        given = self.web_acl.client_ip_header if self.web_acl else None
        # https://developers.cloudflare.com/fundamentals/reference/http-headers/#cf-connecting-ip
        return given or ("CF-Connecting-IP" if self.proxied and not self.is_behind_cloudfront else None)

    @property
    def url(self) -> str:
        """Where the service answers; empty where CloudFront draws its name, which is an output of django-service."""
        return f"https://{self.hostname}" if self.hostname else ""

    @property
    def topic_arns(self) -> dict[Topic, str]:
        """The topics of its alerts, as they are known before there are any; none without alerts."""
        names: tuple[Topic, ...] = get_args(Topic) if self.alerts else ()
        place = {"prefix": self.prefix, "region": self.region, "account_id": self.account_id}
        return {name: topic_arn(name, **place) for name in names}

    @property
    def has_chat(self) -> bool:
        """Whether channels of Slack or Teams are told."""
        return self.alerts is not None and bool(self.alerts.chat)

    @property
    def permissions_boundary_arn(self) -> str | None:
        """The policy that every role of the units bears: the given one, or that of `make bootstrap`; None for none."""
        if self.permissions_boundary:
            return self.permissions_boundary
        github = self.bootstrap.github
        if github is None or not github.permissions_boundary:
            return None
        return f"arn:aws:iam::{self.account_id}:policy/bootstrap/{self.prefix}-boundary"

    def rules(self) -> Iterator[Problem]:
        if self.dns is None and self.cloudflare_dns is None:
            yield Problem("dns", "is missing", _KINDS_OF_DNS)
            return
        if self.dns is not None and self.cloudflare_dns is not None:
            yield Problem("dns", "is given beside cloudflare_dns, which is the same", "remove one of them")
            return
        yield from self._name_rules()
        yield from given_names.rules(self)
        yield from self._account_rules()
        yield from self._place_rules()
        yield from self._draining_rules()
        yield from self._alerts_rules()
        yield from self._observability_rules()
        yield from self._backup_rules()
        yield from self._boundary_rules()
        yield from self._zone_rules()
        yield from self._cloudfront_rules()
        yield from self._vpc_rules()
        yield from self._load_balancer_rules()
        yield from self._web_acl_rules()
        yield from self._origin_pull_rules()
        yield from self._authority_rules()
        yield from self._isolation_rules()
        yield from self._certificate_rules()
        yield from self._host_rules()
        yield from host_rules(self)
        yield from self._database_rules()
        yield from self._user_rules()
        yield from self._variable_rules()
        yield from self._tag_rules()
        yield from self._finding_rules()
        yield from self._override_rules()
        yield from findings.losses(self)

    def _cloudfront_rules(self) -> Iterator[Problem]:
        """What goes without DNS, and what has no effect there."""
        if not self.is_behind_cloudfront:
            return
        if self.protected:
            what = "is NoDnsInputs in a protected environment, and requests cross to the load balancer over plain HTTP"
            yield Problem("dns", what, "give a kind that has a name, or set protected to False")
        for each in fields(self.certificate):
            if getattr(self.certificate, each.name) != each.default:
                yield Problem(f"certificate.{each.name}", "has no effect without DNS", "remove it, or give another dns")
        balancer, path = self.django_service.load_balancer, "django_service.load_balancer"
        if balancer.ssl_policy != LoadBalancerInputs().ssl_policy:
            yield Problem(f"{path}.ssl_policy", "has no effect without DNS", "remove it, or give another dns")
        if balancer.internal:
            yield Problem(f"{path}.internal", "CloudFront reaches no private address", "set it to False")
        if balancer.ip_address_type != "ipv4":
            yield Problem(f"{path}.ip_address_type", "CloudFront asks it by IPv4", 'use "ipv4": visitors have IPv6 too')
        if balancer.allowed_cidrs:
            yield Problem(f"{path}.allowed_cidrs", "CloudFront admits everybody", "remove them, or give another dns")

    def _name_rules(self) -> Iterator[Problem]:
        for field in ("name", "project"):
            if not NAME.fullmatch(getattr(self, field)):
                text = f"{show(getattr(self, field))} is no name"
                yield Problem(field, text, "use 2 to 28 of a-z, 0-9 and single hyphens, a letter first")
        if self.name in RESERVED_NAMES:
            yield Problem("name", f"{self.name} is a word of the workflows or of YAML", "choose another name")
        # Those of load balancers end at 32, which the bucket leaves no prefix to reach; all others have more room.
        for kind, name, most in self._limited_names():
            if len(name) > most:
                what = f"the name of the {kind}, {show(name)}, has {len(name)} characters, and AWS takes {most}"
                yield Problem("project", what, f"shorten project or name by {len(name) - most}")
        # https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html
        balancer = self.django_service.load_balancer
        if balancer.name is None and self.prefix.startswith("internal-"):
            yield Problem("project", "no load balancer may be named internal-something", "choose another name")
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
        for reserved in ("sthree-", "amzn-s3-demo-"):
            if balancer.access_log_bucket is None and self.prefix.startswith(reserved):
                what = f"no bucket may be named {reserved}something, and that of the access logs would be"
                yield Problem("project", what, "choose another name")

    def _limited_names(self) -> Iterator[tuple[str, str, int]]:
        """The longest names of each kind that has little room for the prefix, and how long AWS lets them be."""
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
        if self.django_service.load_balancer.access_log_bucket is None:
            yield "bucket of access logs", self.access_log_bucket, 63
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
        service = self.django_service
        jobs = map(job_task, service.application.jobs or {})
        task = max((*service.tasks, *service.services, *jobs), key=len)
        yield "execution role", f"{self.prefix}-{task}-execution", 64
        # https://docs.aws.amazon.com/aws-backup/latest/devguide/API_CreateBackupVault.html
        if self.backup:
            yield "backup vault", f"{self.prefix}-backup", 50
        # https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CreateReplicationGroup.html
        if self.redis and self.redis.broker and self.redis.broker.replication_group_id is None:
            yield "broker's replication group", f"{self.prefix}-redis-broker", 40
        # https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CreateUser.html
        if self.redis and self.redis.has_users:
            yield "user of Redis", f"{self.prefix}-redis-default", 40

    def _account_rules(self) -> Iterator[Problem]:
        if not rules.ACCOUNT_ID.fullmatch(self.account_id):
            yield Problem("account_id", f"{show(self.account_id)} is no AWS account id", "write its 12 digits")
        if not rules.REGION.fullmatch(self.region):
            yield Problem("region", f"{show(self.region)} is no region", 'write it as "us-east-1"')
        elif not _commercial(self.region):
            yield Problem("region", f"{self.region} is outside of the partition aws", _COMMERCIAL)

    def _place_rules(self) -> Iterator[Problem]:
        # No key works in another region; those of secrets are used in the region of the tasks.
        # https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstanceReadReplica.html
        for field, arn in self._kms_keys():
            if arn is not None and (of := arn.split(":")[3]) != self.region:
                yield Problem(field, f"the key is of {of}, the environment of {self.region}", _SAME_REGION)
        state = self.state
        if isinstance(state, LocalState) and self.protected:
            what = "a state on one machine is lost with it, and the environment is protected"
            yield Problem("state", what, "use S3State, or set protected=False")
        elif isinstance(state, S3State):
            region = state.region or self.region
            if not _commercial(region):
                yield Problem("state.region", f"{region} is outside of the partition aws", _COMMERCIAL)
            elif state.kms_key_arn is not None and (of := state.kms_key_arn.split(":")[3]) != region:
                yield Problem("state.kms_key_arn", f"the key is of {of}, the bucket of {region}", _SAME_REGION)
        place = self.django_service.cluster.existing_place
        if place not in (None, (self.region, self.account_id)):
            what = f"the cluster is not of {self.region} in {self.account_id}"
            yield Problem("django_service.cluster.existing", what, "name one of this account and region")
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
        role = self.django_service.runtime.task_role_arn
        if role is not None and not role.startswith(f"arn:aws:iam::{self.account_id}:"):
            what = f"{show(role)} is of another account, and ECS takes roles of {self.account_id} only"
            remedy = "give a role of this account, which may assume the other"
            yield Problem("django_service.runtime.task_role_arn", what, remedy)
        # https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CreateReplicationGroup.html
        topic = self.redis.notification_topic_arn if self.redis else None
        if topic is not None and topic.split(":")[4] != self.account_id:
            what = f"{show(topic)} is of another account than Redis"
            yield Problem("redis.notification_topic_arn", what, f"give a topic of {self.account_id}")

    def _draining_rules(self) -> Iterator[Problem]:
        if self.redis is None or not self.redis.draining_broker:
            return
        for name, service in self.django_service.services.items():
            scaling = service.autoscaling
            if not isinstance(scaling, WorkerAutoscalingInputs):
                continue
            field = f"django_service.{field_of(name)}.autoscaling"
            until = "until redis.draining_broker is removed"
            if scaling.sleeps:
                what = "would sleep by the length of the new queue, while it empties the old one"
                yield Problem(f"{field}.min_count", what, f"choose 1 or more, in its schedule too, {until}")
            what = "would count the new queue, while the worker empties the old one"
            if scaling.queue_length_per_task is not None:
                yield Problem(f"{field}.queue_length_per_task", what, f"set it to None {until}")
            if scaling.queue_steps:
                yield Problem(f"{field}.queue_steps", what, f"leave them out, and scale by cpu_percent, {until}")

    def _alerts_rules(self) -> Iterator[Problem]:
        # https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/ElastiCacheSNS.html
        if self.redis and self.redis.notification_topic_arn in self.topic_arns.values():
            what = "is a topic of alerts, which are encrypted, and ElastiCache sends nothing to such a topic"
            yield Problem("redis.notification_topic_arn", what, "give one of your own without encryption, or remove it")

    def _observability_rules(self) -> Iterator[Problem]:
        if self.observability is None:
            return
        if self.alerts is None:
            yield Problem("observability", "its alarms would tell nobody", "add alerts=AlertsInputs(...)")
        classes = {self.postgresql.instance_class, self.postgresql.replica_instance_class} - {None}
        unknown = [each for each in sorted(map(str, classes)) if memory_gib(each) is None]
        given = self.observability.database_memory_gib is not None
        for each in () if given else unknown:
            what = f"{each} is not known here, and the thresholds of the database follow from its memory"
            yield Problem("observability.database_memory_gib", what, "give its memory in GiB")
        if given and not unknown:
            what = f"has no effect: the memory of {' and '.join(sorted(map(str, classes)))} is known"
            yield Problem("observability.database_memory_gib", what, "remove it")

    def _backup_rules(self) -> Iterator[Problem]:
        if self.backup is None:
            return
        daily = rules.daily_window(self.postgresql.backup_window)
        weekly = rules.weekly_window(self.postgresql.maintenance_window)
        for field, window in (("backup_window", daily), ("maintenance_window", weekly)):
            if window and self.backup.meets(window):
                what = f"RDS makes none in postgresql.{field}, {getattr(self.postgresql, field)}, and the hour before"
                yield Problem("backup.daily_at", what, "choose a time apart from it, with start_minutes")
        yield from self._copy_rules(self.backup)

    def _copy_rules(self, inputs: BackupInputs) -> Iterator[Problem]:
        if self.region in inputs.retiring_regions:
            yield Problem("backup.retiring_regions", "names the region of the environment itself", "remove it")
        for index, each in enumerate(inputs.copies):
            field = f"backup.copies[{index}]"
            if each.region == self.region:
                yield Problem(f"{field}.region", "is the region of the environment itself", "choose another one")
            if each.vault_arn is None:
                continue
            if each.name == self.account_id:
                yield Problem(f"{field}.vault_arn", "is a vault of this account", "give a region instead")
            # https://docs.aws.amazon.com/aws-backup/latest/devguide/create-cross-account-backup.html
            if self.postgresql.kms_key_arn is None:
                what = "the database has AWS's key (aws/rds), and no other account reads what that encrypts"
                remedy = "give postgresql.kms_key_arn to a new database, or copy to a region of this account"
                yield Problem(f"{field}.vault_arn", what, remedy)
            if self.django_service.volumes and inputs.kms_key_arn is None:
                what = "the vault has AWS's key (aws/backup), and no other account reads what that encrypts"
                yield Problem(f"{field}.vault_arn", what, "give backup.kms_key_arn")

    def _boundary_rules(self) -> Iterator[Problem]:
        given = self.permissions_boundary
        if given is not None:
            found = _POLICY.fullmatch(given)
            if not found or len(found["path"]) > 512 or found[1] not in ("aws", self.account_id):
                what = f"{show(given)} is no managed policy of {self.account_id}"
                remedy = f"give it as arn:aws:iam::{self.account_id}:policy/<path and name>"
                yield Problem("permissions_boundary", what, remedy)
        if given is not None or self.permissions_boundary_arn is None:
            return
        runtime, state = self.django_service.runtime, self.state
        keys = {key for _, key in self._kms_keys() if key} - {*runtime.secret_kms_key_arns}
        if isinstance(state, S3State) and state.kms_key_arn:
            keys.add(state.kms_key_arn)
        # Each statement has a Sid there, and each item quotes and a comma.
        statements = self.django_service.all_iam_statements
        added = statement_characters(statements) + len(statements) * len('"Sid":"Runtime999",')
        secrets = secret_characters(self.django_service.all_secrets.values(), runtime.secret_kms_key_arns)
        image = self.django_service.image
        registry = len(image.credentials_secret_arn or "") + 3 if image else 0
        of_schedules = OF_SCHEDULES + len(runtime.task_role_arn or "") if self.django_service.scheduled else 0
        images = sum(len(arn) + 3 for arn in self.django_service.third_repository_arns)
        size = added + secrets + registry + images + sum(len(key) + 3 for key in keys)
        of_volumes = OF_VOLUMES if self.django_service.volumes else 0
        of_chat = OF_CHAT if self.has_chat else 0
        of_backup = OF_BACKUP if self.backup else 0
        size += given_names.characters(self)
        if size > (room := BOUNDARY_ROOM - of_schedules - of_volumes - of_chat - of_backup):
            what = f"statements, secrets and keys take {size:,} characters of {room:,} in the boundary"
            remedy = "name fewer of them, or set bootstrap.github.permissions_boundary to False"
            yield Problem("django_service.runtime", what, remedy)

    def _kms_keys(self) -> Iterator[tuple[str, str | None]]:
        """The customer-managed keys by their fields, without that of the state."""
        repository, service = self.bootstrap.ecr_repository, self.django_service
        yield "bootstrap.ecr_repository.kms_key_arn", repository.kms_key_arn if repository else None
        yield "postgresql.kms_key_arn", self.postgresql.kms_key_arn
        yield "postgresql.master_secret_kms_key_arn", self.postgresql.master_secret_kms_key_arn
        yield "redis.kms_key_arn", self.redis.kms_key_arn if self.redis else None
        yield "django_service.secret_key.kms_key_arn", service.secret_key.kms_key_arn
        yield "django_service.runtime.log_kms_key_arn", service.runtime.log_kms_key_arn
        for arn in service.runtime.secret_kms_key_arns:
            yield "django_service.runtime.secret_kms_key_arns", arn
        for name, volume in (service.volumes or {}).items():
            yield f"django_service.volumes[{show(name)}].kms_key_arn", volume.kms_key_arn
        yield "backup.kms_key_arn", self.backup.kms_key_arn if self.backup else None

    def _certificate_rules(self) -> Iterator[Problem]:
        arn = self.certificate.existing_arn
        if arn is not None and arn.split(":")[3] != self.region:
            what = f"the certificate is of {show(arn.split(':')[3])}, the load balancer of {self.region}"
            yield Problem("certificate.existing_arn", what, "give a certificate of the same region")
        # https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Certificate.html
        if arn is not None and (of := arn.split(":")[4]) != self.account_id:
            what = f"the certificate is of the account {of}, the load balancer of {self.account_id}"
            yield Problem("certificate.existing_arn", what, "give a certificate of the same account")
        zone_name = self.zone.name if self.zone else None
        for problem in self.certificate.rules_of(hostname=self.hostname, zone_name=zone_name):
            yield Problem(f"certificate.{problem.field}", problem.what, problem.remedy)
        if self.zone and arn is None:
            records = getattr(self.dns_inputs, "further_records", ())
            names = (*self.hostnames, *self.certificate.subject_alternative_names)
            for problem in (
                *dns.issue_rules(self.zone.name, records, names),
                *dns.delegation_rules(self.zone.name, records, self.certificate.subject_alternative_names),
            ):
                yield Problem(f"{self.dns_field}.{problem.field}", problem.what, problem.remedy)
        requested = () if self.certificate.existing_arn else self.further_hostnames
        if len(requested) > LISTENER_CERTIFICATES:
            what = f"{len(requested)} have a certificate each, and a load balancer takes {LISTENER_CERTIFICATES}"
            remedy = f"keep to {LISTENER_CERTIFICATES}, or give certificate.existing_arn with all names"
            yield Problem(f"{self.dns_field}.further_hostnames", what, remedy)
        for index, each in enumerate(requested):
            if len(each.hostname) > MAX_FIRST_NAME:
                what = f"ACM requests no certificate for a name of {len(each.hostname)} characters"
                remedy = f"shorten it to {MAX_FIRST_NAME}, or give certificate.existing_arn"
                yield Problem(f"{self.dns_field}.further_hostnames[{index}].hostname", what, remedy)
        alternative = replace(self.certificate, retiring=None).validated_names(self.hostname) - {self.hostname}
        for name in sorted(alternative.intersection(self.hostnames[1:])):
            what = f"{show(name)} is a further hostname, which has a certificate of its own"
            yield Problem("certificate.subject_alternative_names", what, "remove it, and a wildcard of it")

    def _database_rules(self) -> Iterator[Problem]:
        inputs = self.postgresql
        source = inputs.source
        if isinstance(source, PointInTimeInputs) and source.instance == inputs.instances(self.prefix).get("postgresql"):
            what = f"{show(source.instance)} is the instance itself, which would have to be there before it is made"
            yield Problem("postgresql.source.instance", what, "name another instance, or use restored for a second one")
        if inputs.former_owner in (self.django_service.app_user, self.django_service.migration_user):
            what = f"{inputs.former_owner} is a user of django_service, none of which owns tables"
            yield Problem("postgresql.source.owner", what, "choose another name for that user")

    def _user_rules(self) -> Iterator[Problem]:
        for field in ("app_user", "migration_user"):
            if getattr(self.django_service, field) == self.postgresql.master_username:
                what = "is postgresql.master_username too, who may do anything"
                yield Problem(f"django_service.{field}", what, "choose another name")

    def _host_rules(self) -> Iterator[Problem]:
        further = set(self.allowed_hosts) - {*self.django_service.additional_allowed_hosts}
        size = len(",".join(dict.fromkeys(self.allowed_hosts)))
        if len(further) > 1 and size > LONGEST_HOSTS:
            what = f"take {size:,} of {LONGEST_HOSTS:,} characters of DJANGO_ALLOWED_HOSTS with the other hosts"
            yield Problem(f"{self.dns_field}.further_hostnames", what, "redirect some, or name fewer")

    @property
    def absent_values(self) -> dict[str, str]:
        """The values that other environments have and this one has not, each with why."""
        service, absent = self.django_service, dict[str, str]()
        if self.redis is None:
            absent |= dict.fromkeys((*OF_REDIS, *HOSTS_OF_REDIS), "there is no Redis")
        elif not self.redis.iam_authentication:
            absent |= dict.fromkeys(OF_REDIS[2:], "redis.iam_authentication is False")
        if service.worker is None:
            absent["CELERY_SHUTDOWN_SECONDS"] = "there is no worker"
        how = f"django_service.database_authentication is {show(service.authentication)}"
        if service.authentication != "secret":
            absent["DATABASE_SECRET_ARN"] = how
        if not service.has_database_url:
            absent |= dict.fromkeys(("DATABASE_PASSWORD", "DATABASE_URL"), how)
        return absent

    def _variable_rules(self) -> Iterator[Problem]:
        runtime, application = self.django_service.runtime, self.django_service.application
        of_parts = {
            *(OF_REDIS if self.redis is not None else ()),
            *(OF_CLOUDFRONT if self.is_behind_cloudfront else ()),
        }
        own = {field_of(name): each for name, each in self.django_service.own.items()}
        for place, each in {"runtime": runtime, **own}.items():
            for field, names in (("variables", each.variables), ("secrets", each.secrets)):
                reserved = of_parts - application.removed
                yield from reserved_rules(f"django_service.{place}.{field}", names or {}, reserved)
        set_here = of_parts | {*(OF_PASSWORDS if self.django_service.has_database_url else ())}
        for field, variables in application.all_variables.items():
            for name, text in variables.items():
                where = f"django_service.application.{field}[{show(name)}]"
                if text is not None and name in set_here:
                    yield from again_rules(where, name, text)
                for value in values_in(text):
                    if field.startswith("workers[") and value == "CELERY_SHUTDOWN_SECONDS":
                        continue  # a further worker has its own
                    if why := self.absent_values.get(value):
                        remedy = "remove it, or set the variable in each environment"
                        yield Problem(where, f"names {value}, and {why}", remedy)

    def _load_balancer_rules(self) -> Iterator[Problem]:
        inputs, field = self.django_service.load_balancer, "django_service.load_balancer"
        if inputs.internal and self.proxied and not self.is_behind_cloudfront:
            what = "Cloudflare, by which the record is proxied, reaches no private address"
            yield Problem(f"{field}.internal", what, f"set it to False, or {self.dns_field}.proxied to False")
        network = self.network
        if inputs.ip_address_type == "dualstack" and inputs.allowed_cidrs and not self.proxied:
            what = "blocks of IPv4 admit nobody by IPv6"
            yield Problem(f"{field}.allowed_cidrs", what, f'remove them, or set {field}.ip_address_type to "ipv4"')
        if isinstance(network, NetworkInputs):
            # https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html
            tier = "private_cidrs" if inputs.internal else "public_cidrs"
            for block in getattr(network, tier):
                if IPv4Network(block).prefixlen > 27:
                    what = f"{block} is too small for the load balancer, which needs a /27 to scale"
                    yield Problem(f"network.{tier}", what, "choose a /16 to /27")
            if inputs.ip_address_type == "dualstack" and not network.ipv6:
                what = "the public subnets have no IPv6"
                yield Problem(f"{field}.ip_address_type", what, 'set network.ipv6 to True, or use "ipv4"')
        elif not inputs.internal and "public" not in network.tiers:
            what = "the load balancer needs subnets in two zones, got 0"
            yield Problem("network.public_subnet_ids", what, f"name them, or set {field}.internal to True")

    def _origin_pull_rules(self) -> Iterator[Problem]:
        pulls, field = self.authenticated_origin_pulls, f"{self.dns_field}.authenticated_origin_pulls"
        if pulls is None:
            return
        if pulls.scope == "hostnames" and not self.providers.cloudflare_is(OF_HOSTNAMES):
            what = f"version {self.providers.cloudflare} of Cloudflare's provider fails in each plan after the first"
            remedy = f'set providers.cloudflare to "{OF_HOSTNAMES}" or later, or scope to "zone"'
            yield Problem(f"{field}.scope", what, remedy)
        if pulls.required and self.django_service.load_balancer.allowed_cidrs:
            what = f"these come past Cloudflare without the certificate that {field} requires"
            yield Problem("django_service.load_balancer.allowed_cidrs", what, "remove them, or set required to False")

    def _web_acl_rules(self) -> Iterator[Problem]:
        balancer, field = self.django_service.load_balancer, "django_service.load_balancer.web_acl"
        acl = balancer.web_acl
        if (
            acl == "none"
            and not (self.proxied or balancer.internal)
            and not self._accepts(findings.WEB_ACL, "aws_lb.load_balancer")
        ):
            what = 'is "none", and nothing else stands in front of the load balancer'
            remedy = f"accept {findings.WEB_ACL} at aws_lb.load_balancer of django-service in accepted_findings"
            yield Problem(field, what, f"remove it, or {remedy} with a reason")
        if not isinstance(acl, WebAclInputs):
            return
        if acl.existing_arn is not None:
            region, account = (acl.existing_arn.split(":") + [""] * 5)[3:5]
            if (region, account) != (self.region, self.account_id):
                what = f"the web ACL is not of {self.region} in {self.account_id}, as the load balancer"
                yield Problem(f"{field}.existing_arn", what, "give one of this account and region")
        elif self.is_behind_cloudfront:
            what = "counts requests of an address, and no header of CloudFront has the visitor's alone"
            yield Problem(field, what, "remove it, or give existing_arn")
        is_open = not (self.proxied or balancer.internal or balancer.allowed_cidrs or balancer.security_group_id)
        if acl.client_ip_header is not None and is_open:
            what = "everybody reaches the load balancer past the proxy, and may send any address"
            remedy = "admit the proxy alone, by load_balancer.allowed_cidrs or security_group_id"
            yield Problem(f"{field}.client_ip_header", what, remedy)

    def _accepts(self, rule: str, address: str) -> bool:
        """Whether a user accepts what a rule of the gate finds in django-service."""
        found = [each for each in self.accepted_findings if (each.unit, each.rule) == ("django-service", rule)]
        return any(fnmatchcase(address, each.address) for each in found)

    def _authority_rules(self) -> Iterator[Problem]:
        brings = self.django_service.application.database.brings_ca_bundle
        if not brings and _commercial(self.region) and self.region not in published().regions:
            what = f"the authorities of RDS in {self.region} are not in modules/rds_authorities/authorities.json"
            remedy = "run `make rds-authorities`, or set brings_ca_bundle where the image has them"
            yield Problem("django_service.application.database.brings_ca_bundle", what, remedy)

    def _isolated_image_rules(self) -> Iterator[Problem]:
        repository = self.django_service.ecr_repository
        if repository is None:
            what = 'tasks reach no registry but ECR with network.nat="none"'
            yield Problem("django_service.image", what, "copy the image to a repository of ECR, or choose a nat")
        elif repository.region != self.region:
            what = f'the repository is in {repository.region}, which tasks do not reach with network.nat="none"'
            yield Problem("django_service.ecr_repository_url", what, f"use one in {self.region}, or choose a nat")

    def _isolated_third_image_rules(self) -> Iterator[Problem]:
        service = self.django_service
        images = {"psql_image": (service.psql_image, service.psql_repository)} if service.runs_psql else {}
        images |= {f"{field}.image": (each.image, each.ecr_repository) for field, each in service.sidecars.items()}
        for field, (image, repository) in images.items():
            if repository is None or repository.region != self.region:
                what = f"{image} is not in ECR in {self.region}, and tasks reach nothing else"
                remedy = "push a copy there, or pull it once through a cache of ECR, and give its address"
                yield Problem(f"django_service.{field}", what, remedy)

    def _isolation_rules(self) -> Iterator[Problem]:
        """What tasks need before they start, where nothing leads out of the VPC but the endpoints of its region."""
        network, service = self.network, self.django_service
        if not isinstance(network, NetworkInputs):
            return
        ports = network.application_egress_ports
        if network.nat != "none" and (ports is None or 443 in ports):
            return
        yield from self._isolated_third_image_rules()
        if network.nat != "none":
            return
        yield from self._isolated_image_rules()
        secrets = service.all_secrets
        if service.secret_key.existing:
            secrets["secret_key.existing"] = service.secret_key.existing
        for path, reference in secrets.items():
            found, field = Secret.parse(reference), f"django_service.{path}"
            if found and found.arn.split(":")[3] != self.region:
                what = f'it is of {found.arn.split(":")[3]}, which tasks do not reach with network.nat="none"'
                yield Problem(field, what, f"keep it in {self.region}, or choose a nat")
            elif found and found.is_parameter and "ssm" not in network.interface_endpoints:
                what = 'tasks do not reach Systems Manager with network.nat="none"'
                yield Problem(field, what, 'add "ssm" to network.interface_endpoints, or choose a nat')

    def _vpc_rules(self) -> Iterator[Problem]:
        if isinstance(self.network, ExistingNetworkInputs) and self.network.made_by == self.name:
            what = f"{self.name} is this environment itself"
            yield Problem("network.made_by", what, "name the one that makes the VPC, or remove it")
        tasks = getattr(self.network, "application_security_group_id", None)
        for name, store in (("postgresql", self.postgresql), ("redis", self.redis)):
            if store is not None and tasks in store.allowed_security_group_ids:
                what = f"{tasks} is network.application_security_group_id, which is admitted already"
                yield Problem(f"{name}.allowed_security_group_ids", what, "remove it")

    def _zone_rules(self) -> Iterator[Problem]:
        for zone in self.network.zones:
            if zone[:-1] != self.region:
                yield Problem("network.zones", f"{zone} is not in {self.region}", "name zones of the region")
        if isinstance(self.network, ExistingNetworkInputs):
            return
        if len(self.network.zones) - len(self.network.retiring_zones) != 1:
            return
        redis = self.redis
        groups = {"redis.cache": redis.cache, "redis.broker": redis.broker} if redis else {}
        spread = {"postgresql": self.postgresql.multi_az}
        spread |= {name: group.multi_az for name, group in groups.items() if group}
        for name, multi_az in spread.items():
            if multi_az:
                yield Problem(f"{name}.multi_az", "needs two zones, got one", "add a zone to network.zones")
        what = "one zone is too few for the load balancer and the subnet group of RDS"
        yield Problem("network.zones", what, "add a zone")

    def _tag_rules(self) -> Iterator[Problem]:
        # https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
        yield from _tag_value_problems("owner", "Owner", self.owner)
        yield from self._standard_tag_rules()
        taken = [*OF_MODULES, *self._standard_tags]
        for key, value in (self.tags or {}).items():
            field = f"tags[{show(key)}]"
            yield from _tag_key_problems(field, key, taken)
            taken.append(key)
            yield from _tag_value_problems(field, key, value)
        # Name and the module's own tags stand beside these; AWS takes 50 on a resource, S3 objects fewer.
        if len(self.all_tags) > 40:
            yield Problem("tags", f"got {len(self.all_tags)} tags", "keep to 40 with the reserved ones")

    def _standard_tag_rules(self) -> Iterator[Problem]:
        for field in ("tag_keys", "tag_values"):
            for tag in getattr(self, field) or {}:
                if tag not in STANDARD_TAGS:
                    remedy = f"use {', '.join(STANDARD_TAGS)}"
                    yield Problem(f"{field}[{show(tag)}]", "is none of the tags that every resource has", remedy)
        for key, value in (self.tag_values or {}).items():
            yield from _tag_value_problems(f"tag_values[{show(key)}]", key, value)
        renamed = self.tag_keys or {}
        taken = [*OF_MODULES, *(tag for tag in STANDARD_TAGS if tag not in renamed)]
        for tag, key in renamed.items():
            yield from _tag_key_problems(f"tag_keys[{show(tag)}]", key, taken)
            taken.append(key)
        for (key, value), tag in zip(self.identity_tags.items(), STANDARD_TAGS, strict=False):
            for field, text in (("tag_keys", key), ("tag_values", value)):
                if len(text) > IDENTITY_ROOM:
                    what = f"has {len(text)} characters, and the policies of the roles name it in each condition"
                    yield Problem(f"{field}[{show(tag)}]", what, f"keep to {IDENTITY_ROOM}")

    def _finding_rules(self) -> Iterator[Problem]:
        seen = set()
        for index, each in enumerate(self.accepted_findings):
            if (key := (each.unit, each.rule, each.address)) in seen:
                what = f"{each.rule} at {each.address} of {each.unit} is accepted already"
                yield Problem(f"accepted_findings[{index}]", what, "remove one of the two")
            seen.add(key)
            if each.unit not in self.units:
                what = f"the environment has no unit {each.unit}"
                yield Problem(f"accepted_findings[{index}].unit", what, "remove the entry")

    def _override_rules(self) -> Iterator[Problem]:
        identity = {key.lower(): key for key in self.identity_tags}
        for index, each in enumerate(self.overrides):
            field = f"overrides[{index}].argument"
            is_boundary = each.address.startswith("aws_iam_role.") and each.path[0] == "permissions_boundary"
            if is_boundary and self.permissions_boundary_arn:
                what = "all roles of the environment have its boundary"
                yield Problem(field, what, "give permissions_boundary to the environment")
            for tag in sorted(each.tags & {*identity}):
                what = f"roles tell the environment's resources from others by the tag {identity[tag]}"
                yield Problem(field, what, "leave it out, or change tag_values of the environment")
            for before, other in enumerate(self.overrides[:index]):
                if (each.unit, each.address) != (other.unit, other.address):
                    continue
                if each.path == other.path:
                    what = f"{each.argument} of {each.address} in {each.unit} is set already"
                    yield Problem(f"overrides[{index}]", what, "remove one of the two")
                elif all(one == two for one, two in zip(each.path, other.path, strict=False)):
                    what = f"{each.argument} of {each.address} overlaps {other.argument} of overrides[{before}]"
                    yield Problem(f"overrides[{index}]", what, "make one entry of the two")


def _tag_key_problems(field: str, key: str, taken: Collection[str]) -> Iterator[Problem]:
    # To IAM keys of different case are one: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html
    if key in taken or key.lower().startswith("aws:"):
        yield Problem(field, "is reserved", "choose another key")
    elif key.lower() in map(str.lower, taken):
        yield Problem(field, "differs from another tag only in case, which IAM refuses", "choose another key")
    if not TAG.fullmatch(key) or len(key) > 128:
        yield Problem(field, "is no tag key", f"use 1 to 128 of {TAG_CHARACTERS}")


def _tag_value_problems(field: str, key: str, value: str) -> Iterator[Problem]:
    """What AWS or the gate does not take as the value of a tag; ECS reserves the prefix of keys in values too.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-using-tags.html
    """
    if not TAG.fullmatch(value) or len(value) > 256 or value.lower().startswith("aws:"):
        remedy = f"use 1 to 256 of {TAG_CHARACTERS}, without aws: first"
        yield Problem(field, f"{show(value)} is no tag value", remedy)
    elif kind := credentials.in_tag(key, value):
        yield Problem(field, f"holds {kind}, and tags are plain text", "give another value")


def _commercial(region: str) -> bool:
    """Whether a region is of the partition `aws`."""
    return not region.startswith(("cn-", "us-gov-", "us-iso", "eu-isoe-", "eusc-"))
