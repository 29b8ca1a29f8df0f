import json
import re
from typing import IO, Any

from rest_framework import parsers
from rest_framework.exceptions import ParseError

DEEPEST = 20

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)


class FlatJSONParser(parsers.JSONParser):
    """JSON of DATA_UPLOAD_MAX_MEMORY_SIZE at most, nested no deeper than DEEPEST: Python's reader is recursive."""

    def parse(self, stream: IO[Any], media_type: str | None = None, parser_context: Any = None) -> Any:
        # Django checks the size where it reads the body as a whole.
        request = (parser_context or {}).get("request")
        body = request._request.body if request is not None else stream.read()
        depth = 0
        for token in _TOKEN.finditer(body):
            depth += {b"[": 1, b"{": 1, b"]": -1, b"}": -1}.get(token[0], 0)
            if depth > DEEPEST:
                raise ParseError(f"JSON is nested more than {DEEPEST} levels deep")
        try:
            return json.loads(body.decode("utf-8"), parse_constant=_refuse)
        except ValueError as error:
            raise ParseError(f"JSON parse error - {error}") from error


def _refuse(name: str) -> None:
    raise ValueError(f"out of range: {name}")
