"""S3 and KMS: the states of the units. There is no secret in them: the units write those by write-only arguments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from modules.iam import Statement
from stacks.config.schema import S3State
from stacks.permissions.scope import Scope, via
from stacks.unit_names import BACKUP, OBSERVABILITY


def describe(scope: Scope) -> Iterator[Statement]:
    """Read the states, and whether the environment is paused."""
    found = scope.states()
    if found is None:
        return
    bucket, keys = found
    # All of its keys: with each command Terraform asks for those of workspaces, and S3 tells only who may list that a
    # state is not there yet. To all others it says 403.
    yield Statement(sid="ListStates", actions=["s3:ListBucket"], resources=[bucket])
    read = [*keys, scope.paused]
    yield Statement(sid="ReadStates", actions=["s3:GetObject"], resources=[f"{bucket}/{key}" for key in read])
    state = scope.environment.state
    if isinstance(state, S3State) and state.kms_key_arn:
        yield Statement(
            sid="DecryptStates",
            actions=["kms:Decrypt"],
            resources=[state.kms_key_arn],
            condition=via("s3", state.region or scope.environment.region),
        )


def change(scope: Scope) -> Iterator[Statement]:
    """Lock and write the states, but those of observability and backup."""
    apart = (BACKUP, OBSERVABILITY)
    yield from _written(scope, "States", [unit for unit in scope.environment.units if unit not in apart])


def change_options(scope: Scope) -> Iterator[Statement]:
    """The same for that of observability: the policy in which all others are has no room for it with long names."""
    if scope.environment.observability:
        yield from _written(scope, "ObservabilityState", [OBSERVABILITY])


def change_backup(scope: Scope) -> Iterator[Statement]:
    """The same for that of backup, for the same reason."""
    if scope.environment.backup:
        yield from _written(scope, "BackupState", [BACKUP])


def _written(scope: Scope, name: str, units: Sequence[str]) -> Iterator[Statement]:
    found = scope.states()
    if found is None:
        return
    bucket, keys = found
    states = [f"{bucket}/{key}" for key in keys if key.split("/")[2] in units]
    locks = [f"{state}.tflock" for state in states]
    # A state is overwritten, never deleted: its versions stay.
    written = list(chain.from_iterable(zip(states, locks, strict=True)))
    yield Statement(sid=f"Write{name}", actions=["s3:PutObject"], resources=written)
    yield Statement(sid=f"Lock{name}", actions=["s3:DeleteObject", "s3:GetObject"], resources=locks)
