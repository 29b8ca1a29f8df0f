"""The folder `operations` is for any Django: it knows nothing of the project that it is in."""

import ast

import pytest

from conftest import APP

pytestmark = pytest.mark.once


def imported(tree: ast.Module) -> set[str]:
    """The root packages that a module imports, in functions too."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return {name.partition(".")[0] for name in names}


def test_operations_imports_nothing_of_the_project():
    files = list((APP / "operations").rglob("*.py"))
    found = {str(file): imported(ast.parse(file.read_text())) for file in files}
    assert "django" in set().union(*found.values())
    projects = {path.name for path in APP.iterdir() if path.is_dir()} - {"operations"}
    assert {"config", "salaries"} <= projects
    assert {file: names & projects for file, names in found.items() if names & projects} == {}


def test_a_value_is_the_setting_else_the_variable_of_the_platform(settings, monkeypatch):
    from operations.conf import setting

    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    settings.AWS_REGION = "us-east-1"
    assert setting("AWS_REGION") == "us-east-1"
    del settings.AWS_REGION
    assert setting("AWS_REGION") == "eu-west-1"
    monkeypatch.delenv("AWS_REGION")
    assert setting("AWS_REGION", "none") == "none"
