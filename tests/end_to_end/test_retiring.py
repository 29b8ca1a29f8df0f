"""What other units use retires in two deployments, on a local AWS that deletes nothing that is used."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
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
from modules.network.inputs import ExistingNetworkInputs
from stacks.config.schema import Environment
from tests.end_to_end import test_dns, variants
from tests.environments import frozen
from tests.support import Json, cloudflare_dns

pytestmark = pytest.mark.slow

ZONES = ("us-east-1a", "us-east-1b", "us-east-1c")
Deploy = Callable[[Environment], LocalDeployment]


@pytest.fixture
def synthesized(aws: LocalAws, tmp_path: Path) -> Deploy:
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


def small(**changes: object) -> Environment:
    """Dev without Redis and background processes."""
    dev = frozen("dev")
    service = replace(dev.django_service, worker=None, beat=None)
    return replace(dev, redis=None, django_service=service, **changes)  # type: ignore[arg-type]


def refusals(deployment: LocalDeployment, *roles: str) -> list[str]:
    """What the gate says of the losses of these units, which are planned against what is deployed."""
    plans = []
    for unit in (each for each in deployment.units if each.role in roles):
        deployment.initialize(unit)
        deployment.terraform.run(unit.home, "plan", "-input=false", "-out=tfplan")
        shown: Json = json.loads(deployment.terraform.run(unit.home, "show", "-json", "tfplan"))
        plans.append(UnitPlan(name=unit.name, configuration=unit.configuration, plan=Plan(shown)))
    return [str(each) for each in gate.losses(plans)]


def deploy(deployment: LocalDeployment, *, without: Sequence[str] = ()) -> dict[str, dict[str, list[str]]]:
    """Apply the units. Returns what a second plan of each would change."""

    def one(unit: Unit) -> dict[str, list[str]]:
        deployment.initialize(unit)
        if unit.role in without:
            test_dns.put(deployment, unit)
            return {}
        deployment.apply(unit)
        return deployment.plan(unit)

    return {name: changes for name, changes in deployment.each(one).items() if changes}


def test_a_certificate_and_a_zone_retire(synthesized: Deploy, subtests: pytest.Subtests) -> None:
    """The main hostname is renamed, its old name redirects, and the environment leaves a zone."""
    old = small(certificate=CertificateInputs(subject_alternative_names=("www.example.com",)))
    network: Any = replace(old.network, zones=ZONES)
    old = replace(old, network=network)
    first = synthesized(old)
    first.bootstrap()
    assert deploy(first, without=("postgresql",)) == {}
    redirect = HostnameInputs(hostname=old.hostname, redirect=True)
    names = ("www.example.com", "shop.example.com")
    new = replace(
        old,
        network=replace(network, zones=ZONES[:2]),
        certificate=CertificateInputs(subject_alternative_names=names),
        cloudflare_dns=cloudflare_dns(old, record_name="api", further_hostnames=(redirect,)),
    )
    with subtests.test("at once they are refused, with what to write"):
        lines = refusals(synthesized(new), "network", "certificate")
        (certificate,) = [line for line in lines if "aws_acm_certificate" in line]
        assert certificate.endswith(
            "set certificate.version to 2 and certificate.retiring to RetiringCertificateInputs("
            'hostname="dev-api.example.com", subject_alternative_names=("www.example.com",)), and remove that in the '
            "next change"
        )
        zones = [line for line in lines if "aws_subnet.network_" in line]
        assert len(zones) == 3
        assert 'put "us-east-1c" back into network.zones and into network.retiring_zones' in zones[0]
    retiring = RetiringCertificateInputs(hostname=str(old.hostname), subject_alternative_names=("www.example.com",))
    between = replace(
        new,
        network=replace(network, retiring_zones=ZONES[2:]),
        certificate=replace(new.certificate, version=2, retiring=retiring),
    )
    second = synthesized(between)
    with subtests.test("nothing is lost but the record that the unit of DNS makes now"):
        (line,) = refusals(second, "network", "certificate")
        assert 'cloudflare_dns_record.certificate_validation["dev-api.example.com"]' in line
    assert deploy(second, without=("postgresql",)) == {}
    acm, ec2 = second.client("acm"), second.client("ec2")
    assert len(acm.list_certificates(Includes={"keyTypes": ["RSA_2048"]})["CertificateSummaryList"]) == 3
    final = replace(new, certificate=replace(new.certificate, version=2))
    third = synthesized(final)
    with subtests.test("what has retired goes"):
        assert refusals(third, "network", "certificate") == []
    assert deploy(third, without=("postgresql",)) == {}
    assert len(acm.list_certificates(Includes={"keyTypes": ["RSA_2048"]})["CertificateSummaryList"]) == 2
    found = {each["AvailabilityZone"] for each in ec2.describe_subnets()["Subnets"] if not each["DefaultForAz"]}
    assert found == {*ZONES[:2]}


def test_the_applications_security_group_retires(aws: LocalAws, synthesized: Deploy, subtests: pytest.Subtests) -> None:
    account = str(frozen("dev").account_id)
    network = test_dns.network(aws, account)
    old = small(network=network)
    first = synthesized(old)
    first.bootstrap()
    assert deploy(first, without=("postgresql",)) == {}
    ec2 = aws.client("ec2", account)
    made = ec2.create_security_group(GroupName="tasks", Description="Tasks", VpcId=network.vpc_id)
    given: ExistingNetworkInputs = replace(network, application_security_group_id=made["GroupId"])
    with subtests.test("at once it is refused, with what to write"):
        (line,) = refusals(synthesized(replace(old, network=given)), "network")
        assert "set network.retiring_security_group to True, and remove it in the next change" in line
    for network_inputs in (replace(given, retiring_security_group=True), given):
        deployment = synthesized(replace(old, network=network_inputs))
        assert refusals(deployment, "network") == []
        assert deploy(deployment, without=("postgresql",)) == {}
    assert "django-dev-application" not in {
        each["GroupName"] for each in ec2.describe_security_groups()["SecurityGroups"]
    }
