"""Real plans of all units, offline: each is made once in a test run, by the first who asks for it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from cli.terraform.plan import Plan, UnitPlan
from tests import terraform
from tests.shared import digest, once
from tests.support import Json

# What a plan says of all that is in it.
_OF_ALL = ("format_version", "terraform_version", "timestamp", "applyable", "complete", "errored")


class Plans(Mapping[str, UnitPlan]):
    """The plan of each unit by its id, such as `prod-postgresql`: for new resources, with mocked upstreams.

    Plans are made when they are asked for, those of all units of an environment at once.
    """

    def __init__(self, documents: Mapping[str, Json], mirrors: Mapping[str, Path], directory: Path) -> None:
        """`directory` may be shared with other processes and other documents: one plans, the others wait and read."""
        self._documents = documents
        self._mirrors = mirrors
        self._directory = directory
        directory.mkdir(exist_ok=True)

    def __getitem__(self, name: str) -> UnitPlan:
        document = self._documents[name]
        environment = document["//"]["environment"]
        documents = {other: each for other, each in self._documents.items() if each["//"]["environment"] == environment}
        # What is the same in another set of documents is planned once.
        file = self._directory / f"{environment}-{digest(documents)}.json"
        made = once(file, lambda: plan_environment(documents, file.with_suffix(""), self._mirrors))
        upstreams = document["//"].get("mock_outputs", {})
        mocked = {upstream: tuple(outputs) for upstream, outputs in upstreams.items()}
        return UnitPlan(name=name, configuration=document, plan=Plan(made[name]), mocked=mocked)

    def __iter__(self) -> Iterator[str]:
        return iter(self._documents)

    def __len__(self) -> int:
        return len(self._documents)

    def of(self, environment: str) -> list[UnitPlan]:
        """The plans of an environment's units."""
        return [
            self[name] for name, document in self._documents.items() if document["//"]["environment"] == environment
        ]


def plan_environment(documents: Mapping[str, Json], directory: Path, mirrors: Mapping[str, Path]) -> dict[str, Json]:
    """What `plan` makes of each unit of an environment, from one plan in which each is a module.

    To start the providers and to read their schemas takes seven seconds, and to plan a unit one half of a second.
    """
    runner = terraform.Terraform(directory, mirrors)
    root: Json = {"terraform": {"required_providers": {}}, "provider": {}, "module": {}, "output": {}}
    for name, document in documents.items():
        (directory / name).mkdir()
        child = terraform.offline(document, directory / name)
        for upstream in child.get("data", {}).get("terraform_remote_state", {}).values():
            upstream["config"]["path"] = f"{name}/{upstream['config']['path']}"
        for provider, given in child.pop("provider", {}).items():
            plain = [each for each in given if "alias" not in each]
            configured = root["provider"].setdefault(provider, plain)
            assert configured[: len(plain)] == plain, "an environment has one of each"
            configured.extend(each for each in given if each not in configured)
        root["terraform"]["required_providers"] |= child["terraform"].get("required_providers", {})
        root["module"][name] = {"source": f"./{name}", **dict.fromkeys(document.get("variable", {}), "1.0.0")}
        terraform.hand_on(document, child, root["module"][name])
        for output, each in child.get("output", {}).items():
            root["output"][f"{name}--{output}"] = {**each, "value": f"${{module.{name}.{output}}}"}
        runner.write(f"{name}/cdk.tf.json", child)
    runner.write("root.tf.json", root)
    runner.run("init", "-input=false", "-no-color")
    runner.plan()
    together = runner.show()
    return {name: _of_module(together, name, document) for name, document in documents.items()}


def _of_module(plan: Json, name: str, document: Json) -> Json:
    """The plan of a module as if it were the root, but its `checks`, which nobody reads."""
    address, prefix = f"module.{name}", f"{name}--"

    def outputs(found: Json) -> Json:
        return {key.removeprefix(prefix): value for key, value in found.items() if key.startswith(prefix)}

    def values(found: Json) -> Json:
        modules = found["root_module"].get("child_modules", ())
        resources = [each["resources"] for each in modules if each["address"] == address]
        root = {"root_module": {"resources": resources[0]} if resources else {}}
        return {"outputs": outputs(found["outputs"]), **root} if "outputs" in found else root

    def here(found: Json) -> Json:
        return {key: value for key, value in found.items() if key != "module_address"}

    def is_here(provider: str) -> bool:
        return provider.partition(".")[0] in document.get("provider", {}) or provider.startswith(f"{address}:")

    providers = plan["configuration"]["provider_config"]
    changes = [each for each in plan["resource_changes"] if each["module_address"] == address]
    attributes = [each for each in plan["relevant_attributes"] if each["resource"].startswith(f"{address}.")]
    made = {
        **{key: plan[key] for key in _OF_ALL},
        "resource_changes": [here(each) for each in changes],
        "output_changes": outputs(plan["output_changes"]),
        "planned_values": values(plan["planned_values"]),
        "prior_state": {**plan["prior_state"], "values": values(plan["prior_state"]["values"])},
        "configuration": {
            "provider_config": {key: here(each) for key, each in providers.items() if is_here(key)},
            "root_module": plan["configuration"]["root_module"]["module_calls"][name]["module"],
        },
        "relevant_attributes": attributes,
        "variables": {variable: {"value": "1.0.0"} for variable in document.get("variable", {})},
    }
    alone: Json = json.loads(json.dumps(made).replace(f"{address}.", "").replace(f"{address}:", ""))
    return alone


def plan_together(documents: Mapping[str, Json], directory: Path, mirrors: Mapping[str, Path]) -> dict[str, Json]:
    """The changes of resources that are planned for many units at once, each as a child module: providers start once.

    Of each unit's plan there is what rules over resources need: `resource_changes` and `variables`.
    """
    runner = terraform.Terraform(directory, mirrors)
    modules = {}
    for name, document in documents.items():
        child = terraform.offline(document, directory)
        child.pop("provider")
        (directory / name).mkdir()
        runner.write(f"{name}/cdk.tf.json", child)
        modules[name] = {"source": f"./{name}", **dict.fromkeys(document.get("variable", {}), "1.0.0")}
    runner.write("root.tf.json", {"provider": {"aws": terraform.OFFLINE_AWS}, "module": modules})
    runner.run("init", "-input=false", "-no-color")
    runner.plan()
    plans: dict[str, Json] = {
        name: {
            "resource_changes": [],
            "variables": {variable: {"value": "1.0.0"} for variable in document.get("variable", {})},
        }
        for name, document in documents.items()
    }
    for change in runner.show()["resource_changes"]:
        _, name, address = change["address"].split(".", 2)
        plans[name]["resource_changes"].append({**change, "address": address})
    return plans


def plan(document: Json, directory: Path, mirrors: Mapping[str, Path]) -> Json:
    """`terraform show -json` of a plan of a unit for which nothing exists yet, made in an empty directory."""
    runner = terraform.Terraform(directory, mirrors)
    runner.write("cdk.tf.json", terraform.offline(document, directory))
    runner.run("init", "-input=false", "-no-color")
    runner.plan(**dict.fromkeys(document.get("variable", {}), "1.0.0"))
    return runner.show()
