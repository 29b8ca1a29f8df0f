"""The image repository: tags never move, and what is in use stays."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cdktf import TerraformStack

from modules.ecr_repository.inputs import EcrRepositoryInputs
from modules.ecr_repository.main import EcrRepository
from modules.validation import InvalidInput, validate
from tests.support import Json, module_json, only

KEY = "arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef"


def resources(**changes: Any) -> Json:
    def build(stack: TerraformStack) -> None:
        EcrRepository(stack, "images", inputs=EcrRepositoryInputs(**changes), name="team/django")

    found: Json = module_json(build)["resource"]
    return found


@pytest.fixture(scope="module")
def made() -> Json:
    return resources(kept_images=50, untagged_days=3)


def test_a_tag_never_moves_and_every_image_is_scanned(made: Json) -> None:
    repository = only(made["aws_ecr_repository"])
    assert repository["name"] == "team/django"
    assert repository["image_tag_mutability"] == "IMMUTABLE"
    assert repository["image_scanning_configuration"] == {"scan_on_push": True}


def test_it_is_never_destroyed_with_its_images(made: Json) -> None:
    repository = only(made["aws_ecr_repository"])
    assert repository["lifecycle"] == {"prevent_destroy": True}
    assert "force_delete" not in repository


@pytest.mark.parametrize(
    ("key", "expected"),
    [(None, {"encryption_type": "AES256"}), (KEY, {"encryption_type": "KMS", "kms_key": KEY})],
)
def test_images_are_encrypted(key: str | None, expected: Json) -> None:
    repository = only(resources(kms_key_arn=key)["aws_ecr_repository"])
    assert repository["encryption_configuration"] == [expected]


def test_the_images_pushed_last_are_kept_and_untagged_ones_are_not(made: Json) -> None:
    rules = json.loads(only(made["aws_ecr_lifecycle_policy"])["policy"])["rules"]
    untagged, old = (rule["selection"] for rule in sorted(rules, key=lambda rule: rule["rulePriority"]))
    assert {rule["action"]["type"] for rule in rules} == {"expire"}
    assert untagged == {
        "tagStatus": "untagged",
        "countType": "sinceImagePushed",
        "countUnit": "days",
        "countNumber": 3,
    }
    assert old == {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 50}


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"kept_images": 9}, "kept_images: got 9: choose 10 to 10000"),
        ({"untagged_days": 0}, "untagged_days: got 0: choose 1 to 365"),
        ({"kms_key_arn": "alias/mine"}, "kms_key_arn: 'alias/mine' is no ARN of a KMS key: "),
    ],
)
def test_what_ecr_would_not_take_is_one_line(changes: dict[str, Any], line: str) -> None:
    with pytest.raises(InvalidInput) as error:
        validate(EcrRepositoryInputs(**changes))
    assert str(error.value).startswith(line)
