"""The lock files name no package index: each machine uses the one that it is configured for."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

from cli import lock

PROJECT = Path(__file__).parents[1]
REMEDY = "run `make lock`, which takes the index out, in place of `pipenv lock`"


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
    assert lock.main(tmp_path / "Pipfile.lock") == 0
    assert (tmp_path / "Pipfile.lock").read_text() == ours
