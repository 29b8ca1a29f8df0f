"""Puts the overrides of an environment into the JSON of its units, when that is finished."""

from __future__ import annotations

import difflib
import inspect
import json
import re
import sys
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from cdktf import TerraformResource

from modules.validation import Problem, show
from stacks.config.overrides import Override
from stacks.config.providers import ProvidersInputs
from stacks.config.schema import Environment
from stacks.unit import Unit
from stacks.unit_names import BOOTSTRAP

Json = dict[str, Any]
Steps = Sequence[str | int]

# What a value of each type is called.
_NAMES: dict[type, str] = {
    bool: "True or False",
    float: "a number",
    str: "a string",
    tuple: "a tuple",
    Mapping: "a dict",
}


class _Unfit(Exception):
    """An argument that cannot be set. The text is what is wrong, and `remedy` what to do."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.remedy = remedy


def apply(environment: Environment, units: Sequence[Unit[Any]], directory: Path) -> Iterator[Problem]:
    """Set what the environment overrides, in the JSON of these units below `directory`; what cannot be set is told."""
    by_name = {unit.NAME: unit for unit in units}
    if BOOTSTRAP in by_name:
        return  # a tree of its own, which has none of the units that can be named
    for index, override in enumerate(environment.overrides):
        where = f"overrides[{index}]"
        unit = by_name.get(override.unit)
        if unit is None:
            yield Problem(f"{where}.unit", f"there is no {override.unit} in this environment", "remove the entry")
            continue
        file = directory / "stacks" / unit.node.id / "cdk.tf.json"
        document: Json = json.loads(file.read_bytes())
        kind, _, name = override.address.partition(".")
        resource = document.get("resource", {}).get(kind, {}).get(name)
        if resource is None:
            what = f"{override.address} is not in {unit.node.id}"
            yield Problem(f"{where}.address", what, _nearby(document, kind))
            continue
        try:
            if _is_known(kind, environment.providers):
                _check(_class_of(unit, kind, name), override.path, override.value)
            _put(resource, override.path, override)
        except _Unfit as error:
            yield Problem(f"{where}.argument", f"{override.argument}: {error}", error.remedy)
            continue
        said = {"address": override.address, "argument": override.argument, "reason": override.reason}
        document["//"].setdefault("overrides", []).append({**said, "value": override.value})
        file.write_text(json.dumps(document, indent=2, ensure_ascii=False), encoding="utf-8")


def _nearby(document: Json, kind: str) -> str:
    """What the unit has instead: resources of the same type, or else its types."""
    resources: Json = document.get("resource", {})
    names = [f"{kind}.{name}" for name in resources.get(kind, ())] or sorted(resources)
    return f"use one of {', '.join(names)}"


def _put(at: Any, path: Steps, override: Override) -> None:
    step, *rest = path
    if isinstance(step, int) and isinstance(at, list):
        if step > len(at):
            raise _Unfit(f"there are {len(at)} of them", f"use [0] to [{len(at)}], which adds one")
        if step == len(at):
            at.append(None)
    elif isinstance(step, int) or not isinstance(at, dict):
        remedy = "leave the index out" if isinstance(step, int) else f"write an index before {step}, as in [0]"
        raise _Unfit("the JSON of the unit has another form there", remedy)
    if rest:
        child = at[step] if isinstance(step, int) else at.get(step)
        if child is None:
            at[step] = child = [] if isinstance(rest[0], int) else {}
        _put(child, rest, override)
        return
    before = at[step] if isinstance(step, int) else at.get(step)
    value = list(override.value) if isinstance(override.value, tuple) else override.value
    if before == value and type(before) is type(value):
        raise _Unfit(f"is {show(override.value)} already" if value is not None else "is not set", "remove the entry")
    if value is None:
        del at[step]
    else:
        at[step] = value


def _is_known(kind: str, versions: ProvidersInputs) -> bool:
    """Whether the bindings are of the provider's version that is deployed: another one may have other arguments."""
    provider = kind.partition("_")[0]
    return getattr(versions, provider, None) == getattr(ProvidersInputs(), provider, None)


def _class_of(unit: Unit[Any], kind: str, name: str) -> type | None:
    """The class of the bindings that a resource is made by."""
    resources = (element for element in unit.node.find_all() if isinstance(element, TerraformResource))
    named = (each for each in resources if (each.terraform_resource_type, each.friendly_unique_id) == (kind, name))
    return next(map(type, named), None)


def _check(cls: type | None, path: Steps, value: Any) -> None:
    """Raise _Unfit for an argument that the bindings do not know, or a value that is not of its type.

    Of a map every key is right. What lists and maps hold is always a string here, which Terraform converts.
    """
    if cls is None or path[0] == "lifecycle":  # Terraform's own
        return
    annotation: Any = cls
    is_required = False
    for step in path:
        block = _block(cls, annotation)
        if isinstance(step, int):
            annotation, is_required = _inner(annotation, Sequence) or (annotation if block else None), False
        elif block is None:
            annotation, is_required = _inner(annotation, Mapping), False
        else:
            parameter = _argument(block, step)
            annotation, is_required = parameter.annotation, parameter.default is inspect.Parameter.empty
    if value is None and is_required:
        raise _Unfit("is required", "give another value")
    fitting = [*_types(annotation)]
    if value is not None and fitting and not any(_is_a(value, each) for each in fitting):
        raise _Unfit(f"{show(value)} is of another type", f"give {' or '.join(_NAMES[each] for each in fitting)}")
    if isinstance(value, Mapping) and (block := _block(cls, annotation)):
        _check_block(block, value)


def _check_block(block: type, value: Mapping[str, str]) -> None:
    """Raise _Unfit for a block with an argument that it does not have, or without one that it must have."""
    for name in value:
        _argument(block, name)
    for name, parameter in _arguments(block).items():
        if parameter.default is inspect.Parameter.empty and name not in value:
            raise _Unfit(f"{name} is required in it", "add it")


def _is_a(value: object, kind: type) -> bool:
    return type(value) in (int, float) if kind is float else isinstance(value, kind)


def _argument(cls: type, name: str) -> inspect.Parameter:
    """An argument of a resource or a block. Raises _Unfit where it has none of this name."""
    known = _arguments(cls)
    if name not in known:
        close = difflib.get_close_matches(name, known, n=1)
        remedy = f"use {close[0]}" if close else "look it up in the provider's documentation"
        raise _Unfit(f"there is no argument {name}", remedy)
    return known[name]


def _arguments(cls: type) -> dict[str, inspect.Parameter]:
    """The arguments of a resource or a block by their names in Terraform.

    The bindings name them in Python's way, and link the documentation of each by its own name.
    """
    made = vars(cls)["__init__"]
    documented = re.split(r":param (?=\w+:)", inspect.getdoc(made) or "")[1:]
    names = {part.partition(":")[0]: re.search(r"#(\w+) \w+#\w+\}", part) for part in documented}
    parameters = inspect.signature(made).parameters
    return {link[1]: parameters[name] for name, link in names.items() if link and name in parameters}


def _block(cls: type, annotation: Any) -> type | None:
    """The class that an annotation of the bindings names; of a resource its own."""
    if annotation == cls:
        return cls
    if isinstance(annotation, typing.ForwardRef):
        named: type | None = getattr(sys.modules[cls.__module__], annotation.__forward_arg__, None)
        return named
    return next(filter(None, (_block(cls, each) for each in typing.get_args(annotation))), None)


def _inner(annotation: Any, of: type) -> Any:
    """What a list or a map of this annotation is of; None where it is neither."""
    found = (each for each in (annotation, *typing.get_args(annotation)) if typing.get_origin(each) is of)
    return next((typing.get_args(each)[-1] for each in found), None)


def _types(annotation: Any) -> Iterator[type]:
    """The types of values that fit an annotation, without repetition."""
    origin = typing.get_origin(annotation)
    if origin in (typing.Union, types.UnionType):
        yield from dict.fromkeys(each for one in typing.get_args(annotation) for each in _types(one))
    elif annotation in (bool, str):
        yield annotation
    elif annotation in (int, float):
        yield float
    elif origin is Sequence:
        yield tuple
        if Mapping in _types(typing.get_args(annotation)[0]):  # a single block needs no list
            yield Mapping
    elif origin in (dict, Mapping) or isinstance(annotation, typing.ForwardRef):
        yield Mapping
