"""An error of AWS, in the protocol of the call that gets it."""

from __future__ import annotations

import json
from xml.sax.saxutils import escape

# How the services that speak XML wrap an error; all others have the wrapping of IAM or speak JSON.
_WRAPPINGS = {"s3": "{}", "ec2": "<Response><Errors>{}</Errors></Response>"}


def error(service: str, code: str, message: str, *, is_xml: bool) -> tuple[bytes, dict[str, str]]:
    """The body and the headers of an error, for a service as it is named in signatures."""
    headers = {"x-amzn-ErrorType": code}
    if not is_xml:
        body = json.dumps({"__type": code, "message": message})
        return body.encode(), {**headers, "Content-Type": "application/x-amz-json-1.1"}
    text = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
    body = _WRAPPINGS.get(service, "<ErrorResponse>{}</ErrorResponse>").format(text)
    return f'<?xml version="1.0" encoding="UTF-8"?>{body}'.encode(), {**headers, "Content-Type": "text/xml"}
