"""More insecure changes, of what a gate passes that looks at keys and not at values, or beside the danger."""

from __future__ import annotations

import json
from typing import Any

from tests.cli.review.gate.editing import add, both, configure, put
from tests.cli.review.gate.mutations import (
    BUCKET,
    BUCKET_POLICY,
    DATABASE,
    DATABASE_RULE,
    FROM_CLOUDFLARE,
    PARAMETERS,
    PROD_CERTIFICATE,
    PROD_DNS,
    PROD_NETWORK,
    PROD_POSTGRESQL,
    PROD_REDIS,
    PROD_SERVICE,
    REDIS,
    REDIS_RULE,
    ROLE,
    ROLE_POLICY,
    SECRET,
    Mutation,
)
from tests.cli.review.gate.mutations import _b as benign
from tests.cli.review.gate.mutations import _container as container
from tests.cli.review.gate.mutations import _m as mutation
from tests.cli.review.gate.mutations import _policy as policy
from tests.cli.review.gate.mutations import _variable as variable_of_task

_ANYONE: dict[str, Any] = {"Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
_GITHUB = "token.actions.githubusercontent.com"
_OIDC = {"Federated": f"arn:aws:iam::333333333333:oidc-provider/{_GITHUB}"}
_OBJECTS = f"${{{BUCKET}.arn}}/*"
_CACHE = "cloudflare_ruleset.cache"
_CUSTOM = "http_request_firewall_custom"
_OURS = 'http.host in {"api.example.com"} and (not ssl)'
_REDIS_PARAMETERS = "aws_elasticache_parameter_group.redis_parameters"
_HOST = 'http.host eq "api.example.com"'


def _trusts(name: str, **statement: Any) -> Mutation:
    return mutation(PROD_SERVICE, f"trust: {name}", policy(ROLE, **statement), "iam/trusts")


def _github(name: str, operator: str, sub: str, key: str = "sub") -> Mutation:
    condition = {operator: {f"{_GITHUB}:{key}": sub}}
    statement = {"Principal": _OIDC, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": condition}
    return _trusts(f"GitHub, {name}", **statement)


def _may(action: str, resource: str, rule: str) -> Mutation:
    return mutation(
        PROD_SERVICE, f"{action} on {resource}", policy(ROLE_POLICY, Action=action, Resource=resource), rule
    )


def _bucket(name: str, rule: str, principal: object, condition: Any = None) -> Mutation:
    statement = {"Principal": principal, "Action": "s3:GetObject", "Resource": _OBJECTS}
    statement |= {"Condition": condition} if condition else {}
    return mutation(PROD_SERVICE, f"bucket: {name}", policy(BUCKET_POLICY, **statement), rule)


def _managed(arn: str) -> Mutation:
    attachment = add(
        "aws_iam_role_policy_attachment.new", role=f"${{{ROLE}.name}}", policy_arn=f"arn:aws:iam::aws:{arn}"
    )
    return mutation(PROD_SERVICE, f"attached: {arn}", attachment, "iam/powerful")


def _of_container(name: str, rule: str, **arguments: Any) -> Mutation:
    return mutation(PROD_SERVICE, f"container: {name}", container(lambda found: found.update(arguments)), rule)


def _variable(name: str, value: str) -> Mutation:
    return mutation(PROD_SERVICE, f"{name}={value}", variable_of_task(name, value), "credentials/environment")


def _configured(unit: str, path: str, value: Any, rule: str, *, at: str = "") -> Mutation:
    return mutation(unit, f"{path} = {json.dumps(value)}"[:70], configure(path, value), rule, at=at)


def _cached(expression: str) -> Mutation:
    change = put(_CACHE, "rules.expression", expression)
    return mutation(PROD_DNS, f"cached: {expression}"[:70], change, "cloudflare/caches-pages")


def _rule(
    name: str,
    rule: str,
    phase: str,
    action: str,
    *,
    expression: str = "true",
    enabled: bool = True,
    **parameters: Any,
) -> Mutation:
    new = {
        "action": action,
        "action_parameters": parameters,
        "description": name,
        "enabled": enabled,
        "expression": expression,
        "ref": "new",
    }
    ruleset = add("cloudflare_ruleset.new", kind="zone", name="new", phase=phase, rules=[new], zone_id="0" * 32)
    return mutation(PROD_DNS, name, ruleset, rule)


def _parameter(name: str, value: str, rule: str) -> Mutation:
    kept = {"name": "rds.force_ssl", "value": "1", "apply_method": "immediate"}
    new = {"name": name, "value": value, "apply_method": "immediate"}
    return mutation(PROD_POSTGRESQL, f"{name} = {value}", put(PARAMETERS, "parameter", [kept, new]), rule)


_IAM = (
    _trusts("anyone, by a condition that all keep", **_ANYONE, Condition={"StringLike": {"aws:PrincipalArn": "*"}}),
    _trusts("any ARN", **_ANYONE, Condition={"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/deploy"}}),
    _trusts("any account", **_ANYONE, Condition={"StringLike": {"aws:PrincipalAccount": "?*"}}),
    _trusts("all but one account", **_ANYONE, Condition={"StringNotEquals": {"aws:SourceAccount": "333333333333"}}),
    _trusts("IfExists", **_ANYONE, Condition={"StringEqualsIfExists": {"aws:PrincipalAccount": "333333333333"}}),
    _trusts("ForAllValues", **_ANYONE, Condition={"ForAllValues:StringEquals": {"aws:PrincipalOrgID": ["o-1"]}}),
    _trusts("any organization", **_ANYONE, Condition={"StringLike": {"aws:PrincipalOrgID": "o-*"}}),
    _trusts(
        "a foreign account by condition", **_ANYONE, Condition={"StringEquals": {"aws:PrincipalAccount": "9" * 12}}
    ),
    _trusts(
        "a foreign session", Principal={"AWS": f"arn:aws:sts::{'9' * 12}:assumed-role/x/y"}, Action="sts:AssumeRole"
    ),
    _trusts("a unique id", Principal={"AWS": "AIDAABCDEFGHIJKLMNOPQ"}, Action="sts:AssumeRole"),
    _github("any repository", "StringLike", "repo:*"),
    _github("any repository of anybody's", "StringLike", "repo:*/*:ref:refs/heads/main"),
    _github("any that begins so", "StringLike", "repo:acm*/shop:*"),
    _github("any of an organization", "StringLike", "repo:acme/*"),
    _github("anything of one character", "StringLike", "?*"),
    _github("all but one", "StringNotEquals", "repo:acme/shop:ref:refs/heads/main"),
    _github("IfExists", "StringEqualsIfExists", "repo:acme/shop:ref:refs/heads/main"),
    _github("an audience alone", "StringEquals", "sts.amazonaws.com", "aud"),
    _may("IAM:*", "${aws_lb.load_balancer.arn}", "iam/all-actions"),
    _may("?*", "${aws_lb.load_balancer.arn}", "iam/all-actions"),
    _may("*:*", "${aws_lb.load_balancer.arn}", "iam/all-actions"),
    _may("s3:?*", "arn:aws:s3:::*", "iam/all-actions"),
    _may(
        "secretsmanager:GetSecretValue", "arn:aws:secretsmanager:us-east-1:333333333333:secret:?*", "iam/all-resources"
    ),
    _may("s3:GetObject", "arn:aws:s3:::?*", "iam/all-resources"),
    _may("s3:GetObject", "arn:aws:s3:::?*/*", "iam/all-resources"),
    _may("kms:Decrypt", "arn:aws:kms:*:*:key/?*", "iam/all-resources"),
    _may("iam:PassRole", "arn:aws:iam::333333333333:role/bootstrap/django-prod-apply", "iam/pipeline"),
    _may("iam:PassRole", "arn:aws:iam::333333333333:role/boot*", "iam/pipeline"),
    _may("sts:AssumeRole", "arn:aws:iam::333333333333:role/bootstrap/*", "iam/pipeline"),
    _may("iam:UpdateAssumeRolePolicy", "arn:aws:iam::333333333333:role/bootstrap/django-prod-plan", "iam/pipeline"),
    *map(
        _managed,
        (
            "policy/ReadOnlyAccess",
            "policy/AdministratorAccess-AWSElasticBeanstalk",
            "policy/job-function/DatabaseAdministrator",
            "policy/job-function/NetworkAdministrator",
            "policy/AWSKeyManagementServicePowerUser",
            "policy/AmazonS3ReadOnlyAccess",
            "policy/AmazonSSMReadOnlyAccess",
        ),
    ),
    _bucket("a foreign account", "iam/foreign", {"AWS": f"arn:aws:iam::{'9' * 12}:root"}),
    _bucket("a foreign account by number", "iam/foreign", {"AWS": "9" * 12}),
    _bucket("a foreign role", "iam/foreign", {"AWS": f"arn:aws:iam::{'9' * 12}:role/x"}),
    _bucket("any source", "iam/public", "*", {"StringLike": {"aws:SourceArn": "*"}}),
    _bucket("all but one organization", "iam/public", "*", {"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}),
    _bucket("IfExists", "iam/public", "*", {"StringEqualsIfExists": {"aws:SourceAccount": "333333333333"}}),
    _bucket("a key that is there", "iam/public", "*", {"Null": {"aws:SourceAccount": "false"}}),
    mutation(
        PROD_SERVICE,
        "a secret for a foreign account",
        add(
            "aws_secretsmanager_secret_policy.new",
            secret_arn=f"${{{SECRET}.arn}}",
            policy=json.dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Principal": {"AWS": f"arn:aws:iam::{'9' * 12}:root"},
                            "Action": "secretsmanager:GetSecretValue",
                            "Resource": "*",
                        }
                    ],
                }
            ),
        ),
        "iam/foreign",
    ),
    mutation(
        PROD_SERVICE,
        "files for everybody who reaches them",
        add(
            "aws_efs_file_system_policy.new",
            file_system_id="fs-0123456789abcdef0",
            policy=json.dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Principal": {"AWS": "*"},
                            "Action": "elasticfilesystem:ClientMount",
                            "Resource": "*",
                        }
                    ],
                }
            ),
        ),
        "iam/public",
    ),
)

_CONTAINERS = (
    _variable("DB_PASS", "hunter2"),
    _variable("JWT_KEY", "hunter2"),
    _variable("DB_PASSWORD", "123456"),
    _variable("REDIS_PASSCODE", "hunter2"),
    _of_container("--password x", "credentials/container", command=["run", "--password", "hunter2"]),
    _of_container("a shell", "credentials/container", command=["sh", "-c", "DB_PASS=hunter2 run"]),
    _of_container("a header", "credentials/container", command=["sh", "-c", "curl -H 'X-Api-Key: hunter2' https://h"]),
    _of_container(
        "a health check",
        "credentials/container",
        healthCheck={"command": ["CMD-SHELL", "redis-ping --password hunter2"]},
    ),
    _of_container("an entry point", "credentials/container", entryPoint=["run", "--db-pass=hunter2"]),
    _of_container("a label", "credentials/container", dockerLabels={"db_password": "hunter2"}),
    _of_container(
        "an option of the log",
        "credentials/container",
        logConfiguration={"logDriver": "splunk", "options": {"splunk-token": "hunter2", "splunk-url": "https://h"}},
    ),
    _of_container("user 0:1000", "containers/privileged", user="0:1000"),
    _of_container("user root:root", "containers/privileged", user="root:root"),
    _of_container("user 1000:0", "containers/privileged", user="1000:0"),
    _of_container("user 00", "containers/privileged", user="00"),
    _of_container("capabilities", "containers/privileged", linuxParameters={"capabilities": {"add": ["SYS_PTRACE"]}}),
    _of_container("logDriver none", "containers/no-log", logConfiguration={"logDriver": "none"}),
    _of_container("a foreign image", "containers/foreign-image", image="docker.io/someone/django:1.0"),
    _of_container(
        "an image of another account",
        "containers/foreign-image",
        image=f"{'9' * 12}.dkr.ecr.us-east-1.amazonaws.com/a:1",
    ),
    _of_container(
        "a registry that is called so", "containers/foreign-image", image="333333333333.dkr.ecr.evil.example.com/a:1"
    ),
)

_WRITTEN = (
    _configured(PROD_CERTIFICATE, "locals.db", {"password": "hunter2"}, "credentials/literal", at="local.db"),
    _configured(
        PROD_CERTIFICATE, "locals.list", [{"name": "DB_PASS", "value": "x2"}], "credentials/literal", at="local.list"
    ),
    _configured(PROD_SERVICE, "variable.db", {"default": {"password": "hunter2"}}, "credentials/literal", at="var.db"),
    _configured(PROD_SERVICE, "variable.db_password", {"default": 123456}, "credentials/literal", at="var.db_password"),
    _configured(PROD_POSTGRESQL, "output.db", {"value": {"password": "hunter2"}}, "credentials/output", at="output.db"),
    _configured(PROD_POSTGRESQL, "output.line", {"value": "psql --password hunter2"}, "credentials/output"),
    _configured(
        PROD_SERVICE,
        "data.aws_secretsmanager_secret_version.read",
        {"secret_id": "django-prod/secret-key"},
        "credentials/read",
        at="data.aws_secretsmanager_secret_version.read",
    ),
    _configured(
        PROD_SERVICE,
        "data.aws_ssm_parameter.read",
        {"name": "/django/prod/key"},
        "credentials/read",
        at="data.aws_ssm_parameter.read",
    ),
    mutation(
        PROD_SERVICE,
        "a constant as SECRET_KEY",
        put("aws_secretsmanager_secret_version.secret_key_version", "secret_string_wo", "correct horse"),
        "credentials/constant",
    ),
)

_SUPPLY = (
    _configured(PROD_REDIS, "terraform.backend.s3.key", "django/dev/redis/terraform.tfstate", "state/of-another"),
    _configured(PROD_REDIS, "terraform.backend.s3.key", "django/prod/network/terraform.tfstate", "state/of-another"),
    _configured(
        PROD_REDIS,
        "terraform.backend.s3.bucket",
        "another-bucket",
        "state/of-another",
        at="data.terraform_remote_state.network",
    ),
    _configured(PROD_REDIS, "terraform.backend.s3.endpoints", {"s3": "https://s3.example.com"}, "state/of-another"),
    _configured(PROD_REDIS, "terraform.backend", {"http": {"address": "https://state.example.com"}}, "state/elsewhere"),
    _configured(PROD_REDIS, "terraform.backend", None, "state/elsewhere"),
    _configured(
        PROD_REDIS,
        "terraform.required_providers.aws.version",
        ">= 5.0",
        "state/provider",
        at="terraform.required_providers.aws",
    ),
    _configured(
        PROD_REDIS,
        "terraform.required_providers.aws.source",
        "someone/aws",
        "state/provider",
        at="terraform.required_providers.aws",
    ),
    _configured(
        PROD_REDIS,
        "terraform.required_providers.null",
        {"source": "someone/null", "version": "1.0.0"},
        "state/provider",
        at="terraform.required_providers.null",
    ),
    _configured(
        PROD_REDIS,
        "provider.aws.endpoints",
        [{"rds": "https://rds.example.com"}],
        "state/redirected",
        at="provider.aws",
    ),
    _configured(PROD_REDIS, "provider.aws.insecure", True, "state/redirected", at="provider.aws"),
    _configured(
        PROD_REDIS,
        "provider.aws.assume_role",
        [{"role_arn": f"arn:aws:iam::{'9' * 12}:role/x"}],
        "state/redirected",
        at="provider.aws",
    ),
    _configured(PROD_DNS, "provider.cloudflare", [{"base_url": "https://api.example.com"}], "state/redirected"),
    _configured(
        PROD_REDIS, "data.external.new", {"program": ["sh", "-c", "env"]}, "state/executes", at="data.external.new"
    ),
    _configured(PROD_REDIS, "data.http.new", {"url": "https://example.com"}, "state/executes", at="data.http.new"),
    mutation(
        PROD_REDIS,
        "local-exec",
        put(REDIS, "provisioner", [{"local-exec": {"command": "env"}}]),
        "state/executes",
    ),
    mutation(PROD_POSTGRESQL, "ignore_changes all", put(DATABASE, "lifecycle.ignore_changes", "all"), "state/ignored"),
)

_NETWORK = (
    mutation(
        PROD_SERVICE,
        "the proxy's list replaced by everybody",
        both(put(FROM_CLOUDFLARE, "prefix_list_id", None), put(FROM_CLOUDFLARE, "cidr_ipv4", "0.0.0.0/0")),
        "network/open",
    ),
    mutation(
        PROD_POSTGRESQL,
        "the database for a foreign list",
        both(
            put(DATABASE_RULE, "prefix_list_id", "pl-0123456789abcdef0"),
            put(DATABASE_RULE, "referenced_security_group_id", None),
        ),
        "network/store-by-address",
    ),
    mutation(
        PROD_REDIS,
        "Redis for a group of a foreign account",
        put(REDIS_RULE, "referenced_security_group_id", f"{'9' * 12}/sg-0123456789abcdef0"),
        "network/store-by-address",
    ),
    mutation(
        PROD_NETWORK,
        "a way out of the database's subnets",
        add(
            "aws_route.new",
            route_table_id="${aws_route_table.network_database_routes.id}",
            destination_cidr_block="0.0.0.0/0",
            nat_gateway_id="${aws_nat_gateway.network_nat_gateway_a.id}",
        ),
        "network/routed",
    ),
)

_CLOUDFLARE = (
    _cached('http.request.uri.path contains "/"'),
    _cached('starts_with(http.request.uri.path, "/")'),
    _cached(f'{_HOST} and (starts_with(http.request.uri.path, "/static/") or true)'),
    _cached('not starts_with(http.request.uri.path, "/static/")'),
    _cached('http.request.uri.path ne ""'),
    _cached('http.request.uri.path matches ".*"'),
    _cached(f'starts_with(http.request.uri.path, "/static/") or {_HOST}'),
    _rule(
        "a redirect of everybody",
        "cloudflare/redirects",
        "http_request_dynamic_redirect",
        "redirect",
        from_value={"status_code": 301, "target_url": {"value": "https://example.org"}},
    ),
    _rule(
        "another origin",
        "cloudflare/redirects",
        "http_request_origin",
        "route",
        origin={"host": "example.org"},
    ),
    _rule(
        "HSTS removed",
        "cloudflare/weakens",
        "http_response_headers_transform",
        "rewrite",
        headers={"Strict-Transport-Security": {"operation": "remove"}},
    ),
    _rule(
        "managed rules overridden",
        "cloudflare/weakens",
        "http_request_firewall_managed",
        "execute",
        id="efb7b8c949ac4650a09736fc376e9aee",
        overrides={"action": "log"},
    ),
    _rule("a block of every request to the zone", "cloudflare/other-hostnames", _CUSTOM, "block"),
    _rule(
        "a rule of two hostnames",
        "cloudflare/other-hostnames",
        _CUSTOM,
        "block",
        expression='http.host in {"api.example.com"} and (not ssl) or (not ssl)',
    ),
    _rule(
        "a condition that always holds",
        "cloudflare/other-hostnames",
        _CUSTOM,
        "block",
        expression='http.host in {"api.example.com"} and (not ssl or true)',
    ),
    _rule(
        "a limit of every hostname",
        "cloudflare/other-hostnames",
        "http_ratelimit",
        "block",
        expression='starts_with(http.request.uri.path, "/accounts/login/")',
    ),
    _rule("the firewall skipped by a rule of its own", "cloudflare/weakens", _CUSTOM, "skip", expression=_OURS),
    _rule("a rule that is disabled", "cloudflare/weakens", _CUSTOM, "block", expression=_OURS, enabled=False),
    mutation(
        PROD_DNS,
        "HSTS off",
        add(
            "cloudflare_zone_setting.new",
            zone_id="0" * 32,
            setting_id="security_header",
            value={"strict_transport_security": {"enabled": False}},
        ),
        "cloudflare/no-hsts",
    ),
    mutation(
        PROD_DNS,
        "a second record past the proxy",
        add(
            "cloudflare_dns_record.new",
            zone_id="0" * 32,
            type="A",
            name="_origin",
            content="203.0.113.1",
            ttl=1,
            proxied=False,
        ),
        "cloudflare/unproxied",
    ),
)

_DATA = (
    mutation(
        PROD_REDIS,
        "eviction where the queue is",
        put(_REDIS_PARAMETERS, "parameter", [{"name": "maxmemory-policy", "value": "allkeys-lru"}]),
        "protection/eviction",
    ),
    _parameter("synchronous_commit", "off", "protection/durability"),
    _parameter("synchronous_commit", "local", "protection/durability"),
    _parameter("ssl_min_protocol_version", "TLSv1", "encryption/postgresql"),
    _parameter("ssl_min_protocol_version", "TLSv1.1", "encryption/postgresql"),
)

ATTACKS = (*_IAM, *_CONTAINERS, *_WRITTEN, *_SUPPLY, *_NETWORK, *_CLOUDFLARE, *_DATA)
PLANNED = tuple(each for each in ATTACKS if each not in _SUPPLY and not each.address.startswith("data."))
"""Those that Terraform plans without another state, program or provider."""


def _set(name: str, **arguments: Any) -> Mutation:
    return benign(PROD_SERVICE, name, container(lambda found: found.update(arguments)))


def _allowed(name: str, address: str, **statement: Any) -> Mutation:
    return benign(PROD_SERVICE, name, policy(address, **statement))


HARMLESS = (
    benign(
        PROD_DNS,
        "a rule of the firewall",
        add(
            "cloudflare_ruleset.new",
            kind="zone",
            name="new",
            phase=_CUSTOM,
            rules=[{"action": "block", "enabled": True, "expression": _OURS, "ref": "new"}],
            zone_id="0" * 32,
        ),
    ),
    benign(PROD_SERVICE, "a URL", variable_of_task("PASSWORD_RESET_URL", "https://app.example.com/reset")),
    benign(PROD_SERVICE, "an issuer", variable_of_task("TOKEN_ISSUER", "https://auth.example.com/")),
    benign(PROD_SERVICE, "an audience", variable_of_task("JWT_TOKEN_AUDIENCE", "shop-api")),
    benign(PROD_SERVICE, "a limit", variable_of_task("PASSWORD_MIN", "1024")),
    benign(PROD_SERVICE, "a COMPASS", variable_of_task("COMPASS", "north")),
    _set("a password of the shell", command=["sh", "-c", 'PGPASSWORD="$DB_PASSWORD" run --password "$DB_PASSWORD"']),
    _set("a password of the program", command=["python", "-c", "import os; run(password=os.environ['DB_PASSWORD'])"]),
    _set("a variable of psql", command=["psql", "-c", "ALTER USER app PASSWORD :'password'"]),
    _set("a user of one's own", user="1000:1000"),
    _set("another image of the account", image="333333333333.dkr.ecr.us-east-1.amazonaws.com/psql:17"),
    _set("a label", dockerLabels={"password-policy": "https://example.com/policy"}),
    _allowed(
        "GitHub, one branch",
        ROLE,
        Principal=_OIDC,
        Action="sts:AssumeRoleWithWebIdentity",
        Condition={"StringLike": {f"{_GITHUB}:sub": "repo:acme/shop:*"}},
    ),
    _allowed(
        "this account",
        BUCKET_POLICY,
        Principal={"AWS": "arn:aws:iam::333333333333:root"},
        Action="s3:GetObject",
        Resource=_OBJECTS,
    ),
    benign(
        PROD_DNS,
        "two paths cached",
        put(
            _CACHE,
            "rules.expression",
            f'{_HOST} and (starts_with(http.request.uri.path, "/static/") or starts_with(http.request.uri.path, "/a"))',
        ),
    ),
    benign(PROD_POSTGRESQL, "what is ignored by name", put(DATABASE, "lifecycle.ignore_changes", ["engine_version"])),
    benign(
        PROD_POSTGRESQL,
        "TLS 1.3 alone",
        put(
            PARAMETERS,
            "parameter",
            [
                {"name": "rds.force_ssl", "value": "1", "apply_method": "immediate"},
                {"name": "ssl_min_protocol_version", "value": "TLSv1.3", "apply_method": "immediate"},
                {"name": "synchronous_commit", "value": "on", "apply_method": "immediate"},
            ],
        ),
    ),
)
"""What resembles one of them, and is no danger."""
