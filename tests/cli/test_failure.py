"""Whatever ends a command is one line without a secret, and an exit code."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    ProfileNotFound,
    ReadTimeoutError,
    UnauthorizedSSOTokenError,
)

from cli.command import Parser
from cli.failure import Failure, remedy, run_command
from cli.terraform.runner import TerraformFailed
from stacks.config.loader import WrongEnvironment

REMEDY = "give the credentials that permission"


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def fails(error: BaseException) -> int:
    def command() -> int:
        raise error

    return run_command("deploy", command)


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (Failure("dev: wrong: correct it"), 1, "dev: wrong: correct it"),
        (Failure("deploy: refused", 3), 3, "deploy: refused"),
        (TerraformFailed("Error: no"), 1, "Error: no"),
        (WrongEnvironment("stacks/config/dev.py: wrong"), 1, "stacks/config/dev.py: wrong"),
        (KeyboardInterrupt(), 130, "deploy: interrupted: run it again to go on"),
        (OSError(errno.ENOSPC, "No space left on device"), 1, "deploy: output: No space left on device: make room"),
        (OSError(errno.EMFILE, "Too many", "/x"), 1, "deploy: /x: Too many: raise the limit of open files (ulimit -n)"),
        (MemoryError(), 1, "deploy: not enough memory: give it more memory (ulimit -v)"),
        (ZeroDivisionError("x"), 1, "deploy: ZeroDivisionError: x: this is a bug: please report it"),
        (
            ClientError({"Error": {"Code": "AccessDenied", "Message": "no\nway"}}, "RunTask"),
            1,
            f"AWS: An error occurred (AccessDenied) when calling the RunTask operation: no way: {REMEDY}",
        ),
        (
            ProfileNotFound(profile="nope"),
            1,
            "AWS: The config profile (nope) could not be found: sign in, or set AWS_PROFILE to a profile that works",
        ),
    ],
)
def test_every_error_is_one_line_and_a_code(
    error: BaseException, code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fails(error) == code
    assert capsys.readouterr().err == f"{said}\n"


def test_a_command_that_ends_well_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command("deploy", lambda: 7) == 7
    assert capsys.readouterr().err == ""


def test_a_credential_of_the_process_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CLOUDFLARE_API_TOKEN", "token-that-nobody-may-see")
    fails(TerraformFailed("Cloudflare refuses token-that-nobody-may-see"))
    assert capsys.readouterr().err == "Cloudflare refuses (sensitive)\n"


def error_of(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "RunTask")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (error_of("ExpiredTokenException"), "sign in, or set AWS_PROFILE to a profile that works"),
        (NoCredentialsError(), "sign in, or set AWS_PROFILE to a profile that works"),
        (UnauthorizedSSOTokenError(), "sign in, or set AWS_PROFILE to a profile that works"),
        (EndpointConnectionError(endpoint_url="https://ecs"), "look at the network, and try again"),
        (ReadTimeoutError(endpoint_url="https://ecs"), "look at the network, and try again"),
        (error_of("UnauthorizedOperation"), "give the credentials that permission"),
        (error_of("ThrottlingException"), "try again"),
    ],
)
def test_each_error_of_aws_has_its_own_remedy(error: BotoCoreError | ClientError, said: str) -> None:
    assert remedy(error) == said


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_what_would_end_this_process_alone_ends_a_command_as_an_interrupt_does(number: signal.Signals) -> None:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

    def command() -> int:
        os.kill(os.getpid(), number)
        signal.pause()
        return 0

    assert run_command("deploy", command) == 130


def test_under_nohup_a_terminal_that_is_closed_ends_nothing() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def command() -> int:
        os.kill(os.getpid(), signal.SIGHUP)
        return 0

    assert run_command("deploy", command) == 0


def test_arguments_that_mean_nothing_are_misuse(capsys: pytest.CaptureFixture[str]) -> None:
    parser = Parser("deploy", None)
    parser.add_argument("environment")
    assert run_command("deploy", lambda: len(vars(parser.parse_args(["dev", "--wrong"])))) == 1
    assert (
        capsys.readouterr().err
        == "python -m cli deploy: unrecognized arguments: --wrong: see python -m cli deploy --help\n"
    )


def test_an_option_is_given_once_unless_it_takes_several(capsys: pytest.CaptureFixture[str]) -> None:
    parser = Parser("deploy", None)
    parser.add_argument("environment", nargs="?")
    parser.add_argument("--image-tag", default="1")
    parser.add_argument("--allow", action="append")
    parser.add_argument("--yes", action="store_true")
    given = parser.parse_args(["dev", "--image-tag=2", "--allow=a", "--allow=b", "--yes", "--yes"])
    assert (given.environment, given.image_tag, given.allow) == ("dev", "2", ["a", "b"])
    other = Parser("deploy", None)
    other.add_argument("--image-tag")
    assert run_command("deploy", lambda: len(vars(other.parse_args(["--image-tag=2", "--image-tag", "2"])))) == 1
    assert capsys.readouterr().err == (
        "python -m cli deploy: argument --image-tag: is given twice: see python -m cli deploy --help\n"
    )


def test_a_credential_process_that_does_not_exist_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config").write_text("[default]\ncredential_process = /nowhere/login\n")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")

    def command() -> int:
        return len(boto3.Session(region_name="us-east-1").client("sts").get_caller_identity())

    assert run_command("logs", command) == 1
    assert capsys.readouterr().err == (
        "AWS: no credentials that work ([Errno 2] No such file or directory: '/nowhere/login'): correct "
        "credential_process in AWS's config file\n"
    )
    assert fails(FileNotFoundError("x")) == 1
    assert capsys.readouterr().err == "deploy: FileNotFoundError: x: this is a bug: please report it\n"


def python(code: str, then: str = "") -> subprocess.CompletedProcess[str]:
    text = f"import sys, time; from cli.failure import run_command; {code}"
    command = f"{sys.executable} -c '{text}' {then}"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    shell = ["bash", "-o", "pipefail", "-c", command]
    return subprocess.run(shell, env=environment, capture_output=True, text=True, timeout=60)


def test_what_is_printed_reaches_a_pipe_at_once_and_in_its_order() -> None:
    code = 'run_command("x", lambda: (print("plan"), print("asked", file=sys.stderr), print("done")) and 0)'
    assert python(code, "2>&1 | cat").stdout.split() == ["plan", "asked", "done"]


def test_a_reader_that_goes_away_is_no_defect() -> None:
    code = 'sys.exit(run_command("x", lambda: [print("line") for _ in range(100000)] and 0))'
    ended = python(code, "| head -1")
    assert (ended.returncode, ended.stdout, ended.stderr) == (141, "line\n", "")
