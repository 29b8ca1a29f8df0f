"""Synthesize the environments as Terraform JSON: `python main.py --help`."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from modules.credentials import hide
from modules.validation import examples
from stacks.config import loader
from stacks.config.schema import Environment
from stacks.config.shared_accounts import shared_accounts
from stacks.console import Console
from stacks.failure import FAILED, INTERRUPTED, Failure, Parser, end_in_order, of_the_machine
from stacks.imports import IMPORTS, Imports
from stacks.synthesis import output as atomic
from stacks.synthesis import summary

_PROJECT = Path(__file__).parents[2]
# The directory whose environments stacks/imports.py names.
_OF_IMPORTS = loader.DIRECTORY


def main(
    argv: Sequence[str],
    directory: Path = loader.DIRECTORY,
    *,
    doubts: Callable[[Environment], Iterable[str]] = lambda _: (),
) -> int:
    """Run the command line, on the environments of `directory` unless it names another. Every problem is one line.

    `doubts` are what may be wrong with an environment that is right by all rules, a line each, which is printed.
    Returns 0; 1 where the arguments, an environment or the machine are at fault; 130 when interrupted.
    """
    end_in_order()
    try:
        _run(_parse(argv, directory), doubts)
    except Failure as error:
        for problem in hide(str(error)).splitlines():
            _fail(problem, error.code)
        return error.code
    except KeyboardInterrupt:
        return _fail("main.py: interrupted: run it again", INTERRUPTED)
    except ModuleNotFoundError as error:
        return _fail(_not_installed(error), FAILED)
    except Exception as error:  # noqa: BLE001  (no traceback for what was not foreseen, but its place)
        if lack := of_the_machine(error):
            return _fail(f"main.py: {lack}", FAILED)
        return _fail(f"{_place(error)}: {loader.text_of(error)}: this is a bug: please report it", FAILED)
    return 0


def _not_installed(error: ModuleNotFoundError) -> str:
    package = (error.name or "").partition(".")[0]
    if not package or (_PROJECT / package).is_dir():
        return f"{_place(error)}: {loader.text_of(error)}: this is a bug: please report it"
    what_to_do = "run `make lock` where Pipfile has changed, as after `make cdk-terrain`, and `make synth`"
    return f"main.py: the package {package} is not installed: {what_to_do}"


def _failure(text: str) -> Failure:
    """A failure of one line, whatever jsii, Node or an environment wrote."""
    return Failure(" ".join(text.split()))


def _fail(text: str, code: int) -> int:
    line = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in hide(" ".join(text.split())))
    print(line if len(line) <= 500 else f"{line[:497]}...", file=sys.stderr)
    return code


def _parse(argv: Sequence[str], directory: Path) -> argparse.Namespace:
    parser = Parser("main.py", __doc__)
    parser.add_argument(
        "environments",
        metavar="ENVIRONMENT",
        nargs="*",
        help="such as prod; all by default. The output then holds the units of these alone.",
    )
    parser.add_argument(
        "--config",
        metavar="DIR",
        type=Path,
        default=directory,
        help="the directory of the environments; stacks/config by default",
    )
    parser.add_argument(
        "--output",
        metavar="DIR",
        type=Path,
        help="the directory to replace; CDKTF_OUTDIR or cdktf.out by default",
    )
    parser.add_argument(
        "--bootstrap",
        action="store_true",
        help="the units that come before all others, and these alone; to bootstrap.out by default",
    )
    parser.add_argument(
        "--without-imports",
        action="store_true",
        help="leave out what stacks/imports.py takes over, as for an account that is empty",
    )
    arguments = parser.parse_args(argv)
    arguments.environments = loader.choose(arguments.environments, arguments.config)
    if arguments.output is None:
        # A tree of its own, so that no deployment of cdktf.out ever meets these units.
        arguments.output = Path(
            "bootstrap.out" if arguments.bootstrap else os.environ.get("CDKTF_OUTDIR") or "cdktf.out"
        )
    return arguments


def _run(arguments: argparse.Namespace, doubts: Callable[[Environment], Iterable[str]]) -> None:
    started = time.perf_counter()
    console = Console()
    if os.environ.get("SYNTH_HCL_OUTPUT") in ("true", "1"):  # cdktf sets it
        what = "HCL as cdktf writes it loses ephemeral blocks and breaks JSON strings, so that Terraform refuses it"
        raise _failure(f"main.py: {what}: omit --hcl, because Terraform reads the JSON as it is")
    environments = loader.load(arguments.environments, arguments.config)
    console.print("Starting jsii (the first time takes longer)")
    _start_node()
    units = _synthesize(environments, arguments, console)
    console.print(summary.table(units))
    total = sum(unit.resources for unit in units)
    seconds = time.perf_counter() - started
    console.print(f"{len(units)} units with {total} resources in {arguments.output}, in {seconds:.1f} s")
    for unit, files in atomic.left_behind(arguments.output).items():
        console.print(f"Kept: {', '.join(files)} in {unit}, which is not a unit of this output: remove it if it is old")
    if left := _examples(environments):
        console.print(f"Examples to replace by your own values: {left}")
    for shared in shared_accounts(environments):
        console.print(f"Warning: {shared}")
    for file, environment in environments.items():
        for doubt in doubts(environment):
            console.print(f"Warning: {file}: {doubt}")
    for environment in () if arguments.bootstrap else environments.values():
        if records := environment.records_elsewhere:
            what = "whoever has its DNS makes these records, of which make deploy prints the values"
            console.print(f"{environment.name}: {what}: {', '.join(records)}")
    first = units[0]
    console.print(
        f"Next: make bootstrap ENV={first.environment}"
        if arguments.bootstrap
        else f"Next: make plan ENV={first.environment} ARGS=--offline"
    )


def _examples(environments: Mapping[str, Environment]) -> str:
    """What is left of example values: the files that have the same ones, and their paths."""
    files_by_paths: dict[str, list[str]] = {}
    for file, environment in environments.items():
        if paths := ", ".join(examples(environment)):
            files_by_paths.setdefault(paths, []).append(file)
    return "; ".join(f"{', '.join(files)}: {paths}" for paths, files in files_by_paths.items())


def _start_node() -> None:
    """Start the kernel of jsii, so that whatever is wrong with Node is told as such."""
    node = os.environ.get("JSII_NODE", "node")
    try:
        # Before jsii starts it, whose own errors speak of JSON.
        answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
        if not answer.startswith("v"):
            raise RuntimeError("it is no Node")
        import constructs  # noqa: F401, PLC0415
    except Exception as error:
        said = error.stderr if isinstance(error, subprocess.CalledProcessError) else ""
        what = f"Node cannot be started: {said or loader.text_of(error)}"
        remedy = "install Pipfile.lock by `make synth`, or correct JSII_NODE or NODE_OPTIONS"
        raise _failure(f"main.py: {what} ({node}): {remedy}") from error


def _synthesize(
    environments: Mapping[str, Environment], arguments: argparse.Namespace, console: Console
) -> list[summary.UnitSummary]:
    # Here, because importing cdktf takes a second for which a wrong environment need not wait.
    from stacks.synthesis import synthesize as synthesis  # noqa: PLC0415

    if arguments.bootstrap:
        from stacks.units.bootstrap import compose  # noqa: PLC0415
    else:
        from stacks.django_backend import compose  # noqa: PLC0415
    output: Path = arguments.output
    try:
        return synthesis.synthesize(
            environments,
            output,
            console.print,
            compose,
            imports=_imports(arguments),
            names=loader.names(arguments.config),
        )
    except synthesis.CannotCompose as error:
        cause = error.__cause__ or error
        if isinstance(cause, ValueError):  # our own, InvalidInput among them
            raise _failure(f"{error}: {cause}") from cause
        raise _failure(f"{error}: {loader.text_of(cause)}: correct it, or {_place(cause)}") from cause
    except atomic.NotAnOutput as error:
        raise _failure(f"{output}: {error}: choose another directory by --output") from error
    except OSError as error:
        text = f"cannot be written: {error.strerror}"
        raise _failure(f"{output}: {text}: choose another directory by --output") from error
    except RuntimeError as error:  # what jsii makes of an error in JavaScript
        raise _failure(f"main.py: cdktf cannot synthesize: {error}: correct the unit") from error


def _imports(arguments: argparse.Namespace) -> Imports:
    """What is taken over. An environment of another directory may have the name of one that entries are of."""
    is_own = arguments.config.resolve() == _OF_IMPORTS
    return {} if arguments.without_imports or not is_own else IMPORTS


def _place(error: BaseException) -> str:
    """The innermost line of this project that an exception passed through."""
    for frame, line in reversed(list(traceback.walk_tb(error.__traceback__))):
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(_PROJECT) and "site-packages" not in path.parts:
            return f"{path.relative_to(_PROJECT)}:{line}"
    return "main.py"
