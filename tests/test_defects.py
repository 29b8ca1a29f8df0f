"""The defects of the systems that this one replaces, by their number in the survey: each stays away, in every unit."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.environments import ENVIRONMENTS
from tests.support import Json, only

per_environment = pytest.mark.parametrize("environment", ENVIRONMENTS)


def containers(document: Json) -> Iterator[tuple[str, Json]]:
    """Each container of the unit's task definitions, with its address."""
    for address, task in document["resource"]["aws_ecs_task_definition"].items():
        for container in json.loads(task["container_definitions"]):
            yield address, container


def variables(container: Json) -> dict[str, str]:
    return {variable["name"]: variable["value"] for variable in container.get("environment", ())}


def texts(value: Any) -> Iterator[str]:
    """Every text below a JSON value, keys included."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)
    elif isinstance(value, str):
        yield value


@per_environment
@pytest.mark.parametrize(("unit", "port"), [("postgresql", 5432), ("redis", 6379)])
def test_d02_the_application_and_nothing_else_is_admitted_to_the_stores(
    environment: str, unit: str, port: int, documents: dict[str, Json]
) -> None:
    resources = documents[f"{environment}-{unit}"]["resource"]
    rule = only(resources["aws_vpc_security_group_ingress_rule"])
    application = "${data.terraform_remote_state.network.outputs.application_security_group_id}"
    assert (rule["referenced_security_group_id"], rule["from_port"], rule["to_port"]) == (application, port, port)
    (group,) = resources["aws_security_group"]
    assert rule["security_group_id"] == f"${{aws_security_group.{group}.id}}"
    stores = resources["aws_db_instance" if unit == "postgresql" else "aws_elasticache_replication_group"]
    assert unit in stores
    for store in stores.values():
        used = store.get("vpc_security_group_ids", store.get("security_group_ids"))
        assert used == [f"${{aws_security_group.{group}.id}}"]


@per_environment
def test_d03_health_checks_ask_a_path_that_answers_to_any_host(environment: str, documents: dict[str, Json]) -> None:
    document = documents[f"{environment}-django-service"]
    check = only(document["resource"]["aws_lb_target_group"])["health_check"]
    path = "/health/ready/" if environment == "eu-prod" else "/health/live/"
    assert (check["path"], check["matcher"]) == (path, "200")
    (web,) = [container for address, container in containers(document) if address == "web_task"]
    assert f"http://127.0.0.1:8000{path}" in " ".join(web["healthCheck"]["command"])
    assert "curl" not in " ".join(web["healthCheck"]["command"])  # slim images have none


@per_environment
def test_d04_the_scheme_of_redis_follows_its_tls(environment: str, documents: dict[str, Json]) -> None:
    document = documents[f"{environment}-redis"]
    for group in document["resource"]["aws_elasticache_replication_group"].values():
        assert group["transit_encryption_enabled"] is True
    for name in ("redis_url", "celery_broker_url"):
        assert document["output"][name]["value"].startswith("rediss://")


@per_environment
def test_d05_the_load_balancer_speaks_https_with_a_certificate(environment: str, documents: dict[str, Json]) -> None:
    listeners = documents[f"{environment}-django-service"]["resource"]["aws_lb_listener"].values()
    by_port = {listener["port"]: listener for listener in listeners}
    assert set(by_port) == {80, 443}
    assert by_port[443]["certificate_arn"] == "${data.terraform_remote_state.certificate.outputs.certificate_arn}"
    assert "TLS13" in by_port[443]["ssl_policy"]
    assert by_port[80]["default_action"][0]["redirect"]["protocol"] == "HTTPS"


def test_d05_cloudflare_verifies_the_certificate(documents: dict[str, Json]) -> None:
    settings = documents["prod-cloudflare-dns"]["resource"]["cloudflare_zone_setting"].values()
    assert {setting["setting_id"]: setting["value"] for setting in settings}["ssl"] == "strict"


@per_environment
def test_d06_no_credential_is_in_plain_text(environment: str, documents: dict[str, Json]) -> None:
    for address, container in containers(documents[f"{environment}-django-service"]):
        for name, value in variables(container).items():
            # DATABASE_URL and its like would carry a password; an address, a user and the ARN of a secret do not.
            assert not re.search(r"PASSWORD|TOKEN|_KEY$|DATABASE_URL", name), f"{address}: {name}"
            assert not re.search(r"://[^/]*@", value), f"{address}: {name}"
        assert "DJANGO_SECRET_KEY" in {secret["name"] for secret in container["secrets"]}, address


@per_environment
def test_d07_no_password_is_ever_written_down(environment: str, documents: dict[str, Json]) -> None:
    instances = documents[f"{environment}-postgresql"]["resource"]["aws_db_instance"]
    if environment == "eu-prod":  # its replica keeps RDS from managing the password
        assert instances["postgresql"]["password_wo"].startswith("${jsondecode(ephemeral.")
    else:
        assert instances["postgresql"]["manage_master_user_password"] is True
    assert not [name for name, instance in instances.items() if "password" in instance]
    for unit, document in documents.items():
        if document["//"]["environment"] == environment:
            for text in texts(document):
                assert not re.search(r"postgres(ql)?://", text), f"{unit}: {text}"


@per_environment
def test_d12_the_database_has_a_fixed_name_and_so_has_its_last_snapshot(
    environment: str, documents: dict[str, Json]
) -> None:
    document = documents[f"{environment}-postgresql"]
    instance = document["resource"]["aws_db_instance"]["postgresql"]
    name = "web-shop-eu-prod-postgresql" if environment == "eu-prod" else f"django-{environment}-postgresql"
    assert instance["identifier"] == name
    assert instance.get("final_snapshot_identifier") in (None, f"{name}-final")
    assert not any("timestamp(" in text for text in texts(document["resource"]))


@per_environment
def test_d13_what_carries_the_broker_evicts_nothing(environment: str, documents: dict[str, Json]) -> None:
    document = documents[f"{environment}-redis"]
    (carrier,) = re.findall(
        r"aws_elasticache_replication_group\.(\w+)\.", document["output"]["celery_broker_url"]["value"]
    )
    group = document["resource"]["aws_elasticache_replication_group"][carrier]
    (parameters,) = re.findall(r"aws_elasticache_parameter_group\.(\w+)\.", group["parameter_group_name"])
    settings = document["resource"]["aws_elasticache_parameter_group"][parameters]["parameter"]
    assert {"name": "maxmemory-policy", "value": "noeviction"} in settings


@per_environment
def test_d16_migrations_are_a_task_of_their_own(environment: str, documents: dict[str, Json]) -> None:
    document = documents[f"{environment}-django-service"]
    commands = {address: " ".join(container.get("command", ())) for address, container in containers(document)}
    assert [address for address, command in commands.items() if "migrate" in command] == ["task_migrate"]
    assert document["resource"]["aws_ecs_service"]["web"]["health_check_grace_period_seconds"] == 60


@per_environment
def test_d18_every_secret_is_given_by_its_arn(environment: str, documents: dict[str, Json]) -> None:
    seen = 0
    for address, container in containers(documents[f"{environment}-django-service"]):
        for secret in container["secrets"]:
            arn = re.match(r"\$\{[a-z_.0-9]*arn\}|arn:aws:", secret["valueFrom"])
            assert arn, f"{address}: {secret['name']} from {secret['valueFrom']}"
            seen += 1
    assert seen >= 6
