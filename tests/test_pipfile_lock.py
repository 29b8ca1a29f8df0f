"""The lock files serve every supported Python, and name no package index: each machine uses its own."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import pytest
from packaging.markers import Marker, default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from cli.maintenance import lock

PROJECT = Path(__file__).parents[1]
REMEDY = "run `make lock`, which takes the index out, in place of `pipenv lock`"

# Markers compare versions, so the ends of a minor version stand for all between them.
PYTHONS = ("3.11.2", "3.11.99", "3.12.0", "3.12.99", "3.13.0", "3.13.99")

# A category of Pipfile.lock: its section in the Pipfile, and the environment it is installed into.
CATEGORIES = {
    "default": ("packages", ".venv"),
    "develop": ("dev-packages", ".venv"),
    "app": ("app", ".venv-app"),
    "app-tests": ("app-tests", ".venv-app"),
    "checkov": ("checkov", ".venv-checkov"),
    "projects": ("projects", ".venv-projects"),
}


def pipfile(section: str) -> list[Requirement]:
    entries: dict[str, Any] = tomllib.loads((PROJECT / "Pipfile").read_text())[section]
    extras = {name: entry.get("extras", ()) if isinstance(entry, dict) else () for name, entry in entries.items()}
    return [Requirement(f"{name}[{','.join(wanted)}]") for name, wanted in extras.items()]


@cache
def installed(environment: str) -> dict[str, tuple[str, list[Requirement]]]:
    """The version and the requirements of each package."""
    (site,) = (PROJECT / environment).glob("lib/python3.*/site-packages")
    return {
        canonicalize_name(package.name): (package.version, [Requirement(line) for line in package.requires or ()])
        for package in distributions(path=[str(site)])
    }


def locked(category: str) -> dict[str, dict[str, Any]]:
    pins = json.loads((PROJECT / "Pipfile.lock").read_text())[category]
    return {canonicalize_name(name): pin for name, pin in pins.items()}


def holds(pin: Mapping[str, Any], environment: Mapping[str, str]) -> bool:
    return "markers" not in pin or Marker(pin["markers"]).evaluate(dict(environment))


def unmet(category: str, python: str) -> list[str]:
    """What that Python would miss, from the Pipfile on by the requirements of what is installed here."""
    section, directory = CATEGORIES[category]
    pins, packages = locked(category), installed(directory)
    here = {name: str(value) for name, value in default_environment().items()}
    there = here | {"python_full_version": python, "python_version": python.rpartition(".")[0]}
    missed = []
    walked: set[tuple[str, str]] = set()
    wanted = [("Pipfile", requirement) for requirement in pipfile(section)]
    for requirer, requirement in wanted:  # it grows
        name = canonicalize_name(requirement.name)
        pin = pins.get(name)
        if pin is None or not holds(pin, there):
            missed.append(f"{requirer} requires {requirement}")
            continue
        if not holds(pin, here):
            continue  # not installed here, so only a later Python knows what it requires
        version, requirements = packages.get(name, ("", []))
        assert pin["version"] == f"=={version}", f"{directory}: {name} is not as locked: run make"
        if not requirement.specifier.contains(version, prereleases=True):
            missed.append(f"{requirer} requires {requirement}, and {version} is locked")
        for extra in {"", *requirement.extras} - {extra for of, extra in walked if of == name}:
            walked.add((name, extra))
            variables = {**there, "extra": extra}
            wanted += [
                (name, needed) for needed in requirements if not needed.marker or needed.marker.evaluate(variables)
            ]
    return missed


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("category", CATEGORIES)
def test_every_supported_python_gets_what_its_packages_require(category: str, python: str) -> None:
    missed = "; ".join(unmet(category, python))
    assert not missed, f"{missed}: name it in the Pipfile as docs/adr/0008-one-lock-for-all-pythons.md says"


@pytest.mark.parametrize("category", CATEGORIES)
def test_every_package_is_locked_to_one_version_with_hashes(category: str) -> None:
    # pipenv locks "*" without hashes where the Pipfile has a marker that does not hold for its own Python.
    pins = locked(category)
    assert [name for name, pin in pins.items() if not pin["version"].startswith("==") or not pin.get("hashes")] == []


def test_pipfile_names_no_index() -> None:
    pipfile = tomllib.loads((PROJECT / "Pipfile").read_text())
    assert "source" not in pipfile, "remove [[source]] from Pipfile: pip knows the index"


def test_pipfile_lock_names_no_index() -> None:
    locked = json.loads((PROJECT / "Pipfile.lock").read_text())
    assert locked["_meta"]["sources"] == [], REMEDY
    for category, pins in locked.items():
        named = [name for name, pin in pins.items() if category != "_meta" and "index" in pin]
        assert named == [], REMEDY


def test_package_lock_names_no_registry() -> None:
    packages = json.loads((PROJECT / "package-lock.json").read_text())["packages"]
    named = [name for name, package in packages.items() if "resolved" in package]
    assert named == [], "remove package-lock.json and run `npm install`, which .npmrc tells to name no registry"


def test_make_lock_takes_the_index_out_and_leaves_all_else(tmp_path: Path) -> None:
    ours = (PROJECT / "Pipfile.lock").read_text()
    locked = json.loads(ours)
    locked["_meta"]["sources"] = [{"name": "index", "url": "https://index.example/simple", "verify_ssl": True}]
    locked["default"]["cdktf"]["index"] = "pypi"
    (tmp_path / "Pipfile.lock").write_text(json.dumps(locked))
    assert lock.main(path=tmp_path / "Pipfile.lock") == 0
    assert (tmp_path / "Pipfile.lock").read_text() == ours
