"""The environment: the rules between its parts, and between two environments."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

from modules.certificate.inputs import CertificateInputs
from modules.cloudflare_dns.inputs import CloudflareDnsInputs
from modules.network.inputs import ExistingNetworkInputs, NetworkInputs
from modules.redis.inputs import RedisGroupInputs, RedisInputs
from modules.validation import InvalidInput, validate
from stacks.config.schema import Environment, LocalState, S3State, conflicts
from tests.support import environment

ONE_ZONE = NetworkInputs(cidr="10.0.0.0/16", zones=("us-east-1a",))


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"name": "Prod"}, "name: 'Prod' is no name: "),
        ({"name": "p"}, "name: 'p' is no name: "),
        ({"name": "prod-"}, "name: 'prod-' is no name: "),
        ({"project": "a-very-long-name"}, "project: 'a-very-long-name' is no name: "),
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
        ({"tags": {"a*": "x"}}, "tags['a*']: is no tag key: "),
        ({"tags": {"a": "x" * 257}}, "is no tag value: "),
        ({"tags": {f"t{n}": "x" for n in range(40)}}, "tags: got 45 tags: "),
        ({"owner": "a,b"}, "owner: 'a,b' is no tag value: "),
        ({"state": S3State(bucket="A")}, "state.bucket: 'A' is not a valid bucket name: use 3 to 63 of a-z"),
        ({"state": S3State(bucket="abc", region="x")}, "state.region: 'x' is no region: "),
        ({"state": S3State(bucket="abc", kms_key_arn="x")}, "state.kms_key_arn: 'x' is no ARN of a KMS key: "),
        ({"state": LocalState(directory="../up")}, "state.directory: '../up' is no plain name: "),
        ({"state": "local"}, "state: got 'local': give S3State or LocalState"),
        (
            {"certificate": CertificateInputs(existing_arn="arn:aws:acm:eu-west-1:123456789012:certificate/abc")},
            "certificate.existing_arn: the certificate is of 'eu-west-1', the load balancer of us-east-1: ",
        ),
    ],
)
def test_wrong_environments_are_refused(changes: dict[str, Any], line: str) -> None:
    with pytest.raises(InvalidInput) as error:
        validate(environment(**changes))
    assert line in str(error.value)


def test_the_smallest_environment_is_right() -> None:
    validate(environment())


def other(**changes: Any) -> Environment:
    free = {
        "name": "other",
        "network": NetworkInputs(cidr="10.1.0.0/16", zones=("us-east-1a", "us-east-1b")),
        "cloudflare_dns": replace(environment().cloudflare_dns, record_name="other"),
    }
    return environment(**{**free, **changes})


def check(*environments: Environment) -> None:
    files = {f"{each.name}.py": each for each in environments}
    for problem in conflicts(files, asked=files):
        raise InvalidInput(*problem)


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


@pytest.mark.parametrize(
    ("one", "two"), [("shop prod", "shop prod2"), ("shop eu-prod", "shop prod"), ("a1 dev", "a1 dev2")]
)
def test_names_of_one_account_may_be_alike(one: str, two: str) -> None:
    first, second = one.split(), two.split()
    check(environment(project=first[0], name=first[1]), other(project=second[0], name=second[1]))


SUBNETS = {
    tier: (f"subnet-{i}1234567", f"subnet-{i}7654321") for i, tier in enumerate(("public", "private", "database"))
}


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        (
            {"network": environment().network},
            "other.py: network: 10.0.0.0/16 overlaps 10.0.0.0/16 of test: choose another block",
        ),
        (
            {
                "network": ExistingNetworkInputs(
                    vpc_id="vpc-12345678",
                    vpc_cidr="10.0.128.0/20",
                    public_subnet_ids=SUBNETS["public"],
                    private_subnet_ids=SUBNETS["private"],
                    database_subnet_ids=SUBNETS["database"],
                )
            },
            "other.py: network: 10.0.128.0/20 overlaps 10.0.0.0/16 of test: ",
        ),
        (
            {"certificate": CertificateInputs(subject_alternative_names=("api.example.com",))},
            "certificate.subject_alternative_names: test has the validation record of api.example.com already",
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


@pytest.mark.parametrize("field", ["zone_settings", "cache_rule"])
def test_only_one_environment_manages_what_a_zone_has_once(field: str) -> None:
    kind = {"zone_settings": "ZoneSettingsInputs", "cache_rule": "CacheRuleInputs"}[field]
    from modules.cloudflare_dns import inputs

    managed: dict[str, Any] = {field: getattr(inputs, kind)()}
    first = environment(cloudflare_dns=replace(environment().cloudflare_dns, **managed))
    second: CloudflareDnsInputs = replace(other().cloudflare_dns, **managed)
    with pytest.raises(InvalidInput, match=rf"other\.py: cloudflare_dns\.{field}: test manages them for the same zone"):
        check(first, other(cloudflare_dns=second))


def test_the_schema_loads_without_cdktf() -> None:
    code = "import sys, stacks.config.schema; print({'cdktf', 'jsii', 'constructs'} & set(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "set()"
