"""What Terraform objects to is one line, with what to do where it is about an import."""

from __future__ import annotations

import json

from cli.terraform import diagnostics

# As Terraform 1.11.4 writes it.
_DETAIL = (
    'While attempting to import an existing object to "aws_vpc.network", the provider detected that no object exists '
    "with the given id. Only pre-existing objects can be imported; check that the id is correct and that it is "
    'associated with the provider\'s configured region or endpoint, or use "terraform apply" to create a new remote '
    "object for this resource."
)


def test_an_entry_of_what_is_not_there_is_named() -> None:
    found = {"severity": "error", "summary": "Cannot import non-existent remote object", "detail": _DETAIL}
    assert diagnostics.reason(json.dumps({"type": "diagnostic", "diagnostic": found}), "") == (
        "aws_vpc.network: nothing has the id of its entry in stacks/imports.py: correct the entry, or remove it"
    )
