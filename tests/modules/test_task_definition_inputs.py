"""What a user may add to all tasks, and what is refused before a secret can leak."""

from __future__ import annotations

from typing import Any

import pytest

from modules.task_definition.inputs import IamStatementInputs, RuntimeInputs
from modules.task_definition.secret import Secret
from modules.validation import InvalidInput, validate

SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:mail-AbCdEf"
PARAMETER = "arn:aws:ssm:us-east-1:123456789012:parameter/django/mail"
KEY = "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000000"
ROLE = "arn:aws:iam::123456789012:role/django"


def statement(characters: int) -> IamStatementInputs:
    """Permission for a resource whose ARN has so many characters."""
    return IamStatementInputs(actions=("s3:GetObject",), resources=(f"arn:aws:s3:::{'b' * (characters - 13)}",))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"variables": {"EMAIL_HOST": "smtp.example.com", "_X1": "", "SITE": "https://example.com:8443/a@b"}},
        {"variables": {"PGAPPNAME": "web", "PYTHONOPTIMIZE": "1", "PGCONNECT_TIMEOUT": "5"}},
        {"variables": {"A": "y" * 56_292}},
        {"variables": {"A": "y" * 56_200}, "secrets": {"B": SECRET}},
        {"iam_statements": (statement(8_093),)},
        {"secrets": {f"A{n}": f"{SECRET}:key{n}::" for n in range(200)}},
        {"secrets": {f"A{n}": f"{SECRET[:-11]}m{n:03}-AbCdEf" for n in range(122)}},
        {"variables": {"SENTRY_RELEASE": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"}},
        {"secrets": {"EMAIL_PASSWORD": SECRET, "B": f"{SECRET}:password::", "C": PARAMETER}},
        {"secrets": {"B": f"{SECRET}:password:AWSPREVIOUS:"}, "secret_kms_key_arns": (KEY,)},
        {"secrets": {"B": f"{SECRET}:::9d4cb84b-ad69-40c0-a0ab-cead36b967e8"}},
        {"execute_command": True, "read_only_root_filesystem": False},
        {"task_role_arn": ROLE},
        {"iam_statements": (IamStatementInputs(actions=("cloudwatch:PutMetricData",), resources=("*",)),)},
        {"iam_statements": (IamStatementInputs(actions=("s3:Get*",), resources=("arn:aws:s3:::media/*",)),)},
    ],
)
def test_what_is_right_is_accepted(changes: dict[str, Any]) -> None:
    validate(RuntimeInputs(**changes))


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        (
            {"execute_command": True},
            (
                "execute_command: the agent of ECS Exec cannot write to a read-only root file system: "
                "set read_only_root_filesystem=False where you need a shell"
            ),
        ),
        ({"log_retention_days": 31}, "log_retention_days: CloudWatch has no retention of 31 days"),
        ({"variables": {"1A": "x"}}, "variables['1A']: is no name of a variable: use letters, digits and _"),
        ({"variables": {"A-B": "x"}}, "variables['A-B']: is no name of a variable"),
        (
            {"variables": {"A": "y" * 56_293}},
            (
                "variables: take 56,321 bytes with secrets, and a task definition has room for 56,320: "
                "keep large values in S3 or in the image"
            ),
        ),
        ({"variables": {"A": "y" * 56_201}, "secrets": {"B": SECRET}}, "variables: take 56,321 bytes with secrets, "),
        ({"variables": {"X": "ä" * 20_000}}, "variables: take 120,028 bytes"),
        (
            {"iam_statements": (statement(8_094),)},
            (
                "iam_statements: take 8,193 characters, and the policies of a role have room for 8,192: "
                "name fewer resources, or more of them by one wildcard"
            ),
        ),
        (
            {"secrets": {f"A{n}": f"{SECRET[:-11]}m{n:03}-AbCdEf" for n in range(123)}},
            "secrets: take 8,241 characters, and the policies of a role have room for 8,192: keep several",
        ),
        (
            {"variables": {"AWS_PROFILE": "x"}},
            "variables['AWS_PROFILE']: steers the credentials of the task's role, or ",
        ),
        (
            {"secrets": {"ECS_X": SECRET}},
            (
                "secrets['ECS_X']: steers the credentials of the task's role, or is set by ECS: "
                "remove it, and give the task rights by iam_statements"
            ),
        ),
        (
            {"variables": {"A": "x"}, "secrets": {"A": SECRET}},
            "secrets['A']: is in variables too: name it once",
        ),
        (
            {"secrets": {"A": "mail"}},
            (
                "secrets['A']: is no full ARN, and ECS reads a bare name as that of an SSM parameter: "
                "give the ARN of a secret (and :json-key::) or of an SSM parameter"
            ),
        ),
        (
            {"secrets": {"DATABASE_URL": f"{SECRET.rpartition(':')[0]}:rds!db-0123-AbCdEf:password::"}},
            (
                "secrets['DATABASE_URL']: RDS changes this password every 7 days, and a task reads it once, when it "
                'starts: remove it: database.authentication is "password" for a DATABASE_URL that stays, or "secret"'
            ),
        ),
        ({"secrets": {"A": SECRET[:-7]}}, "secrets['A']: is no full ARN"),
        ({"secrets": {"A": f"{SECRET}:password"}}, "secrets['A']: is no full ARN"),
        ({"secrets": {"A": "/django/mail"}}, "secrets['A']: is no full ARN"),
        ({"secret_kms_key_arns": ("alias/mail",)}, "secret_kms_key_arns: 'alias/mail' is no ARN of a KMS key"),
        ({"log_kms_key_arn": ROLE}, f"log_kms_key_arn: '{ROLE}' is no ARN of a KMS key"),
        ({"task_role_arn": "django"}, "task_role_arn: 'django' is no ARN of a role"),
        (
            {
                "task_role_arn": ROLE,
                "iam_statements": (IamStatementInputs(actions=("s3:GetObject",), resources=("arn:aws:s3:::b/*",)),),
            },
            "iam_statements: have no effect on a task_role_arn: add them to that role",
        ),
    ],
)
def test_what_breaks_a_rule_is_told_in_one_line(changes: dict[str, Any], line: str) -> None:
    with pytest.raises(InvalidInput) as error:
        validate(RuntimeInputs(**changes))
    assert line in str(error.value)


STEERING = """
    AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_PROFILE AWS_CONTAINER_CREDENTIALS_RELATIVE_URI
    AWS_CONTAINER_CREDENTIALS_FULL_URI AWS_WEB_IDENTITY_TOKEN_FILE AWS_ROLE_ARN AWS_CONFIG_FILE
    AWS_SHARED_CREDENTIALS_FILE AWS_ENDPOINT_URL AWS_ENDPOINT_URL_S3 AWS_CA_BUNDLE ECS_CONTAINER_METADATA_URI_V4
    FARGATE_X AWS_EXECUTION_ENV
"""


@pytest.mark.parametrize("name", STEERING.split())
def test_no_variable_steers_the_credentials_of_the_task(name: str) -> None:
    for given in ({"variables": {name: "x"}, "public_variables": (name,)}, {"secrets": {name: SECRET}}):
        with pytest.raises(InvalidInput, match=rf"\['{name}'\]: steers the credentials of the task's role, or "):
            validate(RuntimeInputs(**given))


OWN = """
    AWS_STORAGE_BUCKET_NAME AWS_S3_REGION_NAME AWS_SES_REGION_NAME AWS_S3_ENDPOINT_URL AWS_S3_CUSTOM_DOMAIN
    PYTHONPATH PATH GUNICORN_CMD_ARGS PGSSLMODE STRIPE_PUBLISHABLE_KEY
"""


@pytest.mark.parametrize("name", OWN.split())
def test_any_other_name_is_the_project_s_own(name: str) -> None:
    validate(RuntimeInputs(variables={name: "x"}))
    validate(RuntimeInputs(variables={name: ""}))
    validate(RuntimeInputs(secrets={name: SECRET}))


def test_what_is_empty_is_no_secret_and_neither_is_what_is_declared_public() -> None:
    validate(RuntimeInputs(variables={"EMAIL_HOST_PASSWORD": ""}))
    maps = {"MAPS_API_KEY": "AIza" + "Sy0123456789abcdefABCDEF0123456789a"}
    validate(RuntimeInputs(variables=maps, public_variables=("MAPS_API_KEY",)))
    with pytest.raises(InvalidInput, match="names a secret"):
        validate(RuntimeInputs(variables=maps))


@pytest.mark.parametrize(
    ("name", "value", "what"),
    [
        ("EMAIL_PASSWORD", "hunter2", "names a secret"),
        ("stripe_secret", "hunter2", "names a secret"),
        ("SENTRY_TOKEN", "hunter2", "names a secret"),
        ("STRIPE_API_KEY", "hunter2", "names a secret"),
        ("BROKER", "amqps://user:hunter2@example.com/x", "holds a password in a URL"),
        ("CACHE", "rediss://:hunter2@example.com/0", "holds a password in a URL"),
        ("STORAGE", "id=AKIAIOSFODNN7EXAMPLE", "holds an AWS access key"),
        ("SIGNER", "-----BEGIN RSA PRIVATE KEY----- hunter2", "holds a private key"),
    ],
)
def test_a_credential_in_plain_text_is_refused_and_not_repeated(name: str, value: str, what: str) -> None:
    with pytest.raises(InvalidInput) as error:
        validate(RuntimeInputs(variables={name: value}))
    remedy = "and variables are plain text: move it to secrets, by its ARN"
    assert str(error.value) == f"variables[{name!r}]: {what}, {remedy}"
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"actions": ()}, "actions: is empty: name at least one"),
        ({"resources": ()}, "resources: is empty: name at least one"),
        ({"actions": ("s3:*",)}, "actions: 's3:*' is no action"),
        ({"actions": ("*",)}, "actions: '*' is no action"),
        (
            {"actions": ("s3:Get*",), "resources": ("*",)},
            "resources: \"*\" with 's3:Get*' allows it with everything: name the ARNs",
        ),
        ({"actions": ("s3:GetObject",), "resources": ("*",)}, "resources: \"*\" with 's3:GetObject' allows it"),
        ({"resources": ("media",)}, "resources: 'media' is no ARN"),
    ],
)
def test_a_statement_allows_named_actions_on_named_resources(changes: dict[str, Any], line: str) -> None:
    right = {"actions": ("s3:GetObject",), "resources": ("arn:aws:s3:::media/*",)}
    with pytest.raises(InvalidInput) as error:
        validate(IamStatementInputs(**{**right, **changes}))
    assert line in str(error.value)


def test_the_permission_to_read_a_secret_is_for_the_secret_and_not_for_its_key() -> None:
    secret = Secret.parse(f"{SECRET}:password::")
    assert secret == Secret(arn=SECRET, value_from=f"{SECRET}:password::")
