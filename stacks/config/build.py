"""Where the image comes from: how it is built, and the registry that has it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from modules import credentials
from modules.task_definition.secret import Secret
from modules.validation import Problem, inputs, show

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TARGET = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
# https://docs.github.com/en/repositories/creating-and-managing-repositories
_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}")
# https://docs.docker.com/reference/cli/docker/image/tag/
_IMAGE = re.compile(
    r"(?=.{1,255}\Z)(?P<host>[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?\.[a-z]{2,63}(?::[0-9]{1,5})?)"
    r"(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)+"
)


@inputs
class ImageInputs:
    """The image in a registry other than ECR, which tasks reach over the internet."""

    repository: str
    """`ghcr.io/acme/shop`, `docker.io/acme/shop`. The tag or digest is Terraform's variable image_tag."""
    credentials_secret_arn: str | None = None
    """The secret with which ECS signs in: a JSON object of `username` and `password`. None: everybody may pull.
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/private-auth.html"""

    def rules(self) -> Iterator[Problem]:
        found = _IMAGE.fullmatch(self.repository)
        if not found:
            what = f"{show(self.repository)} is not a repository"
            yield Problem("repository", what, "use ghcr.io/acme/shop, with its registry and without a tag")
        elif found["host"].endswith(".amazonaws.com"):
            yield Problem("repository", "is one of ECR", "name it by ecr_repository_url")
        arn = self.credentials_secret_arn
        secret = Secret.parse(arn) if arn is not None else None
        if arn is not None and (secret is None or secret.is_parameter or secret.arn != arn):
            what = f"{show(arn)} is not the ARN of a secret"
            yield Problem("credentials_secret_arn", what, "use its full ARN, without a JSON key")


@inputs
class BuildInputs:
    """The image as Docker builds it. Paths start at the root of this project: `"."`, `"../shop"`."""

    context: str = "."
    """The directory whose files the build may copy. The image's tag is the commit that is checked out there."""
    dockerfile: str | None = None
    """None: `Dockerfile` in the context."""
    target: str | None = None
    """The stage to build. None: the last."""
    arguments: Mapping[str, str] | None = None
    """What ARG takes. The image keeps these values, so that they are no secrets."""
    repository: str | None = None
    """The GitHub repository of a context beside this project, as `acme/shop`, which the workflow checks out there."""

    @property
    def file(self) -> str:
        """The Dockerfile, from the root of this project."""
        return self.dockerfile or str(PurePosixPath(self.context, "Dockerfile"))

    @property
    def is_beside(self) -> bool:
        """Whether the context is outside of this project."""
        return PurePosixPath(self.context).parts[:1] == ("..",)

    @property
    def options(self) -> list[str]:
        """Those of `docker build`, without the context."""
        target = ["--target", self.target] if self.target else []
        given = [f"--build-arg={name}={value}" for name, value in (self.arguments or {}).items()]
        return ["--file", self.file, *target, *given]

    def rules(self) -> Iterator[Problem]:
        for field, path in (("context", self.context), ("dockerfile", self.dockerfile)):
            if path is not None and (not re.fullmatch(r"[\w.][\w./-]*", path) or "//" in path):
                what = f"{show(path)} is not a relative path"
                yield Problem(field, what, 'use one from the root of this project, such as "../shop"')
        if self.target is not None and not _TARGET.fullmatch(self.target):
            yield Problem("target", f"{show(self.target)} is not a stage", "use the name after AS in the Dockerfile")
        for name, value in (self.arguments or {}).items():
            where = f"arguments[{show(name)}]"
            if not _NAME.fullmatch(name):
                yield Problem(where, "is not a name of ARG", "use letters, digits and _, no digit first")
            elif credentials.is_secret_name(name, is_variable=True) or credentials.in_plain_text(name, value):
                yield Problem(where, "holds a secret, which the image would keep", "mount it: RUN --mount=type=secret")
        if self.repository is not None and not _REPOSITORY.fullmatch(self.repository):
            yield Problem("repository", f"{show(self.repository)} is not a GitHub repository", "use acme/shop")
        elif self.repository is not None and not self.is_beside:
            yield Problem("repository", "the context is in this project", "remove it")
