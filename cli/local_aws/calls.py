"""What Terraform asks of the local AWS, as IAM judges it: actions on resources, with the values of condition keys.

Which resources a call is checked for is in AWS's Service Authorization Reference:
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import botocore.session
from moto.acm.models import acm_backends
from moto.applicationautoscaling.models import applicationautoscaling_backends
from moto.backup.models import backup_backends
from moto.ec2.models import ec2_backends
from moto.elbv2.models import elbv2_backends
from moto.kms.models import kms_backends

from cli.local_aws import signature

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_ACTIONS = {"monitoring": "cloudwatch"}
"""Where IAM names a service otherwise than signatures do."""

_MODELS = {"elasticloadbalancing": "elbv2"}
"""Where botocore names a service otherwise than signatures do."""

# EC2's ids say of what type a resource is. Interfaces and images of others are named by no tag of ours.
_EC2_TYPES = {
    "eipalloc": "elastic-ip",
    "eni": "network-interface",
    "fl": "vpc-flow-log",
    "i": "instance",
    "igw": "internet-gateway",
    "lt": "launch-template",
    "nat": "natgateway",
    "pl": "prefix-list",
    "rtb": "route-table",
    "sg": "security-group",
    "sgr": "security-group-rule",
    "subnet": "subnet",
    "vol": "volume",
    "vpc": "vpc",
    "vpce": "vpc-endpoint",
}
# The calls of EC2 that check only some of what they name.
_EC2_CHECKED = {
    **dict.fromkeys(("CreateRoute", "DeleteRoute", "ReplaceRoute"), ("rtb",)),
    **{f"{verb}SecurityGroup{way}": ("sg",) for verb in ("Authorize", "Revoke") for way in ("Egress", "Ingress")},
}
# What a call creates that it names in no parameter.
_EC2_BROUGHT = {"RunInstances": ("image", "network-interface", "volume")}

# By service, what its parameters name. A value that is an ARN already is taken as it is.
_NAMED = {
    "acm": {"CertificateArn": ""},
    "application-autoscaling": {"ResourceARN": ""},
    "backup": {
        "BackupVaultName": "backup-vault:{}",
        "backupPlanId": "backup-plan:{}",
        "backupVaultName": "backup-vault:{}",
        "RestoreTestingPlanName": "restore-testing-plan:{}-0",
        "resourceArn": "",
    },
    "chatbot": {"ChatConfigurationArn": "", "ResourceARN": ""},
    "cloudfront": {"Id": "distribution/{}", "Resource": ""},
    "cloudwatch": {
        "AlarmName": "alarm:{}",
        "AlarmNames": "alarm:{}",
        "DashboardName": "dashboard/{}",
        "DashboardNames": "dashboard/{}",
        "ResourceARN": "",
    },
    "ecs": {
        "cluster": "cluster/{}",
        "clusterName": "cluster/{}",
        "clusters": "cluster/{}",
        "family": "task-definition/{}:0",
        "resourceArn": "",
    },
    "events": {"Name": "rule/{}", "ResourceARN": "", "Rule": "rule/{}"},
    "elasticache": {
        "CacheClusterId": "cluster:{}",
        "CacheParameterGroupName": "parametergroup:{}",
        "CacheSubnetGroupName": "subnetgroup:{}",
        "FinalSnapshotIdentifier": "snapshot:{}",
        "ReplicationGroupId": "replicationgroup:{}",
        "ResourceName": "",
        "SnapshotName": "snapshot:{}",
        "UserGroupId": "usergroup:{}",
        "UserGroupIds": "usergroup:{}",
        "UserId": "user:{}",
        "UserIds": "user:{}",
    },
    "iam": {"InstanceProfileName": "instance-profile/{}", "RoleName": "role/{}"},
    "kms": {"KeyId": "key/{}"},
    "logs": {"logGroupName": "log-group:{}", "resourceArn": ""},
    "rds": {
        "DBInstanceIdentifier": "db:{}",
        "DBParameterGroupName": "pg:{}",
        "DBSnapshotIdentifier": "snapshot:{}",
        "DBSubnetGroupName": "subgrp:{}",
        "FinalDBSnapshotIdentifier": "snapshot:{}",
        "ResourceName": "",
        "SourceDBInstanceIdentifier": "db:{}",
        "TargetDBInstanceIdentifier": "db:{}",
    },
    "route53": {"HostedZoneId": "hostedzone/{}", "Id": "hostedzone/{}"},
    "scheduler": {"ResourceArn": ""},
    "secretsmanager": {"Name": "secret:{}-AbCdEf", "SecretId": "secret:{}-AbCdEf"},
    "sns": {"Name": "{}", "ResourceArn": "", "SubscriptionArn": "", "TopicArn": ""},
    "sqs": {"QueueName": "{}", "QueueUrl": "{}"},
    "ssm": {"Name": "parameter{}", "Names": "parameter{}"},
}
_GLOBAL = {"chatbot": "{account}", "cloudfront": "{account}", "iam": "{account}", "route53": ""}
"""Services whose ARNs have no region, and the account in them."""

# What is checked although it is in no parameter, or is in one that names something else.
_CREATED = {
    "acm:RequestCertificate": "certificate/0",
    "application-autoscaling:RegisterScalableTarget": "scalable-target/0",
    "backup:CreateBackupPlan": "backup-plan:0",
    "backup:CreateRestoreTestingPlan": "restore-testing-plan:{RestoreTestingPlan[RestoreTestingPlanName]}-0",
    "cloudfront:CreateDistribution": "distribution/0",
    "elasticloadbalancing:CreateLoadBalancer": "loadbalancer/app/{Name}/0",
    "elasticloadbalancing:CreateTargetGroup": "targetgroup/{Name}/0",
}
# The permission by which a call that creates something tags it.
_TAGS = {
    "acm": "AddTagsToCertificate",
    "elasticache": "AddTagsToResource",
    "elasticloadbalancing": "AddTags",
    "rds": "AddTagsToResource",
    "sqs": "TagQueue",
    **dict.fromkeys(
        (
            "application-autoscaling",
            "backup",
            "cloudfront",
            "ecs",
            "logs",
            "scheduler",
            "secretsmanager",
            "sns",
            "wafv2",
        ),
        "TagResource",
    ),
    **dict.fromkeys(("cloudwatch", "events"), "TagResource"),
}
_MANAGED_RULES = "regional/managedruleset"
_HAVE_CREATE_ACTION = ("ec2", "ecs", "elasticloadbalancing")
# Who assumes a role that a call names.
_PASSED_TO = {
    "backup": "backup.amazonaws.com",
    "chatbot": "chatbot.amazonaws.com",
    "ec2:CreateFlowLogs": "vpc-flow-logs.amazonaws.com",
    "ec2:RunInstances": "ec2.amazonaws.com",
    "iam:AddRoleToInstanceProfile": "ec2.amazonaws.com",
    "rds": "monitoring.rds.amazonaws.com",
    "ecs": "ecs-tasks.amazonaws.com",
    "scheduler": "scheduler.amazonaws.com",
}
# Drawn by AWS or by Terraform, so that two records of one environment are equal.
_DRAWN = (
    (re.compile(rf"\b({'|'.join(_EC2_TYPES)})-[0-9a-f]{{8,17}}\b"), r"\1-0"),
    (re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "0"),
    (re.compile(r"(loadbalancer/app/[^/]+|targetgroup/[^/]+|(?<=/)listener/app/[^/]+/)/[0-9a-f]{16}"), r"\1/0"),
    (re.compile(r"(scalable-target)/\w+"), r"\1/0"),
    (re.compile(r"\d{26}"), "0" * 26),
    (re.compile(r"(secret:[^:*]+-)[A-Za-z0-9]{6}$"), r"\1AbCdEf"),
    (re.compile(r"(task-definition/[^:]+):\d+$"), r"\1:0"),
)


@dataclass(frozen=True, slots=True, order=True)
class Call:
    """One check of IAM."""

    action: str
    resource: str
    """`*` where IAM knows none for this action."""
    context: tuple[tuple[str, str], ...] = ()
    """The values of condition keys, several of one key separated by commas."""


@dataclass(slots=True)
class Calls:
    """Notes what Terraform and its providers call while it is on."""

    is_on: bool = False
    found: set[Call] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)
    """Requests of which it is not known what they are."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, environ: WSGIEnvironment) -> None:
        """Add what a request is checked for, before it is answered."""
        if not self.is_on:
            return
        try:
            seen, unknown = set(of(environ)), set()
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            request = f"{environ['REQUEST_METHOD']} {environ.get('HTTP_HOST', '')}{environ['PATH_INFO']}"
            seen, unknown = set(), {f"{request}: {type(error).__name__}: {error}"}
        with self._lock:
            self.found |= seen
            self.unknown |= unknown

    def take(self) -> set[Call]:
        """What was noted since the last time."""
        with self._lock:
            found, self.found = self.found, set()
        return found


def of(environ: WSGIEnvironment) -> Iterator[Call]:
    """What IAM checks for a request. Raises ValueError for a request that is of no known operation."""
    service = _ACTIONS.get(found := signature.service(environ), found)
    operation, parameters = _operation(service, environ)
    account = signature.access_key(environ)
    request = _Request(service, operation, parameters, account, _region(environ))
    yield from request.checks()


@dataclass(frozen=True, slots=True)
class _Request:
    service: str
    operation: str
    parameters: Mapping[str, Any]
    account: str
    region: str

    @property
    def action(self) -> str:
        return f"{self.service}:{self.operation}"

    def checks(self) -> Iterator[Call]:
        tags = {f"aws:RequestTag/{key}": value for key, value in _tags(self.parameters).items()}
        resources = list(dict.fromkeys(self._resources()))
        # RDS and ElastiCache ask for all of a kind where none is named.
        for arn in resources or [self._arn("*") if self.service in ("elasticache", "rds") else "*"]:
            yield self._call(self.action, arn, {**self._keys(), **tags, **self._tags_of(arn)})
        is_creation = not self.operation.startswith(("Add", "Tag"))
        if tags and is_creation and self.service != "ec2" and (action := _TAGS.get(self.service)):
            yield from self._tagging(action, resources, tags)
        if tags and is_creation and self.service == "ec2" and self.operation != "CreateTags":
            created = [self._arn(f"{name}/0") for name in _created(self.parameters)]
            yield from self._tagging("CreateTags", created, tags)
        if tags and self.operation == "CreateRole":
            yield from self._tagging("TagRole", resources, tags)
        yield from self._passing()

    def _call(self, action: str, resource: str, context: Mapping[str, str]) -> Call:
        keys = {**context, "aws:RequestedRegion": self.region}
        return Call(action, _equal(resource), tuple(sorted((key, _equal(value)) for key, value in keys.items())))

    def _tagging(self, action: str, resources: Iterable[str], tags: Mapping[str, str]) -> Iterator[Call]:
        key = f"{self.service}:CreateAction"
        at_birth = {key: self.operation} if self.service in _HAVE_CREATE_ACTION else {}
        for arn in resources:
            if _MANAGED_RULES not in arn:
                yield self._call(f"{self.service}:{action}", arn, {**tags, **at_birth})

    def _passing(self) -> Iterator[Call]:
        service = _PASSED_TO.get(self.action) or _PASSED_TO.get(self.service)
        if service is None or not self.operation.startswith(
            ("Add", "Create", "Modify", "Register", "Run", "Start", "Update")
        ):
            return
        roles = {text for text in _texts(self.parameters) if re.match(r"arn:aws:iam::\d+:role/", text)}
        if self.service == "iam":
            roles = {self._arn(f"role/{self.parameters['RoleName']}")}
        for role in sorted(roles):
            yield self._call("iam:PassRole", role, {"iam:PassedToService": service})

    def _resources(self) -> Iterator[str]:
        particular: dict[str, Callable[[], Iterable[str]]] = {
            "application-autoscaling": self._scalable_targets,
            "ec2": self._of_ec2,
            "ecs": self._of_ecs,
            "elasticloadbalancing": self._of_load_balancers,
            "s3": self._of_s3,
            "wafv2": self._of_waf,
        }
        found = list(particular[self.service]()) if self.service in particular else []
        yield from found or self._by_names()
        if pattern := _CREATED.get(self.action):
            yield self._arn(pattern.format_map(self.parameters))

    def _by_names(self) -> Iterator[str]:
        names = _NAMED.get(self.service, {})
        if self.operation in _WITHOUT_RESOURCE:
            names = {}
        elif "InstanceProfileName" in self.parameters:  # for the role that it may name too, IAM asks for PassRole
            names = {"InstanceProfileName": names["InstanceProfileName"]}
        elif self.operation.endswith("RecoveryPoint"):
            names = {"recoveryPointArn": ""}
        elif self.operation == "GetChange":
            names = {"Id": "change/{}"}
        for name, pattern in names.items():
            for text in _texts(self.parameters.get(name)):
                yield self._named(pattern, text)

    def _of_load_balancers(self) -> Iterator[str]:
        names = ("ListenerArn", "LoadBalancerArn", "ResourceArns", "RuleArn", "TargetGroupArn", "TrustStoreArn")
        if not self.operation.startswith("Describe"):
            yield from (text for name in names for text in _texts(self.parameters.get(name)))
        if self.operation == "CreateTrustStore":
            yield self._named("truststore/{}/0", str(self.parameters["Name"]))

    def _of_ec2(self) -> Iterator[str]:
        if self.operation.startswith("Describe") and self.operation != "DescribeInstanceAttribute":
            return
        if self.operation.startswith("Get"):
            return
        checked = _EC2_CHECKED.get(self.operation, tuple(_EC2_TYPES))
        for text in (*_texts(self.parameters), *self._associated()):
            kind, _, rest = text.partition("-")
            if kind in checked and re.fullmatch(r"[0-9a-f]{8,17}", rest):
                yield self._arn(f"{_EC2_TYPES[kind]}/{text}")
        for kind in (*_created(self.parameters), *_EC2_BROUGHT.get(self.operation, ())):
            image = kind == "image"
            yield f"arn:aws:ec2:{self.region}::image/0" if image else self._arn(f"{kind}/0")

    def _associated(self) -> Iterator[str]:
        """What the association that a call names is of."""
        backend, name = ec2_backends[self.account][self.region], self.parameters.get("AssociationId")
        if name:
            yield from (table.id for table in backend.route_tables.values() if name in table.all_associations_ids)
            addresses = (each for each in backend.addresses if each.association_id == name)
            yield from (each.allocation_id for each in addresses if each.allocation_id)

    def _scalable_targets(self) -> Iterator[str]:
        backend, given = applicationautoscaling_backends[self.account][self.region], self.parameters
        if "ResourceId" not in given:
            return
        for target in backend._flatten_scalable_targets(given["ServiceNamespace"]):
            if (target.resource_id, target.scalable_dimension) == (given["ResourceId"], given["ScalableDimension"]):
                yield target.arn

    def _of_s3(self) -> Iterator[str]:
        bucket, key = self.parameters.get("Bucket"), self.parameters.get("Key")
        if bucket:
            yield f"arn:aws:s3:::{bucket}/{key}" if key else f"arn:aws:s3:::{bucket}"

    def _of_waf(self) -> Iterator[str]:
        """A web ACL and what it is for; whoever makes one needs the same for the rule groups of AWS in it."""
        given = {**self.parameters, **self.parameters.get("LoggingConfiguration", {})}
        if "Name" in given:
            yield self._arn(f"regional/webacl/{given['Name']}/0")
        for name in ("ResourceARN", "ResourceArn", "WebACLArn"):
            yield from _texts(given.get(name))
        for rule in given.get("Rules", ()):
            if group := rule["Statement"].get("ManagedRuleGroupStatement"):
                yield self._arn(f"{_MANAGED_RULES}/{group['Name']}/0")

    def _of_ecs(self) -> list[str]:
        given = self.parameters
        cluster = str(given.get("cluster", "default")).rpartition("/")[2]
        services = [*_texts(given.get("serviceName")), *_texts(given.get("service")), *_texts(given.get("services"))]
        if services:
            return [self._named(f"service/{cluster}/{{}}", each.rpartition("/")[2]) for each in services]
        if self.operation in ("DescribeTaskDefinition", "DeregisterTaskDefinition", "ListTaskDefinitions"):
            return ["*"]
        if self.operation == "RunTask":
            return [self._named("task-definition/{}", str(given["taskDefinition"]))]
        return []

    def _keys(self) -> dict[str, str]:
        """The values of condition keys of the service."""
        given, found = self.parameters, dict[str, str]()
        if self.service == "iam":
            named = {"iam:PolicyARN": "PolicyArn", "iam:PermissionsBoundary": "PermissionsBoundary"}
            found |= {key: given[name] for key, name in named.items() if name in given}
        if self.service == "ecs":
            if placed := (given.get("networkConfiguration") or {}).get("awsvpcConfiguration"):
                found["ecs:subnet"] = ",".join(sorted({_equal(each) for each in placed["subnets"]}))
                found["ecs:auto-assign-public-ip"] = str(placed.get("assignPublicIp") == "ENABLED").lower()
            if self.operation in ("RunTask", "ListTasks"):
                found["ecs:cluster"] = self._named("cluster/{}", str(given["cluster"]))
        return found

    def _tags_of(self, arn: str) -> dict[str, str]:
        """The tags that a resource has now."""
        name, found = arn.rpartition("/")[2], dict[str, str]()
        if self.service == "ec2":
            found = ec2_backends[self.account][self.region].tags.get(name, {})
        elif self.service == "elasticloadbalancing":
            found = elbv2_backends[self.account][self.region].tagging_service.get_tag_dict_for_resource(arn)
        elif self.service == "acm":
            certificate = acm_backends[self.account][self.region]._certificates.get(arn)
            found = {key: value or "" for key, value in certificate.tags.items()} if certificate else {}
        elif self.service == "kms":
            found = kms_backends[self.account][self.region].tagger.get_tag_dict_for_resource(name)
        elif self.service == "backup":
            found = backup_backends[self.account][self.region].tagger.get_tag_dict_for_resource(arn)
        elif self.service == "application-autoscaling":
            backend = applicationautoscaling_backends[self.account][self.region]
            found = backend.__dict__.get("tags_of_targets", {}).get(arn, {})
        return {f"aws:ResourceTag/{key}": str(value) for key, value in found.items()}

    def _named(self, pattern: str, text: str) -> str:
        if text.startswith("arn:"):
            return text
        if self.service in ("route53", "sqs"):  # which name some by a path or a URL
            text = text.rpartition("/")[2]
        return self._arn(pattern.format(text))

    def _arn(self, resource: str) -> str:
        if resource.startswith("dashboard/"):  # which has no region
            return f"arn:aws:cloudwatch::{self.account}:{resource}"
        if (account := _GLOBAL.get(self.service)) is not None:
            return f"arn:aws:{self.service}::{account.format(account=self.account)}:{resource}"
        return f"arn:aws:{self.service}:{self.region}:{self.account}:{resource}"


# AWS knows no resource for these, or it is not what a parameter of theirs names.
_WITHOUT_RESOURCE = {
    "DescribeSlackChannelConfigurations",
    "DescribeLogGroups",
    "DescribeResourcePolicies",
    "DescribeScalableTargets",
    "DescribeScalingPolicies",
    "GetRandomPassword",
    "ListHostedZones",
    "ListMicrosoftTeamsChannelConfigurations",
    "PutCompositeAlarm",
    "PutResourcePolicy",
}


def _equal(text: str) -> str:
    for pattern, replacement in _DRAWN:
        text = pattern.sub(replacement, text)
    return text


def _created(parameters: Mapping[str, Any]) -> list[str]:
    """The types that a call of EC2 creates with tags."""
    return [each["ResourceType"] for each in _listed(parameters.get("TagSpecification")) if "ResourceType" in each]


def _tags(parameters: Any) -> dict[str, str]:
    """The tags that a request gives, wherever they are."""
    found: dict[str, str] = {}
    for key, value in parameters.items() if isinstance(parameters, dict) else ():
        if re.fullmatch(r"(?i)tags?|backup(plan|vault)tags|tagging|tagspecification", key):
            found |= dict(_pairs(value))
    return found


def _pairs(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, list):
        for each in value:
            yield from _pairs(each)
    elif isinstance(value, dict):
        by_name = {key.lower(): each for key, each in value.items()}
        # KMS says TagKey and TagValue.
        if isinstance(name := by_name.get("key", by_name.get("tagkey")), str):
            yield name, str(by_name.get("value", by_name.get("tagvalue", "")))
            return
        for key, each in value.items():
            if isinstance(each, (dict, list)):
                yield from _pairs(each)
            elif key != "ResourceType":
                yield key, str(each)


def _texts(value: Any) -> Iterator[str]:
    """All texts in a value, in order."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else []


def _region(environ: WSGIEnvironment) -> str:
    found = re.search(r"Credential=[^/]*/\d+/([^/]+)/", environ.get("HTTP_AUTHORIZATION", ""))
    return found[1] if found else ""


def _operation(service: str, environ: WSGIEnvironment) -> tuple[str, dict[str, Any]]:
    """The operation that a request is for, and its parameters. Raises ValueError for none."""
    if target := environ.get("HTTP_X_AMZ_TARGET"):
        return target.rpartition(".")[2], json.loads(_body(environ) or b"{}")
    if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        form = dict(parse_qsl(_body(environ).decode(), keep_blank_values=True))
        return form["Action"], _nested(form)
    return _by_path(service, environ)


def _body(environ: WSGIEnvironment) -> bytes:
    body: bytes = environ["wsgi.input"].read()
    environ["wsgi.input"].seek(0)
    return body


def _nested(form: Mapping[str, str]) -> dict[str, Any]:
    """`Tag.1.Key=Name` as {"Tag": {"1": {"Key": "Name"}}}."""
    found: dict[str, Any] = {}
    for path, value in form.items():
        *places, last = path.split(".")
        here = found
        for place in places:
            here = here.setdefault(place, {})
        here[last] = value
    return found


def _by_path(service: str, environ: WSGIEnvironment) -> tuple[str, dict[str, Any]]:
    """Of a REST API, by the method and the path: what the path, the query and a body of JSON have."""
    path, query = environ["PATH_INFO"], dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
    host = environ.get("HTTP_HOST", "")
    if service == "s3" and not host.startswith("s3."):
        path = f"/{host.partition('.s3')[0]}{path}"
    found = [
        (len(literals), name, {**query, **match.groupdict()})
        for method, pattern, literals, required, name in _paths(service)
        if method == environ["REQUEST_METHOD"]
        and all(query.get(key) == value or (not value and key in query) for key, value in literals.items())
        and required <= {*query, *(name[5:].replace("_", "-").lower() for name in environ if name.startswith("HTTP_"))}
        and (match := pattern.fullmatch(path))
    ]
    if not found:
        raise ValueError(f"{service}: {environ['REQUEST_METHOD']} {path}: no operation of this path is known")
    # The most particular one; a path without a key is one of the bucket.
    _, name, parameters = max(found, key=lambda each: (each[0], -len(each[2])))
    is_json = environ.get("CONTENT_TYPE", "").startswith("application/json")
    return name, {**parameters, **(json.loads(_body(environ) or b"{}") if is_json else {})}


@cache
def _paths(service: str) -> list[tuple[str, re.Pattern[str], dict[str, str], set[str], str]]:
    model = botocore.session.get_session().get_service_model(_MODELS.get(service, service))
    found = []
    for name in model.operation_names:
        operation = model.operation_model(name)
        if operation.deprecated:
            continue
        http, shape = operation.http, operation.input_shape
        members = [shape.members[each].serialization for each in shape.required_members] if shape else []
        required = {each["name"].lower() for each in members if each.get("location") in ("header", "querystring")}
        path, _, query = http["requestUri"].partition("?")
        pattern = re.sub(
            r"\\\{(\w+)(\\\+)?\\\}", lambda m: f"(?P<{m[1]}>{'.+' if m[2] else '[^/]+'})", re.escape(path.rstrip("/"))
        )
        literals = dict(parse_qsl(query, keep_blank_values=True))
        found.append((http["method"], re.compile(f"{pattern}/?"), literals, required, name))
    return found
