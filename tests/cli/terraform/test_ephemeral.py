"""What is ephemeral is replaced whole, in whatever expression it stands."""

from __future__ import annotations

import pytest

from cli.terraform.ephemeral import without_ephemeral

DRAWN = "ephemeral.aws_secretsmanager_random_password.this.random_password"


@pytest.mark.parametrize(
    "value",
    [
        f"${{{DRAWN}}}",
        f'${{jsonencode({{username = "postgres", password = {DRAWN}}})}}',
        "${jsondecode(ephemeral.aws_secretsmanager_secret_version.this.secret_string).password}",
    ],
)
def test_a_constant_stands_for_it(value: str) -> None:
    resources = {"aws_x": {"this": {"blocks": [{"password_wo": value}], "name": "ephemeral.txt", "count": 1}}}
    replaced = without_ephemeral({"ephemeral": {"a": {"b": {}}}, "resource": resources})
    kept = {"blocks": [{"password_wo": "mock"}], "name": "ephemeral.txt", "count": 1}
    assert replaced == {"resource": {"aws_x": {"this": kept}}}
