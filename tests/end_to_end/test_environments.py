"""dev and prod live on the local AWS from deploy to destroy, with the AWS provider as published.

Each is one test, because each of its parts needs what the part before has left.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from cli.local_aws.deployment import LocalDeployment
from cli.local_aws.providers import mirror
from cli.local_aws.server import LocalAws
from cli.terraform.runner import TerraformFailed
from cli.terraform.tree import Unit
from cli.terraform.version import BINARY_NAME
from tests.end_to_end import leftovers, variants
from tests.end_to_end.cdktf import EXECUTABLE, CdktfFailed
from tests.end_to_end.deployers import ByCdktf, ByTerraform, Deployer
from tests.end_to_end.life import DATA_STORES, Life
from tests.end_to_end.services import SERVICES
from tests.end_to_end.table import Table
from tests.stacks.permissions.recorded import AGAIN, DIRECTORY, record
from tests.terraform import require

pytestmark = pytest.mark.slow

FAILED = (TerraformFailed, CdktfFailed)

# What cdktf does with the larger one, it does with dev.
LIVES = (("dev", "terraform"), ("prod", "cdktf"), ("prod", "terraform"))

# What a destroy leaves: task definitions, because older ones may still be rolled back to, secrets for the days in which
# they can be restored, and what moto lists of what is gone, as AWS does for a while.
_LEFT = {
    "task-definition django-{}-beat",
    "task-definition django-{}-check-status",
    "task-definition django-{}-init-database",
    "task-definition django-{}-migrate",
    "task-definition django-{}-web",
    "task-definition django-{}-worker",
    "deleted secret django-{}/django-secret-key",
    "INACTIVE cluster django-{}",
}
_LEFT_OF = {
    "dev": {"terminated instance t3.micro"},
    "prod": {"db-snapshot django-prod-postgresql-final", "cache-snapshot django-prod-redis-final"},
}
# What an environment is deployed with beside its own data; cdktf deploys it as it is.
_WITH = {("prod", "terraform"): (variants.with_iam_authentication,)}
# What is left of a unit when Terraform is refused the deletion of what is protected in it: that, and what it needs.
_SPARED = {
    "prod": {
        "prod-django-service": {
            "aws_lb.load_balancer",
            "aws_s3_bucket.load_balancer_access_logs",
            "aws_s3_bucket_policy.load_balancer_access_logs_policy",
            "aws_s3_bucket_public_access_block.load_balancer_access_logs_public_access",
            "aws_security_group.load_balancer_security_group",
        },
        "prod-postgresql": {
            "aws_cloudwatch_log_group.postgresql_log_postgresql",
            "aws_cloudwatch_log_group.postgresql_log_upgrade",
            "aws_db_instance.postgresql",
            "aws_db_parameter_group.postgresql_parameters",
            "aws_db_subnet_group.postgresql_subnet_group",
            "aws_iam_role.postgresql_monitoring",
            "aws_iam_role_policy_attachment.postgresql_monitoring_policy",
            "aws_security_group.postgresql_security_group",
        },
    },
}


@dataclass
class Stage:
    """Where one environment is deployed, and by what."""

    name: str
    tool: str
    aws: LocalAws
    directory: Path

    def put(self, kind: str, *changes: variants.Change, image_tag: str = "1.0.0") -> tuple[LocalDeployment, Deployer]:
        """The environment with these changes, synthesized, and what deploys it."""
        place = self.directory / kind
        place.mkdir()
        variants.write(self.name, place / "cdktf.out", *_WITH.get((self.name, self.tool), ()), *changes)
        deployment = LocalDeployment(place / "cdktf.out", place, self.aws, image_tag=image_tag)
        if self.tool == "cdktf":
            return deployment, ByCdktf(deployment, is_changed=bool(changes))
        return deployment, ByTerraform(deployment)


@pytest.fixture(params=LIVES, ids="-".join)
def stage(request: pytest.FixtureRequest, aws: LocalAws, tmp_path: Path) -> Stage:
    name, tool = request.param
    if tool == "cdktf":
        require(EXECUTABLE.exists(), "cdktf-cli: install it by `make cdktf`")
    else:
        request.getfixturevalue("shared_providers")
    return Stage(name, tool, aws, tmp_path)


def test_an_environment_lives_from_deploy_to_destroy(stage: Stage, tables: Path, subtests: pytest.Subtests) -> None:
    deployment, deployer = stage.put("first")
    life = Life(deployment, deployer, Table(tables / f"{stage.name}-{stage.tool}.json", stage.tool))
    before = _deploy(life, deployment, subtests, is_recorded=(stage.name, stage.tool) not in _WITH)
    deployment = _update(life, stage, subtests)
    if spared := _SPARED.get(stage.name):
        _be_refused(life, deployment, spared, subtests)
        deployment, deployer = stage.put("unprotected", variants.updated, variants.unprotected, image_tag="1.0.1")
        life.change_to(deployment, deployer)
        life.apply()
    _destroy(life, deployment, before, subtests)


def _deploy(life: Life, deployment: LocalDeployment, subtests: pytest.Subtests, *, is_recorded: bool) -> set[str]:
    """Deploy. Returns what was there before."""
    deployment.bootstrap()
    before = leftovers.everything(deployment.client)
    deployment.aws.calls.is_on = is_recorded
    life.deploy()
    deployment.aws.calls.is_on = False
    with subtests.test("the permissions of the pipeline are tested with all that is called"):
        name = deployment.units[0].environment
        called = {call.action for call in deployment.aws.calls.take()}
        assert not called - {call["action"] for call in record(name)["calls"]}, AGAIN.format(name, DIRECTORY)
        assert not deployment.aws.calls.unknown
    with subtests.test("the services that are called are those of the tests of faults"):
        assert deployment.aws.services == SERVICES
    with subtests.test("no provider comes by the user's cache"):
        providers = [place for unit in deployment.units for place in _providers(unit)]
        assert len(providers) >= (1 if BINARY_NAME in os.environ else len(deployment.units))
        own = (deployment.directory, *(place.absolute() for place in [mirror()] if place))
        assert not [place for place in providers if not any(place.is_relative_to(each) for each in own)]
    with subtests.test("a second plan is empty"):
        plans = life.plan()
        life.record_second_plan(plans)
        assert not plans
    with subtests.test("drift is named, and repaired by the next apply"):
        expected = life.drift()
        assert life.plan() == expected
        life.apply()
        assert not life.plan()
    return before


def _update(life: Life, stage: Stage, subtests: pytest.Subtests) -> LocalDeployment:
    data = {unit: outputs for unit, outputs in life.outputs().items() if unit.endswith(("postgresql", "redis"))}
    updated, deployer = stage.put("updated", variants.updated, image_tag="1.0.1")
    life.change_to(updated, deployer)
    with subtests.test("an update replaces no data store"):
        plans = life.plan()
        assert plans[f"{stage.name}-postgresql"] == {"aws_db_instance.postgresql": ["update"]}
        assert plans[f"{stage.name}-redis"] == {"aws_elasticache_replication_group.redis": ["update"]}
        changes = {address: actions for plan in plans.values() for address, actions in plan.items()}
        assert all(changes[address] == ["update"] for address in changes if address.startswith(DATA_STORES))
        assert changes["aws_ecs_task_definition.web_task"] == ["replace"]
        assert changes["aws_cloudwatch_log_group.web_task_log"] == ["update"]
    with subtests.test("a deployment that ECS rolls back is no success"):
        stage.aws.ecs.fail_deployments_of.add(f"django-{stage.name}-web")
        with pytest.raises(FAILED, match="The deployment of web failed and was rolled back"):
            life.apply(f"{stage.name}-django-service")
        stage.aws.ecs.fail_deployments_of.clear()
    with subtests.test("the next apply converges, and all data is where it was"):
        life.apply()
        assert not life.plan()
        assert {unit: outputs for unit, outputs in life.outputs().items() if unit in data} == data
    with subtests.test("what runs has the new size and the new image"):
        ecs = stage.aws.client("ecs", updated.account_id)
        found = ecs.describe_task_definition(taskDefinition=f"django-{stage.name}-web")["taskDefinition"]
        assert (found["cpu"], found["memory"]) == ("1024", "2048")
        assert [each["image"].rpartition(":")[2] for each in found["containerDefinitions"]] == ["1.0.1"]
    return updated


def _be_refused(
    life: Life, deployment: LocalDeployment, spared: Mapping[str, set[str]], subtests: pytest.Subtests
) -> None:
    """Destroy what is protected: Terraform is refused, when it has destroyed what needs it already."""
    units = {unit.name: unit for unit in deployment.units}
    protected = leftovers.protected(deployment.client)
    assert len(protected) == len(spared)
    for name, resources in spared.items():
        with subtests.test("a destroy is refused as long as the protection is on", unit=name):
            with pytest.raises(FAILED, match="(?i)deletion ?protection|protected"):
                life.destroy(name)
            assert {*deployment.resources(units[name])} == resources
            assert leftovers.protected(deployment.client) == protected


def _destroy(life: Life, deployment: LocalDeployment, before: set[str], subtests: pytest.Subtests) -> None:
    life.destroy()
    with subtests.test("a destroy leaves nothing but what it says"):
        assert not life.left()
        name = deployment.units[0].name.split("-")[0]
        left = {each.format(name) for each in _LEFT} | _LEFT_OF[name]
        assert leftovers.everything(deployment.client) - before == left


def _providers(unit: Unit) -> Iterator[Path]:
    """Where the providers of a unit are, or what they are links to."""
    for place in (unit.home / ".terraform" / "providers").glob("*/*/*/*/*"):
        yield place.readlink() if place.is_symlink() else place
