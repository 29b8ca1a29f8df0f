"""Whether application.py describes app/: its tests are about nothing of a project that has taken its place."""

from __future__ import annotations

import ast
from pathlib import Path

PROJECT = Path(__file__).parents[2]


def absent(project: Path = PROJECT) -> str | None:
    """Why tests of app/ do not run; None where application.py builds an image of it."""
    file = project / "stacks" / "config" / "application.py"
    try:
        tree = ast.parse(file.read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError):
        return "stacks/config/application.py cannot be read"
    paths = [
        keyword.value.value
        for keyword in ast.walk(tree)
        if isinstance(keyword, ast.keyword)
        and keyword.arg in ("context", "dockerfile")
        and isinstance(keyword.value, ast.Constant)
    ]
    is_there = (project / "app" / "manage.py").is_file()
    if is_there and any(str(path).removeprefix("./").partition("/")[0] == "app" for path in paths):
        return None
    return "stacks/config/application.py describes another project than app/"
