"""What an environment's verbs need is named at once, by verb, in bounded time and without a change."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from moto import mock_aws

from cli.__main__ import VERBS
from cli.deploy import doctor
from cli.deploy.doctor import CHECKS, Check, Place, by_verb
from cli.rehearsal import ENDPOINT
from cli.text import one_line
from modules.external_dns.inputs import ExternalDnsInputs
from modules.network.inputs import NetworkInputs
from stacks.config import BootstrapInputs, GithubOidcInputs, SessionInputs
from stacks.config.schema import Environment, S3State
from tests import configurations
from tests.cli.deploy.test_prerequisites import ACCOUNT, BUCKET, tool
from tests.environments import DIRECTORY, frozen
from tests.support import cloudflare_dns, environment

PROJECT = Path(__file__).parents[3]
VERBS_PAGE = PROJECT / "docs" / "verbs.md"
NOWHERE = {
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    "AWS_CONFIG_FILE": "/dev/null",
}


# How long a check takes says more of what else runs on the machine than of what is tested.
PATIENT = 600.0


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "PATIENCE_SECONDS", PATIENT)


def examine(checks: list[Check], place: Place, patience_seconds: float = PATIENT) -> list[tuple[list[str], str]]:
    return doctor.examine(checks, place, patience_seconds)


def named(*names: str) -> list[Check]:
    return [check for check in CHECKS if check.name in names]


def test_the_table_of_the_verbs_is_that_of_the_code() -> None:
    assert f"\n\n{by_verb()}\n\n" in VERBS_PAGE.read_text(), f"write there:\n{by_verb()}"


def test_only_verbs_that_there_are_need_something() -> None:
    makefile = re.findall(r"^([a-z-]+):.*## ", (PROJECT / "Makefile").read_text(), re.MULTILINE)
    assert {*doctor.VERBS} <= {*VERBS, *makefile}


def test_each_verb_that_acts_on_an_environment_is_asked_about() -> None:
    # What comes without: the one that asks, and those about files and GitHub.
    without = {
        "doctor",
        "init",
        "environment",
        "describe",
        "diff-environments",
        "comment",
        "prices",
        "ip-ranges",
        "rds-authorities",
        "lock",
        "cdk-terrain",
    }
    assert {*doctor.VERBS} == {*VERBS, "synth"} - without


def test_what_sessions_need_is_looked_for_where_there_are_any(offline: Path) -> None:
    service = replace(environment().django_service, session=SessionInputs())
    place = Place(environment(django_service=service), {})
    checks = named("Session Manager plugin", "psql")
    assert [problems for problems, _ in examine(checks, place)] == [
        ["session-manager-plugin is not on PATH: install it from AWS"],
        ["psql is not on PATH: install the client of PostgreSQL 14 or later"],
    ]
    tool(offline, "session-manager-plugin", "")
    tool(offline, "psql", "echo 'psql (PostgreSQL) 17.2'")
    assert [problems for problems, _ in examine(checks, place)] == [[], []]


@pytest.mark.parametrize("verb", ["console", "psql", "port-forward"])
def test_an_environment_without_sessions_is_told_how_to_have_them_where_somebody_asks(verb: str) -> None:
    (check,) = named("sessions")
    remedy = "django_service.session: is None: add session=SessionInputs() and deploy"
    without = environment()
    assert examine([check], Place(without, {})) == [([f"stacks/config/test.py: {remedy}"], "")]
    assert check.only_if_asked
    assert verb in check.verbs


@pytest.fixture
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without credentials and token, whose PATH is this directory."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "CLOUDFLARE_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name, value in NOWHERE.items():
        monkeypatch.setenv(name, value)
    tools = tmp_path / "bin"
    tools.mkdir()
    monkeypatch.setenv("PATH", str(tools))
    return tools


def test_all_that_is_missing_is_named_at_once(offline: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor.main(["dev"], directory=DIRECTORY) == 1
    out, err = capsys.readouterr()
    text = here(out)
    for said in ("terraform: is not on PATH", "session-manager-plugin is not on PATH", "docker: is not on PATH"):
        assert said in text
    for said in (
        "AWS: no credentials",
        "CLOUDFLARE_API_TOKEN is not set",
        "account_id: is an example",
        "git: there is",
        "redis-server: is not installed",
    ):
        assert said in text
    assert "not asked: account_id is an example" in text
    assert "\nStates: s3://example-tfstate-111111111111/django/dev/<unit>/terraform.tfstate\n" in out
    assert err == "dev: 9 of 17 missing, see above\n"


def test_one_verb_needs_no_more_than_its_own(offline: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor.main(["dev", "--verb", "synth"], directory=DIRECTORY) == 0
    out, err = capsys.readouterr()
    assert re.findall(r"│ (\w[\w ]*?) +│ there ", out) == ["Python", "Node"]
    assert err == ""


def test_a_verb_that_an_environment_cannot_have_is_told_to_who_asks_for_it_alone(
    offline: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tool(offline, "openssl", "")
    dns = ExternalDnsInputs(hostname="api.example.com")
    configurations.write(offline, replace(environment(), cloudflare_dns=None, dns=dns))
    assert doctor.main(["test", "--verb", "origin-certificate"], directory=offline) == 1
    out, err = capsys.readouterr()
    said = "test.py: dns: is not at Cloudflare, which alone shows a certificate: use CloudflareDnsInputs"
    assert said in here(out)
    assert err.startswith("test: 1 of ")
    doctor.main(["test"], directory=offline)
    assert said not in here(capsys.readouterr().out)


def here(out: str) -> str:
    """What the table says to be here, and missing."""
    return " ".join(line.split("│")[2].strip() for line in out.splitlines() if line.startswith("│"))


def test_a_rehearsal_needs_the_bucket_of_states_and_nothing_of_an_account(
    offline: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Place, "ask", lambda *_: ["asked"])
    monkeypatch.setattr(Place, "wrong_account", [])
    found = examine([*CHECKS], Place(frozen("dev"), {"REHEARSAL": "yes", "AWS_ENDPOINT_URL": ENDPOINT}))
    said = {check.name: why for check, (_, why) in zip(CHECKS, found, strict=True)}
    asked = [check.name for check, (problems, _) in zip(CHECKS, found, strict=True) if problems == ["asked"]]
    assert {name for name, why in said.items() if why == "not needed in a rehearsal"} == {
        *("values of your own", "image repository", "Cloudflare token", "hosted zone", "ECS cluster", "Docker"),
        *("git commit", "sessions", "Session Manager plugin", "psql", "git remote"),
    }
    assert asked == ["bucket of states"]


def test_what_github_has_is_said_not_to_be_looked_at(offline: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "GitHub" not in capsys.readouterr().out
    github = BootstrapInputs(github=GithubOidcInputs(repository="acme/shop"))
    configurations.write(offline, replace(environment(), bootstrap=github))
    doctor.main(["test", "--verb", "synth"], directory=offline)
    said = "Not looked at: variables and secrets of GitHub. Compare `gh variable list`, `gh variable list --env test`"
    assert said in capsys.readouterr().out


PROFILE = "sign in, or set AWS_PROFILE to a profile that works"


@pytest.mark.parametrize(
    ("config", "what", "remedy"),
    [
        ("", "The config profile (nope) could not be found", PROFILE),
        ("no section", "Unable to parse config file: {config}", PROFILE),
        (
            "[profile nope]\ncredential_process = /nowhere/login\n",
            "[Errno 2] No such file or directory: '/nowhere/login'",
            "correct credential_process in AWS's config file",
        ),
    ],
)
def test_credentials_that_cannot_be_had_are_one_line(
    config: str, what: str, remedy: str, offline: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = offline / "config"
    file.write_text(config)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(file))
    monkeypatch.setenv("AWS_PROFILE", "nope")
    said = one_line(what.format(config=file), 120)
    line = f"AWS: no credentials that work ({said}): {remedy}"
    assert examine(named("AWS credentials"), place(environment())) == [([line], "")]


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Credentials of an account that has a bucket, and no repository."""
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with mock_aws():
        place(environment()).ask(lambda _, session: [session.client("s3").create_bucket(Bucket=BUCKET) and ""])
        yield


def place(given: Environment) -> Place:
    return Place(given, {})


AWS = ("AWS credentials", "bucket of states", "image repository")


@pytest.mark.thorough
def test_aws_is_asked_as_before_a_deployment(account: None) -> None:
    there = environment(account_id=ACCOUNT, state=S3State(bucket=BUCKET))
    credentials, bucket, repository = examine(named(*AWS), place(there))
    assert (credentials, bucket) == (([], ""), ([], ""))
    assert repository == (["ecr_repository_url: there is no repository django: run `make bootstrap ENV=test`"], "")
    elsewhere = replace(there, account_id="999999999999")
    credentials, *others = examine(named(*AWS), place(elsewhere))
    assert credentials[0][0].startswith(f"AWS: the credentials are of account {ACCOUNT}, test is 999999999999: ")
    assert others == [([], "not asked: there are no credentials of the account")] * 2


def test_nobody_is_asked_about_what_is_an_example() -> None:
    made_up = Place(frozen("dev"), {"CLOUDFLARE_API_TOKEN": "x"})
    assert [why for _, why in examine(named(*AWS[1:], "Cloudflare token"), made_up)] == [
        "not asked: account_id is an example",
        "not asked: account_id is an example",
        "not asked: the zone is an example",
    ]


def test_what_an_environment_does_without_is_not_looked_at() -> None:
    checks = named("bucket of states", "Session Manager plugin", "psql", "git remote")
    assert [why for _, why in examine(checks, place(environment()))] == [
        "the state is in a directory",
        "runtime.execute_command is off, and session is None",
        "session is None",
        "bootstrap.github is None",
    ]


def test_what_does_not_answer_keeps_nobody_waiting() -> None:
    slow = Check(name="slow", verbs=(), find=lambda _: time.sleep(60) or ())  # type: ignore[func-returns-value]
    started = time.monotonic()
    found = examine([slow, *named("Python")], place(environment()), patience_seconds=0.2)
    assert found == [(["slow: did not answer within 0 s: try again"], ""), ([], "")]
    assert time.monotonic() - started < 10


def test_a_check_that_breaks_keeps_no_other_from_its_answer() -> None:
    def broken(_: Place) -> list[str]:
        raise ValueError("no")

    found = examine([Check(name="broken", verbs=(), find=broken), *named("Python")], place(environment()))
    assert found == [(["broken: ValueError: no: this is a bug: please report it"], ""), ([], "")]


def test_an_old_python_and_a_node_that_cannot_be_started_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.version_info", (3, 10, 1))
    monkeypatch.setenv("JSII_NODE", "/no/such/node")
    remedy = "use 3.11.2 or later, 3.12 or 3.13, as `make PYTHON=python3.13`"
    assert examine(named("Python", "Node"), place(environment())) == [
        ([f"python: is version 3.10.1: {remedy}"], ""),
        (["node: /no/such/node cannot be started: install Pipfile.lock by `make synth`, or correct JSII_NODE"], ""),
    ]


def remotes_of_acme_shop(directory: Path, script: str | None) -> list[str]:
    """What is said of the remotes that `git` prints, where the workflows of acme/shop deploy."""
    (check,) = named("git remote")
    if script is not None:
        tool(directory, "git", script)
    bootstrap = BootstrapInputs(github=GithubOidcInputs(repository="acme@1234/shop@5678"))
    return [*check.find(place(environment(bootstrap=bootstrap)))]


def test_a_project_without_a_remote_cannot_run_its_workflows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    said = ["git: there is no remote: push the project to GitHub, where its workflows run"]
    for script in (None, "true"):
        assert remotes_of_acme_shop(tmp_path, script) == said


@pytest.mark.parametrize(
    ("url", "is_there"),
    [
        ("git@github.com:acme/shop.git", True),
        ("https://github.com/Acme/Shop", True),
        ("ssh://git@work/acme/shop.git", True),
        ("https://github.com/acme/shop-2", False),
        ("https://github.com/evilacme/shop", False),
        ("/srv/git/acme/shop.git", False),
        ("file:///srv/git/acme/shop", False),
    ],
)
def test_the_remote_is_the_repository_whose_workflows_deploy(
    url: str, is_there: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    said = ["git: no remote is acme/shop of GitHub: add that remote, or correct bootstrap.github"]
    script = f"printf 'up\\t/elsewhere (fetch)\\norigin\\t{url} (push)\\n'"
    assert remotes_of_acme_shop(tmp_path, script) == ([] if is_there else said)


def test_an_account_that_another_environment_shares_is_a_warning_and_nothing_missing(
    offline: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = environment()
    network = NetworkInputs(cidr="10.99.0.0/16", zones=("us-east-1a", "us-east-1b"))
    other = environment(name="other", network=network, cloudflare_dns=cloudflare_dns(record_name="other"))
    configurations.write(offline, one, other)
    assert doctor.main(["test", "--verb", "synth"], directory=offline) == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("Warning: ")]
    assert line.startswith(f"Warning: {offline}/test.py, {offline}/other.py: account_id: share the account")
    configurations.write(offline, one, replace(other, account_id="999999999999"))
    doctor.main(["test", "--verb", "synth"], directory=offline)
    assert "Warning: " not in capsys.readouterr().out
