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


def walked_while_changed(owner: type, *names: str) -> None:
    """Let the values of these dictionaries of a backend be walked through while another thread adds or removes one.

    Terraform makes, reads and deletes dozens of things at once, and `dict` would raise RuntimeError.
    """

    @around(owner, "__init__")
    def init(original: Any, self: Any, *arguments: Any, **named: Any) -> None:
        original(self, *arguments, **named)
        for name in names:
            setattr(self, name, _Walked(getattr(self, name)))


class _Walked(dict[str, Any]):
    def values(self) -> Any:
        return [*super().values()]
