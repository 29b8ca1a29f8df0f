"""Which value of the platform a variable of a project takes."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Collection, Iterable
from fnmatch import fnmatch

from cli.configuration.describe.settings import Variable
from modules import credentials

# The part of the setting that a variable becomes says what it is, whatever its name.
_BY_SETTING = {
    "DATABASES.*.HOST": "{DATABASE_HOST}",
    "DATABASES.*.PORT": "{DATABASE_PORT}",
    "DATABASES.*.NAME": "{DATABASE_NAME}",
    "DATABASES.*.USER": "{DATABASE_USER}",
    "DATABASES.*.PASSWORD": "{DATABASE_PASSWORD}",
    "DATABASES.*.OPTIONS.sslmode": "verify-full",
    "SECRET_KEY": "{DJANGO_SECRET_KEY}",
    "ALLOWED_HOSTS": "{DJANGO_ALLOWED_HOSTS}",
    "CSRF_TRUSTED_ORIGINS": "{URL}",
    "CORS_ALLOWED_ORIGINS": "{URL}",
    "CORS_ORIGIN_WHITELIST": "{URL}",
    "WAGTAILADMIN_BASE_URL": "{URL}",
    "CELERY_BROKER_URL": "{CELERY_BROKER_URL}",
    "BROKER_URL": "{CELERY_BROKER_URL}",
    "RQ_QUEUES.*.URL": "{CELERY_BROKER_URL}",
    "RQ_QUEUES.*.HOST": "{CELERY_BROKER_HOST}",
    "RQ_QUEUES.*.PORT": "{CELERY_BROKER_PORT}",
    "DRAMATIQ_BROKER.OPTIONS.url": "{CELERY_BROKER_URL}",
    "DRAMATIQ_BROKER.OPTIONS.host": "{CELERY_BROKER_HOST}",
    "DRAMATIQ_BROKER.OPTIONS.port": "{CELERY_BROKER_PORT}",
    "HUEY.url": "{CELERY_BROKER_URL}",
    "HUEY.connection.url": "{CELERY_BROKER_URL}",
    "HUEY.connection.host": "{CELERY_BROKER_HOST}",
    "HUEY.connection.port": "{CELERY_BROKER_PORT}",
    "Q_CLUSTER.redis": "{CELERY_BROKER_URL}",
    "Q_CLUSTER.redis.host": "{CELERY_BROKER_HOST}",
    "Q_CLUSTER.redis.port": "{CELERY_BROKER_PORT}",
    "CACHES.*.LOCATION": "{REDIS_URL}",
    "CHANNEL_LAYERS.*.CONFIG.hosts": "{REDIS_URL}",
}
# Where a setting is put together from several, or a script asks.
_DATABASE = r"(?:DJANGO_)?(?:DB|DATABASE|POSTGRES|POSTGRESQL|PG|SQL|RDS)_?"
_BY_NAME = {
    rf"{_DATABASE}(?:HOST|HOSTNAME|SERVER)": "{DATABASE_HOST}",
    rf"{_DATABASE}PORT": "{DATABASE_PORT}",
    rf"{_DATABASE}(?:DB|NAME|DBNAME|DB_NAME|DATABASE|DATABASE_NAME)": "{DATABASE_NAME}",
    rf"{_DATABASE}(?:USER|USERNAME)": "{DATABASE_USER}",
    rf"{_DATABASE}(?:PASS|PASSWD|PASSWORD)": "{DATABASE_PASSWORD}",
    r"(?:DJANGO_)?DATABASE_URL|POSTGRES_URL|DB_URL|DATABASE_DSN": "{DATABASE_URL}",
    r"(?:DJANGO_)?SECRET_KEY": "{DJANGO_SECRET_KEY}",
    r"(?:DJANGO_)?ALLOWED_HOSTS": "{DJANGO_ALLOWED_HOSTS}",
    r"(?:DJANGO_)?CSRF_TRUSTED_ORIGINS": "{URL}",
    r"(?:CELERY_|DRAMATIQ_)?BROKER_URL|CELERY_BROKER|RQ_REDIS_URL": "{CELERY_BROKER_URL}",
    r"CELERY_RESULT_BACKEND(?:_URL)?|(?:DJANGO_)?CACHE_URL|(?:DJANGO_)?REDIS_(?:\w+_)?URL": "{REDIS_URL}",
    r"REDIS_HOST(?:NAME)?": "{REDIS_HOST}",
    r"REDIS_PORT": "{REDIS_PORT}",
    r"(?:DJANGO_)?(?:SITE|BASE|PUBLIC|APP)_URL|WAGTAILADMIN_BASE_URL": "{URL}",
    r"(?:DJANGO_)?(?:SITE_)?DOMAIN(?:_NAME)?|SITE_HOST|HOSTNAME": "{HOSTNAME}",
}
_REDIS = re.compile(r"\.?.*(?:redis.*url|url.*redis)")
_URL = re.compile(r"\.(?:db|.*database.*)|parse")
_TRUE = ("1", "true", "yes", "on", "t", "y")


def prefix(variables: Collection[str]) -> str:
    """The word that most names begin with, as SHOP_ in SHOP_DB_HOST; empty where there is none."""
    counted = Counter(name.partition("_")[0] for name in variables if "_" in name)
    word, count = next(iter(counted.most_common(1)), ("", 0))
    return f"{word}_" if len(variables) >= 4 and count * 2 > len(variables) and word != "DJANGO" else ""


def value(variable: Variable, prefix: str = "") -> str | None:
    """What the platform gives a variable, as a template of its values, or a text that it must be; None for others."""
    if (off := _off(variable)) is not None:
        return off
    if (engine := _engine(variable)) is not None:
        return engine
    found = _by_setting(variable) or _by_name(variable.name.removeprefix(prefix)) or _by_default(variable)
    if found is None and any(map(_REDIS.fullmatch, variable.forms)):
        return "{REDIS_URL}"
    if found == "{DJANGO_ALLOWED_HOSTS}":
        return _hosts(variable)
    if found == "{URL}" and "format" in variable.forms:  # with a scheme before it
        return "{HOSTNAME}"
    is_part = "format" in variable.forms and not re.search(r"UR[IL]$", variable.name)
    if found in ("{REDIS_URL}", "{CELERY_BROKER_URL}", "{DATABASE_URL}") and is_part:
        return None
    if found == "{REDIS_URL}" and _text(variable.default).startswith(("django-db", "django-cache", "rpc:")):
        return None
    return found


def _engine(variable: Variable) -> str | None:
    """What chooses PostgreSQL, where a variable chooses the kind of the database."""
    if any(path[0] == "DATABASES" and path[-1] == "ENGINE" for path in variable.settings):
        is_path = "django.db" in _text(variable.default) or variable.default is None
        return "django.db.backends.postgresql" if is_path else "postgresql"
    if not falls_back_to_sqlite(variable) and not re.search(
        r"ENGINE|BACKEND|(?:^|_)(?:DB|DATABASE)(?:_?TYPE)?$", variable.name
    ):
        return None
    return next((each for each in variable.compared if isinstance(each, str) and each.startswith("postgres")), None)


_SCHEMES = {
    r"(?:postgres\w*|postgis|sqlite|mysql)(?:\+\w+)?://": "{DATABASE_URL}",
    r"rediss?://": "{REDIS_URL}",
    r"amqps?://": "{CELERY_BROKER_URL}",
}


def _by_default(variable: Variable) -> str | None:
    text = _text(variable.default)
    return next((found for scheme, found in _SCHEMES.items() if re.match(scheme, text)), None)


def _by_setting(variable: Variable) -> str | None:
    for path in variable.settings:
        dotted = ".".join(path)
        if path[0] == "DATABASES" and len(path) == 2 and any(map(_URL.match, variable.forms)):
            return "{DATABASE_URL}"
        for pattern, found in _BY_SETTING.items():
            if fnmatch(dotted, pattern):
                return found
    return None


def _by_name(name: str) -> str | None:
    return next((found for pattern, found in _BY_NAME.items() if re.fullmatch(pattern, name)), None)


def _hosts(variable: Variable) -> str:
    """All hosts, separated by commas, for who splits them so; else the public one."""
    if "json" in variable.forms:
        return '["{HOSTNAME}"]'
    splits = [form for form in variable.forms if form.startswith("split")]
    is_list = any(re.search(r"list|csv|tuple", form) for form in variable.forms)
    return "{DJANGO_ALLOWED_HOSTS}" if "split," in splits or (is_list and not splits) else "{HOSTNAME}"


def debugs(variable: Variable) -> bool:
    """Whether it turns DEBUG on where it is missing."""
    is_debug = ("DEBUG",) in variable.settings or variable.name in ("DEBUG", "DJANGO_DEBUG")
    return is_debug and is_true(variable.default)


def _off(variable: Variable) -> str | None:
    """What turns DEBUG off, by how the project reads it; None where it is off without."""
    if not debugs(variable) and not (variable.required and ("DEBUG",) in variable.settings):
        return None
    forms, compared = variable.forms, [each for each in variable.compared if isinstance(each, str)]
    if "!=" in forms or "not in" in forms:
        return compared[0] if compared else ""
    if "int" in forms or ".int" in forms:
        return "0"
    if any(form.startswith(".") for form in forms) or {"==", "in", "strtobool", "lower"} & {*forms}:
        return "False"
    return ""  # any text would be true


def is_true(expression: ast.expr | None) -> bool:
    """Whether a default is true, as a constant or as the text of one."""
    constant = getattr(expression, "value", None)
    return constant is True or constant == 1 or (isinstance(constant, str) and constant.lower() in _TRUE)


def _text(expression: ast.expr | None) -> str:
    return str(getattr(expression, "value", "")) if expression is not None else ""


def falls_back_to_sqlite(variable: Variable) -> bool:
    """Whether the default of a variable is SQLite."""
    return variable.default is not None and "sqlite" in ast.unparse(variable.default).lower()


def is_secret(name: str) -> bool:
    """Whether what a variable holds belongs in Secrets Manager."""
    return credentials.is_secret_name(name, is_variable=True) or name.endswith(("_DSN", "_URL_WITH_CREDENTIALS"))


def of_interest(variables: Iterable[Variable]) -> list[Variable]:
    """Of those that have a default, the ones that name a service which a deployment has."""
    pattern = r"SENTRY_DSN$|EMAIL_(?:HOST|URL)$|BUCKET(?:_NAME)?$"
    return [each for each in variables if is_secret(each.name) or re.search(pattern, each.name)]
