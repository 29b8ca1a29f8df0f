"""Files of environments are judged before they are in place, and a problem names where they would be."""

from __future__ import annotations

import shutil
from pathlib import Path
from unittest.mock import Mock

import pytest

from cli.configuration import place
from stacks.config import loader
from stacks.failure import Failure


def test_a_problem_names_the_file_that_would_be_written(directory: Path) -> None:
    wrong = (directory / "dev.py").read_text().replace("storage_gb=20", "storage_gb=1")
    with pytest.raises(loader.WrongEnvironment, match=rf"^{directory}/dev\.py: postgresql\.storage_gb: "):
        place.check(directory, {"dev.py": wrong})
    with pytest.raises(loader.WrongEnvironment, match=rf"^{directory}/dev\.py: postgresql\.storage_gb: "):
        place.read(directory, "dev", wrong)


def test_the_environments_are_listed_anew_and_the_rest_of_the_package_stays() -> None:
    package = '"""é"""\nENVIRONMENTS = ("dev", "prod")  # in order\n"""Doc."""\n'
    assert place.listing(package, ["qa"]) == package.replace('("dev", "prod")', '("qa",)')
    many = [f"environment-{number}" for number in range(9)]
    lines = "".join(f'    "{name}",\n' for name in many)
    assert place.listing(package, many) == package.replace('("dev", "prod")', f"(\n{lines})")
    with pytest.raises(Failure, match=r"^stacks/config/__init__\.py: ENVIRONMENTS is not assigned there: write "):
        place.listing("", many)


def test_a_link_to_nothing_beside_the_environments_is_passed_over(directory: Path) -> None:
    (directory / "notes.py").symlink_to("gone")
    place.check(directory, {})


def test_a_file_that_cannot_be_copied_is_named(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    error = shutil.Error([(str(directory / "dev.py"), "", "no right")])
    monkeypatch.setattr(shutil, "copytree", Mock(side_effect=error))
    with pytest.raises(
        Failure, match=rf"^{directory}/dev\.py: cannot be read \(no right\): make it readable, or remove"
    ):
        place.check(directory, {})


def test_what_is_read_only_is_judged_too(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    modes: list[int] = []

    def load(directory: Path) -> None:
        modes.extend(path.stat().st_mode & 0o200 for path in (directory, directory / "dev.py"))

    monkeypatch.setattr(loader, "load", load)
    (directory / "dev.py").chmod(0o444)
    directory.chmod(0o555)
    place.check(directory, {})
    directory.chmod(0o755)
    assert modes == [0o200, 0o200]
