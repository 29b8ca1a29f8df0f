"""What the local AWS does for instances that moto leaves out."""

from __future__ import annotations

import pytest

from cli.local_aws.server import LocalAws

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
