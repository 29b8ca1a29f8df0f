"""Single insecure changes of the units, each with the rule that must refuse it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cli.terraform.plan import Json
from tests.cli.review.gate.editing import Edit, add, both, configure, drop, put, put_json, variable

PROD_POSTGRESQL = "prod-postgresql"
PROD_REDIS = "prod-redis"
PROD_NETWORK = "prod-network"
PROD_SERVICE = "prod-django-service"
PROD_DNS = "prod-cloudflare-dns"
PROD_CERTIFICATE = "prod-certificate"
EU_POSTGRESQL = "eu-prod-postgresql"
DEV_NETWORK = "dev-network"
DEV_POSTGRESQL = "dev-postgresql"
DEV_REDIS = "dev-redis"
DEV_DNS = "dev-cloudflare-dns"

DATABASE = "aws_db_instance.postgresql"
REPLICA = "aws_db_instance.postgresql_replica"
PARAMETERS = "aws_db_parameter_group.postgresql_parameters"
REDIS = "aws_elasticache_replication_group.redis"
BALANCER = "aws_lb.load_balancer"
HTTP = "aws_lb_listener.load_balancer_http"
HTTPS = "aws_lb_listener.load_balancer_https"
BUCKET = "aws_s3_bucket.load_balancer_access_logs"
BUCKET_POLICY = "aws_s3_bucket_policy.load_balancer_access_logs_policy"
BLOCK = "aws_s3_bucket_public_access_block.load_balancer_access_logs_public_access"
SECRET = "aws_secretsmanager_secret.secret_key"
TASK = "aws_ecs_task_definition.web_task"
SERVICE = "aws_ecs_service.web"
ROLE = "aws_iam_role.web_task_role"
ROLE_POLICY = "aws_iam_role_policy.web_task_role_policy"
FROM_CLOUDFLARE = "aws_vpc_security_group_ingress_rule.load_balancer_security_group_https"
DATABASE_RULE = "aws_vpc_security_group_ingress_rule.postgresql_application"
REDIS_RULE = "aws_vpc_security_group_ingress_rule.redis_application"
RECORD = "cloudflare_dns_record.record"
RANDOM = "ephemeral.aws_secretsmanager_random_password.secret_key"
NAT, TEMPLATE = "aws_instance.network_nat", "aws_launch_template.network_nat_template"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutation:
    """A change that the gate must refuse."""

    name: str
    unit: str
    edit: Edit
    address: str
    rule: str


def _m(unit: str, name: str, edit: Edit, rule: str, *, at: str = "") -> Mutation:
    return Mutation(name=name, unit=unit, edit=edit, address=at or edit.address, rule=rule)


def _set(unit: str, address: str, path: str, value: Any, rule: str) -> Mutation:
    shown = "left out" if value is None else json.dumps(value)
    return _m(unit, f"{path} = {shown}"[:70], put(address, path, value), rule)


def _container(change: Callable[[Json], object]) -> Edit:
    return put_json(TASK, "container_definitions", lambda containers: change(containers[0]) and None)


def _variable(name: str, value: str) -> Edit:
    return _container(lambda container: container["environment"].append({"name": name, "value": value}))


def _policy(address: str, **statement: Any) -> Edit:
    argument = "assume_role_policy" if address == ROLE else "policy"
    return put_json(address, argument, lambda policy: policy["Statement"].append({"Effect": "Allow", **statement}))


def _ingress(group: str, cidr: str, port: int | None = None) -> Edit:
    ports = {"ip_protocol": "-1"} if port is None else {"ip_protocol": "tcp", "from_port": port, "to_port": port}
    return add(
        "aws_vpc_security_group_ingress_rule.new",
        security_group_id=f"${{aws_security_group.{group}.id}}",
        **{"cidr_ipv6" if ":" in cidr else "cidr_ipv4": cidr},
        **ports,
    )


_KEY = "AKIA" + "ABCDEFGH" * 2
_HEX = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_BASE64 = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzQ9pLmKd8T"

# An inline rule has to say everything.
_INLINE = {"description": "", "ipv6_cidr_blocks": [], "prefix_list_ids": [], "security_groups": [], "self": False}

MUTATIONS: tuple[Mutation, ...] = (
    # The database.
    _set(PROD_POSTGRESQL, DATABASE, "publicly_accessible", True, "network/public-database"),
    _set(PROD_POSTGRESQL, DATABASE, "storage_encrypted", False, "encryption/at-rest"),
    _set(PROD_POSTGRESQL, DATABASE, "deletion_protection", False, "protection/deletion"),
    _set(PROD_POSTGRESQL, DATABASE, "deletion_protection", None, "protection/deletion"),
    _set(PROD_POSTGRESQL, DATABASE, "skip_final_snapshot", True, "protection/final-snapshot"),
    _set(PROD_POSTGRESQL, DATABASE, "backup_retention_period", 0, "protection/backups"),
    _set(PROD_POSTGRESQL, DATABASE, "backup_retention_period", 1, "protection/backups"),
    _set(PROD_POSTGRESQL, DATABASE, "enabled_cloudwatch_logs_exports", [], "protection/no-log"),
    _set(PROD_POSTGRESQL, DATABASE, "parameter_group_name", "default.postgres16", "encryption/postgresql"),
    _m(
        PROD_POSTGRESQL,
        "a password in the state",
        both(put(DATABASE, "password", "correct horse battery"), put(DATABASE, "manage_master_user_password", None)),
        "credentials/argument",
    ),
    _set(PROD_POSTGRESQL, DATABASE, "iam_database_authentication_enabled", False, "CKV_AWS_161"),
    _set(PROD_POSTGRESQL, DATABASE, "auto_minor_version_upgrade", False, "CKV_AWS_226"),
    _m(
        PROD_POSTGRESQL,
        "rds.force_ssl = 0",
        put(PARAMETERS, "parameter", [{"name": "rds.force_ssl", "value": "0"}]),
        "encryption/postgresql",
    ),
    _m(
        PROD_POSTGRESQL,
        "rds.force_ssl left out",
        put(PARAMETERS, "parameter", [{"name": "random_page_cost", "value": "1.1"}]),
        "encryption/postgresql",
    ),
    _m(
        PROD_POSTGRESQL,
        "5432 open to the world",
        _ingress("postgresql_security_group", "0.0.0.0/0", 5432),
        "network/open",
    ),
    _m(
        PROD_POSTGRESQL,
        "5432 open to half the world",
        _ingress("postgresql_security_group", "128.0.0.0/1", 5432),
        "network/open",
    ),
    _m(
        PROD_POSTGRESQL,
        "5432 open to the whole VPC",
        _ingress("postgresql_security_group", "10.30.0.0/16", 5432),
        "network/store-by-address",
    ),
    _m(
        PROD_POSTGRESQL,
        "all ports open to the whole VPC",
        _ingress("postgresql_security_group", "10.30.0.0/16"),
        "network/store-by-address",
    ),
    _m(
        PROD_NETWORK,
        "NFS open to the whole VPC",
        _ingress("network_application", "10.30.0.0/16", 2049),
        "network/store-by-address",
    ),
    _m(PROD_POSTGRESQL, "all ports open to IPv6", _ingress("postgresql_security_group", "::/0"), "network/open"),
    _m(
        PROD_POSTGRESQL,
        "an inline rule opens all",
        put(
            "aws_security_group.postgresql_security_group",
            "ingress",
            [{**_INLINE, "cidr_blocks": ["0.0.0.0/0"], "from_port": 0, "to_port": 0, "protocol": "-1"}],
        ),
        "network/open",
    ),
    _m(
        PROD_POSTGRESQL,
        "an output with the password",
        configure("output.password", {"value": "${aws_db_instance.postgresql.password}", "sensitive": True}),
        "credentials/output",
    ),
    _m(
        PROD_POSTGRESQL,
        "an output with a URL and its password",
        configure("output.url", {"value": "postgresql://postgres:hunter2@db.example.com/app"}),
        "credentials/output",
    ),
    # Redis.
    _set(PROD_REDIS, REDIS, "transit_encryption_enabled", False, "encryption/redis"),
    _set(PROD_REDIS, REDIS, "transit_encryption_mode", "preferred", "encryption/redis"),
    _set(PROD_REDIS, REDIS, "at_rest_encryption_enabled", "false", "encryption/at-rest"),
    _set(PROD_REDIS, REDIS, "snapshot_retention_limit", 0, "protection/backups"),
    _set(PROD_REDIS, REDIS, "final_snapshot_identifier", None, "protection/final-snapshot"),
    _set(PROD_REDIS, REDIS, "log_delivery_configuration", [], "protection/no-log"),
    _set(PROD_REDIS, REDIS, "auth_token", "correct-horse-battery-staple", "credentials/argument"),
    _m(
        PROD_REDIS,
        "the application's rule for everyone",
        both(put(REDIS_RULE, "cidr_ipv4", "0.0.0.0/0"), put(REDIS_RULE, "referenced_security_group_id", None)),
        "network/open",
    ),
    _m(
        PROD_REDIS,
        "redis:// in an output",
        configure(
            "output.redis_url.value",
            "redis://${aws_elasticache_replication_group.redis.primary_endpoint_address}:6379/0",
        ),
        "encryption/url",
    ),
    # The network.
    _set(PROD_NETWORK, "aws_subnet.network_private_a", "map_public_ip_on_launch", True, "network/public-addresses"),
    _m(
        PROD_NETWORK,
        "the flow log records what is refused alone",
        put("aws_flow_log.network_flow_log", "traffic_type", "REJECT"),
        "network/unrecorded",
        at="aws_vpc.network",
    ),
    _m(PROD_NETWORK, "no flow log", drop("aws_flow_log.network_flow_log"), "network/unrecorded", at="aws_vpc.network"),
    _m(
        PROD_NETWORK,
        "AWS's open default group",
        drop("aws_default_security_group.network_default"),
        "network/default-group",
        at="aws_vpc.network",
    ),
    _m(
        PROD_NETWORK,
        "database subnets with a way from the internet",
        put(
            "aws_route_table_association.network_database_routes_a",
            "route_table_id",
            "${aws_route_table.network_public_routes.id}",
        ),
        "network/routed",
    ),
    _m(PROD_NETWORK, "port 22 open", _ingress("network_application", "0.0.0.0/0", 22), "network/open"),
    _m(PROD_NETWORK, "port 443 of the tasks open", _ingress("network_application", "0.0.0.0/0", 443), "network/open"),
    _m(
        PROD_NETWORK,
        "everything may leave",
        put("aws_vpc_security_group_egress_rule.network_application_internet_443", "ip_protocol", "-1"),
        "network/leaks",
    ),
    _set(
        PROD_NETWORK,
        "aws_cloudwatch_log_group.network_flow_log_group",
        "retention_in_days",
        0,
        "protection/log-retention",
    ),
    # The load balancer.
    _set(PROD_SERVICE, HTTPS, "ssl_policy", "ELBSecurityPolicy-2016-08", "encryption/listener-policy"),
    _set(PROD_SERVICE, HTTPS, "ssl_policy", "ELBSecurityPolicy-TLS13-1-0-2021-06", "encryption/listener-policy"),
    _m(
        PROD_SERVICE,
        "port 80 serves the application",
        put(
            HTTP,
            "default_action",
            [{"type": "forward", "target_group_arn": "${aws_lb_target_group.load_balancer_target.arn}"}],
        ),
        "encryption/listener",
    ),
    _m(
        PROD_SERVICE,
        "a rule of port 80 serves the application",
        add(
            "aws_lb_listener_rule.new",
            listener_arn=f"${{{HTTP}.arn}}",
            condition=[{"path_pattern": {"values": ["/api/*"]}}],
            action=[{"type": "forward", "target_group_arn": "${aws_lb_target_group.load_balancer_target.arn}"}],
        ),
        "encryption/listener",
    ),
    _set(PROD_SERVICE, BALANCER, "enable_deletion_protection", False, "protection/deletion"),
    _set(PROD_SERVICE, BALANCER, "access_logs.enabled", False, "protection/access-log"),
    _set(PROD_SERVICE, BALANCER, "drop_invalid_header_fields", False, "CKV_AWS_131"),
    _m(
        PROD_SERVICE,
        "the load balancer past Cloudflare",
        _ingress("load_balancer_security_group", "0.0.0.0/0", 443),
        "network/open",
    ),
    _m(
        PROD_SERVICE,
        "Cloudflare's list admits everyone",
        put("aws_ec2_managed_prefix_list.cloudflare", "entry", [{"cidr": "0.0.0.0/0"}]),
        "network/wide-list",
    ),
    _set(PROD_SERVICE, BUCKET, "force_destroy", True, "protection/force-destroy"),
    _set(PROD_SERVICE, BLOCK, "block_public_policy", False, "network/public-bucket"),
    _set(PROD_SERVICE, BLOCK, "restrict_public_buckets", None, "network/public-bucket"),
    _m(PROD_SERVICE, "no public access block", drop(BLOCK), "network/public-bucket", at=BUCKET),
    _m(
        PROD_SERVICE,
        "an ACL that everyone reads",
        add("aws_s3_bucket_acl.new", bucket=f"${{{BUCKET}.id}}", acl="public-read"),
        "network/public-bucket",
    ),
    _m(
        PROD_SERVICE,
        "the bucket for everyone",
        _policy(BUCKET_POLICY, Principal="*", Action="s3:GetObject", Resource=f"${{{BUCKET}.arn}}/*"),
        "iam/public",
    ),
    _m(
        PROD_SERVICE,
        "the bucket without TLS",
        put_json(BUCKET_POLICY, "policy", lambda policy: {**policy, "Statement": policy["Statement"][:1]}),
        "encryption/bucket-tls",
    ),
    _m(PROD_SERVICE, "a bucket without a policy", drop(BUCKET_POLICY), "encryption/bucket-tls", at=BUCKET),
    _m(
        PROD_SERVICE,
        "a bucket without encryption",
        drop("aws_s3_bucket_server_side_encryption_configuration.load_balancer_access_logs_encryption"),
        "encryption/bucket",
        at=BUCKET,
    ),
    # Tasks.
    _m(PROD_SERVICE, "DATABASE_PASSWORD", _variable("DATABASE_PASSWORD", "hunter2"), "credentials/environment"),
    _m(
        PROD_SERVICE,
        "a password of Terraform",
        _variable("DATABASE_PASSWORD", "${var.image_tag}"),
        "credentials/environment",
    ),
    _m(
        PROD_SERVICE,
        "a URL with a password",
        _variable("DATABASE_URL", "postgres://app:hunter2@db/app"),
        "credentials/environment",
    ),
    _m(
        PROD_SERVICE,
        "a URL with a referenced password",
        _variable("DATABASE_URL", "postgres://app:${var.image_tag}@db/app"),
        "credentials/environment",
    ),
    _m(PROD_SERVICE, "an access key of AWS", _variable("S3_ID", _KEY), "credentials/environment"),
    _m(
        PROD_SERVICE,
        "a private key",
        _variable("SIGNER", "-----BEGIN RSA PRIVATE KEY-----\nMII"),
        "credentials/environment",
    ),
    _m(PROD_SERVICE, "a random key of hexadecimals", _variable("SALT", _HEX), "credentials/environment"),
    _m(PROD_SERVICE, "a random key of base64", _variable("SALT", _BASE64), "credentials/environment"),
    _m(
        PROD_SERVICE,
        "a secret's value",
        _variable(
            "SALT",
            "${coalesce(aws_secretsmanager_secret_version.secret_key_version.secret_string, aws_lb.load_balancer.id)}",
        ),
        "credentials/environment",
    ),
    _m(
        PROD_SERVICE,
        "a secret in the command",
        _container(lambda container: container.update(command=["run", "--dsn=https://key:hunter2@sentry.io/1"])),
        "credentials/container",
    ),
    _m(PROD_SERVICE, "redis:// for the application", _variable("CACHE_URL", "redis://cache:6379/0"), "encryption/url"),
    _m(PROD_SERVICE, "sslmode=disable", _variable("DATABASE_OPTIONS", "sslmode=disable"), "encryption/url"),
    _m(PROD_SERVICE, "the image latest", variable("image_tag", "latest"), "containers/latest", at=TASK),
    _m(
        PROD_SERVICE,
        "an image without a tag",
        _container(lambda container: container.update(image="docker.io/library/nginx")),
        "containers/untagged",
    ),
    _m(
        PROD_SERVICE,
        "the image latest, written down",
        _container(lambda container: container.update(image="registry.example.com:5000/django:latest")),
        "containers/latest",
    ),
    _m(
        PROD_SERVICE,
        "a container with root's rights",
        _container(lambda container: container.update(privileged=True)),
        "containers/privileged",
    ),
    _m(
        PROD_SERVICE,
        "a container as root",
        _container(lambda container: container.update(user="root")),
        "containers/privileged",
    ),
    _m(
        PROD_SERVICE,
        "root that only fills volumes, and knows the secrets",
        _container(
            lambda container: container.update(
                user="0", essential=False, linuxParameters={"capabilities": {"drop": ["ALL"]}}
            )
        ),
        "containers/privileged",
    ),
    _m(
        PROD_SERVICE,
        "a file system to write to",
        _container(lambda container: container.update(readonlyRootFilesystem=False)),
        "containers/writable",
    ),
    _m(
        PROD_SERVICE,
        "a container without a log",
        _container(lambda container: container.pop("logConfiguration")),
        "containers/no-log",
    ),
    _m(
        PROD_SERVICE,
        "one role for both",
        put(TASK, "task_role_arn", "${aws_iam_role.web_task_execution_role.arn}"),
        "containers/same-role",
    ),
    _m(
        PROD_SERVICE,
        "containers nobody can read",
        put(
            TASK,
            "container_definitions",
            "${jsonencode([{name = aws_cloudwatch_log_group.web_task_log.arn, image = local.image}])}",
        ),
        "containers/unreadable",
    ),
    _set(PROD_SERVICE, SERVICE, "network_configuration.assign_public_ip", True, "network/public-task"),
    _set(PROD_SERVICE, SERVICE, "enable_execute_command", True, "containers/execute-command"),
    _set(PROD_SERVICE, SECRET, "recovery_window_in_days", 0, "protection/recovery-window"),
    _set(
        PROD_SERVICE,
        "aws_secretsmanager_secret_version.secret_key_version",
        "secret_string",
        "hunter2",
        "credentials/argument",
    ),
    _m(PROD_SERVICE, "a short SECRET_KEY", configure(f"{RANDOM}.password_length", 12), "credentials/short"),
    # IAM.
    _m(
        PROD_SERVICE,
        "*:* with a token in it",
        _policy(ROLE_POLICY, Action=["*"], Resource=["*", f"${{{BUCKET}.arn}}"]),
        "iam/all-actions",
    ),
    _m(
        PROD_SERVICE,
        "s3:* on all buckets",
        _policy(ROLE_POLICY, Action="s3:*", Resource="arn:aws:s3:::*"),
        "iam/all-actions",
    ),
    _m(
        PROD_SERVICE,
        "iam:* on one role",
        _policy(ROLE_POLICY, Action="iam:*", Resource=f"${{{ROLE}.arn}}"),
        "iam/all-actions",
    ),
    _m(
        PROD_SERVICE,
        "all secrets",
        _policy(ROLE_POLICY, Action="secretsmanager:GetSecretValue", Resource="*"),
        "iam/all-resources",
    ),
    _m(
        PROD_SERVICE,
        "all secrets of the account",
        _policy(
            ROLE_POLICY,
            Action="secretsmanager:GetSecretValue",
            Resource="arn:aws:secretsmanager:us-east-1:333333333333:secret:*",
        ),
        "iam/all-resources",
    ),
    _m(
        PROD_SERVICE,
        "iam:PassRole of all roles",
        _policy(ROLE_POLICY, Action="iam:PassRole", Resource="*"),
        "iam/all-resources",
    ),
    _m(PROD_SERVICE, "all but one action", _policy(ROLE_POLICY, NotAction="iam:*", Resource="*"), "iam/negated"),
    _m(
        PROD_SERVICE,
        "all but one resource",
        _policy(ROLE_POLICY, Action="s3:GetObject", NotResource=f"${{{BUCKET}.arn}}"),
        "iam/negated",
    ),
    _m(PROD_SERVICE, "a role for everyone", _policy(ROLE, Principal="*", Action="sts:AssumeRole"), "iam/trusts"),
    _m(
        PROD_SERVICE,
        "a role for another account",
        _policy(ROLE, Principal={"AWS": "arn:aws:iam::999999999999:root"}, Action="sts:AssumeRole"),
        "iam/trusts",
    ),
    _m(
        PROD_SERVICE,
        "a role for every repository of GitHub",
        _policy(
            ROLE,
            Principal={"Federated": "arn:aws:iam::333333333333:oidc-provider/token.actions.githubusercontent.com"},
            Action="sts:AssumeRoleWithWebIdentity",
        ),
        "iam/trusts",
    ),
    _m(
        PROD_SERVICE,
        "AdministratorAccess",
        add(
            "aws_iam_role_policy_attachment.new",
            role="${aws_iam_role.web_task_role.name}",
            policy_arn="arn:aws:iam::aws:policy/AdministratorAccess",
        ),
        "iam/powerful",
    ),
    _m(
        PROD_SERVICE,
        "a URL that a topic calls",
        add(
            "aws_sns_topic_subscription.new",
            topic_arn="arn:aws:sns:us-east-1:333333333333:django-prod-urgent",
            protocol="https",
            endpoint="https://events.example.com/enqueue",
        ),
        "credentials/endpoint",
    ),
    _m(PROD_SERVICE, "an access key", add("aws_iam_access_key.new", user="django"), "iam/access-key"),
    _m(
        PROD_SERVICE,
        "a policy nobody can read",
        put(
            ROLE_POLICY,
            "policy",
            '${jsonencode({Statement = [{Action = "*", Resource = aws_lb.load_balancer.arn}]})}',
        ),
        "iam/unreadable",
    ),
    # Cloudflare.
    _set(PROD_DNS, RECORD, "proxied", False, "cloudflare/unproxied"),
    _set(PROD_DNS, "cloudflare_zone_setting.zone_ssl", "value", "flexible", "cloudflare/setting"),
    _set(PROD_DNS, "cloudflare_zone_setting.zone_ssl", "value", "full", "cloudflare/setting"),
    _set(PROD_DNS, "cloudflare_zone_setting.zone_min_tls_version", "value", "1.0", "cloudflare/setting"),
    _set(PROD_DNS, "cloudflare_zone_setting.zone_always_use_https", "value", "off", "cloudflare/setting"),
    _m(
        PROD_DNS,
        "the SSL setting left out",
        drop("cloudflare_zone_setting.zone_ssl"),
        "cloudflare/setting-missing",
        at="cloudflare_zone_setting.zone_always_use_https",
    ),
    _m(
        PROD_DNS,
        "everything cached",
        put("cloudflare_ruleset.cache", "rules.expression", "true"),
        "cloudflare/caches-pages",
    ),
    _m(PROD_DNS, "the firewall skipped", put("cloudflare_ruleset.cache", "rules.action", "skip"), "cloudflare/weakens"),
    _m(
        PROD_DNS,
        "a token of Cloudflare",
        configure("provider.cloudflare", [{"api_token": "v1.0-abcdef"}]),
        "credentials/literal",
    ),
    # The state, the account, and what is written down.
    _m(PROD_REDIS, "an unencrypted state", configure("terraform.backend.s3.encrypt", False), "state/unencrypted"),
    _m(PROD_REDIS, "a state without a lock", configure("terraform.backend.s3.use_lockfile", None), "state/unlocked"),
    _m(PROD_REDIS, "any account", configure("provider.aws.allowed_account_ids", None), "state/any-account"),
    _m(PROD_REDIS, "credentials of AWS", configure("provider.aws.secret_key", _BASE64), "credentials/literal"),
    _m(
        PROD_SERVICE,
        "a variable's default",
        configure("variable.database_password", {"type": "string", "default": "hunter2"}),
        "credentials/literal",
        at="var.database_password",
    ),
    _m(
        PROD_CERTIFICATE, "a local", configure("locals.token", "hunter2-token"), "credentials/literal", at="local.token"
    ),
    # Where dev differs.
    _m(
        DEV_NETWORK,
        "IMDSv1 for the NAT instance",
        put(TEMPLATE, "metadata_options.http_tokens", "optional"),
        "network/metadata",
    ),
    _m(
        DEV_NETWORK,
        "a disk unencrypted",
        put(TEMPLATE, "block_device_mappings", [{"device_name": "/dev/xvda", "ebs": [{"encrypted": "false"}]}]),
        "encryption/disk",
    ),
    _m(
        DEV_NETWORK,
        "a password in user data",
        put(NAT, "user_data", "#!/bin/bash\nexport DB_PASSWORD=hunter2\n"),
        "credentials/user-data",
    ),
    _m(DEV_NETWORK, "SSH to the NAT instance", _ingress("network_nat_security_group", "0.0.0.0/0", 22), "network/open"),
    _set(DEV_POSTGRESQL, DATABASE, "publicly_accessible", True, "network/public-database"),
    _set(DEV_POSTGRESQL, DATABASE, "backup_retention_period", 0, "protection/backups"),
    _set(DEV_REDIS, REDIS, "transit_encryption_enabled", False, "encryption/redis"),
    _set(EU_POSTGRESQL, DATABASE, "skip_final_snapshot", True, "protection/final-snapshot"),
    _set(EU_POSTGRESQL, DATABASE, "backup_retention_period", 6, "protection/backups"),
    _set(EU_POSTGRESQL, REPLICA, "storage_encrypted", False, "encryption/at-rest"),
    _set(EU_POSTGRESQL, REPLICA, "publicly_accessible", True, "network/public-database"),
    _set(DEV_DNS, RECORD, "proxied", False, "cloudflare/unproxied"),
)


def _b(unit: str, name: str, edit: Edit) -> Mutation:
    return Mutation(name=name, unit=unit, edit=edit, address="", rule="")


BENIGN: tuple[Mutation, ...] = (
    _m(
        PROD_SERVICE,
        "root that only fills volumes",
        put_json(
            TASK,
            "container_definitions",
            lambda containers: containers.append(
                {
                    **containers[0],
                    "name": "first",
                    "user": "0",
                    "essential": False,
                    "secrets": [],
                    "linuxParameters": {"capabilities": {"drop": ["ALL"]}},
                }
            ),
        ),
        "",
    ),
    _b(PROD_POSTGRESQL, "a larger database", put(DATABASE, "instance_class", "db.m7g.xlarge")),
    _b(PROD_POSTGRESQL, "more storage", put(DATABASE, "allocated_storage", 200)),
    _b(PROD_POSTGRESQL, "backups of two weeks", put(DATABASE, "backup_retention_period", 14)),
    _b(PROD_POSTGRESQL, "another hour for backups", put(DATABASE, "backup_window", "01:00-02:00")),
    _b(PROD_POSTGRESQL, "a newer PostgreSQL", put(DATABASE, "engine_version", "16.9")),
    _b(PROD_POSTGRESQL, "a tag", put(DATABASE, "tags", {"Team": "platform", "CostCenter": "A4711"})),
    _b(
        PROD_POSTGRESQL,
        "a parameter",
        put(
            PARAMETERS,
            "parameter",
            [
                {"name": "rds.force_ssl", "value": "1", "apply_method": "immediate"},
                {"name": "work_mem", "value": "65536", "apply_method": "immediate"},
            ],
        ),
    ),
    _b(PROD_REDIS, "larger nodes", put(REDIS, "node_type", "cache.m7g.large")),
    _b(PROD_REDIS, "three nodes", put(REDIS, "num_cache_clusters", 3)),
    _b(
        PROD_NETWORK,
        "logs for 90 days",
        put("aws_cloudwatch_log_group.network_flow_log_group", "retention_in_days", 90),
    ),
    _b(PROD_SERVICE, "a new image", variable("image_tag", "2.14.0-rc.3")),
    _b(PROD_SERVICE, "an image by digest", variable("image_tag", f"sha256:{_HEX}")),
    _b(PROD_SERVICE, "more CPU", put(TASK, "cpu", "2048")),
    _b(PROD_SERVICE, "more memory", put(TASK, "memory", "4096")),
    _b(PROD_SERVICE, "four tasks", put(SERVICE, "desired_count", 4)),
    _b(PROD_SERVICE, "more tasks at most", put("aws_appautoscaling_target.web_scaling", "max_capacity", 20)),
    _b(PROD_SERVICE, "a plain variable", _variable("LOG_LEVEL", "debug")),
    _b(PROD_SERVICE, "a variable with a secret's ARN", _variable("API_SECRET_ARN", f"${{{SECRET}.arn}}")),
    _b(
        PROD_SERVICE,
        "the ARN of a secret that is known",
        _variable(
            "SMTP_SECRET_ARN", "arn:aws:secretsmanager:us-east-1:333333333333:secret:smtp-1A2b3C4d5E6f7G8h9I-AbCdEf"
        ),
    ),
    _b(PROD_SERVICE, "the commit of a release", _variable("SENTRY_RELEASE", _HEX[:40])),
    _b(PROD_SERVICE, "a lifetime of tokens", _variable("ACCESS_TOKEN_LIFETIME_MINUTES", "15")),
    _b(PROD_SERVICE, "validators of passwords", _variable("PASSWORD_VALIDATORS", "django.contrib.auth.MinimumLength")),
    _b(PROD_SERVICE, "a URL without a password", _variable("SITE_URL", "https://api.example.com/docs?page=1")),
    _b(PROD_SERVICE, "a long path", _variable("MODULES", "config.settings.production,config.celery.application")),
    _b(PROD_SERVICE, "an older log", put("aws_cloudwatch_log_group.web_task_log", "retention_in_days", 365)),
    _b(
        PROD_SERVICE,
        "an object of one bucket",
        _policy(ROLE_POLICY, Action=["s3:GetObject", "s3:PutObject"], Resource=f"${{{BUCKET}.arn}}/media/*"),
    ),
    _b(PROD_DNS, "another cache time", put("cloudflare_ruleset.cache", "rules.description", "Cache static files")),
    _b(PROD_DNS, "TLS 1.3 alone", put("cloudflare_zone_setting.zone_min_tls_version", "value", "1.3")),
)
"""What a team changes every week, none of which the gate may refuse."""
