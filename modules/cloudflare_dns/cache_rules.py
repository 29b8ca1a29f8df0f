"""What Cloudflare caches of a hostname."""

from __future__ import annotations

from cdktf_cdktf_provider_cloudflare.ruleset import (
    Ruleset,
    RulesetRules,
    RulesetRulesActionParameters,
    RulesetRulesActionParametersBrowserTtl,
    RulesetRulesActionParametersEdgeTtl,
    RulesetRulesActionParametersEdgeTtlStatusCodeTtl,
    RulesetRulesActionParametersEdgeTtlStatusCodeTtlStatusCodeRange,
)
from constructs import Construct

from modules.cloudflare_dns.expressions import below, quoted
from modules.cloudflare_dns.inputs import CacheRuleInputs
from modules.validation import validate

# Of a rolling deployment half of the tasks do not have the other half's hashed files: their 404 must not stay.
# -1 is no-store: https://developers.cloudflare.com/cache/how-to/configure-cache-status-code/
ERRORS_ARE_NOT_STORED = RulesetRulesActionParametersEdgeTtlStatusCodeTtl(
    status_code_range=RulesetRulesActionParametersEdgeTtlStatusCodeTtlStatusCodeRange(from_=400, to=599), value=-1
)


class CacheRules(Construct):
    """Files are cached, errors are not; whoever is signed in bypasses the cache.

    It is the zone's only set of cache rules.
    """

    def __init__(self, scope: Construct, id: str, *, inputs: CacheRuleInputs, zone_id: str, hostname: str) -> None:
        super().__init__(scope, id)
        validate(inputs)
        host = f"http.host eq {quoted(hostname)}"
        rules = [_cache(f"{host} and ({below(inputs.paths)})", inputs)]
        if inputs.session_cookies:
            cookies = (f"http.cookie contains {quoted(f'{cookie}=')}" for cookie in inputs.session_cookies)
            # Of rules that disagree the last one wins: https://developers.cloudflare.com/cache/how-to/cache-rules/order/
            rules.append(_bypass(f"{host} and ({' or '.join(cookies)})"))
        Ruleset(
            self,
            "Default",
            zone_id=zone_id,
            name="default",
            kind="zone",
            phase="http_request_cache_settings",
            rules=rules,
        )


def _cache(expression: str, inputs: CacheRuleInputs) -> RulesetRules:
    return RulesetRules(
        ref="cache_files",  # keeps the rule's identity when another is put before it
        description="Cache files",
        expression=expression,
        action="set_cache_settings",
        action_parameters=RulesetRulesActionParameters(
            cache=True,
            edge_ttl=RulesetRulesActionParametersEdgeTtl(
                mode="override_origin", default=inputs.edge_ttl_seconds, status_code_ttl=[ERRORS_ARE_NOT_STORED]
            ),
            browser_ttl=_browser_ttl(inputs.browser_ttl_seconds),
        ),
        enabled=True,
    )


def _browser_ttl(seconds: int | None) -> RulesetRulesActionParametersBrowserTtl:
    if seconds is None:
        return RulesetRulesActionParametersBrowserTtl(mode="respect_origin")
    return RulesetRulesActionParametersBrowserTtl(mode="override_origin", default=seconds)


def _bypass(expression: str) -> RulesetRules:
    return RulesetRules(
        ref="bypass_sessions",
        description="Bypass the cache for sessions",
        expression=expression,
        action="set_cache_settings",
        action_parameters=RulesetRulesActionParameters(cache=False),
        enabled=True,
    )
