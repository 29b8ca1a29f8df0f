"""The workflows: what they may do, what they run of others, and that they run what a person runs."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from stacks.config.schema import RESERVED_NAMES
from tests.support import Json

ROOT = Path(__file__).parents[2]
FILES = {file.stem: file for file in sorted((ROOT / ".github" / "workflows").glob("*.yml"))}
ACTIONS = {file.parent.name: file for file in sorted((ROOT / ".github" / "actions").glob("*/action.yml"))}
WORKFLOWS: dict[str, dict[Any, Any]] = {name: yaml.safe_load(file.read_text()) for name, file in FILES.items()}

DEPLOYED = [name for name, job in WORKFLOWS["deploy"]["jobs"].items() if "environment" in job]

# What a job may do beyond reading this repository. A new permission is not to be had without a line here.
PERMISSIONS = {
    ("ci", "test"): {},
    ("plan", "plan"): {"id-token": "write"},
    ("plan", "comment"): {"pull-requests": "write"},
    ("deploy", "build"): {},
    **{("deploy", f"{prefix}{name}"): {"id-token": "write"} for name in DEPLOYED for prefix in ("plan-", "")},
    ("drift", "status"): {"id-token": "write"},
    ("drift", "report"): {"issues": "write"},
}


def jobs() -> Iterator[tuple[str, str, Json]]:
    for workflow, document in WORKFLOWS.items():
        for name, job in document["jobs"].items():
            yield workflow, name, job


def steps() -> Iterator[tuple[str, Json]]:
    """Every step of every workflow and of every action of our own, with where it stands."""
    for workflow, name, job in jobs():
        for step in job["steps"]:
            yield f"{workflow}.{name}", step
    for name, file in ACTIONS.items():
        for step in yaml.safe_load(file.read_text())["runs"]["steps"]:
            yield f"action {name}", step


JOBS = [pytest.param(workflow, name, job, id=f"{workflow}.{name}") for workflow, name, job in jobs()]
STEPS = [pytest.param(where, step, id=f"{where}-{number}") for number, (where, step) in enumerate(steps())]


def text_of(where: str) -> str:
    name = where.removeprefix("action ").partition(".")[0]
    return (ACTIONS[name] if where.startswith("action") else FILES[name]).read_text()


def step(workflow: str, job: str, name: str) -> Json:
    (found,) = [s for s in WORKFLOWS[workflow]["jobs"][job]["steps"] if s.get("name") == name]
    given: Json = found
    return given


class TestPermissions:
    @pytest.mark.parametrize("workflow", WORKFLOWS)
    def test_a_workflow_may_do_nothing_unless_a_job_says_so(self, workflow: str) -> None:
        assert WORKFLOWS[workflow]["permissions"] == {}

    @pytest.mark.parametrize(("workflow", "name", "job"), JOBS)
    def test_a_job_may_do_what_is_listed_and_no_more(self, workflow: str, name: str, job: Json) -> None:
        permissions = dict(job["permissions"])
        assert permissions.pop("contents", "read") == "read"
        assert permissions == PERMISSIONS[workflow, name]

    @pytest.mark.parametrize(("workflow", "name", "job"), JOBS)
    def test_what_may_write_to_github_takes_no_role(self, workflow: str, name: str, job: Json) -> None:
        writes = {kind for kind, level in job["permissions"].items() if level == "write"}
        assert len(writes) <= 1

    @pytest.mark.parametrize("workflow", WORKFLOWS)
    def test_none_runs_with_the_rights_of_the_branch_on_what_a_stranger_sends(self, workflow: str) -> None:
        triggers = WORKFLOWS[workflow][True]  # `on` is a boolean to YAML 1.1
        names = {triggers} if isinstance(triggers, str) else set(triggers)
        assert names <= {"push", "pull_request", "schedule", "workflow_dispatch"}

    @pytest.mark.parametrize(("where", "step"), STEPS)
    def test_a_checkout_leaves_no_token_behind(self, where: str, step: Json) -> None:
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


class TestPins:
    @pytest.mark.parametrize(("where", "step"), STEPS)
    def test_an_action_of_others_is_pinned_by_its_commit_with_its_version(self, where: str, step: Json) -> None:
        uses = step.get("uses")
        if uses is None:
            return
        if uses.startswith("./"):  # every runner knows it, and where `$/` is known it means the same after a checkout
            assert (ROOT / uses / "action.yml").is_file()
            return
        assert re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}", uses)
        assert re.search(rf"uses: {re.escape(uses)} # v\d+\.\d+\.\d+\n", text_of(where))

    def test_all_use_the_same_version_of_an_action(self) -> None:
        pins: dict[str, set[str]] = {}
        for _, found in steps():
            name, _, commit = found.get("uses", "").partition("@")
            pins.setdefault(name, set()).add(commit)
        assert {name: commits for name, commits in pins.items() if len(commits) > 1} == {}

    def test_all_use_the_same_terraform_and_python(self) -> None:
        for key in ("terraform_version", "python-version"):
            assert len({found["with"][key] for _, found in steps() if key in found.get("with", {})}) == 1


def commands() -> Iterator[tuple[str, str]]:
    for where, found in steps():
        for line in found.get("run", "").splitlines():
            yield where, line


class TestCommands:
    @pytest.mark.parametrize(("where", "step"), STEPS)
    def test_no_value_is_written_into_a_command(self, where: str, step: Json) -> None:
        # A value that somebody else chose would run as a command: it comes as a variable.
        assert "${{" not in step.get("run", "")

    @pytest.mark.parametrize(("where", "step"), STEPS)
    def test_a_secret_comes_only_as_a_variable_or_an_input_of_our_own(self, where: str, step: Json) -> None:
        inputs = step.get("with", {}) if not step.get("uses", "").startswith("./") else {}
        assert "secrets." not in str(inputs)

    def test_no_job_hands_a_secret_to_all_of_its_steps(self) -> None:
        for _, _, job in jobs():
            assert "secrets." not in str(job.get("env", {}))
        for document in WORKFLOWS.values():
            assert "secrets." not in str(document.get("env", {}))

    def test_every_verb_of_make_exists(self) -> None:
        makefile = (ROOT / "Makefile").read_text()
        variables = dict(re.findall(r"^(\w+) := (.+)$", makefile, re.MULTILINE))
        targets = set(re.findall(r"^([\w-]+):", makefile, re.MULTILINE)) | set(variables.values())
        called = [
            (where, word)
            for where, line in commands()
            for call in re.findall(r"^\s*(?:if ! )?make ((?:[^;|&>\s]+ ?)+)", line)
            for word in shlex.split(call)
            if "=" not in word and not word.isdigit()  # a redirection begins with a digit
        ]
        assert {word for _, word in called} >= {"deploy", "status", "synth"}
        assert [(where, word) for where, word in called if word not in targets] == []

    def test_what_is_run_exists(self) -> None:
        modules = {name for _, line in commands() for name in re.findall(r"python3? -m (cli[\w.]*)", line)}
        for name in modules:
            path = ROOT / name.replace(".", "/")
            assert path.with_suffix(".py").is_file() or (path / "__main__.py").is_file()

    @pytest.mark.parametrize(("where", "step"), STEPS)
    def test_every_script_is_one_of_bash(self, where: str, step: Json) -> None:
        if "run" in step:
            done = subprocess.run(["bash", "-n"], input=step["run"], text=True, capture_output=True)
            assert done.returncode == 0, done.stderr


class TestDeploy:
    def test_an_image_is_built_once_and_without_credentials(self) -> None:
        build = WORKFLOWS["deploy"]["jobs"]["build"]
        assert build["permissions"] == {"contents": "read"}
        assert sum("docker buildx build" in line for _, line in commands()) == 1
        assert not any("configure-aws-credentials" in s.get("uses", "") for s in build["steps"])

    @pytest.mark.parametrize("name", DEPLOYED)
    def test_every_environment_gets_that_image_by_its_digest(self, name: str) -> None:
        job = WORKFLOWS["deploy"]["jobs"][name]
        (deploy,) = [s for s in job["steps"] if s.get("uses") == "./.github/actions/deploy"]
        assert deploy["with"]["environment"] == job["environment"] == name
        assert deploy["with"]["image"] == "${{ needs.build.outputs.image }}"
        assert deploy["with"]["role"] == "${{ vars.APPLY_ROLE_ARN }}"

    def test_a_person_may_choose_an_image_of_before_which_is_not_built(self) -> None:
        build = WORKFLOWS["deploy"]["jobs"]["build"]
        assert build["outputs"] == {
            "image": "${{ inputs.image || steps.image.outputs.digest }}",
            "is-built": "${{ inputs.image == '' }}",
        }
        assert [s.get("if") for s in build["steps"][2:]] == ["inputs.image == ''"] * 2
        (push,) = [s for where, s in steps() if s.get("name") == "Push the image"]
        assert push["if"] == "inputs.is-built == 'true'"

    @pytest.mark.parametrize(
        ("image", "code"),
        [
            (f"sha256:{'0123456789abcdef' * 4}", 0),
            ("ffffffffffff-0123456789ab", 0),
            ("1.4.2", 0),
            ("$(shell id)", 1),
            ("`id`", 1),
            ("1.4.2\n", 1),
            ("1.4.2 ARGS=--allow", 1),
            ("sha256:0123", 1),
            ("a" * 129, 1),
        ],
    )
    def test_an_image_that_make_would_run_as_a_command_goes_no_further(self, image: str, code: int) -> None:
        check = step("deploy", "build", "Check the image that was asked for")
        assert check["if"] == "inputs.image != ''"
        assert WORKFLOWS["deploy"]["jobs"]["build"]["steps"][0] == check
        done = subprocess.run(["bash", "-e", "-c", check["run"]], env={"IMAGE": image}, capture_output=True)
        assert done.returncode == code

    @pytest.mark.parametrize("name", DEPLOYED)
    def test_a_person_may_choose_an_environment_and_all_others_wait_for_the_one_before_them(self, name: str) -> None:
        assert name in WORKFLOWS["deploy"][True]["workflow_dispatch"]["inputs"]["environment"]["options"]
        assert " ".join(WORKFLOWS["deploy"]["jobs"][f"plan-{name}"]["if"].split()) == (
            "${{ ((inputs.environment || 'all') == 'all' && success()) || "
            f"(inputs.environment == '{name}' && !cancelled() && needs.build.result == 'success') }}}}"
        )

    def test_no_environment_may_have_the_name_of_another_job_or_choice(self) -> None:
        chosen = WORKFLOWS["deploy"][True]["workflow_dispatch"]["inputs"]["environment"]["options"]
        planning = {f"plan-{name}" for name in DEPLOYED}
        assert {*WORKFLOWS["deploy"]["jobs"], *chosen} - planning - {*DEPLOYED} == RESERVED_NAMES & {"all", "build"}

    @pytest.mark.parametrize("word", ["true", "false", "yes", "no", "on", "off", "null", "none", "dev"])
    def test_no_environment_may_have_a_name_that_is_no_text_to_yaml(self, word: str) -> None:
        assert (word in RESERVED_NAMES) is not isinstance(yaml.safe_load(word), str)

    @pytest.mark.parametrize("name", DEPLOYED)
    def test_what_is_deployed_is_what_was_planned_before_somebody_approved_it(self, name: str) -> None:
        jobs = WORKFLOWS["deploy"]["jobs"]
        assert jobs[name]["needs"] == ["build", f"plan-{name}"]
        assert jobs[name]["if"] == f"${{{{ !cancelled() && needs.plan-{name}.result == 'success' }}}}"
        assert "environment" not in jobs[f"plan-{name}"], "it would wait for the approval that it is for"
        (plan,) = [s for s in jobs[f"plan-{name}"]["steps"] if s.get("uses") == "./.github/actions/plan"]
        assert (plan["with"]["environment"], plan["with"]["image"]) == (name, "${{ needs.build.outputs.image }}")
        variable = name.upper().replace("-", "_")
        assert plan["with"]["role"] == f"${{{{ vars.DRIFT_ROLE_ARN_{variable} }}}}"
        assert plan["with"]["cloudflare-token"] == "${{ secrets.CLOUDFLARE_READ_TOKEN }}"

    def test_the_approved_plan_goes_from_job_to_job_as_a_page_without_secrets(self) -> None:
        (upload,) = [s for where, s in steps() if where == "action plan" and "upload-artifact" in s.get("uses", "")]
        names = [
            s["with"]["name"] for where, s in steps() if where == "action deploy" and "download" in s.get("uses", "")
        ]
        assert upload["with"]["name"] in names
        assert upload["with"]["path"] == "${{ runner.temp }}/approved.json"
        (plan,) = [s for where, s in steps() if where == "action plan" and s.get("name") == "Plan"]
        assert '--save "$APPROVED"' in plan["run"]
        assert "--out" not in plan["run"], "a binary plan holds secrets"

    @pytest.mark.parametrize("name", DEPLOYED)
    def test_an_environment_has_one_deployment_at_a_time_which_is_finished(self, name: str) -> None:
        concurrency = WORKFLOWS["deploy"]["jobs"][name]["concurrency"]
        assert concurrency == {"group": f"deploy-{name}", "cancel-in-progress": False}

    def test_no_environment_is_ahead_of_the_one_before_it(self) -> None:
        found = WORKFLOWS["deploy"]["jobs"]
        for before, name in pairwise(["build", *DEPLOYED]):
            needs = found[f"plan-{name}"]["needs"]
            assert before in ([needs] if isinstance(needs, str) else needs)

    def test_only_the_protected_branch_is_deployed(self) -> None:
        assert WORKFLOWS["deploy"][True]["push"] == {"branches": ["main"]}
        for workflow, name in (("deploy", "build"), ("drift", "status")):
            assert "github.ref == 'refs/heads/main'" in WORKFLOWS[workflow]["jobs"][name]["if"]

    def test_the_packages_are_installed_before_the_credentials_are_there(self) -> None:
        for action, last in (("deploy", "Deploy"), ("plan", "Plan")):
            of = [s for where, s in steps() if where == f"action {action}"]
            names = [s.get("uses", "").partition("@")[0] or s["name"] for s in of]
            assert names.index("Install") < names.index("aws-actions/configure-aws-credentials") < names.index(last)

    def test_it_is_deployed_as_a_person_does(self) -> None:
        arguments = 'ENV="$ENVIRONMENT" IMAGE_TAG="$IMAGE" ARGS="--yes --approved $APPROVED"'
        assert ("action deploy", f"make deploy {arguments}") in commands()

    @pytest.mark.parametrize("name", DEPLOYED)
    def test_what_a_deployment_leaves_is_saved_when_it_fails_or_is_cancelled(self, name: str) -> None:
        last = WORKFLOWS["deploy"]["jobs"][name]["steps"][-1]
        assert (last["if"], last["run"]) == ("failure() || cancelled()", f".github/actions/deploy/save {name}")


# Stand-ins for the commands that a step calls, which write down how; ECR has the image where FOUND is set.
AWS = """#!/bin/sh
echo "aws $@" >> "$CALLS"
[ "$2" = describe-images ] && [ -z "$FOUND" ] && exit 254
exit 0
"""
SKOPEO = """#!/bin/sh
echo "skopeo $@" >> "$CALLS"
"""


class TestPush:
    """The step that pushes the image, run with stand-ins."""

    @pytest.fixture
    def push(self, tmp_path: Path) -> Any:
        (script,) = [s["run"] for where, s in steps() if s.get("name") == "Push the image"]

        ecr = "333333333333.dkr.ecr.eu-west-1.amazonaws.com/team/django"

        def run(*, found: str = "", repository: str = ecr, password: str = "") -> list[str]:
            calls = tmp_path / "calls"
            environment = {
                "PATH": f"{stand_ins(tmp_path, aws=AWS, skopeo=SKOPEO)}:/usr/bin:/bin",
                "CALLS": str(calls),
                "FOUND": found,
                "IMAGE": "/image.tar",
                "DIGEST": f"sha256:{'0123456789abcdef' * 4}",
                "REPOSITORY": repository,
                "REGISTRY_USERNAME": "acme",
                "REGISTRY_PASSWORD": password,
                "GITHUB_SHA": "f" * 40,
            }
            command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
            done = subprocess.run(command, env=environment, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
            return calls.read_text().splitlines()

        return run

    def test_its_tag_names_the_commit_and_what_was_built_of_it(self, push: Any) -> None:
        url = "333333333333.dkr.ecr.eu-west-1.amazonaws.com/team/django"
        tag = "ffffffffffff-0123456789ab"
        assert push()[-1] == f"skopeo copy --preserve-digests oci-archive:/image.tar docker://{url}:{tag}"

    def test_another_registry_is_signed_in_to_where_there_is_a_password(self, push: Any) -> None:
        copy = (
            "skopeo copy --preserve-digests oci-archive:/image.tar docker://ghcr.io/acme/shop:ffffffffffff-0123456789ab"
        )
        assert push(repository="ghcr.io/acme/shop") == [copy]

    def test_its_password_is_in_no_argument(self, push: Any) -> None:
        login, _ = push(repository="ghcr.io/acme/shop", password="a-password")
        assert login == "skopeo login --username acme --password-stdin ghcr.io"

    def test_an_image_that_is_there_is_not_pushed(self, push: Any) -> None:
        (asked,) = push(found="yes")
        assert asked.endswith(f"--image-ids imageDigest=sha256:{'0123456789abcdef' * 4}")

    def test_ecr_is_asked_in_the_region_and_the_account_of_the_repository(self, push: Any) -> None:
        asked = [call for call in push() if call.startswith("aws ")]
        assert len(asked) == 2
        assert all("--region eu-west-1" in call for call in asked)
        assert "--registry-id 333333333333 --repository-name team/django" in asked[0]


# A deployment that ends half a second after it was asked to, and could not write a state.
DEPLOYMENT = """
import fcntl, pathlib, signal, sys, time
def end(*_):
    time.sleep(0.5)
    unit = pathlib.Path("deploy.NAME.out/stacks/NAME-network")
    unit.mkdir(parents=True)
    (unit / "errored.tfstate").touch()
    sys.exit(130)
signal.signal(signal.SIGTERM, end)
lock = open("deploy.NAME.lock", "w")
fcntl.flock(lock, fcntl.LOCK_EX)
print("started", flush=True)
time.sleep(60)
"""
TERRAFORM = """#!/bin/sh
echo "$@" >> "$CALLS"
case "$*" in *"$FAILS"*) exit 1;; esac
"""


class TestSave:
    """The script that saves what a deployment leaves, run beside one that is still there."""

    NAME = f"test{os.getpid()}"

    def save(self, directory: Path, *, fails: str = "nothing") -> tuple[int, list[str]]:
        calls = directory / "calls"
        calls.touch()
        path = f"{stand_ins(directory, terraform=TERRAFORM)}:/usr/bin:/bin"
        script = ROOT / ".github" / "actions" / "deploy" / "save"
        done = subprocess.run(
            [str(script), self.NAME], cwd=directory, env={"PATH": path, "CALLS": str(calls), "FAILS": fails}
        )
        return done.returncode, calls.read_text().splitlines()

    def test_a_cancelled_deployment_ends_in_order_before_its_states_are_written(self, tmp_path: Path) -> None:
        program = tmp_path / "cli" / "__main__.py"
        program.parent.mkdir()
        program.write_text(DEPLOYMENT.replace("NAME", self.NAME))
        command = [sys.executable, "-m", "cli", "deploy", self.NAME]
        with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as deployment:
            assert deployment.stdout is not None
            assert deployment.stdout.readline() == "started\n"
            code, calls = self.save(tmp_path)
            assert deployment.wait(5) == 130
        unit = f"deploy.{self.NAME}.out/stacks/{self.NAME}-network"
        assert code == 0
        assert calls == [f"-chdir={unit} init -input=false", f"-chdir={unit} state push errored.tfstate"]

    def test_where_nothing_is_left_nothing_is_done(self, tmp_path: Path) -> None:
        assert self.save(tmp_path) == (0, [])

    @pytest.mark.parametrize("fails", ["one init", "one state push"])
    def test_a_state_that_cannot_be_written_keeps_no_other_from_it(self, fails: str, tmp_path: Path) -> None:
        for unit in ("one", "two"):
            state = tmp_path / f"deploy.{self.NAME}.out" / "stacks" / unit / "errored.tfstate"
            state.parent.mkdir(parents=True)
            state.touch()
        code, calls = self.save(tmp_path, fails=fails)
        assert code == 1
        assert calls[-1].endswith("two state push errored.tfstate")


class TestCaches:
    def test_what_takes_long_to_get_is_kept_by_the_lock(self) -> None:
        (cache,) = [s for where, s in steps() if s.get("uses", "").startswith("actions/cache@")]
        assert "~/.cache/aws/jsii" in cache["with"]["path"]
        assert "hashFiles('Pipfile.lock')" in cache["with"]["key"]

    def test_a_deployment_trusts_no_cache(self) -> None:
        used = {where for where, s in steps() if s.get("uses", "").startswith("actions/cache@")}
        assert used == {"ci.test"}


def stand_ins(directory: Path, **commands: str) -> Path:
    """A directory with these commands."""
    found = directory / "bin"
    found.mkdir(exist_ok=True)
    for name, script in commands.items():
        (found / name).write_text(script)
        (found / name).chmod(0o755)
    return found


# A stand-in for GitHub's command line that writes down how it was called; FOUND is the open issue.
GH = """#!/bin/sh
echo "$@" >> "$CALLS"
[ "$1 $2" = "issue list" ] && echo "$FOUND"
exit 0
"""


class TestDrift:
    """The step that reports, run with a stand-in for GitHub."""

    @pytest.fixture
    def report(self, tmp_path: Path) -> Any:
        commands = stand_ins(tmp_path, gh=GH)

        def run(reports: dict[str, str], *, differs: set[str], found: str = "", result: str = "success") -> list[str]:
            for name, text in reports.items():
                directory = tmp_path / "reports" / f"drift-{name}"
                directory.mkdir(parents=True)
                (directory / "report.txt").write_text(text)
                if name in differs:
                    (directory / "differs").touch()
            calls = tmp_path / "calls"
            calls.touch()
            script = step("drift", "report", "Open, update or close the issue")["run"]
            environment = {
                "PATH": f"{commands}:/usr/bin:/bin",
                "CALLS": str(calls),
                "FOUND": found,
                "RESULT": result,
                "RUN": "https://run",
                "TITLE": "What runs is not what was deployed",
            }
            # As GitHub runs a step: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax
            command = ["bash", "--noprofile", "--norc", "-e", "-c", script]
            done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
            return [call for call in calls.read_text().splitlines() if not call.startswith("issue list")]

        return run

    def test_the_first_drift_opens_an_issue_that_says_what(self, report: Any, tmp_path: Path) -> None:
        calls = report({"dev": "all is well", "prod": "prod-redis: 1 changed"}, differs={"prod"})
        assert calls[-1].startswith("issue create --title What runs is not what was deployed --label drift")
        body = (tmp_path / "body.md").read_text()
        assert "## prod" in body
        assert "prod-redis: 1 changed" in body
        assert "all is well" not in body
        assert "https://run" in body

    def test_a_second_drift_updates_that_issue(self, report: Any) -> None:
        assert report({"prod": "x"}, differs={"prod"}, found="7") == ["issue edit 7 --body-file body.md"]

    def test_an_issue_is_closed_when_all_is_well_again(self, report: Any) -> None:
        assert report({"prod": "x"}, differs=set(), found="7")[0].startswith("issue close 7")
        assert len(report({}, differs=set(), found="")) == 1  # no call beside that one

    def test_a_check_that_failed_is_no_good_news(self, report: Any) -> None:
        assert report({}, differs=set(), found="7", result="failure") == ["issue edit 7 --body-file body.md"]

    def test_no_report_is_longer_than_an_issue(self, report: Any, tmp_path: Path) -> None:
        names = ("dev", "staging", "prod", "eu-prod")
        report(dict.fromkeys(names, "x" * 70000), differs=set(names))
        assert len((tmp_path / "body.md").read_text()) < 65_536


def test_zizmor_finds_nothing() -> None:
    command = [str(Path(sys.executable).with_name("zizmor")), "--offline", "--quiet", str(ROOT / ".github")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
