"""A project that is described by data alone is deployed, changed and destroyed by the commands, as a rehearsal.

Its containers are processes, so that what the commands wait for is real.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from cli.deploy import command, destroy, rollout, run, status
from cli.local_aws import application, load_balancer, processes, providers
from cli.local_aws.server import LocalAws
from cli.rehearsal import VARIABLE
from cli.terraform import tree
from cli.terraform.synthesis import synthesize
from cli.trial import project, servers
from stacks.config import (
    ApplicationInputs,
    DjangoServiceInputs,
    Environment,
    FurtherWebInputs,
    HealthInputs,
    JobInputs,
    LoadBalancerInputs,
    PostgreSQLInputs,
    ProcessInputs,
    RedisGroupInputs,
    RedisInputs,
    RouteInputs,
    S3State,
    ScheduleInputs,
    WebInputs,
    WorkerInputs,
)
from tests import configurations, projects
from tests.end_to_end.test_deploy import narrowed
from tests.support import environment
from tests.terraform import require

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("shared_providers")]

ACCOUNT, BUCKET, CLUSTER = "210987654321", "bookshop-states", "books-qa"
NETWORK, SERVICE = "qa-network", "qa-django-service"
# What holds data of the further web and of the job.
LOST = (
    "aws_cloudwatch_log_group.web_api_task_log",
    "aws_cloudwatch_log_group.job_clean_log",
    "aws_sqs_queue.schedule_clean_dead_letters",
)
HEALTH = HealthInputs(path="/healthz/", codes="200-499")
API = FurtherWebInputs(
    command=("gunicorn", "shop.wsgi"), route=RouteInputs(priority=10_000, paths=("/api/*",)), health=HEALTH
)
CLEAN = JobInputs(command=("python", "manage.py", "clearsessions"), schedule=ScheduleInputs(expression="rate(1 day)"))
SHOP = ApplicationInputs(
    settings_module="shop.settings",
    web=ProcessInputs(command=("gunicorn", "shop.wsgi")),
    webs={"api": API},
    worker=ProcessInputs(command=("celery", "--app", "shop", "worker")),
    jobs={"clean": CLEAN},
    variables={"SECRET_KEY": "{DJANGO_SECRET_KEY}", "ALLOWED_HOSTS": "{DJANGO_ALLOWED_HOSTS}"},
    health=HEALTH,
)
WEB = WebInputs(cpu=512, memory_mib=1024, desired_count=1, gunicorn_workers=1, container_port=servers.free_port())
QA = environment(
    name="qa",
    project="books",
    account_id=ACCOUNT,
    state=S3State(bucket=BUCKET),
    postgresql=PostgreSQLInputs(
        instance_class="db.t4g.small",
        storage_gb=50,
        port=servers.free_port(),
        deletion_protection=False,
        final_snapshot=False,
    ),
    redis=RedisInputs(
        cache=RedisGroupInputs(node_type="cache.t4g.small", final_snapshot=False), port=servers.free_port()
    ),
    django_service=DjangoServiceInputs(
        application=SHOP,
        ecr_repository_url=f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/shop",
        web=WEB,
        webs={"api": replace(WEB, container_port=servers.free_port())},
        worker=WorkerInputs(cpu=256, memory_mib=512, desired_count=1),
        load_balancer=LoadBalancerInputs(deletion_protection=False, delete_access_logs=True),
    ),
)


def described(application: ApplicationInputs, **sizes: Any) -> Environment:
    """The environment with another description of the application, and other sizes."""
    return replace(QA, django_service=replace(QA.django_service, application=application, **sizes))


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """The commands as a terminal has them that has read the environment.sh of `make local`."""

    aws: LocalAws
    directory: Path
    capture: pytest.CaptureFixture[str]
    lines: list[str] = field(default_factory=list)
    """What has become of the services."""

    def write(self, environment: Environment) -> None:
        """Change the files of stacks/config, and synthesize them."""
        configurations.write(self.directory / "config", environment)
        synthesize(["qa"], self.directory / "cdktf.out", config=self.directory / "config")

    def run(self, main: Callable[..., int], *arguments: str, only: Sequence[str] = ()) -> str:
        """What a command prints, which succeeds. `only` these units are planned, in less time."""
        synthesized = self.directory / "cdktf.out"
        given = {} if main is run.main else {"tree": narrowed(synthesized, *only) if only else synthesized}
        self.capture.readouterr()
        code = main(["qa", *arguments], directory=self.directory / "config", **given)
        output, errors = self.capture.readouterr()
        assert code == 0, output[-3000:] + errors[-3000:] + "\n".join(self.lines)
        return output

    def services(self) -> dict[str, str]:
        """The state of each service's deployment."""
        ecs = self.aws.client("ecs", ACCOUNT)
        names = ecs.list_services(cluster=CLUSTER)["serviceArns"]
        found = ecs.describe_services(cluster=CLUSTER, services=names)["services"] if names else []
        active = [each for each in found if each["status"] == "ACTIVE"]
        return {each["serviceName"]: each["deployments"][0]["rolloutState"] for each in active}

    def paths(self) -> set[str]:
        """Those that the rules of the load balancer have."""
        balancers = self.aws.client("elbv2", ACCOUNT)
        (balancer,) = balancers.describe_load_balancers()["LoadBalancers"]
        listeners = balancers.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
        rules = [balancers.describe_rules(ListenerArn=each["ListenerArn"])["Rules"] for each in listeners]
        conditions = [each for found in rules for rule in found for each in rule["Conditions"]]
        return {value for each in conditions for value in each.get("PathPatternConfig", {}).get("Values", ())}

    def schedules(self) -> dict[str, str]:
        """When each schedule starts."""
        scheduler = self.aws.client("scheduler", ACCOUNT)
        found = scheduler.list_schedules()["Schedules"]
        each = [scheduler.get_schedule(GroupName=one["GroupName"], Name=one["Name"]) for one in found]
        return {one["Name"]: one["ScheduleExpression"] for one in each}


@pytest.fixture
def rehearsal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Rehearsal]:
    require(projects.PYTHON.exists(), projects.REMEDY)
    require(not [*servers.missing()], "PostgreSQL, Redis and OpenSSL")
    (tmp_path / "config").mkdir()
    shop = project.find(str(projects.startproject(tmp_path, celery=True)), str(projects.PYTHON), None)
    with LocalAws() as aws, ExitStack() as stack:
        variables = aws.environment(ACCOUNT, os.environ)
        for name in {*os.environ} - {*variables}:
            monkeypatch.delenv(name)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(providers.configure(tmp_path)))
        monkeypatch.setattr(rollout, "LASTING_SECONDS", 1.0)
        aws.client("s3", ACCOUNT).create_bucket(Bucket=BUCKET)
        made = Rehearsal(aws, tmp_path, capsys)
        made.write(QA)
        units = {unit.role: unit for unit in tree.read(tmp_path / "cdktf.out")}

        def client(service: str) -> Any:
            return aws.client(service, ACCOUNT)

        aws.ecs.addresses = processes.ADDRESSES
        aws.ecs.engine = stack.enter_context(
            application.engine(QA, units, shop, given={}, client=client, on_line=made.lines.append)
        )
        ports = aws.ecs.engine.ports
        url = stack.enter_context(load_balancer.serving(QA, "api.example.com", client("elbv2"), ports))
        monkeypatch.setenv(VARIABLE, url)
        yield made


def test_it_is_deployed_changed_and_destroyed_by_its_data(mirrors: object, rehearsal: Rehearsal) -> None:
    output = rehearsal.run(command.main)
    assert "qa runs rehearsal, deployed in " in output
    assert f"Look at {os.environ[VARIABLE]}/\n" in output
    assert {*rehearsal.lines} == {f"books-qa-{name}: is healthy" for name in ("web", "web-api", "worker")}
    assert [run.family for run in rehearsal.aws.ecs.runs] == ["books-qa-init-database", "books-qa-migrate"]
    assert "No migrations to apply" in rehearsal.run(run.main, "python manage.py migrate")
    every = dict.fromkeys(("books-qa-web", "books-qa-web-api", "books-qa-worker"), "COMPLETED")
    assert rehearsal.services() == every
    assert rehearsal.schedules() == {"books-qa-job-clean": "rate(1 day)"}
    assert rehearsal.paths() == {"/api/*"}

    weekly = replace(CLEAN, schedule=ScheduleInputs(expression="cron(0 4 ? * MON *)"))
    v2 = replace(API, route=RouteInputs(priority=10_000, paths=("/api/*", "/v2/*")))
    rehearsal.write(described(replace(SHOP, webs={"api": v2}, jobs={"clean": weekly})))
    rehearsal.run(command.main, only=[NETWORK, SERVICE])
    assert rehearsal.services() == every
    assert rehearsal.schedules() == {"books-qa-job-clean": "cron(0 4 ? * MON *)"}
    rehearsal.run(run.main, "", "--job", "clean")
    assert rehearsal.aws.ecs.runs[-1].family == "books-qa-job-clean"
    assert rehearsal.paths() == {"/api/*", "/v2/*"}

    rehearsal.write(described(replace(SHOP, webs=None, jobs=None), webs=None))
    allowed = [f"--allow={SERVICE}:{address}" for address in LOST]
    rehearsal.run(command.main, *allowed, only=[NETWORK, SERVICE])
    assert rehearsal.services() == dict.fromkeys(("books-qa-web", "books-qa-worker"), "COMPLETED")
    assert rehearsal.schedules() == {}
    assert rehearsal.paths() == set()
    assert "QueueUrls" not in rehearsal.aws.client("sqs", ACCOUNT).list_queues()

    assert rehearsal.run(status.main, only=[NETWORK, SERVICE]).splitlines()[-1] == "qa is as it was deployed"
    rehearsal.run(destroy.main, "--yes")
    assert rehearsal.services() == {}
    assert rehearsal.aws.client("rds", ACCOUNT).describe_db_instances()["DBInstances"] == []
