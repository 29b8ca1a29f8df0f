"""The way of requests to a further web service: a target group, and the rule of the listener that leads to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_aws.lb_listener_rule import (
    LbListenerRule,
    LbListenerRuleAction,
    LbListenerRuleCondition,
    LbListenerRuleConditionHostHeader,
    LbListenerRuleConditionPathPattern,
    LbListenerRuleConditionSourceIp,
)
from cdktf_cdktf_provider_aws.lb_target_group import LbTargetGroupStickiness
from constructs import Construct

from modules.load_balancer.main import LoadBalancer
from modules.load_balancer.outputs import RouteOutputs
from modules.load_balancer.route_inputs import FIRST_PRIORITY, LAST_PRIORITY, RouteInputs
from modules.load_balancer.target_group import target_group
from modules.validation import validate

# For documentation alone, so that no request comes from it: https://www.rfc-editor.org/rfc/rfc5737
NOBODY = "192.0.2.1/32"


class Route(Construct):
    """Forwards what matches to the tasks of one service, and leaves the rest to others."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        inputs: RouteInputs,
        load_balancer: LoadBalancer,
        prefix: str,
        name: str,
        vpc_id: str,
        container_port: int,
        health_path: str,
        health_codes: str,
        stickiness_seconds: int | None = None,
    ) -> None:
        """`name` is that of the service. `stickiness_seconds`: how long a visitor stays with one task."""
        super().__init__(scope, id)
        validate(inputs)
        self.health_check = load_balancer.health_check
        self.health_path = health_path
        self.health_codes = health_codes
        self._inputs, self._tags = inputs, {"Name": f"{prefix}-{name}"}
        self._listener_arn = load_balancer.listener_arn
        group = target_group(
            self,
            inputs=load_balancer.inputs,
            prefix=prefix,
            name=f"{prefix}-{name}",
            vpc_id=vpc_id,
            container_port=container_port,
            health_path=health_path,
            health_codes=health_codes,
            # Always said: the provider leaves it on where the block is removed.
            stickiness=LbTargetGroupStickiness(
                type="lb_cookie", enabled=stickiness_seconds is not None, cookie_duration=stickiness_seconds
            ),
        )
        self.outputs = RouteOutputs(
            arn_suffix=load_balancer.outputs.arn_suffix,
            target_group_arn=group.arn,
            target_group_arn_suffix=group.arn_suffix,
            request_label=f"{load_balancer.outputs.arn_suffix}/{group.arn_suffix}",
        )
        # ECS refuses a service whose target group belongs to no listener yet, and requests would find no task.
        attached = self._rule(
            "attached",
            inputs.priority + LAST_PRIORITY - FIRST_PRIORITY + 1,
            [LbListenerRuleCondition(source_ip=LbListenerRuleConditionSourceIp(values=[NOBODY]))],
        )
        self.ready: list[ITerraformDependable] = [attached]

    def open(self, service: Sequence[ITerraformDependable]) -> None:
        """Lead requests there once the tasks of its service run, and until these are stopped."""
        self._rule("Default", self._inputs.priority, [*_conditions(self._inputs)], depends_on=service)

    def _rule(
        self,
        id: str,
        priority: int,
        condition: Sequence[LbListenerRuleCondition],
        *,
        depends_on: Sequence[ITerraformDependable] | None = None,
    ) -> LbListenerRule:
        return LbListenerRule(
            self,
            id,
            listener_arn=self._listener_arn,
            priority=priority,
            condition=condition,
            action=[LbListenerRuleAction(type="forward", target_group_arn=self.outputs.target_group_arn)],
            tags=self._tags,
            depends_on=depends_on,
        )


def _conditions(inputs: RouteInputs) -> Iterator[LbListenerRuleCondition]:
    """All of them must hold, and of each one value."""
    if inputs.hosts:
        hosts = [*map(str, inputs.hosts)]
        yield LbListenerRuleCondition(host_header=LbListenerRuleConditionHostHeader(values=hosts))
    if inputs.paths:
        paths = [*map(str, inputs.paths)]
        yield LbListenerRuleCondition(path_pattern=LbListenerRuleConditionPathPattern(values=paths))
