"""Load balancers: the protection from deletion."""

from __future__ import annotations

from typing import Any

from moto.elbv2.exceptions import ELBClientError
from moto.elbv2.models import ELBv2Backend

from cli.local_aws.gaps.patch import around


@around(ELBv2Backend, "delete_load_balancer")
def _delete_load_balancer(original: Any, self: Any, arn: str) -> None:
    """Moto deletes one that is protected."""
    balancer = self.load_balancers.get(arn)
    if balancer and balancer.attrs.get("deletion_protection.enabled") == "true":
        text = f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled"
        raise ELBClientError("OperationNotPermitted", text)
    original(self, arn)
