"""The status says what runs and since when, and by its exit code whether it is as deployed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cli.deploy import nat_instance, status
from cli.deploy.nat_instance import NatInstance
from cli.ecs import schedules
from cli.ecs.schedules import ScheduleStatus
from cli.ecs.service import ServiceStatus
from cli.review.planning import PlannedUnit
from cli.terraform import environment as environments
from cli.terraform.plan import Plan, UnitPlan
from cli.terraform.runner import Terraform
from modules.alerts.inputs import AlertsInputs, RecipientsInputs
from modules.observability.inputs import ObservabilityInputs
from stacks.config.django_service import DjangoServiceInputs
from tests import configurations
from tests.cli.deploy.fakes import NOTHING, FakeServices, change, service, unit
from tests.environments import DIRECTORY, frozen

VPC = {"address": "aws_vpc.this", "mode": "managed", "type": "aws_vpc"}
DEPLOYED = {"prior_state": {"values": {"root_module": {"resources": [VPC]}}}}


class Stage:
    """Services, and what planning the units has come to."""

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.services: list[ServiceStatus] = [service(name="django-dev-web")]
        self.nat: NatInstance | None = NatInstance(id="i-1", type="t3.micro", state="ready")
        self.plans: dict[str, Any] = {"dev-network": {**NOTHING, **DEPLOYED}}
        self.tags: list[str] = []
        monkeypatch.setenv("TF_VAR_image_tag", "exported-for-something-else")
        monkeypatch.setattr(status, "Services", lambda *_: FakeServices(self.services))
        monkeypatch.setattr(nat_instance, "describe", lambda *_: self.nat)
        monkeypatch.setattr(environments, "units_of", lambda *_, **__: [unit(home)])
        monkeypatch.setattr(status, "plan_units", self.plan_units)
        self.home = home

    def plan_units(self, _units: object, _space: object, terraform: Terraform, **_: object) -> list[PlannedUnit]:
        self.tags.append(terraform.environment[environments.IMAGE_TAG])
        return self.planned()

    def planned(self) -> list[PlannedUnit]:
        return [
            PlannedUnit(name=name, directory=self.home, error=plan)
            if isinstance(plan, str)
            else PlannedUnit(
                name=name, directory=self.home, plan=UnitPlan(name=name, configuration={}, plan=Plan(plan))
            )
            for name, plan in self.plans.items()
        ]

    def run(self, *arguments: str, environment: str = "dev") -> int:
        return status.main([environment, *arguments], tree=self.home, directory=DIRECTORY)


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    return Stage(tmp_path, monkeypatch)


def test_what_is_as_deployed_is_said_so(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    assert stage.run() == 0
    output = capsys.readouterr().out
    assert output.endswith("dev is as it was deployed\n")
    assert all(word in output for word in ("django-dev-web", "2 of 2", "django:1.0.0", "steady", "no changes"))


def test_it_is_compared_with_the_image_that_runs(stage: Stage) -> None:
    stage.services = [service(name="django-dev-web", image=f"registry.test:5000/django@sha256:{'a' * 64}")]
    stage.run()
    stage.services = []
    stage.run()
    assert stage.tags == [f"sha256:{'a' * 64}", "none"]


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ({**change("aws_vpc.this", "update"), **DEPLOYED}, "1 changed"),
        ({**NOTHING, **DEPLOYED, "applyable": True}, "outputs"),
        (change("aws_vpc.this", "create"), "is not deployed"),
    ],
)
def test_what_differs_is_told_by_the_code_2(
    stage: Stage, plan: dict[str, Any], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.plans["dev-redis"] = plan
    assert stage.run() == 2
    output = capsys.readouterr().out
    (row,) = [line for line in output.splitlines() if "dev-redis" in line]
    assert said in row
    assert "make deploy repairs it" in output


def test_what_cannot_be_told_is_a_failure_with_its_reason(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    stage.plans["dev-redis"] = "AccessDenied"
    assert stage.run() == 1
    captured = capsys.readouterr()
    assert captured.err.splitlines()[-1] == "dev-redis: AccessDenied"
    assert "cannot be told" in captured.out


def test_the_schedules_of_jobs_are_listed(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = ScheduleStatus(name="django-dev-job-report", expression="rate(1 hour)", is_on=True, dead_letters=7)
    monkeypatch.setattr(schedules, "describe", lambda *_: [found])
    scheduled = property(lambda _: {"report": found})
    monkeypatch.setattr(DjangoServiceInputs, "scheduled", scheduled)
    assert stage.run("--no-drift") == 0
    (row,) = [line for line in capsys.readouterr().out.splitlines() if "job-report" in line]
    assert [cell.strip() for cell in row.strip("│").split("│")] == ["django-dev-job-report", "rate(1 hour)", "on", "7"]


def test_without_drift_nothing_is_planned(stage: Stage) -> None:
    assert stage.run("--no-drift") == 0
    assert stage.tags == []


def test_where_no_service_runs_it_says_so(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    stage.services, stage.nat = [], None
    assert stage.run("--no-drift") == 0
    assert capsys.readouterr().out == "dev: no service runs\n"


@pytest.mark.parametrize(("since", "said"), [(timedelta(minutes=7), "(7 min)"), (timedelta(days=3, hours=2), "(3 d)")])
def test_it_says_since_when(stage: Stage, since: timedelta, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    stage.services = [service(since=datetime.now(UTC) - since, name="django-dev-web")]
    stage.run("--no-drift")
    assert said in capsys.readouterr().out


def test_a_deployment_that_goes_on_is_told(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    stage.services = [service(name="django-dev-web", rollout="IN_PROGRESS", deployments=2)]
    stage.run("--no-drift")
    assert "in_progress, 2" in capsys.readouterr().out


def test_what_could_not_be_compared_is_not_called_as_deployed(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    compared = stage.planned()
    monkeypatch.setattr(status, "plan_units", lambda *_, **__: [replace(unit, is_refreshed=False) for unit in compared])
    assert stage.run() == 1
    output, errors = capsys.readouterr()
    assert "cannot be told" in output
    assert "as it was deployed" not in output
    assert errors.splitlines()[-1].startswith("dev-network: cannot be compared, because a secret of it may not be read")


@pytest.mark.parametrize("arguments", [(), ("--no-drift",)])
def test_a_nat_instance_that_is_not_configured_is_a_failure_although_all_is_as_deployed(
    arguments: tuple[str, ...], stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.nat = NatInstance(id="i-1", type="t3.micro", state="not configured: cannot install iptables")
    assert stage.run(*arguments) == 1
    output, errors = capsys.readouterr()
    assert "NAT instance i-1, t3.micro: not configured: cannot install iptables\n" in output
    assert "as it was deployed" not in output
    (line,) = [line for line in errors.splitlines() if "i-1" in line]
    assert line.startswith("dev: private subnets may have no internet: i-1: not configured: cannot install iptables: ")
    assert line.endswith("`aws ec2 reboot-instances --instance-ids i-1` configures it again")


def test_what_would_mend_a_nat_instance_is_still_said(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    stage.nat = NatInstance(id="i-1", type="t3.micro", state="its console does not say that it is ready")
    stage.plans["dev-network"] = {**change("aws_instance.network_nat", "update"), **DEPLOYED}
    assert stage.run() == 1
    assert "make deploy repairs it" in capsys.readouterr().out


def test_an_environment_with_gateways_has_no_instance_to_ask(stage: Stage) -> None:
    stage.nat = NatInstance(id="i-1", type="t3.micro", state="stopped")
    assert stage.run("--no-drift", environment="prod") == 0


def test_where_there_is_a_dashboard_it_is_named(
    stage: Stage, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    alerts = AlertsInputs(urgent=RecipientsInputs(emails=("oncall@example.com",)))
    watched = replace(frozen("dev"), alerts=alerts, observability=ObservabilityInputs())
    for environment, names in ((watched, 1), (replace(watched, observability=ObservabilityInputs(dashboard=False)), 0)):
        configurations.write(tmp_path, environment)
        assert status.main(["dev"], tree=stage.home, directory=tmp_path) == 0
        url = (
            "https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1#dashboards/dashboard/django-dev"
        )
        assert capsys.readouterr().out.count(f"Its figures: {url}\n") == names
