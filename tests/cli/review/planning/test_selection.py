"""Some units are planned alone: those that are asked for, or those that a commit changes."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from cli.failure import Failure
from cli.review.planning import command, running, selection
from cli.terraform import synthesis
from cli.terraform import tree as trees
from tests.cli.review.planning.test_planning import MOCKS, READS_ID, network, postgresql
from tests.cli.review.planning.trees import Tree, unit

pytestmark = pytest.mark.usefixtures("fake_gate")

SERVICE = unit(
    "service", value="${data.terraform_remote_state.postgresql.outputs.id}", reads={"postgresql": {"id": "mock"}}
)


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """Network → postgresql → service, and redis."""
    database = unit("postgresql", value=READS_ID, reads={"network": MOCKS}, outputs={"id": "${terraform_data.this.id}"})
    return Tree(tmp_path / "tree", network=network(), postgresql=database, service=SERVICE, redis=unit("redis"))


class Repository:
    """A project whose main.py writes the units that are in it as they are."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._git("init", "--quiet")
        (path / "main.py").write_text("import shutil, sys\nshutil.copytree('units', sys.argv[2])\n")
        (path / "config").mkdir()
        (path / "config" / "__init__.py").write_text('ENVIRONMENTS = ("test", "prod")\n')

    def commit(self, tree: Tree, name: str) -> None:
        """Commit these units under a tag."""
        (self.path / "units").mkdir(exist_ok=True)
        subprocess.run(["cp", "-r", f"{tree.path}/.", self.path / "units"], check=True)
        self._git("add", ".")
        author = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
        self._git(*author, "commit", "--quiet", "--message=units")
        self._git("tag", name)

    def _git(self, *arguments: str) -> None:
        subprocess.run(["git", *arguments], cwd=self.path, check=True)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    (tmp_path / "repository").mkdir()
    monkeypatch.setattr(synthesis, "PROJECT", tmp_path / "repository")
    return Repository(tmp_path / "repository")


def changed(tree: Tree, ref: str, directory: Path) -> selection.Selection:
    directory.mkdir()
    commit = selection.commit_of(ref)
    return selection.changed(trees.read(tree.path), ref, commit, directory, config=synthesis.PROJECT / "config")


def test_what_a_commit_does_not_change_is_left_out(tree: Tree, repository: Repository, tmp_path: Path) -> None:
    repository.commit(tree, "before")
    found = changed(tree, "before", tmp_path / "same")
    assert found.units == ()
    assert set(found.left_out.values()) == {"as at before"}


def test_what_is_changed_is_planned_with_all_that_depends_on_it(
    tree: Tree, repository: Repository, tmp_path: Path
) -> None:
    repository.commit(tree, "before")
    tree.write("network", network("10.9.0.0/16"))
    found = changed(tree, "before", tmp_path / "since")
    assert [unit.name for unit in found.units] == ["test-network", "test-postgresql", "test-service"]
    assert [*found.left_out] == ["test-redis"]


def test_a_new_unit_is_planned_and_one_that_is_gone_is_told(tree: Tree, repository: Repository, tmp_path: Path) -> None:
    repository.commit(tree, "before")
    newer = Tree(tmp_path / "newer", redis=unit("redis"), cache=unit("cache"))
    found = changed(newer, "before", tmp_path / "since")
    assert [unit.name for unit in found.units] == ["test-cache"]
    assert found.left_out["test-network"] == "only at before"


def test_units_of_an_environment_that_is_gone_are_told_and_those_of_another_are_not(
    tree: Tree, repository: Repository, tmp_path: Path
) -> None:
    for environment in ("gone", "prod"):
        document = unit("cache")
        document["//"]["environment"] = environment
        tree.write(f"{environment}-cache", document)
    repository.commit(tree, "before")
    found = changed(Tree(tmp_path / "newer", redis=unit("redis")), "before", tmp_path / "since")
    gone = {name for name, why in found.left_out.items() if why == "only at before"}
    assert {name for name in gone if name.endswith("-cache")} == {"test-gone-cache"}


def test_a_directory_without_git_is_told_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(synthesis, "PROJECT", tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(Failure, match="^plan: --since: this is not a git repository: plan without it, or in a clone$"):
        selection.commit_of("HEAD")


def test_a_file_beside_the_json_counts(tree: Tree, repository: Repository, tmp_path: Path) -> None:
    repository.commit(tree, "before")
    assets = tree.path / "stacks" / "test-redis" / "assets"
    assets.mkdir()
    (assets / "function.zip").write_bytes(b"other")
    assert [unit.name for unit in changed(tree, "before", tmp_path / "since").units] == ["test-redis"]


@pytest.mark.parametrize("ref", ["no-such-branch", "--output=x", ""])
def test_a_ref_that_is_no_commit_is_one_line(tree: Tree, repository: Repository, tmp_path: Path, ref: str) -> None:
    repository.commit(tree, "before")
    with pytest.raises(Failure, match="is not a commit of this repository: use a branch") as error:
        changed(tree, ref, tmp_path / "since")
    assert "\n" not in str(error.value)


def test_a_commit_that_cannot_be_synthesized_is_one_line(tree: Tree, repository: Repository, tmp_path: Path) -> None:
    (repository.path / "main.py").write_text("raise SystemExit('dev.py: wrong')")
    repository.commit(tree, "before")
    with pytest.raises(Failure, match=r"--since before: cannot be synthesized: dev.py: wrong: use a later commit"):
        changed(tree, "before", tmp_path / "since")


def test_the_page_of_a_commit_says_what_was_left_out(
    tree: Tree, repository: Repository, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(running, "image_tags", lambda *_: {})
    monkeypatch.setattr(running, "paused", lambda *_: [])
    repository.commit(tree, "before")
    tree.write("redis", unit("redis", value="other"))
    assert (
        command.main(
            ["--tree", str(tree.path), "--since", "before", "--format", "json"], directory=repository.path / "config"
        )
        == 2
    )
    document = json.loads(capsys.readouterr().out)
    assert [each["name"] for each in document["units"]] == ["test-redis"]
    assert [each["unit"] for each in document["left_out"]] == ["test-network", "test-postgresql", "test-service"]


@pytest.mark.parametrize("name", ["postgresql", "test-postgresql"])
def test_a_unit_is_planned_alone_against_what_is_deployed(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    tree = Tree(tmp_path, network=network(), postgresql=postgresql(), redis=unit("redis"))
    tree.deploy("network")
    tree.write("network", network("10.9.0.0/16", triggers="replace it"))
    assert command.main(["--tree", str(tree.path), "--unit", name]) == 2
    page = capsys.readouterr().out
    assert "Left out, not asked for: test-network, test-redis." in page
    assert "known after apply" not in page.partition("Left out")[0]
    assert MOCKS["vpc_id"] not in page


def test_a_unit_alone_whose_upstream_is_not_deployed_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tree = Tree(tmp_path, network=network(), postgresql=postgresql())
    assert command.main(["--tree", str(tree.path), "--unit", "postgresql"]) == 1
    line = capsys.readouterr().err.splitlines()[-1]
    assert line.startswith("test-postgresql: ")
    assert line.endswith("deploy what it depends on, or plan that too")


@pytest.mark.parametrize(
    ("name", "remedy"), [("postgres", "use postgresql"), ("x", "use one of test-network, test-redis, test-postgresql")]
)
def test_a_unit_that_is_not_there_is_one_line(
    tree: Tree, name: str, remedy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["--tree", str(tree.path), "--unit", name]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines()[-1].startswith(f"plan: there is no unit {name!r}: {remedy}")


def test_a_summary_has_a_line_for_each_unit_and_no_attributes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tree = Tree(tmp_path, network=network(), redis=unit("redis", value="seen"))
    texts = {}
    for form in ("terminal", "markdown", "json"):
        assert command.main(["--tree", str(tree.path), "--summary", "--format", form]) == 2
        texts[form] = capsys.readouterr().out
        assert "test-network" in texts[form]
        assert "test-redis" in texts[form]
        assert "seen" not in texts[form]
        assert "add terraform_data" not in texts[form]
    for form in ("terminal", "markdown"):
        assert "2 to add, 0 to change, 0 to replace, 0 to destroy" in texts[form]
    document = json.loads(texts["json"])
    assert document["counts"]["add"] == 2
    assert [{"changes", "outputs", "drift"} & {*each} for each in document["units"]] == [set(), set()]
