"""Small Django projects, shaped as the tools of the field generate them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

MANAGE = """\
import os, sys
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "{settings}")
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv)
"""
WSGI = """\
import os
from django.core.wsgi import get_wsgi_application
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "{settings}")
application = get_wsgi_application()
"""
DOCKERFILE = """\
FROM python:3.13-slim AS build
COPY requirements.txt .
RUN pip install -r requirements.txt
FROM python:3.13-slim
WORKDIR /srv
COPY --from=build /usr/local /usr/local
COPY . .
VOLUME ["/tmp"]
USER web
EXPOSE 8000
CMD ["gunicorn", "{package}.wsgi"]
"""


def project(package: str, settings: str = "", **files: str) -> dict[str, str]:
    """What every project has: its files by their paths, in which `__` is a slash and `_py` an ending."""
    name = settings or f"{package}.settings"
    return {
        "manage.py": MANAGE.format(settings=name),
        f"{package}/__init__.py": "",
        f"{package}/wsgi.py": WSGI.format(settings=name),
        "Dockerfile": DOCKERFILE.format(package=package),
        **files,
    }


STARTPROJECT_CELERY = project(
    "shop",
    **{
        "requirements.txt": "Django==5.2\ncelery[redis]~=5.5\ngunicorn\npsycopg[binary]\ndj-database-url\n",
        "shop/celery.py": 'from celery import Celery\n\napp = Celery("shop")\n',
        "shop/settings.py": """\
import os
import dj_database_url

SECRET_KEY = os.environ.get("SECRET_KEY", "unsafe")
DEBUG = os.environ.get("DEBUG", "1") == "1"
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "").split(" ")
DATABASES = {"default": dj_database_url.config(default="sqlite:///db.sqlite3")}
CELERY_BROKER_URL = os.environ.get("QUEUE", "redis://localhost")
CELERY_BEAT_SCHEDULE = {"tidy": {"task": "shop.tasks.tidy", "schedule": 60}}
""",
    },
)

DRAMATIQ = project(
    "shop",
    **{
        "pyproject.toml": """\
[project]
dependencies = [
  "django",
  "uvicorn[standard]",
  "django-dramatiq>=0.12",
  "psycopg2-binary",
]
""",
        "shop/asgi.py": WSGI.format(settings="shop.settings"),
        "shop/settings.py": """\
import environ

env = environ.Env(DEBUG=(bool, False))
SECRET_KEY = env("APP_KEY")
DEBUG = env("DEBUG")
ALLOWED_HOSTS = env.list("HOSTS")
DATABASES = {"default": env.db()}
DRAMATIQ_BROKER = {"BROKER": "dramatiq.brokers.redis.RedisBroker", "OPTIONS": {"url": env("BROKER")}}
EMAIL_HOST_PASSWORD = env("EMAIL_HOST_PASSWORD")
PAGE_SIZE = env.int("PAGE_SIZE")
""",
        "Procfile": "web: uvicorn shop.asgi:application --host 0.0.0.0 --port $PORT\n"
        "worker: python manage.py rundramatiq --processes 2\nrelease: python manage.py migrate --noinput\n",
        "Dockerfile": "FROM python:3.13\nWORKDIR /srv\nCOPY . .\nVOLUME /tmp\nUSER web\n",
    },
)

RQ = project(
    "shop",
    **{
        "Pipfile": '[packages]\ndjango = "*"\ndjango-rq = "*"\ngunicorn = "*"\npsycopg = "*"\n',
        "shop/settings.py": """\
from decouple import config, Csv

SECRET_KEY = config("SECRET_KEY")
DEBUG = config("DEBUG", default=True, cast=bool)
ALLOWED_HOSTS = config("ALLOWED_HOSTS", cast=Csv())
DATABASES = {
    "default": {
        "ENGINE": config("DB_ENGINE", default="django.db.backends.sqlite3"),
        "NAME": config("DB_NAME", default="db.sqlite3"),
        "HOST": config("DB_HOST", default=""),
        "USER": config("DB_USER", default=""),
        "PASSWORD": config("DB_PASSWORD", default=""),
    }
}
RQ_QUEUES = {"default": {"HOST": config("RQ_HOST"), "PORT": config("RQ_PORT", cast=int), "SSL": True}}
""",
    },
)

COOKIECUTTER = {
    **project("config", "config.settings.local"),
    "config/wsgi.py": WSGI.format(settings="config.settings.production"),
    "Dockerfile": "",
    "config/celery_app.py": 'from celery import Celery\n\napp = Celery("shop")\n',
    "config/settings/__init__.py": "",
    "config/settings/base.py": """\
import environ
from pathlib import Path

BASE_DIR = Path(__file__).parents[2]
env = environ.Env()
DEBUG = env.bool("DJANGO_DEBUG", False)
DATABASES = {"default": env.db("DATABASE_URL")}
REDIS_URL = env("REDIS_URL", default="redis://redis:6379/0")
CELERY_BROKER_URL = REDIS_URL
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
STATIC_ROOT = str(BASE_DIR / "staticfiles")
WSGI_APPLICATION = "config.wsgi.application"
""",
    "config/settings/local.py": "from .base import *\n\nDEBUG = True\n",
    "config/settings/production.py": """\
from .base import *
from .base import env

SECRET_KEY = env("DJANGO_SECRET_KEY")
ALLOWED_HOSTS = env.list("DJANGO_ALLOWED_HOSTS", default=["example.com"])
ADMIN_URL = env("DJANGO_ADMIN_URL")
SENTRY_DSN = env("SENTRY_DSN")
""",
    "compose/production/django/Dockerfile": """\
ARG VERSION=3.13
FROM docker.io/python:${VERSION} AS python
FROM python AS run
ARG HOME=/app
WORKDIR ${HOME}
COPY --chown=django ./compose/production/django/entrypoint /entrypoint
COPY --chown=django ./compose/production/django/start /start
COPY --chown=django ./compose/production/django/celery/worker/start /start-celeryworker
COPY --chown=django ./compose/production/django/celery/beat/start /start-celerybeat
COPY --chown=django . ${HOME}
USER django
ENTRYPOINT ["/entrypoint"]
""",
    "compose/production/django/entrypoint": """\
#!/bin/bash
set -o errexit
set -o nounset
export DATABASE_URL="postgres://${POSTGRES_USER}:${POSTGRES_PASSWORD}@${POSTGRES_HOST}:${POSTGRES_PORT}/${POSTGRES_DB}"
exec "$@"
""",
    "compose/production/django/start": """\
#!/bin/bash
python /app/manage.py collectstatic --noinput
exec gunicorn config.wsgi --bind 0.0.0.0:5000 --chdir=/app
""",
    "compose/production/django/celery/worker/start": "#!/bin/bash\nexec celery -A config.celery_app worker -l INFO\n",
    "compose/production/django/celery/beat/start": "#!/bin/bash\nexec celery -A config.celery_app beat -l INFO\n",
    "docker-compose.local.yml": "services:\n  django:\n    build: .\n    command: python manage.py runserver\n",
    "docker-compose.production.yml": """\
services:
  django: &django
    build:
      context: .
      dockerfile: ./compose/production/django/Dockerfile
    command: /start
  postgres:
    build: {context: ., dockerfile: ./compose/production/postgres/Dockerfile}
  celeryworker:
    <<: *django
    command: /start-celeryworker
  celerybeat:
    <<: *django
    command: /start-celerybeat
""",
    "requirements/base.txt": "django==5.2\ncelery==5.5\nredis==6\ndjango-celery-beat==2.8\nwhitenoise==6.9\n",
    "requirements/production.txt": "-r base.txt\ngunicorn==23.0\npsycopg[c]==3.2\n",
    "requirements/local.txt": "-r base.txt\nmysqlclient\n",
}

WAGTAIL = {
    **project("site_", "site_.settings.dev"),
    "requirements.txt": "Django>=5.2\nwagtail>=7.0\ngunicorn==23\n",
    "site_/settings/__init__.py": "",
    "site_/settings/base.py": """\
import os

BASE_DIR = os.path.dirname(os.path.dirname(__file__))
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.path.join(BASE_DIR, "db.sqlite3")}}
MEDIA_ROOT = os.path.join(BASE_DIR, "media")
""",
    "site_/settings/dev.py": 'from .base import *\n\nDEBUG = True\nSECRET_KEY = "x"\nALLOWED_HOSTS = ["*"]\n',
    "site_/settings/production.py": "from .base import *\n\nDEBUG = False\n",
    "Dockerfile": "FROM python:3.12\nENV PORT=8000\nWORKDIR /app\nCOPY . .\n"
    "CMD set -xe; python manage.py migrate --noinput; gunicorn site_.wsgi:application\n",
}

STRICT = {
    **{f"src/{name}": text for name, text in project("api").items() if name != "Dockerfile"},
    "Dockerfile": "FROM python:3.13 AS base\nWORKDIR /app\nCOPY src/ ./src/\nFROM base AS production\nUSER 1000\n"
    'CMD ["uv", "run", "gunicorn", "api.wsgi"]\nFROM base AS development\nCMD python src/manage.py runserver\n',
    "requirements.txt": "gunicorn\npsycopg\n",
    "src/api/environment.py": """\
import os
from django.core.exceptions import ImproperlyConfigured


def required(name):
    try:
        return os.environ[name]
    except KeyError:
        raise ImproperlyConfigured(name)


def number(name, default):
    return int(os.environ.get(name, default))
""",
    "src/api/settings.py": """\
import os
from api.environment import number, required

SECRET_KEY = required("API_TOKEN_SEED")
ALLOWED_HOSTS = [required("PUBLIC_NAME")]
DB_HOST = required("POSTGRES_HOST")
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": DB_HOST,
        "PORT": number("POSTGRES_PORT", 5432),
        "NAME": required("POSTGRES_DB"),
        "USER": required("POSTGRES_USER"),
        "PASSWORD": required("POSTGRES_PASSWORD"),
    }
}
PARTNER = os.environ["PARTNER_API_KEY"]
if "SENTRY_DSN" in os.environ:
    SENTRY = os.environ["SENTRY_RELEASE"]
""",
    "src/api/urls.py": 'from django.urls import path\n\nurlpatterns = [path("healthz/", lambda request: None)]\n',
}

SAMPLES: Mapping[str, Mapping[str, str]] = {
    "startproject with Celery": STARTPROJECT_CELERY,
    "Dramatiq": DRAMATIQ,
    "RQ": RQ,
    "cookiecutter-django": COOKIECUTTER,
    "wagtail start": WAGTAIL,
    "dies without POSTGRES_HOST": STRICT,
}


def write(directory: Path, files: Mapping[str, str]) -> Path:
    """These files in a directory."""
    for name, text in files.items():
        file = directory / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return directory
