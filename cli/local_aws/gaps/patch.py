"""How moto is changed: a name that it has no longer, or has by now, is an error at once."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from types import ModuleType
from typing import Any, TypeVar

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])


def around(owner: type | ModuleType, name: str) -> Callable[[FunctionT], FunctionT]:
    """Put a function around a method or a function, which it gets before the arguments."""

    def replace(function: FunctionT) -> FunctionT:
        original = getattr(owner, name)

        @wraps(original)
        def replacement(*arguments: Any, **named: Any) -> Any:
            return function(original, *arguments, **named)

        setattr(owner, name, replacement)
        return function

    return replace


def around_property(owner: type, name: str) -> Callable[[FunctionT], FunctionT]:
    """Put a function around the reading of a property; it gets the original first, and then the object."""

    def replace(function: FunctionT) -> FunctionT:
        original = owner.__dict__[name].fget
        setattr(owner, name, property(lambda self: function(original, self)))
        return function

    return replace


def missing_from(owner: type) -> Callable[[FunctionT], FunctionT]:
    """Give a class a method that it lacks."""

    def add(function: FunctionT) -> FunctionT:
        if hasattr(owner, function.__name__):
            raise RuntimeError(f"moto has {owner.__name__}.{function.__name__} by now: remove ours")
        setattr(owner, function.__name__, function)
        return function

    return add
