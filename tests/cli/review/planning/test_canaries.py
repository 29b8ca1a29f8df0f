"""Whatever is secret is on no page and in no message: a canary stands in each place where a secret may stand."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest

from cli.review.page.page import Page
from cli.review.planning import command
from tests.cli.review.planning.trees import Tree, unit
from tests.credentials import FORMS
from tests.support import Json

pytestmark = pytest.mark.usefixtures("fake_gate")


class Canaries:
    """Secrets, each another one, with the place that it was put in."""

    def __init__(self) -> None:
        self._number = itertools.count(1)
        self.places: dict[str, str] = {}

    def __call__(self, place: str) -> str:
        canary = f"canary{next(self._number):02d}x"
        self.places[canary] = place
        return canary

    def found_in(self, text: str) -> list[str]:
        return [place for canary, place in self.places.items() if canary in text]


@pytest.fixture
def canaries() -> Canaries:
    return Canaries()


def container(canary: Canaries, moment: str) -> str:
    """Container definitions with every kind of secret that they can hold."""
    return json.dumps(
        [
            {
                "name": "web",
                "image": "example.com/web:1",
                "command": ["serve", "--token", canary(f"{moment}: option of a command"), f"--api-key={canary('=')}"],
                "environment": [
                    {"name": "DJANGO_SECRET_KEY", "value": canary(f"{moment}: environment *KEY*")},
                    {"name": "DBPASSWORD", "value": canary(f"{moment}: environment *PASSWORD*")},
                    {"name": "SLACK_TOKEN", "value": canary(f"{moment}: environment *TOKEN*")},
                    {"name": "CLIENT_SECRET", "value": canary(f"{moment}: environment *SECRET*")},
                    {"name": "DATABASE_URL", "value": f"postgres://user:{canary(f'{moment}: URL')}@db:5432/app"},
                    {"name": "REDIS_URL", "value": f"rediss://:{canary(f'{moment}: URL without user')}@redis:6379/0"},
                    {"name": "OPTIONS", "value": json.dumps({"password": canary(f"{moment}: JSON in JSON")})},
                    {"name": "DSN", "value": f"host=db password={canary(f'{moment}: connection string')}"},
                    {"name": "VISIBLE", "value": f"visible {moment}"},
                ],
                "healthCheck": {"command": ["CMD", f"curl -H 'Authorization: Bearer {canary(f'{moment}: header')}'"]},
                "dockerLabels": {"api_key": canary(f"{moment}: label")},
                "logConfiguration": {"options": {"splunk-token": canary(f"{moment}: option of the log")}},
            }
        ]
    )


def input_of(canary: Canaries, moment: str) -> Json:
    """Values as resources have them: blocks, maps, lists and texts."""
    return {
        "container_definitions": container(canary, moment),
        "block": [{"inner": [{"auth_token": canary(f"{moment}: nested block")}]}],
        "variables": {"API_KEY": canary(f"{moment}: variables of a function"), "URL": f"https://a:{canary('map')}@b"},
        "user_data": f"#!/bin/sh\nexport DB_PASSWORD={canary(f'{moment}: user data')}\n",
        "master_password": canary(f"{moment}: argument"),
        "credentials": {"user": canary(f"{moment}: below the name of a secret")},
        "private_key": f"-----BEGIN PRIVATE KEY-----\n{canary(f'{moment}: key')}\n-----END PRIVATE KEY-----\n",
        "visible": f"seen {moment}",
    }


@pytest.fixture(autouse=True)
def all_forms(monkeypatch: pytest.MonkeyPatch) -> None:
    """One plan, printed in all three forms."""
    print_page = command._print

    def print_all(page: Page, form: str, **_: object) -> None:
        for each in ("terminal", "markdown", "json"):
            print_page(page, each)

    monkeypatch.setattr(command, "_print", print_all)


def leaks(tree: Tree, canaries: Canaries, capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    """The places whose canary is seen."""
    command.main(["--tree", str(tree.path), *arguments])
    captured = capsys.readouterr()
    assert captured.out.count("(sensitive)") > 3
    return [*canaries.found_in(captured.out), *(f"stderr: {place}" for place in canaries.found_in(captured.err))]


def test_no_secret_is_shown_when_all_of_them_change(
    tmp_path: Path,
    canaries: Canaries,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    variable: Json = {"variable": {"seed": {"type": "string", "sensitive": True}}}
    outputs = {"pepper": "${var.seed}", "plain": "seen"}
    network = unit("network", value=input_of(canaries, "before"), outputs=outputs, **variable)
    network["output"]["pepper"]["sensitive"] = True
    # The state of another unit does not say what is sensitive in it.
    reads = [f"${{data.terraform_remote_state.network.outputs.{name}}}" for name in outputs]
    redis = unit(
        "redis", value={"text": f"{reads[0]} and {reads[1]}"}, reads={"network": dict.fromkeys(outputs, "mock")}
    )
    marked = unit("marked", value={"text": "${var.seed}", "list": ["${var.seed}"], "visible": 1}, **variable)
    credential = canaries("credential of this process")
    monkeypatch.setenv("CLOUDFLARE_API_TOKEN", credential)
    copied = unit("copied", value={"text": f"visible {credential}"})
    declassified = unit("declassified", value="${nonsensitive(var.grain)}", variable={"grain": {"sensitive": True}})
    tree = Tree(tmp_path, network=network, redis=redis, marked=marked, declassified=declassified, copied=copied)
    for name in ("network", "redis", "marked"):
        tree.deploy(name, seed=canaries(f"sensitive value in the state of {name}"))
    tree.write("network", {**network, "resource": {"terraform_data": {"this": {"input": input_of(canaries, "after")}}}})
    monkeypatch.setenv("TF_VAR_seed", canaries("sensitive variable"))
    monkeypatch.setenv("TF_VAR_grain", canaries("sensitive variable that is declared harmless"))
    assert leaks(tree, canaries, capsys) == []
    assert len(canaries.places) > 30


def test_the_changes_themselves_are_shown(
    tmp_path: Path, canaries: Canaries, capsys: pytest.CaptureFixture[str]
) -> None:
    tree = Tree(tmp_path, network=unit("network", value=input_of(canaries, "before")))
    tree.deploy("network")
    tree.write("network", unit("network", value=input_of(canaries, "after")))
    command.main(["--tree", str(tree.path)])
    out = capsys.readouterr().out
    (change,) = json.loads(out[out.index("\n{") :])["units"][0]["changes"]
    shown = {each["path"]: (each["before"], each["after"]) for each in change["attributes"]}
    web = "input.container_definitions[web]"
    assert shown[f"{web}.environment[DBPASSWORD]"] == ("(sensitive)", "(sensitive)")
    assert shown[f"{web}.environment[VISIBLE]"] == ('"visible before"', '"visible after"')
    assert shown[f"{web}.environment[DATABASE_URL]"][0] == '"postgres://user:(sensitive)@db:5432/app"'
    assert shown["input.visible"] == ('"seen before"', '"seen after"')


def test_nothing_is_shown_that_the_gate_names_as_a_credential(
    tmp_path: Path, canaries: Canaries, capsys: pytest.CaptureFixture[str]
) -> None:
    value = {f"text{number}": sample.value for number, (_, sample) in enumerate(FORMS)}
    token = {"api_token": canaries("local by its name")}
    tree = Tree(tmp_path, forms=unit("forms", value={**value, "team": "${local.api_token}"}, locals=token))
    command.main(["--tree", str(tree.path)])
    captured = capsys.readouterr()
    printed = captured.out + captured.err
    assert printed.count("(sensitive)") > 2 * len(FORMS)
    assert [kind for kind, sample in FORMS if json.dumps(sample.secret)[1:-1] in printed] == []
    assert canaries.found_in(printed) == []


def test_no_secret_is_shown_by_a_failure(
    tmp_path: Path, canaries: Canaries, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TF_VAR_seed", canaries("sensitive variable"))
    quoted = unit("quoted", value="${cidrsubnet(var.seed, 4, 1)}", variable={"seed": {"sensitive": True}})
    token = canaries("argument by its name")
    literal = unit("literal", value={"auth_token": token, "text": f'${{tonumber("{token}")}}'})
    url = unit("url", value=f'${{tonumber("postgres://user:{canaries("URL")}@db")}}')
    tree = Tree(tmp_path, quoted=quoted, literal=literal, url=url)
    assert leaks(tree, canaries, capsys) == []


def test_no_secret_of_a_real_provider_is_shown(
    tmp_path: Path,
    canaries: Canaries,
    mirrors: dict[str, Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from tests.terraform import Terraform

    Terraform(tmp_path / "cli", mirrors)
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(tmp_path / "cli" / "terraform.rc"))
    monkeypatch.setenv("TF_VAR_seed", canaries("sensitive variable"))
    resources: Json = {
        "aws_db_instance": {
            "this": {
                "engine": "postgres",
                "instance_class": "db.t4g.small",
                "password": canaries("password of RDS"),
                "username": "visible",
                "allocated_storage": 20,
                "tags": {"Seed": "${var.seed}", "api_token": canaries("tag")},
            }
        },
        "aws_secretsmanager_secret_version": {
            "this": {"secret_id": "visible", "secret_string": json.dumps({"user": canaries("secret string")})}
        },
        "aws_ssm_parameter": {"this": {"name": "/visible", "type": "String", "value": canaries("parameter")}},
        "aws_ecs_task_definition": {"this": {"family": "web", "container_definitions": container(canaries, "new")}},
        "aws_elasticache_replication_group": {
            "this": {"replication_group_id": "cache", "description": "${var.seed}", "auth_token": canaries("x") * 3}
        },
        "aws_instance": {
            "this": {"ami": "ami-1", "instance_type": "t3.micro", "user_data": f"PASSWORD={canaries('user data')}"}
        },
        "aws_lambda_function": {
            "this": {
                "function_name": "visible",
                "role": "arn:aws:iam::333333333333:role/visible",
                "package_type": "Image",
                "image_uri": "example.com/image:1",
                "environment": {"variables": {"SECRET_KEY": canaries("function"), "STAGE": "visible"}},
            }
        },
    }
    document = unit(
        "service",
        s3=True,
        resource=resources,
        provider={"aws": [{"region": "us-east-1"}]},
        variable={"seed": {"type": "string", "sensitive": True}},
        outputs={"seed": "${var.seed}"},
    )
    document["terraform"]["required_providers"] = {"aws": {"source": "aws", "version": "5.100.0"}}
    document["output"]["seed"]["sensitive"] = True
    tree = Tree(tmp_path, service=document)
    assert leaks(tree, canaries, capsys, "--offline") == []
