"""The tables are there before the service is, and only the tasks that were meant count as deployed."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cli.deploy.apply import FILE, Applier, Changes
from cli.deploy.rollout import Rollout, RolloutFailed
from cli.terraform.runner import TerraformFailed
from cli.terraform.tree import Unit
from modules.fargate_service.deployment_alarms_inputs import DeploymentAlarmsInputs
from modules.load_balancer.route_inputs import RouteInputs
from stacks.config.application_inputs import FurtherWebInputs
from tests.cli.deploy.fakes import (
    CREATED,
    DEFINITIONS,
    NETWORK_OUTPUTS,
    NOTHING,
    STATE,
    FakeServices,
    FakeTasks,
    FakeTerraform,
    service,
    unit,
)
from tests.support import environment

ENVIRONMENT = environment()
INIT_DATABASE, MIGRATE = "run django-test-init-database", "run django-test-migrate"
AGAIN = "the service was not changed: correct it, and run `make deploy ENV=test` again"
TARGETS = (
    "-target=aws_ecs_cluster.cluster -target=aws_ecs_task_definition.task_init_database "
    "-target=aws_ecs_task_definition.task_migrate"
)


class Stage:
    """A rollout, and what it does in its order."""

    def __init__(self, home: Path, *, exists: bool = True) -> None:
        definitions: dict[str, Any] = {name: {} for name in ("task_init_database", "task_migrate", "web_task")}
        resources: dict[str, Any] = {"aws_ecs_task_definition": definitions, "aws_ecs_cluster": {"cluster": {}}}
        self.unit: Unit = unit(home, "test-django-service", resource=resources)
        self.done: list[str] = []
        self.lines: list[str] = []
        self.terraform = FakeTerraform({"show": CREATED, "state": STATE}, self.done)
        self.tasks = FakeTasks(self.done)
        self.services = FakeServices([service()] if exists else [])
        self.rollout = Rollout(
            ENVIRONMENT,
            Applier(self.terraform, self.terraform, lambda *_: None),  # type: ignore[arg-type]
            self.tasks,  # type: ignore[arg-type]
            self.services,  # type: ignore[arg-type]
            self.lines.append,
        )

    def deploy(self) -> Changes:
        return self.rollout.deploy(self.unit, NETWORK_OUTPUTS)

    @property
    def applied_and_run(self) -> list[str]:
        return [done.split(" -json")[0] for done in self.done if done.startswith(("apply", "run"))]

    @property
    def plans(self) -> list[str]:
        return [done for done in self.done if done.startswith("plan")]


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def test_the_migration_ends_before_the_service_is_updated(stage: Stage) -> None:
    assert stage.deploy() == Changes(added=2)
    assert stage.applied_and_run == ["apply", MIGRATE, "apply"]
    _, of_the_tasks, of_the_rest = stage.plans
    assert of_the_tasks.endswith(TARGETS)
    assert "-target" not in of_the_rest
    assert stage.lines == ["line of django-test-migrate"]


def test_the_first_deployment_makes_the_database_users_before(tmp_path: Path) -> None:
    stage = Stage(tmp_path, exists=False)
    stage.deploy()
    assert stage.applied_and_run == ["apply", INIT_DATABASE, MIGRATE, "apply"]


def state(image: str = "1", password: str = "1", *, status: str | None = None) -> dict[str, Any]:
    """That of the unit, where init-database has this image and this version of a password."""
    containers = [{"image": f"psql:{image}", "secrets": [{"name": "PASSWORD", "valueFrom": f"arn:::{password}"}]}]
    attributes = {
        "family": "django-test-init-database",
        "arn": DEFINITIONS["django-test-init-database"],
        "container_definitions": json.dumps(containers),
    }
    resource = {**STATE["resources"][0], "instances": [{"attributes": attributes, "status": status}]}
    others = [each for each in STATE["resources"] if "init-database" not in each["name"]]
    return {"resources": [*others, resource]}


@pytest.mark.parametrize("before", [STATE, state(password="0"), state(status="tainted")])
def test_a_later_one_makes_them_where_they_changed_or_were_not_made(stage: Stage, before: dict[str, Any]) -> None:
    stage.terraform.answers["state"] = [before, state()]
    stage.deploy()
    assert stage.applied_and_run == ["apply", INIT_DATABASE, MIGRATE, "apply"]
    address = "aws_ecs_task_definition.task_init_database"
    order = [done for done in stage.done if done.startswith(("taint", "run", "untaint"))]
    assert order == [f"taint {address}", INIT_DATABASE, f"untaint {address}", MIGRATE]


def test_another_image_makes_no_users(stage: Stage) -> None:
    stage.terraform.answers["state"] = [state(image="0"), state()]
    stage.deploy()
    assert stage.applied_and_run == ["apply", MIGRATE, "apply"]


def test_where_it_fails_its_definition_stays_tainted_so_that_it_runs_again(stage: Stage) -> None:
    stage.terraform.answers["state"] = [state(password="0"), state()]
    stage.tasks.exit_codes["django-test-init-database"] = 3
    with pytest.raises(RolloutFailed, match="init-database ended with exit code 3"):
        stage.deploy()
    assert stage.done[-2].startswith("taint ")
    assert stage.applied_and_run == ["apply", INIT_DATABASE]


def test_without_init_database_the_release_runs_alone(tmp_path: Path) -> None:
    stage = Stage(tmp_path, exists=False)
    others = [each for each in STATE["resources"] if "init-database" not in each["name"]]
    stage.terraform.answers["state"] = {"resources": others}
    stage.deploy()
    assert stage.applied_and_run == ["apply", MIGRATE, "apply"]


def test_tasks_run_where_the_service_does(stage: Stage) -> None:
    stage.deploy()
    (network,) = stage.tasks.networks
    assert network.subnet_ids == ("subnet-1",)
    assert network.security_group_ids == ("sg-1",)


def test_without_changes_nothing_is_migrated(stage: Stage) -> None:
    stage.terraform.answers["show"] = NOTHING
    assert not stage.deploy()
    assert stage.applied_and_run == []


def test_outputs_that_change_alone_are_applied_without_a_migration(stage: Stage) -> None:
    stage.terraform.answers["show"] = {"applyable": True}
    stage.deploy()
    assert stage.applied_and_run == ["apply"]


def test_a_failed_migration_leaves_the_service_and_says_where_its_log_is(stage: Stage) -> None:
    stage.tasks.exit_codes["django-test-migrate"] = 3
    with pytest.raises(RolloutFailed) as caught:
        stage.deploy()
    where = "its log is /ecs/django-test-migrate, stream ecs/x/1"
    assert str(caught.value) == f"migrate ended with exit code 3, {where}; {AGAIN}"
    assert stage.applied_and_run == ["apply", MIGRATE]
    assert list(stage.unit.home.iterdir()) == []


def test_a_failed_first_step_is_not_followed_by_the_second(tmp_path: Path) -> None:
    stage = Stage(tmp_path, exists=False)
    stage.tasks.exit_codes["django-test-init-database"] = 1
    with pytest.raises(RolloutFailed, match="init-database ended with exit code 1"):
        stage.deploy()
    assert stage.applied_and_run == ["apply", INIT_DATABASE]


def test_a_migration_that_does_not_start_says_why_and_what_next(stage: Stage) -> None:
    stage.tasks.failure = "no such image " * 50
    with pytest.raises(RolloutFailed) as caught:
        stage.deploy()
    assert str(caught.value).startswith("no such image no such")
    assert str(caught.value).endswith(AGAIN)
    assert len(str(caught.value)) < 450


def test_what_was_meant_to_run_is_proven(stage: Stage) -> None:
    assert stage.rollout.prove(stage.unit, "1.0.0") == [service()]


def test_an_image_is_proven_by_its_digest(stage: Stage) -> None:
    digest = f"sha256:{'a' * 64}"
    stage.services.found = [service(image=f"registry.test/django@{digest}")]
    assert stage.rollout.prove(stage.unit, digest)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({"image": "registry.test/django:0.9.0"}, "was rolled back: it runs django:0.9.0, and not 1.0.0"),
        ({"image": "registry.test/django:11.0.0"}, "was rolled back: it runs django:11.0.0, and not 1.0.0"),
        (
            {"task_definition": "arn:definition/web:1"},
            "was rolled back: it runs the task definition web:1, and not web:2",
        ),
        ({"rollout": "FAILED", "running": 0}, "its deployment has failed"),
        ({"is_restarting": True}, "its tasks end soon after they have started"),
        ({"running": 1}, "is not steady: 1 of 2 tasks run"),
        ({"deployments": 2}, "is not steady: 2 of 2 tasks run"),
    ],
)
def test_anything_else_is_told_with_the_last_event(stage: Stage, found: dict[str, Any], said: str) -> None:
    stage.services.found = [service(**found, events=("unhealthy", "earlier"))]
    with pytest.raises(RolloutFailed) as caught:
        stage.rollout.prove(stage.unit, "1.0.0")
    assert str(caught.value) == f"django-test-web: {said}: unhealthy: see `make logs ENV=test`"


def test_what_was_taken_back_to_the_same_task_definition_did_not_go_well(stage: Stage) -> None:
    stage.services.rollbacks["django-test-web"] = "circuit breaker: rolling back to deploymentId ecs-svc/1."
    with pytest.raises(RolloutFailed) as caught:
        stage.rollout.prove(stage.unit, "1.0.0")
    assert str(caught.value) == (
        "django-test-web: was rolled back, to the same image with the settings of before: circuit breaker: rolling "
        "back to deploymentId ecs-svc/1.: see `make logs ENV=test`"
    )


def test_what_went_back_at_an_alarm_is_told_with_its_name(stage: Stage) -> None:
    stage.services.found = [service(image="registry.test/django:0.9.0", events=("has reached a steady state.",))]
    stage.services.alarms["django-test-web"] = ["django-test-web-deployment-errors"]
    with pytest.raises(RolloutFailed) as caught:
        stage.rollout.prove(stage.unit, "1.0.0")
    assert str(caught.value) == (
        "django-test-web: was rolled back: it runs django:0.9.0, and not 1.0.0, because "
        "django-test-web-deployment-errors fired: see `make logs ENV=test`"
    )


def test_a_service_has_time_to_become_steady_while_ecs_watches_its_alarms(stage: Stage) -> None:
    stage.rollout.prove(stage.unit, "1.0.0")
    assert stage.services.patience == 600
    watched = replace(ENVIRONMENT.django_service, deployment_alarms=DeploymentAlarmsInputs())
    replace(stage.rollout, environment=replace(ENVIRONMENT, django_service=watched)).prove(stage.unit, "1.0.0")
    assert stage.services.patience == 1800


def test_where_terraform_only_saw_the_tasks_of_before_the_alarm_is_told(stage: Stage) -> None:
    def fail(_home: Path) -> None:
        if len(stage.applied_and_run) == 3:
            stage.services.found = [service(since=service().since + timedelta(minutes=9))]
            raise TerraformFailed("Resource postcondition failed")

    stage.terraform.on_apply = fail
    stage.services.alarms["django-test-web"] = ["django-test-web-deployment-health"]
    with pytest.raises(RolloutFailed) as caught:
        stage.deploy()
    said = "was rolled back, because django-test-web-deployment-health fired: see `make logs ENV=test`"
    assert str(caught.value) == f"django-test-web: {said}"


def test_an_alarm_of_an_earlier_deployment_is_not_why_terraform_failed(stage: Stage) -> None:
    def fail(_home: Path) -> None:
        if len(stage.applied_and_run) == 3:
            raise TerraformFailed("no such subnet")

    stage.terraform.on_apply = fail
    stage.services.alarms["django-test-web"] = ["django-test-web-deployment-health"]
    with pytest.raises(TerraformFailed, match="no such subnet"):
        stage.deploy()


def test_a_service_that_is_not_there_is_told(stage: Stage) -> None:
    stage.services.found = []
    with pytest.raises(RolloutFailed, match="^django-test-web: is not running: see `make status ENV=test`$"):
        stage.rollout.prove(stage.unit, "1.0.0")


def test_a_further_web_must_run_too(stage: Stage) -> None:
    webs = {"api": FurtherWebInputs(route=RouteInputs(priority=10_000, paths=("/api/*",)))}
    inputs = ENVIRONMENT.django_service
    given = replace(inputs, application=replace(inputs.application, webs=webs), webs={"api": inputs.web})
    rollout = replace(stage.rollout, environment=replace(ENVIRONMENT, django_service=given))
    with pytest.raises(RolloutFailed, match="^django-test-web-api: is not running: see `make status ENV=test`$"):
        rollout.prove(stage.unit, "1.0.0")


def test_what_runs_is_what_this_unit_has_registered_and_not_the_latest_of_a_family(stage: Stage) -> None:
    stage.deploy()
    assert stage.tasks.definitions == ["arn:definition/migrate:2"]


def test_a_move_is_recorded_before_the_targets_are_planned(stage: Stage) -> None:
    moved = {**CREATED, "resource_changes": [{**CREATED["resource_changes"][0], "previous_address": "aws_vpc.before"}]}
    stage.terraform.answers["show"] = [moved, NOTHING, CREATED]
    stage.deploy()
    assert [plan.split(f"-out={FILE}")[1].strip() for plan in stage.plans] == ["", "-refresh-only", TARGETS, ""]
    assert stage.applied_and_run == ["apply", "apply", MIGRATE, "apply"]


def test_without_a_move_there_is_no_such_apply(stage: Stage) -> None:
    stage.deploy()
    assert not any("-refresh-only" in plan for plan in stage.plans)


def test_what_had_failed_and_is_not_changed_is_started_anew(stage: Stage) -> None:
    stage.terraform.answers["show"] = NOTHING
    stage.services.found = [service(rollout="FAILED")]
    stage.deploy()
    assert stage.services.restarted == ["django-test-web"]


def test_what_has_not_failed_or_is_deployed_by_now_is_not(stage: Stage) -> None:
    stage.deploy()
    assert stage.services.restarted == []
    stage.services.found = [service(rollout="FAILED")]
    later = service(rollout="FAILED", since=service().since + timedelta(seconds=1))
    stage.terraform.on_apply = lambda _home: stage.services.found.__setitem__(0, later)
    stage.deploy()
    assert stage.services.restarted == []


def test_progress_tells_how_many_tasks_run_and_what_ecs_says(stage: Stage) -> None:
    steps: list[tuple[str, str]] = []
    stage.rollout.applier.step = lambda name, step, **_: steps.append((name, step))
    stage.services.found = [service(running=1, events=("has started 1 tasks", "earlier"))]
    with pytest.raises(RolloutFailed):
        stage.rollout.prove(stage.unit, "1.0.0")
    assert ("django-test-web", "1 of 2 tasks run: has started 1 tasks") in steps


class TestWhileTerraformWaits:
    @pytest.fixture
    def waiting(self, stage: Stage) -> Stage:
        """Terraform waits until it is stopped."""
        stopped = threading.Event()

        def wait(_home: Path) -> None:
            if len([done for done in stage.done if done.startswith("apply")]) == 2:
                assert stopped.wait(10)
                raise TerraformFailed("interrupted")

        stage.terraform.on_apply = wait
        stage.terraform.stop = lambda grace_seconds: stopped.set()  # type: ignore[method-assign]
        stage.rollout = replace(stage.rollout, watch_seconds=0.01)
        return stage

    def test_it_is_ended_where_ecs_has_given_the_tasks_up(self, waiting: Stage) -> None:
        waiting.services.found = []
        failing = service(rollout="FAILED", running=0, events=("tasks failed to start",))
        migrated = waiting.tasks.run

        def run(*given: Any, **more: Any) -> Any:
            waiting.services.found = [failing]
            return migrated(*given, **more)

        waiting.tasks.run = run  # type: ignore[method-assign]
        with pytest.raises(RolloutFailed) as caught:
            waiting.deploy()
        said = "django-test-web: its deployment has failed: tasks failed to start: see `make logs ENV=test`"
        assert str(caught.value) == said

    def test_it_is_a_failure_also_where_terraform_was_quicker(self, waiting: Stage) -> None:
        waiting.terraform.on_apply = lambda _home: time.sleep(0.1)
        waiting.services.found = []
        migrated = waiting.tasks.run

        def run(*given: Any, **more: Any) -> Any:
            waiting.services.found = [service(rollout="FAILED", running=0)]
            return migrated(*given, **more)

        waiting.tasks.run = run  # type: ignore[method-assign]
        with pytest.raises(RolloutFailed, match="its deployment has failed"):
            waiting.deploy()

    def test_it_is_not_for_what_had_failed_before(self, waiting: Stage) -> None:
        waiting.services.found = [service(rollout="FAILED")]
        threading.Timer(0.2, lambda: waiting.terraform.stop(0)).start()
        with pytest.raises(TerraformFailed, match="interrupted"):
            waiting.deploy()

    def test_each_change_is_told_once(self, waiting: Stage) -> None:
        steps: list[str] = []
        waiting.rollout.applier.step = lambda name, step, **_: steps.append(f"{name}: {step}")
        threading.Timer(0.2, lambda: waiting.terraform.stop(0)).start()
        with pytest.raises(TerraformFailed):
            waiting.deploy()
        assert steps.count("django-test-web: 2 of 2 tasks run") == 1
