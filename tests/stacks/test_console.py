"""What the terminal shows is what was printed."""

from __future__ import annotations

import io

from rich.table import Table

from cli.progress import steps
from stacks.console import Console

ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:django-dev/key"
PATH = "container_definitions[web].environment[DEBUG]"


def test_no_arn_becomes_a_picture_and_no_address_a_style() -> None:
    file = io.StringIO()
    console = Console(file=file)
    console.print(ARN, PATH)
    table = Table("value")
    table.add_row(f"{ARN} {PATH}")
    console.print(table)
    with steps(console) as step:
        step("dev-network", f"{ARN} {PATH}")
    assert file.getvalue().count(ARN) == 3
    assert file.getvalue().count(PATH) == 3


def test_a_spinner_shows_it_too() -> None:
    file = io.StringIO()
    with steps(Console(file=file, force_terminal=True, width=300)) as step:
        step("dev-network", f"{ARN} {PATH}")
    assert ARN in file.getvalue()
    assert PATH in file.getvalue()
