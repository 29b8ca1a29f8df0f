"""What a credential is: by its form, by the name that it stands under, or because it looks drawn at random.

Inputs refuse it, the gate names it, and the redactor hides it, all by what stands here. Every pattern reads a string
in linear time, whatever the string is: it starts at a literal, or once in a word, and nothing that can fail follows a
repetition over what it can start in.
"""

from __future__ import annotations

import base64
import contextlib
import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

from modules import notation

HIDDEN = "(sensitive)"
BY_NAME = "a secret by its name"
RANDOM = "a random string"


def _word(start: str, rest: str) -> str:
    """A pattern that matches at the start of a word, also of one after an escaped line break, as in JSON.

    The lookbehinds come after the literal `start`, which `re` then finds ten times as fast.
    """
    return rf"{start}(?:(?<![A-Za-z0-9]{start})|(?<=\\[nrt]{start})){rest}"


# Credentials that their form gives away. The group `secret` is what to hide of one, where that is not all of it.
FORMS: Mapping[str, re.Pattern[str]] = {
    # Beside a template, where a password takes the place of {password}.
    "a password in a URL": re.compile(r"://[^/\s:\"]*:(?!\{password\}@)(?P<secret>[^/\s@\"]+)@"),
    "an AWS access key": re.compile(r"A[KS]IA(?<![A-Z0-9]A[KS]IA)[A-Z0-9]{16}(?![A-Z0-9])"),
    "a private key": re.compile(
        r"-----BEGIN [\w ]{0,64}PRIVATE KEY.*?(?:-----END [\w ]{0,64}PRIVATE KEY-----|\Z)", re.DOTALL
    ),
    # Of its three parts the second is a JSON object, and so begins with `{"`, which is eyJ in Base64.
    "a JSON web token": re.compile(r"(?<![\w-])[\w-]{13,}\.eyJ[\w-]{10,}(?:\.[\w-]+){1,4}"),
    # https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github
    "a GitHub token": re.compile(r"gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{30,}"),
    # https://docs.gitlab.com/security/tokens/#token-prefixes
    "a GitLab token": re.compile(
        r"gl(?:pat|dt|rt|rtr|cbt|ptt|ft|imt|agent|oas|soat|ffct)-[\w-]{20,}(?:\.[\w-]+){0,2}|GR1348941[\w-]{20,}"
    ),
    "a Slack token": re.compile(r"xox[abeprs]-[\w-]{10,}|xapp-\d-[\w-]{10,}"),
    "a Slack webhook": re.compile(
        r"hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/(?P<secret>\w+/\w+/[\w/]+)"
    ),
    "a Discord webhook": re.compile(r"discord(?:app)?\.com/api/(?:v\d{1,3}/)?webhooks/(?P<secret>\d+/[\w-]{20,})"),
    "a Microsoft Teams webhook": re.compile(r"\.webhook\.office\.com/webhookb2/(?P<secret>[\w@/-]{36,})"),
    # Of a shared access signature, or of a webhook of Power Automate.
    "an Azure signature": re.compile(r"[?&]sig=(?P<secret>[\w%+/=-]{40,})"),
    "a Stripe key": re.compile(_word("[rs]k_", r"(?:live|test)_\w{16,}") + r"|whsec_[\w+/=]{16,}"),
    "a SendGrid key": re.compile(_word(r"SG\.", r"[\w-]{16,}\.[\w-]{16,}")),
    "a Mailgun key": re.compile(
        _word("key-", r"[0-9a-f]{32}(?![\w-])") + r"|[0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{8}(?![\w-])"
    ),
    "a Twilio key": re.compile(_word("SK", "[0-9a-f]{32}(?![A-Za-z0-9])")),
    "a Telegram token": re.compile(r":(?P<secret>AA(?<=\d:AA)[\w-]{33})"),
    "a Google key": re.compile(r"AIza[\w-]{35}|GOCSPX-[\w-]{28}|ya29\.[\w-]{20,}"),
    "an OpenAI key": re.compile(_word("sk-", r"(?:(?:proj|svcacct|admin)-[\w-]{20,}|[A-Za-z0-9]{40,})")),
    "an Anthropic key": re.compile(_word("sk-ant-", r"[\w-]{20,}")),
    "a Hugging Face token": re.compile(_word("hf_", "[A-Za-z]{34}")),
    "an npm token": re.compile(r"npm_[A-Za-z0-9]{36}"),
    "a PyPI token": re.compile(r"pypi-AgE[\w-]{50,}"),
    "a Docker Hub token": re.compile(r"dckr_[op]at_[\w-]{20,}"),
    # https://developers.cloudflare.com/fundamentals/api/get-started/token-formats/
    "a Cloudflare token": re.compile(r"cf(?:k|ut|at)_[A-Za-z0-9]{40,}|v1\.0-[0-9a-f]{24}-[0-9a-f]{146}"),
    "a DigitalOcean token": re.compile(r"do[opr]_v1_[0-9a-f]{64}"),
    "a Sentry token": re.compile(r"sntry[su]_[\w+/=-]{20,}"),
    "a New Relic key": re.compile(r"NRAK-[A-Z0-9]{27}"),
    "a Grafana token": re.compile(r"glsa_[A-Za-z0-9]{32}_[0-9A-Fa-f]{8}"),
    "a HashiCorp token": re.compile(r"hv[bs]\.[\w-]{24,}|\.atlasv1\.[\w=-]{40,}"),
}

# Words that name a credential, and last words that make something else of the name.
_WORDS = frozenset(
    {
        "PASSWORD",
        "PASSWD",
        "PASSPHRASE",
        "PASSCODE",
        "PASS",
        "PWD",
        "SECRET",
        "TOKEN",
        "CREDENTIAL",
        "CREDENTIALS",
        "APIKEY",
    }
)
_ENDS = tuple(_WORDS - {"PASS"})  # a COMPASS and a BYPASS are none
_KEYS = frozenset(
    {
        "ACCESS",
        "API",
        "AUTH",
        "ENCRYPTION",
        "HMAC",
        "JWT",
        "LICENSE",
        "MASTER",
        "PRIVATE",
        "SECRET",
        "SHARED",
        "SIGNING",
    }
)
_HARMLESS = """
AGE ALGORITHM ARN AUTHENTICATION CHECKSUM COMMIT DAYS DIGEST DIR DIRECTORY ENABLED FILE HEADER HOURS ID LENGTH LIFETIME
MINUTES NAME PATH REGION RELEASE REVISION SECONDS SHA SOCK SOCKET TTL TYPE USERNAME VALIDATORS VERSION
AUDIENCE ISSUER LIMIT MAX MIN POLICY
BUILD ENCRYPTION ENDPOINT HASH HASHERS IMAGE INTEGRITY TIMEOUT
"""
_HARMLESS_ENDS = frozenset(_HARMLESS.split())
_PUBLIC_KEYS = frozenset({"PUBLIC", "PUBLISHABLE", "SITE"})  # as JWT_PUBLIC_KEY, which everybody may have
_DIRECTORIES = frozenset({"PWD", "OLDPWD"})  # where a shell is, and where it was before

_PLACEHOLDER = re.compile(r"(?:|\d{1,3}|true|false|none|null|yes|no|on|off)", re.IGNORECASE)
_REFERS = re.compile(r"^[$:({\[]|[(\[]$|\$[\w{(]")  # a variable of a shell, or an expression of a program
_TEMPLATE = re.compile(r"\$\{[^}]*\}")
_RANDOM_WORD = re.compile(r"[A-Za-z0-9+/=_-]{20,}")
_ARN = re.compile(r"\barn:[a-z-]+:[^\s\"',]*")
_URL = re.compile(r"://[^\s\"'<>]+")
# What is as long as a random word, and published: digests, files within a string, and certificates.
_PUBLIC = re.compile(
    r"\bsha(?:256|384|512)[:-][A-Za-z0-9+/=]+|\bdata:[\w/.+-]{1,80};base64,[A-Za-z0-9+/=]*"
    r"|-----BEGIN CERTIFICATE-----\s+MII[A-Za-z0-9+/=\s]*-----END CERTIFICATE-----"
)

# NAME=value, as in a script, a command or a file of variables.
_ASSIGNMENT = re.compile(r"\b([A-Za-z_]\w*)=[\"']?([^\s\"'$]+)")


def form(text: str) -> str | None:
    """What kind of credential a string is or holds by its form, such as `a GitHub token`."""
    return next((kind for kind, pattern in FORMS.items() if pattern.search(text)), None)


def kind(text: str) -> str | None:
    """What kind of credential a string is or holds, by its form or because it looks drawn at random."""
    return form(text) or (RANDOM if random_words(text) else None)


def in_tag(key: str, value: str) -> str | None:
    """What kind of credential a tag holds. Its key makes no secret of a value: it is a word of the company's."""
    found = kind(value)
    return None if found == RANDOM and is_harmless(key) else found


def in_plain_text(name: str, value: str, *, is_variable: bool = False) -> str | None:
    """What kind of credential stands in plain text under a name. An ARN is none, and neither is a reference."""
    if found := in_tag(name, value):
        return found
    is_public = _PLACEHOLDER.fullmatch(value) or _TEMPLATE.fullmatch(value) or value.startswith("arn:")
    return BY_NAME if is_secret_name(name, is_variable=is_variable) and not is_public else None


def within(name: str, value: object) -> str | None:
    """What kind of credential stands in plain text under a name, or in what the value says at any depth.

    That is JSON under its own names, what is encoded in Base64, the values of options, and assignments.
    """
    return next(filter(None, _within(name, value)), None)


def _within(name: str, value: object, *, is_variable: bool = False) -> Iterator[str | None]:
    match value:
        case Mapping():
            pair = pair_of(value)
            for key, item in value.items():
                is_named = pair is not None and key == pair[1]
                yield from _within(pair[0] if pair and is_named else key, item, is_variable=is_named)
        case list() | tuple():
            for item in value:
                yield from _within(name, item)
            for option, item in pairwise(value):
                if isinstance(option, str) and option.startswith("-"):
                    yield from _within(option.lstrip("-"), item)
        case str():
            yield from _within_text(name, value, is_variable=is_variable)
        case int() | float() if not isinstance(value, bool):
            yield in_plain_text(name, str(value), is_variable=is_variable)


def _within_text(name: str, value: str, *, is_variable: bool) -> Iterator[str | None]:
    yield in_plain_text(name, value, is_variable=is_variable)
    found = [
        *assignments(value),
        *((each, value[slice(*span)]) for each, span in notation.values(value, is_secret_name)),
    ]
    for named, text in found:
        if is_secret_name(named) and not _REFERS.search(text):
            yield in_plain_text(named, text)
    yield from _within(name, parsed_json(value) or {})
    with contextlib.suppress(ValueError):  # it is no Base64
        yield from _within(name, base64.b64decode(value, validate=True).decode() if value else None)


def assignments(text: str) -> list[tuple[str, str]]:
    """What a script or a command assigns, by its names."""
    return _ASSIGNMENT.findall(text)


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


def is_secret_name(name: str, *, is_variable: bool = False) -> bool:
    """Whether a name says that its value is secret, as DATABASE_PASSWORD does and DATABASE_SECRET_ARN does not.

    Of environment variables every `*_KEY` is secret; arguments of Terraform of that name are mostly names of things.
    """
    words = _words(name)
    # What is behind a URL may still look drawn at random, so that this end makes no string harmless.
    if is_harmless(name) or words[-1] in ("URL", "URI"):
        return False
    is_key = is_variable and len(words) > 1 and words[-1] == "KEY"
    is_key |= any(first in _KEYS and second == "KEY" for first, second in pairwise(words))
    return is_key or not _WORDS.isdisjoint(words) or words[-1].endswith(_ENDS)


def is_harmless(name: str) -> bool:
    """Whether a name says that its value is no secret, however secret it looks, as COMMIT_SHA does."""
    *_, before, last = ("", *_words(name))
    is_public_key = last == "KEY" and before in _PUBLIC_KEYS
    return last in _HARMLESS_ENDS or is_public_key or name.upper() in _DIRECTORIES


def random_words(text: str) -> list[str]:
    """The words of a string that look drawn at random, outside of ARNs and references."""
    shown = _PUBLIC.sub(" ", _ARN.sub(" ", without_templates(text)))
    # In a URL a slash parts names; elsewhere it is a digit of Base64.
    words = _RANDOM_WORD.findall(_URL.sub(lambda url: url[0].replace("/", " "), shown))
    return [word for word in words if _is_random(word)]


def without_templates(text: str, replacement: str = " ") -> str:
    """The string with each `${...}` replaced."""
    # After the last brace no `${` ends, and looking for that from each of them would take forever.
    head, brace, tail = text.rpartition("}")
    return _TEMPLATE.sub(lambda _: replacement, head + brace) + tail


def hide(text: str) -> str:
    """The string without what is a credential by its form."""
    return cover(text, spans(text, FORMS.values()))


def spans(text: str, patterns: Iterable[re.Pattern[str]]) -> Iterator[tuple[int, int]]:
    """Where patterns match: their group `secret`, or all of it."""
    for pattern in patterns:
        group = "secret" if "secret" in pattern.groupindex else 0
        yield from (found.span(group) for found in pattern.finditer(text))


def cover(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """The string with these parts of it hidden."""
    shown: list[str] = []
    end = 0
    for start, stop in sorted(spans):
        if start > end or not shown:
            shown += [text[end:start], HIDDEN]
        end = max(end, stop)
    return "".join(shown) + text[end:]


def _words(name: str) -> list[str]:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).upper().replace("-", "_").split("_")


def _is_random(word: str) -> bool:
    """Whether a word looks drawn at random: 20 characters or more of three kinds, or 32 hexadecimal ones."""
    counts = Counter(word)
    entropy = -sum(count / len(word) * math.log2(count / len(word)) for count in counts.values())
    if re.fullmatch(r"[0-9a-f]{32,}|[0-9A-F]{32,}", word):
        return entropy > 3 and not word.isdigit()
    has_all_kinds = all(re.search(each, word) for each in ("[a-z]", "[A-Z]", "[0-9]"))
    return has_all_kinds and entropy > 3.5 and not re.search(r"[a-z]{6}", word)
