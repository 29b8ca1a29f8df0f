"""With an image, Docker runs the containers of a trial: a fake one here, which notes what it is asked for."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from cli.trial import container, image
from cli.trial.command import main
from cli.trial.container import Kind
from cli.trial.specification import Specification
from stacks.failure import Failure
from tests.cli.trial import fake_docker
from tests.environments import DIRECTORY

CONFIG = {
    "User": "app",
    "Env": ["PATH=/usr/bin", "PYTHONPATH=/srv"],
    "WorkingDir": "/srv",
    "Entrypoint": ["/entrypoint"],
    "Cmd": ["serve"],
    "StopSignal": "SIGINT",
}
PASSWORD, KEY = "hunter2-and-more", "-----BEGIN KEY-----\nsecret\n-----END KEY-----\n"


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of what a fake Docker on PATH is asked for, an array of arguments a line."""
    return fake_docker.install(tmp_path / "bin", CONFIG, monkeypatch)


def test_a_container_has_what_its_task_has_and_no_secret_is_an_argument(asked: Path, tmp_path: Path) -> None:
    here, volume = tmp_path / "run", tmp_path / "volume"
    here.mkdir()
    volume.mkdir()
    specification = Specification(
        working_directory=Path("/srv"),
        is_read_only=True,
        volumes={"/data": volume, "/rds": volume},
        read_only_volumes=["/rds"],
        files={"/etc/bundle.pem": tmp_path / "ca.pem"},
        memory_mib=512,
    )
    program = (
        "sh",
        "-c",
        'printf %s "$PASSWORD$KEY" > /data/seen; trap "exit 7" INT; echo up; while :; do sleep 0.1; done',
    )
    kind = Kind(command=(), image="shop:1")
    with container.started(here, kind, specification, program, {"PASSWORD": PASSWORD, "KEY": KEY}) as running:
        while "up" not in running.last_lines():
            assert running.exit_code is None, running.last_lines()
        assert running.stop("SIGINT", 10) is not None
    assert running.exit_code == 7
    assert (volume / "seen").read_text() == PASSWORD + KEY
    said = asked.read_text()
    assert PASSWORD not in said
    assert "secret" not in said
    assert (asked.parent / "mode").read_text() == oct(stat.S_IRUSR | stat.S_IWUSR)
    assert not [*here.glob("variables")]
    run, removal = map(json.loads, said.splitlines())
    name = run[run.index("--name") + 1]
    assert removal == ["rm", "--force", "--volumes", name]
    options = run[: run.index("--")]
    assert {"--rm", "--init", "--read-only", "--memory=512m", f"--volume={volume}:/data"} <= {*options}
    assert {f"--volume={volume}:/rds:ro", f"--volume={tmp_path}/ca.pem:/etc/bundle.pem:ro", "--env=KEY"} <= {*options}
    assert options[options.index("--network") + 1] == "host"
    assert options[options.index("--workdir") + 1] == "/srv"
    assert run[run.index("--") + 1] == "shop:1"


@pytest.mark.usefixtures("asked")
def test_an_image_says_what_its_containers_run() -> None:
    found = image.find("shop:1", ("/etc/bundle.pem",))
    assert found.program(found.image.program(None, ("worker",))) == ("/entrypoint", "worker")
    assert found.program(found.image.program(None, None)) == ("/entrypoint", "serve")
    assert (found.image.stop_signal, found.directory, found.needed) == ("SIGINT", Path("/srv"), ())
    assert found.variables == {"PYTHONPATH": "/srv"}
    assert found.image.rds_authorities == ("/etc/bundle.pem",)
    with pytest.raises(Failure, match=r"^--image: shop:2 cannot be read \(.*No such image: shop:2\): build it by "):
        image.find("shop:2")


def test_without_docker_one_line_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("cli.trial.command.servers.missing", lambda: ())
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["staging", "--image", "shop:1"], directory=DIRECTORY) == 1
    line = "docker: is not installed: install Docker, or omit --image to run processes of this machine\n"
    assert capsys.readouterr().err == line
