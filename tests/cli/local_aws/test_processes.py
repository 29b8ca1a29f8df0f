"""Where a project is there, what ECS is asked for runs as processes, and its answers are theirs."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, build_opener

import pytest

from cli.ecs.network import Network
from cli.ecs.task import Ended, TaskFailed, Tasks
from cli.local_aws import application, load_balancer, processes
from cli.local_aws.processes import Machine, Processes
from cli.local_aws.server import LocalAws
from cli.trial import servers
from cli.trial.dockerfile import Image
from cli.trial.project import Project
from stacks.config import ApplicationInputs, DjangoServiceInputs, PostgreSQLInputs, WebInputs
from stacks.config.schema import Environment
from stacks.failure import Failure
from tests.cli.local_aws.conftest import ACCOUNT
from tests.cli.trial import units
from tests.support import PATIENCE_SECONDS, environment
from tests.terraform import require

pytestmark = pytest.mark.thorough

CLUSTER, REPOSITORY = "django-test", "123456789012.dkr.ecr.us-east-1.amazonaws.com/django"
SERVER = """
import http.server, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = " ".join([os.environ["NAME"], self.headers["Host"], self.headers["X-Forwarded-Proto"] or "", self.path])
        self.send_response(int(os.environ["STATUS"]))
        self.send_header("Location", "https://api.example.com/there")
        self.end_headers()
        self.wfile.write(body.encode())
print("serving", flush=True)
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""


class Cluster:
    """A cluster of the local AWS, behind a load balancer, whose containers are processes."""

    def __init__(self, aws: LocalAws, running: Processes | None, lines: list[str]) -> None:
        self.aws, self.processes, self.lines = aws, running, lines
        self.ecs, self.logs, self.elb = (aws.client(name, ACCOUNT) for name in ("ecs", "logs", "elbv2"))
        ec2 = aws.client("ec2", ACCOUNT)
        self.vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
        subnets = [each["SubnetId"] for each in ec2.describe_subnets()["Subnets"][:2]]
        group = ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]
        self.network = Network(subnet_ids=tuple(subnets), security_group_ids=(group,))
        balancer = self.elb.create_load_balancer(Name="test", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
        self.groups = {name: self._target_group(name) for name in ("web", "web-api")}
        self.listener = self.elb.create_listener(
            LoadBalancerArn=balancer, Port=80, Protocol="HTTP", DefaultActions=self.forward("web")
        )["Listeners"][0]["ListenerArn"]
        self.logs.create_log_group(logGroupName="/ecs/test")
        self.ecs.create_cluster(clusterName=CLUSTER)

    def _target_group(self, name: str) -> str:
        made = self.elb.create_target_group(
            Name=name,
            Port=80,
            Protocol="HTTP",
            VpcId=self.vpc,
            TargetType="ip",
            HealthCheckPath="/healthz",
            Matcher={"HttpCode": "200-299"},
        )
        return str(made["TargetGroups"][0]["TargetGroupArn"])

    def forward(self, name: str) -> list[dict[str, str]]:
        return [{"Type": "forward", "TargetGroupArn": self.groups[name]}]

    def register(self, name: str, *containers: dict[str, Any], port: int | None = None, beside: str = "") -> str:
        """The ARN of a task definition: the main container, and those before it. `beside` is the image of a sidecar."""
        options = {"awslogs-group": "/ecs/test", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "ecs"}
        main, *first = containers
        found = [
            {
                "name": name,
                **main,
                "dependsOn": [{"containerName": each["name"], "condition": "SUCCESS"} for each in first],
            }
        ]
        found += [{"essential": False, **each} for each in first]
        for each in found:
            each |= {"image": f"{REPOSITORY}:1", "logConfiguration": {"logDriver": "awslogs", "options": options}}
        if beside:
            found.append({"name": "agent", "essential": False, "image": beside})
        if port:
            found[0]["portMappings"] = [{"containerPort": port}]
        made = self.ecs.register_task_definition(
            family=f"django-test-{name}",
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            cpu="256",
            memory="512",
            containerDefinitions=found,
        )
        return str(made["taskDefinition"]["taskDefinitionArn"])

    def web(self, port: int, status: int = 200, name: str = "web") -> str:
        variables = {"NAME": name, "PORT": str(port), "STATUS": str(status)}
        environment = [{"name": key, "value": value} for key, value in variables.items()]
        return self.register(name, {"command": ["python", "-c", SERVER], "environment": environment}, port=port)

    def create(self, name: str, definition: str, port: int, count: int = 2) -> None:
        self.ecs.create_service(
            cluster=CLUSTER,
            serviceName=f"django-test-{name}",
            taskDefinition=definition,
            desiredCount=count,
            deploymentConfiguration={"deploymentCircuitBreaker": {"enable": True, "rollback": True}},
            networkConfiguration=self.network.configuration(),
            healthCheckGracePeriodSeconds=5,
            loadBalancers=[{"targetGroupArn": self.groups[name], "containerName": name, "containerPort": port}],
        )

    def service(self, name: str = "web") -> Any:
        return self.ecs.describe_services(cluster=CLUSTER, services=[f"django-test-{name}"])["services"][0]

    def until(self, is_so: Callable[[Any], bool], name: str = "web") -> Any:
        """The service, once it is so."""
        end = time.monotonic() + PATIENCE_SECONDS
        while not is_so(service := self.service(name)):
            assert time.monotonic() < end, service
            time.sleep(0.1)
        return service

    def run(self, definition: str, *, command: list[str] | None = None) -> tuple[Ended, list[str]]:
        lines: list[str] = []
        tasks = Tasks(self.ecs, self.logs, CLUSTER, poll_seconds=0.1)
        return tasks.run(definition, self.network, command=command, on_line=lines.append), lines

    def pid(self, port: int) -> int:
        """Of the server that has this port."""
        (found,) = [
            int(each.name)
            for each in Path("/proc").glob("[0-9]*")
            if (environment := _read(each / "environ"))
            and f"PORT={port}".encode() in environment.split(b"\0")
            and b"HTTPServer" in _read(each / "cmdline")
        ]
        return found


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""


OPENER = build_opener(ProxyHandler({}))


def ask(url: str) -> tuple[int, str]:
    """The status and the body of an answer."""
    try:
        with OPENER.open(url) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()


@pytest.fixture
def project(monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """One whose containers need no more than Python."""
    require(not [*servers.missing()], "PostgreSQL, Redis and OpenSSL")
    monkeypatch.setattr(processes, "_AGAIN_SECONDS", 0.3)
    monkeypatch.setattr(application, "_LASTING_SECONDS", 0.5)
    directory = Path(tempfile.mkdtemp(prefix="test-processes-"))
    python = directory / "bin" / "python"
    python.parent.mkdir()
    python.symlink_to(os.path.realpath(shutil.which("python3") or ""))
    image = Image()
    yield Project(
        context=directory,
        directory=directory,
        python=python,
        image=image,
        has_dockerfile=True,
        collects_static_files=False,
    )
    shutil.rmtree(directory)


UNIT = units.unit([units.container("web", "true")])


def described() -> Environment:
    """An environment of it, whose PostgreSQL has a port that is free."""
    return environment(
        django_service=DjangoServiceInputs(
            application=ApplicationInputs(settings_module="shop.settings"),
            ecr_repository_url=REPOSITORY,
            web=WebInputs(cpu=512, memory_mib=1024, desired_count=2),
        ),
        postgresql=PostgreSQLInputs(instance_class="db.t4g.small", storage_gb=50, port=servers.free_port()),
        redis=None,
    )


@pytest.fixture
def cluster(aws: LocalAws, project: Project) -> Iterator[Cluster]:
    def client(service: str) -> Any:
        return aws.client(service, ACCOUNT)

    given, found, lines = described(), {"django-service": UNIT}, list[str]()
    with application.engine(given, found, project, given={}, client=client, on_line=lines.append) as running:
        aws.ecs.engine = running
        yield Cluster(aws, running, lines)


def test_a_service_is_what_its_process_is(cluster: Cluster) -> None:
    taken = cluster.web(8000, name="web-api")  # which is that of web, whether or not it runs already
    cluster.create("web-api", taken, 8000)
    service = cluster.until(lambda found: found["deployments"][0]["rolloutState"] == "COMPLETED", "web-api")
    assert service["runningCount"] == 2
    (line,) = cluster.lines
    assert line.startswith("django-test-web-api: does not run here, and is said to: django-test-web has port 8000: ")
    cluster.lines.clear()

    port = servers.free_port()
    first = cluster.web(port)
    cluster.create("web", first, port)
    assert cluster.service()["deployments"][0]["rolloutState"] == "IN_PROGRESS"
    service = cluster.until(lambda found: found["deployments"][0]["rolloutState"] != "IN_PROGRESS")
    assert (service["deployments"][0]["rolloutState"], service["runningCount"]) == ("COMPLETED", 2)
    assert cluster.lines == ["django-test-web: is healthy"]

    cluster.ecs.update_service(cluster=CLUSTER, service="django-test-web", taskDefinition=cluster.web(port, status=500))
    service = cluster.until(lambda found: found["deployments"][0]["rolloutState"] == "COMPLETED")
    assert service["taskDefinition"] == first
    assert any(
        "answers 500 to https://api.example.com/there, not 200-299 within 5 s" in each["message"]
        for each in service["events"]
    )
    cluster.until(lambda found: found["runningCount"] == 2)

    tasks = cluster.ecs.list_tasks(cluster=CLUSTER, serviceName="django-test-web")["taskArns"]
    os.kill(cluster.pid(port), signal.SIGKILL)
    service = cluster.until(lambda found: found["runningCount"] == 0)
    service = cluster.until(lambda found: found["runningCount"] == 2)
    assert "has started 1 tasks, because the one before ended with exit code 137" in service["events"][0]["message"]
    assert {*tasks}.isdisjoint(cluster.ecs.list_tasks(cluster=CLUSTER, serviceName="django-test-web")["taskArns"])

    cluster.ecs.delete_service(cluster=CLUSTER, service="django-test-web", force=True)
    end = time.monotonic() + PATIENCE_SECONDS
    while servers.is_taken(port):
        assert time.monotonic() < end
        time.sleep(0.1)
    streams = cluster.logs.describe_log_streams(logGroupName="/ecs/test")["logStreams"]
    events = [
        cluster.logs.get_log_events(logGroupName="/ecs/test", logStreamName=each["logStreamName"])["events"]
        for each in streams
    ]
    assert "serving" in {each["message"] for found in events for each in found}


def test_a_one_off_task_ends_as_its_process_does(cluster: Cluster) -> None:
    program = "import os; print('hello', os.environ['WHO']); raise SystemExit(3)"
    variables = [{"name": "WHO", "value": "world"}]
    main = {"command": ["python", "-c", program], "environment": variables}
    definition = cluster.register("migrate", main, beside="agent:7")
    ended, lines = cluster.run(definition)
    assert (ended.exit_code, lines) == (3, ["hello world"])
    foreign = "django-test-migrate: container agent does not run: agent:7 is not on this machine"
    assert cluster.lines == [foreign]
    ended, lines = cluster.run(definition, command=["python", "-c", "print('another')"])
    assert (ended.exit_code, lines) == (0, ["another"])

    guard = {"name": "guard", "command": ["python", "-c", "raise SystemExit('guard: DEBUG is on')"]}
    ended, lines = cluster.run(cluster.register("migrate", {"command": ["python", "-c", "print('never')"]}, guard))
    assert (ended.exit_code, lines) == (1, ["guard: DEBUG is on"])
    assert ended.log_stream.startswith("ecs/guard/")

    arn = "arn:aws:secretsmanager:us-east-1:111122223333:secret:stripe-AbCdEf"
    secret = {"command": ["true"], "secrets": [{"name": "STRIPE_KEY", "valueFrom": arn}]}
    with pytest.raises(TaskFailed, match="STRIPE_KEY is a secret that only the account has: give it .* by --env-file"):
        cluster.run(cluster.register("migrate", secret))

    manager = cluster.aws.client("secretsmanager", ACCOUNT)
    made = manager.create_secret(Name="shop", SecretString='{"password": "first"}')
    arn, version = made["ARN"], made["VersionId"]
    manager.put_secret_value(SecretId=arn, SecretString='{"password": "second"}')
    secrets = [{"name": "PASSWORD", "valueFrom": f"{arn}:password::{version}"}]
    program = "import os; print(os.environ['PASSWORD'])"
    _, lines = cluster.run(cluster.register("show", {"command": ["python", "-c", program], "secrets": secrets}))
    assert lines == ["first"]


def test_the_load_balancer_follows_its_rules(cluster: Cluster) -> None:
    given: Environment = environment()
    assert cluster.processes
    with load_balancer.serving(given, "api.example.com", cluster.elb, cluster.processes.ports) as url:
        assert ask(f"{url}/")[0] == 503
        port, api = servers.free_port(), servers.free_port()
        cluster.elb.create_rule(
            ListenerArn=cluster.listener,
            Priority=10,
            Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/api/*"]}}],
            Actions=cluster.forward("web-api"),
        )
        for name, number in (("web", port), ("web-api", api)):
            cluster.create(name, cluster.web(number, name=name), number)
            cluster.until(lambda found: found["runningCount"] == 2, name)
        assert ask(f"{url}/there?x=%20y") == (200, "web api.example.com https /there?x=%20y")
        assert ask(f"{url}/api/v1") == (200, "web-api api.example.com https /api/v1")
        with OPENER.open(f"{url}/") as answer:
            assert answer.headers["Location"] == f"{url}/there"


@pytest.mark.slow
def test_what_is_deployed_already_runs_once_its_database_is_made(aws: LocalAws, project: Project) -> None:
    given, port = described(), servers.free_port()
    deployed = Cluster(aws, None, [])
    for name in ("init-database", "migrate"):
        deployed.register(name, {"command": ["python", "-c", f"print('{name}')"]})
    deployed.create("web", deployed.web(port), port)
    deployed.until(lambda found: found["runningCount"] == 2)
    assert not servers.is_taken(port)

    deployment: Any = SimpleNamespace(aws=aws, units=[UNIT], client=lambda service: aws.client(service, ACCOUNT))
    lines: list[str] = []
    with application.running(given, deployment, project, {}, lines.append) as url:
        assert lines == [
            *("django-test-init-database: running", "init-database", "django-test-migrate: running", "migrate"),
            "django-test-web: is healthy",
        ]
        assert ask(f"{url}/")[1].startswith("web api.example.com https /")
    assert not servers.is_taken(port)
    assert aws.ecs.engine is None

    deployed.register("migrate", {"command": ["python", "-c", "raise SystemExit(3)"]})
    with (
        pytest.raises(Failure, match="django-test-migrate: ended with exit code 3, see above: correct it"),
        application.running(given, deployment, project, {}, lines.append),
    ):
        pass


def test_redis_takes_tokens_of_the_user_that_is_deployed(tmp_path: Path) -> None:
    users = {"iam": {"user_name": "django-test-redis"}, "nobody": {"user_name": "default"}}
    redis = replace(UNIT, configuration={"resource": {"aws_elasticache_user": users}})
    found = {"django-service": UNIT, "redis": redis}
    assert Machine(environment(), found, {}, tmp_path, None).redis_user == "django-test-redis"
    assert Machine(environment(), {"django-service": UNIT}, {}, tmp_path, None).redis_user == ""
