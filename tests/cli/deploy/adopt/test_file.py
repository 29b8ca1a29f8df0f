"""Entries are added to stacks/imports.py, and nothing else of it changes."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from cli.deploy.adopt import file
from cli.failure import Failure
from stacks import imports

SOURCE = Path(imports.__file__)
RECORD = 'aws_route53_record.record_further["a.example.com TXT"]'
FOUND = {"network": {"aws_vpc.network": "vpc-1"}, "route53-dns": {RECORD: "Z1_a.example.com_TXT"}}


def test_what_somebody_has_written_stays() -> None:
    old = {"dev": {"redis": {"a": "b"}}, "prod": {"network": {"aws_vpc.network": "vpc-0"}, "alerts": {}}}
    assert file.merged(old, "prod", FOUND) == {
        "dev": {"redis": {"a": "b"}},
        "prod": {"network": {"aws_vpc.network": "vpc-0"}, "route53-dns": FOUND["route53-dns"]},
    }


def test_the_file_of_the_project_is_rewritten_as_the_formatter_would(tmp_path: Path) -> None:
    copy = tmp_path / "imports.py"
    copy.write_text(SOURCE.read_text())
    file.write({"prod": FOUND}, copy)
    text = copy.read_text()
    assert (
        "IMPORTS: Imports = {\n"
        '    "prod": {\n'
        '        "network": {\n'
        '            "aws_vpc.network": "vpc-1",\n'
        "        },\n"
        '        "route53-dns": {\n'
        '            \'aws_route53_record.record_further["a.example.com TXT"]\': "Z1_a.example.com_TXT",\n'
        "        },\n"
        "    },\n"
        "}\n"
    ) in text
    (found,) = [
        node for node in ast.parse(text).body if isinstance(node, ast.AnnAssign) and "IMPORTS" in ast.dump(node)
    ]
    assert found.value is not None
    assert ast.literal_eval(found.value) == {"prod": FOUND}
    file.write({}, copy)
    assert ast.dump(ast.parse(copy.read_text())) == ast.dump(ast.parse(_without_entries(SOURCE.read_text())))


def _without_entries(text: str) -> str:
    """The file of a project that imports nothing."""
    (found,) = [
        node for node in ast.parse(text).body if isinstance(node, ast.AnnAssign) and "id='IMPORTS'" in ast.dump(node)
    ]
    lines = text.splitlines(keepends=True)
    lines[found.lineno - 1 : found.end_lineno] = ["IMPORTS: Imports = {}\n"]
    return "".join(lines)


def test_a_file_without_the_assignment_is_left_alone(tmp_path: Path) -> None:
    copy = tmp_path / "imports.py"
    copy.write_text("IMPORTS = {}\n")
    with pytest.raises(Failure, match=r"^stacks/imports\.py: there is no `IMPORTS: Imports = \.\.\.`: write it, or "):
        file.write({"prod": FOUND}, copy)
    assert copy.read_text() == "IMPORTS = {}\n"
