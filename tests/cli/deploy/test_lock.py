"""A state that someone else has locked is told with the holder and the way out; an interrupt releases the lock.

With the real Terraform, and what it brings along in place of providers.
"""

from __future__ import annotations

import fcntl
import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cli.deploy import destroy
from cli.deploy.apply import ERRORED, FILE, Applier
from cli.terraform import environment as environments
from cli.terraform.runner import Terraform, TerraformFailed
from cli.terraform.state_store import Directory, Lock, Locked
from cli.terraform.tree import Unit
from cli.terraform.workspace import Workspace
from tests.cli.deploy.applying import applying
from tests.cli.deploy.fakes import unit
from tests.environments import DIRECTORY

pytestmark = pytest.mark.thorough

CONFIGURATION = {
    "terraform": {"backend": {"local": {"path": "state.json"}}},
    "resource": {"terraform_data": {"this": {"input": "1", "provisioner": {"local-exec": {"command": "sleep 3"}}}}},
    "output": {"input": {"value": "${terraform_data.this.output}"}},
}


@pytest.fixture
def service(terraform_command: str, tmp_path: Path) -> Unit:
    """A unit whose resource takes seconds to create."""
    found = unit(tmp_path / "stacks", "test-service", **CONFIGURATION)
    (found.home / "cdk.tf.json").write_text(json.dumps(CONFIGURATION))
    return found


def applier(home: Path, name: str) -> Applier:
    directory = home / name
    directory.mkdir()
    runner = Terraform()
    return Applier(runner, Workspace(directory, runner), lambda *_, **__: None)


def test_the_holder_of_a_lock_and_the_way_out_are_told(service: Unit, tmp_path: Path) -> None:
    first, second = applier(tmp_path, "first"), applier(tmp_path, "second")
    with applying(first, service), pytest.raises(TerraformFailed) as caught:
        second.plan(service)
    assert re.fullmatch(
        r"state\.json is locked by \S+@\S+ since \d{4}-\d\d-\d\d [\d:]+ UTC \(apply\): wait until that has ended; "
        rf"if nothing runs there any more: \(cd {service.home} && terraform init && "
        r"terraform force-unlock [0-9a-f-]{36}\)",
        str(caught.value),
    )
    assert first.outputs(service) == {"input": "1"}, "the first has not been disturbed"


def test_what_moves_states_and_terraform_lock_each_other_out(service: Unit, tmp_path: Path) -> None:
    first, store, lock = applier(tmp_path, "first"), Directory(service.home), Lock("move-state")
    store.lock("state.json", lock)
    with pytest.raises(TerraformFailed, match=r"state\.json is locked by \S+@\S+ since .* UTC \(move-state\): wait "):
        first.plan(service)
    store.unlock("state.json", lock)
    with (
        applying(first, service),
        pytest.raises(Locked, match=r"state\.json is locked by \S+@\S+ since [\d -]+[\d:]+ UTC \(OperationTypeApply\)"),
    ):
        store.lock("state.json", lock)
    assert first.outputs(service) == {"input": "1"}, "it has not been disturbed"


def test_an_interrupt_lets_terraform_write_its_state_and_release_its_lock(service: Unit, tmp_path: Path) -> None:
    first = applier(tmp_path, "first")
    with applying(first, service) as ended:
        time.sleep(0.5)
        started = time.monotonic()
        first.stop()
        assert time.monotonic() - started < 60
    assert len(ended) == 1
    assert not (service.home / FILE).exists()
    second = applier(tmp_path, "second")
    assert second.state(service)["serial"] > 0
    assert second.apply(service) is not None, "nothing is locked"
    assert second.outputs(service) == {"input": "1"}


def test_a_state_that_was_left_behind_is_written_by_the_next_deployment(service: Unit, tmp_path: Path) -> None:
    applier(tmp_path, "first").apply(service)
    state = json.loads((service.home / "state.json").read_text())
    left = {**state, "serial": state["serial"] + 1, "outputs": {"input": {"value": "2", "type": "string"}}}
    (service.home / ERRORED).write_text(json.dumps(left))
    assert applier(tmp_path, "second").outputs(service) == {"input": "2"}
    assert not (service.home / ERRORED).exists()


def test_one_that_is_older_than_what_is_there_is_not_written(service: Unit, tmp_path: Path) -> None:
    applier(tmp_path, "first").apply(service)
    state = json.loads((service.home / "state.json").read_text())
    (service.home / ERRORED).write_text(json.dumps({**state, "serial": state["serial"] - 1}))
    with pytest.raises(TerraformFailed, match="holds what was applied, and cannot be written to its backend"):
        applier(tmp_path, "second").plan(service)
    assert json.loads((service.home / "state.json").read_text()) == state
    assert (service.home / ERRORED).exists()


@pytest.fixture
def in_its_home(service: Unit, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shell that stands where the unit is, and destroys dev, of which that is the only unit."""

    @contextmanager
    def deployed_from(*_: object) -> Iterator[Path]:
        yield service.home

    monkeypatch.chdir(service.home)
    monkeypatch.setenv("PWD", str(service.home))
    monkeypatch.setenv("OLDPWD", str(service.home.parent))
    monkeypatch.setenv("TF_VAR_image_tag", "1.0.0")
    monkeypatch.setattr(environments, "deployed_from", deployed_from)
    monkeypatch.setattr(environments, "units_of", lambda *_: [service])
    monkeypatch.setattr(destroy, "other_states", lambda *_: {})  # whose bucket is in an account


def test_the_way_out_of_a_lock_names_the_directory_that_the_shell_is_in(
    service: Unit, tmp_path: Path, in_its_home: None, capsys: pytest.CaptureFixture[str]
) -> None:
    applier(tmp_path, "first").apply(service)
    held = {"ID": "0-1", "Path": "state.json", "Operation": "OperationTypeApply", "Who": "a@b", "Version": "1.11.4"}
    (service.home / ".state.json.lock.info").write_text(json.dumps({**held, "Created": "2030-01-01T12:00:00Z"}))
    with (service.home / "state.json").open("r+") as state:
        fcntl.lockf(state, fcntl.LOCK_EX)  # as Terraform does
        assert destroy.main(["dev", "--yes"], directory=DIRECTORY) == 1
    error = capsys.readouterr().err.splitlines()[-1]
    assert f"(cd {service.home} && terraform init && terraform force-unlock 0-1)" in error


def test_a_state_that_was_left_behind_is_named_with_the_directory_that_the_shell_is_in(
    service: Unit, tmp_path: Path, in_its_home: None, capsys: pytest.CaptureFixture[str]
) -> None:
    applier(tmp_path, "first").apply(service)
    state = json.loads((service.home / "state.json").read_text())
    (service.home / ERRORED).write_text(json.dumps({**state, "serial": state["serial"] - 1}))
    assert destroy.main(["dev", "--yes"], directory=DIRECTORY) == 1
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith(f"{service.name}: {service.home / ERRORED} holds what was applied")
