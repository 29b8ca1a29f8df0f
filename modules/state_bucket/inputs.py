"""Inputs of the bucket that holds Terraform states."""

from __future__ import annotations

from collections.abc import Iterator

from modules.validation import Problem, inputs, show


@inputs
class StateBucketInputs:
    """A bucket that keeps the versions of a state, so that a broken one can be taken back."""

    old_version_days: int = 90
    """How long a replaced version of a state can be restored: 1 to 36500."""
    old_versions: int = 30
    """How many of the newest replaced versions stay however old they are: 1 to 100, the most that S3 takes."""

    def rules(self) -> Iterator[Problem]:
        if not 1 <= self.old_version_days <= 36_500:
            yield Problem("old_version_days", f"got {show(self.old_version_days)}", "choose 1 to 36500")
        # https://docs.aws.amazon.com/AmazonS3/latest/API/API_NoncurrentVersionExpiration.html
        if not 1 <= self.old_versions <= 100:
            yield Problem("old_versions", f"got {show(self.old_versions)}", "choose 1 to 100")
