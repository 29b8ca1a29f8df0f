"""What synthesis prints beside the units."""

from __future__ import annotations

from pathlib import Path

import pytest

from modules.network.inputs import NetworkInputs
from stacks.synthesis import command
from stacks.synthesis.summary import UnitSummary
from tests import configurations
from tests.support import cloudflare_dns, environment


def test_environments_that_share_an_account_are_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    written = UnitSummary(environment="test", unit="network", resources=1, dependencies=())
    monkeypatch.setattr(command, "_synthesize", lambda *_: [written])
    monkeypatch.setattr("stacks.synthesis.output.left_behind", lambda _: {})
    network = NetworkInputs(cidr="10.99.0.0/16", zones=("us-east-1a", "us-east-1b"))
    other = environment(name="other", network=network, cloudflare_dns=cloudflare_dns(record_name="other"))
    configurations.write(tmp_path, environment(), other)
    assert command.main([f"--output={tmp_path / 'out'}"], tmp_path) == 0
    printed = capsys.readouterr().out.splitlines()
    assert [line.partition(", so that")[0] for line in printed if line.startswith("Warning: ")] == [
        f"Warning: {tmp_path}/test.py, {tmp_path}/other.py: account_id: share the account 123456789012"
    ]
