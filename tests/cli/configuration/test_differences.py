"""Two environments are compared input by input, defaults included, in words and without credentials."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.configuration import differences
from modules.fargate_service.inputs import WorkerInputs
from stacks.config.vary import vary
from tests import configurations
from tests.support import environment

STAGING = environment(name="staging", tags={"Team": "shop", "Cost": "1"})


def of(**changes: object) -> dict[str, tuple[str, str]]:
    """In what another environment differs, in words."""
    found = differences.differences(STAGING, vary(STAGING, **changes))
    return {each.path: (differences.words(each.one), differences.words(each.other)) for each in found}


def test_the_same_differs_in_nothing() -> None:
    assert of() == {}


def test_what_is_nested_is_named_by_its_path() -> None:
    assert of(postgresql__multi_az=False, django_service__web__cpu=1024) == {
        "postgresql.multi_az": ("yes", "no"),
        "django_service.web.cpu": ("512", "1024"),
    }


def test_what_only_one_has_is_shown_by_what_is_no_default() -> None:
    worker = WorkerInputs(cpu=256, memory_mib=512, desired_count=1)
    assert of(django_service__worker=worker) == {
        "django_service.worker": ("none", "WorkerInputs(cpu=256, memory_mib=512, desired_count=1)")
    }


def test_a_mapping_is_compared_by_its_keys() -> None:
    assert of(tags={"Team": "shop", "Cost": "2", "Floor": "4"}) == {
        'tags["Cost"]': ("1", "2"),
        'tags["Floor"]': ("none", "4"),
    }


def test_a_list_is_written_out() -> None:
    changed = of(django_service__additional_allowed_hosts=("a.example.com", "b.example.com"))
    assert changed == {"django_service.additional_allowed_hosts": ("nothing", "a.example.com, b.example.com")}


def test_the_command_prints_a_table_in_the_order_of_its_arguments(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = vary(STAGING, name="prod", owner="shop", network__cidr="10.9.0.0/16", cloudflare_dns__record_name="www")
    configurations.write(tmp_path, STAGING, other)
    assert differences.main(["prod", "staging"], directory=tmp_path) == 0
    rows = [line.replace("│", " ").split() for line in capsys.readouterr().out.splitlines()]
    assert ["owner", "shop", "platform-team"] in rows
    assert ["network.cidr", "10.9.0.0/16", "10.0.0.0/16"] in rows
    assert differences.main(["prod", "prod"], directory=tmp_path) == 1
    assert differences.main(["prod", "prd"], directory=tmp_path) == 1
    twice, unknown = capsys.readouterr().err.splitlines()
    assert twice == "diff-environments: prod is given twice: name two environments"
    assert unknown == "'prd': there is no environment of this name: use prod"
