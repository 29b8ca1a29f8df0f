"""Hides what is secret from everything that is shown. Where it is in doubt it hides: a page is read by many."""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import Any
from urllib.parse import quote, quote_plus

from modules import credentials, notation
from modules.credentials import pair_of, parsed_json

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
    # The token in the place of a user, as in https://TOKEN@host; and of what connects to anything else, if it is long.
    re.compile(r"(?:https?|ftps?|wss?)://(?P<secret>[^\s/?#@:\"'<>]{1,512})@"),
    re.compile(r"://(?P<secret>(?=[^\s/?#@:\"'<>]{0,512}\d)[^\s/?#@:\"'<>]{16,512})@"),
    # curl --user NAME:PASSWORD, but not the numbers that containers run as.
    re.compile(
        r"(?<![\w-])(?:-u|--user|--proxy-user)[ =]{1,8}[\"']?[^\s:\"']{1,128}:(?!\d+\b)(?P<secret>[^\s\"']{1,512})"
    ),
    re.compile(r"\bredis-cli\b[^\n|;&]{0,200}?\s-a\s{1,8}[\"']?(?P<secret>[^\s\"']{1,512})"),
    re.compile(
        r"\b(?:sshpass\s{1,8}-p|mysql(?:dump|admin)?\b[^\n|;&]{0,200}?\s-p)\s{0,8}[\"']?(?P<secret>[^\s\"'-][^\s\"']{0,512})"
    ),
    # After the scheme of a header, but not `basic authentication`.
    re.compile(r"(?:bearer|basic)\s{1,8}(?![A-Za-z][a-z-]*(?![\w.~+/=-]))(?P<secret>[\w.~+/=-]{8,})", re.IGNORECASE),
)
# Names that are secret in a text, beside those of arguments: of query strings and cookies.
_IN_TEXTS = re.compile(
    r"sig|jwt|otp|totp|auth|salt|pepper|passcode|(?:j|php|asp\.net_)?session_?id|sid|sas|connection_?string"
)

_SHA_1 = re.compile(r"[0-9a-f]{40}")

# Shorter ones are hidden in their own place only: `on` may be a secret, and is a word of every page.
_SHORTEST = 6
# Of a secret of several lines, shorter ones may be anything.
_SHORTEST_LINE = 12
_MARKERS = frozenset(
    f"-----{which} {kind}PRIVATE KEY-----" for which in ("BEGIN", "END") for kind in ("", "RSA ", "EC ")
)


def is_secret(name: str, *, is_variable: bool = False) -> bool:
    """Whether a name says that its value is secret, be it an argument or, by a wider rule, an environment variable."""
    if is_variable or re.fullmatch(r"[A-Z0-9_]+", name):
        return bool(_CAPITALS.search(name))
    words = _snake(name)
    is_wider = bool(_ARGUMENT.search(words)) and not _HARMLESS.fullmatch(words)
    return is_wider or credentials.is_secret_name(name)


def is_measure(name: str, value: object) -> bool:
    """Whether a name and a value say how long or how many, as PASSWORD_RESET_TIMEOUT and 259200 do."""
    return credentials.is_harmless(name) and bool(re.fullmatch(r"\d{1,9}(?:\.\d{1,3})?", str(value)))


def is_public(value: object) -> bool:
    """Whether a value is shown even under the name of a secret: it says where the secret is, or that there is one."""
    return value is None or isinstance(value, bool) or value == "" or (isinstance(value, str) and is_arn(value))


def is_arn(value: str) -> bool:
    """Whether a text is an ARN, and nothing but that."""
    return bool(re.fullmatch(r"arn:aws[a-z-]*:[a-z0-9-]*:[a-z0-9-]*:\d*:[\w+=,.@/:*-]+", value))


@dataclass(frozen=True, slots=True)
class Hidden:
    """Stands in a redacted plan for a value that is secret, or holds a secret: equal where the values are equal."""

    text: str
    """What may be shown of it."""
    number: int
    """Which value it is, in the order in which they were found; 0 for one that is absent or empty."""
    is_marked: bool = False
    """Whether Terraform marks it as sensitive. Then nothing is shown of what stands in its place either."""


class Redactor:
    """Hides in texts, and in plans, what is known to be secret, and what looks like it."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        """`secrets` are values to hide wherever they occur, also in parts of a text."""
        known = {_folded(form) for secret in secrets if len(secret) >= _SHORTEST for form in _forms(secret)}
        self._known: dict[str, list[str]] = {}  # by how they begin
        for form in known:
            if form not in HIDDEN:
                self._known.setdefault(form[:_SHORTEST], []).append(form)
        self._numbers: dict[str, int] = {}
        self._keys: dict[str, str] = {}

    def text(self, text: str) -> str:
        """The text without secrets."""
        hidden = self._hide(text)
        # What is hidden may join what was apart: the rest of a password after the part of it that is known.
        return text if hidden == text else self._hide(hidden)

    def plan(self, document: Json) -> Json:
        """What a plan changes, of `terraform show -json`, with `Hidden` in the place of all that is secret.

        JSON within texts, such as a policy, is read and redacted as what it says. What does not change is left out.
        """
        root = document.get("configuration", {}).get("root_module", {})
        outputs = document.get("output_changes", {})
        found: Json = {
            "resource_changes": [*map(self._resource, filter(_changes, document.get("resource_changes", ())))],
            "resource_drift": [*map(self._resource, document.get("resource_drift", ()))],
            "output_changes": {
                self._key(name): self._change(raw, is_suspect=is_secret(name)) for name, raw in outputs.items()
            },
            "relevant_attributes": [
                {"resource": self.text(raw["resource"]), "attribute": [*map(self._key, raw["attribute"])]}
                for raw in document.get("relevant_attributes", ())
            ],
            "configuration": {
                "root_module": {
                    "resources": [
                        {
                            "address": self.text(raw["address"]),
                            "expressions": [*map(self._key, raw.get("expressions", ()))],
                        }
                        for raw in root.get("resources", ())
                    ]
                }
            },
        }
        return found | {key: document[key] for key in ("applyable",) if key in document}

    def _resource(self, raw: Json) -> Json:
        kept: Json = {key: raw[key] for key in ("mode", "type", "action_reason", "deposed") if key in raw}
        addresses = {key: self.text(raw[key]) for key in ("address", "previous_address") if raw.get(key)}
        return {**kept, **addresses, "change": self._change(raw["change"])}

    def _change(self, raw: Json, *, is_suspect: bool = False) -> Json:
        before_mask, after_mask = raw.get("before_sensitive"), raw.get("after_sensitive")
        return {
            "actions": raw["actions"],
            "importing": {key: self.text(str(value)) for key, value in (raw.get("importing") or {}).items()},
            "before": self._value(raw.get("before"), before_mask, after_mask, is_suspect=is_suspect),
            "after": self._value(raw.get("after"), after_mask, before_mask, is_suspect=is_suspect),
            "after_unknown": self._mask(raw.get("after_unknown")),
            "replace_paths": [[*map(self._key, path)] for path in raw.get("replace_paths", ())],
        }

    def _value(self, value: Any, mask: Any, other_mask: Any, *, is_suspect: bool) -> Any:
        """A value without secrets. The masks are Terraform's; what is suspect stands under the name of a secret."""
        if mask is True or other_mask is True:
            return Hidden(HIDDEN, self._number(value), is_marked=True)
        parsed = parsed_json(value) if isinstance(value, str) else None
        if parsed is not None:
            return self._value(parsed, None, None, is_suspect=is_suspect)
        match value:
            case dict():
                pair = pair_of(value)
                return {
                    self._key(key): self._value(
                        item,
                        _part(mask, key),
                        _part(other_mask, key),
                        is_suspect=_is_suspect(key, item, pair, is_suspect),
                    )
                    for key, item in value.items()
                }
            case list():
                # What follows an option such as `--password` is under its name.
                options = [False, *(isinstance(item, str) and _is_secret_option(item) for item in value)]
                if len(value) == 2 and all(isinstance(item, str) for item in value):
                    options[1] |= is_secret(value[0])
                return [
                    self._value(
                        item, _part(mask, index), _part(other_mask, index), is_suspect=is_suspect or options[index]
                    )
                    for index, item in enumerate(value)
                ]
        if is_suspect and not is_public(value):
            return Hidden(HIDDEN, self._number(value))
        if isinstance(value, str) and (shown := self.text(value)) != value:
            return Hidden(shown, self._number(value))
        if isinstance(value, int | float) and not isinstance(value, bool) and self._is_known(value):
            return Hidden(HIDDEN, self._number(value))
        return value

    def _mask(self, mask: Any) -> Any:
        """A mask of what is unknown, by the keys that the redacted values have."""
        match mask:
            case dict():
                return {self._key(key): self._mask(item) for key, item in mask.items()}
            case list():
                return [self._mask(item) for item in mask]
            case _:
                return mask

    def _key(self, key: Any) -> Any:
        """A key of a map, or an index. Keys of which the same is left stay apart."""
        if not isinstance(key, str) or (shown := self.text(key)) == key:
            return key
        if key not in self._keys:
            taken = sum(other == shown or other.startswith(f"{shown} #") for other in self._keys.values())
            self._keys[key] = f"{shown} #{taken + 1}" if taken else shown
        return self._keys[key]

    def _number(self, value: Any) -> int:
        if value in (None, "", [], {}):
            return 0
        return self._numbers.setdefault(json.dumps(value, sort_keys=True), len(self._numbers) + 1)

    def _is_known(self, number: float) -> bool:
        return any(form in self._known.get(form[:_SHORTEST], ()) for form in _numerals(number))

    def _hide(self, text: str) -> str:
        spans = credentials.spans(text, (*credentials.FORMS.values(), *_WIDER))
        return credentials.cover(text, (*self._places(text), *spans, *_named_values(text)))

    def _places(self, text: str) -> Iterator[tuple[int, int]]:
        if not self._known:
            return
        folded = _folded(text)
        for start in range(len(folded) - _SHORTEST + 1):
            for form in self._known.get(folded[start : start + _SHORTEST], ()):
                if folded.startswith(form, start):
                    yield start, start + len(form)


def _folded(text: str) -> str:
    """The text in lower case, as long as it was."""
    folded = text.lower()
    return folded if len(folded) == len(text) else "".join(each.lower()[:1] for each in text)


def _named_values(text: str) -> Iterator[tuple[int, int]]:
    """Where values stand that a notation gives to what names a secret."""
    for name, (start, end) in notation.values(text, _is_secret_in_text):
        if not is_measure(name, text[start:end]) and not is_public(text[start:end]):
            yield start, end


def _is_secret_in_text(name: str) -> bool:
    """As `is_secret`, without `*KEY*` and the like of capitals, which are words of sentences too."""
    words = _snake(name)
    is_wider = bool(_ARGUMENT.search(words)) and not _HARMLESS.fullmatch(words)
    is_variable = bool(re.fullmatch(r"[A-Z0-9_]+", name))
    return is_wider or bool(_IN_TEXTS.fullmatch(words)) or credentials.is_secret_name(name, is_variable=is_variable)


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).replace("-", "_").lower()


def _changes(resource: Json) -> bool:
    """Whether anything happens to a resource of a plan, be it to its address."""
    change = resource["change"]
    return change["actions"] != ["no-op"] or bool(change.get("importing") or resource.get("previous_address"))


# Names, under which none is secret even below the name of a secret.
_NAMES = ("name", "Name", "key", "Key")


def _is_suspect(key: str, item: object, pair: tuple[str, str] | None, is_suspect: bool) -> bool:
    """Whether what is under a key is under the name of a secret, or stands beside such a name, or within either."""
    if pair and key == pair[1]:
        return is_suspect or (is_secret(pair[0], is_variable=True) and not is_measure(pair[0], item))
    if key in _NAMES:
        return False
    return is_suspect or (is_secret(key) and not is_measure(key, item))


def _is_secret_option(item: str) -> bool:
    return item.startswith("-") and is_secret(item.strip("-"))


def _part(mask: Any, key: str | int) -> Any:
    """The mask of a part."""
    if isinstance(mask, dict):
        return mask.get(key)
    return mask[key] if isinstance(mask, list) and isinstance(key, int) and key < len(mask) else None


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
            yield from _odd_keys(value)
        case dict(), dict():
            for key, inner in mask.items():
                yield from _marked(value.get(key), inner)
        case list(), list():
            for inner, item in zip(mask, value, strict=False):
                yield from _marked(item, inner)


def _odd_keys(value: object) -> Iterator[str]:
    """Keys of maps that are no names of attributes, and may hold what is secret."""
    match value:
        case dict():
            yield from (key for key in value if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", key))
            for item in value.values():
                yield from _odd_keys(item)
        case list():
            for item in value:
                yield from _odd_keys(item)


def _strings(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case int() | float() if not isinstance(value, bool):
            yield json.dumps(value)
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


def _forms(secret: str) -> Iterator[str]:
    """A secret as itself, each long line of it, and as it looks within JSON, XML, a URL, a shell, or encoded."""
    lines = [each for each in map(str.strip, secret.splitlines()) if len(each) >= _SHORTEST_LINE]
    for text in {secret, secret.strip(), *lines} - {*_MARKERS}:
        encoded = text.encode(errors="surrogatepass")
        quoted = json.dumps(text)[1:-1]
        yield from (
            text,
            quoted,
            json.dumps(text, ensure_ascii=False)[1:-1],
            json.dumps(quoted)[1:-1],
            re.sub("[&<>]", lambda found: f"\\u{ord(found[0]):04x}", quoted),  # as Go writes it
            quote(encoded),
            quote(encoded, safe=""),
            quote_plus(encoded),
            escape(text),
            escape(text, quote=False),
            text.replace("'", "'\"'\"'"),
            encoded.hex(),
            *_in_base64(encoded),
        )
    if re.fullmatch(r"-?\d{1,18}(?:\.\d{1,18})?", secret):
        yield from _numerals(float(secret) if "." in secret else int(secret))


def _in_base64(encoded: bytes) -> Iterator[str]:
    """What does not depend on what stands before or after it, for each of the three places it may begin at."""
    for offset in range(3):
        text = base64.b64encode(bytes(offset) + encoded).decode()
        first, rest = -(-offset * 8 // 6), (offset + len(encoded)) % 3
        inner = text[first : len(text) - (4 - rest if rest else 0)].rstrip("=")
        if len(inner) >= _SHORTEST:
            yield from (inner, inner.replace("+", "-").replace("/", "_"))


def _numerals(number: float) -> set[str]:
    """A number as JSON, Python and Go may write it, if that is long enough to be hidden."""
    written = {json.dumps(number), f"{number:g}", f"{number:.8e}", repr(float(number))}
    written |= {str(int(number))} if abs(number) < 1e18 and number == int(number) else set()
    return {each for each in written if len(each) >= _SHORTEST}
