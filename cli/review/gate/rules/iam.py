"""IAM: nobody may do everything, and nobody may be anyone."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cli.review.gate.policies import TYPES, Statement, documents, readable, statements
from cli.review.gate.resources import Resource
from cli.review.gate.rule import Rule
from modules.unrestricted_actions import UNRESTRICTED_ACTIONS

# Policies that are attached to a resource say who may use it; the others say what their role may do.
_OF_ROLES = ("aws_iam_policy", "aws_iam_role_policy", "aws_iam_user_policy", "aws_iam_group_policy", "aws_iam_role")
_OF_RESOURCES = tuple(name for name in TYPES if name not in (*_OF_ROLES, "aws_vpc_endpoint"))

# Actions of our own units that take no narrower resource than `*`, or only read what is no secret.
# https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
_NO_NARROWER = re.compile(
    r"xray:Put\w+|cloudwatch:GetMetric\w+|ec2:Describe\w*\*?",
)
_ALL_OF_A_KIND = re.compile(r"\*|arn:[^:]*:[^:]*:[^:]*:[^:]*:(?:[a-z-]+[:/])?\*(?:/.*)?")
_ALL_BUCKETS = re.compile(r"arn:[^:]*:s3:::\*(?:/.*)?")
_NARROWING = re.compile(
    r'"(?:aws:(?:Source(?:Account|Arn|Owner|OrgID|OrgPaths|Vpc|Vpce)|Principal(?:Account|Arn|OrgID|OrgPaths))'
    r'|sts:ExternalId|kms:CallerAccount|kms:ViaService)"',
    re.IGNORECASE,
)
_POWERFUL = re.compile(
    r".*/(?:AdministratorAccess|PowerUserAccess|IAMFullAccess|SystemAdministrator|\w+FullAccess|SecretsManagerReadWrite)"
)


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
            service, _, name = action.partition(":")
            everything = action == "*" or "*" in service or (name == "*" and service in ("iam", "sts", "organizations"))
            if everything or (name == "*" and any(map(_all_of_a_kind, statement.resources))):
                yield _named(statement, action)


def _all_of_a_kind(arn: str) -> bool:
    return bool(_ALL_BUCKETS.fullmatch(arn) if ":s3:::" in arn else _ALL_OF_A_KIND.fullmatch(arn))


def _all_resources(resource: Resource) -> Iterator[str]:
    for statement in _roles(resource):
        if any(map(_all_of_a_kind, statement.resources)):
            for action in statement.actions:
                if action in UNRESTRICTED_ACTIONS or _NO_NARROWER.fullmatch(action):
                    continue
                if not action.endswith("*:*") and action != "*":
                    yield _named(statement, action)


def _negated(resource: Resource) -> Iterator[str]:
    for _, document in documents(resource):
        for statement in statements(document):
            if statement.effect == "Allow":
                yield from statement.negated


def _trusts(resource: Resource) -> Iterator[str]:
    own = {
        account_id
        for each in resource.unit.configuration.get("provider", {}).get("aws", ())
        for account_id in each.get("allowed_account_ids", ())
    }
    for statement in statements(resource.get("assume_role_policy")):
        if statement.effect != "Allow":
            continue
        for principal in statement.principals:
            account = re.search(r"AWS:(?:arn:[^:]*:iam::)?(\d{12})", principal)
            foreign = account and account[1] not in own
            federated = principal.startswith("Federated:") and ":sub" not in statement.condition
            if (statement.anyone or foreign or federated) and not _NARROWING.search(statement.condition):
                yield principal


def _public(resource: Resource) -> Iterator[str]:
    for name, document in documents(resource):
        for statement in statements(document):
            if statement.effect == "Allow" and statement.anyone and not _NARROWING.search(statement.condition):
                yield _named(statement, name)


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
        "iam/powerful",
        (
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
