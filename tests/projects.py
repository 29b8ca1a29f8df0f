"""Django projects as their generators write them, with the lines that every guide to deployment adds."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]
PYTHON = ROOT / ".venv-projects" / "bin" / "python"
REMEDY = "the packages of the projects (make .venv-projects/.synced)"

# https://docs.djangoproject.com/en/stable/howto/deployment/checklist/, and what hosts of Django ask for.
_GUIDE = """
import os
import dj_database_url

SECRET_KEY = os.environ["SECRET_KEY"]
DEBUG = os.environ.get("DEBUG") == "1"
ALLOWED_HOSTS = os.environ["ALLOWED_HOSTS"].split(",")
DATABASES = {"default": dj_database_url.config(conn_max_age=60)}
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
MIDDLEWARE.insert(1, "whitenoise.middleware.WhiteNoiseMiddleware")
STATIC_ROOT = BASE_DIR / "static"
"""
_HEALTH = """
from django.http import HttpResponse
urlpatterns += [path("healthz/", lambda request: HttpResponse("ok"))]
"""
_DOCKERFILE = """\
FROM python:3.12-slim
ENV PYTHONUNBUFFERED=1
WORKDIR /app
COPY requirements.txt .
RUN pip install -r requirements.txt
COPY . .
RUN python manage.py collectstatic --noinput
CMD ["gunicorn", "--bind", "0.0.0.0:{port}", "shop.wsgi"]
"""

POSTGRES = """
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": os.environ["POSTGRES_HOST"],
        "PORT": os.environ["POSTGRES_PORT"],
        "NAME": os.environ["POSTGRES_DB"],
        "USER": os.environ["POSTGRES_USER"],
        "PASSWORD": os.environ["POSTGRES_PASSWORD"],
    }
}
"""
"""Settings of a project that reads POSTGRES_*, and ends where one is missing."""

CELERY = """
from celery import Celery

app = Celery("shop")
app.config_from_object("django.conf:settings", namespace="CELERY")

@app.task
def hello():
    return "hello"
"""

DRAMATIQ = """
INSTALLED_APPS.append("django_dramatiq")
DRAMATIQ_BROKER = {
    "BROKER": "dramatiq.brokers.redis.RedisBroker",
    "OPTIONS": {"url": os.environ["REDIS_URL"]},
}
"""

RQ = """
INSTALLED_APPS.append("django_rq")
RQ_QUEUES = {"default": {"URL": os.environ["REDIS_URL"]}}
"""


def startproject(directory: Path, *, settings: str = "", port: int = 8000, celery: bool = False) -> Path:
    """What `django-admin startproject shop` writes, with the lines of the guides and these settings."""
    project = bare(directory)
    (project / "Dockerfile").write_text(_DOCKERFILE.format(port=port))
    _append(project / "shop" / "settings.py", _GUIDE + settings)
    _append(project / "shop" / "urls.py", _HEALTH)
    if celery:
        (project / "shop" / "celery.py").write_text(CELERY)
        (project / "shop" / "__init__.py").write_text("from shop.celery import app as celery_app\n")
        _append(project / "shop" / "settings.py", 'CELERY_BROKER_URL = os.environ["CELERY_BROKER_URL"]\n')
    return project


def bare(directory: Path) -> Path:
    """What `django-admin startproject shop` writes, which is SQLite and DEBUG."""
    project = directory / "shop"
    project.mkdir(parents=True)
    _admin("django", "startproject", "shop", str(project))
    return project


def wagtail(directory: Path, *, port: int = 8000) -> Path:
    """What `wagtail start shop` writes, with the lines of the guides in its production settings."""
    project = directory / "shop"
    project.mkdir(parents=True)
    _admin("wagtail", "start", "shop", str(project))
    (project / "Dockerfile").write_text(_DOCKERFILE.format(port=port))
    settings = project / "shop" / "settings" / "production.py"
    # Wagtail's own middleware looks for the site of a request in the database.
    _append(settings, _GUIDE)
    _append(project / "shop" / "urls.py", _HEALTH.replace("+= [", "[:0] = ["))
    return project


def _admin(module: str, *arguments: str) -> None:
    program = PYTHON.with_name("wagtail" if module == "wagtail" else "django-admin")
    done = subprocess.run([str(program), *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def _append(file: Path, text: str) -> None:
    file.write_text(file.read_text() + text)


def copy(project: Path, directory: Path) -> Path:
    """A copy of a project, for a test that changes it."""
    return Path(shutil.copytree(project, directory / project.name))
