"""A validation record that the unit of DNS still has is refused in the unit of the certificate, with the order."""

from __future__ import annotations

import pytest

from cli.review import gate
from cli.terraform.plan import Json, Plan, UnitPlan
from tests.cli.review.gate.test_data import changed, losses_alone

__all__ = ["losses_alone"]


def refused(*changes: Json, of_dns: Json) -> list[str]:
    """What the gate refuses of changes to the certificate's unit, beside one to that of DNS."""
    of_units = {"certificate": [*changes], "cloudflare-dns": [of_dns]}
    plans = [
        UnitPlan(
            name=f"prod-{role}",
            configuration={"//": {"environment": "prod", "unit": role}},
            plan=Plan({"resource_changes": found}),
        )
        for role, found in of_units.items()
    ]
    allowed = [f"{plan.name}:{change.address}" for plan in plans for change in plan.plan.changes if change.before]
    return [str(each) for each in gate.refusals(plans, allow=allowed)]


@pytest.mark.parametrize("kind", ["cloudflare_dns_record", "aws_route53_record"])
def test_a_record_that_a_further_hostname_has_is_left_to_it_until_that_was_removed(kind: str) -> None:
    address = f'{kind}.certificate_validation["www.example.com"]'
    made = changed(address, "create", after={"zone_id": "1"})
    gone = changed(f'{kind}.hostnames_validation["www.example.com"]', "delete", before={"zone_id": "1"})
    (line,) = refused(made, of_dns=gone)
    assert line == (
        f"prod-certificate: {address}: [certificate/handover] prod-cloudflare-dns has this record, as that of a "
        'further hostname, and the zone takes it once: first remove "www.example.com" from further_hostnames, leave '
        "all else as it was, and deploy; then make this change. The name is away in between"
    )
    elsewhere = changed(f'{kind}.hostnames_validation["www.example.com"]', "delete", before={"zone_id": "2"})
    assert refused(made, of_dns=elsewhere) == [], "each zone takes it once"
    other = changed(f'{kind}.hostnames_validation["shop.example.com"]', "delete", before={"zone_id": "1"})
    assert refused(made, of_dns=other) == []
    left = changed(address, "delete", before={"zone_id": "1"})
    taken = changed(f'{kind}.hostnames_validation["www.example.com"]', "create", after={"zone_id": "1"})
    assert refused(left, of_dns=taken) == [], "the other way round the certificate's unit comes first"
