"""A program on PATH that is asked as Docker is, notes that, and runs containers as processes."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

# What it runs is a process: its variables are those of --env-file and --env, and its paths are those of --volume.
_PROGRAM = f"""#!{sys.executable}
import json, os, pathlib, stat, sys
here = pathlib.Path(__file__).parent
arguments = sys.argv[1:]
with (here / "asked").open("a") as file:
    print(json.dumps(arguments), file=file)
if arguments[0] == "image":
    if arguments[-1] != "shop:1":
        sys.exit("Error response from daemon: No such image: " + arguments[-1])
    print((here / "config.json").read_text())
elif arguments[0] == "run":
    file = pathlib.Path(arguments[arguments.index("--env-file") + 1])
    (here / "mode").write_text(oct(stat.S_IMODE(file.stat().st_mode)))
    variables = dict(line.split("=", 1) for line in file.read_text().splitlines())
    variables |= {{each[6:]: os.environ[each[6:]] for each in arguments if each.startswith("--env=")}}
    end = arguments.index("--")
    program = [arguments[arguments.index("--entrypoint") + 1], *arguments[end + 2:]]
    for volume in (each[9:] for each in arguments[:end] if each.startswith("--volume=")):
        source, path = volume.split(":")[:2]
        if path == "/tmp":
            continue
        program = [word.replace(path, source) for word in program]
        variables = {{name: value.replace(path, source) for name, value in variables.items()}}
    directory = pathlib.Path(arguments[arguments.index("--workdir") + 1])
    os.chdir(directory if directory.is_dir() else here)
    os.execvpe(program[0], program, {{"PATH": os.environ["PATH"], **variables}})
"""


def install(directory: Path, config: Mapping[str, object], monkeypatch: pytest.MonkeyPatch, path: str = "") -> Path:
    """Put it into a directory that is first on PATH, with the configuration of the image `shop:1`.

    Returns the file of what it is asked for, an array of arguments a line.
    """
    directory.mkdir()
    program = directory / "docker"
    program.write_text(_PROGRAM)
    program.chmod(0o755)
    (directory / "config.json").write_text(json.dumps(config))
    monkeypatch.setenv("PATH", f"{directory}:{path}/usr/bin:/bin")
    return directory / "asked"
