"""What is the same everywhere. https://docs.djangoproject.com/en/5.2/ref/settings/"""

import os
from datetime import timedelta
from pathlib import Path

from celery.schedules import crontab

from config.environment import Environment

BASE_DIR = Path(__file__).resolve().parents[2]

environment = Environment(os.environ)
"""Each settings module asks it for what it needs, and the last line of each is `environment.require_valid()`."""

ENVIRONMENT = "local"
AWS_REGION = ""
REDIS_IAM_USER = ""
REDIS_REPLICATION_GROUP_ID = ""
CELERY_BROKER_REPLICATION_GROUP_ID = ""

# --- Applications --------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "operations",  # before auth: of two commands named createsuperuser, Django takes that of the first application
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "corsheaders",
    "rest_framework",
    "rest_framework_simplejwt.token_blacklist",
    "drf_spectacular",
    "salaries",
]

MIDDLEWARE = [
    "operations.middleware.RequestLog",
    # Before everything that looks at the host or the scheme: the load balancer comes by IP address and over HTTP.
    "operations.middleware.HealthChecks",
    "django.middleware.security.SecurityMiddleware",
    "operations.middleware.ContentSecurityPolicy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

# --- Language and time ---------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True

# --- Files ---------------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
MEDIA_URL = "/media/"

# --- Sessions and bodies -------------------------------------------------------------------------------------------

SESSION_ENGINE = "operations.sessions"
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024  # bytes of a body that is not a file; JSON takes many times that in memory

# --- API -----------------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework_simplejwt.authentication.JWTAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.DjangoModelPermissionsOrAnonReadOnly"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["salaries.api.parsers.FlatJSONParser"],
    "DEFAULT_PAGINATION_CLASS": "salaries.api.pagination.NewestFirst",
    "PAGE_SIZE": 20,
    "DEFAULT_THROTTLE_CLASSES": [
        "salaries.api.throttles.AnonThrottle",
        "salaries.api.throttles.UserThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": {
        "anon": environment.text("API_THROTTLE_ANON", "100/hour"),
        "user": environment.text("API_THROTTLE_USER", "1000/hour"),
    },
    # How many proxies add to X-Forwarded-For: Cloudflare and the load balancer. Throttles count by the address that
    # the outermost of them saw.
    "NUM_PROXIES": environment.integer("TRUSTED_PROXIES", 2, minimum=0, maximum=5),
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "salaries.api.errors.handle",
}

SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=60),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=7),
    "ROTATE_REFRESH_TOKENS": True,
    "BLACKLIST_AFTER_ROTATION": True,
    "CHECK_REVOKE_TOKEN": True,
    "TOKEN_REFRESH_SERIALIZER": "salaries.api.tokens.RevocableTokenRefreshSerializer",
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Salary insights",
    "DESCRIPTION": "What technology roles earn, by place, level and way of working.",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
}

CORS_ALLOWED_ORIGINS = environment.names("CORS_ALLOWED_ORIGINS", [])
"""Where an exported dashboard is served from, such as https://salaries.example.com."""
CORS_URLS_REGEX = r"^/api/.*$"
CORS_ALLOW_METHODS = ["GET", "OPTIONS"]

# --- Celery: no results, so that Redis holds nothing but the queue -------------------------------------------------

CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = TIME_ZONE
CELERY_TASK_TIME_LIMIT = 30 * 60
CELERY_TASK_SOFT_TIME_LIMIT = 28 * 60
# A task that a stopping or dying worker leaves behind is done again by another: tasks must bear to be repeated.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# With REMAP_SIGTERM=SIGQUIT (set in the image) SIGTERM means: finish within this time, then give back what is left.
# It must end before the container's stop timeout, which on Fargate is at most 120 s.
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = environment.integer("CELERY_SHUTDOWN_SECONDS", 60, minimum=1, maximum=115)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_REDIRECT_STDOUTS = False  # else the metric of the queue is dressed up as a line of the log
CELERY_BEAT_SCHEDULER = "operations.beat.KeptScheduler"
CELERY_BEAT_SCHEDULE = {
    "refresh-the-dataset": {"task": "salaries.tasks.refresh_dataset", "schedule": crontab(hour="4", minute="0")},
    "forget-expired-tokens": {
        "task": "salaries.tasks.forget_expired_tokens",
        "schedule": crontab(hour="5", minute="0"),
    },
}

# --- Database users that `init_database` creates ----------------------------------------------------------------------

DATABASE_APP_USER = environment.text("DATABASE_APP_USER", "app_user")
DATABASE_MIGRATION_USER = environment.text("DATABASE_MIGRATION_USER", "migrator")

# --- Salaries ------------------------------------------------------------------------------------------------------

SALARY_SOURCES = Path(environment.text("SALARY_SOURCES", str(BASE_DIR / "config" / "salary_sources.json")))
SALARY_WORK_DIR = Path(environment.text("SALARY_WORK_DIR", str(BASE_DIR / "data")))
SALARY_RAW_DIR = SALARY_WORK_DIR / "raw"
SALARY_DATASET = SALARY_WORK_DIR / "tech_salaries_sample.csv"
