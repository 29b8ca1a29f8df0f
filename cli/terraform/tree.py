"""The synthesized units of a directory such as cdktf.out, in the order of their dependencies."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from cli.terraform.state_place import s3_url
from stacks.failure import Failure

Json = dict[str, Any]


class NotATree(Failure):
    """A directory that does not hold synthesized units. Its text is one line."""


@dataclass(frozen=True, kw_only=True)
class Unit:
    """One unit as synthesized."""

    name: str
    """Its id, such as `prod-postgresql`."""
    directory: Path
    """Where its `cdk.tf.json` lies."""
    home: Path
    """Where Terraform runs to deploy it: the paths of a local state are relative to there."""
    configuration: Json
    dependencies: tuple[str, ...]
    """The ids of the units that it depends on."""

    @cached_property
    def backend(self) -> tuple[str, Json]:
        """The kind of backend that holds its state, and the arguments; `local` where none is named."""
        backends: dict[str, Json] = self.configuration.get("terraform", {}).get("backend", {})
        return next(iter(backends.items()), ("local", {"path": "terraform.tfstate"}))

    @property
    def state_place(self) -> str:
        """Where its state is, such as `s3://states/django/prod/redis/terraform.tfstate`, or a path in the project."""
        kind, arguments = self.backend
        if kind == "s3":
            return s3_url(arguments["bucket"], arguments["key"])
        # Of a local one, relative to where Terraform runs.
        return str(arguments.get("path", "terraform.tfstate")).removeprefix("../../../")

    @property
    def environment(self) -> str:
        """The name of its environment, such as `prod`. Raises NotATree where an older program synthesized the unit."""
        return self._said("environment")

    @property
    def role(self) -> str:
        """What it is called in every environment, such as `postgresql`. Raises NotATree as `environment` does."""
        return self._said("unit")

    def _said(self, key: str) -> str:
        """What the unit writes of itself into its JSON: stacks/unit.py."""
        comment = self.configuration.get("//", {})
        if key not in comment:
            what = f"does not say which {key} it is"
            raise NotATree(f"{self.directory}/cdk.tf.json: {what}: synthesize it again with `make synth`")
        return str(comment[key])

    @property
    def remote_states(self) -> dict[str, Json]:
        """The data sources by which it reads other units."""
        states: dict[str, Json] = self.configuration.get("data", {}).get("terraform_remote_state", {})
        return states

    @property
    def mocks(self) -> dict[str, Json]:
        """The mock outputs of each of these."""
        mocks: dict[str, Json] = self.configuration.get("//", {}).get("mock_outputs", {})
        return mocks

    @property
    def providers(self) -> list[tuple[str, str]]:
        """Source and version of the providers that it requires."""
        required: dict[str, Json] = self.configuration.get("terraform", {}).get("required_providers", {})
        return sorted((provider["source"], provider.get("version", "")) for provider in required.values())

    def reads(self, remote_state: str) -> frozenset[str]:
        """The outputs that the configuration uses of a remote state."""
        text = json.dumps({key: value for key, value in self.configuration.items() if key != "//"})
        used = re.findall(rf"data\.terraform_remote_state\.{re.escape(remote_state)}\.outputs(?:\.([\w-]+))?", text)
        # Something like outputs["name"] is not looked into: then it may be any.
        return frozenset(used) if all(used) else frozenset(self.mocks.get(remote_state, {}))

    def upstream(self, remote_state: str, units: Iterable[Unit]) -> Unit | None:
        """The unit whose state a remote state reads, if it is one of these."""
        source = self.remote_states[remote_state]
        return next((unit for unit in units if _same_state(source, unit.backend)), None)


def _same_state(source: Mapping[str, Any], backend: tuple[str, Json]) -> bool:
    kind, arguments = backend
    keys = ("path",) if kind == "local" else ("bucket", "key")
    config = source.get("config", {})
    return source.get("backend") == kind and all(config.get(key) == arguments.get(key) for key in keys)


def read(tree: Path, *, home: Path | None = None) -> list[Unit]:
    """The units of a tree, dependencies first and else by name. Raises NotATree.

    `home` is the tree from which they are deployed, where that is another one.
    """
    try:
        manifest: dict[str, Json] = json.loads((tree / "manifest.json").read_bytes())["stacks"]
        units = {name: _unit(name, entry, tree, home or tree) for name, entry in sorted(manifest.items())}
        sorter = TopologicalSorter({name: unit.dependencies for name, unit in units.items()})
        sorter.prepare()
        ordered: list[Unit] = []
        while sorter.is_active():
            ready = sorted(sorter.get_ready())
            ordered += [units[name] for name in ready if name in units]
            sorter.done(*ready)
    except OSError as error:
        raise NotATree(f"{error.filename}: {error.strerror}: synthesize it by `make synth`") from error
    except (ValueError, KeyError, TypeError, AttributeError, CycleError) as error:
        what = f"cannot be read ({type(error).__name__})"
        raise NotATree(f"{tree}/manifest.json: {what}: synthesize it by `make synth`") from error
    return ordered


def _unit(name: str, entry: Json, tree: Path, home: Path) -> Unit:
    file = entry["synthesizedStackPath"]
    return Unit(
        name=name,
        directory=(tree / file).parent.absolute(),
        home=(home / file).parent.absolute(),
        configuration=json.loads((tree / file).read_bytes()),
        dependencies=tuple(entry["dependencies"]),
    )
