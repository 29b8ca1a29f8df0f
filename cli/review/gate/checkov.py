"""The findings of checkov over the synthesized JSON and over the plans.

Both, because the plan hides a policy that holds a token, and the JSON shows no value that Terraform works out:
https://www.checkov.io/7.Scan%20Examples/Terraform%20Plan%20Scanning.html
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Self

from cli.private_directory import private_directory
from cli.review.gate.refusal import Refusal
from cli.review.gate.resources import Resource, Unit
from cli.terraform.plan import Json
from cli.terraform.synthesis import PROJECT

PROGRAM = PROJECT / ".venv-checkov" / "bin" / "checkov"
TIMEOUT_SECONDS = 900
FRAMEWORKS = ("terraform_json", "terraform_plan")
OUTCOMES = ("passed_checks", "failed_checks", "skipped_checks")

# The types of our resources for which checkov has no rule of their own, so that it does not name them: which rule of
# ours looks at them, or why nothing of them needs one.
WITHOUT_RULES: Mapping[str, str] = {
    "aws_acm_certificate_validation": "waits for a certificate, and is nothing at AWS",
    "aws_appautoscaling_policy": "says when tasks are added, and opens nothing",
    "aws_appautoscaling_scheduled_action": "says how many tasks there may be from a time on, and opens nothing",
    "aws_appautoscaling_target": "says how many tasks there may be, and the costs show what they take",
    "aws_backup_plan": "says when backups are made and how long they are kept, and opens nothing",
    "aws_backup_restore_testing_plan": "says when a backup is restored and deleted again",
    "aws_backup_restore_testing_selection": "may do what its role may, which checkov and iam/trusts judge",
    "aws_backup_selection": "may do what its role may, which checkov and iam/trusts judge",
    "aws_backup_vault_lock_configuration": "keeps backups from being deleted, which is all that it says",
    "aws_backup_vault_policy": "iam/public and iam/foreign",
    "aws_chatbot_slack_channel_configuration": "may do what its role may, which checkov and iam/all-actions judge",
    "aws_chatbot_teams_channel_configuration": "may do what its role may, which checkov and iam/all-actions judge",
    "aws_cloudwatch_composite_alarm": "names alarms and the topics that it tells, and opens nothing",
    "aws_cloudwatch_dashboard": "shows figures to who may see them, and opens nothing",
    "aws_cloudwatch_event_rule": "says which events its target gets",
    "aws_cloudwatch_event_target": "hands events to a topic, whose policy iam/public and iam/foreign judge",
    "aws_cloudwatch_query_definition": "is the text of a query, which whoever starts it must be allowed to run",
    "aws_db_parameter_group": "encryption/postgresql",
    "aws_db_subnet_group": "names subnets, whose routes network/routed judges",
    "aws_default_security_group": "network/default-group, network/open and network/leaks",
    "aws_ec2_managed_prefix_list": "network/wide-list",
    "aws_ecs_cluster_capacity_providers": "names Fargate and Fargate Spot, which differ in price alone",
    "aws_efs_backup_policy": "turns the backups of a file system on, which is all that it says",
    "aws_efs_file_system_policy": "iam/public and iam/foreign",
    "aws_efs_mount_target": "is in a subnet, which network/routed judges, and in a group, for network/store-by-address",
    "aws_elasticache_parameter_group": "sets memory and time-outs; TLS is of the group, for encryption/redis",
    "aws_elasticache_subnet_group": "names subnets, whose routes network/routed judges",
    "aws_elasticache_user": "one signs in by IAM, the default one only while that is switched; credentials/argument",
    "aws_elasticache_user_group": "names users, and lets in nobody else",
    "aws_flow_log": "network/unrecorded; protection/log-retention and checkov judge the log that it writes to",
    "aws_iam_instance_profile": "holds a role, which checkov and iam/trusts judge",
    "aws_internet_gateway": "needs a route and a public address: network/routed, network/public-addresses",
    "aws_lb_listener_certificate": "adds a certificate to a listener, which encryption/listener-policy judges",
    "aws_lb_listener_rule": "answers what came by a listener, which encryption/listener judges",
    "aws_lb_trust_store": "data/deleted",
    "aws_nat_gateway": "lets nobody in; what may go out is for network/leaks",
    "aws_route53_record": "data/deleted; checkov has one rule, for records of type A alone",
    "aws_route_table_association": "network/routed",
    "aws_s3_bucket_server_side_encryption_configuration": "encryption/bucket",
    "aws_s3_object": "is in a bucket, which checkov and encryption/bucket judge; credentials/argument",
    "aws_scheduler_schedule_group": "is a name for schedules, whose roles checkov and iam/trusts judge",
    "aws_secretsmanager_secret_version": "credentials/argument, which asks for secret_string_wo",
    "aws_sns_topic_subscription": "credentials/endpoint; who is told is the environment's data",
    "aws_vpc_endpoint": "allows what roles allow, whom the rules of iam judge; its security group is for network/open",
    "aws_wafv2_web_acl_association": "names a load balancer and a web ACL; CKV2_AWS_28 asks for it",
    "aws_wafv2_web_acl_logging_configuration": "names a log group; CKV2_AWS_31 asks for it",
    "cloudflare_authenticated_origin_pulls": "shows the origin a certificate, and opens nothing",
    "cloudflare_authenticated_origin_pulls_settings": "shows the origin a certificate, and opens nothing",
    "cloudflare_dns_record": "cloudflare/unproxied and data/deleted",
    "cloudflare_ruleset": "cloudflare/caches-pages, cloudflare/weakens and cloudflare/other-hostnames",
    "cloudflare_zone_setting": "cloudflare/setting and cloudflare/setting-missing",
}

# The blocks beside resources that checkov has rules for. It crashes on some of the others: the list `moved`, for one.
READ_BLOCKS = ("data", "locals", "module", "output", "provider", "terraform", "variable")

# What checkov sees in the second plan only, when the secrets of a container are known; our own rule reads all of them.
OURS = {"CKV_AWS_336": "containers/writable"}


_MISSING = "checkov is not installed, so it checks nothing: run `make .venv-checkov/.synced`"


class _CannotScan(Exception):
    """checkov gave no answer that can be trusted. The text is what is wrong, and what to do."""


class _Crashed(_CannotScan):
    """What it was given may be the reason."""


class Loaded:
    """checkov that loads its rules, which takes seconds, before there is anything to scan: `with Loaded() as scan: …`.

    Each scan is a fork of that process, and so is as new as one of its own.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._places = contextlib.ExitStack()
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        """Start it, if it is installed."""
        self._home = self._places.enter_context(private_directory("gate-home-"))
        if PROGRAM.is_file():
            self._process = subprocess.Popen(
                [str(PROGRAM.with_name("python")), "-c", _SERVE],
                cwd=self._home,
                # A unit is too small to be worth processes of its own for each of its files.
                env=_environment(self._home) | {"CHECKOV_PARALLELIZATION_TYPE": "none"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                start_new_session=True,  # so that Ctrl-C is not for it, and it ends with its forks
            )
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it, whatever it does."""
        self.stop()
        if self._process:
            with contextlib.suppress(BrokenPipeError), self._process:
                pass
        self._places.close()

    def __call__(self, arguments: Sequence[str]) -> tuple[int, str]:
        """The exit code of checkov with these arguments, and what it prints. One scan follows the other."""
        if self._process is None:
            raise _CannotScan(_MISSING)
        assert self._process.stdin is not None  # noqa: S101  (they are pipes)
        assert self._process.stdout is not None  # noqa: S101
        output = self._home / "output.json"
        with self._lock:
            timeout = threading.Timer(TIMEOUT_SECONDS, self.stop)
            timeout.start()
            try:
                with contextlib.suppress(BrokenPipeError):
                    self._process.stdin.write(json.dumps([[*arguments], str(output)]) + "\n")
                    self._process.stdin.flush()
                code = self._process.stdout.readline()
            finally:
                timeout.cancel()
            if not code:
                raise _Crashed(f"checkov ended with {self._process.wait()}: run {PROGRAM} by hand to see why")
            return int(code), output.read_text()

    def stop(self) -> None:
        """Kill it, and the scan that runs."""
        if self._process and self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)


# What checkov's own program does, once for each line of arguments and the file for its output. Collecting garbage would
# copy all of its memory, and so would an orderly end.
_SERVE = """
import gc, json, os, sys
from checkov.main import Checkov
gc.disable()
gc.freeze()
for line in sys.stdin:
    arguments, output = json.loads(line)
    child = os.fork()
    if not child:
        os.dup2(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 1)
        try:
            code = Checkov(arguments).run()
        except SystemExit as ended:
            code = ended.code
        sys.stdout.flush()
        os._exit(code if isinstance(code, int) else code is not None)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


def refusals(units: Sequence[Unit], *, program: Path = PROGRAM, loaded: Loaded | None = None) -> Iterator[Refusal]:
    """What checkov finds in units, by one scan, because it starts slowly; and where it looked at nothing.

    A unit that checkov cannot read is refused, and the others are scanned without it. `loaded` scans in place of
    `program`.
    """
    if not _have_rules(units):
        return
    try:
        reports = _scan(units, loaded or partial(_run, program))
        unread = _unread(reports, units)
        _assert_looked([unit for unit in units if unit.name not in unread], reports)
    except _CannotScan as error:
        if isinstance(error, _Crashed) and len(units) > 1:
            for unit in units:
                yield from refusals([unit], program=program, loaded=loaded)
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
        message = f"checkov asks to {_lower(name)}: do so, or accept it in accepted_findings with a reason"
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


def _scan(units: Sequence[Unit], run: Callable[[Sequence[str]], tuple[int, str]]) -> dict[str, Json]:
    """What each framework found. Plans may show secrets, so they lie in a directory of our own, for that long."""
    with private_directory("gate-plans-") as directory:
        for number, unit in enumerate(units):
            _write(unit, directory / str(number))
        arguments = ["--directory", str(directory), "--framework", *FRAMEWORKS, "--skip-download", "--compact"]
        code, output = run([*arguments, "--output", "json"])
    if code not in (0, 1):
        raise _Crashed(f"checkov ended with {code}: run {PROGRAM} by hand to see why")
    return _reports(output)


def _run(program: Path, arguments: Sequence[str]) -> tuple[int, str]:
    """The exit code of checkov as a process of its own, and what it prints."""
    if not program.is_file():
        raise _CannotScan(_MISSING)
    with private_directory("gate-home-") as home:
        try:
            done = subprocess.run(
                [str(program), *arguments],
                cwd=home,
                env=_environment(home),
                capture_output=True,
                text=True,
                check=False,
                timeout=TIMEOUT_SECONDS,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            what = "took too long" if isinstance(error, subprocess.TimeoutExpired) else "cannot be started"
            raise _CannotScan(f"checkov {what}: run {program} by hand to see why") from error
    return done.returncode, done.stdout


def _environment(home: Path) -> dict[str, str]:
    """No file of the user's (.checkov.yaml) and no variable (CKV_SKIP_CHECK) may make it pass."""
    return {"PATH": os.environ.get("PATH", ""), "HOME": str(home)}


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
