"""The findings of checkov over the synthesized JSON and over the plans.

Both, because the plan hides a policy that holds a token, and the JSON shows no value that Terraform works out:
https://www.checkov.io/7.Scan%20Examples/Terraform%20Plan%20Scanning.html
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from cli.review.gate.refusal import Refusal
from cli.review.gate.resources import Resource, Unit
from cli.terraform.plan import Json
from cli.terraform.synthesis import PROJECT

PROGRAM = PROJECT / ".venv-checkov" / "bin" / "checkov"
TIMEOUT_SECONDS = 900
FRAMEWORKS = ("terraform_json", "terraform_plan")
OUTCOMES = ("passed_checks", "failed_checks", "skipped_checks")

# The types of our resources for which checkov has no rule of their own, so that it does not name them.
WITHOUT_RULES = {
    "aws_acm_certificate_validation",
    "aws_appautoscaling_policy",
    "aws_appautoscaling_target",
    "aws_db_parameter_group",
    "aws_db_subnet_group",
    "aws_default_security_group",
    "aws_ec2_managed_prefix_list",
    "aws_ecs_cluster_capacity_providers",
    "aws_elasticache_parameter_group",
    "aws_elasticache_subnet_group",
    "aws_flow_log",
    "aws_iam_instance_profile",
    "aws_internet_gateway",
    "aws_nat_gateway",
    "aws_route_table_association",
    "aws_s3_bucket_server_side_encryption_configuration",
    "aws_secretsmanager_secret_version",
    "aws_vpc_endpoint",
    "cloudflare_dns_record",
    "cloudflare_ruleset",
    "cloudflare_zone_setting",
}

# The blocks beside resources that checkov has rules for. It crashes on some of the others: the list `moved`, for one.
READ_BLOCKS = ("data", "locals", "module", "output", "provider", "terraform", "variable")

# What checkov sees in the second plan only, when the secrets of a container are known; our own rule reads all of them.
OURS = {"CKV_AWS_336": "containers/writable"}


class _CannotScan(Exception):
    """checkov gave no answer that can be trusted. The text is what is wrong, and what to do."""


class _Crashed(_CannotScan):
    """What it was given may be the reason."""


def refusals(units: Sequence[Unit], *, program: Path = PROGRAM) -> Iterator[Refusal]:
    """What checkov finds in units, by one process, because it starts slowly; and where it looked at nothing.

    A unit that checkov cannot read is refused, and the others are scanned without it.
    """
    if not _have_rules(units):
        return
    try:
        reports = _scan(units, program)
        unread = _unread(reports, units)
        _assert_looked([unit for unit in units if unit.name not in unread], reports)
    except _CannotScan as error:
        if isinstance(error, _Crashed) and len(units) > 1:
            for unit in units:
                yield from refusals([unit], program=program)
        else:
            name = units[0].name if isinstance(error, _Crashed) else ""
            yield Refusal(unit=name, address="", rule="checkov/failed", message=str(error))
        return
    for number, unit in enumerate(units):
        if unit.name in unread:
            what = f"checkov cannot read {', '.join(unread[unit.name])}: correct it, or report this as a bug"
            yield Refusal(unit=unit.name, address="", rule="checkov/failed", message=what)
        else:
            yield from _refusals(unit, str(number), reports)


def _unread(reports: dict[str, Json], units: Sequence[Unit]) -> dict[str, list[str]]:
    """What checkov could not parse, by unit: addresses of resources, and what `_write` calls the rest."""
    names = {str(number): unit.name for number, unit in enumerate(units)}
    unread: dict[str, list[str]] = {}
    for path in sorted({path for report in reports.values() for path in report["parsing_errors"]}):
        file = Path(path)
        if file.parent.name not in names:
            raise _CannotScan(f"checkov cannot read {file.name}, which is not a file of a unit: report this as a bug")
        unread.setdefault(names[file.parent.name], []).append(file.name.removesuffix(".tf.json"))
    return unread


def _assert_looked(units: Sequence[Unit], reports: dict[str, Json]) -> None:
    for framework, report in reports.items():
        if _have_rules(units) and not report["passed_checks"]:
            raise _CannotScan(f"checkov passed nothing of {framework}, so it saw nothing: mend the scan")


def _refusals(unit: Unit, directory: str, reports: dict[str, Json]) -> Iterator[Refusal]:
    failed: dict[tuple[str, str], str] = {}
    seen = set()
    for report in reports.values():
        for outcome in OUTCOMES:
            for check in report[outcome]:
                owner, _, file = check["file_path"].lstrip("/").partition("/")
                if owner != directory:
                    continue
                # Of JSON, checkov names most resources without their type: hence a file of its own for each.
                address = file.removesuffix(".tf.json") if file.endswith(".tf.json") else check["resource"]
                seen.add(address)
                # A comment that skips a check is no reviewed exception.
                if outcome != "passed_checks" and check["check_id"] not in OURS:
                    failed[address, check["check_id"]] = check["check_name"]
    for (address, rule), name in failed.items():
        message = f"checkov asks to {_lower(name)}: do so, or give a reason in cli/review/gate/exceptions.py"
        yield Refusal(unit=unit.name, address=address, rule=rule, message=message)
    for resource in unit.resources:
        if _has_rules(resource) and not {resource.address, resource.base} & seen:
            message = (
                "checkov did not look at it: if it has no rule, add it to WITHOUT_RULES in cli/review/gate/checkov.py"
            )
            yield Refusal(unit=unit.name, address=resource.address, rule="checkov/not-scanned", message=message)


def _have_rules(units: Sequence[Unit]) -> bool:
    return any(_has_rules(resource) for unit in units for resource in unit.resources)


def _has_rules(resource: Resource) -> bool:
    return resource.type not in WITHOUT_RULES


def _lower(name: str) -> str:
    return f"ensure {name.removeprefix('Ensure ').removeprefix('that ')}"


def _scan(units: Sequence[Unit], program: Path) -> dict[str, Json]:
    """What each framework found. Plans may show secrets, so they lie in a directory of our own, for that long."""
    if not program.is_file():
        raise _CannotScan("checkov is not installed, so it checks nothing: run `make .venv-checkov/.synced`")
    with tempfile.TemporaryDirectory(prefix="gate-") as directory:
        for number, unit in enumerate(units):
            _write(unit, Path(directory) / str(number))
        command = [str(program), "--directory", directory, "--framework", *FRAMEWORKS, "--skip-download", "--compact"]
        # No file of the user's (.checkov.yaml) and no variable (CKV_SKIP_CHECK) may make it pass.
        environment = {"PATH": os.environ.get("PATH", ""), "HOME": directory}
        try:
            done = subprocess.run(
                [*command, "--output", "json"],
                cwd=directory,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
                timeout=TIMEOUT_SECONDS,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            what = "took too long" if isinstance(error, subprocess.TimeoutExpired) else "cannot be started"
            raise _CannotScan(f"checkov {what}: run {program} by hand to see why") from error
    if done.returncode not in (0, 1):
        raise _Crashed(f"checkov ended with {done.returncode}: run {program} by hand to see why")
    return _reports(done.stdout)


def _write(unit: Unit, directory: Path) -> None:
    directory.mkdir()
    # checkov only reads files that end in .tf.json, and required_version makes it crash with exit code 0.
    rest: Json = {key: unit.configuration[key] for key in READ_BLOCKS if key in unit.configuration}
    rest["terraform"] = {
        key: value for key, value in rest.get("terraform", {}).items() if key not in ("required_version", "backend")
    }
    (directory / "main.tf.json").write_text(json.dumps(rest, indent=1))
    for kind, resources in unit.configuration.get("resource", {}).items():
        for name, resource in resources.items():
            file = directory / f"{kind}.{name}.tf.json"
            file.write_text(json.dumps({"resource": {kind: {name: resource}}}, indent=1))
    (directory / "tfplan.json").write_text(json.dumps(unit.plan.plan.document))


def _reports(output: str) -> dict[str, Json]:
    """The results of each framework."""
    try:
        answer: Any = json.loads(output)
        reports = {report["check_type"]: report for report in (answer if isinstance(answer, list) else [answer])}
        return {
            framework: {key: reports[framework]["results"][key] for key in (*OUTCOMES, "parsing_errors")}
            for framework in FRAMEWORKS
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _Crashed("checkov gave no report of both frameworks: run it by hand to see why") from error
