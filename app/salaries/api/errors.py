"""Errors have one shape: `{"error": "what is wrong"}`."""

import logging
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from rest_framework.response import Response
from rest_framework.views import exception_handler

from salaries.selectors import UnknownValue

logger = logging.getLogger(__name__)


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    if isinstance(error, (OperationalError, InterfaceError)):
        # Away, restarting or failing over: not the caller's fault and not for long.
        logger.warning("the database does not answer", extra={"error": type(error).__name__})
        return Response({"error": "the database does not answer, try again"}, status=503, headers={"Retry-After": "5"})
    if isinstance(error, UnknownValue):
        return Response({"error": str(error)}, status=400)
    if isinstance(error, RequestDataTooBig):
        return Response({"error": "the body is too large"}, status=413)
    if isinstance(error, RecursionError):  # such as the header of a token
        return Response({"error": "what was sent is nested too deeply"}, status=400)
    response = exception_handler(error, context)
    if response is not None:
        response.data = {"error": _line(response.data)}
    return response


def _line(data: Any) -> str:
    """`{"role": ["a", "b"]}` → `role: a b`"""
    if isinstance(data, dict):
        if "detail" in data:
            return str(data["detail"])
        return "; ".join(
            _line(value) if name == "non_field_errors" else f"{name}: {_line(value)}" for name, value in data.items()
        )
    if isinstance(data, list):
        return " ".join(_line(item) for item in data)
    return str(data)
