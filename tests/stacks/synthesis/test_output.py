"""The output of a synthesis is replaced as a whole, whatever happens."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from stacks.synthesis import output as atomic
from tests.support import PATIENCE_SECONDS

PROJECT = Path(__file__).parents[3]

# For each number that it reads, forks a child that writes an output and kills itself before the file operation of that
# number, and prints how the child ended. Forking spares the imports, which take longer than all the rest.
WRITER = """
import itertools, os, signal, sys
from pathlib import Path
from stacks.synthesis import output as atomic
from tests.stacks.synthesis.test_output import write

STEPS = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "ctypes.dlopen", "ctypes.dlsym", "shutil.rmtree"}
output, content, exchange = Path(sys.argv[1]), sys.argv[2], sys.argv[3] == "exchange"
if not exchange:
    atomic._exchange = lambda one, other: False

def write_until(step):
    operations = itertools.count(1)
    def before(event, arguments):
        if event in STEPS and next(operations) == step:
            os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(before)
    with atomic.replaced(output) as directory:
        write(directory, content)

for line in sys.stdin:
    child = os.fork()
    if not child:
        write_until(int(line))
        os._exit(0)
    print(os.waitpid(child, 0)[1], flush=True)
"""


def write(directory: Path, content: str, units: tuple[str, ...] = ("dev-network", "dev-redis")) -> None:
    """An output as cdktf writes it, with the same content in all of its files."""
    stacks = {name: {"constructPath": name, "synthesizedStackPath": f"stacks/{name}/cdk.tf.json"} for name in units}
    (directory / "manifest.json").write_text(json.dumps({"version": content, "stacks": stacks}))
    for unit in units:
        (directory / "stacks" / unit).mkdir(parents=True)
        document = {"//": {"metadata": {"stackName": unit, "version": content}}}
        (directory / "stacks" / unit / "cdk.tf.json").write_text(json.dumps(document))


def contents(output: Path) -> set[str]:
    version = json.loads((output / "manifest.json").read_text())["version"]
    documents = [json.loads(file.read_text()) for file in output.glob("stacks/*/cdk.tf.json")]
    return {version, *(document["//"]["metadata"]["version"] for document in documents)}


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
    assert os.listdir(output / "stacks") == ["dev-network"], "what init writes again does not outlive its unit"
    assert atomic.left_behind(output) == {}


@pytest.mark.parametrize("name", ["errored.tfstate", "terraform.tfstate", "terraform.tfstate.backup", "saved.plan"])
def test_what_may_be_the_only_copy_of_a_state_stays_where_a_unit_was(output: Path, name: str) -> None:
    gone = output / "stacks/dev-redis"
    (gone / name).write_text("the only copy")
    for _ in range(2):  # the next synthesis keeps it too
        with atomic.replaced(output) as directory:
            write(directory, "new", units=("dev-network",))
        assert {path.name: path.read_text() for path in gone.iterdir()} == {name: "the only copy"}
        assert atomic.left_behind(output) == {gone: [name]}
    with atomic.replaced(output) as directory:
        write(directory, "newer")
    assert sorted(os.listdir(gone)) == sorted(["cdk.tf.json", name])
    assert (gone / name).read_text() == "the only copy"
    assert atomic.left_behind(output) == {}


def test_a_file_between_the_units_stays(output: Path) -> None:
    (output / "stacks/notes.txt").write_text("mine")
    with atomic.replaced(output) as directory:
        write(directory, "new")
    assert (output / "stacks/notes.txt").read_text() == "mine"


def test_of_two_states_that_a_killed_run_left_both_stay(output: Path) -> None:
    leftover = output.with_name(".cdktf.out.new-1") / "stacks/dev-redis"
    leftover.mkdir(parents=True)
    (leftover / "errored.tfstate").write_text("first")
    (output / "stacks/dev-redis/errored.tfstate").write_text("second")
    with atomic.replaced(output) as directory:
        write(directory, "new")
    kept = {path.name: path.read_text() for path in (output / "stacks/dev-redis").glob("errored.tfstate*")}
    assert kept == {"errored.tfstate": "second", "errored.tfstate.1": "first"}


def test_files_of_an_earlier_synthesis_do_not_move_along(output: Path) -> None:
    for name in ("cdk.tf", "metadata.json"):  # as `cdktf synth --hcl` leaves them
        (output / "stacks/dev-network" / name).write_text("old")
    with atomic.replaced(output) as directory:
        write(directory, "new")
    assert sorted(os.listdir(output / "stacks/dev-network")) == [".terraform", ".terraform.lock.hcl", "cdk.tf.json"]


@pytest.mark.thorough
@pytest.mark.parametrize("way", ["exchange", "two renames"])
def test_a_kill_between_any_two_steps_leaves_one_whole_output_and_the_next_run_cleans_up(
    output: Path, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if way == "two renames":
        monkeypatch.setattr(atomic, "_exchange", lambda one, other: False)
    found: list[set[str]] = []
    with start_writer(output, "killed", way) as writer:
        assert writer.stdin
        assert writer.stdout
        for step in range(1, 100):
            print(step, file=writer.stdin, flush=True)
            killed = int(writer.stdout.readline())
            assert killed in (0, signal.SIGKILL), step
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


def start_writer(output: Path, content: str, way: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(output), content, way]
    return subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_a_directory_that_no_synthesis_wrote_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(atomic.NotAnOutput, match="holds files that no synthesis wrote"), atomic.replaced(tmp_path):
        pass
    with pytest.raises(atomic.NotAnOutput, match="is not a directory"), atomic.replaced(tmp_path / "notes.txt"):
        pass
    assert (tmp_path / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize(
    "manifest",
    [
        '{"name": "a web page has one too"}',
        '{"version": "3", "stacks": {}}',
        '{"version": 3, "stacks": {"web": {}}}',
        '{"version": "3", "stacks": ["a", "b"]}',
        '{"version": "3", "stacks": {"web": {"image": "nginx"}}}',
        '{"version": "3", "stacks": {"web": {"constructPath": "web", "synthesizedStackPath": "web/main.tf.json"}}}',
        "[]",
        "no JSON",
    ],
)
def test_a_foreign_manifest_is_not_an_output(tmp_path: Path, manifest: str) -> None:
    (tmp_path / "manifest.json").write_text(manifest)
    with pytest.raises(atomic.NotAnOutput), atomic.replaced(tmp_path):
        pass
    assert (tmp_path / "manifest.json").read_text() == manifest


@pytest.mark.parametrize("document", ["{}", "[]", "no JSON", '{"//": {"metadata": {"stackName": "prod-network"}}}'])
def test_a_unit_that_somebody_else_wrote_is_not_replaced(output: Path, document: str) -> None:
    (output / "stacks/dev-network/cdk.tf.json").write_text(document)
    with pytest.raises(atomic.NotAnOutput), atomic.replaced(output):
        pass


@pytest.mark.parametrize("name", [".cdktf.out.old-backup", ".cdktf.out.new-mine", ".cdktf.out.older"])
def test_a_directory_whose_name_only_begins_like_a_leftover_is_left_alone(output: Path, name: str) -> None:
    backup = output.with_name(name) / "stacks/dev-network"
    backup.mkdir(parents=True)
    (backup / "terraform.tfstate").write_text("mine")
    with atomic.replaced(output) as directory:
        write(directory, "new")
    assert (backup / "terraform.tfstate").read_text() == "mine"
    assert not (output / "stacks/dev-network/terraform.tfstate").exists()


def test_a_unit_whose_directory_is_a_link_keeps_its_state_beside_its_json(output: Path) -> None:
    unit, elsewhere = output / "stacks/dev-redis", output.with_name("elsewhere")
    unit.rename(elsewhere)
    unit.symlink_to(elsewhere)
    (elsewhere / "errored.tfstate").write_text("the only copy")
    with atomic.replaced(output) as directory:
        write(directory, "new")
    assert (unit / "errored.tfstate").read_text() == "the only copy"
    assert atomic.left_behind(output) == {}


def test_an_output_with_a_unit_removed_by_hand_is_replaced(output: Path) -> None:
    shutil.rmtree(output / "stacks/dev-network")
    with atomic.replaced(output) as directory:
        write(directory, "new")
    assert contents(output) == {"new"}


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
    with start_writer(output, "second", "exchange") as second:
        with atomic.replaced(output) as directory:
            with pytest.raises(subprocess.TimeoutExpired):
                second.communicate("0\n", timeout=3)
            write(directory, "first")
        assert second.communicate(timeout=PATIENCE_SECONDS)[0] == "0\n"
    assert contents(output) == {"second"}
    assert os.listdir(output.parent) == ["cdktf.out"]
