"""Runs Terraform, and says in one line why it failed."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Container, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

from cli.failure import tell
from cli.terraform import diagnostics, version
from cli.terraform.version import executable
from cli.text import age, one_line
from stacks.failure import Failure

# What a user sets for work by hand in one directory, and what would break or mislead runs in many.
# https://developer.hashicorp.com/terraform/cli/config/environment-variables
_NOT_PASSED_ON = re.compile(r"TF_DATA_DIR|TF_WORKSPACE|TF_CLI_ARGS.*")

# What a registry or a bucket says for some seconds, and then no longer.
_TRANSIENT = re.compile(
    r"Client\.Timeout|TLS handshake timeout|i/o timeout|connection reset|unexpected EOF|\b(429|50[0234]) [A-Z]"
)
# When `init`, which changes nothing but its own directory, is tried again.
RETRY_SECONDS = (3.0, 10.0)

# How long an interrupted Terraform may take to end by itself. An apply writes its state in that time.
GRACE_SECONDS = 30.0


class TerraformFailed(Failure):
    """A command of Terraform that failed. Its text is one line: what Terraform objects to."""


class Terraform:
    """Terraform with the user's own configuration (`TF_CLI_CONFIG_FILE`) and credentials, or those of `environment`.

    It may run in many directories at once, from many threads; `stop` ends them all.
    """

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        """`environment` takes the place of `os.environ`."""
        given = os.environ if environment is None else environment
        self.environment = {name: value for name, value in given.items() if not _NOT_PASSED_ON.fullmatch(name)}
        # Much of the time of a plan is Go's garbage collector, which a third more memory lets run less often.
        self.environment.setdefault("GOGC", "400")
        self.environment |= {"TF_IN_AUTOMATION": "1", "TF_INPUT": "0", "CHECKPOINT_DISABLE": "1"}
        """The environment of its processes."""
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[str]] = set()
        self._stopped = threading.Event()

    def run(
        self,
        directory: Path,
        *arguments: str,
        expect: Container[int] = (0,),
        on_line: Callable[[str], None] | None = None,
    ) -> str:
        """Run `terraform <arguments>` in a directory and return its standard output, each line also to `on_line`.

        An `init` that fails by what passes, such as a registry that answers 503, is tried again, and stderr says so.

        Raises TerraformFailed for an exit code that is not expected, and when Terraform cannot be started.
        """
        for seconds in RETRY_SECONDS if arguments[0] == "init" else ():
            try:
                return self._run_once(directory, arguments, expect, on_line)
            except TerraformFailed as error:
                if not _TRANSIENT.search(str(error)) or self._stopped.is_set():
                    raise
                tell(f"{executable()} init: {one_line(str(error), 200)}: trying again in {seconds:.0f} s")
                self._stopped.wait(seconds)
        return self._run_once(directory, arguments, expect, on_line)

    def _run_once(
        self,
        directory: Path,
        arguments: tuple[str, ...],
        expect: Container[int],
        on_line: Callable[[str], None] | None,
    ) -> str:
        with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as errors:
            with self._started(directory, arguments, errors) as process:
                assert process.stdout is not None  # noqa: S101  (it is a pipe)
                lines = []
                for line in process.stdout:
                    lines.append(line)
                    if on_line:
                        on_line(line.rstrip("\n"))
                code = process.wait()
            output = "".join(lines)
            if code not in expect:
                errors.seek(0)
                reason = diagnostics.reason(output, errors.read()) or f"{executable()} {arguments[0]} ended with {code}"
                raise TerraformFailed(_locked(reason, directory) or reason)
        return output

    def stop(self, grace_seconds: float = GRACE_SECONDS) -> None:
        """Interrupt whatever runs, and kill what has not ended in time. Nothing can be started afterwards."""
        with self._lock:
            self._stopped.set()
            running = list(self._running)
        for process in running:
            _signal(process, signal.SIGINT)
        try:
            for process in running:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(grace_seconds)
        finally:  # also where somebody does not want to wait, and interrupts this too
            for process in running:
                if process.poll() is None:
                    _signal(process, signal.SIGKILL)

    @contextlib.contextmanager
    def _started(self, directory: Path, arguments: tuple[str, ...], errors: IO[str]) -> Iterator[subprocess.Popen[str]]:
        try:
            with self._lock:
                if self._stopped.is_set():
                    raise TerraformFailed("interrupted")
                process = subprocess.Popen(
                    [executable(), *arguments],
                    cwd=directory,
                    env=self.environment,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    encoding="utf-8",
                    errors="replace",
                    # Ctrl-C is for this program alone, which then ends Terraform and its providers in order.
                    start_new_session=True,
                )
                self._running.add(process)
        except FileNotFoundError as error:
            raise TerraformFailed(next(version.missing(), f"{executable()} cannot be started")) from error
        try:
            with process:
                yield process
        finally:
            with self._lock:
                self._running.discard(process)


def _signal(process: subprocess.Popen[str], number: signal.Signals) -> None:
    """To the process and its providers; they are a group of their own."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _locked(reason: str, directory: Path) -> str:
    """Who holds the lock of the state, and the way out; empty for anything else that went wrong."""
    found = re.search(
        r"Lock Info: ID: (\S+) Path: (\S+) Operation: (\S*) Who: (\S+) .{0,100}?Created: (\S+ [\d:]+)", reason
    )
    if not found:
        return ""
    identity, path, operation, who, created = found.groups()
    way_out = by_hand(directory, f"force-unlock {identity}")
    before, was_held, _ = reason.partition("Error releasing the state lock")
    if was_held:
        others = f"{one_line(before.strip(' ;'), 200)}; " if before.strip(" ;") else ""
        return f"{others}the lock of {path} could not be released, and nobody else will: {way_out}"
    ago = datetime.now(UTC) - datetime.fromisoformat(f"{created}+00:00")
    what = operation.removeprefix("OperationType").lower()
    since = f"since {created} UTC ({what}{f', {age(ago)} ago' if ago >= timedelta(minutes=1) else ''})"
    return f"{path} is locked by {who} {since}: wait until that has ended; if nothing runs there any more: {way_out}"


def by_hand(directory: Path, command: str) -> str:
    """A command of Terraform as a person types it, when the providers that it was run with are gone."""
    program = executable()
    return f"(cd {shlex.quote(str(directory))} && {program} init && {program} {command})"
