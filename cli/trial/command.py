"""Start a project on this machine as ECS would: with the variables, users, TLS and checks of an environment.

Nothing is deployed, and no account is needed. PostgreSQL and Redis are those of this machine.
"""

from __future__ import annotations

import argparse
import shlex
import signal
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.table import Table

from cli import command as commands
from cli.failure import FAILED, INTERRUPTED, Failure, run_command
from cli.progress import steps
from cli.redaction import Redactor
from cli.terraform import tree
from cli.terraform.synthesis import PROJECT, synthesize
from cli.text import one_line, printable
from cli.trial import image, project, servers
from cli.trial.report import Report
from cli.trial.trial import ALIVE_SECONDS, Trial
from stacks.config import loader
from stacks.config.schema import Environment
from stacks.console import Console, for_tables
from stacks.unit_names import DJANGO_SERVICE


def main(argv: Sequence[str], *, directory: Path = loader.DIRECTORY) -> int:
    """Run the command line. Returns 0 where all passed, 1 otherwise and for misuse.

    `directory` is that of the environments.
    """
    return run_command("try", lambda: _run(argv, directory))


def _run(argv: Sequence[str], config: Path) -> int:
    try:
        return _try(argv, config)
    except KeyboardInterrupt:
        raise Failure("try: interrupted: nothing is left of it, and the next one starts afresh", INTERRUPTED) from None


def _try(argv: Sequence[str], config: Path) -> int:
    parser = commands.Parser("try", __doc__)
    commands.add_environment(parser, config)
    add_project(parser)
    parser.add_argument("--process", metavar="NAME", help="only this service or one-off task, and what comes before it")
    parser.add_argument("--image", metavar="NAME", help="run containers of this image by Docker, and no processes")
    parser.add_argument("--seconds", type=float, default=ALIVE_SECONDS, help="how long a worker is watched")
    arguments = parser.parse_args(argv)
    environment = commands.environment(arguments, config)
    found, given = project_of(arguments, environment)
    with steps(Console(stderr=True)) as step, tempfile.TemporaryDirectory(prefix="try-") as temporary:
        output = Path(temporary) / "cdktf.out"
        step("synthesis", f"running main.py {environment.name}")
        synthesize([environment.name], output, config=config)
        unit = next(each for each in tree.read(output) if each.role == DJANGO_SERVICE)
        trial = Trial(
            environment=environment,
            unit=unit,
            project=found,
            given=given,
            readiness_path=environment.django_service.application.health.readiness,
            alive_seconds=arguments.seconds,
            image=arguments.image or "",
        )
        report = trial.run(arguments.process, step)
    _print(report, environment, found, arguments.process, arguments.image)
    return FAILED if report.failed else 0


def add_project(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which project runs, and how."""
    parser.add_argument("--app", metavar="DIRECTORY", default="", help="the project, from which its image is built")
    parser.add_argument("--python", metavar="PATH", help="that of the project's virtual environment; .venv by default")
    parser.add_argument("--dockerfile", metavar="FILE", help="in place of the Dockerfile in its directory")
    parser.add_argument("--target", metavar="STAGE", help="of the Dockerfile; the last one by default")
    parser.add_argument("--env-file", metavar="FILE", help="NAME=value of secrets that only the account has")


def project_of(arguments: argparse.Namespace, environment: Environment) -> tuple[project.Project, dict[str, str]]:
    """The project that these options name, and the values of `--env-file`. Raises Failure."""
    if problems := [*servers.missing()]:
        raise Failure("\n".join(problems))
    file, target = _built(arguments.app, environment)
    file, target = arguments.dockerfile or file, arguments.target or target
    if name := getattr(arguments, "image", None):
        authorities = project.image_of(arguments.app, file, target).rds_authorities if arguments.app else ()
        found: project.Project = image.find(name, authorities)
    else:
        found = project.find(arguments.app, arguments.python, file, target)
    # A shell starts what runs in the background with this one ignored, and so would be what a container starts.
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)
    return found, _given(arguments.env_file)


def _built(app: str, environment: Environment) -> tuple[str | None, str | None]:
    """The Dockerfile and the stage by which the application is built, where it is built from this directory."""
    build = environment.django_service.application.build
    if build is None or not app or Path(app).expanduser().resolve() != (PROJECT / build.context).resolve():
        return None, None
    return str(PROJECT / build.file), build.target


def _given(file: str | None) -> dict[str, str]:
    """The values of a file of NAME=value lines. Raises Failure."""
    if file is None:
        return {}
    try:
        lines = Path(file).expanduser().read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(f"--env-file: {file} cannot be read ({one_line(str(error), 100)}): name another file") from error
    found = {}
    for number, line in enumerate(map(str.strip, lines), start=1):
        name, equals, value = line.partition("=")
        if line and not line.startswith("#"):
            if not equals:
                raise Failure(f"--env-file: {file}: line {number} is not NAME=value: correct it")
            found[name.removeprefix("export ").strip()] = " ".join(shlex.split(value)) if value[:1] in "\"'" else value
    return found


def _print(
    report: Report, environment: Environment, found: project.Project, process: str | None, image: str | None = None
) -> None:
    # As the tables of other verbs, which a log holds too.
    console = for_tables(120)
    hide = Redactor(report.secrets).text
    table = Table("process", "check", "", "says", box=None)
    words = {True: "passed", False: "failed", None: "not tried"}
    for row in report.rows:
        table.add_row(row.process, row.check, words[row.is_passed], one_line(hide(row.said)))
    console.print(table)
    for name, lines in report.logs.items():
        console.print(f"\nThe end of the log of {name}:")
        console.print("\n".join(f"  {printable(hide(line))}" for line in lines) or "  It is empty.")
    console.print()
    if report.unread:
        console.print(f"Set and never read: {', '.join(report.unread)}.")
    console.print(f"Not as in AWS: {'; '.join(report.differences)}.")
    what = f'ARGS="--image {image}"' if image else f"APP={found.context}"
    again = f"make try {what} ENV={environment.name}{f' PROCESS={process}' if process else ''}"
    plan = f"make plan ENV={environment.name} ARGS=--offline"
    console.print(f"Next: correct {report.failed}, and {again}" if report.failed else f"Next: {plan}")
