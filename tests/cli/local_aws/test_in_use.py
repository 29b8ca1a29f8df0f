"""The local AWS deletes nothing that something uses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cli.local_aws.server import LocalAws
from tests.cli.local_aws.conftest import ACCOUNT

pytestmark = pytest.mark.thorough


def test_a_certificate_a_group_and_a_subnet_stay_as_long_as_a_load_balancer_has_them(aws: LocalAws) -> None:
    ec2, elb, acm = (aws.client(name, ACCOUNT) for name in ("ec2", "elbv2", "acm"))
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"us-east-1{zone}")["Subnet"]
        for number, zone in enumerate("ab")
    ]
    ids = [each["SubnetId"] for each in subnets]
    groups = [
        ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"] for name in ("one", "other")
    ]
    balancer = elb.create_load_balancer(Name="it", Subnets=ids, SecurityGroups=groups[:1])["LoadBalancers"][0]
    arns = [acm.request_certificate(DomainName=f"{name}.example.com")["CertificateArn"] for name in "abc"]
    listener = elb.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Protocol="HTTPS",
        Port=443,
        Certificates=[{"CertificateArn": arns[0]}],
        DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}],
    )["Listeners"][0]["ListenerArn"]
    elb.add_listener_certificates(ListenerArn=listener, Certificates=[{"CertificateArn": arns[1]}])
    peer = {"UserIdGroupPairs": [{"GroupId": groups[1]}], "IpProtocol": "tcp", "FromPort": 1, "ToPort": 1}
    ec2.authorize_security_group_ingress(GroupId=groups[0], IpPermissions=[peer])

    refused: tuple[tuple[str, Callable[[], Any]], ...] = (
        ("ResourceInUseException", lambda: acm.delete_certificate(CertificateArn=arns[0])),
        ("ResourceInUseException", lambda: acm.delete_certificate(CertificateArn=arns[1])),
        ("DependencyViolation", lambda: ec2.delete_security_group(GroupId=groups[0])),
        ("DependencyViolation", lambda: ec2.delete_security_group(GroupId=groups[1])),
        ("DependencyViolation", lambda: ec2.delete_subnet(SubnetId=ids[0])),
    )
    for code, delete in refused:
        with pytest.raises(ClientError, match=code):
            delete()

    elb.modify_listener(ListenerArn=listener, Certificates=[{"CertificateArn": arns[2]}])
    shown = elb.describe_listener_certificates(ListenerArn=listener)["Certificates"]
    assert [each["CertificateArn"] for each in shown] == [arns[2], arns[1]]
    acm.delete_certificate(CertificateArn=arns[0])
    elb.delete_load_balancer(LoadBalancerArn=balancer["LoadBalancerArn"])
    for group in groups:
        ec2.delete_security_group(GroupId=group)
    ec2.delete_subnet(SubnetId=ids[0])
