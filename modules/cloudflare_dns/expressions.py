"""Expressions of Cloudflare's rules language.

https://developers.cloudflare.com/ruleset-engine/rules-language/
"""

from __future__ import annotations

import re
from collections.abc import Iterable

MOST_CHARACTERS = 4096
"""https://developers.cloudflare.com/ruleset-engine/rules-language/expressions/#maximum-rule-expression-length"""

# A string may be raw, and then ends at as many # as it begins with.
_STRING = re.compile(r'(?<![\w.])r(#*)".*?"\1|"(?:[^"\\]|\\.)*"')
_CONSTANT = re.compile(r"(?<![\w.])(?:true|false)(?![\w.])")
_REGULAR_EXPRESSION = re.compile(r"(?<![\w.])matches(?![\w.])|~|regex_replace")
_OF_HOSTNAMES = re.compile(r'http\.host in \{"[^"]+"(?: "[^"]+")*\} and \((.*)\)', re.DOTALL)


def quoted(text: str) -> str:
    """A string of the language."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def below(paths: Iterable[str]) -> str:
    """Requests whose path begins with one of these."""
    return " or ".join(f"starts_with(http.request.uri.path, {quoted(path)})" for path in paths)


def of_hostnames(hostnames: Iterable[str], expression: str) -> str:
    """The requests of an expression that are to these hostnames."""
    return f"http.host in {{{' '.join(map(quoted, hostnames))}}} and ({expression})"


def is_of_hostnames(expression: str) -> bool:
    """Whether an expression is one that `of_hostnames` makes of one that is closed."""
    found = _OF_HOSTNAMES.fullmatch(expression)
    return found is not None and is_closed(found[1])


def is_closed(expression: str) -> bool:
    """Whether strings and parentheses end where they should, so that nothing of it reaches beyond its own."""
    if len(expression) > MOST_CHARACTERS:
        return False
    rest = _without_strings(expression)
    depth = 0
    for character in rest:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth < 0:
            return False
    return depth == 0 and '"' not in rest and bool(rest.strip())


def is_constant(expression: str) -> bool:
    """Whether it has a constant, by which it holds for every request or for none."""
    return _CONSTANT.search(_without_strings(expression)) is not None


def has_regular_expression(expression: str) -> bool:
    """Whether it has an operator or a function that not all plans have."""
    return _REGULAR_EXPRESSION.search(_without_strings(expression)) is not None


def _without_strings(expression: str) -> str:
    return _STRING.sub("''", expression)
