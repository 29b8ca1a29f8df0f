"""The rules between further web services, their routes, and the hostnames of an environment."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from modules.dns import HOSTS_PER_REDIRECT
from modules.load_balancer.route_inputs import MOST_RULES, RULES_OF_ROUTE, RouteInputs
from modules.validation import Problem, show
from stacks.config.application_inputs import web_service

if TYPE_CHECKING:
    from stacks.config.django_service import DjangoServiceInputs
    from stacks.config.schema import Environment


def web_rules(service: DjangoServiceInputs) -> Iterator[Problem]:
    """What is described has a size in the environment, and what has a size a route of its own."""
    described, sized, routes = service.application.webs or {}, service.webs or {}, service.routes or {}
    for name in sorted(described.keys() - sized.keys()):
        remedy = "give its WebInputs, or None for an environment without it"
        yield Problem(f"webs[{show(name)}]", "is described in application.py, and not here", remedy)
    for name in sorted(sized.keys() - described.keys()):
        what = "is not described in application.py"
        yield Problem(f"webs[{show(name)}]", what, "describe it there in webs, or remove it")
    for name in sorted(routes.keys() - service.further_webs.keys()):
        yield Problem(f"routes[{show(name)}]", "leads to no web that runs here", "remove it")
    for name in sorted((service.further_webs.keys() & described.keys()) - service.all_routes.keys()):
        what = "is missing, and its requests would reach web"
        yield Problem(f"routes[{show(name)}]", what, "give RouteInputs here, or as route in application.py")
    for name in service.further_webs:
        if (task := web_service(name)) in service.tasks:
            yield Problem(f"webs[{show(name)}]", f"{task} is a one-off task too", "choose another name")
    yield from _different_rules(service)


def _different_rules(service: DjangoServiceInputs) -> Iterator[Problem]:
    """AWS refuses two rules of one priority; one whose requests a rule before it takes is never reached."""
    earlier: dict[str, RouteInputs] = {}
    for name, route in sorted(service.all_routes.items(), key=lambda item: item[1].priority):
        for other, before in earlier.items():
            if before.priority == route.priority:
                what = f"{route.priority} is the priority of {other} too"
                yield Problem(f"{_field(service, name)}.priority", what, "choose another number")
            elif before.covers(route):
                what = f"{other}, whose priority {before.priority} is lower, takes all requests of these"
                remedy = f"choose a priority below {before.priority}, or other paths or hosts"
                yield Problem(f"{_field(service, name)}.paths", what, remedy)
        earlier[name] = route


def host_rules(environment: Environment) -> Iterator[Problem]:
    """A host that nobody can ask for makes a rule that no request matches; TLS ends at the same load balancer."""
    redirected = {str(each.hostname) for each in environment.further_hostnames if each.redirect}
    yield from _quota_rules(environment, redirected)
    readiness = environment.django_service.application.health.readiness
    for name, route in environment.django_service.all_routes.items():
        where = f"django_service.{_field(environment.django_service, name)}"
        if route.takes(environment.hostname, readiness.partition("?")[0]):
            what = f"takes {readiness}, by which a deployment asks whether web is ready"
            yield Problem(f"{where}.paths", what, "name narrower paths, or another health.readiness_path")
        field = f"{where}.hosts"
        if route.hosts and environment.is_behind_cloudfront:
            yield Problem(field, "the one host without DNS is CloudFront's, which nobody knows yet", "route by paths")
            continue
        for host in map(str, route.hosts):
            if host in redirected:
                yield Problem(field, f"{host} is redirected, so that no request for it arrives", "name another host")
            elif not _is_allowed(environment, host):
                what = f"{show(host)} is no host of the environment"
                remedy = f"add it to {environment.dns_field}.further_hostnames or to additional_allowed_hosts"
                yield Problem(field, what, remedy)
            elif not _is_certified(environment, host):
                what = f"no certificate of the load balancer is for {show(host)}"
                yield Problem(field, what, "add it to certificate.subject_alternative_names")


def _quota_rules(environment: Environment, redirected: Collection[str]) -> Iterator[Problem]:
    of_routes = RULES_OF_ROUTE * len(environment.django_service.all_routes)
    redirects = math.ceil(len(redirected) / HOSTS_PER_REDIRECT)
    if of_routes and of_routes + redirects > MOST_RULES:
        what = f"need {of_routes} rules beside {redirects} of redirects, and a load balancer has {MOST_RULES}"
        yield Problem("django_service.webs", what, "run fewer webs here: give None to some")


def _is_allowed(environment: Environment, host: str) -> bool:
    """Whether Django answers it: a leading dot admits all names below."""
    names = environment.allowed_hosts
    above = [name for name in names if name.startswith(".")]
    suffix = host.removeprefix("*")
    return host in names or any(suffix.endswith(name) for name in above)


def _is_certified(environment: Environment, host: str) -> bool:
    certificate = environment.certificate
    if certificate.existing_arn is not None or host in environment.hostnames:
        return True  # of one that exists nobody knows its names
    names = certificate.subject_alternative_names
    return host in names or f"*.{host.partition('.')[2]}" in names


def _field(service: DjangoServiceInputs, name: str) -> str:
    """Where a route is: the environment's own, or that of the application."""
    return f"routes[{show(name)}]" if name in (service.routes or {}) else f"application.webs[{show(name)}].route"
