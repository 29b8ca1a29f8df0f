"""A paused environment runs no task and no database, loses nothing, and resumes as it was; other verbs know of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cli.deploy import command, destroy, pause, prerequisites, resume, run, status
from cli.local_aws.faults import Fault
from cli.local_aws.server import LocalAws
from cli.terraform.paused import PauseRecord
from modules.backup.inputs import BackupInputs, RestoreTestingInputs
from modules.efs_volume.inputs import EfsVolumeInputs
from modules.fargate_service.autoscaling_inputs import WebAutoscalingInputs
from modules.fargate_service.deployment_alarms_inputs import DeploymentAlarmsInputs
from modules.fargate_service.inputs import WorkerInputs
from modules.fargate_service.scaling_schedule_inputs import ScheduledScalingInputs
from modules.network.inputs import COMPLETE_ENDPOINTS
from modules.observability.inputs import ObservabilityInputs
from modules.scheduled_task.inputs import ScheduleInputs
from stacks.config.application_inputs import JobInputs
from stacks.config.schema import Environment, LocalState, S3State
from stacks.config.vary import vary
from tests import configurations
from tests.end_to_end.variants import unprotected
from tests.support import environment

pytestmark = pytest.mark.thorough

ACCOUNT = "111122223333"
WEB, WORKER, DATABASE = "django-dev-web", "django-dev-worker", "django-dev-postgresql"
SCHEDULED = {
    name: JobInputs(command=("true",), schedule=ScheduleInputs(expression="rate(1 hour)"))
    for name in ("report", "clean")
}
TEST = environment(name="dev", account_id=ACCOUNT, state=S3State(bucket="states"))
DEV = replace(
    unprotected(TEST),
    django_service=replace(
        unprotected(TEST).django_service,
        application=replace(TEST.django_service.application, jobs=SCHEDULED),
        worker=WorkerInputs(cpu=256, memory_mib=512, desired_count=1),
    ),
)
TAGS = [{"Key": key, "Value": value} for key, value in DEV.identity_tags.items()]


class Account:
    """What Terraform has made of the environment, as far as a pause changes it."""

    def __init__(self, aws: LocalAws, directory: Path) -> None:
        self.aws, self.directory = aws, directory
        self.client("s3").create_bucket(Bucket="states")
        self._services()
        self.client("rds").create_db_instance(
            DBInstanceIdentifier=DATABASE, Engine="postgres", DBInstanceClass="db.t4g.micro", AllocatedStorage=20
        )
        self._schedules()
        self._alarms()

    def client(self, service: str) -> Any:
        return self.aws.client(service, ACCOUNT)

    def _services(self) -> None:
        ec2, ecs = self.client("ec2"), self.client("ecs")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
        group = ec2.create_security_group(GroupName="app", Description="app", VpcId=vpc)["GroupId"]
        ecs.create_cluster(clusterName="django-dev")
        for name, tasks in ((WEB, 3), (WORKER, 1)):
            ecs.register_task_definition(
                family=name, networkMode="awsvpc", cpu="256", memory="512", requiresCompatibilities=["FARGATE"],
                containerDefinitions=[{"name": "app", "image": "app:1"}],
            )  # fmt: skip
            ecs.create_service(
                cluster="django-dev", serviceName=name, taskDefinition=name, desiredCount=tasks, launchType="FARGATE",
                networkConfiguration={"awsvpcConfiguration": {"subnets": [subnet], "securityGroups": [group]}},
            )  # fmt: skip
        self.client("application-autoscaling").register_scalable_target(
            ServiceNamespace="ecs", ResourceId=f"service/django-dev/{WEB}",
            ScalableDimension="ecs:service:DesiredCount", MinCapacity=2, MaxCapacity=8,
        )  # fmt: skip

    def _schedules(self) -> None:
        scheduler, sqs = self.client("scheduler"), self.client("sqs")
        scheduler.create_schedule_group(Name="django-dev")
        for name, state in (("django-dev-job-report", "ENABLED"), ("django-dev-job-clean", "DISABLED")):
            sqs.create_queue(QueueName=f"{name}-dead-letters")
            scheduler.create_schedule(
                Name=name, GroupName="django-dev", State=state, ScheduleExpression="rate(1 hour)",
                ScheduleExpressionTimezone="Europe/Berlin", FlexibleTimeWindow={"Mode": "OFF"},
                Target={"Arn": "arn:aws:ecs:us-east-1:1:cluster/it", "RoleArn": "arn:aws:iam::1:role/it"},
            )  # fmt: skip

    def _alarms(self) -> None:
        foreign = [{"Key": "Project", "Value": "django"}, {"Key": "Environment", "Value": "dev-2"}]
        for name, is_on, tags in (
            ("django-dev-web-cpu", True, TAGS),
            ("django-dev-silenced", False, TAGS),
            ("django-dev-2-web-cpu", True, foreign),
        ):
            self.client("cloudwatch").put_metric_alarm(
                AlarmName=name, ActionsEnabled=is_on, Tags=tags, Namespace="AWS/ECS", MetricName="CPUUtilization",
                Statistic="Average", Period=60, EvaluationPeriods=1, Threshold=80,
                ComparisonOperator="GreaterThanThreshold",
            )  # fmt: skip

    def running(self) -> dict[str, Any]:
        """All that a pause changes, as AWS describes it."""
        found = self.client("ecs").describe_services(cluster="django-dev", services=[WEB, WORKER])["services"]
        (scaling,) = self.client("application-autoscaling").describe_scalable_targets(ServiceNamespace="ecs")[
            "ScalableTargets"
        ]
        (database,) = self.client("rds").describe_db_instances()["DBInstances"]
        scheduler = self.client("scheduler")
        names = [each["Name"] for each in scheduler.list_schedules(GroupName="django-dev")["Schedules"]]
        schedules = [scheduler.get_schedule(GroupName="django-dev", Name=name) for name in names]
        alarms = self.client("cloudwatch").describe_alarms()["MetricAlarms"]
        return {
            "tasks": {each["serviceName"]: each["desiredCount"] for each in found},
            "bounds": (scaling["MinCapacity"], scaling["MaxCapacity"]),
            "is suspended": scaling.get("SuspendedState", {}).get("ScheduledScalingSuspended", False),
            "database": database["DBInstanceStatus"],
            "schedules": {each["Name"]: (each["State"], each["ScheduleExpressionTimezone"]) for each in schedules},
            "notifying": {each["AlarmName"] for each in alarms if each["ActionsEnabled"]},
        }


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    configurations.write(tmp_path, DEV)
    monkeypatch.setattr(prerequisites, "missing", lambda *_, **__: [])
    monkeypatch.setattr("cli.ecs.service.time.sleep", lambda _seconds: None)
    with LocalAws() as aws:
        for name, value in aws.environment(ACCOUNT, os.environ).items():
            monkeypatch.setenv(name, value)
        yield Account(aws, tmp_path)


def test_what_is_paused_resumes_as_it_was(
    account: Account, capsys: pytest.CaptureFixture[str], subtests: pytest.Subtests
) -> None:
    before, directory = account.running(), account.directory
    assert before["tasks"] == {WEB: 3, WORKER: 1}
    assert pause.main(["dev"], directory=directory) == 0
    output = capsys.readouterr().out
    assert "2 services run no task, and PostgreSQL stops: RDS starts it automatically after 7 days" in output
    assert "It still costs: the load balancer, Redis, NAT, the storage and backups of PostgreSQL, " in output
    assert output.endswith("Next: make resume ENV=dev\n")
    paused = account.running()
    assert paused == {
        "tasks": {WEB: 0, WORKER: 0},
        "bounds": (2, 8),
        "is suspended": True,
        "database": "stopped",
        "schedules": {
            "django-dev-job-report": ("DISABLED", "Europe/Berlin"),
            "django-dev-job-clean": ("DISABLED", "Europe/Berlin"),
        },
        "notifying": {"django-dev-2-web-cpu"},
    }
    with subtests.test("a second pause forgets nothing of what ran"):
        assert pause.main(["dev"], directory=directory) == 0
        assert account.running() == paused
    with subtests.test("verbs that need what runs say so, and change nothing"):
        for main in (command.main, destroy.main, lambda argv, **options: run.main([*argv, "true"], **options)):
            capsys.readouterr()
            assert main(["dev"], directory=directory) == 1
            assert capsys.readouterr().err.strip().endswith("UTC: run `make resume ENV=dev` first")
        assert account.running() == paused
    with subtests.test("its status is no drift"):
        assert status.main(["dev"], directory=directory) == status.AS_DEPLOYED
        output = capsys.readouterr().out
        assert "dev is paused since" in output
        assert "PostgreSQL is stopped" in output
    with subtests.test("RDS has started it by itself"):
        record, now = PauseRecord(DEV), datetime.now(UTC)
        kept = record.read()
        assert kept
        record.write(replace(kept, database_stopped=now - timedelta(days=8)))
        account.client("rds").start_db_instance(DBInstanceIdentifier=DATABASE)
        status.main(["dev"], directory=directory)
        assert "PostgreSQL is available and costs again: make pause ENV=dev stops it" in capsys.readouterr().out
        assert pause.main(["dev"], directory=directory) == 0
        assert account.running() == paused
        again = record.read()
        assert again
        assert again.database_starts
        assert again.database_starts > now + timedelta(days=6), "it is stopped from now on"
        assert again.since == kept.since
    assert resume.main(["dev"], directory=directory) == 0
    assert account.running() == before
    assert "dev runs again: 4 tasks of 2 services" in capsys.readouterr().out
    assert resume.main(["dev"], directory=directory) == 0
    assert capsys.readouterr().out == "dev is not paused\n"


def test_what_was_paused_while_its_schedule_had_stopped_it_runs_again(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    night = ScheduledScalingInputs(name="night", expression="cron(0 20 * * ? *)", min_count=0, max_count=0)
    schedule = night, ScheduledScalingInputs(name="day", expression="cron(0 7 * * ? *)")
    service = DEV.django_service
    scaled = replace(
        service.web, desired_count=2, autoscaling=WebAutoscalingInputs(min_count=2, max_count=8, schedule=schedule)
    )
    (account.directory / "dev.py").unlink()
    configurations.write(account.directory, replace(DEV, django_service=replace(service, web=scaled)))
    scaling, ecs = account.client("application-autoscaling"), account.client("ecs")
    target: Any = {"ServiceNamespace": "ecs", "ResourceId": f"service/django-dev/{WEB}"}
    scaling.register_scalable_target(
        **target, ScalableDimension="ecs:service:DesiredCount", MinCapacity=0, MaxCapacity=0
    )
    ecs.update_service(cluster="django-dev", service=WEB, desiredCount=0)
    assert pause.main(["dev"], directory=account.directory) == 0
    assert resume.main(["dev"], directory=account.directory) == 0
    found = account.running()
    assert (found["tasks"], found["bounds"], found["is suspended"]) == ({WEB: 2, WORKER: 1}, (2, 8), False)
    assert "dev runs again: 3 tasks of 2 services" in capsys.readouterr().out


def test_with_a_read_replica_the_database_runs_on_and_that_is_said(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    account.client("rds").create_db_instance_read_replica(
        DBInstanceIdentifier=f"{DATABASE}-replica", SourceDBInstanceIdentifier=DATABASE
    )
    assert pause.main(["dev"], directory=account.directory) == 0
    output = capsys.readouterr().out
    assert "PostgreSQL runs on, because RDS stops no instance that has a read replica" in output
    assert "NAT, the instance of PostgreSQL and its replica, the storage and backups of PostgreSQL, " in output
    states = {each["DBInstanceStatus"] for each in account.client("rds").describe_db_instances()["DBInstances"]}
    assert states == {"available"}


def test_one_that_is_not_deployed_is_not_paused(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    for name in (WEB, WORKER):
        account.client("ecs").delete_service(cluster="django-dev", service=name, force=True)
    assert pause.main(["dev"], directory=account.directory) == 1
    assert capsys.readouterr().err.endswith("pause: dev is not deployed: there is nothing to pause\n")
    assert PauseRecord(DEV).read() is None


def test_a_protected_one_asks_first(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    service = replace(DEV.django_service, load_balancer=TEST.django_service.load_balancer)
    configurations.write(account.directory, replace(TEST, protected=True, django_service=service))
    assert pause.main(["dev"], directory=account.directory) == 1
    assert "dev requires confirmation, but there is no terminal" in capsys.readouterr().err
    assert account.running()["tasks"] == {WEB: 3, WORKER: 1}


def test_a_service_that_has_gone_meanwhile_is_left_out(account: Account) -> None:
    assert pause.main(["dev"], directory=account.directory) == 0
    account.client("ecs").delete_service(cluster="django-dev", service=WORKER, force=True)
    assert resume.main(["dev"], directory=account.directory) == 0
    assert account.running()["tasks"][WEB] == 3


def test_what_cannot_be_read_is_not_taken_for_running(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    with account.aws.faults.injected("s3", Fault.ACCESS_DENIED, calls="paused.json"):
        for main in (pause.main, resume.main):
            assert main(["dev"], directory=account.directory) == 1
            assert "AccessDenied" in capsys.readouterr().err
    account.client("s3").put_object(Bucket="states", Key="django/dev/paused.json", Body=b"{}")
    for main in (pause.main, resume.main, status.main):
        assert main(["dev"], directory=account.directory) == 1
        assert capsys.readouterr().err.endswith(
            "s3://states/django/dev/paused.json does not say what ran before: delete it, and start everything by "
            "`make deploy ENV=dev`\n"
        )
    assert account.running()["tasks"] == {WEB: 3, WORKER: 1}


def test_what_still_costs_is_what_there_is() -> None:
    database, kept = "the storage and backups of PostgreSQL", "secrets, keys and logs"
    assert pause.costs(DEV) == ["the load balancer", "Redis", "NAT", database, kept]
    alone = vary(DEV, redis=None, network__nat="none", network__interface_endpoints=COMPLETE_ENDPOINTS)
    assert pause.costs(alone) == ["the load balancer", "interface endpoints", database, kept]
    assert "the instance of PostgreSQL and its replica" in pause.costs(DEV, is_database_running=True)
    files = {"media": EfsVolumeInputs(path="/app/media", mounted_by=("web",))}
    scaled = WebAutoscalingInputs(min_count=1, max_count=2, cpu_percent=60)
    for changes, more in (
        ({"cloudflare_dns__proxied": False}, ["its web ACL"]),
        ({"backup": BackupInputs()}, ["the vaults of AWS Backup"]),
        (
            {"backup": BackupInputs(restore_testing=RestoreTestingInputs())},
            ["the vaults of AWS Backup", "the restores of restore_testing"],
        ),
        ({"django_service__volumes": files}, ["the files of volumes"]),
        ({"django_service__deployment_alarms": DeploymentAlarmsInputs()}, ["alarms"]),
        ({"django_service__web__autoscaling": scaled}, ["alarms"]),
        ({"observability": ObservabilityInputs(dashboard=False)}, ["alarms"]),
        ({"observability": ObservabilityInputs()}, ["alarms", "their dashboard"]),
    ):
        found = pause.costs(vary(DEV, **changes))
        assert [part for part in found if part not in pause.costs(DEV)] == more


@pytest.mark.parametrize("has_replica", [False, True])
def test_a_backup_that_fails_meanwhile_is_named(
    account: Account, capsys: pytest.CaptureFixture[str], has_replica: bool
) -> None:
    (account.directory / "dev.py").unlink()
    configurations.write(account.directory, replace(DEV, backup=BackupInputs()))
    if has_replica:
        account.client("rds").create_db_instance_read_replica(
            DBInstanceIdentifier=f"{DATABASE}-replica", SourceDBInstanceIdentifier=DATABASE
        )
    assert pause.main(["dev"], directory=account.directory) == 0
    said = "The daily backup of PostgreSQL fails until it is resumed: docs/runbooks.md#backup-failed"
    assert (said in capsys.readouterr().out) != has_replica


@pytest.mark.parametrize("state", [LocalState(directory="states"), S3State(bucket="states", kms_key_arn=None)])
def test_that_it_is_paused_lies_beside_its_states(
    account: Account, tmp_path: Path, state: LocalState | S3State
) -> None:
    dev: Environment = replace(DEV, state=state)
    record = PauseRecord(dev, tmp_path)
    assert record.read() is None
    pause.main(["dev"], directory=account.directory)
    paused = PauseRecord(DEV).read()
    assert paused
    assert paused.tasks == {WEB: 3, WORKER: 1}
    record.write(paused)
    assert record.read() == paused
    record.remove()
    assert record.read() is None
