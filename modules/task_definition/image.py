"""Images that an environment names beside its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from modules.validation import Problem, show

# https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_Repository.html
ECR_REPOSITORY = re.compile(
    r"([0-9]{12})\.dkr\.ecr\.([a-z]{2}(?:-[a-z]+)+-[0-9])\.amazonaws\.com/((?:[a-z0-9]+(?:[._-]+[a-z0-9]+)*/)*"
    r"[a-z0-9]+(?:[._-]+[a-z0-9]+)*)"
)
# https://pkg.go.dev/github.com/distribution/reference
_PART = r"[a-z0-9]+(?:[._-]+[a-z0-9]+)*"
_IMAGE = re.compile(
    rf"(?:[a-z0-9.-]+(?::[0-9]+)?/)?(?:{_PART}/)*{_PART}(?::[\w][\w.-]{{0,127}}|@sha256:[0-9a-f]{{64}})"
)


class EcrRepository(NamedTuple):
    """The parts of the address of a repository."""

    account_id: str
    region: str
    name: str

    @property
    def registry(self) -> str:
        """The host of its registry."""
        return f"{self.account_id}.dkr.ecr.{self.region}.amazonaws.com"

    @property
    def arn(self) -> str:
        """The ARN of the repository."""
        return f"arn:aws:ecr:{self.region}:{self.account_id}:repository/{self.name}"

    @classmethod
    def of(cls, image: str) -> EcrRepository | None:
        """That of an image; None where it is not in a private repository of ECR."""
        found = ECR_REPOSITORY.match(image)
        return cls(*found.groups()) if found else None


def registry_of(image: str) -> str:
    """The host of an image's registry."""
    host, slash, _ = image.partition("/")
    return host if slash and ("." in host or ":" in host) else "docker.io"


def image_rules(field: str, image: str, example: str) -> Iterator[Problem]:
    """An image has a version, because nobody can go back to one that moves."""
    if not _IMAGE.fullmatch(image) or image.endswith(":latest"):
        yield Problem(field, f"{show(image)} is no image with a version", f'write it as "{example}"')
