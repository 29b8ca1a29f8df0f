"""Gunicorn's configuration: `gunicorn --config python:config.gunicorn config.wsgi`.

The number of workers is WEB_CONCURRENCY, which gunicorn reads by itself.
https://docs.gunicorn.org/en/stable/settings.html
"""

import os

from config.environment import Environment
from operations.logs import configuration

_environment = Environment(os.environ)

bind = "0.0.0.0:8000"
worker_class = "operations.worker.Worker"
threads = 4  # as many as the pool of database connections holds
worker_tmp_dir = "/dev/shm"  # the heartbeat file must be in memory, and the root file system is read-only
# Longer than the load balancer's idle timeout, of 60 s by default: else it meets closed connections and says 502.
keepalive = _environment.integer("GUNICORN_KEEPALIVE_SECONDS", 75, minimum=1, maximum=5000)
timeout = 30
graceful_timeout = 30
max_requests = 10_000
max_requests_jitter = 1_000
loglevel = _environment.text("GUNICORN_LOG_LEVEL", "info", choices=["debug", "info", "warning", "error", "critical"])
_environment.require_valid()
logconfig_dict = configuration(loglevel.upper())
control_socket_disable = True  # it would be written to the home directory, which is read-only
