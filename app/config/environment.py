"""The one place that reads environment variables.

Every value is asked for before any is judged: `require_valid` names all that is missing or malformed at once, so that
a deployment is repaired in one round.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

T = TypeVar("T")


class Environment:
    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self._problems: list[str] = []

    def text(
        self, name: str, default: str | None = None, *, choices: Sequence[str] = (), minimum_length: int = 1
    ) -> str:
        """A variable that must be set unless there is a default. An empty value counts as not set."""
        value = self._variables.get(name) or default
        if value is None:
            return self._refuse(name, "is not set", "set it in the task definition", "")
        if choices and value not in choices:
            # Only a value out of a known set is ever shown: any other may be a secret.
            return self._refuse(name, f"is {value!r}", f"use one of {', '.join(choices)}", choices[0])
        if len(value) < minimum_length:
            return self._refuse(name, f"has {len(value)} characters", f"use {minimum_length} or more", value)
        return value

    def optional(self, name: str) -> str | None:
        return self._variables.get(name) or None

    def integer(self, name: str, default: int | None = None, *, minimum: int, maximum: int) -> int:
        value = self._variables.get(name)
        if not value and default is not None:
            return default
        if not value:
            return self._refuse(name, "is not set", "set it in the task definition", minimum)
        if not value.isascii() or not value.isdigit() or not minimum <= int(value[:20]) <= maximum:
            return self._refuse(name, "is malformed", f"use a whole number from {minimum} to {maximum}", minimum)
        return int(value)

    def names(self, name: str, default: Sequence[str] | None = None) -> list[str]:
        """A comma-separated list."""
        values = [part.strip() for part in self._variables.get(name, "").split(",") if part.strip()]
        if not values and default is not None:
            return list(default)
        if not values:
            return self._refuse(name, "is not set", "list one or more, separated by commas", [])
        return values

    def hosts(self, name: str) -> list[str]:
        """Django's ALLOWED_HOSTS. `*` would accept a forged Host; `*.example.com` is not Django's wildcard."""
        hosts = self.names(name)
        if any("*" in host for host in hosts):
            return self._refuse(name, "holds a *", "name the hosts; .example.com stands for all below it", hosts)
        if any("/" in host or ":" in host for host in hosts):
            return self._refuse(name, "holds a URL or a port", "name hosts only, such as api.example.com", hosts)
        return hosts

    def url(self, name: str, *, schemes: Sequence[str]) -> str:
        """A server's URL without its query: how certificates are checked is for the settings to say."""
        value = self.text(name)
        if not value:
            return value
        try:
            parts = urlsplit(value)
            well_formed = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
        except ValueError:
            well_formed = False
        if not well_formed:
            return self._refuse(name, "is malformed", f"use {' or '.join(schemes)}://host:port/database", value)
        return parts._replace(query="").geturl()

    def checked(self, name: str, value: T, accept: Callable[[T], bool], remedy: str) -> T:
        """A rule that only one variable has."""
        return value if accept(value) else self._refuse(name, "is not acceptable", remedy, value)

    def require_valid(self) -> None:
        if self._problems:
            raise ImproperlyConfigured("\n".join(["the environment is not complete:", *self._problems]))

    def _refuse(self, name: str, what: str, remedy: str, stand_in: T) -> T:
        self._problems.append(f"  {name}: {what}: {remedy}")
        return stand_in
