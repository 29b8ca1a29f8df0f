"""Application Auto Scaling: ARNs of scalable targets and policies, and tags, which the provider reads again."""

from __future__ import annotations

import json
from typing import Any

from moto.applicationautoscaling.models import ApplicationAutoscalingBackend
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse

from cli.local_aws.gaps.patch import around, missing_from


@around(ApplicationAutoScalingResponse, "register_scalable_target")
def _register(original: Any, self: Any) -> str:
    answer: str = original(self)
    for target in self.applicationautoscaling_backend._flatten_scalable_targets(self._get_param("ServiceNamespace")):
        asked = self._get_param("ResourceId"), self._get_param("ScalableDimension")
        if (target.resource_id, target.scalable_dimension) == asked:
            # Who registers a target again, as a schedule does, gives no tags, and AWS keeps those that it has.
            _tags(self.applicationautoscaling_backend).setdefault(target.arn, {}).update(self._get_param("Tags") or {})
            return json.dumps({"ScalableTargetARN": target.arn})
    return answer


@around(ApplicationAutoscalingBackend, "put_scaling_policy")
def _put_policy(original: Any, self: Any, *arguments: Any, **named: Any) -> Any:
    """One that is changed keeps its ARN, which alarms name as their action."""
    before = dict(self.policies)
    policy = original(self, *arguments, **named)
    key = next(key for key, each in self.policies.items() if each is policy)
    if key in before:
        policy.policy_arn = before[key].policy_arn
    return policy


@missing_from(ApplicationAutoScalingResponse)
def list_tags_for_resource(self: Any) -> str:
    tags = _tags(self.applicationautoscaling_backend).get(self._get_param("ResourceARN"), {})
    return json.dumps({"Tags": tags})


def _tags(backend: Any) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = backend.__dict__.setdefault("tags_of_targets", {})
    return found
