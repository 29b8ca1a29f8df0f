"""What a Django project is, put together from its files."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath

from cli.configuration.describe import image
from cli.configuration.describe.image import Command, Image, Service
from cli.configuration.describe.packages import packages
from cli.configuration.describe.settings import Settings, Variable
from cli.configuration.describe.tree import Tree
from stacks.failure import Failure

_MACHINE = ("local", "dev", "develop", "development", "test", "tests", "testing", "base", "common", "ci", "docker")
_PRODUCTION = ("production", "prod", "live", "deploy")
_HEALTH_TEXT = re.compile(r"[\"'](/(?:-/)?(?:health|alive|livez|readyz|ping|heartbeat)[\w/-]*)[\"']")
_PATH = re.compile(r"path\(\s*(?:route=)?r?[\"']\^?([\w/.-]*?)\$?[\"'](?!\s*,\s*(?:view=)?(?:\w+\.)*include\()")
"""A path that leads to a view, in group 1."""
_HEALTH = re.compile(r"health|alive|\bping\b|ready|heartbeat|^ht/|^status/?$|^up/?$|lb_check", re.IGNORECASE)


# What files call the processes of which a project has one.
_WEB = ("web", "django", "app", "server", "backend")
_NAMES = {
    "worker": ("worker", "celeryworker", "celery_worker", "celery-worker", "celery"),
    "beat": ("beat", "clock", "celerybeat", "celery_beat", "celery-beat", "scheduler"),
}


@dataclass(frozen=True, slots=True)
class Found:
    """Something that the files say."""

    what: str
    value: str
    where: str


@dataclass(slots=True)
class Process:
    """A process of the project, and what to know about it."""

    command: tuple[str, ...] | None
    """None: the CMD of the image."""
    where: str
    text: str = ""
    notes: list[str] = field(default_factory=list)


class Project:
    """A Django project."""

    def __init__(self, tree: Tree) -> None:
        """Raises Failure for a directory that holds none."""
        self.tree = tree
        found = [file for file in tree.named("manage.py") if "execute_from_command_line" in tree.text(file)]
        if not found:
            what = "there is no manage.py"
            raise Failure(f"{tree.root}: {what}: name the directory of a Django project, such as APP=../shop")
        self.manage_file = found[0]
        self.directory = PurePosixPath(self.manage_file).parent.as_posix()
        self.roots = tuple(dict.fromkeys((self.directory, ".", "src", *self._package_roots())))

    def _package_roots(self) -> Iterator[str]:
        for pattern in ("wsgi.py", "asgi.py"):
            for file in self.tree.named(pattern):
                yield PurePosixPath(file).parent.parent.as_posix()

    @cached_property
    def packages(self) -> dict[str, str]:
        """The known packages, by `file:line`."""
        return packages(self.tree)

    def uses(self, *names_: str) -> str | None:
        """The first of these packages that the project installs."""
        return next((name for name in names_ if name in self.packages), None)

    # The image

    @cached_property
    def services(self) -> list[Service]:
        """Of all compose files, those of production first."""
        files = [*self.tree.named("compose*.y*ml", "docker-compose*.y*ml", "production.yml", "prod.yml")]
        kept = [file for file in files if not re.search(r"test|override|docs|ci\b", file)]
        kept.sort(key=lambda file: (not _is_production(file), bool(re.search(r"local|dev", file)), file.count("/")))
        return [service for file in kept for service in image.compose(file, self.tree)]

    @cached_property
    def dockerfile(self) -> str | None:
        """The Dockerfile of production."""
        files = [
            file for file in self.tree.named("Dockerfile*", "*.Dockerfile", "Containerfile") if self._is_django(file)
        ]
        files = [file for file in files if not file.endswith((".dockerignore", ".md", ".j2"))]
        return min(files, key=self._unlikely, default=None)

    def _is_django(self, file: str) -> bool:
        return bool(re.search(r"python|\bpip\b|\buv\b|poetry|gunicorn|manage\.py", self.tree.text(file), re.IGNORECASE))

    def _unlikely(self, file: str) -> tuple[bool, bool, bool, int]:
        other = bool(re.search(r"local|dev\b|develop|test|docs|node|front|lambda|base", file, re.IGNORECASE))
        named = bool(re.search(r"django|manage\.py|gunicorn|uvicorn|daphne|uwsgi|wsgi", self.tree.text(file)))
        return other, not named, not _is_production(file) and file.count("/") > 2, file.count("/")

    @cached_property
    def built(self) -> Service | None:
        """The service of a compose file that builds this Dockerfile."""
        for service in self.services:
            if service.context is not None and self._dockerfile_of(service) == self.dockerfile:
                return service
        return None

    def _dockerfile_of(self, service: Service) -> str:
        return _joined(self._context_of(service), service.dockerfile or "Dockerfile")

    @staticmethod
    def _context_of(service: Service) -> str:
        return _joined(PurePosixPath(service.where.rpartition(":")[0]).parent.as_posix(), service.context or ".")

    @cached_property
    def context(self) -> str:
        """The directory that is the context of the build."""
        if self.built:
            return self._context_of(self.built)
        nearest = PurePosixPath(self.dockerfile or "Dockerfile").parent
        copies = self.image.copies.values() if self.image else ()
        there = [each for each in copies if each != "." and self._is_there(f"{nearest}/{each}")]
        from_root = [each for each in copies if each != "." and self._is_there(each)]
        return nearest.as_posix() if len(there) > len(from_root) else "."

    def _is_there(self, path: str) -> bool:
        return (self.tree.root / path).exists()

    @cached_property
    def target(self) -> str | None:
        """The stage to build, where the last is not that of production."""
        if self.built and self.built.target and not re.search(r"dev|test|local", self.built.target):
            return self.built.target
        stages = image.read_image(self.dockerfile, self.tree).stages if self.dockerfile else []
        found = [stage for stage in stages if stage in ("production", "prod", "runtime", "final", "release")]
        return found[-1] if found and re.search(r"dev|test|local", stages[-1]) else None

    @cached_property
    def image(self) -> Image | None:
        """What the Dockerfile makes."""
        if self.dockerfile is None:
            return None
        made = image.read_image(self.dockerfile, self.tree, self.target)
        self.tree.installed = {place: _joined(self.context_of_build, origin) for place, origin in made.copies.items()}
        return made

    @property
    def context_of_build(self) -> str:
        """That of the compose file, or else the project."""
        return self._context_of(self.built) if self.built else "."

    # The settings

    @cached_property
    def settings_modules(self) -> list[tuple[str, str]]:
        """DJANGO_SETTINGS_MODULE in all files that say it, the ones of production first, each with its `file:line`."""
        found = []
        if self.image and (name := self.image.variables.get("DJANGO_SETTINGS_MODULE")):
            found.append((name, _line_of(self.tree, self.image.file, name)))
        for file in self.tree.named("wsgi.py", "asgi.py"):
            found += self._default(file)
        return [*found, *self._default(self.manage_file)]

    def _default(self, file: str) -> Iterator[tuple[str, str]]:
        module = self.tree.module(file)
        for node in ast.walk(module) if module else ():
            parts: list[ast.expr] = []
            if isinstance(node, ast.Call):
                parts = node.args
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
                parts = [node.targets[0].slice, node.value]
            texts = [part.value if isinstance(part, ast.Constant) else None for part in parts]
            if len(texts) == 2 and texts[0] == "DJANGO_SETTINGS_MODULE" and isinstance(texts[1], str):
                yield texts[1], f"{file}:{node.lineno}"  # type: ignore[attr-defined]

    @cached_property
    def settings_module(self) -> str:
        """The one to deploy with. Raises Failure where no file says any."""
        if not self.settings_modules:
            found = next(self.tree.named("settings.py"), None)
            if found is None:
                what = "no file sets DJANGO_SETTINGS_MODULE"
                raise Failure(f"{self.manage_file}: {what}: name the directory that has manage.py and wsgi.py")
            return PurePosixPath(found).relative_to(self.directory).with_suffix("").as_posix().replace("/", ".")
        first = self.settings_modules[0][0]
        package, _, last = first.rpartition(".")
        for sibling in _PRODUCTION if last in _MACHINE else ():
            if self.tree.module_file(name := f"{package}.{sibling}", self.roots):
                return name
        for sibling in _PRODUCTION:
            file = self.tree.module_file(first, self.roots) or ""
            is_package = file.endswith("__init__.py") and len(self.tree.text(file).strip()) < 200
            if is_package and self.tree.module_file(f"{first}.{sibling}", self.roots):
                return f"{first}.{sibling}"
        return first

    @cached_property
    def settings(self) -> Settings:
        """What the settings ask for."""
        made = Settings(self.tree, self.roots)
        file = self.settings_file
        if file is not None:
            made.read(file)
        return made

    @cached_property
    def settings_file(self) -> str | None:
        """Its file, which the Dockerfile may have put there."""
        found = self.tree.module_file(self.settings_module, self.roots)
        if found is None and self.image:
            name = (PurePosixPath(self.directory) / self.settings_module.replace(".", "/")).as_posix() + ".py"
            for place, origin in self.tree.installed.items():
                if place.endswith(f"/{name}") and self.tree.has(origin):
                    self.tree.aliases[name] = origin
                    return name
        return found

    @cached_property
    def variables(self) -> dict[str, Variable]:
        """What the settings ask for, and the scripts that start the project."""
        found = dict(self.settings.variables)
        for file in self.scripts:
            for variable in _shell_variables(file, self.tree.text(file)):
                found.setdefault(variable.name, variable)
        return found

    @cached_property
    def scripts(self) -> list[str]:
        """The scripts that the image starts."""
        return list(dict.fromkeys(file for each in self._starts for file in image.scripts(each.words, self.tree)))

    @property
    def _starts(self) -> Iterator[Command]:
        if self.image and self.image.entry_point:
            yield self.image.entry_point
        if self.image and self.image.command:
            yield self.image.command
        if self.web_start:
            yield self.web_start

    # The processes

    @cached_property
    def procfile(self) -> dict[str, Command]:
        """The processes of the Procfile."""
        file = next(self.tree.named("Procfile"), None)
        return image.procfile(file, self.tree) if file else {}

    @cached_property
    def processes(self) -> dict[str, Command]:
        """Those of the Procfile, or else of the first compose file that starts any, by their names."""
        if self.procfile.keys() - {"release"}:
            return self.procfile
        ours = [each for each in self.services if each.command and self._is_ours(each)]
        file = ours[0].where.rpartition(":")[0] if ours else ""
        return self.procfile | {
            each.name: each.command for each in ours if each.command and each.where.rpartition(":")[0] == file
        }

    def _is_ours(self, service: Service) -> bool:
        """Whether it runs the image of the project."""
        built = [each for each in self.services if each.context and self._dockerfile_of(each) == self.dockerfile]
        is_built = any(service == each or service.image in {each.image} - {None} for each in built)
        return is_built or bool(service.command and service.command.kind)

    @cached_property
    def wsgi(self) -> str | None:
        """The module of WSGI or ASGI, as `config.wsgi`."""
        is_async = self.server in ("uvicorn", "daphne", "hypercorn")
        said = self.settings.value("ASGI_APPLICATION" if is_async else "WSGI_APPLICATION")
        if isinstance(said, ast.Constant) and isinstance(said.value, str):
            return said.value.rpartition(".")[0]
        wanted = "asgi.py" if is_async else "wsgi.py"
        for file in (*self.tree.named(wanted), *self.tree.named("wsgi.py", "asgi.py")):
            path = PurePosixPath(file).with_suffix("")
            if path.is_relative_to(self.directory):
                path = path.relative_to(self.directory)
            return path.as_posix().replace("/", ".")
        return None

    @cached_property
    def server(self) -> str | None:
        """The server that answers HTTP."""
        text = self.web_start.text if self.web_start else ""
        known = ("gunicorn", "uvicorn", "daphne", "hypercorn", "granian", "uwsgi")
        return next((name for name in known if re.search(rf"\b{name}\b", text)), None) or self.uses(*known)

    @cached_property
    def web_name(self) -> str | None:
        """What its files call the process that is web."""
        return next((name for name in _WEB if name in self.processes), None)

    @cached_property
    def web_start(self) -> Command | None:
        """How the project says that its web server starts."""
        of_image = self.image.command or self.image.entry_point if self.image else None
        named = [] if self.web_name is None else [self.processes[self.web_name]]
        of_compose = [each.command for each in self.services if each.command and each.command.kind == "web"]
        candidates = [of_image, *named, *of_compose]
        known = [each for each in candidates if each and "runserver" not in each.text]
        known = [each for each in known if each.kind == "web" or (each in named and each.kind is None)]
        return known[0] if known else None

    @property
    def further_webs(self) -> dict[str, Command]:
        """What it starts beside web to serve HTTP, by name."""
        return {
            name: each
            for name, each in self.processes.items()
            if name != self.web_name and each.kind == "web" and each != self.web_start and "runserver" not in each.text
        }

    def started(self, kind: str) -> Command | None:
        """How the project says that a worker or beat starts."""
        found = {name: each for name, each in self.processes.items() if name != self.web_name and _is(kind, name, each)}
        named = [each for name, each in found.items() if name in _NAMES[kind]]
        of_compose = [each.command for each in self.services if each.command and each.command.kind == kind]
        candidates = (*named, *found.values(), *of_compose)
        return next((each for each in candidates if each and "watch" not in each.text.split("\n")[0]), None)

    def further_workers(self) -> dict[str, Command]:
        """What else it starts and serves no HTTP, by names that a worker may have."""
        taken = (self.procfile.get("release"), self.web_start, self.started("worker"), self.started("beat"))
        return {
            re.sub(r"^(?:celery-?)?worker-", "", name.lower().replace("_", "-")).strip("-"): each
            for name, each in self.processes.items()
            if name != self.web_name and each not in taken and each.kind != "web"
        }

    @cached_property
    def celery(self) -> tuple[str, str] | None:
        """The module of the Celery application, and its `file:line`."""
        for file in self.tree.files:
            if not file.endswith(".py") or "Celery(" not in self.tree.text(file):
                continue
            module = self.tree.module(file)
            for node in module.body if module else ():
                if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
                    called = ast.unparse(node.value.func)
                    if called.rpartition(".")[2] == "Celery":
                        return self._celery_name(file), f"{file}:{node.lineno}"
        return None

    def _celery_name(self, file: str) -> str:
        path = PurePosixPath(file).with_suffix("")
        if path.is_relative_to(self.directory):
            path = path.relative_to(self.directory)
        dotted = path.as_posix().replace("/", ".")
        return dotted.removesuffix(".celery").removesuffix(".__init__")

    # Addresses

    @cached_property
    def health(self) -> Found | None:
        """The path that a project has for a load balancer, as far as one of its files says."""
        for file in self.tree.named("urls.py", "middleware.py", "wsgi.py"):
            text = self.tree.text(file)
            for route in _PATH.finditer(text):
                if _HEALTH.search(route[1]):
                    number = text.count("\n", 0, route.start()) + 1
                    return Found("health", f"/{route[1]}", f"{file}:{number}")
        for file in self.tree.files:
            if not re.search(r"(?:health|middleware|asgi|wsgi)[^.]*\.py$", file):
                continue
            for number, line in enumerate(self.tree.text(file).splitlines(), 1):
                if found := _HEALTH_TEXT.search(line):
                    return Found("health", found[1], f"{file}:{number}")
        return None

    @cached_property
    def sign_in(self) -> Found | None:
        """The page by which one signs in to the admin site, which answers anybody."""
        for file in self.tree.named("urls.py"):
            for number, line in enumerate(self.tree.text(file).splitlines(), 1):
                found = re.search(r"path\(\s*r?[\"']\^?([\w/-]*)[\"'],\s*admin\.site\.urls", line)
                if found:
                    return Found("admin", f"/{found[1]}login/", f"{file}:{number}")
        return None

    @cached_property
    def manage(self) -> tuple[str, ...]:
        """What runs a command of Django in the image, from its WORKDIR."""
        words = self.web_start.words if self.web_start else ()
        runner = words[:2] if words[:2] in (("uv", "run"), ("poetry", "run"), ("pipenv", "run")) else ()
        return (*runner, "python", self.in_image(self.manage_file) or "manage.py")

    def in_image(self, file: str) -> str | None:
        """Where a file of the project lies in the image, from its WORKDIR where it is below that."""
        made = self.image
        if made is None or not PurePosixPath(file).is_relative_to(self.context):
            return None
        inner = PurePosixPath(file).relative_to(self.context)
        for place, origin in reversed(made.copies.items()):
            if inner.is_relative_to(origin):
                path = PurePosixPath(place) / inner.relative_to(origin)
                return str(path.relative_to(made.workdir) if path.is_relative_to(made.workdir) else path)
        return None


def _is(kind: str, name: str, command: Command) -> bool:
    """Whether a process is a worker or beat, by what it runs, or else by its name."""
    return command.kind == kind or (command.kind is None and name in _NAMES[kind])


def _is_production(file: str) -> bool:
    return bool(re.search(r"prod|deploy|live", file, re.IGNORECASE))


def _joined(directory: str, path: str) -> str:
    """A path below the project, without `.` and `..`."""
    parts: list[str] = []
    for part in (*PurePosixPath(directory).parts, *PurePosixPath(path).parts):
        if part == ".." and parts:
            parts.pop()
        elif part not in (".", ".."):
            parts.append(part)
    return "/".join(parts) or "."


def _line_of(tree: Tree, file: str, text: str) -> str:
    lines = tree.text(file).splitlines()
    return f"{file}:{next((number for number, line in enumerate(lines, 1) if text in line), 1)}"


_OF_SHELL = frozenset(("HOME", "PATH", "PWD", "USER", "SHELL", "LANG", "HOSTNAME", "UID", "GID", "IFS", "DEBUG"))


def _shell_variables(file: str, text: str) -> Iterator[Variable]:
    """The variables that a script asks for and does not set itself."""
    is_strict = bool(re.search(r"set -\w*u|nounset", text))
    own = set(re.findall(r"^\s*(?:export |local |readonly )?([A-Z_][A-Z0-9_]*)=", text, re.MULTILINE))
    for number, line in enumerate(text.splitlines(), 1):
        for name, brace, mark in re.findall(r"\$(?:([A-Z][A-Z0-9_]+)|\{([A-Z][A-Z0-9_]+)(:?[-?+=])?)", line):
            found = name or brace
            if (found in own and "-z" not in line) or found in _OF_SHELL:
                continue
            required = "?" in mark or (is_strict and not mark and found not in own)
            yield Variable(found, f"{file}:{number}", required=required)
