"""IAM: nobody may do everything, and nobody may be anyone."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cli.review.gate.policies import TYPES, Statement, any_of, documents, readable, statements
from cli.review.gate.resources import Resource
from cli.review.gate.rule import Rule
from modules.unrestricted_actions import UNRESTRICTED_ACTIONS

# Policies that are attached to a resource say who may use it; the others say what their role may do.
_OF_ROLES = ("aws_iam_policy", "aws_iam_role_policy", "aws_iam_user_policy", "aws_iam_group_policy", "aws_iam_role")
_OF_RESOURCES = tuple(name for name in TYPES if name not in (*_OF_ROLES, "aws_vpc_endpoint"))

# Actions of our own units that take no narrower resource than `*`, or only read what is no secret.
# https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
_NO_NARROWER = re.compile(
    r"xray:Put\w+|cloudwatch:(?:GetMetric|DescribeAlarm)\w+|ec2:Describe\w*\*?",
)
_ALL_OF_A_KIND = re.compile(r"\*|arn:[^:]*:[^:]*:[^:]*:[^:]*:(?:[a-z-]+[:/])?\*(?:/.*)?")
_ALL_BUCKETS = re.compile(r"arn:[^:]*:s3:::\*(?:/.*)?")
_NARROWING = re.compile(
    r"aws:(?:source(?:account|arn|owner|orgid|orgpaths|vpc|vpce)|principal(?:account|arn|orgid|orgpaths))"
    r"|sts:externalid|kms:calleraccount|kms:viaservice"
)
_ACCOUNT = re.compile(r"(?:AWS:)?(?:arn:[^:]*:(?:iam|sts)::)?(\d{12})(?::.*)?")
# The id of a user or role, which a principal becomes when that is deleted, and whose account nobody sees.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
_UNIQUE_ID = re.compile(r"AWS:A[A-Z]{2}A[A-Z0-9]{12,}")
# Who is any repository, or any of somebody's; any service account; any workspace.
_ANY_SUBJECT = re.compile(
    r"\*.*|repo:(?:[^/]*\*.*|[^/:]+/\*.*)|system:serviceaccount:\*.*|organization:\*.*|project_path:\*.*"
)
_POWERFUL = re.compile(
    r".*/(?:AdministratorAccess[\w-]*|PowerUserAccess|ReadOnlyAccess|\w+(?:Administrator|PowerUser)|DataScientist"
    r"|\w+FullAccess(?:_v2)?|SecretsManagerReadWrite|Amazon(?:DynamoDB|EC2ContainerRegistry|S3|SQS|SSM)ReadOnlyAccess"
    r"|AmazonEC2RoleforSSM|AWSCloudFormationFullAccess)"
)
# Where the roles of the pipeline are.
_PIPELINE = "bootstrap/"


def _roles(resource: Resource) -> Iterator[Statement]:
    """What a role may do."""
    for name, document in documents(resource):
        if name != "assume_role_policy":
            yield from (each for each in statements(document) if each.effect == "Allow")


def _unreadable(resource: Resource) -> Iterator[str]:
    return (name for name, document in documents(resource) if not readable(document))


def _named(statement: Statement, what: str) -> str:
    return f"{what} (statement {statement.sid})" if statement.sid else what


def _all_actions(resource: Resource) -> Iterator[str]:
    for statement in _roles(resource):
        for action in statement.actions:
            service, _, name = any_of(action.lower()).partition(":")
            everything = "*" in service or (name == "*" and service in ("iam", "sts", "organizations"))
            if everything or (name == "*" and any(map(_all_of_a_kind, statement.resources))):
                yield _named(statement, action)


def _all_of_a_kind(arn: str) -> bool:
    arn = any_of(arn)
    return bool(_ALL_BUCKETS.fullmatch(arn) if ":s3:::" in arn else _ALL_OF_A_KIND.fullmatch(arn))


def _all_resources(resource: Resource) -> Iterator[str]:
    for statement in _roles(resource):
        if any(map(_all_of_a_kind, statement.resources)):
            for action in statement.actions:
                if action in UNRESTRICTED_ACTIONS or _NO_NARROWER.fullmatch(action):
                    continue
                if not any_of(action).endswith("*:*") and any_of(action) != "*":
                    yield _named(statement, action)


def _negated(resource: Resource) -> Iterator[str]:
    for _, document in documents(resource):
        for statement in statements(document):
            if statement.effect == "Allow":
                yield from statement.negated


def _trusts(resource: Resource) -> Iterator[str]:
    for statement in statements(resource.get("assume_role_policy")):
        if statement.effect != "Allow":
            continue
        for principal in statement.principals:
            if principal.startswith("Federated:"):
                subjects = [any_of(each) for each in statement.values(":sub")]
                if not subjects or any(map(_ANY_SUBJECT.fullmatch, subjects)):
                    yield principal
            elif (statement.anyone or _is_foreign(principal, resource)) and not _narrowed(statement, resource):
                yield principal


def _narrowed(statement: Statement, resource: Resource) -> bool:
    """Whether a condition requires something of who asks, by values that not everybody has."""
    keys = {key for key, _ in statement.required if _NARROWING.fullmatch(key)}
    return any(not any(_is_any(key, value, resource) for value in statement.values(key)) for key in keys)


def _is_any(key: str, value: str, resource: Resource) -> bool:
    value = any_of(value)
    if key.endswith("account"):
        return "*" in value or _is_foreign(value, resource)
    of_anyone = re.fullmatch(r"\*.*|arn:[^:]*:[^:]*:[^:]*:\*:.*|arn:\*.*|o-\*|arn:[^:]*:s3:::\*.*|https?:\*", value)
    return bool(of_anyone) or (key.endswith("arn") and _is_foreign(value, resource))


def _is_foreign(principal: str, resource: Resource) -> bool:
    """Whether it is of another account, or nobody can tell."""
    own = {
        account_id
        for each in resource.unit.configuration.get("provider", {}).get("aws", ())
        for account_id in each.get("allowed_account_ids", ())
    }
    account = _ACCOUNT.fullmatch(principal)
    return bool((account and account[1] not in own) or _UNIQUE_ID.fullmatch(principal))


def _public(resource: Resource) -> Iterator[str]:
    for name, document in documents(resource):
        for statement in statements(document):
            if statement.effect == "Allow" and statement.anyone and not _narrowed(statement, resource):
                yield _named(statement, name)


def _foreign(resource: Resource) -> Iterator[str]:
    for _, document in documents(resource):
        for statement in statements(document):
            if statement.effect == "Allow" and not _narrowed(statement, resource):
                yield from (each for each in statement.principals if _is_foreign(each, resource))


def _pipeline(resource: Resource) -> Iterator[str]:
    for statement in _roles(resource):
        actions = {action for action in statement.actions if _of_identity(action)}
        if any(map(_of_pipeline, statement.resources)):
            yield from (_named(statement, action) for action in actions)


def _of_pipeline(arn: str) -> bool:
    path, wildcard, _ = any_of(arn).partition(":role/")[2].partition("*")
    return path.startswith(_PIPELINE) or (bool(wildcard) and _PIPELINE.startswith(path))


def _of_identity(action: str) -> bool:
    service, _, name = any_of(action.lower()).partition(":")
    return service in ("iam", "sts") and not name.startswith(("get", "list"))


def _powerful(resource: Resource) -> Iterator[str]:
    attached = [resource.get("policy_arn"), *(resource.get("managed_policy_arns") or ())]
    return (str(arn).rpartition("/")[2] for arn in attached if _POWERFUL.fullmatch(str(arn)))


RULES = (
    Rule("iam/unreadable", TYPES, _unreadable, "{} is no JSON that can be reviewed before apply: write it as JSON"),
    Rule("iam/all-actions", _OF_ROLES, _all_actions, "it may do {}: name the actions, and the resources by their ARNs"),
    Rule("iam/all-resources", _OF_ROLES, _all_resources, "it may {} with everything: name the resources by their ARNs"),
    Rule("iam/negated", TYPES, _negated, "{} with Allow grants all that it does not name: name what is granted"),
    Rule("iam/trusts", ("aws_iam_role",), _trusts, "{} may become this role: name who may, with a condition"),
    Rule(
        "iam/public",
        _OF_RESOURCES,
        _public,
        "{} lets everyone in: name who may, or add a condition on aws:SourceAccount",
    ),
    Rule(
        "iam/foreign",
        _OF_RESOURCES,
        _foreign,
        "{} is of another account: name who may in this one, or accept it in accepted_findings with a reason",
    ),
    Rule(
        "iam/pipeline",
        _OF_ROLES,
        _pipeline,
        "it may {} with roles of the pipeline, and so become what deploys: name the roles of the application",
    ),
    Rule(
        "iam/powerful",
        (
            "aws_iam_group_policy_attachment",
            "aws_iam_role_policy_attachment",
            "aws_iam_policy_attachment",
            "aws_iam_user_policy_attachment",
            "aws_iam_role",
        ),
        _powerful,
        "{} grants far more than one task needs: write a policy of its own",
    ),
    Rule(
        "iam/access-key",
        ("aws_iam_access_key", "aws_iam_user_login_profile"),
        lambda _: True,
        "a credential that lives for ever would lie in the state: use a role",
    ),
)
