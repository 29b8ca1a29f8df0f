"""What is hidden, and what is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cli.redaction import (
    HIDDEN,
    Hidden,
    Redactor,
    is_secret,
    secrets_of_configuration,
    secrets_of_environment,
    secrets_of_plan,
)
from modules.credentials import parsed_json

SECRET_NAMES = ["password", "master_password", "auth_token", "secret_string", "client_secret", "private_key", "api_key"]
HARMLESS_NAMES = [
    "kms_key_id",
    "key_name",
    "bucket_key_enabled",
    "secret_arn",
    "http_tokens",
    "private_ip",
    "tags",
    "key",
]


@pytest.mark.parametrize("name", [*SECRET_NAMES, "AWS_SECRET_ACCESS_KEY", "DBPASSWORD", "SENTRY_DSN", "apiKey"])
def test_the_name_of_a_secret_is_known(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize("name", HARMLESS_NAMES)
def test_an_argument_that_is_no_secret_is_shown(name: str) -> None:
    assert not is_secret(name)


def test_of_an_environment_variable_every_key_is_secret() -> None:
    assert is_secret("app-key", is_variable=True)
    assert not is_secret("app-key")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgres://user:s3cret@db:5432/app", f"postgres://user:{HIDDEN}@db:5432/app"),
        ("rediss://:s3/c@ret@redis:6379/0", f"rediss://:{HIDDEN}@redis:6379/0"),
        ("--password=s3cret --user=me", f"--password={HIDDEN} --user=me"),
        ("Authorization: Bearer s3cretvalue", f"Authorization: {HIDDEN}"),
        ("key AKIAABCDEFGHIJKLMNOP", f"key {HIDDEN}"),
        ("private_key=-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----", f"private_key={HIDDEN}"),
        ("Basic a-b-ghp_" + "a1" * 18, f"Basic {HIDDEN}"),
        ("dsn=https://h/api_key: s3cret; seen", f"dsn={HIDDEN} {HIDDEN}; seen"),
        ("xoxb-1234567890-password=s3cret", f"{HIDDEN}={HIDDEN}"),
        ("validating credentials: none were found", "validating credentials: none were found"),
        ("https://example.com:8080/path", "https://example.com:8080/path"),
        ("secretsmanager:GetSecretValue", "secretsmanager:GetSecretValue"),
        ("arn:aws:secretsmanager:us-east-1:3:secret:a-b", "arn:aws:secretsmanager:us-east-1:3:secret:a-b"),
    ],
)
def test_a_secret_within_a_text_is_hidden_and_the_rest_is_not(text: str, shown: str) -> None:
    assert Redactor().text(text) == shown


NOTATIONS = (
    'password = "hunter2x"',
    "password : hunter2x",
    "Authorization: Token hunter2x",
    "--password hunter2x",
    "run --db-password 'hunter2x' --user me",
    "<password>hunter2x</password>",
    '<ns:Password type="x">hunter2x</ns:Password>',
    "https://hunter2x@host/x",
    "https://x.blob.core.windows.net/a?sv=1&sig=hunter2x",
    "Cookie: a=b; sessionid=hunter2x",
    "Set-Cookie: sessionid=hunter2x; Path=/",
    '{\\"password\\": \\"hunter2x\\"}',
    '{\\\\\\"password\\\\\\":\\\\\\"hunter2x\\\\\\"}',
    '{"name": "DB_PASSWORD", "value": "hunter2x"}',
    '{"value": "hunter2x", "name": "DB_PASSWORD"}',
    '[{\\"name\\":\\"DB_PASSWORD\\",\\"value\\":\\"hunter2x\\"}]',
    '["password", "hunter2x"]',
    "('password', 'hunter2x')",
    "{'password': 'hunter2x'}",
    "{'password': b'hunter2x'}",
    'password => "hunter2x"',
    'password := "hunter2x"',
    "DB_PASS=hunter2x",
    "JWT_KEY=hunter2x",
    'export SECRET_KEY="hunter2x"',
    "password:hunter2x",
    "map[password:hunter2x user:me]",
    "- name: DB_PASSWORD\n  value: hunter2x",
    'name = "DB_PASSWORD"\n  value = "hunter2x"',
    '<add key="DbPassword" value="hunter2x"/>',
    "ALTER USER app WITH PASSWORD 'hunter2x';",
    "machine h login me password hunter2x",
    "curl -u me:hunter2x https://h",
    'curl --user "me:hunter2x" https://h',
    "redis-cli -h h -a hunter2x ping",
    "sshpass -p hunter2x ssh h",
    "mysql -u root -phunter2x db",
    'curl -H "Authorization: Token hunter2x" https://h',
    "curl -H 'X-Api-Key: hunter2x' h",
    'Authorization: Digest username="x", response="hunter2x"',
    "X-Amz-Security-Token=hunter2x&a=b",
    "?X-Amz-Signature=hunter2x",
    "AccountName=x;AccountKey=hunter2x;EndpointSuffix=y",
    "Server=x;Pwd=hunter2x;",
    "host=h password=hunter2x user=me",
    "host=h password='a b hunter2x'",
    'password: "a \\"hunter2x\\" b"',
    'password=SecretStr("hunter2x")',
    "spring.datasource.password=hunter2x",
    'auth_token[0] = "hunter2x"',
    '"credentials": ["hunter2x"]',
    "credentials: hunter2x",
    "password: purple hunter2x battery",
    "Bearer hunter2x",
    "https://h/?token=hunter2x",
    "git+https://hunter2x@github.com/a",
    "password: >-\n  hunter2x",
    "password = <<EOT\nhunter2x\nEOT",
    'variable "db_password" { default = "hunter2x" }',
    "password=a,hunter2x",
    'password == "hunter2x"',
    "{password: 'hunter2x'}",
    "passwd=hunter2x",
    "PGPASSWORD=hunter2x psql",
    "token: hunter2x, user: me",
    "psql 'postgres://app:hunter2x@h'",
    "password: |\n  first\n  hunter2x",
)
PROSE = (
    "has auth token: (sensitive) so",
    "reading secret: AccessDeniedException: User is not authorized",
    "token: AccessDeniedException",
    "the secret: sign in again",
    "db_password: set TF_VAR_db_password",
    "the token: InvalidClientTokenId: The security token included in the request is invalid",
    "credentials: sign in with aws sso login",
    "no credentials: run aws sso login",
    "use basic authentication here",
    "Bearer authentication is required",
    "the password, and the token",
    "pass --token or --password",
    "--password to be asked for it",
    "secretsmanager:GetSecretValue on it",
    "password = (sensitive value)",
    "password = null",
    "auth_token = (known after apply)",
    "<password> is not closed",
    "postgres://app@db/x",
    "ssh://git@github.com/a",
    "docker run -u 1000:1000 app",
    "manage_master_user_password = true",
    "password_encryption = scram-sha-256",
    "token_type = bearer",
    'the secret "django-dev/key" is gone',
    "required: 'password', 'username'",
    '["DB_PASSWORD", "DB_USER", "DB_HOST"]',
    "Password: is required",
    "cookie_name: sessionid",
    "the session cookie: it lives for a day",
    "secret_key: the value changes, so everybody is signed out: change it on purpose",
    "Error: reading Secrets Manager Secret (django/key): api error AccessDeniedException: User arn:aws:sts::1:x",
    "arn:aws:secretsmanager:us-east-1:333333333333:secret:smtp-AbCdEf:password::",
    "valueFrom: arn:aws:secretsmanager:us-east-1:3:secret:smtp-AbCdEf:password:AWSCURRENT:",
    "aws_secretsmanager_secret.secret_key will be created",
    "PASSWORD_RESET_TIMEOUT=259200",
    "password: ${var.db_password}",
    "secrets: keep them in Secrets Manager",
    "auth: expired token: sign in",
    "the API token: rotate it at Cloudflare",
    "tokens: one for each environment",
)


@pytest.mark.parametrize("text", NOTATIONS)
def test_a_value_is_hidden_in_every_notation(text: str) -> None:
    assert "hunter2x" not in Redactor().text(text)
    assert "hunter2x" not in Redactor().text(f"a line before it\n{text}\nand one after it")


@pytest.mark.parametrize("text", PROSE)
def test_a_sentence_an_error_code_and_a_remedy_are_shown(text: str) -> None:
    assert Redactor().text(text) == text


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("HUNTER2X-TWO", "HUNTER"),
        ("aHVudGVyMngtdHdv", "dGVyMn"),
        ("bWU6aHVudGVyMngtdHdvCg==", "dGVyMn"),  # me:hunter2x-two and a line break
        ("eDpodW50ZXIyeC10d286eQ==", "50ZXIyeC"),  # x:hunter2x-two:y
        ("YWI6YTpodW50ZXIyeC10d286eQ", "50ZXIyeC"),
        ("68756e74657232782d74776f", "657232"),
        ("hunter2x%2Dtwo hunter2x-two", "two"),
    ],
)
def test_a_known_secret_is_hidden_in_capitals_and_encoded(text: str, part: str) -> None:
    assert part in text
    assert part not in Redactor(["hunter2x-two", "hunter2x%2Dtwo"]).text(f"value {text} end")


def test_each_long_line_of_a_known_secret_is_hidden() -> None:
    shown = Redactor(["first-line-of-it\nok\nsecond-line-of-it"]).text("with second-line-of-it, ok")
    assert shown == f"with {HIDDEN}, ok"


@pytest.mark.parametrize("form", ["9876543210", "9.87654321e+09", "9876543210.0"])
def test_a_known_number_is_hidden_however_it_is_written(form: str) -> None:
    assert form not in Redactor(["9876543210"]).text(f"pin {form} end")


def test_a_known_secret_of_digits_is_hidden_as_a_number() -> None:
    (found,) = Redactor(["9876543210"]).plan(plan_of(None, {"a": 9876543210, "b": 9876543210.0, "c": 98}))[
        "resource_changes"
    ]
    assert [isinstance(value, Hidden) for value in found["change"]["after"].values()] == [True, True, False]


def test_what_follows_the_name_of_a_secret_in_a_list_of_two_is_hidden() -> None:
    before, _ = redacted({"headers": [["X-Api-Key", "hunter2x"], ["Accept", "text/html"]]}, {})
    assert "hunter2x" not in repr(before)
    assert before["headers"][1] == ["Accept", "text/html"]


@pytest.mark.parametrize("form", ["{}", "x{}y", '{{"a": "{}"}}'])
def test_a_known_secret_is_hidden_wherever_it_is(form: str) -> None:
    assert "pepper&salt" not in Redactor(["pepper&salt"]).text(form.format("pepper&salt"))


def test_a_known_secret_is_hidden_encoded_too() -> None:
    redactor = Redactor(['pep"per&salt'])
    for encoded in ("pep%22per%26salt", "cGVwInBlciZzYWx0", 'pep\\"per&salt'):
        assert encoded not in redactor.text(f"value: {encoded}")


def test_a_secret_that_holds_another_is_hidden_as_a_whole() -> None:
    assert Redactor(["secret-one", "secret-one-and-more"]).text("secret-one-and-more") == HIDDEN


def test_a_short_secret_does_not_blank_the_page() -> None:
    assert Redactor(["on", ""]).text("turn it on") == "turn it on"


def test_the_rest_of_a_password_is_hidden_with_the_part_that_is_known() -> None:
    assert Redactor(["two words"]).text("password=two words-and-more") == f"password={HIDDEN}"


def test_what_is_put_in_the_place_of_a_secret_is_no_secret_itself() -> None:
    assert Redactor(["sensitive"]).text("key AKIAABCDEFGHIJKLMNOP") == f"key {HIDDEN}"


@pytest.mark.parametrize(
    "name",
    [
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "CLOUDFLARE_API_TOKEN",
        "GITHUB_TOKEN",
        "PGPASSWORD",
        "MYSQL_PWD",
        "TF_VAR_database_password",
        "TF_TOKEN_app_terraform_io",
        "VAULT_TOKEN",
        "SENTRY_DSN",
        "SLACK_WEBHOOK_URL",
        "npm_config__authToken",
        "GOOGLE_CREDENTIALS",
        "COOKIE",
    ],
)
def test_a_credential_of_the_environment_is_a_secret(name: str) -> None:
    assert [*secrets_of_environment({name: "pepper-and-salt"})] == ["pepper-and-salt"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PWD", "/no/longer/there"),
        ("OLDPWD", "/no/longer/there"),
        ("PASSWORD_STORE_DIR", "/no/such/store"),
        ("SSH_AUTH_SOCK", "/tmp/agent"),
        ("SSH_ASKPASS", "/usr/bin/askpass"),
        ("XAUTHORITY", "/home/me/.Xauthority"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/mnt/c"),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/token"),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/var/run/token"),
        ("AWS_PROFILE", "production"),
        ("GIT_AUTHOR_NAME", "Someone"),
        ("KEYBOARD_LAYOUT", "colemak"),
        ("GPG_TTY", "/dev/pts/0"),
        ("BYPASS_CACHE", "always"),
        ("TOKEN_TTL", "15 minutes"),
        ("SUDO_ASKPASS", "/usr/bin/askpass"),
    ],
)
def test_what_only_looks_like_one_in_the_environment_is_none(name: str, value: str) -> None:
    assert [*secrets_of_environment({name: value})] == []


def test_a_switch_in_the_environment_does_not_blank_the_page() -> None:
    secrets = secrets_of_environment({"TOKENIZERS_PARALLELISM": "false"})
    assert Redactor(secrets).text("encrypted: false") == "encrypted: false"


def test_a_file_that_is_there_is_no_secret_whatever_the_variable_is_called(tmp_path: Path) -> None:
    environment = {"GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path)}
    assert [*secrets_of_environment(environment)] == []
    assert [*secrets_of_environment({"GOOGLE_APPLICATION_CREDENTIALS": f"/{'x' * 5000}"})] != []


def test_what_a_configuration_holds_that_looks_random_is_hidden_when_its_unit_fails() -> None:
    drawn = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzQ9pLmKd8T"
    document = {"resource": {"aws_x": {"y": {"salt": f"a {drawn}", "zone_id": "9f86d081884c7d659a2feaa0c55ad015"}}}}
    assert [*secrets_of_configuration(document, {})] == [drawn]


def test_json_that_is_too_deep_to_be_read_is_a_text() -> None:
    assert parsed_json("[" * 1_000_000) is None


@pytest.mark.parametrize(
    "text",
    [
        "PASSWORD_RESET_TIMEOUT=259200",
        '{"TOKEN_TTL_SECONDS": 900, "JWT_TOKEN_LIFETIME": "3600"}',
        "the token: expired.",
        "reading the secret: denied",
        "no value for the variable db_password: set TF_VAR_db_password",
        "aws_secretsmanager_secret.secret_key: reading Secrets Manager Secret (django-dev/key): no such host",
        "dev-a: aws_secretsmanager_secret.secret_key: [data/deleted] it is no longer in the configuration",
        "aws_secretsmanager_secret.secret_key: [CKV_AWS_149] checkov asks to ensure that it is encrypted",
        "a holds a GitHub token: keep it in Secrets Manager",
    ],
)
def test_how_long_a_secret_lives_and_what_is_wrong_with_it_is_shown(text: str) -> None:
    assert Redactor().text(text) == text


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("DATABASE_PASSWORD=259200", "259200"),
        ("PASSWORD_RESET_TIMEOUT=hunter2", "hunter2"),
        ("token: expired-hunter2", "expired-hunter2"),
        ("password: hunter2", "hunter2"),
        ("TIMEOUT=5 PASSWORD_RESET_TIMEOUT=password=hunter2", "hunter2"),
    ],
)
def test_what_only_looks_like_that_is_hidden(text: str, secret: str) -> None:
    assert secret not in Redactor().text(text)


def test_a_number_that_is_marked_is_hidden_wherever_else_it_stands() -> None:
    plan = plan_of(None, {"pin": 9876543210, "rate": 0.5, "on": True}, after_sensitive={"pin": True, "on": True})
    secrets = [*secrets_of_plan(plan)]
    assert secrets == ["9876543210"]
    shown = Redactor(secrets)
    assert "9876543210" not in shown.text("pin 9876543210 end")
    (found,) = shown.plan(plan_of(None, {"input": 9876543210}))["resource_changes"]
    assert isinstance(found["change"]["after"]["input"], Hidden)


def test_so_is_a_key_of_a_marked_map_that_names_no_attribute() -> None:
    plan = plan_of(None, {"map": {"quebec-romeo": "x", "username": "y"}}, after_sensitive={"map": True})
    shown = Redactor(secrets_of_plan(plan)).text('terraform_data.k["quebec-romeo"] has a username')
    assert shown == 'terraform_data.k["(sensitive)"] has a username'


def plan_of(before: object, after: object, **change: Any) -> dict[str, Any]:
    raw = {"actions": ["update"], "before": before, "after": after, **change}
    return {"resource_changes": [{"address": "aws_x.y", "mode": "managed", "type": "aws_x", "change": raw}]}


def redacted(before: object, after: object, **change: Any) -> tuple[Any, Any]:
    (found,) = Redactor(["known-secret"]).plan(plan_of(before, after, **change))["resource_changes"]
    return found["change"]["before"], found["change"]["after"]


def test_a_redacted_plan_holds_nothing_secret() -> None:
    token = "ghp_" + "a1" * 18
    values = {
        "password": "hunter2",
        "marked": "hunter2",
        "list": ["--token", "hunter2", f"a {token} in a text"],
        "json": '[{"name": "DB_PASSWORD", "value": "hunter2"}]',
        "known-secret": "known-secret",
    }
    found = redacted(values, {"marked": "hunter3"}, before_sensitive={"marked": True}, after_sensitive={})
    for secret in ("hunter", token, "known-secret"):
        assert secret not in repr(found)
    assert "in a text" in repr(found)
    outputs = Redactor().plan({"output_changes": {"api_token": {"actions": ["create"], "after": "hunter2"}}})
    assert "hunter2" not in repr(outputs)


def test_hidden_values_are_equal_where_the_values_are() -> None:
    before, after = redacted({"password": "one", "auth_token": "one"}, {"password": "one", "auth_token": "two"})
    assert before["password"] == after["password"] == before["auth_token"]
    assert before["auth_token"] != after["auth_token"]


def test_what_is_marked_before_is_hidden_after_too() -> None:
    _, after = redacted({"a": "one"}, {"a": "two"}, before_sensitive={"a": True}, after_sensitive={})
    assert after["a"].is_marked


def test_keys_of_which_the_same_is_left_stay_apart() -> None:
    one, two = (f"ghp_{each * 36}" for each in "ab")
    before, after = redacted({one: "1"}, {one: "1", two: "2"}, replace_paths=[[two]])
    assert [*before] == [HIDDEN]
    assert [*after] == [HIDDEN, f"{HIDDEN} #2"]


def test_a_redacted_plan_leaves_out_what_does_not_change() -> None:
    plan = plan_of({"a": 1}, {"a": 1})
    plan["resource_changes"][0]["change"]["actions"] = ["no-op"]
    assert Redactor().plan(plan)["resource_changes"] == []
    plan["resource_changes"][0]["previous_address"] = "aws_x.z"
    assert len(Redactor().plan(plan)["resource_changes"]) == 1
