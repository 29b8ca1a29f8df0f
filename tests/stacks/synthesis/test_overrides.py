"""What an environment overrides is in the JSON that is deployed, and an entry that matches nothing is refused."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from cdktf import App

from cli.review.gate import rules
from cli.review.gate.resources import Unit
from cli.terraform.plan import Plan, UnitPlan
from modules.validation import line
from stacks import unit
from stacks.config.loader import WrongEnvironment
from stacks.config.overrides import Override
from stacks.django_backend import compose
from stacks.synthesis.overrides import apply
from stacks.synthesis.synthesize import synthesize
from stacks.units import bootstrap
from tests import plans
from tests.support import Json, environment, read_output


def override(argument: str, value: Any, **changes: Any) -> Override:
    named = {"unit": "postgresql", "address": "aws_db_instance.postgresql", "reason": "A partner asks for it"}
    return Override(argument=argument, value=value, **{**named, **changes})


def documents(output: Path, *overrides: Override) -> dict[str, Json]:
    output.mkdir(exist_ok=True)
    synthesize({"test.py": environment(overrides=overrides)}, output / "out", lambda _: None, compose)
    return dict(read_output(output / "out"))


@pytest.fixture(scope="module")
def composed(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[unit.Unit[Any]], Path]:
    """The units of the environment without overrides, and where their JSON is."""
    output = tmp_path_factory.mktemp("composed")
    app = App(outdir=str(output))
    units = compose(app, environment())
    app.synth()
    return units, output


def problems(output: Path, *overrides: Override) -> list[str]:
    with pytest.raises(WrongEnvironment) as error:
        documents(output, *overrides)
    assert not (output / "out").exists()
    return str(error.value).splitlines()


def test_arguments_blocks_and_maps_are_set_and_all_else_stays(tmp_path: Path) -> None:
    service = {"unit": "django-service", "address": "aws_ecs_service.web"}
    before = documents(tmp_path / "before")
    after = documents(
        tmp_path / "after",
        override("ca_cert_identifier", "rds-ca-rsa4096-g1"),
        override("timeouts.create", "90m"),
        override('tags["cost-center"]', "4711"),
        override("enabled_cloudwatch_logs_exports", ("postgresql",)),
        override("max_allocated_storage", None),
        override("load_balancer[0].elb_name", "classic", **service),
        override("placement_constraints[0].type", "distinctInstance", **service),
        override("lifecycle.ignore_changes", ("desired_count",), **service),
    )
    was = before["test-postgresql"]["resource"]["aws_db_instance"]["postgresql"]
    now = after["test-postgresql"]["resource"]["aws_db_instance"]["postgresql"]
    assert "max_allocated_storage" in was
    assert now == {
        **{name: value for name, value in was.items() if name != "max_allocated_storage"},
        "ca_cert_identifier": "rds-ca-rsa4096-g1",
        "timeouts": {"create": "90m"},
        "tags": {**was.get("tags", {}), "cost-center": "4711"},
        "enabled_cloudwatch_logs_exports": ["postgresql"],
    }
    web = after["test-django-service"]["resource"]["aws_ecs_service"]["web"]
    assert web["load_balancer"][0]["elb_name"] == "classic"
    assert web["load_balancer"][0]["container_name"] == "web"
    assert web["placement_constraints"] == [{"type": "distinctInstance"}]
    assert web["lifecycle"]["ignore_changes"] == ["desired_count"]
    untouched = {*before} - {"test-postgresql", "test-django-service"}
    assert {name: after[name] for name in untouched} == {name: before[name] for name in untouched}
    assert [each["argument"] for each in after["test-django-service"]["//"]["overrides"]] == [
        "load_balancer[0].elb_name",
        "placement_constraints[0].type",
        "lifecycle.ignore_changes",
    ]
    assert after["test-postgresql"]["//"]["overrides"][0] == {
        "address": "aws_db_instance.postgresql",
        "argument": "ca_cert_identifier",
        "value": "rds-ca-rsa4096-g1",
        "reason": "A partner asks for it",
    }


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (
            {"address": "aws_db_instance.postgres"},
            ".address: aws_db_instance.postgres is not in test-postgresql: use one of aws_db_instance.postgresql",
        ),
        (
            {"address": "aws_vpc.network"},
            ".address: aws_vpc.network is not in test-postgresql: use one of aws_cloudwatch_log_group, ",
        ),
        (
            {"argument": "backup_windw"},
            ".argument: backup_windw: there is no argument backup_windw: use backup_window",
        ),
        (
            {"argument": "timeouts.creation"},
            ".argument: timeouts.creation: there is no argument creation: use create",
        ),
        (
            {"argument": "s3_import[1].bucket_name"},
            ".argument: s3_import[1].bucket_name: there are 0 of them: use [0] to [0], which adds one",
        ),
        (
            {"argument": "allocated_storage", "value": "many"},
            ".argument: allocated_storage: 'many' is of another type: give a number",
        ),
        (
            {"argument": "multi_az", "value": "false"},
            ".argument: multi_az: 'false' is of another type: give True or False",
        ),
        (
            {"argument": "allocated_storage", "value": True},
            ".argument: allocated_storage: True is of another type: give a number",
        ),
        (
            {"argument": "backup_window", "value": ("x",)},
            ".argument: backup_window: ('x',) is of another type: give a string",
        ),
        (
            {"argument": "vpc_security_group_ids", "value": "x"},
            ".argument: vpc_security_group_ids: 'x' is of another type: give a tuple",
        ),
        (
            {"argument": "tags", "value": "x"},
            ".argument: tags: 'x' is of another type: give a dict",
        ),
        (
            {"argument": 'tags["c"]', "value": True},
            """.argument: tags["c"]: True is of another type: give a string""",
        ),
        (
            {"argument": "timeouts", "value": {"creation": "1h"}},
            ".argument: timeouts: there is no argument creation: use create",
        ),
        (
            {"argument": "s3_import", "value": {"bucket_name": "a"}},
            ".argument: s3_import: ingestion_role is required in it: add it",
        ),
        (
            {"argument": "instance_class", "value": None},
            ".argument: instance_class: is required: give another value",
        ),
        (
            {"argument": "timezone", "value": None},
            ".argument: timezone: is not set: remove the entry",
        ),
        (
            {"argument": "multi_az", "value": True},
            ".argument: multi_az: is True already: remove the entry",
        ),
        (
            {"argument": "tags[0]"},
            ".argument: tags[0]: the JSON of the unit has another form there: leave the index out",
        ),
        (
            {"argument": "vpc_security_group_ids.first"},
            ".argument: vpc_security_group_ids.first: the JSON of the unit has another form there: write an index",
        ),
    ],
)
def test_an_override_that_matches_nothing_is_told_by_its_path(
    composed: tuple[list[unit.Unit[Any]], Path], tmp_path: Path, changes: dict[str, Any], problem: str
) -> None:
    units, output = composed
    directory = shutil.copytree(output, tmp_path / "out")
    wrong = override(**{"argument": "backup_window", "value": "x", **changes})
    right = override('tags["a"]', "b")
    (found,) = apply(environment(overrides=(right, wrong)), units, directory)
    assert line(found).startswith(f"overrides[1]{problem}")


def test_all_that_match_nothing_have_a_line_each_and_end_the_synthesis(tmp_path: Path) -> None:
    found = problems(tmp_path, override("one", 1), override("two", 2))
    assert [each.split(": ")[:2] for each in found] == [
        ["test.py", "overrides[0].argument"],
        ["test.py", "overrides[1].argument"],
    ]


def test_bootstrap_is_a_tree_of_its_own_which_they_leave_alone(tmp_path: Path) -> None:
    overridden = environment(overrides=(override("multi_az", False),))
    synthesize({"test.py": overridden}, tmp_path / "out", lambda _: None, bootstrap.compose)
    assert "overrides" not in dict(read_output(tmp_path / "out"))["test-bootstrap"]["//"]


def test_the_gate_judges_what_is_overridden(tmp_path: Path, mirrors: dict[str, Path]) -> None:
    document = documents(tmp_path, override("deletion_protection", False), override("ca_cert_identifier", "x"))[
        "test-postgresql"
    ]
    (tmp_path / "plan").mkdir()
    planned = plans.plan(document, tmp_path / "plan", mirrors)
    unit = Unit(UnitPlan(name="test-postgresql", configuration=document, plan=Plan(planned)))
    assert unit.of("aws_db_instance")[0].values["ca_cert_identifier"] == "x"
    assert [each.rule for each in rules.refusals(unit)] == ["protection/deletion"]
