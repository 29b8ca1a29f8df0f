"""Further webs are described once, sized in each environment, and reached by hosts that the environment has."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from modules.certificate.inputs import CertificateInputs
from modules.cloudfront.inputs import NoDnsInputs
from modules.dns import HostnameInputs
from modules.fargate_service.inputs import WebInputs
from modules.load_balancer.inputs import LoadBalancerInputs
from modules.load_balancer.route_inputs import RouteInputs
from modules.network.inputs import ExistingNetworkInputs
from modules.one_off_task.inputs import OneOffTaskInputs
from modules.validation import line, problems
from stacks.config.application_inputs import FurtherWebInputs
from stacks.config.conflicts import conflicts
from stacks.config.health_inputs import HealthInputs
from stacks.config.schema import Environment
from tests.environments.application import APPLICATION
from tests.support import cloudflare_dns, environment

SIZE = WebInputs(cpu=256, memory_mib=512, desired_count=1)
API = RouteInputs(priority=10_000, paths=("/api/*",))
CHAT = RouteInputs(priority=20_000, paths=("/chat/*",))


def described(webs: dict[str, FurtherWebInputs], /, **service: Any) -> Environment:
    """An environment that sizes all that is described, unless told otherwise."""
    inputs = environment().django_service
    given = {"webs": dict.fromkeys(webs, SIZE), **service}
    return environment(django_service=replace(inputs, application=replace(APPLICATION, webs=webs), **given))


def on(*hosts: str, **changes: Any) -> Environment:
    """An environment whose further web has these hosts."""
    api = FurtherWebInputs(route=RouteInputs(priority=10_000, paths=("/api/*",), hosts=hosts))
    return replace(described({"api": api}, **changes.pop("service", {})), **changes)


def found(of: Environment) -> list[str]:
    return [line(problem) for problem in problems(of)]


def test_a_web_is_described_once_and_each_environment_has_its_size_or_none() -> None:
    webs = {"api": FurtherWebInputs(route=API), "chat": FurtherWebInputs(route=CHAT)}
    service = described(webs, webs={"api": SIZE, "chat": None}).django_service
    assert [*problems(service)] == []
    assert [*service.services] == ["web", "web-api"]
    assert service.all_routes == {"api": API}


def test_the_route_of_an_environment_replaces_that_of_the_application() -> None:
    service = described({"api": FurtherWebInputs(route=API)}, routes={"api": CHAT}).django_service
    assert service.all_routes == {"api": CHAT}


@pytest.mark.parametrize(
    ("webs", "service", "expected"),
    [
        (
            {"api": FurtherWebInputs(route=API)},
            {"webs": None},
            (
                "webs['api']: is described in application.py, and not here: "
                "give its WebInputs, or None for an environment without it"
            ),
        ),
        ({}, {"webs": {"api": SIZE}}, "webs['api']: is not described in application.py: "),
        ({"api": FurtherWebInputs()}, {}, "routes['api']: is missing, and its requests would reach web: "),
        ({}, {"routes": {"api": API}}, "routes['api']: leads to no web that runs here: remove it"),
        (
            {"api": FurtherWebInputs(route=API)},
            {"webs": {"api": None}, "routes": {"api": CHAT}},
            "routes['api']: leads to no web that runs here: remove it",
        ),
        (
            {"api": FurtherWebInputs(route=API), "chat": FurtherWebInputs(route=replace(CHAT, priority=10_000))},
            {},
            "application.webs['chat'].route.priority: 10000 is the priority of api too: choose another number",
        ),
        (
            {"api": FurtherWebInputs(route=API), "chat": FurtherWebInputs(route=replace(API, priority=10_001))},
            {},
            "application.webs['chat'].route.paths: api, whose priority 10000 is lower, takes all requests of these: ",
        ),
        (
            {
                "api": FurtherWebInputs(route=replace(API, priority=10_100)),
                "live": FurtherWebInputs(route=replace(API, priority=10_050, paths=("/a*", "/ws/*"))),
            },
            {},
            (
                "application.webs['api'].route.paths: live, whose priority 10050 is lower, takes all requests of "
                "these: choose a priority below 10050, or other paths or hosts"
            ),
        ),
        (
            {"api": FurtherWebInputs(), "chat": FurtherWebInputs(route=CHAT)},
            {"routes": {"api": replace(API, priority=20_000), "chat": CHAT}},
            "routes['chat'].priority: 20000 is the priority of api too: choose another number",
        ),
        (
            {"api": FurtherWebInputs(route=API)},
            {"one_off_tasks": {"web-api": OneOffTaskInputs(command=("python", "manage.py", "check"))}},
            "webs['api']: web-api is a one-off task too: choose another name",
        ),
        (
            {"api": FurtherWebInputs(route=API)},
            {"webs": {"api": replace(SIZE, stop_timeout_seconds=30)}},
            "webs['api'].stop_timeout_seconds: 30 is not above load_balancer.deregistration_delay_seconds 30: ",
        ),
        (
            {"api": FurtherWebInputs(route=API)},
            {"webs": {"api": replace(SIZE, variables={"DATABASE_HOST": "x"})}},
            "webs['api'].variables['DATABASE_HOST']: ",
        ),
        (
            {"a_b": FurtherWebInputs(route=API)},
            {},
            "application.webs['a_b']: is not a valid name: use 1 to 20 of a-z, 0-9 and single hyphens, a letter first",
        ),
        (
            {"api-attached": FurtherWebInputs(route=API)},
            {},
            "application.webs['api-attached']: ends as resources of the platform do: choose another end",
        ),
        ({"a" * 21: FurtherWebInputs(route=API)}, {}, "application.webs['aaaaaaaaaaaaaaaaaaaaa']: is not a valid name"),
        (
            {"api": FurtherWebInputs(route=API, stickiness_seconds=604_801)},
            {},
            "application.webs['api'].stickiness_seconds: got 604801: choose 1 to 604800",
        ),
        (
            {"api": FurtherWebInputs(route=API, health=HealthInputs(readiness_path="/ready"))},
            {},
            "application.webs['api'].health.readiness_path: has no effect: a deployment asks that of web: remove it",
        ),
        (
            {"api": FurtherWebInputs(route=API, command=())},
            {},
            "application.webs['api'].command: is empty",
        ),
        (
            {"api": FurtherWebInputs(route=API, variables={"X": "{NOBODY}"})},
            {},
            "application.webs['api'].variables['X']: names NOBODY: ",
        ),
        (
            {"api": FurtherWebInputs(route=API, server="uvicorn", variables={"UVICORN_PORT": "1"})},
            {},
            "application.webs['api'].variables['UVICORN_PORT']: is set by the service itself: ",
        ),
    ],
)
def test_what_does_not_fit_together_is_one_line(
    webs: dict[str, FurtherWebInputs], service: dict[str, Any], expected: str
) -> None:
    (line_,) = found(described(webs, **service))
    assert line_.startswith(f"django_service.{expected}")


def test_all_problems_are_told_at_once() -> None:
    webs = {"api": FurtherWebInputs(), "chat": FurtherWebInputs(route=CHAT)}
    lines = found(described(webs, webs={"api": SIZE, "shop": SIZE}))
    assert [line_.partition(": ")[0] for line_ in lines] == [
        "django_service.webs['chat']",
        "django_service.webs['shop']",
        "django_service.routes['api']",
    ]


FURTHER = (HostnameInputs(hostname="chat.example.com"), HostnameInputs(hostname="old.example.com", redirect=True))
WITH_FURTHER = {"cloudflare_dns": cloudflare_dns(further_hostnames=FURTHER)}
WILDCARD = CertificateInputs(subject_alternative_names=("*.shops.example.com",))


@pytest.mark.parametrize(
    "of",
    [
        on("api.example.com"),
        on("chat.example.com", **WITH_FURTHER),
        on(
            "*.shops.example.com",
            "one.shops.example.com",
            certificate=WILDCARD,
            service={"additional_allowed_hosts": (".shops.example.com",)},
        ),
    ],
)
def test_a_host_is_one_that_django_answers_and_a_certificate_names(of: Environment) -> None:
    assert found(of) == []


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        (
            on("shop.example.com"),
            (
                "'shop.example.com' is no host of the environment: "
                "add it to cloudflare_dns.further_hostnames or to additional_allowed_hosts"
            ),
        ),
        (on("*.example.com"), "'*.example.com' is no host of the environment: "),
        (
            on("old.example.com", **WITH_FURTHER),
            "old.example.com is redirected, so that no request for it arrives: name another host",
        ),
        (
            on("*.shops.example.com", service={"additional_allowed_hosts": (".shops.example.com",)}),
            "no certificate of the load balancer is for '*.shops.example.com': ",
        ),
        (
            on(
                "two.one.shops.example.com",
                certificate=WILDCARD,
                service={"additional_allowed_hosts": (".shops.example.com",)},
            ),
            "no certificate of the load balancer is for 'two.one.shops.example.com': ",
        ),
    ],
)
def test_a_host_that_no_request_can_have_is_refused(of: Environment, expected: str) -> None:
    (line_,) = found(of)
    assert line_.startswith(f"django_service.application.webs['api'].route.hosts: {expected}")


@pytest.mark.parametrize(
    "route",
    [
        RouteInputs(priority=10_000, paths=("/health/*",)),
        RouteInputs(priority=10_000, paths=("/?*",)),
        RouteInputs(priority=10_000, hosts=("api.example.com",)),
        RouteInputs(priority=10_000, paths=("/api/*", "/health/read?/"), hosts=("api.example.com",)),
    ],
)
def test_no_other_web_answers_whether_web_is_ready(route: RouteInputs) -> None:
    (said,) = found(described({"api": FurtherWebInputs(route=route)}))
    assert said == (
        "django_service.application.webs['api'].route.paths: takes /health/ready/, by which a deployment asks whether "
        "web is ready: name narrower paths, or another health.readiness_path"
    )


def test_without_dns_there_is_no_host_to_route_by() -> None:
    service = {"additional_allowed_hosts": ("api.example.com",)}
    (said,) = found(on("api.example.com", service=service, cloudflare_dns=None, dns=NoDnsInputs()))
    assert said == (
        "django_service.application.webs['api'].route.hosts: the one host without DNS is CloudFront's, which nobody "
        "knows yet: route by paths"
    )


def test_a_load_balancer_has_100_rules() -> None:
    routes = (RouteInputs(priority=10_000 + number, paths=(f"/{number}",)) for number in range(50))
    webs = {f"w{number}": FurtherWebInputs(route=route) for number, route in enumerate(routes)}
    of = described(webs)
    assert found(of) == []
    hostnames = (HostnameInputs(hostname="www.example.net", zone_id="f" * 32, redirect=True),)
    of = replace(of, cloudflare_dns=cloudflare_dns(further_hostnames=hostnames))
    what = "need 100 rules beside 1 of redirects, and a load balancer has 100"
    assert f"django_service.webs: {what}: run fewer webs here: give None to some" in found(of)


def test_a_group_that_exists_admits_the_load_balancer_of_another_environment_once_on_each_port() -> None:
    network = ExistingNetworkInputs(
        vpc_id="vpc-0123456789abcdef0",
        vpc_cidr="172.20.0.0/16",
        public_subnet_ids=("subnet-00000000000000001", "subnet-00000000000000002"),
        private_subnet_ids=("subnet-00000000000000011", "subnet-00000000000000012"),
        application_security_group_id="sg-0123456789abcdef0",
    )
    balancer = LoadBalancerInputs(security_group_id="sg-0123456789abcdef1")
    webs = {"api": FurtherWebInputs(route=API)}
    one = replace(
        described(webs, load_balancer=balancer, webs={"api": replace(SIZE, container_port=9000)}), network=network
    )
    other = replace(
        environment(network=network),
        name="other",
        django_service=replace(
            environment().django_service, load_balancer=balancer, web=replace(SIZE, container_port=9000)
        ),
        cloudflare_dns=cloudflare_dns(record_name="other"),
    )
    lines = [line(problem) for problem in conflicts({"test": one, "other": other}, asked=("other",))]
    assert any("on port 9000 too" in each for each in lines), lines
