"""A newcomer's way from nothing to a healthy service and back, by the commands and with the provider as published."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from rich.table import Table

from cli.deploy import command, destroy, logs, rollout, run, status
from modules.certificate.inputs import CertificateInputs, RetiringCertificateInputs
from stacks.console import Console
from tests import configurations
from tests.end_to_end.deployable import BUCKET, Deployable, deployable, synthesized

WEB, MIGRATE, INIT_DATABASE = "django-dev-web", "django-dev-migrate", "django-dev-init-database"
NETWORK, CERTIFICATE, SERVICE = "dev-network", "dev-certificate", "dev-django-service"

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("shared_providers")]


@dataclass(frozen=True, slots=True)
class Ended:
    """A command that has ended."""

    code: int
    line: str
    """The last one that it printed: on stderr where it failed."""
    output: str
    errors: str


@dataclass(slots=True)
class Runner:
    """Runs commands, and keeps what became of each for a table."""

    capture: pytest.CaptureFixture[str]
    table: Table = field(default_factory=lambda: Table("step", "code", "s", "last line", show_lines=True))

    def __call__(self, step: str, main: Callable[..., int], *arguments: str, **options: Any) -> Ended:
        started = time.monotonic()
        self.capture.readouterr()
        code = main(arguments, **options)
        output, errors = self.capture.readouterr()
        lines = (errors if code else output).strip().splitlines() or [""]
        if code == status.DIFFERS:
            lines = output.strip().splitlines()
        with self.capture.disabled():
            print(f"\n{step}: {code} in {time.monotonic() - started:.0f} s: {lines[-1]}", flush=True)
        self.table.add_row(step, str(code), f"{time.monotonic() - started:.0f}", lines[-1])
        return Ended(code, lines[-1], output, errors)


@pytest.fixture
def runner(capsys: pytest.CaptureFixture[str]) -> Iterator[Runner]:
    made = Runner(capsys)
    yield made
    with capsys.disabled():
        Console(soft_wrap=False, width=180).print("", made.table)


@pytest.fixture
def dev(mirrors: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployable]:
    monkeypatch.setattr(rollout, "LASTING_SECONDS", 1.0)  # no container runs, so none ends
    with deployable(tmp_path, monkeypatch) as found:
        for tag in ("1.0.0", "1.1.0", "1.2.0", "1.3.0"):
            found.push(tag)
        yield found


def narrowed(tree: Path, *names: str) -> Path:
    """The tree with these units alone, which are planned and applied in less time."""
    copy = tree.with_name(f"{tree.stem} {' '.join(names)}.out")
    shutil.rmtree(copy, ignore_errors=True)  # what the tree was before
    shutil.copytree(tree, copy, ignore=shutil.ignore_patterns(".terraform*"))
    manifest = json.loads((copy / "manifest.json").read_text())
    manifest["stacks"] = {name: manifest["stacks"][name] for name in names}
    for stack in manifest["stacks"].values():
        stack["dependencies"] = [name for name in stack["dependencies"] if name in names]
    (copy / "manifest.json").write_text(json.dumps(manifest))
    return copy


def test_from_an_empty_account_to_a_healthy_service_and_back(  # noqa: PLR0915  (one life, in its order)
    dev: Deployable, runner: Runner
) -> None:
    def deploy(step: str, tag: str, tree: Path) -> Ended:
        given = {"directory": dev.directory, "tree": tree}
        return runner(step, command.main, "dev", "--image-tag", tag, "--url", dev.url, **given)

    ended = deploy("an image that is not there", "9.9.9", dev.tree)
    assert (ended.code, ended.line) == (1, "deploy: 1 missing, see above: nothing was changed")

    dev.aws.ecs.fail_deployments_of.add(WEB)
    ended = deploy("a first deployment that never becomes healthy", "1.0.0", dev.tree)
    assert ended.code == 1
    assert ended.line.startswith(f"{SERVICE}: {WEB}: its deployment has failed: ")
    assert ended.line.endswith("see `make logs ENV=dev`")
    assert ran(dev) == [INIT_DATABASE, MIGRATE]
    dev.aws.ecs.fail_deployments_of.clear()

    ended = deploy("the same, mended", "1.0.0", dev.tree)
    assert ended.code == 0, ended.errors
    assert service(dev)["image"].endswith(":1.0.0")
    assert left_behind(dev.tree) == []
    assert set(changed(ended.errors)).isdisjoint({"aws_db_instance", "aws_elasticache_replication_group"})
    ran(dev)

    services = narrowed(dev.tree, NETWORK, SERVICE)
    ended = deploy("another image", "1.1.0", services)
    assert ended.code == 0, ended.errors
    assert ran(dev) == [MIGRATE]
    assert service(dev)["image"].endswith(":1.1.0")
    assert changed(ended.errors) <= {"aws_ecs_task_definition", "aws_ecs_service"}

    dev.aws.ecs.exit_codes[MIGRATE] = 3
    dev.aws.ecs.logs[MIGRATE] = ["Applying salaries.0009... ERROR"]
    ended = deploy("a migration that fails", "1.2.0", services)
    assert ended.code == 1
    assert "migrate ended with exit code 3, its log is /ecs/django-dev/migrate, stream " in ended.line
    assert ended.line.endswith("the service was not changed: correct it, and run `make deploy ENV=dev` again")
    assert "Applying salaries.0009... ERROR" in ended.errors
    assert service(dev)["image"].endswith(":1.1.0")
    assert left_behind(services) == []

    ended = runner("logs of it", logs.main, "dev", "migrate", "--once", directory=dev.directory)
    assert "Applying salaries.0009... ERROR" in ended.output
    dev.aws.ecs.exit_codes.clear()
    dev.aws.ecs.logs.clear()
    ran(dev)

    dev.aws.ecs.fail_deployments_of.add(WEB)
    ended = deploy("a service that never becomes healthy", "1.3.0", services)
    assert ended.code == 1
    assert "was rolled back" in ended.line
    assert ended.line.endswith("`make deploy ENV=dev` again")
    assert service(dev)["image"].endswith(":1.1.0")
    dev.aws.ecs.fail_deployments_of.clear()

    ended = deploy("back to the image of before", "1.1.0", services)
    assert ended.code == 0, ended.errors
    assert service(dev)["image"].endswith(":1.1.0")

    retiring = RetiringCertificateInputs(hostname=str(dev.environment.hostname))
    renewed = CertificateInputs(subject_alternative_names=("www.example.org",), version=2)
    before = certificates(dev)
    for step, inputs in (
        ("a certificate for another name beside the one in use", replace(renewed, retiring=retiring)),
        ("what has retired goes", renewed),
    ):
        environment = replace(dev.environment, certificate=inputs)
        configurations.write(dev.directory, environment)
        tree = synthesized(environment, dev.tree.with_name(f"{step}.out"))
        ended = deploy(step, "1.1.0", narrowed(tree, NETWORK, CERTIFICATE, SERVICE))
        assert ended.code == 0, ended.errors
        assert (before < certificates(dev)) is bool(inputs.retiring)
    assert before.isdisjoint(certificates(dev))
    services, whole = narrowed(tree, NETWORK, SERVICE), tree

    ended = runner("status", status.main, "dev", directory=dev.directory, tree=services)
    assert (ended.code, ended.line) == (0, "dev is as it was deployed"), ended.output

    dev.aws.ecs.exit_codes["django-dev-check-status"] = 7
    dev.aws.ecs.logs["django-dev-check-status"] = ["one line", "another"]
    ended = runner("a command", run.main, "dev", "python manage.py check", directory=dev.directory)
    assert (ended.code, ended.output) == (7, "one line\nanother\n")
    assert dev.aws.ecs.runs[-1].command == ("python", "manage.py", "check")

    dev.client("logs").put_retention_policy(logGroupName="/ecs/django-dev/web", retentionInDays=1)
    ended = runner("status after drift", status.main, "dev", directory=dev.directory, tree=services)
    assert ended.code == status.DIFFERS
    assert any("django-service" in line and "1 changed" in line for line in ended.output.splitlines())

    ended = runner("destroy", destroy.main, "dev", "--yes", directory=dev.directory, tree=whole)
    assert ended.code == 0, ended.errors
    assert states(dev) == {}
    ended = runner("destroy again", destroy.main, "dev", "--yes", directory=dev.directory, tree=whole)
    assert (ended.code, ended.line) == (0, "dev is not deployed: there is nothing to destroy")
    ended = runner("status of nothing", status.main, "dev", "--no-drift", directory=dev.directory)
    assert (ended.code, ended.line) == (0, "dev: no service runs")


def ran(dev: Deployable) -> list[str]:
    """The one-off tasks since the last call."""
    families = [task.family for task in dev.aws.ecs.runs]
    dev.aws.ecs.runs.clear()
    return families


def certificates(dev: Deployable) -> set[str]:
    return {each["CertificateArn"] for each in dev.client("acm").list_certificates()["CertificateSummaryList"]}


def service(dev: Deployable) -> Any:
    """The container of the task definition that the web service runs."""
    ecs = dev.client("ecs")
    (found,) = ecs.describe_services(cluster="django-dev", services=[WEB])["services"]
    definition = ecs.describe_task_definition(taskDefinition=found["taskDefinition"])
    return definition["taskDefinition"]["containerDefinitions"][0]


def changed(errors: str) -> set[str]:
    """The types of what the progress says is applied."""
    return {line.rpartition(": ")[2].split(".")[0] for line in errors.splitlines() if ": applying " in line}


def left_behind(tree: Path) -> list[str]:
    """Plans and states, which hold secrets, beside the JSON."""
    return [str(file) for pattern in ("*tfplan*", "*.tfstate") for file in tree.glob(f"stacks/*/{pattern}")]


def states(dev: Deployable) -> dict[str, int]:
    """The units that have resources in their state, and how many."""
    s3 = dev.client("s3")
    found = {}
    for entry in s3.list_objects_v2(Bucket=BUCKET).get("Contents", ()):
        state = json.loads(s3.get_object(Bucket=BUCKET, Key=entry["Key"])["Body"].read())
        if state["resources"]:
            found[entry["Key"]] = len(state["resources"])
    return found
