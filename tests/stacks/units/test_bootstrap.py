"""The bootstrap unit: made of the environment's own data, and never among the units that a deployment meets."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from modules.ecr_repository.inputs import EcrRepositoryInputs
from modules.github_oidc.inputs import GithubOidcInputs
from modules.state_bucket.inputs import StateBucketInputs
from modules.validation import InvalidInput, validate
from stacks.config.bootstrap import BootstrapInputs
from stacks.config.schema import Environment, LocalState, S3State
from stacks.units.bootstrap import BootstrapUnit
from tests.environments import DIRECTORY, frozen
from tests.support import Json, only, unit_json

KEY = "arn:aws:kms:eu-west-1:333333333333:key/01234567-89ab-cdef-0123-456789abcdef"


def prod(**bootstrap: Any) -> Environment:
    return replace(frozen("prod"), bootstrap=BootstrapInputs(**bootstrap))


def document(environment: Environment) -> Json:
    return unit_json(lambda app: BootstrapUnit(app, environment))


@pytest.fixture(scope="module")
def unit() -> Json:
    return document(prod())


class TestTree:
    def test_no_deployment_of_all_units_meets_it(self, documents: dict[str, Json]) -> None:
        assert documents
        assert not [name for name in documents if "bootstrap" in name]

    def test_it_is_synthesized_alone(self, tmp_path: Path) -> None:
        options = ["--config", str(DIRECTORY), "--output", str(tmp_path / "out")]
        command = [sys.executable, "main.py", "dev", "--bootstrap", *options]
        done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[3])
        assert done.returncode == 0, done.stderr
        manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
        assert list(manifest["stacks"]) == ["dev-bootstrap"]
        assert "Next: make bootstrap ENV=dev" in done.stdout

    def test_its_state_is_beside_those_of_the_units(self, unit: Json) -> None:
        backend = unit["terraform"]["backend"]["s3"]
        assert backend["key"] == "django/prod/bootstrap/terraform.tfstate"
        assert backend["bucket"] == "example-tfstate-333333333333"
        assert backend["use_lockfile"] is True

    def test_it_reads_no_unit(self, unit: Json) -> None:
        assert "data" not in unit


class TestResources:
    def test_bucket_and_repository_have_the_names_that_the_units_use(self, unit: Json) -> None:
        resources = unit["resource"]
        assert only(resources["aws_s3_bucket"])["bucket"] == "example-tfstate-333333333333"
        assert only(resources["aws_ecr_repository"])["name"] == "django-app"

    def test_without_github_no_workflow_may_do_anything(self, unit: Json) -> None:
        assert not [kind for kind in unit["resource"] if kind.startswith("aws_iam")]
        assert unit["output"]["plan_role_arn"]["value"] == ""

    def test_github_gets_its_roles_by_names_that_a_workflow_knows(self) -> None:
        made = document(prod(github=GithubOidcInputs(repository="acme/django")))
        roles = {role["name"]: role["path"] for role in made["resource"]["aws_iam_role"].values()}
        assert roles == {f"django-prod-{role}": "/bootstrap/" for role in ("plan", "drift", "apply")}
        for role in ("plan", "drift", "apply"):
            assert made["output"][f"{role}_role_arn"]["value"] == f"${{aws_iam_role.github_{role}.arn}}"
        boundary = made["resource"]["aws_iam_policy"]["boundary"]
        assert f"{boundary['path']}{boundary['name']}" == "/bootstrap/django-prod-boundary"

    @pytest.mark.parametrize(
        ("left_out", "kind", "output"),
        [
            ("state_bucket", "aws_s3_bucket", "state_bucket"),
            ("ecr_repository", "aws_ecr_repository", "ecr_repository_url"),
        ],
    )
    def test_what_exists_already_is_left_out(self, left_out: str, kind: str, output: str) -> None:
        made = document(prod(**{left_out: None}))
        assert kind not in made["resource"]
        assert made["output"][output]["value"] == ""

    def test_the_repository_of_another_account_is_not_made(self) -> None:
        environment = prod()
        other = "444444444444.dkr.ecr.us-east-1.amazonaws.com/shared"
        elsewhere = replace(environment.django_service, ecr_repository_url=other)
        made = document(replace(environment, django_service=elsewhere))
        assert "aws_ecr_repository" not in made["resource"]

    def test_a_state_on_this_machine_needs_no_bucket(self) -> None:
        made = document(replace(prod(), state=LocalState()))
        assert "aws_s3_bucket" not in made["resource"]
        assert made["terraform"]["backend"]["local"]["path"].endswith("state/django/prod/bootstrap/terraform.tfstate")


class TestRegions:
    def test_each_is_made_where_its_name_says(self) -> None:
        environment = prod()
        url = "333333333333.dkr.ecr.eu-west-1.amazonaws.com/django-app"
        made = document(
            replace(
                environment,
                state=S3State(bucket="acme-tfstate", region="eu-west-1", kms_key_arn=KEY),
                django_service=replace(environment.django_service, ecr_repository_url=url),
            )
        )
        providers = {p.get("alias"): p["region"] for p in made["provider"]["aws"]}
        assert providers == {None: "us-east-1", "eu-west-1": "eu-west-1"}
        assert all(p["allowed_account_ids"] == ["333333333333"] for p in made["provider"]["aws"])
        elsewhere = [
            (kind, resource)
            for kind, resources in made["resource"].items()
            for resource in resources.values()
            if kind.startswith(("aws_s3", "aws_ecr"))
        ]
        assert len(elsewhere) == 9
        assert {resource["provider"] for _, resource in elsewhere} == {"aws.eu-west-1"}

    def test_in_the_region_of_the_environment_there_is_one_provider(self, unit: Json) -> None:
        assert len(unit["provider"]["aws"]) == 1
        assert "provider" not in only(unit["resource"]["aws_s3_bucket"])


def test_the_example_of_the_page_is_taken_as_it_stands() -> None:
    page = (Path(__file__).parents[3] / "docs" / "bootstrap.md").read_text()
    (sample,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    (bootstrap,) = re.findall(r"^    bootstrap=(.*),$", sample, re.MULTILINE)
    names = {"BootstrapInputs": BootstrapInputs, "GithubOidcInputs": GithubOidcInputs}
    validate(replace(frozen("prod"), bootstrap=eval(bootstrap, names)))


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        ({"github": GithubOidcInputs(repository="acme")}, "bootstrap.github.repository: 'acme' is no repository"),
        ({"state_bucket": StateBucketInputs(old_version_days=0)}, "bootstrap.state_bucket.old_version_days: got 0"),
        ({"ecr_repository": EcrRepositoryInputs(kept_images=1)}, "bootstrap.ecr_repository.kept_images: got 1"),
        ({"github": "acme/django"}, "bootstrap.github: got 'acme/django': give GithubOidcInputs or None"),
    ],
)
def test_what_is_wrong_is_one_line_with_its_path(wrong: dict[str, Any], line: str) -> None:
    with pytest.raises(InvalidInput) as error:
        validate(prod(**wrong))
    assert str(error.value).startswith(line)
    assert "\n" not in str(error.value)
