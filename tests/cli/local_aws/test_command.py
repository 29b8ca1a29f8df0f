"""`python -m cli local` says what is missing and what failed in one line, and leaves nothing when it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cli.local_aws import providers
from cli.local_aws.command import main
from tests.environments import DIRECTORY
from tests.terraform import require

pytestmark = pytest.mark.thorough

ROOT = Path(__file__).parents[3]


def test_a_missing_terraform_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert main(["dev"], directory=DIRECTORY) == 1
    assert capsys.readouterr().err == "terraform: is not on PATH: install Terraform or OpenTofu 1.11 or later\n"


def test_a_terraform_that_is_too_old_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "terraform").write_text("""#!/bin/sh\necho '{"terraform_version": "1.10.5"}'\n""")
    (tmp_path / "terraform").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["dev"], directory=DIRECTORY) == 1
    assert capsys.readouterr().err == "terraform: is version 1.10.5: install Terraform or OpenTofu 1.11 or later\n"


def test_an_unknown_environment_is_misuse(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["production"], directory=DIRECTORY) == 1
    assert "'production': there is no environment of this name" in capsys.readouterr().err


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


# `python -m cli local`, on other environments than those of stacks/config.
COMMAND = """
import sys
from pathlib import Path
from cli.local_aws.command import main
sys.exit(main(sys.argv[2:], directory=Path(sys.argv[1])))
"""

INTERRUPTED = "local: interrupted: nothing is left of it, and the next one begins anew"

# In the place of Terraform: it answers at once that there is nothing, but where SLOW or BROKEN says another thing.
FAKE = """#!/bin/sh
case "$1" in
    "$SLOW") exec sleep 120 ;;
    "$BROKEN") case "$PWD" in */dev-certificate) echo "Error: it is broken" >&2; exit 1 ;; esac ;;
    version) echo '{"terraform_version": "1.11.0"}' ;;
    output) echo '{}' ;;
esac
"""


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts the command, with a temporary directory of its own and these environment variables."""
    (tmp_path / "temporary").mkdir()
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "terraform").write_text(FAKE)
    (tmp_path / "bin" / "terraform").chmod(0o755)
    started = []

    def start(*options: str, fake: bool = True, **variables: str) -> subprocess.Popen[str]:
        path = f"{tmp_path / 'bin'}:{os.environ['PATH']}" if fake else os.environ["PATH"]
        own = {"PATH": path, "TMPDIR": str(tmp_path / "temporary"), "PYTHONUNBUFFERED": "1", **variables}
        process = subprocess.Popen(
            [sys.executable, "-c", COMMAND, str(DIRECTORY), "dev", *options],
            cwd=ROOT,
            env={**os.environ, **own},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()
    assert list((tmp_path / "temporary").iterdir()) == []
    assert list(of(tmp_path / "temporary")) == [], "a process of it runs on"


def until(text: str, process: subprocess.Popen[str]) -> None:
    assert process.stdout
    assert any(text in line for line in process.stdout), f"it never said {text}"


def end(process: subprocess.Popen[str], number: signal.Signals, *, seconds: float = 60) -> list[str]:
    process.send_signal(number)
    output, _ = process.communicate(timeout=seconds)
    return output.splitlines()


@pytest.mark.parametrize(
    ("slow", "moment", "count", "number"),
    [
        pytest.param("init", "dev-network: initializing", 1, signal.SIGTERM, marks=pytest.mark.slow),
        ("apply", "dev-network: applying", 1, signal.SIGINT),
        pytest.param("plan", "dev-cloudflare-dns: planning a second time", 6, signal.SIGINT, marks=pytest.mark.slow),
        ("plan", "dev-cloudflare-dns: planning a second time", 6, signal.SIGHUP),
    ],
)
def test_an_interrupt_ends_what_was_started_and_leaves_nothing(
    local: Callable[..., subprocess.Popen[str]],
    tmp_path: Path,
    *,
    slow: str,
    moment: str,
    count: int,
    number: signal.Signals,
) -> None:
    process = local(SLOW=slow)
    until(moment, process)
    while sum(command.startswith("sleep") for command in of(tmp_path / "temporary")) < count:
        assert process.poll() is None
        time.sleep(0.05)
    assert end(process, number)[-1] == INTERRUPTED
    assert process.returncode == 130


@pytest.mark.slow
def test_an_interrupt_is_how_one_ends_what_is_deployed(local: Callable[..., subprocess.Popen[str]]) -> None:
    process = local()
    until("It runs until Ctrl-C", process)
    assert end(process, signal.SIGINT)[-1].startswith("Stopped. Nothing is left of it: ")
    assert process.returncode == 0


@pytest.mark.slow
def test_an_interrupt_ends_the_real_terraform_and_its_providers(
    local: Callable[..., subprocess.Popen[str]], terraform_command: str
) -> None:
    require(providers.mirror(), "a filesystem mirror of the AWS provider 5.100.0 (TF_PROVIDER_MIRROR)")
    process = local(fake=False)
    until("applying", process)
    assert end(process, signal.SIGINT)[-1] == INTERRUPTED
    assert process.returncode == 130


@pytest.mark.parametrize("broken", ["apply", pytest.param("plan", marks=pytest.mark.slow)])
def test_a_unit_that_fails_is_named_at_once_and_in_the_end(
    local: Callable[..., subprocess.Popen[str]], broken: str
) -> None:
    process = local("--once", BROKEN=broken)
    output, _ = process.communicate(timeout=300)  # with the start and the synthesis, 40 seconds on a busy machine
    lines = output.splitlines()
    assert any(line.endswith("dev-certificate: failed: Error: it is broken") for line in lines[:-1])
    assert lines[-1] == "dev-certificate failed: Error: it is broken"
    assert process.returncode == 1


def of(directory: Path) -> Iterator[str]:
    """The processes that have this as their temporary directory."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"TMPDIR={directory}".encode() in (process / "environ").read_bytes().split(b"\0"):
                yield (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:  # it has ended meanwhile, or is somebody else's
            continue
