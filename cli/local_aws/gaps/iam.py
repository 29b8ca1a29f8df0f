"""IAM: policies of AWS's own exist, such as AmazonSSMManagedInstanceCore.

moto has none unless it is told, and then parses all of them for each partition of each account, for seconds.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, IAMBackend

from cli.local_aws.gaps.patch import around, walked_while_changed

_PARTITION = "aws"

walked_while_changed(IAMBackend, "roles", "instance_profiles", "managed_policies")


@around(IAMBackend, "_init_aws_policies")
def _init_aws_policies(original: Any, self: IAMBackend) -> list[AWSManagedPolicy]:
    if self.region_name != _PARTITION:
        return []
    return [
        AWSManagedPolicy.from_data(name, self.account_id, self.region_name, data) for name, data in _policies().items()
    ]


@cache
def _policies() -> dict[str, dict[str, Any]]:
    policies: dict[str, dict[str, Any]] = json.loads(aws_managed_policies_data)
    return policies
