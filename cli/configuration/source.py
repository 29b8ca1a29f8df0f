"""The text of an environment's file, changed argument by argument: all else stays as somebody wrote it."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from itertools import pairwise

from stacks.failure import Failure

LINE_LENGTH = 120
_PACKAGE = "stacks.config"
_Node = ast.expr | ast.keyword | ast.stmt


class Unwritable(Failure):
    """No call of a file could take a value."""

    def __init__(self, file: str, path: str, code: str) -> None:
        super().__init__(f"{file}: no call here takes {path}={code}: write it there by hand")
        self.argument = f"{path}={code}"


class Source:
    """A file that assigns ENVIRONMENT, a call of Environment or `vary`. `network.cidr` is the path of an argument."""

    def __init__(self, text: str, file: str) -> None:
        """Raises Failure, whose text begins with `file`, for a text that is not Python or assigns no call."""
        self.file = file
        self._bytes = b""
        self._read(text)
        if not isinstance(self._variables.get("ENVIRONMENT"), ast.Call):
            raise Failure(f"{file}: there is no ENVIRONMENT = Environment(...): write one")

    @property
    def is_whole(self) -> bool:
        """Whether what is not written here has its default."""
        root = self._variables["ENVIRONMENT"]
        return isinstance(root, ast.Call) and _name(root) == "Environment"

    @property
    def text(self) -> str:
        """The file as it is now."""
        return self._bytes.decode()

    def find(self, path: str) -> ast.expr | None:
        """The value of an argument; None where the file does not write it out."""
        return self._below(self._variables["ENVIRONMENT"], path.split("."))

    def set(self, path: str, code: str) -> bool:
        """Give an argument a value, written as Python. Returns whether that is another than before.

        Raises Unwritable where there is no call that could take it.
        """
        if (value := self.find(path)) is not None:
            start, end = self._span(value)
            before = self._bytes[start:end].decode()
            self._splice(start, end, code)
            return before != code
        names = path.split(".")
        for depth in range(len(names) - 1, -1, -1):
            call = self._below(self._variables["ENVIRONMENT"], names[:depth])
            if isinstance(call, ast.Call) and (_is_vary(call) or (depth == len(names) - 1 and _takes_fields(call))):
                self._add(call, f"{'__'.join(names[depth:])}={code}")
                return True
        raise Unwritable(self.file, path, code)

    def remove(self, path: str, otherwise: str) -> None:
        """Leave an argument out, with its comment; or give it a value where it comes from elsewhere."""
        parent, _, name = path.rpartition(".")
        call = self.find(parent) if parent else self._variables["ENVIRONMENT"]
        if not isinstance(call, ast.Call) or _is_vary(call):
            self.set(path, otherwise)
            return
        for keyword in call.keywords:
            if keyword.arg == name:
                start, end = self._span(keyword)
                rest = re.compile(rb"\s*,?[ \t]*").match(self._bytes, end)
                end = rest.end() if rest else end
                line = self._bytes.rfind(b"\n", 0, start) + 1
                if not self._bytes[line:start].strip() and self._bytes[end : end + 1] in (b"\n", b"#"):
                    start, end = line, self._bytes.find(b"\n", end) + 1
                elif self._bytes[end : end + 1] == b")":
                    start = len(self._bytes[:start].rstrip(b", "))
                self._splice(start, end, "")
                return

    def exchange(self, old: str, new: str, code: str) -> None:
        """Put one argument of the environment in the place of another."""
        root = self._variables["ENVIRONMENT"]
        for keyword in root.keywords if isinstance(root, ast.Call) else ():
            if keyword.arg == old:
                start, end = self._span(keyword)
                self._splice(start, end, f"{new}={code}")
                if "\n" in code and keyword.lineno == root.lineno:
                    self._explode(start)
                return
        if old != new:
            self.set(old, "None")
        self.set(new, code)

    def strings(self, *paths: str) -> Iterator[tuple[int, int, str]]:
        """Each string below these arguments, or of the whole file, as it is written: where it begins and ends."""
        roots: list[ast.AST] = [found for path in paths if (found := self.find(path)) is not None]
        formatted = {
            id(part) for node in ast.walk(self._tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)
        }
        for root in roots if paths else [self._tree]:
            for node in ast.walk(root):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in formatted:
                    start, end = self._span(node)
                    yield start, end, self._bytes[start:end].decode()

    def rewrite(self, change: Callable[[str], str], *paths: str) -> bool:
        """Change the strings below these arguments, each as it is written. Returns whether one is different now."""
        before = self._bytes
        for start, end, code in sorted(self.strings(*paths), reverse=True):
            self._bytes = self._bytes[:start] + change(code).encode() + self._bytes[end:]
        self._read(self.text)
        return self._bytes != before

    def line(self, position: int) -> int:
        """The line of a position, counted from 1."""
        return self._bytes.count(b"\n", 0, position) + 1

    def tidy(self) -> None:
        """Import from stacks.config what is used, and nothing else."""
        statement = next(
            (each for each in self._tree.body if isinstance(each, ast.ImportFrom) and each.module == _PACKAGE), None
        )
        if statement is not None and any(alias.name == "*" for alias in statement.names):
            return
        used = {node.id for node in ast.walk(self._tree) if isinstance(node, ast.Name)}
        called = {
            node.func.id
            for node in ast.walk(self._tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        elsewhere = {
            alias.asname or alias.name
            for each in ast.walk(self._tree)
            if isinstance(each, (ast.Import, ast.ImportFrom)) and each is not statement
            for alias in each.names
        }
        given = statement.names if statement is not None else []
        known = {alias.asname or alias.name for alias in given}
        ours = {name for name in called if name.endswith("Inputs") or name == "Example"}
        new = ours - known - elsewhere - self._variables.keys()
        kept = [
            alias.name if alias.asname is None else f"{alias.name} as {alias.asname}"
            for alias in given
            if (alias.asname or alias.name) in used
        ]
        if statement is None and new:
            self._import_first(_import(sorted(new, key=_order)))
        elif statement is not None and (new or len(kept) < len(known)):
            self._splice(*self._span(statement), _import(sorted({*kept, *new}, key=_order)))

    def _import_first(self, line: str) -> None:
        """Add an import to a file without one of this package: above those that are relative, as ruff sorts them."""
        imports = [each for each in self._tree.body if isinstance(each, (ast.Import, ast.ImportFrom))]
        absolute = [each for each in imports if not getattr(each, "level", 0)]
        if not absolute:
            start, _ = self._span(imports[0] if imports else self._tree.body[bool(ast.get_docstring(self._tree))])
            self._splice(start, start, f"{line}\n\n")
            return
        _, end = self._span(absolute[-1])
        gap = "\n" if ast.unparse(absolute[-1]).split()[1].startswith("stacks") else "\n\n"
        self._splice(end, end, gap + line)

    def _read(self, text: str) -> None:
        try:
            self._tree = ast.parse(text)
        except SyntaxError as error:
            raise Failure(f"{self.file}:{error.lineno}: {error.msg}: correct this line") from error
        self._bytes = text.encode()
        self._variables: dict[str, ast.expr] = {}
        for each in self._tree.body:
            targets = each.targets if isinstance(each, ast.Assign) else [getattr(each, "target", None)]
            value = getattr(each, "value", None)
            for target in targets:
                if isinstance(target, ast.Name) and isinstance(value, ast.expr):
                    self._variables[target.id] = value

    def _below(self, value: ast.expr | None, names: list[str]) -> ast.expr | None:
        """The value of an argument of an argument, and so on; `vary` has them joined by two underscores."""
        value = self._resolved(value)
        if not names or not isinstance(value, ast.Call):
            return value if not names else None
        for depth in range(len(names) if _is_vary(value) else 1, 0, -1):
            for keyword in value.keywords:
                if keyword.arg == "__".join(names[:depth]):
                    return self._below(keyword.value, names[depth:])
        return None

    def _resolved(self, value: ast.expr | None) -> ast.expr | None:
        """What a name of this file stands for."""
        while isinstance(value, ast.Name) and value.id in self._variables:
            value = self._variables[value.id]
        return value

    def _span(self, node: _Node) -> tuple[int, int]:
        return span(self._bytes, node)

    def _splice(self, start: int, end: int, code: str) -> None:
        self._read((self._bytes[:start] + code.encode() + self._bytes[end:]).decode())

    def _add(self, call: ast.Call, argument: str) -> None:
        """A further argument at the end of a call, laid out as the others are."""
        _, end = self._span(call)
        given: list[_Node] = [*call.args, *call.keywords]
        if not given:
            self._splice(end - 1, end - 1, argument)
            return
        _, last = max(map(self._span, given))
        if b"\n" in self._bytes[last:end]:
            indent = re.match(rb" *", self._bytes[self._bytes.rfind(b"\n", 0, self._span(given[-1])[0]) + 1 :])
            comma = b"" if self._bytes[last : last + 1] == b"," else b","
            line = self._bytes.find(b"\n", last)
            code = comma + self._bytes[last:line] + b"\n" + (indent[0] if indent else b"") + argument.encode() + b","
            self._splice(last, line, code.decode())
            return
        self._splice(last, end - 1, f", {argument}")
        if "\n" in argument or len(self._line(last)) > LINE_LENGTH:
            self._explode(last)

    def _line(self, position: int) -> str:
        start = self._bytes.rfind(b"\n", 0, position) + 1
        return self._bytes[start : self._bytes.find(b"\n", position)].decode()

    def _explode(self, position: int) -> None:
        """Give each argument of the outermost call that begins on the line of the innermost here a line of its own.

        Comments between arguments keep it as it is.
        """
        spans = {self._span(node): node for node in ast.walk(self._tree) if isinstance(node, ast.Call)}
        around = sorted(each for each in spans if each[0] <= position < each[1])
        line = self.line(around[-1][0])
        begin, end = next(each for each in around if self.line(each[0]) == line)
        call = spans[begin, end]
        nodes: list[_Node] = [call.func, *call.args, *call.keywords]
        name, *given = map(self._span, nodes)
        if any(b"#" in self._bytes[one:other] for (_, one), (other, _) in pairwise([name, *given, (end, end)])):
            return
        head = self._line(begin)
        indent = " " * (len(head) - len(head.lstrip()))
        code = "".join(f"\n{indent}    {self._bytes[slice(*each)].decode()}," for each in given)
        self._splice(begin, end, f"{self._bytes[slice(*name)].decode()}({code}\n{indent})")


def span(source: bytes, node: _Node) -> tuple[int, int]:
    """Where a node begins and ends in the source that it was parsed from."""
    lines = [0, *(found.end() for found in re.finditer(rb"\n", source))]
    end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or node.col_offset
    return lines[node.lineno - 1] + node.col_offset, lines[end_line - 1] + end_column


def _is_vary(call: ast.Call) -> bool:
    return _name(call) == "vary"


def _takes_fields(call: ast.Call) -> bool:
    """Whether it is of a class or of `dataclasses.replace`; what a function does with an argument is not known."""
    name = _name(call)
    return name[:1].isupper() or name == "replace"


def _name(call: ast.Call) -> str:
    """The name that is called, as `vary` in `config.vary()`; empty where it has none."""
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def _import(names: list[str]) -> str:
    line = f"from {_PACKAGE} import {', '.join(names)}"
    if len(line) <= LINE_LENGTH:
        return line
    return f"from {_PACKAGE} import (\n" + "".join(f"    {name},\n" for name in names) + ")"


def _order(name: str) -> tuple[int, str]:
    """As ruff sorts imports: constants, classes, and the rest."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2), name
