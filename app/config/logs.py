"""One JSON object a line, with the id of the request; no address, no query string, no user, no header."""

import contextvars
import json
import logging
import re
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse

request_id: contextvars.ContextVar[str | None] = contextvars.ContextVar("request_id", default=None)

logger = logging.getLogger("request")

_OF_EVERY_RECORD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "request", "server"}
_ID = re.compile(r"[A-Za-z0-9._=;:-]{8,128}")
_QUIET = ("/health", "/static/")


class JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if identifier := request_id.get():
            line["request_id"] = identifier
        line |= {key: value for key, value in vars(record).items() if key not in _OF_EVERY_RECORD and key[0] != "_"}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)


class RequestLog:
    """Gives the request its id (the load balancer's, if it sent one), answers with it, and logs how it went."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID") or request.headers.get("X-Amzn-Trace-Id") or ""
        identifier = given if _ID.fullmatch(given) else uuid.uuid4().hex
        token = request_id.set(identifier)
        started = time.monotonic()
        try:
            response = self._get_response(request)
            response["X-Request-ID"] = identifier
            if response.status_code >= 500 or not request.path.startswith(_QUIET):
                logger.info(
                    "%s %s",
                    request.method,
                    request.path,
                    extra={
                        "status": response.status_code,
                        "milliseconds": round((time.monotonic() - started) * 1000, 1),
                    },
                )
            return response
        finally:
            request_id.reset(token)


def configuration(level: str) -> dict[str, object]:
    """LOGGING of Django, and logconfig_dict of gunicorn. To standard error: what commands answer is for pipelines."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": JsonFormatter}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        # Django and gunicorn bring handlers of their own, which would write every line twice.
        "loggers": {
            name: {"handlers": [], "propagate": True} for name in ("django", "django.server", "gunicorn.error")
        },
    }
