"""Who calls which service, as the signature of a request says it.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-auth-using-authorization-header.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


def access_key(environ: WSGIEnvironment) -> str:
    """The access key; empty where nothing is signed."""
    return _scope(environ)[0]


def service(environ: WSGIEnvironment) -> str:
    """The service, such as `ec2` or `elasticloadbalancing`; empty where nothing is signed."""
    return _scope(environ)[1]


def _scope(environ: WSGIEnvironment) -> tuple[str, str]:
    found = re.search(r"Credential=([^/]*)/\d+/[^/]*/([^/]+)/", environ.get("HTTP_AUTHORIZATION", ""))
    return (found[1], found[2]) if found else ("", "")
