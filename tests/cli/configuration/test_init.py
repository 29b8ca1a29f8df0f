"""`make init` writes the environments of a user: asked for on a terminal, or by options alone."""

from __future__ import annotations

import io
import itertools
import os
import pty
import re
import shlex
import sys
from pathlib import Path

import pytest

from cli.configuration import init
from modules.validation import examples
from stacks.config import ExistingNetworkInputs, ExternalDnsInputs, NoDnsInputs, Route53DnsInputs, loader
from stacks.config.schema import Environment, S3State
from tests.cli.configuration.files import PROJECT, lint, texts
from tests.environments import frozen
from tests.support import cloudflare_dns

pytestmark = pytest.mark.thorough

ZONE = ["--zone-id", "a" * 32, "--zone-name", "acme.io"]
OWN = ["--project", "shop", "--account-id", "444444444444", *ZONE]


def run(directory: Path, *argv: str) -> int:
    return init.main(argv, directory=directory)


def loaded(directory: Path) -> dict[str, Environment]:
    return {each.name: each for each in loader.load(directory=directory).values()}


def test_the_examples_become_environments_of_ones_own(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(directory, *OWN, "--github-repository", "acme/shop", "--yes") == 0
    found = loaded(directory)
    assert [*found] == ["dev", "staging", "prod"]
    for name, environment in found.items():
        assert [*examples(environment)] == []
        assert (environment.project, environment.account_id) == ("shop", "444444444444")
        assert isinstance(environment.state, S3State)
        assert environment.state.bucket == "shop-tfstate-444444444444"
        repository = "444444444444.dkr.ecr.us-east-1.amazonaws.com/shop"
        assert environment.django_service.ecr_repository_url == repository
        assert cloudflare_dns(environment).zone_id == "a" * 32
        assert environment.hostname == f"{cloudflare_dns(frozen(name)).record_name}.acme.io"
        assert environment.network == frozen(name).network
    made = {name: each.bootstrap for name, each in found.items()}
    assert [each.state_bucket is None for each in made.values()] == [False, True, True]
    assert [each.ecr_repository is None for each in made.values()] == [False, True, True]
    assert [each.github and each.github.existing_provider for each in made.values()] == [False, True, True]
    said = capsys.readouterr().out
    assert said.count("None, because dev has it in the same account\n") == 4, "which is the one that makes it"
    lint(directory)


def asking(directory: Path) -> Path:
    """The directory with examples of who is told of alerts."""
    emails = ("oncall", "team")
    urgent, notices = (f'RecipientsInputs(emails=(Example("{name}@example.com"),))' for name in emails)
    alerts = f"    alerts=AlertsInputs(\n        urgent={urgent},\n        notices={notices},\n    ),\n"
    for name in ("dev", "staging", "prod"):
        file = directory / f"{name}.py"
        text = file.read_text().replace("    network=", f"{alerts}    network=")
        text = text.replace("import (\n", "import (\n    AlertsInputs,\n")
        file.write_text(text.replace("    RedisGroupInputs,\n", "    RecipientsInputs,\n    RedisGroupInputs,\n"))
    lint(directory)
    return directory


def told(directory: Path) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """The addresses of each environment: of what is urgent, and of notices."""
    alerts = {name: each.alerts for name, each in loaded(directory).items()}
    return {name: (each.urgent.emails, each.notices.emails) for name, each in alerts.items() if each}


def test_one_answer_says_who_is_told_of_everything_in_all_environments(
    directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(asking(directory), *OWN, "--yes") == 1
    said = "--alert-emails: is missing: give the e-mail addresses that its alerts go to, one or several\n"
    assert capsys.readouterr().err == said
    assert run(directory, *OWN, "--alert-emails", "", "--yes") == 1
    assert capsys.readouterr().err == said
    assert run(directory, *OWN, "--alert-emails", "ann@acme.io", "--yes") == 0
    assert told(directory) == dict.fromkeys(("dev", "staging", "prod"), (("ann@acme.io",),) * 2)
    assert [path for each in loaded(directory).values() for path in examples(each)] == []
    assert "  alerts.urgent.emails: ann@acme.io\n  alerts.notices.emails: ann@acme.io\n" in capsys.readouterr().out
    lint(directory)


def test_each_environment_may_tell_others_and_several(directory: Path) -> None:
    several = "dev=ann@acme.io,staging=ann@acme.io, bob@acme.io,prod=oncall@acme.io,ann+prod@acme.io,bob@acme.io"
    assert run(asking(directory), *OWN, "--alert-emails", several, "--yes") == 0
    assert {name: urgent for name, (urgent, _) in told(directory).items()} == {
        "dev": ("ann@acme.io",),
        "staging": ("ann@acme.io", "bob@acme.io"),
        "prod": ("oncall@acme.io", "ann+prod@acme.io", "bob@acme.io"),
    }
    lint(directory)


def test_whoever_is_told_already_is_told_on(directory: Path) -> None:
    run(asking(directory), *OWN, "--alert-emails", "ann@acme.io", "--yes")
    before = texts(directory)
    assert run(directory, "--yes", "--replace") == 0
    assert texts(directory) == before
    assert run(directory, "--alert-emails", "prod=oncall@acme.io", "--yes", "--replace") == 0
    assert told(directory) == {
        "dev": (("ann@acme.io",), ("ann@acme.io",)),
        "staging": (("ann@acme.io",), ("ann@acme.io",)),
        "prod": (("oncall@acme.io",), ("ann@acme.io",)),
    }


def test_an_environment_without_alerts_gets_them_where_somebody_is_named(directory: Path) -> None:
    assert run(directory, *OWN, "--yes") == 0
    assert told(directory) == {}
    assert run(directory, "--alert-emails", "prod=ann@acme.io", "--yes", "--replace") == 0
    assert told(directory) == {"prod": (("ann@acme.io",), ("ann@acme.io",))}
    lint(directory)


def test_the_command_of_the_documentation_is_a_line_that_works(directory: Path) -> None:
    page = (PROJECT / "docs" / "environments.md").read_text()
    (command,) = re.findall(r"^    (make init ARGS=.*--yes.*)$", page, re.MULTILINE)
    verb, goal, arguments = shlex.split(command)
    assert (verb, goal) == ("make", "init")
    assert run(directory, *shlex.split(arguments.removeprefix("ARGS="))) == 0
    assert [each.account_id for each in loaded(directory).values()] == ["1" * 12, "2" * 12, "3" * 12]


def test_they_are_renamed_with_what_their_names_are_in(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = texts(directory)
    assert run(directory, *OWN, "--environments", "dev,hml,prd", "--yes") == 0
    found = loaded(directory)
    assert texts(directory).keys() == {"__init__.py", "application.py", "dev.py", "hml.py", "prd.py"}
    assert (found["hml"].network, found["prd"].postgresql) == (frozen("staging").network, frozen("prod").postgresql)
    assert [cloudflare_dns(each).record_name for each in found.values()] == ["dev-api", "hml-api", "api"]
    assert cloudflare_dns(found["prd"]).zone_settings
    text = texts(directory)["prd.py"]
    assert text.splitlines()[0] == before["prod.py"].splitlines()[0]
    assert "    Example,\n" not in text
    said = capsys.readouterr().out
    assert f"{directory}/prd.py: made from prod.py\n  project: shop\n" in said
    assert f"{directory}/staging.py: removed\n" in said
    assert said.endswith("make bootstrap ENV=dev\n")


def test_sizes_are_those_of_the_examples_and_what_cannot_be_shared_differs(directory: Path) -> None:
    names = ["--environments", "qa,uat,eu", "--size", "uat=small,qa=small,eu=production"]
    own = ["--account-id", "qa=444444444444,uat=444444444444,eu=555555555555", "--region", "eu=eu-west-1"]
    assert run(directory, "--project", "shop", *ZONE, *names, *own, "--yes") == 0
    found = loaded(directory)
    assert [each.protected for each in found.values()] == [False, False, True]
    assert [each.network.cidr for each in found.values()] == [  # type: ignore[union-attr]
        *("10.10.0.0/16", "10.11.0.0/16", "10.30.0.0/16"),
    ]
    assert [cloudflare_dns(each).record_name for each in found.values()] == ["qa-api", "uat-api", "api"]
    assert [each.region for each in found.values()] == ["us-east-1", "us-east-1", "eu-west-1"]
    assert found["eu"].network.zones == ("eu-west-1a", "eu-west-1b", "eu-west-1c")
    assert ".dkr.ecr.eu-west-1.amazonaws.com/" in found["eu"].django_service.repository_url
    assert found["eu"].bootstrap.state_bucket
    lint(directory)


def test_dns_at_another_place_takes_the_place_of_the_examples(
    directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    zone = ["--dns", "route53", "--zone-id", "Z111111QQQQQQQ", "--zone-name", "acme.io"]
    assert run(directory, *OWN[:4], *zone, "--yes") == 0
    for name, environment in loaded(directory).items():
        record = cloudflare_dns(frozen(name)).record_name
        assert environment.dns == Route53DnsInputs(zone_id="Z111111QQQQQQQ", zone_name="acme.io", record_name=record)
        assert "Cloudflare" not in texts(directory)[f"{name}.py"]
    lint(directory)
    assert "  dns: Route 53, in place of Cloudflare with all that it had\n" in capsys.readouterr().out


def test_dns_at_another_place_takes_that_of_a_variation_on_one_line(directory: Path) -> None:
    (directory / "common.py").write_text((directory / "dev.py").read_text().replace("ENVIRONMENT =", "BASE ="))
    head = '"""As the base."""\n\nfrom stacks.config import vary\n\nfrom .common import BASE\n\n'
    zone = ["--zone-id", "Z111111QQQQQQQ", "--zone-name", "acme.io", "--record-name", "api"]
    for kind in (["route53", *zone], ["external", "--hostname", "api.acme.io"]):
        (directory / "dev.py").write_text(f'{head}ENVIRONMENT = vary(BASE, name="dev")\n')
        assert run(directory, "--environments", "dev", *OWN[:4], "--dns", *kind, "--replace", "--yes") == 0
        assert [each.hostname for each in loaded(directory).values()] == ["api.acme.io"]
        lint(directory)


def test_each_kind_of_dns_says_which_zone_is_meant(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for kind, zone in (("cloudflare", "zone at Cloudflare"), ("route53", "hosted zone in Route 53")):
        assert run(directory, *OWN[:4], "--dns", kind, "--yes") == 1
        said = capsys.readouterr().err
        assert f"--zone-id: is missing: give the id of the {zone}\n" in said
        assert f"--zone-name: is missing: give the name of the {zone}, as example.com\n" in said
    with pytest.raises(SystemExit):
        run(directory, "--help")
    said = " ".join(capsys.readouterr().out.split())
    assert "--zone-id VALUE id of the zone at Cloudflare; id of the hosted zone in Route 53 --zone-name" in said


def test_records_that_somebody_else_makes_are_asked_by_their_full_names(
    directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere = [*OWN[:4], "--dns", "external", "--environments", "dev,prod"]
    assert run(directory, *elsewhere, "--yes") == 1
    assert capsys.readouterr().err == "--hostname: is missing: give the full name, as api.example.com\n"
    assert run(directory, *elsewhere, "--hostname", "dev=dev.acme.io,prod=acme.io", "--yes") == 0
    assert [each.dns for each in loaded(directory).values()] == [
        ExternalDnsInputs(hostname="dev.acme.io"),
        ExternalDnsInputs(hostname="acme.io"),
    ]
    lint(directory)
    assert run(directory, "--environments", "dev,prd", "--yes", "--replace") == 0
    assert loaded(directory)["prd"].dns == ExternalDnsInputs(hostname="acme.io")


def test_a_first_trial_needs_no_domain_and_gets_one_later(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trial = [*OWN[:4], "--environments", "dev", "--dns", "none"]
    assert run(directory, *trial, "--yes") == 0
    assert [each.dns for each in loaded(directory).values()] == [NoDnsInputs()]
    lint(directory)
    capsys.readouterr()
    later = ["--environments", "dev", "--dns", "route53", "--zone-id", "Z1", "--zone-name", "acme.io"]
    assert run(directory, *later, "--yes", "--replace") == 1
    assert capsys.readouterr().err == "--record-name: is missing: give the name within the zone\n"
    assert run(directory, *later, "--record-name", "api", "--yes", "--replace") == 0
    assert [each.hostname for each in loaded(directory).values()] == ["api.acme.io"]
    lint(directory)


def test_further_names_stay_with_an_environment_that_is_renamed(directory: Path) -> None:
    run(directory, *OWN, "--yes")
    file = directory / "prod.py"
    names = '        further_hostnames=(HostnameInputs(hostname="acme.io", redirect=True),),\n'
    text = file.read_text().replace('        record_name="api",\n', f'        record_name="api",\n{names}')
    file.write_text(text.replace("    NetworkInputs,\n", "    HostnameInputs,\n    NetworkInputs,\n"))
    assert (
        run(directory, "--environments", "dev,staging,prd,eu", "--size", "prd=prod,eu=prod", "--yes", "--replace") == 0
    )
    found = loaded(directory)
    assert [len(each.further_hostnames) for each in found.values()] == [0, 0, 1, 0]
    assert [each.hostname for each in found.values()][2:] == ["api.acme.io", "eu-api.acme.io"]
    assert "HostnameInputs" not in (directory / "eu.py").read_text()


def test_a_shared_vpc_stays_with_the_environment_that_makes_it(directory: Path) -> None:
    run(directory, *OWN, "--yes")
    file = directory / "dev.py"
    text, ids = file.read_text(), '"subnet-0000000{0}", "subnet-1111111{0}"'
    tiers = "".join(
        f"{tier}_subnet_ids=({ids.format(n)}), " for n, tier in enumerate(("public", "private", "database"))
    )
    guest = f'ExistingNetworkInputs(vpc_id="vpc-01234567", vpc_cidr="10.30.0.0/16", made_by="prod", {tiers})'
    start, end = text.index("network=NetworkInputs("), text.index("    postgresql=")
    file.write_text(
        f"{text[:start]}network={guest},\n{text[end:]}".replace("    NetworkInputs,\n", "    ExistingNetworkInputs,\n")
    )
    assert run(directory, "--environments", "dev,staging,prd", "--yes", "--replace") == 0
    found = loaded(directory)
    assert [each.network.made_by for each in found.values() if isinstance(each.network, ExistingNetworkInputs)] == [
        "prd"
    ]
    assert found["prd"].network == frozen("prod").network


def test_one_size_for_all_makes_no_other_of_an_environment_that_is_ones_own(
    directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(directory, *OWN, "--yes")
    before, account = (
        texts(directory)["prod.py"],
        ["--account-id", "prod=777777777777,dev=444444444444,qa=444444444444"],
    )
    options = ["--environments", "dev,qa,prod", "--size", "small", "--project", "shop", *ZONE, "--replace", "--yes"]
    assert run(directory, *options) == 0
    assert loaded(directory)["qa"].protected is False
    assert texts(directory)["prod.py"] == before
    assert run(directory, *options[:2], *account, "--size", "prod=small", *options[4:]) == 0
    assert loaded(directory)["prod"].protected is False


def test_what_is_protected_has_dns_and_is_told_so_before_anything_else(
    directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(directory, "--environments", "trial,live", "--dns", "none", "--yes") == 1
    assert capsys.readouterr().err == (
        "--dns: live would be protected, and needs DNS: pass --size live=small, or another --dns\n"
    )


def test_all_that_is_missing_is_named_at_once(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = texts(directory)
    assert run(directory, "--environments", "dev,prd", "--account-id", "dev=444444444444", "--yes") == 1
    out, err = capsys.readouterr()
    assert err.splitlines() == [
        "--account-id prd=…: is missing: give the AWS account, by its 12 digits",
        "--zone-id: is missing: give the id of the zone at Cloudflare",
        "--zone-name: is missing: give the name of the zone at Cloudflare, as example.com",
    ]
    assert (out, texts(directory)) == ("", before)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--project", "Shop"], "--project dev: project: 'Shop' is no name: use 2 to 28 of a-z, 0-9 and single"),
        (["--zone-id", "1"], "--zone-id dev: cloudflare_dns.zone_id: '1' is not a zone id: copy its 32 digits"),
        (["--account-id", "1"], "--account-id dev: account_id: '1' is no AWS account id: write its 12 digits"),
        (["--region", "cn-north-1"], "--region dev: region: cn-north-1 is outside of the partition aws: choose a"),
        (["--github-repository", "x"], "--github-repository dev: bootstrap.github.repository: 'x' is no repository"),
        (["--size", "large"], "--size: 'large' is no size: use one of small, production, dev, staging, prod\n"),
        (["--size", "qa=small"], "--size: 'qa' is none of the environments: use dev, staging, prod\n"),
        (["--environments", "dev,Prod"], "--environments: 'Prod' is no name: use 2 to 28 of a-z"),
        (["--environments", "dev,no"], "--environments: no is a word of the workflows or of YAML: choose another name"),
        (["--environments", "dev,dev"], "--environments: dev is named twice: name it once\n"),
        (["--environments", "dev,common"], "--environments: common.py is another file of {directory}: choose another"),
        (["--environments", ","], "--environments: there is none: name one\n"),
        (["--environments", ""], "--environments: there is none: name one\n"),
        (["--size", ""], "--size: is empty: give a value, or leave it out\n"),
        (["--project", ""], "--project: is empty: give a value, or leave it out\n"),
        (["--account-id", " "], "--account-id: is empty: give a value, or leave it out\n"),
        (["--account-id", f"dev={'1' * 12},prod="], "--account-id prod: is empty: give a value, or leave it out\n"),
        (["--region", "dev=eu-west-1,prod"], "--region prod: is empty: give a value, or leave it out\n"),
        (["--zone-id", ""], "--zone-id: is empty: give a value, or leave it out\n"),
        (["--state-bucket", ""], "--state-bucket: is empty: give a value, or leave it out\n"),
        (["--image-repository", "prod="], "--image-repository prod: is empty: give a value, or leave it out\n"),
        (["--account-id", f"dev={'1' * 12},dev={'2' * 12}"], "--account-id: dev is named twice: name it once\n"),
        (["--hostname", "api.acme.io"], "--hostname: is not asked where DNS is cloudflare: remove it, or choose"),
        (
            ["--alert-emails", "ann"],
            "--alert-emails dev: alerts.urgent.emails: 'ann' is no e-mail address: write it as",
        ),
        (["--alert-emails", "ann@acme.io,Ann@acme.io"], "--alert-emails dev: alerts.urgent.emails: one is named twice"),
        (["--alert-emails", "prod=ann@acme.io,bob"], "--alert-emails prod: alerts.urgent.emails: 'bob' is no e-mail"),
        (["--alert-emails", "qa=ann@acme.io"], "--alert-emails: 'qa' is none of the environments: use dev, staging"),
        (["--record-name", "api"], "{directory}/staging.py: cloudflare_dns.record_name: api.acme.io is the name of "),
    ],
)
def test_a_wrong_value_leaves_all_as_it_was(
    options: list[str], said: str, directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (directory / "common.py").write_text("")
    before = texts(directory)
    given = {**dict(zip(OWN[::2], OWN[1::2], strict=True)), **dict([options])}
    assert run(directory, *itertools.chain(*given.items()), "--yes") == 1
    out, err = capsys.readouterr()
    assert err.startswith(said.format(directory=directory))
    assert (out, texts(directory)) == ("", before)


def test_all_that_is_empty_is_named_at_once_but_what_is_optional_may_be(
    directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = ["--project", "", "--account-id", "dev=,dev=,prod=", "--zone-id", "", "--state-bucket", "prod="]
    assert run(directory, *empty, "--zone-name", "acme.io", "--yes") == 1
    assert capsys.readouterr().err.replace(": is empty: give a value, or leave it out", "").splitlines() == [
        "--project",
        "--account-id dev",
        "--account-id: dev is named twice: name it once",
        "--account-id prod",
        "--zone-id",
        "--state-bucket prod",
    ]
    assert run(directory, *OWN, "--github-repository", "", "--yes") == 0
    assert {each.bootstrap.github for each in loaded(directory).values()} == {None}


def test_nothing_is_written_without_consent(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = texts(directory)
    assert run(directory, *OWN) == 1
    assert capsys.readouterr().err == "init: there is no terminal to ask for consent: pass --yes\n"
    assert texts(directory) == before


def test_files_without_an_example_are_replaced_only_where_that_is_said(
    directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(directory, *OWN, "--yes")
    before = texts(directory)
    capsys.readouterr()
    rename = ["--environments", "dev,hml,prd", "--yes"]
    assert run(directory, *rename) == 1
    assert capsys.readouterr().err.splitlines()[1] == (
        f"{directory}/staging.py: has no example left: pass --replace to write another in its place"
    )
    assert texts(directory) == before
    assert run(directory, *rename, "--replace") == 0
    found = loaded(directory)
    assert {each.account_id for each in found.values()} == {"444444444444"}, "what they have is kept"
    assert texts(directory)["prd.py"] == before["prod.py"].replace('name="prod"', 'name="prd"')


def test_what_they_have_already_is_nothing_to_do(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(directory, *OWN, "--github-repository", "acme/shop", "--yes")
    before = texts(directory)
    capsys.readouterr()
    assert run(directory, "--yes", "--replace") == 0
    assert texts(directory) == before
    assert [line.partition(": ")[2] for line in capsys.readouterr().out.splitlines()[:3]] == ["as it is"] * 3


def conversation(answers: list[str], monkeypatch: pytest.MonkeyPatch, directory: Path, *argv: str) -> int:
    """Type these answers on a terminal, each on a line."""
    ours, theirs = pty.openpty()
    os.write(ours, "".join(f"{answer}\n" for answer in answers).encode() + b"\x04")
    with os.fdopen(theirs, "r+b", buffering=0) as raw, io.TextIOWrapper(raw) as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)
        code = run(directory, *argv)
    os.close(ours)
    return code


def test_a_terminal_asks_for_what_no_option_says_until_nothing_is_wrong(
    directory: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = [
        *("dev prd", "production", "cloud", "cloudflare", "shop", ""),  # names, size, DNS, project, region
        *("44", "444444444444", ""),  # accounts: a wrong one, and the same again
        *("", "ann", "ann@acme.io bob@acme.io", ""),  # addresses: none, a wrong one, two, and the same again
        *("acme/shop", "a" * 32, "acme.io", "", ""),
        "yes",
    ]
    assert conversation(answers, monkeypatch, asking(directory)) == 0, capsys.readouterr()
    found = loaded(directory)
    assert [*found] == ["dev", "prd"]
    assert {each.account_id for each in found.values()} == {"444444444444"}
    assert [each.hostname for each in found.values()] == ["dev-api.acme.io", "api.acme.io"]
    said = capsys.readouterr().out
    assert told(directory) == dict.fromkeys(found, (("ann@acme.io", "bob@acme.io"),) * 2)
    assert "dev: e-mail addresses that its alerts go to, one or several:   an answer is needed\n" in said
    assert "prd: e-mail addresses that its alerts go to, one or several [ann@acme.io bob@acme.io]: " in said
    assert "  alerts.urgent.emails: 'ann' is no e-mail address: " in said
    assert "\nProject, which opens" in said.replace(": ", ":\n")
    assert "acme/django (none if empty): " in said
    assert "  use one of cloudflare, route53, external, none\n" in said
    assert "prd: its AWS account, by its 12 digits [444444444444]: " in said
    assert "bootstrap.state_bucket: None, because dev has it in the same account\n" in said
    assert "  account_id: '44' is no AWS account id: write its 12 digits\n" in said


@pytest.mark.parametrize("answers", [["no"], [""], []])
def test_any_answer_but_yes_changes_nothing(
    answers: list[str], directory: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = texts(directory)
    given = [*OWN, "--environments", "dev", "--region", "us-east-1", "--dns", "cloudflare", "--record-name", "api"]
    given += ["--github-repository", "acme/shop", "--alert-emails", ""]
    assert conversation(answers, monkeypatch, directory, *given) == 1
    assert capsys.readouterr().err == "init: not confirmed: nothing was changed\n"
    assert texts(directory) == before


def test_a_terminal_that_is_closed_changes_nothing(
    directory: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = texts(directory)
    assert conversation(["dev"], monkeypatch, directory) == 1
    assert capsys.readouterr().err == "init: no answer: nothing was changed\n"
    assert texts(directory) == before
