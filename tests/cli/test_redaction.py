"""What is hidden, and what is not."""

from __future__ import annotations

import pytest

from cli.redaction import HIDDEN, Redactor, is_secret

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
        ("Authorization: Bearer s3cretvalue", f"Authorization: {HIDDEN} {HIDDEN}"),
        ("key AKIAABCDEFGHIJKLMNOP", f"key {HIDDEN}"),
        ("validating credentials: none were found", "validating credentials: none were found"),
        ("https://example.com:8080/path", "https://example.com:8080/path"),
        ("secretsmanager:GetSecretValue", "secretsmanager:GetSecretValue"),
        ("arn:aws:secretsmanager:us-east-1:3:secret:a-b", "arn:aws:secretsmanager:us-east-1:3:secret:a-b"),
    ],
)
def test_a_secret_within_a_text_is_hidden_and_the_rest_is_not(text: str, shown: str) -> None:
    assert Redactor().text(text) == shown


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
