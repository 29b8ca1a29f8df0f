"""Data and identity are not lost, and what is renamed is recognised."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from cli.review import gate
from cli.review.gate import data, inputs
from cli.review.gate.refusal import Refusal
from cli.review.gate.resources import Unit
from cli.terraform.plan import Json, Plan, UnitPlan
from tests.alternatives import alternatives, paths
from tests.cli.review.gate.deployed import plan_change
from tests.cli.review.gate.editing import drop, edited
from tests.cli.review.gate.mutations import DATABASE, PROD_POSTGRESQL
from tests.plans import Plans

REDIS = "aws_elasticache_replication_group.redis"
SLACK = {"slack_channel_id": "C0123456789"}
TEAMS = {"channel_id": "19%3aab"}


@pytest.fixture(autouse=True)
def losses_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other parts of the gate have their own tests."""
    monkeypatch.setattr("cli.review.gate.checkov.refusals", lambda units: [])
    monkeypatch.setattr("cli.review.gate.rules.refusals", lambda unit: [])


def changed(address: str, *actions: str, before: Json | None = None, after: Json | None = None, **rest: Any) -> Json:
    """A change of a resource, as Terraform's JSON has it."""
    replace_paths = rest.pop("replace_paths", [])
    unknown = rest.pop("after_unknown", {})
    kind, name = address.partition("[")[0].split(".")
    inner = {"actions": list(actions), "before": before, "after": after, "after_unknown": unknown}
    return {
        "address": address,
        "mode": "managed",
        "type": kind,
        "name": name,
        **rest,
        "change": {**inner, "replace_paths": replace_paths},
    }


def refused(*changes: Json, allow: tuple[str, ...] = (), configured: Json | None = None) -> list[Refusal]:
    plan = {"resource_changes": list(changes)}
    owner = {"environment": "prod", "unit": "postgresql"}
    unit = UnitPlan(name=PROD_POSTGRESQL, configuration={"//": owner, "resource": configured or {}}, plan=Plan(plan))
    return gate.refusals([unit], allow=allow)


@pytest.mark.parametrize(
    ("address", "path", "said"),
    [
        ("aws_db_instance.postgresql", "username", "username (admin → postgres) forces a replacement of legacy, which"),
        ("aws_lb.load_balancer", "name", "name (admin → postgres) forces a replacement of legacy, which"),
    ],
)
def test_what_is_imported_is_not_replaced_whether_it_holds_data_or_not(address: str, path: str, said: str) -> None:
    replaced = changed(
        address, "delete", "create", before={path: "admin"}, after={path: "postgres"}, replace_paths=[[path]]
    )
    replaced["change"]["importing"] = {"id": "legacy"}
    (found,) = refused(replaced)
    assert found.rule == "data/imported"
    assert found.message.startswith(said)
    assert found.message.endswith("as it is, or remove the entry from stacks/imports.py")


def test_what_is_imported_may_be_changed() -> None:
    updated = changed(DATABASE, "update", before={"multi_az": False}, after={"multi_az": True})
    updated["change"]["importing"] = {"id": "legacy"}
    assert refused(updated) == []


# The types of our resources that hold neither data nor identity.
_HOLDS_NOTHING = """
    aws_acm_certificate_validation aws_appautoscaling_policy aws_appautoscaling_target aws_db_parameter_group
    aws_db_subnet_group aws_default_security_group aws_ec2_managed_prefix_list aws_ecs_cluster
    aws_ecs_cluster_capacity_providers aws_ecs_service aws_ecs_task_definition aws_eip
    aws_elasticache_parameter_group aws_elasticache_subnet_group aws_flow_log aws_iam_instance_profile aws_iam_role
    aws_iam_role_policy aws_iam_role_policy_attachment aws_instance aws_internet_gateway aws_launch_template aws_lb
    aws_lb_listener aws_lb_target_group aws_nat_gateway aws_route aws_route_table aws_route_table_association
    aws_s3_bucket_lifecycle_configuration aws_s3_bucket_ownership_controls aws_s3_bucket_policy
    aws_s3_bucket_public_access_block aws_s3_bucket_server_side_encryption_configuration
    aws_secretsmanager_secret_version aws_security_group aws_vpc_endpoint aws_vpc_security_group_egress_rule
    aws_vpc_security_group_ingress_rule cloudflare_ruleset cloudflare_zone_setting
"""
HOLDS_NOTHING = set(_HOLDS_NOTHING.split())


def test_of_every_type_of_ours_someone_has_said_whether_it_holds_anything(documents: dict[str, Json]) -> None:
    ours = {kind for document in documents.values() for kind in document.get("resource", ())}
    assert ours - HOLDS_NOTHING - set(data.HOLDERS) == set()
    assert HOLDS_NOTHING & set(data.HOLDERS) == set()


def test_the_gate_knows_what_holds_data_or_identity_beside_ours() -> None:
    holders = """
        aws_acm_certificate aws_cloudwatch_log_group aws_db_instance aws_db_snapshot aws_dynamodb_table
        aws_ecr_repository aws_efs_file_system aws_elasticache_cluster aws_elasticache_replication_group aws_kms_key
        aws_rds_cluster aws_route53_zone aws_s3_bucket aws_secretsmanager_secret aws_wafv2_web_acl cloudflare_dns_record
        cloudflare_zone
    """
    assert set(holders.split()) <= set(data.HOLDERS)


@pytest.mark.parametrize("kind", sorted(data.HOLDERS))
@pytest.mark.parametrize(
    ("actions", "rule"),
    [
        (("delete",), "data/deleted"),
        (("delete", "create"), "data/replaced"),
        (("create", "delete"), "data/replaced"),
        (("forget",), "data/forgotten"),
    ],
)
def test_what_holds_data_or_identity_is_not_lost(kind: str, actions: tuple[str, ...], rule: str) -> None:
    address = f"{kind}.it"
    (refusal,) = refused(changed(address, *actions, before={"id": "1"}, after={} if "create" in actions else None))
    assert (refusal.unit, refusal.address, refusal.rule) == (PROD_POSTGRESQL, address, rule)
    assert f"--allow '{PROD_POSTGRESQL}:{address}'" in refusal.message


def test_who_was_told_by_a_topic_that_goes_is_named() -> None:
    arn = "arn:aws:sns:us-east-1:333333333333:django-prod-urgent"
    found = refused(
        changed("aws_sns_topic.urgent", "delete", before={"arn": arn}),
        changed("aws_sns_topic_subscription.a", "delete", before={"topic_arn": arn, "endpoint": "ann@example.com"}),
        changed("aws_sns_topic_subscription.b", "delete", before={"topic_arn": f"{arn}-2", "endpoint": "bob@b.co"}),
        changed("aws_chatbot_slack_channel_configuration.c", "delete", before={"sns_topic_arns": [arn], **SLACK}),
        changed("aws_chatbot_teams_channel_configuration.d", "delete", before={"sns_topic_arns": [arn], **TEAMS}),
    )
    (refusal,) = found
    assert refusal.message.startswith(
        "the plan deletes it, and the subscriptions of whoever was told by it (ann@example.com, C0123456789, 19%3aab) "
        "would be lost: "
    )


@pytest.mark.parametrize("actions", [("no-op",), ("create",), ("read",), ("update",)])
def test_what_is_kept_is_not_refused(actions: tuple[str, ...]) -> None:
    assert refused(changed(DATABASE, *actions, before={"id": "1"}, after={"id": "1"})) == []


def test_a_web_acl_that_goes_is_said_with_what_to_do_instead() -> None:
    (refusal,) = refused(changed("aws_wafv2_web_acl.web_acl", "delete", before={"id": "1"}))
    assert refusal.message == (
        "the plan deletes it, and the firewall before the load balancer would be lost: put it back; or let something "
        "else stand in front first, as Cloudflare or a web ACL that exists, and say so by "
        f"--allow '{PROD_POSTGRESQL}:aws_wafv2_web_acl.web_acl'"
    )


def test_what_holds_nothing_may_be_replaced() -> None:
    subnets = changed("aws_db_subnet_group.it", "delete", "create", before={"name": "a"}, after={"name": "b"})
    assert refused(subnets) == []


@pytest.mark.slow
def test_the_line_says_what_forces_the_replacement_and_what_to_do_instead(
    plans: Plans, mirrors: dict[str, Path], tmp_path: Path
) -> None:
    """As the real provider plans it."""
    document = deepcopy(plans[PROD_POSTGRESQL].configuration)
    document["resource"]["aws_db_instance"]["postgresql"]["db_name"] = "other"
    (refusal,) = gate.refusals([plan_change(plans[PROD_POSTGRESQL], document, tmp_path, mirrors)])
    assert (refusal.address, refusal.rule) == (DATABASE, "data/replaced")
    assert refusal.message.startswith("db_name (appdb → other) forces a replacement")
    assert ": keep db_name (the input postgresql.database_name); or " in refusal.message
    assert "take a snapshot" in refusal.message


def test_a_unit_that_is_deployed_and_stays_as_it_is_is_accepted(
    plans: Plans, mirrors: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the plan knows all values, and with them what the configuration only refers to."""
    monkeypatch.undo()
    monkeypatch.setattr("cli.review.gate.checkov.refusals", lambda units: [])
    version = "aws_secretsmanager_secret_version.secret_key_version"
    unit = edited(plans["prod-django-service"], drop(version))
    unit.configuration.pop("ephemeral")  # once its secret exists, its plan asks AWS for a password
    document = json.loads(json.dumps(unit.configuration).replace(f":::${{{version}.version_id}}", ""))
    deployed = plan_change(unit, document, tmp_path, mirrors)
    task = next(each for each in Unit(deployed).of("aws_ecs_task_definition"))
    assert "${" not in task.get("container_definitions")
    assert list(map(str, gate.refusals([deployed]))) == []


@pytest.mark.slow
def test_a_construct_that_is_renamed_without_an_entry_is_refused_with_the_line_to_write(
    plans: Plans, mirrors: dict[str, Path], tmp_path: Path
) -> None:
    """A store and a security group, as the real provider plans them."""
    unit = plans["prod-redis"]
    text = json.dumps(unit.configuration)
    document = json.loads(
        text.replace(REDIS, "aws_elasticache_replication_group.cache").replace(
            "aws_security_group.redis_security_group", "aws_security_group.cache"
        )
    )
    for kind, old in (("aws_elasticache_replication_group", "redis"), ("aws_security_group", "redis_security_group")):
        document["resource"][kind]["cache"] = document["resource"][kind].pop(old)
    found = gate.refusals([plan_change(unit, document, tmp_path, mirrors)])
    assert [(each.address, each.rule) for each in found] == [
        (REDIS, "moved/missing"),
        ("aws_security_group.redis_security_group", "moved/missing"),
    ]
    assert f'"redis": {{"{REDIS}": "aws_elasticache_replication_group.cache"}} in stacks/moved.py' in found[0].message


def test_of_several_the_likest_is_named() -> None:
    found = refused(
        changed("aws_s3_bucket.old", "delete", before={"bucket": "logs", "force_destroy": False}),
        changed("aws_s3_bucket.other", "create", after={"bucket": "media", "force_destroy": False}),
        changed("aws_s3_bucket.new", "create", after={"bucket": "logs", "force_destroy": False}),
    )
    assert [("aws_s3_bucket.new" in each.message, each.rule) for each in found] == [(True, "moved/missing")]


def test_what_belongs_to_another_process_is_no_rename() -> None:
    """A job is removed and a worker renamed in one change: the policies are equal, and their roles are not."""
    role, policy = "aws_iam_role", "aws_iam_role_policy"
    configured: Json = {
        role: {"worker_mailer": {"name": "mailer"}},
        policy: {"worker_mailer": {"name": "reads", "policy": "{}", "role": f"${{{role}.worker_mailer.id}}"}},
    }
    reads = {"name": "reads", "policy": "{}"}
    changes = [
        *(changed(f"{role}.{name}", "delete", before={"name": name}) for name in ("job_clean", "worker_mail")),
        *(changed(f"{policy}.{name}", "delete", before=reads) for name in ("job_clean", "worker_mail")),
        changed(f"{role}.worker_mailer", "create", after={"name": "mailer"}),
        changed(f"{policy}.worker_mailer", "create", after=reads),
    ]
    assert refused(*changes, configured=configured) == []
    changes[1] = changed(f"{role}.worker_mail", "delete", before={"name": "mailer"})
    found = refused(*changes, configured=configured)
    assert [each.address for each in found] == [f"{role}.worker_mail", f"{policy}.worker_mail"]


def test_another_rule_in_place_of_one_is_no_rename() -> None:
    kind = "aws_vpc_security_group_ingress_rule"
    same = {"ip_protocol": "tcp", "security_group_id": "sg-1"}
    gone = changed(f"{kind}.http", "delete", before={"from_port": 80, **same})
    new = changed(f"{kind}.https", "create", after={"from_port": 443, **same})
    assert refused(gone, new) == []
    renamed_one = changed(f"{kind}.web", "create", after={"from_port": 80, **same, "tags": None})
    assert [each.rule for each in refused(gone, renamed_one)] == ["moved/missing"]


@pytest.mark.parametrize(
    ("attribute", "before", "after"),
    [
        ("deletion_protection", True, False),
        ("enable_deletion_protection", True, None),
        ("backup_retention_period", 7, 0),
        ("backup_retention_period", 5, 4),
        ("snapshot_retention_limit", 1, 0),
        ("snapshot_retention_limit", 30, 1),
        ("force_destroy", False, True),
        ("force_delete", None, True),
        ("skip_final_snapshot", False, True),
        ("final_snapshot_identifier", "final", None),
        ("recovery_window_in_days", 30, 0),
        ("delete_automated_backups", False, True),
    ],
)
def test_a_safeguard_of_data_is_not_taken_away(attribute: str, before: object, after: object) -> None:
    (refusal,) = refused(changed(DATABASE, "update", before={attribute: before}, after={attribute: after}))
    assert (refusal.address, refusal.rule) == (DATABASE, "data/unprotected")
    assert refusal.message.startswith(attribute)
    assert refused(changed(DATABASE, "update", before={attribute: after}, after={attribute: before})) == []


def test_backups_of_a_week_are_enough() -> None:
    before, after = {"backup_retention_period": 30}, {"backup_retention_period": 7}
    assert refused(changed(DATABASE, "update", before=before, after=after)) == []


def test_a_safeguard_is_named_by_its_input_too() -> None:
    before, after = {"backup_retention_period": 7}, {"backup_retention_period": 0}
    (refusal,) = refused(changed(DATABASE, "update", before=before, after=after))
    assert ": keep those of a week, in postgresql.backup_days; or say so by --allow " in refusal.message
    (other,) = refused(changed("aws_db_instance.other", "update", before=before, after=after))
    assert ": keep those of a week; or say so by --allow " in other.message


@pytest.mark.parametrize(
    ("provider", "said"),
    [
        ("cloudflare", "keep domain_name (the input cloudflare_dns.record_name); or "),
        ("aws", "keep domain_name; or "),
    ],
)
def test_the_name_of_a_certificate_is_an_input_of_cloudflare_only_where_its_dns_is(provider: str, said: str) -> None:
    replaced = changed(
        "aws_acm_certificate.certificate",
        "create",
        "delete",
        before={"domain_name": "a.example.com"},
        after={"domain_name": "b.example.com"},
        replace_paths=[["domain_name"]],
    )
    configuration = {"//": {"environment": "prod", "unit": "certificate"}, "provider": {provider: [{}]}}
    unit = UnitPlan(name="prod-certificate", configuration=configuration, plan=Plan({"resource_changes": [replaced]}))
    (refusal,) = gate.refusals([unit], allow=())
    assert said in refusal.message


def test_the_inputs_that_refusals_name_are_there() -> None:
    named = {path for arguments in inputs.INPUTS.values() for path in arguments.values()}
    assert named <= {path for each in alternatives() for path, _, _ in paths(each.environment)}


def test_what_is_allowed_passes_and_nothing_else() -> None:
    changes = [changed(f"aws_db_instance.{name}", "delete", before={"id": name}) for name in ("a", "b")]
    allowed = refused(*changes, allow=(f"{PROD_POSTGRESQL}:aws_db_instance.a",))
    assert [each.address for each in allowed] == ["aws_db_instance.b"]


@pytest.mark.parametrize(
    ("entry", "wrong"),
    [
        (DATABASE, "is no unit and address"),
        (f"{PROD_POSTGRESQL}:aws_db_instance.other", "allows nothing"),
        (f"prod-redis:{DATABASE}", "names a unit that is not planned"),
    ],
)
def test_an_allow_that_allows_nothing_is_refused(entry: str, wrong: str) -> None:
    found = refused(changed(DATABASE, "delete", before={"id": "1"}), allow=(entry,))
    assert sorted(each.rule for each in found) == ["allow/unused", "data/deleted"]
    (line,) = (str(each) for each in found if each.rule == "allow/unused")
    assert wrong in line
    assert "\n" not in line


def test_a_sensitive_value_is_not_shown() -> None:
    change = changed(
        "aws_ssm_parameter.it",
        "delete",
        "create",
        before={"value": "hunter2", "type": "String"},
        after={"value": "hunter3", "type": "SecureString"},
        replace_paths=[["value"], ["type"]],
    )
    change["change"]["before_sensitive"] = {"value": True}
    (refusal,) = refused(change)
    assert "hunter" not in refusal.message
    assert refusal.message.startswith("value, type (String → SecureString) force a replacement")


def test_what_is_alike_in_what_is_not_known_yet_is_no_rename() -> None:
    """A zone that is left and another that is entered: their routes say the same of where they lead to."""
    gone = changed("aws_route.c", "delete", before={"destination_cidr_block": "0.0.0.0/0", "route_table_id": "rtb-1"})
    new = changed("aws_route.d", "create", after={"destination_cidr_block": "0.0.0.0/0"})
    configured = {"destination_cidr_block": "0.0.0.0/0", "route_table_id": "${x}", "nat_gateway_id": "${y}"}
    plan = {"resource_changes": [gone, new]}
    unit = UnitPlan(name="prod-network", configuration={"resource": {"aws_route": {"d": configured}}}, plan=Plan(plan))
    assert gate.refusals([unit]) == []


def test_refusals_come_in_a_stable_order() -> None:
    changes = [changed(f"aws_s3_bucket.{name}", "delete", before={"id": name}) for name in "cab"]
    assert refused(*changes) == refused(*reversed(changes))
