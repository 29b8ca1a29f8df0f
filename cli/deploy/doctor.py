"""What the verbs of an environment need, and what of it is missing here: `python -m cli doctor prod`.

It changes nothing of the environment, and ends within half a minute, also without a network.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError
from rich.table import Table

import lazy_providers
from cli import command as commands
from cli import openssl
from cli.deploy import cloudflare, origin_certificate, prerequisites, psql, session
from cli.ecs import plugin
from cli.failure import FAILED, no_credentials, run_command, tell
from cli.rehearsal import is_rehearsal
from cli.terraform import version as terraform_version
from cli.terraform.state_place import place_of
from cli.terraform.state_store import FILE
from cli.terraform.synthesis import PROJECT
from cli.text import one_line
from cli.trial import servers
from modules.validation import Example, examples
from stacks.config import loader
from stacks.config.schema import Environment, S3State
from stacks.config.shared_accounts import shared_accounts
from stacks.console import for_tables

if TYPE_CHECKING:
    import boto3

PATIENCE_SECONDS = 25.0
"""After which what has not answered counts as missing."""
_PYTHON, _NEXT_PYTHON = (3, 11, 2), (3, 14)

_CLIENTS = ("psql", "restore", "load-dump")
_SESSIONS = ("console", "port-forward", *_CLIENTS)
_OPERATING = ("outputs", "logs", "run", "shell", *_SESSIONS, "superuser", "subscribe", "backup", "pause", "resume")
_OF_ACCOUNT = ("plan", "bootstrap", "deploy", "adopt-resources", "move-state", "destroy", "status", *_OPERATING)
_OF_STATES = ("plan", "deploy", "destroy", "status")
_OF_TERRAFORM = ("plan", "cost", "bootstrap", "deploy", "destroy", "status", "local", "tftest")
_OF_UNITS = ("synth", "graph", "try", "adopt-resources", *_OF_TERRAFORM)


class Place:
    """A machine, as the verbs of an environment find it."""

    def __init__(self, environment: Environment, variables: Mapping[str, str]) -> None:
        self.environment, self.variables = environment, variables
        self._lock = threading.RLock()

    @cached_property
    def _session(self) -> boto3.Session:
        """AWS, which is asked once and not for long."""
        import boto3  # noqa: PLC0415  (it takes a while)
        import botocore.session  # noqa: PLC0415
        from botocore.config import Config  # noqa: PLC0415

        inner = botocore.session.get_session()
        inner.set_default_client_config(Config(connect_timeout=4, read_timeout=8, retries={"total_max_attempts": 1}))
        return boto3.Session(botocore_session=inner, region_name=self.environment.region)

    @cached_property
    def _wrong_account(self) -> list[str]:
        try:
            aws = self._session
        except BotoCoreError as error:  # a profile that there is not, a config file that cannot be parsed
            return [no_credentials(error)]
        return [*prerequisites.account(self.environment, aws)]

    @property
    def wrong_account(self) -> list[str]:
        """What is wrong with the credentials of AWS."""
        with self._lock:  # no session of boto3 may be used by two threads
            return self._wrong_account

    def ask(self, what: Callable[[Environment, boto3.Session], Iterable[str]]) -> list[str]:
        """What is wrong with something at AWS."""
        with self._lock:
            return [*what(self.environment, self._session)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One thing that verbs need."""

    name: str
    verbs: tuple[str, ...]
    """Those that need it; empty for all."""
    find: Callable[[Place], Iterable[str]]
    """What is wrong with it, in lines."""
    unless: Callable[[Place], str] = field(default=lambda _: "")
    """Why it is not looked at, if it is not."""
    in_rehearsal: bool = True
    """Whether verbs need it on the local AWS too."""
    only_if_asked: bool = False
    """Whether an environment may well do without, so that it is looked at where --verb names one of the verbs."""


def _python(_: Place) -> Iterator[str]:
    if not _PYTHON <= sys.version_info < _NEXT_PYTHON:
        found = ".".join(map(str, sys.version_info[:3]))
        yield f"python: is version {found}: use 3.11.2 or later, 3.12 or 3.13, as `make PYTHON=python3.13`"


def _node(_: Place) -> Iterator[str]:
    lazy_providers.install()  # it chooses the Node
    node = os.environ.get("JSII_NODE", "node")
    try:
        answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        answer = ""
    if not answer.startswith("v"):
        yield f"node: {node} cannot be started: install Pipfile.lock by `make synth`, or correct JSII_NODE"


def _no_exec(place: Place) -> str:
    service = place.environment.django_service
    is_on = service.runtime.execute_command or service.session
    return "" if is_on else "runtime.execute_command is off, and session is None"


def _no_session(place: Place) -> str:
    return "" if place.environment.django_service.session else "session is None"


def _no_bucket(place: Place) -> str:
    if not isinstance(place.environment.state, S3State):
        return "the state is in a directory"
    return _unasked(place)


def _unasked(place: Place) -> str:
    if isinstance(place.environment.account_id, Example) and not is_rehearsal(place.variables):
        return "not asked: account_id is an example"
    return "not asked: there are no credentials of the account" if place.wrong_account else ""


def _no_zone(place: Place) -> str:
    zone = place.environment.zone
    if zone is None or zone.provider != "cloudflare":
        return "DNS is not at Cloudflare"
    is_example = any(path.endswith(".zone_id") for path in examples(place.environment))
    return "not asked: the zone is an example" if is_example and place.variables.get(cloudflare.TOKEN) else ""


def _remote(place: Place) -> Iterator[str]:
    command = ["git", "remote", "--verbose"]
    said = ""
    if shutil.which("git"):
        said = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False).stdout
    remotes = [line.partition("\t")[2].rpartition(" ")[0] for line in said.splitlines()]
    github = place.environment.bootstrap.github
    # It may have ids, as in acme@123456/django@456789.
    repository = re.sub(r"@\d+", "", github.repository) if github else ""
    if not remotes:
        yield "git: there is no remote: push the project to GitHub, where its workflows run"
    elif not any(_is_of(remote, repository) for remote in remotes):
        yield f"git: no remote is {repository} of GitHub: add that remote, or correct bootstrap.github"


def _is_of(remote: str, repository: str) -> bool:
    """Whether a URL is that of a repository, as git@host:acme/shop.git and https://host/acme/shop are."""
    is_elsewhere = ":" in remote and not remote.startswith("file:")
    return is_elsewhere and re.search(rf"[:/]{re.escape(repository)}(\.git)?/?$", remote, re.IGNORECASE) is not None


def _no_build(place: Place) -> str:
    return "" if place.environment.django_service.application.build else "application.build is None"


def _commit(place: Place) -> Iterable[str]:
    build = place.environment.django_service.application.build
    return prerequisites.git(build) if build else ()


def _no_github(place: Place) -> str:
    return "" if place.environment.bootstrap.github else "bootstrap.github is None"


CHECKS = (
    Check(name="Python", verbs=(), find=_python),
    Check(name="Node", verbs=_OF_UNITS, find=_node),
    Check(name="Terraform", verbs=_OF_TERRAFORM, find=lambda _: terraform_version.missing()),
    Check(
        name="values of your own",
        verbs=("bootstrap", "deploy"),
        find=lambda place: prerequisites.left(place.environment),
        in_rehearsal=False,
    ),
    Check(name="AWS credentials", verbs=_OF_ACCOUNT, find=lambda place: place.wrong_account),
    Check(
        name="bucket of states",
        verbs=(*_OF_STATES, "move-state"),
        find=lambda place: place.ask(prerequisites.bucket),
        unless=_no_bucket,
    ),
    Check(
        name="image repository",
        verbs=("deploy",),
        find=lambda place: place.ask(prerequisites.repository),
        unless=lambda place: _unasked(place) if place.environment.django_service.ecr_repository else "it is not in ECR",
        in_rehearsal=False,
    ),
    Check(
        name="Cloudflare token",
        verbs=(*_OF_STATES, "adopt-resources", "origin-certificate"),
        find=lambda place: cloudflare.problems(place.environment, place.variables),
        unless=_no_zone,
        in_rehearsal=False,
    ),
    Check(
        name="a record proxied by Cloudflare",
        verbs=("origin-certificate",),
        find=lambda place: origin_certificate.unfit(place.environment),
        only_if_asked=True,
    ),
    Check(
        name="OpenSSL",
        verbs=("origin-certificate",),
        find=lambda _: openssl.missing(),
    ),
    Check(
        name="hosted zone",
        verbs=("deploy",),
        find=lambda place: place.ask(prerequisites.zones),
        unless=lambda place: _unasked(place) if place.environment.hosted_zones else "DNS is not in Route 53",
        in_rehearsal=False,
    ),
    Check(
        name="ECS cluster",
        verbs=("deploy",),
        find=lambda place: place.ask(prerequisites.cluster),
        unless=lambda place: (
            _unasked(place) if place.environment.django_service.cluster.existing else "the cluster is one of its own"
        ),
        in_rehearsal=False,
    ),
    Check(
        name="Docker",
        verbs=("deploy",),
        find=lambda place: prerequisites.docker(place.environment),
        unless=_no_build,
        in_rehearsal=False,
    ),
    Check(name="git commit", verbs=("deploy",), find=_commit, unless=_no_build, in_rehearsal=False),
    Check(name="PostgreSQL, Redis, OpenSSL", verbs=("try",), find=lambda _: servers.missing()),
    Check(
        name="sessions",
        verbs=_SESSIONS,
        find=lambda place: session.lacking(place.environment),
        in_rehearsal=False,
        only_if_asked=True,
    ),
    Check(
        name="Session Manager plugin",
        verbs=("shell", *_SESSIONS),
        find=lambda _: plugin.missing(),
        unless=_no_exec,
        in_rehearsal=False,
    ),
    Check(
        name="psql",
        verbs=_CLIENTS,
        find=lambda place: psql.missing(place.environment),
        unless=_no_session,
        in_rehearsal=False,
    ),
    Check(name="git remote", verbs=("workflows",), find=_remote, unless=_no_github, in_rehearsal=False),
)
"""All that verbs need. docs/verbs.md has the same by verb."""

VERBS = tuple(dict.fromkeys(verb for check in CHECKS for verb in check.verbs))


def main(argv: Sequence[str], *, directory: Path = loader.DIRECTORY) -> int:
    """Print what is there and what is missing. Returns 1 where something is missing."""
    return run_command("doctor", lambda: _run(_parse(argv, directory), directory))


def _parse(argv: Sequence[str], directory: Path) -> Namespace:
    parser = commands.Parser("doctor", description=__doc__)
    commands.add_environment(parser, directory)
    parser.add_argument("--verb", metavar="VERB", choices=VERBS, action="append", help="only what this verb needs")
    return parser.parse_args(argv)


def _run(arguments: Namespace, directory: Path) -> int:
    environment = commands.environment(arguments, directory)
    asked = set(arguments.verb or VERBS)
    checks = [check for check in CHECKS if not check.verbs or asked.intersection(check.verbs)]
    checks = [check for check in checks if arguments.verb or not check.only_if_asked]
    found = examine(checks, Place(environment, os.environ), PATIENCE_SECONDS)
    table = Table("what")
    table.add_column("here", ratio=3)
    table.add_column("for", ratio=2)
    missing = 0
    for check, (problems, why) in zip(checks, found, strict=True):
        missing += bool(problems)
        here = "\n".join(map(one_line, problems)) or why or "there"
        table.add_row(check.name, here, ", ".join(check.verbs) or "all verbs")
    for_tables(120).print(table)
    print(f"States: {place_of(environment)}/<unit>/{FILE}")
    for shared in _shared_account(environment, directory):
        print(f"Warning: {shared}")
    if environment.bootstrap.github:
        listing = f"`gh variable list`, `gh variable list --env {environment.name}` and `gh secret list`"
        print(f"Not looked at: variables and secrets of GitHub. Compare {listing} with docs/bootstrap.md.")
    if not missing:
        return 0
    tell(f"{environment.name}: {missing} of {len(checks)} missing, see above")
    return FAILED


def _shared_account(environment: Environment, directory: Path) -> Iterator[str]:
    """Whether others share its account, as far as all environments can be loaded."""
    with contextlib.suppress(loader.WrongEnvironment):
        loaded = loader.load(None, directory).items()
        yield from shared_accounts({file: each for file, each in loaded if each.account_id == environment.account_id})


def examine(checks: Sequence[Check], place: Place, patience_seconds: float) -> list[tuple[list[str], str]]:
    """The problems of each check, or why it was not looked at; side by side, because some wait for a network."""
    found: list[tuple[list[str], str] | None] = [None] * len(checks)

    def look(index: int) -> None:
        check = checks[index]
        try:
            is_left_out = is_rehearsal(place.variables) and not check.in_rehearsal
            why = "not needed in a rehearsal" if is_left_out else check.unless(place)
            found[index] = ([] if why else [*check.find(place)], why)
        except Exception as error:  # noqa: BLE001  (the others are worth knowing)
            found[index] = ([f"{check.name}: {type(error).__name__}: {error}: this is a bug: please report it"], "")

    threads = [threading.Thread(target=look, args=[index], daemon=True) for index in range(len(checks))]
    for thread in threads:
        thread.start()
    ends = time.monotonic() + patience_seconds
    for thread in threads:
        thread.join(max(0.0, ends - time.monotonic()))
    silent = f"did not answer within {patience_seconds:.0f} s: try again"
    return [answer or ([f"{check.name}: {silent}"], "") for check, answer in zip(checks, found, strict=True)]


def by_verb() -> str:
    """What each verb needs, as the table of docs/verbs.md."""
    verbs_by_needs: dict[tuple[str, ...], list[str]] = {}
    for verb in VERBS:
        needs = tuple(check.name for check in CHECKS if verb in check.verbs)
        verbs_by_needs.setdefault(needs, []).append(verb)
    rows = [f"| {', '.join(f'`{verb}`' for verb in verbs)} | {', '.join(n)} |" for n, verbs in verbs_by_needs.items()]
    return "\n".join(("| verb | needs, beside Python |", "|---|---|", *rows))
