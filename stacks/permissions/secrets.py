"""Secrets Manager and KMS: secrets, who may read their values, and the customer-managed keys of the environment."""

from __future__ import annotations

from collections.abc import Iterator

from modules.iam import Statement
from stacks.permissions.scope import Scope, calls, describe_all, via

_VALUE = "secretsmanager:GetSecretValue"
_OTHER_VALUES = [
    "secretsmanager:BatchGetSecretValue",
    *calls("ssm", "GetParameter GetParameters GetParametersByPath GetParameterHistory"),
]
_CHANGED = """
    CreateSecret DeleteSecret PutSecretValue RestoreSecret TagResource UntagResource UpdateSecret
    UpdateSecretVersionStage
"""


def describe(scope: Scope) -> Iterator[Statement]:
    """How the secrets are configured, and not what they say."""
    yield describe_all(scope, "secretsmanager", "GetRandomPassword")
    yield Statement(
        sid="DescribeSecrets",
        actions=calls("secretsmanager", "DescribeSecret GetResourcePolicy"),
        resources=[scope.arn("secretsmanager", f"secret:{scope.prefix}/*")],
    )


def no_values() -> list[Statement]:
    """Keep the values of secrets from a role, whatever else is attached to it later."""
    return [Statement(sid="NoSecretValues", effect="Deny", actions=[_VALUE, *_OTHER_VALUES], resources=["*"]), _NO_LOGS]


def written_values(scope: Scope) -> list[Statement]:
    """Let a role read the secrets that Terraform writes, and keep all others from it, whatever else is attached.

    The provider reads what it wrote: https://github.com/hashicorp/terraform-provider-aws/issues/42383
    """
    secrets = scope.written_secrets()
    if not secrets:
        return no_values()
    found = [
        Statement(sid="NoSecretValues", effect="Deny", actions=_OTHER_VALUES, resources=["*"]),
        Statement(sid="NoOtherSecretValues", effect="Deny", actions=[_VALUE], all_but=list(secrets)),
        _NO_LOGS,
        Statement(sid="ReadSecrets", actions=[_VALUE], resources=list(secrets)),
    ]
    if keys := list(dict.fromkeys(filter(None, secrets.values()))):
        condition = via("secretsmanager", scope.environment.region)
        found.append(Statement(sid="DecryptSecrets", actions=["kms:Decrypt"], resources=keys, condition=condition))
    return found


# Logs are not secret by name, but nobody can promise what an application writes there.
_NO_LOGS = Statement(
    sid="NoLogs",
    effect="Deny",
    actions=calls("logs", "FilterLogEvents GetLogEvents GetLogRecord StartQuery"),
    resources=["*"],
)


def change(scope: Scope) -> Iterator[Statement]:
    """The secrets of the environment, and the use of its keys."""
    yield Statement(
        sid="Secrets",
        actions=calls("secretsmanager", _CHANGED),
        resources=[scope.arn("secretsmanager", f"secret:{scope.prefix}/*")],
    )
    # The provider reads what it wrote: https://github.com/hashicorp/terraform-provider-aws/issues/42383
    yield Statement(
        sid="ReadSecrets",
        actions=[_VALUE],
        resources=list(
            dict.fromkeys(
                [
                    *(
                        scope.arn("secretsmanager", f"secret:{scope.prefix}/{name}-*")
                        for name in ("django-secret-key", "postgresql-master")
                    ),
                    *scope.written_secrets(),
                ]
            )
        ),
    )
    # RDS creates the master password with the permissions of whoever creates the instance, and shows it to nobody here.
    # https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html
    yield Statement(
        sid="MasterPassword",
        actions=calls("secretsmanager", "CreateSecret RotateSecret TagResource"),
        resources=[scope.arn("secretsmanager", "secret:rds!db-*")],
    )
    yield Statement(sid="NameKeys", actions=["kms:DescribeKey"], resources=[scope.arn("kms", "key/*")])
    if keys := scope.kms_keys():
        yield Statement(
            sid="UseKeys",
            actions=calls("kms", "Decrypt Encrypt GenerateDataKey GenerateDataKeyWithoutPlaintext"),
            resources=keys,
        )
        yield Statement(
            sid="LendKeys",
            actions=["kms:CreateGrant"],
            resources=keys,
            condition={"Bool": {"kms:GrantIsForAWSResource": "true"}},
        )
