"""What Terraform asks for is noted as IAM judges it: action, resource and condition keys."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import pytest

from cli.local_aws import recording
from cli.local_aws.calls import Call, Calls, of
from cli.local_aws.server import LocalAws
from tests.cli.local_aws.conftest import ACCOUNT
from tests.environments import frozen

REGION = {"aws:RequestedRegion": "us-east-1"}


def request(service: str, body: bytes = b"", method: str = "POST", path: str = "/", **given: str) -> dict[str, Any]:
    scope = f"{ACCOUNT}/20261130/us-east-1/{service}/aws4_request"
    return {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "HTTP_AUTHORIZATION": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
        "wsgi.input": BytesIO(body),
        **given,
    }


def form(service: str, **parameters: str) -> dict[str, Any]:
    text = urlencode({name.replace("__", "."): value for name, value in parameters.items()})
    return request(service, text.encode(), CONTENT_TYPE="application/x-www-form-urlencoded; charset=utf-8")


def target(service: str, operation: str, **parameters: Any) -> dict[str, Any]:
    return request(service, json.dumps(parameters).encode(), HTTP_X_AMZ_TARGET=f"Version.{operation}")


def checks(environ: dict[str, Any]) -> dict[tuple[str, str], dict[str, str]]:
    return {(call.action, call.resource): dict(call.context) for call in of(environ)}


def arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:us-east-1:{ACCOUNT}:{resource}"


def test_a_scheduled_action_is_of_its_scalable_target_which_keeps_its_tags(aws: LocalAws) -> None:
    name = {"ServiceNamespace": "ecs", "ResourceId": "service/it/web", "ScalableDimension": "ecs:service:DesiredCount"}
    ecs = aws.client("ecs", ACCOUNT)
    ecs.create_cluster(clusterName="it")
    ecs.register_task_definition(family="web", containerDefinitions=[{"name": "web", "image": "web", "memory": 512}])
    ecs.create_service(cluster="it", serviceName="web", taskDefinition="web", desiredCount=1)
    scaling: Any = aws.client("application-autoscaling", ACCOUNT)
    scaling.register_scalable_target(**name, MinCapacity=1, MaxCapacity=2, Tags={"Project": "shop"})
    scaling.register_scalable_target(**name, MinCapacity=0, MaxCapacity=0)  # as its schedule does, without tags
    tagged = {**REGION, "aws:ResourceTag/Project": "shop"}
    of_target = arn("application-autoscaling", "scalable-target/0")
    found = checks(target("application-autoscaling", "PutScheduledAction", ScheduledActionName="night", **name))
    assert found == {("application-autoscaling:PutScheduledAction", of_target): tagged}


def test_what_ec2_creates_is_tagged_at_birth_in_something_whose_tags_count(aws: LocalAws) -> None:
    tags = [{"Key": "Project", "Value": "shop"}]
    vpc = aws.client("ec2", ACCOUNT).create_vpc(
        CidrBlock="10.0.0.0/16", TagSpecifications=[{"ResourceType": "vpc", "Tags": tags}]
    )["Vpc"]["VpcId"]
    found = checks(
        form(
            "ec2",
            Action="CreateSubnet",
            VpcId=vpc,
            TagSpecification__1__ResourceType="subnet",
            TagSpecification__1__Tag__1__Key="Project",
            TagSpecification__1__Tag__1__Value="shop",
        )
    )
    asked = {"aws:RequestTag/Project": "shop", **REGION}
    assert found == {
        ("ec2:CreateSubnet", arn("ec2", "vpc/vpc-0")): {**asked, "aws:ResourceTag/Project": "shop"},
        ("ec2:CreateSubnet", arn("ec2", "subnet/0")): asked,
        ("ec2:CreateTags", arn("ec2", "subnet/0")): {**asked, "ec2:CreateAction": "CreateSubnet"},
    }


def test_a_service_is_checked_with_its_subnets_and_the_roles_that_it_passes() -> None:
    service = target(
        "ecs",
        "CreateService",
        cluster=arn("ecs", "cluster/shop"),
        serviceName="web",
        networkConfiguration={"awsvpcConfiguration": {"subnets": ["subnet-01234567"], "assignPublicIp": "DISABLED"}},
    )
    placed = {"ecs:subnet": "subnet-0", "ecs:auto-assign-public-ip": "false", **REGION}
    assert checks(service) == {("ecs:CreateService", arn("ecs", "service/shop/web")): placed}
    role = f"arn:aws:iam::{ACCOUNT}:role/shop-web"
    passed = checks(target("ecs", "RegisterTaskDefinition", family="web", taskRoleArn=role))
    assert passed == {
        ("ecs:RegisterTaskDefinition", arn("ecs", "task-definition/web:0")): REGION,
        ("iam:PassRole", role): {"iam:PassedToService": "ecs-tasks.amazonaws.com", **REGION},
    }


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        (form("ec2", Action="DescribeVpcs", VpcId__1="vpc-01234567"), ("ec2:DescribeVpcs", "*")),
        (form("rds", Action="DeleteDBInstance", DBInstanceIdentifier="shop"), ("rds:DeleteDBInstance", "db:shop")),
        (target("logs", "CreateLogGroup", logGroupName="/ecs/web"), ("logs:CreateLogGroup", "log-group:/ecs/web")),
        (
            target("secretsmanager", "GetSecretValue", SecretId=arn("secretsmanager", "secret:shop/key-Q1w2E3")),
            ("secretsmanager:GetSecretValue", "secret:shop/key-AbCdEf"),
        ),
    ],
)
def test_a_name_is_an_arn_and_what_is_drawn_is_always_the_same(
    environ: dict[str, Any], expected: tuple[str, str]
) -> None:
    action, resource = expected
    known = resource if resource == "*" else arn(action.partition(":")[0], resource)
    assert checks(environ) == {(action, known): REGION}


def test_a_web_acl_is_checked_with_the_rule_groups_of_aws_in_it_which_nobody_tags() -> None:
    rules = [
        {"Statement": {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": "Common"}}},
        {"Statement": {"RateBasedStatement": {"Limit": 10}}},
    ]
    tags = [{"Key": "Project", "Value": "shop"}]
    created = target("wafv2", "CreateWebACL", Name="shop-dev", Scope="REGIONAL", Rules=rules, Tags=tags)
    acl = arn("wafv2", "regional/webacl/shop-dev/0")
    assert checks(created).keys() == {
        ("wafv2:CreateWebACL", acl),
        ("wafv2:CreateWebACL", arn("wafv2", "regional/managedruleset/Common/0")),
        ("wafv2:TagResource", acl),
    }
    balancer = arn("elasticloadbalancing", "loadbalancer/app/shop-dev/0")
    associated = target("wafv2", "AssociateWebACL", WebACLArn=acl, ResourceArn=balancer)
    assert checks(associated).keys() == {("wafv2:AssociateWebACL", each) for each in (acl, balancer)}
    logged = {"ResourceArn": acl, "LogDestinationConfigs": [arn("logs", "log-group:aws-waf-logs-shop-dev")]}
    put = target("wafv2", "PutLoggingConfiguration", LoggingConfiguration=logged)
    assert checks(put).keys() == {("wafv2:PutLoggingConfiguration", acl)}


@pytest.mark.parametrize(
    ("method", "path", "query", "expected"),
    [
        ("GET", "/", "acl", ("s3:GetBucketAcl", "arn:aws:s3:::states")),
        ("GET", "/", "list-type=2&prefix=shop", ("s3:ListObjectsV2", "arn:aws:s3:::states")),
        ("PUT", "/shop/unit.tfstate", "x-id=PutObject", ("s3:PutObject", "arn:aws:s3:::states/shop/unit.tfstate")),
    ],
)
def test_what_s3_is_asked_is_in_the_path(method: str, path: str, query: str, expected: tuple[str, str]) -> None:
    host = "states.s3.us-east-1.amazonaws.com"
    assert checks(request("s3", method=method, path=path, QUERY_STRING=query, HTTP_HOST=host)) == {expected: REGION}


def test_a_request_of_no_known_operation_is_kept_with_what_is_wrong() -> None:
    calls = Calls(is_on=True)
    calls.note(request("route53", path="/nowhere", HTTP_HOST="route53.amazonaws.com"))
    (line,) = calls.unknown
    assert line.startswith("POST route53.amazonaws.com/nowhere: ValueError: route53: POST /nowhere: no operation of")
    assert calls.take() == set()


def test_rows_are_told_apart_by_the_tags_of_the_environment_alone() -> None:
    tags = (("aws:RequestTag/Name", "a"), ("aws:RequestTag/Project", "django"))
    seen = {
        "apply": {Call("ec2:CreateVpc", "*", tags)},
        "plan": {Call("ec2:CreateVpc", "*", tags[1:])},
        "destroy": set(),
    }
    assert recording.rows(seen, frozen("dev")) == [
        {
            "action": "ec2:CreateVpc",
            "resource": "*",
            "context": {"aws:RequestTag/Project": "django"},
            "phases": ["apply", "plan"],
        }
    ]
