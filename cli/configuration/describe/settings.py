"""What the settings of a Django project are made of: the variables that they ask for, and where each one ends up.

It follows imports in the order in which Python would, and takes the last value of a setting. Both branches of a
condition count.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import PurePosixPath

from cli.configuration.describe.tree import Tree

Path = tuple[str, ...]
"""A setting, or a part of one: `("DATABASES", "default", "HOST")`."""


@dataclass(slots=True)
class Variable:
    """A variable of the environment that the project asks for."""

    name: str
    where: str
    """`file:line` of the first place."""
    required: bool = False
    """Whether the project does not start without it."""
    default: ast.expr | None = None
    settings: list[Path] = field(default_factory=list)
    """What it becomes."""
    forms: list[str] = field(default_factory=list)
    """What is made of the text, by the function around it (`int`, `split,`, `json`, `==`) or by the reader itself
    (`.list`, `.db`, `.csv()`)."""
    tested: bool = False
    """Whether the project looks whether it is there."""
    compared: list[object] = field(default_factory=list)
    """The values that it is compared with."""


@dataclass(frozen=True, slots=True)
class Value:
    """A setting as the source has it."""

    expression: ast.expr
    where: str


@dataclass(slots=True)
class _Reader:
    """A function of the project that reads the variable that an argument names."""

    argument: int
    required: bool
    tested: bool = False


class Settings:
    """All that is known of the settings, read from a module and those that it imports."""

    def __init__(self, tree: Tree, roots: Sequence[str]) -> None:
        self.tree, self.roots = tree, tuple(roots)
        self.variables: dict[str, Variable] = {}
        self.values: dict[Path, Value] = {}
        self.texts: dict[str, str] = {}
        """All texts of the settings, such as the names of backends, by `file:line` of the first place."""
        self.imports: set[str] = set()
        """The first part of every module that is imported."""
        self.files: list[str] = []
        self.classes: list[str] = []
        """Of django-configurations."""
        self.readers: dict[str, _Reader] = {}
        self.names: dict[str, set[str]] = {
            "os": set(),
            "mapping": set(),
            "getenv": set(),
            "env": set(),
            "config": set(),
            "url": set(),
        }
        self.schemes: dict[str, ast.expr | None] = {}
        self.derived: dict[str, list[Variable]] = {}
        """The variables that the value of a name is made of."""

    def read(self, file: str, *, is_settings: bool = True) -> None:
        """Read a module of settings and what it imports, or only what a module of helpers asks for."""
        if file in self.files or len(self.files) > 100:
            return
        module = self.tree.module(file)
        if module is None:
            return
        self.files.append(file)
        try:
            _Module(self, file, is_settings=is_settings).visit(module)
        except RecursionError:  # expressions of hundreds of levels
            self.tree.unreadable.append(file)

    def value(self, *path: str) -> ast.expr | None:
        """The expression of a setting."""
        found = self.values.get(path)
        return found.expression if found else None

    def where(self, *path: str) -> str:
        """`file:line` of a setting."""
        return self.values[path].where

    def below(self, *path: str) -> Iterator[tuple[Path, Value]]:
        """All parts of a setting."""
        for each, value in self.values.items():
            if each[: len(path)] == path:
                yield each, value


class _Module(ast.NodeVisitor):
    def __init__(self, settings: Settings, file: str, *, is_settings: bool) -> None:
        self.settings, self.file, self.is_settings = settings, file, is_settings
        self.conditions = 0
        """How many conditions on other variables the code that is being read depends on."""
        self.paths: list[Path] = []
        self.above: list[ast.AST] = []
        self.parameters: list[str] = []
        self.found: list[Variable] = []
        """The variables of the value that is being read."""
        self.inner: list[_Reader] = []
        """What the function that is being read asks for by a parameter."""

    def visit(self, node: ast.AST) -> None:
        self.above.append(node)
        try:
            super().visit(node)
        finally:
            self.above.pop()

    # Imports

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            first = alias.name.partition(".")[0]
            self.settings.imports.add(first)
            if alias.name == "os":
                self.settings.names["os"].add(alias.asname or "os")
            self._follow(alias.name, [])

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = node.module or ""
        names = [alias.name for alias in node.names]
        if node.level:
            package = PurePosixPath(self.file)
            for _ in range(node.level):
                package = package.parent
            self._follow_path((package / module.replace(".", "/")).as_posix(), names)
            return
        self.settings.imports.add(module.partition(".")[0])
        for alias in node.names:
            name = alias.asname or alias.name
            kinds = {"os.environ": "mapping", "os.getenv": "getenv", "decouple.config": "config"}
            if kind := kinds.get(f"{module}.{alias.name}"):
                self.settings.names[kind].add(name)
            if module == "dj_database_url" and alias.name == "config":
                self.settings.names["url"].add(name)
        self._follow(module, names)

    def _follow(self, dotted: str, names: Sequence[str]) -> None:
        for root in self.settings.roots:
            self._follow_path((PurePosixPath(root) / dotted.replace(".", "/")).as_posix(), names)

    def _follow_path(self, path: str, names: Sequence[str]) -> None:
        for file in (f"{path}.py", f"{path}/__init__.py", *(f"{path}/{name}.py" for name in names)):
            beside = PurePosixPath(file).is_relative_to(PurePosixPath(self.file).parent) and "settings" in file
            if self.is_settings and self.settings.tree.has(file):
                self.settings.read(file, is_settings="*" in names or beside)

    # What is assigned

    def visit_Assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            self._assign(target, node.value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self._assign(node.target, node.value)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.settings.derived[node.target.id] = self._below(node.value, self.paths)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        path = _path(node.target)
        self._below(node.value, [path] if path else [])

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        names = self.settings.names
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
            for each, given in zip(target.elts, value.elts, strict=True):
                self._assign(each, given)
            return
        if isinstance(target, ast.Name):
            if _called(value).rpartition(".")[2] in ("Env", "FileAwareEnv"):
                names["env"].add(target.id)
                self._scheme(value)
                return
            if _called(value).rpartition(".")[2] in ("AutoConfig", "Config") and "decouple" in self.settings.imports:
                names["config"].add(target.id)
            if self._is_mapping(value) or _called(value).endswith("environ.copy"):
                names["mapping"].add(target.id)
        path = _path(target)
        if path and not self.parameters and self.is_settings:
            self._record(path, value)
        reads = self._below(value, [path] if path else [])
        if isinstance(target, ast.Name):
            self.settings.derived[target.id] = reads

    def _record(self, path: Path, value: ast.expr) -> None:
        where = f"{self.settings.tree.origin(self.file)}:{value.lineno}"
        if isinstance(value, ast.Dict) or _called(value) == "dict":
            for below in [each for each in self.settings.values if each[: len(path)] == path]:
                del self.settings.values[below]
        self.settings.values[path] = Value(value, where)
        for key, part in self._items(value):
            self._record((*path, key), part)

    def _items(self, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
        """The parts of a dict."""
        if isinstance(value, ast.Dict):
            for key, part in zip(value.keys, value.values, strict=True):
                if name := self._key(key):
                    yield name, part
        elif isinstance(value, ast.Call) and _called(value) == "dict":
            yield from ((keyword.arg, keyword.value) for keyword in value.keywords if keyword.arg)

    def _key(self, key: ast.expr | None) -> str | None:
        """The text of a key, also where it is a constant of the settings."""
        found = self.settings.value(key.id) if isinstance(key, ast.Name) else key
        return found.value if isinstance(found, ast.Constant) and isinstance(found.value, str) else None

    def _below(self, value: ast.expr, paths: list[Path]) -> list[Variable]:
        """The variables of an expression, which become the settings at these paths."""
        saved, self.paths = (self.paths, self.found), paths
        self.found = []
        self.visit(value)
        reads = self.found
        self.paths, self.found = saved[0], [*saved[1], *reads]
        return reads

    def visit_Dict(self, node: ast.Dict) -> None:
        for key, value in zip(node.keys, node.values, strict=True):
            name = self._key(key)
            self._below(value, [(*path, name) for path in self.paths] if name else self.paths)
            if key is not None:
                self.visit(key)

    # What is asked for

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            for variable in self.settings.derived.get(node.id, ()):
                self._use(variable)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str) and len(node.value) < 300 and self.is_settings:
            self.settings.texts.setdefault(node.value, f"{self.settings.tree.origin(self.file)}:{node.lineno}")

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if self._is_mapping(node.value) and isinstance(node.ctx, ast.Load):
            self._asked(node.slice, node, required=not self._is_caught())
        self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        if (
            len(node.ops) == 1
            and isinstance(node.ops[0], (ast.In, ast.NotIn))
            and self._is_mapping(node.comparators[0])
        ):
            variable = self._asked(node.left, node, required=False)
            if variable:
                variable.tested = True
            elif isinstance(node.left, ast.Name) and self.inner:
                self.inner[-1].tested = True
        self.generic_visit(node)

    def visit_If(self, node: ast.If) -> None:
        """What depends on another variable than DEBUG is needed only where that is given."""
        self._under(node.test, (*node.body, *node.orelse))

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self._under(node.test, (node.body, node.orelse))

    def _under(self, test: ast.expr, parts: Sequence[ast.AST]) -> None:
        before, readers = len(self.found), len(self.inner)
        self.visit(test)
        depends = len(self.inner) > readers or any("DEBUG" not in each.name for each in self.found[before:])
        self.conditions += depends
        for each in parts:
            self.visit(each)
        self.conditions -= depends

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        saved = self.parameters, self.found, self.inner
        self.parameters, self.found, self.inner = [each.arg for each in node.args.args], [], []
        self.generic_visit(node)
        readers = self.inner
        self.parameters, self.found, self.inner = saved
        if readers:
            tested = any(each.tested for each in readers)
            required = _raises(node) or (any(each.required for each in readers) and not tested)
            self.settings.readers[node.name] = _Reader(readers[0].argument, required)

    def visit_Call(self, node: ast.Call) -> None:
        called = _called(node)
        if called == "include":  # django-split-settings
            self._include(node)
        elif called == "dict":
            for keyword in node.keywords:
                self._below(keyword.value, [(*path, keyword.arg) for path in self.paths] if keyword.arg else self.paths)
            return
        else:
            self._reads(node, called)
        self.generic_visit(node)

    def _reads(self, node: ast.Call, called: str) -> bool:
        """Whether a call reads a variable, which is then recorded."""
        names = self.settings.names
        first, _, method = called.rpartition(".")
        key = node.args[0] if node.args else _keyword(node, "var", "name", "option", "key")
        default = node.args[1] if len(node.args) > 1 else _keyword(node, "default", "default_value")
        owner = node.func.value if isinstance(node.func, ast.Attribute) else None
        if owner is not None and self._is_mapping(owner) and method in ("get", "pop"):
            return bool(self._asked(key, node, default=default, required=False))
        if called in names["getenv"] or (method == "getenv" and first in (names["os"] or {"os"})):
            return bool(self._asked(key, node, default=default, required=False))
        if called in names["env"] or (first in names["env"] and method not in _NO_READ):
            if key is None and method in _OWN_NAMES:
                key = ast.Constant(_OWN_NAMES[method])
            name = key.value if isinstance(key, ast.Constant) else None
            given = default is not None or (name in self.settings.schemes)
            default = default if default is not None else self.settings.schemes.get(str(name))
            return bool(self._asked(key, node, default=default, required=not given, form=f".{method}"))
        if called in names["config"]:
            default = _keyword(node, "default") or (node.args[1] if len(node.args) > 1 else None)
            form = f".{ast.unparse(cast).lower()}" if (cast := _keyword(node, "cast")) else ".str"
            return bool(self._asked(key, node, default=default, required=default is None, form=form))
        if called == "dj_database_url.config" or called in names["url"]:
            return bool(self._database_url(node))
        if first.rpartition(".")[2] == "values" and method.endswith("Value"):
            return self._configurations(node, method)
        reader = self.settings.readers.get(method or called)
        if reader and reader.argument >= 0:
            return self._by_function(node, reader, method or called)
        return False

    def _by_function(self, node: ast.Call, reader: _Reader, name: str) -> bool:
        key = node.args[reader.argument] if len(node.args) > reader.argument else _keyword(node, "name", "key", "var")
        rest = [each for index, each in enumerate(node.args) if index > reader.argument]
        default = rest[0] if rest else _keyword(node, "default", "default_value")
        required = reader.required and default is None
        return bool(self._asked(key, node, default=default, required=required, form=f".{name.lower()}"))

    def _database_url(self, node: ast.Call) -> Variable | None:
        key = _keyword(node, "env") or (node.args[0] if node.args else None)
        if not isinstance(key, ast.Constant):
            key = ast.Constant("DATABASE_URL")
        return self._asked(key, node, default=_keyword(node, "default"), required=False, form=".db")

    def _configurations(self, node: ast.Call, method: str) -> bool:
        """A value of django-configurations, which is named as its setting unless it says otherwise."""
        named = _keyword(node, "environ_name")
        name = str(named.value) if isinstance(named, ast.Constant) else self.paths[0][0] if self.paths else None
        prefix = _keyword(node, "environ_prefix")
        start: str | None = "DJANGO" if prefix is None else getattr(prefix, "value", None)
        late = _keyword(node, "environ")
        if not name or (isinstance(late, ast.Constant) and late.value is False):
            return False
        if method in _OWN_CLASSES:
            start = None
        key = ast.Constant(f"{start}_{name}" if start else name)
        default = node.args[0] if node.args else _keyword(node, "default")
        if method in _OWN_CLASSES and named is None:
            key = ast.Constant(_OWN_CLASSES[method])
        required = method == "SecretValue" or _is_true(_keyword(node, "environ_required"))
        return bool(self._asked(key, node, default=default, required=required, form=f".{method.lower()}"))

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        if "configurations" in self.settings.imports:
            self.settings.classes.append(node.name)
        self.generic_visit(node)

    def _include(self, node: ast.Call) -> None:
        directory = PurePosixPath(self.file).parent
        for argument in node.args:
            inner = argument.args[0] if isinstance(argument, ast.Call) and argument.args else argument
            if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
                pattern = (directory / inner.value).as_posix()
                for file in sorted(self.settings.tree.files):
                    if fnmatch(file, pattern) and file.endswith(".py"):
                        self.settings.read(file)

    def _asked(
        self, key: ast.expr | None, node: ast.expr, *, required: bool, default: ast.expr | None = None, form: str = ""
    ) -> Variable | None:
        if isinstance(key, ast.Name) and key.id in self.parameters:
            self.inner.append(_Reader(self.parameters.index(key.id), required and not self.conditions))
            return None
        if not isinstance(key, ast.Constant) or not isinstance(key.value, str) or not key.value.isidentifier():
            return None
        where = f"{self.settings.tree.origin(self.file)}:{node.lineno}"
        required = required and not self.conditions
        variable = self.settings.variables.setdefault(key.value, Variable(key.value, where))
        if default is not None:
            variable.default = default
        if required and not variable.required:
            variable.required, variable.where = True, where
        variable.forms += [form] if form else []
        variable.compared += _choices(node)
        self._use(variable)
        return variable

    def _use(self, variable: Variable) -> None:
        variable.settings += [path for path in self.paths if path not in variable.settings]
        variable.forms += filter(None, self._forms(variable))
        self.found.append(variable)

    def _forms(self, variable: Variable) -> Iterator[str]:
        """What is made of the text, by the expressions around it."""
        for node in reversed(self.above[:-1]):
            if isinstance(node, ast.stmt):
                return
            if isinstance(node, ast.Call):
                name = _called(node).rpartition(".")[2]
                separator = node.args[0] if node.args else None
                if name == "split":
                    yield f"split{self._key(separator) or ' '}"
                else:
                    yield {"loads": "json", "literal_eval": "json"}.get(name, name)
            elif isinstance(node, (ast.JoinedStr, ast.BinOp)):
                yield "format"
            elif isinstance(node, ast.Compare):
                variable.compared += [value for each in (node.left, *node.comparators) for value in _constants(each)]
                yield {"Eq": "==", "NotEq": "!=", "In": "in", "NotIn": "not in"}.get(type(node.ops[0]).__name__, "")

    def _scheme(self, call: ast.expr) -> None:
        for keyword in getattr(call, "keywords", ()):
            value = keyword.value
            if keyword.arg and isinstance(value, ast.Tuple) and len(value.elts) == 2:
                self.settings.schemes[keyword.arg] = value.elts[1]

    def _is_mapping(self, node: ast.expr) -> bool:
        names = self.settings.names
        if isinstance(node, ast.Name):
            return node.id in names["mapping"]
        return (
            isinstance(node, ast.Attribute) and node.attr == "environ" and _dotted(node.value) in {*names["os"], "os"}
        )

    def _is_caught(self) -> bool:
        """Whether the project goes on where the variable is missing."""
        for node, inner in zip(self.above, self.above[1:], strict=False):
            if isinstance(node, ast.Try) and inner in node.body:
                caught = {_dotted(each) for handler in node.handlers for each in _types(handler)}
                again = any(isinstance(each, ast.Raise) for handler in node.handlers for each in ast.walk(handler))
                if not again and (not caught or caught & {"KeyError", "Exception", "LookupError"}):
                    return True
        return False


_NO_READ = frozenset({"read_env", "read_envfile", "prefixed", "seal", "dump", "parser_for", "add_parser", "copy"})
_OWN_NAMES = {"db": "DATABASE_URL", "db_url": "DATABASE_URL", "cache": "CACHE_URL", "cache_url": "CACHE_URL"} | {
    **dict.fromkeys(("email", "email_url"), "EMAIL_URL"),
    **dict.fromkeys(("search_url",), "SEARCH_URL"),
    **dict.fromkeys(("channels", "channels_url"), "CHANNELS_URL"),
}
_OWN_CLASSES = {"DatabaseURLValue": "DATABASE_URL", "CacheURLValue": "CACHE_URL", "EmailURLValue": "EMAIL_URL"}


def _raises(function: ast.FunctionDef) -> bool:
    """Whether a function that reads a variable raises an error where it is missing."""
    for node in ast.walk(function):
        if isinstance(node, ast.Try):
            suites = [
                each.body for each in node.handlers if {_dotted(kind) for kind in _types(each)} & {"KeyError", ""}
            ]
        elif isinstance(node, ast.If) and _is_missing(node.test):
            suites = [node.body]
        else:
            continue
        if any(isinstance(each, ast.Raise) for suite in suites for statement in suite for each in ast.walk(statement)):
            return True
    return False


def _is_missing(test: ast.expr) -> bool:
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return isinstance(test.operand, ast.Name)
    return isinstance(test, ast.Compare) and (
        isinstance(test.ops[0], ast.NotIn)
        or (isinstance(test.ops[0], ast.Is) and isinstance(test.comparators[0], ast.Constant))
    )


def _types(handler: ast.ExceptHandler) -> list[ast.expr]:
    if handler.type is None:
        return []
    return handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]


def _path(target: ast.expr) -> Path:
    """The setting that is assigned; empty for anything else."""
    if isinstance(target, ast.Name):
        return (target.id,)
    if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
        above = _path(target.value)
        return (*above, str(target.slice.value)) if above else ()
    return ()


def _keyword(node: ast.Call, *names: str) -> ast.expr | None:
    return next((each.value for each in node.keywords if each.arg in names), None)


def _called(node: ast.AST) -> str:
    """The dotted name that is called; empty where it has none."""
    return _dotted(node.func) if isinstance(node, ast.Call) else ""


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        above = _dotted(node.value)
        return f"{above}.{node.attr}" if above else f".{node.attr}"
    return ""


def _choices(node: ast.expr) -> list[object]:
    """The values that a call offers, as `choices={"sqlite", "postgresql"}`."""
    given = [*node.args, *(each.value for each in node.keywords)] if isinstance(node, ast.Call) else []
    return [value for each in given if isinstance(each, (ast.Set, ast.List, ast.Tuple)) for value in _constants(each)]


def _constants(node: ast.expr) -> list[object]:
    parts = node.elts if isinstance(node, (ast.Tuple, ast.List, ast.Set)) else [node]
    return [part.value for part in parts if isinstance(part, ast.Constant)]


def _is_true(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is True
