"""The rule groups of AWS that a web ACL has, with their capacity and the label of each rule.

https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-list.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class ManagedGroup(NamedTuple):
    """A rule group of AWS."""

    name: str
    capacity: int
    """In WCU."""
    namespace: str
    """That of its labels."""
    labels: Mapping[str, str]
    """The label of each rule by the rule's name, which AWS writes in another way."""


def _labels(words: str) -> dict[str, str]:
    """By words as `GenericRFI:BODY,URIPATH`, with the label's own spelling after `=` where it follows no pattern."""
    found = dict[str, str]()
    for word in words.split():
        rule, _, label = word.partition("=")
        base, _, places = rule.partition(":")
        found |= {f"{base}_{place}": label or f"{base}_{_PLACES[place]}" for place in places.split(",") if place}
        if not places:
            found[rule] = label or rule
    return found


_PLACES = {
    "BODY": "Body",
    "COOKIE": "Cookie",
    "HEADER": "Header",
    "METHOD": "Method",
    "QUERYARGUMENTS": "QueryArguments",
    "QUERYSTRING": "QueryString",
    "URIPATH": "URIPath",
}

REPUTATION = ManagedGroup(
    "AWSManagedRulesAmazonIpReputationList",
    25,
    "amazon-ip-list",
    _labels("AWSManagedIPReputationList AWSManagedReconnaissanceList AWSManagedIPDDoSList"),
)
COMMON = ManagedGroup(
    "AWSManagedRulesCommonRuleSet",
    700,
    "core-rule-set",
    _labels("""
        NoUserAgent:HEADER UserAgent_BadBots:HEADER=BadBots_Header
        SizeRestrictions:QUERYSTRING,BODY,URIPATH SizeRestrictions_Cookie:HEADER
        EC2MetaDataSSRF:BODY,COOKIE,URIPATH,QUERYARGUMENTS
        GenericLFI:QUERYARGUMENTS,URIPATH,BODY RestrictedExtensions:URIPATH,QUERYARGUMENTS
        GenericRFI:QUERYARGUMENTS,BODY,URIPATH CrossSiteScripting:COOKIE,QUERYARGUMENTS,BODY,URIPATH
    """),
)
KNOWN_BAD_INPUTS = ManagedGroup(
    "AWSManagedRulesKnownBadInputsRuleSet",
    200,
    "known-bad-inputs",
    _labels("""
        JavaDeserializationRCE:HEADER,BODY,URIPATH,QUERYSTRING Log4JRCE:HEADER,QUERYSTRING,BODY,URIPATH
        Host_localhost:HEADER=Host_Localhost_Header PROPFIND:METHOD=Propfind_Method ExploitablePaths:URIPATH
        ReactJSRCE:BODY
    """),
)
SQL_INJECTION = ManagedGroup(
    "AWSManagedRulesSQLiRuleSet",
    200,
    "sql-database",
    _labels("""
        SQLi:QUERYARGUMENTS,BODY,COOKIE,URIPATH SQLiExtendedPatterns:QUERYARGUMENTS,BODY,HEADER
        SQLiExtendedPatterns:URIPATH=SQLiExtendedPatterns_UriPath
    """),
)

GROUPS = (REPUTATION, COMMON, KNOWN_BAD_INPUTS, SQL_INJECTION)
"""In the order in which requests meet them."""

LABELS: Mapping[str, str] = {
    rule: f"awswaf:managed:aws:{group.namespace}:{label}" for group in GROUPS for rule, label in group.labels.items()
}
"""The full label of each rule of these groups, by its name."""
