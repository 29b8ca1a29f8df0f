"""What the local AWS does for instances that moto leaves out."""

from __future__ import annotations

import pytest

from cli.local_aws.server import LocalAws
from tests.cli.local_aws.conftest import ACCOUNT

pytestmark = pytest.mark.thorough


def test_the_user_data_of_an_instance_is_exchanged() -> None:
    with LocalAws() as aws:
        ec2 = aws.client("ec2", "123412341234")
        image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
        made = ec2.run_instances(ImageId=image, InstanceType="t3.micro", MinCount=1, MaxCount=1, UserData="old")
        instance = made["Instances"][0]["InstanceId"]
        ec2.modify_instance_attribute(InstanceId=instance, UserData={"Value": b"#!/bin/bash\n"})
        found = ec2.describe_instance_attribute(InstanceId=instance, Attribute="userData")
        assert found["UserData"]["Value"] == "IyEvYmluL2Jhc2gK"  # in base64, as EC2 answers


def test_a_rule_names_another_group_when_it_is_changed(aws: LocalAws) -> None:
    ec2 = aws.client("ec2", ACCOUNT)
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    own, one, other = (
        ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]
        for name in ("own", "one", "other")
    )
    port = {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1}
    peer = {"GroupId": one, "Description": "it"}
    made = ec2.authorize_security_group_ingress(GroupId=own, IpPermissions=[{**port, "UserIdGroupPairs": [peer]}])
    rule = made["SecurityGroupRules"][0]["SecurityGroupRuleId"]
    change = {**port, "ReferencedGroupId": other, "Description": "it"}
    ec2.modify_security_group_rules(
        GroupId=own, SecurityGroupRules=[{"SecurityGroupRuleId": rule, "SecurityGroupRule": change}]
    )
    (found,) = ec2.describe_security_group_rules(SecurityGroupRuleIds=[rule])["SecurityGroupRules"]
    assert (found["ReferencedGroupInfo"]["GroupId"], found["Description"]) == (other, "it")
