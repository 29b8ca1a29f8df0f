"""What lets Terraform plan a unit without an account: no backend, no credentials, no call to a cloud."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cli.terraform.tree import Json, Unit

# Enough for the AWS provider to plan new resources without calling AWS.
# https://registry.terraform.io/providers/hashicorp/aws/latest/docs#argument-reference
AWS: Json = {
    "access_key": "offline",
    "secret_key": "offline",
    "skip_credentials_validation": True,
    "skip_metadata_api_check": "true",
    "skip_region_validation": True,
    "skip_requesting_account_id": True,
    "allowed_account_ids": None,
}

_UNKNOWN = "${timestamp()}"

# What a variable without a value is planned with, by its type.
_PLACEHOLDERS: dict[str, Any] = {"string": "placeholder", "number": 1, "bool": False}


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """The environment of a process without anything that names or opens an account."""
    kept = {name: value for name, value in given.items() if not name.startswith(("AWS_", "CLOUDFLARE_", "CF_"))}
    # A token of the right form, which Cloudflare's provider demands even where it calls nothing.
    return {**kept, "AWS_EC2_METADATA_DISABLED": "true", "CLOUDFLARE_API_TOKEN": "offline".ljust(40, "0")}


def override(unit: Unit) -> Json:
    """What to merge over the unit's configuration, by an override file.

    A state on this machine stays where it is, because it needs no account; one elsewhere is taken to be empty.
    https://developer.hashicorp.com/terraform/language/files/override
    """
    changed: Json = {}
    if unit.backend[0] != "local":
        changed["terraform"] = {"backend": {"local": {"path": "offline.tfstate"}}}
    providers = unit.configuration.get("provider", {}).get("aws", ())
    if providers:
        changed["provider"] = {"aws": [{**AWS, **_alias(provider)} for provider in providers]}
    if data := unread(unit.configuration):
        changed["data"] = data
    return changed


def without_imports(configuration: Json) -> Json:
    """The configuration without its `import` blocks, for which Terraform would read what exists."""
    return {key: value for key, value in configuration.items() if key != "import"}


def unread(configuration: Json) -> Json:
    """What to merge over the data sources of a unit, so that none is read: what they find is known after apply.

    Terraform puts off what depends on a value that it does not know yet, and of the time it knows none while it plans.
    https://developer.hashicorp.com/terraform/language/functions/timestamp
    """
    return {
        kind: {name: _put_off(arguments) for name, arguments in named.items()}
        for kind, named in configuration.get("data", {}).items()
        if kind != "terraform_remote_state"
    }


def _put_off(arguments: Json) -> Json:
    """The first argument that is a string, or a map of strings, as a value that is not known yet."""
    for name, value in arguments.items():
        if name != "//" and isinstance(value, str):
            return {name: _UNKNOWN}
        if name not in ("//", "lifecycle") and isinstance(value, dict):
            return {name: dict.fromkeys(value, _UNKNOWN)}
    raise ValueError(f"no argument to put off in {sorted(arguments)}")


def placeholders(unit: Unit, given: Mapping[str, str]) -> Json:
    """Values for the variables of a unit that have none, in this environment of a process or by default."""
    variables: dict[str, Json] = unit.configuration.get("variable", {})
    missing = {name: variable for name, variable in variables.items() if lacks_value(name, variable, given)}
    return {name: _PLACEHOLDERS.get(variable.get("type", "string")) for name, variable in missing.items()}


def lacks_value(name: str, variable: Json, given: Mapping[str, str]) -> bool:
    """Whether a variable has no default, and no value in this environment of a process; a CI gives empty ones."""
    return "default" not in variable and not given.get(f"TF_VAR_{name}")


def _alias(provider: Json) -> Json:
    return {"alias": provider["alias"]} if "alias" in provider else {}
