"""Real plans of all units, offline: each is made once in a test run, by the first who asks for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from cli.terraform.plan import UnitPlan
from tests import terraform
from tests.shared import digest, once
from tests.support import Json


class Plans(Mapping[str, UnitPlan]):
    """The plan of each unit by its id, such as `prod-postgresql`: for new resources, with mocked upstreams.

    Plans are made when they are asked for, because each takes six seconds; `of("prod")` makes six of them.
    """

    def __init__(self, documents: Mapping[str, Json], mirrors: Mapping[str, Path], directory: Path) -> None:
        """`directory` may be shared with other processes and other documents: one plans, the others wait and read."""
        self._documents = documents
        self._mirrors = mirrors
        self._directory = directory
        directory.mkdir(exist_ok=True)

    def __getitem__(self, name: str) -> UnitPlan:
        document = self._documents[name]
        # What is the same in another set of documents is planned once.
        file = self._directory / f"{name}-{digest(document)}.json"
        made = once(file, lambda: plan(document, file.with_suffix(""), self._mirrors))
        upstreams = document.get("//", {}).get("mock_outputs", {})
        mocked = {upstream: tuple(outputs) for upstream, outputs in upstreams.items()}
        return UnitPlan(name=name, configuration=document, plan=made, mocked=mocked)

    def __iter__(self) -> Iterator[str]:
        return iter(self._documents)

    def __len__(self) -> int:
        return len(self._documents)

    def of(self, environment: str) -> list[UnitPlan]:
        """The plans of an environment's units."""
        return [
            self[name] for name, document in self._documents.items() if document["//"]["environment"] == environment
        ]


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
