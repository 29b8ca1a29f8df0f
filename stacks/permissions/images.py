"""ECR: the images of the application."""

from __future__ import annotations

from collections.abc import Iterator

from modules.iam import Statement
from stacks.permissions.scope import Scope, calls

_PUSH = """
    BatchCheckLayerAvailability BatchGetImage CompleteLayerUpload GetDownloadUrlForLayer InitiateLayerUpload PutImage
    UploadLayerPart
"""


def describe(scope: Scope) -> Iterator[Statement]:
    """Which images there are."""
    if arn := scope.environment.django_service.ecr_repository_arn:
        actions = calls("ecr", "DescribeImages DescribeRepositories")
        yield Statement(sid="DescribeImages", actions=actions, resources=[arn])


def change(scope: Scope) -> Iterator[Statement]:
    """A new image."""
    if arn := scope.environment.django_service.ecr_repository_arn:
        # The one action of a registry that knows no resource.
        yield Statement(sid="SignInToRegistry", actions=["ecr:GetAuthorizationToken"], resources=["*"])
        yield Statement(sid="PushImage", actions=calls("ecr", _PUSH), resources=[arn])
