"""Gunicorn's configuration, for tests that wait until a request has taken too long to arrive."""

from config.gunicorn import *  # noqa: F403
from operations import worker

worker.RECEIVE_SECONDS = 1
