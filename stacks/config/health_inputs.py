"""How one asks the Django application whether it is alive and ready."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from modules.load_balancer.inputs import admits_client_errors, code_rules, path_rules
from modules.validation import Problem, inputs, show


@inputs
class HealthInputs:
    """What the load balancer asks each task, ECS each container, and a deployment the service in the end."""

    path: str = "/health/live/"
    """Of the load balancer and of the container's check, with a query too: `/?health=1`."""
    codes: str = "200"
    """What a healthy task answers the load balancer, which asks it by its address over HTTP: "200", "200,302",
    "200-399", or "200-499" for a project that answers 400 to a host that it does not know."""
    container_check: Literal["address", "hostname"] | None = None
    """How a container is asked: "address", as by the load balancer; "hostname", as a visitor would, by the service's
    hostname and over HTTPS. Below 400 it is healthy. None: "hostname" where `codes` admit 400 and above, so that one of
    the two notices a project that answers nothing but errors; "address" otherwise."""
    readiness_path: str | None = None
    """What a deployment asks the service by its public name until any 2xx says that it is ready. None: `path`."""

    @property
    def readiness(self) -> str:
        """The path of readiness."""
        return self.readiness_path or self.path

    @property
    def by_hostname(self) -> bool:
        """Whether a container is asked as a visitor would."""
        return (self.container_check or ("hostname" if admits_client_errors(self.codes) else "address")) == "hostname"

    def rules(self) -> Iterator[Problem]:
        yield from path_rules("path", self.path)
        if self.readiness_path is not None:
            yield from path_rules("readiness_path", self.readiness_path)
        wrong = [*code_rules("codes", self.codes)]
        yield from wrong
        if not wrong and admits_client_errors(self.codes) and not self.by_hostname:
            what = f"asks as loosely as the load balancer, whose codes are {show(self.codes)}"
            yield Problem("container_check", what, 'use "hostname", or codes below 400')
