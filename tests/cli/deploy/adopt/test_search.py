"""What the units would make is found where it exists: by its name, or by where it is."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from cli.deploy.adopt import cloudflare_zone
from cli.deploy.adopt.command import Found, search
from cli.deploy.adopt.finders import FINDERS
from cli.deploy.adopt.search import clients, instances
from cli.terraform.state_store import Directory
from tests.support import Json

ZONE = "0" * 32


@pytest.fixture(autouse=True)
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        yield


@pytest.fixture
def states(tmp_path: Path) -> Directory:
    return Directory(tmp_path / "states")


def document(**resources: Json) -> Json:
    """The JSON of a unit, by the types of its resources."""
    return {"resource": resources}


def looked(unit: Json, states: Directory, known: Mapping[str, str] | None = None, **more: Any) -> Found:
    session = boto3.Session(region_name="us-east-1")
    finders = {**FINDERS, **cloudflare_zone.finders(more.get("get", lambda _: None))}
    return search({"unit": unit}, states, {"unit": known or {}}, clients(session), finders)


NETWORK = document(
    aws_vpc={"network": {"cidr_block": "10.0.0.0/16"}},
    aws_subnet={"a": {"vpc_id": "${aws_vpc.network.id}", "cidr_block": "10.0.1.0/24"}},
    aws_internet_gateway={"internet": {"vpc_id": "${aws_vpc.network.id}"}},
    aws_db_subnet_group={"of_another": {"name": "${data.terraform_remote_state.network.outputs.vpc_id}"}},
)


def vpc() -> tuple[str, str]:
    """One with a subnet."""
    ec2 = boto3.client("ec2", region_name="us-east-1")
    made = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    return made, ec2.create_subnet(VpcId=made, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]


def test_what_has_no_name_is_found_by_where_it_is(states: Directory) -> None:
    made, subnet = vpc()
    found = looked(NETWORK, states)
    assert found.entries == {"unit": {"aws_vpc.network": made, "aws_subnet.a": subnet}}
    assert {"aws_internet_gateway.internet", "aws_db_subnet_group.of_another"} <= found.missing


def test_of_several_somebody_chooses_and_what_is_in_it_follows(states: Directory) -> None:
    (one, subnet), (other, _) = vpc(), vpc()
    found = looked(NETWORK, states)
    assert found.entries == {}
    assert {name: {*ids} for name, ids in found.ambiguous.items()} == {"aws_vpc.network": {one, other}}
    chosen = looked(NETWORK, states, {"aws_vpc.network": one})
    assert chosen.entries == {"unit": {"aws_subnet.a": subnet}}
    assert chosen.ambiguous == {}


def test_what_is_in_a_state_is_not_proposed_and_leads_to_what_is_in_it(states: Directory) -> None:
    made, subnet = vpc()
    resource = {"mode": "managed", "type": "aws_vpc", "name": "network", "instances": [{"attributes": {"id": made}}]}
    states.write("unit/terraform.tfstate", json.dumps({"resources": [resource]}).encode())
    assert looked(NETWORK, states).entries == {"unit": {"aws_subnet.a": subnet}}


def test_a_bucket_has_the_settings_that_it_has(states: Directory) -> None:
    boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="legacy")
    of_bucket = {"of": {"bucket": "${aws_s3_bucket.legacy.id}"}}
    unit = document(
        aws_s3_bucket={"legacy": {"bucket": "legacy"}, "other": {"bucket": "other"}},
        aws_s3_bucket_policy=of_bucket,
        aws_s3_bucket_versioning=of_bucket,
    )
    assert looked(unit, states).entries == {"unit": {"aws_s3_bucket.legacy": "legacy"}}
    boto3.client("s3", region_name="us-east-1").put_bucket_versioning(
        Bucket="legacy", VersioningConfiguration={"Status": "Enabled"}
    )
    assert looked(unit, states).entries["unit"]["aws_s3_bucket_versioning.of"] == "legacy"


def test_a_log_group_is_found_by_all_of_its_name(states: Directory) -> None:
    boto3.client("logs", region_name="us-east-1").create_log_group(logGroupName="/ecs/web-old")
    unit = document(aws_cloudwatch_log_group={"web": {"name": "/ecs/web"}, "old": {"name": "/ecs/web-old"}})
    assert looked(unit, states).entries == {"unit": {"aws_cloudwatch_log_group.old": "/ecs/web-old"}}


def test_a_route_table_that_serves_several_of_ours_is_of_none_of_them(states: Directory) -> None:
    ec2 = boto3.client("ec2", region_name="us-east-1")
    made, subnet = vpc()
    other = ec2.create_subnet(VpcId=made, CidrBlock="10.0.2.0/24")["Subnet"]["SubnetId"]
    table = ec2.create_route_table(VpcId=made)["RouteTable"]["RouteTableId"]
    ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    unit = document(
        **NETWORK["resource"],
        aws_route_table={name: {"vpc_id": "${aws_vpc.network.id}"} for name in "ab"},
        aws_route_table_association={
            name: {"route_table_id": f"${{aws_route_table.{name}.id}}", "subnet_id": f"${{aws_subnet.{name}.id}}"}
            for name in "ab"
        },
    )
    unit["resource"]["aws_subnet"]["b"] = {"vpc_id": "${aws_vpc.network.id}", "cidr_block": "10.0.2.0/24"}
    found = looked(unit, states).entries["unit"]
    assert found["aws_route_table.a"] == table
    assert found["aws_route_table_association.a"] == f"{subnet}/{table}"
    ec2.associate_route_table(RouteTableId=table, SubnetId=other)
    found = looked(unit, states).entries["unit"]
    assert not [each for each in found if each.startswith("aws_route_table.")]
    assert found["aws_route_table_association.b"] == f"{other}/{table}"


def test_records_of_several_keys_are_found_by_each(states: Directory) -> None:
    route53 = boto3.client("route53")
    zone = route53.create_hosted_zone(Name="example.com", CallerReference="1")["HostedZone"]["Id"].rpartition("/")[2]
    for name, kind, value in (("www.example.com", "A", "192.0.2.1"), ("a.example.com", "TXT", '"x"')):
        record = {"Name": name, "Type": kind, "TTL": 60, "ResourceRecords": [{"Value": value}]}
        changes: Any = [{"Action": "CREATE", "ResourceRecordSet": record}]
        route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})
    each = {
        "a.example.com TXT": {"name": "a.example.com", "type": "TXT"},
        "b.example.com TXT": {"name": "b.example.com", "type": "TXT"},
        "a.example.com MX": {"name": "a.example.com", "type": "MX"},
    }
    further = {"for_each": each, "zone_id": zone, "name": "${each.value.name}", "type": "${each.value.type}"}
    unit = document(
        aws_route53_record={"record": {"zone_id": zone, "name": "www.example.com", "type": "A"}, "further": further}
    )
    assert looked(unit, states).entries == {
        "unit": {
            "aws_route53_record.record": f"{zone}_www.example.com_A",
            'aws_route53_record.further["a.example.com TXT"]': f"{zone}_a.example.com_TXT",
        }
    }


def test_keys_that_terraform_works_out_are_left_out() -> None:
    assert instances(document(aws_eip={"of": {"for_each": "${toset(var.names)}"}})) == {}


def test_a_record_and_a_set_of_rules_at_cloudflare_are_found(states: Directory) -> None:
    answers = {
        f"zones/{ZONE}/dns_records": [
            {"id": "r1", "type": "A", "content": "192.0.2.1"},
            {"id": "r2", "type": "CNAME", "content": "old.example.net"},
        ],
        f"zones/{ZONE}/rulesets/phases/http_request_cache_settings/entrypoint": {"id": "s1"},
    }
    asked: list[str] = []

    def get(path: str) -> Any:
        asked.append(path)
        return answers.get(path.partition("?")[0])

    record = {"zone_id": ZONE, "name": "api.example.com", "type": "CNAME", "content": "${data.x.y}"}
    unit = document(
        cloudflare_dns_record={"record": record},
        cloudflare_ruleset={
            "cache": {"zone_id": ZONE, "phase": "http_request_cache_settings"},
            "rate_limits": {"zone_id": ZONE, "phase": "http_ratelimit"},
        },
    )
    assert looked(unit, states, get=get).entries == {
        "unit": {"cloudflare_dns_record.record": f"{ZONE}/r2", "cloudflare_ruleset.cache": f"zones/{ZONE}/s1"}
    }
    assert f"zones/{ZONE}/dns_records?name=api.example.com&per_page=100" in asked
