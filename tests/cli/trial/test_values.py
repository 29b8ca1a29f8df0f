"""References of Terraform and secrets of ECS get the values that this machine has for them."""

from __future__ import annotations

import json
import re

import pytest

from cli.trial.values import HOSTNAME, Unknown, Values
from tests.cli.trial import units

OUTPUTS = {"postgresql": {"address": "localhost", "port": 5433, "database_name": "app"}}
MASTER = {"username": "dbmaster", "password": "drawn-for-the-master"}


@pytest.fixture
def values() -> Values:
    return Values(units.unit([units.migrate()]), OUTPUTS, MASTER, {"SENTRY_DSN": "https://key@example.com/1"})


def test_a_text_gets_the_outputs_of_other_units(values: Values) -> None:
    text = "postgres://" + units.POSTGRESQL + "address}:" + units.POSTGRESQL + "port}/x"
    assert values.text(text) == "postgres://localhost:5433/x"
    assert values.text("$${kept} %%{kept}") == "${kept} %{kept}"


def test_the_name_that_cloudfront_draws_is_that_of_its_documentation(values: Values) -> None:
    assert values.text("https://${aws_cloudfront_distribution.cloudfront.domain_name}") == f"https://{HOSTNAME}"


@pytest.mark.parametrize("text", ["${var.image_tag}", "${aws_lb.x.dns_name}", units.POSTGRESQL + "arn}", '${f("a")}'])
def test_what_only_terraform_knows_is_named(values: Values, text: str) -> None:
    with pytest.raises(Unknown, match="is known only to Terraform"):
        values.text(text)


def test_a_secret_is_drawn_once_and_is_the_same_for_every_task(values: Values) -> None:
    first = values.secret("SECRET_KEY", units.SECRETS["SECRET_KEY"])
    assert re.fullmatch("[A-Za-z0-9]{64}", first)
    assert values.secret("DJANGO_SECRET_KEY", "${aws_secretsmanager_secret.secret_key.arn}") == first
    assert values.secret("PASSWORD", f"{units.APPLICATION}:password::1") != first


def test_a_key_of_a_secret_is_what_its_jsonencode_says(values: Values) -> None:
    password = values.secret("PASSWORD", f"{units.APPLICATION}:password::1")
    url = values.secret("DATABASE_URL", f"{units.APPLICATION}:url::1")
    assert url == f"postgres://app_user:{password}@localhost:5433/app"
    whole = json.loads(values.secret("ALL", units.APPLICATION))
    assert whole == {"password": password, "url": url}


def test_the_masters_secret_is_that_of_rds(values: Values) -> None:
    assert values.secret("PGUSER", f"{units.MASTER}:username::") == "dbmaster"
    assert values.secret("PGPASSWORD", f"{units.MASTER}:password::") == "drawn-for-the-master"


def test_all_that_is_secret_is_known_to_whoever_hides_it(values: Values) -> None:
    drawn = values.secret("SECRET_KEY", units.SECRETS["SECRET_KEY"])
    url = values.secret("DATABASE_URL", units.SECRETS["DATABASE_URL"])
    values.secret("PGUSER", f"{units.MASTER}:username::")
    assert {drawn, url, "drawn-for-the-master", "https://key@example.com/1"} <= {*values.secrets}
    assert "dbmaster" not in values.secrets


@pytest.mark.parametrize(
    ("reference", "what"),
    [
        ("arn:aws:secretsmanager:us-east-1:123456789012:secret:stripe-AbCdEf", "STRIPE_KEY is a secret that only the"),
        ("arn:aws:ssm:us-east-1:123456789012:parameter/stripe", "STRIPE_KEY is a secret that only the account has"),
        ("${aws_secretsmanager_secret.other.arn}", "aws_secretsmanager_secret.other.arn is known only to Terraform"),
        (f"{units.APPLICATION}:nope::1", "STRIPE_KEY is the key nope of a secret that has none such"),
    ],
)
def test_a_secret_that_nobody_here_has_is_named(values: Values, reference: str, what: str) -> None:
    with pytest.raises(Unknown, match=what):
        values.secret("STRIPE_KEY", reference)


def test_a_person_may_give_what_only_the_account_has(values: Values) -> None:
    reference = "arn:aws:secretsmanager:us-east-1:123456789012:secret:sentry-AbCdEf"
    assert values.secret("SENTRY_DSN", reference) == "https://key@example.com/1"
