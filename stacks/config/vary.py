"""Inputs that are like others, but for a few values: what environments share stands once."""

from __future__ import annotations

from dataclasses import is_dataclass, replace
from typing import Any, TypeVar

from modules.validation import InvalidInput, show

T = TypeVar("T")


def vary(base: T, **changes: Any) -> T:
    """A copy of inputs with other values, of nested ones too: `vary(BASE, name="qa", postgresql__multi_az=False)`.

    Two underscores lead into what is nested, as in lookups of Django. Raises InvalidInput for a name that is not there,
    and for one below an input that is None.
    """
    own = {name: value for name, value in changes.items() if "__" not in name}
    made: Any = replace(base, **own) if own else base  # type: ignore[type-var]
    below: dict[str, dict[str, Any]] = {}
    for name, value in changes.items():
        first, separator, rest = name.partition("__")
        if separator:
            below.setdefault(first, {})[rest] = value
    for name, inner in below.items():
        if not hasattr(made, name):
            replace(made, **{name: None})  # which says what the names are
        nested = getattr(made, name)
        if not is_dataclass(nested):
            value = f"a {type(nested).__name__}" if isinstance(nested, dict | tuple) else show(nested)
            what = f"{name} is {value}, so that there is nothing below it to change"
            raise InvalidInput(type(made).__name__, what, f"give {name} as a whole")
        made = replace(made, **{name: vary(nested, **inner)})
    return made  # type: ignore[no-any-return]
