"""A private copy of synthesized units, in which Terraform may write what it likes and nothing of it stays behind."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cli.private_directory import private_directory
from cli.terraform.runner import Terraform, TerraformFailed
from cli.terraform.tree import Json, Unit
from cli.text import one_line

# Whatever Terraform or a user has left beside the JSON; a lock file of the providers is meant to be there.
_NOT_COPIED = shutil.ignore_patterns(".terraform", "*.tfstate*", "*tfplan*", "*.tfvars*", "*override.tf*", "crash.log")


class Workspace:
    """A directory for each unit, and the providers, each of which is installed once for all units."""

    def __init__(self, directory: Path, terraform: Terraform) -> None:
        """`directory` is empty and readable by this user alone, because plans and states hold secrets."""
        self._directory = directory
        self._terraform = terraform
        self._installing = threading.Lock()
        self._installed: dict[tuple[str, str], Path | TerraformFailed] = {}

    def directory(self, name: str) -> Path:
        """A new directory for something else."""
        made = self._directory / name
        made.mkdir()
        return made

    def copy(self, unit: Unit) -> Path:
        """Copy what was synthesized for a unit. Returns the directory of the copy."""
        return Path(shutil.copytree(unit.directory, self._directory / "units" / unit.name, ignore=_NOT_COPIED))

    def initialize(self, unit: Unit, directory: Path, *arguments: str) -> None:
        """`terraform init` in a copy of the unit, with these further arguments."""
        plugins = [f"-plugin-dir={self._install(source, version)}" for source, version in unit.providers]
        self._terraform.run(directory, "init", "-json", "-input=false", *plugins, *arguments)

    def _install(self, source: str, version: str) -> Path:
        """A directory with a provider, which all units share: Terraform's own cache does not allow for parallel runs.

        https://developer.hashicorp.com/terraform/cli/config/config-file#provider-plugin-cache
        """
        with self._installing:
            key = source, version
            if key not in self._installed:
                try:
                    self._installed[key] = self._download(source, version)
                except TerraformFailed as error:
                    what = f"the provider {source} {version} cannot be installed: {one_line(str(error), 300)}"
                    remedy = "let this machine reach the registry, or name a mirror in TF_CLI_CONFIG_FILE"
                    self._installed[key] = TerraformFailed(f"{what}: {remedy}")
            found = self._installed[key]
            if isinstance(found, TerraformFailed):
                raise found
            return found

    def _download(self, source: str, version: str) -> Path:
        directory = self._directory / "providers" / str(len(self._installed))
        directory.mkdir(parents=True)
        requirement = {"source": source, **({"version": version} if version else {})}
        write(directory / "main.tf.json", {"terraform": {"required_providers": {"this": requirement}}})
        self._terraform.run(directory, "init", "-json", "-input=false")
        return directory / ".terraform" / "providers"


@contextmanager
def workspace(terraform: Terraform) -> Iterator[Workspace]:
    """A workspace that is removed at the end, whatever happens; Terraform is stopped before."""
    with private_directory("terraform-") as directory:
        try:
            yield Workspace(directory, terraform)
        except BaseException:
            terraform.stop(grace_seconds=5)
            raise


def write(file: Path, document: Json) -> None:
    """A file of a Terraform configuration or a state."""
    file.write_text(json.dumps(document, indent=2), encoding="utf-8")
