"""Back the stores of an environment up now, and wait until it is done: `python -m cli backup prod`.

Into its vault, where it has one (docs/backup.md); else by a snapshot of RDS. Of Redis by a snapshot of ElastiCache.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cli import command as commands
from cli.deploy import prerequisites, vault_sharing
from cli.deploy.backups import Backups, Made
from cli.deploy.states import states
from cli.failure import Failure, run_command
from cli.progress import steps
from cli.terraform import environment as environments
from cli.terraform.paused import PauseRecord
from cli.terraform.synthesis import PROJECT
from stacks.config import loader
from stacks.console import Console
from stacks.unit_names import BACKUP


def main(argv: Sequence[str], *, directory: Path = loader.DIRECTORY, project: Path = PROJECT) -> int:
    """Make the backups. Returns 0; 1 when one of them failed; 130 when interrupted, while AWS goes on.

    `project` is the directory that holds local states.
    """
    return run_command("backup", lambda: _run(_parse(argv, directory), directory, project))


def _parse(argv: Sequence[str], directory: Path) -> Namespace:
    parser = commands.Parser("backup", description=__doc__)
    commands.add_environment(parser, directory, required=True)
    parser.add_argument(
        "--policy", action="store_true", help="print what must be set for copies to another account, and make no backup"
    )
    return parser.parse_args(argv)


def _run(arguments: Namespace, directory: Path, project: Path) -> int:
    environment = commands.environment(arguments, directory)
    if arguments.policy:
        if not (lines := [*vault_sharing.explained(environment)]):
            raise Failure(
                f"backup: no copy of {environment.name} goes to another account: name its vault in backup.copies"
            )
        print(*lines, sep="\n")
        return 0
    session = environments.session_of(environment)
    for problem in prerequisites.account(environment, session):
        raise Failure(f"backup: {problem}")
    PauseRecord(environment).refuse()
    outputs = {}
    if environment.backup:
        state = states(environment, project).get(BACKUP, {})
        outputs = {name: output["value"] for name, output in state.get("outputs", {}).items()}
        if not outputs:
            what = f"{environment.name}-{BACKUP} is not deployed, so that there is no vault"
            raise Failure(f"backup: {what}: run `make deploy ENV={environment.name}`")
    with steps(Console(stderr=True)) as step:
        backups = Backups(environment, session, step)
        made = [*(backups.in_vault(outputs) if outputs else [backups.of_database()]), *backups.of_redis()]
    for each in made:
        print(f"{each.of}: {each.name}, kept {_until(each)}")
    print("How to restore them: docs/backup.md")
    return 0


def _until(made: Made) -> str:
    if made.keep_days is None:
        return "until somebody deletes it"
    return f"until {datetime.now(UTC) + timedelta(days=made.keep_days):%Y-%m-%d}"
