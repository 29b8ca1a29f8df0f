"""What moto cannot do: it answers 500, which the provider tries again for minutes; ours is a refusal at once."""

from __future__ import annotations

from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.responses import BaseResponse
from werkzeug.exceptions import HTTPException

from cli.local_aws.errors import error
from cli.local_aws.gaps.patch import around


@around(BaseResponse, "call_action")
def _call_action(original: Any, self: Any) -> Any:
    try:
        return original(self)
    except (HTTPException, ServiceException):  # which is how moto answers errors of AWS
        raise
    except Exception as problem:  # noqa: BLE001
        text = f"the local AWS cannot do this: {type(problem).__name__}: {problem}"
        is_xml = self.service_name == "s3" or bool(self.querystring.get("Action"))
        body, headers = error(self.service_name or "", "NotOnLocalAws", text, is_xml=is_xml)
        return 400, headers, body.decode()
