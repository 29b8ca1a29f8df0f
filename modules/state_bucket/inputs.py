"""Inputs of the bucket that holds Terraform states."""

from __future__ import annotations

from collections.abc import Iterator

from modules.validation import Problem, inputs, show


@inputs
class StateBucketInputs:
    """A bucket that keeps the versions of a state, so that a broken one can be taken back."""

    old_version_days: int = 365
    """How long a replaced version of a state can be restored: 1 to 36500."""

    def rules(self) -> Iterator[Problem]:
        if not 1 <= self.old_version_days <= 36_500:
            yield Problem("old_version_days", f"got {show(self.old_version_days)}", "choose 1 to 36500")
