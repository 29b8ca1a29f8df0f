"""`python -m cli.local_aws` says what is missing in one line, and leaves nothing when it is interrupted."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.local_aws import providers
from cli.local_aws.command import main
from tests.terraform import require

ROOT = Path(__file__).parents[3]


def test_a_missing_terraform_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert main(["dev"]) == 1
    assert capsys.readouterr().err == "terraform: is not on PATH: install Terraform 1.11 or later\n"


def test_a_terraform_that_is_too_old_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "terraform").write_text("""#!/bin/sh\necho '{"terraform_version": "1.10.5"}'\n""")
    (tmp_path / "terraform").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["dev"]) == 1
    assert capsys.readouterr().err == "terraform: is version 1.10.5: install 1.11 or later\n"


def test_an_unknown_environment_is_misuse(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["production"]) == 2
    assert "invalid choice: 'production'" in capsys.readouterr().err


def test_what_a_user_has_configured_for_aws_is_not_looked_at(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("[default]\ns3 =\n  use_accelerate_endpoint = true\n")
    script = (
        "from cli.local_aws.server import LocalAws\n"
        "with LocalAws() as aws: aws.client('s3', '111122223333').create_bucket(Bucket='example')\n"
    )
    given = {"AWS_PROFILE": "nobody", "AWS_CONFIG_FILE": str(tmp_path / "config")}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env={**os.environ, **given}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("moment", "number"),
    [
        ("applying", signal.SIGINT),
        pytest.param("initializing", signal.SIGTERM, marks=pytest.mark.slow),
        pytest.param("planning a second time", signal.SIGHUP, marks=pytest.mark.slow),
    ],
)
def test_an_interrupt_ends_what_was_started_and_leaves_nothing(
    tmp_path: Path, moment: str, number: signal.Signals
) -> None:
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
            if moment in line:
                assert len(list(of(tmp_path))) > 0, "it is seen where it runs"
                process.send_signal(number)
                break
        rest = process.stderr.read()
        assert process.wait(60) == 130
    assert rest.splitlines()[-1] == "local: interrupted: nothing is left of it, and the next one begins anew"
    assert list(tmp_path.iterdir()) == []
    assert list(of(tmp_path)) == [], "a process of it runs on"


def of(directory: Path) -> Iterator[str]:
    """The processes that have this as their temporary directory."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"TMPDIR={directory}".encode() in (process / "environ").read_bytes().split(b"\0"):
                yield (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:  # it has ended meanwhile, or is somebody else's
            continue
