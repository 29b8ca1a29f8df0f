"""A unit as if its plan had been applied: a state that the real provider plans changes of, without an account."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from cli.terraform.plan import Json, Plan, UnitPlan
from tests import terraform


def state(applied: UnitPlan) -> Json:
    """The state file; what AWS would have chosen has made-up values, the same wherever it is referred to."""
    versions = {each["address"]: each["schema_version"] for each in _planned(applied.plan.document)}
    resources = []
    for change in applied.plan.document["resource_changes"]:
        if change["mode"] != "managed":
            continue
        configured = applied.configuration["resource"][change["type"]][change["name"]]
        inner = change["change"]
        attributes = {
            name: _value(change["type"], change["name"], name, configured.get(name))
            if inner["after_unknown"].get(name) is True
            else inner["after"].get(name)
            for name in {*inner["after"], *inner["after_unknown"]}
        }
        instance = {"schema_version": versions[change["address"]], "attributes": attributes}
        if "index" in change:
            instance["index_key"] = change["index"]
        resources.append(
            {
                "mode": "managed",
                "type": change["type"],
                "name": change["name"],
                "provider": f'provider["{change["provider_name"]}"]',
                "instances": [instance],
            }
        )
    return {
        "version": 4,
        "terraform_version": "1.11.4",
        "serial": 1,
        "lineage": "deployed",
        "outputs": {},
        "resources": resources,
    }


def plan_change(applied: UnitPlan, document: Json, directory: Path, mirrors: dict[str, Path]) -> UnitPlan:
    """What Terraform and the provider plan where `applied` exists and `document` is the new configuration."""
    runner = terraform.Terraform(directory, mirrors)
    runner.write("cdk.tf.json", terraform.offline(document, directory))
    runner.write("terraform.tfstate", state(applied))
    runner.run("init", "-input=false", "-no-color")
    given = {f"TF_VAR_{name}": "1.0.0" for name in document.get("variable", {})}
    runner.run("plan", "-refresh=false", "-input=false", "-no-color", "-lock=false", "-out=tfplan", variables=given)
    return UnitPlan(name=applied.name, configuration=document, plan=Plan(runner.show()))


def _planned(plan: Json) -> list[Json]:
    resources: list[Json] = plan["planned_values"]["root_module"]["resources"]
    return resources


def _value(kind: str, name: str, attribute: str, configured: Any) -> Any:
    if isinstance(configured, str):
        referred = r"\$\{(aws_\w+)\.(\w+)\.(\w+)\}"
        return re.sub(referred, lambda found: str(_value(found[1], found[2], found[3], None)), configured)
    if isinstance(configured, list):
        return [_value(kind, name, attribute, each) for each in configured]
    if attribute == "security_group_names":  # those of EC2-Classic, without which a group of Redis would be replaced
        return []
    if attribute == "arn":
        return f"arn:aws:{kind.split('_')[1]}:us-east-1:123456789012:{name}"
    return f"{kind}-{name}" if attribute.endswith(("address", "id", "name", "suffix")) else None
