"""The web ACL in front of the load balancer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.wafv2_web_acl import (
    Wafv2WebAcl,
    Wafv2WebAclDefaultAction,
    Wafv2WebAclDefaultActionAllow,
    Wafv2WebAclRule,
    Wafv2WebAclRuleAction,
    Wafv2WebAclRuleActionBlock,
    Wafv2WebAclRuleActionBlockCustomResponse,
    Wafv2WebAclRuleActionCount,
    Wafv2WebAclRuleOverrideAction,
    Wafv2WebAclRuleOverrideActionCount,
    Wafv2WebAclRuleOverrideActionNone,
    Wafv2WebAclRuleVisibilityConfig,
    Wafv2WebAclVisibilityConfig,
)
from cdktf_cdktf_provider_aws.wafv2_web_acl_association import Wafv2WebAclAssociation
from cdktf_cdktf_provider_aws.wafv2_web_acl_logging_configuration import (
    Wafv2WebAclLoggingConfiguration,
    Wafv2WebAclLoggingConfigurationLoggingFilter,
    Wafv2WebAclLoggingConfigurationLoggingFilterFilter,
    Wafv2WebAclLoggingConfigurationLoggingFilterFilterCondition,
    Wafv2WebAclLoggingConfigurationLoggingFilterFilterConditionActionCondition,
    Wafv2WebAclLoggingConfigurationRedactedFields,
    Wafv2WebAclLoggingConfigurationRedactedFieldsSingleHeader,
)
from constructs import Construct

from modules.validation import validate
from modules.web_acl.inputs import WebAclExceptionInputs, WebAclInputs, log_group
from modules.web_acl.managed_rules import GROUPS, LABELS, REPUTATION, ManagedGroup

Statement = dict[str, object]
"""As Terraform writes it: the bindings have no class for statements, which nest in each other."""

_SECRET_HEADERS = ("authorization", "cookie")
_TOO_MANY_REQUESTS = 429


class WebAcl(Construct):
    """Blocks by rules of AWS and by limits of rates, and logs what it blocks and counts; or one that exists.

    Health checks do not pass it: the load balancer asks its targets itself.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        inputs: WebAclInputs,
        prefix: str,
        load_balancer_arn: str,
        client_ip_header: str | None,
    ) -> None:
        """`client_ip_header` has the address of the visitor; None: it is that from which the request comes."""
        super().__init__(scope, id)
        validate(inputs)
        self._inputs, self._header = inputs, client_ip_header
        arn = inputs.existing_arn or self._acl(prefix)
        Wafv2WebAclAssociation(self, "association", resource_arn=load_balancer_arn, web_acl_arn=arn)

    def _acl(self, prefix: str) -> str:
        acl = Wafv2WebAcl(
            self,
            "Default",
            name=prefix,
            scope="REGIONAL",
            default_action=Wafv2WebAclDefaultAction(allow=Wafv2WebAclDefaultActionAllow()),
            rule=[*self._rules()],
            # Samples would have the headers of requests as they are, with cookies of sessions.
            visibility_config=Wafv2WebAclVisibilityConfig(
                cloudwatch_metrics_enabled=True, metric_name=prefix, sampled_requests_enabled=False
            ),
            tags={"Name": prefix},
        )
        group = CloudwatchLogGroup(
            self,
            "log-group",
            name=log_group(prefix),
            retention_in_days=self._inputs.log_retention_days,
        )
        conditions = [
            Wafv2WebAclLoggingConfigurationLoggingFilterFilterCondition(
                action_condition=Wafv2WebAclLoggingConfigurationLoggingFilterFilterConditionActionCondition(action=each)
            )
            for each in ("BLOCK", "COUNT", "EXCLUDED_AS_COUNT")
        ]
        Wafv2WebAclLoggingConfiguration(
            self,
            "logging",
            resource_arn=acl.arn,
            log_destination_configs=[group.arn],
            # The access log has all requests.
            logging_filter=Wafv2WebAclLoggingConfigurationLoggingFilter(
                default_behavior="DROP",
                filter=[
                    Wafv2WebAclLoggingConfigurationLoggingFilterFilter(
                        behavior="KEEP", requirement="MEETS_ANY", condition=conditions
                    )
                ],
            ),
            redacted_fields=[
                Wafv2WebAclLoggingConfigurationRedactedFields(
                    single_header=Wafv2WebAclLoggingConfigurationRedactedFieldsSingleHeader(name=name)
                )
                for name in _SECRET_HEADERS
            ],
        )
        return acl.arn

    def _rules(self) -> Iterator[Wafv2WebAclRule]:
        """Each has a priority of its own, so that one that comes or goes leaves the others as they are."""
        inputs = self._inputs
        # Of a proxy, the list would judge the proxy's own addresses.
        groups = [group for group in GROUPS if not (self._header and group is REPUTATION)]
        yield self._own("rate", 10, self._rate(inputs.rate_limit), status=_TOO_MANY_REQUESTS)
        if inputs.login_paths:
            statement = self._rate(inputs.login_rate_limit, _any_of([*map(_begins, map(str, inputs.login_paths))]))
            yield self._own("login-rate", 20, statement, status=_TOO_MANY_REQUESTS)
        for group in groups:
            yield self._managed(group, 30 + 10 * GROUPS.index(group))
        for exception in inputs.exceptions:
            if exception.paths:
                priority = 100 + [*LABELS].index(exception.rule)
                yield self._own(f"{exception.rule}-elsewhere", priority, _elsewhere(exception))

    def _managed(self, group: ManagedGroup, priority: int) -> Wafv2WebAclRule:
        statement: Statement = {"vendor_name": "AWS", "name": group.name}
        excepted = [str(each.rule) for each in self._inputs.exceptions if each.rule in group.labels]
        if excepted:
            counted = [{"name": rule, "action_to_use": {"count": {}}} for rule in excepted]
            statement["rule_action_override"] = counted
        count, none = Wafv2WebAclRuleOverrideActionCount(), Wafv2WebAclRuleOverrideActionNone()
        override = (
            Wafv2WebAclRuleOverrideAction(count=count)
            if self._inputs.count_only
            else Wafv2WebAclRuleOverrideAction(none=none)
        )
        return Wafv2WebAclRule(
            name=group.name,
            priority=priority,
            override_action=override,
            statement={"managed_rule_group_statement": statement},
            visibility_config=_visible(group.name),
        )

    def _own(self, name: str, priority: int, statement: Statement, *, status: int | None = None) -> Wafv2WebAclRule:
        """`status` is that of the answer; None: 403."""
        answer = Wafv2WebAclRuleActionBlockCustomResponse(response_code=status) if status else None
        block = Wafv2WebAclRuleActionBlock(custom_response=answer)
        count = Wafv2WebAclRuleActionCount()
        counts = self._inputs.count_only
        return Wafv2WebAclRule(
            name=name,
            priority=priority,
            action=Wafv2WebAclRuleAction(count=count) if counts else Wafv2WebAclRuleAction(block=block),
            statement=statement,
            visibility_config=_visible(name),
        )

    def _rate(self, limit: int, scope_down: Statement | None = None) -> Statement:
        statement: Statement = {"limit": limit, "evaluation_window_sec": self._inputs.rate_window_seconds}
        if self._header:
            # Whoever has no such header did not come by the proxy, and is somebody whom the security group names.
            forwarded = {"header_name": self._header, "fallback_behavior": "NO_MATCH"}
            statement |= {"aggregate_key_type": "FORWARDED_IP", "forwarded_ip_config": forwarded}
        else:
            statement["aggregate_key_type"] = "IP"
        if scope_down:
            statement["scope_down_statement"] = scope_down
        return {"rate_based_statement": statement}


def _elsewhere(exception: WebAclExceptionInputs) -> Statement:
    """What the rule has labelled and counted, on any other path than those of the exception."""
    labelled: Statement = {"label_match_statement": {"scope": "LABEL", "key": LABELS[exception.rule]}}
    others = [{"not_statement": {"statement": [_begins(str(path))]}} for path in exception.paths]
    return {"and_statement": {"statement": [labelled, *others]}}


def _any_of(statements: Sequence[Statement]) -> Statement:
    return statements[0] if len(statements) == 1 else {"or_statement": {"statement": statements}}


def _begins(path: str) -> Statement:
    """The path as Django sees it, which removes %-encoding."""
    return {
        "byte_match_statement": {
            "field_to_match": {"uri_path": {}},
            "positional_constraint": "STARTS_WITH",
            "search_string": path,
            "text_transformation": [{"priority": 0, "type": "URL_DECODE"}],
        }
    }


def _visible(name: str) -> Wafv2WebAclRuleVisibilityConfig:
    return Wafv2WebAclRuleVisibilityConfig(
        cloudwatch_metrics_enabled=True, metric_name=name, sampled_requests_enabled=False
    )
