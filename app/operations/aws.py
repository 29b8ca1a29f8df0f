"""One session of AWS a process, and the tokens that sign in to its stores."""

import functools
from urllib.parse import urlencode

import boto3
from botocore.model import ServiceId
from botocore.signers import RequestSigner


@functools.cache
def session(region: str) -> boto3.Session:
    """Each session asks ECS for credentials of its own, and ECS throttles who asks often."""
    return boto3.Session(region_name=region)


def token(service: str, region: str, authority: str, user: dict[str, str]) -> str:
    """A password of 15 minutes for `authority`, signed with the task's credentials; no request leaves this machine.

    boto3's client of RDS signs the same, after it has read the description of all that RDS can do: on a quarter of a
    CPU that alone takes longer than a request waits for a connection.
    """
    aws = session(region)
    signer = RequestSigner(ServiceId(service), region, service, "v4", aws.get_credentials(), aws.events)
    url = signer.generate_presigned_url(
        {
            "method": "GET",
            "url": f"https://{authority}/?{urlencode({'Action': 'connect'} | user)}",
            "body": {},
            "headers": {},
            "context": {},
        },
        operation_name="connect",
        expires_in=900,
        region_name=region,
    )
    return url.removeprefix("https://")
