"""The door to all commands: `python -m cli VERB --help`."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NamedTuple

FAILED, INTERRUPTED = 1, 130


class Verb(NamedTuple):
    """A command: the module whose `main(argv)` it runs, imported only then, and what it does."""

    module: str
    summary: str


# The standard library alone: a workflow calls `comment` where nothing is installed.
GROUPS: dict[str, dict[str, Verb]] = {
    "Describe your environments": {
        "init": Verb("cli.configuration.init", "write environments of your own in place of the examples"),
        "environment": Verb("cli.configuration.add", "add one, made from one that is there"),
        "describe": Verb("cli.configuration.describe.command", "read a Django project, and write application.py"),
        "diff-environments": Verb("cli.configuration.differences", "show in which inputs two of them differ"),
        "doctor": Verb("cli.deploy.doctor", "name what its verbs need, and what is missing"),
    },
    "Review a change": {
        "plan": Verb("cli.review.planning.command", "show on one page what would change"),
        "cost": Verb("cli.review.cost.command", "show what an environment costs a month"),
        "graph": Verb("cli.review.graph.command", "draw the units, their resources and outputs"),
        "comment": Verb("cli.review.comment", "write a page to a pull request"),
    },
    "Deploy": {
        "bootstrap": Verb("cli.deploy.bootstrap.command", "make what an account needs first"),
        "deploy": Verb("cli.deploy.command", "build, plan, migrate, update, and prove that it runs"),
        "adopt-resources": Verb("cli.deploy.adopt.command", "propose imports of what the account has already"),
        "move-state": Verb("cli.deploy.move_state", "copy the states to where the data says now"),
        "destroy": Verb("cli.deploy.destroy", "destroy an environment"),
    },
    "Operate": {
        "status": Verb("cli.deploy.status", "show what runs, and whether it is as deployed"),
        "outputs": Verb("cli.deploy.outputs", "show the outputs of its units"),
        "logs": Verb("cli.deploy.logs", "follow the logs"),
        "run": Verb("cli.deploy.run", "run a command as a one-off task"),
        "shell": Verb("cli.deploy.shell", "open a shell in a running task"),
        "console": Verb("cli.deploy.console", "open Django's shell in a task of its own"),
        "psql": Verb("cli.deploy.psql", "open psql on the database, read-only unless asked"),
        "port-forward": Verb("cli.deploy.port_forward", "forward a port to PostgreSQL or Redis"),
        "superuser": Verb("cli.deploy.superuser", "create a superuser, and show the password once"),
        "subscribe": Verb("cli.deploy.subscribe", "have alerts call a URL, as of PagerDuty"),
        "origin-certificate": Verb("cli.deploy.origin_certificate", "upload the certificate of origin pulls"),
        "backup": Verb("cli.deploy.backup", "back its stores up now, and wait until it is done"),
        "restore": Verb("cli.data.restore", "restore the database beside itself, and change over"),
        "load-dump": Verb("cli.data.load_dump", "load a dump of PostgreSQL into the database"),
        "pause": Verb("cli.deploy.pause", "stop its tasks and its database, and keep all data"),
        "resume": Verb("cli.deploy.resume", "start what was paused"),
    },
    "Try without an account": {
        "try": Verb("cli.trial.command", "start a project on this machine as ECS would"),
        "local": Verb("cli.local_aws.command", "deploy to an AWS on this machine"),
        "tftest": Verb("cli.maintenance.tftest", "run every unit with mock providers"),
    },
    "Maintain": {
        "prices": Verb("cli.maintenance.prices", "refresh the prices from AWS's price list"),
        "ip-ranges": Verb("cli.maintenance.cloudflare_ip_ranges", "refresh Cloudflare's IP ranges"),
        "rds-authorities": Verb("cli.maintenance.rds_authorities", "refresh the certificate authorities of RDS"),
        "workflows": Verb("cli.maintenance.workflows", "name the environments in .github/workflows"),
        "cdk-terrain": Verb("cli.maintenance.cdk_terrain", "move from CDKTF to its fork, CDK Terrain"),
        "lock": Verb("cli.maintenance.lock", "take the package index out of Pipfile.lock"),
    },
}
VERBS = {name: verb for group in GROUPS.values() for name, verb in group.items()}


def main(argv: Sequence[str]) -> int:
    """Run the command that the first argument names. Returns its exit code; 1 for a verb that does not exist."""
    name, *rest = argv or ["--help"]
    if name in ("-h", "--help"):
        print(usage())
        return 0
    if name not in VERBS:
        from modules.credentials import hide  # noqa: PLC0415  (a workflow that calls `comment` does without)

        close = difflib.get_close_matches(name, VERBS, n=1)
        remedy = f"use {close[0]}" if close else "see python -m cli --help"
        print(f"{hide(ascii(name))}: there is no verb of this name: {remedy}", file=sys.stderr)
        return FAILED
    try:
        code: int = import_module(VERBS[name].module).main(rest)
    except KeyboardInterrupt:  # while the command was imported, before it could end in order
        print(f"{name}: interrupted: run it again to go on", file=sys.stderr)
        return INTERRUPTED
    return code


def usage() -> str:
    """All verbs by group, within 80 columns."""
    lines = ["usage: python -m cli VERB [ENVIRONMENT] [OPTION ...]", "       python -m cli VERB --help"]
    for group, verbs in GROUPS.items():
        lines += ["", f"{group}:", *(f"  {name:17} {verb.summary}" for name, verb in verbs.items())]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
