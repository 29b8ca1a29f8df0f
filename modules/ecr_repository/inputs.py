"""Inputs of an image repository in ECR."""

from __future__ import annotations

from collections.abc import Iterator

from modules import rules
from modules.validation import Problem, inputs, show


@inputs
class EcrRepositoryInputs:
    """A repository whose tags never move, so that what is deployed can be named and rolled back to."""

    kept_images: int = 200
    """How many of the images that were pushed last are kept: 10 to 10000. An expired image cannot be started again, so
    this must reach back to the oldest one that still runs, or that you would roll back to."""
    untagged_days: int = 14
    """How long an image without a tag is kept: 1 to 365."""
    kms_key_arn: str | None = None
    """The key of one's own that encrypts the images; None: a key of ECR. A change replaces the repository."""

    def rules(self) -> Iterator[Problem]:
        if not 10 <= self.kept_images <= 10_000:
            yield Problem("kept_images", f"got {show(self.kept_images)}", "choose 10 to 10000")
        if not 1 <= self.untagged_days <= 365:
            yield Problem("untagged_days", f"got {show(self.untagged_days)}", "choose 1 to 365")
        yield from rules.kms_key("kms_key_arn", self.kms_key_arn)
