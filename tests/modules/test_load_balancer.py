"""The load balancer: who reaches it, what it speaks and where it writes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from modules.load_balancer.inputs import HealthCheckInputs, LoadBalancerInputs
from modules.load_balancer.main import LoadBalancer
from modules.placement import Placement
from modules.validation import InvalidInput, validate
from tests.support import Json, module_json, only

GROUP = "${aws_security_group.alb_security_group.id}"
APPLICATION = "sg-0123456789abcdef0"


def load_balancer(inputs: LoadBalancerInputs | None = None, **changes: Any) -> Json:
    given = {
        "prefix": "django-test",
        "region": "us-east-1",
        "account_id": "123456789012",
        "placement": Placement(
            vpc_id="vpc-1", subnet_ids=["subnet-1", "subnet-2"], application_security_group_id=APPLICATION
        ),
        "certificate_arn": "arn:aws:acm:certificate",
        "container_port": 8000,
        "health_path": "/health/live/",
        **changes,
    }
    document = module_json(lambda stack: LoadBalancer(stack, "alb", inputs=inputs or LoadBalancerInputs(), **given))
    resources: Json = document["resource"]
    return resources


@pytest.fixture(scope="module")
def default() -> Json:
    return load_balancer()


class TestListeners:
    def test_https_speaks_tls_1_2_and_1_3_with_the_certificate(self, default: Json) -> None:
        listener = default["aws_lb_listener"]["alb_https"]
        assert (listener["port"], listener["protocol"]) == (443, "HTTPS")
        assert listener["ssl_policy"] == "ELBSecurityPolicy-TLS13-1-2-2021-06"
        assert listener["certificate_arn"] == "arn:aws:acm:certificate"
        assert listener["default_action"] == [
            {"type": "forward", "target_group_arn": "${aws_lb_target_group.alb_target.arn}"}
        ]

    def test_http_serves_nothing_but_the_way_to_https(self, default: Json) -> None:
        listener = default["aws_lb_listener"]["alb_http"]
        assert (listener["port"], listener["protocol"]) == (80, "HTTP")
        (action,) = listener["default_action"]
        assert action == {
            "type": "redirect",
            "redirect": {"protocol": "HTTPS", "port": "443", "status_code": "HTTP_301"},
        }


@pytest.fixture(scope="module")
def plain() -> Json:
    return load_balancer(certificate_arn=None, prefix_list_id="pl-1", proxy="CloudFront")


class TestBehindCloudFront:
    def test_without_a_certificate_it_forwards_http(self, plain: Json) -> None:
        (listener,) = plain["aws_lb_listener"].values()
        assert (listener["port"], listener["protocol"]) == (80, "HTTP")
        assert listener["default_action"] == [
            {"type": "forward", "target_group_arn": "${aws_lb_target_group.alb_target.arn}"}
        ]

    def test_only_the_proxy_reaches_it_and_on_one_port(self, plain: Json) -> None:
        """The prefix list of CloudFront counts as 55 of 60 rules, so that two ports have no room."""
        outside = [rule for rule in plain["aws_vpc_security_group_ingress_rule"].values() if "prefix_list_id" in rule]
        assert [(rule["from_port"], rule["prefix_list_id"], rule["description"]) for rule in outside] == [
            (80, "pl-1", "CloudFront")
        ]
        assert len(plain["aws_vpc_security_group_ingress_rule"]) == 2


class TestSecurityGroups:
    def test_everybody_reaches_it_where_nobody_is_named(self, default: Json) -> None:
        rules = default["aws_vpc_security_group_ingress_rule"]
        for name, port in (("https", 443), ("http", 80)):
            rule = rules[f"alb_security_group_{name}"]
            assert (rule["security_group_id"], rule["from_port"], rule["to_port"]) == (GROUP, port, port)
            assert rule["cidr_ipv4"] == "0.0.0.0/0"

    def test_only_a_named_prefix_list_reaches_it(self) -> None:
        rules = load_balancer(prefix_list_id="pl-1")["aws_vpc_security_group_ingress_rule"]
        outside = [rule for rule in rules.values() if rule["security_group_id"] == GROUP]
        assert [rule["prefix_list_id"] for rule in outside] == ["pl-1", "pl-1"]
        assert not [rule for rule in rules.values() if "cidr_ipv4" in rule or "cidr_ipv6" in rule]

    @pytest.mark.parametrize(
        ("inputs", "named", "admitted"),
        [
            ({"allowed_cidrs": ("192.0.2.0/24",)}, {}, ["192.0.2.0/24"]),
            ({"allowed_cidrs": ("192.0.2.0/24",)}, {"prefix_list_id": "pl-1"}, ["pl-1", "192.0.2.0/24"]),
            ({"internal": True}, {}, ["10.0.0.0/16"]),
            ({"internal": True, "allowed_cidrs": ("10.64.0.0/16",)}, {}, ["10.64.0.0/16"]),
            ({"ip_address_type": "dualstack"}, {}, ["0.0.0.0/0", "::/0"]),
            (
                {"ip_address_type": "dualstack"},
                {"prefix_list_id": "pl-1", "prefix_list_ipv6_id": "pl-2"},
                ["pl-1", "pl-2"],
            ),
        ],
    )
    def test_nobody_reaches_it_but_who_is_named(
        self, inputs: dict[str, Any], named: dict[str, str], admitted: list[str]
    ) -> None:
        resources = load_balancer(LoadBalancerInputs(**inputs), vpc_cidr="10.0.0.0/16", **named)
        rules = resources["aws_vpc_security_group_ingress_rule"].values()
        for port in (443, 80):
            here = [rule for rule in rules if rule["security_group_id"] == GROUP and rule["from_port"] == port]
            found = [rule[key] for rule in here for key in ("prefix_list_id", "cidr_ipv4", "cidr_ipv6") if key in rule]
            assert sorted(found) == sorted(admitted)

    def test_a_group_that_exists_takes_the_place_of_our_own(self) -> None:
        resources = load_balancer(LoadBalancerInputs(security_group_id="sg-01234567"), prefix_list_id="pl-1")
        assert "aws_security_group" not in resources
        assert only(resources["aws_lb"])["security_groups"] == ["sg-01234567"]
        rule = only(resources["aws_vpc_security_group_ingress_rule"])
        assert (rule["security_group_id"], rule["referenced_security_group_id"]) == (APPLICATION, "sg-01234567")

    def test_it_reaches_only_the_port_of_the_application(self, default: Json) -> None:
        rule = only(default["aws_vpc_security_group_egress_rule"])
        assert rule["security_group_id"] == GROUP
        assert rule["referenced_security_group_id"] == APPLICATION
        assert (rule["ip_protocol"], rule["from_port"], rule["to_port"]) == ("tcp", 8000, 8000)

    def test_only_it_reaches_the_application(self, default: Json) -> None:
        rules = default["aws_vpc_security_group_ingress_rule"].values()
        (rule,) = [rule for rule in rules if rule["security_group_id"] == APPLICATION]
        assert rule["referenced_security_group_id"] == GROUP
        assert (rule["ip_protocol"], rule["from_port"], rule["to_port"]) == ("tcp", 8000, 8000)


class TestTargetGroup:
    def test_it_asks_tasks_for_their_health(self, default: Json) -> None:
        group = only(default["aws_lb_target_group"])
        assert (group["target_type"], group["protocol"], group["port"]) == ("ip", "HTTP", 8000)
        assert group["deregistration_delay"] == "30"
        assert group["health_check"] == {
            "path": "/health/live/",
            "protocol": "HTTP",
            "matcher": "200",
            "interval": 30,
            "timeout": 5,
            "healthy_threshold": 2,
            "unhealthy_threshold": 3,
        }

    def test_a_new_port_gets_a_new_group_before_the_old_one_goes(self, default: Json) -> None:
        group = only(default["aws_lb_target_group"])
        assert group["lifecycle"] == {"create_before_destroy": True}
        assert "name" not in group
        assert group["name_prefix"] == "django"

    @pytest.mark.parametrize("prefix", ["a-b", "abcde-prod", "django-prod"])
    def test_its_prefix_leaves_the_provider_its_26_characters(self, prefix: str) -> None:
        group = only(load_balancer(prefix=prefix)["aws_lb_target_group"])
        assert 1 <= len(group["name_prefix"]) <= 6
        assert not group["name_prefix"].startswith("-")


class TestClientCertificates:
    def test_nobody_is_asked_for_one_unless_authorities_are_given(self, default: Json) -> None:
        assert "aws_lb_trust_store" not in default
        assert not any("mutual_authentication" in listener for listener in default["aws_lb_listener"].values())

    def test_before_it_is_required_the_listener_says_that_it_asks_nobody(self) -> None:
        """Without the block, the provider keeps what the listener had before."""
        found = load_balancer(client_ca_certificates="PEM")["aws_lb_listener"]
        assert found["alb_https"]["mutual_authentication"] == {"mode": "off"}
        assert "mutual_authentication" not in found["alb_http"]

    def test_where_it_is_required_only_clients_of_these_authorities_get_in(self) -> None:
        found = load_balancer(client_ca_certificates="PEM", requires_client_certificate=True)
        assert found["aws_lb_listener"]["alb_https"]["mutual_authentication"] == {
            "mode": "verify",
            "trust_store_arn": "${aws_lb_trust_store.alb_trust_store_store.arn}",
            "ignore_client_certificate_expiry": True,
        }
        store, bundle = only(found["aws_lb_trust_store"]), only(found["aws_s3_object"])
        assert (store["name"], bundle["content"]) == ("django-test", "PEM")
        assert store["ca_certificates_bundle_s3_key"] == "${aws_s3_object.alb_trust_store_bundle.key}"
        names = [bucket["bucket"] for bucket in found["aws_s3_bucket"].values()]
        assert "django-test-alb-ca-123456789012-us-east-1" in names

    def test_other_authorities_have_another_key_so_that_the_trust_store_reads_them(self) -> None:
        keys = {only(load_balancer(client_ca_certificates=each)["aws_s3_object"])["key"] for each in ("PEM", "OTHER")}
        assert len(keys) == 2


class TestAccessLogs:
    def test_the_load_balancer_writes_them_once_it_may(self, default: Json) -> None:
        balancer = only(default["aws_lb"])
        assert balancer["access_logs"] == {"bucket": "${aws_s3_bucket.alb_access_logs.id}", "enabled": True}
        assert balancer["depends_on"] == ["aws_s3_bucket_policy.alb_access_logs_policy"]

    def test_only_log_delivery_writes_and_only_below_this_account(self, default: Json) -> None:
        statements = json.loads(only(default["aws_s3_bucket_policy"])["policy"])["Statement"]
        bucket = "${aws_s3_bucket.alb_access_logs.arn}"
        (delivery,) = [statement for statement in statements if statement["Effect"] == "Allow"]
        assert delivery["Principal"] == {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}
        assert delivery["Action"] == "s3:PutObject"
        assert delivery["Resource"] == f"{bucket}/AWSLogs/123456789012/*"
        (deny,) = [statement for statement in statements if statement["Effect"] == "Deny"]
        assert deny["Resource"] == [bucket, f"{bucket}/*"]
        assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}

    def test_nobody_else_sees_them(self, default: Json) -> None:
        block = only(default["aws_s3_bucket_public_access_block"])
        switches = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
        assert all(block[switch] is True for switch in switches)
        ownership = only(default["aws_s3_bucket_ownership_controls"])
        assert ownership["rule"] == {"object_ownership": "BucketOwnerEnforced"}

    def test_they_are_encrypted_by_s3_because_kms_is_closed_to_log_delivery(self, default: Json) -> None:
        (rule,) = only(default["aws_s3_bucket_server_side_encryption_configuration"])["rule"]
        assert rule["apply_server_side_encryption_by_default"] == {"sse_algorithm": "AES256"}

    def test_they_expire(self) -> None:
        resources = load_balancer(LoadBalancerInputs(access_log_days=30))
        (rule,) = only(resources["aws_s3_bucket_lifecycle_configuration"])["rule"]
        assert (rule["status"], rule["expiration"]) == ("Enabled", [{"days": 30}])

    def test_a_destroy_keeps_them_unless_told_otherwise(self, default: Json) -> None:
        assert only(default["aws_s3_bucket"])["force_destroy"] is False
        assert (
            only(load_balancer(LoadBalancerInputs(delete_access_logs=True))["aws_s3_bucket"])["force_destroy"] is True
        )

    def test_the_longest_prefix_fits_into_the_name_of_a_bucket(self) -> None:
        resources = load_balancer(prefix="a" * 31, region="us-east-1")
        assert len(only(resources["aws_s3_bucket"])["bucket"]) == 63
        assert len(only(resources["aws_lb"])["name"]) <= 32


def test_it_is_protected(default: Json) -> None:
    balancer = only(default["aws_lb"])
    assert balancer["enable_deletion_protection"] is True
    assert balancer["drop_invalid_header_fields"] is True
    assert balancer["desync_mitigation_mode"] == "defensive"
    assert (balancer["internal"], balancer["load_balancer_type"]) == (False, "application")


def test_it_may_be_internal_or_speak_ipv6() -> None:
    internal = only(load_balancer(LoadBalancerInputs(internal=True), vpc_cidr="10.0.0.0/16")["aws_lb"])
    assert (internal["internal"], internal["ip_address_type"]) == (True, "ipv4")
    dualstack = only(load_balancer(LoadBalancerInputs(ip_address_type="dualstack"))["aws_lb"])
    assert (dualstack["internal"], dualstack["ip_address_type"]) == (False, "dualstack")


def test_the_rules_hold_for_a_module_used_alone() -> None:
    with pytest.raises(InvalidInput, match="idle_timeout_seconds: got 0"):
        load_balancer(LoadBalancerInputs(idle_timeout_seconds=0))


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"ssl_policy": "ELBSecurityPolicy-2016-08"}, "ssl_policy: got 'ELBSecurityPolicy-2016-08': give one of"),
        (
            {"allowed_cidrs": ("0.0.0.0/0",)},
            "allowed_cidrs: 0.0.0.0/0 admits more than any one organisation: name blocks",
        ),
        ({"allowed_cidrs": ("52.0.0.0/15",)}, "allowed_cidrs: 52.0.0.0/15 admits more than any one organisation: "),
        ({"allowed_cidrs": ("everybody",)}, "allowed_cidrs: 'everybody' is no IPv4 block: "),
        ({"allowed_cidrs": ("192.0.2.0/24",) * 2}, "allowed_cidrs: one block is named twice: name each once"),
        (
            {"allowed_cidrs": tuple(f"192.0.{number}.0/24" for number in range(11))},
            "allowed_cidrs: 11 blocks are more than the security group has room for: name up to 10",
        ),
        ({"security_group_id": "alb"}, "security_group_id: 'alb' is no security group id: "),
        (
            {"security_group_id": "sg-01234567", "allowed_cidrs": ("192.0.2.0/24",)},
            "allowed_cidrs: has no effect with security_group_id: allow them in that group",
        ),
        (
            {"internal": True, "ip_address_type": "dualstack"},
            "ip_address_type: the private subnets of an internal load balancer have no IPv6: use ",
        ),
        ({"access_log_days": 0}, "access_log_days: got 0: choose 1 to 3653"),
        ({"idle_timeout_seconds": 4001}, "idle_timeout_seconds: got 4001: choose 1 to 4000"),
        ({"deregistration_delay_seconds": -1}, "deregistration_delay_seconds: got -1: choose 0 to 3600"),
        ({"desync_mitigation_mode": "monitor"}, "desync_mitigation_mode: got 'monitor'"),
        ({"health_check": HealthCheckInputs(path="health")}, "health_check.path: 'health' is no path"),
        ({"health_check": HealthCheckInputs(path="/a?b?c")}, "health_check.path: '/a?b?c' is no path"),
        ({"health_check": HealthCheckInputs(path="/a?b='")}, 'health_check.path: "/a?b=\'" is no path'),
        ({"health_check": HealthCheckInputs(interval_seconds=4)}, "health_check.interval_seconds: got 4"),
        ({"health_check": HealthCheckInputs(timeout_seconds=61)}, "health_check.timeout_seconds: got 61"),
        ({"health_check": HealthCheckInputs(healthy_threshold=1)}, "health_check.healthy_threshold: got 1"),
        ({"health_check": HealthCheckInputs(unhealthy_threshold=11)}, "health_check.unhealthy_threshold: got 11"),
        (
            {"health_check": HealthCheckInputs(interval_seconds=5, timeout_seconds=5)},
            (
                "health_check.timeout_seconds: 5 is not below interval_seconds 5: "
                "choose a shorter timeout or a longer interval"
            ),
        ),
    ],
)
def test_what_breaks_a_rule_is_told_in_one_line(changes: dict[str, Any], line: str) -> None:
    with pytest.raises(InvalidInput) as error:
        validate(LoadBalancerInputs(**changes))
    assert line in str(error.value)
