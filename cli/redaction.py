"""Hides what is secret from everything that is shown. Where it is in doubt it hides: a page is read by many."""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any
from urllib.parse import quote

from modules import credentials

Json = dict[str, Any]

HIDDEN = credentials.HIDDEN

# Names whose value is hidden: as capitals, where `*KEY*` is one too, and as arguments of Terraform, where most keys
# are names of things.
_WORDS = "password|passwd|passphrase|pwd|secret|token|credential|authorization|private|webhook|dsn|cookie|signature"
_CAPITALS = re.compile(rf"{_WORDS}|key|pass|auth|salt|license", re.IGNORECASE)
_KEYS = "access|account|api|auth|client|encryption|hmac|license|master|preshared|private|service|shared|signing|ssh"
_ARGUMENT = re.compile(rf"{_WORDS}|apikey|(?:{_KEYS}|secret)_?keys?(?:$|_)|(?:^|_)(?:user|db)?pass(?:$|_)")

# Arguments that such a word makes no secret of: what they say of it is its name, its place or its rules.
_HARMLESS = re.compile(
    r"http_tokens|password_encryption|cookie_(?:name|duration|expiration)"
    r"|.*_(?:arns?|ids?|names?|prefix|enabled|version|length|days|seconds|hours|type|status|algorithm|usage|strategy|dns_enabled)"
    r"|private_(?:ip|dns|zone|subnet|cidr|hosted_zone|link|address|registry).*"
)

# What is hidden beside the forms of credentials; in linear time too.
_WIDER = (
    # The password of a URL, to the last @ before anything that ends a URL.
    re.compile(r"(?<![^\s\"'<>])(?=([^\s\"'<>]*?://[^\s:/\"'<>]*:))\1(?P<secret>[^\s\"'<>]+)@"),
    # Tokens that are cut off.
    re.compile(r"\b(?:gh[pousr]_|github_pat_|glpat-|xox[abeprs]-|[rs]k_live_)[\w-]{10,}"),
)
_ASSIGNED = r"[\w-]+[\"']?(?:=|:\s+|\s*:\s*(?=[\"']))[\"']?"
# What stands before a secret, and how far that goes.
_NAMED = (
    # NAME=value, --name=value, "name": "value" and header: value, wherever they stand in a text, but "credentials: no".
    (
        re.compile(
            rf"(?<![\w-])(?={_ASSIGNED})(?!credentials:\s)(?=[\w-]*?(?:{_WORDS}|(?:{_KEYS})[_-]?key))"
            rf"{_ASSIGNED}(?!arn:)",
            re.IGNORECASE,
        ),
        re.compile(r"[^\s\"'&,;]+"),
    ),
    (re.compile(r"(?:bearer|basic)\s+", re.IGNORECASE), re.compile(r"[\w.~+/=-]{8,}")),
)

_SHA_1 = re.compile(r"[0-9a-f]{40}")

# Shorter ones are hidden in their own place only: `on` may be a secret, and is a word of every page.
_SHORTEST = 6


def is_secret(name: str, *, is_variable: bool = False) -> bool:
    """Whether a name says that its value is secret, be it an argument or, by a wider rule, an environment variable."""
    if is_variable or re.fullmatch(r"[A-Z0-9_]+", name):
        return bool(_CAPITALS.search(name))
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).replace("-", "_").lower()
    is_wider = bool(_ARGUMENT.search(words)) and not _HARMLESS.fullmatch(words)
    return is_wider or credentials.is_secret_name(name)


def is_public(value: object) -> bool:
    """Whether a value is shown even under the name of a secret: it says where the secret is, or that there is one."""
    return value is None or isinstance(value, bool) or value == "" or (isinstance(value, str) and is_arn(value))


def is_arn(value: str) -> bool:
    """Whether a text is an ARN, and nothing but that."""
    return bool(re.fullmatch(r"arn:aws[a-z-]*:[a-z0-9-]*:[a-z0-9-]*:\d*:[\w+=,.@/:*-]+", value))


class Redactor:
    """Hides in texts what is known to be secret, and what looks like it."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        """`secrets` are values to hide wherever they occur, also in parts of a text."""
        known = {form for secret in secrets if len(secret) >= _SHORTEST for form in _forms(secret)}
        self._known = [form for form in known if form not in HIDDEN]

    def text(self, text: str) -> str:
        """The text without secrets."""
        hidden = self._hide(text)
        # What is hidden may join what was apart: the rest of a password after the part of it that is known.
        return text if hidden == text else self._hide(hidden)

    def _hide(self, text: str) -> str:
        spans = credentials.spans(text, (*credentials.FORMS.values(), *_WIDER))
        return credentials.cover(text, (*self._places(text), *spans, *_named_values(text)))

    def _places(self, text: str) -> Iterator[tuple[int, int]]:
        for known in self._known:
            start = text.find(known)
            while start >= 0:
                end = start + len(known)
                yield start, end
                start = text.find(known, end)


def _named_values(text: str) -> Iterator[tuple[int, int]]:
    """Where values stand after what names a secret. A name may be part of the value before it."""
    for name_pattern, value_pattern in _NAMED:
        end = 0
        for name in name_pattern.finditer(text):
            if name.end() >= end and (value := value_pattern.match(text, name.end())):
                end = value.end()
                yield value.span()


def secrets_of_plan(plan: Json) -> Iterator[str]:
    """Every value that Terraform marks as sensitive in a plan, at any depth; and what looks random in containers.

    https://developer.hashicorp.com/terraform/internals/json-format
    """
    variables = plan.get("configuration", {}).get("root_module", {}).get("variables", {})
    for name, variable in plan.get("variables", {}).items():
        if variables.get(name, {}).get("sensitive"):
            yield from _strings(variable.get("value"))
    changes = [each["change"] for key in ("resource_changes", "resource_drift") for each in plan.get(key, ())]
    for change in (*changes, *plan.get("output_changes", {}).values()):
        for moment in ("before", "after"):
            yield from _marked(change.get(moment), change.get(f"{moment}_sensitive"))
            yield from _random(change.get(moment))
    for state in (plan.get("planned_values", {}), plan.get("prior_state", {}).get("values", {})):
        for output in state.get("outputs", {}).values():
            yield from _marked(output.get("value"), output.get("sensitive"))
        yield from _of_module(state.get("root_module", {}))


def secrets_of_configuration(document: Json, environment: Mapping[str, str]) -> Iterator[str]:
    """The values of its sensitive variables, and what stands under the name of a secret: for messages that quote it."""
    for name, variable in document.get("variable", {}).items():
        if variable.get("sensitive"):
            yield from _strings([environment.get(f"TF_VAR_{name}"), variable.get("default")])
    for name, value in _named({key: value for key, value in document.items() if key != "//"}):
        if isinstance(value, str) and is_secret(name) and not is_public(value):
            yield value
        elif isinstance(value, str) and name != "image" and not credentials.is_harmless(name):
            yield from credentials.random_words(value)
    yield from secrets_in_plain_text(document)


def secrets_in_plain_text(document: Json) -> Iterator[str]:
    """What the gate names in a configuration itself: in variables, locals, outputs, providers, data and the backend."""
    named = [(name, variable.get("default")) for name, variable in document.get("variable", {}).items()]
    named += [(name, output.get("value")) for name, output in document.get("output", {}).items()]
    found = [(name, text) for name, value in (*named, *document.get("locals", {}).items()) for text in _strings(value)]
    blocks = _named([document.get(block) for block in ("provider", "data", "terraform")])
    for name, text in (*found, *((name, value) for name, value in blocks if isinstance(value, str))):
        kind = credentials.in_plain_text(name, text)
        if kind == credentials.BY_NAME:
            yield text
        elif kind == credentials.RANDOM:
            yield from credentials.random_words(text)


def secrets_of_environment(environment: Mapping[str, str]) -> Iterator[str]:
    """The credentials of this process. A file or directory that holds them is none, and PWD is no password."""
    for name, value in environment.items():
        is_path = value.startswith("/") and os.path.exists(value)  # noqa: PTH110  (pathlib raises for a long name)
        is_shown = is_public(value) or is_path or credentials.is_harmless(name)
        if is_secret(name.removeprefix("TF_VAR_").lower()) and not is_shown:
            yield value


def _random(values: object) -> Iterator[str]:
    """What looks drawn at random where the values of a resource are a user's own: elsewhere ids of AWS look so."""
    if isinstance(values, dict):
        for text in _strings(values.get("container_definitions")):
            yield from _of_containers(text)
        for text in _strings([values.get("user_data"), values.get("user_data_base64")]):
            yield from _of_user_data(text)


def _of_containers(text: str) -> Iterator[str]:
    parsed = parsed_json(text)
    for container in parsed if isinstance(parsed, list) else [text]:
        rest = container
        if isinstance(container, dict):
            rest = [value for key, value in container.items() if key not in ("environment", "secrets", "image")]
            variables = [each for each in container.get("environment") or () if isinstance(each, dict)]
            rest += [each.get("value") for each in variables if not credentials.is_harmless(str(each.get("name")))]
        for each in _strings(rest):
            yield from credentials.random_words(each)


def _of_user_data(text: str) -> Iterator[str]:
    """The random words of user data; all of it where it is encoded, and what it says is to be hidden."""
    try:
        decoded = base64.b64decode(text, validate=True).decode()
    except ValueError:
        if not _SHA_1.fullmatch(text):  # which the provider keeps in its place
            yield from credentials.random_words(text)
    else:
        if credentials.random_words(decoded) or Redactor().text(decoded) != decoded:
            yield text


def _of_module(module: Json) -> Iterator[str]:
    for resource in module.get("resources", ()):
        yield from _marked(resource.get("values"), resource.get("sensitive_values"))
    for child in module.get("child_modules", ()):
        yield from _of_module(child)


def _marked(value: object, mask: object) -> Iterator[str]:
    """What a mask of Terraform marks: true for a value and all below it, or a mask for each of its parts."""
    match mask, value:
        case True, _:
            yield from _strings(value)
        case dict(), dict():
            for key, inner in mask.items():
                yield from _marked(value.get(key), inner)
        case list(), list():
            for inner, item in zip(mask, value, strict=False):
                yield from _marked(item, inner)


def _strings(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for item in value.values():
                yield from _strings(item)
        case list():
            for item in value:
                yield from _strings(item)


def _named(value: object, name: str = "") -> Iterator[tuple[str, object]]:
    """Every value with the nearest name, that of a `name`-and-`value` pair among them, also within JSON texts."""
    match value:
        case dict():
            pair = pair_of(value)
            for key, item in value.items():
                yield from _named(item, pair[0] if pair and key == pair[1] else key)
        case list():
            for item in value:
                yield from _named(item, name)
            for option, item in pairwise(value):
                if isinstance(option, str) and option.startswith("-"):
                    yield option.lstrip("-"), item
        case str():
            parsed = parsed_json(value)
            if parsed is None:
                yield name, value
            else:
                yield from _named(parsed, name)


def pair_of(value: Mapping[str, object]) -> tuple[str, str] | None:
    """Of `{"name": "DEBUG", "value": "1"}` the name and the key under which the value stands; None for what is none."""
    for name_key, value_key in (("name", "value"), ("Name", "Value"), ("key", "value"), ("Key", "Value")):
        name = value.get(name_key)
        if isinstance(name, str) and value_key in value:
            return name, value_key
    return None


def parsed_json(text: str) -> dict[str, object] | list[object] | None:
    """The object or list that a text is as JSON."""
    if text[:1] not in ("{", "["):
        return None
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict | list) else None


def _forms(secret: str) -> set[str]:
    """A secret as itself, and as it looks inside of JSON, a URL, or encoded."""
    return {
        secret,
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        quote(secret),
        quote(secret, safe=""),
        base64.b64encode(secret.encode()).decode(),
    }
