"""How messages name the place of a state."""

from __future__ import annotations

from stacks.config.schema import Environment, S3State


def s3_url(bucket: str, key: str) -> str:
    """As `aws s3` takes it."""
    return f"s3://{bucket}/{key}"


def place_of(environment: Environment) -> str:
    """Where the data says that its states are: `s3://states/django/prod`, or a directory of the project."""
    state = environment.state
    folder = environment.state_folder
    return s3_url(state.bucket, folder) if isinstance(state, S3State) else f"{state.directory}/{folder}"
