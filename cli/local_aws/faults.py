"""Failures of AWS, on demand: throttling, errors, silence and refusals of a service."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from io import BytesIO
from typing import TYPE_CHECKING

from cli.local_aws.errors import error

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class Fault(StrEnum):
    """What a service does in place of an answer."""

    THROTTLING = "throttling"
    SERVER_ERROR = "server error"
    TIMEOUT = "timeout"
    ACCESS_DENIED = "access denied"


# https://docs.aws.amazon.com/awssupport/latest/user/throttling.html and each service's common errors.
_ANSWERS = {
    Fault.THROTTLING: ("400 Bad Request", "Throttling", "Rate exceeded"),
    Fault.SERVER_ERROR: ("500 Internal Server Error", "InternalFailure", "The request processing has failed."),
    Fault.TIMEOUT: ("504 Gateway Timeout", "RequestTimeout", "The service did not answer in time."),
    Fault.ACCESS_DENIED: ("403 Forbidden", "AccessDeniedException", "User is not authorized to perform this."),
}


class Faults:
    """Which services fail, and how. Nothing fails at first.

    with aws.faults.injected("rds", Fault.THROTTLING): ...
    """

    def __init__(self, silence_seconds: float = 0.5) -> None:
        """`silence_seconds` is how long a service that times out keeps its caller waiting."""
        self.silence_seconds = silence_seconds
        self._failing: dict[str, tuple[Fault, re.Pattern[str]]] = {}
        self._lock = threading.Lock()
        self.count = 0
        """How many calls have failed so far."""

    @contextmanager
    def injected(self, service: str, fault: Fault, *, calls: str = ".*") -> Iterator[None]:
        """Let a service fail, as it is named in signatures: `ec2`, `rds`, `elasticloadbalancing`, `s3`, `iam`.

        `calls` is a pattern of which calls: of the method, the host with the path, the target and the form, such as
        `CreateDBInstance` or `PUT .*tflock`.
        """
        self._failing[service] = (fault, re.compile(calls))
        try:
            yield
        finally:
            del self._failing[service]

    def inject_into(self, application: WSGIApplication) -> WSGIApplication:
        """The application, failing where it is told to."""

        def failing(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            service = _service(environ)
            fault, calls = self._failing.get(service, (None, None))
            if fault is None or calls is None or not calls.search(_call(environ)):
                return application(environ, start_response)
            with self._lock:
                self.count += 1
            if fault is Fault.TIMEOUT:
                time.sleep(self.silence_seconds)
            status, code, message = _ANSWERS[fault]
            if service == "s3" and fault is Fault.THROTTLING:
                status, code, message = "503 Slow Down", "SlowDown", "Please reduce your request rate."
            body, headers = error(service, code, message, is_xml="HTTP_X_AMZ_TARGET" not in environ)
            start_response(status, list(headers.items()))
            return [body]

        return failing


def _service(environ: WSGIEnvironment) -> str:
    found = re.search(r"Credential=[^/]*/\d+/[^/]*/([^/]+)/", environ.get("HTTP_AUTHORIZATION", ""))
    return found[1] if found else ""


def _call(environ: WSGIEnvironment) -> str:
    parts = [f"{environ['REQUEST_METHOD']} {environ.get('HTTP_HOST', '')}{environ['PATH_INFO']}"]
    parts.append(environ.get("HTTP_X_AMZ_TARGET", ""))
    if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        parts.append(_body(environ).decode(errors="replace"))
    return " ".join(parts)


def _body(environ: WSGIEnvironment) -> bytes:
    """The body of a request, which can be read again."""
    body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = BytesIO(body)
    return body
