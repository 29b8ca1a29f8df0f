"""Cloudflare's ranges as one prefix list, so that no AWS unit needs the Cloudflare provider."""

from __future__ import annotations

from collections.abc import Sequence

from cdktf import TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.ec2_managed_prefix_list import Ec2ManagedPrefixList, Ec2ManagedPrefixListEntry
from constructs import Construct

from modules.cloudflare_ip_ranges.outputs import CloudflarePrefixListOutputs
from modules.cloudflare_ip_ranges.ranges import MAX_ENTRIES, published


class CloudflarePrefixList(Construct):
    """The IPv4 ranges, and with `ipv6` those of IPv6 in a second list. A changed range is exchanged in place."""

    def __init__(self, scope: Construct, id: str, *, prefix: str, ipv6: bool = False) -> None:
        super().__init__(scope, id)
        name = f"{prefix}-cloudflare"
        self.outputs = CloudflarePrefixListOutputs(
            prefix_list_id=self._list("Default", name, "IPv4", published().ipv4),
            prefix_list_ipv6_id=self._list("ipv6", f"{name}-ipv6", "IPv6", published().ipv6) if ipv6 else None,
        )

    def _list(self, id: str, name: str, family: str, blocks: Sequence[str]) -> str:
        return Ec2ManagedPrefixList(
            self,
            id,
            name=name,
            address_family=family,
            max_entries=MAX_ENTRIES,
            entry=[Ec2ManagedPrefixListEntry(cidr=block) for block in blocks],
            tags={"Name": name},
            # Kept in the state: Terraform then deletes it after the rules that named it have changed, as AWS demands.
            # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteManagedPrefixList.html
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
        ).id
