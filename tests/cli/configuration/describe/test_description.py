"""What the files of a Django project say, as application.py has it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cli.configuration.describe.description import Description
from cli.configuration.describe.project import Project
from cli.configuration.describe.source import Argument, Call, Value
from cli.configuration.describe.tree import Tree
from modules.validation import problems
from stacks.failure import Failure
from tests.cli.configuration.describe.samples import (
    COOKIECUTTER,
    DRAMATIQ,
    RQ,
    SAMPLES,
    STARTPROJECT_CELERY,
    STRICT,
    WAGTAIL,
    project,
    write,
)
from tests.support import environment


def described(directory: Path, files: Mapping[str, str]) -> Description:
    return Description(Project(Tree(write(directory, files))), "../shop")


def build(description: Description) -> dict[str, Value]:
    """The arguments of its BuildInputs."""
    found = description.arguments["build"].value
    assert isinstance(found, Call)
    return {name: argument.value for name, argument in found.arguments.items()}


def value(description: Description, name: str) -> Value:
    """The value of an argument; of a process or a task, its command."""
    found = description.arguments[name].value
    if isinstance(found, Call):
        return found.arguments["command"].value if found.arguments else None
    return found


def variables(directory: Path, settings: str, **files: str) -> dict[str, str | None]:
    """What a project with these settings is given."""
    found = described(directory, project("shop", **{"shop/settings.py": settings, **files})).arguments
    given = found["variables"].value if "variables" in found else {}
    assert isinstance(given, dict)
    return given


@pytest.mark.parametrize("name", SAMPLES)
def test_what_it_writes_is_what_an_environment_accepts(tmp_path: Path, name: str) -> None:
    scope: dict[str, Any] = {}
    exec(described(tmp_path, SAMPLES[name]).text, scope)
    given = environment()
    given = replace(given, django_service=replace(given.django_service, application=scope["APPLICATION"]))
    assert [*problems(given)] == []


def test_startproject_with_celery(tmp_path: Path) -> None:
    found = described(tmp_path, STARTPROJECT_CELERY)
    assert value(found, "settings_module") == "shop.settings"
    assert "web" not in found.arguments  # the CMD of the image
    assert value(found, "worker") == ("celery", "--app", "shop", "worker", "--loglevel", "INFO")
    beat = ("celery", "--app", "shop", "beat", "--loglevel", "INFO", "--schedule", "/tmp/celerybeat-schedule")
    assert value(found, "beat") == beat
    assert value(found, "variables") == {
        "SECRET_KEY": "{DJANGO_SECRET_KEY}",
        "DEBUG": "False",
        "ALLOWED_HOSTS": "{HOSTNAME}",  # it splits at spaces
        "QUEUE": "{CELERY_BROKER_URL}",
    }
    sqlite, debug = found.warnings
    assert sqlite.startswith("shop/settings.py:7: without DATABASE_URL it falls back to SQLite: ")
    assert debug == "shop/settings.py:5: DEBUG is on where DEBUG is missing: variables turn it off"


def test_dramatiq_by_its_procfile(tmp_path: Path) -> None:
    found = described(tmp_path, DRAMATIQ)
    assert value(found, "server") == "uvicorn"
    assert value(found, "web") == ("sh", "-c", "exec uvicorn shop.asgi:application --host 0.0.0.0 --port $PORT")
    assert value(found, "worker") == ("python", "manage.py", "rundramatiq", "--processes", "2")
    assert value(found, "release") == ("python", "manage.py", "migrate", "--noinput")
    assert value(found, "variables") == {
        "APP_KEY": "{DJANGO_SECRET_KEY}",
        "HOSTS": "{DJANGO_ALLOWED_HOSTS}",
        "BROKER": "{CELERY_BROKER_URL}",
    }
    assert "# - EMAIL_HOST_PASSWORD: runtime.secrets, by the ARN (shop/settings.py:9)\n" in found.text
    assert "# - PAGE_SIZE: runtime.variables (shop/settings.py:10)\n" in found.text
    assert found.warnings == []


def test_what_else_a_procfile_starts_is_a_further_worker(tmp_path: Path) -> None:
    procfile = """\
web: uvicorn shop.asgi:application --host 0.0.0.0 --port $PORT
worker: celery --app shop worker
worker_mail: celery --app shop worker --queues mail
consumer: python consume.py
beat: celery --app shop beat --schedule /tmp/schedule
admin: gunicorn admin.wsgi
9lives: python cat.py
"""
    found = described(tmp_path, {**DRAMATIQ, "Procfile": procfile})
    assert value(found, "worker") == ("celery", "--app", "shop", "worker")
    assert found.arguments["workers"].value == {
        "mail": Call(
            "QueueWorkerInputs", {"command": Argument(("celery", "--app", "shop", "worker", "--queues", "mail"))}
        ),
        "consumer": Call("QueueWorkerInputs", {"command": Argument(("python", "consume.py"))}),
    }
    assert '        "consumer": QueueWorkerInputs(command=("python", "consume.py")),\n' in found.text
    assert "Procfile:7: 9lives is not a name that a worker may have: add it to workers under another one" in (
        found.warnings
    )


def test_a_worker_of_the_procfile_is_one_whatever_it_runs(tmp_path: Path) -> None:
    found = described(tmp_path, {**DRAMATIQ, "Procfile": "worker: python consume.py\n"})
    assert value(found, "worker") == ("python", "consume.py")
    assert "workers" not in found.arguments


def test_a_worker_that_schedules_too_is_named(tmp_path: Path) -> None:
    procfile = """\
worker: celery --app shop worker -l INFO -B
worker_mail: celery --app shop worker --beat --queues mail
worker_slow: celery --app shop worker --queues B --hostname shop-Beta --loglevel INFO
"""
    found = described(tmp_path, {**DRAMATIQ, "Procfile": procfile})
    what = "schedules too (-B), and where two of it run, as during a deployment, each task is sent twice"
    remedy = "leave -B out, and describe beat"
    assert found.warnings == [f"Procfile:{line}: the worker {what}: {remedy}" for line in (1, 2)]
    assert found.arguments["worker"].comments == (f"It {what}: {remedy}.",)
    workers = found.arguments["workers"].value
    assert isinstance(workers, dict)
    assert {name: len(each.arguments["command"].comments) for name, each in workers.items()} == {"mail": 1, "slow": 0}
    short = described(tmp_path, {**DRAMATIQ, "Procfile": "worker_mail: celery worker -B\nworker: celery worker\n"})
    assert '        "mail": QueueWorkerInputs(\n            # It schedules too (-B), ' in short.text


def test_an_image_and_a_procfile_that_start_web_otherwise_are_both_named(tmp_path: Path) -> None:
    start = 'CMD ["uvicorn", "shop.asgi:application", "--host", "0.0.0.0", "--port", "8000"]'
    files = {**DRAMATIQ, "Dockerfile": f"{DRAMATIQ['Dockerfile']}{start}\n"}
    found = described(tmp_path, files)
    assert value(found, "web") is None
    (note,) = found.arguments["web"].comments
    assert note == (
        "As the image starts it (Dockerfile:6), though Procfile:1 says sh -c exec uvicorn shop.asgi:application "
        "--host 0.0.0.0 --port $PORT: give web that command if it is the right one."
    )
    assert found.warnings == ["Procfile:1: web starts otherwise than in Dockerfile:6: look which of the two is right"]
    for same in ("uvicorn shop.asgi:application --host 0.0.0.0 --port 8000", "python manage.py runserver"):
        assert described(tmp_path, {**files, "Procfile": f"web: {same}\n"}).warnings == []


def test_daphne_hangs_up_no_later_than_the_load_balancer_which_is_said(tmp_path: Path) -> None:
    procfile = "web: daphne --bind 0.0.0.0 --port 8000 shop.asgi:application\n"
    found = described(tmp_path, {**DRAMATIQ, "Procfile": procfile})
    (said,) = found.warnings
    assert said == (
        "Procfile:1: daphne closes idle connections after 60 s, and the load balancer may answer 502: "
        "set load_balancer.idle_timeout_seconds below 60 in each environment"
    )


def test_what_serves_http_beside_web_is_a_question_and_no_guess(tmp_path: Path) -> None:
    sample = {**DRAMATIQ, "Procfile": f"{DRAMATIQ['Procfile']}\nchat: daphne shop.asgi:application\n"}
    found = described(tmp_path, sample)
    assert "webs" not in found.arguments
    assert value(found, "web") == value(described(tmp_path, DRAMATIQ), "web")
    (line,) = found.warnings
    assert re.fullmatch(
        r"Procfile:\d+: chat serves HTTP too: describe it in webs, with the route of its requests", line
    )
    assert "# chat serves HTTP too (Procfile:" in found.text


def test_rq_with_python_decouple(tmp_path: Path) -> None:
    found = described(tmp_path, RQ)
    assert value(found, "worker") == ("python", "manage.py", "rqworker", "default")
    assert value(found, "variables") == {
        "SECRET_KEY": "{DJANGO_SECRET_KEY}",
        "DEBUG": "False",
        "ALLOWED_HOSTS": "{DJANGO_ALLOWED_HOSTS}",
        "DB_ENGINE": "django.db.backends.postgresql",
        "DB_NAME": "{DATABASE_NAME}",
        "DB_HOST": "{DATABASE_HOST}",
        "DB_USER": "{DATABASE_USER}",
        "DB_PASSWORD": "{DATABASE_PASSWORD}",
        "RQ_HOST": "{CELERY_BROKER_HOST}",
        "RQ_PORT": "{CELERY_BROKER_PORT}",
    }


def test_a_project_in_the_shape_of_cookiecutter_django(tmp_path: Path) -> None:
    found = described(tmp_path, COOKIECUTTER)
    assert value(found, "settings_module") == "config.settings.production"
    assert build(found) == {"context": "../shop", "dockerfile": "../shop/compose/production/django/Dockerfile"}
    assert [value(found, name) for name in ("web", "worker", "beat")] == [
        ("/start",),
        ("/start-celeryworker",),
        ("/start-celerybeat",),
    ]
    port = "It listens on 5000: give WebInputs container_port=5000 in each environment."
    assert found.arguments["web"].comments == (port,)
    assert value(found, "variables") == {
        "POSTGRES_USER": "{DATABASE_USER}",
        "POSTGRES_PASSWORD": "{DATABASE_PASSWORD}",
        "POSTGRES_HOST": "{DATABASE_HOST}",
        "POSTGRES_PORT": "{DATABASE_PORT}",
        "POSTGRES_DB": "{DATABASE_NAME}",
    }
    assert "# - SENTRY_DSN: runtime.secrets, by the ARN (config/settings/production.py:7)\n" in found.text
    assert value(found, "writable_directories") == ("/app/staticfiles",)
    (said,) = found.warnings
    assert said.startswith("manage.py:2: Deployed with config.settings.production, though manage.py:2 says config.")
    assert "image_declares_volumes" not in found.arguments


FURTHER = {
    "django": "/start",
    "celeryworker": "celery -A config.celery_app worker -Q default",
    "celeryworker-mail": "celery -A config.celery_app worker -Q mail",
    "asgi": "daphne -b 0.0.0.0 -p 8001 config.asgi:application",
    "cron": "python manage.py sendqueued",
    "clock": "python manage.py runclock",
}


@pytest.mark.parametrize("file", ["docker-compose.production.yml", "Procfile"])
def test_a_compose_file_and_a_procfile_come_to_the_same_processes(tmp_path: Path, file: str) -> None:
    image = "{context: ., dockerfile: ./compose/production/django/Dockerfile}"
    services = "".join(f"  {name}:\n    image: shop\n    command: {command}\n" for name, command in FURTHER.items())
    services = f"services:\n  redis:\n    image: redis\n    command: redis-server\n{services}"
    services = services.replace("  django:\n", f"  django:\n    build: {image}\n")
    procfile = "".join(f"{name}: {command}\n" for name, command in FURTHER.items())
    files = {**COOKIECUTTER, file: procfile.replace("django:", "web:") if file == "Procfile" else services}
    found = described(tmp_path, files)
    assert value(found, "web") == ("/start",)
    assert value(found, "worker") == ("celery", "-A", "config.celery_app", "worker", "-Q", "default")
    assert value(found, "beat") == ("python", "manage.py", "runclock")
    (note,) = found.arguments["beat"].comments
    assert note.startswith("As beat, never more than one runs")
    workers = found.arguments["workers"].value
    assert isinstance(workers, dict)
    assert {name: each.arguments["command"].value for name, each in workers.items()} == {
        "mail": ("celery", "-A", "config.celery_app", "worker", "-Q", "mail"),
        "cron": ("python", "manage.py", "sendqueued"),
    }
    assert "# asgi serves HTTP too on 8001 (" in found.text


def test_a_service_that_is_named_as_web_is_web_though_its_script_is_not_there(tmp_path: Path) -> None:
    compose = "services:\n  asgi: {build: ., command: daphne -p 8001 shop.asgi}\n  web: {build: ., command: /start}\n"
    found = described(tmp_path, {**DRAMATIQ, "Procfile": "", "compose.yaml": compose})
    assert value(found, "web") == ("/start",)


def test_of_two_that_schedule_one_is_a_worker_of_which_a_deployment_must_not_run_two(tmp_path: Path) -> None:
    procfile = "web: gunicorn config.wsgi\nbeat: celery -A config beat -s /tmp/s\nclock: python manage.py runclock\n"
    found = described(tmp_path, {**COOKIECUTTER, "Procfile": procfile})
    assert value(found, "beat") == ("celery", "-A", "config", "beat", "-s", "/tmp/s")
    assert "# clock schedules (Procfile:3)" in found.text


def test_redis_comes_with_what_builds_on_it(tmp_path: Path) -> None:
    requirements = STARTPROJECT_CELERY["requirements.txt"].replace("celery[redis]", "celery")
    for more, expected in (("", 1), ("django-redis\n", 0)):
        found = described(tmp_path, {**STARTPROJECT_CELERY, "requirements.txt": requirements + more})
        assert sum("no file installs redis" in each for each in found.warnings) == expected


def test_an_image_that_declares_what_is_written_saves_a_container(tmp_path: Path) -> None:
    for volumes, expected in (("/tmp", True), ("/tmp /srv/media", True), ("/srv/media", False)):
        files = project("shop", **{"shop/settings.py": ""})
        files["Dockerfile"] = f"FROM python:3.13\nVOLUME {volumes}\nUSER web\n"
        assert ("image_declares_volumes" in described(tmp_path, files).arguments) is expected


def test_wagtail_start_is_always_sqlite(tmp_path: Path) -> None:
    found = described(tmp_path, WAGTAIL)
    assert value(found, "settings_module") == "site_.settings.production"
    assert "variables" not in found.arguments
    places = [warning.partition(": ")[0] for warning in found.warnings]
    assert places == [
        "site_/wsgi.py:3",
        "Dockerfile",  # it runs as root
        "Dockerfile:5",  # it starts with a migration
        "site_/settings/base.py:4",  # SQLite
        "../shop",  # no driver
        "site_/settings/base.py:5",  # uploads
    ]
    assert "its database is always SQLite, which each deployment loses" in found.warnings[3]


def test_a_project_that_dies_without_postgres_host(tmp_path: Path) -> None:
    found = described(tmp_path, STRICT)
    assert build(found) == {"context": "../shop", "target": "production"}
    assert value(found, "manage") == ("uv", "run", "python", "src/manage.py")
    assert found.arguments["health"].value == Call(
        "HealthInputs", {"path": Argument("/healthz/"), "codes": Argument("200-499")}
    )
    assert value(found, "variables") == {
        "API_TOKEN_SEED": "{DJANGO_SECRET_KEY}",
        "PUBLIC_NAME": "{HOSTNAME}",
        "POSTGRES_HOST": "{DATABASE_HOST}",
        "POSTGRES_PORT": "{DATABASE_PORT}",
        "POSTGRES_DB": "{DATABASE_NAME}",
        "POSTGRES_USER": "{DATABASE_USER}",
        "POSTGRES_PASSWORD": "{DATABASE_PASSWORD}",
    }
    assert "# - PARTNER_API_KEY: runtime.secrets" in found.text
    assert "SENTRY_RELEASE" not in found.text  # it is asked for only where another is given


@pytest.mark.parametrize(
    ("read", "off"),
    [
        ('os.getenv("D", "1") == "1"', "False"),
        ('os.getenv("D", "1") != "0"', "0"),
        ('os.getenv("D", "yes").lower() not in ("no", "0")', "no"),
        ('int(os.environ.get("D", 1))', "0"),
        ('bool(os.environ.get("D", True))', ""),
    ],
)
def test_debug_is_turned_off_as_the_project_reads_it(tmp_path: Path, read: str, off: str) -> None:
    assert variables(tmp_path, f"import os\nDEBUG = {read}\n") == {"D": off}


@pytest.mark.parametrize("read", ['os.getenv("D") == "1"', 'os.environ.get("D", "0") == "1"', "False"])
def test_debug_that_is_off_stays_so(tmp_path: Path, read: str) -> None:
    assert variables(tmp_path, f"import os\nDEBUG = {read}\n") == {}


def test_names_of_the_platform_stay_what_they_are(tmp_path: Path) -> None:
    settings = 'import os\nCELERY_BROKER_URL = os.environ["REDIS_URL"]\nSECRET_KEY = os.environ["DJANGO_SECRET_KEY"]\n'
    assert variables(tmp_path, settings) == {}


def test_the_prefix_of_a_project_is_no_part_of_a_name(tmp_path: Path) -> None:
    names = ("DBHOST", "DB_NAME", "TITLE", "COLOUR")
    settings = "import os\n" + "".join(f'SET_{name} = os.environ.get("SHOP_{name}")\n' for name in names)
    assert variables(tmp_path, settings) == {"SHOP_DBHOST": "{DATABASE_HOST}", "SHOP_DB_NAME": "{DATABASE_NAME}"}


def test_a_variable_that_chooses_the_engine_chooses_postgresql(tmp_path: Path) -> None:
    settings = """\
import os
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db"}}
if os.getenv("DB") == "postgres":
    DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "HOST": os.getenv("DB_HOST", "")}}
"""
    assert variables(tmp_path, settings) == {"DB": "postgres", "DB_HOST": "{DATABASE_HOST}"}


def test_django_configurations_names_variables_by_its_settings(tmp_path: Path) -> None:
    settings = """\
from configurations import Configuration, values

class Base(Configuration):
    SECRET_KEY = values.SecretValue()
    DATABASES = values.DatabaseURLValue()

class Production(Base):
    ALLOWED_HOSTS = values.ListValue([])
"""
    found = described(tmp_path, project("shop", **{"shop/settings.py": settings}))
    assert value(found, "variables") == {"DJANGO_CONFIGURATION": "Production"}
    assert [each.what for each in found.found if each.value.startswith("{")] == [
        *("DJANGO_SECRET_KEY", "DATABASE_URL", "DJANGO_ALLOWED_HOSTS"),
    ]


def test_geodjango_has_a_url_of_its_own(tmp_path: Path) -> None:
    settings = 'DATABASES = {"default": {"ENGINE": "django.contrib.gis.db.backends.postgis"}}\n'
    found = described(tmp_path, project("shop", **{"shop/settings.py": settings}))
    assert 'database=DatabaseInputs(url="postgis://{user}:{password}@{host}:{port}/{name}"),' in found.text


def test_split_settings_are_read_in_their_order(tmp_path: Path) -> None:
    files = {
        "shop/settings/__init__.py": 'from split_settings.tools import include\ninclude("parts/*.py")\n',
        "shop/settings/parts/a.py": 'import os\nKEY = os.environ["APP_KEY"]\n',
        "shop/settings/parts/b.py": "SECRET_KEY = KEY\n",
    }
    found = described(tmp_path, project("shop", **files))
    assert value(found, "variables") == {"APP_KEY": "{DJANGO_SECRET_KEY}"}


def test_a_script_is_the_one_that_lies_there_in_the_image(tmp_path: Path) -> None:
    files = project("shop", **{"shop/settings.py": "", "a/run": "#!/bin/sh\nsleep 1\n"})
    files |= {"z/run": "#!/bin/sh\nexec gunicorn shop.wsgi --bind :9000\n", "requirements.txt": "psycopg\n"}
    files["Dockerfile"] = "FROM python:3.13\nCOPY z /scripts\nVOLUME /tmp\nUSER web\nCMD /scripts/run\n"
    (note,) = described(tmp_path, files).arguments["web"].comments
    assert note == "It listens on 9000: give WebInputs container_port=9000 in each environment."


def test_settings_that_the_image_puts_in_place_are_read(tmp_path: Path) -> None:
    files = project("shop", "settings.config", **{"docker/config.py": "from .common import *\nSECRET_KEY = KEY\n"})
    files |= {"settings/__init__.py": "", "settings/common.py": 'import os\nKEY = os.environ["APP_KEY"]\n'}
    files["Dockerfile"] += "RUN mkdir -p /srv && cp docker/config.py settings/config.py\n"
    found = described(tmp_path, files)
    assert value(found, "variables") == {"APP_KEY": "{DJANGO_SECRET_KEY}"}
    assert not any("is no module" in each for each in found.warnings)


def test_keys_of_aws_are_replaced_by_rights(tmp_path: Path) -> None:
    settings = 'import os\nKEY = os.environ["AWS_ACCESS_KEY_ID"]\nBUCKET = os.environ["AWS_STORAGE_BUCKET_NAME"]\n'
    text = described(tmp_path, project("shop", **{"shop/settings.py": settings})).text
    assert "# Rights in AWS come from runtime.iam_statements, in place of AWS_ACCESS_KEY_ID.\n" in text
    assert "# - AWS_STORAGE_BUCKET_NAME: runtime.variables (shop/settings.py:3)\n" in text
    assert "- AWS_ACCESS_KEY_ID" not in text


def test_a_broker_that_is_no_url_is_named(tmp_path: Path) -> None:
    settings = "import os\nCELERY_BROKER_URL = f\"amqp://{os.environ['MQ_USER']}@{os.environ['MQ_HOST']}\"\n"
    packages = {"requirements.txt": "celery\ngunicorn\npsycopg\n"}
    found = described(tmp_path, project("shop", **{"shop/settings.py": settings}, **packages))
    assert "variables" not in found.arguments
    assert [each.partition(": let")[0].partition(": add")[0] for each in found.warnings] == [
        "requirements.txt:1: no file installs redis, with which Celery reaches the queue",
        "shop/settings.py:2: its broker is put together from MQ_USER and others",
    ]


def test_an_engine_is_one_of_those_that_a_call_offers(tmp_path: Path) -> None:
    settings = """\
import os

def choose(name, choices, default):
    return os.environ.get(name, default)

DATABASES = make(choose("SHOP_DBENGINE", {"sqlite", "postgresql"}, "sqlite"), parse_redis_url(os.getenv("SHOP_REDIS")))
"""
    assert variables(tmp_path, settings) == {"SHOP_DBENGINE": "postgresql", "SHOP_REDIS": "{REDIS_URL}"}


@pytest.mark.parametrize(
    ("urls", "path"),
    [
        ('path("admin/", admin.site.urls)', "/admin/login/"),
        ('re_path(r"^django-admin/", admin.site.urls)', "/django-admin/login/"),
        ('path("admin/", admin.site.urls),\n    path("ping/", ping)', "/ping/"),
        ('path("", home), path("health/", include("checks")), path("up/", up), path("o/", include("o"))', "/up/"),
        ('path(\n        "alive",\n        alive,\n    )', "/alive"),
        ("", "/"),
    ],
)
def test_health_is_a_page_that_answers_anybody(tmp_path: Path, urls: str, path: str) -> None:
    files = {"shop/settings.py": "", "shop/urls.py": f"urlpatterns = [\n    {urls}\n]\n"}
    text = described(tmp_path, project("shop", **files)).text
    assert f'health=HealthInputs(path="{path}", codes="200-499"),' in text


def test_what_is_for_developers_is_not_installed(tmp_path: Path) -> None:
    files = project("shop", **{"shop/settings.py": "", "requirements-dev.txt": "psycopg\n"})
    (warning,) = described(tmp_path, files).warnings
    assert warning.startswith("../shop: no file installs a driver for PostgreSQL: ")


def test_a_compose_file_chooses_the_stage(tmp_path: Path) -> None:
    files = project("shop", **{"shop/settings.py": "", "compose.yaml": "services: {web: {build: {target: server}}}\n"})
    files["Dockerfile"] = "FROM python:3.13 AS server\nWORKDIR /one\nFROM server AS other\nWORKDIR /two\n"
    found = described(tmp_path, files)
    assert build(found) == {"context": "../shop", "target": "server"}
    assert [each.value for each in found.found if each.what == "Dockerfile"] == ["in /one, as root, stage server"]


def test_without_a_dockerfile_it_says_so(tmp_path: Path) -> None:
    files = project("shop", **{"shop/settings.py": "", "requirements.txt": "gunicorn\npsycopg\n"})
    del files["Dockerfile"]
    found = described(tmp_path, files)
    assert value(found, "web") == ("gunicorn", "shop.wsgi:application")
    assert found.warnings == ["../shop: there is no Dockerfile: write one, or name an image in each environment"]


def test_a_server_that_hangs_up_before_the_load_balancer_is_named(tmp_path: Path) -> None:
    dockerfile = "FROM python:3.13\nUSER web\nVOLUME /tmp\nCMD uvicorn shop.asgi --timeout-keep-alive=35\n"
    files = project("shop", **{"shop/settings.py": "", "requirements.txt": "psycopg\n", "Dockerfile": dockerfile})
    (warning,) = described(tmp_path, files).warnings
    assert warning.startswith("Dockerfile:4: closes idle connections after 35 s, before the load balancer does")


def test_nothing_of_the_project_runs(tmp_path: Path) -> None:
    trap = f"open({str(tmp_path / 'ran')!r}, 'w')\n"
    files = project("shop", **{"shop/settings.py": trap, "setup.py": trap, "conftest.py": trap, "manage.py": ""})
    files["manage.py"] = trap + "execute_from_command_line()\n"
    described(tmp_path, files)
    assert not (tmp_path / "ran").exists()


def test_no_file_outside_of_the_project_is_read(tmp_path: Path) -> None:
    (tmp_path / "other.py").write_text('import os\nX = os.environ["SECRET_OF_ANOTHER"]\n')
    root = write(tmp_path / "shop", project("shop", **{"shop/settings.py": "from .more import *\n"}))
    (root / "shop" / "more.py").symlink_to(tmp_path / "other.py")
    assert "SECRET_OF_ANOTHER" not in Description(Project(Tree(root)), "../shop").text


@pytest.mark.parametrize("settings", ["print 'old'\n", f"X = {'-' * 5000}1\n", "\0"])
def test_python_that_cannot_be_read_is_named(tmp_path: Path, settings: str) -> None:
    found = described(tmp_path, project("shop", **{"shop/settings.py": settings}))
    assert any(each.startswith("shop/settings.py: cannot be read as Python: ") for each in found.warnings)


def test_a_directory_without_manage_py_is_none(tmp_path: Path) -> None:
    with pytest.raises(Failure, match=r"there is no manage\.py: name the directory of a Django project"):
        Project(Tree(tmp_path))
