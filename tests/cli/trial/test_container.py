"""A process finds of the machine what a container would, and nothing of it is left."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from cli.trial import container
from cli.trial.container import Kind, Running
from cli.trial.specification import Specification

PATH = {"PATH": "/usr/bin:/bin"}
NONE = Kind(command=())


@pytest.fixture(scope="session")
def boxed(tmp_path_factory: pytest.TempPathFactory) -> Kind:
    found = container.kind(tmp_path_factory.mktemp("probe"))
    if found.reason:
        pytest.skip(found.reason)
    return found


def shell(
    directory: Path,
    kind: Kind,
    script: str,
    specification: Specification | None = None,
    variables: Mapping[str, str] = PATH,
) -> tuple[int | None, list[str]]:
    """The exit code of a shell script and what it printed."""
    directory.mkdir(exist_ok=True)
    given = specification or Specification(working_directory=directory)
    with container.started(directory, kind, given, ["sh", "-c", script], variables) as running:
        code = running.wait(30)
    return code, running.last_lines()


def test_a_process_has_its_variables_and_no_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "of the person")
    program = [sys.executable, "-I", "-c", "import os; print(sorted(os.environ))"]
    given = Specification(working_directory=tmp_path)
    with container.started(tmp_path, NONE, given, program, {"A": "1", "PATH": "/usr/bin"}) as running:
        assert running.wait(30) == 0
    # Python itself sets LC_CTYPE where the locale is C: PEP 538.
    assert running.last_lines()[0] in ("['A', 'PATH']", "['A', 'LC_CTYPE', 'PATH']")


def test_what_it_writes_vanishes(tmp_path: Path, boxed: Kind) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "old").write_text("before")
    given = Specification(working_directory=project)
    script = "echo after > old && echo new > new && cat old new && echo x > /usr/local/of-a-trial"
    assert shell(tmp_path / "run", boxed, script, given) == (0, ["after", "new"])
    assert (project / "old").read_text() == "before"
    assert [each.name for each in project.iterdir()] == ["old"]
    assert not Path("/usr/local/of-a-trial").exists()


def test_a_read_only_root_can_be_written_to_nowhere_but_in_volumes(tmp_path: Path, boxed: Kind) -> None:
    project, tmp, authorities = tmp_path / "project", tmp_path / "tmp", tmp_path / "authorities"
    for directory in (project, tmp, authorities):
        directory.mkdir()
    (authorities / "rds.pem").write_text("PEM\n")
    given = Specification(
        working_directory=project,
        is_read_only=True,
        volumes={"/tmp": tmp, "/of/the/task": authorities},
        read_only_volumes=["/of/the/task"],
        needed=[project],
    )
    script = """
        for file in ./a /etc/a /usr/a /a /of/the/task/a; do touch $file 2>/dev/null && echo "wrote $file"; done
        touch /tmp/a /dev/shm/of-a-trial && rm /dev/shm/of-a-trial && cat /of/the/task/rds.pem && pwd
    """
    assert shell(tmp_path / "run", boxed, script, given) == (0, ["PEM", str(project)])
    assert (tmp / "a").exists()


def test_a_file_of_the_image_stands_where_the_dockerfile_puts_it(tmp_path: Path, boxed: Kind) -> None:
    authority = tmp_path / "authority.pem"
    authority.write_text("PEM\n")
    given = Specification(working_directory=tmp_path, is_read_only=True, files={"/etc/ssl/certs/rds.pem": authority})
    assert shell(tmp_path / "run", boxed, "cat /etc/ssl/certs/rds.pem", given) == (0, ["PEM"])
    assert not Path("/etc/ssl/certs/rds.pem").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="whoever is not root runs all of these so")
def test_someone_who_is_not_root_gets_the_same(tmp_path: Path, boxed: Kind) -> None:
    """In a namespace of users, of which all kernels of Linux that distributions build have one."""
    program = (
        "import os, sys; os.setgroups([]); os.setgid(65534); os.setuid(65534); sys.path.insert(0, sys.argv[1]); "
        "from pathlib import Path; from cli.trial import container; from cli.trial.specification import Specification; "
        "home = Path(sys.argv[2]); (home / 'probe').mkdir(); kind = container.kind(home / 'probe'); "
        "volume = home / 'volume'; volume.mkdir(); (home / 'run').mkdir(); "
        "given = Specification(working_directory=home, is_read_only=True, volumes={'/of/the/task': volume}, "
        "files={'/etc/ssl/certs/rds.pem': Path('/etc/hostname')}); "
        "script = 'touch /usr/a /a 2>/dev/null; touch /of/the/task/a && cat /etc/ssl/certs/rds.pem'; "
        "context = container.started(home / 'run', kind, given, ['sh', '-c', script], {'PATH': '/usr/bin:/bin'}); "
        "running = context.__enter__(); code = running.wait(30); context.__exit__(None, None, None); "
        "print(kind.reason, code, (volume / 'a').exists())"
    )
    # Neither pytest's directories nor those of this project need to be open to others.
    with tempfile.TemporaryDirectory() as temporary:
        home, copy = Path(temporary), Path(temporary) / "program"
        shutil.copytree(Path(container.__file__).parent, copy / "cli" / "trial")
        (copy / "cli" / "__init__.py").touch()
        os.chown(home, 65534, 65534)
        done = subprocess.run(["/usr/bin/python3", "-c", program, copy, home], capture_output=True, text=True)
        assert (done.stdout, done.stderr) == (" 0 True\n", "")


def test_a_program_that_there_is_not_ends_as_in_a_shell(tmp_path: Path) -> None:
    given = Specification(working_directory=tmp_path)
    with container.started(tmp_path, NONE, given, ["of-nobody"], PATH) as running:
        assert running.wait(10) == 127
    assert running.last_lines() == ["of-nobody: No such file or directory"]


def stopped(tmp_path: Path, script: str, seconds: float, name: str = "SIGTERM") -> tuple[float | None, Running]:
    given = Specification(working_directory=tmp_path)
    with container.started(tmp_path, NONE, given, ["sh", "-c", script], PATH) as running:
        end = time.monotonic() + 10
        while "ready" not in running.last_lines() and time.monotonic() < end:
            time.sleep(0.02)
        taken = running.stop(name, seconds)
    return taken, running


def test_what_ends_at_its_signal_in_time_has_ended(tmp_path: Path) -> None:
    taken, running = stopped(tmp_path, "trap 'echo got it; exit 3' QUIT; echo ready; sleep 60 & wait", 10, "SIGQUIT")
    assert taken is not None
    assert taken < 10
    assert (running.exit_code, running.last_lines()) == (3, ["ready", "got it"])


def test_what_does_not_is_killed_with_all_that_it_has_started(tmp_path: Path) -> None:
    taken, running = stopped(tmp_path, "trap '' TERM; sleep 600 & echo $! >&2; echo ready; wait; wait", 0.3)
    assert (taken, running.exit_code) == (None, 128 + signal.SIGKILL)
    (child, *_) = running.last_lines()
    end = time.monotonic() + 10  # the kernel ends it once it is scheduled
    while _runs(int(child)) and time.monotonic() < end:
        time.sleep(0.02)
    assert not _runs(int(child))


def _runs(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
