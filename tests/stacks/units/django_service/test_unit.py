"""The django-service unit: its contract with the application, and what each of its tasks may do."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from cdktf import App

from modules.ecs_cluster.inputs import EcsClusterInputs
from modules.fargate_service.autoscaling_inputs import (
    AutoscalingInputs,
    WebAutoscalingInputs,
    WorkerAutoscalingInputs,
)
from modules.fargate_service.inputs import BeatInputs, WorkerInputs
from modules.load_balancer.inputs import LoadBalancerInputs
from modules.network.inputs import NetworkInputs
from modules.one_off_task.inputs import OneOffTaskInputs
from modules.redis.inputs import RedisGroupInputs, RedisInputs
from modules.task_definition.inputs import IamStatementInputs, RuntimeInputs
from stacks.config.application_inputs import ProcessInputs
from stacks.config.health_inputs import HealthInputs
from stacks.config.names import OF_REDIS, RESERVED, SECRET, VALUES
from stacks.config.schema import Environment
from stacks.units.certificate import CertificateUnit
from stacks.units.django_service.outputs import DjangoServiceOutputs
from stacks.units.django_service.unit import DjangoServiceUnit
from stacks.units.network import NetworkUnit
from stacks.units.postgresql import PostgreSQLUnit
from stacks.units.redis import RedisUnit
from tests.environments.application import APPLICATION
from tests.support import REDIS as REDIS_INPUTS
from tests.support import Json, cloudflare_dns, environment, only, unit_json

NETWORK = "data.terraform_remote_state.network.outputs"
POSTGRESQL = "data.terraform_remote_state.postgresql.outputs"
REDIS = "data.terraform_remote_state.redis.outputs"
MASTER_SECRET = f"${{{POSTGRESQL}.master_secret_arn}}"
RDS_USER = f"arn:aws:rds-db:us-east-1:123456789012:dbuser:${{{POSTGRESQL}.resource_id}}"
KMS_KEY = "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000000"

NETWORK_INPUTS = NetworkInputs(cidr="10.0.0.0/16", zones=("us-east-1a", "us-east-1b"))

ALWAYS = {
    "DJANGO_SETTINGS_MODULE",
    "DJANGO_ALLOWED_HOSTS",
    "ENVIRONMENT",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "DATABASE_HOST",
    "DATABASE_PORT",
    "DATABASE_NAME",
    "DATABASE_AUTHENTICATION",
    "REDIS_URL",
    "CELERY_BROKER_URL",
}
ALL_TASKS = ("web", "worker", "beat", "init-database", "migrate", "check-status", "check")


def unit(environment: Environment) -> Json:
    def build(app: App) -> DjangoServiceUnit:
        network, inputs = NetworkUnit(app, environment), environment.redis
        return DjangoServiceUnit(
            app,
            environment,
            network=network,
            postgresql=PostgreSQLUnit(app, environment, network=network),
            redis=RedisUnit(app, environment, inputs=inputs, network=network) if inputs else None,
            certificate=CertificateUnit(app, environment),
        )

    return unit_json(build)


def service(**changes: Any) -> Json:
    return unit(environment(django_service=replace(environment().django_service, **changes)))


EVERYTHING: dict[str, Any] = {
    "web": replace(environment().django_service.web, autoscaling=WebAutoscalingInputs(min_count=1, max_count=4)),
    "worker": WorkerInputs(
        cpu=256, memory_mib=512, desired_count=1, autoscaling=AutoscalingInputs(min_count=1, max_count=2)
    ),
    "beat": BeatInputs(),
    "one_off_tasks": {"check": OneOffTaskInputs(command=("python", "manage.py", "check"))},
    "additional_allowed_hosts": ("www.example.com",),
    "runtime": RuntimeInputs(variables={"EMAIL_HOST": "smtp.example.com"}),
}


@pytest.fixture(scope="module")
def smallest() -> Json:
    return unit(environment())


@pytest.fixture(scope="module")
def everything() -> Json:
    return service(**EVERYTHING)


@pytest.fixture(scope="module")
def by_secret() -> Json:
    return unit(
        environment(
            postgresql=replace(environment().postgresql, master_secret_kms_key_arn=KMS_KEY),
            django_service=replace(environment().django_service, **EVERYTHING, database_authentication="secret"),
        )
    )


@pytest.fixture(scope="module")
def by_password() -> Json:
    return unit(
        environment(
            postgresql=replace(environment().postgresql, master_secret_kms_key_arn=KMS_KEY),
            django_service=replace(environment().django_service, **EVERYTHING, database_authentication="password"),
        )
    )


@pytest.fixture(scope="module")
def redis_by_iam() -> Json:
    group = RedisGroupInputs(node_type="cache.t4g.small")
    return unit(environment(redis=RedisInputs(cache=group, broker=group, iam_authentication=True)))


def address(task: str) -> str:
    return f"{task}_task" if task in ("web", "worker", "beat") else f"task_{task.replace('-', '_')}"


def container(document: Json, task: str) -> Json:
    definition: Json
    definitions = document["resource"]["aws_ecs_task_definition"][address(task)]["container_definitions"]
    (definition,) = json.loads(definitions)
    return definition


def variables(document: Json, task: str) -> dict[str, str]:
    return {variable["name"]: variable["value"] for variable in container(document, task)["environment"]}


def secrets(document: Json, task: str) -> dict[str, str]:
    return {secret["name"]: secret["valueFrom"] for secret in container(document, task)["secrets"]}


def allowed(document: Json, task: str, role: str = "role") -> dict[str, list[str]]:
    policy = document["resource"]["aws_iam_role_policy"].get(f"{address(task)}_{role}_policy")
    statements = json.loads(policy["policy"])["Statement"] if policy else []
    return {action: statement["Resource"] for statement in statements for action in statement["Action"]}


class TestContract:
    @pytest.mark.parametrize("task", ALL_TASKS)
    def test_every_task_finds_what_all_share(self, everything: Json, task: str) -> None:
        assert variables(everything, task).keys() >= ALWAYS
        assert variables(everything, task)["EMAIL_HOST"] == "smtp.example.com"
        assert "DJANGO_SECRET_KEY" in secrets(everything, task)

    def test_web_finds_exactly_this(self, everything: Json) -> None:
        assert variables(everything, "web") == {
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_REGION": "us-east-1",
            "CELERY_BROKER_URL": f"${{{REDIS}.celery_broker_url}}",
            "DATABASE_AUTHENTICATION": "iam",
            "DATABASE_HOST": f"${{{POSTGRESQL}.address}}",
            "DATABASE_NAME": f"${{{POSTGRESQL}.database_name}}",
            "DATABASE_PORT": f"${{{POSTGRESQL}.port}}",
            "DATABASE_USER": "app_user",
            "DJANGO_ALLOWED_HOSTS": "api.example.com,www.example.com",
            "DJANGO_SETTINGS_MODULE": "config.settings.production",
            "EMAIL_HOST": "smtp.example.com",
            "ENVIRONMENT": "test",
            "GUNICORN_KEEPALIVE_SECONDS": "75",
            "GUNICORN_LOG_LEVEL": "info",
            "REDIS_URL": f"${{{REDIS}.redis_url}}",
            "TRUSTED_PROXIES": "2",
            "WEB_CONCURRENCY": "4",
        }
        assert set(secrets(everything, "web")) == {"DJANGO_SECRET_KEY"}

    def test_web_trusts_no_proxy_that_is_not_there(self) -> None:
        dns = cloudflare_dns(proxied=False)
        assert variables(unit(environment(cloudflare_dns=dns)), "web")["TRUSTED_PROXIES"] == "1"

    def test_web_keeps_connections_longer_than_the_load_balancer(self) -> None:
        document = service(load_balancer=LoadBalancerInputs(idle_timeout_seconds=300))
        assert int(variables(document, "web")["GUNICORN_KEEPALIVE_SECONDS"]) > 300

    def test_a_worker_gives_tasks_back_before_it_is_killed(self) -> None:
        worker = WorkerInputs(cpu=256, memory_mib=512, desired_count=1, stop_timeout_seconds=60)
        document = service(worker=worker)
        assert container(document, "worker")["stopTimeout"] == 60
        assert variables(document, "worker")["CELERY_SHUTDOWN_SECONDS"] == "50"

    def test_a_worker_scales_on_the_queue_that_beat_publishes(self) -> None:
        worker = WorkerInputs(
            cpu=256, memory_mib=512, desired_count=1, autoscaling=WorkerAutoscalingInputs(min_count=1, max_count=5)
        )
        document = service(worker=worker, beat=BeatInputs())
        policy = document["resource"]["aws_appautoscaling_policy"]["worker_scaling_queue"]
        assert policy["depends_on"] == ["aws_appautoscaling_policy.worker_scaling_memory"]
        tracking = policy["target_tracking_scaling_policy_configuration"]
        per_task, waiting, running = tracking["customized_metric_specification"]["metrics"]
        assert tracking["target_value"] == 100
        assert [metric["return_data"] for metric in (per_task, waiting, running)] == [True, False, False]
        assert {name for name in ("waiting", "running") if name in per_task["expression"]} == {"waiting", "running"}
        assert waiting["metric_stat"]["metric"] == {
            "namespace": "Django",
            "metric_name": "QueueLength",
            "dimensions": [{"name": "Environment", "value": "test"}, {"name": "Queue", "value": "celery"}],
        }
        assert running["metric_stat"]["metric"]["dimensions"] == [
            {"name": "ClusterName", "value": "${aws_ecs_cluster.cluster.name}"},
            {"name": "ServiceName", "value": "${aws_ecs_service.worker.name}"},
        ]

    def test_all_that_is_ever_set_is_reserved(self, everything: Json, by_secret: Json, redis_by_iam: Json) -> None:
        names = {"EMAIL_HOST"}
        for document in (everything, by_secret, redis_by_iam):
            for task in ALL_TASKS:
                if address(task) in document["resource"]["aws_ecs_task_definition"]:
                    names |= variables(document, task).keys() | secrets(document, task).keys()
        assert names - {"EMAIL_HOST"} == {*RESERVED, *OF_REDIS}

    def test_no_secret_is_ever_a_plain_variable(self, everything: Json, by_secret: Json, redis_by_iam: Json) -> None:
        for document in (everything, by_secret, redis_by_iam):
            for task in document["resource"]["aws_ecs_task_definition"].values():
                (definition,) = json.loads(task["container_definitions"])
                assert not {variable["name"] for variable in definition["environment"]} & set(SECRET)
                for variable in definition["environment"]:
                    assert not re.search(r"random_password|secret_string|://[^/]*@", variable["value"]), variable

    @pytest.mark.parametrize("task", ["worker", "beat", "check-status", "check"])
    def test_what_serves_no_requests_is_the_same_user_with_less(self, everything: Json, task: str) -> None:
        assert variables(everything, task)["DATABASE_USER"] == "app_user"
        of_web = {"WEB_CONCURRENCY", "GUNICORN_LOG_LEVEL", "GUNICORN_KEEPALIVE_SECONDS", "TRUSTED_PROXIES"}
        assert not of_web & variables(everything, task).keys()


ADDED = {
    "POSTGRES_HOST": "{DATABASE_HOST}",
    "POSTGRES_USER": "{DATABASE_USER}",
    "DATABASE": "{DATABASE_HOST}:{DATABASE_PORT}/{DATABASE_NAME}",
    "CACHE_URL": "rediss://{REDIS_HOST}:{REDIS_PORT}/1",
    "CSRF_TRUSTED_ORIGINS": "{URL}",
    "SITE": "{HOSTNAME}:{PORT} {{it}}",
    "SECRET_KEY": "{DJANGO_SECRET_KEY}",
    "DJANGO_SECRET_KEY": None,
    "ENVIRONMENT": None,
    "REDIS_URL": "{REDIS_URL}&a=b",
    "OTHER_PASSWORD": "{DATABASE_PASSWORD}",
}


@pytest.fixture(scope="module")
def named() -> Json:
    worker = replace(APPLICATION.worker or ProcessInputs(), variables={"SITE": "w", "CACHE_URL": None})
    application = replace(APPLICATION, variables=ADDED, worker=worker)
    return service(**{**EVERYTHING, "application": application})


class TestNames:
    """What an application asks for under names of its own."""

    @pytest.mark.parametrize("task", ALL_TASKS)
    def test_every_task_finds_the_values_under_them(self, named: Json, everything: Json, task: str) -> None:
        found = variables(named, task)
        host = f"${{{POSTGRESQL}.address}}"
        assert found["POSTGRES_HOST"] == host
        assert found["DATABASE"] == f"{host}:${{{POSTGRESQL}.port}}/${{{POSTGRESQL}.database_name}}"
        assert found["CSRF_TRUSTED_ORIGINS"] == "https://api.example.com"
        assert found["REDIS_URL"] == f"${{{REDIS}.redis_url}}&a=b"
        user = {"migrate": "migrator", "init-database": f"${{{POSTGRESQL}.master_username}}"}
        assert found["POSTGRES_USER"] == user.get(task, "app_user")
        assert "ENVIRONMENT" not in found
        before = secrets(everything, task)
        before["SECRET_KEY"] = before.pop("DJANGO_SECRET_KEY")
        # It alone has a password to be called otherwise.
        assert secrets(named, task) == before | (
            {"OTHER_PASSWORD": f"{MASTER_SECRET}:password::"} if task == "init-database" else {}
        )

    def test_a_process_has_its_own(self, named: Json) -> None:
        web, worker = variables(named, "web"), variables(named, "worker")
        cache = f"rediss://${{{REDIS}.primary_endpoint_address}}:${{{REDIS}.port}}/1"
        assert (web["SITE"], web["CACHE_URL"]) == ("api.example.com:8000 {it}", cache)
        assert (worker["SITE"], "CACHE_URL" in worker) == ("w", False)

    @pytest.mark.parametrize("by", ["iam", "secret"])
    @pytest.mark.parametrize("redis", [None, REDIS_INPUTS, replace(REDIS_INPUTS, iam_authentication=True)])
    def test_whatever_an_environment_has_may_be_named_in_any_task(self, by: str, redis: RedisInputs | None) -> None:
        of = environment(redis=redis)
        of = replace(of, django_service=replace(of.django_service, **{**EVERYTHING, "database_authentication": by}))
        names = VALUES - of.absent_values.keys()
        application = replace(APPLICATION, variables={f"MY_{name}": f"{{{name}}}" for name in sorted(names)})
        document = unit(replace(of, django_service=replace(of.django_service, application=application)))
        for task in ALL_TASKS:
            found = {name for name in (*variables(document, task), *secrets(document, task)) if name.startswith("MY_")}
            assert found == {f"MY_{name}" for name in names}

    def test_a_server_is_given_what_it_reads_itself(self) -> None:
        balancer = LoadBalancerInputs(idle_timeout_seconds=300)
        web = replace(environment().django_service.web, container_port=8080, gunicorn_log_level="warning")
        expected = {
            "gunicorn": {"PORT": "8080", "GUNICORN_CMD_ARGS": "--keep-alive=315 --log-level=warning"},
            "uvicorn": {
                "PORT": "8080",
                "UVICORN_HOST": "0.0.0.0",
                "UVICORN_PORT": "8080",
                "UVICORN_TIMEOUT_KEEP_ALIVE": "315",
                "UVICORN_LOG_LEVEL": "warning",
            },
        }
        before = variables(service(web=web, load_balancer=balancer), "web")
        for server in ("gunicorn", "uvicorn"):
            document = service(
                web=web, load_balancer=balancer, application=replace(APPLICATION, server=server, tasks={})
            )
            assert variables(document, "web") == before | expected[server]
            assert not variables(document, "migrate").keys() & expected[server].keys()

    def test_what_a_server_reads_may_be_composed(self) -> None:
        given = {"GUNICORN_CMD_ARGS": "{GUNICORN_CMD_ARGS} --threads=4"}
        application = replace(APPLICATION, server="gunicorn", web=ProcessInputs(variables=given))
        found = variables(service(application=application), "web")
        assert found["GUNICORN_CMD_ARGS"] == "--keep-alive=75 --log-level=info --threads=4"

    def test_the_gate_reads_which_variables_are_public(self, smallest: Json) -> None:
        application = replace(APPLICATION, variables={"A_KEY": "x"}, public_variables=("A_KEY",))
        runtime = RuntimeInputs(variables={"B_KEY": "x"}, public_variables=("B_KEY",))
        assert service(application=application, runtime=runtime)["//"]["public_variables"] == ["A_KEY", "B_KEY"]
        assert "public_variables" not in smallest["//"]

    def test_an_environment_has_the_last_word_as_a_secret_too(self) -> None:
        application = replace(APPLICATION, variables={"A": "x", "B": "x", "KEY": "{DJANGO_SECRET_KEY}"})
        secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:a-AbCdEf"
        runtime = RuntimeInputs(variables={"B": "y", "KEY": ""}, secrets={"A": secret})
        document = service(application=application, runtime=runtime)
        found, given = variables(document, "web"), secrets(document, "web")
        assert (found["B"], found["KEY"], given["A"]) == ("y", "", secret)
        assert not found.keys() & given.keys()


class TestDatabase:
    @pytest.mark.parametrize("task", ["web", "worker", "beat", "check-status", "check"])
    def test_a_task_signs_in_as_the_application_and_as_nobody_else(self, everything: Json, task: str) -> None:
        assert allowed(everything, task) == {"rds-db:connect": [f"{RDS_USER}/app_user"]}

    def test_only_migrate_signs_in_as_the_owner_of_the_tables(self, everything: Json) -> None:
        assert variables(everything, "migrate")["DATABASE_USER"] == "migrator"
        assert allowed(everything, "migrate") == {"rds-db:connect": [f"{RDS_USER}/migrator"]}

    def test_only_init_database_gets_the_master_password(self, everything: Json) -> None:
        assert (
            secrets(everything, "init-database").items()
            >= {
                "DATABASE_USER": f"{MASTER_SECRET}:username::",
                "DATABASE_PASSWORD": f"{MASTER_SECRET}:password::",
            }.items()
        )
        found = variables(everything, "init-database")
        assert found["DATABASE_AUTHENTICATION"] == "password"
        assert (found["DATABASE_APP_USER"], found["DATABASE_MIGRATION_USER"]) == ("app_user", "migrator")
        assert "DATABASE_USER" not in found
        assert allowed(everything, "init-database") == {}
        for task in ALL_TASKS:
            reads = allowed(everything, task, "execution_role")["secretsmanager:GetSecretValue"]
            assert (MASTER_SECRET in reads) == (task == "init-database"), task

    @pytest.mark.parametrize("task", ["web", "worker", "beat", "migrate", "check-status"])
    def test_by_secret_the_application_reads_the_password_itself_at_each_connection(
        self, by_secret: Json, task: str
    ) -> None:
        found = variables(by_secret, task)
        assert found["DATABASE_AUTHENTICATION"] == "secret"
        assert found["DATABASE_SECRET_ARN"] == MASTER_SECRET
        assert found["DATABASE_USER"] == f"${{{POSTGRESQL}.master_username}}"
        assert "DATABASE_PASSWORD" not in secrets(by_secret, task)
        assert allowed(by_secret, task) == {
            "secretsmanager:GetSecretValue": [MASTER_SECRET],
            "kms:Decrypt": [KMS_KEY],
        }

    @pytest.mark.parametrize(
        ("task", "user", "secret"),
        [
            *((task, "app_user", "app_password") for task in ("web", "worker", "beat", "check-status", "check")),
            ("migrate", "migrator", "migration_password"),
        ],
    )
    def test_by_password_a_task_has_that_of_its_user_and_its_url(
        self, by_password: Json, task: str, user: str, secret: str
    ) -> None:
        arn, version = f"aws_secretsmanager_secret.{secret}.arn", f"aws_secretsmanager_secret_version.{secret}_version"
        found = variables(by_password, task)
        assert (found["DATABASE_AUTHENTICATION"], found["DATABASE_USER"]) == ("password", user)
        assert {name: value for name, value in secrets(by_password, task).items() if name.startswith("DATABASE")} == {
            "DATABASE_PASSWORD": f"${{{arn}}}:password::${{{version}.version_id}}",
            "DATABASE_URL": f"${{{arn}}}:url::${{{version}.version_id}}",
        }
        assert allowed(by_password, task) == {}
        reads = allowed(by_password, task, "execution_role")
        assert [each for each in reads["secretsmanager:GetSecretValue"] if "password" in each] == [f"${{{arn}}}"]
        assert reads["kms:Decrypt"] == [KMS_KEY]

    def test_by_password_init_database_has_those_that_it_sets(self, by_password: Json) -> None:
        found = secrets(by_password, "init-database")
        for name, secret in (("APP", "app"), ("MIGRATION", "migration")):
            assert found[f"DATABASE_{name}_PASSWORD"].startswith(
                f"${{aws_secretsmanager_secret.{secret}_password.arn}}:password::"
            )
        assert found["DATABASE_PASSWORD"] == f"{MASTER_SECRET}:password::"

    def test_a_key_of_ones_own_may_be_used_where_the_master_password_is_read(self, by_secret: Json) -> None:
        for task in ALL_TASKS:
            keys = allowed(by_secret, task, "execution_role").get("kms:Decrypt", [])
            assert (KMS_KEY in keys) == (task == "init-database"), task


class TestRedis:
    def test_without_iam_nobody_needs_a_permission(self, everything: Json) -> None:
        assert not [name for name in variables(everything, "web") if "IAM" in name or "REPLICATION" in name]

    def test_with_iam_tasks_connect_as_one_user_to_both_groups(self, redis_by_iam: Json) -> None:
        found = variables(redis_by_iam, "web")
        assert found["REDIS_IAM_USER"] == f"${{{REDIS}.iam_user_name}}"
        assert found["REDIS_REPLICATION_GROUP_ID"] == f"${{{REDIS}.id}}"
        assert found["CELERY_BROKER_REPLICATION_GROUP_ID"] == f"${{{REDIS}.broker_id}}"
        assert allowed(redis_by_iam, "web")["elasticache:Connect"] == [
            f"${{{REDIS}.arn}}",
            f"${{{REDIS}.broker_arn}}",
            f"${{{REDIS}.iam_user_arn}}",
        ]
        assert "elasticache:Connect" not in allowed(redis_by_iam, "init-database")

    def test_without_redis_a_worker_gets_the_broker_that_its_user_names(self) -> None:
        runtime = RuntimeInputs(variables={"CELERY_BROKER_URL": "sqs://"})
        worker = WorkerInputs(cpu=512, memory_mib=1024, desired_count=2)
        service = replace(environment().django_service, worker=worker, beat=BeatInputs(), runtime=runtime)
        document = unit(environment(redis=None, django_service=service))
        assert "redis" not in document["data"]["terraform_remote_state"]
        assert "redis" not in document["//"]["mock_outputs"]
        for task in ("web", "worker", "beat", "migrate"):
            found = variables(document, task)
            assert {name: found[name] for name in OF_REDIS if name in found} == {"CELERY_BROKER_URL": "sqs://"}, task
            assert {*allowed(document, task)} == {"rds-db:connect"}


class TestImage:
    def test_every_task_runs_the_image_that_the_pipeline_names(self, everything: Json) -> None:
        assert {container(everything, task)["image"] for task in ALL_TASKS} == {"${local.image}"}
        assert everything["locals"]["image"] == (
            "123456789012.dkr.ecr.us-east-1.amazonaws.com/django"
            '${startswith(var.image_tag, "sha256:") ? "@" : ":"}${var.image_tag}'
        )

    def test_there_is_no_image_by_default_and_none_called_latest(self, smallest: Json) -> None:
        variable = smallest["variable"]["image_tag"]
        assert "default" not in variable
        assert variable["nullable"] is False
        (validation,) = variable["validation"]
        assert 'lower(var.image_tag) != "latest"' in validation["condition"]

    @pytest.mark.parametrize(
        ("tag", "right"),
        [
            ("1.4.2", True),
            ("a1b2c3d", True),
            (f"sha256:{'0' * 64}", True),
            ("", False),
            (":1", False),
            ("1.0 ", False),
            ("a" * 129, False),
            ("sha256:0", False),
            ("a/b", False),
        ],
    )
    def test_a_tag_or_a_digest_is_one_that_ecr_knows(self, smallest: Json, tag: str, right: bool) -> None:
        (validation,) = smallest["variable"]["image_tag"]["validation"]
        found = re.search(r'regex\("(.*?)", var', validation["condition"])
        assert found
        assert bool(re.fullmatch(found[1], tag)) == right

    def test_tasks_pull_from_this_repository_alone(self, everything: Json) -> None:
        for task in ALL_TASKS:
            pulled = allowed(everything, task, "execution_role")["ecr:BatchGetImage"]
            assert pulled == ["arn:aws:ecr:us-east-1:123456789012:repository/django"]


class TestReach:
    def test_a_proxied_service_is_reached_by_cloudflare_alone(self, smallest: Json) -> None:
        rules = smallest["resource"]["aws_vpc_security_group_ingress_rule"]
        outside = [rule for rule in rules.values() if "referenced_security_group_id" not in rule]
        prefix_list = "${aws_ec2_managed_prefix_list.cloudflare.id}"
        assert [rule["prefix_list_id"] for rule in outside] == [prefix_list, prefix_list]
        assert "0.0.0.0/0" not in json.dumps(smallest["resource"])

    def test_a_service_that_is_not_proxied_is_reached_by_everybody(self) -> None:
        document = unit(environment(cloudflare_dns=cloudflare_dns(proxied=False)))
        rules = document["resource"]["aws_vpc_security_group_ingress_rule"].values()
        assert [rule["cidr_ipv4"] for rule in rules if "cidr_ipv4" in rule] == ["0.0.0.0/0", "0.0.0.0/0"]
        assert "aws_ec2_managed_prefix_list" not in document["resource"]

    def test_with_ipv6_cloudflare_has_a_list_of_each_kind(self) -> None:
        service = environment().django_service
        balancer = replace(service.load_balancer, ip_address_type="dualstack")
        document = unit(
            environment(
                network=replace(NETWORK_INPUTS, ipv6=True), django_service=replace(service, load_balancer=balancer)
            )
        )
        lists = document["resource"]["aws_ec2_managed_prefix_list"]
        assert {name: each["address_family"] for name, each in lists.items()} == {
            "cloudflare": "IPv4",
            "cloudflare_ipv6": "IPv6",
        }
        rules = document["resource"]["aws_vpc_security_group_ingress_rule"].values()
        assert {rule["prefix_list_id"] for rule in rules if "prefix_list_id" in rule} == {
            f"${{aws_ec2_managed_prefix_list.{name}.id}}" for name in lists
        }

    def test_an_internal_service_is_in_the_private_subnets_and_reached_from_the_vpc(self) -> None:
        service = environment().django_service
        balancer = replace(service.load_balancer, internal=True)
        record = cloudflare_dns(proxied=False)
        document = unit(environment(django_service=replace(service, load_balancer=balancer), cloudflare_dns=record))
        assert only(document["resource"]["aws_lb"])["subnets"] == f"${{{NETWORK}.private_subnet_ids}}"
        rules = document["resource"]["aws_vpc_security_group_ingress_rule"].values()
        assert {rule["cidr_ipv4"] for rule in rules if "cidr_ipv4" in rule} == {f"${{{NETWORK}.vpc_cidr}}"}

    def test_with_a_group_that_exists_cloudflare_s_ranges_are_its_business(self) -> None:
        service = environment().django_service
        balancer = replace(service.load_balancer, security_group_id="sg-01234567")
        document = unit(environment(django_service=replace(service, load_balancer=balancer)))
        assert "aws_ec2_managed_prefix_list" not in document["resource"]

    def test_services_run_in_a_cluster_that_exists(self) -> None:
        service = environment().django_service
        document = unit(environment(django_service=replace(service, cluster=EcsClusterInputs(existing="shared"))))
        assert {"aws_ecs_cluster", "aws_ecs_cluster_capacity_providers"}.isdisjoint(document["resource"])
        arn = "arn:aws:ecs:us-east-1:123456789012:cluster/shared"
        assert {each["cluster"] for each in document["resource"]["aws_ecs_service"].values()} == {arn}
        assert document["output"]["ecs_cluster_name"]["value"] == "shared"

    def test_tasks_stand_in_the_private_subnets_and_the_load_balancer_in_the_public_ones(
        self, everything: Json
    ) -> None:
        for found in everything["resource"]["aws_ecs_service"].values():
            assert found["network_configuration"] == {
                "subnets": f"${{{NETWORK}.private_subnet_ids}}",
                "security_groups": [f"${{{NETWORK}.application_security_group_id}}"],
                "assign_public_ip": False,
            }
        assert only(everything["resource"]["aws_lb"])["subnets"] == f"${{{NETWORK}.public_subnet_ids}}"

    def test_its_certificate_is_that_of_the_certificate_unit(self, smallest: Json) -> None:
        listener = smallest["resource"]["aws_lb_listener"]["load_balancer_https"]
        assert listener["certificate_arn"] == "${data.terraform_remote_state.certificate.outputs.certificate_arn}"


class TestServices:
    def test_worker_and_beat_are_left_out_unless_asked_for(self, smallest: Json, everything: Json) -> None:
        assert set(smallest["resource"]["aws_ecs_service"]) == {"web"}
        assert set(everything["resource"]["aws_ecs_service"]) == {"web", "worker", "beat"}
        names = ("worker_service_name", "worker_service_arn", "beat_service_name", "beat_log_group_name")
        assert {smallest["output"][name]["value"] for name in names} == {""}
        assert "" not in {everything["output"][name]["value"] for name in names}

    def test_each_task_has_an_execution_role_and_a_task_role_of_its_own(self, everything: Json) -> None:
        definitions = everything["resource"]["aws_ecs_task_definition"].values()
        roles = [definition[field] for definition in definitions for field in ("execution_role_arn", "task_role_arn")]
        assert len(set(roles)) == len(roles) == 2 * len(ALL_TASKS)

    def test_no_policy_is_of_aws_and_no_wildcard_without_need(self, everything: Json) -> None:
        assert "aws_iam_role_policy_attachment" not in everything["resource"]
        for policy in everything["resource"]["aws_iam_role_policy"].values():
            for statement in json.loads(policy["policy"])["Statement"]:
                assert not [action for action in statement["Action"] if "*" in action]
                assert "*" not in statement["Resource"] or statement["Action"] == ["ecr:GetAuthorizationToken"]

    def test_the_application_says_what_runs_its_processes_and_where_they_write(self, everything: Json) -> None:
        worker = ProcessInputs(entry_point=("tini", "--"), command=("celery",))
        application = replace(APPLICATION, worker=worker, writable_directories=("/srv/app/media",))
        document = service(**{**EVERYTHING, "application": application})
        found = container(document, "worker")
        assert (found["entryPoint"], found["command"]) == (["tini", "--"], ["celery"])
        assert "entryPoint" not in container(document, "beat")
        for task in ALL_TASKS:
            before = container(everything, task)["mountPoints"]
            media = {"sourceVolume": "writable-srv-app-media", "containerPath": "/srv/app/media", "readOnly": False}
            assert container(document, task)["mountPoints"] == [*before, media]

    @pytest.mark.parametrize(
        ("health", "by_hostname"),
        [
            (HealthInputs(path="/up/?a=1", codes="200-399"), False),
            (HealthInputs(path="/up/?a=1", codes="200-499"), True),
            (HealthInputs(path="/up/?a=1", codes="200", container_check="hostname"), True),
        ],
    )
    def test_one_of_load_balancer_and_container_asks_strictly(self, health: HealthInputs, by_hostname: bool) -> None:
        document = service(application=replace(APPLICATION, health=health))
        check = only(document["resource"]["aws_lb_target_group"])["health_check"]
        assert (check["path"], check["matcher"]) == ("/up/?a=1", health.codes)
        program = container(document, "web")["healthCheck"]["command"][-1]
        assert "/up/?a=1" in program
        assert ("'Host': 'api.example.com'" in program) is by_hostname

    def test_what_a_service_alone_has_no_other_task_has(self) -> None:
        puts = IamStatementInputs(actions=("s3:PutObject",), resources=("arn:aws:s3:::reports/*",))
        worker = replace(EVERYTHING["worker"], variables={"PART": "worker"}, iam_statements=(puts,))
        document = service(**{**EVERYTHING, "worker": worker})
        having = [task for task in ALL_TASKS if "PART" in variables(document, task)]
        allowing = [task for task in ALL_TASKS if "s3:PutObject" in allowed(document, task)]
        assert having == allowing == ["worker"]

    def test_a_rolled_back_deployment_may_be_ignored(self) -> None:
        found = service(wait_for_steady_state=False)["resource"]["aws_ecs_service"]["web"]
        assert found["wait_for_steady_state"] is False
        assert "postcondition" not in found.get("lifecycle", {})


class TestOutputs:
    def test_a_pipeline_finds_how_to_run_a_task(self, everything: Json) -> None:
        output = {name: found["value"] for name, found in everything["output"].items()}
        assert output["one_off_task_names"] == ["init-database", "migrate", "check-status", "check"]
        for name, family, arn in zip(
            output["one_off_task_names"],
            output["one_off_task_families"],
            output["one_off_task_definition_arns"],
            strict=True,
        ):
            definition = f"aws_ecs_task_definition.{address(name)}"
            assert (family, arn) == (f"${{{definition}.family}}", f"${{{definition}.arn}}")
            assert container(everything, name)["name"] == name
        assert output["service_security_group_id"] == f"${{{NETWORK}.application_security_group_id}}"
        assert output["private_subnet_ids"] == f"${{{NETWORK}.private_subnet_ids}}"

    def test_the_url_is_that_of_the_dns_record(self, smallest: Json) -> None:
        assert smallest["output"]["url"]["value"] == "https://api.example.com"

    def test_mocks_are_of_the_shape_of_what_is_published(self, everything: Json) -> None:
        mock = DjangoServiceOutputs.mock()
        assert set(everything["output"]) == set(DjangoServiceOutputs.__dataclass_fields__)
        for name in _lists():
            assert len(getattr(mock, name)) == len(mock.one_off_task_names)


def _lists() -> Iterator[str]:
    return (name for name in DjangoServiceOutputs.__dataclass_fields__ if name.startswith("one_off_task_"))


def test_every_name_begins_with_the_prefix_of_the_environment(everything: Json) -> None:
    named = {
        kind: [resource["name"] for resource in resources.values() if "name" in resource]
        for kind, resources in everything["resource"].items()
        if kind in ("aws_ecs_cluster", "aws_ecs_service", "aws_iam_role", "aws_lb", "aws_ec2_managed_prefix_list")
    }
    assert all(name.startswith("django-test") for names in named.values() for name in names)
    assert all(len(name) <= 64 for name in named["aws_iam_role"])
    groups = everything["resource"]["aws_cloudwatch_log_group"].values()
    assert all(group["name"].startswith("/ecs/django-test/") for group in groups)
