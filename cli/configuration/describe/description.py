"""The text of application.py for a project, and what a person should know of it."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path, PurePosixPath

from cli.configuration.describe import names
from cli.configuration.describe.image import Command
from cli.configuration.describe.project import Found, Project
from cli.configuration.describe.settings import Variable
from cli.configuration.describe.source import Argument, Call, Value, comment, render
from modules.task_definition.environment import name_rules
from stacks.config.application_inputs import further_name_rules
from stacks.config.names import OF_PASSWORDS, OF_REDIS, OF_SERVERS, PLAIN, SECRET

_IDLE_SECONDS = 60
"""Of the load balancer, unless an environment says otherwise."""
_DAPHNE_SECONDS = 60
"""How long daphne keeps a connection that nobody uses, which no option changes."""
_PORT = 8000
"""The container_port of an environment that says nothing."""
_EMBEDDED_BEAT = r"\bcelery\b.*\bworker\b.*\s(?:--beat\b|-[DE]*B)"
"""The option of a worker of Celery that schedules too, alone or among other letters."""


class Description:
    """A project as application.py has it."""

    def __init__(self, project: Project, shown: str) -> None:
        """`shown` is the directory of the project, as application.py names it."""
        self.project, self.shown = project, shown
        self.found: list[Found] = []
        """What the files say, for a table."""
        self.warnings: list[str] = []
        """What loses data, or keeps it from starting: `where: what: what to do`."""
        self.arguments: dict[str, Argument] = {}
        self._to_do: list[str] = []
        """What a person decides before anything else."""
        self._settings()
        self._build()
        self._processes()
        self._variables()
        self._broker()
        self._database()
        self._health()
        self._directories()
        self._comments = [*self._to_do, *self._needed()]

    @property
    def text(self) -> str:
        """The source of application.py."""
        call = Call("ApplicationInputs", self.arguments)
        body = f"APPLICATION = {render(call, before=14)}\n"
        classes = sorted(set(re.findall(r"\b([A-Z]\w+Inputs)\(", body)))
        return "\n".join(
            (
                f'"""The Django project in {self.shown}."""\n',
                f"from stacks.config import {', '.join(classes)}\n",
                *comment(self._comments, 0),
                body,
            )
        )

    def _argument(self, name: str, value: Value, *comments: str) -> None:
        self.arguments[name] = Argument(value, comments)

    def _say(self, what: str, value: str, where: str) -> None:
        self.found.append(Found(what, value, where))

    def _warn(self, where: str, what: str, remedy: str) -> None:
        self.warnings.append(f"{where}: {what}: {remedy}")

    # The settings

    def _settings(self) -> None:
        project = self.project
        module = project.settings_module
        says = dict(reversed(project.settings_modules))
        file = project.settings_file
        self._say("settings", module, says.get(module) or file or project.manage_file)
        if file is None:
            self._warn(project.manage_file, f"{module} is not a module of the project", "set settings_module by hand")
        others = [f"{where} says {name}" for name, where in says.items() if name != module]
        notes = [f"Deployed with {module}, though {' and '.join(others)}."] if others else []
        if others:
            self._warn(others[0].partition(" says ")[0], notes[0].rstrip("."), "look whether settings_module is right")
        self._argument("settings_module", module, *notes)
        _ = project.settings.files
        for name in project.tree.unreadable:
            self._warn(name, "cannot be read as Python", "add by hand the variables that it asks for")
        if "pydantic_settings" in project.settings.imports or "pydantic-settings" in project.packages:
            where = project.packages.get("pydantic-settings", file or project.manage_file)
            self._warn(where, "pydantic-settings names variables by its classes", "add them to variables by hand")
        self._say("manage.py", " ".join(project.manage), project.manage_file)
        if project.manage != ("python", "manage.py"):
            self._argument("manage", project.manage)

    # The image

    def _build(self) -> None:
        project, made = self.project, self.project.image
        if project.dockerfile is None or made is None:
            self._warn(self.shown, "there is no Dockerfile", "write one, or name an image in each environment")
            return
        stage = f", stage {project.target}" if project.target else ""
        self._argument("build", self._build_inputs(project.dockerfile))
        self._say("Dockerfile", f"in {made.workdir}, as {made.user or 'root'}{stage}", project.dockerfile)
        if made.user.partition(":")[0] in ("", "root", "0"):
            self._warn(project.dockerfile, "its processes run as root", "add a user to it, and USER")

    def _build_inputs(self, dockerfile: str) -> Call:
        context = PurePosixPath(self.shown, self.project.context)
        given = {"context": str(context)}
        if PurePosixPath(self.shown, dockerfile) != context / "Dockerfile":
            given["dockerfile"] = str(PurePosixPath(self.shown, dockerfile))
        if self.project.target:
            given["target"] = self.project.target
        return Call("BuildInputs", {name: Argument(value) for name, value in given.items()})

    # The processes

    def _processes(self) -> None:
        project = self.project
        if project.server != "gunicorn":
            self._argument("server", "uvicorn" if project.server == "uvicorn" else None)
        self._web()
        if project.server == "daphne":
            what = f"daphne closes idle connections after {_DAPHNE_SECONDS} s, and the load balancer may answer 502"
            remedy = f"set load_balancer.idle_timeout_seconds below {_DAPHNE_SECONDS} in each environment"
            start = project.web_start
            self._warn(start.where if start else project.packages.get("daphne", project.manage_file), what, remedy)
        for name, start in project.further_webs.items():
            self._say(name, " ".join(start.words), start.where)
            port = _port(start)
            on = f" on {port}" if port else ""
            self._to_do.append(
                f"{name} serves HTTP too{on} ({start.where}), and no file says which requests are its: "
                "describe it in webs, with a route."
            )
            self._warn(start.where, f"{name} serves HTTP too", "describe it in webs, with the route of its requests")
        for kind in ("worker", "beat"):
            self._background(kind)
        self._further_workers()
        if release := project.procfile.get("release"):
            self._say("release", " ".join(release.words), release.where)
            self._argument("release", Call("OneOffTaskInputs", {"command": Argument(release.words)}))

    def _web(self) -> None:
        project = self.project
        start = project.web_start
        made = project.image
        if (
            start is None
            and made
            and (of_image := made.command or made.entry_point)
            and "runserver" not in of_image.text
        ):
            self._say("web", " ".join(of_image.words), of_image.where)
            notes = [f"The image starts {' '.join(of_image.words)}: look whether that serves HTTP, and nothing else."]
            self._argument("web", Call("ProcessInputs"), *notes)
            return
        if start is None:
            words = self._server_command()
            if words is None:
                self._warn(self.shown, "no file says how its web server starts", "give web a command")
                notes = ["No file says how it serves HTTP: give web a command, or the image a CMD."]
                self._argument("web", Call("ProcessInputs"), *notes)
                return
            where = project.packages.get(words[0], project.manage_file)
            self._say("web", " ".join(words), where)
            self._argument("web", _process(words), "No file says how it serves HTTP in production: this is a guess.")
            return
        self._say("web", " ".join(start.words), start.where)
        is_of_image = made is not None and start in (made.command, made.entry_point)
        notes = [*self._port_notes(start), *self._start_notes(start)]
        if is_of_image:
            notes += self._other_starts(start)
        if not is_of_image or notes:
            command = {} if is_of_image else {"command": Argument(start.words)}
            self._argument("web", Call("ProcessInputs", command), *notes)

    def _server_command(self) -> tuple[str, ...] | None:
        module = self.project.wsgi
        server = self.project.server
        if module is None or server is None:
            return None
        if server in ("gunicorn", "uvicorn"):  # these read the port from the environment
            return (server, f"{module}:application")
        everywhere = "0.0.0.0"  # noqa: S104  (the load balancer comes from outside of the container)
        if server == "daphne":
            return ("daphne", "--bind", everywhere, "--port", str(_PORT), f"{module}:application")
        return (
            ("hypercorn", "--bind", f"{everywhere}:{_PORT}", f"{module}:application") if server == "hypercorn" else None
        )

    def _port_notes(self, start: Command) -> Iterator[str]:
        port = _port(start)
        if port is None and "PORT" not in start.text and self.project.image:
            port = self.project.image.port
        if port is not None and port != _PORT:
            yield f"It listens on {port}: give WebInputs container_port={port} in each environment."
        found = re.search(r"--(?:timeout-keep-alive|keep-alive)[ =](\d+)", start.text)
        if found and int(found[1]) <= _IDLE_SECONDS:
            what = f"closes idle connections after {found[1]} s, before the load balancer does, which then answers 502"
            remedy = f"load_balancer.idle_timeout_seconds below {found[1]} in each environment"
            yield f"It {what}: give it more than {_IDLE_SECONDS}, or {remedy}."
            self._warn(start.where, what, f"give it more than {_IDLE_SECONDS}, or {remedy}")

    def _start_notes(self, start: Command) -> Iterator[str]:
        entry = self.project.image.entry_point if self.project.image else None
        text = f"{start.text}\n{entry.text if entry else ''}"
        if re.search(r"(?:manage\.py|django-admin) migrate", text):
            yield "Its start migrates the database too, which web may not: the release does it before. Remove it there."
            remedy = "remove it there: web may not alter tables, and the release does it before"
            self._warn(start.where, "starts with a migration", remedy)

    def _other_starts(self, start: Command) -> Iterator[str]:
        """What another file says of web, which the image starts."""
        other = self.project.processes.get(self.project.web_name or "")
        if other and other.words != start.words and not re.search(r"runserver|--reload", other.text):
            yield (
                f"As the image starts it ({start.where}), though {other.where} says {' '.join(other.words)}: "
                "give web that command if it is the right one."
            )
            self._warn(other.where, f"web starts otherwise than in {start.where}", "look which of the two is right")

    def _beat_notes(self, start: Command) -> Iterator[str]:
        """Of a worker, the scheduler in it: https://docs.celeryq.dev/en/stable/userguide/periodic-tasks.html."""
        if re.search(_EMBEDDED_BEAT, start.text.replace("\\\n", " ")):
            what = "schedules too (-B), and where two of it run, as during a deployment, each task is sent twice"
            yield f"It {what}: leave -B out, and describe beat."
            self._warn(start.where, f"the worker {what}", "leave -B out, and describe beat")

    def _background(self, kind: str) -> None:
        project = self.project
        start = project.started(kind)
        words, where = (start.words, start.where) if start else self._queue_command(kind)
        if not words:
            return
        notes = [] if start else [f"No file of the project starts it: this is a guess from {where}."]
        if start:
            notes += self._beat_notes(start)
        if "celery" in words and "beat" in words and not {"-s", "--schedule"} & {*words} and "sh" not in words:
            if not re.search(r"DatabaseScheduler|django_celery_beat", " ".join((*words, *project.settings.texts))):
                words = (*words, "--schedule", "/tmp/celerybeat-schedule")
        elif kind == "beat" and start and not re.search(r"\bcelery\b.*\bbeat\b", start.text):
            notes.append("As beat, never more than one runs: a deployment stops it before it starts the next.")
        elif (
            kind == "beat" and start and "--schedule" not in start.text and "django-celery-beat" not in project.packages
        ):
            notes.append("It writes celerybeat-schedule where it starts: add --schedule /tmp/celerybeat-schedule.")
        self._say(kind, " ".join(words), where)
        self._argument(kind, _process(words), *notes)

    def _further_workers(self) -> None:
        workers: dict[str, Call] = {}
        for name, start in self.project.further_workers().items():
            if start.kind == "beat":
                self._to_do.append(
                    f"{name} schedules ({start.where}), and a deployment runs two of a worker for a while: give it "
                    "minimum_healthy_percent=0 and maximum_percent=100 in each environment."
                )
            if any(further_name_rules("workers", {name: start})):
                what = f"{name} is not a name that a worker may have"
                self._warn(start.where, what, "add it to workers under another one")
                continue
            self._say(f"worker {name}", " ".join(start.words), start.where)
            workers[name] = Call("QueueWorkerInputs", {"command": Argument(start.words, (*self._beat_notes(start),))})
        if workers:
            note = (
                "Each environment gives their sizes, in workers of DjangoServiceInputs, or None where one does not run."
            )
            self._argument("workers", workers, note)

    def _queue_command(self, kind: str) -> tuple[tuple[str, ...], str]:
        project, manage = self.project, self.project.manage
        texts, where = project.settings.texts, project.packages
        if project.celery and "celery" in where:
            module, place = project.celery
            celery = ("celery", "--app", module)
            if kind == "worker":
                return (*celery, "worker", "--loglevel", "INFO"), place
            schedule = [each for each in project.settings.values if each[-1].endswith("BEAT_SCHEDULE")]
            if (
                schedule
                or "django_celery_beat" in texts
                or ".beat_schedule" in project.tree.text(place.rpartition(":")[0])
            ):
                return (*celery, "beat", "--loglevel", "INFO"), place
            return (), ""
        if kind == "beat":
            return (
                ((*manage, "rqscheduler"), where["django-rq"])
                if "scheduler" in texts and "django-rq" in where
                else ((), "")
            )
        for name, command, is_used in (
            ("django-dramatiq", "rundramatiq", True),
            ("django-rq", "rqworker", True),
            ("django-q2", "qcluster", True),
            ("django-q", "qcluster", True),
            ("huey", "run_huey", "huey.contrib.djhuey" in texts),
            ("django-tasks", "db_worker", any("DatabaseBackend" in each for each in texts)),
        ):
            if name in where and is_used:
                more = ("default",) if command == "rqworker" else ()
                return (*manage, command, *more), where[name]
        return (), ""

    # The variables

    @cached_property
    def _prefix(self) -> str:
        return names.prefix(self.project.variables)

    @property
    def _of_server(self) -> tuple[str, ...]:
        """What its server finds."""
        return OF_SERVERS[self.project.server if self.project.server in OF_SERVERS else None]

    @cached_property
    def _mapped(self) -> dict[str, tuple[str, Variable]]:
        found = {}
        for variable in self.project.variables.values():
            name = variable.name
            value = f"{{{name}}}" if name in _OF_PLATFORM else names.value(variable, self._prefix)
            if value is not None and name not in self._of_server:
                found[name] = (value, variable)
        return found

    def _variables(self) -> None:
        given: dict[str, str | None] = {}
        for name, (value, variable) in self._mapped.items():
            self._say(name, value, variable.where)
            if value != f"{{{name}}}":
                given[name] = value
        given |= self._configuration()
        if given:
            self._argument("variables", given)

    def _configuration(self) -> dict[str, str | None]:
        classes = self.project.settings.classes
        if not classes or "DJANGO_CONFIGURATION" in self._mapped:
            return {}
        found = next((name for name in classes if name.lower() in ("production", "prod")), classes[-1])
        self._say("DJANGO_CONFIGURATION", found, self.project.settings.files[0])
        return {"DJANGO_CONFIGURATION": found}

    def _needed(self) -> list[str]:
        """What each environment must give, as comments."""
        made = self.project.image
        image = made.environment if made else {}
        given = {*self._mapped, *image, *self._of_server}
        unknown = [each for each in self.project.variables.values() if each.name not in given]
        # The SDK finds what the task's role may do without them, and no task may have them.
        refused = [each.name for each in unknown if any(name_rules("", each.name))]
        unknown = [each for each in unknown if each.name not in refused]
        required = [each for each in unknown if each.required]
        wanted = [each for each in names.of_interest(unknown) if not each.required]
        lines = ["It does not start without these, which each environment gives:"] if required else []
        for each in required:
            kind = "secrets, by the ARN" if names.is_secret(each.name) else "variables"
            lines.append(f"- {each.name}: runtime.{kind} ({each.where})")
            self._say(each.name, f"runtime.{kind.partition(',')[0]} of each environment", each.where)
        if refused:
            lines.append(
                f"Rights in AWS come from runtime.iam_statements, in place of {' and '.join(sorted(refused))}."
            )
        if wanted:
            lines.append(
                "It starts without these, and may need them: " + ", ".join(sorted(each.name for each in wanted))
            )
        return lines

    def _broker(self) -> None:
        """The platform's queue is Redis."""
        project = self.project
        where = project.packages.get("celery")
        if where and not project.uses("redis", "django-redis", "rq", "django-rq"):  # all of these install it
            self._warn(where, "no file installs redis, with which Celery reaches the queue", 'add "celery[redis]"')
        names_ = ("CELERY_BROKER_URL", "BROKER_URL")
        for variable in project.variables.values():
            if variable.name not in self._mapped and any(path[0] in names_ for path in variable.settings):
                what = f"its broker is put together from {variable.name} and others"
                self._warn(variable.where, what, "let it read a URL, which is that of Redis here")
                return

    # The database

    def _database(self) -> None:
        project, settings = self.project, self.project.settings
        reads = [each for each in project.variables.values() if any(path[0] == "DATABASES" for path in each.settings)]
        warned = [each for each in reads if names.falls_back_to_sqlite(each)][:1]
        for variable in warned:
            if variable.name in self._mapped:
                remedy = "variables give it the platform's database, and a deployment proves that"
                self._warn(variable.where, f"without {variable.name} it falls back to SQLite", remedy)
        texts = settings.texts
        sqlite = next((place for text, place in texts.items() if "sqlite" in text and "://" not in text), None)
        has_postgresql = any(re.search(r"postgres|postgis|psycopg", text) for text in texts)
        is_read = any("{DATABASE_" in value for value, _ in self._mapped.values())
        if sqlite and not is_read:
            remedy = "let DATABASES read DATABASE_URL, or DATABASE_HOST and the like"
            self._warn(sqlite, "its database is always SQLite, which each deployment loses", remedy)
        elif sqlite and not warned:
            remedy = "variables give it the platform's database, and a deployment proves that"
            self._warn(sqlite, "it can fall back to SQLite", remedy)
        if not has_postgresql and (
            mysql := next((place for text, place in texts.items() if "backends.mysql" in text), None)
        ):
            self._warn(mysql, "its database is MySQL", "it is PostgreSQL here: change DATABASES")
        if gis := next((place for text, place in texts.items() if ".gis.db.backends." in text), None):
            url = "postgis://{user}:{password}@{host}:{port}/{name}"
            note = f"GeoDjango ({gis}). Its migrations need the extension postgis, which the master user creates."
            self._argument("database", Call("DatabaseInputs", {"url": Argument(url)}), note)
        drivers = ("psycopg", "psycopg2", "psycopg-binary", "psycopg2-binary", "asyncpg")
        driver = project.uses(*drivers)
        if driver:
            self._say("driver", driver, project.packages[driver])
        else:
            self._warn(self.shown, "no file installs a driver for PostgreSQL", 'add "psycopg[binary]" to its packages')
        self._debug()

    def _debug(self) -> None:
        settings = self.project.settings
        if names.is_true(settings.value("DEBUG")):
            self._warn(settings.where("DEBUG"), "DEBUG is always on", "set it to False for deployments")
        for variable in self.project.variables.values():
            if names.debugs(variable):
                self._warn(variable.where, f"DEBUG is on where {variable.name} is missing", "variables turn it off")

    # Health, and what it writes

    def _health(self) -> None:
        found = self.project.health
        if found:
            self._say("health", found.value, found.where)
            notes = [f"From {found.where}: look whether it answers without a session, and what is before it."]
        elif found := self.project.sign_in:
            notes = [
                f"The page to sign in to the admin ({found.where}), because nothing else for a load balancer was found."
            ]
        else:
            found = Found("health", "/", "")
            notes = [
                "No path for a load balancer was found: choose one that answers 200 to anybody, without a session."
            ]
        # Asked by its address, Django answers 400 or a redirect.
        arguments = {"path": Argument(found.value), "codes": Argument("200-499")}
        self._argument("health", Call("HealthInputs", arguments), *notes)

    def _directories(self) -> None:
        self._written()
        settings, texts = self.project.settings, self.project.settings.texts
        if ("MEDIA_ROOT",) in settings.values and not any(re.search(r"S3|GoogleCloud|Azure", each) for each in texts):
            remedy = "keep them in S3, as with django-storages"
            self._warn(settings.where("MEDIA_ROOT"), "uploads lie in the container, and go with it", remedy)

    def _written(self) -> None:
        """What it writes to, of which a read-only root file system leaves what volumes are mounted at."""
        made, settings = self.project.image, self.project.settings
        if made is None:
            return
        volumes = [path.rstrip("/") for path in made.volumes]
        written = [path for path in volumes if path != "/tmp" and re.fullmatch(r"(?:/[\w.-]+)+", path)]
        start = self.project.web_start
        root = settings.values.get(("STATIC_ROOT",))
        if root and start and "collectstatic" in start.text and (path := self._in_image(root.expression)):
            written.append(path)
        written = list(dict.fromkeys(written))
        if written:
            self._argument("writable_directories", tuple(written), "What its image or its start writes to.")
        if {"/tmp", *written} <= {*volumes}:
            self._argument("image_declares_volumes", True, "As its Dockerfile does.")

    def _in_image(self, expression: ast.expr) -> str | None:
        """The directory that a setting names, where it is below BASE_DIR or absolute."""
        texts = [each.value for each in ast.walk(expression) if isinstance(each, ast.Constant)]
        last = texts[-1] if texts else None
        manage = self.project.in_image(self.project.manage_file)
        if not isinstance(last, str) or not re.fullmatch(r"/?[\w.-]+(?:/[\w.-]+)*", last):
            return None
        base = PurePosixPath(self.project.image.workdir if self.project.image else "/", manage or "manage.py").parent
        return str(base / last)


def _port(start: Command) -> int | None:
    """Where a server listens, as far as its command says."""
    options = r"(?:--bind|-b)[ =]\S*?:(\d+)|(?:--port|\s-p)[ =]?(\d+)|http(?:-socket)?[ =]*\S*:(\d+)"
    found = re.search(options, start.text)
    return int(next(filter(None, found.groups()))) if found else None


def _process(words: tuple[str, ...]) -> Call:
    return Call("ProcessInputs", {"command": Argument(words)})


_OF_PLATFORM = frozenset((*PLAIN, *OF_REDIS, *SECRET, *OF_PASSWORDS))


def shown(root: Path, start: Path) -> str:
    """A project's directory, as seen from this one."""
    return PurePosixPath(os.path.relpath(root, start)).as_posix()
