"""This machine: SQLite and local memory at once; PostgreSQL and Redis when they are named, as compose.yaml does."""

from config.settings.base import *
from config.settings.base import BASE_DIR, environment

DEBUG = True
SECRET_KEY = "local-only-" + "0" * 50
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", "web"]
INTERNAL_IPS = ["127.0.0.1"]

if environment.optional("DATABASE_HOST"):
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": environment.text("DATABASE_HOST"),
            "PORT": environment.integer("DATABASE_PORT", 5432, minimum=1, maximum=65535),
            "NAME": environment.text("DATABASE_NAME"),
            "USER": environment.text("DATABASE_USER"),
            "PASSWORD": environment.text("DATABASE_PASSWORD"),
        }
    }
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": environment.text("SQLITE_PATH", str(BASE_DIR / "db.sqlite3")),
            "OPTIONS": {"transaction_mode": "IMMEDIATE", "init_command": "PRAGMA journal_mode=WAL;"},
        }
    }

if environment.optional("REDIS_URL"):
    CACHES = {
        "default": {
            "BACKEND": "operations.elasticache.ForgivingRedisCache",
            "LOCATION": environment.url("REDIS_URL", schemes=["redis", "rediss"]),
        }
    }
    CELERY_BROKER_URL = environment.url("CELERY_BROKER_URL", schemes=["redis", "rediss"])
else:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    CELERY_BROKER_URL = "memory://"
    CELERY_TASK_ALWAYS_EAGER = True

STATIC_ROOT.mkdir(exist_ok=True)  # WhiteNoise warns when it is missing, and here nothing has to be collected
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
MEDIA_ROOT = BASE_DIR / "media"
REST_FRAMEWORK = {
    **REST_FRAMEWORK,
    "DEFAULT_THROTTLE_RATES": {"anon": None, "user": None},
    # A browser gets a page of each address to try it, as the user who is signed in at /admin/.
    "DEFAULT_RENDERER_CLASSES": [
        "rest_framework.renderers.JSONRenderer",
        "rest_framework.renderers.BrowsableAPIRenderer",
    ],
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework_simplejwt.authentication.JWTAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {"request": {"level": "WARNING"}},  # runserver has a line for every request already
}

environment.require_valid()
