"""An override names one argument of one resource, and what cannot be meant is refused by its path."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from modules.validation import line, problems
from stacks.config.overrides import Override
from tests.support import environment

DATABASE = Override(
    unit="postgresql",
    address="aws_db_instance.postgresql",
    argument="ca_cert_identifier",
    value="rds-ca-rsa4096-g1",
    reason="The warehouse trusts that authority alone",
)


def lines(*overrides: Override) -> list[str]:
    return list(map(line, problems(environment(overrides=overrides))))


@pytest.mark.parametrize(
    ("argument", "path"),
    [
        ("backup_window", ("backup_window",)),
        ("timeouts.create", ("timeouts", "create")),
        ("load_balancer[0].elb_name", ("load_balancer", 0, "elb_name")),
        ('tags["cost-center"]', ("tags", "cost-center")),
        ('tags["12"]', ("tags", "12")),
        ('tags["[a]"]', ("tags", "[a]")),
        ("s3_import[1]", ("s3_import", 1)),
        ("lifecycle.ignore_changes", ("lifecycle", "ignore_changes")),
    ],
)
def test_an_argument_is_written_as_terraform_refers_to_it(argument: str, path: tuple[str | int, ...]) -> None:
    override = replace(DATABASE, argument=argument, value=None)
    assert lines(override) == []
    assert override.path == path


@pytest.mark.parametrize(
    "value", ["x", 3, 0.5, True, None, ("a", "b"), {"a": "b"}, "arn:aws:kms:us-east-1:123456789012:key/a"]
)
def test_a_value_is_anything_that_json_can_say(value: Any) -> None:
    assert lines(replace(DATABASE, value=value)) == []


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"unit": "bootstrap"}, "overrides[0].unit: got 'bootstrap': give one of 'alerts', 'network', "),
        ({"address": "postgresql"}, "overrides[0].address: 'postgresql' is no address of a resource: write it as "),
        ({"address": "aws_db_instance.*"}, "overrides[0].address: 'aws_db_instance.*' is no address of a resource"),
        (
            {"address": 'aws_db_instance.a["b"]'},
            """overrides[0].address: 'aws_db_instance.a["b"]' is one of the resources that aws_db_instance.a makes: """,
        ),
        ({"address": "aws_db_instance.*[0]"}, "overrides[0].address: 'aws_db_instance.*[0]' is no address of a"),
        ({"address": "provider.aws"}, "overrides[0].address: 'provider.aws' is no address of a resource"),
        ({"argument": "a..b"}, "overrides[0].argument: 'a..b' is no argument of a resource: write it as "),
        ({"argument": "[0]"}, "overrides[0].argument: '[0]' is no argument of a resource"),
        ({"argument": "provider"}, "overrides[0].argument: provider is Terraform's own, and no argument of the "),
        ({"argument": "count"}, "overrides[0].argument: count is Terraform's own"),
        ({"argument": "provisioner[0].command"}, "overrides[0].argument: provisioner is Terraform's own"),
        ({"value": "${aws_vpc.a.id}"}, "overrides[0].value: '${aws_vpc.a.id}' holds a Terraform template"),
        ({"value": b"x"}, "overrides[0].value: got b'x': give bool or int or "),
        (
            {"argument": "lifecycle.nonsense"},
            "overrides[0].argument: 'lifecycle.nonsense' is no argument of lifecycle: use one of lifecycle.",
        ),
        ({"argument": "lifecycle"}, "overrides[0].argument: 'lifecycle' is no argument of lifecycle"),
        (
            {"argument": "lifecycle.ignore_changes", "value": "engine"},
            "overrides[0].value: 'engine' is of another type: give a tuple",
        ),
        (
            {"argument": "lifecycle.prevent_destroy", "value": "true"},
            "overrides[0].value: 'true' is of another type: give True or False",
        ),
        ({"value": float("nan")}, "overrides[0].value: JSON has no nan: give a finite number"),
        ({"value": float("-inf")}, "overrides[0].value: JSON has no -inf: give a finite number"),
        ({"reason": ""}, "overrides[0].reason: got 0 characters: say why it is right here"),
    ],
)
def test_an_override_that_cannot_be_meant_is_refused(changes: dict[str, Any], problem: str) -> None:
    (found,) = lines(replace(DATABASE, **changes))
    assert found.startswith(problem)


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("password", "hunter2-of-production"),
        ("password", 12345678),
        ("auth_token", ("hunter2-of-production",)),
        ("tags", {"DB_PASSWORD": "hunter2-of-production"}),
        ('tags["API_KEY"]', "hunter2-of-production"),
        ("description", "postgres://app:hunter2@example.com"),
        ("description", "Xk29sLq0PvB73nMzRt5Y"),
        ("container_definitions", '[{"environment":[{"name":"DB_PASSWORD","value":"hunter2hunter"}]}]'),
        ("container_definitions", '[{"environment":[{"name":"SIGNING_KEY","value":"hunter2hunter"}]}]'),
        ("container_definitions", '[{"command":["run","--password","hunter2hunter"]}]'),
        ("container_definitions", '[{"command":["sh","-c","DB_PASSWORD=hunter2hunter run"]}]'),
        ("policy", '{"password": 12345678}'),
        ("tags", {"a": '{"password": "hunter2hunter"}'}),
        ("user_data", "#!/bin/sh; export DB_PASSWORD=hunter2hunter"),
        ("user_data_base64", "IyEvYmluL3NoCkRCX1BBU1NXT1JEPWh1bnRlcjIgIyBvcHVtemdkcGEK"),  # DB_PASSWORD=hunter2
    ],
)
def test_no_secret_is_put_into_the_json(argument: str, value: Any) -> None:
    (found,) = lines(replace(DATABASE, argument=argument, value=value))
    assert found.startswith("overrides[0].value: holds ")
    assert "hunter2" not in found


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("container_definitions", '[{"image":"x:1","environment":[{"name":"SECRET_KEY_ARN","value":"a"}]}]'),
        ("container_definitions", '[{"secrets":[{"name":"SECRET_KEY","valueFrom":"arn:aws:ssm:us-east-1:1:a"}]}]'),
        ("policy", '{"Statement":[{"Action":"secretsmanager:GetSecretValue","Resource":"*"}]}'),
        ("user_data", "#!/bin/sh; export DEBUG=1 PASSWORD_FILE=/run/password"),
        ("user_data_base64", "IyEvYmluL3NoCmRuZiBpbnN0YWxsICMgampzcHFtc2JwCg=="),  # dnf install
    ],
)
def test_a_document_without_secrets_is_none(argument: str, value: str) -> None:
    assert lines(replace(DATABASE, argument=argument, value=value)) == []


def test_an_argument_is_set_once() -> None:
    (found,) = lines(DATABASE, replace(DATABASE, value="rds-ca-ecc384-g1"))
    assert found == (
        "overrides[1]: ca_cert_identifier of aws_db_instance.postgresql in postgresql is set already: "
        "remove one of the two"
    )


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"argument": 'tags["a"]', "value": "b"}, {"argument": "tags", "value": {"c": "d"}}),
        ({"argument": "tags", "value": {"c": "d"}}, {"argument": 'tags["a"]', "value": "b"}),
        ({"argument": "s3_import[0]", "value": {"c": "d"}}, {"argument": "s3_import[0].bucket_name", "value": "b"}),
    ],
)
def test_no_override_is_lost_in_another(first: dict[str, Any], second: dict[str, Any]) -> None:
    one, two = replace(DATABASE, **first), replace(DATABASE, **second)
    (found,) = lines(DATABASE, one, two)
    assert found == (
        f"overrides[2]: {two.argument} of aws_db_instance.postgresql overlaps {one.argument} of overrides[1]: "
        "make one entry of the two"
    )
    assert lines(one, replace(two, address="aws_db_instance.postgresql_replica")) == []


def test_an_argument_in_another_notation_is_the_same() -> None:
    one = replace(DATABASE, argument="lifecycle.ignore_changes", value=("engine",))
    (found,) = lines(one, replace(one, argument='lifecycle["ignore_changes"]'))
    assert found.endswith("in postgresql is set already: remove one of the two")


def test_arguments_beside_each_other_are_both_set() -> None:
    pairs = (('tags["a"]', 'tags["ab"]'), ("s3_import[0].bucket_name", "s3_import[1].bucket_name"))
    for arguments in pairs:
        assert lines(*(replace(DATABASE, argument=each) for each in arguments)) == []


@pytest.mark.parametrize(
    ("argument", "value"), [("ignore_changes", "all"), ("ignore_changes", ("engine",)), ("prevent_destroy", True)]
)
def test_what_terraform_has_of_lifecycle_may_be_set(argument: str, value: Any) -> None:
    assert lines(replace(DATABASE, argument=f"lifecycle.{argument}", value=value)) == []


@pytest.mark.parametrize("value", [None, "arn:aws:iam::123456789012:policy/other"])
def test_no_override_takes_a_role_out_of_the_boundary_of_the_environment(value: str | None) -> None:
    role = {"unit": "network", "address": "aws_iam_role.network_flow_logs", "argument": "permissions_boundary"}
    override = replace(DATABASE, value=value, **role)  # type: ignore[arg-type]
    of_company = environment(permissions_boundary="arn:aws:iam::123456789012:policy/company", overrides=(override,))
    (found,) = map(line, problems(of_company))
    assert found.startswith("overrides[0].argument: all roles of the environment have its boundary: give permissions_")
    assert lines(override) == []


@pytest.mark.parametrize(
    ("argument", "value", "tag"),
    [
        ('tags["Project"]', "other", "Project"),
        ("tags.stage", None, "Stage"),
        ('tags["stage"]', "other", "Stage"),
        ("tags", {"Team": "a", "Project": "other"}, "Project"),
        ("tags_all", {"Project": "other"}, "Project"),
        ('tag_specifications[0].tags["Stage"]', "other", "Stage"),
    ],
)
def test_no_override_changes_the_tags_by_which_roles_tell_resources(argument: str, value: Any, tag: str) -> None:
    override = replace(DATABASE, argument=argument, value=value)
    renamed = environment(tag_keys={"Environment": "Stage"}, overrides=(override,))
    (found,) = map(line, problems(renamed))
    assert found.startswith(
        f"overrides[0].argument: roles tell the environment's resources from others by the tag {tag}"
    )


def test_other_tags_may_be_overridden() -> None:
    assert lines(replace(DATABASE, argument='tags["Stage"]'), replace(DATABASE, argument="final_snapshot_tags")) == []
