"""Inputs of Redis or Valkey on ElastiCache."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from modules import given_names, rules
from modules.validation import Problem, inputs, show

MaxmemoryPolicy = Literal[
    "noeviction",
    "allkeys-lru",
    "allkeys-lfu",
    "allkeys-random",
    "volatile-lru",
    "volatile-lfu",
    "volatile-random",
    "volatile-ttl",
]

Engine = Literal["redis", "valkey"]
EngineVersion = Literal["7.0", "7.1", "7.2", "8.0", "8.1", "8.2"]
# Of each major version, the oldest first. https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/engine-versions.html
_VERSIONS: dict[Engine, tuple[tuple[EngineVersion, ...], ...]] = {
    "redis": (("7.0", "7.1"),),
    "valkey": (("7.2",), ("8.0", "8.1", "8.2")),
}

CARRIES_TASKS = "Cache and Celery broker"
"""The description of the cache's group, in AWS, while tasks are in it."""

_NODE_TYPE = re.compile(r"cache\.([a-z][a-z0-9]*)\.[a-z0-9]+")
# Without TLS, failover or snapshots, or no longer to be had.
# https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheNodes.SupportedTypes.html
_OLD_FAMILIES = ("t1", "t2", "m1", "m2", "m3", "c1", "r3")
# ElastiCache names its own `automatic.…`.
_SNAPSHOT = re.compile(r"(?=.{1,255}\Z)(automatic\.)?[a-zA-Z][a-zA-Z0-9]*(-[a-zA-Z0-9]+)*")
_PARAMETER_GROUP = re.compile(r"(?=.{1,255}\Z)[a-z](?:[.-]?[a-z0-9])*")


@inputs
class RedisGroupInputs:
    """A replication group without shards: one primary, and replicas that take over and answer reads."""

    node_type: str
    """As `cache.t4g.small`: https://aws.amazon.com/elasticache/pricing/."""
    nodes: int = 2
    """The primary and its replicas: 1 to 6. Replication is asynchronous: a failover loses what was not yet copied."""
    automatic_failover: bool = True
    """A replica takes over by itself. Needs 2 nodes."""
    multi_az: bool = True
    """The nodes stand in different zones. Needs automatic_failover."""
    maxmemory_policy: MaxmemoryPolicy | None = None
    """What a full node gives up: https://redis.io/docs/latest/develop/reference/eviction/. None: "noeviction" where
    the group carries the broker, whose tasks may not vanish, and "allkeys-lru" where it is a cache alone."""
    snapshot_days: int = 7
    """How long daily snapshots are kept: 1 to 35; 0: none."""
    final_snapshot: bool = True
    """Whether a snapshot stays when the group is destroyed, named after it; an older one of the same name must be
    copied and deleted first. Without daily snapshots none stays."""
    snapshot_name: str | None = None
    """A snapshot of ElastiCache in this account and region, with whose data a new group begins: of the same engine, not
    of a later version, and of one shard. It stays as long as the group, which another one, or none any more, replaces
    with all its data.
    https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/backups-restoring.html"""
    timeout_seconds: int = 300
    """When an idle client is disconnected: 20 or more; 0: never."""
    tcp_keepalive_seconds: int = 300
    """How often silent connections are probed; 0: never."""
    maxmemory_samples: int = 5
    """How many keys are compared to find one to evict: 1 or more, of which 10 is nearly exact."""
    replication_group_id: str | None = None
    """That of a group which is imported: docs/adopt.md. None: `<project>-<environment>-redis`, with `-broker` for the
    broker's. A change replaces the group with all its data."""
    parameter_group_name: str | None = None
    """A group of one's own in place of the four parameters above, of the family of the engine: redis7, valkey7 or
    valkey8. For a group that carries the broker it must set maxmemory-policy to noeviction."""

    @property
    def data_tiering(self) -> bool:
        """Whether the nodes have disks, which ElastiCache wants to be told."""
        found = _NODE_TYPE.fullmatch(self.node_type)
        return found is not None and found[1] == "r6gd"

    def rules(self) -> Iterator[Problem]:
        yield from self._node_rules()
        yield from given_names.rules(given_names.REPLICATION_GROUP, "replication_group_id", self.replication_group_id)
        if not 0 <= self.snapshot_days <= 35:
            what = f"ElastiCache cannot keep snapshots for {show(self.snapshot_days)} days"
            yield Problem("snapshot_days", what, "choose 1 to 35, or 0 for none")
        name = self.snapshot_name
        if name is not None and not _SNAPSHOT.fullmatch(name):
            what = f"{show(name)} is not a valid name of a snapshot"
            yield Problem("snapshot_name", what, "write the name of one of ElastiCache, as before-the-move")
        yield from self._parameter_rules()

    def _node_rules(self) -> Iterator[Problem]:
        found = _NODE_TYPE.fullmatch(self.node_type)
        if not found:
            yield Problem("node_type", f"{show(self.node_type)} is no node type", 'write it as "cache.t4g.small"')
        elif found[1] in _OLD_FAMILIES:
            what = f"{self.node_type} is too old for TLS, failover and snapshots"
            yield Problem("node_type", what, 'choose a current one, as "cache.t4g.small"')
        if not 1 <= self.nodes <= 6:
            yield Problem("nodes", f"a group cannot have {show(self.nodes)} nodes", "choose 1 to 6")
        if self.automatic_failover and self.nodes < 2:
            yield Problem("automatic_failover", "needs 2 nodes", "set it and multi_az to False, or nodes to 2")
        if self.multi_az and not self.automatic_failover:
            yield Problem("multi_az", "needs automatic_failover", "set it to False, or automatic_failover to True")

    def _parameter_rules(self) -> Iterator[Problem]:
        # https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/ParameterGroups.Engine.html
        if self.timeout_seconds != 0 and not 20 <= self.timeout_seconds <= 2**31 - 1:
            yield Problem("timeout_seconds", f"got {show(self.timeout_seconds)}", "choose 20 or more, or 0 for never")
        if not 0 <= self.tcp_keepalive_seconds <= 2**31 - 1:
            yield Problem("tcp_keepalive_seconds", f"got {show(self.tcp_keepalive_seconds)}", "choose 0 or more")
        if not 1 <= self.maxmemory_samples <= 2**31 - 1:
            yield Problem("maxmemory_samples", f"got {show(self.maxmemory_samples)}", "choose 1 or more")
        if self.parameter_group_name is None:
            return
        if not _PARAMETER_GROUP.fullmatch(self.parameter_group_name):
            what = f"{show(self.parameter_group_name)} is no name of a parameter group"
            yield Problem("parameter_group_name", what, "use a-z, 0-9 and single hyphens, a letter first")
        if self.maxmemory_policy is not None:
            yield Problem("maxmemory_policy", "has no effect with parameter_group_name", "set it in that group")


@inputs
class RedisInputs:
    """Cache and broker of Celery: always encrypted, private, and reached by TLS only."""

    cache: RedisGroupInputs
    broker: RedisGroupInputs | None = None
    """A group of its own for the broker, so that the cache may evict. None: the broker is database 1 of the cache's
    group; databases share memory and eviction, so that nothing is evicted there."""
    draining_broker: bool = False
    """Whether workers stay with the queue in the cache's group, while whatever puts tasks into a queue uses the one of
    `broker`: in the deployment that adds that, so that no task is left behind. Remove it in the next change, when the
    old queue is empty: docs/changes.md."""
    engine: Engine = "redis"
    """Valkey speaks the protocol of Redis, and its nodes cost 20 % less. From Redis to Valkey ElastiCache upgrades in
    place, never back: docs/changes.md. https://aws.amazon.com/elasticache/what-is-valkey/"""
    engine_version: EngineVersion = "7.1"
    """Of Redis 7.0 or 7.1, of Valkey 7.2, 8.0, 8.1 or 8.2. It can be raised, and not lowered."""
    auto_minor_version_upgrade: bool = True
    """In the maintenance window. False with a version that another minor one follows: 7.0, 8.0 and 8.1."""
    iam_authentication: bool = False
    """Whether Redis asks for a user and a token of IAM that lives 15 minutes; else the network alone protects it.
    https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth-iam.html"""
    switching_authentication: bool = False
    """Whether clients without a token are admitted beside those with one: in the deployment that switches
    iam_authentication on or off, so that neither old nor new tasks are refused. Remove it in the next change. Needs
    apply_immediately."""
    port: int = 6379
    """A change replaces the groups with all their data."""
    allowed_security_group_ids: tuple[str, ...] = ()
    """Groups of this VPC that it admits beside the application, such as that of a bastion."""
    allowed_cidrs: tuple[str, ...] = ()
    """Private blocks that it admits beside the application, such as that of a VPN."""
    snapshot_window: str = "03:00-04:00"
    """Daily, UTC, 60 minutes or more, apart from the maintenance window."""
    maintenance_window: str = "sun:05:00-sun:06:00"
    """Weekly, UTC, 60 minutes or more."""
    log_retention_days: int = 30
    """Of slow and engine logs in CloudWatch."""
    notification_topic_arn: str | None = None
    """The SNS topic that is told of failovers, maintenance and the like."""
    kms_key_arn: str | None = None
    """The key of one's own that encrypts nodes' disks and snapshots; None: that of ElastiCache. A change replaces the
    groups with all their data."""
    subnet_group_name: str | None = None
    """The subnet group of a group which is imported. None: `<project>-<environment>-redis`. A change replaces the
    groups with all their data."""
    apply_immediately: bool = False
    """Whether changes that interrupt Redis happen at once and not in the maintenance window."""

    @property
    def family(self) -> str:
        """Of its parameter groups: https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/ParameterGroups.Engine.html."""
        return f"{self.engine}{self.engine_version.partition('.')[0]}"

    def group_ids(self, prefix: str) -> dict[str, str]:
        """The ids of its replication groups, by what they are called here: redis, and redis-broker for one's own."""
        groups = {"redis": self.cache} | ({"redis-broker": self.broker} if self.broker else {})
        return {name: group.replication_group_id or f"{prefix}-{name}" for name, group in groups.items()}

    @property
    def has_users(self) -> bool:
        """Whether ElastiCache knows users, and a group of them."""
        return self.iam_authentication or self.switching_authentication

    @property
    def cache_maxmemory_policy(self) -> MaxmemoryPolicy:
        """Of the cache's group; that of a broker's own is always "noeviction"."""
        return self.cache.maxmemory_policy or ("noeviction" if self.cache_carries_tasks else "allkeys-lru")

    @property
    def cache_carries_tasks(self) -> bool:
        """Whether a queue is in the cache's group, or still is, so that nothing may be evicted there."""
        return self.broker is None or self.draining_broker

    @property
    def _carriers(self) -> dict[str, RedisGroupInputs]:
        """The groups that hold tasks, by their fields."""
        cache = {"cache": self.cache} if self.cache_carries_tasks else {}
        return cache | ({"broker": self.broker} if self.broker else {})

    def rules(self) -> Iterator[Problem]:
        for field, carrier in self._carriers.items():
            policy = carrier.maxmemory_policy
            if policy not in (None, "noeviction"):
                what = f"{policy} lets {self.engine.title()} drop tasks of Celery, whose broker this group carries"
                remedy = "remove it" if self.broker else "remove it, or give the broker a group of its own"
                yield Problem(f"{field}.maxmemory_policy", what, remedy)
        if self.draining_broker and self.broker is None:
            what = "there is no other group that tasks could go to"
            yield Problem("draining_broker", what, "give the broker a group of its own, or remove it")
        yield from given_names.rules(given_names.CACHE_SUBNET_GROUP, "subnet_group_name", self.subnet_group_name)
        yield from self._version_rules()
        yield from self._default_group_rules()
        if self.switching_authentication and not self.apply_immediately:
            what = "the users would wait for the maintenance window, and new tasks sign in before"
            yield Problem("switching_authentication", what, "set apply_immediately to True for it")
        yield from rules.ports("port", (self.port,))
        yield from rules.admitted_to_store(self.allowed_security_group_ids, self.allowed_cidrs)
        yield from rules.windows(
            "snapshot_window", self.snapshot_window, "maintenance_window", self.maintenance_window, minutes=60
        )
        yield from rules.log_retention("log_retention_days", self.log_retention_days)
        topic = self.notification_topic_arn
        if topic is not None and not rules.arn("sns", topic):
            yield Problem("notification_topic_arn", f"{show(topic)} is no ARN of an SNS topic", "give the topic's ARN")
        yield from rules.kms_key("kms_key_arn", self.kms_key_arn)

    def _version_rules(self) -> Iterator[Problem]:
        majors = _VERSIONS[self.engine]
        minors = next((each for each in majors if self.engine_version in each), None)
        if minors is None:
            what = f"{self.engine_version} is not a version of {self.engine.title()}"
            yield Problem("engine_version", what, f"choose {' or '.join(each for minor in majors for each in minor)}")
        elif self.engine_version != minors[-1] and self.auto_minor_version_upgrade:
            # Terraform would take the version that follows for a wish to go back, and replace the group with its data.
            what = f"{self.engine_version} does not stay with auto_minor_version_upgrade"
            yield Problem("engine_version", what, f'write "{minors[-1]}", or set auto_minor_version_upgrade to False')

    def _default_group_rules(self) -> Iterator[Problem]:
        """Groups that AWS makes. Their maxmemory-policy is volatile-lru."""
        default = f"default.{self.family}"
        for field, group in (("cache", self.cache), ("broker", self.broker)):
            name = group.parameter_group_name if group else None
            if name == default and field in self._carriers:
                what = f"{name} lets {self.engine.title()} drop tasks of Celery, whose broker this group carries"
                yield Problem(f"{field}.parameter_group_name", what, "remove it, or name a group with noeviction")
            elif name and name.startswith("default.") and name != default:
                what = f"{name} is for other groups than one of {self.engine.title()} {self.family[-1]} without shards"
                yield Problem(f"{field}.parameter_group_name", what, f"use {default}, or a group of your own")
