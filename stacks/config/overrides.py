"""Arguments of single resources that an environment sets itself, so that nobody forks a module for one of them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping

from modules import credentials
from modules.validation import Problem, inputs, show
from stacks.config.findings import UnitName

Value = bool | int | float | str | tuple[str, ...] | Mapping[str, str] | None

_ADDRESS = re.compile(r"[a-z][a-z0-9]*_[a-z0-9_]+\.[A-Za-z_][\w-]*")
_STEP = r'[a-z][a-z0-9_]*|\[[0-9]+\]|\["[^"\\]+"\]'
_ARGUMENT = re.compile(r'[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*|\[[0-9]+\]|\["[^"\\]+"\])*')

# https://developer.hashicorp.com/terraform/language/meta-arguments
META_ARGUMENTS = ("connection", "count", "depends_on", "for_each", "provider", "provisioner")

# https://developer.hashicorp.com/terraform/language/meta-arguments/lifecycle, but for its conditions
LIFECYCLE: Mapping[str, type] = {
    "create_before_destroy": bool,
    "ignore_changes": tuple,
    "prevent_destroy": bool,
    "replace_triggered_by": tuple,
}


@inputs
class Override:
    """One argument of one resource, set after everything else. docs/gate.md says when this is the right way."""

    unit: UnitName
    address: str
    """As the plan has it: `aws_db_instance.postgresql`."""
    argument: str
    """As Terraform refers to it: `ca_cert_identifier`, `timeouts.create`, `load_balancer[0].elb_name`, `tags["a-b"]`.
    Blocks that may repeat have an index, from 0; one past the last adds a block. `lifecycle.ignore_changes` works."""
    value: Value
    """None: the argument is left out, and the provider's default holds."""
    reason: str
    """Why it is right here, in a sentence of 1 to 300 characters, which the page shows."""

    @property
    def path(self) -> tuple[str | int, ...]:
        """The argument, step by step."""
        steps = re.findall(_STEP, self.argument)
        return tuple(
            int(step[1:-1]) if step[1:-1].isdigit() and step[0] == "[" else step[2:-2] if step[0] == "[" else step
            for step in steps
        )

    @property
    def tags(self) -> frozenset[str]:
        """The keys of the tags that it sets or takes away, in lower case, as IAM compares them."""
        for place, step in enumerate(self.path):
            if step in ("tags", "tags_all"):
                keys = self.path[place + 1 :] or (self.value if isinstance(self.value, Mapping) else ())
                return frozenset(str(key).lower() for key in keys)
        return frozenset()

    def rules(self) -> Iterator[Problem]:
        resource, bracket, _ = self.address.partition("[")
        if bracket and _ADDRESS.fullmatch(resource):
            what = f"{show(self.address)} is one of the resources that {resource} makes"
            yield Problem("address", what, f'write "{resource}", which is all of them')
        elif not _ADDRESS.fullmatch(self.address):
            remedy = 'write it as "aws_db_instance.postgresql"'
            yield Problem("address", f"{show(self.address)} is no address of a resource", remedy)
        if not _ARGUMENT.fullmatch(self.argument):
            what = f"{show(self.argument)} is no argument of a resource"
            yield Problem("argument", what, 'write it as "backup_window" or "load_balancer[0].elb_name"')
        elif self.path[0] in META_ARGUMENTS:
            what = f"{self.path[0]} is Terraform's own, and no argument of the resource"
            yield Problem("argument", what, "set an argument of the provider's resource")
        elif self.path[0] == "lifecycle" and (len(self.path) != 2 or self.path[1] not in LIFECYCLE):
            what = f"{show(self.argument)} is no argument of lifecycle"
            yield Problem("argument", what, f"use one of {', '.join(f'lifecycle.{name}' for name in LIFECYCLE)}")
        elif self.path[0] == "lifecycle" and (kind := self._lifecycle_type()):
            yield Problem("value", f"{show(self.value)} is of another type", f"give {kind}")
        elif isinstance(self.value, float) and not math.isfinite(self.value):
            yield Problem("value", f"JSON has no {self.value}", "give a finite number")
        else:
            name = next(step for step in reversed(self.path) if isinstance(step, str))
            if kind := credentials.within(name, self.value):
                remedy = "keep it in Secrets Manager, and let the application read it"
                yield Problem("value", f"holds {kind}, and Terraform's JSON is plain text", remedy)
        if not 1 <= len(self.reason) <= 300:
            yield Problem("reason", f"got {len(self.reason)} characters", "say why it is right here, in 1 to 300")

    def _lifecycle_type(self) -> str | None:
        """What an argument of lifecycle wants instead of this value; None where that fits."""
        kind = LIFECYCLE[str(self.path[1])]
        is_all = self.path[1] == "ignore_changes" and self.value == "all"
        if self.value is None or isinstance(self.value, kind) or is_all:
            return None
        return "True or False" if kind is bool else "a tuple"
