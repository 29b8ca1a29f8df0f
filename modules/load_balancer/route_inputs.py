"""Which requests of a load balancer a service gets."""

from __future__ import annotations

import re
from collections.abc import Iterator

from modules import rules
from modules.validation import Problem, inputs, show

# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html
_MOST_VALUES_OF_ONE = 3
_MOST_VALUES = 5
_MOST_WILDCARDS = 5
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
MOST_RULES = 100
"""Of a load balancer, beside the default ones of its listeners."""
RULES_OF_ROUTE = 2
"""Of a further web: one attaches its target group, one has the conditions."""
# Redirects of further hostnames are below, so that they come first.
FIRST_PRIORITY, LAST_PRIORITY = 10_000, 29_999

_PATH = re.compile(r"/[A-Za-z0-9_.$/~\"'@:+*?-]{0,127}")
_LONGEST_HOST = 128


@inputs
class RouteInputs:
    """The requests that match one of its paths, where it has any, and one of its hosts, where it has any."""

    priority: int
    """10000 to 29999: where several routes match, the lowest number decides. AWS refuses a number that another rule
    still has, so choose one that is free."""
    paths: tuple[str, ...] = ()
    """`("/api/*",)`: `*` is any text and `?` any character, upper and lower case differ, and a query is not looked at.
    `/api/*` is not `/api`. Up to three, and with hosts up to five."""
    hosts: tuple[str, ...] = ()
    """Hostnames of the environment: `("api.example.com",)`. `"*.example.com"` is any name below. Up to three."""

    def takes(self, host: str, path: str) -> bool:
        """Whether a request for this host and path matches."""
        on_host = not self.hosts or any(_matches(each, host) for each in self.hosts)
        return on_host and (not self.paths or any(_matches(each, path) for each in self.paths))

    def covers(self, other: RouteInputs) -> bool:
        """Whether every request that the other takes is one that this takes too."""
        of_hosts = not self.hosts or (bool(other.hosts) and _all_below(self.hosts, other.hosts))
        return of_hosts and (not self.paths or (bool(other.paths) and _all_below(self.paths, other.paths)))

    def rules(self) -> Iterator[Problem]:
        if not FIRST_PRIORITY <= self.priority <= LAST_PRIORITY:
            what = f"got {show(self.priority)}"
            yield Problem("priority", what, f"choose {FIRST_PRIORITY} to {LAST_PRIORITY}")
        for path in self.paths:
            if not _PATH.fullmatch(path):
                what = f"{show(path)} is no pattern of a path"
                yield Problem("paths", what, 'write it as "/api/*", in 128 characters, without a query')
        for host in self.hosts:
            if not rules.domain_name(host.removeprefix("*.")) or len(host) > _LONGEST_HOST:
                remedy = 'write "api.example.com", or "*.example.com" for any name below'
                yield Problem("hosts", f"{show(host)} is no host", remedy)
        yield from self._condition_rules()

    def _condition_rules(self) -> Iterator[Problem]:
        values = (*self.paths, *self.hosts)
        if not values:
            yield Problem("paths", "is empty, and hosts too", 'name paths as "/api/*", hosts, or both')
        elif not self.hosts and any(re.fullmatch(r"/\*+", path) for path in self.paths):
            yield Problem("paths", "takes every request from web", "name narrower paths, or hosts beside them")
        remedy = 'describe several by a wildcard, as "/api/*"'
        for field, given in (("paths", self.paths), ("hosts", self.hosts)):
            if len(given) > _MOST_VALUES_OF_ONE:
                yield Problem(field, f"are {len(given)}, and a rule takes {_MOST_VALUES_OF_ONE}", remedy)
        if len(values) > _MOST_VALUES:
            what = f"and hosts are {len(values)} values, and a rule takes {_MOST_VALUES}"
            yield Problem("paths", what, remedy)
        wildcards = sum(value.count("*") + value.count("?") for value in values)
        if wildcards > _MOST_WILDCARDS:
            what = f"and hosts have {wildcards} wildcards, and a rule takes {_MOST_WILDCARDS}"
            yield Problem("paths", what, "use fewer of * and ?")
        if len({*values}) < len(values):
            yield Problem("paths", "and hosts name one twice", "name each once")


def _all_below(patterns: tuple[str, ...], others: tuple[str, ...]) -> bool:
    """Whether each of the others is narrower than one of the patterns, or the same."""
    return all(any(_matches(pattern, other, one="[^*]") for pattern in patterns) for other in others)


def _matches(pattern: str, text: str, *, one: str = ".") -> bool:
    """`one` is what `?` stands for: not for the `*` of another pattern, which is any text."""
    wildcards = {"*": ".*", "?": one}
    return bool(re.fullmatch("".join(wildcards.get(each, re.escape(each)) for each in pattern), text))
