"""Plan every unit with mock providers: `python -m cli tftest prod`.

For each unit a file of `terraform test` is generated. It plans the unit, as synthesized, with providers that make up
what AWS would compute, and with the mock outputs of its upstreams. So all is known, and every output can be looked at.
https://developer.hashicorp.com/terraform/language/tests/mocking
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from cli import command as commands
from cli.failure import Failure, run_command
from cli.progress import Steps, steps
from cli.review.planning import offline
from cli.terraform import tree
from cli.terraform.ephemeral import without_ephemeral
from cli.terraform.runner import Terraform, TerraformFailed
from cli.terraform.synthesis import WITHOUT_IMPORTS, synthesize
from cli.terraform.tree import Json, Unit
from cli.terraform.workspace import Workspace, workspace, write
from cli.text import one_line
from stacks.config import loader
from stacks.console import Console

FILE = "unit.tftest.json"
_ARN = "arn:aws:mock:us-east-1:000000000000:mock"

# Ids whose form the provider checks where they are used.
_IDS = {"aws_launch_template": "lt-00000000000000000"}


def main(argv: Sequence[str], *, directory: Path = loader.DIRECTORY) -> int:
    """Test the units of these environments. Returns 0; 1 where one fails, which is a line for each on stderr."""
    return run_command("tftest", lambda: _run(argv, directory))


def _run(argv: Sequence[str], directory: Path) -> int:
    parser = commands.Parser("tftest", (__doc__ or "").splitlines()[0])
    commands.add_environments(parser)
    environments = commands.chosen(parser.parse_args(argv), directory)
    terraform = Terraform(offline.environment(os.environ))
    with workspace(terraform) as space, steps(Console(stderr=True)) as step:
        output = space.directory("synthesis") / "cdktf.out"
        step("synthesis", "running main.py")
        synthesize(environments, output, WITHOUT_IMPORTS, config=directory)
        step("synthesis", "done", is_done=True)
        units = tree.read(output)
        step.expect(unit.name for unit in units)
        failures = run(units, space, terraform, step)
    if failures:
        raise Failure("\n".join(failures))
    return 0


def run(units: Sequence[Unit], space: Workspace, terraform: Terraform, step: Steps) -> list[str]:
    """Test each unit, several at once. Returns a line for each that fails."""

    def test(unit: Unit) -> str:
        directory = space.copy(unit)
        # Mock providers of Terraform 1.11 know no ephemeral resources.
        write(directory / "cdk.tf.json", without_ephemeral(unit.configuration))
        write(directory / FILE, test_of(unit))
        try:
            step(unit.name, "initializing")
            space.initialize(unit, directory, "-backend=false")
            step(unit.name, "testing")
            terraform.run(directory, "test", "-json")
        except TerraformFailed as error:
            step(unit.name, "failed", is_done=True)
            return one_line(f"{unit.name}: {error}")
        step(unit.name, "passed", is_done=True)
        return ""

    with ThreadPoolExecutor(os.cpu_count()) as executor:
        return [failure for failure in executor.map(test, units) if failure]


def test_of(unit: Unit) -> Json:
    """The test of a unit, as JSON: a plan in which every output has a value."""
    outputs = sorted(unit.configuration.get("output", {}))
    document: Json = {
        "mock_provider": {provider: _mocks(unit, provider) for provider in unit.configuration.get("provider", {})},
        "override_data": [
            {"target": f"data.terraform_remote_state.{name}", "values": {"outputs": unit.mocks.get(name, {})}}
            for name in sorted(unit.remote_states)
        ],
        "variables": offline.placeholders(unit, {}),
        "run": {
            "plan": {
                "command": "plan",
                "assert": [
                    {"condition": f"${{output.{name} != null}}", "error_message": f"The output {name} has no value."}
                    for name in outputs
                ],
            }
        },
    }
    return {key: value for key, value in document.items() if value}


def _mocks(unit: Unit, provider: str) -> Json:
    """Values for what a provider computes, where random text will not do: ARNs, and the records of a certificate."""
    text = json.dumps({key: value for key, value in unit.configuration.items() if key != "//"})
    # Every type is named, because only those that are have values in a plan.
    kinds = (kind for kind in unit.configuration.get("resource", {}) if kind.startswith(f"{provider}_"))
    defaults: dict[str, dict[str, Any]] = {kind: {"id": _IDS[kind]} if kind in _IDS else {} for kind in kinds}
    for kind, attribute, inner in re.findall(rf"\b({re.escape(provider)}_\w+)\.\w+\.(\w+)(?:\[0\]\.(\w+))?", text):
        if inner:  # of a block that the provider computes
            defaults.setdefault(kind, {})[attribute] = [{inner: _ARN}]
        elif attribute.endswith("arn"):
            defaults.setdefault(kind, {})[attribute] = _ARN
    if "aws_acm_certificate" in defaults:
        defaults["aws_acm_certificate"]["domain_validation_options"] = _validation_records(unit)
    mocks = {kind: {"defaults": values} for kind, values in sorted(defaults.items())}
    return {"override_during": "plan", "mock_resource": mocks}


def _validation_records(unit: Unit) -> list[Json]:
    """The records by which a certificate is validated: Terraform needs them to plan, as keys of a for_each."""
    certificates: dict[str, Json] = unit.configuration.get("resource", {}).get("aws_acm_certificate", {})
    names = {name for each in certificates.values() for name in each.get("subject_alternative_names", ())}
    return [
        {
            "domain_name": name,
            "resource_record_name": f"_mock.{name}.",
            "resource_record_type": "CNAME",
            "resource_record_value": "_mock.acm-validations.aws.",
        }
        for name in sorted(names | {each["domain_name"] for each in certificates.values()})
    ]
