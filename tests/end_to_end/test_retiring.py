"""What other units use retires in two deployments, on a local AWS that deletes nothing that is used."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cli.local_aws.deployment import LocalDeployment
from cli.local_aws.server import LocalAws
from cli.review import gate
from cli.terraform.plan import Plan, UnitPlan
from cli.terraform.tree import Unit
from modules.certificate.inputs import CertificateInputs, RetiringCertificateInputs
from modules.dns import HostnameInputs
from stacks.config.schema import Environment
from tests.end_to_end import test_dns, variants
from tests.environments import frozen
from tests.support import Json, cloudflare_dns

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("shared_providers")]

ZONES = ("us-east-1a", "us-east-1b", "us-east-1c")
Synthesize = Callable[[Environment], LocalDeployment]


@pytest.fixture
def synthesized(aws: LocalAws, tmp_path: Path) -> Synthesize:
    """An environment with other values each time, at one AWS and one Cloudflare."""

    def put(environment: Environment) -> LocalDeployment:
        number = len(list(tmp_path.glob("cdktf-*")))
        output = tmp_path / f"cdktf-{number}"
        variants.write("dev", output, lambda _: environment)
        place = tmp_path / f"place-{number}"
        place.mkdir()
        (place / "cloudflare-stand-in").mkdir()
        (place / "cloudflare-stand-in" / "cloudflare-records.json").symlink_to(tmp_path / "records.json")
        return LocalDeployment(output, place, aws)

    return put


def refusals(deployment: LocalDeployment) -> list[str]:
    """What the gate says of the losses in what others use, which is planned against what is deployed."""
    plans = []
    for unit in (each for each in deployment.units if each.role in ("network", "certificate")):
        deployment.initialize(unit)
        deployment.terraform.run(unit.home, "plan", "-input=false", "-out=tfplan")
        shown: Json = json.loads(deployment.terraform.run(unit.home, "show", "-json", "tfplan"))
        plans.append(UnitPlan(name=unit.name, configuration=unit.configuration, plan=Plan(shown)))
    return [str(each) for each in gate.losses(plans)]


def deploy(deployment: LocalDeployment) -> dict[str, dict[str, list[str]]]:
    """Apply the units but the database. Returns what a second plan of each would change."""

    def one(unit: Unit) -> dict[str, list[str]]:
        deployment.initialize(unit)
        if unit.role == "postgresql":
            test_dns.put(deployment, unit)
            return {}
        deployment.apply(unit)
        return deployment.plan(unit)

    return {name: changes for name, changes in deployment.each(one).items() if changes}


def test_a_certificate_and_a_security_group_retire(
    aws: LocalAws, synthesized: Synthesize, subtests: pytest.Subtests
) -> None:
    """The main hostname is renamed, its old name redirects, and the tasks get a group that exists."""
    dev = frozen("dev")
    network = test_dns.network(aws, dev.account_id)
    old = replace(
        dev,
        network=network,
        redis=None,
        django_service=replace(dev.django_service, worker=None, beat=None),
        certificate=CertificateInputs(subject_alternative_names=("www.example.com",)),
    )
    first = synthesized(old)
    first.bootstrap()
    assert deploy(first) == {}
    acm, ec2 = first.client("acm"), first.client("ec2")
    made = ec2.create_security_group(GroupName="tasks", Description="Tasks", VpcId=network.vpc_id)
    new = replace(
        old,
        network=replace(network, application_security_group_id=made["GroupId"]),
        certificate=CertificateInputs(subject_alternative_names=("www.example.com", "shop.example.com")),
        cloudflare_dns=cloudflare_dns(
            old, record_name="api", further_hostnames=(HostnameInputs(hostname=old.hostname, redirect=True),)
        ),
    )
    with subtests.test("at once they are refused, with what to write"):
        certificate, _record, group = refusals(synthesized(new))
        assert certificate.endswith(
            "set certificate.version to 2 and certificate.retiring to RetiringCertificateInputs("
            'hostname="dev-api.example.com", subject_alternative_names=("www.example.com",)), and remove that in the '
            "next change"
        )
        assert group.endswith("set network.retiring_security_group to True, and remove it in the next change")
    retiring = RetiringCertificateInputs(hostname=str(old.hostname), subject_alternative_names=("www.example.com",))
    second = synthesized(
        replace(
            new,
            network=replace(network, application_security_group_id=made["GroupId"], retiring_security_group=True),
            certificate=replace(new.certificate, version=2, retiring=retiring),
        )
    )
    with subtests.test("nothing is lost but the record that the unit of DNS makes now"):
        (line,) = refusals(second)
        assert 'cloudflare_dns_record.certificate_validation["dev-api.example.com"]' in line
    assert deploy(second) == {}
    assert len(acm.list_certificates()["CertificateSummaryList"]) == 3
    third = synthesized(replace(new, certificate=replace(new.certificate, version=2)))
    with subtests.test("what has retired goes"):
        assert refusals(third) == []
    assert deploy(third) == {}
    assert len(acm.list_certificates()["CertificateSummaryList"]) == 2
    names = {each["GroupName"] for each in ec2.describe_security_groups()["SecurityGroups"]}
    assert "django-dev-application" not in names


def test_a_zone_retires(synthesized: Synthesize) -> None:
    """Beside a load balancer that is moved by hand, as `django-service` moves its own."""
    dev = frozen("dev")
    of_dev: Any = dev.network
    network = replace(of_dev, zones=ZONES, nat="single_gateway", nat_instance_type="t4g.micro")
    first = synthesized(replace(dev, network=network))
    first.bootstrap()
    first.units = [unit for unit in first.units if unit.role == "network"]
    assert deploy(first) == {}
    elb, ec2 = first.client("elbv2"), first.client("ec2")
    subnets = first.outputs(first.units[0])["public_subnet_ids"]
    (balancer,) = elb.create_load_balancer(Name="it", Subnets=subnets)["LoadBalancers"]
    fewer = replace(dev, network=replace(network, zones=ZONES[:2]))
    lines = refusals(synthesized(fewer))
    assert len(lines) == 3
    assert 'put "us-east-1c" back into network.zones and into network.retiring_zones' in lines[0]
    for environment in (replace(dev, network=replace(network, retiring_zones=ZONES[2:])), fewer):
        deployment = synthesized(environment)
        deployment.units = [unit for unit in deployment.units if unit.role == "network"]
        assert refusals(deployment) == []
        assert deploy(deployment) == {}
        subnets = deployment.outputs(deployment.units[0])["public_subnet_ids"]
        elb.set_subnets(LoadBalancerArn=balancer["LoadBalancerArn"], Subnets=subnets)
    found = {each["AvailabilityZone"] for each in ec2.describe_subnets()["Subnets"] if not each["DefaultForAz"]}
    assert found == {*ZONES[:2]}
