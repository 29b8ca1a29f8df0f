"""Inputs of the load balancer's certificate: one to request, or the ARN of one that exists."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal

from modules import rules
from modules.dns import within
from modules.validation import Problem, inputs, show

# A load balancer takes certificates of ACM in its own region; server certificates of IAM are another thing.
_ARN = re.compile(rf"arn:aws[a-z-]*:acm:{rules.REGION.pattern}:\d{{12}}:certificate/[A-Za-z0-9-]+")

# https://docs.aws.amazon.com/acm/latest/userguide/acm-limits.html
MAX_NAMES = 100
# RFC 5280's limit of a common name, which is the first name of a certificate.
MAX_FIRST_NAME = 64


KeyAlgorithm = Literal["RSA_2048", "EC_prime256v1"]


@inputs
class RetiringCertificateInputs:
    """A certificate that the last deployment requested, as it was. AWS deletes none that a listener uses."""

    hostname: str
    """The environment's, as it was."""
    subject_alternative_names: tuple[str, ...] = ()
    key_algorithm: KeyAlgorithm = "RSA_2048"
    version: int = 1

    @property
    def names(self) -> tuple[str, ...]:
        """All of them."""
        return (self.hostname, *self.subject_alternative_names)

    def rules(self) -> Iterator[Problem]:
        if not rules.domain_name(self.hostname):
            yield Problem("hostname", f"{show(self.hostname)} is not a domain name", 'write it as "api.example.com"')
        if len(self.hostname) > MAX_FIRST_NAME:
            what = f"ACM requests no certificate for a name of {len(self.hostname)} characters"
            yield Problem("hostname", what, "give the first name of the certificate that was requested")
        if self.hostname in self.subject_alternative_names:
            yield Problem("subject_alternative_names", _named_anyway(self.hostname), "remove it")
        yield from _name_rules(self.subject_alternative_names)
        yield from _version_rules(self.version)


@inputs
class CertificateInputs:
    """A certificate of ACM for the environment's hostname. ACM renews it as long as its validation records stand."""

    existing_arn: str | None = None
    """An issued certificate of ACM in the load balancer's region; nothing is created then."""
    subject_alternative_names: tuple[str, ...] = ()
    """Names beside the hostname, all of the record's zone; `*.example.com` covers one level below example.com. Ten
    names in all are AWS's default quota, a hundred the most that it grants."""
    key_algorithm: KeyAlgorithm = "RSA_2048"
    """https://docs.aws.amazon.com/acm/latest/userguide/acm-certificate-characteristics.html"""
    version: int = 1
    """A higher number requests another certificate beside the one that `retiring` names, as a change of names or key
    needs."""
    retiring: RetiringCertificateInputs | None = None
    """The certificate that the load balancer shows until this deployment. Remove it in the next change."""

    def rules(self) -> Iterator[Problem]:
        names = self.subject_alternative_names
        yield from _version_rules(self.version)
        if self.retiring and self.existing_arn is None and self.retiring.version >= self.version:
            what = f"its version {self.retiring.version} is not below {self.version}, that of the new certificate"
            yield Problem("retiring", what, f"set certificate.version to {self.retiring.version + 1}")
        if self.existing_arn is not None:
            if not _ARN.fullmatch(self.existing_arn):
                remedy = "give it as arn:aws:acm:<region>:<account>:certificate/<id>"
                yield Problem("existing_arn", f"{show(self.existing_arn)} is no ARN of a certificate of ACM", remedy)
            if names:
                what = "an existing certificate has its names already"
                yield Problem("subject_alternative_names", what, "remove them, or existing_arn")
        yield from _name_rules(names)

    def rules_of(self, *, hostname: str, zone_name: str | None) -> Iterator[Problem]:
        """What the names must fulfil together with the record that it is for, and with its zone where one is known."""
        for name in self.retiring.names if self.retiring else ():
            if zone_name is not None and not within(name.removeprefix("*."), zone_name):
                what = f"{show(name)} is not in the zone {show(zone_name)}, where its record must stand"
                yield Problem("retiring", what, "keep the zone until it is removed")
        if self.existing_arn is not None:
            return
        if len(hostname) > MAX_FIRST_NAME:
            what = f"is None, and ACM requests no certificate for a name of {len(hostname)} characters"
            remedy = f"shorten the record's full name to {MAX_FIRST_NAME}, or give the ARN of a certificate"
            yield Problem("existing_arn", what, remedy)
        for name in self.subject_alternative_names:
            if name == hostname:
                yield Problem("subject_alternative_names", _named_anyway(name), "remove it")
            if zone_name is not None and not within(name.removeprefix("*."), zone_name):
                what = f"{show(name)} is not in the zone {show(zone_name)}, where its record must stand"
                yield Problem("subject_alternative_names", what, f"give names of {show(zone_name)} alone")

    def validated_names(self, hostname: str) -> frozenset[str]:
        """The names that get a validation record. A wildcard shares the record of the name that it hangs from.

        The record of a name is the same for all certificates of an account, so that two environments of one account
        and one zone cannot both own it: Cloudflare and Route 53 refuse the second.
        """
        names = () if self.existing_arn is not None else (hostname, *self.subject_alternative_names)
        return frozenset(name.removeprefix("*.") for name in names) | self.retired_names

    @property
    def retired_names(self) -> frozenset[str]:
        """Those of the certificate that retires, as `validated_names` has them."""
        return frozenset(name.removeprefix("*.") for name in (self.retiring.names if self.retiring else ()))


def _name_rules(names: Sequence[str]) -> Iterator[Problem]:
    """Of the names beside the first one."""
    for name in names:
        if not rules.domain_name(name.removeprefix("*.")):
            remedy = 'write "www.example.com" or "*.example.com", in lower case and Punycode'
            yield Problem("subject_alternative_names", f"{show(name)} is no domain name", remedy)
    if len(set(names)) < len(names):
        yield Problem("subject_alternative_names", "one name is given twice", "give each name once")
    if len(names) >= MAX_NAMES:
        what = f"{len(names) + 1} names are more than {MAX_NAMES} of ACM"
        yield Problem("subject_alternative_names", what, "use wildcards, or several certificates")


def _named_anyway(name: str) -> str:
    return f"{show(name)} is the certificate's name anyway"


def _version_rules(version: int) -> Iterator[Problem]:
    if not 1 <= version <= 1_000_000:
        yield Problem("version", f"got {show(version)}", "count up from 1")
