"""Units of django-service as a project's description may synthesize them: what ECS takes, by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cli.terraform.tree import Unit

Json = dict[str, Any]

POSTGRESQL = "${data.terraform_remote_state.postgresql.outputs."
REDIS = "${data.terraform_remote_state.redis.outputs."
APPLICATION = "${aws_secretsmanager_secret.database_app.arn}"
MIGRATION = "${aws_secretsmanager_secret.database_migration.arn}"
MASTER = POSTGRESQL + "master_secret_arn}"

VARIABLES = {
    "ALLOWED_HOSTS": "api.example.com",
    "DJANGO_SETTINGS_MODULE": "shop.settings",
    "REDIS_URL": REDIS + "redis_url}",
    "CELERY_BROKER_URL": REDIS + "celery_broker_url}",
    "PGSSLMODE": "verify-full",
    "PGSSLROOTCERT": "/rds/authorities.pem",
}
SECRETS = {
    "SECRET_KEY": "${aws_secretsmanager_secret.secret_key.arn}:::1",
    "DATABASE_URL": f"{APPLICATION}:url::1",
}
# Writes an authority, as that of Amazon's: the trial adds its own.
AUTHORITIES = {
    "name": "authorities",
    "image": "${local.image}",
    "essential": False,
    "entryPoint": ["sh", "-c"],
    "command": [
        "openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=rds -keyout /dev/null -out /rds/authorities.pem 2>&1"
    ],
    "mountPoints": [{"sourceVolume": "rds", "containerPath": "/rds"}],
    "readonlyRootFilesystem": True,
}
SQL = """
psql -v ON_ERROR_STOP=1 <<SQL
CREATE ROLE app_user LOGIN PASSWORD '$APP_PASSWORD';
CREATE ROLE migrator LOGIN PASSWORD '$MIGRATION_PASSWORD';
GRANT ALL ON SCHEMA public TO migrator;
GRANT migrator TO dbmaster;
ALTER DEFAULT PRIVILEGES FOR ROLE migrator GRANT ALL ON TABLES TO app_user;
ALTER DEFAULT PRIVILEGES FOR ROLE migrator GRANT ALL ON SEQUENCES TO app_user;
SQL
"""


def container(name: str, *command: str, **changes: Any) -> Json:
    """A container of the application that waits for the authorities, as ECS describes one."""
    given = {
        "name": name,
        "image": "${local.image}",
        "essential": True,
        "environment": pairs(VARIABLES),
        "secrets": [{"name": key, "valueFrom": value} for key, value in SECRETS.items()],
        "readonlyRootFilesystem": True,
        "mountPoints": [
            {"sourceVolume": "tmp", "containerPath": "/tmp"},
            {"sourceVolume": "rds", "containerPath": "/rds", "readOnly": True},
        ],
        "dependsOn": [{"containerName": "authorities", "condition": "SUCCESS"}],
        "stopTimeout": 30,
        **({"command": [*command]} if command else {}),
    }
    return {**given, **changes}


def pairs(variables: dict[str, str]) -> list[Json]:
    """As ECS has variables."""
    return [{"name": key, "value": value} for key, value in variables.items()]


def init_database() -> Json:
    """A container of PostgreSQL's image that makes the users."""
    return {
        "name": "init-database",
        "image": "public.ecr.aws/docker/library/postgres:17",
        "essential": True,
        "entryPoint": ["sh", "-c"],
        "command": [SQL],
        "environment": pairs(
            {
                "PGHOST": POSTGRESQL + "address}",
                "PGPORT": POSTGRESQL + "port}",
                "PGDATABASE": POSTGRESQL + "database_name}",
                "PGSSLMODE": "verify-full",
                "PGSSLROOTCERT": "/rds/authorities.pem",
            }
        ),
        "secrets": [
            {"name": "PGUSER", "valueFrom": f"{MASTER}:username::"},
            {"name": "PGPASSWORD", "valueFrom": f"{MASTER}:password::"},
            {"name": "APP_PASSWORD", "valueFrom": f"{APPLICATION}:password::1"},
            {"name": "MIGRATION_PASSWORD", "valueFrom": f"{MIGRATION}:password::1"},
        ],
        "mountPoints": [{"sourceVolume": "rds", "containerPath": "/rds", "readOnly": True}],
        "dependsOn": [{"containerName": "authorities", "condition": "SUCCESS"}],
        "readonlyRootFilesystem": True,
    }


def migrate(*command: str, **changes: Any) -> Json:
    """The release task, as the user who owns the tables."""
    secrets = {**SECRETS, "DATABASE_URL": f"{MIGRATION}:url::1"}
    return container(
        "migrate",
        *(command or ("python", "manage.py", "migrate", "--noinput")),
        secrets=[{"name": key, "valueFrom": value} for key, value in secrets.items()],
        **changes,
    )


def web(port: int, name: str = "web", **changes: Any) -> Json:
    """What serves HTTP, by the image's CMD."""
    # As the check by a name that CloudFront draws, it refers to what Terraform knows.
    program = (
        f"assert '{POSTGRESQL}address}}' == 'localhost'; import urllib.request as r; "
        f"r.urlopen(r.Request('http://127.0.0.1:{port}/healthz/', "
        "headers={'Host': 'api.example.com', 'X-Forwarded-Proto': 'https'}), timeout=5)"
    )
    return container(
        name,
        portMappings=[{"containerPort": port}],
        healthCheck={"command": ["CMD", "python", "-c", program], "timeout": 5},
        **changes,
    )


def unit(*tasks: list[Json], services: tuple[str, ...] = (), matcher: str = "200-499", grace: int = 30) -> Unit:
    """A unit of these tasks, each by its containers. Services named web and web-<name> are behind the load balancer."""
    names = [containers[-1]["name"].replace("-", "_") for containers in tasks]
    definitions = {
        name: {"container_definitions": json.dumps(containers)} for name, containers in zip(names, tasks, strict=True)
    }
    target = [{"target_group_arn": "${aws_lb_target_group.target.arn}", "container_name": "web"}]
    described = {
        name: {
            "task_definition": f"${{aws_ecs_task_definition.{name.replace('-', '_')}.arn}}",
            "health_check_grace_period_seconds": grace,
            **({"load_balancer": target} if name.partition("-")[0] == "web" else {}),
        }
        for name in services
    }
    configuration = {
        "//": {
            "unit": "django-service",
            "environment": "test",
            "mock_outputs": {"redis": {"iam_user_name": "redis-user"}, "postgresql": {"port": 5432}},
        },
        "locals": {"image": "${var.image_tag}"},
        "resource": {
            "aws_ecs_task_definition": definitions,
            "aws_ecs_service": described,
            "aws_lb_target_group": {
                "target": {"health_check": {"path": "/healthz/", "matcher": matcher, "timeout": 5}},
            },
            "aws_secretsmanager_secret_version": {
                "secret_key": _version("secret_key", _drawn("secret_key")),
                "database_app": _version("database_app", _login("app_user", "database_app")),
                "database_migration": _version("database_migration", _login("migrator", "database_migration")),
            },
        },
    }
    return Unit(
        name="test-django-service", directory=Path("/"), home=Path("/"), configuration=configuration, dependencies=()
    )


def _version(secret: str, value: str) -> Json:
    return {"secret_id": f"${{aws_secretsmanager_secret.{secret}.id}}", "secret_string_wo": f"${{{value}}}"}


def _drawn(name: str) -> str:
    return f"ephemeral.aws_secretsmanager_random_password.{name}.random_password"


def _login(user: str, name: str) -> str:
    at = f"@{POSTGRESQL}address}}:{POSTGRESQL}port}}/{POSTGRESQL}database_name}}"
    return f'jsonencode({{"password" = {_drawn(name)}, "url" = "postgres://{user}:${{{_drawn(name)}}}{at}"}})'
