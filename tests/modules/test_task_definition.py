"""The task definition: its container, its roles and its logs."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from modules.iam import Statement
from modules.task_definition.application import Application, FirstContainer, TaskEnvironment
from modules.task_definition.container import HttpServer
from modules.task_definition.inputs import IamStatementInputs, RuntimeInputs
from modules.task_definition.main import TaskDefinition
from modules.task_definition.secret import Secret
from modules.validation import InvalidInput
from tests.support import Json, module_json, only

ACCOUNT = "us-east-1:123456789012"
SECRET_KEY = f"arn:aws:secretsmanager:{ACCOUNT}:secret:key-AbCdEf"
SECRET = f"arn:aws:secretsmanager:{ACCOUNT}:secret:mail-AbCdEf"
PARAMETER = f"arn:aws:ssm:{ACCOUNT}:parameter/django/mail"
KMS_KEY = f"arn:aws:kms:{ACCOUNT}:key/00000000-0000-0000-0000-000000000000"
REPOSITORY = f"arn:aws:ecr:{ACCOUNT}:repository/django"
MEDIA = "arn:aws:s3:::media/*"
SERVER = HttpServer(
    port=8000, path="/health/live/", interval_seconds=30, timeout_seconds=5, retries=3, grace_seconds=60
)
PROTO = "X-Forwarded-Proto"
ENVIRONMENT = TaskEnvironment(
    variables={"B": "2", "A": "1"},
    secrets={"DJANGO_SECRET_KEY": Secret.version(SECRET_KEY, "v1")},
    statements=[Statement(actions=["rds-db:connect"], resources=["arn:aws:rds-db:user"])],
)
EVERYTHING = RuntimeInputs(
    execute_command=True,
    read_only_root_filesystem=False,
    variables={"EMAIL_HOST": "smtp.example.com"},
    secrets={"EMAIL_PASSWORD": f"{SECRET}:password::", "EMAIL_USER": f"{SECRET}:user::", "DSN": PARAMETER},
    secret_kms_key_arns=(KMS_KEY,),
    iam_statements=(IamStatementInputs(actions=("s3:PutObject",), resources=(MEDIA,)),),
)


def task(
    runtime: RuntimeInputs,
    writable_directories: tuple[str, ...] = (),
    *,
    user: str | None = None,
    registry: str = "",
    declares_volumes: bool = True,
    **changes: Any,
) -> Json:
    application = Application(
        prefix="django-test",
        region="us-east-1",
        account_id="123456789012",
        image="registry/django:1.0.0",
        ecr_repository_arn=None if registry else REPOSITORY,
        runtime=runtime,
        user=user,
        writable_directories=writable_directories,
        registry_secret_arn=registry or None,
        declares_volumes=declares_volumes,
    )
    given = {"environment": ENVIRONMENT, "name": "web", "cpu": 256, "memory_mib": 512, "server": SERVER, **changes}
    document = module_json(lambda stack: TaskDefinition(stack, "task", application=application, **given))
    resources: Json = document["resource"]
    return resources


@pytest.fixture(scope="module")
def default() -> Json:
    return task(RuntimeInputs())


@pytest.fixture(scope="module")
def everything() -> Json:
    return task(EVERYTHING)


def container(resources: Json) -> Json:
    definition: Json
    (definition,) = json.loads(only(resources["aws_ecs_task_definition"])["container_definitions"])
    return definition


WRITER = FirstContainer(
    name="writer", command=("echo",), entry_point=("sh", "-c"), image="other:1", variables={"X": "1"}, writes=("data",)
)
GUARD = FirstContainer(name="guard", command=("check",), variables={"X": "1"}, inherits_environment=True)


SEVERAL = replace(ENVIRONMENT, first=(WRITER, GUARD), volumes={"data": "/data"})


def containers(resources: Json) -> dict[str, Json]:
    """The containers of a task by name."""
    found = json.loads(only(resources["aws_ecs_task_definition"])["container_definitions"])
    return {each["name"]: each for each in found}


@pytest.fixture(scope="module")
def several() -> dict[str, Json]:
    """A task with two that run first."""
    resources = task(RuntimeInputs(), environment=SEVERAL)
    assert only(resources["aws_ecs_task_definition"])["volume"] == [{"name": "tmp"}, {"name": "data"}]
    return containers(resources)


def mounted(container: Json) -> dict[str, bool]:
    """Whether it may only read each directory."""
    return {each["containerPath"]: each["readOnly"] for each in container["mountPoints"]}


def allowed(resources: Json, role: str) -> dict[str, tuple[str, ...]]:
    """The resources by action of what a role is allowed."""
    document = json.loads(resources["aws_iam_role_policy"][f"task_{role}_policy"]["policy"])
    return {action: tuple(found["Resource"]) for found in document["Statement"] for action in found["Action"]}


def checked(status: int, location: str = "", **changes: Any) -> tuple[int, list[dict[str, str]]]:
    """The exit code of the container's check against a server that answers so, and what it asked with."""
    asked: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append({"path": self.path, **{name: self.headers.get(name, "") for name in ("Host", PROTO)}})
            self.send_response(status)
            if location:
                self.send_header("Location", location)
            self.end_headers()

        def log_message(self, format: str, *arguments: Any) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        found = task(RuntimeInputs(), server=replace(SERVER, port=server.server_port, **changes))
        _, _, *command = container(found)["healthCheck"]["command"]
        code = subprocess.run([sys.executable, *command], check=False, stderr=subprocess.DEVNULL).returncode
        server.shutdown()
    return code, asked


class TestHealthCheck:
    def test_by_its_hostname_it_is_asked_as_over_https(self) -> None:
        code, asked = checked(200, hostname="www.example.com", path="/?health=1")
        assert (code, asked) == (0, [{"path": "/?health=1", "Host": "www.example.com", PROTO: "https"}])

    @pytest.mark.parametrize("status", [400, 404, 500, 503])
    def test_what_is_not_below_400_is_a_failure_however_it_is_asked(self, status: int) -> None:
        for changes in ({"hostname": "www.example.com"}, {"redirects": True}, {}):
            assert checked(status, **changes)[0] == 1

    def test_a_redirect_is_an_answer_where_the_load_balancer_takes_it_for_one(self) -> None:
        for changes in ({"hostname": "www.example.com"}, {"redirects": True}):
            code, asked = checked(302, location="http://nowhere.invalid/login/", **changes)
            assert (code, len(asked)) == (0, 1)
        assert checked(302, location="http://nowhere.invalid/login/")[0] == 1


class TestAnotherRegistry:
    SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:ghcr-AbCdEf"

    def test_ecs_signs_in_for_the_image_of_the_application_alone(self) -> None:
        environment = replace(ENVIRONMENT, first=(WRITER, GUARD), volumes={"data": "/data"})
        made = task(RuntimeInputs(), registry=self.SECRET, environment=environment)
        found = json.loads(only(made["aws_ecs_task_definition"])["container_definitions"])
        credentials = {each["name"]: each.get("repositoryCredentials") for each in found}
        given = {"credentialsParameter": self.SECRET}
        assert credentials == {"web": given, "writer": None, "guard": given}

    def test_the_execution_role_reads_its_credentials_and_nothing_of_ecr(self) -> None:
        rights = allowed(task(RuntimeInputs(), registry=self.SECRET), "execution_role")
        assert self.SECRET in rights["secretsmanager:GetSecretValue"]
        assert not any(action.startswith("ecr:") for action in rights)

    def test_ecr_needs_no_credentials(self, default: Json) -> None:
        assert "repositoryCredentials" not in container(default)


class TestFirstContainers:
    def test_each_waits_for_those_before_it_and_the_main_one_for_all(self, several: dict[str, Json]) -> None:
        assert list(several) == ["web", "writer", "guard"]
        waits = {
            name: [each["containerName"] for each in found.get("dependsOn", ())] for name, found in several.items()
        }
        assert waits == {"web": ["writer", "guard"], "writer": [], "guard": ["writer"]}
        assert {each["condition"] for found in several.values() for each in found.get("dependsOn", ())} == {"SUCCESS"}
        assert {name: found["essential"] for name, found in several.items()} == {
            "web": True, "writer": False, "guard": False
        }  # fmt: skip
        assert several["guard"]["startTimeout"] == 120

    def test_one_that_inherits_is_as_the_main_one_with_a_variable_more(self, several: dict[str, Json]) -> None:
        guard, web = several["guard"], several["web"]
        assert guard["environment"] == [*web["environment"], {"name": "X", "value": "1"}]
        for key in ("image", "secrets", "readonlyRootFilesystem", "mountPoints", "logConfiguration", "linuxParameters"):
            assert guard[key] == web[key]
        assert guard["command"] == ["check"]
        assert not {"entryPoint", "user", "healthCheck", "portMappings", "stopTimeout"} & guard.keys()

    def test_one_that_writes_a_volume_is_root_without_a_capability_or_a_secret(self, several: dict[str, Json]) -> None:
        writer = several["writer"]
        assert writer["user"] == "0"
        assert writer["linuxParameters"]["capabilities"] == {"drop": ["ALL"]}
        assert (writer["environment"], writer["secrets"]) == ([{"name": "X", "value": "1"}], [])
        assert (writer["image"], writer["entryPoint"], writer["command"]) == ("other:1", ["sh", "-c"], ["echo"])

    def test_only_that_one_may_write_it(self, several: dict[str, Json]) -> None:
        assert {name: mounted(found)["/data"] for name, found in several.items()} == {
            "web": True, "writer": False, "guard": True
        }  # fmt: skip
        assert {mounted(found)["/tmp"] for found in several.values()} == {False}

    def test_volumes_of_an_image_that_declares_none_are_opened_before_all_else(self) -> None:
        made = task(RuntimeInputs(), ("/srv/media",), declares_volumes=False, environment=SEVERAL)
        found = containers(made)
        assert found["directories"]["command"] == ["chmod 1777 /tmp /srv/media || true"]
        assert (found["directories"]["user"], found["directories"]["secrets"]) == ("0", [])
        assert [each["containerName"] for each in found["writer"]["dependsOn"]] == ["directories"]
        assert "directories" in [each["containerName"] for each in found["web"]["dependsOn"]]

    def test_a_root_file_system_that_is_writable_has_none_to_open(self) -> None:
        runtime = RuntimeInputs(read_only_root_filesystem=False)
        assert "directories" not in containers(task(runtime, declares_volumes=False))

    def test_another_user_than_that_of_the_image_is_that_of_what_inherits_too(self) -> None:
        found = containers(task(RuntimeInputs(), environment=SEVERAL, user="65534"))
        assert {name: each["user"] for name, each in found.items()} == {"web": "65534", "writer": "0", "guard": "65534"}


class TestContainer:
    def test_its_variables_are_sorted_and_joined_by_those_of_the_user(self, everything: Json) -> None:
        assert container(everything)["environment"] == [
            {"name": "A", "value": "1"},
            {"name": "B", "value": "2"},
            {"name": "EMAIL_HOST", "value": "smtp.example.com"},
        ]

    def test_its_secrets_are_references(self, everything: Json) -> None:
        assert container(everything)["secrets"] == [
            {"name": "DJANGO_SECRET_KEY", "valueFrom": f"{SECRET_KEY}:::v1"},
            {"name": "DSN", "valueFrom": PARAMETER},
            {"name": "EMAIL_PASSWORD", "valueFrom": f"{SECRET}:password::"},
            {"name": "EMAIL_USER", "valueFrom": f"{SECRET}:user::"},
        ]

    def test_only_tmp_is_writable(self, default: Json) -> None:
        assert container(default)["readonlyRootFilesystem"] is True
        assert container(default)["mountPoints"] == [
            {"sourceVolume": "tmp", "containerPath": "/tmp", "readOnly": False}
        ]
        assert only(default["aws_ecs_task_definition"])["volume"] == [{"name": "tmp"}]

    def test_directories_that_the_application_names_are_writable_too(self) -> None:
        found = task(RuntimeInputs(), writable_directories=("/srv/app/media", "/var/cache/my.app"))
        volumes = {
            "tmp": "/tmp",
            "writable-srv-app-media": "/srv/app/media",
            "writable-var-cache-my-app": "/var/cache/my.app",
        }
        assert container(found)["mountPoints"] == [
            {"sourceVolume": name, "containerPath": path, "readOnly": False} for name, path in volumes.items()
        ]
        assert only(found["aws_ecs_task_definition"])["volume"] == [{"name": name} for name in volumes]
        writable = task(RuntimeInputs(read_only_root_filesystem=False), writable_directories=("/srv/app/media",))
        assert container(writable)["mountPoints"] == []
        assert "volume" not in only(writable["aws_ecs_task_definition"])

    def test_an_entry_point_is_the_images_unless_it_is_given(self, default: Json) -> None:
        assert "entryPoint" not in container(default)
        assert container(task(RuntimeInputs(), entry_point=("tini", "--")))["entryPoint"] == ["tini", "--"]

    def test_what_is_a_tasks_own_has_the_last_word(self) -> None:
        reports = IamStatementInputs(actions=("s3:PutObject",), resources=("arn:aws:s3:::reports/*",))
        own = TaskEnvironment.given({"EMAIL_USER": "me", "A": "3"}, {"EMAIL_HOST": PARAMETER}, (reports,))
        found = task(EVERYTHING, own=own)
        assert container(found)["environment"] == [
            {"name": "A", "value": "3"},
            {"name": "B", "value": "2"},
            {"name": "EMAIL_USER", "value": "me"},
        ]
        assert {each["name"]: each["valueFrom"] for each in container(found)["secrets"]} == {
            "DJANGO_SECRET_KEY": f"{SECRET_KEY}:::v1",
            "DSN": PARAMETER,
            "EMAIL_HOST": PARAMETER,
            "EMAIL_PASSWORD": f"{SECRET}:password::",
        }
        document = json.loads(found["aws_iam_role_policy"]["task_role_policy"]["policy"])
        puts = [each["Resource"] for each in document["Statement"] if each["Action"] == ["s3:PutObject"]]
        assert puts == [[MEDIA], ["arn:aws:s3:::reports/*"]]

    def test_a_writable_root_needs_no_volume(self, everything: Json) -> None:
        assert container(everything)["readonlyRootFilesystem"] is False
        assert container(everything)["mountPoints"] == []
        assert "volume" not in only(everything["aws_ecs_task_definition"])

    def test_its_health_is_asked_by_python_because_slim_images_have_no_curl(self, default: Json) -> None:
        assert container(default)["healthCheck"] == {
            "command": [
                "CMD",
                "python",
                "-c",
                "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health/live/', timeout=5)",
            ],
            "interval": 30,
            "timeout": 5,
            "retries": 3,
            "startPeriod": 60,
        }

    def test_what_serves_nothing_has_no_port_and_no_health_check(self) -> None:
        definition = container(task(RuntimeInputs(), server=None))
        assert not {"healthCheck", "portMappings"} & definition.keys()

    def test_it_runs_the_command_of_the_image_unless_told_another(self, default: Json) -> None:
        assert "command" not in container(default)
        assert container(task(RuntimeInputs(), command=("celery", "beat")))["command"] == ["celery", "beat"]

    def test_an_init_process_and_a_stalled_log_do_not_stop_it(self, default: Json) -> None:
        assert container(default)["linuxParameters"] == {"initProcessEnabled": True}
        options = container(default)["logConfiguration"]["options"]
        assert (options["mode"], options["max-buffer-size"]) == ("non-blocking", "25m")


class TestDefinition:
    def test_it_is_of_fargate_on_graviton(self, default: Json) -> None:
        definition = only(default["aws_ecs_task_definition"])
        assert definition["requires_compatibilities"] == ["FARGATE"]
        assert definition["runtime_platform"] == {"operating_system_family": "LINUX", "cpu_architecture": "ARM64"}
        assert (definition["cpu"], definition["memory"], definition["family"]) == ("256", "512", "django-test-web")

    def test_no_task_starts_before_its_roles_have_their_permissions(self, default: Json) -> None:
        assert only(default["aws_ecs_task_definition"])["depends_on"] == [
            "aws_iam_role_policy.task_execution_role_policy",
            "aws_iam_role_policy.task_role_policy",
        ]

    def test_an_old_revision_stays_to_go_back_to(self, default: Json) -> None:
        assert only(default["aws_ecs_task_definition"])["skip_destroy"] is True

    def test_its_logs_are_kept_in_a_group_of_its_own(self) -> None:
        resources = task(RuntimeInputs(log_retention_days=7, log_kms_key_arn=KMS_KEY))
        group = only(resources["aws_cloudwatch_log_group"])
        assert (group["name"], group["retention_in_days"]) == ("/ecs/django-test/web", 7)
        assert group["kms_key_id"] == KMS_KEY

    def test_the_rules_hold_for_a_module_used_alone(self) -> None:
        with pytest.raises(InvalidInput, match="execute_command"):
            task(RuntimeInputs(execute_command=True))


class TestExecutionRole:
    def test_it_pulls_one_repository_writes_one_log_group_and_reads_what_is_injected(self, default: Json) -> None:
        repository = (REPOSITORY,)
        logs = ("${aws_cloudwatch_log_group.task_log.arn}:*",)
        assert allowed(default, "execution_role") == {
            "ecr:GetAuthorizationToken": ("*",),
            "ecr:BatchCheckLayerAvailability": repository,
            "ecr:BatchGetImage": repository,
            "ecr:GetDownloadUrlForLayer": repository,
            "logs:CreateLogStream": logs,
            "logs:PutLogEvents": logs,
            "secretsmanager:GetSecretValue": (SECRET_KEY,),
        }

    def test_it_reads_each_further_secret_once_by_its_own_arn(self, everything: Json) -> None:
        permissions = allowed(everything, "execution_role")
        assert permissions["secretsmanager:GetSecretValue"] == (SECRET_KEY, SECRET)
        assert permissions["ssm:GetParameters"] == (PARAMETER,)

    def test_it_decrypts_with_keys_of_ones_own_only_by_way_of_the_services_that_keep_secrets(
        self, everything: Json
    ) -> None:
        document = json.loads(everything["aws_iam_role_policy"]["task_execution_role_policy"]["policy"])
        (statement,) = [found for found in document["Statement"] if found["Action"] == ["kms:Decrypt"]]
        assert statement["Resource"] == [KMS_KEY]
        assert statement["Condition"] == {
            "StringEquals": {
                "kms:ViaService": ["secretsmanager.us-east-1.amazonaws.com", "ssm.us-east-1.amazonaws.com"]
            }
        }


class TestTaskRole:
    def test_it_has_what_the_task_needs_and_nothing_of_the_execution_role(self, default: Json) -> None:
        assert allowed(default, "role") == {"rds-db:connect": ("arn:aws:rds-db:user",)}

    def test_a_shell_adds_four_actions_and_the_user_adds_statements(self, everything: Json) -> None:
        assert allowed(everything, "role") == {
            "rds-db:connect": ("arn:aws:rds-db:user",),
            "ssmmessages:CreateControlChannel": ("*",),
            "ssmmessages:CreateDataChannel": ("*",),
            "ssmmessages:OpenControlChannel": ("*",),
            "ssmmessages:OpenDataChannel": ("*",),
            "s3:PutObject": (MEDIA,),
        }

    def test_a_task_that_needs_nothing_has_a_role_without_a_policy(self) -> None:
        resources = task(RuntimeInputs(), environment=TaskEnvironment())
        assert set(resources["aws_iam_role_policy"]) == {"task_execution_role_policy"}

    def test_a_role_of_ones_own_takes_its_place(self) -> None:
        own = "arn:aws:iam::123456789012:role/own"
        resources = task(RuntimeInputs(task_role_arn=own))
        assert set(resources["aws_iam_role"]) == {"task_execution_role"}
        assert only(resources["aws_ecs_task_definition"])["task_role_arn"] == own


def test_each_role_is_for_tasks_of_this_account_and_region_only(default: Json) -> None:
    for role in default["aws_iam_role"].values():
        (statement,) = json.loads(role["assume_role_policy"])["Statement"]
        assert statement["Principal"] == {"Service": "ecs-tasks.amazonaws.com"}
        assert statement["Condition"] == {
            "StringEquals": {"aws:SourceAccount": "123456789012"},
            "ArnLike": {"aws:SourceArn": "arn:aws:ecs:us-east-1:123456789012:*"},
        }
        assert "managed_policy_arns" not in role
