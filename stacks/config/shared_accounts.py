"""Environments that share an account of AWS, where only names and tags keep their pipelines apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from stacks.config.schema import Environment

_MEANING = (
    "their pipelines are kept apart by names and tags alone, and each can read how the other is configured and run "
    "tasks in its network (docs/adr/0011-rights-of-the-pipeline.md)"
)


def shared_accounts(environments: Mapping[str, Environment]) -> Iterator[str]:
    """The environments, by their files, that share an account, a line for each account."""
    files: dict[str, list[str]] = {}
    for file, environment in environments.items():
        files.setdefault(environment.account_id, []).append(file)
    for account_id, found in files.items():
        if len(found) > 1:
            what = f"share the account {account_id}, so that {_MEANING}"
            yield f"{', '.join(found)}: account_id: {what}: give each an account of its own where that is too little"
