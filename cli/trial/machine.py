"""A machine in the place of AWS: its servers, what other units would say of them, and the values of variables."""

from __future__ import annotations

import contextlib
import ipaddress
import re
import ssl
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from cli.terraform.tree import Unit
from cli.trial import role, servers
from cli.trial.report import Report
from cli.trial.servers import Authority
from cli.trial.tasks import Container, Task
from cli.trial.values import Source, Unknown, Values, drawn
from modules.network.inputs import NetworkInputs
from stacks.config.schema import Environment
from stacks.failure import Failure

_CERTIFICATE = b"-----BEGIN CERTIFICATE-----"


class Machine:
    """What the tasks of an environment find here."""

    host, host_address = servers.HOST, "127.0.0.1"
    """Where PostgreSQL and Redis are."""
    broker_address = "127.0.0.2"
    """Of a second group of Redis, which has the same port as the first."""

    def __init__(
        self, environment: Environment, unit: Unit, given: Mapping[str, str], directory: Path, report: Report
    ) -> None:
        """`given` are values by the name of a variable, of a person; `directory` is there for as long as this lasts."""
        self.directory = directory
        self._environment, self._unit, self._given, self._report = environment, unit, given, report
        self._postgresql_port, self._redis_port = servers.free_port(), servers.free_port()
        self._password, self._superuser_password = drawn(), drawn()
        self._role = role.TaskRole(address=self._address(), region=environment.region)
        master = {"username": environment.postgresql.master_username, "password": self._password}
        self._values: Source = Values(unit, self._outputs(), master, given)
        self._filled: dict[tuple[str, str], dict[str, str]] = {}
        self._of_ecs: dict[str, str] = {}
        self.static_files: dict[str, Path] = {}
        """What the image would have at STATIC_ROOT, once it is collected."""

    @property
    def address(self) -> str:
        """The address that a task would have in its VPC."""
        return self._role.address

    @property
    def secrets(self) -> list[str]:
        """What no output may show."""
        return [*self._values.secrets, self._superuser_password, self._role.secret_access_key]

    def variables(self, task: Task, container: Container) -> dict[str, str]:
        """The variables of a container's task definition."""
        return self._filled[task.name, container.name]

    @property
    def surroundings(self) -> dict[str, str]:
        """What ECS sets beside them, and where the certificates are that the image would trust."""
        return {"SSL_CERT_FILE": str(self._authorities), **self._of_ecs}

    def text(self, text: str) -> str:
        """A text of a task definition, with the values of all that it refers to. Raises Unknown."""
        return self._values.text(text)

    def fill(self, tasks: Sequence[Task]) -> None:
        """Find the values of all variables. Raises Failure, with a line for each that nobody here has."""
        problems: dict[str, None] = {}
        for task in tasks:
            for each in task.containers:
                filled = self._filled[task.name, each.name] = {}
                for name, value in (*each.variables.items(), *each.secrets.items()):
                    try:
                        filled[name] = self._value(name, value, is_secret=name in each.secrets)
                    except Unknown as error:
                        problems[f"{name}: {error}: give it a value here by --env-file"] = None
        for port in sorted({each.port for task in tasks for each in task.containers if each.port}):
            if servers.is_taken(port):
                problems[f"port {port}: something listens there, and the project is to: end it"] = None
        if problems:
            raise Failure("\n".join(problems))

    def _value(self, name: str, value: str, *, is_secret: bool) -> str:
        if name in self._given:
            return self._given[name]
        found = self._values.secret(name, value) if is_secret else self._values.text(value)
        # A URL may have the port that RDS would listen on.
        port = self._environment.postgresql.port
        return re.sub(rf"\b{servers.HOST}:{port}\b", f"{servers.HOST}:{self._postgresql_port}", found)

    @contextlib.contextmanager
    def serving(self) -> Iterator[None]:
        """Start what AWS would offer."""
        environment, report = self._environment, self._report
        with contextlib.ExitStack() as stack:
            judge = stack.enter_context(role.judge(self._role))
            self._of_ecs = stack.enter_context(role.endpoint(self._role))
            version = stack.enter_context(
                servers.postgresql(
                    self.directory / "postgresql",
                    self.authority,
                    address=self.host_address,
                    port=self._postgresql_port,
                    database=environment.postgresql.database_name,
                    user=environment.postgresql.master_username,
                    password=self._password,
                    superuser_password=self._superuser_password,
                    ldap_port=judge,
                )
            )
            report.differences.append(f"PostgreSQL {version}, where RDS has {environment.postgresql.engine_version}")
            if environment.redis:
                if environment.redis.iam_authentication:
                    report.differences.append("Redis takes any token of IAM")
                has_broker = environment.redis.broker is not None
                addresses = (self.host_address, *((self.broker_address,) if has_broker else ()))
                for number, address in enumerate(addresses):
                    directory = self.directory / f"redis-{number}"
                    stack.enter_context(
                        servers.redis(
                            directory, self.authority, address=address, port=self._redis_port, iam_user=self.redis_user
                        )
                    )
            report.differences.append("the task's credentials are valid nowhere, so AWS refuses what it is asked")
            yield

    @cached_property
    def authority(self) -> Authority:
        """Who signs the certificates of PostgreSQL and Redis."""
        directory = self.directory / "authority"
        directory.mkdir()
        return servers.authority(directory)

    def trust(self, directory: Path) -> None:
        """Add the authority to those that a container has written below a directory, as that of RDS."""
        for file in directory.rglob("*"):
            if file.suffix in (".pem", ".crt") and file.is_file() and _CERTIFICATE in file.read_bytes():
                with file.open("ab") as bundle:
                    bundle.write(b"\n" + self.authority.certificate.read_bytes())

    @cached_property
    def _authorities(self) -> Path:
        """Those that an image trusts, and that of this trial."""
        paths = ssl.get_default_verify_paths()
        known = [Path(path) for path in (paths.cafile, paths.openssl_cafile) if path and Path(path).is_file()]
        file = self.directory / "authorities.pem"
        file.write_bytes(b"\n".join(each.read_bytes() for each in (*known[:1], self.authority.certificate)))
        return file

    def _address(self) -> str:
        network = self._environment.network
        cidr = network.cidr if isinstance(network, NetworkInputs) else "10.0.0.0/16"
        return str(ipaddress.ip_network(cidr)[10])

    @property
    def redis_user(self) -> str:
        """Who signs in to Redis with a token; empty where nobody does."""
        redis = self._environment.redis
        is_signed = redis is not None and redis.iam_authentication
        return str(self._unit.mocks.get("redis", {}).get("iam_user_name", "")) if is_signed else ""

    @property
    def _broker(self) -> str:
        redis = self._environment.redis
        return self.broker_address if redis and redis.broker else servers.HOST

    def _outputs(self) -> dict[str, dict[str, object]]:
        """What the other units would say: their mocks, with the addresses of this machine."""
        environment = self._environment
        outputs: dict[str, dict[str, object]] = {name: dict(mock) for name, mock in self._unit.mocks.items()}
        outputs.setdefault("postgresql", {}).update(
            address=servers.HOST,
            replica_address=servers.HOST,
            port=self._postgresql_port,
            endpoint=f"{servers.HOST}:{self._postgresql_port}",
            database_name=environment.postgresql.database_name,
            master_username=environment.postgresql.master_username,
        )
        # Whoever reads this secret while it runs would ask AWS.
        outputs["postgresql"].pop("master_secret_arn", None)
        if environment.redis:
            database = 0 if environment.redis.broker else 1
            options = "ssl_cert_reqs=required"
            outputs.setdefault("redis", {}).update(
                primary_endpoint_address=servers.HOST,
                reader_endpoint_address=servers.HOST,
                broker_primary_endpoint_address=self._broker,
                port=self._redis_port,
                redis_url=f"rediss://{servers.HOST}:{self._redis_port}/0?{options}",
                celery_broker_url=f"rediss://{self._broker}:{self._redis_port}/{database}?{options}",
            )
        return outputs
