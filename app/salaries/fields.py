"""A text column that holds canonical values only."""

from collections.abc import Callable
from typing import Any

from django.db import models


class CanonicalField(models.CharField):
    """Brings what is saved and what is compared with it into the canonical spelling, bulk operations included."""

    def __init__(self, canonical: Callable[[str], str], *args: Any, **kwargs: Any) -> None:
        self.canonical = canonical
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, [self.canonical, *args], kwargs

    def to_python(self, value: Any) -> Any:
        value = super().to_python(value)
        return self.canonical(value) if isinstance(value, str) else value

    def get_prep_value(self, value: Any) -> Any:
        return self.to_python(super().get_prep_value(value))
