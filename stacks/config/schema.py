"""What an environment is made of, and the rules between its parts. Standard library only: it loads in milliseconds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Literal

from modules import rules
from modules.certificate.inputs import CertificateInputs
from modules.cloudflare_dns.inputs import CloudflareDnsInputs
from modules.fargate_service.inputs import BeatInputs, WebInputs, WorkerInputs
from modules.load_balancer.inputs import LoadBalancerInputs
from modules.network.inputs import ExistingNetworkInputs, NetworkInputs
from modules.one_off_task.inputs import OneOffTaskInputs
from modules.postgresql.inputs import PostgreSQLInputs
from modules.redis.inputs import RedisInputs
from modules.validation import Problem, inputs, show

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


@inputs
class S3State:
    """State in S3: encrypted, locked by a native lock file, at `<project>/<environment>/<unit>/terraform.tfstate`."""

    bucket: str
    region: str | None = None
    """None: the environment's region."""
    kms_key_arn: str | None = None
    """None: encrypted with the key of the bucket."""

    def rules(self) -> Iterator[Problem]:
        if not BUCKET.fullmatch(self.bucket) or ".." in self.bucket:
            yield Problem("bucket", f"{show(self.bucket)} is no bucket name", "use 3 to 63 of a-z, 0-9, hyphen")
        if self.region is not None and not rules.REGION.fullmatch(self.region):
            yield Problem("region", f"{show(self.region)} is no region", 'write it as "us-east-1"')
        if self.kms_key_arn is not None and not rules.arn("kms", self.kms_key_arn):
            yield Problem("kms_key_arn", f"{show(self.kms_key_arn)} is no ARN of a KMS key", "give the key's ARN")


@inputs
class LocalState:
    """State in a directory of this project, for a first try without an account. Nothing locks it between machines."""

    directory: str = "state"

    def rules(self) -> Iterator[Problem]:
        if not re.fullmatch(r"[A-Za-z0-9_-]+", self.directory):
            yield Problem("directory", f"{show(self.directory)} is no plain name", "name a directory of the project")


@inputs
class DjangoServiceInputs:
    """The Django application: what all its tasks share, and each of its services."""

    ecr_repository_url: str
    web: WebInputs
    worker: WorkerInputs | None = None
    beat: BeatInputs | None = None


@inputs
class Environment:
    """One environment: every value in which it may differ from another. Defaults are right for production."""

    name: str
    """Opens the name of every unit and resource: 2 to 12 of a-z, 0-9, hyphen."""
    account_id: str
    """The only AWS account that its units may touch."""
    state: S3State | LocalState
    network: NetworkInputs | ExistingNetworkInputs
    postgresql: PostgreSQLInputs
    redis: RedisInputs
    certificate: CertificateInputs
    django_service: DjangoServiceInputs
    cloudflare_dns: CloudflareDnsInputs
    project: str = "django"
    region: str = "us-east-1"
    confidentiality: Literal["internal", "restricted", "confidential", "secret"] = "confidential"
    owner: str = "platform-team"
    tags: Mapping[str, str] | None = None
    """Tags of its own, beside Project, Environment, Owner, Confidentiality and ManagedBy."""

    @property
    def prefix(self) -> str:
        """Opens the name of every AWS resource: `django-prod`."""
        return f"{self.project}-{self.name}"

    @property
    def all_tags(self) -> dict[str, str]:
        """What every AWS resource bears."""
        return {
            "Project": self.project,
            "Environment": self.name,
            "Owner": self.owner,
            "Confidentiality": self.confidentiality,
            "ManagedBy": "cdktf",
            **(self.tags or {}),
        }
