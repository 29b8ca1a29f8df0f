"""Where the state of a unit lies: its backend, and the data source by which another unit reads it."""

from __future__ import annotations

from cdktf import (
    DataTerraformRemoteStateLocal,
    DataTerraformRemoteStateS3,
    LocalBackend,
    S3Backend,
    TerraformRemoteState,
    TerraformStack,
)

from stacks.config.schema import Environment, S3State


def configure(stack: TerraformStack, environment: Environment, unit: str) -> None:
    """Give a unit its backend, at the key that follows from the environment and the unit."""
    state = environment.state
    if isinstance(state, S3State):
        backend = S3Backend(
            stack,
            bucket=state.bucket,
            key=_key(environment, unit),
            region=state.region or environment.region,
            encrypt=True,
            kms_key_id=state.kms_key_arn,
            allowed_account_ids=[environment.account_id],
        )
        # The native lock file of Terraform 1.10; the bindings do not know the argument.
        backend.add_override("use_lockfile", True)
    else:
        LocalBackend(stack, path=_path(state.directory, environment, unit))


def remote(stack: TerraformStack, id: str, environment: Environment, unit: str) -> TerraformRemoteState:
    """The state of another unit, as a data source of this one."""
    state = environment.state
    if isinstance(state, S3State):
        return DataTerraformRemoteStateS3(
            stack,
            id,
            bucket=state.bucket,
            key=_key(environment, unit),
            region=state.region or environment.region,
        )
    return DataTerraformRemoteStateLocal(stack, id, path=_path(state.directory, environment, unit))


def _key(environment: Environment, unit: str) -> str:
    return f"{environment.state_folder}/{unit}/terraform.tfstate"


def _path(directory: str, environment: Environment, unit: str) -> str:
    # Terraform runs in cdktf.out/stacks/<unit>; relative, so that the JSON is the same on every machine.
    return f"../../../{directory}/{_key(environment, unit)}"
