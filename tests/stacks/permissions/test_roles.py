"""What a pipeline may do in an account: what the units need, and nothing by which it could do more."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cdktf import Testing

from modules.django_secret_key.inputs import DjangoSecretKeyInputs
from modules.github_oidc.statement import LONGEST_POLICY
from modules.network.inputs import NetworkInputs
from modules.redis.inputs import RedisGroupInputs
from modules.task_definition.inputs import IamStatementInputs, RuntimeInputs
from stacks.config.schema import Environment, LocalState, S3State
from stacks.django_backend import compose
from stacks.permissions.scope import UNITS, Scope
from tests.stacks.permissions.policies import actions, allows, bootstrap, environment, statements
from tests.support import Json, read_output

ACCOUNT = "333333333333"
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/bootstrap/django-prod-boundary"
BUCKET = "arn:aws:s3:::example-tfstate-333333333333"
OURS = {"aws_ResourceTag_Project": "django", "aws_ResourceTag_Environment": "prod"}
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/01234567-89ab-cdef-0123-456789abcdef"

_NO_RESOURCE = "AWS knows no resource for these calls, or lists all of a kind"
_DRAWN_IDS = "AWS draws the ids, and the condition on tags keeps it to the environment"
_OURS = "what comes after the names of the environment's own resources"

# Every statement with a wildcard in a resource, and why it has one. A new one is not to be had without a reason.
WILDCARDS = {
    "plan": {
        "Describe": _NO_RESOURCE,
        "DescribeStores": "RDS and ElastiCache answer for all of a kind; the region and the account bound it",
        "DescribeContainers": _OURS,
        "ListTasks": "ECS asks for the cluster in the condition",
        "DescribeAutoscaling": "AWS draws the ids of scalable targets; it shows their tags",
        "DescribeCertificates": "AWS draws the ids of certificates; they are public by their nature",
        "DescribeLogs": _OURS,
        "DescribeRoles": _OURS,
        "DescribeSecrets": "secrets of the environment; how they are configured, not what they say",
        "NoSecretValues": "denies",
        "NoLogs": "denies",
    },
    "drift": {"ReadSecrets": "AWS ends the names of secrets with six characters of its own"},
    "apply": {
        "Make": _DRAWN_IDS,
        "MakeIn": _DRAWN_IDS,
        "RunInstance": "the volume and the interface that an instance brings along, and any image",
        "ImageOfAmazon": "public parameters of AWS",
        "NamesOfEndpoints": "AWS keeps these zones, which no account can name",
        "Change": _DRAWN_IDS,
        "Attach": "interfaces bear no tags; the address, which is the other side of the call, must be ours",
        "TagAtBirth": _DRAWN_IDS,
        "TagAgain": _DRAWN_IDS,
        "Claim": "groups and rules that AWS makes without tags; what bears a tag already is safe from it",
        "PostgreSQL": _OURS,
        "Redis": _OURS,
        "Secrets": _OURS,
        "ReadSecrets": _OURS,
        "MasterPassword": "RDS draws the name; it may be made, and not be read",
        "NameKeys": "how keys are configured",
        "LoadBalancer": _OURS,
        "MakeCertificate": _DRAWN_IDS,
        "Certificate": _DRAWN_IDS,
        "Containers": _OURS,
        "TaskDefinitions": _NO_RESOURCE,
        "OneOffTasks": _OURS,
        "StopTasks": _OURS,
        "Autoscaling": "AWS draws the ids of scalable targets",
        "AlarmsOfAutoscaling": _OURS,
        "LogGroups": _OURS,
        "LogsOfTasks": _OURS,
        "LogDelivery": _NO_RESOURCE,
        "SignInToRegistry": _NO_RESOURCE,
        "MakeRoles": _OURS,
        "AttachPolicies": _OURS,
        "Roles": _OURS,
        "InstanceProfiles": _OURS,
        "PassRoles": _OURS,
    },
    "boundary": {
        "Anywhere": _NO_RESOURCE,
        "Logs": _OURS,
        "EnhancedMonitoring": "one log group of RDS",
        "PostgreSQL": "RDS draws the id of the instance; two users of the application",
        "Redis": _OURS,
        "Secrets": "secrets of the environment, and the master password that RDS keeps; roles name theirs",
    },
}


ROLES = ("plan", "drift", "apply", "boundary")


@pytest.fixture(scope="module")
def unit() -> Json:
    return bootstrap(environment())


def with_wildcard(found: list[Json]) -> set[str]:
    return {s["Sid"] for s in found if any("*" in resource for resource in s["Resource"])}


class TestWildcards:
    @pytest.mark.parametrize("role", ROLES)
    def test_no_action_is_a_pattern(self, role: str, unit: Json) -> None:
        assert [action for action in actions(statements(unit, role)) if "*" in action] == []

    @pytest.mark.parametrize("role", ROLES)
    def test_every_resource_that_is_a_pattern_has_its_reason(self, role: str, unit: Json) -> None:
        # What reads is shared.
        reasons = WILDCARDS[role] if role == "boundary" else {**WILDCARDS["plan"], **WILDCARDS[role]}
        found = with_wildcard(statements(unit, role))
        assert found <= set(reasons)
        assert found >= set(WILDCARDS[role])

    def test_drawn_ids_are_bound_by_tags(self, unit: Json) -> None:
        for statement in statements(unit, "apply"):
            if WILDCARDS["apply"].get(statement["Sid"]) == _DRAWN_IDS:
                assert "Project" in json.dumps(statement["Condition"])
                assert '"prod"' in json.dumps(statement["Condition"])

    def test_every_policy_fits_however_long_the_names_are(self) -> None:
        long = replace(
            environment(),
            project="abcdefghijkl",
            name="mnopqrstuvwx",
            region="ap-southeast-1",
            network=NetworkInputs(cidr="10.0.0.0/16", zones=("ap-southeast-1a", "ap-southeast-1b")),
            state=S3State(bucket="b" * 63, kms_key_arn=KEY),
        )
        policies = bootstrap(long)["resource"]["aws_iam_policy"].values()
        assert max(len(policy["policy"]) for policy in policies) <= LONGEST_POLICY

    def test_no_role_has_more_policies_than_iam_attaches(self, unit: Json) -> None:
        roles = [a["role"] for a in unit["resource"]["aws_iam_role_policy_attachment"].values()]
        assert max(map(roles.count, roles)) <= 10


# As where somebody attaches ReadOnlyAccess to a role.
EVERYTHING = {
    "Sid": "Everything",
    "Effect": "Allow",
    "Action": ["secretsmanager:GetSecretValue", "ssm:GetParameter"],
    "Resource": ["*"],
}
_VERBS_THAT_READ = ("Describe", "Get", "List")


class TestPlan:
    def test_it_changes_nothing(self, unit: Json) -> None:
        for action in actions(statements(unit, "plan")):
            assert action.split(":")[1].startswith(_VERBS_THAT_READ), action

    @pytest.mark.parametrize("name", ["django-prod/django-secret-key-AbCdEf", "rds!db-0123-AbCdEf", "other-AbCdEf"])
    def test_it_reads_no_secret(self, name: str, unit: Json) -> None:
        arn = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:{name}"
        plan = statements(unit, "plan")
        assert not allows(plan, "secretsmanager:GetSecretValue", arn)
        assert not allows([*plan, EVERYTHING], "secretsmanager:GetSecretValue", arn)

    @pytest.mark.parametrize("name", UNITS)
    def test_it_reads_the_state_of_every_unit_and_writes_none(self, name: str, unit: Json) -> None:
        key = f"{BUCKET}/django/prod/{name}/terraform.tfstate"
        plan = statements(unit, "plan")
        assert allows(plan, "s3:GetObject", key)
        assert not allows(plan, "s3:PutObject", key)

    @pytest.mark.parametrize("role", ["plan", "drift", "apply"])
    def test_a_state_that_is_not_there_yet_is_told_from_one_that_may_not_be_read(self, role: str, unit: Json) -> None:
        # https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html#API_HeadObject_RequestSyntax
        assert allows(statements(unit, role), "s3:ListBucket", BUCKET)

    @pytest.mark.parametrize("key", ["django/prod/bootstrap/terraform.tfstate", "django/dev/network/terraform.tfstate"])
    @pytest.mark.parametrize("role", ["plan", "drift", "apply"])
    def test_no_other_state_is_read_or_written(self, role: str, key: str, unit: Json) -> None:
        for action in ("s3:GetObject", "s3:PutObject", "s3:DeleteObject"):
            assert not allows(statements(unit, role), action, f"{BUCKET}/{key}")


class TestDrift:
    def test_it_changes_nothing(self, unit: Json) -> None:
        assert {action.split(":")[1] for action in actions(statements(unit, "drift"))} == {
            *(action.split(":")[1] for action in actions(statements(unit, "plan"))),
            "GetSecretValue",
        }

    def test_it_reads_what_terraform_wrote_and_no_other_secret(self, unit: Json) -> None:
        drift = statements(unit, "drift")
        key, master, mail = (
            f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:{name}-AbCdEf"
            for name in ("django-prod/django-secret-key-x", "rds!db-0123", "django-prod/mail")
        )
        assert allows(drift, "secretsmanager:GetSecretValue", key)
        for other in (master, mail):
            assert not allows(drift, "secretsmanager:GetSecretValue", other)
        assert not allows([*drift, EVERYTHING], "ssm:GetParameter", f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/x")

    def test_where_terraform_writes_none_it_reads_none(self) -> None:
        prod = environment()
        arn = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:django-prod/django-secret-key-AbCdEf"
        kept = replace(prod.django_service, secret_key=DjangoSecretKeyInputs(existing=arn))
        found = statements(bootstrap(replace(prod, django_service=kept)), "drift")
        assert not allows([*found, EVERYTHING], "secretsmanager:GetSecretValue", arn)

    def test_the_master_password_is_read_where_terraform_wrote_it(self) -> None:
        prod = environment()
        arn = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:django-prod/postgresql-master-x-AbCdEf"
        replicated = replace(prod, postgresql=replace(prod.postgresql, read_replica=True))
        assert allows(statements(bootstrap(replicated), "drift"), "secretsmanager:GetSecretValue", arn)
        assert not allows(statements(bootstrap(prod), "drift"), "secretsmanager:GetSecretValue", arn)


class TestApply:
    @pytest.mark.parametrize("name", UNITS)
    def test_it_writes_states_and_locks_but_deletes_no_state(self, name: str, unit: Json) -> None:
        apply, key = statements(unit, "apply"), f"{BUCKET}/django/prod/{name}/terraform.tfstate"
        assert allows(apply, "s3:PutObject", key)
        assert not allows(apply, "s3:DeleteObject", key)
        for action in ("s3:GetObject", "s3:PutObject", "s3:DeleteObject"):
            assert allows(apply, action, f"{key}.tflock")

    @pytest.mark.parametrize("action", ["s3:PutBucketPolicy", "s3:DeleteBucket", "s3:PutLifecycleConfiguration"])
    def test_it_does_not_touch_the_state_bucket_itself(self, action: str, unit: Json) -> None:
        assert not allows(statements(unit, "apply"), action, BUCKET)

    def test_the_units_are_those_of_the_stack(self, documents: dict[str, Json]) -> None:
        assert {f"prod-{unit}" for unit in UNITS} == {name for name in documents if name.startswith("prod-")}

    @pytest.mark.parametrize("action", ["iam:CreateRole", "iam:PutRolePolicy", "iam:PutRolePermissionsBoundary"])
    def test_it_makes_no_role_without_the_boundary(self, action: str, unit: Json) -> None:
        role = f"arn:aws:iam::{ACCOUNT}:role/django-prod-web-task"
        apply = statements(unit, "apply")
        assert allows(apply, action, role, iam_PermissionsBoundary=BOUNDARY)
        assert not allows(apply, action, role)
        assert not allows(apply, action, role, iam_PermissionsBoundary="arn:aws:iam::aws:policy/AdministratorAccess")

    def test_it_attaches_no_policy_but_those_of_the_units(self, unit: Json) -> None:
        role = f"arn:aws:iam::{ACCOUNT}:role/django-prod-nat"
        given: dict[str, Any] = {"iam_PermissionsBoundary": BOUNDARY}
        core, admin = (
            f"arn:aws:iam::aws:policy/{name}" for name in ("AmazonSSMManagedInstanceCore", "AdministratorAccess")
        )
        assert allows(statements(unit, "apply"), "iam:AttachRolePolicy", role, iam_PolicyARN=core, **given)
        assert not allows(statements(unit, "apply"), "iam:AttachRolePolicy", role, iam_PolicyARN=admin, **given)

    def test_it_does_not_lift_the_boundary_nor_write_policies_or_users(self, unit: Json) -> None:
        forbidden = {
            *("iam:DeleteRolePermissionsBoundary", "iam:CreatePolicyVersion", "iam:CreatePolicy", "iam:CreateUser"),
            *("iam:SetDefaultPolicyVersion", "iam:DeletePolicyVersion", "iam:CreateAccessKey", "iam:PutUserPolicy"),
            *("iam:UpdateOpenIDConnectProviderThumbprint", "iam:CreateOpenIDConnectProvider", "sts:AssumeRole"),
        }
        assert forbidden.isdisjoint(actions(statements(unit, "apply")))

    @pytest.mark.parametrize("name", ["bootstrap/django-prod-apply", "bootstrap/django-prod-drift", "admin"])
    def test_it_changes_neither_itself_nor_anybody_elses_role(self, name: str, unit: Json) -> None:
        role = f"arn:aws:iam::{ACCOUNT}:role/{name}"
        apply = statements(unit, "apply")
        for action in {action for action in actions(apply) if action.startswith("iam:")}:
            for service in ("ecs-tasks.amazonaws.com", "ec2.amazonaws.com"):
                context = {"iam_PermissionsBoundary": BOUNDARY, "iam_PassedToService": service}
                assert not allows(apply, action, role, **context), action

    def test_it_passes_roles_only_to_the_services_of_the_units(self, unit: Json) -> None:
        role = f"arn:aws:iam::{ACCOUNT}:role/django-prod-web-task"
        apply = statements(unit, "apply")
        assert allows(apply, "iam:PassRole", role, iam_PassedToService="ecs-tasks.amazonaws.com")
        assert not allows(apply, "iam:PassRole", role, iam_PassedToService="lambda.amazonaws.com")

    def test_without_a_boundary_it_says_so_in_its_policies(self) -> None:
        unit = bootstrap(environment(permissions_boundary=False))
        assert "boundary" not in unit["resource"]["aws_iam_policy"]
        assert unit["output"]["permissions_boundary_arn"]["value"] == ""
        assert allows(statements(unit, "apply"), "iam:CreateRole", f"arn:aws:iam::{ACCOUNT}:role/django-prod-x")

    def test_what_is_of_another_environment_stays(self, unit: Json) -> None:
        apply, vpc = statements(unit, "apply"), f"arn:aws:ec2:us-east-1:{ACCOUNT}:vpc/vpc-0"
        assert allows(apply, "ec2:DeleteVpc", vpc, **OURS)
        assert not allows(apply, "ec2:DeleteVpc", vpc, **{**OURS, "aws_ResourceTag_Environment": "staging"})
        assert not allows(apply, "ec2:DeleteVpc", vpc)
        for name in ("django-staging-postgresql", "other"):
            assert not allows(apply, "rds:DeleteDBInstance", f"arn:aws:rds:us-east-1:{ACCOUNT}:db:{name}")

    def test_what_bears_a_tag_is_not_claimed(self, unit: Json) -> None:
        apply, group = statements(unit, "apply"), f"arn:aws:ec2:us-east-1:{ACCOUNT}:security-group/sg-0"
        asked = {"aws_RequestTag_Project": "django", "aws_RequestTag_Environment": "prod"}
        assert allows(apply, "ec2:CreateTags", group, **asked)
        assert not allows(apply, "ec2:CreateTags", group, **asked, aws_ResourceTag_Project="other")

    def test_access_logs_are_emptied_only_where_the_environment_says_so(self) -> None:
        logs = f"arn:aws:s3:::django-prod-alb-logs-{ACCOUNT}-us-east-1/AWSLogs/x"
        prod = environment()
        service = prod.django_service
        relaxed = replace(service, load_balancer=replace(service.load_balancer, delete_access_logs=True))
        assert not allows(statements(bootstrap(prod), "apply"), "s3:DeleteObject", logs)
        assert allows(statements(bootstrap(replace(prod, django_service=relaxed)), "apply"), "s3:DeleteObject", logs)


def units_of(of: Environment) -> dict[str, Json]:
    app = Testing.app()
    compose(app, of)
    app.synth()
    return dict(read_output(Path(app.outdir)))


class TestBoundary:
    def test_every_role_of_the_units_bears_it(self) -> None:
        roles = [
            role
            for document in units_of(environment()).values()
            for role in document.get("resource", {}).get("aws_iam_role", {}).values()
        ]
        assert len(roles) > 10
        assert {role["permissions_boundary"] for role in roles} == {BOUNDARY}

    def test_no_role_bears_one_that_nobody_made(self, documents: dict[str, Json]) -> None:
        for document in documents.values():
            for role in document.get("resource", {}).get("aws_iam_role", {}).values():
                assert "permissions_boundary" not in role

    def test_it_allows_what_the_units_give_to_their_roles(self, documents: dict[str, Json]) -> None:
        allowed = set(actions(statements(bootstrap(environment()), "boundary")))
        given = {
            action
            for document in documents.values()
            for policy in document.get("resource", {}).get("aws_iam_role_policy", {}).values()
            for statement in json.loads(policy["policy"])["Statement"]
            for action in statement["Action"]
        }
        assert len(given) > 5
        assert given <= allowed

    def test_nothing_in_it_makes_or_takes_a_role(self, unit: Json) -> None:
        services = {action.partition(":")[0] for action in actions(statements(unit, "boundary"))}
        assert services.isdisjoint({"iam", "sts", "organizations", "account"})
        assert "*" not in services

    def test_what_the_environment_lets_the_application_do_widens_it(self) -> None:
        mail = IamStatementInputs(actions=("ses:SendEmail",), resources=("arn:aws:ses:us-east-1:1:identity/x",))
        prod = environment()
        wider = replace(prod.django_service, runtime=RuntimeInputs(iam_statements=(mail,)))
        found = statements(bootstrap(replace(prod, django_service=wider)), "boundary")
        assert allows(found, "ses:SendEmail", "arn:aws:ses:us-east-1:1:identity/x")
        assert not allows(
            statements(bootstrap(prod), "boundary"), "ses:SendEmail", "arn:aws:ses:us-east-1:1:identity/x"
        )

    def test_secrets_of_ones_own_are_within_it(self) -> None:
        arn = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:mail-AbCdEf"
        parameter = f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/mail"
        prod = environment()
        runtime = RuntimeInputs(secrets={"MAIL": arn, "OTHER": parameter})
        found = statements(
            bootstrap(replace(prod, django_service=replace(prod.django_service, runtime=runtime))), "boundary"
        )
        assert allows(found, "secretsmanager:GetSecretValue", arn)
        assert allows(found, "ssm:GetParameters", parameter)


class TestScope:
    def test_keys_of_ones_own_may_be_used_and_no_others(self) -> None:
        prod = environment()
        keyed = replace(prod, state=S3State(bucket="acme-tfstate", kms_key_arn=KEY))
        unit = bootstrap(keyed)
        assert allows(statements(unit, "apply"), "kms:GenerateDataKey", KEY)
        assert not allows(statements(unit, "plan"), "kms:Decrypt", KEY)
        assert allows(statements(unit, "plan"), "kms:Decrypt", KEY, kms_ViaService="s3.us-east-1.amazonaws.com")
        assert "kms:GenerateDataKey" not in set(actions(statements(bootstrap(prod), "apply")))

    def test_a_state_on_this_machine_needs_no_permission(self) -> None:
        local = replace(environment(), state=LocalState())
        assert Scope(local).states() is None
        apply = statements(bootstrap(local), "apply")
        assert not any(s["Sid"] in ("ReadStates", "WriteStates", "LockStates", "ListStates") for s in apply)

    def test_a_parameter_group_of_ones_own_may_be_used(self) -> None:
        prod = environment()
        cache = RedisGroupInputs(node_type="cache.t4g.small", parameter_group_name="mine")
        unit = bootstrap(replace(prod, redis=replace(prod.redis, cache=cache)))
        arn = f"arn:aws:elasticache:us-east-1:{ACCOUNT}:parametergroup:mine"
        assert allows(statements(unit, "apply"), "elasticache:CreateReplicationGroup", arn)
        assert not allows(statements(unit, "apply"), "elasticache:DeleteCacheParameterGroup", arn)
