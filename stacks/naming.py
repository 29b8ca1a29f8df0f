"""Terraform addresses that a person can read and that do not change with the order of the code."""

from __future__ import annotations

from cdktf import TerraformElement, TerraformProvider, TerraformResource, TerraformStack
from constructs import Construct


class ReadableStack(TerraformStack):
    """A stack that names its elements by their path: `aws_subnet.network_private_a`, without cdktf's hash."""

    def __init__(self, scope: Construct, id: str) -> None:
        self._owner_of: dict[tuple[type, str], str] = {}  # before cdktf's constructor, which allocates ids already
        super().__init__(scope, id)

    def _allocate_logical_id(self, element: TerraformElement) -> str:  # type: ignore[override]  # it never gets a Node
        """Name by the path within the unit: readable, without a hash. "Default" adds nothing, as in cdktf.

        Two elements with one name would silently become one; cdktf does not look, so this does.
        """
        path = element.node.path  # two calls of the kernel: in a loop over all elements it shows
        parts = [part for part in path.split("/")[1:] if part != "Default"]  # a stack is a child of the App
        name = "_".join(parts).replace("-", "_")
        owner = self._owner_of.setdefault((type(element), name), path)
        if owner != path:
            named = isinstance(element, (TerraformResource, TerraformProvider))
            kind = element.terraform_resource_type if named else type(element).__name__  # type: ignore[attr-defined]
            raise ValueError(f"{kind}.{name} is both {owner} and {path}: rename one of them")
        return name
