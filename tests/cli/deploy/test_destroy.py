"""What is protected is not destroyed, and nothing is touched before someone has seen what will go."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cli.deploy import destroy
from cli.deploy.apply import Changes
from cli.deploy.final_snapshots import FinalSnapshot
from cli.deploy.vaults import Vault
from cli.terraform import environment as environments
from cli.terraform.synthesis import WITHOUT_IMPORTS
from tests import configurations
from tests.cli.deploy.fakes import unit
from tests.environments import DIRECTORY, frozen

DATABASE = {"mode": "managed", "type": "aws_db_instance", "name": "postgresql"}
VPC = {"mode": "managed", "type": "aws_vpc", "name": "network", "instances": [{"attributes": {}}]}


class Stage:
    """Units whose states a test gives, and what is done with them."""

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.states: dict[str, list[dict[str, Any]]] = {"dev-network": [VPC], "dev-postgresql": [], "dev-redis": []}
        self.others: dict[str, list[dict[str, Any]]] = {"external-dns": []}
        self.failing: set[str] = set()
        self.done: list[str] = []
        self.given: tuple[object, ...] = ()
        """By which the tree was asked for."""
        units = [
            unit(home, "dev-network"),
            unit(home, "dev-postgresql", "dev-network"),
            unit(home, "dev-redis", "dev-network"),
        ]
        stage = self

        @contextmanager
        def deployed_from(*given: object) -> Iterator[Path]:
            stage.given = given
            yield home

        class Applier:
            def __init__(self, _terraform: object, _space: object, step: object) -> None:
                self.step = step

            def state(self, unit: Any) -> dict[str, Any]:
                return {"resources": stage.states[unit.name]}

            def apply(self, unit: Any, *, destroy: bool) -> Changes:
                assert destroy
                if unit.name in stage.failing:
                    raise ValueError("AWS refuses")
                stage.done.append(unit.name)
                return Changes(destroyed=len(stage.states[unit.name]))

            def stop(self) -> None:
                """Nothing runs."""

        monkeypatch.setenv("TF_VAR_image_tag", "1.0.0")
        monkeypatch.setattr(environments, "deployed_from", deployed_from)
        monkeypatch.setattr(environments, "units_of", lambda *_: units)
        monkeypatch.setattr(destroy, "Applier", Applier)
        others = self.others
        monkeypatch.setattr(
            destroy, "other_states", lambda *_: {name: {"resources": found} for name, found in others.items()}
        )


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    return Stage(tmp_path / "tree", monkeypatch)


def database(*, protected: bool) -> dict[str, Any]:
    return {**DATABASE, "instances": [{"attributes": {"deletion_protection": protected, "engine": "postgres"}}]}


def test_what_others_stand_on_goes_last(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    stage.states |= {"dev-postgresql": [database(protected=False)], "dev-redis": [VPC]}
    assert destroy.main(["dev", "--yes"], directory=DIRECTORY) == 0
    assert stage.done[-1] == "dev-network"
    assert sorted(stage.done) == ["dev-network", "dev-postgresql", "dev-redis"]
    output = capsys.readouterr().out
    assert output.endswith("dev is destroyed: 3 resources\n")
    assert "aws_db_instance.postgresql" in output, "what holds data is named before"


def test_what_stays_of_a_zone_is_said_before(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    settings = [
        {
            "mode": "managed",
            "type": "cloudflare_zone_setting",
            "name": f"zone_{name}",
            "instances": [{"attributes": {}}],
        }
        for name in ("ssl", "http3")
    ]
    stage.states |= {"dev-redis": settings}
    assert destroy.main(["dev", "--yes"], directory=DIRECTORY) == 0
    (line,) = [each for each in capsys.readouterr().out.splitlines() if each.startswith("Stay")]
    assert line.endswith("cannot take them back: the settings ssl, http3 of the zone example.com")


def test_a_unit_that_is_not_deployed_is_left_out(stage: Stage) -> None:
    assert destroy.main(["dev", "--yes"], directory=DIRECTORY) == 0
    assert WITHOUT_IMPORTS in stage.given, "Terraform would look for what is to be imported, and find it gone"
    assert stage.done == ["dev-network"]


def test_where_nothing_is_deployed_nothing_is_asked(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    stage.states["dev-network"] = []
    assert destroy.main(["dev"], directory=DIRECTORY) == 0
    assert capsys.readouterr().out == "dev is not deployed: there is nothing to destroy\n"


def test_nobody_there_to_ask_means_no(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    assert destroy.main(["dev"], directory=DIRECTORY) == 1
    assert stage.done == []
    assert "pass --yes, as in `make destroy ENV=dev ARGS=--yes`" in capsys.readouterr().err


def test_prod_is_refused_by_its_data_before_anything_is_looked_at(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    assert destroy.main(["prod", "--yes"], directory=DIRECTORY) == 1
    assert stage.done == []
    assert capsys.readouterr().err == (
        "stacks/config/prod.py: protected, postgresql.deletion_protection, "
        "django_service.load_balancer.deletion_protection: protects prod: set it to False, "
        "run `make deploy ENV=prod`, then run `make destroy ENV=prod` again\n"
    )


@pytest.mark.parametrize("field", ["postgresql", "load_balancer"])
def test_each_protection_is_enough(
    stage: Stage, field: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dev = frozen("dev")
    balancer = replace(dev.django_service.load_balancer, deletion_protection=True)
    protected: dict[str, dict[str, Any]] = {
        "postgresql": {"postgresql": replace(dev.postgresql, deletion_protection=True)},
        "load_balancer": {"django_service": replace(dev.django_service, load_balancer=balancer)},
    }
    configurations.write(tmp_path, replace(dev, **protected[field]))
    assert destroy.main(["dev", "--yes"], directory=tmp_path) == 1
    assert stage.done == []
    assert field in capsys.readouterr().err


def test_a_protection_that_is_lifted_in_the_data_alone_is_told_before_anything_goes(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.states["dev-postgresql"] = [database(protected=True)]
    assert destroy.main(["dev", "--yes"], directory=DIRECTORY) == 1
    assert stage.done == []
    assert capsys.readouterr().err.splitlines()[-1] == (
        "dev-postgresql: aws_db_instance.postgresql.deletion_protection: is still on at AWS: "
        "the protection is lifted in its data, so run `make deploy ENV=dev` first"
    )


def test_final_snapshots_whose_names_are_taken_are_reported_before_anything_goes(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for unit_name, kind, identifier in (
        ("dev-postgresql", "aws_db_instance", "identifier"),
        ("dev-redis", "aws_elasticache_replication_group", "replication_group_id"),
    ):
        attributes = {identifier: unit_name, "final_snapshot_identifier": f"{unit_name}-final"}
        instances = [{"attributes": attributes}]
        stage.states[unit_name] = [{"mode": "managed", "type": kind, "name": "store", "instances": instances}]
    taken = {"dev-postgresql-final", "dev-redis-final"}
    monkeypatch.setattr(FinalSnapshot, "conflict", lambda found, _: found.name in taken and f"{found.name} is taken")
    assert destroy.main(["dev", "--yes"], directory=DIRECTORY) == 1
    assert stage.done == []
    assert capsys.readouterr().err.splitlines()[-3:] == [
        "dev-postgresql: dev-postgresql-final is taken",
        "dev-redis: dev-redis-final is taken",
        "destroy: a final snapshot could not be taken, see above: nothing was destroyed",
    ]
    taken.clear()
    assert destroy.main(["dev", "--yes"], directory=DIRECTORY) == 0
    assert sorted(stage.done) == ["dev-network", "dev-postgresql", "dev-redis"]


@pytest.mark.parametrize("network", [[VPC], []], ids=["deployed", "destroyed already"])
def test_what_no_unit_has_any_more_is_named_before_anything_goes(
    stage: Stage, network: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    stage.states["dev-network"] = network
    stage.others |= {"certificate": [VPC, {**VPC, "name": "other"}], "redis": []}
    assert destroy.main(["dev", "--yes"], directory=DIRECTORY) == 1
    assert stage.done == []
    *_, named, last = capsys.readouterr().err.splitlines()
    assert named == (
        "dev-certificate: no unit of dev has this state any more, and it holds 2 resources: check out the last commit "
        "that has the unit, and run `make synth && (cd cdktf.out/stacks/dev-certificate && terraform init && "
        "terraform destroy)`"
    )
    assert last == "destroy: other states hold resources, see above: nothing was destroyed: destroy them first"


def test_those_that_read_others_are_named_first(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    stage.others |= {"alerts": [VPC], "observability": [VPC], "route53-dns": [VPC], "of-another-release": [VPC]}
    assert destroy.main(["dev", "--yes"], directory=DIRECTORY) == 1
    named = [line.partition(":")[0] for line in capsys.readouterr().err.splitlines() if "no unit of dev" in line]
    assert named == ["dev-of-another-release", "dev-observability", "dev-route53-dns", "dev-alerts"]


def test_what_fails_keeps_what_it_stands_on(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    stage.states |= {"dev-postgresql": [database(protected=False)], "dev-redis": [VPC]}
    stage.failing = {"dev-postgresql"}
    assert destroy.main(["dev", "--yes"], directory=DIRECTORY) == 1
    assert stage.done == ["dev-redis"]
    *_, other, last = capsys.readouterr().err.splitlines()
    assert other == "dev-network: not done, because dev-postgresql failed"
    assert last == "dev-postgresql: AWS refuses: correct it, and run `make destroy ENV=dev` again"


def test_a_vault_that_holds_backups_is_reported_before_anything_goes(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    attributes = {"name": "django-dev-backup", "arn": "arn:aws:backup:eu-west-1:111111111111:backup-vault:it"}
    vault = {"mode": "managed", "type": "aws_backup_vault", "name": "backup_vault"}
    stage.states["dev-redis"] = [{**vault, "instances": [{"attributes": attributes}]}]
    monkeypatch.setattr(Vault, "held", lambda *_: 3)
    assert destroy.main(["dev", "--yes"], directory=DIRECTORY) == 1
    assert stage.done == []
    holds, refused = capsys.readouterr().err.splitlines()[-2:]
    assert holds.endswith("aws_backup_vault.backup_vault: the vault django-dev-backup in eu-west-1 holds 3 backups")
    assert refused == (
        "destroy: AWS deletes no vault that holds backups: nothing was destroyed: to delete them as well, set "
        "backup.force_destroy to True in stacks/config/dev.py, and run `make deploy ENV=dev` first"
    )
    monkeypatch.setattr(Vault, "held", lambda *_: 0)
    assert destroy.main(["dev", "--yes"], directory=DIRECTORY) == 0
