"""`python -m cli.local_aws` says what is missing in one line, and leaves nothing when it is interrupted."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cli.local_aws import providers
from cli.local_aws.command import main
from tests.terraform import require

ROOT = Path(__file__).parents[3]


def test_a_missing_terraform_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert main(["dev"]) == 1
    assert capsys.readouterr().err == "terraform is not on PATH: install Terraform 1.11 or later\n"


def test_an_unknown_environment_is_misuse(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["production"]) == 2
    assert "invalid choice: 'production'" in capsys.readouterr().err


def test_an_interrupt_ends_what_was_started_and_leaves_nothing(tmp_path: Path) -> None:
    require(shutil.which("terraform"), "the command terraform")
    require(providers.mirror(), "a filesystem mirror of the AWS provider 5.100.0 (TF_PROVIDER_MIRROR)")
    command = [sys.executable, "-m", "cli.local_aws", "dev"]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr
        for line in process.stderr:
            if "applying" in line:
                process.send_signal(signal.SIGINT)
                break
        rest = process.stderr.read()
    assert process.returncode == 130
    assert rest.splitlines()[-1] == "local: interrupted: run it again to go on"
    assert list(tmp_path.iterdir()) == []
    found = subprocess.run(["pgrep", "-f", str(tmp_path)], capture_output=True, text=True)
    assert found.stdout == "", "a process of it runs on"
