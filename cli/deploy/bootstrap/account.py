"""What the account has already."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from cli.failure import Failure
from cli.terraform.plan import Action, Plan
from cli.text import one_line
from stacks.permissions.identity import SERVICE_LINKED

if TYPE_CHECKING:
    import boto3

    from stacks.config.schema import Environment, S3State

Import = dict[str, str]
"""An import block of Terraform: what is adopted, and to which address."""


def check_credentials(environment: Environment, session: boto3.Session) -> None:
    """Raise Failure where the credentials do not work, or are of another account."""
    try:
        account_id = session.client("sts").get_caller_identity()["Account"]
    except (BotoCoreError, ClientError) as error:
        what = f"no credentials that work ({one_line(str(error), 120)})"
        raise Failure(f"AWS: {what}: sign in as an administrator, or set AWS_PROFILE") from error
    if account_id != environment.account_id:
        what = f"the credentials are of account {account_id}, {environment.name} is {environment.account_id}"
        raise Failure(f"AWS: {what}: sign in to the other account, or set AWS_PROFILE")


def has_bucket(environment: Environment, session: boto3.Session, state: S3State) -> bool:
    """Whether the account has the state bucket. Raises Failure where somebody else has it, or another region."""
    region = state.region or environment.region
    try:
        session.client("s3", region_name=region).head_bucket(
            Bucket=state.bucket, ExpectedBucketOwner=environment.account_id
        )
    except ClientError as error:
        # https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html
        code = error.response["Error"]["Code"]
        if code in ("404", "NoSuchBucket"):
            return False
        what = {
            "403": "belongs to somebody else, or these credentials may not see it: choose another name, or sign in as "
            "an administrator",
            "301": f"is not in {region}: write its region in state.region",
            "400": f"is not in {region}: write its region in state.region",
        }.get(code, f"cannot be used ({code}): look at it in the console")
        raise Failure(f"stacks/config/{environment.name}.py: state.bucket: {state.bucket} {what}") from error
    return True


def missing_roles(session: boto3.Session, needed: Iterable[str] = SERVICE_LINKED) -> list[str]:
    """Of these services those whose service-linked role the account lacks, such as ecs.amazonaws.com in a fresh one.

    These roles are not resources of the unit, because all environments of an account share them.
    """
    pages = session.client("iam").get_paginator("list_roles").paginate(PathPrefix="/aws-service-role/")
    there = {role["Path"].split("/")[2] for page in pages for role in page["Roles"]}
    return [service for service in needed if service not in there]


def make_roles(session: boto3.Session, services: Sequence[str]) -> None:
    """Make the service-linked roles of services."""
    iam = session.client("iam")
    for service in services:
        iam.create_service_linked_role(AWSServiceName=service)


def existing(plan: Plan, environment: Environment, session: boto3.Session) -> list[Import]:
    """What a plan would make, of all that can exist once only, and that exists already."""
    return [
        {"to": change.address, "id": found}
        for change in plan.changes
        if change.action is Action.ADD
        for found in _found(change.type, change.after, environment, session)
    ]


def _found(kind: str, after: Mapping[str, Any], environment: Environment, session: boto3.Session) -> Iterator[str]:
    """The id of a resource that exists already."""
    match kind:
        case "aws_s3_bucket":
            # Nobody else's: has_bucket has looked.
            if after["bucket"] in [bucket["Name"] for bucket in session.client("s3").list_buckets()["Buckets"]]:
                yield after["bucket"]
        case "aws_ecr_repository":
            repository = environment.django_service.ecr_repository
            client = session.client("ecr", region_name=repository.region if repository else environment.region)
            try:
                client.describe_repositories(repositoryNames=[after["name"]])
            except client.exceptions.RepositoryNotFoundException:
                return
            yield after["name"]
        case "aws_iam_openid_connect_provider":
            issuer = after["url"].removeprefix("https://")
            for provider in session.client("iam").list_open_id_connect_providers()["OpenIDConnectProviderList"]:
                if provider["Arn"].endswith(f":oidc-provider/{issuer}"):
                    yield provider["Arn"]
