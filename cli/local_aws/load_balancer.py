"""The load balancer of the local AWS: passes requests on as the rules say, as if TLS had ended there."""

from __future__ import annotations

import contextlib
import http.client
import math
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from stacks.config.schema import Environment

_TIMEOUT_SECONDS = 60.0
# https://datatracker.ietf.org/doc/html/rfc9110#section-7.6.1
_OF_THE_CONNECTION = {"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "content-length"}


@contextlib.contextmanager
def serving(
    environment: Environment, hostname: str, client: Any, ports: Callable[[], Mapping[str, int]]
) -> Iterator[str]:
    """Its URL on loopback. Visitors are said to have asked for `hostname`, over HTTPS.

    `client` is one of boto3 for elbv2, and `ports` answers those of the services by the ARN of their target group.
    """

    @Request.application
    def application(request: Request) -> Response:
        own, public = request.host_url.rstrip("/"), f"https://{hostname}"
        port = ports().get(target_group(client, hostname, request.path))
        if port is None:
            return Response(status=503)  # as where no target is registered
        headers = {name: value.replace(own, public) for name, value in _passed(request.headers)}
        headers |= {"Host": hostname, "X-Forwarded-For": "127.0.0.1", "X-Forwarded-Port": "443"}
        headers |= {"X-Forwarded-Proto": "https", environment.forwarded_proto: "https"}
        path = request.environ["REQUEST_URI"]  # as the visitor sent it
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_SECONDS)
        try:
            connection.request(request.method, path, body=request.get_data() or None, headers=headers)
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException):
            return Response(status=502)
        finally:
            connection.close()
        found = [(name, value.replace(public, own)) for name, value in _passed(answer.getheaders())]
        return Response(content, status=answer.status, headers=found)

    server = make_server("127.0.0.1", 0, application, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.1,), name="load-balancer", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _passed(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Those that are not of the connection."""
    return [(name, value) for name, value in headers if name.lower() not in _OF_THE_CONNECTION]


def target_group(client: Any, host: str, path: str) -> str:
    """The ARN of the target group that gets a request; empty where nothing does."""
    for balancer in client.describe_load_balancers()["LoadBalancers"]:
        listeners = client.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
        for listener in (each for each in listeners if each["DefaultActions"][0]["Type"] == "forward"):
            rules = client.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
            forwarding = [rule for rule in rules if rule["Actions"][-1]["Type"] == "forward"]
            for rule in sorted(forwarding, key=_priority):
                if all(_matches(condition, host, path) for condition in rule["Conditions"]):
                    return str(rule["Actions"][-1]["TargetGroupArn"])
    return ""


def _priority(rule: Mapping[str, Any]) -> float:
    return math.inf if rule["IsDefault"] else int(rule["Priority"])


def _matches(condition: Mapping[str, Any], host: str, path: str) -> bool:
    """Conditions of other fields are met by no request here, as that of the address of its sender."""
    asked = {"path-pattern": path, "host-header": host}.get(condition["Field"])
    (values,) = [each["Values"] for name, each in condition.items() if name.endswith("Config")] or [[]]
    return asked is not None and any(fnmatchcase(asked, value.replace("[", "[[]")) for value in values)
