"""What a pipeline may do in an account: what the units need, and nothing by which it could do more."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cdktf import Testing

from modules.django_secret_key.inputs import DjangoSecretKeyInputs
from modules.ecs_cluster.inputs import EcsClusterInputs
from modules.iam import LONGEST_POLICY
from modules.network.inputs import ExistingNetworkInputs, NetworkInputs
from modules.postgresql.source_inputs import PointInTimeInputs, RestoredInputs, SnapshotInputs
from modules.task_definition.inputs import IamStatementInputs, RuntimeInputs
from modules.validation import validate
from stacks.config.bootstrap import BootstrapInputs
from stacks.config.schema import Environment, LocalState, S3State
from stacks.django_backend import compose
from stacks.permissions.scope import Scope
from stacks.unit_names import UNITS
from tests.environments import ENVIRONMENTS
from tests.stacks.permissions.policies import (
    VPC,
    actions,
    allows,
    bootstrap,
    environment,
    environments,
    everything,
    key,
    statements,
)
from tests.support import Json, read_output

pytestmark = pytest.mark.thorough

ACCOUNT = "333333333333"
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/bootstrap/django-prod-boundary"
BUCKET = "arn:aws:s3:::example-tfstate-333333333333"
OURS = {"aws_ResourceTag_Project": "django", "aws_ResourceTag_Environment": "prod"}
ASKED = {"aws_RequestTag_Project": "django", "aws_RequestTag_Environment": "prod"}
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/01234567-89ab-cdef-0123-456789abcdef"

_NO_RESOURCE = "AWS knows no resource for these calls, or lists all of a kind"
_DRAWN_IDS = "AWS draws the ids, and the condition on tags keeps it to the environment"
_OURS = "what comes after the names of the environment's own resources"

# Every statement with a wildcard in a resource, and why it has one. A new one is not to be had without a reason.
WILDCARDS = {
    "plan": {
        "Describe": _NO_RESOURCE,
        "NatInstance": _DRAWN_IDS,
        "DescribeStores": "RDS and ElastiCache answer for all of a kind; the region and the account bound it",
        "DescribeContainers": _OURS,
        "ListTasks": "ECS asks for the cluster in the condition",
        "DescribeAutoscaling": "AWS draws the ids of scalable targets; it shows their tags",
        "DescribeCertificates": "AWS draws the ids of certificates; they are public by their nature",
        "DescribeTopics": "SNS ends the ARN of a subscription with an id that it draws",
        "DescribeKeys": "KMS draws the ids; how keys are configured, and by whom they are used",
        "ListChannels": _NO_RESOURCE,
        "DescribeAlarmTags": _OURS,
        "DescribeRules": _OURS,
        "DescribeChannels": _OURS,
        "ReadBackups": "AWS draws the ids of plans and tests; when backups are made, and of what",
        "DescribeFiles": "EFS draws the ids; how file systems are configured, and not what is in them",
        "DescribeLogs": _OURS,
        "DescribeRoles": _OURS,
        "DescribeSchedules": _OURS,
        "DescribeWebAcl": _OURS,
        "DescribeOwnWebAcl": _OURS,
        "DescribeWebAclLog": _OURS,
        "DescribeQueues": _OURS,
        "DescribeSecrets": "secrets of the environment; how they are configured, not what they say",
        "NoSecretValues": "denies",
        "NoLogs": "denies",
    },
    "drift": {
        "NoOtherSecretValues": "denies",
        "ReadSecrets": "AWS ends the names of secrets with six characters of its own",
    },
    "apply": {
        "Make": _DRAWN_IDS,
        "MakeInside": _DRAWN_IDS,
        "MakeOf": _DRAWN_IDS,
        "MakeIn": _DRAWN_IDS,
        "RunInstance": "the volume and the interface that an instance brings along, and any image",
        "ImageOfAmazon": "public parameters of AWS",
        "NamesOfEndpoints": "AWS keeps these zones, which no account can name",
        "Change": _DRAWN_IDS,
        "Attach": "the interface of an instance bears no tags; an address or a group that is named in the call must be "
        "ours, and the other attributes of any interface may be changed",
        "TagAtBirth": _DRAWN_IDS,
        "TagAgain": _DRAWN_IDS,
        "Claim": "the default group of a VPC, which EC2 makes without tags; what has a tag already is safe from it",
        "PostgreSQL": _OURS,
        "Redis": _OURS,
        "Subscriptions": "SNS ends the ARN of a subscription with an id that it draws",
        "MakeKey": _DRAWN_IDS,
        "Key": _DRAWN_IDS,
        "MakeChannels": _NO_RESOURCE,
        "Alarms": _OURS,
        "CompositeAlarms": "CloudWatch takes no narrower resource for them; the region bounds it",
        "Rules": _OURS,
        "SavedQueries": _NO_RESOURCE,
        "Channels": _OURS,
        "Vaults": "those of this name in whatever region copies are",
        "VaultStorage": _NO_RESOURCE,
        "VaultKeys": "KMS draws the ids; AWS Backup alone uses them so",
        "MakePlan": _DRAWN_IDS,
        "Plans": _DRAWN_IDS,
        "BackupJobs": _NO_RESOURCE,
        "Tests": "AWS ends the ARN of a test with an id that it draws",
        "DeleteBackups": "AWS draws the names of recovery points, and the policy of each vault is asked as well",
        "MakeFiles": _DRAWN_IDS,
        "AccessFiles": _DRAWN_IDS,
        "Files": _DRAWN_IDS,
        "InterfacesOfFiles": "the interface of a mount target has no tags; one that is in use is not deleted",
        "Secrets": _OURS,
        "ReadSecrets": _OURS,
        "MasterPassword": "RDS draws the name; it may be made, and not be read",
        "NameKeys": "how keys are configured",
        "LoadBalancer": _OURS,
        "Routes": _OURS,
        "MakeTargetGroups": _DRAWN_IDS,
        "TagTargetGroups": _DRAWN_IDS,
        "TargetGroups": _DRAWN_IDS,
        "MakeCertificate": _DRAWN_IDS,
        "Certificate": _DRAWN_IDS,
        "Containers": _OURS,
        "Services": _OURS,
        "DeregisterTaskDefinitions": _NO_RESOURCE,
        "OneOffTasks": _OURS,
        "StopTasks": _OURS,
        "MakeScalableTargets": _DRAWN_IDS,
        "ScalableTargets": _DRAWN_IDS,
        "AlarmsOfAutoscaling": _OURS,
        "Schedules": _OURS,
        "DeadLetters": _OURS,
        "AssociateWebAcl": _OURS,
        "WebAcl": _OURS,
        "ManagedRules": "rule groups of AWS, which a web ACL refers to and no account changes",
        "WebAclLog": _OURS,
        "DescribeAlarms": _NO_RESOURCE,
        "LogGroups": _OURS,
        "LogsOfTasks": _OURS,
        "LogDelivery": _NO_RESOURCE,
        "EmptyAccessLogs": "the objects of one bucket, where delete_access_logs says that they are not to be kept",
        "SignInToRegistry": _NO_RESOURCE,
        "AttachPolicies": _OURS,
        "Roles": _OURS,
        "TagRoles": _OURS,
        "InstanceProfiles": _OURS,
        "PassRoles": _OURS,
    },
    "boundary": {
        "Anywhere": _NO_RESOURCE,
        "Logs": _OURS,
        "EnhancedMonitoring": "one log group of RDS",
        "PostgreSQL": "RDS draws the id of the instance, and AWS knows no condition: two users, in any database of the "
        "account and the region",
        "Redis": _OURS,
        "Secrets": _OURS,
        "MasterPassword": "RDS draws the name; the condition names the instance whose password it keeps",
        "Backups": "what AWS Backup calls for a snapshot of any name, with AWS's own policies",
        "OwnBackups": "AWS Backup draws the names of its snapshots, which no other has",
        "BackupKeys": "any key, and for services of AWS alone",
        "Chat": "CloudWatch shows composite alarms to who may see all, and knows no resource for metrics",
        "Files": "EFS draws the ids; each role names its file system and access point",
        "StartJobs": _OURS,
        "TagJobs": "ECS draws the ids of tasks, and tags them as it starts them",
        "PassToJobs": _OURS,
        "DeadLetters": _OURS,
        "Runtime<n>": "what runtime.iam_statements says, which the owner of the environment answers for",
    },
}


ROLES = ("plan", "drift", "apply", "boundary")


@pytest.fixture(scope="module")
def unit() -> Json:
    return bootstrap(environment())


@cache
def units() -> dict[str, Json]:
    """The bootstrap of every environment, with roles."""
    return {name: bootstrap(of) for name, of in environments().items()}


def sid(statement: Json) -> str:
    return re.sub(r"^Runtime[0-9]+$", "Runtime<n>", statement["Sid"])


def with_wildcard(found: list[Json]) -> set[str]:
    return {sid(s) for s in found if "*" in str(s.get("Resource", s.get("NotResource")))}


class TestWildcards:
    def test_the_environment_that_asks_for_everything_is_valid(self) -> None:
        validate(everything())

    @pytest.mark.parametrize("role", ROLES)
    @pytest.mark.parametrize("name", [*ENVIRONMENTS, "everything"])
    def test_no_action_is_a_pattern_but_what_the_environment_says_itself(self, name: str, role: str) -> None:
        found = {sid(s) for s in statements(units()[name], role) if "*" in str(s["Action"])}
        assert found == ({"Runtime<n>"} if (name, role) == ("everything", "boundary") else set())

    @pytest.mark.parametrize("role", ROLES)
    @pytest.mark.parametrize("name", [*ENVIRONMENTS, "everything"])
    def test_every_resource_that_is_a_pattern_has_its_reason(self, name: str, role: str) -> None:
        # What reads is shared.
        reasons = WILDCARDS[role] if role == "boundary" else {**WILDCARDS["plan"], **WILDCARDS[role]}
        assert with_wildcard(statements(units()[name], role)) - set(reasons) == set()

    @pytest.mark.parametrize("role", ROLES)
    def test_no_reason_is_left_of_what_is_gone(self, role: str) -> None:
        found = {sid for unit in units().values() for sid in with_wildcard(statements(unit, role))}
        assert set(WILDCARDS[role]) - found == set()

    def test_drawn_ids_are_bound_by_tags(self, unit: Json) -> None:
        for statement in statements(unit, "apply"):
            if WILDCARDS["apply"].get(statement["Sid"]) == _DRAWN_IDS:
                assert "Project" in json.dumps(statement["Condition"])
                assert '"prod"' in json.dumps(statement["Condition"])

    @pytest.mark.parametrize("name", ["prod", "everything"])
    def test_every_policy_fits_however_long_the_names_are(self, name: str) -> None:
        of = environments()[name]
        long = replace(
            of,
            project="abcdefghijkl",
            name="mnopqrstuvwx",
            region="ap-southeast-1",
            state=S3State(bucket="b" * 63, kms_key_arn=KEY),
        )
        if isinstance(of.network, NetworkInputs):
            zones = ("ap-southeast-1a", "ap-southeast-1b")
            long = replace(long, network=NetworkInputs(cidr="10.0.0.0/16", zones=zones))
        policies = bootstrap(long)["resource"]["aws_iam_policy"].values()
        assert max(len(policy["policy"]) for policy in policies) <= LONGEST_POLICY

    def test_no_role_has_more_policies_than_iam_attaches(self) -> None:
        # With a network of its own, which takes the most policies.
        made = bootstrap(replace(everything(), network=environment().network))
        roles = [a["role"] for a in made["resource"]["aws_iam_role_policy_attachment"].values()]
        assert max(map(roles.count, roles)) <= 10


# As where somebody attaches ReadOnlyAccess to a role.
EVERYTHING = {
    "Sid": "Everything",
    "Effect": "Allow",
    "Action": ["secretsmanager:*", "ssm:Get*"],
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
        assert set(actions(statements(units()["everything"], "drift"))) >= {"kms:Decrypt"}

    def test_it_reads_what_terraform_wrote_and_no_other_secret(self, unit: Json) -> None:
        drift = statements(unit, "drift")
        secret_key, master, mail = (
            f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:{name}-AbCdEf"
            for name in ("django-prod/django-secret-key-x", "rds!db-0123", "django-prod/mail")
        )
        assert allows(drift, "secretsmanager:GetSecretValue", secret_key)
        for other in (master, mail):
            assert not allows(drift, "secretsmanager:GetSecretValue", other)
            assert not allows([*drift, EVERYTHING], "secretsmanager:GetSecretValue", other)
        assert allows([*drift, EVERYTHING], "secretsmanager:GetSecretValue", secret_key)
        assert not allows([*drift, EVERYTHING], "secretsmanager:BatchGetSecretValue", "*")
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

    @pytest.mark.parametrize("role", ["drift", "apply"])
    @pytest.mark.parametrize("name", ["app", "migration"])
    def test_the_passwords_of_users_are_read_where_terraform_wrote_them(self, name: str, role: str) -> None:
        prod = environment()
        arn = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:django-prod/postgresql-{name}-x-AbCdEf"
        drawn = replace(prod, django_service=replace(prod.django_service, database_authentication="password"))
        assert allows(statements(bootstrap(drawn), role), "secretsmanager:GetSecretValue", arn)
        assert not allows(statements(bootstrap(prod), role), "secretsmanager:GetSecretValue", arn)

    def test_it_decrypts_what_terraform_wrote_and_only_for_secrets_manager(self) -> None:
        drift = statements(units()["everything"], "drift")
        secrets = {"kms_ViaService": "secretsmanager.us-east-1.amazonaws.com"}
        for number in (2, 4):  # of the master password and of SECRET_KEY
            assert allows(drift, "kms:Decrypt", key(number), **secrets)
            assert not allows(drift, "kms:Decrypt", key(number))
            assert not allows(statements(units()["everything"], "plan"), "kms:Decrypt", key(number), **secrets)
        for number in (1, 3, 5, 6):
            assert not allows(drift, "kms:Decrypt", key(number), **secrets)

    def test_user_data_is_read_of_our_nat_instance_alone(self, unit: Json) -> None:
        plan, instance = statements(unit, "plan"), f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/i-0"
        assert allows(plan, "ec2:DescribeInstanceAttribute", instance, **OURS)
        assert not allows(plan, "ec2:DescribeInstanceAttribute", instance)
        # prod has NAT gateways, dev an instance.
        for name, may in (("prod", False), ("everything", False), ("dev", True)):
            found = set(actions(statements(units()[name], "plan")))
            assert ("ec2:DescribeLaunchTemplateVersions" in found) is may, name
            assert "ec2:DescribeLaunchTemplateVersions" in set(actions(statements(units()[name], "apply"))), name

    def test_nothing_is_read_of_another_region(self, unit: Json) -> None:
        for call in ("ecs:DescribeTaskDefinition", "ec2:DescribeInstances", "elasticloadbalancing:DescribeListeners"):
            for role in ("plan", "drift", "apply"):
                assert allows(statements(unit, role), call, "*", aws_RequestedRegion="us-east-1")
                assert not allows(statements(unit, role), call, "*", aws_RequestedRegion="eu-west-1")


class TestStatus:
    @pytest.mark.parametrize("role", ["drift", "apply"])
    def test_it_reads_the_console_of_our_nat_instance_and_of_no_other(self, role: str, unit: Json) -> None:
        found, instance = statements(unit, role), f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/i-0"
        assert allows(found, "ec2:GetConsoleOutput", instance, **OURS)
        assert not allows(found, "ec2:GetConsoleOutput", instance)
        theirs = {**OURS, "aws_ResourceTag_Environment": "staging"}
        assert not allows(found, "ec2:GetConsoleOutput", instance, **theirs)


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

    def test_it_looks_for_snapshots_that_a_destroy_would_meet(self, unit: Json) -> None:
        apply = statements(unit, "apply")
        for service, call, name in (
            ("rds", "DescribeDBSnapshots", "postgresql"),
            ("elasticache", "DescribeSnapshots", "redis"),
        ):
            arn = f"arn:aws:{service}:us-east-1:{ACCOUNT}:snapshot:django-prod-{name}-final"
            assert allows(apply, f"{service}:{call}", arn)

    def test_the_units_are_those_of_the_stack(self, documents: dict[str, Json]) -> None:
        assert {f"prod-{unit}" for unit in UNITS} == {name for name in documents if name.startswith("prod-")}

    @pytest.mark.parametrize(
        "action",
        [
            "iam:CreateRole",
            "iam:DeleteRole",
            "iam:DeleteRolePolicy",
            "iam:PutRolePermissionsBoundary",
            "iam:PutRolePolicy",
            "iam:UpdateAssumeRolePolicy",
            "iam:UpdateRole",
            "iam:UpdateRoleDescription",
        ],
    )
    def test_it_neither_makes_nor_changes_a_role_without_the_boundary(self, action: str, unit: Json) -> None:
        role = f"arn:aws:iam::{ACCOUNT}:role/django-prod-web-task"
        apply = statements(unit, "apply")
        assert allows(apply, action, role, iam_PermissionsBoundary=BOUNDARY)
        assert not allows(apply, action, role)
        assert not allows(apply, action, role, iam_PermissionsBoundary="arn:aws:iam::aws:policy/AdministratorAccess")

    def test_it_does_not_take_over_a_role_that_somebody_named_like_ours(self, unit: Json) -> None:
        apply, admin = statements(unit, "apply"), f"arn:aws:iam::{ACCOUNT}:role/django-prod-admin"
        core = {"iam_PolicyARN": "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"}
        allowed = {a for a in actions(apply) if a.startswith("iam:") and allows(apply, a, admin, **core)}
        assert allowed - {"iam:TagRole", "iam:UntagRole"} == {
            a for a in allowed if a.startswith(("iam:Get", "iam:List"))
        }

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
            "iam:DeleteRolePermissionsBoundary",
            "iam:CreatePolicyVersion",
            "iam:CreatePolicy",
            "iam:CreateUser",
            "iam:SetDefaultPolicyVersion",
            "iam:DeletePolicyVersion",
            "iam:CreateAccessKey",
            "iam:PutUserPolicy",
            "iam:UpdateOpenIDConnectProviderThumbprint",
            "iam:CreateOpenIDConnectProvider",
            "sts:AssumeRole",
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

    def test_the_tags_that_tell_environments_apart_are_those_of_the_company(self) -> None:
        keys, values = {"Project": "App", "Environment": "Stage"}, {"Environment": "production"}
        unit = bootstrap(replace(environment(), tag_keys=keys, tag_values=values))
        apply, vpc = statements(unit, "apply"), f"arn:aws:ec2:us-east-1:{ACCOUNT}:vpc/vpc-0"
        ours = {"aws_ResourceTag_App": "django", "aws_ResourceTag_Stage": "production"}
        assert allows(apply, "ec2:DeleteVpc", vpc, **ours)
        assert not allows(apply, "ec2:DeleteVpc", vpc, **{**ours, "aws_ResourceTag_Stage": "staging"})
        assert not allows(apply, "ec2:DeleteVpc", vpc, **OURS)
        certificate = f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/0"
        asked = {name.replace("Resource", "Request"): value for name, value in ours.items()}
        assert allows(apply, "acm:RequestCertificate", certificate, **asked)
        assert not allows(apply, "acm:RequestCertificate", certificate, **ASKED)
        assert not allows(apply, "acm:AddTagsToCertificate", certificate, **asked, aws_ResourceTag_App="other")

    def test_what_is_of_another_environment_stays(self, unit: Json) -> None:
        apply, vpc = statements(unit, "apply"), f"arn:aws:ec2:us-east-1:{ACCOUNT}:vpc/vpc-0"
        assert allows(apply, "ec2:DeleteVpc", vpc, **OURS)
        assert not allows(apply, "ec2:DeleteVpc", vpc, **{**OURS, "aws_ResourceTag_Environment": "staging"})
        assert not allows(apply, "ec2:DeleteVpc", vpc)
        for name in ("django-staging-postgresql", "other"):
            assert not allows(apply, "rds:DeleteDBInstance", f"arn:aws:rds:us-east-1:{ACCOUNT}:db:{name}")

    def test_what_bears_a_tag_is_not_claimed(self, unit: Json) -> None:
        apply, group = statements(unit, "apply"), f"arn:aws:ec2:us-east-1:{ACCOUNT}:security-group/sg-0"
        assert allows(apply, "ec2:CreateTags", group, **ASKED)
        assert not allows(apply, "ec2:CreateTags", group, **ASKED, aws_ResourceTag_Project="other")

    def test_target_groups_of_another_environment_stay(self, unit: Json) -> None:
        apply = statements(unit, "apply")
        group = f"arn:aws:elasticloadbalancing:us-east-1:{ACCOUNT}:targetgroup/django20261121/0"
        theirs = {**OURS, "aws_ResourceTag_Environment": "staging"}
        at_birth = {**ASKED, "elasticloadbalancing_CreateAction": "CreateTargetGroup"}
        assert allows(apply, "elasticloadbalancing:CreateTargetGroup", group, **ASKED)
        assert allows(apply, "elasticloadbalancing:AddTags", group, **at_birth)
        assert not allows(apply, "elasticloadbalancing:CreateTargetGroup", group)
        assert not allows(apply, "elasticloadbalancing:AddTags", group, **ASKED), "one without tags is claimed"
        assert not allows(apply, "elasticloadbalancing:AddTags", group, **ASKED, **theirs)
        for call in ("AddTags", "DeleteTargetGroup", "ModifyTargetGroup", "ModifyTargetGroupAttributes", "RemoveTags"):
            assert allows(apply, f"elasticloadbalancing:{call}", group, **OURS)
            assert not allows(apply, f"elasticloadbalancing:{call}", group, **theirs)

    def test_scalable_targets_of_another_environment_stay(self, unit: Json) -> None:
        apply = statements(unit, "apply")
        target = f"arn:aws:application-autoscaling:us-east-1:{ACCOUNT}:scalable-target/0"
        theirs = {**OURS, "aws_ResourceTag_Environment": "staging"}
        for call in ("RegisterScalableTarget", "TagResource"):
            assert allows(apply, f"application-autoscaling:{call}", target, **ASKED)
            assert not allows(apply, f"application-autoscaling:{call}", target, **ASKED, **theirs)
        for call in ("RegisterScalableTarget", "DeregisterScalableTarget", "PutScalingPolicy", "DeleteScalingPolicy"):
            assert allows(apply, f"application-autoscaling:{call}", target, **OURS)
            assert not allows(apply, f"application-autoscaling:{call}", target, **theirs)

    def test_autoscaling_describes_all_alarms_and_changes_its_own(self, unit: Json) -> None:
        apply, alarms = statements(unit, "apply"), f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm"
        assert allows(apply, "cloudwatch:DescribeAlarms", f"{alarms}:*")
        for call in ("cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms"):
            assert allows(apply, call, f"{alarms}:TargetTracking-service/django-prod/django-prod-web-AlarmHigh-0")
            assert not allows(apply, call, f"{alarms}:TargetTracking-service/django-dev/django-dev-web-AlarmHigh-0")

    def test_certificates_of_another_environment_stay(self, unit: Json) -> None:
        apply, certificate = statements(unit, "apply"), f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/0"
        theirs = {**OURS, "aws_ResourceTag_Environment": "staging"}
        for call in ("acm:AddTagsToCertificate", "acm:RequestCertificate"):
            assert allows(apply, call, certificate, **ASKED)
            assert not allows(apply, call, certificate)
        assert not allows(apply, "acm:AddTagsToCertificate", certificate, **ASKED, **theirs)
        assert not allows(apply, "acm:DeleteCertificate", certificate, **theirs)

    @pytest.mark.parametrize("call", ["ecs:CreateService", "ecs:UpdateService"])
    def test_services_run_in_the_subnets_that_the_environment_names_without_a_public_address(
        self, call: str, unit: Json
    ) -> None:
        apply = statements(units()["everything"], "apply")
        service = f"arn:aws:ecs:us-east-1:{ACCOUNT}:service/django-prod/django-prod-web"
        network = everything().network
        assert isinstance(network, ExistingNetworkInputs)
        ours, theirs = ",".join(network.private_subnet_ids), f"{network.private_subnet_ids[0]},subnet-0"
        assert allows(apply, call, service, ecs_subnet=ours, ecs_auto_assign_public_ip="false")
        assert allows(apply, call, service)
        assert not allows(apply, call, service, ecs_subnet=theirs, ecs_auto_assign_public_ip="false")
        assert not allows(apply, call, service, ecs_subnet=ours, ecs_auto_assign_public_ip="true")
        own = statements(unit, "apply")
        assert allows(own, call, service, ecs_subnet=theirs, ecs_auto_assign_public_ip="false")
        assert not allows(own, call, service, ecs_subnet=theirs, ecs_auto_assign_public_ip="true")
        assert not allows(own, call, service.replace("prod-web", "dev-web"), ecs_auto_assign_public_ip="false")

    def test_in_a_network_of_others_no_security_group_is_claimed_and_no_interface_changed(self, unit: Json) -> None:
        group, interface = (
            f"arn:aws:ec2:us-east-1:{ACCOUNT}:{name}" for name in ("security-group/0", "network-interface/0")
        )
        there = statements(units()["everything"], "apply")
        for found, may in ((statements(unit, "apply"), True), (there, False)):
            assert allows(found, "ec2:CreateTags", group, **ASKED) is may
            assert allows(found, "ec2:ModifyNetworkInterfaceAttribute", interface) is may

    def test_rules_are_tagged_as_they_are_created_and_none_of_others_is_claimed(self, unit: Json) -> None:
        apply, group, rule = (
            statements(unit, "apply"),
            *(f"arn:aws:ec2:us-east-1:{ACCOUNT}:{name}/0" for name in ("security-group", "security-group-rule")),
        )
        for call in ("AuthorizeSecurityGroupEgress", "AuthorizeSecurityGroupIngress"):
            assert allows(apply, "ec2:CreateTags", rule, **ASKED, ec2_CreateAction=call)
            assert allows(apply, f"ec2:{call}", rule, **ASKED)
            assert not allows(apply, f"ec2:{call}", group, **ASKED)
            assert allows(apply, f"ec2:{call}", group, **ASKED, **OURS)
        assert not allows(apply, "ec2:CreateTags", rule, **ASKED)

    @pytest.mark.parametrize(
        ("call", "kinds"),
        [
            ("CreateSubnet", ("vpc",)),
            ("CreateSecurityGroup", ("vpc",)),
            ("RunInstances", ("subnet", "security-group", "launch-template")),
            ("CreateNatGateway", ("subnet", "elastic-ip")),
            ("CreateVpcEndpoint", ("vpc", "subnet", "security-group", "route-table")),
        ],
    )
    def test_tags_of_what_is_created_open_nothing_that_it_is_in(
        self, call: str, kinds: tuple[str, ...], unit: Json
    ) -> None:
        for kind in kinds:
            arn = f"arn:aws:ec2:us-east-1:{ACCOUNT}:{kind}/0"
            assert allows(statements(unit, "apply"), f"ec2:{call}", arn, **ASKED, **OURS)
            assert not allows(statements(unit, "apply"), f"ec2:{call}", arn, **ASKED)

    def test_it_registers_task_definitions_by_our_names_alone(self, unit: Json) -> None:
        family = f"arn:aws:ecs:us-east-1:{ACCOUNT}:task-definition/django"
        for revision in ("", ":*", ":7"):
            assert allows(statements(unit, "apply"), "ecs:RegisterTaskDefinition", f"{family}-prod-web{revision}")
            assert not allows(statements(unit, "apply"), "ecs:RegisterTaskDefinition", f"{family}-dev-web{revision}")

    def test_the_nat_instance_gets_another_group_which_is_ours(self, unit: Json) -> None:
        apply, call = statements(unit, "apply"), "ec2:ModifyNetworkInterfaceAttribute"
        assert allows(apply, call, f"arn:aws:ec2:us-east-1:{ACCOUNT}:network-interface/eni-0")
        for thing in ("instance/i-0", "security-group/sg-0", "subnet/subnet-0"):
            assert allows(apply, call, f"arn:aws:ec2:us-east-1:{ACCOUNT}:{thing}", **OURS)
            assert not allows(apply, call, f"arn:aws:ec2:us-east-1:{ACCOUNT}:{thing}")

    def test_in_a_vpc_of_ones_own_it_makes_security_groups_and_nothing_else(self, unit: Json) -> None:
        apply = statements(units()["everything"], "apply")
        mine, other = (f"arn:aws:ec2:us-east-1:{ACCOUNT}:vpc/{name}" for name in (VPC, "vpc-0"))
        assert {
            action for action in set(actions(apply)) if action.startswith("ec2:") and allows(apply, action, mine)
        } == {
            action for action in set(actions(apply)) if action.startswith("ec2:") and allows(apply, action, other)
        } | {"ec2:CreateSecurityGroup"}
        assert not allows(apply, "ec2:CreateSecurityGroup", other)
        assert not allows(statements(unit, "apply"), "ec2:CreateSecurityGroup", mine)

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

    def test_one_that_the_account_asks_for_is_on_every_role_and_in_place_of_ours(self) -> None:
        arn = f"arn:aws:iam::{ACCOUNT}:policy/company/boundary"
        bounded = replace(environment(), permissions_boundary=arn)
        unit = bootstrap(bounded)
        documents = [unit, *units_of(bounded).values()]
        roles = [role for each in documents for role in each.get("resource", {}).get("aws_iam_role", {}).values()]
        assert {role["permissions_boundary"] for role in roles} == {arn}
        assert len(roles) > 13
        assert "boundary" not in unit["resource"]["aws_iam_policy"]
        assert unit["output"]["permissions_boundary_arn"]["value"] == arn
        role, apply = f"arn:aws:iam::{ACCOUNT}:role/django-prod-x", statements(unit, "apply")
        assert allows(apply, "iam:CreateRole", role, iam_PermissionsBoundary=arn)
        assert not allows(apply, "iam:CreateRole", role, iam_PermissionsBoundary=BOUNDARY)
        assert not allows(apply, "iam:CreateRole", role)

    def test_an_account_may_ask_for_one_where_no_pipeline_is(self) -> None:
        arn = f"arn:aws:iam::{ACCOUNT}:policy/company/boundary"
        alone = replace(environment(), bootstrap=BootstrapInputs(), permissions_boundary=arn)
        found = units_of(alone)["prod-network"]["resource"]["aws_iam_role"].values()
        assert {role["permissions_boundary"] for role in found} == {arn}

    def test_the_roles_that_deploy_do_not_bear_it_which_would_leave_them_nothing(self, unit: Json) -> None:
        for role in unit["resource"]["aws_iam_role"].values():
            assert "permissions_boundary" not in role

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

    def test_what_a_service_alone_may_do_widens_it_too(self) -> None:
        mail = IamStatementInputs(actions=("ses:SendEmail",), resources=("arn:aws:ses:us-east-1:1:identity/x",))
        secret = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:mail-AbCdEf"
        prod = environment()
        web = replace(prod.django_service.web, iam_statements=(mail,), secrets={"MAIL": secret})
        wider = replace(prod, django_service=replace(prod.django_service, web=web))
        for of, expected in ((wider, True), (prod, False)):
            found = statements(bootstrap(of), "boundary")
            assert allows(found, "ses:SendEmail", "arn:aws:ses:us-east-1:1:identity/x") is expected
            assert allows(found, "secretsmanager:GetSecretValue", secret) is expected

    def test_of_the_master_passwords_that_rds_keeps_it_allows_that_of_the_environment(self, unit: Json) -> None:
        found = statements(unit, "boundary")
        secret = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:rds!db-0123-AbCdEf"
        for name, expected in (("django-prod-postgresql", True), ("django-dev-postgresql", False), ("other", False)):
            instance = {"aws_ResourceTag_aws_rds_primaryDBInstanceArn": f"arn:aws:rds:us-east-1:{ACCOUNT}:db:{name}"}
            assert allows(found, "secretsmanager:GetSecretValue", secret, **instance) is expected
        assert not allows(found, "secretsmanager:GetSecretValue", secret)

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

    def test_a_state_in_another_region_is_decrypted_there(self) -> None:
        for role in ("plan", "drift"):
            found = statements(units()["everything"], role)
            state = key(0, "eu-west-1")
            assert allows(found, "kms:Decrypt", state, kms_ViaService="s3.eu-west-1.amazonaws.com")
            assert not allows(found, "kms:Decrypt", state, kms_ViaService="s3.us-east-1.amazonaws.com")

    def test_a_state_on_this_machine_needs_no_permission(self) -> None:
        local = replace(environment(), state=LocalState())
        assert Scope(local).states() is None
        apply = statements(bootstrap(local), "apply")
        assert not any(s["Sid"] in ("ReadStates", "WriteStates", "LockStates", "ListStates") for s in apply)

    def test_rules_are_added_to_groups_that_exist_where_they_are_named_and_to_no_others(self, unit: Json) -> None:
        prod, arn = everything(), f"arn:aws:ec2:us-east-1:{ACCOUNT}:security-group"
        assert isinstance(prod.network, ExistingNetworkInputs)
        network = replace(
            prod.network, application_security_group_id="sg-01234567", endpoint_security_group_id="sg-12345678"
        )
        found = statements(bootstrap(replace(prod, network=network)), "apply")
        for call in ("ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress"):
            assert allows(found, call, f"{arn}/sg-01234567")
            assert allows(found, call, f"{arn}/sg-12345678")
            assert not allows(found, call, f"{arn}/sg-23456789")
            assert not allows(statements(unit, "apply"), call, f"{arn}/sg-01234567")
        assert not allows(found, "ec2:DeleteSecurityGroup", f"{arn}/sg-01234567")

    @pytest.mark.parametrize("kind", ["vpc", "subnet"])
    def test_a_network_gets_ipv6_while_it_runs(self, kind: str, unit: Json) -> None:
        apply, resource = statements(unit, "apply"), f"arn:aws:ec2:us-east-1:{ACCOUNT}:{kind}/{kind}-0"
        for verb in ("Associate", "Disassociate"):
            assert allows(apply, f"ec2:{verb}{kind.title()}CidrBlock", resource, **OURS)
            assert not allows(apply, f"ec2:{verb}{kind.title()}CidrBlock", resource)

    def test_in_a_cluster_that_exists_only_what_is_ours_is_touched(self) -> None:
        prod = environment()
        cluster = EcsClusterInputs(existing="shared")
        there = bootstrap(replace(prod, django_service=replace(prod.django_service, cluster=cluster)))
        apply, arn = statements(there, "apply"), f"arn:aws:ecs:us-east-1:{ACCOUNT}"
        assert allows(apply, "ecs:UpdateService", f"{arn}:service/shared/django-prod-web")
        assert allows(apply, "ecs:DescribeServices", f"{arn}:service/shared/django-prod-web")
        assert not allows(apply, "ecs:UpdateService", f"{arn}:service/shared/other-web")
        assert not allows(apply, "ecs:DescribeServices", f"{arn}:service/shared/other-web")
        for call in ("ecs:UpdateCluster", "ecs:DeleteCluster", "ecs:PutClusterCapacityProviders", "ecs:CreateCluster"):
            assert not allows(apply, call, f"{arn}:cluster/shared")
        assert allows(apply, "ecs:DescribeClusters", f"{arn}:cluster/shared")
        task = f"{arn}:task/shared/0123"
        assert allows(apply, "ecs:StopTask", task, **OURS)
        assert not allows(apply, "ecs:StopTask", task)
        assert allows(apply, "ecs:TagResource", task, ecs_CreateAction="RunTask")
        assert not allows(apply, "ecs:TagResource", task)

    def test_without_redis_no_role_may_do_anything_with_it(self) -> None:
        without = bootstrap(replace(environment(), redis=None))
        for role in ("plan", "drift", "apply", "boundary"):
            found = json.dumps([each for each in statements(without, role) if each["Sid"] != "ServiceLinkedRoles"])
            assert "django-prod" in found or "django/prod" in found, role
            assert "elasticache" not in found, role
            assert "redis" not in found, role

    def test_data_is_restored_from_what_is_named_and_from_nothing_else(self, unit: Json) -> None:
        moment = PointInTimeInputs(instance="shop", at="2026-11-29T04:00:00Z")
        restored = RestoredInputs(source=SnapshotInputs(identifier="theirs"), name="one")
        of, redis = environment(), environment().redis
        assert redis
        cache = replace(redis.cache, snapshot_name="queue")
        postgresql = replace(of.postgresql, source=moment, restored=restored)
        apply = statements(bootstrap(replace(of, postgresql=postgresql, redis=replace(redis, cache=cache))), "apply")
        arn = f"arn:aws:rds:us-east-1:{ACCOUNT}"
        queue = f"arn:aws:elasticache:us-east-1:{ACCOUNT}:snapshot:queue"
        for call, resource in (
            ("rds:RestoreDBInstanceToPointInTime", f"{arn}:db:shop"),
            ("rds:RestoreDBInstanceToPointInTime", f"{arn}:db:django-prod-postgresql"),
            ("rds:RestoreDBInstanceFromDBSnapshot", f"{arn}:snapshot:theirs"),
            ("rds:RestoreDBInstanceFromDBSnapshot", f"{arn}:db:django-prod-postgresql-one"),
            ("elasticache:CreateReplicationGroup", queue),
        ):
            assert allows(apply, call, resource)
            assert not allows(statements(unit, "apply"), call, resource)
        assert not allows(apply, "rds:RestoreDBInstanceFromDBSnapshot", f"{arn}:snapshot:others")
        assert not allows(apply, "rds:DeleteDBInstance", f"{arn}:db:shop")

    def test_a_parameter_group_of_ones_own_may_be_used(self, unit: Json) -> None:
        apply = statements(units()["everything"], "apply")
        redis = f"arn:aws:elasticache:us-east-1:{ACCOUNT}:parametergroup:mine"
        postgresql = f"arn:aws:rds:us-east-1:{ACCOUNT}:pg:mine"
        uses = {
            redis: ("elasticache:CreateReplicationGroup", "elasticache:ModifyReplicationGroup"),
            postgresql: ("rds:CreateDBInstance", "rds:CreateDBInstanceReadReplica", "rds:ModifyDBInstance"),
        }
        for group, calls in uses.items():
            for call in calls:
                assert allows(apply, call, group)
                assert not allows(statements(unit, "apply"), call, group)
        assert not allows(apply, "elasticache:DeleteCacheParameterGroup", redis)
        assert not allows(apply, "rds:ModifyDBParameterGroup", postgresql)
