"""The command: its exit codes, its lines on stderr, and the plans that it keeps."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from botocore.exceptions import NoCredentialsError

from cli.failure import Failure
from cli.review.gate import Refusal
from cli.review.planning import command, running
from cli.terraform.plan import UnitPlan
from cli.terraform.runner import Terraform
from cli.terraform.workspace import workspace
from tests.cli.review.planning.conftest import FakeGate
from tests.cli.review.planning.test_planning import VARIABLE, network, postgresql
from tests.cli.review.planning.trees import Tree, unit
from tests.environments import DIRECTORY

ROOT = Path(__file__).parents[4]


@pytest.fixture(autouse=True)
def permissive(fake_gate: FakeGate) -> list[Refusal]:
    """What the gate refuses, for these tests: nothing, unless a test adds it."""
    return fake_gate.refused


def run(tree: Tree, *arguments: str) -> int:
    return command.main(["--tree", str(tree.path), *arguments])


def test_nothing_to_do_is_0_and_changes_are_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tree = Tree(tmp_path, network=network())
    assert run(tree) == 2
    tree.deploy("network")
    assert run(tree) == 0
    assert "Nothing to do" in capsys.readouterr().out


def test_a_saved_page_approves_its_plan_and_no_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tree, file = Tree(tmp_path, network=network()), tmp_path / "approved.json"
    assert run(tree, "test", "--save", str(file)) == 2

    def review() -> command.Reviewed:
        runner = Terraform()
        with workspace(runner) as space:
            return command.review("test", tree.path, (), runner, space, directory=DIRECTORY, approved=file)

    assert review().code == 2
    capsys.readouterr()
    tree.write("network", network("10.9.0.0/16"))
    with pytest.raises(Failure, match="^test: [1-9] not as approved, see above: plan again, and have that approved$"):
        review()
    lines = capsys.readouterr().err.splitlines()
    assert "test-network: output vpc_cidr: change as approved, but with other values" in lines


def test_a_changed_output_alone_is_a_change(tmp_path: Path) -> None:
    tree = Tree(tmp_path, network=network())
    tree.deploy("network")
    tree.write("network", network("10.9.0.0/16"))
    assert run(tree) == 2


def test_a_refusal_is_3_and_a_line_with_all_that_matters(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], permissive: list[Refusal]
) -> None:
    remedy = "Mend it by what is written here. " * 50 + "That is all."
    permissive.append(Refusal(unit="test-network", address="terraform_data.this", rule="data/lost", message=remedy))
    tree = Tree(tmp_path, network=network())
    assert run(tree) == 3
    lines = capsys.readouterr().err.splitlines()
    assert f"test-network: terraform_data.this: [data/lost] {remedy}" in lines, "whole, or nobody can do it"
    assert run(tree, "--allow", "terraform_data.this") == 2


def test_a_failure_is_1_and_the_others_are_on_the_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = unit("redis", value="${terraform_data.nowhere.id}")
    assert run(Tree(tmp_path, network=network(), redis=wrong), "--format", "json") == 1
    captured = capsys.readouterr()
    (line,) = [line for line in captured.err.splitlines() if line.startswith("test-redis: ")]
    assert "undeclared resource" in line
    units = {each["name"]: each for each in json.loads(captured.out)["units"]}
    assert units["test-network"]["counts"]["add"] == 1
    assert units["test-redis"]["error"]


def test_a_failure_outweighs_a_refusal(tmp_path: Path, permissive: list[Refusal]) -> None:
    permissive.append(Refusal(unit="test-network", address="a", rule="r", message="m"))
    assert run(Tree(tmp_path, network=network(), redis=unit("redis", value="${nowhere.x}"))) == 1


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--colour"], "plan: unrecognized arguments: --colour"),
        (["--format", "pdf"], "invalid choice: 'pdf'"),
        (["--offline", "--out", "plans"], "leave one of them out"),
        (["pord"], "'pord': there is no environment of this name: use prod"),
        (["--tree", "nowhere"], "nowhere/manifest.json: No such file or directory: synthesize it by `make synth`"),
    ],
)
def test_misuse_is_1_and_one_line(arguments: list[str], line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(arguments, directory=DIRECTORY) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert line in captured.err.splitlines()[-1]
    assert "Traceback" not in captured.err


def test_an_environment_that_is_not_in_the_tree_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(Tree(tmp_path, network=network()), "prod") == 1
    assert "there is no unit of 'prod'" in capsys.readouterr().err


def test_the_page_says_what_was_made_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tree = Tree(
        tmp_path, network=network(s3=True), service=unit("service", value="${var.image_tag}", s3=True, **VARIABLE)
    )
    tree.write("postgresql", postgresql(s3=True))
    run(tree, "--offline", "--format", "markdown")
    page = capsys.readouterr().out
    assert "Mocked: `test-service`, `test-postgresql`" in page
    assert "`network.vpc_id`" in page
    assert "`image_tag`" in page
    assert "offline" in page


def test_the_page_says_what_comes_from_a_plan_on_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reads = "${data.terraform_remote_state.network.outputs.vpc_cidr}"
    tree = Tree(tmp_path, network=network(), postgresql=postgresql(reads))
    tree.deploy("network")
    tree.write("network", network("10.9.0.0/16"))
    run(tree)
    assert "from the plan of the upstream on this page: network.vpc_cidr" in capsys.readouterr().out


def test_a_kept_plan_is_applied_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tree = Tree(tmp_path, network=network(), postgresql=postgresql())
    tree.deploy("network")
    out = tmp_path / "plans"
    assert run(tree, "--out", str(out)) == 2
    tree.write("postgresql", postgresql("not what was planned"))
    for arguments in (["init", "-input=false"], ["apply", "-input=false", "tfplan"]):
        subprocess.run(["terraform", *arguments], cwd=out / "test-postgresql", check=True, capture_output=True)
    state = json.loads(tree.state("postgresql").read_text())
    network_id = json.loads(tree.state("network").read_text())["outputs"]["vpc_id"]["value"]
    assert state["resources"][-1]["instances"][0]["attributes"]["input"]["value"] == network_id


def test_kept_plans_are_for_this_user_alone(tmp_path: Path) -> None:
    out = tmp_path / "plans"
    run(Tree(tmp_path, network=network()), "--out", str(out))
    modes = {path.name: path.stat().st_mode & 0o777 for path in [out, *out.rglob("*")]}
    assert modes.pop("plans") == modes.pop("test-network") == 0o700
    assert "tfplan" in modes
    assert set(modes.values()) == {0o600}


def test_a_plan_with_a_mock_is_not_kept_and_the_unit_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "plans"
    run(Tree(tmp_path, network=network(), postgresql=postgresql()), "--out", str(out))
    assert [path.name for path in out.iterdir()] == ["test-network"]
    line = "test-postgresql: its plan is not kept: network.vpc_id is a mock: apply network, and plan again"
    assert line in capsys.readouterr().err.splitlines()


def test_a_plan_with_a_planned_value_is_not_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reads = "${data.terraform_remote_state.network.outputs.vpc_cidr}"
    tree = Tree(tmp_path, network=network(), postgresql=postgresql(reads))
    tree.deploy("network")
    tree.write("network", network("10.9.0.0/16"))
    run(tree, "--out", str(tmp_path / "plans"))
    assert not (tmp_path / "plans" / "test-postgresql").exists()
    assert "network.vpc_cidr is not deployed yet" in capsys.readouterr().err


def test_no_plan_is_kept_that_the_gate_refuses(tmp_path: Path, permissive: list[Refusal]) -> None:
    permissive.append(Refusal(unit="test-network", address="a", rule="r", message="m"))
    run(Tree(tmp_path, network=network()), "--out", str(tmp_path / "plans"))
    assert list((tmp_path / "plans").iterdir()) == []


def test_old_plans_are_not_mixed_with_new_ones(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "plans").mkdir()
    (tmp_path / "plans" / "old").touch()
    assert run(Tree(tmp_path, network=network()), "--out", str(tmp_path / "plans")) == 1
    assert "is not empty" in capsys.readouterr().err


def test_the_same_plan_makes_the_same_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tree = Tree(tmp_path, network=network(), postgresql=postgresql(), redis=unit("redis"))
    pages = []
    for _ in range(2):
        run(tree, "--format", "json")
        pages.append(capsys.readouterr().out)
    assert pages[0] == pages[1]


def test_the_gate_gets_what_was_mocked(tmp_path: Path, fake_gate: FakeGate, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[UnitPlan] = []
    monkeypatch.setattr(fake_gate, "look", seen.append)
    monkeypatch.setattr(fake_gate, "refusals", lambda plans, *, allow: [])
    run(Tree(tmp_path, network=network(), postgresql=postgresql()))
    assert {plan.name: dict(plan.mocked) for plan in seen} == {
        "test-network": {},
        "test-postgresql": {"network": ("vpc_id",)},
    }


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_plan_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    slow = tmp_path / "bin" / "terraform"
    slow.parent.mkdir()
    version = '[ "$1" = version ] && exec echo \'{"terraform_version": "1.11.4"}\''
    slow.write_text(f"#!/bin/sh\n{version}\necho $$ > $PID_FILE\nexec sleep 60\n")
    slow.chmod(0o755)
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    tree = Tree(tmp_path, network=network())
    replaced = {"PATH": f"{slow.parent}:{os.environ['PATH']}", "TMPDIR": str(temporary)}
    process = subprocess.Popen(
        [sys.executable, "-m", "cli", "plan", "--tree", str(tree.path)],
        cwd=ROOT,
        env={**os.environ, **replaced, "PID_FILE": str(tmp_path / "pid")},
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 120  # a signal before it has its handlers ends it otherwise
    while not (tmp_path / "pid").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(number)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "interrupted" in errors.splitlines()[-1]
    assert "Traceback" not in errors
    assert list(temporary.iterdir()) == []
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_nothing_stays_in_the_temporary_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    run(Tree(tmp_path, network=network(), redis=unit("redis", value="${nowhere.x}")))
    assert list((tmp_path / "tmp").iterdir()) == []


def test_without_terraform_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert run(Tree(tmp_path, network=network())) == 1
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == (
        "",
        "plan: terraform: is not on PATH: install Terraform or OpenTofu 1.11 or later\n",
    )


def test_it_plans_with_the_program_that_cdktf_would_run(
    terraform_command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "tofu").symlink_to(terraform_command)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("TERRAFORM_BINARY_NAME", "tofu")
    kept = tmp_path / "kept"
    assert run(Tree(tmp_path, network=network()), f"--out={kept}") == 2
    place = f"tofu -chdir={kept / 'test-network'}"
    assert f"Next: {place} init && {place} apply tfplan\n" in capsys.readouterr().err


def test_what_could_not_be_planned_was_not_judged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = unit("redis", value="${nowhere.x}")
    assert run(Tree(tmp_path, redis=wrong)) == 1
    captured = capsys.readouterr()
    assert "Nothing was planned: 1 unit failed" in captured.out
    assert "gate: not judged: 1 unit could not be planned" in captured.err
    assert "gate: passed" not in captured.err
    assert run(Tree(tmp_path / "both", redis=wrong, network=network()), "--format", "json") == 1
    document = json.loads(capsys.readouterr().out)
    assert document["gate"] == {"verdict": "not judged", "not_judged": ["test-redis"]}


def test_without_credentials_for_what_runs_it_points_to_offline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def image_tags(*_: object) -> dict[str, str]:
        raise NoCredentialsError

    monkeypatch.setattr(running, "image_tags", image_tags)
    assert run(Tree(tmp_path, network=network())) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines()[-1].endswith("to a profile that works, or plan with --offline")


def test_that_an_environment_is_paused_is_in_the_title(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(running, "paused", lambda *_: ["test"])
    assert run(Tree(tmp_path, network=network()), "--format", "json") == 2
    assert json.loads(capsys.readouterr().out)["title"] == "test (test is paused: make resume first)"
