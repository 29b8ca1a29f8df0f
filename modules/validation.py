"""Typed inputs whose every rule is checked before anything is synthesized.

An inputs class states its rules as a generator of `Problem`s, and as `LITERAL` its fields whose texts may look like
templates of Terraform, which the module then writes by `literal`. `problems` walks a whole tree of inputs from the top,
so that each names its full path (`django_service.web.memory_mib`), which a constructor deep in the tree cannot.
"""

from __future__ import annotations

import contextlib
import dataclasses
import difflib
import types
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import cache
from typing import (
    TYPE_CHECKING,
    Any,
    Literal,
    NamedTuple,
    TypeGuard,
    TypeVar,
    Union,
    dataclass_transform,
    get_args,
    get_origin,
    get_type_hints,
)

from modules import credentials

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T")


class InvalidInput(ValueError):
    """An input that breaks a rule. Its text is one line: `where: what is wrong: what to do`."""

    def __init__(self, where: str, what: str, remedy: str) -> None:
        super().__init__(line(Problem(where, what, remedy)))


class Problem(NamedTuple):
    """What a rule found: the field's path from the class that states the rule, what is wrong, what to do."""

    field: str
    what: str
    remedy: str


def line(problem: Problem) -> str:
    """A problem as people read it: `where: what is wrong: what to do`."""
    return ": ".join(problem)


class Example(str):
    """A value that stands for one of the user's own, such as an account id. Synthesis names what is left of them."""

    __slots__ = ()


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(dataclasses.field,))
def inputs(cls: type[T]) -> type[T]:
    """Make a class an inputs class: a frozen, keyword-only dataclass that answers a misspelled name in one line."""
    made = dataclass(frozen=True, kw_only=True, slots=True)(cls)
    known = [field.name for field in fields(made)]  # type: ignore[arg-type]
    required = [f.name for f in fields(made) if f.default is MISSING and f.default_factory is MISSING]  # type: ignore[arg-type]
    set_fields = made.__init__

    def __init__(self: T, *positional: object, **named: object) -> None:
        where = cls.__name__
        if positional:
            raise InvalidInput(where, "takes its inputs by name", "write name=value")
        for name in named:
            if name not in known:
                close = difflib.get_close_matches(name, known, n=1)
                remedy = f"use {close[0] if close else ', '.join(known)}" if known else "remove it"
                raise InvalidInput(where, f"has no input {show(name)}", remedy)
        for name in required:
            if name not in named:
                raise InvalidInput(where, f"the input {name!r} is missing", "add it")
        set_fields(self, **named)

    made.__init__ = __init__  # type: ignore[assignment]
    return made


def validate(value: Any, path: str = "") -> None:
    """Check a tree of inputs. Raises InvalidInput for the first of its `problems`."""
    for problem in problems(value, path):
        raise InvalidInput(*problem)


def problems(value: Any, path: str = "") -> Iterator[Problem]:
    """Everything that is wrong in a tree of inputs, each problem by its full path below `path`.

    The types of all fields come first, then the rules of the nested inputs, then its own.
    """
    typed = list(_type_problems(value, path))
    yield from typed or _rule_problems(value, path)


def _type_problems(value: Any, path: str) -> Iterator[Problem]:
    annotations = _annotations(type(value))  # type: ignore[arg-type]  # mypy looks for __hash__ on the instances
    literal = getattr(value, "LITERAL", ())
    for name, annotation in annotations.items():
        yield from _check_type(getattr(value, name), annotation, _join(path, name), is_literal=name in literal)
    for where, nested in _children(value, path):
        yield from _type_problems(nested, where)


def _rule_problems(value: Any, path: str) -> Iterator[Problem]:
    found = [problem for where, nested in _children(value, path) for problem in _rule_problems(nested, where)]
    refused = {problem.field for problem in found}
    # A rule over several inputs may stumble over a value that the rules of one of them have refused.
    with contextlib.suppress(*((Exception,) if refused else ())):
        for problem in _rules(value):
            where = _join(path, problem.field)
            if where not in refused:
                found.append(Problem(where, problem.what, problem.remedy))
    yield from found
    yield from _credentials(value, path, [problem.field for problem in found])


def _credentials(value: Any, path: str, refused: list[str]) -> Iterator[Problem]:
    """Credentials in plain text, in fields of which no rule has said more.

    What stands under a name in `public_variables` of the inputs is none.
    """
    public = getattr(value, "public_variables", ())
    for name in _annotations(type(value)):  # type: ignore[arg-type]
        where = _join(path, name)
        if not any(field.startswith(where) for field in refused):
            for kind in filter(None, map(credentials.form, _strings(_without(getattr(value, name), public)))):
                remedy = "keep it in Secrets Manager, and let the application read it"
                yield Problem(where, f"holds {kind}, and inputs are plain text", remedy)


def show(value: object) -> str:
    """A value as an error line shows it: its literal, on one line, without credentials, and cut where it is long."""
    try:
        text = ascii(credentials.hide(value)) if isinstance(value, str) else credentials.hide(ascii(value))
    except ValueError:  # Python prints no int of more than 4,300 digits
        return "a huge number"
    return text if len(text) <= 60 else f"{text[:57]}..."


def literal(text: str) -> str:
    """A text as Terraform's JSON holds it, where nothing of it is a template.

    https://developer.hashicorp.com/terraform/language/expressions/strings#escape-sequences
    """
    return text.replace("${", "$${").replace("%{", "%%{")


def examples(value: object) -> Iterator[str]:
    """The paths of all `Example` values in a tree of inputs."""
    return (path for path, text in strings(value) if isinstance(text, Example))


def strings(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """All strings in a tree of inputs, with their paths."""
    if isinstance(value, str):
        yield path, value
    elif _is_inputs(value):
        for field in fields(value):
            yield from strings(getattr(value, field.name), _join(path, field.name))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from strings(item, f"{path}[{key!r}]")
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from strings(item, f"{path}[{index}]")


def matches(value: object, annotation: Any) -> bool:
    """Whether a value is of the annotated type, to the items of tuples and dicts."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        return any(matches(value, argument) for argument in arguments)
    if origin is Literal:
        return any(value == argument and type(value) is type(argument) for argument in arguments)
    if origin is tuple:
        return isinstance(value, tuple) and all(matches(item, arguments[0]) for item in value)
    if origin is Mapping:
        return isinstance(value, dict) and all(
            matches(key, arguments[0]) and matches(item, arguments[1]) for key, item in value.items()
        )
    if annotation is None or annotation is types.NoneType:
        return value is None
    if annotation is int:
        return type(value) is int  # True is an int to Python, never to AWS
    return isinstance(value, annotation)


@cache
def _annotations(cls: type) -> dict[str, Any]:
    hints = get_type_hints(cls)
    return {field.name: hints[field.name] for field in fields(cls)}


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _is_inputs(value: object) -> TypeGuard[DataclassInstance]:
    """A dataclass itself is one to Python as well."""
    return is_dataclass(value) and not isinstance(value, type)


def _rules(value: object) -> Iterable[Problem]:
    rules = getattr(value, "rules", None)
    return rules() if rules else ()


def _children(value: Any, path: str) -> Iterator[tuple[str, object]]:
    """The inputs right below a value, each by its full path."""
    for name in _annotations(type(value)):  # type: ignore[arg-type]
        for key, nested in _nested(getattr(value, name)):
            yield _join(path, name) + key, nested


def _nested(value: object) -> Iterator[tuple[str, object]]:
    if _is_inputs(value):
        yield "", value
    elif isinstance(value, tuple):
        yield from ((f"[{index}]", item) for index, item in enumerate(value) if _is_inputs(item))
    elif isinstance(value, Mapping):
        yield from ((f"[{key!r}]", item) for key, item in value.items() if _is_inputs(item))


def _check_type(value: object, annotation: Any, path: str, *, is_literal: bool) -> Iterator[Problem]:
    if isinstance(value, type):
        yield Problem(path, f"is the class {value.__name__}", f"write {value.__name__}(…)")
        return
    if not matches(value, annotation):
        yield Problem(path, f"got {show(value)}", f"give {_describe(annotation)}")
        return
    for text in _strings(value):
        if not text.isprintable() or text != text.strip():
            yield Problem(path, f"{show(text)} has white space or control characters", "remove them")
        elif not is_literal and ("${" in text or "%{" in text):
            yield Problem(path, f"{show(text)} holds a Terraform template", "write the value itself")


def _without(value: object, names: Collection[str]) -> object:
    return {key: item for key, item in value.items() if key not in names} if isinstance(value, Mapping) else value


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _strings(item)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _strings(key)
            yield from _strings(item)


def _describe(annotation: Any) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        return " or ".join(_describe(argument) for argument in arguments)
    if origin is Literal:
        return "one of " + ", ".join(repr(argument) for argument in arguments)
    if origin is tuple:
        return f"a tuple of {_describe_item(arguments[0])}"
    if origin is Mapping:
        return f"a dict of {_describe(arguments[0])} to {_describe_item(arguments[1])}"
    return "None" if annotation is types.NoneType else str(annotation.__name__)


def _describe_item(annotation: Any) -> str:
    """In parentheses where it has a word of its own for what else it may be."""
    found = _describe(annotation)
    return f"({found})" if get_origin(annotation) in (Union, types.UnionType) else found
