"""An environment with sessions, AWS in words that a test gives, and programs on PATH that write down how they ran."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import botocore.session
import pytest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from botocore.validate import validate_parameters

from cli.deploy import run
from cli.ecs.plugin import PLUGIN
from cli.ecs.task import Tasks
from cli.terraform import environment as environments
from modules.redis.inputs import RedisInputs
from stacks.config import SessionInputs
from stacks.config.schema import Environment
from tests import configurations
from tests.support import environment

FAMILY = "django-dev-session"
TASK = "arn:aws:ecs:us-east-1:123456789012:task/django-dev/abc"
TARGET = "ecs:django-dev_abc_abc-2"
HOST = "django-dev-postgresql.abc.us-east-1.rds.amazonaws.com"
PASSWORD = r"s:e\cret"
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:django-dev/postgresql-app-x-AbCdEf"
MASTER = "arn:aws:secretsmanager:us-east-1:123456789012:secret:rds!db-1-AbCdEf"

_VPC = {"subnets": ["subnet-1"], "securityGroups": ["sg-1"]}
_SERVICE = {
    "status": "ACTIVE",
    "serviceName": "django-dev-web",
    "runningCount": 1,
    "desiredCount": 1,
    "deployments": [{"status": "PRIMARY", "taskDefinition": "web:1", "createdAt": 0}],
    "networkConfiguration": {"awsvpcConfiguration": _VPC},
}
AGENT = {"name": "ExecuteCommandAgent", "lastStatus": "RUNNING"}
CONTAINER = {"name": "session", "runtimeId": "abc-2", "managedAgents": [AGENT]}
BESIDE = {"name": "aws-guardduty-agent", "runtimeId": "abc-1"}
RUNS = {"taskArn": TASK, "lastStatus": "RUNNING", "containers": [BESIDE, CONTAINER]}
STARTS = {"taskArn": TASK, "lastStatus": "PENDING", "containers": [{"name": "session", "lastStatus": "PENDING"}]}
_DEFINITION = {
    "family": FAMILY,
    "containerDefinitions": [
        {
            "name": "session",
            "image": "django:1",
            "secrets": [
                {"name": "DJANGO_SECRET_KEY", "valueFrom": "arn:aws:secretsmanager:us-east-1:1:secret:django-dev/key"},
                {"name": "DATABASE_PASSWORD", "valueFrom": f"{SECRET}:password::v1"},
            ],
        }
    ],
}


def refusal(operation: str, code: str) -> ClientError:
    """An error of AWS."""
    return ClientError({"Error": {"Code": code, "Message": code}}, operation)


@dataclass
class Aws:
    """What each operation answers; an error is raised, and of a list the first is taken while there are others."""

    answers: dict[str, Any] = field(
        default_factory=lambda: {
            "DescribeServices": {"services": [_SERVICE]},
            "DescribeTaskDefinition": {"taskDefinition": _DEFINITION},
            "RunTask": {"tasks": [{"taskArn": TASK}], "failures": []},
            "DescribeTasks": [{"tasks": []}, {"tasks": [STARTS]}, {"tasks": [RUNS]}],
            "ListTasks": {"taskArns": []},
            "ExecuteCommand": {"session": {"sessionId": "s", "streamUrl": "wss://x", "tokenValue": "t"}},
            "StopTask": {},
            "StartSession": {"SessionId": "s", "StreamUrl": "wss://x", "TokenValue": "t", "ResponseMetadata": {}},
            "DescribeDBInstances": {
                "DBInstances": [
                    {
                        "DBInstanceStatus": "available",
                        "Endpoint": {"Address": HOST, "Port": 5432},
                        "MasterUserSecret": {"SecretArn": MASTER},
                    }
                ]
            },
            "DescribeReplicationGroups": {
                "ReplicationGroups": [
                    {"Status": "available", "NodeGroups": [{"PrimaryEndpoint": {"Address": "redis.aws", "Port": 6379}}]}
                ]
            },
            "GetSecretValue": {"SecretString": json.dumps({"username": "postgres", "password": PASSWORD})},
        }
    )
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    actions: set[str] = field(default_factory=set)
    """What IAM would check of these."""

    def get_credentials(self) -> Credentials:
        """Of whoever runs the verb."""
        return Credentials("AKIAEXAMPLE", "x")

    def client(self, name: str) -> Any:
        """One whose calls have only parameters that AWS knows."""
        model = botocore.session.get_session().get_service_model(name)
        real = botocore.session.get_session().create_client(
            name, region_name="us-east-1", aws_access_key_id="AKIAEXAMPLE", aws_secret_access_key="x"
        )
        made = SimpleNamespace(
            exceptions=real.exceptions, generate_db_auth_token=getattr(real, "generate_db_auth_token", None)
        )
        for operation in model.operation_names:
            python = botocore.xform_name(operation)
            setattr(made, python, functools.partial(self._call, model.operation_model(operation), operation))
        made.get_paginator = lambda python: SimpleNamespace(paginate=lambda **given: [getattr(made, python)(**given)])
        return made

    def _call(self, model: Any, operation: str, **given: Any) -> Any:
        validate_parameters(given, model.input_shape)
        self.calls.append((operation, given))
        self.actions.add(f"{model.service_model.signing_name}:{operation}")
        answer = self.answers[operation]
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def asked(self, operation: str) -> list[dict[str, Any]]:
        """With what an operation was called."""
        return [given for name, given in self.calls if name == operation]


@dataclass
class Sessions:
    """A machine with the plugin, and an environment dev whose directory is this."""

    aws: Aws
    directory: Path
    programs: Path

    def write(self, *, redis: RedisInputs | None = None, **changes: Any) -> Environment:
        """The environment, with sessions unless told otherwise, and other changes of its service."""
        service = replace(environment().django_service, **{"session": SessionInputs(), **changes})
        found = environment(name="dev", django_service=service, redis=redis or environment().redis)
        configurations.write(self.directory, found)
        return found

    def program(self, name: str, body: str) -> None:
        """A program on PATH: Python, which writes down its arguments, its variables and what `note` is given."""
        file = self.programs / name
        file.write_text(
            f"#!{sys.executable} -S\n"
            "import json, os, signal, sys, time\n"
            "ran = {'argv': sys.argv, 'environ': dict(os.environ)}\n"
            f"file = {f'{file}.json'!r}\n"
            "def note(**more): open(file, 'w').write(json.dumps({**ran, **more}))\n"
            f"note()\n{body}\n"
        )
        file.chmod(0o755)

    def ran(self, name: str) -> dict[str, Any]:
        """What a program has written down."""
        found: dict[str, Any] = json.loads((self.programs / f"{name}.json").read_text())
        return found


FORWARDS = """
print("Starting session with SessionId: s", flush=True)
print("Port opened for sessionId s.\\nWaiting for connections...", flush=True)
time.sleep(600)
"""


@contextmanager
def serving(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sessions]:
    """The environment, AWS, and a plugin that ends at once."""
    aws, programs, directory = Aws(), tmp_path / "bin", tmp_path / "config"
    programs.mkdir()
    directory.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setattr(environments, "session_of", lambda _: aws)
    monkeypatch.setattr(run, "Tasks", functools.partial(Tasks, poll_seconds=0.01))
    found = Sessions(aws, directory, programs)
    found.write()
    found.program(PLUGIN, "")
    yield found
