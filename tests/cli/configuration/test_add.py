"""A new environment is a valid file made from another, and nothing is written where it cannot be."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from cli.configuration import add
from stacks.config import (
    AlertsInputs,
    BootstrapInputs,
    Example,
    ExistingNetworkInputs,
    ExternalDnsInputs,
    GithubOidcInputs,
    HostnameInputs,
    RecipientsInputs,
    Route53DnsInputs,
    SlackChannelInputs,
    loader,
)
from stacks.config.schema import DnsInputs, Environment, S3State
from tests import configurations
from tests.cli.configuration.files import lint, texts
from tests.configurations import changed
from tests.environments import frozen
from tests.support import cloudflare_dns, environment

pytestmark = pytest.mark.thorough


def loaded(directory: Path) -> dict[str, Environment]:
    return {each.name: each for each in loader.load(directory=directory).values()}


def test_it_is_its_model_but_for_what_the_two_cannot_share(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = (directory / "dev.py").read_text()
    assert add.main(["qa", "--from", "dev"], directory=directory) == 0
    expected = (
        model.replace('name="dev"', 'name="qa"')
        .replace("10.10.0.0/16", "10.11.0.0/16")
        .replace('"dev-api"', '"qa-api"')
        .replace("    BeatInputs,\n", "    BeatInputs,\n    BootstrapInputs,\n")
    )
    end = "    bootstrap=BootstrapInputs(state_bucket=None, ecr_repository=None),\n)\n"
    assert (directory / "qa.py").read_text() == expected.removesuffix(")\n") + end
    assert (directory / "dev.py").read_text() == model
    lint(directory)
    assert (
        capsys.readouterr().out
        == f"""\
{directory}/qa.py: made from dev, and listed after it
  cloudflare_dns.record_name: qa in place of dev
  network.cidr: 10.11.0.0/16, because 10.10.0.0/16 overlaps that of dev
  bootstrap.state_bucket: None, because dev has it in the same account
  bootstrap.ecr_repository: None, because dev has it in the same account
Next: look at the file, and put your own values where Example(...) stands; then
  make plan ENV=qa ARGS=--offline
  make snapshots
  make cost ENV=qa
"""
    )


def test_in_another_region_it_has_the_zones_and_the_repository_of_that_and_the_bucket_where_it_is(
    directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert add.main(["eu", "--from", "prod", "--region", "eu-west-1"], directory=directory) == 0
    found, model = loaded(directory)["eu"], loaded(directory)["prod"]
    assert found.region == "eu-west-1"
    assert found.network.zones == ("eu-west-1a", "eu-west-1b", "eu-west-1c")
    assert found.django_service.ecr_repository is not None
    assert found.django_service.ecr_repository.region == "eu-west-1"
    assert isinstance(found.state, S3State)
    assert isinstance(model.state, S3State)
    assert (found.state.bucket, found.state.region) == (model.state.bucket, "us-east-1")
    assert (
        "state.region: us-east-1, where the bucket is: if that region is lost, so are these states: docs/"
        in capsys.readouterr().out
    )
    lint(directory)


def test_zones_that_stand_in_another_file_are_those_of_the_region_too(directory: Path) -> None:
    (directory / "common.py").write_text((directory / "prod.py").read_text().replace("ENVIRONMENT =", "BASE ="))
    head = '"""As the base."""\n\nfrom stacks.config import vary\n\nfrom .common import BASE\n\n'
    (directory / "prod.py").write_text(f"{head}ENVIRONMENT = vary(\n    BASE,\n    protected=False,\n)\n")
    assert add.main(["eu", "--from", "prod", "--region", "eu-west-1"], directory=directory) == 0
    made = loaded(directory)["eu"]
    assert (made.region, made.network.zones) == ("eu-west-1", ("eu-west-1a", "eu-west-1b", "eu-west-1c"))


def test_what_no_other_region_takes_is_named_with_the_file_that_has_it_and_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = "arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef"
    model = environment()
    configurations.write(tmp_path, replace(model, postgresql=replace(model.postgresql, kms_key_arn=key)))
    assert add.main(["eu", "--from", "test", "--region", "eu-west-1"], directory=tmp_path) == 1
    file = loader.shown(tmp_path / "test.py")
    field, rest = capsys.readouterr().err.splitlines()
    assert field == (
        f"{file}, in eu-west-1: postgresql.kms_key_arn: the key is of us-east-1, the environment of eu-west-1: "
        "give a key of the same region"
    )
    assert rest == (
        f"environment: nothing was written: copy {file} to {loader.shown(tmp_path / 'eu.py')}, change these there, and "
        "list it in __init__.py; or choose another --from"
    )
    assert not (tmp_path / "eu.py").exists()


def test_a_network_and_a_cluster_that_exist_in_one_region_are_not_taken_to_another(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    service = environment().django_service
    model = environment(
        network=ExistingNetworkInputs(
            vpc_id="vpc-0123456789abcdef0",
            vpc_cidr="10.0.0.0/16",
            public_subnet_ids=("subnet-00000001", "subnet-00000002"),
            private_subnet_ids=("subnet-00000003", "subnet-00000004"),
            database_subnet_ids=("subnet-00000005", "subnet-00000006"),
        ),
        django_service=replace(service, cluster=replace(service.cluster, existing="shared")),
    )
    configurations.write(tmp_path, model)
    assert add.main(["eu", "--from", "test", "--region", "eu-west-1"], directory=tmp_path) == 1
    assert capsys.readouterr().err == (
        "--region: network and django_service.cluster.existing of test exist in us-east-1 alone: copy its file by "
        "hand, and name those of eu-west-1, or choose another --from\n"
    )
    assert not (tmp_path / "eu.py").exists()


@pytest.mark.parametrize(("options", "is_left_out"), [((), True), (("--account-id", "444444444444"), False)])
def test_a_channel_that_the_account_takes_once_stays_with_its_environment(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], *, options: tuple[str, ...], is_left_out: bool
) -> None:
    channel = SlackChannelInputs(workspace_id="T0123456789", channel_id="C0123456789")
    alerts = AlertsInputs(urgent=RecipientsInputs(emails=("ann@example.com",)), chat={"ops": channel})
    configurations.write(tmp_path, environment(alerts=alerts))
    assert add.main(["qa", "--from", "test", *options], directory=tmp_path) == 0
    made = loaded(tmp_path)["qa"].alerts
    assert made is not None
    assert made == (replace(alerts, chat=None) if is_left_out else alerts)
    note = "alerts.chat: left out, because test has its channels in the same account\n"
    assert (note in capsys.readouterr().out) is is_left_out


def test_alerts_that_wake_a_channel_alone_are_left_out_with_it_and_that_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    channel = SlackChannelInputs(workspace_id="T0123456789", channel_id="C0123456789")
    configurations.write(tmp_path, environment(alerts=AlertsInputs(urgent=RecipientsInputs(), chat={"ops": channel})))
    assert add.main(["qa", "--from", "test"], directory=tmp_path) == 0
    assert loaded(tmp_path)["qa"].alerts is None
    assert "alerts: left out, because only a channel is woken by it, which test has in" in capsys.readouterr().out


def test_what_another_file_names_of_the_old_region_is_listed_and_prices_of_the_new_one_come_first(
    directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (directory / "prod.py").read_text().replace("ENVIRONMENT =", "BASE =")
    (directory / "common.py").write_text(
        text.replace("= Environment(\n", '= Environment(\n    owner="us-east-1 team",\n')
    )
    head = '"""As the base."""\n\nfrom stacks.config import vary\n\nfrom .common import BASE\n\n'
    (directory / "prod.py").write_text(f"{head}ENVIRONMENT = vary(\n    BASE,\n    protected=False,\n)\n")
    assert add.main(["eu", "--from", "prod", "--region", "sa-east-1"], directory=directory) == 0
    out = capsys.readouterr().out
    assert "  owner: 'us-east-1 team' names us-east-1: change it if eu differs\n" in out
    assert "then\n  make prices REGION=sa-east-1\n  make plan ENV=eu" in out


def test_a_repository_that_bootstrap_does_not_make_stays_where_it_is(tmp_path: Path) -> None:
    model = environment(bootstrap=BootstrapInputs(ecr_repository=None))
    configurations.write(tmp_path, model)
    assert add.main(["eu", "--from", "test", "--region", "eu-west-1"], directory=tmp_path) == 0
    made = loaded(tmp_path)["eu"].django_service
    assert made.ecr_repository_url == model.django_service.ecr_repository_url


def test_a_repository_that_stands_for_ones_own_still_does_in_another_region(directory: Path) -> None:
    text = (directory / "prod.py").read_text()
    url = str(loaded(directory)["prod"].django_service.ecr_repository_url)
    (directory / "prod.py").write_text(
        text.replace(f'"{url}"', f'Example("{url}")').replace("    Environment,\n", "    Environment,\n    Example,\n")
    )
    assert add.main(["eu", "--from", "prod", "--region", "eu-west-1"], directory=directory) == 0
    made = loaded(directory)["eu"].django_service.ecr_repository_url
    assert isinstance(made, Example)
    assert made == url.replace("us-east-1", "eu-west-1")


def test_what_is_no_region_is_told_and_nothing_is_written(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert add.main(["eu", "--from", "prod", "--region", "Ireland"], directory=directory) == 1
    assert capsys.readouterr().err == "--region: 'Ireland' is no region: write it as \"eu-west-1\"\n"
    assert not (directory / "eu.py").exists()


def test_it_is_deployed_after_its_model_and_the_rest_of_the_package_stays(directory: Path) -> None:
    add.main(["qa", "--from", "dev"], directory=directory)
    add.main(["uat", "--from", "qa"], directory=directory)
    assert texts(directory)["__init__.py"] == (
        '"""Mine."""\n\nENVIRONMENTS = ("dev", "qa", "uat", "staging", "prod")  # in order\n'
    )
    blocks = [each.network.cidr for each in loaded(directory).values()]  # type: ignore[union-attr]
    assert blocks == ["10.10.0.0/16", "10.11.0.0/16", "10.12.0.0/16", "10.20.0.0/16", "10.30.0.0/16"]


def test_what_a_zone_has_once_stays_with_the_model(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert add.main(["eu", "--from", "prod"], directory=directory) == 0
    dns = cloudflare_dns(loaded(directory)["eu"])
    assert (dns.record_name, dns.zone_settings, dns.cache_rule) == ("eu-api", None, None)
    assert "ZoneSettingsInputs" not in (directory / "eu.py").read_text()
    lint(directory)
    said = capsys.readouterr().out
    assert "cloudflare_dns.record_name: eu-api, because api.example.com is prod's\n" in said
    assert "cloudflare_dns.cache_rule: left out, because prod has that of the zone\n" in said


def test_the_firewall_of_a_zone_stays_with_the_model(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = (directory / "prod.py").read_text()
    rules = 'custom_rules={"bots": CustomRuleInputs(expression="cf.client.bot", action="block")}'
    limits = 'rate_limits={"login": RateLimitInputs(paths=("/login/",), requests=20, whole_zone=True)}'
    model = model.replace("cache_rule=CacheRuleInputs(),", f"cache_rule=CacheRuleInputs(),\n{rules},\n{limits},")
    model = model.replace(
        "    CacheRuleInputs,\n", "    CacheRuleInputs,\n    CustomRuleInputs,\n    RateLimitInputs,\n"
    )
    (directory / "prod.py").write_text(model)
    assert add.main(["eu", "--from", "prod"], directory=directory) == 0
    dns = cloudflare_dns(loaded(directory)["eu"])
    assert (dns.custom_rules, dns.rate_limits) == (None, None)
    assert "cloudflare_dns.rate_limits: left out, because prod has that of the zone\n" in capsys.readouterr().out


def test_in_an_account_of_its_own_it_has_what_an_account_has_once(directory: Path) -> None:
    assert add.main(["qa", "--from", "dev", "--account-id", "444444444444"], directory=directory) == 0
    made = loaded(directory)["qa"]
    assert (made.account_id, made.bootstrap) == ("444444444444", frozen("dev").bootstrap)
    assert isinstance(made.state, S3State)
    assert made.state.bucket == "example-tfstate-444444444444"
    assert made.django_service.ecr_repository_url == "444444444444.dkr.ecr.us-east-1.amazonaws.com/django-app"
    assert "111111111111" not in (directory / "qa.py").read_text()


def test_a_model_that_shares_a_bootstrap_gets_one_of_its_own_in_another_account(
    directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert add.main(["qa", "--from", "prod"], directory=directory) == 0
    capsys.readouterr()
    assert add.main(["load", "--from", "qa", "--account-id", "444444444444"], directory=directory) == 0
    made = loaded(directory)["load"]
    bucket, url = "example-tfstate-444444444444", "444444444444.dkr.ecr.us-east-1.amazonaws.com/django-app"
    assert (made.state, made.django_service.ecr_repository_url) == (S3State(bucket=bucket), url)
    assert made.bootstrap == BootstrapInputs()
    said = capsys.readouterr().out
    assert f"bootstrap.state_bucket: StateBucketInputs(), because no other environment makes {bucket}\n" in said
    assert f"bootstrap.ecr_repository: EcrRepositoryInputs(), because no other environment makes {url}\n" in said
    for model in ("prod", "qa"):
        assert add.main([f"{model}-2", "--from", model, "--account-id", "444444444444"], directory=directory) == 0
        second = loaded(directory)[f"{model}-2"]
        assert second.bootstrap == BootstrapInputs(state_bucket=None, ecr_repository=None)
        assert (second.state, second.django_service.ecr_repository_url) == (S3State(bucket=bucket), url)


def test_what_no_environment_makes_is_said_in_another_account(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    none = BootstrapInputs(state_bucket=None, ecr_repository=None)
    configurations.write(tmp_path, environment(bootstrap=none, state=S3State(bucket="central")))
    assert add.main(["qa", "--account-id", "444444444444"], directory=tmp_path) == 0
    qa = loaded(tmp_path)["qa"]
    assert (qa.state, qa.bootstrap) == (S3State(bucket="central"), none)
    url, said = qa.django_service.ecr_repository_url, capsys.readouterr().out
    for name, found in (("state_bucket", "central"), ("ecr_repository", url)):
        what = f"bootstrap.{name}: None as before, and no environment here makes {found}: it must be there, and admit "
        assert f"{what}the account 444444444444\n" in said


def test_what_another_environment_uses_and_none_makes_is_left_to_the_account(
    directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert add.main(["load", "--from", "prod", "--account-id", "444444444444"], directory=directory) == 0
    file, none = directory / "load.py", "bootstrap=BootstrapInputs(state_bucket=None, ecr_repository=None)"
    text = file.read_text().replace("    CertificateInputs,\n", "    BootstrapInputs,\n    CertificateInputs,\n", 1)
    file.write_text(f"{text.rstrip().removesuffix(')')}    {none},\n)\n")
    assert add.main(["perf", "--from", "prod", "--account-id", "444444444444"], directory=directory) == 0
    said = capsys.readouterr().out
    for name in ("state_bucket", "ecr_repository"):
        what = "None, as for load, and no environment here makes it: look whether the account has it"
        assert f"bootstrap.{name}: {what}\n" in said


def test_a_provider_of_github_is_made_in_another_account(tmp_path: Path) -> None:
    first = environment(bootstrap=BootstrapInputs(github=GithubOidcInputs(repository="acme/shop")))
    configurations.write(tmp_path, first)
    assert add.main(["qa"], directory=tmp_path) == 0
    assert add.main(["load", "--from", "qa", "--account-id", "444444444444"], directory=tmp_path) == 0
    assert add.main(["perf", "--from", "qa", "--account-id", "444444444444"], directory=tmp_path) == 0
    found = {each.name: each.bootstrap.github for each in loaded(tmp_path).values()}
    assert {name: github.existing_provider for name, github in found.items() if github} == {
        first.name: False,
        "qa": True,
        "load": False,
        "perf": True,
    }


def test_a_bucket_of_another_account_has_another_name(tmp_path: Path) -> None:
    configurations.write(tmp_path, replace(environment(), state=S3State(bucket="mine")))
    assert add.main(["qa", "--account-id", "444444444444"], directory=tmp_path) == 0
    state = loaded(tmp_path)["qa"].state
    assert isinstance(state, S3State)
    assert state.bucket == "mine-qa"


def test_the_model_is_the_first_unless_one_is_named(directory: Path) -> None:
    add.main(["qa"], directory=directory)
    assert loaded(directory)["qa"].confidentiality == "internal"


@pytest.mark.parametrize(
    ("sources", "said"),
    [
        (["dev", "prod"], "--from: 'dev' and 'prod': give one environment\n"),
        ([""], "'': there is no environment of this name: use one of dev, staging, prod\n"),
    ],
)
def test_it_is_made_from_one_environment(
    sources: list[str], said: str, directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = texts(directory)
    assert add.main(["qa", *(f"--from={source}" for source in sources)], directory=directory) == 1
    assert capsys.readouterr() == ("", said)
    assert texts(directory) == before


def test_what_retires_in_one_environment_is_not_in_another(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = directory / "dev.py"
    retiring = 'version=2, retiring=RetiringCertificateInputs(hostname="old.example.com")'
    text = model.read_text().replace("CertificateInputs()", f"CertificateInputs({retiring})")
    text = text.replace("    RedisInputs,\n", "    RedisInputs,\n    RetiringCertificateInputs,\n")
    text = text.replace(
        "redis=RedisInputs(", "redis=RedisInputs(switching_authentication=True, apply_immediately=True,"
    )
    model.write_text(text.replace('"us-east-1b"),', '"us-east-1b", "us-east-1c"), retiring_zones=("us-east-1c",),'))
    before = loaded(directory)["dev"]
    assert before.certificate.retiring
    assert before.network.retiring_zones  # type: ignore[union-attr]
    assert add.main(["qa", "--from", "dev"], directory=directory) == 0
    made = loaded(directory)["qa"]
    assert made.certificate.retiring is None
    assert made.network.retiring_zones == ()  # type: ignore[union-attr]
    assert made.redis
    assert made.redis.switching_authentication is False
    assert "certificate.retiring: left out, because nothing of it is deployed\n" in capsys.readouterr().out


def test_names_of_a_certificate_are_given_to_one_environment(
    directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = directory / "dev.py"
    names = '"admin.dev.example.com", "shop.example.com"'
    text = model.read_text()
    model.write_text(text.replace("CertificateInputs()", f"CertificateInputs(subject_alternative_names=({names}))"))
    assert add.main(["qa", "--from", "dev"], directory=directory) == 0
    assert loaded(directory)["qa"].certificate.subject_alternative_names == ()
    why = "because dev has the validation record of shop.example.com"
    assert f"certificate.subject_alternative_names: left out, {why}\n" in capsys.readouterr().out
    model.write_text(
        text.replace("CertificateInputs()", f"CertificateInputs(subject_alternative_names=({names[:23]},))")
    )
    assert add.main(["uat", "--from", "dev"], directory=directory) == 0
    assert loaded(directory)["uat"].certificate.subject_alternative_names == ("admin.uat.example.com",)


def test_routes_lead_hosts_of_the_new_environment_to_further_webs(directory: Path) -> None:
    (directory / "__init__.py").write_text('ENVIRONMENTS = ("dev",)\n')
    model = directory / "dev.py"
    webs = 'webs={"api": FurtherWebInputs()}'
    application = directory / "application.py"
    text = application.read_text().replace(
        "APPLICATION = ApplicationInputs(\n", f"APPLICATION = ApplicationInputs(\n    {webs},\n"
    )
    application.write_text(text.replace("import ApplicationInputs,", "import ApplicationInputs, FurtherWebInputs,"))
    size = 'webs={"api": WebInputs(cpu=256, memory_mib=512, desired_count=1)}'
    route = 'routes={"api": RouteInputs(priority=10_000, paths=("/v2/*",), hosts=("dev-api.example.com",))}'
    text = model.read_text().replace(
        "        web=WebInputs(", f"        {size},\n        {route},\n        web=WebInputs("
    )
    model.write_text(text.replace("    WebInputs,\n", "    RouteInputs,\n    WebInputs,\n"))
    assert add.main(["qa", "--from", "dev"], directory=directory) == 0
    assert loaded(directory)["qa"].django_service.all_routes["api"].hosts == ("qa-api.example.com",)


def test_what_still_names_the_model_is_pointed_out_by_its_line(
    directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, arn = directory / "dev.py", "arn:aws:secretsmanager:us-east-1:111111111111:secret:dev/mail-AbCdEf"
    model.write_text(
        model.read_text().replace(
            "RuntimeInputs(", f'RuntimeInputs(\n            secrets={{"MAIL": "{arn}"}},\n            '
        )
    )
    assert add.main(["qa", "--from", "dev"], directory=directory) == 0
    number = (directory / "qa.py").read_text().splitlines().index(f'            secrets={{"MAIL": "{arn}"}},') + 1
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "names dev" in line]
    assert line.startswith(f'  line {number}: "arn:aws:secretsmanager:')
    assert line.endswith("names dev: change it if qa differs")


def test_subnets_keep_their_place_in_the_block(directory: Path) -> None:
    model = directory / "dev.py"
    exact = """cidr=BLOCK,
        public_cidrs=("10.10.0.0/24", "10.10.1.0/24"),
        private_cidrs=("10.10.64.0/18", "10.10.128.0/18"),
        database_cidrs=("10.10.2.0/25", "10.10.2.128/25"),
"""
    text = model.read_text().replace('cidr="10.10.0.0/16",\n', exact)
    model.write_text(text.replace("ENVIRONMENT =", 'BLOCK = "10.10.0.0/16"\n\nENVIRONMENT ='))
    assert add.main(["qa", "--from", "dev"], directory=directory) == 0
    assert 'BLOCK = "10.11.0.0/16"\n' in (directory / "qa.py").read_text()
    assert exact.replace("10.10.", "10.11.") in (directory / "qa.py").read_text()


@pytest.mark.parametrize(
    ("dns", "hostname"),
    [
        (ExternalDnsInputs(hostname="api.acme.io"), "qa-api.acme.io"),
        (ExternalDnsInputs(hostname="test.acme.io"), "qa.acme.io"),
        (Route53DnsInputs(zone_id="Z0123456789", zone_name="acme.io", record_name="@"), "qa.acme.io"),
        (Route53DnsInputs(zone_id="Z0123456789", zone_name="acme.io", record_name="test-api"), "qa-api.acme.io"),
    ],
)
def test_it_has_a_name_of_its_own_whatever_the_kind_of_dns(dns: DnsInputs, hostname: str, tmp_path: Path) -> None:
    configurations.write(tmp_path, environment(cloudflare_dns=None, dns=dns))
    assert add.main(["qa"], directory=tmp_path) == 0
    assert loaded(tmp_path)["qa"].hostname == hostname


def test_in_another_account_it_has_another_zone_of_route_53(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    route53 = Route53DnsInputs(zone_id="Z1", zone_name="example.com", record_name="api")
    configurations.write(tmp_path, environment(cloudflare_dns=None, dns=route53))
    elsewhere = ["qa", "--account-id", "444444444444"]
    assert add.main(elsewhere, directory=tmp_path) == 1
    assert "dns.zone_id: Z1 is a zone of the account 123456789012 to test" in capsys.readouterr().err
    assert add.main([*elsewhere, "--zone-id", "0", "--zone-name", "qa.example.com"], directory=tmp_path) == 1
    assert "qa.py: dns.zone_id: '0' is not a zone id" in capsys.readouterr().err
    assert add.main([*elsewhere, "--zone-id", "Z2", "--zone-name", "qa.example.com"], directory=tmp_path) == 0
    zone = loaded(tmp_path)["qa"].zone
    assert zone
    assert (zone.id, zone.name) == ("Z2", "qa.example.com")


def test_whoever_has_no_zone_is_given_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dns = ExternalDnsInputs(hostname="api.example.com")
    configurations.write(tmp_path, environment(cloudflare_dns=None, dns=dns))
    assert add.main(["qa", "--zone-id", "Z2"], directory=tmp_path) == 1
    assert capsys.readouterr().err == (
        "--zone-id: test makes no records in a zone of its own: remove it, or choose another --from\n"
    )


def test_an_existing_vpc_is_shared_and_said_to_be(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configurations.write(tmp_path, frozen("eu-prod"))
    assert add.main(["us", "--from", "eu-prod"], directory=tmp_path) == 0
    assert "  network: vpc-0123456789abcdef0, shared with eu-prod\n" in capsys.readouterr().out
    assert loaded(tmp_path)["us"].network == frozen("eu-prod").network


def test_security_groups_that_exist_are_shared_and_said_to_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = changed(frozen("eu-prod"), ("network", "application_security_group_id"), "sg-aaaaaaaa")
    configurations.write(tmp_path, model)
    assert add.main(["us", "--from", "eu-prod"], directory=tmp_path) == 0
    assert "  network.application_security_group_id: sg-aaaaaaaa, shared with eu-prod\n" in (capsys.readouterr().out)


def test_the_tasks_have_a_group_of_their_own_where_the_rules_of_a_shared_one_are_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = changed(frozen("eu-prod"), ("network", "application_security_group_id"), "sg-aaaaaaaa")
    model = changed(model, ("network", "endpoint_security_group_id"), "sg-bbbbbbbb")
    model = changed(model, ("django_service", "load_balancer", "security_group_id"), "sg-cccccccc")
    configurations.write(tmp_path, model)
    assert add.main(["us", "--from", "eu-prod"], directory=tmp_path) == 0
    out = capsys.readouterr().out
    assert (
        "  network.application_security_group_id: left out, because eu-prod adds the rules between it and the "
        "others: the tasks have a group of their own\n"
        "  network.endpoint_security_group_id: sg-bbbbbbbb, shared with eu-prod\n"
        "  django_service.load_balancer.security_group_id: sg-cccccccc, shared with eu-prod\n"
    ) in out
    assert loaded(tmp_path)["us"].network == replace(model.network, application_security_group_id=None)


def test_a_group_that_the_file_cannot_leave_out_is_named_with_all_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = changed(frozen("eu-prod"), ("network", "application_security_group_id"), "sg-aaaaaaaa")
    configurations.write(tmp_path, changed(model, ("network", "endpoint_security_group_id"), "sg-bbbbbbbb"))
    file = tmp_path / "eu-prod.py"
    start, _, rest = file.read_text().partition("network=")
    network, _, end = rest.partition(", postgresql=")
    file.write_text(f"{start}network=[*map(lambda _: {network}, '1')][0], postgresql={end}")
    assert add.main(["us", "--from", "eu-prod"], directory=tmp_path) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"{file}: no call here takes network.application_security_group_id=None: write that by hand")
    assert ', and name="us", cloudflare_dns.record_name="us-shop", ' in said


def test_what_a_model_takes_from_another_file_is_given_by_its_variation(directory: Path) -> None:
    (directory / "common.py").write_text((directory / "prod.py").read_text().replace("ENVIRONMENT =", "BASE ="))
    head = '"""As the base."""\n\nfrom stacks.config import vary\n\nfrom .common import BASE\n\n'
    (directory / "prod.py").write_text(f"{head}ENVIRONMENT = vary(\n    BASE,\n    protected=False,\n)\n")
    assert add.main(["eu", "--from", "prod"], directory=directory) == 0
    varied = """\
ENVIRONMENT = vary(
    BASE,
    protected=False,
    name="eu",
    network__cidr="10.31.0.0/16",
    cloudflare_dns__record_name="eu-api",
    cloudflare_dns__zone_settings=None,
    cloudflare_dns__cache_rule=None,
    bootstrap__state_bucket=None,
    bootstrap__ecr_repository=None,
)
"""
    assert (directory / "eu.py").read_text() == head + varied
    assert loaded(directory)["eu"].postgresql == frozen("prod").postgresql
    assert add.main(["eu-2", "--from", "eu"], directory=directory) == 1  # its names would be part of eu's
    assert add.main(["us", "--from", "eu"], directory=directory) == 0
    assert 'cloudflare_dns__record_name="us-api"' in (directory / "us.py").read_text()
    lint(directory)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("dev", "{directory}/dev.py: is there already: choose another name"),
        ("QA", "environment: 'QA' is no name of an environment: use 2 to 28 of a-z, 0-9 and single hyphens, a letter"),
        ("../qa", "environment: '../qa' is no name of an environment: "),
        ("__init__", "environment: '__init__' is no name of an environment: "),
        (
            "dev-2",
            "{directory}/dev-2.py: name: django-dev-2-* of dev-2 is part of django-dev-* of dev in the same account: ",
        ),
        ("all", "{directory}/all.py: name: all is a word of the workflows or of YAML: choose another name"),
        ("plan-dev", "{directory}/plan-dev.py: name: plan-dev is the job that plans dev in the workflows: choose"),
        ("a-name-too-long-for-a-bucket", "{directory}/a-name-too-long-for-a-bucket.py: project: the name of the "),
    ],
)
def test_a_name_that_cannot_be_leaves_all_as_it_was(
    name: str, said: str, directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = texts(directory)
    assert add.main([name, "--from", "dev"], directory=directory) == 1
    out, err = capsys.readouterr()
    assert err.startswith(said.format(directory=directory)), err
    assert out == ""
    assert texts(directory) == before


def test_neither_a_link_to_nothing_nor_a_directory_is_replaced(
    directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (directory / "qa.py").symlink_to("gone")
    (directory / "uat.py").mkdir()
    for name in ("qa", "uat"):
        assert add.main([name, "--from", "dev"], directory=directory) == 1
        assert capsys.readouterr() == ("", f"{directory}/{name}.py: is there already: choose another name\n")


def test_a_model_in_another_encoding_is_one_line(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = directory / "dev.py"
    model.write_bytes("# coding: latin-1\n# größer\n".encode("latin-1") + model.read_bytes())
    assert add.main(["qa", "--from", "dev"], directory=directory) == 1
    assert capsys.readouterr() == ("", f"{model}: is not UTF-8 (byte 22): save it as UTF-8\n")


def test_a_model_whose_network_is_written_elsewhere_is_said_to_be(
    directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = directory / "dev.py"
    text = model.read_text()
    start, end = text.index("network=NetworkInputs("), text.index("    postgresql=")
    network = text[start:end].rstrip().rstrip(",").removeprefix("network=")
    model.write_text(f"{text[:start]}network=[{network}][0],\n{text[end:]}")
    assert add.main(["qa", "--from", "dev"], directory=directory) == 0  # its block is still a string in there
    model.write_text(text.replace('cidr="10.10.0.0/16"', 'cidr="10.10." + "0.0/16"'))
    assert add.main(["uat", "--from", "dev"], directory=directory) == 0
    assert 'cidr="10.12.0.0/16"' in (directory / "uat.py").read_text()
    hidden = (
        "network=[*map(lambda _: NetworkInputs(cidr='10.10.' + '0.0/16', zones=('us-east-1a', 'us-east-1b')), '1')][0]"
    )
    model.write_text(f"{text[:start]}{hidden},\n{text[end:]}")
    assert add.main(["tst", "--from", "dev"], directory=directory) == 1
    assert capsys.readouterr().err == (
        f'{model}: no call here takes network.cidr="10.13.0.0/16": write that by hand in a copy, tst.py, '
        'and name="tst", tst in place of dev in cloudflare_dns.record_name, bootstrap.state_bucket=None, '
        "bootstrap.ecr_repository=None\n"
    )
    assert not (directory / "tst.py").exists()


REPLACED = """\
from dataclasses import replace

from .common import BASE

ENVIRONMENT = replace(BASE, name="prod")
"""
BLOCK = REPLACED.replace(")\n", ', network=replace(BASE.network, cidr="10.30.0.0/16"))\n')
MADE = """\
from dataclasses import replace

from .common import BASE


def make(name):
    return replace(BASE, name=name)


ENVIRONMENT = make("prod")
"""


@pytest.mark.parametrize(
    ("model", "unwritten", "rest"),
    [
        (REPLACED, 'network.cidr="10.31.0.0/16", ', ', and name="eu"'),
        (BLOCK, "", ', and name="eu", network.cidr="10.31.0.0/16"'),
        (MADE, 'name="eu", network.cidr="10.31.0.0/16", ', ""),
    ],
)
def test_all_that_a_model_cannot_take_is_named_at_once_with_all_that_must_change(
    model: str, unwritten: str, rest: str, directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (directory / "common.py").write_text((directory / "prod.py").read_text().replace("ENVIRONMENT =", "BASE ="))
    (directory / "prod.py").write_text(model)
    before = texts(directory)
    assert add.main(["eu", "--from", "prod"], directory=directory) == 1
    values = (
        'cloudflare_dns.record_name="eu-api", cloudflare_dns.zone_settings=None, '
        "cloudflare_dns.cache_rule=None, bootstrap.state_bucket=None, bootstrap.ecr_repository=None"
    )
    what_to_do = f"write that by hand in a copy, eu.py{rest}"
    said = f"{directory}/prod.py: no call here takes {unwritten}{values}: {what_to_do}\n"
    assert capsys.readouterr() == ("", said)
    assert texts(directory) == before


@pytest.mark.parametrize(
    ("imported", "prefix"), [("from stacks.config import *", ""), ("import stacks.config as c", "c.")]
)
def test_a_model_may_import_as_it_likes(imported: str, prefix: str, directory: Path) -> None:
    model = directory / "dev.py"
    text = model.read_text()
    start, end = text.index("from stacks.config"), text.index("ENVIRONMENT =")
    calls = re.sub(r"\b((?:[A-Z][a-zA-Z0-9]*Inputs|Environment|Example|S3State)\()", rf"{prefix}\1", text[end:])
    model.write_text(f"{text[:start]}{imported}\n\n{calls}")
    assert add.main(["qa", "--from", "dev"], directory=directory) == 0
    bootstrap = "" if "*" in imported else "from stacks.config import BootstrapInputs\n"
    written = (directory / "qa.py").read_text()
    assert f"{imported}\n{bootstrap}\n" in written
    assert loaded(directory)["qa"].bootstrap.state_bucket is None


def test_a_model_may_begin_with_a_mark_and_the_list_may_have_a_type(directory: Path) -> None:
    (directory / "dev.py").write_bytes(b"\xef\xbb\xbf" + (directory / "dev.py").read_bytes())
    (directory / "__init__.py").write_text('ENVIRONMENTS: tuple[str, ...] = ("dev", "staging", "prod")\n')
    assert add.main(["qa", "--from", "dev"], directory=directory) == 0
    listed = 'ENVIRONMENTS: tuple[str, ...] = ("dev", "qa", "staging", "prod")\n'
    assert (directory / "__init__.py").read_text() == listed
    assert [*loaded(directory)] == ["dev", "qa", "staging", "prod"]


ROUTE53 = Route53DnsInputs(
    zone_id="Z0123456789ABCDEFGHIJ",
    zone_name="example.com",
    record_name="api",
    further_hostnames=(HostnameInputs(hostname="www.example.com", redirect=True),),
)


@pytest.mark.parametrize(
    ("dns", "hostname"),
    [(ROUTE53, "eu-api.example.com"), (ExternalDnsInputs(hostname="api.example.com"), "eu-api.example.com")],
)
def test_a_name_is_found_for_it_wherever_the_dns_is(dns: DnsInputs, hostname: str, tmp_path: Path) -> None:
    configurations.write(tmp_path, replace(frozen("prod"), cloudflare_dns=None, dns=dns))
    assert add.main(["eu", "--from", "prod"], directory=tmp_path) == 0
    assert loaded(tmp_path)["eu"].hostnames == (hostname,)
