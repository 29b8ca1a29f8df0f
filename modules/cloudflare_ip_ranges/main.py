"""Cloudflare's ranges as one prefix list, so that no AWS unit needs the Cloudflare provider."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.ec2_managed_prefix_list import Ec2ManagedPrefixList, Ec2ManagedPrefixListEntry
from constructs import Construct

from modules.cloudflare_ip_ranges.outputs import CloudflarePrefixListOutputs
from modules.cloudflare_ip_ranges.ranges import MAX_ENTRIES, published


class CloudflarePrefixList(Construct):
    """The IPv4 ranges: the load balancer has no IPv6 address. A changed range is exchanged in place."""

    def __init__(self, scope: Construct, id: str, *, prefix: str) -> None:
        super().__init__(scope, id)
        name = f"{prefix}-cloudflare"
        prefix_list = Ec2ManagedPrefixList(
            self,
            "Default",
            name=name,
            address_family="IPv4",
            max_entries=MAX_ENTRIES,
            entry=[Ec2ManagedPrefixListEntry(cidr=block) for block in published().ipv4],
            tags={"Name": name},
        )
        self.outputs = CloudflarePrefixListOutputs(prefix_list_id=prefix_list.id)
