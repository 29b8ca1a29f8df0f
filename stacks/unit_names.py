"""The names of the units, which are part of states, ids and directories. Not in their classes, which import cdktf."""

from __future__ import annotations

NETWORK = "network"
POSTGRESQL = "postgresql"
REDIS = "redis"
CERTIFICATE = "certificate"
DJANGO_SERVICE = "django-service"
CLOUDFLARE_DNS = "cloudflare-dns"

UNITS = (NETWORK, POSTGRESQL, REDIS, CERTIFICATE, DJANGO_SERVICE, CLOUDFLARE_DNS)
"""The units of the stack. Which of them an environment has is `Environment.units`."""

BOOTSTRAP = "bootstrap"
"""The unit that comes before the stack, in a tree of its own."""
