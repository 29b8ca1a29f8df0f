"""What a task gets here in place of what Terraform and AWS know: outputs of other units, and values of secrets."""

from __future__ import annotations

import json
import re
import secrets
import string
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Protocol

from cli.terraform.tree import Unit

Json = dict[str, Any]

HOSTNAME = "d111111abcdef8.cloudfront.net"
"""Stands for the name that CloudFront draws, as in its documentation."""
MASTER_SECRET = "data.terraform_remote_state.postgresql.outputs.master_secret_arn"  # noqa: S105  (a reference)
_EXPRESSION = re.compile(r"(?<!\$)\$\{([^{}]+)\}")
_OUTPUT = re.compile(r"data\.terraform_remote_state\.([\w-]+)\.outputs\.(\w+)")
_SECRET = re.compile(r"aws_secretsmanager_secret\.([\w-]+)\.(?:arn|id)")
_DRAWN = re.compile(r"ephemeral\.aws_secretsmanager_random_password\.([\w-]+)\.random_password")
# ARN or reference, JSON key, stage and version:
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
_VALUE_FROM = re.compile(
    r"(?:\$\{(?P<reference>[^{}]+)\}|(?P<arn>arn:[^:]*:[^:]*:[^:]*:[^:]*:(?:secret:[^:]+|[^:]+)))(?::(?P<key>[^:]*):.*)?",
    re.DOTALL,
)


class Unknown(Exception):
    """A value that only AWS or a person has. Its text says which."""


def drawn() -> str:
    """A password such as Terraform draws: 64 letters and digits."""
    alphabet = string.ascii_letters + string.digits
    return "".join(secrets.choice(alphabet) for _ in range(64))


class Source(Protocol):
    """Where the values of a task definition come from."""

    @property
    def secrets(self) -> list[str]:
        """All that is to be hidden of what was filled in so far."""
        ...

    def text(self, text: str) -> str:
        """A text with the values of all that it refers to. Raises Unknown."""
        ...

    def secret(self, name: str, value_from: str) -> str:
        """The value that ECS hands over as this variable. Raises Unknown."""
        ...


class Values:
    """Fills in what the configuration of a unit refers to."""

    def __init__(
        self,
        unit: Unit,
        outputs: Mapping[str, Mapping[str, object]],
        master: Mapping[str, str],
        given: Mapping[str, str],
    ) -> None:
        """`outputs` of other units by remote state, the `master` user's secret, and values `given` by a person."""
        self._resources: Json = unit.configuration.get("resource", {})
        self._locals: Json = unit.configuration.get("locals", {})
        self._outputs, self._given = outputs, given
        self._master = json.dumps(master)
        self._draw = cache(lambda _name: drawn())
        self._known: list[str] = [value for name, value in master.items() if name != "username"] + [*given.values()]

    @property
    def secrets(self) -> list[str]:
        """All that is to be hidden of what was filled in so far."""
        return self._known

    def text(self, text: str) -> str:
        """A text with the values of all that it refers to. Raises Unknown."""
        filled = _EXPRESSION.sub(lambda found: self._value(found[1].strip()), text)
        if "${" in filled.replace("$${", ""):
            raise Unknown(f"{text} is known only to Terraform")
        return filled.replace("$${", "${").replace("%%{", "%{")

    def secret(self, name: str, value_from: str) -> str:
        """The value that ECS hands over as this variable. Raises Unknown."""
        if name in self._given:
            return self._given[name]
        found = _VALUE_FROM.fullmatch(value_from)
        reference = found["reference"] if found else None
        if not found or reference is None:
            raise Unknown(f"{name} is a secret that only the account has")
        whole = self._whole(reference.strip())
        value = whole if not found["key"] else self._key(name, whole, found["key"])
        if found["key"] != "username":  # of RDS's secret, which is a word of every log
            self._known.append(value)
        return value

    def _value(self, expression: str) -> str:
        if found := _OUTPUT.fullmatch(expression):
            value = self._outputs.get(found[1], {}).get(found[2])
            if isinstance(value, (str, int)):
                return str(value)
        elif expression.startswith("local.") and isinstance(self._locals.get(expression[6:]), str):
            return self.text(self._locals[expression[6:]])
        elif expression == "aws_cloudfront_distribution.cloudfront.domain_name":
            return HOSTNAME
        elif found := _DRAWN.fullmatch(expression):
            return self._drawn(found[1])
        raise Unknown(f"{expression} is known only to Terraform")

    def _drawn(self, name: str) -> str:
        value = self._draw(name)
        self._known.append(value)
        return value

    def _whole(self, reference: str) -> str:
        """All that a secret holds."""
        if reference == MASTER_SECRET:
            return self._master
        found = _SECRET.fullmatch(reference)
        versions: Mapping[str, Json] = self._resources.get("aws_secretsmanager_secret_version", {})
        for version in versions.values():
            holder = _SECRET.fullmatch(version.get("secret_id", "").strip("${}"))
            if found and holder and found[1] == holder[1]:
                return self._stored(version.get("secret_string_wo", ""))
        raise Unknown(f"{reference} is known only to Terraform")

    def _stored(self, template: str) -> str:
        """What `secret_string_wo` says: a password, or the JSON object of which jsonencode makes a text."""
        inner = template.removeprefix("${").removesuffix("}")
        if not (inner.startswith("jsonencode(") and inner.endswith(")")):
            return self.text(template)
        entries = dict(_entries(inner.removeprefix("jsonencode(").removesuffix(")")))
        return json.dumps({key: self.text(value) for key, value in entries.items()})

    @staticmethod
    def _key(name: str, whole: str, key: str) -> str:
        try:
            return str(json.loads(whole)[key])
        except (ValueError, KeyError, TypeError):
            raise Unknown(f"{name} is the key {key} of a secret that has none such") from None


_ENTRY = re.compile(r'\s*"?(?P<key>\w+)"?\s*[=:]\s*(?:"(?P<text>(?:[^"\\]|\\.)*)"|(?P<reference>[\w.\[\]-]+))\s*,?')


def _entries(expression: str) -> Iterator[tuple[str, str]]:
    """The keys and templates of an object such as `{"password" = ephemeral.x.y, "url" = "postgres://${…}"}`."""
    body = expression.strip()
    if not (body.startswith("{") and body.endswith("}")):
        raise Unknown(f"{expression} is known only to Terraform")
    body, position = body[1:-1], 0
    while body[position:].strip():
        found = _ENTRY.match(body, position)
        if not found:
            raise Unknown(f"{expression} is known only to Terraform")
        is_text = found["text"] is not None
        yield found["key"], json.loads(f'"{found["text"]}"') if is_text else f"${{{found['reference']}}}"
        position = found.end()
