"""Inputs of PostgreSQL on RDS."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Literal

from modules import given_names, rules
from modules.postgresql.names import database_name, master_username
from modules.postgresql.parameters import parameter_rules
from modules.postgresql.source_inputs import PointInTimeInputs, RestoredInputs, SnapshotInputs
from modules.postgresql.storage import Storage, StorageType
from modules.validation import Problem, inputs, show

LogExport = Literal["postgresql", "upgrade", "iam-db-auth-error"]
CertificateAuthority = Literal["rds-ca-rsa2048-g1", "rds-ca-rsa4096-g1", "rds-ca-ecc384-g1"]

# https://docs.aws.amazon.com/AmazonRDS/latest/PostgreSQLReleaseNotes/postgresql-release-calendar.html
MAJOR_VERSIONS = ("15", "16", "17", "18")
_VERSION = re.compile(r"([0-9]{2})(\.[0-9]{1,2})?")
_INSTANCE_CLASS = re.compile(r"db\.[a-z][a-z0-9-]*\.[a-z0-9]+")
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithParamGroups.html
_PARAMETER_GROUP = re.compile(r"(?=.{1,255}\Z)[a-z](?:[.-]?[a-z0-9])*")


@inputs
class PostgreSQLInputs:
    """One instance with its standby and read replica: always encrypted, private, and reached by TLS only."""

    instance_class: str
    """As `db.t4g.small`: https://aws.amazon.com/rds/instance-types/."""
    storage_gb: int
    """20 (io1 and io2: 100) to 65536. It can grow, and never shrink."""
    max_storage_gb: int | None = None
    """Storage grows by itself up to this; None: five times storage_gb; equal to storage_gb: never."""
    storage_type: StorageType = "gp3"
    iops: int | None = None
    """io1 and io2 need it; gp3 takes 12000 to 64000 from 400 GB on. None: what gp3 includes."""
    throughput_mibps: int | None = None
    """gp3 from 400 GB on: 500 to 4000, at most a quarter of the IOPS. None: what gp3 includes."""
    engine_version: str = "16"
    """A major version from 15 on, whose minor versions RDS applies by itself, or `16.11`, which stays as it is."""
    auto_minor_version_upgrade: bool = True
    """In the maintenance window. False where engine_version names a minor version."""
    allow_major_version_upgrade: bool = False
    """Only while engine_version is raised to another major version, together with apply_immediately. Such a change
    needs a snapshot and a rehearsal."""
    database_name: str = "app"
    master_username: str = "postgres"
    """Who makes the roles of the application. Both names stay: a change replaces the instance with all its data."""
    source: SnapshotInputs | PointInTimeInputs | None = None
    """Where the data of a new instance comes from. None: it is empty. It stays as long as the instance: another moment,
    or none any more, replaces that with all its data."""
    restored: RestoredInputs | None = None
    """A second instance beside this one, with the data of a snapshot or a moment: docs/data.md."""
    serving: Literal["first", "restored"] = "first"
    """Which of the two the application uses: endpoint, master secret and sign-in by IAM follow."""
    port: int = 5432
    allowed_security_group_ids: tuple[str, ...] = ()
    """Groups of this VPC that it admits beside the application, such as that of a bastion."""
    allowed_cidrs: tuple[str, ...] = ()
    """Private blocks that it admits beside the application, such as that of a VPN."""
    multi_az: bool = True
    """A standby in another zone, which takes over by itself."""
    backup_days: int = 30
    """How far back the database can be restored to any second: 1 to 35; 0: no backup at all."""
    backup_window: str = "03:00-04:00"
    """Daily, UTC, 30 minutes or more, apart from the maintenance window."""
    maintenance_window: str = "sun:04:00-sun:05:00"
    """Weekly, UTC, 30 minutes or more."""
    kms_key_arn: str | None = None
    """The key of one's own that encrypts storage, backups and Performance Insights; None: that of RDS. A change
    replaces the instance with all its data."""
    master_secret_kms_key_arn: str | None = None
    """The key of one's own that encrypts the master user's secret; None: that of Secrets Manager."""
    master_password_version: int = 1
    """Only with read_replica, where RDS cannot keep the password itself: a higher number draws a new one."""
    parameters: Mapping[str, str] | None = None
    """Beside rds.force_ssl=1, and before random_page_cost=1.1 and log_min_duration_statement=1000: in the units of
    PostgreSQL, as `{"work_mem": "8192"}`. What is not set, RDS computes from the memory of the instance class."""
    parameter_group_name: str | None = None
    """A group of one's own in place of `parameters`. It must set rds.force_ssl to 1."""
    log_exports: tuple[LogExport, ...] = ("postgresql", "upgrade")
    """Logs that are sent to CloudWatch."""
    log_retention_days: int = 30
    performance_insights_days: int = 7
    """How long Performance Insights keeps its data: 7 (free), 31 to 713 by months of 31 days, or 731; 0: off."""
    database_insights_mode: Literal["standard", "advanced"] | None = None
    """`advanced` needs Performance Insights for 465 days or more, includes what they cost, and is paid by vCPU. None:
    it stays as it is, a new instance in `standard`; write that to go back.
    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_DatabaseInsights.Considerations.html"""
    monitoring_interval_seconds: Literal[0, 1, 5, 10, 15, 30, 60] = 60
    """Between two measures of the operating system (Enhanced Monitoring); 0: off."""
    ca_certificate: CertificateAuthority = "rds-ca-rsa2048-g1"
    """Who signs the server's certificate; all three are in the bundle that clients verify it with."""
    read_replica: bool = False
    """An instance that lags a little behind and answers queries alone."""
    replica_instance_class: str | None = None
    """None: as instance_class."""
    replica_engine_version: str | None = None
    """The minor version of the replica, as `16.11`, where engine_version names one: RDS takes a higher one for the
    replica first, and for the instance in a deployment after that. None: it stays as it is."""
    identifier: str | None = None
    """That of an instance which is imported: docs/adopt.md; or which was restored, and is the only one now:
    docs/data.md. None: `<project>-<environment>-postgresql`. A change renames the instance, whose address is another
    one then."""
    subnet_group_name: str | None = None
    """The subnet group of an instance which is imported, and which RDS moves to no other one of the same VPC. None:
    `<project>-<environment>-postgresql`."""
    deletion_protection: bool = True
    final_snapshot: bool = True
    """Whether a snapshot stays when the instance is destroyed, named after it; an older one of the same name must be
    copied and deleted first."""
    apply_immediately: bool = False
    """Whether changes that restart the instance happen at once and not in the maintenance window."""

    def instances(self, prefix: str) -> dict[str, str]:
        """The identifiers of its instances, by their names in alarms and outputs; the one that serves comes first."""
        first = self.identifier or f"{prefix}-postgresql"
        found = {"postgresql": first}
        if self.restored:
            restored = {"postgresql-restored": f"{prefix}-postgresql-{self.restored.name}"}
            kept = {} if self.restored.replaces_first else found
            found = {**restored, **kept} if self.serving == "restored" else {**kept, **restored}
        return found | ({"postgresql-replica": f"{first}-replica"} if self.read_replica else {})

    def serving_identifier(self, prefix: str) -> str:
        """The identifier of the instance that the application uses."""
        return next(iter(self.instances(prefix).values()))

    @property
    def sources(self) -> list[SnapshotInputs | PointInTimeInputs]:
        """Of all instances that come with data."""
        return [each for each in (self.source, self.restored.source if self.restored else None) if each]

    @property
    def former_owner(self) -> str | None:
        """The role whose tables the instance that serves has come with."""
        restored = self.restored if self.serving == "restored" else None
        source = restored.source if restored else self.source
        return source.owner if source else None

    @property
    def major_version(self) -> str:
        """Of the engine."""
        return self.engine_version.split(".")[0]

    @property
    def storage(self) -> Storage:
        """All that is said of the storage."""
        return Storage(self.storage_type, self.storage_gb, self.max_storage_gb, self.iops, self.throughput_mibps)

    def rules(self) -> Iterator[Problem]:
        yield from self._engine_rules()
        yield from self._instance_rules()
        yield from self.storage.problems()
        yield from given_names.rules(given_names.DB_INSTANCE, "identifier", self.identifier)
        yield from given_names.rules(given_names.DB_SUBNET_GROUP, "subnet_group_name", self.subnet_group_name)
        yield from database_name("database_name", self.database_name)
        yield from master_username("master_username", self.master_username)
        yield from self._backup_rules()
        yield from self._parameter_rules()
        yield from self._monitoring_rules()
        yield from self._secret_rules()
        yield from self._restored_rules()
        yield from rules.kms_key("kms_key_arn", self.kms_key_arn)
        yield from rules.admitted_to_store(self.allowed_security_group_ids, self.allowed_cidrs)

    def _engine_rules(self) -> Iterator[Problem]:
        found = _VERSION.fullmatch(self.engine_version)
        if not found or found[1] not in MAJOR_VERSIONS:
            what = f"{show(self.engine_version)} is no version of PostgreSQL from 15 on"
            yield Problem("engine_version", what, f"choose {', '.join(MAJOR_VERSIONS)}, or a minor version as 16.11")
        elif found[2] and self.auto_minor_version_upgrade:
            # RDS would go on to a later one, and Terraform then ask for a downgrade that RDS refuses.
            what = f"{self.engine_version} does not stay with auto_minor_version_upgrade"
            yield Problem("engine_version", what, f'write "{found[1]}", or set auto_minor_version_upgrade to False')

        if self.allow_major_version_upgrade and not self.apply_immediately:
            # Until the maintenance window the instance stays a member of the parameter group of the old version, which
            # RDS then refuses to delete, in this deployment and in each that follows.
            what = "the raise would wait for the maintenance window, and every deployment until then would fail"
            yield Problem("allow_major_version_upgrade", what, "set apply_immediately to True for it")
        if self.allow_major_version_upgrade and self.read_replica:
            # RDS upgrades both together, and Terraform would give the replica the new parameter group meanwhile.
            what = "the replica would get the parameter group of a version that it does not have yet"
            remedy = "set read_replica to False in a deployment before, and to True in one after"
            yield Problem("allow_major_version_upgrade", what, remedy)
        if self.replica_engine_version is not None:
            yield from self._replica_version_rules(self.replica_engine_version)

    def _replica_version_rules(self, version: str) -> Iterator[Problem]:
        field, found = "replica_engine_version", _VERSION.fullmatch(version)
        if not self.read_replica:
            yield Problem(field, "there is no replica", "remove it, or set read_replica to True")
        if not found or not found[2]:
            yield Problem(field, f"{show(version)} is not a minor version", "write it as 16.11")
        elif found[1] != self.major_version:
            what = f"{version} is not a version of {self.major_version}"
            yield Problem(field, what, f"choose a minor version of {self.major_version}")
        elif self.auto_minor_version_upgrade:
            what = f"{version} does not stay with auto_minor_version_upgrade"
            yield Problem(field, what, "remove it, or set auto_minor_version_upgrade to False")
        elif "." in self.engine_version and _minor(version) < _minor(self.engine_version):
            what = f"{version} is below engine_version, {self.engine_version}"
            yield Problem(field, what, "raise it first, and engine_version in a deployment after")

    def _instance_rules(self) -> Iterator[Problem]:
        for field in ("instance_class", "replica_instance_class"):
            value = getattr(self, field)
            if value is not None and not _INSTANCE_CLASS.fullmatch(value):
                yield Problem(field, f"{show(value)} is no instance class", 'write it as "db.t4g.small"')
        if self.replica_instance_class is not None and not self.read_replica:
            yield Problem("replica_instance_class", "there is no replica", "remove it, or set read_replica to True")
        if not 1150 <= self.port <= 65535:
            yield Problem("port", f"RDS has no port {show(self.port)}", "choose 1150 to 65535")

    def _backup_rules(self) -> Iterator[Problem]:
        if not 0 <= self.backup_days <= 35:
            what = f"RDS cannot keep backups for {show(self.backup_days)} days"
            yield Problem("backup_days", what, "choose 1 to 35, or 0 for none")
        elif self.read_replica and not self.backup_days:
            yield Problem("backup_days", "a read replica is made of backups", "choose 1 to 35")
        yield from rules.windows(
            "backup_window", self.backup_window, "maintenance_window", self.maintenance_window, minutes=30
        )

    def _restored_rules(self) -> Iterator[Problem]:
        restored = self.restored
        if restored is None:
            if self.serving == "restored":
                yield Problem("serving", "there is no restored instance", "remove it, or give restored=…")
            return
        if self.identifier and self.identifier.endswith(f"-postgresql-{restored.name}"):
            yield Problem("restored.name", f"{restored.name} is the first instance's", "choose another one")
        if restored.replaces_first and self.serving != "restored":
            what = "the first instance serves, and would be destroyed"
            yield Problem("restored.replaces_first", what, 'set serving to "restored" in a deployment before')
        if restored.replaces_first and self.read_replica:
            what = "the replica is of the first instance, and would be destroyed with it"
            yield Problem("restored.replaces_first", what, "set read_replica to False in a deployment before")

    def _parameter_rules(self) -> Iterator[Problem]:
        yield from parameter_rules("parameters", self.parameters or {})
        name = self.parameter_group_name
        if name is None:
            return
        if not _PARAMETER_GROUP.fullmatch(name):
            what = f"{show(name)} is no name of a parameter group"
            yield Problem("parameter_group_name", what, "use a-z, 0-9 and single hyphens, a letter first")
        elif name.startswith("default."):
            what = f"{name} is RDS's own, which sets none of this project's parameters and cannot be changed"
            yield Problem("parameter_group_name", what, "remove it, or name a group of your own")
        if self.parameters:
            yield Problem("parameters", "have no effect with parameter_group_name", "set them in that group")

    def _monitoring_rules(self) -> Iterator[Problem]:
        if len(set(self.log_exports)) < len(self.log_exports):
            yield Problem("log_exports", "one log is named twice", "name each log once")
        yield from rules.log_retention("log_retention_days", self.log_retention_days)
        # https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PerfInsights.Overview.cost.html
        days = self.performance_insights_days
        if days not in (0, 7, 731) and not (days % 31 == 0 and 31 <= days <= 713):
            what = f"Performance Insights cannot keep data for {show(days)} days"
            yield Problem("performance_insights_days", what, "choose 7, a multiple of 31 up to 713, 731, or 0 for off")
        elif self.database_insights_mode == "advanced" and days < 465:
            what = f"is advanced, which needs Performance Insights for 465 days or more, and has {days}"
            yield Problem("database_insights_mode", what, "set performance_insights_days to 465")

    def _secret_rules(self) -> Iterator[Problem]:
        yield from rules.kms_key("master_secret_kms_key_arn", self.master_secret_kms_key_arn)
        if not 1 <= self.master_password_version <= 1_000_000:
            yield Problem("master_password_version", f"got {show(self.master_password_version)}", "count up from 1")
        elif self.master_password_version > 1 and not self.read_replica:
            what = "without read_replica RDS draws the password, every 7 days"
            yield Problem("master_password_version", what, "remove it, and rotate the secret in Secrets Manager")


def _minor(version: str) -> int:
    return int(version.split(".")[1])
