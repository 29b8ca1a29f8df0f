"""Django's SECRET_KEY, which nobody ever sees."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cdktf import TerraformOutput, TerraformStack

from modules.django_secret_key.inputs import DjangoSecretKeyInputs
from modules.django_secret_key.main import DjangoSecretKey
from modules.validation import InvalidInput, validate
from tests.support import Json, module_json, only

EXISTING = "arn:aws:secretsmanager:us-east-1:123456789012:secret:key-AbCdEf"
KMS_KEY = "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000000"


def secret_key(**changes: Any) -> Json:
    def build(stack: TerraformStack) -> None:
        key = DjangoSecretKey(stack, "secret-key", inputs=DjangoSecretKeyInputs(**changes), prefix="django-test")
        secret = key.outputs
        TerraformOutput(stack, "secret", value=[secret.arn, secret.value_from, secret.kms_key_arn or ""])

    return module_json(build)


@pytest.fixture(scope="module")
def drawn() -> Json:
    return secret_key()


def test_it_passes_from_an_ephemeral_resource_to_a_write_only_argument(drawn: Json) -> None:
    version = only(drawn["resource"]["aws_secretsmanager_secret_version"])
    assert version["secret_string_wo"] == "${ephemeral.aws_secretsmanager_random_password.secret_key.random_password}"
    assert set(drawn["ephemeral"]["aws_secretsmanager_random_password"]) == {"secret_key"}
    assert "secret_string" not in version
    assert "random_password" not in json.dumps(drawn["resource"]).replace(version["secret_string_wo"], "")


def test_it_has_384_bits_at_least(drawn: Json) -> None:
    password = only(drawn["ephemeral"]["aws_secretsmanager_random_password"])
    assert password["password_length"] == 64
    assert password["exclude_punctuation"] is True


def test_a_first_plan_draws_nothing(drawn: Json) -> None:
    password = only(drawn["ephemeral"]["aws_secretsmanager_random_password"])
    assert password["exclude_characters"] == "${substr(aws_secretsmanager_secret.secret_key.arn, 0, 0)}"


def test_it_can_be_made_again_while_a_destroyed_one_waits(drawn: Json) -> None:
    secret = only(drawn["resource"]["aws_secretsmanager_secret"])
    assert secret["name_prefix"] == "django-test/django-secret-key-"
    assert secret["recovery_window_in_days"] == 30
    assert "name" not in secret


def test_a_task_gets_one_version_so_that_a_new_one_is_deployed(drawn: Json) -> None:
    secret = "${aws_secretsmanager_secret.secret_key.arn}"
    version = "${aws_secretsmanager_secret_version.secret_key_version.version_id}"
    assert drawn["output"]["secret"]["value"] == [secret, f"{secret}:::{version}", ""]


def test_a_higher_version_draws_a_new_key() -> None:
    document = secret_key(version=2, kms_key_arn=KMS_KEY)
    assert only(document["resource"]["aws_secretsmanager_secret_version"])["secret_string_wo_version"] == 2
    assert only(document["resource"]["aws_secretsmanager_secret"])["kms_key_id"] == KMS_KEY
    assert document["output"]["secret"]["value"][2] == KMS_KEY


def test_a_secret_that_exists_is_only_referred_to() -> None:
    document = secret_key(existing=f"{EXISTING}:key::", kms_key_arn=KMS_KEY)
    assert document["output"]["secret"]["value"] == [EXISTING, f"{EXISTING}:key::", KMS_KEY]
    assert not {"resource", "ephemeral"} & document.keys()


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"existing": "django-secret-key"}, "existing: 'django-secret-key' is no full ARN of a secret: give the ARN"),
        ({"existing": EXISTING, "version": 2}, "version: has no effect on an existing secret"),
        ({"version": 0}, "version: got 0: count up from 1"),
        ({"kms_key_arn": "alias/django"}, "kms_key_arn: 'alias/django' is no ARN of a KMS key"),
        ({"recovery_days": 6}, "recovery_days: got 6: choose 7 to 30"),
        ({"recovery_days": 31}, "recovery_days: got 31: choose 7 to 30"),
    ],
)
def test_what_breaks_a_rule_is_told_in_one_line(changes: dict[str, Any], line: str) -> None:
    with pytest.raises(InvalidInput) as error:
        validate(DjangoSecretKeyInputs(**changes))
    assert line in str(error.value)
