"""Terraform is run with what the user has set, and its failures are one line."""

from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path

import pytest

from cli.terraform import runner
from cli.terraform.runner import Terraform, TerraformFailed
from tests.linear import repeated, unless_it_hangs


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A script in the place of Terraform, which a test writes."""
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return tmp_path / "terraform"


def script(fake: Path, text: str) -> None:
    fake.write_text(f"#!/bin/sh\n{text}\n")
    fake.chmod(0o755)


def failure(fake: Path, text: str) -> str:
    script(fake, text)
    with pytest.raises(TerraformFailed) as caught:
        Terraform().run(fake.parent, "plan")
    return str(caught.value)


def test_its_output_is_returned_and_told_line_by_line(fake: Path) -> None:
    script(fake, "echo one; echo two")
    lines: list[str] = []
    assert Terraform().run(fake.parent, "plan", on_line=lines.append) == "one\ntwo\n"
    assert lines == ["one", "two"]


REGISTRY = "Error: Failed to query available provider packages: could not connect to registry.example.com: "


@pytest.mark.parametrize(
    "said",
    [
        "the request failed after 2 attempts: 502 Bad Gateway returned from registry.example.com",
        "failed to request discovery document: 503 Service Unavailable",
        "net/http: TLS handshake timeout",
        "context deadline exceeded (Client.Timeout exceeded while awaiting headers)",
        "read tcp 10.0.0.1:1->10.0.0.2:443: read: connection reset by peer",
    ],
)
def test_an_init_that_fails_by_what_passes_is_tried_again_and_says_so(
    said: str, fake: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(runner, "RETRY_SECONDS", (0.0, 0.0))
    script(fake, f"[ -e again ] && echo done && exit; touch again; echo '{REGISTRY}{said}' >&2; exit 1")
    assert Terraform().run(fake.parent, "init") == "done\n"
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("terraform init: Error: Failed to query available provider packages: ")
    assert line.endswith(": trying again in 0 s")


@pytest.mark.parametrize(
    ("command", "said", "times"),
    [
        ("init", "failed to request discovery document: 503 Service Unavailable", 3),
        ("init", "no available releases match the given constraints 5.100.1", 1),
        ("init", "the host name has 500 characters", 1),
        ("apply", "503 Service Unavailable", 1),
    ],
)
def test_what_does_not_pass_or_may_have_changed_something_fails(
    command: str, said: str, times: int, fake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "RETRY_SECONDS", (0.0, 0.0))
    script(fake, f"echo once >> tried; echo '{REGISTRY}{said}' >&2; exit 1")
    with pytest.raises(TerraformFailed, match=said):
        Terraform().run(fake.parent, command)
    assert (fake.parent / "tried").read_text() == "once\n" * times


def test_what_json_says_of_an_error_is_the_message_without_source_lines(fake: Path) -> None:
    diagnostic = {
        "severity": "error",
        "summary": "Invalid value",
        "detail": "It is wrong.\n\nFor more see elsewhere.",
        "address": "aws_vpc.this",
        "snippet": {"code": 'password = "s3cret"'},
    }
    warning = {"severity": "warning", "summary": "Deprecated"}
    lines = [json.dumps({"type": "diagnostic", "diagnostic": each}) for each in (warning, diagnostic)]
    said = failure(fake, f"cat <<'END'\n{chr(10).join(['not JSON', *lines])}\nEND\nexit 1")
    assert said == "aws_vpc.this: Invalid value: It is wrong"


def test_seven_answers_of_cloudflare_with_one_cause_are_one_reason(fake: Path) -> None:
    detail = 'POST "https://api.cloudflare.com/client/v4/zones/0/dns_records": 502 Bad Gateway '
    lines = [
        json.dumps({"diagnostic": {"severity": "error", "summary": summary, "detail": text, "address": address}})
        for address, summary, text in (
            *((f"cloudflare_dns_record.record{number}", "failed to make http request", detail) for number in range(7)),
            ("cloudflare_ruleset.cache", "Invalid value", "It is wrong."),
        )
    ]
    others, cloudflare = failure(fake, f"cat <<'END'\n{chr(10).join(lines)}\nEND\nexit 1").split("; ")
    assert others == "cloudflare_ruleset.cache: Invalid value: It is wrong"
    assert cloudflare.startswith("cloudflare_dns_record.record0 and 6 more: Cloudflare is not available (502 Bad ")


def test_what_is_written_for_people_becomes_one_line(fake: Path) -> None:
    text = '╷\n│ \033[31mError:\033[0m Wrong\n│ \n│   on cdk.tf.json line 3:\n│    3: "x": "s3cret"\n│ \n│ It is.\n╵'
    assert failure(fake, f"cat >&2 <<'END'\n{text}\nEND\nexit 1") == "Error: Wrong It is."


def locked(summary: str) -> str:
    """What Terraform says of a lock."""
    lock = {"ID": "0-1", "Path": "b/k", "Operation": "OperationTypePlan", "Who": "a@b", "Version": "1.11.4"}
    text = "\n".join(f"  {key}: {value}" for key, value in lock.items())
    created = "2030-01-01 12:00:00.123 +0000 UTC"
    detail = f"Error message: {'S3 ' * 300}\nLock Info:\n{text}\n  Created: {created}\n  Info:\n\n\nTerraform acquires"
    return json.dumps({"type": "diagnostic", "diagnostic": {"severity": "error", "summary": summary, "detail": detail}})


def way_out(home: Path) -> str:
    return f"(cd {home} && terraform init && terraform force-unlock 0-1)"


def test_a_lock_is_told_by_its_holder_and_the_way_out_however_much_s3_says(fake: Path) -> None:
    said = failure(fake, f"cat <<'END'\n{locked('Error acquiring the state lock')}\nEND\nexit 1")
    assert said == (
        "b/k is locked by a@b since 2030-01-01 12:00:00 UTC (plan): wait until that has ended; "
        f"if nothing runs there any more: {way_out(fake.parent)}"
    )


def test_a_lock_of_its_own_that_it_could_not_release_is_told_as_such_after_what_else_was_wrong(fake: Path) -> None:
    event = locked("Error releasing the state lock")
    said = failure(fake, f"cat <<'END'\n{event}\nEND\nexit 1")
    assert said == f"the lock of b/k could not be released, and nobody else will: {way_out(fake.parent)}"
    other = json.dumps({"type": "diagnostic", "diagnostic": {"severity": "error", "summary": "No such VPC"}})
    said = failure(fake, f"cat <<'END'\n{other}\n{event}\nEND\nexit 1")
    assert said.startswith("No such VPC; the lock of b/k could not be released")


def test_what_terraform_objects_to_is_not_cut_so_that_no_half_of_a_secret_is_left(fake: Path) -> None:
    assert failure(fake, f"echo Error: {'x' * 5000} >&2; exit 1") == f"Error: {'x' * 5000}"


def test_what_is_locked_many_times_is_read_in_linear_time(fake: Path) -> None:
    (fake.parent / "said").write_text(repeated("Lock Info: ID: 1 Path: p Operation: o Who: w "))
    with unless_it_hangs():
        assert failure(fake, "cat said >&2; exit 1").startswith("Lock Info")


def test_a_failure_that_says_nothing_has_a_line_too(fake: Path) -> None:
    assert failure(fake, "exit 7") == "terraform plan ended with 7"


def test_what_is_meant_for_one_directory_is_not_passed_on(fake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TF_DATA_DIR", "TF_WORKSPACE", "TF_CLI_ARGS_plan"):
        monkeypatch.setenv(name, "user")
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", "mirror.rc")
    script(fake, "env")
    given = dict(line.split("=", 1) for line in Terraform().run(fake.parent, "plan").splitlines() if "=" in line)
    assert given["TF_CLI_CONFIG_FILE"] == "mirror.rc"
    assert {"TF_DATA_DIR", "TF_WORKSPACE", "TF_CLI_ARGS_plan"}.isdisjoint(given)


def test_to_stop_is_to_interrupt_and_then_to_kill(fake: Path) -> None:
    script(fake, "trap '' INT; echo started; while :; do sleep 0.1; done")
    terraform = Terraform()
    started = threading.Event()
    failures: list[str] = []

    def run() -> None:
        try:
            terraform.run(fake.parent, "apply", on_line=lambda line: started.set())
        except TerraformFailed as error:
            failures.append(str(error))

    thread = threading.Thread(target=run)
    thread.start()
    assert started.wait(10)
    begun = time.monotonic()
    terraform.stop(grace_seconds=0.5)
    thread.join(10)
    assert not thread.is_alive()
    assert 0.5 <= time.monotonic() - begun < 8
    assert failures
    with pytest.raises(TerraformFailed, match="interrupted"):
        terraform.run(fake.parent, "plan")


def test_an_interrupted_terraform_may_end_in_order(fake: Path) -> None:
    script(fake, "trap 'echo saved > saved; exit 0' INT; echo started; while :; do sleep 0.1; done")
    terraform = Terraform()
    started = threading.Event()
    thread = threading.Thread(target=lambda: terraform.run(fake.parent, "apply", on_line=lambda line: started.set()))
    thread.start()
    assert started.wait(10)
    terraform.stop(grace_seconds=10)
    thread.join(10)
    assert (fake.parent / "saved").exists()
