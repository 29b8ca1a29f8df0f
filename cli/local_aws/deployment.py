"""An environment on the local AWS: its units as synthesized, and Terraform with the real provider."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from moto.route53.models import HostedZoneIdentifier
from moto.utilities.id_generator import moto_id_manager

from cli.local_aws import providers
from cli.local_aws.server import LocalAws
from cli.terraform import tree
from cli.terraform.in_order import in_order
from cli.terraform.runner import Terraform, TerraformFailed
from cli.terraform.tree import Unit
from stacks.config.providers import ProvidersInputs

# Applies wait for the provider to poll, and each is a process that holds most of a gigabyte.
MOST_AT_ONCE = 4
# Of resources of one unit, which wait as well.
PARALLELISM = "-parallelism=30"
# What of a user's own would be read here, or would keep the stand-in for Cloudflare's provider as if it were that.
_NOT_PASSED_ON = ("TF_CLI", "TF_PLUGIN_CACHE", "CLOUDFLARE_")


class LocalDeployment:
    """The units of an environment, deployed from where they were synthesized to.

    What Terraform applies is what `make synth` writes, byte for byte: all that is local comes by the environment.
    """

    def __init__(self, output: Path, directory: Path, aws: LocalAws, *, image_tag: str = "1.0.0") -> None:
        """`output` holds the units, and is of nobody else; `directory` is for what Terraform needs beside them.

        Raises cli.terraform.tree.NotATree.
        """
        self.aws = aws
        self.directory = directory
        self.units = tree.read(output)
        self.versions = _versions(self.units)
        self.account_id = _account_id(self.units)
        self.variables = self._variables(providers.configure(directory, self.versions), image_tag)
        self.terraform = Terraform(self.variables)
        self._initializing = threading.Lock()

    def bootstrap(self) -> None:
        """Create what is there before a first deployment: the buckets of the states, and zones of Route 53."""
        client = self.client("s3")
        for bucket in self.state_buckets:
            client.create_bucket(Bucket=bucket)
            client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})

        for zone_id, name in self.hosted_zones.items():
            # Route 53 draws the ids of zones; here they are those that the units name.
            moto_id_manager.set_custom_id(HostedZoneIdentifier(self.account_id, f"{name}.", None), zone_id)
            self.client("route53").create_hosted_zone(Name=f"{name}.", CallerReference=zone_id)

    @property
    def hosted_zones(self) -> dict[str, str]:
        """The names of the zones of Route 53 that the units have records in, by their ids."""
        found = (unit.configuration["//"].get("hosted_zones", {}) for unit in self.units)
        return {zone_id: name for zones in found for zone_id, name in zones.items()}

    @property
    def state_buckets(self) -> list[str]:
        """The buckets of the environment's states."""
        backends = (unit.backend for unit in self.units)
        return sorted({arguments["bucket"] for kind, arguments in backends if kind == "s3"})

    def client(self, service: str) -> Any:
        """A client of boto3 in the environment's account."""
        return self.aws.client(service, self.account_id)

    def each(
        self, work: Callable[[Unit], Any], *, most_at_once: int = MOST_AT_ONCE, is_reversed: bool = False
    ) -> dict[str, Any]:
        """What `work` returns for each unit, by id, in the order of dependencies. Raises what it raised first."""
        return in_order(
            self.units, work, most_at_once=most_at_once, is_reversed=is_reversed, stop=self.terraform.stop
        ).all()

    def initialize(self, unit: Unit) -> None:
        """`terraform init`, one after the other, because a cache of providers does not allow for more."""
        with self._initializing:
            self.terraform.run(unit.home, "init", "-json", "-input=false", "-reconfigure")

    def apply(self, unit: Unit, on_line: Callable[[str], None] | None = None) -> None:
        """`terraform apply`. Raises cli.terraform.runner.TerraformFailed, as all of these do."""
        self.terraform.run(unit.home, "apply", "-json", "-input=false", "-auto-approve", PARALLELISM, on_line=on_line)

    def plan(self, unit: Unit) -> dict[str, list[str]]:
        """What `terraform plan` would change: the actions on each resource and output, by address."""
        code = _ExitCode()
        output = self.terraform.run(
            unit.home, "plan", "-json", "-input=false", "-detailed-exitcode", PARALLELISM, expect=code
        )
        changes = dict(_changes(output))
        if code.says_changes and not changes:
            raise TerraformFailed("terraform plan would change something, and does not say what")
        return changes

    def destroy(self, unit: Unit) -> None:
        """`terraform destroy`."""
        self.terraform.run(unit.home, "destroy", "-json", "-input=false", "-auto-approve", PARALLELISM)

    def outputs(self, unit: Unit) -> dict[str, Any]:
        """The outputs of a unit by name."""
        answer = json.loads(self.terraform.run(unit.home, "output", "-json"))
        return {name: output["value"] for name, output in answer.items()}

    def resources(self, unit: Unit) -> list[str]:
        """The addresses of what is in the state of a unit, without data sources."""
        listed = self.terraform.run(unit.home, "state", "list").split()
        return [address for address in listed if not address.startswith("data.")]

    def _variables(self, configuration: Path, image_tag: str) -> dict[str, str]:
        given = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_PASSED_ON)}
        return {
            **self.aws.environment(self.account_id, given),
            # The way to the registry; what is AWS's is plain HTTP here.
            **{name: value for name, value in given.items() if name.upper() == "HTTPS_PROXY"},
            "TF_CLI_CONFIG_FILE": str(configuration),
            "TF_VAR_image_tag": image_tag,
            "CHECKPOINT_DISABLE": "1",
            # For the stand-in, which takes any.
            "CLOUDFLARE_API_TOKEN": "0" * 40,
        }


class _ExitCode(Container[int]):
    """Of a plan with -detailed-exitcode, which is 2 where something would change."""

    says_changes = False

    def __contains__(self, code: object) -> bool:
        self.says_changes = code == 2
        return code in (0, 2)


def _versions(units: Sequence[Unit]) -> ProvidersInputs:
    """The version of each provider that the units ask for."""
    required = {source.rpartition("/")[2]: version for unit in units for source, version in unit.providers}
    known = {field.name for field in fields(ProvidersInputs)}
    return ProvidersInputs(**{name: version for name, version in required.items() if name in known and version})


def _account_id(units: Sequence[Unit]) -> str:
    """The account that the provider of every unit admits."""
    providers_of_aws = [each for unit in units for each in unit.configuration.get("provider", {}).get("aws", ())]
    (account_id,) = {each["allowed_account_ids"][0] for each in providers_of_aws}
    return str(account_id)


def _changes(output: str) -> list[tuple[str, list[str]]]:
    """https://developer.hashicorp.com/terraform/internals/machine-readable-ui."""
    found = []
    for line in output.splitlines():
        event: Mapping[str, Any] = json.loads(line)
        if event["type"] == "planned_change":
            change = event["change"]
            found.append((change["resource"]["addr"], [change["action"]]))
        elif event["type"] == "outputs":
            changed = {name: each["action"] for name, each in event["outputs"].items() if each.get("action")}
            found += [(f"output.{name}", [action]) for name, action in changed.items() if action != "noop"]
    return found
