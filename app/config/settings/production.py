"""AWS. Every value without a default is set by the task definitions; the others may be.

https://docs.djangoproject.com/en/5.2/howto/deployment/checklist/
"""

import ssl

from config.settings.base import *
from config.settings.base import environment
from operations import logs, rds

ENVIRONMENT = environment.text("ENVIRONMENT")
AWS_REGION = environment.text("AWS_REGION")

# --- Security ------------------------------------------------------------------------------------------------------

DEBUG = False
SECRET_KEY = environment.checked(
    "DJANGO_SECRET_KEY",
    environment.text("DJANGO_SECRET_KEY", minimum_length=50),
    lambda key: not key.startswith("django-insecure-") and (not key or len(set(key)) >= 5),
    "generate one with django.core.management.utils.get_random_secret_key",
)
ALLOWED_HOSTS = environment.hosts("DJANGO_ALLOWED_HOSTS")
SECURE_SSL_REDIRECT = True
SECURE_PROXY_SSL_HEADER = (environment.text("FORWARDED_PROTO_HEADER", "HTTP_X_FORWARDED_PROTO"), "https")
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
X_FRAME_OPTIONS = "DENY"

# --- PostgreSQL on RDS ---------------------------------------------------------------------------------------------

DATABASE_AUTHENTICATION = environment.text("DATABASE_AUTHENTICATION", choices=["iam", "secret", "password"])

_pool: dict[str, object] = {
    "min_size": 1,
    "max_size": environment.integer("DATABASE_POOL_SIZE", 4, minimum=1, maximum=100),
    "timeout": 3,  # seconds that a request waits for a connection; readiness must say so before it is given up
    "reconnect_timeout": 0,  # no waiting for a database that is away: a request some seconds later tries again
}
if DATABASE_AUTHENTICATION == "iam":
    _pool["connection_class"] = rds.connection_class(rds.iam_token(AWS_REGION))
elif DATABASE_AUTHENTICATION == "secret":
    _pool["connection_class"] = rds.connection_class(
        rds.managed_secret(AWS_REGION, environment.text("DATABASE_SECRET_ARN"))
    )

DATABASES = {
    "default": {
        "ENGINE": "operations.postgresql",
        "HOST": environment.text("DATABASE_HOST"),
        "PORT": environment.integer("DATABASE_PORT", minimum=1, maximum=65535),
        "NAME": environment.text("DATABASE_NAME"),
        "USER": environment.text("DATABASE_USER"),
        "PASSWORD": environment.text("DATABASE_PASSWORD") if DATABASE_AUTHENTICATION == "password" else "",
        "CONN_HEALTH_CHECKS": True,  # a connection that a restart or failover broke is replaced before it is used
        "OPTIONS": {
            "pool": _pool,
            "sslmode": "verify-full",
            # The image holds https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem here.
            "sslrootcert": environment.text("DATABASE_CA_BUNDLE", "/etc/ssl/certs/rds-global-bundle.pem"),
            "connect_timeout": 3,
            "tcp_user_timeout": 15_000,  # milliseconds; a failover leaves connections to nowhere
            "application_name": f"django-{ENVIRONMENT}",
        },
    }
}

# --- Redis on ElastiCache --------------------------------------------------------------------------------------------

REDIS_IAM_USER = environment.optional("REDIS_IAM_USER") or ""
if REDIS_IAM_USER:
    REDIS_REPLICATION_GROUP_ID = environment.text("REDIS_REPLICATION_GROUP_ID")
    CELERY_BROKER_REPLICATION_GROUP_ID = environment.text("CELERY_BROKER_REPLICATION_GROUP_ID")

_redis_url = environment.url("REDIS_URL", schemes=["rediss"])
_redis_ca_bundle = environment.optional("REDIS_CA_BUNDLE")  # ElastiCache's certificates are publicly trusted
_redis_tls = {"ssl_cert_reqs": "required", "ssl_check_hostname": True, "ssl_ca_certs": _redis_ca_bundle}
_redis_credentials: dict[str, object] = {}
# Celery prefers the variable CELERY_BROKER_URL to the setting of that name, but not to these two. Kombu drops
# CELERY_BROKER_USE_SSL where the URL has an option of TLS, as that variable has.
CELERY_BROKER_READ_URL = CELERY_BROKER_WRITE_URL = environment.url("CELERY_BROKER_URL", schemes=["rediss"])
if REDIS_IAM_USER:
    from operations.elasticache import CacheIam

    _redis_credentials["credential_provider"] = CacheIam()
    CELERY_BROKER_READ_URL += "?credential_provider=operations.elasticache.BrokerIam"
    CELERY_BROKER_WRITE_URL = CELERY_BROKER_READ_URL

CACHES = {
    "default": {
        "BACKEND": "operations.elasticache.ForgivingRedisCache",
        "LOCATION": _redis_url,
        "VERSION": 2,  # values of version 1 are pickled, and tasks of both serve during a rolling deployment
        "OPTIONS": {**_redis_tls, **_redis_credentials, "socket_connect_timeout": 2, "socket_timeout": 2},
    }
}
CELERY_BROKER_USE_SSL = {**_redis_tls, "ssl_cert_reqs": ssl.CERT_REQUIRED}
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,  # longer than a task may take, else Redis hands it to a second worker
    "socket_connect_timeout": 5,
    "socket_timeout": 30,
    "health_check_interval": 25,
}

# --- Files ---------------------------------------------------------------------------------------------------------

STORAGES: dict[str, dict[str, object]] = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
if _media_bucket := environment.optional("MEDIA_BUCKET"):
    STORAGES["default"] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": _media_bucket,
            "region_name": AWS_REGION,
            "file_overwrite": False,  # the library's default: two uploads of one name would be one
            "signature_version": "s3v4",  # the library's default is refused by buckets made since 2020
        },
    }
SALARY_WORK_DIR = Path(environment.text("SALARY_WORK_DIR", "/tmp/salaries"))  # nothing but /tmp can be written
SALARY_RAW_DIR = SALARY_WORK_DIR / "raw"
SALARY_DATASET = SALARY_WORK_DIR / "tech_salaries_sample.csv"

# --- Mail ----------------------------------------------------------------------------------------------------------

EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
if environment.optional("EMAIL_HOST"):
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST = environment.text("EMAIL_HOST")
    EMAIL_PORT = environment.integer("EMAIL_PORT", 587, minimum=1, maximum=65535)
    EMAIL_HOST_USER = environment.optional("EMAIL_USER") or ""
    EMAIL_HOST_PASSWORD = environment.optional("EMAIL_PASSWORD") or ""
    EMAIL_USE_TLS = True
    EMAIL_TIMEOUT = 10
    DEFAULT_FROM_EMAIL = environment.text("EMAIL_FROM")

# --- Logs ----------------------------------------------------------------------------------------------------------

LOGGING = logs.configuration(
    environment.text("LOG_LEVEL", "INFO", choices=["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"])
)

environment.require_valid()
