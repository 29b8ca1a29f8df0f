"""A real PostgreSQL and a real Redis, with TLS, out of this machine's binaries: on loopback, free ports, in memory dirs."""

import contextlib
import glob
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PASSWORD = "only-for-tests"
DATABASE = "app"
MASTER = "dbadmin"


class MissingError(RuntimeError):
    """A server's binary is not installed."""


def free_port() -> int:
    """A port to listen on in a while: no connection takes it before, as it could one that the system chooses.

    https://docs.kernel.org/networking/ip-sysctl.html (ip_local_port_range: 32768 to 60999)
    """
    while True:
        port = random.randint(10_000, 30_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def binary(name: str) -> str:
    found = shutil.which(name) or next(iter(sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"), reverse=True)), None)
    if found is None:
        raise MissingError(f"{name} is not installed")
    return found


@dataclass
class PostgreSQL:
    """Like RDS: a master user that is no superuser, a role rds_iam, TLS with a private authority."""

    directory: Path
    port: int
    ca: Path

    # PostgreSQL refuses to run as root.
    _user = "nobody" if os.geteuid() == 0 else None

    def start(self) -> None:
        self._ctl("start", "-w", "-t", "60", "-l", str(self.directory / "log"))

    def stop(self) -> None:
        self._ctl("stop", "-w", "-m", "fast")

    def sql(self, statement: str, *, database: str = DATABASE, user: str = "postgres") -> str:
        done = subprocess.run(
            [binary("psql"), "-XAtq", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", str(self.port), "-U", user,
             "-d", database, "-c", statement],
            env={**os.environ, "PGPASSWORD": PASSWORD}, capture_output=True, text=True,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(done.stderr.strip())
        return done.stdout.strip()

    def _ctl(self, *arguments: str) -> None:
        subprocess.run(
            [binary("pg_ctl"), "-D", str(self.directory / "data"), "-s", *arguments],
            check=True, user=self._user, cwd=self.directory, stdout=subprocess.DEVNULL,
        )  # fmt: skip


@dataclass
class Redis:
    port: int
    tls_port: int
    ca: Path


def stop_with_this_process() -> None:
    """SIGTERM ends Python without its `finally`, and would leave the servers behind."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


@contextlib.contextmanager
def postgresql() -> Iterator[PostgreSQL]:
    initdb = binary("initdb")
    with tempfile.TemporaryDirectory(prefix="postgresql-") as name:
        server = PostgreSQL(Path(name), free_port(), Path(name) / "ca.pem")
        certificates(server.directory)
        (server.directory / "password").write_text(PASSWORD)
        if server._user:
            for path in (server.directory, *server.directory.iterdir()):
                shutil.chown(path, server._user)
        subprocess.run(
            [initdb, "-D", name + "/data", "-U", "postgres", "-A", "scram-sha-256", "--pwfile", name + "/password",
             "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"],
            check=True, user=server._user, cwd=name, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        with (server.directory / "data" / "postgresql.conf").open("a") as configuration:
            configuration.write(
                f"port = {server.port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = '{name}'\n"
                f"ssl = on\nssl_cert_file = '{name}/server.pem'\nssl_key_file = '{name}/server.key'\n"
                "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\nshared_buffers = 256MB\n"
                "max_wal_size = 4GB\n"
            )
        server.start()
        try:
            server.sql(
                f"CREATE ROLE rds_iam; CREATE ROLE {MASTER} LOGIN CREATEROLE CREATEDB PASSWORD '{PASSWORD}'",
                database="postgres",
            )
            server.sql(f"CREATE DATABASE {DATABASE} OWNER {MASTER}", database="postgres")
            yield server
        finally:
            with contextlib.suppress(subprocess.CalledProcessError):
                server.stop()


@contextlib.contextmanager
def redis() -> Iterator[Redis]:
    server_binary = binary("redis-server")
    with tempfile.TemporaryDirectory(prefix="redis-") as name:
        directory = Path(name)
        certificates(directory)
        server = Redis(free_port(), free_port(), directory / "ca.pem")
        process = subprocess.Popen(
            [server_binary, "--bind", "127.0.0.1", "--port", str(server.port), "--tls-port", str(server.tls_port),
             "--tls-cert-file", name + "/server.pem", "--tls-key-file", name + "/server.key",
             "--tls-ca-cert-file", name + "/ca.pem", "--tls-auth-clients", "no", "--save", "", "--dir", name],
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            wait_for_port(server.port)
            yield server
        finally:
            process.terminate()
            process.wait(10)


def wait_for_port(port: int, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        if time.monotonic() > end:
            raise TimeoutError(f"nothing listens on port {port}")
        time.sleep(0.05)


def certificates(directory: Path) -> None:
    """A private authority, as RDS has one, and a certificate of it for `localhost` alone.

    With the extensions that RFC 5280 requires: Python 3.13 verifies them (ssl.VERIFY_X509_STRICT).
    """

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], check=True, cwd=directory, capture_output=True)

    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
            "/CN=test authority", "-addext", "keyUsage=critical,keyCertSign", "-keyout", "ca.key",
            "-out", "ca.pem")  # fmt: skip
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost",
            "-keyout", "server.key", "-out", "server.csr")  # fmt: skip
    (directory / "extensions").write_text(
        "subjectAltName=DNS:localhost\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
    )
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
            "-extfile", "extensions", "-out", "server.pem")  # fmt: skip
    (directory / "server.key").chmod(0o600)
    directory.chmod(0o755)
