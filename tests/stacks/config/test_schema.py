"""The environment: the rules between its parts, and between two environments."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any, cast

import pytest

from modules.alerts.inputs import AlertsInputs, RecipientsInputs, SlackChannelInputs
from modules.certificate.inputs import CertificateInputs, RetiringCertificateInputs
from modules.cloudflare_dns.firewall_inputs import CustomRuleInputs, RateLimitInputs
from modules.cloudflare_dns.inputs import CacheRuleInputs, ZoneSettingsInputs
from modules.cloudfront.inputs import NoDnsInputs
from modules.dns import DnsRecordInputs, HostnameInputs
from modules.external_dns.inputs import ExternalDnsInputs
from modules.github_oidc.inputs import GithubOidcInputs
from modules.load_balancer.inputs import LoadBalancerInputs, SslPolicy
from modules.network.inputs import COMPLETE_ENDPOINTS, ExistingNetworkInputs, NetworkInputs
from modules.one_off_task.inputs import OneOffTaskInputs
from modules.redis.inputs import RedisGroupInputs, RedisInputs
from modules.route53_dns.inputs import Route53DnsInputs
from modules.task_definition.inputs import IamStatementInputs, RuntimeInputs
from modules.validation import InvalidInput, problems, validate
from stacks.config.bootstrap import BootstrapInputs
from stacks.config.build import ImageInputs
from stacks.config.conflicts import conflicts
from stacks.config.names import OF_REDIS
from stacks.config.schema import DIRECTORIES, DnsInputs, Environment, LocalState, S3State
from tests.configurations import changed
from tests.support import REDIS, cloudflare_dns, environment

CHANNEL = SlackChannelInputs(workspace_id="T0123456789", channel_id="C0123456789")
ALERTS = AlertsInputs(urgent=RecipientsInputs(), chat={"operations": CHANNEL})

PROJECT = Path(__file__).parents[3]

ALIAS = "arn:aws:kms:us-east-1:123456789012:alias/mine"
ONE_ZONE = NetworkInputs(cidr="10.0.0.0/16", zones=("us-east-1a",))


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"name": "Prod"}, "name: 'Prod' is no name: "),
        ({"name": "p"}, "name: 'p' is no name: "),
        ({"name": "prod-"}, "name: 'prod-' is no name: "),
        ({"name": "n" * 29}, f"name: '{'n' * 29}' is no name: use 2 to 28 of a-z"),
        ({"name": "all"}, "name: all is a word of the workflows or of YAML: choose another name"),
        ({"name": "null"}, "name: null is a word of the workflows or of YAML: choose another name"),
        ({"project": "p" * 29}, f"project: '{'p' * 29}' is no name: "),
        (
            {"project": "amzn-s3-demo"},
            (
                "project: no bucket may be named amzn-s3-demo-something, and that of the access logs would be: "
                "choose another name"
            ),
        ),
        ({"project": "sthree"}, "project: no bucket may be named sthree-something, "),
        ({"project": "internal"}, "project: no load balancer may be named internal-"),
        (
            {"postgresql": replace(environment().postgresql, master_username="migrator")},
            "django_service.migration_user: is postgresql.master_username too, who may do anything: ",
        ),
        ({"account_id": "12345"}, "account_id: '12345' is no AWS account id: write its 12 digits"),
        ({"region": "us-east"}, "region: 'us-east' is no region: "),
        ({"region": "us-gov-west-1"}, "region: us-gov-west-1 is outside of the partition aws: "),
        ({"region": "eu-west-1"}, "network.zones: us-east-1a is not in eu-west-1: name zones of the region"),
        ({"network": ONE_ZONE}, "postgresql.multi_az: needs two zones, got one: add a zone to network.zones"),
        (
            {"network": ONE_ZONE, "postgresql": replace(environment().postgresql, multi_az=False)},
            "redis.cache.multi_az: needs two zones, got one: add a zone to network.zones",
        ),
        (
            {
                "network": ONE_ZONE,
                "postgresql": replace(environment().postgresql, multi_az=False),
                "redis": RedisInputs(cache=RedisGroupInputs(node_type="cache.t4g.micro", multi_az=False)),
            },
            "network.zones: one zone is too few for the load balancer and the subnet group of RDS: add a zone",
        ),
        (
            {"certificate": CertificateInputs(subject_alternative_names=("www.example.org",))},
            "certificate.subject_alternative_names: 'www.example.org' is not in the zone 'example.com', ",
        ),
        ({"tags": {"Environment": "x"}}, "tags['Environment']: is reserved: "),
        ({"tags": {"aws:x": "x"}}, "tags['aws:x']: is reserved: "),
        (
            {"tags": {"environment": "x"}},
            ("tags['environment']: differs from another tag only in case, which IAM refuses: choose another key"),
        ),
        ({"tags": {"name": "x"}}, "tags['name']: differs from another tag only in case, "),
        ({"tags": {"Team": "x", "team": "y"}}, "tags['team']: differs from another tag only in case, "),
        ({"tags": {"a": "AWS:x"}}, "tags['a']: 'AWS:x' is no tag value: use 1 to 256 of letters, "),
        ({"owner": "aws:x"}, "owner: 'aws:x' is no tag value: "),
        ({"tags": {"a*": "x"}}, "tags['a*']: is no tag key: "),
        ({"tags": {"a": "x" * 257}}, "is no tag value: "),
        ({"tags": {f"t{n}": "x" for n in range(40)}}, "tags: got 45 tags: "),
        ({"owner": "a,b"}, "owner: 'a,b' is no tag value: "),
        ({"tag_keys": {"Stage": "x"}}, "tag_keys['Stage']: is none of the tags that every resource has: use Project, "),
        ({"tag_values": {"Team": "x"}}, "tag_values['Team']: is none of the tags that every resource has: "),
        ({"tag_values": {"ManagedBy": "a,b"}}, "tag_values['ManagedBy']: 'a,b' is no tag value: "),
        ({"tag_keys": {"Owner": "Name"}}, "tag_keys['Owner']: is reserved: choose another key"),
        ({"tag_keys": {"Owner": "aws:x"}}, "tag_keys['Owner']: is reserved: choose another key"),
        ({"tag_keys": {"Owner": "project"}}, "tag_keys['Owner']: differs from another tag only in case, "),
        ({"tag_keys": {"Owner": "x", "ManagedBy": "x"}}, "tag_keys['ManagedBy']: is reserved: choose another key"),
        ({"tag_keys": {"Owner": "a*"}}, "tag_keys['Owner']: is no tag key: "),
        ({"tag_keys": {"Project": "p" * 49}}, "tag_keys['Project']: has 49 characters, and the policies of the roles "),
        (
            {"tag_values": {"Environment": "e" * 49}},
            "tag_values['Environment']: has 49 characters, and the policies of ",
        ),
        ({"tag_keys": {"Environment": "Stage"}, "tags": {"Stage": "x"}}, "tags['Stage']: is reserved: "),
        (
            {"permissions_boundary": "boundary"},
            "permissions_boundary: 'boundary' is no managed policy of 123456789012:",
        ),
        (
            {"permissions_boundary": "arn:aws:iam::210987654321:policy/boundary"},
            "is no managed policy of 123456789012: give it as arn:aws:iam::123456789012:policy/<path and name>",
        ),
        (
            {"permissions_boundary": "arn:aws:iam::123456789012:role/boundary"},
            "permissions_boundary: 'arn:aws:iam::123456789012:role/boundary' is no managed policy of ",
        ),
        *(
            (
                {"permissions_boundary": f"arn:aws:iam::123456789012:policy/{name}"},
                "is no managed policy of 123456789012: ",
            )
            for name in ("", "policy//x", "/x", "a/", "../x", "a/./x", "..", "x" * 129, f"{'a/' * 256}x", "é")
        ),
        ({"state": S3State(bucket="A")}, "state.bucket: 'A' is not a valid bucket name: use 3 to 63 of a-z"),
        ({"state": S3State(bucket="abc", region="x")}, "state.region: 'x' is no region: "),
        ({"state": S3State(bucket="abc", kms_key_arn="x")}, "state.kms_key_arn: 'x' is no ARN of a KMS key: "),
        ({"state": S3State(bucket="abc", kms_key_arn=ALIAS)}, f"state.kms_key_arn: '{ALIAS}' is no ARN of a KMS key: "),
        ({"state": LocalState(directory="../up")}, "state.directory: '../up' is no plain name: "),
        (
            {"state": LocalState(directory="app")},
            'state.directory: app is part of the project\'s source: name a directory of its own, as "state"',
        ),
        (
            {"protected": True},
            (
                "state: a state on one machine is lost with it, and the environment is protected: "
                "use S3State, or set protected=False"
            ),
        ),
        ({"state": "local"}, "state: got 'local': give S3State or LocalState"),
        (
            {"certificate": CertificateInputs(existing_arn="arn:aws:acm:eu-west-1:123456789012:certificate/abc")},
            "certificate.existing_arn: the certificate is of 'eu-west-1', the load balancer of us-east-1: ",
        ),
        (
            {"certificate": CertificateInputs(existing_arn="arn:aws:acm:us-east-1:210987654321:certificate/abc")},
            (
                "certificate.existing_arn: the certificate is of the account 210987654321, the load balancer of "
                "123456789012: give a certificate of the same account"
            ),
        ),
    ],
)
def test_wrong_environments_are_refused(changes: dict[str, Any], line: str) -> None:
    with pytest.raises(InvalidInput) as error:
        validate(environment(**changes))
    assert line in str(error.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"tags": {"Team": "x", "Teams": "aws"}},
        {"tag_keys": {"Environment": "Stage"}, "tags": {"Environment": "x"}},
        {"tag_keys": {"Environment": "environment"}},
        {"tag_keys": {"Project": "Environment", "Environment": "Project"}},
        {"tag_values": {"Environment": "production", "ManagedBy": "terraform"}},
        {"permissions_boundary": "arn:aws:iam::123456789012:policy/company/boundary"},
        {"permissions_boundary": "arn:aws:iam::aws:policy/PowerUserAccess"},
        {"permissions_boundary": f"arn:aws:iam::123456789012:policy/{'a' * 510}/{'x' * 128}"},
        {"permissions_boundary": "arn:aws:iam::123456789012:policy/a.b/x.y"},
        {"tags": {f"t{n}": "x" for n in range(35)}},
        {"state": LocalState(directory="apps")},
        {"state": S3State(bucket="tfstate"), "protected": True},
    ],
)
def test_right_environments_are_accepted(changes: dict[str, Any]) -> None:
    validate(environment(**changes))


FAR = {
    "region": "ap-southeast-1",
    "network": NetworkInputs(cidr="10.0.0.0/16", zones=("ap-southeast-1a", "ap-southeast-1b")),
}
LONG_TASK = {"a" * 24: OneOffTaskInputs(command=("python", "manage.py", "check"))}


@pytest.mark.parametrize(
    ("longest", "changes", "line"),
    [
        (31, {}, "the name of the bucket of access logs, "),
        (26, FAR, "the name of the bucket of access logs, "),
        (29, {"django_service": replace(environment().django_service, one_off_tasks=LONG_TASK)}, "of the execution ro"),
        (27, {"redis": replace(REDIS, broker=REDIS.cache)}, "the name of the broker's replication group, "),
        (26, {"redis": replace(REDIS, iam_authentication=True)}, "the name of the user of Redis, "),
    ],
)
def test_a_project_is_as_long_as_the_names_of_its_resources_may_be(
    longest: int, changes: dict[str, Any], line: str
) -> None:
    validate(environment(name="prod-eu", project="p" * (longest - 8), **changes))
    validate(environment(name="p" * (longest - 8), project="prod-eu", **changes))
    with pytest.raises(InvalidInput) as error:
        validate(environment(name="prod-eu", project="p" * (longest - 7), **changes))
    assert line in str(error.value)
    assert str(error.value).endswith(": shorten project or name by 1")


def test_no_directory_with_sources_is_a_place_for_a_state() -> None:
    found = {each.name for each in PROJECT.iterdir() if not each.name.startswith(".") and each.is_dir()}
    sources = {name for name in found if any((PROJECT / name).glob("*.py")) or any((PROJECT / name).glob("*.md"))}
    assert {"app", "docs", "modules"} <= sources <= set(DIRECTORIES)


def key(region: str) -> str:
    return f"arn:aws:kms:{region}:123456789012:key/01234567-89ab-cdef-0123-456789abcdef"


def with_key(field: str, arn: str) -> Environment:
    """An environment with a key in one of its fields, by the path of the field."""
    value: Any = (arn,) if field.endswith("arns") else arn
    made: Any = environment(state=S3State(bucket="tfstate"), region="us-east-1")
    owners = [made]
    *path, name = field.split(".")
    for part in path:
        owners.append(getattr(owners[-1], part))
    for owner, part in zip(reversed(owners), [name, *reversed(path)], strict=True):
        value = replace(owner, **{part: value})
    found: Environment = value
    return found


def key_fields(value: Any, path: str = "") -> Iterator[str]:
    for each in fields(value):
        child, where = getattr(value, each.name), f"{path}{each.name}"
        if "kms_key_arn" in each.name:
            yield where
        elif is_dataclass(child):
            yield from key_fields(child, f"{where}.")


@pytest.mark.parametrize("field", list(key_fields(environment(state=S3State(bucket="tfstate")))))
def test_a_key_is_of_the_region_in_which_it_is_used(field: str) -> None:
    validate(with_key(field, key("us-east-1")))
    for region in ("eu-west-1", "us-gov-west-1"):
        with pytest.raises(InvalidInput) as error:
            validate(with_key(field, key(region)))
        assert str(error.value).startswith(f"{field}: the key is of {region}, the ")
        assert str(error.value).endswith(" of us-east-1: give a key of the same region")


def test_the_key_of_the_state_is_of_the_region_of_its_bucket() -> None:
    validate(environment(state=S3State(bucket="tfstate", region="eu-west-1", kms_key_arn=key("eu-west-1"))))
    with pytest.raises(InvalidInput) as error:
        validate(environment(state=S3State(bucket="tfstate", region="eu-west-1", kms_key_arn=key("us-east-1"))))
    assert str(error.value).startswith("state.kms_key_arn: the key is of us-east-1, the bucket of eu-west-1: ")


def test_the_state_is_in_the_partition_of_the_account() -> None:
    with pytest.raises(InvalidInput) as error:
        validate(environment(state=S3State(bucket="tfstate", region="us-gov-west-1")))
    assert str(error.value) == "state.region: us-gov-west-1 is outside of the partition aws: choose a commercial region"


@pytest.mark.parametrize("other", ["arn:aws:iam::210987654321:role/app", "arn:aws-us-gov:iam::123456789012:role/app"])
def test_tasks_run_with_a_role_of_their_account(other: str) -> None:
    service = environment().django_service
    own = RuntimeInputs(task_role_arn="arn:aws:iam::123456789012:role/app")
    validate(environment(django_service=replace(service, runtime=own)))
    with pytest.raises(InvalidInput) as error:
        validate(environment(django_service=replace(service, runtime=replace(own, task_role_arn=other))))
    assert str(error.value).startswith(f"django_service.runtime.task_role_arn: '{other}' is of another account, ")


@pytest.mark.parametrize("field", ["iam_statements", "secrets", "secret_kms_key_arns", "log_kms_key_arn"])
def test_what_is_added_fits_the_boundary_of_all_roles(field: str) -> None:
    half = IamStatementInputs(actions=("s3:GetObject",), resources=(f"arn:aws:s3:::{'b' * 2880}",))
    added: dict[str, Any] = {
        "iam_statements": (half, half),
        "secrets": {"A": "arn:aws:secretsmanager:us-east-1:123456789012:secret:mail-AbCdEf"},
        "secret_kms_key_arns": (key("us-east-1"),),
        "log_kms_key_arn": key("us-east-1"),
    }
    bounded = environment(bootstrap=BootstrapInputs(github=GithubOidcInputs(repository="acme/django")))
    full = replace(bounded.django_service, runtime=RuntimeInputs(iam_statements=(half,)))
    over = replace(full, runtime=replace(full.runtime, **{field: added[field]}))
    validate(replace(bounded, django_service=full))
    validate(environment(django_service=over))
    with pytest.raises(InvalidInput) as error:
        validate(replace(bounded, django_service=over))
    assert str(error.value).startswith("django_service.runtime: statements, secrets and keys take ")
    assert " characters of 3,072 in the boundary: name fewer of them, or set bootstrap.github." in str(error.value)


@pytest.mark.parametrize("field", ["iam_statements", "secrets"])
def test_what_a_service_alone_has_is_in_the_boundary_too(field: str) -> None:
    half = IamStatementInputs(actions=("s3:GetObject",), resources=(f"arn:aws:s3:::{'b' * 2880}",))
    own: dict[str, Any] = {
        "iam_statements": (half,),
        "secrets": {"A": "arn:aws:secretsmanager:us-east-1:123456789012:secret:mail-AbCdEf"},
    }
    bounded = environment(bootstrap=BootstrapInputs(github=GithubOidcInputs(repository="acme/django")))
    service = replace(bounded.django_service, runtime=RuntimeInputs(iam_statements=(half,)))
    over = replace(service, web=replace(service.web, **{field: own[field]}))
    with pytest.raises(InvalidInput, match=r"^django_service\.runtime: statements, secrets and keys take "):
        validate(replace(bounded, django_service=over))


def test_redis_notifies_a_topic_of_its_account() -> None:
    validate(environment(redis=replace(REDIS, notification_topic_arn="arn:aws:sns:us-east-1:123456789012:alarms")))
    with pytest.raises(InvalidInput, match=r"^redis\.notification_topic_arn: .* is of another account than Redis: "):
        validate(environment(redis=replace(REDIS, notification_topic_arn="arn:aws:sns:us-east-1:210987654321:alarms")))


def test_redis_notifies_no_topic_of_alerts_because_those_are_encrypted() -> None:
    own = replace(REDIS, notification_topic_arn="arn:aws:sns:us-east-1:123456789012:django-test-notices")
    validate(environment(redis=own))
    with pytest.raises(
        InvalidInput, match=r"^redis\.notification_topic_arn: is a topic of alerts, which are encrypted"
    ):
        validate(environment(redis=own, alerts=ALERTS))


def test_a_channel_is_told_by_one_environment_of_an_account() -> None:
    one, other = (replace(environment(alerts=ALERTS), name=name) for name in ("one", "other"))
    (found,) = [each for each in conflicts({"one.py": one, "other.py": other}, asked=["one.py"]) if "alerts" in each[0]]
    assert found == (
        "other.py: alerts.chat['operations']",
        "one has the channel C0123456789 of T0123456789 in the same account, which takes it once",
        "give each environment another one",
    )
    elsewhere = replace(other, account_id="210987654321")
    assert not [each for each in conflicts({"a.py": one, "b.py": elsewhere}, asked=["a.py"]) if "alerts" in each[0]]


@pytest.mark.parametrize("field", ["variables", "secrets"])
@pytest.mark.parametrize("name", OF_REDIS)
def test_the_variables_of_redis_are_the_users_own_where_there_is_none(name: str, field: str) -> None:
    secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:broker-AbCdEf"
    runtime = RuntimeInputs(**{field: {name: "sqs://" if field == "variables" else secret}})  # type: ignore[arg-type]
    service = replace(environment().django_service, runtime=runtime)
    validate(environment(redis=None, django_service=service))
    with pytest.raises(InvalidInput) as error:
        validate(environment(django_service=service))
    place = f"django_service.runtime.{field}['{name}']"
    assert str(error.value) == f"{place}: is set by the service itself: choose another name"


def test_the_smallest_environment_is_right() -> None:
    validate(environment())


def other(**changes: Any) -> Environment:
    free = {
        "name": "other",
        "network": NetworkInputs(cidr="10.1.0.0/16", zones=("us-east-1a", "us-east-1b")),
        "cloudflare_dns": cloudflare_dns(record_name="other"),
    }
    return environment(**{**free, **changes})


def check(*environments: Environment) -> None:
    files = {f"{each.name}.py": each for each in environments}
    for problem in conflicts(files, asked=files):
        raise InvalidInput(*problem)


@pytest.mark.parametrize(
    ("one", "two", "line"),
    [
        (
            {},
            {"tag_keys": {"Project": "App"}},
            "other.py: tag_keys: test has other keys in the same account, and a role could take its resources for ",
        ),
        (
            {"tag_values": {"Environment": "production"}},
            {"tag_values": {"Environment": "production"}},
            "other.py: tag_values: the tags of Project and Environment are those of test in the same account, ",
        ),
    ],
)
def test_roles_tell_two_environments_of_one_account_apart_by_their_tags(
    one: dict[str, Any], two: dict[str, Any], line: str
) -> None:
    with pytest.raises(InvalidInput) as error:
        check(environment(**one), other(**two))
    assert str(error.value).startswith(line)
    check(environment(**one), other(account_id="210987654321", **two))
    check(environment(tag_keys={"Owner": "Team"}), other(tag_values={"Environment": "production"}))


def test_two_environments_may_share_an_account_and_a_zone() -> None:
    check(environment(), other())


SAME_NAMES = (
    "eu-prod.py: name: the resources of prod are named shop-eu-prod in the same account too: choose another name"
)
PART = "in the same account: choose another name, project or account"


@pytest.mark.parametrize(
    ("one", "two", "line"),
    [
        ("shop-eu prod", "shop eu-prod", SAME_NAMES),
        (
            "shop prod",
            "shop prod-eu",
            f"prod-eu.py: name: shop-prod-eu-* of prod-eu is part of shop-prod-* of prod {PART}",
        ),
        (
            "shop prod-eu",
            "shop prod",
            f"prod.py: name: shop-prod-eu-* of prod-eu is part of shop-prod-* of prod {PART}",
        ),
        ("shop prod", "shop-prod eu", f"eu.py: name: shop-prod-eu-* of eu is part of shop-prod-* of prod {PART}"),
    ],
)
def test_names_of_one_account_may_not_meet(one: str, two: str, line: str) -> None:
    first, second = one.split(), two.split()
    named = environment(project=first[0], name=first[1])
    with pytest.raises(InvalidInput) as error:
        check(named, other(project=second[0], name=second[1]))
    assert line in str(error.value)
    check(named, other(project=second[0], name=second[1], account_id="210987654321"))


@pytest.mark.parametrize("names", [("dev", "plan-dev"), ("plan-dev", "dev")])
def test_no_environment_is_named_as_the_job_that_plans_another(names: tuple[str, str]) -> None:
    with pytest.raises(InvalidInput) as error:
        check(environment(name=names[0]), other(name=names[1]))
    line = f"{names[1]}.py: name: plan-dev is the job that plans dev in the workflows: choose another name"
    assert line in str(error.value)


@pytest.mark.parametrize(
    ("one", "two"), [("shop prod", "shop prod2"), ("shop eu-prod", "shop prod"), ("a1 dev", "a1 dev2")]
)
def test_names_of_one_account_may_be_alike(one: str, two: str) -> None:
    first, second = one.split(), two.split()
    check(environment(project=first[0], name=first[1]), other(project=second[0], name=second[1]))


SUBNETS = {
    tier: (f"subnet-{i}1234567", f"subnet-{i}7654321") for i, tier in enumerate(("public", "private", "database"))
}


def existing(cidr: str, vpc_id: str = "vpc-12345678") -> ExistingNetworkInputs:
    return ExistingNetworkInputs(
        vpc_id=vpc_id,
        vpc_cidr=cidr,
        public_subnet_ids=SUBNETS["public"],
        private_subnet_ids=SUBNETS["private"],
        database_subnet_ids=SUBNETS["database"],
    )


@pytest.mark.parametrize("vpc_id", ["vpc-12345678", "vpc-87654321"])
@pytest.mark.parametrize("account_id", ["123456789012", "210987654321"])
def test_vpcs_that_exist_have_the_blocks_that_they_have(vpc_id: str, account_id: str) -> None:
    one = environment(network=existing("10.0.0.0/16"))
    service = replace(one.django_service, ecr_repository_url=f"{account_id}.dkr.ecr.us-east-1.amazonaws.com/django")
    check(one, other(network=existing("10.0.0.0/16", vpc_id), account_id=account_id, django_service=service))


def test_a_new_vpc_avoids_the_block_of_one_that_exists() -> None:
    with pytest.raises(InvalidInput) as error:
        check(environment(network=existing("10.0.0.0/16")), other(network=environment().network))
    text, _, remedy = str(error.value).rpartition(": ")
    assert text.endswith("overlaps 10.0.0.0/16 of test, and no network.made_by says that the two share a VPC")
    assert remedy == "choose another block for other, so that the two can be peered"


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        (
            {"network": environment().network},
            "other.py: network: 10.0.0.0/16 overlaps 10.0.0.0/16 of test: choose another block for other, so that",
        ),
        (
            {"network": existing("10.0.128.0/20")},
            "other.py: network: 10.0.128.0/20 overlaps 10.0.0.0/16 of test: choose another block for test, so that",
        ),
        (
            {"certificate": CertificateInputs(subject_alternative_names=("api.example.com",))},
            "certificate.subject_alternative_names: test has the validation record of api.example.com already",
        ),
        (
            {
                "certificate": CertificateInputs(
                    version=2, retiring=RetiringCertificateInputs(hostname="api.example.com")
                )
            },
            "certificate.retiring: test has the validation record of api.example.com already",
        ),
        (
            {"cloudflare_dns": environment().cloudflare_dns},
            "other.py: cloudflare_dns.record_name: api.example.com is the name of test too: ",
        ),
    ],
)
def test_environments_that_would_meet_are_refused(changes: dict[str, Any], line: str) -> None:
    with pytest.raises(InvalidInput) as error:
        check(environment(), other(**changes))
    assert line in str(error.value)


OF_A_ZONE: dict[str, Any] = {
    "zone_settings": ZoneSettingsInputs(),
    "cache_rule": CacheRuleInputs(),
    "rate_limits": {"login": RateLimitInputs(paths=("/login/",), requests=20, whole_zone=True)},
    "custom_rules": {"bots": CustomRuleInputs(expression="cf.client.bot", action="block")},
}


@pytest.mark.parametrize("field", OF_A_ZONE)
def test_only_one_environment_manages_what_a_zone_has_once(field: str) -> None:
    managed = {field: OF_A_ZONE[field]}
    first = environment(cloudflare_dns=cloudflare_dns(**managed))
    second = cloudflare_dns(other(), **managed)
    with pytest.raises(InvalidInput, match=rf"other\.py: cloudflare_dns\.{field}: test manages them for the same zone"):
        check(first, other(cloudflare_dns=second))


ROUTE53 = Route53DnsInputs(zone_id="Z0123456789ABCDEFGHIJ", zone_name="example.com", record_name="api")


VALUES = {
    "NS": "ns.example.org",
    "A": "192.0.2.1",
    "AAAA": "2001:db8::1",
    "CNAME": "a.example.org",
    "MX": "10 mail.example.org",
    "TXT": "text",
}


def record(name: str, kind: Any, value: str | None = None) -> DnsRecordInputs:
    return DnsRecordInputs(name=name, type=kind, values=(value or VALUES[kind],))


class TestDns:
    def test_it_is_given_in_one_of_two_fields(self) -> None:
        both = environment(dns=ROUTE53)
        with pytest.raises(InvalidInput, match=r"^dns: is given beside cloudflare_dns, which is the same: remove one"):
            validate(both)
        with pytest.raises(InvalidInput, match=r"^dns: is missing: give CloudflareDnsInputs, Route53DnsInputs, Ext"):
            validate(replace(both, dns=None, cloudflare_dns=None))
        validate(replace(both, cloudflare_dns=None))

    def test_cloudflare_is_the_same_in_either(self) -> None:
        old = environment()
        new = replace(old, dns=old.cloudflare_dns, cloudflare_dns=None)
        validate(new)
        names = ("hostname", "hostnames", "allowed_hosts", "proxied", "url", "zone", "dns_unit")
        assert [getattr(new, name) for name in names] == [getattr(old, name) for name in names]

    @pytest.mark.parametrize(
        ("dns", "unit"),
        [(ROUTE53, "route53-dns"), (ExternalDnsInputs(hostname="api.example.com"), "external-dns")],
    )
    def test_nobody_comes_through_cloudflare_where_it_is_not(self, dns: DnsInputs, unit: str) -> None:
        found = environment(cloudflare_dns=None, dns=dns)
        validate(found)
        assert (found.proxied, found.dns_unit, found.url) == (False, unit, "https://api.example.com")

    def test_the_name_that_cloudfront_draws_is_known_to_nobody(self) -> None:
        first = environment(cloudflare_dns=None, dns=NoDnsInputs())
        validate(first)
        assert (first.hostname, first.url, first.hostnames, first.records_elsewhere) == ("", "", (), ())
        assert first.allowed_hosts == ()
        assert first.units == ("network", "postgresql", "redis", "django-service")
        second = replace(first, name="other", network=NetworkInputs(cidr="10.9.0.0/16", zones=first.network.zones))
        assert not [*conflicts({"test.py": first, "other.py": second}, asked=["test.py"])]

    def test_it_has_no_inputs_without_dns(self) -> None:
        with pytest.raises(InvalidInput, match=r"^NoDnsInputs: has no input 'hostname': remove it$"):
            NoDnsInputs(hostname="x.io")  # type: ignore[call-arg]

    def test_what_has_no_effect_without_dns_is_refused(self) -> None:
        arn = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"
        policy: SslPolicy = "ELBSecurityPolicy-TLS13-1-3-2021-06"
        balancer = LoadBalancerInputs(internal=True, allowed_cidrs=("192.0.2.0/24",), ssl_policy=policy)
        given = environment(
            protected=True,
            cloudflare_dns=None,
            dns=NoDnsInputs(),
            certificate=CertificateInputs(existing_arn=arn, key_algorithm="EC_prime256v1"),
            django_service=replace(environment().django_service, load_balancer=balancer),
        )
        path = "django_service.load_balancer"
        without = "is NoDnsInputs in a protected environment, and requests cross to the load balancer over plain HTTP"
        assert [": ".join(found) for found in problems(given) if found.field in ("dns", f"{path}.internal")] == [
            f"dns: {without}: give a kind that has a name, or set protected to False",
            "django_service.load_balancer.internal: CloudFront reaches no private address: set it to False",
        ]
        of_certificate = {"certificate.existing_arn", "certificate.key_algorithm"}
        assert {*of_certificate, f"{path}.allowed_cidrs", f"{path}.ssl_policy"} <= {
            found.field for found in problems(given)
        }
        ipv6 = replace(given.django_service, load_balancer=LoadBalancerInputs(ip_address_type="dualstack"))
        assert f"{path}.ip_address_type" in {found.field for found in problems(replace(given, django_service=ipv6))}

    def test_the_header_of_https_is_the_platform_s_only_without_dns(self) -> None:
        service = environment().django_service
        runtime = replace(service.runtime, variables={"FORWARDED_PROTO_HEADER": "HTTP_X_SCHEME"})
        given = environment(django_service=replace(service, runtime=runtime))
        validate(given)
        (found,) = problems(replace(given, cloudflare_dns=None, dns=NoDnsInputs()))
        assert ": ".join(found) == (
            "django_service.runtime.variables['FORWARDED_PROTO_HEADER']: is set by the service itself: choose another "
            "name"
        )

    def test_a_further_hostname_has_no_second_certificate(self) -> None:
        names = CertificateInputs(subject_alternative_names=("*.example.com",))
        apex = replace(ROUTE53, further_hostnames=(HostnameInputs(hostname="example.com"),))
        with pytest.raises(InvalidInput, match=r"^certificate\.subject_alternative_names: 'example.com' is a further"):
            validate(environment(cloudflare_dns=None, dns=apex, certificate=names))

    def test_records_that_keep_acm_from_the_certificate_are_refused_where_it_is_requested(self) -> None:
        given = replace(ROUTE53, further_records=(record("@", "CAA", "0 issue letsencrypt.org"),))
        (found,) = problems(environment(cloudflare_dns=None, dns=given))
        assert found.field == "dns.further_records[0].values"
        wild = replace(ROUTE53, further_records=(record("@", "CAA", "0 issuewild ;"),))
        names = CertificateInputs(subject_alternative_names=("*.lab.example.com",))
        (found,) = problems(environment(cloudflare_dns=None, dns=wild, certificate=names))
        assert found.what == "ACM may then issue no certificate of '*.lab.example.com'"
        arn = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"
        validate(environment(cloudflare_dns=None, dns=given, certificate=CertificateInputs(existing_arn=arn)))

    def test_a_further_hostname_is_short_enough_for_a_certificate(self) -> None:
        long = replace(ROUTE53, further_hostnames=(HostnameInputs(hostname=f"{'a' * 60}.example.com"),))
        given = environment(cloudflare_dns=None, dns=long)
        with pytest.raises(InvalidInput) as error:
            validate(given)
        said = (
            "dns.further_hostnames[0].hostname: ACM requests no certificate for a name of 72 characters: shorten it to"
        )
        assert str(error.value).startswith(said)
        arn = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"
        validate(replace(given, certificate=CertificateInputs(existing_arn=arn)))

    def test_a_load_balancer_takes_25_certificates(self) -> None:
        names = tuple(HostnameInputs(hostname=f"a{number}.example.com") for number in range(26))
        validate(environment(cloudflare_dns=None, dns=replace(ROUTE53, further_hostnames=names[1:])))
        given = environment(cloudflare_dns=None, dns=replace(ROUTE53, further_hostnames=names))
        (found,) = problems(given)
        assert ": ".join(found) == (
            "dns.further_hostnames: 26 have a certificate each, and a load balancer takes 25: keep to 25, or give "
            "certificate.existing_arn with all names"
        )
        arn = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"
        validate(replace(given, certificate=CertificateInputs(existing_arn=arn)))

    def test_the_allowed_hosts_have_room_for_the_further_ones(self) -> None:
        names = [f"a{number:02}{'.b' * 40}.example.com" for number in range(22)]  # 95 characters each

        def given(*, redirect: bool) -> Environment:
            arn = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"
            further = tuple(HostnameInputs(hostname=name, redirect=redirect) for name in names)
            dns = replace(ROUTE53, further_hostnames=further)
            return environment(cloudflare_dns=None, dns=dns, certificate=CertificateInputs(existing_arn=arn))

        (found,) = problems(given(redirect=False))
        assert ": ".join(found) == (
            "dns.further_hostnames: take 2,127 of 2,048 characters of DJANGO_ALLOWED_HOSTS with the other hosts: "
            "redirect some, or name fewer"
        )
        validate(given(redirect=True))

    @pytest.mark.parametrize(
        ("dns", "field"),
        [
            (ROUTE53, "record_name"),
            (ExternalDnsInputs(hostname="api.example.com"), "hostname"),
        ],
    )
    def test_two_environments_have_no_name_in_common(self, dns: DnsInputs, field: str) -> None:
        given = {"cloudflare_dns": None, "dns": dns}
        with pytest.raises(InvalidInput, match=rf"^other\.py: dns\.{field}: api\.example\.com is the name of test too"):
            check(environment(**given), other(**given))

    def test_nor_a_further_one(self) -> None:
        further = replace(ROUTE53, record_name="www", further_hostnames=(HostnameInputs(hostname="api.example.com"),))
        with pytest.raises(InvalidInput, match=r"^other\.py: dns\.further_hostnames: api\.example\.com is the name of"):
            check(environment(cloudflare_dns=None, dns=ROUTE53), other(cloudflare_dns=None, dns=further))

    @pytest.mark.parametrize(
        ("one", "two", "line"),
        [
            ({}, {"further_records": (record("api", "A"),)}, "further_records: api.example.com leads to the load bala"),
            (
                {"further_records": (record("www", "A"),)},
                {"record_name": "www"},
                "record_name: test makes A of www.example.com by its further_records: leave the name to one environ",
            ),
            (
                {"further_records": (record("www", "AAAA"),)},
                {"further_hostnames": (HostnameInputs(hostname="www.example.com"),)},
                "further_hostnames: test makes AAAA of www.example.com by its further_records: leave the name to one",
            ),
            (
                {"further_records": (record("x", "CNAME"),)},
                {"further_records": (record("x", "TXT"),)},
                "further_records: TXT of x.example.com meets CNAME of test, and a CNAME is alone: leave the name to ",
            ),
            (
                {"further_records": (record("x", "MX"),)},
                {"further_records": (record("x", "MX", "20 mail.example.org"),)},
                "further_records: test makes MX of x.example.com too: leave it to one environment",
            ),
        ],
    )
    def test_records_of_two_environments_do_not_meet(self, one: dict[str, Any], two: dict[str, Any], line: str) -> None:
        given = replace(ROUTE53, **{"record_name": "other", **two})
        first = environment(cloudflare_dns=None, dns=replace(ROUTE53, **one))
        second = other(cloudflare_dns=None, dns=given)
        (found,) = conflicts({"test.py": first, "other.py": second}, asked=["test.py"])
        assert ": ".join(found).startswith(f"other.py: dns.{line}")
        elsewhere = replace(given, zone_id="Z9876543210ABCDEFGHIJ")
        check(first, other(cloudflare_dns=None, dns=elsewhere, account_id="210987654321", state=S3State(bucket="o")))

    @pytest.mark.parametrize(
        ("names", "line"),
        [
            ({"record_name": "api.lab"}, "dns.record_name: test makes NS of lab.example.com, which hides api.lab.exa"),
            ({"further_records": (record("x.lab", "MX"),)}, "dns.further_records: test makes NS of lab.example.com, "),
            (
                "*.lab.example.com",
                "certificate.subject_alternative_names: test makes NS of lab.example.com, which hide",
            ),
            ({"record_name": "x.y.mylab", "further_records": (record("lab.lab", "A"),)}, ""),
        ],
    )
    def test_a_delegation_hides_nothing_of_another_environment(self, names: Any, line: str) -> None:
        first = environment(
            cloudflare_dns=None, dns=replace(ROUTE53, further_records=(record("lab", "NS"),), record_name="one")
        )
        certificate = CertificateInputs(subject_alternative_names=(names,) if isinstance(names, str) else ())
        given = replace(ROUTE53, **({"record_name": "two"} | ({} if isinstance(names, str) else names)))
        second = other(cloudflare_dns=None, dns=given, certificate=certificate)
        found = [": ".join(each) for each in conflicts({"test.py": first, "other.py": second}, asked=["test.py"])]
        assert [each[: len(f"other.py: {line}")] for each in found] == ([f"other.py: {line}"] if line else [])
        found = [": ".join(each) for each in conflicts({"other.py": second, "test.py": first}, asked=["test.py"])]
        start = "test.py: dns.further_records: NS of lab.example.com hides "
        assert [each.startswith(start) and each.endswith("of other: choose another name") for each in found] == (
            [True] if line else []
        )

    def test_no_environment_forbids_acm_the_certificate_of_another(self) -> None:
        caa = record("@", "CAA", "0 issue letsencrypt.org")
        one = replace(ROUTE53, record_name="one", further_records=(record("one", "CAA", "0 issue amazon.com"), caa))
        two = replace(ROUTE53, record_name="two")

        def lines(first: Route53DnsInputs, second: Route53DnsInputs, **changes: Any) -> list[str]:
            given = environment(cloudflare_dns=None, dns=first), other(cloudflare_dns=None, dns=second, **changes)
            found = conflicts(dict(zip(("test.py", "other.py"), given, strict=True)), asked=["test.py"])
            return [": ".join(each) for each in found]

        what = "ACM may then issue no certificate of 'two.example.com'"
        remedy = 'add "0 issue amazon.com"'
        by_test = "test makes CAA records by which ACM may issue no certificate of "
        assert lines(one, two) == [f"other.py: dns.record_name: {by_test}'two.example.com': {remedy} there"]
        assert lines(two, one) == [f"other.py: dns.further_records: {what} of test: {remedy}"]
        wild = CertificateInputs(subject_alternative_names=("*.two.example.com",))
        allowed = replace(two, further_records=(record("two", "CAA", "0 issue amazon.com"),))
        assert lines(one, allowed, certificate=wild) == []
        arn = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"
        assert lines(one, two, certificate=CertificateInputs(existing_arn=arn)) == []

    def test_a_name_in_the_zone_that_is_delegated_to_is_hidden_by_nothing(self) -> None:
        zone: dict[str, Any] = {"zone_id": "Z9876543210ABCDEFGHIJ", "zone_name": "lab.example.com"}
        names = tuple(HostnameInputs(hostname=f"{each}lab.example.com", **zone) for each in ("", "www."))
        given = replace(ROUTE53, further_records=(record("lab", "NS"),), further_hostnames=names)
        validate(environment(cloudflare_dns=None, dns=given))

    def test_alternative_names_are_not_delegated(self) -> None:
        given = replace(ROUTE53, further_records=(record("lab", "NS"),))
        names = CertificateInputs(subject_alternative_names=("*.lab.example.com",))
        (found,) = problems(environment(cloudflare_dns=None, dns=given, certificate=names))
        assert found.field == "dns.further_records[0].name"
        assert "hides '*.lab.example.com'" in found.what

    def test_mail_and_texts_may_be_beside_a_hostname_or_a_flattened_cname(self) -> None:
        mail = (record("api", "MX"), record("@", "TXT"))
        check(
            environment(cloudflare_dns=cloudflare_dns(further_records=(record("@", "CNAME"),))),
            other(cloudflare_dns=cloudflare_dns(record_name="other", further_records=mail)),
        )

    @pytest.mark.parametrize(
        ("changes", "line"),
        [
            (
                {"zone_name": "example.net"},
                "zone_id: Z0123456789ABCDEFGHIJ is that of the zone example.com of test: correct one",
            ),
            (
                {
                    "zone_id": "Z9876543210ABCDEFGHIJ",
                    "zone_name": "example.org",
                    "further_hostnames": (
                        HostnameInputs(
                            hostname="www.example.net", zone_id="Z0123456789ABCDEFGHIJ", zone_name="example.net"
                        ),
                    ),
                },
                "further_hostnames: Z0123456789ABCDEFGHIJ is that of the zone example.com of test: correct one",
            ),
        ],
    )
    def test_an_id_is_that_of_one_zone(self, changes: dict[str, Any], line: str) -> None:
        given = replace(ROUTE53, **{"record_name": "other", **changes})
        with pytest.raises(InvalidInput) as error:
            check(environment(cloudflare_dns=None, dns=ROUTE53), other(cloudflare_dns=None, dns=given))
        assert str(error.value) == f"other.py: dns.{line}"

    def test_a_name_in_common_is_one_line(self) -> None:
        one = environment(cloudflare_dns=None, dns=ROUTE53)
        two = other(cloudflare_dns=None, dns=ROUTE53)
        (found,) = conflicts({"test.py": one, "other.py": two}, asked=["test.py"])
        assert found.field == "other.py: dns.record_name"

    def test_the_line_of_a_validation_record_names_the_input_that_has_its_name(self) -> None:
        one = environment(certificate=CertificateInputs(subject_alternative_names=("*.example.com",)))
        (found,) = conflicts(
            {"test.py": one, "other.py": other(cloudflare_dns=cloudflare_dns(record_name="@"))}, asked=["test.py"]
        )
        assert found.field == "other.py: cloudflare_dns.record_name"
        assert found.what.startswith("test has the validation record of example.com already, ")

    def test_the_main_hostname_among_the_further_ones_is_one_line(self) -> None:
        twice = replace(ROUTE53, further_hostnames=(HostnameInputs(hostname="api.example.com"),))
        (found,) = problems(environment(cloudflare_dns=None, dns=twice))
        assert found.what == "'api.example.com' is a hostname already"

    def test_a_zone_of_route_53_is_of_one_account(self) -> None:
        one, two = environment(cloudflare_dns=None, dns=ROUTE53), replace(ROUTE53, record_name="other")
        check(one, other(cloudflare_dns=None, dns=two))
        with pytest.raises(InvalidInput) as error:
            check(one, other(cloudflare_dns=None, dns=two, account_id="210987654321"))
        assert str(error.value) == (
            "other.py: dns.zone_id: Z0123456789ABCDEFGHIJ is a zone of the account 123456789012 to test, and a zone is "
            "of one account: give a zone of 210987654321"
        )
        check(environment(), other(account_id="210987654321"))

    def test_the_same_name_in_two_zones_is_no_conflict(self) -> None:
        second = replace(ROUTE53, zone_id="Z9876543210ABCDEFGHIJ")
        given = other(cloudflare_dns=None, dns=second, account_id="210987654321", state=S3State(bucket="other"))
        check(environment(cloudflare_dns=None, dns=ROUTE53), given)


def test_the_schema_loads_without_cdktf() -> None:
    code = "import sys, stacks.config.schema; print({'cdktf', 'jsii', 'constructs'} & set(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "set()"


NEW = NetworkInputs(cidr="10.0.0.0/16", zones=("us-east-1a", "us-east-1b"))
ISOLATED = replace(NEW, nat="none", interface_endpoints=COMPLETE_ENDPOINTS)


def with_service(**changes: Any) -> Environment:
    """An environment with other values of its service and its parts, by `load_balancer__internal` and the like."""
    made: Any = environment()
    for path, value in changes.items():
        made = changed(made, tuple(path.split("__")), value)
    return cast(Environment, made)


BALANCER = "django_service__load_balancer"
SMALL = ("10.0.0.0/28", "10.0.1.0/28")
DUALSTACK: Any = {
    f"{BALANCER}__ip_address_type": "dualstack",
    f"{BALANCER}__allowed_cidrs": ("192.0.2.0/24",),
    "network": replace(NEW, ipv6=True),
}
PARAMETER = "arn:aws:ssm:us-east-1:123456789012:parameter/mail"
FAR_SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:mail-AbCdEf"


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        (
            {f"{BALANCER}__internal": True},
            (
                "django_service.load_balancer.internal: Cloudflare, by which the record is proxied, reaches no private "
                "address: set it to False, or cloudflare_dns.proxied to False"
            ),
        ),
        (
            {f"{BALANCER}__ip_address_type": "dualstack"},
            "django_service.load_balancer.ip_address_type: the public subnets have no IPv6: set network.ipv6 to True, ",
        ),
        (
            {"network": replace(NEW, public_cidrs=("10.0.200.0/27", "10.0.201.0/28"))},
            "network.public_cidrs: 10.0.201.0/28 is too small for the load balancer, which needs a /27 to scale: ",
        ),
        (
            {
                "network": replace(NEW, private_cidrs=("10.0.0.0/27", "10.0.1.0/28")),
                f"{BALANCER}__internal": True,
                "cloudflare_dns__proxied": False,
                "cloudflare_dns__cache_rule": None,
            },
            "network.private_cidrs: 10.0.1.0/28 is too small for the load balancer, which needs a /27 to scale: ",
        ),
        (
            {**DUALSTACK, "cloudflare_dns__proxied": False, "cloudflare_dns__cache_rule": None},
            (
                "django_service.load_balancer.allowed_cidrs: blocks of IPv4 admit nobody by IPv6: remove them, or set "
                'django_service.load_balancer.ip_address_type to "ipv4"'
            ),
        ),
        (
            {"network": replace(existing("10.0.0.0/16"), public_subnet_ids=())},
            (
                "network.public_subnet_ids: the load balancer needs subnets in two zones, got 0: name them, or set "
                "django_service.load_balancer.internal to True"
            ),
        ),
        (
            {
                "network": ISOLATED,
                "django_service__ecr_repository_url": "1" * 12 + ".dkr.ecr.eu-west-1.amazonaws.com/it",
            },
            (
                "django_service.ecr_repository_url: the repository is in eu-west-1, which tasks do not reach with "
                'network.nat="none": use one in us-east-1, or choose a nat'
            ),
        ),
        (
            {
                "network": ISOLATED,
                "django_service__ecr_repository_url": None,
                "django_service__image": ImageInputs(repository="ghcr.io/acme/shop"),
            },
            (
                'django_service.image: tasks reach no registry but ECR with network.nat="none": '
                "copy the image to a repository of ECR, or choose a nat"
            ),
        ),
        (
            {"network": ISOLATED, "django_service__runtime__secrets": {"MAIL": PARAMETER}},
            (
                "django_service.runtime.secrets['MAIL']: tasks do not reach Systems Manager with network.nat="
                '"none": add "ssm" to network.interface_endpoints, or choose a nat'
            ),
        ),
        (
            {"network": ISOLATED, "django_service__runtime__secrets": {"MAIL": FAR_SECRET}},
            "django_service.runtime.secrets['MAIL']: it is of eu-west-1, which tasks do not reach with network.nat=",
        ),
        (
            {"network": ISOLATED, "django_service__secret_key__existing": FAR_SECRET},
            "django_service.secret_key.existing: it is of eu-west-1, which tasks do not reach with network.nat=",
        ),
        *(
            (
                {
                    "network": replace(existing("10.0.0.0/16"), application_security_group_id="sg-01234567"),
                    f"{store}__allowed_security_group_ids": ("sg-12345678", "sg-01234567"),
                },
                (
                    f"{store}.allowed_security_group_ids: sg-01234567 is network.application_security_group_id, which "
                    "is admitted already: remove it"
                ),
            )
            for store in ("postgresql", "redis")
        ),
        (
            {"django_service__cluster__existing": "arn:aws:ecs:us-east-1:210987654321:cluster/shared"},
            "django_service.cluster.existing: the cluster is not of us-east-1 in 123456789012: name one of this ",
        ),
    ],
)
def test_a_network_that_does_not_serve_what_is_in_it_is_refused(changes: dict[str, Any], line: str) -> None:
    with pytest.raises(InvalidInput) as error:
        validate(with_service(**changes))
    assert str(error.value).startswith(line)


NOT_PROXIED = {"cloudflare_dns__proxied": False}


@pytest.mark.parametrize(
    "changes",
    [
        {f"{BALANCER}__internal": True, **NOT_PROXIED},
        {f"{BALANCER}__ip_address_type": "dualstack", "network": replace(NEW, ipv6=True)},
        DUALSTACK,
        {"network": replace(NEW, public_cidrs=("10.0.200.0/27", "10.0.201.0/27"), private_cidrs=SMALL)},
        {f"{BALANCER}__ip_address_type": "dualstack", "network": existing("10.0.0.0/16")},
        {
            "network": replace(existing("10.0.0.0/16"), public_subnet_ids=()),
            f"{BALANCER}__internal": True,
            **NOT_PROXIED,
        },
        {
            "network": replace(ISOLATED, interface_endpoints=(*COMPLETE_ENDPOINTS, "ssm")),
            "django_service__runtime__secrets": {"MAIL": PARAMETER},
        },
        {"django_service__cluster__existing": "arn:aws:ecs:us-east-1:123456789012:cluster/shared"},
    ],
)
def test_a_network_that_serves_what_is_in_it_is_accepted(changes: dict[str, Any]) -> None:
    validate(with_service(**changes))


def test_a_vpc_is_shared_with_the_environment_that_makes_it() -> None:
    network = replace(existing("10.0.0.0/16"), made_by="test")
    guest = other(network=network)
    check(environment(), guest)
    with_endpoints = environment(network=ISOLATED)
    check(with_endpoints, other(network=replace(network, endpoint_security_group_id="sg-01234567")))
    check(with_endpoints, other(network=replace(network, application_security_group_id="sg-01234567")))
    check(replace(environment(), name="zz"), replace(guest, network=replace(NEW, cidr="10.1.0.0/16")))


@pytest.mark.parametrize(
    ("host", "guest", "line"),
    [
        ({}, {"vpc_cidr": "10.1.0.0/16"}, "network.vpc_cidr: 10.1.0.0/16 of other is not the block of test: write "),
        (
            {"account_id": "210987654321"},
            {},
            "network.made_by: the VPC of test is in us-east-1 of 210987654321, and other is not: share a VPC within",
        ),
        (
            {"network": existing("10.0.0.0/16")},
            {},
            "network.made_by: test makes no VPC for other: name the one that does",
        ),
        (
            {"network": replace(NEW, interface_endpoints=("sqs",))},
            {},
            (
                "network.endpoint_security_group_id: private DNS leads other to the interface endpoints of test, which "
                "do not admit it: give the output endpoint_security_group_id of test-network"
            ),
        ),
    ],
)
def test_a_vpc_is_not_shared_with_one_that_makes_another(
    host: dict[str, Any], guest: dict[str, Any], line: str
) -> None:
    network = replace(existing("10.0.0.0/16"), made_by="test")
    with pytest.raises(InvalidInput) as error:
        check(environment(**host), other(network=replace(network, **guest)))
    assert line in str(error.value)


def with_groups(name: str, tasks: str | None, endpoints: str | None, balancer: str | None, port: int) -> Environment:
    network = replace(
        existing("10.0.0.0/16"), application_security_group_id=tasks, endpoint_security_group_id=endpoints
    )
    made = with_service(network=network, django_service__web__container_port=port)
    service = replace(
        made.django_service, load_balancer=replace(made.django_service.load_balancer, security_group_id=balancer)
    )
    return replace(made, name=name, django_service=service, cloudflare_dns=cloudflare_dns(record_name=name))


A, B, C = "sg-aaaaaaaa", "sg-bbbbbbbb", "sg-cccccccc"


@pytest.mark.parametrize(
    ("one", "two", "rule"),
    [
        ((A, B, None, 8000), (A, B, None, 8080), f"{A} to {B} on port 443"),
        ((A, None, C, 8000), (A, None, C, 8000), f"{C} to {A} on port 8000"),
    ],
)
def test_no_rule_between_security_groups_that_exist_is_made_twice(one: Any, two: Any, rule: str) -> None:
    with pytest.raises(InvalidInput) as error:
        check(with_groups("dev", *one), with_groups("qa", *two))
    assert str(error.value) == (
        f"qa.py: network.application_security_group_id: dev admits {rule} too, and EC2 takes each rule once: remove "
        "it, or give another group"
    )


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ((A, B, C, 8000), (None, B, C, 8000)),
        ((A, None, C, 8000), (A, None, C, 8080)),
        ((A, B, None, 8000), (A, None, None, 8000)),
    ],
)
def test_security_groups_that_exist_are_shared_where_the_rules_differ(one: Any, two: Any) -> None:
    check(with_groups("dev", *one), with_groups("qa", *two))


def test_zones_in_which_subnets_are_found_are_of_the_region() -> None:
    tagged = ExistingNetworkInputs(
        vpc_id="vpc-12345678",
        vpc_cidr="10.0.0.0/16",
        zones=("eu-west-1a", "eu-west-1b"),
        public_subnet_tags={"Tier": "public"},
        private_subnet_tags={"Tier": "private"},
    )
    with pytest.raises(
        InvalidInput, match=r"^network\.zones: eu-west-1a is not in us-east-1: name zones of the region$"
    ):
        validate(environment(network=tagged))
