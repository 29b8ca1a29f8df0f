"""Failures of AWS, on demand: throttling, errors, refusals and lost connections of a service."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NoReturn

from cli.local_aws import signature
from cli.local_aws.errors import error

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class Fault(StrEnum):
    """What a service does in place of an answer."""

    THROTTLING = "throttling"
    SERVER_ERROR = "server error"
    GATEWAY_TIMEOUT = "gateway timeout"
    ACCESS_DENIED = "access denied"
    BROKEN_CONNECTION = "broken connection"
    """Nothing is done, and the connection ends without an answer."""
    LOST_ANSWER = "lost answer"
    """All is done as it was asked for, and the connection ends without an answer."""


# https://docs.aws.amazon.com/awssupport/latest/user/throttling.html and each service's common errors.
_ANSWERS = {
    Fault.THROTTLING: ("400 Bad Request", "Throttling", "Rate exceeded"),
    Fault.SERVER_ERROR: ("500 Internal Server Error", "InternalFailure", "The request processing has failed."),
    Fault.GATEWAY_TIMEOUT: ("504 Gateway Timeout", "RequestTimeout", "The service did not answer in time."),
    Fault.ACCESS_DENIED: ("403 Forbidden", "AccessDeniedException", "User is not authorized to perform this."),
}


class Faults:
    """Which services fail, and how. Nothing fails at first.

    with aws.faults.injected("rds", Fault.THROTTLING): ...
    """

    def __init__(self) -> None:
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
            service = signature.service(environ)
            fault, calls = self._failing.get(service, (None, None))
            if fault is None or calls is None or not calls.search(_call(environ)):
                return application(environ, start_response)
            with self._lock:
                self.count += 1
            if fault is Fault.LOST_ANSWER:
                _process(application, environ)
            if fault in (Fault.LOST_ANSWER, Fault.BROKEN_CONNECTION):
                _hang_up(environ)
            status, code, message = _ANSWERS[fault]
            if service == "s3" and fault is Fault.THROTTLING:
                status, code, message = "503 Slow Down", "SlowDown", "Please reduce your request rate."
            body, headers = error(service, code, message, is_xml="HTTP_X_AMZ_TARGET" not in environ)
            start_response(status, [*headers.items(), ("Content-Length", str(len(body)))])
            return [body]

        return failing


def _process(application: WSGIApplication, environ: WSGIEnvironment) -> None:
    def start_response(*_: Any) -> Callable[[bytes], object]:
        return lambda _: None

    for _ in application(environ, start_response):
        pass


def _hang_up(environ: WSGIEnvironment) -> NoReturn:
    environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    raise ConnectionAbortedError  # which the server takes for a caller that is gone


def _call(environ: WSGIEnvironment) -> str:
    parts = [f"{environ['REQUEST_METHOD']} {environ.get('HTTP_HOST', '')}{environ['PATH_INFO']}"]
    parts.append(environ.get("HTTP_X_AMZ_TARGET", ""))
    if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        parts.append(environ["wsgi.input"].read().decode(errors="replace"))
        environ["wsgi.input"].seek(0)
    return " ".join(parts)
