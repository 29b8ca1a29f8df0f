"""Files of environments are put in place all at once, and only valid ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.configuration import place
from stacks.config import loader
from stacks.failure import Failure
from tests.cli.configuration.files import texts


def test_all_of_them_are_written_and_removed_with_the_rights_of_any_other_file(directory: Path) -> None:
    (directory / "other.py").write_text("")
    place.put(directory, {"qa.py": "1", "dev.py": "2", "prod.py": None})
    found = texts(directory)
    assert (found["qa.py"], found["dev.py"]) == ("1", "2")
    assert found.keys() == {"__init__.py", "dev.py", "other.py", "qa.py", "staging.py"}
    assert (directory / "qa.py").stat().st_mode == (directory / "other.py").stat().st_mode


def test_where_one_cannot_be_written_all_are_as_before(directory: Path) -> None:
    before = texts(directory)
    with pytest.raises(FileNotFoundError, match="gone"):
        place.put(directory, {"dev.py": "2", "qa.py": "1", "prod.py": None, "gone.py": None})
    assert texts(directory) == before


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
