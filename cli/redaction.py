"""Hides what is secret from everything that is shown. Where it is in doubt it hides: a page is read by many."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from urllib.parse import quote

from cli.tree import Json

HIDDEN = "(sensitive)"

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

_FORMS = (
    # The password of a URL, to the last @ before anything that ends a URL.
    (re.compile(r"\b([a-z][a-z0-9+.-]*://[^\s:/@\"'<>]*):[^\s\"'<>]+@", re.IGNORECASE), rf"\1:{HIDDEN}@"),
    # Before the next one, which ends at a space.
    (re.compile(r"\b((?:bearer|basic)\s+)[\w.~+/=-]{8,}", re.IGNORECASE), rf"\1{HIDDEN}"),
    # NAME=value, --name=value, "name": "value" and header: value, wherever they stand in a text, but "credentials: no".
    (
        re.compile(
            rf"((?<![A-Za-z0-9])(?!credentials:\s)[\w-]*(?:{_WORDS}|(?:{_KEYS})[_-]?key)[\w-]*[\"']?(?:=|:\s+|\s*:\s*(?=[\"']))[\"']?)"
            r"(?!arn:)[^\s\"'&,;]+",
            re.IGNORECASE,
        ),
        rf"\1{HIDDEN}",
    ),
    # What is a credential by its form: keys of AWS, private keys, tokens of GitHub, GitLab and Slack, JSON web tokens.
    (re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"), HIDDEN),
    (re.compile(r"-----BEGIN (?:\w+ )*PRIVATE KEY.*?(?:-----END (?:\w+ )*PRIVATE KEY-----|$)", re.DOTALL), HIDDEN),
    (re.compile(r"\b(?:gh[pousr]_|github_pat_|glpat-|xox[abeprs]-|[rs]k_live_)[\w-]{10,}"), HIDDEN),
    (re.compile(r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]+"), HIDDEN),
)

# Shorter ones are hidden in their own place only: `on` may be a secret, and is a word of every page.
_SHORTEST = 6


def is_secret(name: str, *, is_variable: bool = False) -> bool:
    """Whether a name says that its value is secret, be it an argument or, by a wider rule, an environment variable."""
    if is_variable or re.fullmatch(r"[A-Z0-9_]+", name):
        return bool(_CAPITALS.search(name))
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).replace("-", "_").lower()
    return bool(_ARGUMENT.search(words)) and not _HARMLESS.fullmatch(words)


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
        forms = {form for secret in secrets if len(secret) >= _SHORTEST for form in _forms(secret)}
        # Longer ones first, so that one which holds another is hidden as a whole.
        ordered = sorted(forms, key=lambda form: (-len(form), form))
        self._known = re.compile("|".join(map(re.escape, ordered))) if ordered else None

    def text(self, text: str) -> str:
        """The text without secrets."""
        if self._known:
            text = self._known.sub(HIDDEN, text)
        for form, replacement in _FORMS:
            text = form.sub(replacement, text)
        return text


def secrets_of_plan(plan: Json) -> Iterator[str]:
    """Every value that Terraform marks as sensitive in a plan, at any depth.

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


def secrets_of_environment(environment: Mapping[str, str]) -> Iterator[str]:
    """The credentials of this process."""
    for name, value in environment.items():
        if is_secret(name.removeprefix("TF_VAR_").lower()) and not is_public(value):
            yield value


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
    except ValueError:
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
