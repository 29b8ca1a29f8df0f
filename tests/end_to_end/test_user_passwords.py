"""A drawn password and its URL are in Secrets Manager and nowhere else, with the provider as published."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from cli.local_aws.deployment import LocalDeployment
from cli.local_aws.providers import AWS_VERSION
from cli.local_aws.server import LocalAws
from tests.cli.review.planning.trees import Tree, unit
from tests.modules.test_user_password import user_password
from tests.support import Json

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("shared_providers")]

ACCOUNT = "111122223333"
URL = "postgres://{user}:{password}@{host}:{port}/{name}?options=-c%20search_path%3Dshop&x=1"


def drawn(**changes: object) -> Json:
    made = user_password(host="database.test", url=URL, **changes)
    return unit(
        "password",
        resource=made["resource"],
        ephemeral=made["ephemeral"],
        provider={"aws": [{"region": "us-east-1", "allowed_account_ids": [ACCOUNT]}]},
        terraform={"required_providers": {"aws": {"source": "hashicorp/aws", "version": AWS_VERSION}}},
    )


def test_it_is_drawn_once_and_again_with_a_higher_version_and_is_in_no_state(aws: LocalAws, tmp_path: Path) -> None:
    tree = Tree(tmp_path, password=drawn())
    deployment = LocalDeployment(tree.path, tmp_path, aws)
    (password,) = deployment.units
    client = aws.client("secretsmanager", ACCOUNT)

    def stored() -> dict[str, str]:
        (secret,) = client.list_secrets()["SecretList"]
        found: dict[str, str] = json.loads(client.get_secret_value(SecretId=secret["ARN"])["SecretString"])
        return found

    deployment.initialize(password)
    deployment.apply(password)
    first = stored()
    url = urlsplit(first["url"])
    assert (url.username, url.password, url.hostname, url.port) == ("shop", first["password"], "database.test", 5432)
    assert url.query == "options=-c%20search_path%3Dshop&x=1"
    assert len(first["password"]) == 64
    assert first["password"].isalnum()
    assert deployment.plan(password) == {}
    assert stored() == first

    tree.write("password", drawn(version=2))
    deployment.apply(password)
    second = stored()
    assert second["password"] != first["password"]
    states = [file for file in tmp_path.rglob("*") if file.is_file() and "tfstate" in file.name]
    assert states
    for text in (file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()):
        assert first["password"].encode() not in text
        assert second["password"].encode() not in text
