"""The contract with the Django application: the variables and secrets that its tasks find, and what they may do.

- DJANGO_SETTINGS_MODULE, DJANGO_ALLOWED_HOSTS (separated by commas), ENVIRONMENT, AWS_REGION, AWS_DEFAULT_REGION
- DJANGO_SECRET_KEY, a secret
- DATABASE_HOST, DATABASE_PORT, DATABASE_NAME, DATABASE_USER
- DATABASE_AUTHENTICATION: "iam", sign in with a token; "secret", with the password in DATABASE_SECRET_ARN, to be read
  at each connection; "password", with the secret DATABASE_PASSWORD, which is in the secret DATABASE_URL too
- DATABASE_APP_USER, DATABASE_MIGRATION_USER: the roles that init-database makes, as the master user whose name and
  password it has; DATABASE_APP_PASSWORD, DATABASE_MIGRATION_PASSWORD: secrets, their passwords, where they have any;
  DATABASE_FORMER_OWNER: the role that owned the tables before, in a database that comes with data
- PGSSLMODE, PGSSLROOTCERT: read by libpq; unless the image brings the authorities of RDS
- PGPASSFILE: read by libpq, where a sidecar keeps a token in it; DATABASE_PASSWORD is then empty, and DATABASE_URL a
  variable without one
- REDIS_URL, CELERY_BROKER_URL: rediss://, without a credential; only where there is Redis
- REDIS_IAM_USER, REDIS_REPLICATION_GROUP_ID, CELERY_BROKER_REPLICATION_GROUP_ID: only where Redis asks for a token,
  which is signed for the group that is called; the two are one where one group carries both
- WEB_CONCURRENCY, GUNICORN_LOG_LEVEL, GUNICORN_KEEPALIVE_SECONDS (longer than the load balancer waits),
  TRUSTED_PROXIES (how many proxies name the client's address): in web
- PORT, and GUNICORN_CMD_ARGS (keep-alive and log level), in web where `server` is "gunicorn"; PORT, UVICORN_HOST,
  UVICORN_PORT, UVICORN_TIMEOUT_KEEP_ALIVE and UVICORN_LOG_LEVEL where it is "uvicorn": what these read themselves
- FORWARDED_PROTO_HEADER: HTTP_CLOUDFRONT_FORWARDED_PROTO, which Django must trust as SECURE_PROXY_SSL_HEADER; only
  without DNS, where the load balancer says in X-Forwarded-Proto that CloudFront asks over HTTP
- CELERY_SHUTDOWN_SECONDS: in worker, how long it may finish its tasks after SIGTERM

What an application wants under other names, it asks for in application.py: `{"POSTGRES_HOST": "{DATABASE_HOST}"}`. All
of these are values there, in whichever task (DATABASE_USER is each task's own); of the secrets DJANGO_SECRET_KEY,
DATABASE_PASSWORD and DATABASE_URL, each alone. These are values beside them, which no task finds otherwise:

- URL, HOSTNAME: of the service, such as https://www.example.com and www.example.com
- PORT: on which web listens
- FORWARDED_PROTO_HEADER: HTTP_X_FORWARDED_PROTO, with DNS of any kind
- REDIS_HOST, REDIS_PORT, CELERY_BROKER_HOST, CELERY_BROKER_PORT: only where there is Redis, which speaks TLS
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from cdktf import Token

from modules.fargate_service.inputs import WebInputs, WorkerInputs
from modules.fargate_service.step_scaling import QueueMetric
from modules.iam import Statement, decrypt
from modules.postgresql.outputs import PostgreSQLOutputs
from modules.postgresql.user_password import UserPassword
from modules.redis.outputs import QUEUE, RedisOutputs, url
from modules.task_definition.application import TaskEnvironment
from modules.task_definition.secret import Secret
from stacks.config.application_inputs import INIT_DATABASE, MIGRATE, SESSION, JobInputs, ProcessInputs
from stacks.config.names import OF_SERVERS, secret_of
from stacks.config.schema import Environment
from stacks.units.django_service.authorities import authorities
from stacks.units.django_service.guard import guard
from stacks.units.django_service.init_database import FORMER_OWNER, STATEMENTS
from stacks.units.django_service.token_file import FILE, token_file


@dataclass(frozen=True, kw_only=True, slots=True)
class DjangoServiceEnvironment:
    """Fills the contract for each kind of task."""

    environment: Environment
    hostname: str
    """The main name of the service, whoever has chosen it."""
    postgresql: PostgreSQLOutputs
    redis: RedisOutputs | None
    secret_key: Secret
    passwords: Mapping[str, UserPassword]
    """Of each user that has one."""

    def web(self) -> TaskEnvironment:
        """Of the web service."""
        inputs = self.environment.django_service
        found = self._of(inputs.app_user, self._of_web(inputs.web, inputs.application.server))
        return self._named(found, inputs.application.web)

    def further_web(self, name: str) -> TaskEnvironment:
        """Of a further web service, whose port is its own."""
        inputs = self.environment.django_service
        process, web = (inputs.application.webs or {})[name], inputs.further_webs[name]
        found = self._of(inputs.app_user, self._of_web(web, process.server or inputs.application.server))
        return self._named(found, process, own=self._of_servers(web))

    def _of_web(self, web: WebInputs, server: str | None) -> dict[str, str]:
        of_servers = self._of_servers(web)
        return {
            "WEB_CONCURRENCY": str(web.workers),
            "GUNICORN_LOG_LEVEL": web.gunicorn_log_level,
            "GUNICORN_KEEPALIVE_SECONDS": self._keep_alive,
            # The load balancer, and Cloudflare or CloudFront before it.
            "TRUSTED_PROXIES": "2" if self.environment.proxied else "1",
            **{name: of_servers[name] for name in OF_SERVERS[server]},
        }

    @property
    def _keep_alive(self) -> str:
        # A server that hangs up first makes the load balancer answer 502.
        return str(self.environment.django_service.load_balancer.idle_timeout_seconds + 15)

    def _of_servers(self, web: WebInputs) -> dict[str, str]:
        """What the servers that are known here read themselves."""
        port, log_level = str(web.container_port), web.gunicorn_log_level
        return {
            "GUNICORN_CMD_ARGS": f"--keep-alive={self._keep_alive} --log-level={log_level}",
            "UVICORN_HOST": "0.0.0.0",  # noqa: S104  (the load balancer asks it by the task's address)
            "UVICORN_PORT": port,
            "UVICORN_TIMEOUT_KEEP_ALIVE": self._keep_alive,
            "UVICORN_LOG_LEVEL": log_level,
            "PORT": port,
        }

    def worker(self, service: str = "worker") -> TaskEnvironment:
        """Of a worker, by the name of its service."""
        inputs = self.environment.django_service
        variables, hosts = self._draining()
        environment = self._of(inputs.app_user, {**self._of_worker(service), **variables})
        return self._named(environment, inputs.application.processes.get(service), own=hosts)

    def _draining(self) -> tuple[dict[str, str], dict[str, str]]:
        """What workers find, and what they may name, while they empty the queue in the cache's group: where it is."""
        inputs, redis = self.environment.redis, self.redis
        if redis is None or inputs is None or not inputs.draining_broker:
            return {}, {}
        host, group_id = redis.primary_endpoint_address, {"CELERY_BROKER_REPLICATION_GROUP_ID": redis.id}
        variables = {"CELERY_BROKER_URL": url(host, Token.as_string(redis.port), QUEUE)}
        return {**variables, **(group_id if inputs.iam_authentication else {})}, {"CELERY_BROKER_HOST": host}

    def beat(self) -> TaskEnvironment:
        """Of beat."""
        inputs = self.environment.django_service
        return self._named(self._of(inputs.app_user), inputs.application.beat)

    def queue_length(self, service: str = "worker") -> QueueMetric | None:
        """How many tasks wait for a worker, where beat publishes that every minute."""
        queue = self.environment.django_service.application.queue_of(service)
        if queue is None:
            return None
        dimensions = {"Environment": self.environment.name, "Queue": queue}
        return QueueMetric(namespace="Django", name="QueueLength", dimensions=dimensions)

    def one_off(self, name: str) -> TaskEnvironment:
        """Of a one-off task: init-database is the master user, migrate owns the tables, all others are the app."""
        inputs = self.environment.django_service
        if name == INIT_DATABASE:
            return self._psql() if inputs.runs_psql else self._named(self._init_database())
        if name == MIGRATE:
            return self._named(self._of(inputs.migration_user))
        return self._named(self._unguarded(inputs.app_user))

    def session(self) -> TaskEnvironment:
        """Of the task of sessions, which is the app, and may write what was typed and shown to its own log.

        https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html#ecs-exec-logging
        """
        environment = self.environment
        of_logs = f"arn:aws:logs:{environment.region}:{environment.account_id}:log-group"
        actions = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
        found = self.one_off(SESSION)
        statements = [
            *found.statements,
            # AWS offers no resource to restrict this one to.
            Statement(actions=["logs:DescribeLogGroups"], resources=["*"]),
            Statement(actions=actions, resources=[f"{of_logs}:{environment.log_group(SESSION)}:*"]),
        ]
        return replace(found, statements=statements)

    def job(self, job: JobInputs) -> TaskEnvironment:
        """Of a job."""
        return self._named(self._of(self.environment.django_service.app_user), job)

    def _named(
        self,
        task: TaskEnvironment,
        process: ProcessInputs | JobInputs | None = None,
        *,
        own: Mapping[str, str] | None = None,
    ) -> TaskEnvironment:
        """What a task finds, with what the application adds under names of its own. `own` are values of this task."""
        values = {**self._values(), **task.variables, **(own or {})}
        added = {**(self.environment.django_service.application.variables or {})}
        added |= (process.variables if process else None) or {}
        named = {name: secret for name, text in added.items() if text and (secret := secret_of(text))}
        plain = {name: task.variables[secret] for name, secret in named.items() if secret in task.variables}
        return task.adding(
            {**{name: text and text.format_map(values) for name, text in added.items() if name not in named}, **plain},
            # A task without that secret, as with the master user's password, is without the variable too.
            {name: task.secrets[secret] for name, secret in named.items() if secret in task.secrets},
        )

    def _values(self) -> dict[str, str]:
        """All that an application may name, whichever task it is for."""
        inputs, redis = self.environment.django_service, self.redis
        hosts = redis and {
            "REDIS_HOST": redis.primary_endpoint_address,
            "REDIS_PORT": Token.as_string(redis.port),
            "CELERY_BROKER_HOST": redis.broker_primary_endpoint_address,
            "CELERY_BROKER_PORT": Token.as_string(redis.port),
        }
        return {
            **self._init_database().variables,
            "PGPASSFILE": FILE,
            **self._of_web(inputs.web, inputs.application.server),
            **self._of_servers(inputs.web),
            **self._of_worker(),
            "DATABASE_USER": self.postgresql.master_username,
            "DATABASE_SECRET_ARN": self.postgresql.master_secret_arn,
            "URL": f"https://{self.hostname}",
            "HOSTNAME": self.hostname,
            "FORWARDED_PROTO_HEADER": self._forwarded_proto,
            **(hosts or {}),
        }

    def _of_worker(self, service: str = "worker") -> dict[str, str]:
        worker = self.environment.django_service.services.get(service)
        return {"CELERY_SHUTDOWN_SECONDS": str(worker.shutdown_seconds)} if isinstance(worker, WorkerInputs) else {}

    def _of(self, user: str, more: Mapping[str, str] | None = None) -> TaskEnvironment:
        application, found = self.environment.django_service.application, self._unguarded(user, more)
        if not application.guard:
            return found
        return replace(found, first=[*found.first, guard(application, self.postgresql.address)])

    def _unguarded(self, user: str, more: Mapping[str, str] | None = None) -> TaskEnvironment:
        database, tls = self._database(user), self._tls()
        return TaskEnvironment(
            variables={**self._shared(), **database.variables, **tls.variables, **(more or {})},
            secrets={"DJANGO_SECRET_KEY": self.secret_key, **database.secrets},
            statements=[*database.statements, *self._connect_to_redis()],
            first=tls.first,
            volumes={**tls.volumes, **database.volumes},
            sidecars=database.sidecars,
        )

    def _tls(self) -> TaskEnvironment:
        """How a task verifies PostgreSQL, unless its image knows that itself."""
        inputs = self.environment.django_service
        return (
            TaskEnvironment() if inputs.application.database.brings_ca_bundle else authorities(self.environment.region)
        )

    def _database(self, user: str) -> TaskEnvironment:
        """How a task signs in to PostgreSQL."""
        authentication = self.environment.django_service.authentication
        variables = {"DATABASE_AUTHENTICATION": authentication, "DATABASE_USER": user}
        if authentication == "password":
            found = self.passwords[user]
            return TaskEnvironment(
                variables=variables, secrets={"DATABASE_PASSWORD": found.password, "DATABASE_URL": found.url}
            )
        if authentication == "iam":
            tokens = self._token_file(user)
            return replace(tokens, variables={**variables, **tokens.variables}, statements=[self._sign_in(user)])
        master = {
            "DATABASE_USER": self.postgresql.master_username,
            "DATABASE_SECRET_ARN": self.postgresql.master_secret_arn,
        }
        return TaskEnvironment(variables={**variables, **master}, statements=self._read_password())

    def _token_file(self, user: str) -> TaskEnvironment:
        """What a project needs that signs no tokens: a file of them, and the names of a password that is empty."""
        inputs, postgresql = self.environment.django_service, self.postgresql
        if not inputs.has_token_file:
            return TaskEnvironment()
        port = Token.as_string(postgresql.port)
        tokens = token_file(host=postgresql.address, port=port, user=user, region=self.environment.region)
        url = inputs.application.database.url.replace(":{password}@", "@").format(
            user=user, password="", host=postgresql.address, port=port, name=postgresql.database_name
        )
        return replace(tokens, variables={**tokens.variables, "DATABASE_PASSWORD": "", "DATABASE_URL": url})

    def _init_database(self) -> TaskEnvironment:
        inputs = self.environment.django_service
        master, key = self.postgresql.master_secret_arn, self.environment.postgresql.master_secret_kms_key_arn
        tls = self._tls()
        return TaskEnvironment(
            variables={
                **self._shared(),
                **tls.variables,
                "DATABASE_AUTHENTICATION": "password",
                "DATABASE_APP_USER": inputs.app_user,
                "DATABASE_MIGRATION_USER": inputs.migration_user,
                **self._former_owner(),
            },
            secrets={
                "DJANGO_SECRET_KEY": self.secret_key,
                "DATABASE_USER": Secret.json_key(master, "username", key),
                "DATABASE_PASSWORD": Secret.json_key(master, "password", key),
                **self._user_passwords(),
            },
            first=tls.first,
            volumes=tls.volumes,
        )

    def _psql(self) -> TaskEnvironment:
        """Of init-database where the application brings none: what libpq and the statements read."""
        inputs, tls = self.environment.django_service, authorities(self.environment.region)
        master, key = self.postgresql.master_secret_arn, self.environment.postgresql.master_secret_kms_key_arn
        return TaskEnvironment(
            variables={
                "PGHOST": self.postgresql.address,
                "PGPORT": Token.as_string(self.postgresql.port),
                "PGDATABASE": self.postgresql.database_name,
                "PGCONNECT_TIMEOUT": "30",
                **tls.variables,
                "DATABASE_APP_USER": inputs.app_user,
                "DATABASE_MIGRATION_USER": inputs.migration_user,
                "DATABASE_AUTHENTICATION": inputs.authentication,
                "STATEMENTS": FORMER_OWNER + STATEMENTS if self._former_owner() else STATEMENTS,
                **self._former_owner(),
            },
            secrets={
                "PGUSER": Secret.json_key(master, "username", key),
                "PGPASSWORD": Secret.json_key(master, "password", key),
                **self._user_passwords(),
            },
            first=tls.first,
            volumes=tls.volumes,
        )

    def _former_owner(self) -> dict[str, str]:
        """Whose tables init-database gives to migrator_role, in a database that comes with data."""
        owner = self.environment.postgresql.former_owner
        return {"DATABASE_FORMER_OWNER": owner} if owner else {}

    def _user_passwords(self) -> dict[str, Secret]:
        inputs = self.environment.django_service
        names = {"DATABASE_APP_PASSWORD": inputs.app_user, "DATABASE_MIGRATION_PASSWORD": inputs.migration_user}
        return {name: self.passwords[user].password for name, user in names.items() if user in self.passwords}

    def _shared(self) -> dict[str, str]:
        environment = self.environment
        inputs = environment.django_service
        return {
            "DJANGO_SETTINGS_MODULE": inputs.django_settings_module,
            "DJANGO_ALLOWED_HOSTS": ",".join(dict.fromkeys((self.hostname, *environment.allowed_hosts))),
            "ENVIRONMENT": environment.name,
            "AWS_REGION": environment.region,
            "AWS_DEFAULT_REGION": environment.region,
            "DATABASE_HOST": self.postgresql.address,
            "DATABASE_PORT": Token.as_string(self.postgresql.port),
            "DATABASE_NAME": self.postgresql.database_name,
            **(self._redis_variables(self.redis) if self.redis else {}),
            **({"FORWARDED_PROTO_HEADER": self._forwarded_proto} if environment.is_behind_cloudfront else {}),
        }

    @property
    def _forwarded_proto(self) -> str:
        """As Django names it: https://docs.djangoproject.com/en/stable/ref/settings/#secure-proxy-ssl-header."""
        return f"HTTP_{self.environment.forwarded_proto.upper().replace('-', '_')}"

    def _redis_variables(self, redis: RedisOutputs) -> dict[str, str]:
        urls = {"REDIS_URL": redis.redis_url, "CELERY_BROKER_URL": redis.celery_broker_url}
        inputs = self.environment.redis
        if inputs is None or not inputs.iam_authentication:
            return urls
        return {
            **urls,
            "REDIS_IAM_USER": redis.iam_user_name,
            "REDIS_REPLICATION_GROUP_ID": redis.id,
            "CELERY_BROKER_REPLICATION_GROUP_ID": redis.broker_id,
        }

    def _sign_in(self, user: str) -> Statement:
        # https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.IAMPolicy.html
        account = f"{self.environment.region}:{self.environment.account_id}"
        resource = f"arn:aws:rds-db:{account}:dbuser:{self.postgresql.resource_id}/{user}"
        return Statement(actions=["rds-db:connect"], resources=[resource])

    def _read_password(self) -> list[Statement]:
        key = self.environment.postgresql.master_secret_kms_key_arn
        return [
            Statement(actions=["secretsmanager:GetSecretValue"], resources=[self.postgresql.master_secret_arn]),
            *decrypt(self.environment.region, [key] if key else []),
        ]

    def _connect_to_redis(self) -> Iterator[Statement]:
        # https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth-iam.html
        inputs, redis = self.environment.redis, self.redis
        if inputs and redis and inputs.iam_authentication:
            groups = [redis.arn, redis.broker_arn] if inputs.broker else [redis.arn]
            yield Statement(actions=["elasticache:Connect"], resources=[*groups, redis.iam_user_arn])
