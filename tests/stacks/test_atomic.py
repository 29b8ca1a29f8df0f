"""The output of a synthesis is replaced as a whole, whatever happens."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from stacks import atomic

PROJECT = Path(__file__).parents[2]

# Writes an output; with a number kills itself before the file operation of that number.
WRITER = """
import itertools, json, os, signal, sys
from pathlib import Path
from stacks import atomic

output, content, step, exchange = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4] == "exchange"
operations = itertools.count(1)

def before(event, arguments):
    if event in {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "ctypes.dlopen", "ctypes.dlsym", "shutil.rmtree"}:
        if next(operations) == step:
            os.kill(os.getpid(), signal.SIGKILL)

if not exchange:
    atomic._exchange = lambda one, other: False
sys.addaudithook(before)
with atomic.replaced(output) as directory:
    (directory / "manifest.json").write_text(json.dumps({"version": content, "stacks": {}}))
    for unit in ("dev-network", "dev-redis"):
        (directory / "stacks" / unit).mkdir(parents=True)
        (directory / "stacks" / unit / "cdk.tf.json").write_text(content)
"""


def write(directory: Path, content: str, units: tuple[str, ...] = ("dev-network", "dev-redis")) -> None:
    (directory / "manifest.json").write_text(json.dumps({"version": content, "stacks": {}}))
    for unit in units:
        (directory / "stacks" / unit).mkdir(parents=True)
        (directory / "stacks" / unit / "cdk.tf.json").write_text(content)


def contents(output: Path) -> set[str]:
    version = json.loads((output / "manifest.json").read_text())["version"]
    return {version, *(file.read_text() for file in output.glob("stacks/*/cdk.tf.json"))}


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """An output that Terraform has worked in."""
    output = tmp_path / "cdktf.out"
    with atomic.replaced(output) as directory:
        write(directory, "old")
    for unit in output.glob("stacks/*"):
        (unit / ".terraform").mkdir()
        (unit / ".terraform" / "terraform.tfstate").write_text(unit.name)
        (unit / ".terraform.lock.hcl").write_text(unit.name)
    return output


def test_the_output_takes_the_place_of_the_old_one_with_nothing_left_beside_it(output: Path) -> None:
    with atomic.replaced(output) as directory:
        write(directory, "new")
    assert contents(output) == {"new"}
    assert os.listdir(output.parent) == ["cdktf.out"]


def test_an_error_leaves_the_old_output_whole(output: Path) -> None:
    with pytest.raises(RuntimeError), atomic.replaced(output) as directory:  # noqa: PT012
        write(directory, "new")
        raise RuntimeError
    assert contents(output) == {"old"}
    assert os.listdir(output.parent) == ["cdktf.out"]


def test_an_error_at_the_first_synthesis_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), atomic.replaced(tmp_path / "cdktf.out"):
        raise RuntimeError
    assert os.listdir(tmp_path) == []


def test_what_terraform_keeps_moves_along_for_the_units_that_are_left(output: Path) -> None:
    with atomic.replaced(output) as directory:
        write(directory, "new", units=("dev-network",))
    assert (output / "stacks/dev-network/.terraform/terraform.tfstate").read_text() == "dev-network"
    assert (output / "stacks/dev-network/.terraform.lock.hcl").read_text() == "dev-network"
    assert os.listdir(output / "stacks") == ["dev-network"], "the unit that is no more has disappeared"


def test_files_of_an_earlier_synthesis_do_not_move_along(output: Path) -> None:
    for name in ("cdk.tf", "metadata.json"):  # as `cdktf synth --hcl` leaves them
        (output / "stacks/dev-network" / name).write_text("old")
    with atomic.replaced(output) as directory:
        write(directory, "new")
    assert sorted(os.listdir(output / "stacks/dev-network")) == [".terraform", ".terraform.lock.hcl", "cdk.tf.json"]


@pytest.mark.parametrize("way", ["exchange", "two renames"])
def test_a_kill_between_any_two_steps_leaves_one_whole_output_and_the_next_run_cleans_up(
    output: Path, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if way == "two renames":
        monkeypatch.setattr(atomic, "_exchange", lambda one, other: False)
    found: list[set[str]] = []
    for step in range(1, 100):
        killed = run_writer(output, "killed", step, way)
        if way == "exchange":
            assert output.exists(), step
        if output.exists():
            found.append(contents(output))
        with atomic.replaced(output) as directory:
            write(directory, "old")
        assert contents(output) == {"old"}, step
        assert os.listdir(output.parent) == ["cdktf.out"], step
        assert (output / "stacks/dev-redis/.terraform/terraform.tfstate").read_text() == "dev-redis", step
        if not killed:
            break
    assert step > 15, "the audit hook sees the steps"
    assert [{"old"}] * 5 == found[:5]
    assert [{"killed"}] * 5 == found[-5:]
    assert all(one in ({"old"}, {"killed"}) for one in found)


def run_writer(output: Path, content: str, step: int, way: str) -> int:
    command = [sys.executable, "-c", WRITER, str(output), content, str(step), way]
    return subprocess.run(command, cwd=PROJECT, timeout=60).returncode


def test_a_directory_that_no_synthesis_wrote_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(atomic.NotAnOutput, match="holds files that no synthesis wrote"), atomic.replaced(tmp_path):
        pass
    with pytest.raises(atomic.NotAnOutput, match="is no directory"), atomic.replaced(tmp_path / "notes.txt"):
        pass
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_foreign_manifest_is_no_output(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"name": "a web page has one too"}')
    with pytest.raises(atomic.NotAnOutput), atomic.replaced(tmp_path):
        pass


def test_an_empty_directory_is_used(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with atomic.replaced(tmp_path / "out") as directory:
        write(directory, "new")
    assert contents(tmp_path / "out") == {"new"}


def test_a_link_to_the_output_stays_a_link(output: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(output)
    with atomic.replaced(link) as directory:
        write(directory, "new")
    assert link.is_symlink()
    assert contents(output) == {"new"}


def test_two_syntheses_at_once_wait_for_each_other(output: Path) -> None:
    with atomic.replaced(output) as directory:
        command = [sys.executable, "-c", WRITER, str(output), "second", "0", "exchange"]
        second = subprocess.Popen(command, cwd=PROJECT)
        with pytest.raises(subprocess.TimeoutExpired):
            second.wait(1)
        write(directory, "first")
    assert second.wait(60) == 0
    assert contents(output) == {"second"}
    assert os.listdir(output.parent) == ["cdktf.out"]
