"""A deployment asks before it changes anything, stops at the first thing that is wrong, and proves what it did."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from cli.deploy import command, health, image, prerequisites
from cli.deploy.apply import Changes, Kept, Refused
from cli.deploy.backups import Backups, Made
from cli.deploy.deployment import Deployment
from cli.deploy.rollout import Rollout, RolloutFailed
from cli.failure import FAILED, INTERRUPTED, Failure
from cli.review.gate import Refusal
from cli.review.planning import command as plan
from cli.terraform import environment as environments
from cli.terraform.runner import Terraform
from modules.backup.inputs import BackupInputs
from modules.cloudfront.inputs import NoDnsInputs
from stacks.config.schema import Environment
from tests import configurations
from tests.cli.deploy.fakes import STATE, FakeServices, FakeTasks, service, unit
from tests.environments import frozen
from tests.support import cloudflare_dns

pytestmark = pytest.mark.thorough

ALLOW = 'correct what it names, or accept a loss by ARGS="--allow UNIT:ADDRESS"'
AGAIN = "correct it, and run `make deploy ENV=dev` again"
DEV = frozen("dev")
WEB = "django-dev-web"


class Stage:
    """A deployment of which each step answers what a test says."""

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.home = home
        self.missing: list[str] = []
        self.plan_code = plan.CHANGES
        self.results: dict[str, Changes | Exception] = {}
        self.asked: list[str] = []
        self.begun: dict[str, list[Kept]] = {}
        self.on_apply: Callable[[], None] = lambda: None
        self.done: list[str] = []
        self.image_tag = ""
        self.new: dict[str, str] = {}
        self.approved: Path | None = None
        self.units = [
            unit(home, "dev-network"),
            unit(home, "dev-redis", "dev-network"),
            unit(home, "dev-django-service", "dev-network", "dev-redis"),
        ]
        self.services = FakeServices(
            [
                service(name=f"django-dev-{name}", task_definition=f"arn:definition/{name}:2")
                for name in ("web", "worker", "beat")
            ]
        )
        (home / "config").mkdir()
        self.write(protected=False)
        stage = self

        class Applier:
            def __init__(self, terraform: Terraform, *_: object) -> None:
                stage.image_tag = terraform.environment[environments.IMAGE_TAG]

            terraform = workspace = None
            step = staticmethod(lambda *_, **__: None)

            def keep(self, each: Any) -> list[Kept]:
                return stage.begun.get(each.name, [])

            def outputs(self, _unit: object) -> dict[str, Any]:
                return {"url": "https://d111111abcdef8.cloudfront.net"}

            def state(self, _unit: object) -> dict[str, Any]:
                found: dict[str, Any] = json.loads(json.dumps(STATE).replace("django-test-", "django-dev-"))
                return found

            def apply(self, each: Any) -> Changes:
                return stage.result(each.name)

            def stop(self) -> None:
                """Nothing runs."""

        monkeypatch.setenv("TF_VAR_image_tag", "of-another-time")
        monkeypatch.delenv("IMAGE_TAG", raising=False)
        monkeypatch.setattr(prerequisites, "missing", lambda *_, **__: self.missing)
        monkeypatch.setattr(image, "build_and_push", lambda *_: self.record("built", "0123456789ab"))
        monkeypatch.setattr(plan, "review", self.review)
        monkeypatch.setattr(environments, "units_of", lambda *_: self.units)
        monkeypatch.setattr(command, "Applier", Applier)
        monkeypatch.setattr(command, "Tasks", lambda *_, **__: FakeTasks(self.done))
        monkeypatch.setattr(command, "Services", lambda *_: self.services)
        monkeypatch.setattr(Rollout, "deploy", lambda _self, each, _outputs: self.result(each.name))
        monkeypatch.setattr(health, "wait", lambda url, path, **_: self.record(f"health {url}{path}", None))

    def write(self, *, protected: bool) -> None:
        environment = replace(frozen("staging"), name="dev") if protected else DEV
        configurations.write(self.home / "config", environment)

    def review(self, environment: str, tree: Path, allow: list[str], *_: object, **more: Any) -> plan.Reviewed:
        self.approved = more["approved"]
        if self.plan_code == INTERRUPTED:
            raise KeyboardInterrupt
        self.record(" ".join(["plan", environment, str(tree), *allow]), None)
        return plan.Reviewed(self.plan_code, "1 to add", self.new)

    def record(self, what: str, answer: Any) -> Any:
        self.done.append(what)
        return answer

    def result(self, name: str) -> Changes:
        self.done.append(name)
        self.on_apply()
        result = self.results.get(name, Changes(added=1))
        if isinstance(result, Exception):
            raise result
        return result

    def run(self, *arguments: str) -> int:
        return command.main(["dev", *arguments], tree=self.home, directory=self.home / "config")


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    return Stage(tmp_path, monkeypatch)


def last(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().err.splitlines()[-1]


def unproxied(**balancer: Any) -> Environment:
    """Dev with another load balancer, which no Cloudflare is in front of."""
    service = DEV.django_service
    return replace(
        DEV,
        cloudflare_dns=cloudflare_dns(DEV, proxied=False),
        django_service=replace(service, load_balancer=replace(service.load_balancer, **balancer)),
    )


def test_web_that_its_schedule_has_stopped_is_not_asked(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    stage.services = FakeServices(
        [
            service(
                name=f"django-dev-{name}",
                task_definition=f"arn:definition/{name}:2",
                desired=0 if name == "web" else 1,
                running=0 if name == "web" else 1,
            )
            for name in ("web", "worker", "beat")
        ]
    )
    assert stage.run("--image-tag", "1.0.0") == 0
    assert stage.done[-1] == "dev-django-service"
    assert "was not asked: the schedule of web has stopped it" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    "balancer", [{"internal": True}, {"allowed_cidrs": ("192.0.2.0/24",)}, {"security_group_id": "sg-01234567"}]
)
def test_a_load_balancer_that_does_not_admit_everybody_is_asked_where_somebody_says_so(
    stage: Stage, balancer: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    configurations.write(stage.home / "config", unproxied(**balancer))
    assert stage.run("--image-tag", "1.0.0") == 0
    assert stage.done[-1] == "dev-django-service"
    assert "https://dev-api.example.com was not asked: its load balancer does not admit everybody" in " ".join(
        capsys.readouterr().out.split()
    )
    assert stage.run("--image-tag", "1.0.0", "--url", "https://inside.example.com") == 0
    assert stage.done[-1] == "health https://inside.example.com/health/ready/"


def test_a_load_balancer_that_admits_everybody_is_asked(stage: Stage) -> None:
    configurations.write(stage.home / "config", unproxied())
    assert stage.run("--image-tag", "1.0.0") == 0
    assert stage.done[-1] == "health https://dev-api.example.com/health/ready/"


def test_without_dns_the_service_is_asked_by_the_name_that_cloudfront_has_drawn(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    environment = replace(DEV, cloudflare_dns=None, dns=NoDnsInputs())
    configurations.write(stage.home / "config", environment)
    assert stage.run("--image-tag", "1.0.0") == 0
    assert stage.done[-1] == "health https://d111111abcdef8.cloudfront.net/health/ready/"
    assert "Look at https://d111111abcdef8.cloudfront.net/dashboard/ and https" in capsys.readouterr().out


def test_each_step_comes_in_its_turn(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    assert stage.run("--image-tag", "1.0.0") == 0
    assert stage.done == [
        f"plan dev {stage.home}",
        "dev-network",
        "dev-redis",
        "dev-django-service",
        "health https://dev-api.example.com/health/ready/",
    ]
    output = capsys.readouterr().out
    assert "Look at https://dev-api.example.com/dashboard/ and https://dev-api.example.com/api/schema/" in output
    assert "dev runs 1.0.0, deployed in" in output
    assert stage.image_tag == "1.0.0"


def test_records_that_somebody_else_makes_are_printed_before_the_service_is_asked(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def wait(url: str, _path: str, **_: Any) -> None:
        assert (
            "Records that lead to it, for whoever makes them:\n  api.example.com CNAME lb\n" in capsys.readouterr().out
        )
        raise health.NotReady(f"{url} does not say that it is ready: Name or service not known")

    monkeypatch.setattr(Deployment, "records", lambda *_: ["api.example.com CNAME lb"])
    monkeypatch.setattr(health, "wait", wait)
    assert stage.run("--image-tag", "1.0.0") == 1
    remedy = "make the records that are printed above, and run it again; or look at its logs"
    assert last(capsys).endswith(f"Name or service not known: {remedy}")


def test_without_any_none_is_named(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    assert stage.run("--image-tag", "1.0.0") == 0
    assert "Records" not in capsys.readouterr().out


def test_a_rehearsal_builds_nothing_and_asks_nobody_whether_it_is_healthy(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REHEARSAL", "1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://aws.test")
    stage.services.found = [replace(each, image="registry/django:rehearsal") for each in stage.services.found]
    assert stage.run() == 0
    assert stage.done == [f"plan dev {stage.home}", "dev-network", "dev-redis", "dev-django-service"]
    assert stage.image_tag == "rehearsal"
    line = "This was a rehearsal: nothing runs, so https://dev-api.example.com was not asked whether it is ready"
    assert capsys.readouterr().out.splitlines()[-1] == line


def test_the_plan_of_a_protected_environment_is_held_against_the_one_that_was_approved(stage: Stage) -> None:
    stage.write(protected=True)
    assert stage.run("--image-tag", "1.0.0", "--yes") == 0
    assert stage.approved is None
    assert stage.run("--image-tag", "1.0.0", "--yes", "--approved", "approved.json") == 0
    assert stage.approved == Path("approved.json")


def test_of_others_nobody_approves_a_plan(stage: Stage) -> None:
    assert stage.run("--image-tag", "1.0.0", "--approved", "approved.json") == 0
    assert stage.approved is None


def test_without_a_tag_the_commit_is_built(stage: Stage) -> None:
    stage.services.found = [replace(each, image="registry/django:0123456789ab") for each in stage.services.found]
    assert stage.run() == 0
    assert stage.done[0] == "built"
    assert stage.image_tag == "0123456789ab"


def test_the_tag_may_come_by_the_environment_as_make_gives_it(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGE_TAG", "1.0.0")
    assert stage.run() == 0
    assert "built" not in stage.done


def test_what_is_missing_is_told_and_nothing_is_done(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    stage.missing = ["terraform: is not on PATH", "docker: is not on PATH"]
    assert stage.run() == 1
    assert stage.done == []
    assert capsys.readouterr().err.splitlines()[1:] == [
        "terraform: is not on PATH",
        "docker: is not on PATH",
        "deploy: 2 missing, see above: nothing was changed",
    ]


@pytest.mark.parametrize(
    ("plan_code", "code", "said"),
    [
        (plan.REFUSED, 3, f"deploy: the gate refuses the plan, see above: nothing was changed: {ALLOW}"),
        (FAILED, 1, f"deploy: there is no plan to deploy, see above: nothing was changed: {AGAIN}"),
        (INTERRUPTED, 130, "deploy: interrupted: run it again to go on"),
    ],
)
def test_without_a_plan_that_may_be_applied_nothing_is_applied(
    stage: Stage, plan_code: int, code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.plan_code = plan_code
    assert stage.run("--image-tag", "1.0.0") == code
    assert last(capsys) == said
    assert not any(name in stage.done for name in ("dev-network", "dev-redis"))


def test_a_build_that_fails_ends_it(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def build(*_: object) -> str:
        raise image.BuildFailed("docker buildx failed: read what it says above")

    monkeypatch.setattr(image, "build_and_push", build)
    assert stage.run() == 1
    assert last(capsys) == "deploy: docker buildx failed: read what it says above: nothing was changed"


def test_a_protected_environment_is_asked_for_after_its_plan(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.write(protected=True)

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            stage.done.append("asked")
            return True

    monkeypatch.setattr(sys, "stdin", Terminal("dev\n"))
    assert stage.run("--image-tag", "1.0.0") == 0
    assert [done.split()[0] for done in stage.done[:3]] == ["plan", "asked", "dev-network"]
    assert "Deploy 1.0.0 to dev: 1 to add? Type its name, dev: " in capsys.readouterr().out


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_new_unit_beside_others_is_asked_about_on_a_terminal(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.new = {"dev-redis": "s3://states/django/dev/redis/terraform.tfstate"}
    monkeypatch.setattr(sys, "stdin", Terminal("no\n"))
    assert stage.run("--image-tag", "1.0.0") == 1
    assert len(stage.done) == 1
    new = "new, with the state still to be made: dev-redis at s3://states/django/dev/redis/terraform.tfstate"
    assert f"Deploy 1.0.0 to dev: 1 to add; {new}? Type its name, dev: " in capsys.readouterr().out
    assert stage.run("--image-tag", "1.0.0", "--yes") == 0
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    assert stage.run("--image-tag", "1.0.0") == 0, "a pipeline is not asked"


def test_a_first_deployment_is_not_asked_about(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.new = {each.name: f"state/{each.name}" for each in stage.units}
    monkeypatch.setattr(stage.services, "describe", lambda _: [])
    monkeypatch.setattr(command, "_is_stopped", lambda *_: False)
    monkeypatch.setattr(Deployment, "prove", lambda *_: [])
    monkeypatch.setattr(sys, "stdin", Terminal())
    assert stage.run("--image-tag", "1.0.0") == 0


@pytest.mark.parametrize("options", [(), ("--yes",)])
def test_what_runs_without_a_state_is_never_made_a_second_time(
    stage: Stage, options: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    stage.new = {each.name: f"s3://states/{each.name}" for each in stage.units}
    assert stage.run("--image-tag", "1.0.0", *options) == 1
    assert [done.split()[0] for done in stage.done] == ["plan"]
    lines = capsys.readouterr().err.splitlines()
    remedy = (
        "`make move-state ENV=dev FROM=s3://…` copies the states to where the data says now; if no Terraform has made "
        "it, `make adopt-resources ENV=dev` proposes its import"
    )
    what = "the service django-dev-web is there already, and no state at s3://states/dev-django-service knows it"
    assert lines[-2:] == [
        f"dev-django-service: {what}",
        f"deploy: dev has its states elsewhere: nothing was changed: {remedy}",
    ]


def test_another_answer_changes_nothing(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.write(protected=True)
    monkeypatch.setattr(sys, "stdin", io.StringIO("prod\n"))
    assert stage.run("--image-tag", "1.0.0") == 1
    assert len(stage.done) == 1
    what = "dev requires confirmation, but there is no terminal"
    assert last(capsys) == f"deploy: {what}: pass --yes, as in `make deploy ENV=dev ARGS=--yes`"
    assert stage.run("--image-tag", "1.0.0", "--yes") == 0


def test_what_is_allowed_to_be_lost_is_allowed_in_the_review_too(stage: Stage) -> None:
    stage.run("--image-tag", "1.0.0", "--allow", "dev-redis:aws_vpc.this")
    assert stage.done[0].endswith("dev-redis:aws_vpc.this")


def test_a_unit_that_fails_leaves_out_what_waits_for_it(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    stage.results["dev-redis"] = ValueError("AWS refuses " * 100)
    assert stage.run("--image-tag", "1.0.0") == 1
    assert stage.done[1:] == ["dev-network", "dev-redis"]
    *_, other, first = capsys.readouterr().err.splitlines()
    assert other == "dev-django-service: not done, because dev-redis failed"
    assert first.startswith("dev-redis: AWS refuses AWS")
    assert first.endswith(AGAIN), "the next command is told, however long the error is"


def test_what_the_gate_refuses_at_last_has_its_own_code(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    remedy = "set what keeps it, " * 50 + "and deploy"
    refusal = Refusal(unit="dev-redis", address="aws_vpc.this", rule="data/replaced", message=remedy)
    stage.results["dev-redis"] = Refused([refusal])
    assert stage.run("--image-tag", "1.0.0") == 3
    lines = capsys.readouterr().err.splitlines()
    assert f"dev-redis: aws_vpc.this: [data/replaced] {remedy}" in lines, "whole, or nobody can do it"
    assert lines[-1] == f"dev-redis: the gate refuses it, see above: {AGAIN}"


def test_a_failed_migration_is_told_with_its_own_next_command(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    stage.results["dev-django-service"] = RolloutFailed("migrate ended with exit code 3; run it again")
    assert stage.run("--image-tag", "1.0.0") == 1
    assert last(capsys) == "dev-django-service: migrate ended with exit code 3; run it again"


def test_a_service_that_went_back_is_a_failure_even_where_terraform_says_it_is_done(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.services.found[0] = service(name=WEB, image="registry/django:0.9.0")
    assert stage.run("--image-tag", "1.0.0") == 1
    said = last(capsys)
    assert said == f"{WEB}: was rolled back: it runs django:0.9.0, and not 1.0.0: see `make logs ENV=dev`"
    assert not any(done.startswith("health") for done in stage.done)


def test_a_service_that_is_not_ready_is_a_failure(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def wait(url: str, _path: str, **_: Any) -> None:
        raise health.NotReady(f"{url} does not say that it is ready: it answers 503")

    monkeypatch.setattr(health, "wait", wait)
    assert stage.run("--image-tag", "1.0.0") == 1
    said = last(capsys)
    assert said.startswith(
        "https://dev-api.example.com does not say that it is ready: it answers 503: look at its logs"
    )


def test_without_changes_it_is_proven_all_the_same(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    stage.plan_code = plan.NOTHING_TO_DO
    stage.results = {each.name: Changes() for each in stage.units}
    assert stage.run("--image-tag", "1.0.0") == 0
    assert stage.done[-1].startswith("health")
    stage.services.found[0] = service(name=WEB, running=1)
    assert stage.run("--image-tag", "1.0.0") == 1


@pytest.mark.parametrize("url", ["example.com", "https://a b", "ftp://a", "https://a/path", "http://x:123456"])
def test_a_url_that_is_none_is_misuse(stage: Stage, url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert stage.run("--url", url) == 1
    assert f"{url!r} is not a URL such as https://www.example.com" in capsys.readouterr().err
    assert stage.done == []


def test_another_url_is_asked_without_its_slash(stage: Stage) -> None:
    assert stage.run("--image-tag", "1.0.0", "--url", "http://127.0.0.1:8000/") == 0
    assert stage.done[-1] == "health http://127.0.0.1:8000/health/ready/"


def test_an_interrupt_stops_the_task_and_lets_terraform_end() -> None:
    done: list[str] = []

    class Applier:
        def stop(self) -> None:
            done.append("terraform")

    tasks = FakeTasks(done)
    rollout = Rollout(DEV, Applier(), tasks, FakeServices(), done.append)  # type: ignore[arg-type]
    Deployment(rollout.applier, rollout)._stop()
    assert tasks.stop.is_set()
    assert done == ["terraform"]


def test_a_failure_without_units_says_so(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object) -> None:
        raise Failure("there is no unit of dev")

    monkeypatch.setattr(environments, "units_of", none)
    assert stage.run("--image-tag", "1.0.0") == 1


def test_what_was_only_begun_is_waited_for_before_anything_is_planned(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Rds:
        def get_waiter(self, name: str) -> Any:
            return SimpleNamespace(wait=lambda **given: stage.record(f"wait {name} {given}", None))

    class Session:
        def client(self, name: str) -> Any:
            return Rds() if name == "rds" else None

    monkeypatch.setattr(environments, "session_of", lambda _: Session())
    stage.begun["dev-network"] = [
        Kept(type="aws_vpc", address="aws_vpc.this", attributes={}),
        Kept(
            type="aws_db_instance",
            address="aws_db_instance.postgresql",
            attributes={"identifier": "django-dev-postgresql"},
        ),
    ]
    assert stage.run("--image-tag", "1.0.0") == 0
    waited, planned, *_ = stage.done
    assert waited == "wait db_instance_available {'DBInstanceIdentifier': 'django-dev-postgresql'}"
    assert planned.startswith("plan dev")


def test_after_the_first_deployment_the_first_user_is_told_of(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    stage.run("--image-tag", "1.0.0")
    assert "make superuser" not in capsys.readouterr().out
    running = stage.services.found
    stage.services.found = []
    stage.on_apply = lambda: setattr(stage.services, "found", running)
    assert stage.run("--image-tag", "1.0.0") == 0
    assert "Its first user: make superuser ENV=dev USERNAME=… EMAIL=…" in capsys.readouterr().out


def test_the_way_back_is_a_command_that_can_be_typed(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    stage.run("--image-tag", "1.0.0")
    assert "To go back" not in capsys.readouterr().out, "it is what ran before"
    before = stage.services.found
    stage.services.found = [replace(each, image="registry.test/django:0.9.0") for each in before]
    stage.results["dev-django-service"] = Changes(changed=1)
    stage.on_apply = lambda: setattr(stage.services, "found", before)
    assert stage.run("--image-tag", "1.0.0") == 0
    assert "To go back: make deploy ENV=dev IMAGE_TAG=0.9.0" in capsys.readouterr().out


@pytest.fixture
def backed_up(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """With a vault, and data that ask for a backup before each release."""
    inputs = BackupInputs(before_each_release=True)
    configurations.write(stage.home / "config", replace(DEV, backup=inputs))
    stage.units.append(unit(stage.home, "dev-backup", "dev-network"))
    monkeypatch.setattr(Backups, "in_vault", lambda *_: stage.record("backed up", [Made("it", "snapshot-1", 35)]))
    return stage


def test_a_backup_is_made_after_the_plan_and_before_anything_changes(backed_up: Stage) -> None:
    assert backed_up.run("--image-tag", "1.0.0") == 0
    first, second, third, *_ = backed_up.done
    assert (first.split()[0], second, third) == ("plan", "backed up", "dev-network")


@pytest.mark.parametrize("why", ["not asked for", "nothing to do", "no vault yet"])
def test_where_there_is_nothing_to_save_or_nowhere_to_no_backup_is_made(backed_up: Stage, why: str) -> None:
    if why == "not asked for":
        configurations.write(backed_up.home / "config", replace(DEV, backup=BackupInputs()))
    elif why == "nothing to do":
        backed_up.plan_code = plan.NOTHING_TO_DO
    else:
        backed_up.new = {"dev-backup": "s3://states/dev-backup"}
    assert backed_up.run("--image-tag", "1.0.0") == 0
    assert "backed up" not in backed_up.done


@pytest.mark.parametrize(
    "error", [Failure("it: its backup is FAILED: why"), EndpointConnectionError(endpoint_url="it")]
)
def test_without_the_backup_nothing_is_deployed(
    backed_up: Stage, error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(Backups, "in_vault", fail)
    assert backed_up.run("--image-tag", "1.0.0") == FAILED
    assert [each.split()[0] for each in backed_up.done] == ["plan"]
    assert last(capsys) == f"deploy: {error}: nothing was changed: {AGAIN}"
