"""The real Terraform with the real AWS provider, offline: what the highest level of tests runs on.

A missing tool skips a test with its reason on a user's machine, and fails it where CI=true: see `require`.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Container, Mapping
from pathlib import Path
from typing import NoReturn

import pytest

from cli.local_aws import providers
from cli.review.planning import offline as offline_plan
from cli.review.planning.inputs import state_with
from tests.support import Json

AWS_PROVIDER = providers.AWS


def mirror() -> Path | None:
    """A filesystem mirror with the AWS provider: where the program looks, or else in any directory of two levels."""
    if found := providers.mirror():
        return found
    # /proc has a directory for each process, and looks like no place for a mirror.
    roots = (root for root in Path("/").iterdir() if root.name not in ("proc", "sys", "dev"))
    mirrors = (each.parent for root in sorted(roots) for each in sorted(root.glob("*/registry.terraform.io")))
    return next((each for each in mirrors if providers.has_provider(each)), None)


OFFLINE_AWS = offline_plan.AWS


def require(found: object, what: str) -> None:
    """Go on if it was found; else fail where CI=true, and skip on a user's machine."""
    if not found:
        _missing(what)


def _missing(what: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is missing, and CI may not do without it")
    pytest.skip(f"needs {what}")


class Terraform:
    """Runs Terraform in a directory, with nothing of the user's own configuration or credentials."""

    def __init__(self, directory: Path, mirrors: Mapping[str, Path]) -> None:
        """`mirrors` is namespace to filesystem mirror: {"hashicorp": mirror()}."""
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        config = directory / "terraform.rc"
        config.write_text("provider_installation {\n" + "".join(map(_mirror_block, mirrors.items())) + "}\n")
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(directory),
            "TF_CLI_CONFIG_FILE": str(config),
            "TF_IN_AUTOMATION": "1",
            "CHECKPOINT_DISABLE": "1",
            "AWS_EC2_METADATA_DISABLED": "true",
            # It and its providers end in seconds: to collect their garbage as seldom saves a sixth of their time.
            "GOGC": "400",
        }

    def write(self, name: str, document: Json) -> None:
        """A file of the configuration."""
        (self.directory / name).write_text(json.dumps(document, indent=2))

    def run(self, *arguments: str, expect: Container[int] = (0,), variables: Mapping[str, str] | None = None) -> str:
        """The standard output of `terraform <arguments>`; an exit code that is not expected fails the test."""
        done = subprocess.run(
            ["terraform", *arguments],
            cwd=self.directory,
            env={**self._environment, **(variables or {})},
            capture_output=True,
            text=True,
            timeout=1800,  # which ends what hangs; beside other tests a plan of a hundred units takes minutes
        )
        assert done.returncode in expect, f"terraform {' '.join(arguments)}: {done.stdout[-3000:]}{done.stderr[-3000:]}"
        return done.stdout

    def validate(self) -> list[str]:
        """What `terraform init -backend=false` and `terraform validate` object to, warnings included."""
        self.run("init", "-backend=false", "-input=false", "-no-color")
        answer = json.loads(self.run("validate", "-json", expect=(0, 1)))
        return [f"{found.get('address', '')} {found['summary']}: {found['detail']}" for found in answer["diagnostics"]]

    def plan(self, **variables: str) -> str:
        """What `terraform plan` prints for these variables; the plan itself is kept for `show`."""
        given = {f"TF_VAR_{name}": value for name, value in variables.items()}
        return self.run("plan", "-input=false", "-no-color", "-lock=false", "-out=tfplan", variables=given)

    def show(self) -> Json:
        """The plan that was made last, as Terraform's JSON."""
        plan: Json = json.loads(self.run("show", "-json", "tfplan"))
        return plan


def validate_together(documents: Mapping[str, Json], directory: Path, mirrors: Mapping[str, Path]) -> list[str]:
    """What Terraform objects to in any of many units, each as a child module: the providers' schemas load once."""
    runner = Terraform(directory, mirrors)
    root: Json = {"terraform": {"required_providers": {}}, "provider": {}, "module": {}}
    for name, document in documents.items():
        child: Json = {key: value for key, value in document.items() if key != "provider"}
        child["terraform"] = {key: value for key, value in document["terraform"].items() if key != "backend"}
        (directory / name).mkdir()
        root["module"][name] = {"source": f"./{name}", **dict.fromkeys(document.get("variable", {}), "1.0.0")}
        required = child["terraform"].get("required_providers", {})
        root["terraform"]["required_providers"] |= required
        for provider in required:
            plain = [OFFLINE_AWS if provider == "aws" else {}]
            configured = root["provider"].setdefault(provider, plain)
            configured.extend(each for each in aliased(document, provider) if each not in configured)
        hand_on(document, child, root["module"][name])
        runner.write(f"{name}/cdk.tf.json", child)
    runner.write("root.tf.json", root)
    return runner.validate()


def aliased(document: Json, provider: str = "aws") -> list[Json]:
    """The further configurations of a provider that a unit has, as of other regions."""
    found = document.get("provider", {}).get(provider, ())
    return [{**each, **(OFFLINE_AWS if provider == "aws" else {})} for each in found if "alias" in each]


def hand_on(document: Json, child: Json, module: Json) -> None:
    """Give the child module of a unit these from its root, which Terraform asks to be done by name."""
    if aliases := [f"aws.{each['alias']}" for each in aliased(document)]:
        required = child["terraform"]["required_providers"]
        aws = {**required["aws"], "configuration_aliases": aliases}
        child["terraform"]["required_providers"] = {**required, "aws": aws}
        module["providers"] = {each: each for each in ("aws", *aliases)}


def _mirror_block(namespace_and_path: tuple[str, Path]) -> str:
    namespace, path = namespace_and_path
    return (
        f"  filesystem_mirror {{\n    path = {json.dumps(str(path))}\n"
        f'    include = ["registry.terraform.io/{namespace}/*"]\n  }}\n'
    )


def offline(document: Json, directory: Path) -> Json:
    """The unit, changed to plan without an account: no backend, dummy credentials, upstreams from their mocks."""
    changed: Json = json.loads(json.dumps(document))
    del changed["terraform"]["backend"]
    for provider in changed.get("provider", {}).get("aws", ()):
        provider.update(OFFLINE_AWS)
    for upstream, outputs in document.get("//", {}).get("mock_outputs", {}).items():
        state = directory / f"{upstream}.mock.tfstate"
        state.write_text(json.dumps(state_with(outputs)))
        changed["data"]["terraform_remote_state"][upstream].update(backend="local", config={"path": state.name})
    for kind, named in offline_plan.unread(document).items():
        for name, arguments in named.items():
            changed["data"][kind][name].update(arguments)
    return changed
