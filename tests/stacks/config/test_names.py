"""What a project may call the values of the platform."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from modules.task_definition.inputs import RuntimeInputs
from modules.validation import line, problems
from stacks.config.application_inputs import ApplicationInputs, ProcessInputs
from stacks.config.database_inputs import DatabaseInputs
from tests.environments.application import APPLICATION
from tests.support import environment

SHOP = ApplicationInputs(settings_module="shop.settings")
REDIS_REMEDY = "remove it, or set the variable in each environment"


def lines(variables: Mapping[str, str | None], **changes: Any) -> list[str]:
    return [line(problem) for problem in problems(replace(SHOP, variables=variables, **changes))]


def environment_lines(
    variables: Mapping[str, str | None],
    service: Mapping[str, Any] | None = None,
    server: Any = None,
    **changes: Any,
) -> list[str]:
    smallest = environment(**changes)
    application = replace(APPLICATION, variables=variables, server=server)
    inputs = replace(smallest.django_service, application=application, **(service or {}))
    return [*map(line, problems(replace(smallest, django_service=inputs)))]


@pytest.mark.parametrize(
    "variables",
    [
        {"POSTGRES_HOST": "{DATABASE_HOST}", "DB": "postgres://{DATABASE_USER}@{DATABASE_HOST}:{DATABASE_PORT}/x"},
        {"CSRF_TRUSTED_ORIGINS": "{URL}", "SITE": "{HOSTNAME}", "BIND": "0.0.0.0:{PORT}"},
        {"CACHE_URL": "rediss://{REDIS_HOST}:{REDIS_PORT}/1", "BROKER": "{CELERY_BROKER_HOST}:{CELERY_BROKER_PORT}"},
        {"SECRET_KEY": "{DJANGO_SECRET_KEY}", "DJANGO_SECRET_KEY": None},
        {"DJANGO_ALLOWED_HOSTS": "{DJANGO_ALLOWED_HOSTS},localhost", "REDIS_URL": "{REDIS_URL}&health_check=1"},
        {"FORMAT": "{{}} {{{ENVIRONMENT}}}", "EMPTY": "", "EMAIL_PASSWORD": ""},
        {"CELERY_BROKER_URL": "sqs://"},
    ],
)
def test_any_value_stands_under_any_name(variables: dict[str, str | None]) -> None:
    assert lines(variables) == []
    assert lines({}, web=ProcessInputs(variables=variables)) == []


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        (
            {"A": "{DATABASE}", "B": "{X}{Y}{X}"},
            [
                "variables['A']: names DATABASE: use one of AWS_DEFAULT_REGION, AWS_REGION, ",
                "variables['B']: names X, Y: use one of ",
            ],
        ),
        (
            {"A": '{"a": 1}'},
            ["variables['A']: has braces that hold no name of a value: write \"{DATABASE_HOST}\" for a value, "],
        ),
        ({"A": "{"}, ["variables['A']: has braces that hold no name"]),
        ({"A": "{DATABASE_PORT:d}"}, ["variables['A']: has braces that hold no name"]),
        ({"A": "{DATABASE_HOST.x}"}, ["variables['A']: has braces that hold no name"]),
        ({"A": "{}"}, ["variables['A']: has braces that hold no name"]),
        (
            {"A": "postgres://{DATABASE_USER}:{DATABASE_PASSWORD}@{DATABASE_HOST}"},
            [
                (
                    "variables['A']: puts DATABASE_PASSWORD into a text, and ECS hands a secret over as it is: "
                    'write "{DATABASE_PASSWORD}" alone; a URL with the password is "{DATABASE_URL}"'
                )
            ],
        ),
        (
            {"A": "{REDIS_URL}/1"},
            ["variables['A']: adds a path to REDIS_URL, which has one already: write \"rediss://{REDIS_HOST}:"],
        ),
        (
            {"DATABASE_HOST": "localhost"},
            ["variables['DATABASE_HOST']: is set by the service itself: compose it of \"{DATABASE_HOST}\", or "],
        ),
        ({"DJANGO_SECRET_KEY": "x"}, ["variables['DJANGO_SECRET_KEY']: is set by the service itself: "]),
        ({"A": None}, ["variables['A']: is set by nobody, so that None removes nothing: remove the line"]),
        ({"STRIPE_API_KEY": "x"}, ["variables['STRIPE_API_KEY']: names a secret, and variables are plain text"]),
        ({"A-B": "x"}, ["variables['A-B']: is no name of a variable"]),
    ],
)
def test_what_cannot_be_is_refused_a_line_for_each_variable(variables: dict[str, str | None], said: list[str]) -> None:
    found = lines(variables)
    assert len(found) == len(said)
    assert all(each.startswith(start) for each, start in zip(found, said, strict=True)), found


def test_a_process_removes_what_all_have() -> None:
    worker = ProcessInputs(variables={"A": None, "B": None})
    assert lines({"A": "x"}, worker=worker) == [
        "worker.variables['B']: is set by nobody, so that None removes nothing: remove the line"
    ]


def test_what_a_server_reads_is_the_services_where_it_serves() -> None:
    own = {"PORT": "1", "UVICORN_PORT": "1"}
    said = "is set by the service itself: compose it of "
    assert [each.partition("]: ")[2].startswith(said) for each in lines(own, server="uvicorn")] == [True, True]
    assert [each[:26] for each in lines(own, server="gunicorn")] == ["variables['PORT']: is set "]
    assert lines(own, server=None) == []
    assert lines({"A": "{UVICORN_PORT}"}, server=None)[0].startswith("variables['A']: names UVICORN_PORT: use one of ")
    runtime = {"runtime": RuntimeInputs(variables={"PORT": "1"})}
    assert environment_lines({}, runtime) == []
    assert environment_lines({"PORT": None}, runtime, server="gunicorn") == []
    assert environment_lines({}, runtime, server="gunicorn") == [
        "django_service.runtime.variables['PORT']: is set by the service itself: choose another name"
    ]


def test_a_name_that_looks_secret_may_be_declared_public() -> None:
    assert lines({"MAPS_API_KEY": "x"}, public_variables=("MAPS_API_KEY",)) == []
    assert lines({"STRIPE_PUBLISHABLE_KEY": "pk_live_0123456789abcdefABCDEF01"}) == []


@pytest.mark.parametrize(
    ("variables", "changes", "why"),
    [
        ({"A": "{REDIS_HOST}"}, {"redis": None}, "names REDIS_HOST, and there is no Redis"),
        ({"A": "{REDIS_URL}"}, {"redis": None}, "names REDIS_URL, and there is no Redis"),
        ({"A": "{REDIS_IAM_USER}"}, {}, "names REDIS_IAM_USER, and redis.iam_authentication is False"),
        ({"A": "{CELERY_SHUTDOWN_SECONDS}"}, {}, "names CELERY_SHUTDOWN_SECONDS, and there is no worker"),
        (
            {"A": "{DATABASE_SECRET_ARN}"},
            {},
            "names DATABASE_SECRET_ARN, and django_service.database_authentication is 'iam'",
        ),
        (
            {"A": "{DATABASE_PASSWORD}"},
            {},
            "names DATABASE_PASSWORD, and django_service.database_authentication is 'iam'",
        ),
    ],
)
def test_a_value_that_an_environment_has_not_is_refused_there(
    variables: dict[str, str | None], changes: dict[str, Any], why: str
) -> None:
    where = "django_service.application.variables['A']"
    assert environment_lines(variables, **changes) == [f"{where}: {why}: {REDIS_REMEDY}"]


def test_a_broker_of_the_projects_own_takes_the_place_of_redis() -> None:
    own = {"CELERY_BROKER_URL": "sqs://"}
    assert environment_lines(own, redis=None) == []
    assert environment_lines(own)[0].startswith(
        "django_service.application.variables['CELERY_BROKER_URL']: is set by the service itself: "
    )


@pytest.mark.parametrize("name", ["ENVIRONMENT", "REDIS_URL"])
def test_what_the_application_removes_each_environment_may_set(name: str) -> None:
    runtime = {"runtime": RuntimeInputs(variables={name: "mine"})}
    assert environment_lines({name: None}, runtime) == []
    assert environment_lines({}, runtime) == [
        f"django_service.runtime.variables['{name}']: is set by the service itself: choose another name"
    ]


def test_what_comes_with_passwords_is_the_services_where_there_are_any() -> None:
    own = {"DATABASE_URL": "sqlite:////data/db"}
    assert environment_lines(own) == []  # the tests' application signs in with tokens
    assert environment_lines(own, {"database_authentication": "password"}) == [
        (
            "django_service.application.variables['DATABASE_URL']: is set by the service itself: "
            'compose it of "{DATABASE_URL}", or remove it by None and set it in each environment'
        )
    ]
    given = {"DATABASE_URL": None, "POSTGRES_URL": "{DATABASE_URL}"}
    assert environment_lines(given, {"database_authentication": "password"}) == []


def test_how_libpq_verifies_is_the_services_unless_the_image_brings_the_authorities() -> None:
    own = {"PGSSLMODE": "disable"}
    assert lines(own, database=DatabaseInputs(brings_ca_bundle=True)) == []
    assert lines(own)[0].startswith("variables['PGSSLMODE']: is set by the service itself: ")
    assert lines({"PGSSLMODE": None}) == []


def test_a_text_that_is_wrong_hides_nothing_else() -> None:
    found = environment_lines({"A": "{", "B": "{REDIS_HOST}"}, redis=None)
    assert [each.partition(": ")[0].partition("variables")[2] for each in found] == ["['A']", "['B']"]
