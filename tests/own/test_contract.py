"""The application reads what each environment of stacks/config gives it, and answers where its health is asked for."""

from __future__ import annotations

import http.client
import re

import pytest

from stacks.config import loader
from tests import terraform
from tests.support import Json
from tests.test_contract import BIN, READ_BY_PACKAGES, asked, served, tasks

pytestmark = [pytest.mark.own, pytest.mark.thorough]


@pytest.fixture(scope="module", autouse=True)
def _application() -> None:
    terraform.require((BIN / "python").exists(), "the application's environment: run `make test`")


def test_nothing_that_a_task_is_given_is_unknown_to_the_application(own_documents: dict[str, Json]) -> None:
    for environment in loader.load().values():
        runtime = environment.django_service.runtime
        own = {
            *(runtime.variables or ()),
            *(runtime.secrets or ()),
        }  # which the application's own code or packages read
        for task in tasks(own_documents[f"{environment.name}-django-service"]).values():
            unknown = task.given.keys() - asked(task) - READ_BY_PACKAGES - own
            where = f"{environment.name}: {task.name}"
            assert not unknown, f"{where}: the application never reads {unknown}"
            assert not [key for key, value in task.given.items() if not value or "${" in value], where


@pytest.mark.parametrize("name", loader.names())
def test_the_application_answers_the_load_balancer_and_the_container(name: str, own_documents: dict[str, Json]) -> None:
    document = own_documents[f"{name}-django-service"]
    web = tasks(document)["web"]
    (target,) = document["resource"]["aws_lb_target_group"].values()
    check = target["health_check"]
    (asks,) = (part for part in web.container["healthCheck"]["command"] if "://" in part)
    assert re.search(rf"://127\.0\.0\.1:{target['port']}{re.escape(check['path'])}['\"]", asks)
    with served(web) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", check["path"], headers={"Host": f"10.0.0.7:{target['port']}"})
        status = str(connection.getresponse().status)
        connection.close()
    # One that asks the stores, which are away here, is known to the application all the same.
    expected = [*check["matcher"].split(","), "503"]
    assert status in expected, f"{check['path']} answers {status}: choose a path that the application answers by 200"
