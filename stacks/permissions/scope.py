"""The names and ARNs of one environment, by which permissions are kept to it."""

from __future__ import annotations

from dataclasses import dataclass

from modules.iam import Condition, Statement
from stacks.config.schema import Environment, S3State
from stacks.unit_names import PAUSED


@dataclass(frozen=True, slots=True)
class Scope:
    """Builds ARNs, and conditions on the tags that every resource of the environment has."""

    environment: Environment

    @property
    def prefix(self) -> str:
        """Begins the name of every resource."""
        return self.environment.prefix

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource of this account and region."""
        return f"arn:aws:{service}:{self.environment.region}:{self.environment.account_id}:{resource}"

    def ec2(self, *types: str) -> list[str]:
        """All resources of these types: EC2 draws their ids, so it is their tags that tell them apart."""
        return [self.arn("ec2", f"{name}/*") for name in types]

    def iam(self, resource: str) -> str:
        """The ARN of something in IAM, which has no region."""
        return f"arn:aws:iam::{self.environment.account_id}:{resource}"

    def log_groups(self) -> list[str]:
        """The log groups of the units, each as a group and with its streams."""
        p = self.prefix
        stores = [f"/aws/rds/instance/{p}-*", *([f"/aws/elasticache/{p}-*"] if self.environment.redis else [])]
        names = (*stores, f"/vpc/{p}/*", f"/ecs/{p}/*")
        given = [f"/aws/rds/instance/{name}/*" for name in self.given_databases()]
        return [*(self.arn("logs", f"log-group:{name}") for name in (*names, *given)), *self.given_log_groups()]

    def given_log_groups(self) -> list[str]:
        """Those of tasks that have names of their own, each as a group and with its streams."""
        names = (self.environment.django_service.runtime.log_groups or {}).values()
        return [self.arn("logs", f"log-group:{name}{end}") for name in names for end in ("", ":*")]

    def given_databases(self) -> list[str]:
        """The identifiers of the instance of PostgreSQL and its replica, where they have names of their own."""
        postgresql = self.environment.postgresql
        if postgresql.identifier is None:
            return []
        return [postgresql.identifier, *([f"{postgresql.identifier}-replica"] if postgresql.read_replica else [])]

    def given_redis_groups(self) -> list[str]:
        """The ids of the replication groups that have names of their own."""
        redis = self.environment.redis
        groups = (redis.cache, redis.broker) if redis else ()
        return [group.replication_group_id for group in groups if group and group.replication_group_id]

    def roles(self, kind: str = "") -> list[str]:
        """The roles of the units, or those of tasks of one kind, such as `job-`."""
        given = self.environment.django_service.runtime.role_names or {}
        names = (f"{self.prefix}-{kind}*", *(name for role, name in given.items() if role.startswith(kind)))
        return [self.iam(f"role/{name}") for name in names]

    def tagged(self) -> Condition:
        """The resource is of this environment."""
        return {"StringEquals": self._tags("aws:ResourceTag")}

    def tagging(self) -> Condition:
        """The resource is created as one of this environment."""
        return {"StringEquals": self._tags("aws:RequestTag")}

    def claiming(self) -> Condition:
        """The resource becomes one of this environment: it is created so, or has no tag that says whose it is."""
        project, _ = self.environment.identity_tags
        return {**self.tagging(), "Null": {f"aws:ResourceTag/{project}": "true"}}

    def states(self) -> tuple[str, list[str]] | None:
        """The bucket of the states with the keys of the units; None where they are in no bucket.

        Without that of bootstrap itself, which is for administrators.
        """
        state = self.environment.state
        if not isinstance(state, S3State):
            return None
        keys = [f"{self.environment.state_folder}/{unit}/terraform.tfstate" for unit in self.environment.units]
        return f"arn:aws:s3:::{state.bucket}", keys

    @property
    def paused(self) -> str:
        """The key of what says that the environment is paused."""
        return f"{self.environment.state_folder}/{PAUSED}"

    def written_secrets(self) -> dict[str, str | None]:
        """The secrets whose values Terraform writes, and the customer-managed key that encrypts each, if any.

        AWS ends their names with six characters of its own.
        """
        has_passwords = self.environment.django_service.authentication == "password"
        secret_key, postgresql = self.environment.django_service.secret_key, self.environment.postgresql
        found = {
            "django-secret-key": (not secret_key.existing, secret_key.kms_key_arn),
            "postgresql-master": (postgresql.read_replica, postgresql.master_secret_kms_key_arn),
            **{
                f"postgresql-{user}": (has_passwords, postgresql.master_secret_kms_key_arn)
                for user in ("app", "migration")
            },
        }
        return {
            self.arn("secretsmanager", f"secret:{self.prefix}/{name}-*"): key
            for name, (is_written, key) in found.items()
            if is_written
        }

    def kms_keys(self) -> list[str]:
        """The customer-managed keys that the environment names."""
        environment = self.environment
        service, postgresql = environment.django_service, environment.postgresql
        keys = [
            environment.state.kms_key_arn if isinstance(environment.state, S3State) else None,
            postgresql.kms_key_arn,
            postgresql.master_secret_kms_key_arn,
            environment.redis.kms_key_arn if environment.redis else None,
            environment.backup.kms_key_arn if environment.backup else None,
            service.secret_key.kms_key_arn,
            service.runtime.log_kms_key_arn,
            *service.runtime.secret_kms_key_arns,
            *(volume.kms_key_arn for volume in (service.volumes or {}).values()),
        ]
        return list(dict.fromkeys(str(key) for key in keys if key))

    def _tags(self, key: str) -> dict[str, str]:
        return {f"{key}/{name}": value for name, value in self.environment.identity_tags.items()}


def calls(service: str, names: str) -> list[str]:
    """The actions of a service, by a list of words: `calls("ecs", "RunTask StopTask")`."""
    return [f"{service}:{name}" for name in names.split()]


def describe_all(scope: Scope, service: str, names: str) -> Statement:
    """Actions for which AWS knows no resource, or which list all of a kind where one is asked for.

    Only in the region of the environment, which every request names:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    """
    condition = {"StringEquals": {"aws:RequestedRegion": scope.environment.region}}
    return Statement(sid="Describe", actions=calls(service, names), resources=["*"], condition=condition)


def via(service: str, region: str) -> Condition:
    """A key of KMS is used only by way of this service."""
    return {"StringEquals": {"kms:ViaService": f"{service}.{region}.amazonaws.com"}}
