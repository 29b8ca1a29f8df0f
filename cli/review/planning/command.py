"""The command line of a plan: `python -m cli plan --help`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from cli import command as commands
from cli import failure
from cli.failure import FAILED, Failure, run_command, tell
from cli.progress import Steps, steps
from cli.redaction import (
    Redactor,
    secrets_in_plain_text,
    secrets_of_configuration,
    secrets_of_environment,
    secrets_of_plan,
)
from cli.rehearsal import is_rehearsal
from cli.review import gate
from cli.review.cost import UnitCost, monthly
from cli.review.page import approval, machine, markdown, terminal, words
from cli.review.page.page import Page, page_of
from cli.review.planning import PlannedUnit, kept, offline, plan_units, running, selection
from cli.review.planning.selection import Selection
from cli.terraform import tree
from cli.terraform import version as terraform_version
from cli.terraform.runner import Terraform
from cli.terraform.synthesis import PROJECT, synthesize
from cli.terraform.tree import Unit
from cli.terraform.workspace import Workspace, workspace
from stacks.config import loader
from stacks.console import Console, for_tables

NOTHING_TO_DO, CHANGES, REFUSED, INTERRUPTED = 0, 2, 3, failure.INTERRUPTED

T = TypeVar("T")


class Reviewed(NamedTuple):
    """What the page of an environment says to whoever goes on to deploy it."""

    code: int
    summary: str
    """All of it in one sentence."""
    new: Mapping[str, str]
    """The names of the units that have no state yet, each with where it will be."""


_EPILOG = """exit codes: 0 nothing to do, 2 changes, 3 refused by the gate, 1 failed (misuse is a failure too, because 2
already has a meaning), 130 interrupted"""


def main(argv: Sequence[str], *, directory: Path = loader.DIRECTORY) -> int:
    """Run the command line. The page goes to stdout, all else to stderr; every error is one line.

    `directory` is that of the environments, stacks/config unless given.
    """
    return run_command("plan", lambda: _run(_parse(argv), directory))


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = commands.Parser("plan", description=__doc__)
    parser.epilog = _EPILOG
    commands.add_environments(parser)
    parser.add_argument(
        "--unit", metavar="UNIT", action="append", default=[], help="plan this alone, against what is deployed"
    )
    parser.add_argument("--since", metavar="REF", help="plan what is synthesized otherwise than at this commit")
    parser.add_argument("--summary", action="store_true", help="print a line for each unit, and no attributes")
    parser.add_argument("--offline", action="store_true", help="without account, credentials and state: from mocks")
    parser.add_argument("--tree", metavar="DIR", type=Path, help="units that are synthesized already, as in cdktf.out")
    parser.add_argument("--out", metavar="DIR", type=Path, help="keep here the plans that may be applied as they are")
    parser.add_argument("--save", metavar="FILE", type=Path, help="also write the page as JSON, for deploy --approved")
    parser.add_argument("--format", choices=("terminal", "markdown", "json"), default="terminal")
    commands.add_allow(parser)
    arguments = parser.parse_args(argv)
    if arguments.offline and arguments.out:
        raise Failure("plan: --out keeps what can be applied, which an offline plan cannot: leave one of them out")
    if arguments.unit and arguments.since:
        raise Failure("plan: --unit and --since both choose the units: use one of them")
    return arguments


def review(
    environment: str,
    tree: Path,
    allow: Sequence[str],
    runner: Terraform,
    space: Workspace,
    *,
    directory: Path,
    approved: Path | None = None,
) -> Reviewed:
    """Print the page of an environment for whoever goes on to deploy it.

    That the state could not be compared with what there is counts as a failure here, and so does a plan that is not the
    approved one, if there is a file of that.
    """
    expected = approval.read(approved, environment) if approved else None
    arguments = _parse([environment, "--tree", str(tree), *(f"--allow={entry}" for entry in allow)])
    page = _plan(arguments, directory, runner, space)
    for unit in page.unrefreshed:
        tell(f"{unit.name}: a secret of it may not be read: deploy with credentials that may")
    if expected and not page.failed:
        others = [*approval.differences(expected, json.loads(machine.render(page)))]
        for line in others:
            tell(line)
        if others:
            raise Failure(
                f"{environment}: {len(others)} not as approved, see above: plan again, and have that approved"
            )
    summary = f"{words.summary(page)}, {words.cost_of(page)}"
    new = {unit.name: unit.new_state for unit in page.new}
    return Reviewed(FAILED if page.unrefreshed else _code(page), summary, new)


def _run(arguments: argparse.Namespace, directory: Path) -> int:
    for problem in terraform_version.missing():
        raise Failure(f"plan: {problem}")
    if arguments.out:
        kept.prepare(arguments.out)
    runner = Terraform(offline.environment(os.environ) if arguments.offline else None)
    with workspace(runner) as space:
        return _code(_plan(arguments, directory, runner, space))


def _plan(arguments: argparse.Namespace, directory: Path, runner: Terraform, space: Workspace) -> Page:
    with steps(Console(stderr=True)) as step, gate.Gate() as judge:
        commit = selection.commit_of(arguments.since) if arguments.since is not None else ""
        found = _units(arguments, directory, space, step)
        selected = _select(arguments, commit, found, directory=directory, space=space, step=step)
        units = selected.units
        paused = [] if arguments.offline else _of_aws(lambda: running.paused(units, directory))
        step.expect(unit.name for unit in units)
        planned = plan_units(
            units,
            space,
            runner,
            offline=arguments.offline,
            image_tags={}
            if arguments.offline
            else _of_aws(lambda: running.image_tags(units, runner.environment, directory)),
            progress=step,
            look=judge.look,
            stop=judge.stop,
        )
        page = replace(_page(arguments, units, planned, judge, step), left_out=selected.left_out)
        page = replace(page, title=page.title + "".join(f" ({name} is paused: make resume first)" for name in paused))
    _print(page, arguments.format, is_summary=arguments.summary)
    if arguments.save:
        arguments.save.write_text(machine.render(page), encoding="utf-8")
    for unit in page.failed:
        tell(f"{unit.name}: {unit.error}")
    for refusal in page.refusals:
        tell(str(refusal), limit=None)
    if arguments.out:
        _keep(planned, page, arguments.out)
    return page


def _select(
    arguments: argparse.Namespace,
    commit: str,
    units: Sequence[Unit],
    *,
    directory: Path,
    space: Workspace,
    step: Steps,
) -> Selection:
    if arguments.unit:
        return selection.named(units, arguments.unit)
    if commit:
        step("synthesis", f"running main.py of {arguments.since}")
        found = selection.changed(units, arguments.since, commit, space.directory("since"), config=directory)
        step("synthesis", f"{len(found.units)} of {len(units)} units differ", is_done=True)
        return found
    return Selection(tuple(units), {})


def _of_aws(ask: Callable[[], T]) -> T:
    """What runs. Raises Failure where AWS does not tell."""
    try:
        return ask()
    except (BotoCoreError, ClientError) as error:
        raise Failure(f"AWS: {error}: {failure.remedy(error)}, or plan with --offline") from error


def _units(arguments: argparse.Namespace, directory: Path, space: Workspace, step: Steps) -> list[Unit]:
    if arguments.tree:
        units = tree.read(arguments.tree)
        known = {unit.environment for unit in units}
        for name in arguments.environments:
            if name not in known:
                raise Failure(f"{arguments.tree}: there is no unit of {name!r}: synthesize it by `make synth`")
        return [unit for unit in units if unit.environment in (arguments.environments or known)]
    names = commands.chosen(arguments, directory)
    step("synthesis", "running main.py")
    output = space.directory("synthesis") / "cdktf.out"
    synthesize(names, output, config=directory)
    # Deployed from the output of `make synth`, from where the paths of local states are meant.
    units = tree.read(output, home=PROJECT / "cdktf.out")
    step("synthesis", f"{len(units)} units", is_done=True)
    return units


def _page(
    arguments: argparse.Namespace,
    units: Sequence[Unit],
    planned: Sequence[PlannedUnit],
    judge: gate.Gate,
    step: Steps,
) -> Page:
    plans = [unit.plan for unit in planned if unit.plan]
    refusals = judge.refusals(plans, allow=arguments.allow)
    costs: Mapping[str, UnitCost] = {plan.name: monthly(plan, upstreams=plans) for plan in plans}
    secrets = {secret for plan in plans for secret in secrets_of_plan(plan.plan.document)}
    secrets.update(secret for plan in plans for secret in secrets_in_plain_text(plan.configuration))
    secrets.update(secrets_of_environment(os.environ))
    failed = {unit.name for unit in planned if unit.error}
    for unit in units:
        if unit.name in failed:
            secrets.update(secrets_of_configuration(unit.configuration, os.environ))
    names = sorted({unit.environment for unit in units})
    page = page_of(
        planned,
        title=", ".join(arguments.environments or names) + (" (rehearsal on the local AWS)" if is_rehearsal() else ""),
        is_offline=arguments.offline,
        redactor=Redactor(secrets),
        refusals=refusals,
        accepted=gate.accepted(plans),
        costs=costs,
    )
    step("gate", words.verdict(page), is_done=True)
    return page


def _print(page: Page, form: str, *, is_summary: bool = False) -> None:
    if form == "terminal":
        terminal.render(page, for_tables(120), is_summary=is_summary)
    else:
        render = markdown.render if form == "markdown" else machine.render
        sys.stdout.write(render(page, is_summary=is_summary))


def _keep(planned: Sequence[PlannedUnit], page: Page, directory: Path) -> None:
    if page.refusals:
        tell("plan: no plan is kept, because the gate refuses them")
        return
    names, refused = kept.keep(planned, directory)
    for line in refused:
        tell(line)
    for name in names:
        terraform = f"{terraform_version.executable()} -chdir={directory / name}"
        print(f"Next: {terraform} init && {terraform} apply tfplan", file=sys.stderr)


def _code(page: Page) -> int:
    if page.failed:
        return FAILED
    if page.refusals:
        return REFUSED
    return CHANGES if page.has_changes else NOTHING_TO_DO
