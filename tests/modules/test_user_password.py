"""The password of a user of PostgreSQL, which nobody ever sees."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cdktf import TerraformOutput, TerraformStack

from modules.postgresql.user_password import UserPassword
from tests.support import Json, module_json, only

KMS_KEY = "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000000"
DRAWN = "ephemeral.aws_secretsmanager_random_password.password.random_password"


def user_password(**changes: Any) -> Json:
    given = {
        "prefix": "django-test",
        "name": "app",
        "user": "shop",
        "host": "${data.x.y.address}",
        "port": 5432,
        "database_name": "app",
        "url": "postgres://{user}:{password}@{host}:{port}/{name}",
        "version": 1,
        "kms_key_arn": None,
        **changes,
    }

    def build(stack: TerraformStack) -> None:
        made = UserPassword(stack, "password", **given)
        for name, secret in (("password", made.password), ("url", made.url)):
            TerraformOutput(stack, f"secret_{name}", value=[secret.arn, secret.value_from, secret.kms_key_arn or ""])

    return module_json(build)


@pytest.fixture(scope="module")
def drawn() -> Json:
    return user_password()


def version_of(document: Json) -> Json:
    return only(document["resource"]["aws_secretsmanager_secret_version"])


def test_it_and_its_url_pass_from_an_ephemeral_resource_to_a_write_only_argument(drawn: Json) -> None:
    version = version_of(drawn)
    url = f"postgres://shop:${{{DRAWN}}}@${{data.x.y.address}}:5432/app"
    assert version["secret_string_wo"] == f'${{jsonencode({{password = {DRAWN}, url = "{url}"}})}}'
    assert "secret_string" not in version
    assert "random_password" not in json.dumps(drawn["resource"]).replace(json.dumps(version["secret_string_wo"]), "")


def test_a_task_gets_each_by_its_key_and_version_so_that_a_new_one_is_deployed(drawn: Json) -> None:
    secret = "${aws_secretsmanager_secret.password.arn}"
    version = "${aws_secretsmanager_secret_version.password_version.version_id}"
    for key in ("password", "url"):
        assert drawn["output"][f"secret_{key}"]["value"] == [secret, f"{secret}:{key}::{version}", ""]


def test_a_higher_version_or_another_url_draws_a_new_one(drawn: Json) -> None:
    first = version_of(drawn)["secret_string_wo_version"]
    changes: list[Json] = [{"version": 2}, {"url": "postgresql://{password}"}, {"port": 1}, {"user": "a"}]
    numbers = {version_of(user_password(**change))["secret_string_wo_version"] for change in changes}
    assert len({first, *numbers}) == len(changes) + 1
    assert version_of(user_password(version=2))["secret_string_wo_version"] > first
    assert version_of(user_password())["secret_string_wo_version"] == first
    assert version_of(user_password(version=1_000_000))["secret_string_wo_version"] < 2**53  # exact in JSON


def test_a_customer_managed_key_encrypts_it_and_is_what_a_task_decrypts_with() -> None:
    document = user_password(kms_key_arn=KMS_KEY)
    assert only(document["resource"]["aws_secretsmanager_secret"])["kms_key_id"] == KMS_KEY
    assert document["output"]["secret_url"]["value"][2] == KMS_KEY
