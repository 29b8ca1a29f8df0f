"""Terraform addresses that a person can read and that do not change with the order of the code."""

from __future__ import annotations

from cdktf import TerraformElement, TerraformProvider, TerraformResource, TerraformStack
from constructs import Construct


class ReadableStack(TerraformStack):
    """A stack that names its elements by their path: `aws_subnet.network_private_a`, without cdktf's hash."""

    def __init__(self, scope: Construct, id: str) -> None:
        self._owner_of: dict[tuple[str, str], str] = {}  # before cdktf's constructor, which allocates ids already
        super().__init__(scope, id)

    def _allocate_logical_id(self, element: TerraformElement) -> str:
        """Name by the path within the unit: readable, without a hash. "Default" adds nothing, as in cdktf.

        Two elements with one name would silently become one; cdktf does not look, so this does.
        """
        depth = len(self.node.path.split("/"))
        parts = [part for part in element.node.path.split("/")[depth:] if part != "Default"]
        name = "_".join(parts).replace("-", "_")
        named = isinstance(element, (TerraformResource, TerraformProvider))
        kind = element.terraform_resource_type if named else type(element).__name__  # type: ignore[attr-defined]
        owner = self._owner_of.setdefault((kind, name), element.node.path)
        if owner != element.node.path:
            raise ValueError(f"{kind}.{name} is both {owner} and {element.node.path}: rename one of them")
        return name
