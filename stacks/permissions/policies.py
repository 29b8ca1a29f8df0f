"""The policies of the pipeline's roles: which subjects each is made of. A new subject gets its place here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from modules.github_oidc.main import Policies
from modules.iam import Statement
from stacks.permissions import (
    access_logs,
    alerts,
    backup,
    certificate,
    cloudfront,
    dns,
    files,
    identity,
    images,
    jobs,
    load_balancer,
    logs,
    network,
    observability,
    secrets,
    service,
    states,
    stores,
    trust_store,
    web_acl,
)
from stacks.permissions.scope import Scope


def read(scope: Scope) -> Policies:
    """What all roles may do: read what a refresh and `make status` ask for."""
    return {
        "read": joined(
            network.describe(scope),
            load_balancer.describe(scope),
            stores.describe(scope),
            service.describe(scope),
            certificate.describe(scope),
            cloudfront.describe(scope),
            dns.describe(scope),
            logs.describe(scope),
            identity.describe(scope),
            access_logs.describe(scope),
            secrets.describe(scope),
            images.describe(scope),
        ),
        # Backups have a policy of their own to deploy, which would be the eleventh.
        **({} if scope.environment.backup else {"read-states": joined(states.describe(scope))}),
        **_if_any(
            "read-options",
            states.describe(scope) if scope.environment.backup else (),
            jobs.describe(scope),
            files.describe(scope),
            alerts.describe(scope),
            backup.describe(scope),
            web_acl.describe(scope),
            trust_store.describe(scope),
            observability.describe(scope),
        ),
    }


def plan_only() -> Policies:
    """What only the role that plans gets."""
    return {"no-secrets": secrets.no_values()}


def drift_only(scope: Scope) -> Policies:
    """What only the role that looks for drift gets."""
    return {"written-secrets": secrets.written_values(scope)}


def change(scope: Scope) -> Policies:
    """What only the role that deploys gets, in few policies: IAM attaches ten to a role, of 6144 characters each."""
    return {
        "new-network": joined(network.create(scope)),
        "change-network": joined(network.change(scope)),
        "change-stores": joined(stores.change(scope), secrets.change(scope)),
        **_if_any(
            "change-options",
            files.change(scope),
            alerts.change(scope),
            observability.change(scope),
            trust_store.change(scope),
            states.change_options(scope),
        ),
        **_if_any("change-backup", backup.change(scope), states.change_backup(scope)),
        "change-load-balancer": joined(
            load_balancer.change(scope),
            certificate.change(scope),
            cloudfront.change(scope),
            dns.change(scope),
            access_logs.change(scope),
            web_acl.change(scope),
        ),
        "change-service": joined(service.change(scope), jobs.change(scope), logs.change(scope), images.change(scope)),
        "change-identity": joined(identity.change(scope), states.change(scope)),
    }


def _if_any(name: str, *subjects: Iterable[Statement]) -> Policies:
    """One policy of what only some environments have: beside those of all, IAM attaches few more."""
    found = joined(*subjects)
    return {name: found} if found else {}


def joined(*subjects: Iterable[Statement]) -> list[Statement]:
    """The statements of several subjects, where one id is one statement: all subjects have actions in `Describe`.

    Raises ValueError where two statements with the same id differ in more than their actions.
    """
    found: dict[str, Statement] = {}
    for subject in subjects:
        for statement in subject:
            earlier = found.get(statement.sid, statement)
            if replace(earlier, actions=()) != replace(statement, actions=()):
                raise ValueError(f"{statement.sid}: two subjects mean different things by it: rename one of them")
            actions = dict.fromkeys([*earlier.actions, *statement.actions])
            found[statement.sid] = replace(statement, actions=list(actions))
    return list(found.values())
