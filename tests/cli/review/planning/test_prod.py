"""The real units of prod, half of them deployed, with changes that a reviewer must see."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from cli.review.planning import command
from cli.review.planning.inputs import state_with
from tests.cli.review.gate import deployed
from tests.plans import Plans
from tests.support import Json
from tests.terraform import Terraform

pytestmark = pytest.mark.slow

UNITS = ("certificate", "network", "postgresql", "redis", "django-service", "cloudflare-dns")
STATE = "state/django/prod/{}/terraform.tfstate"


class Prod:
    """A tree of the units of prod, whose states are on this machine."""

    def __init__(self, root: Path, plans: Plans) -> None:
        self._root = root
        self._plans = plans
        stacks = {}
        for name in UNITS:
            document = self.document(name)
            self.write(name, document)
            dependencies = [f"prod-{_unit(upstream)}" for upstream in _sources(document)]
            place = f"stacks/prod-{name}/cdk.tf.json"
            stacks[f"prod-{name}"] = {"synthesizedStackPath": place, "dependencies": dependencies}
        (root / "cdktf.out" / "manifest.json").write_text(json.dumps({"stacks": stacks}))

    def document(self, name: str) -> Json:
        """The configuration of a unit, to be changed."""
        document: Json = json.loads(json.dumps(self._plans[f"prod-{name}"].configuration))
        return document

    def write(self, name: str, document: Json) -> None:
        """Write a unit as `LocalState` makes it."""
        document["terraform"]["backend"] = {"local": {"path": f"../../../{STATE.format(name)}"}}
        for upstream, source in _sources(document).items():
            source.update(backend="local", config={"path": f"../../../{STATE.format(_unit(upstream))}"})
        directory = self._root / "cdktf.out" / "stacks" / f"prod-{name}"
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "cdk.tf.json").write_text(json.dumps(document))

    def deploy(self, name: str) -> None:
        """Leave the state of a unit as an apply of its plan would."""
        applied = self._plans[f"prod-{name}"]
        state = deployed.state(applied)
        # But for outputs of a block that AWS computes.
        written = {output: each["value"] for output, each in applied.configuration["output"].items()}
        values = {output: _resolved(value, state) for output, value in written.items() if "[0]" not in str(value)}
        file = self._root / STATE.format(name)
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps({**state, "outputs": state_with(values)["outputs"]}))

    def plan(self, capsys: pytest.CaptureFixture[str]) -> tuple[int, Json, str]:
        """The exit code, the page as JSON, and stderr."""
        tree = str(self._root / "cdktf.out")
        code = command.main(["prod", "--offline", "--tree", tree, "--format", "json"])
        captured = capsys.readouterr()
        return code, json.loads(captured.out), captured.err


def _sources(document: Json) -> Json:
    sources: Json = document.get("data", {}).get("terraform_remote_state", {})
    return sources


def _unit(remote_state: str) -> str:
    return remote_state.replace("_", "-")


def _resolved(value: Any, state: Json) -> Any:
    """The value of an output, in which references stand for what is in the state."""
    if isinstance(value, list):
        return [_resolved(each, state) for each in value]
    found = re.fullmatch(r"\$\{(\w+)\.(\w+)\.(\w+)\}", str(value))
    if not found:
        return value
    (attributes,) = [
        each["instances"][0]["attributes"]
        for each in state["resources"]
        if (each["type"], each["name"]) == (found[1], found[2])
    ]
    return attributes[found[3]]


@pytest.fixture
def prod(tmp_path: Path, plans: Plans, mirrors: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> Prod:
    Terraform(tmp_path / "cli", mirrors)
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(tmp_path / "cli" / "terraform.rc"))
    return Prod(tmp_path, plans)


def test_half_deployed_prod_with_changes_is_told_and_refused(prod: Prod, capsys: pytest.CaptureFixture[str]) -> None:
    prod.deploy("network")
    prod.deploy("postgresql")
    postgresql, network = prod.document("postgresql"), prod.document("network")
    postgresql["resource"]["aws_db_instance"]["postgresql"].update(instance_class="db.t4g.large", db_name="other")
    network["resource"]["aws_subnet"]["network_database_a"]["cidr_block"] = "10.30.250.0/24"
    prod.write("postgresql", postgresql)
    prod.write("network", network)

    code, page, errors = prod.plan(capsys)
    changes = {change["address"]: change for unit in page["units"] for change in unit["changes"]}
    inputs = {unit["name"]: unit["inputs"] for unit in page["units"]}
    assert code == 3
    assert "prod-postgresql: aws_db_instance.postgresql: [data/" in errors

    database = changes["aws_db_instance.postgresql"]
    attributes = {each["path"]: each for each in database["attributes"]}
    assert (database["action"], database["forced_by"]) == ("replace", ["db_name"])
    assert attributes["db_name"]["after"] == '"other"'
    assert attributes["instance_class"]["before"] == '"db.t4g.small"'
    assert not attributes["instance_class"]["forces_replacement"]
    subnet = changes["aws_subnet.network_database_a"]
    assert (subnet["action"], subnet["forced_by"]) == ("replace", ["cidr_block"])

    assert inputs["prod-postgresql"]["mocked"] == inputs["prod-redis"]["mocked"] == []
    assert inputs["prod-postgresql"]["changing"] == ["network.database_subnet_ids"]
    mocked = inputs["prod-django-service"]["mocked"]
    assert "certificate.certificate_arn" in mocked
    assert not any(name.startswith("network.") for name in mocked)
