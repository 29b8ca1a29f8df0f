"""Where the state lies, and which account a plan can reach."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cli.review.gate.resources import Resource, Unit
from cli.review.gate.rule import Rule, UnitRule
from cli.terraform.plan import Json


def _s3(unit: Unit, name: str) -> Iterator[str]:
    backend = unit.configuration.get("terraform", {}).get("backend", {}).get("s3")
    if backend is not None and not backend.get(name):
        yield "terraform.backend"


def _any_account(unit: Unit) -> Iterator[str]:
    for provider in unit.configuration.get("provider", {}).get("aws", ()):
        if not provider.get("allowed_account_ids"):
            yield "provider.aws"


def _elsewhere(unit: Unit) -> Iterator[str]:
    """Every unit has its state in S3, or on this machine (LocalState)."""
    if "terraform" not in unit.configuration:
        return  # it is no unit as it was synthesized
    backend = unit.configuration["terraform"].get("backend", {})
    if len(backend) != 1 or not backend.keys() <= {"s3", "local"}:
        yield "terraform.backend"


def _of_another(unit: Unit) -> Iterator[str]:
    """Of another unit or environment by its key; and the states that it reads, which are beside its own."""
    about = unit.configuration.get("//", {})
    backend = unit.configuration.get("terraform", {}).get("backend", {})
    own = backend.get("s3") or {}
    name = str(about.get("unit", ""))
    key = str(own.get("key", ""))
    if own and name and not _is_key_of(key, name, str(about.get("environment", ""))):
        yield "terraform.backend"
    if own and (own.get("endpoints") or own.get("endpoint") or own.get("skip_credentials_validation")):
        yield "terraform.backend"
    for upstream, source in unit.configuration.get("data", {}).get("terraform_remote_state", {}).items():
        config = source.get("config", {})
        is_local = "local" in backend and source.get("backend") == "local"
        if not is_local and any(config.get(each) != own.get(each) for each in ("bucket", "region")):
            yield f"data.terraform_remote_state.{upstream}"


def _is_key_of(key: str, unit: str, environment: str) -> bool:
    parts = key.replace(".", "/").split("/")
    return unit in parts and environment in parts


_VERSION = re.compile(r"\d+\.\d+\.\d+")
_SOURCES = re.compile(r"(?:registry\.terraform\.io/)?(?:(?:hashicorp/)?(?:aws|random|time|tls)|cloudflare/cloudflare)")


def _providers(unit: Unit) -> Iterator[str]:
    required = unit.configuration.get("terraform", {}).get("required_providers", {})
    for name, provider in required.items():
        is_known = isinstance(provider, dict) and _SOURCES.fullmatch(str(provider.get("source")))
        if not is_known or not _VERSION.fullmatch(str(provider.get("version"))):
            yield f"terraform.required_providers.{name}"
    if "terraform" in unit.configuration:
        yield from (f"provider.{kind}" for kind in unit.configuration.get("provider", {}).keys() - required.keys())


def _redirected(unit: Unit) -> Iterator[str]:
    for kind, providers in unit.configuration.get("provider", {}).items():
        for provider in providers if isinstance(providers, list) else [providers]:
            own = provider.get("allowed_account_ids", ())
            roles = [
                each for name in ("assume_role", "assume_role_with_web_identity") for each in _blocks(provider, name)
            ]
            if any(str(role.get("role_arn", "")).split(":")[4:5] not in [[each] for each in own] for role in roles):
                yield f"provider.{kind}"
            if any(provider.get(name) for name in ("endpoints", "insecure", "base_url", "api_base_url", "http_proxy")):
                yield f"provider.{kind}"


def _blocks(holder: Json, name: str) -> list[Json]:
    found = holder.get(name) or []
    return found if isinstance(found, list) else [found]


_EXECUTES = frozenset({"external", "http", "aws_lambda_invocation", "null_resource", "shell_script"})


def _executes(unit: Unit) -> Iterator[str]:
    for block, prefix in (("resource", ""), ("data", "data.")):
        for kind, named in unit.configuration.get(block, {}).items():
            for name, arguments in named.items():
                if kind in _EXECUTES or "provisioner" in arguments:
                    yield f"{prefix}{kind}.{name}"


def _ignored(resource: Resource) -> bool:
    """That of a list of arguments is a choice; all of them are hidden from every plan."""
    ignored = (resource.configured.get("lifecycle") or {}).get("ignore_changes")
    return ignored in ("all", ["all"])


RULES = (
    UnitRule(
        "state/elsewhere",
        _elsewhere,
        "the state is not in the environment's bucket: use the backend s3 with the environment's state",
    ),
    UnitRule(
        "state/of-another",
        _of_another,
        "the state is not of this unit and environment, or not beside the others: keep bucket, region and key",
    ),
    UnitRule(
        "state/provider",
        _providers,
        "any program may be downloaded and get the credentials: name a known source, and one version",
    ),
    UnitRule(
        "state/redirected",
        _redirected,
        "requests and credentials go elsewhere: remove endpoints, proxies, insecure, and roles of other accounts",
    ),
    UnitRule(
        "state/executes",
        _executes,
        "Terraform would run a program or ask a server, with the credentials at hand: use a resource, or a task",
    ),
    Rule(
        "state/ignored",
        ("*",),
        _ignored,
        "no plan shows what becomes of it: name the arguments in ignore_changes",
    ),
    UnitRule(
        "state/unencrypted", lambda unit: _s3(unit, "encrypt"), "the state lies in S3 unencrypted: set encrypt to true"
    ),
    UnitRule(
        "state/unlocked",
        lambda unit: _s3(unit, "use_lockfile"),
        "two applies at once would destroy the state: set use_lockfile to true",
    ),
    UnitRule(
        "state/any-account",
        _any_account,
        "credentials of another account would deploy this there: set allowed_account_ids",
    ),
)
