"""What the environment must hold, and how its faults are named."""

import pytest
from django.core.exceptions import ImproperlyConfigured

import production
from config.environment import Environment


def complaint(environment: Environment) -> str:
    with pytest.raises(ImproperlyConfigured) as caught:
        environment.require_valid()
    return str(caught.value)


def test_all_that_is_missing_is_named_at_once():
    environment = Environment({"PORT": "x", "EMPTY": ""})
    environment.text("KEY")
    environment.text("EMPTY")
    environment.integer("PORT", minimum=1, maximum=9)
    assert complaint(environment).splitlines() == [
        "the environment is not complete:",
        "  KEY: is not set: set it in the task definition",
        "  EMPTY: is not set: set it in the task definition",
        "  PORT: is malformed: use a whole number from 1 to 9",
    ]


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (lambda e: e.text("X", choices=["iam", "secret"]), "use one of iam, secret"),
        (lambda e: e.text("X", minimum_length=50), "has 1 characters: use 50 or more"),
        (lambda e: e.integer("X", minimum=0, maximum=5), "use a whole number from 0 to 5"),
        (lambda e: e.url("X", schemes=["rediss"]), "use rediss://host:port/database"),
        (lambda e: e.names("Y"), "Y: is not set"),
        (lambda e: e.integer("Y", minimum=0, maximum=5), "Y: is not set"),
        (lambda e: e.hosts("STAR"), r"holds a *"),
        (lambda e: e.hosts("URL"), "name hosts only"),
    ],
)
def test_each_fault_says_what_to_do(call, reason):
    environment = Environment({"X": "?", "STAR": "a.example,*.example.com", "URL": "https://a.example"})
    call(environment)
    assert reason in complaint(environment)


@pytest.mark.parametrize(
    "url", ["redis://h:1/0", "rediss://", "rediss://h:port/0", "rediss://[h", "rediss://h:99999/0"]
)
def test_only_a_whole_url_of_the_right_scheme_passes(url):
    environment = Environment({"X": url})
    environment.url("X", schemes=["rediss"])
    assert complaint(environment).splitlines()[1:] == ["  X: is malformed: use rediss://host:port/database"]


@pytest.mark.parametrize("digits", ["9" * 5000, "-1", "1_0", "١", " 1", "6"])
def test_only_plain_numbers_within_the_bounds_pass(digits):
    environment = Environment({"X": digits})
    environment.integer("X", minimum=0, maximum=5)
    complaint(environment)


def test_production_names_every_missing_variable_in_one_message():
    result = production.manage("check", variables={"DJANGO_SETTINGS_MODULE": "config.settings.production"})
    assert result.returncode != 0
    optional = {"WEB_CONCURRENCY", "GUNICORN_LOG_LEVEL", "GUNICORN_KEEPALIVE_SECONDS", "TRUSTED_PROXIES"}
    for name in production.VARIABLES.keys() - {"DJANGO_SETTINGS_MODULE", "AWS_DEFAULT_REGION"} - optional:
        assert f"  {name}: is not set" in result.stderr


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"DJANGO_SECRET_KEY": "django-insecure-" + "abcdefghij" * 5}, "DJANGO_SECRET_KEY: is not acceptable"),
        ({"DJANGO_SECRET_KEY": "short"}, "DJANGO_SECRET_KEY: has 5 characters: use 50 or more"),
        ({"DJANGO_ALLOWED_HOSTS": "*"}, "DJANGO_ALLOWED_HOSTS: holds a *"),
        ({"DATABASE_AUTHENTICATION": "trust"}, "DATABASE_AUTHENTICATION: is 'trust': use one of iam, secret, password"),
        ({"DATABASE_AUTHENTICATION": "secret"}, "DATABASE_SECRET_ARN: is not set"),
        ({"DATABASE_AUTHENTICATION": "password"}, "DATABASE_PASSWORD: is not set"),
        ({"REDIS_IAM_USER": "app"}, "REDIS_REPLICATION_GROUP_ID: is not set"),
        ({"REDIS_URL": "redis://h:6379/0"}, "REDIS_URL: is malformed"),
    ],
)
def test_production_refuses(changes, reason):
    result = production.manage("check", variables=production.VARIABLES | changes)
    assert result.returncode != 0
    assert reason in result.stderr
    assert production.SECRET_KEY not in result.stderr


def test_production_knows_https_by_the_header_that_the_platform_names():
    code = "from django.conf import settings; print(settings.SECURE_PROXY_SSL_HEADER)"
    variables = production.VARIABLES | {"FORWARDED_PROTO_HEADER": "HTTP_CLOUDFRONT_FORWARDED_PROTO"}
    for given, name in (
        (production.VARIABLES, "HTTP_X_FORWARDED_PROTO"),
        (variables, "HTTP_CLOUDFRONT_FORWARDED_PROTO"),
    ):
        assert production.manage("shell", "-v0", "-c", code, variables=given).stdout == f"('{name}', 'https')\n"


def test_production_passes_the_deployment_checks_of_django():
    result = production.manage("check", "--deploy", "--fail-level", "INFO")
    assert (result.returncode, result.stdout) == (0, "System check identified no issues (0 silenced).\n"), result.stderr
