"""EC2: images by parameter, volumes without a size, descriptions of rules, and what a NAT instance says."""

from __future__ import annotations

from typing import Any

from moto.core.types import Base64EncodedString
from moto.ec2.models.instances import Instance
from moto.ec2.models.launch_templates import LaunchTemplate, LaunchTemplateVersion
from moto.ec2.models.nat_gateways import NatGatewayBackend
from moto.ec2.models.security_groups import SecurityGroupBackend, SecurityGroupRule
from moto.ec2.responses import instances
from moto.ec2.responses.general import General
from moto.ssm.models import ssm_backends

from cli.local_aws.gaps.patch import around, around_property
from modules.network.nat_user_data import READY

_ROOT_VOLUME_GB = 8


@around_property(LaunchTemplateVersion, "image_id")
def _image_id(original: Any, self: Any) -> str:
    """Moto takes `resolve:ssm:<parameter>` for the image's id.

    https://docs.aws.amazon.com/autoscaling/ec2/userguide/using-systems-manager-parameters.html
    """
    image_id: str = original(self)
    if not image_id.startswith("resolve:ssm:"):
        return image_id
    backend = self.template.ec2_backend
    parameter = ssm_backends[backend.account_id][backend.region_name].get_parameter(
        image_id.removeprefix("resolve:ssm:")
    )
    return str(parameter.value) if parameter else image_id


@around(Instance, "add_block_device")
def _add_block_device(original: Any, self: Any, size: int | None, *arguments: Any, **named: Any) -> None:
    """AWS takes the size of a root volume from the image, and deletes it with the instance; moto does neither."""
    device, snapshot, encrypted, _keeps, *others = arguments
    original(self, size or _ROOT_VOLUME_GB, device, snapshot, encrypted, True, *others, **named)


@around(Instance, "__init__")
def _instance(original: Any, self: Any, *arguments: Any, **named: Any) -> None:
    """Without this, moto keeps the network interface that comes with an instance when that is gone."""
    original(self, *arguments, **named)
    for interface in self.nics.values():
        interface.delete_on_termination = True


@around(instances, "parse_user_data")
def _user_data(original: Any, value: Any) -> Any:
    """Of changed user data moto has decoded the base64 before, and refuses it then for not being base64."""
    return Base64EncodedString.from_raw_bytes(value) if isinstance(value, bytes) else original(value)


@around(General, "get_console_output")
def _console_output(original: Any, self: Any) -> Any:
    """Nothing boots here: every instance says what a NAT instance says when it is configured."""
    answer = original(self)
    answer.result["Output"] = Base64EncodedString.from_raw_string(f"nat: {READY}\n")
    return answer


@around(SecurityGroupRule, "__init__")
def _rule(original: Any, self: Any, *arguments: Any, **named: Any) -> None:
    original(self, *arguments, **named)
    peer = next((each for each in arguments[5:] if isinstance(each, dict) and "Description" in each), {})
    self.described = peer.get("Description")


@around_property(SecurityGroupRule, "description")
def _description(original: Any, self: Any) -> Any:
    """Moto keeps that of a rule for addresses, and forgets that of one for a group or a prefix list."""
    return original(self) or self.described


@around(SecurityGroupBackend, "modify_security_group_rules")
def _modify_rules(original: Any, self: Any, group_id: str, rules: dict[str, dict[str, Any]]) -> None:
    """Moto leaves a rule with the group or the prefix list that it named before."""
    original(self, group_id, rules)
    group = self.get_security_group_by_name_or_id(group_id)
    for rule_id, changed in rules.items():
        rule = group.get_rule(rule_id)
        if referenced := changed.get("ReferencedGroupId"):
            rule.source_group = {**rule.source_group, "GroupId": referenced}
        if prefix_list := changed.get("PrefixListId"):
            rule.prefix_list_id = prefix_list
        if referenced or prefix_list:
            rule.ip_range, rule.described = {}, changed.get("Description")


@around(LaunchTemplate, "__init__")
def _launch_template(original: Any, self: Any, *arguments: Any, **named: Any) -> None:
    """Moto stores the template's own tags among those of what it launches, where each plan would remove them."""
    original(self, *arguments, **named)
    for version in self.versions:
        specifications = version.data.get("TagSpecifications", [])
        specifications[:] = [each for each in specifications if each["ResourceType"] != "launch-template"]


@around(NatGatewayBackend, "delete_nat_gateway")
def _delete_nat_gateway(original: Any, self: Any, *arguments: Any, **named: Any) -> Any:
    """Without this, moto keeps the network interface of a NAT gateway when that is gone."""
    gateway = original(self, *arguments, **named)
    self.enis.pop(gateway._eni.id, None)
    return gateway
