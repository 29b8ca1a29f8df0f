"""`python -m cli try` says in one line what keeps it from starting, and hides what is secret in what it prints."""

from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path

import pytest

from cli.terraform.synthesis import PROJECT
from cli.trial import command, servers
from cli.trial.command import main
from cli.trial.dockerfile import Image
from cli.trial.project import Project
from cli.trial.report import Report
from stacks.config import BuildInputs
from stacks.failure import Failure
from tests.environments import DIRECTORY
from tests.support import environment


def test_a_server_that_is_not_installed_is_named_with_its_package(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(servers, "_DEBIAN", tmp_path)
    assert main(["dev", "--app", str(tmp_path)], directory=DIRECTORY) == 1
    assert capsys.readouterr().err.splitlines() == [
        "initdb: is not installed: install PostgreSQL",
        "redis-server: is not installed: install Redis",
        "openssl: is not installed: install OpenSSL",
    ]


def test_the_newest_postgresql_of_debian_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(servers, "_DEBIAN", tmp_path)
    for version in ("9", "17", "15"):
        (tmp_path / version / "bin").mkdir(parents=True)
        (tmp_path / version / "bin" / "initdb").touch()
    assert servers.tool("initdb") == str(tmp_path / "17" / "bin" / "initdb")


def test_a_port_that_is_taken_is_known() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert servers.is_taken(port)
    assert not servers.is_taken(port)


def test_the_dockerfile_is_that_by_which_the_application_is_built() -> None:
    given = environment()
    build = BuildInputs(context="../shop", dockerfile="../shop/docker/Dockerfile", target="web")
    application = replace(given.django_service.application, build=build)
    built = replace(given, django_service=replace(given.django_service, application=application))
    shop = PROJECT / "../shop"
    assert command._built(str(shop), built) == (str(PROJECT / "../shop/docker/Dockerfile"), "web")
    assert command._built(str(PROJECT), built) == (None, None)


def test_values_that_only_the_account_has_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "secrets"
    file.write_text("# a comment\n\nSENTRY_DSN=https://key@example.com/1?a=b\nexport STRIPE_KEY='two words'\n")
    assert command._given(str(file)) == {"SENTRY_DSN": "https://key@example.com/1?a=b", "STRIPE_KEY": "two words"}
    assert command._given(None) == {}


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("STRIPE_KEY", "line 1 is not NAME=value: correct it"),
        (None, r"cannot be read \(.*No such file.*\): name another"),
    ],
)
def test_a_file_that_is_none_is_one_line(tmp_path: Path, text: str | None, what: str) -> None:
    file = tmp_path / "secrets"
    if text:
        file.write_text(text)
    with pytest.raises(Failure, match=f"^--env-file: .*{what}"):
        command._given(str(file))


def printed(report: Report, capsys: pytest.CaptureFixture[str]) -> str:
    project = Project(
        context=Path("/shop"),
        directory=Path("/shop"),
        python=Path("/shop/.venv/bin/python"),
        image=Image(),
        has_dockerfile=False,
        collects_static_files=False,
    )
    command._print(report, environment(), project, "web")
    return capsys.readouterr().out


def test_no_secret_is_printed_and_what_failed_comes_with_its_log(capsys: pytest.CaptureFixture[str]) -> None:
    drawn = "drawn" * 12
    report = Report(secrets=[drawn])
    report.add("migrate", "exit code", "", "0")
    report.add("web", "is alive", f"ended: {drawn}")
    report.omit("worker", "starts", "only PROCESS=worker starts it")
    report.logs["web"] = [f"DATABASE_URL=postgres://app_user:{drawn}@localhost/app", "KeyError: 'X'"]
    report.given, report.read = {"A"}, set()
    out = printed(report, capsys)
    assert drawn not in out
    assert [line.split()[0] for line in out.splitlines()[1:4]] == ["migrate", "web", "worker"]
    assert "The end of the log of web:" in out
    assert "  KeyError: 'X'" in out
    assert "Set and never read" not in out, "what failed would have read more"
    assert out.endswith("Next: correct web, and make try APP=/shop ENV=test PROCESS=web\n")


def test_what_is_set_and_never_read_is_named_where_all_passed(capsys: pytest.CaptureFixture[str]) -> None:
    report = Report(given={"A", "B", "C"}, read={"B"})
    report.add("web", "is alive", "", "after 5 s")
    out = printed(report, capsys)
    assert "Set and never read: A, C.\n" in out
    assert out.endswith("Next: make plan ENV=test ARGS=--offline\n")
