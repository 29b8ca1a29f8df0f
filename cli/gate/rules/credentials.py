"""Credentials in plain text. Whatever stands in a plan or a state is read by all who may plan.

No line here shows what was found, only where.
"""

from __future__ import annotations

import base64
import contextlib
import math
import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from cli.gate.container_definitions import containers
from cli.gate.resources import Resource, Unit, named_strings
from cli.gate.rule import Rule, UnitRule

# Texts that are a credential by their form, with what each is.
_FORMS = {
    "a URL with a password": re.compile(r"[a-z][a-z0-9+.-]*://[^/\s:@\"']*:[^@\s/\"']+@", re.IGNORECASE),
    "an access key of AWS": re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    "a private key": re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY"),
    "a token of GitHub": re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{30,})"),
    "a token of GitLab": re.compile(r"\bglpat-[\w-]{20,}"),
    "a token of Slack": re.compile(r"\bxox[abeprs]-[\w-]{10,}|hooks\.slack\.com/services/\w+/\w+/\w+"),
    "a key of Stripe": re.compile(r"\b[rs]k_(?:live|test)_\w{16,}"),
    "a key of SendGrid": re.compile(r"\bSG\.[\w-]{16,}\.[\w-]{16,}"),
    "a key of Google": re.compile(r"\bAIza[\w-]{35}\b"),
    "a JSON web token": re.compile(r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]+"),
    "the value of a secret": re.compile(
        r"\$\{[^}]*(?:\.(?:password|secret_string|secret_binary|auth_token|private_key\w*)\b|random_password\.\w+\.result"
        r"|random_password\.[^}]*\.random_password\b)"
    ),
}

# Words that name a credential, and last words that make something else of the name.
_SECRET_WORDS = {"PASSWORD", "PASSWD", "PASSPHRASE", "PWD", "SECRET", "TOKEN", "CREDENTIAL", "CREDENTIALS", "APIKEY"}
_SECRET_KEYS = {"ACCESS", "API", "AUTH", "ENCRYPTION", "LICENSE", "PRIVATE", "SECRET", "SHARED", "SIGNING"}
_HARMLESS_ENDS = {
    *("AGE", "ALGORITHM", "ARN", "AUTHENTICATION", "CHECKSUM", "COMMIT", "DAYS", "DIGEST", "ENABLED", "FILE", "HEADER"),
    *(
        "HOURS",
        "ID",
        "LENGTH",
        "LIFETIME",
        "MINUTES",
        "NAME",
        "PATH",
        "REGION",
        "RELEASE",
        "REVISION",
        "SECONDS",
        "SHA",
    ),
    *("TTL", "TYPE", "USERNAME", "VALIDATORS", "VERSION"),
}
_PLACEHOLDER = re.compile(r"(?:|\d{1,6}|true|false|none|null|yes|no|on|off)", re.IGNORECASE)
_TOKEN = re.compile(r"\$\{[^}]*\}")
_WORD = re.compile(r"[A-Za-z0-9+/=_-]{20,}")
_ARN = re.compile(r"\barn:[a-z-]+:[^\s\"',]*")
_RANDOM_TEXT = "a random text"


def find(value: str) -> str | None:
    """What kind of credential a text is or holds, by its form."""
    for kind, form in _FORMS.items():
        if form.search(value):
            return kind
    words = _WORD.findall(_ARN.sub(" ", _TOKEN.sub(" ", value)))
    return _RANDOM_TEXT if any(map(_random, words)) else None


def _random(word: str) -> bool:
    """Whether a word looks drawn at random: 20 characters or more of three kinds, or 32 hexadecimal ones."""
    counts = Counter(word)
    entropy = -sum(count / len(word) * math.log2(count / len(word)) for count in counts.values())
    if re.fullmatch(r"[0-9a-f]{32,}|[0-9A-F]{32,}", word):
        return entropy > 3 and not word.isdigit()
    kinds = sum(bool(re.search(kind, word)) for kind in ("[a-z]", "[A-Z]", "[0-9]"))
    return kinds == 3 and entropy > 3.5 and not re.search(r"[a-z]{6}", word)


def secret_name(name: str) -> bool:
    """Whether a name says that its value is secret, as DATABASE_PASSWORD does and DATABASE_SECRET_ARN does not."""
    words = _words(name)
    if words[-1] in _HARMLESS_ENDS:
        return False
    keys = any(first in _SECRET_KEYS and second == "KEY" for first, second in pairwise(words))
    return keys or bool(_SECRET_WORDS.intersection(words))


def _words(name: str) -> list[str]:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).upper().replace("-", "_").split("_")


def _plain(name: str, value: str) -> str | None:
    """What is wrong with a value that is in plain text under a name."""
    kind = find(value)
    if kind and not (kind == _RANDOM_TEXT and _words(name)[-1] in _HARMLESS_ENDS):
        return kind
    harmless = _PLACEHOLDER.fullmatch(value) or _TOKEN.fullmatch(value) or value.startswith("arn:")
    return "a secret by its name" if secret_name(name) and not harmless else None


def _environment(resource: Resource) -> Iterator[str]:
    for container, definition in containers(resource):
        for variable in definition.get("environment") or ():
            name, value = str(variable.get("name")), str(variable.get("value") or "")
            # Under such a name a reference is a secret too, because ECS gets what it stands for.
            referred = secret_name(name) and "${" in value and not value.endswith("arn}")
            if what := _plain(name, value) or ("a secret by its name" if referred else None):
                yield f"{name} of {container} is {what}"


def _in_container(resource: Resource) -> Iterator[str]:
    """Beside the environment: commands, labels, health checks, options of the log."""
    for container, definition in containers(resource):
        rest = {key: value for key, value in definition.items() if key not in ("environment", "secrets", "image")}
        for name, value in named_strings(rest):
            if kind := find(value):
                yield f"{name} of {container} holds {kind}"


def _user_data(resource: Resource) -> Iterator[str]:
    for name in ("user_data", "user_data_base64"):
        text = str(resource.configured.get(name) or "")  # the plan shows its hash
        with contextlib.suppress(ValueError):  # it is no base64
            text += base64.b64decode(text, validate=True).decode()
        assigned = re.findall(r"(?m)\b([A-Za-z_]\w*)=[\"']?([^\s\"'$]+)", text)
        if any(map(find, text.splitlines())) or any(secret_name(key) and _plain(key, value) for key, value in assigned):
            yield name


# Arguments that Terraform keeps in the state, with the better ones.
_STATEFUL = {
    "auth_token": "an RBAC user of IAM",
    "master_password": "manage_master_user_password",
    "password": "manage_master_user_password, or password_wo",
    "passwords": "authentication_mode iam",
    "private_key": "a certificate that AWS issues",
    "secret_binary": "secret_string_wo",
    "secret_string": "secret_string_wo",
}
_RANDOM = "aws_secretsmanager_random_password"
_READ_ELSEWHERE = {"container_definitions", "user_data", "user_data_base64", "policy", "assume_role_policy"}


def _argument(resource: Resource) -> Iterator[str]:
    for name, value in resource.values.items():
        if name in _READ_ELSEWHERE:
            continue
        if better := _STATEFUL.get(name) if value else None:
            yield f"{name} lies in the state for all who read it: use {better}"
        elif not name.endswith("_wo"):
            for inner, text in named_strings(value, name):
                kind = find(text)
                if kind and kind != _RANDOM_TEXT:  # ids of AWS are random too
                    yield f"{inner} holds {kind}: keep it in Secrets Manager, and refer to it by its ARN"


def _literals(unit: Unit) -> Iterator[str]:
    configuration = unit.configuration
    for name, variable in configuration.get("variable", {}).items():
        if isinstance(default := variable.get("default"), str) and default and _plain(name, default):
            yield f"var.{name}"
    for name, value in configuration.get("locals", {}).items():
        if isinstance(value, str) and _plain(name, value):
            yield f"local.{name}"
    for kind in ("provider", "data"):
        for name, block in configuration.get(kind, {}).items():
            if any(_plain(inner, text) for inner, text in named_strings(block)):
                yield f"{kind}.{name}"
    backend = configuration.get("terraform", {}).get("backend", {})
    if any(_plain(inner, text) for inner, text in named_strings(backend)):
        yield "terraform.backend"


def _outputs(unit: Unit) -> Iterator[str]:
    changes = unit.plan.plan.get("output_changes", {})
    for name, output in unit.configuration.get("output", {}).items():
        secret = any(_plain(name, text) for _, text in named_strings(output.get("value")))
        if secret or output.get("sensitive") or changes.get(name, {}).get("after_sensitive") is True:
            yield f"output.{name}"


def _short(unit: Unit) -> Iterator[str]:
    for name, password in unit.configuration.get("ephemeral", {}).get(_RANDOM, {}).items():
        # https://docs.djangoproject.com/en/5.2/ref/checks/#security: W009 asks for 50 of a SECRET_KEY.
        if int(password.get("password_length", 32)) < 50:
            yield f"ephemeral.{_RANDOM}.{name}"


RULES = (
    Rule(
        "credentials/environment",
        ("aws_ecs_task_definition",),
        _environment,
        "{}, in plain text for all who see the task: pass it by `secrets`, from Secrets Manager",
    ),
    Rule(
        "credentials/container",
        ("aws_ecs_task_definition",),
        _in_container,
        "{}, in plain text for all who see the task: pass it by `secrets`, from Secrets Manager",
    ),
    Rule(
        "credentials/user-data",
        ("aws_instance", "aws_launch_template"),
        _user_data,
        "{} holds a credential, which every process of the instance reads: let the instance fetch it by its role",
    ),
    Rule("credentials/argument", ("*",), _argument, "{}"),
    UnitRule(
        "credentials/literal",
        _literals,
        "a credential stands in the code: let Terraform take it from its environment, or refer to its ARN",
    ),
    UnitRule(
        "credentials/output",
        _outputs,
        "a secret would lie in the state, for all who read this unit's outputs: publish its ARN",
    ),
    UnitRule(
        "credentials/short",
        _short,
        "the password is short enough to be guessed: make password_length 50 or more",
    ),
)
