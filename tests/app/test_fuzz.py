"""Whatever is asked, the API answers without an error of the server, and 200 as its document says."""

import pytest
import schemathesis
from django.contrib.auth.models import Permission, User
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from rest_framework_simplejwt.tokens import AccessToken
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance

from config.wsgi import application

pytestmark = pytest.mark.real  # PostgreSQL refuses what SQLite lets pass, such as NUL in a text

OPERATIONS = [
    "GET /api/filters/", "GET /api/observations/", "POST /api/observations/", "GET /api/observations/{id}/",
    "PUT /api/observations/{id}/", "PATCH /api/observations/{id}/", "DELETE /api/observations/{id}/",
    "GET /api/salaries/", "GET /api/salaries/comparison/", "GET /api/salaries/insights/", "POST /api/token/",
    "POST /api/token/refresh/",
]  # fmt: skip
DATA = "role,uf,salary,moeda\ndev,SP,100,BRL\ndev,RJ,200,BRL\nqa,,50,USD\n"


@pytest.fixture
def _one_connection():
    """The end of a request closes the connection, and with it the test's transaction; Django's client prevents that too."""
    signals = (request_started, request_finished)
    for request_signal in signals:
        request_signal.disconnect(close_old_connections)
    yield
    for request_signal in signals:
        request_signal.connect(close_old_connections)


@pytest.fixture
def operations(loaded, _one_connection):
    loaded(DATA)
    schema = schemathesis.openapi.from_wsgi("/api/schema/?format=json", application)
    found = [result.ok() for result in schema.get_all_operations()]
    return {f"{operation.method.upper()} {operation.path}": operation for operation in found}


def test_every_operation_of_the_document_is_fuzzed(operations):
    assert sorted(operations) == sorted(OPERATIONS)


@pytest.mark.parametrize("name", OPERATIONS)
def test_no_question_is_an_error_of_the_server(operations, name):
    user = User.objects.create_user("fuzzer")
    user.user_permissions.set(Permission.objects.all())
    token = {"Authorization": f"Bearer {AccessToken.for_user(user)}"}

    @settings(
        max_examples=25,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operations[name].as_strategy())
    def ask(case: schemathesis.Case) -> None:
        response = case.call(headers=None if "token" in name else token)
        checks = [not_a_server_error]
        if response.status_code < 300:
            checks.append(response_schema_conformance)
        case.validate_response(response, checks=checks)

    ask()
