"""Load balancers: the protection from deletion, and certificates beside the first one of a listener."""

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


@around(ELBv2Backend, "modify_listener")
def _modify_listener(original: Any, self: Any, arn: str, *arguments: Any, **given: Any) -> Any:
    """Another default certificate leaves those beside it, which moto drops."""
    (before,) = self.describe_listeners(load_balancer_arn=None, listener_arns=[arn])
    beside = list(before.certificates[1:])
    listener: Any = original(self, arn, *arguments, **given)
    listener.certificates = [*listener.certificates[:1], *beside]
    return listener
