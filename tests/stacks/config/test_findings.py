"""What an environment relaxes is written for the gate; what a protected one would lose by it is refused at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

import pytest

from modules.one_off_task.session_inputs import SessionInputs
from modules.validation import line, problems
from stacks.config.findings import LOSS_RULES, RELAXATIONS, AcceptedFinding, UnitName, accepted
from stacks.config.overrides import Override
from stacks.config.schema import Environment, S3State
from stacks.unit_names import ALL_UNITS, BACKUP, UNITS
from tests import support
from tests.configurations import changed
from tests.support import REDIS

LEAK = AcceptedFinding(
    unit="network", rule="network/leaks", address="aws_vpc_security_group_egress_rule.*", reason="Guests need it"
)


def environment(**changes: Any) -> Environment:
    """A protected one unless it says otherwise."""
    return support.environment(**{"protected": True, "state": S3State(bucket="example-tfstate"), **changes})


def with_value(path: str, value: object, **others: object) -> Environment:
    made: Environment = changed(environment(**others), tuple(path.split(".")), value)
    return made


def lines(environment: Environment) -> list[str]:
    return list(map(line, problems(environment)))


def test_the_units_are_those_of_the_stack() -> None:
    assert get_args(UnitName) == ALL_UNITS
    assert {each.unit for each in RELAXATIONS} <= {*UNITS, BACKUP}


def test_an_environment_of_defaults_accepts_nothing() -> None:
    assert [accepted(environment(), unit) for unit in UNITS] == [[]] * len(UNITS)


def test_an_input_says_what_it_relaxes_and_why() -> None:
    assert accepted(with_value("postgresql.multi_az", False), "postgresql") == [
        {
            "rule": "CKV_AWS_157",
            "address": "aws_db_instance.postgresql",
            "input": "postgresql.multi_az",
            "reason": "postgresql.multi_az is False: it is down while its zone is",
        }
    ]


def test_sessions_relax_the_one_task_that_people_enter() -> None:
    found = accepted(with_value("django_service.session", SessionInputs()), "django-service")
    assert [(each["rule"], each["address"]) for each in found] == [
        ("containers/writable", "aws_ecs_task_definition.session")
    ]


def test_a_replica_is_relaxed_where_there_is_one() -> None:
    def addresses(it: Environment) -> list[str]:
        return [each["address"] for each in accepted(it, "postgresql")]

    relaxed = with_value("postgresql.monitoring_interval_seconds", 0)
    assert addresses(relaxed) == ["aws_db_instance.postgresql"]
    replicated = replace(relaxed, postgresql=replace(relaxed.postgresql, read_replica=True))
    assert addresses(replicated) == ["aws_db_instance.postgresql", "aws_db_instance.postgresql_replica"]


LOSSES: dict[str, tuple[Any, str]] = {
    "postgresql.deletion_protection": (False, "True"),
    "postgresql.final_snapshot": (False, "True"),
    "postgresql.backup_days": (0, "1 or more"),
    "redis.cache.final_snapshot": (False, "True"),
    "redis.cache.snapshot_days": (0, "1 or more"),
    "django_service.load_balancer.deletion_protection": (False, "True"),
    "django_service.load_balancer.delete_access_logs": (True, "False"),
}


@pytest.mark.parametrize("path", LOSSES)
def test_a_protected_environment_may_not_ask_for_a_loss_and_another_may(path: str) -> None:
    value, remedy = LOSSES[path]
    (problem,) = lines(with_value(path, value))
    assert problem.startswith(f"{path}: is {value} in a protected environment, and ")
    assert problem.endswith(f": set it to {remedy}, or protected to False")
    (reason,) = {each.reason for each in RELAXATIONS if each.input == path and each.when(value)}
    assert reason in problem
    open_to_loss = with_value(path, value, protected=False)
    assert lines(open_to_loss) == []
    found = [each for unit in UNITS for each in accepted(open_to_loss, unit)]
    assert {each["reason"] for each in found} == {f"{path} is {value}: {reason}"}


@pytest.mark.parametrize("rule", sorted(LOSS_RULES))
def test_a_protected_environment_accepts_no_finding_of_a_loss_and_another_may(rule: str) -> None:
    found = (LEAK, replace(LEAK, rule=rule))
    (problem,) = lines(environment(accepted_findings=found))
    assert problem == (
        f"accepted_findings[1].rule: {rule} is a loss, which no protected environment accepts: "
        "remove the entry, or set protected to False"
    )
    assert lines(environment(accepted_findings=found, protected=False)) == []


def test_findings_of_all_that_a_database_may_lose_are_losses() -> None:
    assert {"protection/deletion", "protection/final-snapshot", "protection/backups", "CKV_AWS_293"} <= LOSS_RULES
    assert not LOSS_RULES & {"protection/no-log", "CKV_AWS_157", "network/leaks"}


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("deletion_protection", False),
        ("deletion_protection", None),
        ("skip_final_snapshot", True),
        ("final_snapshot_identifier", None),
        ("backup_retention_period", 0),
        ("delete_automated_backups", None),
        ("snapshot_retention_limit", 0),
        ("enable_deletion_protection", False),
        ("force_destroy", True),
        ("recovery_window_in_days", 0),
    ],
)
def test_a_protected_environment_overrides_nothing_that_keeps_data_and_another_may(argument: str, value: Any) -> None:
    override = Override(
        unit="postgresql", address="aws_db_instance.postgresql", argument=argument, value=value, reason="They asked"
    )
    harmless = replace(override, argument="backup_window", value="03:00-04:00")
    (problem,) = lines(environment(overrides=(harmless, override)))
    assert problem.startswith(f"overrides[1].value: {argument} is {value} in a protected environment, and ")
    assert problem.endswith(": remove the entry, or set protected to False")
    assert lines(environment(overrides=(harmless, override), protected=False)) == []


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("deletion_protection", True),
        ("skip_final_snapshot", None),
        ("backup_retention_period", 35),
        ("recovery_window_in_days", None),
    ],
)
def test_an_override_that_keeps_data_is_right_in_a_protected_environment(argument: str, value: Any) -> None:
    override = Override(
        unit="postgresql", address="aws_db_instance.postgresql", argument=argument, value=value, reason="They asked"
    )
    assert lines(environment(overrides=(override,))) == []


def test_a_cache_alone_may_be_lost_and_its_broker_may_not() -> None:
    both = replace(REDIS, cache=replace(REDIS.cache, snapshot_days=0), broker=REDIS.cache)
    assert lines(environment(redis=both)) == []
    lost = replace(both, broker=replace(REDIS.cache, snapshot_days=0))
    assert [each.partition(":")[0] for each in lines(environment(redis=lost))] == ["redis.broker.snapshot_days"]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("postgresql.multi_az", False),
        ("postgresql.backup_days", 1),
        ("postgresql.log_exports", ()),
        ("django_service.runtime.read_only_root_filesystem", False),
        ("django_service.cluster.container_insights", "disabled"),
    ],
)
def test_what_loses_nothing_is_right_in_a_protected_environment_too(path: str, value: object) -> None:
    assert lines(with_value(path, value)) == []


def test_a_finding_of_the_users_own_goes_to_its_unit_without_an_input() -> None:
    it = environment(accepted_findings=(LEAK,))
    assert lines(it) == []
    assert accepted(it, "network") == [{"rule": LEAK.rule, "address": LEAK.address, "reason": "Guests need it"}]
    assert accepted(it, "postgresql") == []


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"unit": "databases"}, "accepted_findings[0].unit: got 'databases': give one of 'alerts', 'network', "),
        ({"rule": "leaks"}, "accepted_findings[0].rule: 'leaks' is no rule: write it as the refusal has it"),
        ({"rule": "data/deleted"}, "accepted_findings[0].rule: data/deleted is a loss, which no environment accepts"),
        ({"rule": "moved/missing"}, "accepted_findings[0].rule: moved/missing is a loss"),
        ({"rule": "checkov/failed"}, "accepted_findings[0].rule: checkov/failed says that nothing was judged"),
        ({"address": "aws_vpc"}, "accepted_findings[0].address: 'aws_vpc' is no address of a resource: write it as "),
        ({"address": "*.network"}, "accepted_findings[0].address: '*.network' is no address of a resource"),
        ({"reason": ""}, "accepted_findings[0].reason: got 0 characters: say why it is right here"),
    ],
)
def test_a_finding_that_cannot_be_meant_is_refused(changes: dict[str, Any], problem: str) -> None:
    (found,) = lines(environment(accepted_findings=(replace(LEAK, **changes),)))
    assert found.startswith(problem)


def test_a_finding_is_of_a_unit_that_the_environment_has() -> None:
    finding = replace(LEAK, unit="redis")
    assert lines(environment(accepted_findings=(finding,))) == []
    (found,) = lines(environment(accepted_findings=(finding,), redis=None))
    assert found == "accepted_findings[0].unit: the environment has no unit redis: remove the entry"


def test_without_redis_nothing_of_it_is_lost_or_accepted() -> None:
    without = environment(redis=None)
    assert lines(without) == []
    assert accepted(without, "redis") == []


def test_a_finding_is_accepted_once() -> None:
    (found,) = lines(environment(accepted_findings=(LEAK, replace(LEAK, reason="Again"))))
    assert found.startswith(
        "accepted_findings[1]: network/leaks at aws_vpc_security_group_egress_rule.* of network is "
    )


@pytest.mark.parametrize("field", ["dns", "cloudflare_dns"])
def test_an_input_of_cloudflare_is_named_as_the_environment_writes_it(field: str) -> None:
    given: dict[str, Any] = {"dns": None, "cloudflare_dns": None, field: support.cloudflare_dns(proxied=False)}
    (found,) = accepted(environment(**given), "cloudflare-dns")
    assert found["input"] == f"{field}.proxied"
    assert found["reason"].startswith(f"{field}.proxied is False: visitors reach the load balancer itself")
