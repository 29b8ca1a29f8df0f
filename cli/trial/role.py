"""The task role of ECS on this machine: credentials that are valid nowhere, and a judge of the tokens signed with them.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import hmac
import io
import json
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, quote, urlsplit

from cli.trial.values import drawn

_LIFETIME = dt.timedelta(minutes=15)
_BIND_REQUEST, _INVALID_CREDENTIALS = 0x60, 49
_TIME = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, kw_only=True)
class TaskRole:
    """Credentials, and where a task gets them and what else ECS says of it."""

    address: str
    """The address of the task in its VPC."""
    region: str
    access_key_id: str = field(default_factory=lambda: f"ASIA{drawn()[:16].upper()}")
    secret_access_key: str = field(default_factory=lambda: drawn()[:40])

    def admits(self, user: str, token: str, now: dt.datetime | None = None) -> bool:
        """Whether RDS would take this for a token of that user: signed by this role, for 15 minutes.

        https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.Connecting.html
        """
        url = urlsplit(f"https://{token}")
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        signature = query.pop("X-Amz-Signature", "")
        try:
            signed = dt.datetime.strptime(query["X-Amz-Date"], _TIME).replace(tzinfo=dt.UTC)
        except (KeyError, ValueError):
            return False
        age = (now or dt.datetime.now(dt.UTC)) - signed
        scope = f"{signed:%Y%m%d}/{self.region}/rds-db/aws4_request"
        wanted = {"Action": "connect", "DBUser": user, "X-Amz-Credential": f"{self.access_key_id}/{scope}"}
        is_of_user = all(query.get(name) == value for name, value in wanted.items())
        is_signed = hmac.compare_digest(signature, self._signature(url.netloc, query, scope))
        return is_of_user and is_signed and abs(age) <= _LIFETIME

    def _signature(self, host: str, query: dict[str, str], scope: str) -> str:
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
        encoded = "&".join(f"{quote(key, safe='-_.~')}={quote(query[key], safe='-_.~')}" for key in sorted(query))
        nothing = hashlib.sha256(b"").hexdigest()
        request = f"GET\n/\n{encoded}\nhost:{host}\n\nhost\n{nothing}"
        hashed = hashlib.sha256(request.encode()).hexdigest()
        text = f"AWS4-HMAC-SHA256\n{query['X-Amz-Date']}\n{scope}\n{hashed}"
        key = f"AWS4{self.secret_access_key}".encode()
        for part in (*scope.split("/"), text):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        return key.hex()

    @property
    def document(self) -> dict[str, str]:
        """What the endpoint of ECS answers for the credentials of a task."""
        expires = dt.datetime.now(dt.UTC) + dt.timedelta(hours=6)
        return {
            "AccessKeyId": self.access_key_id,
            "SecretAccessKey": self.secret_access_key,
            "Token": "",
            "Expiration": f"{expires:%Y-%m-%dT%H:%M:%SZ}",
        }


@contextlib.contextmanager
def endpoint(role: TaskRole) -> Iterator[dict[str, str]]:
    """The variables that ECS sets, of an endpoint that answers as ECS does."""
    containers = {"Networks": [{"NetworkMode": "awsvpc", "IPv4Addresses": [role.address]}]}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answers = {"/credentials": role.document, "/v4": containers, "/v4/task": {"Containers": [containers]}}
            answer = answers.get(self.path.rstrip("/"))
            self.send_response(404 if answer is None else 200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(answer or {}).encode())

        def log_message(self, *_arguments: object) -> None:
            """Print nothing."""

    with _serving(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as port:
        yield {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"http://127.0.0.1:{port}/credentials",
            "ECS_CONTAINER_METADATA_URI_V4": f"http://127.0.0.1:{port}/v4",
        }


@contextlib.contextmanager
def judge(role: TaskRole) -> Iterator[int]:
    """The port of an LDAP server that binds a user whose password is a token of this role: what PostgreSQL asks.

    https://www.postgresql.org/docs/current/auth-ldap.html, https://datatracker.ietf.org/doc/html/rfc4511#section-4.2
    """

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while (request := _element(self.rfile)) is not None:
                (_, number), (kind, bind) = _elements(request[1])[:2]
                if kind != _BIND_REQUEST:
                    return
                _, (_, name), (_, password) = _elements(bind)[:3]
                code = 0 if role.admits(name.decode(), password.decode()) else _INVALID_CREDENTIALS
                answer = _encoded(0x61, _encoded(0x0A, bytes([code])) + _encoded(0x04, b"") * 2)
                self.wfile.write(_encoded(0x30, _encoded(0x02, number) + answer))

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with _serving(Server(("127.0.0.1", 0), Handler)) as port:
        yield port


@contextlib.contextmanager
def _serving(server: socketserver.TCPServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _element(stream: io.BufferedIOBase) -> tuple[int, bytes] | None:
    """The tag and the content of the next element of BER; None at the end."""
    head = stream.read(2)
    if len(head) < 2:
        return None
    size = head[1]
    if size & 0x80:
        size = int.from_bytes(stream.read(size & 0x7F), "big")
    return head[0], stream.read(size)


def _elements(content: bytes) -> list[tuple[int, bytes]]:
    stream, found = io.BytesIO(content), []
    while (element := _element(stream)) is not None:
        found.append(element)
    return found


def _encoded(tag: int, content: bytes) -> bytes:
    """An element of BER with a short length."""
    return bytes([tag, len(content)]) + content
