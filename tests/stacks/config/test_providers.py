"""The versions of providers are data: exact, no older than our arguments, and written into every unit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cdktf import App

from cli.local_aws import cloudflare_stand_in
from modules.validation import line, problems
from stacks.config.overrides import Override
from stacks.config.providers import ProvidersInputs
from stacks.django_backend import compose
from stacks.synthesis.synthesize import synthesize
from stacks.units import bootstrap
from tests.support import Json, environment, read_output
from tests.terraform import Terraform


def required(document: Json) -> dict[str, str]:
    return {name: each["version"] for name, each in document["terraform"]["required_providers"].items()}


def documents(output: Path, **changes: Any) -> dict[str, Json]:
    app = App(outdir=str(output))
    compose(app, environment(**changes))
    app.synth()
    return dict(read_output(output))


def test_the_defaults_are_those_that_the_bindings_were_made_from(tmp_path: Path) -> None:
    found = documents(tmp_path)
    defaults = ProvidersInputs()
    assert required(found["test-certificate"]) == {"aws": defaults.aws, "cloudflare": defaults.cloudflare}


def test_every_unit_asks_for_the_versions_of_its_environment(tmp_path: Path) -> None:
    versions = {"aws": "6.69.1", "cloudflare": "5.22.0"}
    inputs = ProvidersInputs(**versions)
    found = documents(tmp_path / "units", providers=inputs)
    app = App(outdir=str(tmp_path / "bootstrap"))
    bootstrap.compose(app, environment(providers=inputs))
    app.synth()
    found |= dict(read_output(tmp_path / "bootstrap"))
    assert len(found) == 7
    for document in found.values():
        assert required(document).items() <= versions.items()
    assert required(found["test-certificate"]) == versions
    before = documents(tmp_path / "before")
    del found["test-bootstrap"]
    for document in (*before.values(), *found.values()):
        del document["terraform"]["required_providers"]
    assert found == before


@pytest.mark.parametrize(
    ("versions", "problem"),
    [
        ({"aws": "~> 6.0"}, "providers.aws: '~> 6.0' is not an exact version: write it as \"5.100.0\""),
        ({"aws": "6"}, "providers.aws: '6' is not an exact version: "),
        ({"aws": "v6.69.1"}, "providers.aws: 'v6.69.1' is not an exact version: "),
        ({"aws": "06.1.0"}, "providers.aws: '06.1.0' is not an exact version: "),
        ({"aws": "6.0.0-beta1"}, "providers.aws: '6.0.0-beta1' is not an exact version: "),
        (
            {"aws": "5.99.1"},
            "providers.aws: 5.99.1 is older than 5.100.0, whose arguments the units use: use 5.100.0 or later",
        ),
        ({"cloudflare": "5.9.0"}, "providers.cloudflare: 5.9.0 is older than 5.14.0, whose arguments the units use: "),
        ({"cloudflare": "4.52.0"}, "providers.cloudflare: 4.52.0 is older than 5.14.0"),
    ],
)
def test_a_version_that_is_not_exact_or_too_old_is_refused(versions: dict[str, str], problem: str) -> None:
    (found,) = map(line, problems(environment(providers=ProvidersInputs(**versions))))
    assert found.startswith(problem)


@pytest.mark.parametrize("versions", [{"aws": "5.100.0"}, {"aws": "6.0.0"}, {"cloudflare": "5.100.0"}])
def test_a_later_version_is_right(versions: dict[str, str]) -> None:
    assert list(problems(environment(providers=ProvidersInputs(**versions)))) == []


def test_of_another_version_an_argument_that_the_bindings_do_not_know_may_be_overridden(tmp_path: Path) -> None:
    """Such as those that a later version adds. Terraform judges it at the plan."""
    named = {"unit": "postgresql", "address": "aws_db_instance.postgresql", "reason": "It is new"}
    newer = Override(argument="upgrade_rollout_order", value="first", **named)  # type: ignore[arg-type]
    later = environment(providers=ProvidersInputs(aws="6.69.1"), overrides=(newer,))
    synthesize({"test.py": later}, tmp_path / "out", lambda _: None, compose)
    instance = dict(read_output(tmp_path / "out"))["test-postgresql"]["resource"]["aws_db_instance"]["postgresql"]
    assert instance["upgrade_rollout_order"] == "first"


def test_the_stand_in_for_cloudflare_serves_whatever_version_is_named(terraform_command: str, tmp_path: Path) -> None:
    cloudflare_stand_in.install(tmp_path / "mirror", "5.22.0")
    document = documents(tmp_path / "units", providers=ProvidersInputs(cloudflare="5.22.0"))["test-cloudflare-dns"]
    runner = Terraform(tmp_path / "terraform", {"cloudflare": tmp_path / "mirror"})
    runner.write("cdk.tf.json", document)
    assert runner.validate() == []
