"""A mail server that knows just enough to be trusted: STARTTLS, AUTH PLAIN, and one message after the other."""

import base64
import contextlib
import socketserver
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Mailbox:
    port: int = 0
    messages: list[str] = field(default_factory=list)
    passwords: list[str] = field(default_factory=list)
    commands: list[tuple[str, bool]] = field(default_factory=list)
    """Every command, and whether it came through TLS."""


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    mailbox: Mailbox
    context: ssl.SSLContext
    starttls: bool


class _Session(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        self.encrypted = False
        self.say("220 localhost")
        try:
            while (line := self.rfile.readline().decode().strip()) and line != "QUIT":
                verb, _, rest = line.partition(" ")
                self.server.mailbox.commands.append((verb.upper(), self.encrypted))
                getattr(self, verb.lower(), self.anything)(rest)
        except OSError:
            """A client may hang up, as one does that mistrusts the certificate."""
        finally:
            self.connection.close()

    def say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())

    def anything(self, _: str) -> None:
        self.say("250 fine")

    def ehlo(self, _: str) -> None:
        offered = "250-AUTH PLAIN" if self.encrypted else "250-STARTTLS" if self.server.starttls else "250-SIZE"
        self.say("250-localhost", offered, "250 8BITMIME")

    def starttls(self, _: str) -> None:
        self.say("220 go ahead")
        self.connection = self.server.context.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
        self.encrypted = True

    def auth(self, response: str) -> None:
        self.server.mailbox.passwords.append(base64.b64decode(response.split()[1]).decode().split("\0")[2])
        self.say("235 welcome")

    def data(self, _: str) -> None:
        self.say("354 go on")
        lines = iter(lambda: self.rfile.readline().decode(), ".\r\n")
        self.server.mailbox.messages.append("".join(lines))
        self.say("250 taken")


@contextlib.contextmanager
def running(certificates: Path, *, starttls: bool = True) -> Iterator[Mailbox]:
    with _Server(("127.0.0.1", 0), _Session) as server:
        server.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.context.load_cert_chain(certificates / "server.pem", certificates / "server.key")
        server.starttls = starttls
        server.mailbox = Mailbox(server.server_address[1])
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.mailbox
        server.shutdown()
