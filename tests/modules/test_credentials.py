"""What counts as a credential, and that no string takes long to be looked through."""

from __future__ import annotations

import pytest

from modules import credentials
from modules.credentials import BY_NAME, FORMS, HIDDEN, hide, in_plain_text, is_secret_name, within
from tests.credentials import HARMLESS, SAMPLES, Sample, each_form, starts
from tests.linear import repeated, unless_it_hangs

CONTEXTS = ("{}", "a {} b", "'{}'", '"{}"', "X={}", "X_{}", "({})", "a\\n{}", "<{}>", '{{"a": "{}"}}', "`{}`")


def test_each_form_has_a_sample() -> None:
    assert SAMPLES.keys() == FORMS.keys()


@each_form
def test_a_form_is_known_and_hidden_wherever_it_stands(kind: str, sample: Sample) -> None:
    for context in CONTEXTS:
        text = context.format(sample.value)
        assert credentials.form(text) == kind
        assert HIDDEN in hide(text)
        assert sample.secret not in hide(text)


@pytest.mark.parametrize("value", HARMLESS)
def test_what_is_no_credential_is_left_alone(value: str) -> None:
    assert in_plain_text("PLAIN", value, is_variable=True) is None
    assert hide(value) == value


def test_what_is_hidden_keeps_what_stands_around_it() -> None:
    assert hide("postgres://app:s3cret@db/app, redis://:s3cret@cache") == (
        f"postgres://app:{HIDDEN}@db/app, redis://:{HIDDEN}@cache"
    )


def test_parts_that_overlap_are_hidden_as_one() -> None:
    assert credentials.cover("0123456789", [(6, 8), (0, 3), (2, 5), (5, 6)]) == f"{HIDDEN}89"


@pytest.mark.parametrize(
    "name",
    [
        "DATABASE_PASSWORD",
        "DBPASSWORD",
        "smtpPassword",
        "SECRET",
        "API_KEY_1",
        "MYSQL_PWD",
        "AUTH_TOKENS_SECRET",
        "DB_PASS",
        "REDIS_PASSCODE",
        "jwt_key",
        "masterKey",
    ],
)
def test_the_name_of_a_secret_is_known(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "DATABASE_SECRET_ARN",
        "TOKEN_LIFETIME",
        "PASSWORD_VALIDATORS",
        "SECRET_KEY_FILE",
        "kms_key_id",
        "sort_key",
        "PWD",
        "OLDPWD",
        "SSH_AUTH_SOCK",
        "TOKENIZERS_PARALLELISM",
        "MONKEY",
        "KEYBOARD_LAYOUT",
        "GIT_AUTHOR_NAME",
        "TOKEN_ISSUER",
        "JWT_TOKEN_AUDIENCE",
        "PASSWORD_RESET_URL",
        "PASSWORD_POLICY",
        "BYPASS",
        "COMPASS",
    ],
)
def test_a_name_that_only_looks_like_one_is_none(name: str) -> None:
    assert not is_secret_name(name)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OIDC_TOKEN_URL", "https://auth.example.com/token"),
        ("TOKEN_ENDPOINT", "https://auth.example.com/token"),
        ("PASSWORD_HASHERS", "django.contrib.auth.hashers.Argon2PasswordHasher"),
        ("PASSWORD_RESET_TIMEOUT", "259200"),
        ("QUEUE", "https://sqs.us-east-1.amazonaws.com/123456789012/MyQueueName1"),
        ("VAPID_PUBLIC_KEY", "BNbxGYNMhEIiFMTD4Gd1oAqhTfpz9MYoqLFtZqGkXzv7rYlFoCjQO0wXq4XzR4t3b8m"),
        ("STRIPE_PUBLISHABLE_KEY", "pk_live_4eC39HqLyjWDarjtT1zdp7dc"),
        ("RECAPTCHA_SITE_KEY", "6LeIxAcTAAAAAJcZVRqyHh71UMIEGNQ3XbMYt9d0"),
        ("PLAIN", "app@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
        ("PLAIN", "sha384-oqVuAfXRKap7fdgcCY5uykM6Kt9ec9Y3bG3lkj2hJ8jH6mS2c1v8s9d2kqWc1dXa"),
        ("PLAIN", "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42"),
    ],
)
def test_what_everybody_may_know_is_no_secret(name: str, value: str) -> None:
    assert in_plain_text(name, value, is_variable=True) is None


def test_a_random_string_at_the_end_of_a_url_still_is_one() -> None:
    assert in_plain_text("HOOK_URL", "https://example.com/in/aB3dE5gH7jK9mN1pQ3sT5vW7") == credentials.RANDOM


def test_of_an_environment_variable_every_key_is_secret() -> None:
    assert is_secret_name("SORT_KEY", is_variable=True)
    assert not is_secret_name("KEY", is_variable=True)


def test_what_is_random_is_harmless_under_a_name_that_says_so() -> None:
    digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
    assert in_plain_text("IMAGE_DIGEST", digest) is None
    assert in_plain_text("SALT", digest) == credentials.RANDOM


@pytest.mark.parametrize("value", ["", "true", "15", "arn:aws:s3:::bucket", "${aws_secretsmanager_secret.this.arn}"])
def test_a_switch_or_a_reference_is_no_secret_whatever_its_name(value: str) -> None:
    assert in_plain_text("API_TOKEN", value) is None


def test_digits_are_a_password_and_no_number_of_days() -> None:
    assert in_plain_text("DB_PASSWORD", "123456") == BY_NAME
    assert in_plain_text("PASSWORD_LIMIT", "123456") is None
    assert in_plain_text("DB_PASSWORD", "15") is None


@pytest.mark.parametrize(
    "value",
    [
        "run --db-pass hunter2",
        ["run", "--token", "hunter2"],
        {"labels": {"db-password": "hunter2"}},
        [{"name": "JWT_KEY", "value": "hunter2"}],
        "curl -H 'X-Api-Key: hunter2' https://example.com",
    ],
)
def test_what_a_command_or_a_label_says_is_found(value: object) -> None:
    assert within("command", value) == BY_NAME


@pytest.mark.parametrize(
    "value",
    [
        'PGPASSWORD="$DB_PASSWORD" psql --password "$DB_PASSWORD"',
        "run(password=os.environ['DB_PASSWORD'])",
        "ALTER USER app PASSWORD :'password'",
        "run --password ${DB_PASSWORD}",
    ],
)
def test_a_reference_in_a_command_is_none(value: str) -> None:
    assert within("command", ["sh", "-c", value]) is None


@pytest.mark.thorough
@pytest.mark.parametrize("kind", FORMS)
def test_no_form_is_looked_for_in_more_than_linear_time(kind: str) -> None:
    """In what begins as one of its own samples again and again, as one word or as many."""
    beginnings = {start for sample in SAMPLES[kind] for start in starts(sample.value)}
    for start in (f"{start}{joint}" for start in beginnings for joint in ("", "-", " ")):
        with unless_it_hangs():
            sum(1 for _ in FORMS[kind].finditer(repeated(start)))
