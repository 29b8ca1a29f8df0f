"""Terraform with the stand-in, from init to destroy."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cdktf import TerraformStack

from cli.local_aws import cloudflare_stand_in
from cli.local_aws.cloudflare_stand_in.schema import Bindings
from cli.terraform.cloudflare_errors import causes
from modules.cloudflare_dns.firewall import CustomRules, RateLimits
from modules.cloudflare_dns.firewall_inputs import CustomRuleInputs, RateLimitInputs
from tests.support import Json, module_json
from tests.terraform import Terraform

pytestmark = pytest.mark.thorough

ROOT = Path(__file__).parents[4]
UNBUFFERED = {"PYTHONUNBUFFERED": "1"}
ZONE = "0" * 32


@pytest.fixture(scope="module")
def mirror(terraform_command: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("mirror with spaces")
    cloudflare_stand_in.install(path)
    return path


@pytest.fixture
def running(mirror: Path) -> Iterator[str]:
    """A stand-in that serves several commands, which would start it three times each: TF_REATTACH_PROVIDERS."""
    command = [sys.executable, "-m", cloudflare_stand_in.__name__, str(mirror / cloudflare_stand_in.SCHEMA), "--dev"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=UNBUFFERED) as process:
        assert process.stdout
        yield next(found[1] for line in process.stdout if (found := re.search("TF_REATTACH_PROVIDERS='(.*)'", line)))
        process.terminate()


def configuration(**resources: Json) -> Json:
    version = Bindings.read().provider_version
    return {
        "terraform": {"required_providers": {"cloudflare": {"source": "cloudflare/cloudflare", "version": version}}},
        "provider": {"cloudflare": {}},
        "resource": {f"cloudflare_{name}": {"test": values} for name, values in resources.items()},
    }


def record(**changes: Any) -> Json:
    values = {"zone_id": ZONE, "name": "api.example.com", "type": "CNAME", "content": "alb.example.net", "ttl": 1}
    return {**values, **changes}


def ruleset(mode: str = "override_origin") -> Json:
    parameters = {"cache": True, "edge_ttl": {"mode": mode, "default": 7200}}
    rule = {"action": "set_cache_settings", "expression": "true", "action_parameters": parameters}
    phase = "http_request_cache_settings"
    return {"zone_id": ZONE, "name": "default", "kind": "zone", "phase": phase, "rules": [rule]}


def firewall() -> Json:
    """What `rate_limits` and `custom_rules` make, but for the names of resources."""
    limit = RateLimitInputs(paths=("/accounts/login/",), requests=20, period_seconds=60, block_seconds=600)
    rule = CustomRuleInputs(expression="cf.client.bot", action="managed_challenge")

    def build(stack: TerraformStack) -> None:
        RateLimits(stack, "limits", limits={"login": limit}, zone_id=ZONE, hostnames=("api.example.com",))
        CustomRules(stack, "rules", rules={"bots": rule}, zone_id=ZONE, hostnames=("api.example.com",))

    found = module_json(build)["resource"]["cloudflare_ruleset"]
    return {name: {key: value for key, value in each.items() if key != "//"} for name, each in found.items()}


def test_resources_live_from_init_to_destroy(mirror: Path, tmp_path: Path, running: str) -> None:
    terraform = Terraform(tmp_path / "unit", {"cloudflare": mirror})

    def run(*arguments: str, expect: tuple[int, ...] = (0,)) -> str:
        terraform.write("main.tf.json", document)
        return terraform.run(*arguments, "-no-color", expect=expect, variables={"TF_REATTACH_PROVIDERS": running})

    setting = {"zone_id": ZONE, "setting_id": "ssl", "value": "strict"}
    document = configuration(dns_record=record(), zone_setting=setting, ruleset=ruleset())
    document["resource"]["cloudflare_ruleset"].update(firewall())
    run("init")
    assert "The configuration is valid" in run("validate")
    assert "5 to add" in run("plan")
    applied = run("apply", "-auto-approve")
    assert "5 added" in applied
    assert "This is a stand-in for Cloudflare's provider" in applied
    assert "Nothing is read from or sent to Cloudflare." in applied
    assert "No changes" in run("plan", "-detailed-exitcode")

    resource = document["resource"]["cloudflare_dns_record"]["test"]
    resource["content"] = "alb.example.net."
    assert "0 added, 1 changed, 0 destroyed" in run("apply", "-auto-approve")
    resource["type"] = "A"
    planned = run("plan", "-detailed-exitcode", expect=(2,))
    assert "must be replaced" in planned
    # Cloudflare answers without the dot, and so does the stand-in: the difference shows in each plan.
    assert '"alb.example.net" -> "alb.example.net."' in planned
    assert "5 destroyed" in run("destroy", "-auto-approve")


def test_a_record_that_exists_is_refused_as_cloudflare_does(mirror: Path, tmp_path: Path, running: str) -> None:
    one, other = (Terraform(tmp_path / name, {"cloudflare": mirror}) for name in ("one", "other"))
    given = {"TF_REATTACH_PROVIDERS": running}

    def applied(unit: Terraform, expect: int = 0, **changes: Any) -> list[str]:
        unit.write("main.tf.json", configuration(dns_record=record(**changes)))
        output = unit.run("apply", "-auto-approve", "-json", expect=(expect,), variables=given)
        found = (json.loads(line).get("diagnostic", {}) for line in output.splitlines())
        return causes([each for each in found if each.get("severity") == "error"])[0]

    for unit in (one, other):
        unit.write("main.tf.json", configuration(dns_record=record()))
        unit.run("init", variables=given)
    assert applied(one, content="alb.example.net.") == []
    (line,) = applied(other, expect=1)
    assert "the zone already has a record of this name (81058)" in line
    assert "(81053)" in applied(other, expect=1, content="else.example.net")[0]
    assert applied(other, name="www.example.com") == []
    assert "(81058)" in applied(other, expect=1)[0], "nor is one changed into it"
    one.run("destroy", "-auto-approve", variables=given)
    assert applied(other) == []


def test_what_the_schema_does_not_allow_is_refused_by_the_installed_executable(mirror: Path, tmp_path: Path) -> None:
    resources: Json = {
        "cloudflare_dns_record": {
            "unknown": record(allow_overwrite=True),
            "enumeration": record(type="CNAMES"),
            "required": {key: value for key, value in record().items() if key != "ttl"},
            "computed": record(proxiable=True),
        },
        "cloudflare_ruleset": {"nested": ruleset(mode="forever")},
        "cloudflare_record": {"of_version_4": {}},
    }
    terraform = Terraform(tmp_path / "unit", {"cloudflare": mirror})
    terraform.write("main.tf.json", {**configuration(), "resource": resources})
    found = terraform.validate()
    for part in (
        'No argument or block type is named "allow_overwrite"',
        "Attribute type value must be one of: A, AAAA, ",
        'The argument "ttl" is required',
        "proxiable is read-only",
        "Attribute rules[0].action_parameters.edge_ttl.mode value must be one of: respect_origin, ",
        'does not support resource type "cloudflare_record"',
    ):
        assert any(part in each for each in found), f"{part} is not in {json.dumps(found, indent=1)}"
    assert len(found) == len(resources["cloudflare_dns_record"]) + 2
