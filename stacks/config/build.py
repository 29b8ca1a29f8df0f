"""Where the image comes from: how it is built."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from modules import credentials
from modules.validation import Problem, inputs, show

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TARGET = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
# https://docs.github.com/en/repositories/creating-and-managing-repositories
_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}")


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
