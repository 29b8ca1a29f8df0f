"""What the Django application is, the same in all environments."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from modules.fargate_service.inputs import BeatInputs, WorkerInputs
from modules.one_off_task.inputs import OneOffTaskInputs
from modules.validation import Problem, problems
from stacks.config.application_inputs import ApplicationInputs, ProcessInputs
from stacks.config.database_inputs import DatabaseInputs
from stacks.config.health_inputs import HealthInputs
from stacks.config.loader import WrongEnvironment, load
from tests.environments import DIRECTORY
from tests.support import environment

SHOP = ApplicationInputs(settings_module="shop.settings")


def test_a_project_that_says_nothing_more_is_migrated_and_checked_by_manage_py() -> None:
    tasks = SHOP.one_off_tasks
    assert tasks.pop("init-database").command[:2] == ("sh", "-c")  # psql, in an image of its own
    assert {name: task.command for name, task in tasks.items()} == {
        "migrate": ("python", "manage.py", "migrate", "--noinput"),
        "check": ("python", "manage.py", "check", "--database", "default"),
    }


def test_what_runs_manage_py_runs_both() -> None:
    tasks = replace(SHOP, manage=("uv", "run", "manage.py")).one_off_tasks
    del tasks["init-database"]
    assert {task.command[:3] for task in tasks.values()} == {("uv", "run", "manage.py")}


def test_a_project_brings_tasks_of_its_own() -> None:
    init, release, report = (OneOffTaskInputs(command=("python", name)) for name in ("init.py", "go.py", "report.py"))
    tasks = replace(SHOP, init_database=init, release=release, tasks={"report": report}).one_off_tasks
    assert tasks == {"init-database": init, "migrate": release, "report": report}


@pytest.mark.parametrize(
    ("changes", "where", "what"),
    [
        ({"settings_module": "shop/settings.py"}, "settings_module", "'shop/settings.py' is no module"),
        ({"manage": ()}, "manage", "is empty or has an empty part"),
        ({"manage": ("python manage.py",)}, "manage", "'python manage.py' is no program"),
        ({"worker": ProcessInputs(command=())}, "worker.command", "is empty or has an empty part"),
        ({"tasks": {"web": OneOffTaskInputs(command=("x",))}}, "tasks['web']", "is a service"),
        ({"tasks": {"guard": OneOffTaskInputs(command=("x",))}}, "tasks['guard']", "is a container of the platform"),
        ({"tasks": {"A b": OneOffTaskInputs(command=("x",))}}, "tasks['A b']", "is no name of a task"),
        (
            {"database": DatabaseInputs(url="postgres://{user}@{host}")},
            "database.url",
            "has no {password}, so that nobody could sign in by it",
        ),
        ({"database": DatabaseInputs(url="x://{user}:{password}@{server}")}, "database.url", "there is no {server}"),
        ({"database": DatabaseInputs(url="x://{password}@$h")}, "database.url", "'x://{password}@$h' is no URL"),
        ({"database": DatabaseInputs(url="x://{password!r}")}, "database.url", "'x://{password!r}' is no URL"),
        ({"database": DatabaseInputs(url="x://{password}{")}, "database.url", "'x://{password}{' is no URL"),
        ({"web": ProcessInputs(entry_point=("a b",))}, "web.entry_point", "'a b' is no program"),
        ({"writable_directories": ("media",)}, "writable_directories", "'media' is no absolute path"),
        ({"health": HealthInputs(path="health")}, "health.path", "'health' is no path"),
        ({"health": HealthInputs(readiness_path="/a b")}, "health.readiness_path", "'/a b' is no path"),
        ({"health": HealthInputs(codes="199")}, "health.codes", "'199' are no status codes from 200 to 499"),
        ({"health": HealthInputs(codes="200-500")}, "health.codes", "'200-500' are no status codes from 200 to 499"),
        ({"health": HealthInputs(codes="302-200")}, "health.codes", "'302-200' are no status codes from 200 to 499"),
        ({"health": HealthInputs(codes="200,")}, "health.codes", "'200,' are no status codes from 200 to 499"),
        (
            {"health": HealthInputs(codes="200,400-404", container_check="address")},
            "health.container_check",
            "asks as loosely as the load balancer, whose codes are '200,400-404'",
        ),
        ({"pages": ("admin",)}, "pages[0]", "'admin' is no path"),
    ],
)
def test_bad_input_is_one_problem_where_it_is(changes: dict[str, object], where: str, what: str) -> None:
    (problem,) = problems(replace(SHOP, **changes))  # type: ignore[arg-type]
    assert (problem.field, problem.what) == (where, what)


@pytest.mark.parametrize("process", [None, ProcessInputs()])
def test_a_worker_and_a_beat_need_a_command(process: ProcessInputs | None) -> None:
    application = replace(SHOP, worker=process, beat=process)
    smallest = environment().django_service
    service = replace(
        smallest,
        application=application,
        worker=WorkerInputs(cpu=256, memory_mib=512, desired_count=1),
        beat=BeatInputs(),
    )
    what = "has no command, and without one it would start what the image does"
    assert [*problems(service)] == [
        Problem(name, what, f"describe {name} in application.py, or remove it") for name in ("worker", "beat")
    ]


def test_an_entry_point_is_a_command_too() -> None:
    application = replace(SHOP, worker=ProcessInputs(entry_point=("/start-worker",)))
    worker = WorkerInputs(cpu=256, memory_mib=512, desired_count=1)
    assert [*problems(replace(environment().django_service, application=application, worker=worker))] == []


def test_an_environment_has_the_application_beside_it(tmp_path: Path) -> None:
    for name in ("__init__", "dev"):
        shutil.copy(DIRECTORY / f"{name}.py", tmp_path)
    text = (DIRECTORY / "application.py").read_text()
    (tmp_path / "application.py").write_text(text.replace("config.settings.production", "other.settings"))
    (dev,) = load(["dev"], tmp_path).values()
    assert dev.django_service.django_settings_module == "other.settings"


def test_a_fault_in_it_is_told_by_its_line(tmp_path: Path) -> None:
    for name in ("__init__", "dev"):
        shutil.copy(DIRECTORY / f"{name}.py", tmp_path)
    (tmp_path / "application.py").write_text("\nAPPLICATION = nothing\n")
    with pytest.raises(WrongEnvironment, match=r"application\.py:2: name 'nothing' is not defined"):
        load(["dev"], tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "there is no application.py beside it: describe the application there"),
        ("", "application.py: there is no APPLICATION: write APPLICATION = ApplicationInputs(...)"),
        ("APPLICATION = 1", "application.py: APPLICATION is no ApplicationInputs: write APPLICATION = "),
    ],
)
def test_without_one_it_says_what_to_write(tmp_path: Path, text: str | None, said: str) -> None:
    for name in ("__init__", "dev"):
        shutil.copy(DIRECTORY / f"{name}.py", tmp_path)
    if text is not None:
        (tmp_path / "application.py").write_text(text)
    with pytest.raises(WrongEnvironment) as refused:
        load(["dev"], tmp_path)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
