"""What users have of a release stays valid: the files of stacks/config, and the addresses in their states."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from importlib import import_module
from pathlib import Path

import pytest

from stacks.config.loader import WrongEnvironment, load
from tests import configurations
from tests.support import Json, addresses, environment, read_output
from tests.upgrade.changes import read
from tests.upgrade.releases import RELEASES, Release, synthesize_today

pytestmark = pytest.mark.thorough

every_release = pytest.mark.parametrize("release", RELEASES, ids=lambda release: str(release.name))


def load_with_edits(release: Release, directory: Path) -> None:
    """Load the files as their user does, who edits a line where a message gives the new one."""
    release.copy(directory)
    for edit in release.edits:
        with pytest.raises(WrongEnvironment) as refused:
            load(release.environments, directory)
        assert edit.file in str(refused.value)
        assert edit.write in str(refused.value)
        edit.apply(directory)
    load(release.environments, directory)


@every_release
def test_the_files_load_unchanged_or_a_message_gives_the_line_to_write(release: Release, tmp_path: Path) -> None:
    try:
        load_with_edits(release, tmp_path / "config")
    except WrongEnvironment as error:
        raise pytest.fail.Exception(f"{error} (tests/upgrade/README.md)", pytrace=False) from None


@every_release
def test_what_a_file_could_import_is_where_it_was(release: Release) -> None:
    gone = [
        f"{module}: {name}"
        for module, names in release.imports.items()
        for name in names
        if not hasattr(import_module(module), name)
    ]
    assert gone == [], "leave what was moved importable from its old place"


def vanished(before: Mapping[str, Json], today: Mapping[str, Json], lost: Mapping[str, Collection[str]]) -> list[str]:
    """The addresses that are gone, have not moved and are not in `lost`, each with what to do. All by unit."""
    return [
        f"{unit}: {address} is gone: name its new address in stacks/moved.py, or list its loss: tests/upgrade/README.md"
        for unit, document in before.items()
        for address in sorted(addresses(document))
        if _moved(address, today.get(unit, {})) not in addresses(today.get(unit, {}))
        and address not in lost.get(unit, ())
    ]


def _moved(address: str, document: Json) -> str:
    moves = {each["from"]: each["to"] for each in document.get("moved", ())}
    while address in moves:
        address = moves[address]
    return address


def lost(release: Release) -> dict[str, set[str]]:
    """The addresses whose loss was reviewed in any environment, by unit: what is not upgraded here loses the same."""
    found: dict[str, set[str]] = {}
    for name, file in release.lists.items():
        for unit, listed in read(file).items():
            gone = {address for address, entry in listed.items() if entry["action"] in ("destroy", "forget")}
            found.setdefault(unit.removeprefix(f"{name}-"), set()).update(gone)
    return found


def documents(tree: Path, environment: str) -> dict[str, Json]:
    """The Terraform JSON of the units in an environment's tree."""
    return {unit.removeprefix(f"{environment}-"): document for unit, document in read_output(tree)}


@every_release
def test_no_address_vanishes_unreviewed(release: Release, tmp_path: Path) -> None:
    found = []
    for name, loaded in release.load(tmp_path / "config").items():
        before = documents(release.synthesized(name), name)
        assert before
        synthesize_today({name: loaded}, tmp_path / name)
        found += [f"{name}-{line}" for line in vanished(before, documents(tmp_path / name, name), lost(release))]
    if found:
        pytest.fail("\n".join(found), pytrace=False)


ROLE, PROFILE = "aws_iam_role.nat", "aws_iam_instance_profile.nat"


def unit(*present: str, **more: object) -> Json:
    """The JSON of a unit with resources at these addresses."""
    resources: Json = {}
    for address in present:
        kind, name = address.split(".")
        resources.setdefault(kind, {})[name] = {}
    return {"resource": resources, **more}


def test_an_address_that_is_gone_is_named_with_what_to_do() -> None:
    (line,) = vanished({"network": unit(ROLE, PROFILE)}, {"network": unit(PROFILE)}, {"redis": [ROLE]})
    assert line.startswith(f"network: {ROLE} is gone: name its new address in stacks/moved.py, or list its loss: ")
    assert len(vanished({"network": unit(ROLE, PROFILE)}, {}, {})) == 2


def test_an_address_may_move_or_be_lost_after_review() -> None:
    moves = [{"from": ROLE, "to": "aws_iam_role.b"}, {"from": "aws_iam_role.b", "to": "aws_iam_role.c"}]
    assert not vanished({"network": unit(ROLE)}, {"network": unit("aws_iam_role.c", moved=moves)}, {})
    assert vanished({"network": unit(ROLE)}, {"network": unit(moved=moves)}, {})
    assert not vanished({"network": unit(ROLE)}, {"network": unit()}, {"network": [ROLE]})


@pytest.fixture
def release(tmp_path: Path) -> Release:
    """A release whose only file the loader refuses, because its name is that of another environment."""
    made = Release(tmp_path / "release")
    made.config.mkdir(parents=True)
    (made.config / "prod.py").write_text(configurations.source(environment(name="test")))
    return made


def write_edits(release: Release, *edits: Mapping[str, str]) -> None:
    (release.directory / "edits.json").write_text(json.dumps(edits))


RENAMED = {"file": "prod.py", "replace": "name='test'", "write": "name='prod'"}


def test_a_file_that_is_refused_loads_after_the_edit_that_the_message_gives(release: Release, tmp_path: Path) -> None:
    write_edits(release, RENAMED)
    load_with_edits(release, tmp_path / "config")
    assert [*release.load(tmp_path / "loaded")] == ["prod"]


def test_an_edit_that_no_message_gives_is_refused(release: Release, tmp_path: Path) -> None:
    with pytest.raises(WrongEnvironment, match="write name='prod'"):
        load_with_edits(release, tmp_path / "without")
    write_edits(release, {**RENAMED, "write": "name='staging'"})
    with pytest.raises(AssertionError, match="name='staging'"):
        load_with_edits(release, tmp_path / "another")
    write_edits(release, RENAMED, {**RENAMED, "replace": "name='prod'"})
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        load_with_edits(release, tmp_path / "unneeded")
