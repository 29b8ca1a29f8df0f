"""The names of the units, which are part of states, ids and directories. Not in their classes, which import cdktf."""

from __future__ import annotations

ALERTS = "alerts"
NETWORK = "network"
POSTGRESQL = "postgresql"
REDIS = "redis"
CERTIFICATE = "certificate"
DJANGO_SERVICE = "django-service"
CLOUDFLARE_DNS = "cloudflare-dns"
ROUTE53_DNS = "route53-dns"
EXTERNAL_DNS = "external-dns"
BACKUP = "backup"
OBSERVABILITY = "observability"

UNITS = (NETWORK, POSTGRESQL, REDIS, CERTIFICATE, DJANGO_SERVICE, CLOUDFLARE_DNS)
"""The units of an environment that has them all, with DNS at Cloudflare."""

ALL_UNITS = (ALERTS, *UNITS, ROUTE53_DNS, EXTERNAL_DNS, BACKUP, OBSERVABILITY)
"""Every unit of the stack. Which of them an environment has is `Environment.units`."""

PAUSED = "paused.json"
"""The file beside their states that says what ran before the environment was paused."""

BOOTSTRAP = "bootstrap"
"""The unit that comes before the stack, in a tree of its own."""
