"""A service fails as it is told to, in its own protocol, and no other does."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from cli.local_aws.faults import Fault
from cli.local_aws.server import LocalAws
from tests.cli.local_aws.conftest import ACCOUNT

pytestmark = pytest.mark.thorough

# A call in each of the protocols.
CALLS: dict[str, Callable[[Any], Any]] = {
    "ec2": lambda client: client.describe_vpcs(),
    "iam": lambda client: client.list_roles(),
    "logs": lambda client: client.describe_log_groups(),
    "s3": lambda client: client.list_objects_v2(Bucket="example"),
}


def code(call: Callable[[Any], Any], client: Any) -> str:
    with pytest.raises(ClientError) as failed:
        call(client)
    return str(failed.value.response["Error"]["Code"])


@pytest.mark.parametrize("service", CALLS)
def test_a_service_fails_as_it_is_told_to(aws: LocalAws, service: str) -> None:
    client, call = aws.client(service, ACCOUNT), CALLS[service]
    aws.client("s3", ACCOUNT).create_bucket(Bucket="example")
    with aws.faults.injected(service, Fault.THROTTLING):
        assert code(call, client) == ("SlowDown" if service == "s3" else "Throttling")
    with aws.faults.injected(service, Fault.SERVER_ERROR):
        assert code(call, client) == "InternalFailure"
    with aws.faults.injected(service, Fault.GATEWAY_TIMEOUT):
        assert code(call, client) == "RequestTimeout"
    with aws.faults.injected(service, Fault.ACCESS_DENIED):
        assert code(call, client) == "AccessDeniedException"
    with aws.faults.injected(service, Fault.BROKEN_CONNECTION), pytest.raises(ConnectionClosedError):
        call(client)
    call(client)
    assert aws.faults.count == 5


def test_a_lost_answer_is_of_what_was_done(aws: LocalAws) -> None:
    iam = aws.client("iam", ACCOUNT)
    with aws.faults.injected("iam", Fault.LOST_ANSWER), pytest.raises(ConnectionClosedError):
        iam.create_role(RoleName="test", AssumeRolePolicyDocument="{}")
    assert [role["RoleName"] for role in iam.list_roles()["Roles"]] == ["test"]
    with aws.faults.injected("iam", Fault.BROKEN_CONNECTION), pytest.raises(ConnectionClosedError):
        iam.delete_role(RoleName="test")
    assert iam.list_roles()["Roles"]


@pytest.mark.parametrize("service", ["sts", "none"])
def test_an_answer_comes_in_one_piece_whenever_the_request_ends(aws: LocalAws, service: str) -> None:
    body = b"Action=GetCallerIdentity&Version=2011-06-15"
    head = [
        "POST / HTTP/1.1",
        "Host: sts.us-east-1.amazonaws.com",
        f"Authorization: AWS4-HMAC-SHA256 Credential={ACCOUNT}/20260101/us-east-1/sts/aws4_request",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(body)}",
    ]
    address = urlsplit(aws.url)
    for _ in range(20):  # two pieces may arrive together
        with (
            aws.faults.injected(service, Fault.THROTTLING),
            socket.create_connection((address.hostname, address.port), timeout=10) as connection,
        ):
            connection.sendall("\r\n".join([*head, "", ""]).encode())
            time.sleep(0.01)
            connection.sendall(body)
            answered, _, said = connection.recv(1 << 16).partition(b"\r\n\r\n")
        assert said
        assert f"Content-Length: {len(said)}".encode() in answered.split(b"\r\n")


def test_other_services_and_other_calls_do_not_fail(aws: LocalAws) -> None:
    iam = aws.client("iam", ACCOUNT)
    with aws.faults.injected("iam", Fault.SERVER_ERROR, calls="Action=CreateRole"):
        aws.client("ec2", ACCOUNT).describe_vpcs()
        iam.list_roles()
        with pytest.raises(ClientError, match="InternalFailure"):
            iam.create_role(RoleName="test", AssumeRolePolicyDocument="{}")
    assert aws.faults.count == 1


def test_accounts_are_told_apart_by_the_access_key(aws: LocalAws) -> None:
    aws.client("iam", ACCOUNT).create_role(RoleName="test", AssumeRolePolicyDocument="{}")
    (role,) = aws.client("iam", ACCOUNT).list_roles()["Roles"]
    assert f"::{ACCOUNT}:" in role["Arn"]
    assert aws.client("iam", "444455556666").list_roles()["Roles"] == []
    assert aws.client("sts", ACCOUNT).get_caller_identity()["Account"] == ACCOUNT


def test_what_moto_cannot_do_is_refused_at_once(aws: LocalAws) -> None:
    with pytest.raises(ClientError, match="NotOnLocalAws.*the local AWS cannot do this"):
        aws.client("ecs", ACCOUNT).submit_attachment_state_changes(cluster="test", attachments=[])
