"""Environments that share an account are named, with what that means."""

from __future__ import annotations

from dataclasses import replace

from stacks.config.shared_accounts import shared_accounts
from tests.environments import frozen


def test_each_account_of_several_environments_is_one_line() -> None:
    dev, staging, prod = (frozen(name) for name in ("dev", "staging", "prod"))
    assert list(shared_accounts({"dev.py": dev, "staging.py": staging, "prod.py": prod})) == []
    beside = replace(staging, account_id=dev.account_id)
    (line,) = shared_accounts({"dev.py": dev, "staging.py": beside, "prod.py": prod})
    where, what = line.split(": account_id: ")
    assert where == "dev.py, staging.py"
    assert what.startswith(
        f"share the account {dev.account_id}, so that their pipelines are kept apart by names and tags"
    )
    assert what.endswith(": give each an account of its own where that is too little")
