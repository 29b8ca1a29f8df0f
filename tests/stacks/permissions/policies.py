"""The roles of a bootstrapped environment as IAM sees them, and whether they allow a call."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from fnmatch import translate
from functools import cache
from typing import Any

from modules.alerts.inputs import AlertsInputs, RecipientsInputs, SlackChannelInputs
from modules.backup.inputs import BackupCopyInputs, BackupInputs, RestoreTestingInputs
from modules.efs_volume.inputs import EfsVolumeInputs
from modules.github_oidc.inputs import GithubOidcInputs
from modules.load_balancer.route_inputs import RouteInputs
from modules.network.inputs import ExistingNetworkInputs
from modules.observability.inputs import ObservabilityInputs
from modules.scheduled_task.inputs import ScheduleInputs
from modules.task_definition.inputs import IamStatementInputs
from modules.web_acl.inputs import WebAclInputs
from stacks.config.application_inputs import FurtherWebInputs, JobInputs
from stacks.config.bootstrap import BootstrapInputs
from stacks.config.schema import Environment, S3State
from stacks.units.bootstrap import BootstrapUnit
from tests.environments import ENVIRONMENTS, frozen
from tests.support import Json, unit_json

ROUTE = RouteInputs(priority=10_000, paths=("/api/*",))
VPC = "vpc-0123456789abcdef0"
CHANNEL = SlackChannelInputs(workspace_id="T0123456789", channel_id="C0123456789")
ALERTS = AlertsInputs(urgent=RecipientsInputs(emails=("oncall@example.com",)), chat={"operations": CHANNEL})
REPORT = JobInputs(command=("python", "manage.py", "report"), schedule=ScheduleInputs(expression="rate(1 day)"))


def environment(name: str = "prod", **github: Any) -> Environment:
    """An environment with the roles of GitHub."""
    inputs = GithubOidcInputs(**{"repository": "acme/django", **github})
    return replace(frozen(name), bootstrap=BootstrapInputs(github=inputs))


def everything() -> Environment:
    """An environment that asks for all that makes a difference to permissions."""
    prod = environment()
    service, redis = prod.django_service, prod.redis
    assert redis
    redis = replace(redis, kms_key_arn=key(3), cache=replace(redis.cache, parameter_group_name="mine"))
    subnets = [f"subnet-{number:017}" for number in range(6)]
    return replace(
        prod,
        alerts=ALERTS,
        observability=ObservabilityInputs(),
        backup=BackupInputs(
            copies=(BackupCopyInputs(region="eu-west-1"),),
            restore_testing=RestoreTestingInputs(),
            force_destroy=True,
        ),
        protected=False,  # no protected one may let its logs be deleted
        state=S3State(bucket="acme-tfstate", region="eu-west-1", kms_key_arn=key(0, "eu-west-1")),
        network=ExistingNetworkInputs(
            vpc_id=VPC,
            vpc_cidr="10.30.0.0/16",
            public_subnet_ids=tuple(subnets[:2]),
            private_subnet_ids=tuple(subnets[2:4]),
            database_subnet_ids=tuple(subnets[4:]),
        ),
        postgresql=replace(
            prod.postgresql,
            read_replica=True,
            kms_key_arn=key(1),
            master_secret_kms_key_arn=key(2),
            parameters=None,
            parameter_group_name="mine",
        ),
        redis=redis,
        django_service=replace(
            service,
            application=replace(
                service.application, jobs={"report": REPORT}, webs={"api": FurtherWebInputs(route=ROUTE)}
            ),
            webs={"api": service.web},
            volumes={"media": EfsVolumeInputs(path="/app/media", mounted_by=("web",), kms_key_arn=key(7))},
            load_balancer=replace(service.load_balancer, delete_access_logs=True, web_acl=WebAclInputs()),
            secret_key=replace(service.secret_key, kms_key_arn=key(4)),
            runtime=replace(
                service.runtime,
                secrets={"MAIL": "arn:aws:secretsmanager:us-east-1:333333333333:secret:mail-AbCdEf"},
                secret_kms_key_arns=(key(5),),
                log_kms_key_arn=key(6),
                iam_statements=(
                    IamStatementInputs(actions=("s3:Get*",), resources=("arn:aws:s3:::acme-reports/*",)),
                    IamStatementInputs(actions=("ses:GetSendQuota",), resources=("*",)),
                ),
            ),
        ),
    )


def environments() -> dict[str, Environment]:
    """Every environment as it is configured, and the one that asks for everything."""
    return {**{name: environment(name) for name in ENVIRONMENTS}, "everything": everything()}


def key(number: int, region: str = "us-east-1") -> str:
    """The ARN of a key of one's own."""
    return f"arn:aws:kms:{region}:333333333333:key/{number:08}-89ab-cdef-0123-456789abcdef"


def bootstrap(of: Environment) -> Json:
    """The JSON of the unit."""
    return unit_json(lambda app: BootstrapUnit(app, of))


def statements(document: Json, role: str) -> list[Json]:
    """What a role is allowed and denied, by all of its policies; `boundary` is that of the units' roles."""
    policies = document["resource"]["aws_iam_policy"]
    if role == "boundary":
        return _of(policies["boundary"])
    name = f"${{aws_iam_role.github_{role}.name}}"
    attachments = document["resource"]["aws_iam_role_policy_attachment"].values()
    found = [a["policy_arn"].split(".")[1] for a in attachments if a["role"] == name]
    return [statement for policy in sorted(found) for statement in _of(policies[policy])]


def allows(found: list[Json], action: str, resource: str, **context: str) -> bool:
    """Whether IAM would let a call pass, with these values of condition keys, `:`, `/` and `-` written as `_`.

    Several values of one key are separated by commas.
    """
    matching = [s for s in found if _matches(s, action, resource, context)]
    return any(s["Effect"] == "Allow" for s in matching) and not any(s["Effect"] == "Deny" for s in matching)


def actions(found: list[Json]) -> Iterator[str]:
    """Every action that is allowed."""
    for statement in found:
        if statement["Effect"] == "Allow":
            yield from statement["Action"]


def _of(policy: Json) -> list[Json]:
    found: list[Json] = json.loads(policy["policy"])["Statement"]
    return found


def _matches(statement: Json, action: str, resource: str, context: Mapping[str, str]) -> bool:
    return (
        any(_like(pattern, action) for pattern in statement["Action"])
        and _concerns(statement, resource)
        and all(
            _holds(operator, _listed(wanted), context.get(re.sub(r"[:/-]", "_", key)))
            for operator, keys in statement.get("Condition", {}).items()
            for key, wanted in keys.items()
        )
    )


def _concerns(statement: Json, resource: str) -> bool:
    if "NotResource" in statement:
        return not any(_like(pattern, resource) for pattern in statement["NotResource"])
    return any(_like(pattern, resource) for pattern in statement["Resource"])


def _holds(operator: str, wanted: list[str], given: str | None) -> bool:
    match operator:
        case "Null":
            return (given is None) is (wanted == ["true"])
        case "StringEquals" | "ArnEquals" | "Bool":
            return given in wanted
        case "StringEqualsIfExists" | "ForAllValues:StringEquals":
            return given is None or all(each in wanted for each in given.split(","))
        case "StringLike":
            return given is not None and any(_like(pattern, given) for pattern in wanted)
    raise AssertionError(f"the test knows no {operator}")


def _like(pattern: str, text: str) -> bool:
    return re.fullmatch(_expression(pattern), text) is not None


@cache
def _expression(pattern: str) -> str:
    return translate(pattern.replace("[", "[[]"))


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
