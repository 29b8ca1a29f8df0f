"""Gunicorn's configuration: `gunicorn --config python:config.gunicorn config.wsgi`.

The number of workers is WEB_CONCURRENCY, which gunicorn reads by itself.
https://docs.gunicorn.org/en/stable/settings.html
"""

import os

from config.logs import configuration

bind = "0.0.0.0:8000"
worker_class = "gthread"
threads = 4  # as many as the pool of database connections holds
worker_tmp_dir = "/dev/shm"  # the heartbeat file must be in memory, and the root file system is read-only
keepalive = 75  # longer than the load balancer's idle timeout of 60 s: else it meets closed connections and says 502
timeout = 30
graceful_timeout = 30
max_requests = 10_000
max_requests_jitter = 1_000
loglevel = os.environ.get("GUNICORN_LOG_LEVEL", "info")
logconfig_dict = configuration(loglevel.upper())
control_socket_disable = True  # it would be written to the home directory, which is read-only
