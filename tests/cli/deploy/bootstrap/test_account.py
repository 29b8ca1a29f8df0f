"""Service-linked roles are made where the account lacks them, and are never in the way of what it has."""

from __future__ import annotations

import boto3
import pytest

from cli.deploy.bootstrap.account import make_roles, missing_roles
from stacks.permissions.identity import SERVICE_LINKED
from tests.cli.deploy.bootstrap.conftest import Account

pytestmark = pytest.mark.thorough


def services(account: Account) -> list[str]:
    """Those that have a service-linked role."""
    roles = account.client("iam").list_roles(PathPrefix="/aws-service-role/")["Roles"]
    return sorted(role["Path"].split("/")[2] for role in roles)


def test_a_fresh_account_gets_one_of_each_once(account: Account) -> None:
    session = boto3.Session(region_name="us-east-1")
    assert missing_roles(session) == list(SERVICE_LINKED)
    make_roles(session, missing_roles(session))
    assert services(account) == sorted(SERVICE_LINKED)
    # As for the second environment of the account, or the second run.
    assert missing_roles(session) == []


def test_what_was_made_by_the_first_use_of_a_service_stays(account: Account) -> None:
    iam = account.client("iam")
    iam.create_service_linked_role(AWSServiceName="ecs.amazonaws.com")
    iam.create_service_linked_role(AWSServiceName="support.amazonaws.com")
    session = boto3.Session(region_name="us-east-1")
    assert set(missing_roles(session)) == {*SERVICE_LINKED} - {"ecs.amazonaws.com"}
    make_roles(session, missing_roles(session))
    assert services(account) == sorted({*SERVICE_LINKED, "support.amazonaws.com"})
