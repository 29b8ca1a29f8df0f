"""Python source, laid out as the formatter of this project does."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

LINE_LENGTH = 120


@dataclass(frozen=True, slots=True)
class Argument:
    """A value of an argument or of a key, with the comments above it."""

    value: Value
    comments: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """A call with named arguments."""

    name: str
    arguments: Mapping[str, Argument] = field(default_factory=dict)


Value = str | int | bool | None | tuple[str, ...] | Mapping[str, str | None] | Mapping[str, Call] | Call


def render(value: Value, before: int = 0, indent: int = 0, after: int = 0) -> str:
    """The source of a value, which `before` characters precede on its line and `after` follow."""
    line = _line(value)
    if line is not None and before + len(line) + after <= LINE_LENGTH:
        return line
    inner = " " * (indent + 4)
    if isinstance(value, Call):
        lines = []
        for name, argument in value.arguments.items():
            lines += comment(argument.comments, indent + 4)
            code = render(argument.value, len(inner) + len(name) + 1, indent + 4, 1)
            lines.append(f"{inner}{name}={code},")
        return "\n".join((f"{value.name}(", *lines, f"{' ' * indent})"))
    if isinstance(value, tuple):
        return "\n".join(("(", *(f"{inner}{_text(part)}," for part in value), f"{' ' * indent})"))
    if isinstance(value, Mapping):
        lines = []
        for key, part in value.items():
            code = render(part, len(inner) + len(_text(key)) + 2, indent + 4, 1)
            lines.append(f"{inner}{_text(key)}: {code},")
        return "\n".join(("{", *lines, f"{' ' * indent}}}"))
    return line or ""


def comment(comments: Sequence[str], indent: int) -> list[str]:
    """Comments, each of which begins on a line of its own."""
    width = LINE_LENGTH - indent - 2
    return [
        f"{' ' * indent}# {line}" for text in comments for line in textwrap.wrap(text, width, break_on_hyphens=False)
    ]


def _line(value: Value) -> str | None:
    """The source on one line; None where comments are in between."""
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, tuple):
        return f"({', '.join(map(_text, value))}{',' if len(value) == 1 else ''})"
    if isinstance(value, Call):
        parts = {name: _line(argument.value) for name, argument in value.arguments.items()}
        if any(part is None for part in parts.values()) or any(each.comments for each in value.arguments.values()):
            return None
        return f"{value.name}({', '.join(f'{name}={part}' for name, part in parts.items())})"
    if isinstance(value, Mapping):
        parts = {key: _line(part) for key, part in value.items()}
        if any(part is None for part in parts.values()):
            return None
        return f"{{{', '.join(f'{_text(key)}: {part}' for key, part in parts.items())}}}"
    return repr(value)


def _text(text: str) -> str:
    """A string in double quotes, unless single ones need fewer escapes."""
    code = repr(text)
    if code.startswith("'") and '"' not in text:
        return f'"{code[1:-1]}"'
    return code
