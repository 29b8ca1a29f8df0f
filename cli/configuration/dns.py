"""The kinds of DNS that `make init` asks about."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from cli.configuration.questions import Question
from cli.configuration.source import Source
from modules.cloudflare_dns.inputs import CloudflareDnsInputs
from modules.cloudfront.inputs import NoDnsInputs
from modules.external_dns.inputs import ExternalDnsInputs
from modules.route53_dns.inputs import Route53DnsInputs
from modules.validation import Example
from stacks.config.schema import Environment


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """A kind of DNS."""

    title: str
    inputs: type
    asked: Mapping[str, tuple[str, str]]
    """What is asked for each argument, and an example of it."""
    each: str = ""
    """The argument that is asked for each environment, if any."""

    def questions(self, field: str = "dns") -> tuple[Question, ...]:
        """What is asked, for environments that have it in this field: "dns", or "cloudflare_dns"."""
        return tuple(
            Question(
                option=name.replace("_", "-"),
                path=f"{field}.{name}",
                text=text,
                is_asked_for_each=name == self.each,
            )
            for name, (text, _) in self.asked.items()
        )

    def of(self, environment: Environment) -> Environment:
        """The environment with this kind of DNS, of which it keeps the name of its record."""
        old = environment.dns_inputs
        if isinstance(old, self.inputs):
            return environment
        given: dict[str, Any] = {name: Example(example) for name, (_, example) in self.asked.items()}
        if "record_name" in given and environment.hostname:
            given["record_name"] = getattr(old, "record_name", environment.hostname.partition(".")[0])
        return replace(environment, cloudflare_dns=None, dns=self.inputs(**given))

    def rewrite(self, text: str, file: str, environment: Environment) -> str:
        """The file of an environment with this kind of DNS. Raises Failure."""
        if isinstance(environment.dns_inputs, self.inputs):
            return text
        source, made = Source(text, file), self.of(environment).dns_inputs
        values = ((name, getattr(made, name)) for name in self.asked)
        lines = "".join(f"        {name}={json.dumps(str(value))},\n" for name, value in values)
        arguments = f"\n{lines}    " if lines else ""
        source.exchange(environment.dns_field, "dns", f"{self.inputs.__name__}({arguments})")
        return source.text


KINDS: Mapping[str, Kind] = {
    "cloudflare": Kind(
        title="Cloudflare",
        inputs=CloudflareDnsInputs,
        asked={
            "zone_id": ("id of the zone at Cloudflare", "0" * 32),
            "zone_name": ("name of the zone at Cloudflare, as example.com", "example.com"),
            "record_name": ("its name within the zone", "api"),
        },
        each="record_name",
    ),
    "route53": Kind(
        title="Route 53",
        inputs=Route53DnsInputs,
        asked={
            "zone_id": ("id of the hosted zone in Route 53", "Z0123456789ABCDEFGHIJ"),
            "zone_name": ("name of the hosted zone in Route 53, as example.com", "example.com"),
            "record_name": ("its name within the zone", "api"),
        },
        each="record_name",
    ),
    "external": Kind(
        title="somebody else, who makes the records that a deployment prints",
        inputs=ExternalDnsInputs,
        asked={"hostname": ("its full name, as api.example.com", "api.example.com")},
        each="hostname",
    ),
    "none": Kind(title="HTTPS at CloudFront's own name, for a first trial", inputs=NoDnsInputs, asked={}),
}
"""By the name of the kind. A new kind is an entry here."""


def kind_of(environment: Environment) -> str:
    """The name of the kind that an environment has."""
    return next(name for name, kind in KINDS.items() if isinstance(environment.dns_inputs, kind.inputs))
