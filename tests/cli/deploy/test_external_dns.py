"""Where somebody else makes the records, they are printed before Terraform waits for what they validate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cli.deploy.apply import Changes
from cli.deploy.deployment import Deployment
from cli.deploy.external_dns import pending_records, validated_elsewhere
from cli.deploy.rollout import Rollout
from cli.terraform.tree import Unit
from tests.cli.deploy.fakes import FakeServices, FakeTasks, unit
from tests.environments import frozen

RECORD = "_a.api.example.com. CNAME _b.acm-validations.aws."


def state(*, status: str) -> dict[str, Any]:
    name, kind, value = RECORD.split(" ")
    option = {"resource_record_name": name, "resource_record_type": kind, "resource_record_value": value}
    attributes = {"status": status, "domain_validation_options": [option, option]}
    resource = {"mode": "managed", "type": "aws_acm_certificate", "instances": [{"attributes": attributes}]}
    return {"resources": [resource, {"mode": "managed", "type": "aws_vpc", "instances": []}]}


class FakeApplier:
    """Writes down what is done; the certificate has this status once it is requested."""

    def __init__(self, status: str) -> None:
        self.done: list[str] = []
        self._status = status

    def step(self, *_: Any, **__: Any) -> None:
        """Nothing."""

    def apply(self, unit: Unit, *, targets: Any = ()) -> Changes:
        self.done.append(" ".join(["apply", unit.role, *targets]))
        return Changes(added=1)

    def state(self, _unit: Unit) -> dict[str, Any]:
        return state(status=self._status)

    def outputs(self, unit: Unit) -> dict[str, Any]:
        return {"records": [f"{unit.name} CNAME lb"]}


@pytest.fixture
def certificate(tmp_path: Path) -> Unit:
    output = {"validation_records": {"value": ""}}
    resource: dict[str, Any] = {"aws_acm_certificate": {"certificate": {}}}
    return unit(tmp_path, "dev-certificate", output=output, resource=resource)


def deployment(status: str = "PENDING_VALIDATION") -> tuple[Deployment, list[str]]:
    applier: Any = FakeApplier(status)
    services: Any = FakeServices()
    tasks: Any = FakeTasks(applier.done)
    return Deployment(applier, Rollout(frozen("dev"), applier, tasks, services, applier.done.append)), applier.done


def test_the_certificate_is_requested_then_its_records_are_printed_then_it_is_waited_for(certificate: Unit) -> None:
    given, done = deployment()
    assert given.deploy([certificate]) == {"dev-certificate": Changes(added=2)}
    assert done == [
        "apply certificate aws_acm_certificate.certificate",
        "dev-certificate: make these records, for which the deployment waits up to 75 minutes:",
        f"  {RECORD}",
        "apply certificate",
    ]


def test_of_one_that_is_issued_nothing_is_printed(certificate: Unit) -> None:
    given, done = deployment("ISSUED")
    given.deploy([certificate])
    assert done == ["apply certificate aws_acm_certificate.certificate", "apply certificate"]


def test_a_unit_that_makes_its_records_is_applied_at_once(tmp_path: Path) -> None:
    given, done = deployment()
    given.deploy([unit(tmp_path, "dev-certificate", resource={"aws_acm_certificate": {"certificate": {}}})])
    assert done == ["apply certificate"]


def test_a_certificate_that_exists_is_not_requested(tmp_path: Path) -> None:
    assert validated_elsewhere(unit(tmp_path, "dev-external-dns", output={"validation_records": {"value": []}})) == []


def test_of_a_unit_that_was_never_deployed_no_record_is_known() -> None:
    assert pending_records({}) == []
    assert pending_records(state(status="PENDING_VALIDATION")) == [RECORD]


def test_the_records_that_lead_to_the_service_are_read_where_there_are_any(tmp_path: Path) -> None:
    given, _ = deployment()
    others = unit(tmp_path, "dev-network", output={"vpc_id": {}})
    assert given.records([others]) == []
    assert given.records([others, unit(tmp_path, "dev-external-dns", output={"records": {}})]) == [
        "dev-external-dns CNAME lb"
    ]
