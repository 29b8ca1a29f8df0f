"""Requests reach a further web service by a rule of the listener and a target group of its own."""

from __future__ import annotations

from typing import Any

import pytest
from cdktf import TerraformLocal, TerraformStack

from modules.load_balancer.inputs import HealthCheckInputs, LoadBalancerInputs
from modules.load_balancer.main import LoadBalancer
from modules.load_balancer.route import Route
from modules.load_balancer.route_inputs import RouteInputs
from modules.placement import Placement
from modules.validation import line, problems
from tests.support import Json, module_json

API = RouteInputs(priority=10_010, paths=("/api/*", "/v1/*"), hosts=("api.example.com",))


def route(**changes: Any) -> Json:
    def build(stack: TerraformStack) -> None:
        load_balancer = LoadBalancer(
            stack,
            "alb",
            inputs=LoadBalancerInputs(
                deregistration_delay_seconds=45, health_check=HealthCheckInputs(interval_seconds=7)
            ),
            prefix="django-test",
            region="us-east-1",
            account_id="123456789012",
            placement=Placement(
                vpc_id="vpc-1", subnet_ids=["subnet-1", "subnet-2"], application_security_group_id="sg-1"
            ),
            certificate_arn="arn:aws:acm:certificate",
            container_port=8000,
            further_ports=(9000, 8000, 9000),
            health_path="/health/live/",
        )
        given = {"inputs": API, "stickiness_seconds": None, **changes}
        made = Route(
            stack,
            "route",
            load_balancer=load_balancer,
            prefix="django-test",
            name="web-api",
            vpc_id="vpc-1",
            container_port=9000,
            health_path="/api/health",
            health_codes="200-299",
            **given,
        )
        made.open([TerraformLocal(stack, "service", "tasks run")])

    found: Json = module_json(build)["resource"]
    return found


@pytest.fixture(scope="module")
def default() -> Json:
    return route()


def test_what_matches_host_and_path_is_forwarded_to_its_target_group(default: Json) -> None:
    rule = default["aws_lb_listener_rule"]["route"]
    assert rule["listener_arn"] == "${aws_lb_listener.alb_https.arn}"
    assert rule["priority"] == 10_010
    assert rule["condition"] == [
        {"host_header": {"values": ["api.example.com"]}},
        {"path_pattern": {"values": ["/api/*", "/v1/*"]}},
    ]
    assert rule["action"] == [{"type": "forward", "target_group_arn": "${aws_lb_target_group.route_target.arn}"}]


def test_a_rule_that_no_request_matches_attaches_the_target_group_before_the_service(default: Json) -> None:
    attached, rule = (default["aws_lb_listener_rule"][name] for name in ("route_attached", "route"))
    assert attached["action"] == rule["action"]
    assert attached["condition"] == [{"source_ip": {"values": ["192.0.2.1/32"]}}]
    assert attached["priority"] == 30_010
    assert "depends_on" not in attached
    assert rule["depends_on"] == ["local.service"]


@pytest.mark.parametrize(
    ("given", "condition"),
    [
        ({"paths": ("/api/*",)}, {"path_pattern": {"values": ["/api/*"]}}),
        ({"hosts": ("*.example.com",)}, {"host_header": {"values": ["*.example.com"]}}),
    ],
)
def test_one_kind_of_condition_is_enough(given: Any, condition: Json) -> None:
    rule = route(inputs=RouteInputs(priority=10_000, **given))["aws_lb_listener_rule"]["route"]
    assert rule["condition"] == [condition]


def test_the_target_group_is_checked_by_its_own_path_as_often_as_that_of_web(default: Json) -> None:
    group = default["aws_lb_target_group"]["route_target"]
    assert (group["port"], group["name_prefix"], group["deregistration_delay"]) == (9000, "django", "45")
    check = group["health_check"]
    assert (check["path"], check["matcher"], check["interval"]) == ("/api/health", "200-299", 7)
    assert group["tags"] == {"Name": "django-test-web-api"}


def test_visitors_stay_at_a_task_only_where_that_is_asked_for(default: Json) -> None:
    assert default["aws_lb_target_group"]["route_target"]["stickiness"] == {"type": "lb_cookie", "enabled": False}
    sticky = route(stickiness_seconds=3600)["aws_lb_target_group"]["route_target"]["stickiness"]
    assert sticky == {"type": "lb_cookie", "enabled": True, "cookie_duration": 3600}
    assert "stickiness" not in default["aws_lb_target_group"]["alb_target"]


def test_the_load_balancer_reaches_each_port_by_one_rule(default: Json) -> None:
    leaving = default["aws_vpc_security_group_egress_rule"].values()
    entering = default["aws_vpc_security_group_ingress_rule"].values()
    assert sorted(rule["to_port"] for rule in leaving) == [8000, 9000]
    assert sorted(rule["from_port"] for rule in entering if rule["security_group_id"] == "sg-1") == [8000, 9000]


@pytest.mark.parametrize(
    ("wide", "narrow", "expected"),
    [
        ({"paths": ("/api/*", "/ws/*")}, {"paths": ("/api/*",)}, True),
        ({"paths": ("/api/*", "/ws/*")}, {"paths": ("/api/v?/*", "/ws/a")}, True),
        ({"paths": ("/api/*",)}, {"paths": ("/api/*", "/ws/*")}, False),
        ({"paths": ("/v?/x",)}, {"paths": ("/v*/x",)}, False),
        ({"paths": ("/api/*",)}, {"paths": ("/api/*",), "hosts": ("a.example.com",)}, True),
        ({"paths": ("/api/*",), "hosts": ("a.example.com",)}, {"paths": ("/api/*",)}, False),
        ({"hosts": ("*.example.com",)}, {"paths": ("/api/*",), "hosts": ("a.example.com",)}, True),
        ({"paths": ("/*",), "hosts": ("a.example.com",)}, {"hosts": ("a.example.com",)}, False),
    ],
)
def test_a_route_that_takes_all_of_another_is_known(wide: Any, narrow: Any, expected: bool) -> None:
    assert RouteInputs(priority=10_000, **wide).covers(RouteInputs(priority=10_001, **narrow)) is expected


def test_a_port_that_web_leaves_to_others_or_takes_from_them_never_has_two_rules(default: Json) -> None:
    for kind, name in (("ingress", "application"), ("egress", "to_application")):
        rules = default[f"aws_vpc_security_group_{kind}_rule"]
        of_web, further = (rules[f"alb_security_group_{name}{suffix}"] for suffix in ("", "_9000"))
        assert "depends_on" not in of_web
        assert further["depends_on"] == [f"aws_vpc_security_group_{kind}_rule.alb_security_group_{name}"]


@pytest.mark.parametrize(
    "given",
    [
        {"paths": ("/api/*",)},
        {"paths": ("/", "/*/*")},
        {"paths": (f"/{'a' * 127}",)},
        {"paths": ("/a/*/b", "/c/*/d", "/~$_'\"@:+.-")},
        {"paths": ("/a", "/?", "/*.jpg"), "hosts": ("a.example.com", "b.example.com")},
        {"hosts": ("*.example.com",), "paths": ("/*",)},
        {"hosts": ("api.example.com",), "priority": 29_999},
    ],
)
def test_what_aws_takes_is_accepted(given: Any) -> None:
    assert [*problems(RouteInputs(**{"priority": 10_000, **given}))] == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "paths: is empty, and hosts too: "),
        ({"paths": ("api/*",)}, "paths: 'api/*' is no pattern of a path: "),
        ({"paths": ("/a?b=1&c",)}, "paths: '/a?b=1&c' is no pattern of a path: "),
        ({"paths": (f"/{'a' * 128}",)}, "paths: '/aaa"),
        ({"paths": ("/*",)}, "paths: takes every request from web: "),
        ({"paths": ("/api/*", "/**")}, "paths: takes every request from web: "),
        ({"paths": ("/a", "/b", "/c", "/d")}, "paths: are 4, and a rule takes 3: describe several by a wildcard, "),
        (
            {"hosts": ("a.example.com", "b.example.com", "c.example.com", "d.example.com")},
            "hosts: are 4, and a rule takes 3: ",
        ),
        (
            {"paths": ("/a", "/b", "/c"), "hosts": ("a.example.com", "b.example.com", "c.example.com")},
            "paths: and hosts are 6 values, and a rule takes 5: ",
        ),
        ({"paths": ("/*/*/a", "/*/*/b"), "hosts": ("*.a.com", "*.b.com")}, "paths: and hosts have 6 wildcards, "),
        ({"paths": ("/a", "/a")}, "paths: and hosts name one twice: "),
        ({"hosts": ("API.example.com",)}, "hosts: 'API.example.com' is no host: "),
        ({"hosts": ("api.example.com:443",)}, "hosts: 'api.example.com:443' is no host: "),
        ({"hosts": ("*",)}, "hosts: '*' is no host: "),
        ({"hosts": (".".join(["a" * 60] * 3),)}, "hosts: 'aaa"),
        ({"paths": ("/a",), "priority": 9_999}, "priority: got 9999: choose 10000 to 29999"),
        ({"paths": ("/a",), "priority": 30_000}, "priority: got 30000: choose 10000 to 29999"),
    ],
)
def test_what_aws_refuses_is_one_line(given: Any, expected: str) -> None:
    (found,) = problems(RouteInputs(**{"priority": 10_000, **given}))
    assert line(found).startswith(expected)
