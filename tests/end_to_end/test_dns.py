"""Each kind of DNS lives on the local AWS: apply, an empty second plan, destroy, with the AWS provider as published.

Only what DNS has to do with is deployed: the network exists, there is no Redis, and the database is as its mock says.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cli.local_aws.deployment import LocalDeployment
from cli.local_aws.server import LocalAws
from cli.review.planning.inputs import state_with
from cli.terraform.tree import Unit
from modules.cloudfront.inputs import NoDnsInputs
from modules.dns import DnsRecordInputs, HostnameInputs
from modules.external_dns.inputs import ExternalDnsInputs
from modules.network.inputs import ExistingNetworkInputs
from modules.postgresql.outputs import PostgreSQLOutputs
from modules.route53_dns.inputs import Route53DnsInputs
from modules.web_acl.inputs import LARGE_BODIES, WebAclExceptionInputs, WebAclInputs
from stacks.config.schema import DnsInputs, Environment
from tests.end_to_end import further_webs, leftovers, variants
from tests.environments import frozen
from tests.support import cloudflare_dns

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("shared_providers")]

ZONE, OTHER = "Z0123456789ABCDEFGHIJ", "Z9876543210ABCDEFGHIJ"
RECORDS = (
    DnsRecordInputs(name="@", type="MX", values=("10 mail.example.org", "20 mail2.example.org")),
    DnsRecordInputs(name="_dmarc", type="TXT", values=("v=DMARC1; p=reject",)),
    DnsRecordInputs(name="key", type="TXT", values=("k" * 300,)),
    DnsRecordInputs(name="docs", type="CNAME", values=("docs.example.org",)),
)


def hostnames(other: str | None) -> tuple[HostnameInputs, ...]:
    zone: dict[str, Any] = {"zone_id": other, "zone_name": "example.net"} if other else {}
    return (
        HostnameInputs(hostname="example.com"),
        HostnameInputs(hostname="www.example.com", redirect=True),
        HostnameInputs(hostname="example.net", redirect=True, **zone),
    )


KINDS: dict[str, DnsInputs] = {
    "cloudflare-dns": cloudflare_dns(further_hostnames=hostnames("1" * 32), further_records=RECORDS),
    "route53-dns": Route53DnsInputs(
        zone_id=ZONE,
        zone_name="example.com",
        record_name="api",
        further_hostnames=hostnames(OTHER),
        further_records=(
            *RECORDS,
            DnsRecordInputs(name="@", type="CAA", values=("0 issue amazon.com", "0 issuewild ;")),
            DnsRecordInputs(name="_sip._tcp", type="SRV", values=("10 5 5060 sip.example.org",)),
        ),
    ),
    "external-dns": ExternalDnsInputs(hostname="api.example.com", further_hostnames=hostnames(None)),
    "none": NoDnsInputs(),
}


EDITOR = WebAclExceptionInputs(rule="CrossSiteScripting_BODY", reason="It sends HTML", paths=("/editor/", "/pages/"))
WITH_EXCEPTION = WebAclInputs(exceptions=(LARGE_BODIES, EDITOR), login_paths=("/admin/login/", "/api/token/"))


def with_web_acl(given: Environment, acl: WebAclInputs) -> Environment:
    """With this web ACL in front of the load balancer."""
    service = given.django_service
    balancer = replace(service.load_balancer, web_acl=acl)
    return replace(given, django_service=replace(service, load_balancer=balancer))


def network(aws: LocalAws, account_id: str) -> ExistingNetworkInputs:
    """A VPC with two subnets in each tier."""
    ec2 = aws.client("ec2", account_id)
    vpc_id = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc_id, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"us-east-1{zone}")["Subnet"]
        for number, zone in enumerate("ababab")
    ]
    ids = [each["SubnetId"] for each in subnets]
    return ExistingNetworkInputs(
        vpc_id=vpc_id,
        vpc_cidr="10.0.0.0/16",
        public_subnet_ids=tuple(ids[:2]),
        private_subnet_ids=tuple(ids[2:4]),
        database_subnet_ids=tuple(ids[4:]),
    )


def environment(dns: DnsInputs, aws: LocalAws) -> Environment:
    dev = frozen("dev")
    service = replace(dev.django_service, worker=None, beat=None)
    return replace(
        dev,
        network=network(aws, dev.account_id),
        redis=None,
        django_service=service,
        cloudflare_dns=None,
        dns=dns,
    )


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def put(deployment: LocalDeployment, postgresql: Unit) -> None:
    """The state of a database that is not deployed."""
    outputs = PostgreSQLOutputs.mock()
    state = state_with({name: getattr(outputs, name) for name in outputs.__dataclass_fields__})
    _, backend = postgresql.backend
    deployment.client("s3").put_object(Bucket=backend["bucket"], Key=backend["key"], Body=json.dumps(state).encode())


def test_a_kind_of_dns_lives_from_deploy_to_destroy(
    kind: str, aws: LocalAws, tmp_path: Path, subtests: pytest.Subtests
) -> None:
    given = environment(KINDS[kind], aws)
    if kind == "external-dns":  # whose redirects have the highest priorities
        given = with_web_acl(further_webs.added(given), WebAclInputs(count_only=True))
    variants.write("dev", tmp_path / "cdktf.out", lambda _: given)
    deployment = LocalDeployment(tmp_path / "cdktf.out", tmp_path, aws)
    deployment.bootstrap()
    before = leftovers.everything(deployment.client)
    deployed = []
    for unit in deployment.units:
        deployment.initialize(unit)
        if unit.role == "postgresql":
            put(deployment, unit)
            continue
        deployment.apply(unit)
        deployed.append(unit)
        with subtests.test("a second plan is empty", unit=unit.role):
            assert deployment.plan(unit) == {}
    outputs = {unit.role: deployment.outputs(unit) for unit in deployed}
    with subtests.test("what is there is what was asked for"):
        globals()[f"check_{kind.partition('-')[0]}"](deployment, outputs)
    if kind == "external-dns":
        (tmp_path / "changed").mkdir()
        later = with_web_acl(further_webs.changed(given), WITH_EXCEPTION)
        variants.write("dev", tmp_path / "changed" / "cdktf.out", lambda _: later)
        change_webs(
            deployment, LocalDeployment(tmp_path / "changed" / "cdktf.out", tmp_path / "changed", aws), subtests
        )
    for unit in reversed(deployed):
        deployment.destroy(unit)
    with subtests.test("a destroy leaves nothing but what AWS keeps"):
        left = leftovers.everything(deployment.client) - before
        assert {each.split(" ")[0] for each in left} <= {"task-definition", "deleted", "INACTIVE"}


def change_webs(before: LocalDeployment, after: LocalDeployment, subtests: pytest.Subtests) -> None:
    """The route of one web changes and another web goes, while web and the listener stay."""
    unit = next(each for each in after.units if each.role == "django-service")
    after.initialize(unit)
    listener = after.outputs(unit)["alb_https_listener_arn"]
    with subtests.test("requests of a route reach the service that has it"):
        assert further_webs.routes(before, listener) == {
            "10000": ({"path-pattern": ["/api/*"]}, ["django-dev-web-api"]),
            "20000": ({"host-header": ["example.com"], "path-pattern": ["/chat/*"]}, ["django-dev-web-chat"]),
        }
    with subtests.test("a change of one and the end of the other touch nothing else"):
        changes = {address: actions for address, actions in after.plan(unit).items() if "output." not in address}
        assert changes == {
            "aws_lb_listener_rule.route_api": ["update"],
            "aws_lb_target_group.route_api_target": ["update"],
            "aws_wafv2_web_acl.web_acl": ["update"],
            **{address: ["delete"] for address in further_webs.GONE},
        }
    after.apply(unit)
    with subtests.test("the web ACL blocks after the change"):
        assert_web_acl(after)
    with subtests.test("a second plan is empty after the change"):
        assert after.plan(unit) == {}
        paths = {"path-pattern": ["/api/*", "/v2/*"]}
        assert further_webs.routes(after, listener) == {"10000": (paths, ["django-dev-web-api"])}


def assert_web_acl(deployment: LocalDeployment) -> None:
    """The load balancer has it, it blocks, and it logs without secrets."""
    unit = next(each for each in deployment.units if each.role == "django-service")
    waf = deployment.client("wafv2")
    acl = waf.get_web_acl_for_resource(ResourceArn=deployment.outputs(unit)["alb_arn"])["WebACL"]
    actions = {rule["Name"]: rule.get("Action") or rule["OverrideAction"] for rule in acl["Rules"]}
    assert actions["AWSManagedRulesCommonRuleSet"] == {"None": {}}
    assert actions["login-rate"] == {"Block": {"CustomResponse": {"ResponseCode": 429}}}
    assert actions["CrossSiteScripting_BODY-elsewhere"] == {"Block": {}}
    log = waf.get_logging_configuration(ResourceArn=acl["ARN"])["LoggingConfiguration"]
    redacted = {each["SingleHeader"]["Name"] for each in log["RedactedFields"]}
    assert redacted == {"authorization", "cookie"}
    assert log["LogDestinationConfigs"][0].rpartition(":")[2] == "aws-waf-logs-django-dev"


def check_cloudflare(deployment: LocalDeployment, outputs: dict[str, dict[str, Any]]) -> None:
    assert outputs["cloudflare-dns"]["fqdn"] == "api.example.com"
    check_listener(deployment, outputs)


def check_none(deployment: LocalDeployment, outputs: dict[str, dict[str, Any]]) -> None:
    """CloudFront leads to the load balancer, whose one listener speaks HTTP to it alone."""
    service = outputs["django-service"]
    (distribution,) = deployment.client("cloudfront").list_distributions()["DistributionList"]["Items"]
    assert service["url"] == f"https://{distribution['DomainName']}"
    assert distribution["Origins"]["Items"][0]["DomainName"] == service["alb_dns_name"]
    (listener,) = deployment.client("elbv2").describe_listeners(LoadBalancerArn=service["alb_arn"])["Listeners"]
    assert (listener["Protocol"], listener["DefaultActions"][0]["Type"]) == ("HTTP", "forward")


def check_external(deployment: LocalDeployment, outputs: dict[str, dict[str, Any]]) -> None:
    name = outputs["django-service"]["alb_dns_name"]
    assert outputs["external-dns"]["records"] == [
        f"{hostname} CNAME {name}" for hostname in ("api.example.com", "example.com", "www.example.com", "example.net")
    ]
    (record,) = outputs["certificate"]["validation_records"]
    assert record.split(" ")[1] == "CNAME"
    assert len(outputs["external-dns"]["validation_records"]) == 3
    check_listener(deployment, outputs)


def check_route53(deployment: LocalDeployment, outputs: dict[str, dict[str, Any]]) -> None:
    assert outputs["route53-dns"]["fqdn"] == "api.example.com"
    found = {(each["Name"], each["Type"]) for each in records(deployment, ZONE) if not is_validation(each)}
    assert found == {
        ("api.example.com.", "A"),
        ("example.com.", "A"),
        ("www.example.com.", "A"),
        ("example.com.", "MX"),
        ("_dmarc.example.com.", "TXT"),
        ("key.example.com.", "TXT"),
        ("docs.example.com.", "CNAME"),
        ("example.com.", "CAA"),
        ("_sip._tcp.example.com.", "SRV"),
    }
    assert [each["Name"] for each in records(deployment, OTHER) if not is_validation(each)] == ["example.net."]
    assert len([each for each in records(deployment, ZONE) if is_validation(each)]) == 3
    check_listener(deployment, outputs)


def records(deployment: LocalDeployment, zone_id: str) -> Iterator[dict[str, Any]]:
    """Those that were made, not what each zone has."""
    answer = deployment.client("route53").list_resource_record_sets(HostedZoneId=zone_id)
    yield from (each for each in answer["ResourceRecordSets"] if each["Type"] not in ("NS", "SOA"))


def is_validation(record: dict[str, Any]) -> bool:
    return record["Type"] == "CNAME" and str(record["Name"]).startswith("_")


def check_listener(deployment: LocalDeployment, outputs: dict[str, dict[str, Any]]) -> None:
    """Each further hostname has a certificate there, and those that redirect a rule."""
    balancers, listener = deployment.client("elbv2"), outputs["django-service"]["alb_https_listener_arn"]
    certificates = balancers.describe_listener_certificates(ListenerArn=listener)["Certificates"]
    assert len([each for each in certificates if not each.get("IsDefault")]) == 3
    rules = [each for each in balancers.describe_rules(ListenerArn=listener)["Rules"] if not each["IsDefault"]]
    actions = [action for rule in rules for action in rule["Actions"]]
    (redirect,) = [action["RedirectConfig"] for action in actions if action["Type"] == "redirect"]
    assert (redirect["Host"], redirect["StatusCode"]) == ("api.example.com", "HTTP_301")
