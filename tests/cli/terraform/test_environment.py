"""An environment is deployed from a tree that nothing else replaces meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.failure import Failure
from cli.terraform import environment as environments
from modules.fargate_service.inputs import BeatInputs, WorkerInputs
from tests.environments import DIRECTORY
from tests.support import environment

TEST = environment()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project in which a synthesis writes the names of its environments."""

    def synthesize(names: tuple[str, ...], output: Path, *, config: Path) -> None:
        output.mkdir(exist_ok=True)
        (output / "names").write_text(" ".join(names))

    monkeypatch.setattr(environments, "PROJECT", tmp_path)
    monkeypatch.setattr(environments, "synthesize", synthesize)
    return tmp_path


def test_it_is_synthesized_alone_where_relative_paths_of_states_lead_to_the_project(project: Path) -> None:
    with environments.deployed_from(TEST, None, DIRECTORY) as output:
        assert (output / "names").read_text() == "test"
        assert (output / "stacks/x/../../../state").resolve() == project / "state"


def test_a_second_deployment_from_here_waits_outside(project: Path) -> None:
    with (
        environments.deployed_from(TEST, None, DIRECTORY),
        pytest.raises(Failure, match="^test is being deployed or destroyed from this directory: wait"),
        environments.deployed_from(TEST, None, DIRECTORY),
    ):
        pytest.fail("both are inside")
    with environments.deployed_from(TEST, None, DIRECTORY):
        pass


def test_another_environment_is_deployed_beside_it(project: Path) -> None:
    other = environment(name="other")
    with (
        environments.deployed_from(TEST, None, DIRECTORY) as one,
        environments.deployed_from(other, None, DIRECTORY) as two,
    ):
        assert one != two


def test_its_services_are_those_that_it_has(tmp_path: Path) -> None:
    service = TEST.django_service
    assert environments.services_of(TEST) == ["django-test-web"]
    from dataclasses import replace

    full = replace(service, worker=WorkerInputs(cpu=256, memory_mib=512, desired_count=1), beat=BeatInputs())
    names = environments.services_of(environment(django_service=full))
    assert names == ["django-test-web", "django-test-worker", "django-test-beat"]
