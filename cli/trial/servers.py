"""PostgreSQL and Redis of this machine, set up as RDS and ElastiCache are: over TLS, with the same users and limits."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cli import openssl
from cli.text import one_line
from stacks.failure import Failure

HOST = "localhost"
"""Where they are, which is the name in their certificates."""
_DEBIAN = Path("/usr/lib/postgresql")
# PostgreSQL refuses to run as root.
_UNPRIVILEGED = "nobody"
_START_SECONDS, _STOP_SECONDS = 60, 20

# What ElastiCache does not offer: https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/SupportedCommands.html
_RESTRICTED = ("bgrewriteaof", "bgsave", "config", "debug", "migrate", "replicaof", "save", "shutdown", "slaveof")


def tool(name: str) -> str | None:
    """Where a program is: on PATH, or where Debian keeps those of PostgreSQL; None where it is not installed."""
    newest_first = sorted(_DEBIAN.glob(f"*/bin/{name}"), key=lambda path: _version(path.parts[-3]), reverse=True)
    return shutil.which(name) or next(map(str, newest_first), None)


def missing() -> Iterator[str]:
    """What this machine lacks, a line each."""
    for name, package in (("initdb", "PostgreSQL"), ("redis-server", "Redis"), ("openssl", "OpenSSL")):
        if not tool(name):
            yield f"{name}: is not installed: install {package}"


@dataclass(frozen=True, kw_only=True)
class Authority:
    """A private certificate authority, and a certificate of it for localhost."""

    certificate: Path
    server_certificate: Path
    server_key: Path


def authority(directory: Path) -> Authority:
    """Make one in a directory that exists. Raises Failure where openssl cannot."""
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    extensions = directory / "extensions"
    # With what RFC 5280 requires, because Python 3.13 verifies it.
    extensions.write_text(
        "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:127.0.0.2,IP:127.0.0.3\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
    )
    root = ("-subj", "/CN=make try", "-addext", "keyUsage=critical,keyCertSign")
    openssl.run(directory, "req", "-x509", *key, "-days", "2", *root, "-keyout", "ca.key", "-out", "ca.pem")
    openssl.run(directory, "req", *key, "-subj", f"/CN={HOST}", "-keyout", "server.key", "-out", "server.csr")
    signed_by = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", extensions.name)
    openssl.run(directory, "x509", "-req", "-in", "server.csr", *signed_by, "-out", "server.pem")
    return Authority(
        certificate=directory / "ca.pem",
        server_certificate=directory / "server.pem",
        server_key=directory / "server.key",
    )


@contextlib.contextmanager
def postgresql(
    directory: Path,
    authority: Authority,
    *,
    address: str = "127.0.0.1",
    port: int,
    database: str,
    user: str,
    password: str,
    superuser_password: str,
    ldap_port: int,
) -> Iterator[str]:
    """A server as RDS is, and its version: the master user is no superuser, members of rds_iam sign in with a token.

    The token is a password to PostgreSQL, which asks the LDAP server of `cli.trial.role` whether it is right.
    """
    directory.mkdir()
    data = directory / "data"
    superuser = directory / "superuser"
    superuser.touch(0o600)
    superuser.write_text(superuser_password)
    key, certificate = directory / "server.key", directory / "server.pem"
    shutil.copy(authority.server_certificate, certificate)
    key.touch(0o600)
    key.write_bytes(authority.server_key.read_bytes())
    if os.geteuid() == 0:
        for path in (directory, superuser, key, certificate):
            shutil.chown(path, _UNPRIVILEGED)
    options = ("-U", "rdsadmin", "-A", "scram-sha-256", f"--pwfile={superuser}", "-E", "UTF8", "--locale=C.UTF-8")
    _run(directory, "initdb", "-D", str(data), *options, "--no-sync")
    with (data / "postgresql.conf").open("a") as file:
        file.write(
            f"port = {port}\nlisten_addresses = '{address}'\nunix_socket_directories = ''\n"
            f"ssl = on\nssl_cert_file = '{certificate}'\nssl_key_file = '{key}'\n"
            "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n"
        )
    # Only over TLS, as rds.force_ssl has it.
    (data / "pg_hba.conf").write_text(
        f"hostssl all {_quoted(user)} 127.0.0.1/32 scram-sha-256\n"
        f"hostssl all +rds_iam 127.0.0.1/32 ldap ldapserver=127.0.0.1 ldapport={ldap_port} ldapprefix=\n"
        "hostssl all all 127.0.0.1/32 scram-sha-256\n"
    )
    version = _run(directory, "postgres", "--version").split()[2]
    with _running(directory, [_program("postgres"), "-D", str(data)], user=_user()) as process:
        if not _listens(address, port, process) or not _accepts(directory, address, port, process):
            raise Failure(f"postgres: does not start: {_worst(directory / 'server.log')}")
        login = f"LOGIN CREATEROLE CREATEDB PASSWORD '{password}'"
        _sql(directory, address, port, superuser_password, f"CREATE ROLE rds_iam; CREATE ROLE {_quoted(user)} {login}")
        if _version(version.partition(".")[0]) >= 16:  # before, CREATEROLE was enough to grant it
            _sql(directory, address, port, superuser_password, f"GRANT rds_iam TO {_quoted(user)} WITH ADMIN OPTION")
        _sql(directory, address, port, superuser_password, f"CREATE DATABASE {_quoted(database)} OWNER {_quoted(user)}")
        yield version


def _accepts(directory: Path, address: str, port: int, process: subprocess.Popen[bytes]) -> bool:
    """Whether it has recovered, and no more than listens."""
    end = time.monotonic() + _START_SECONDS
    ask = [_program("pg_isready"), "-q", "-h", address, "-p", str(port)]
    while process.poll() is None and time.monotonic() < end:
        if not subprocess.run(ask, env=_variables(directory), check=False).returncode:
            return True
        time.sleep(0.05)
    return False


def _sql(directory: Path, address: str, port: int, password: str, statements: str) -> None:
    variables = {"PGPASSWORD": password, "PGSSLMODE": "require"}
    where = ("-h", address, "-p", str(port), "-U", "rdsadmin", "-d", "postgres")
    _run(directory, "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", *where, input=statements, variables=variables)


def _variables(directory: Path) -> dict[str, str]:
    """A user's own PGHOST, .pgpass and .postgresql are for other servers."""
    return {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(directory), "LANG": "C.UTF-8"}


def _quoted(name: str) -> str:
    escaped = name.replace('"', '""')
    return f'"{escaped}"'


def _run(directory: Path, name: str, *arguments: str, input: str = "", variables: dict[str, str] | None = None) -> str:
    """What a program of PostgreSQL prints. Raises Failure where it fails."""
    log = directory / f"{name}.log"
    with log.open("w+") as file:
        done = subprocess.run(
            [_program(name), *arguments],
            cwd=directory,
            env={**_variables(directory), **(variables or {})},
            user=_user(),
            input=input,
            stdout=file,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    if done.returncode:
        raise Failure(f"{name}: failed: {_worst(log)}")
    return log.read_text()


def _program(name: str) -> str:
    found = tool(name)
    if found is None:
        raise Failure(f"{name}: is not installed: install PostgreSQL")
    return found


def _user() -> str | None:
    return _UNPRIVILEGED if os.geteuid() == 0 else None


def _worst(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines() or ["it said nothing"]
    return one_line(next((line for line in lines if "FATAL" in line or "ERROR" in line), lines[-1]), 200)


@contextlib.contextmanager
def _running(directory: Path, command: list[str], *, user: str | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """A server that ends with this, at once."""
    with (directory / "server.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=directory,
            env=_variables(directory),
            user=user,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            # Ctrl-C is for what waits for it: the servers end last.
            start_new_session=True,
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)  # a fast shutdown of PostgreSQL
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def redis(directory: Path, authority: Authority, *, address: str, port: int, iam_user: str = "") -> Iterator[None]:
    """A server as ElastiCache is, without the commands that it lacks, on a port that speaks TLS.

    Any password of `iam_user` is taken for a token, and then nobody else is admitted.
    """
    directory.mkdir()
    users = [f"user {iam_user} on nopass ~* &* +@all", "user default off"] if iam_user else []
    lines = (
        f"bind {address}",
        "port 0",
        f"tls-port {port}",
        f"tls-cert-file {authority.server_certificate}",
        f"tls-key-file {authority.server_key}",
        f"tls-ca-cert-file {authority.certificate}",
        "tls-auth-clients no",
        'save ""',
        f"dir {directory}",
        *(f'rename-command {name} ""' for name in _RESTRICTED),
        *users,
    )
    (directory / "redis.conf").write_text("\n".join(lines) + "\n")
    with _running(directory, ["redis-server", str(directory / "redis.conf")]) as process:
        if not _listens(address, port, process):
            said = _worst(directory / "server.log")
            raise Failure(f"redis-server: does not start: {said}: use Redis 6 or later, built with TLS")
        yield


def free_port() -> int:
    """A port of loopback on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_taken(port: int) -> bool:
    """Whether something listens on a port of this machine."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def _listens(address: str, port: int, process: subprocess.Popen[bytes]) -> bool:
    """Whether something listens on a port in time, as long as the process runs."""
    end = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection((address, port), 1):
            return True
        time.sleep(0.05)
    return False


def _version(name: str) -> int:
    return int(name) if name.isdigit() else 0
