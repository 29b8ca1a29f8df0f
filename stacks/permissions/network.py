"""EC2: the VPC, what is in it, and the security groups of all units."""

from __future__ import annotations

from collections.abc import Iterator

from modules.iam import Statement
from modules.network.inputs import ExistingNetworkInputs, NetworkInputs
from stacks.permissions.scope import Scope, calls, describe_all

_DESCRIBED = """
    DescribeAccountAttributes DescribeAddresses DescribeAddressesAttribute DescribeAvailabilityZones DescribeFlowLogs
    DescribeInstanceCreditSpecifications DescribeInstanceTypes DescribeInstances DescribeInternetGateways
    DescribeManagedPrefixLists DescribeNatGateways DescribeNetworkAcls DescribeNetworkInterfaces DescribePrefixLists
    DescribeRouteTables DescribeSecurityGroupRules DescribeSecurityGroups DescribeSubnets DescribeTags DescribeVolumes
    DescribeVpcAttribute DescribeVpcEndpoints DescribeVpcs GetManagedPrefixListEntries GetSecurityGroupsForVpc
"""
# Launch templates hold user data. AWS knows neither a resource nor a tag for these.
_LAUNCH_TEMPLATES = "DescribeLaunchTemplateVersions DescribeLaunchTemplates"

# What each call creates: alone, in a VPC, or of what exists. By the tags of a new resource no call is allowed on a type
# that it uses too, because they would then stand for the tags of what is used.
_ALONE = {
    "AllocateAddress": "elastic-ip",
    "CreateInternetGateway": "internet-gateway",
    "CreateLaunchTemplate": "launch-template",
    "CreateManagedPrefixList": "prefix-list",
    "CreateVpc": "vpc",
}
_IN_A_VPC = {
    "CreateRouteTable": "route-table",
    "CreateSecurityGroup": "security-group",
    "CreateSubnet": "subnet",
}
_OF_OTHERS = {
    "AuthorizeSecurityGroupEgress": "security-group-rule",
    "AuthorizeSecurityGroupIngress": "security-group-rule",
    "CreateFlowLogs": "vpc-flow-log",
    "CreateNatGateway": "natgateway",
    "CreateVpcEndpoint": "vpc-endpoint",
    "RunInstances": "instance",
}
_CREATED = {**_ALONE, **_IN_A_VPC, **_OF_OTHERS}
_TYPES = tuple(dict.fromkeys(_CREATED.values()))
# The calls that create something in or from what exists, and what that is.
_CREATE_IN = """
    CreateFlowLogs CreateNatGateway CreateRouteTable CreateSecurityGroup CreateSubnet CreateVpcEndpoint RunInstances
"""
_CREATED_IN = ("elastic-ip", "launch-template", "route-table", "security-group", "subnet", "vpc")

_CHANGED = """
    AssociateAddress AssociateRouteTable AssociateSubnetCidrBlock AssociateVpcCidrBlock AttachInternetGateway
    AuthorizeSecurityGroupEgress AuthorizeSecurityGroupIngress CreateLaunchTemplateVersion CreateRoute DeleteFlowLogs
    DeleteInternetGateway DeleteLaunchTemplate DeleteManagedPrefixList DeleteNatGateway DeleteRoute DeleteRouteTable
    DeleteSecurityGroup DeleteSubnet DeleteTags DeleteVpc DeleteVpcEndpoints DetachInternetGateway DisassociateAddress
    DisassociateRouteTable DisassociateSubnetCidrBlock DisassociateVpcCidrBlock ModifyInstanceAttribute
    ModifyInstanceMetadataOptions ModifyLaunchTemplate ModifyManagedPrefixList ModifyNetworkInterfaceAttribute
    ModifySecurityGroupRules ModifySubnetAttribute ModifyVpcAttribute ModifyVpcEndpoint ReleaseAddress ReplaceRoute
    ReplaceRouteTableAssociation RevokeSecurityGroupEgress RevokeSecurityGroupIngress StartInstances StopInstances
    TerminateInstances
"""


def describe(scope: Scope) -> Iterator[Statement]:
    """All of EC2's configuration but user data, which is read of the environment's NAT instance alone."""
    yield describe_all(scope, "ec2", _DESCRIBED)
    network = scope.environment.network
    if isinstance(network, NetworkInputs) and network.nat == "instance":
        yield describe_all(scope, "ec2", _LAUNCH_TEMPLATES)
    # One of its attributes is its user data, and its console says whether it configured itself.
    yield Statement(
        sid="NatInstance",
        actions=calls("ec2", "DescribeInstanceAttribute GetConsoleOutput"),
        resources=scope.ec2("instance"),
        condition=scope.tagged(),
    )


def create(scope: Scope) -> Iterator[Statement]:
    """New resources. EC2 draws their ids, so tags tell environments apart."""
    for sid, created in (("Make", _ALONE), ("MakeInside", _IN_A_VPC), ("MakeOf", _OF_OTHERS)):
        yield Statement(
            sid=sid,
            actions=[f"ec2:{call}" for call in created],
            resources=scope.ec2(*dict.fromkeys(created.values())),
            condition=scope.tagging(),
        )
    yield Statement(
        sid="MakeIn",
        actions=calls("ec2", _CREATE_IN),
        resources=scope.ec2(*_CREATED_IN),
        condition=scope.tagged(),
    )
    network = scope.environment.network
    if isinstance(network, ExistingNetworkInputs):
        # A VPC that the units did not create has their tags only by chance.
        vpc = scope.arn("ec2", f"vpc/{network.vpc_id}")
        yield Statement(sid="MakeInVpc", actions=["ec2:CreateSecurityGroup"], resources=[vpc])
    # What an instance brings along without tags, and the image of Amazon that it starts from.
    yield Statement(
        sid="RunInstance",
        actions=["ec2:RunInstances"],
        resources=[
            *scope.ec2("network-interface", "volume"),
            f"arn:aws:ec2:{scope.environment.region}::image/*",
        ],
    )
    yield Statement(
        sid="ImageOfAmazon",
        actions=["ssm:GetParameters"],
        resources=[f"arn:aws:ssm:{scope.environment.region}::parameter/aws/service/ami-amazon-linux-latest/*"],
    )
    # Endpoints answer by names of their own within the VPC.
    # https://docs.aws.amazon.com/vpc/latest/privatelink/interface-endpoints.html
    yield Statement(
        sid="NamesOfEndpoints",
        actions=["route53:AssociateVPCWithHostedZone"],
        resources=["arn:aws:route53:::hostedzone/*"],
    )


def change(scope: Scope) -> Iterator[Statement]:
    """What exists of EC2, in the network and in other units."""
    at_birth = {"StringEquals": {**scope.tagging()["StringEquals"], "ec2:CreateAction": list(_CREATED)}}
    # For a network whose data has no NAT instance yet.
    yield describe_all(scope, "ec2", _LAUNCH_TEMPLATES)
    yield Statement(
        sid="Change",
        actions=calls("ec2", _CHANGED),
        resources=scope.ec2(*_TYPES),
        condition=scope.tagged(),
    )
    if groups := _existing_groups(scope):
        yield Statement(
            sid="RulesOfExistingGroups",
            actions=calls("ec2", "AuthorizeSecurityGroupIngress ModifySecurityGroupRules RevokeSecurityGroupIngress"),
            resources=[scope.arn("ec2", f"security-group/{group}") for group in groups],
        )
    yield Statement(
        sid="TagAtBirth",
        actions=["ec2:CreateTags"],
        resources=scope.ec2(*_TYPES, "volume"),
        condition=at_birth,
    )
    yield Statement(
        sid="TagAgain",
        actions=["ec2:CreateTags"],
        resources=scope.ec2(*_TYPES, "volume"),
        condition=scope.tagged(),
    )
    if isinstance(scope.environment.network, NetworkInputs):
        # The interface of a NAT instance, and the association of an address or a route table, have no tags.
        yield Statement(
            sid="Attach",
            actions=["ec2:AssociateAddress", "ec2:DisassociateAddress", "ec2:ModifyNetworkInterfaceAttribute"],
            resources=scope.ec2("network-interface"),
        )
        # EC2 creates the default group of a VPC without tags, so it gets them by a second call.
        yield Statement(
            sid="Claim",
            actions=["ec2:CreateTags"],
            resources=scope.ec2("security-group"),
            condition=scope.claiming(),
        )


def _existing_groups(scope: Scope) -> list[str]:
    """The security groups that the units add rules to and have not made."""
    network = scope.environment.network
    if not isinstance(network, ExistingNetworkInputs):
        return []
    return [group for group in (network.application_security_group_id, network.endpoint_security_group_id) if group]
