"""Terraform with AWS providers that go on running: a life runs a hundred commands, and starting one is half of each.

It is Terraform's own way for a provider that somebody else has started, and the provider is the one that was published.
What is about a provider's start, installation or end has to do without it: see the fixture `shared_providers`.
https://developer.hashicorp.com/terraform/plugin/debugging
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Of one AWS; others wait. A deployment runs no more units at once.
_AT_MOST = 4
# A provider whose test was killed ends by itself.
_SECONDS = 3600
_SECONDS_TO_START = 120
# Of many configurations one after the other, each with clients of its own.
_MEMORY = {"GOGC": "200", "GOMEMLIMIT": "400MiB"}
# What runs without a provider, but reads from the variable which ones it need not install.
_WITHOUT_PROVIDER = ("init", "output", "state", "force-unlock", "workspace")
_NOWHERE = {
    "Protocol": "grpc",
    "ProtocolVersion": 5,
    "Pid": 0,
    "Test": True,
    "Addr": {"Network": "unix", "String": "-"},
}


@contextlib.contextmanager
def running(terraform: str, provider: Path) -> Iterator[Path]:
    """A program to run in the place of Terraform; the providers that it has started end with the context."""
    # Not pytest's directory: the path of a socket has at most a hundred characters.
    directory = Path(tempfile.mkdtemp(prefix="aws-"))
    program = directory / "terraform"
    command = shlex.join([sys.executable, "-I", "-S", __file__, str(directory), terraform, str(provider)])
    program.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
    program.chmod(0o700)
    try:
        yield program
    finally:
        for file in directory.glob("*/pid"):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(int(file.read_text()), signal.SIGKILL)
        shutil.rmtree(directory)


def main(directory: Path, terraform: str, provider: Path, *arguments: str) -> None:
    """Become Terraform with these arguments."""
    verb = next((argument for argument in arguments if not argument.startswith("-")), "")
    if verb != "version" and _can_be_shared(Path("cdk.tf.json"), provider):
        address = _NOWHERE if verb in _WITHOUT_PROVIDER else _free(provider, directory)
        os.environ["TF_REATTACH_PROVIDERS"] = json.dumps({"registry.terraform.io/hashicorp/aws": address})
    os.execv(terraform, [terraform, *arguments])


def _can_be_shared(unit: Path, provider: Path) -> bool:
    """Whether a unit can do with one running provider: a process has one configuration, and a unit may have two."""
    if not unit.exists():
        return False
    configuration = json.loads(unit.read_text())
    version = configuration["terraform"]["required_providers"].get("aws", {}).get("version")
    configured = configuration.get("provider", {}).get("aws", [])
    return f"_v{version}_" in provider.name and (isinstance(configured, dict) or len(configured) == 1)


def _free(provider: Path, directory: Path) -> dict[str, Any]:
    """Where a provider answers that nobody else uses, nor will before this process has ended."""
    while True:
        for place in (directory / str(number) for number in range(_AT_MOST)):
            place.mkdir(exist_ok=True)
            lock = os.open(place / "lock", os.O_CREAT | os.O_RDWR)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(lock)
                continue
            os.set_inheritable(lock, True)
            return _address(provider, place)
        time.sleep(0.05)


def _address(provider: Path, place: Path) -> dict[str, Any]:
    """Of the provider of this place, which is started with the variables of today where there is none like that."""
    # It keeps its client of HTTP from one configuration to the next, and refuses to add authorities to that again.
    variables = {name: value for name, value in os.environ.items() if name != "AWS_CA_BUNDLE"}
    given = json.dumps(sorted((name, value) for name, value in variables.items() if re.match(r"AWS_|\w+_PROXY$", name)))
    said, pid, started_with = place / "said", place / "pid", place / "variables"
    if not started_with.exists() or started_with.read_text() != given:
        if pid.exists():
            os.killpg(int(pid.read_text()), signal.SIGKILL)
        with said.open("w") as output:
            process = subprocess.Popen(
                ["timeout", str(_SECONDS), provider, "-debug"],
                env={**variables, "TMPDIR": str(place), **_MEMORY},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        pid.write_text(str(process.pid))
        started_with.write_text(given)
    until = time.monotonic() + _SECONDS_TO_START
    while not (found := re.search(r"TF_REATTACH_PROVIDERS='(.*)'", said.read_text())):
        if time.monotonic() > until:
            sys.exit(f"the AWS provider does not start: {said.read_text()}")
        time.sleep(0.05)
    (address,) = json.loads(found[1]).values()
    return dict(address)


if __name__ == "__main__":
    _directory, _terraform, _provider, *_arguments = sys.argv[1:]
    main(Path(_directory), _terraform, Path(_provider), *_arguments)
