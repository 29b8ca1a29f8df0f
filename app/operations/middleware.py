"""What is answered or added before any view."""

import logging
import re
import time
import uuid
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

from operations import probes
from operations.logs import request_id

logger = logging.getLogger("request")

LIVE = frozenset({"/health/live", "/health", "/healthz"})
READY = "/health/ready"

_TRACE = re.compile(r"[A-Za-z0-9._=;:-]{8,128}")
_QUIET = ("/health", "/static/")


class RequestLog:
    """Gives the request its id, answers with it, and logs how it went.

    The id is always ours: a client may send any. Its line has the load balancer's trace beside it, which it can forge
    as well, but which the load balancer's own log has too.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        trace = request.headers.get("X-Amzn-Trace-Id", "")
        identifier = uuid.uuid4().hex
        token = request_id.set(identifier)
        started = time.monotonic()
        try:
            response = self._get_response(request)
            response["X-Request-ID"] = identifier
            if response.status_code >= 400 and "Cache-Control" not in response:
                # Else a proxy keeps that a file is missing, which the next task of a rolling deployment has.
                _uncached(response)
            if response.status_code >= 500 or not request.path.startswith(_QUIET):
                logger.info(
                    "%s %s",
                    request.method,
                    request.path,
                    extra={
                        "status": response.status_code,
                        "milliseconds": round((time.monotonic() - started) * 1000, 1),
                    }
                    | ({"trace": trace} if _TRACE.fullmatch(trace) else {}),
                )
            return response
        finally:
            request_id.reset(token)


class HealthChecks:
    """Health for the load balancer and the container, whatever the Host, over HTTP too.

    They come by IP address and without TLS: further in, ALLOWED_HOSTS would answer 400 and the HTTPS redirect 301, and
    every deployment would be rolled back.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        path = request.path_info.removesuffix("/")
        if path in LIVE:
            return _uncached(JsonResponse({"status": "ok", "service": "django-api"}))
        if path == READY:
            checks = probes.readiness()
            healthy = all(checks.values())
            body = {"status": "healthy" if healthy else "unhealthy", "checks": checks}
            return _uncached(JsonResponse(body, status=200 if healthy else 503))
        return self._get_response(request)


class ContentSecurityPolicy:
    """Nothing from elsewhere: scripts, styles and images are this site's own files.

    Not for the debug pages of Django, whose styles and scripts are inline.
    """

    POLICY = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        if not (settings.DEBUG and response.status_code >= 400):
            response.headers.setdefault("Content-Security-Policy", self.POLICY)
        return response


def _uncached(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    return response
