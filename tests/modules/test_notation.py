"""What gives a value to a name is found in every notation, and a sentence is no value."""

from __future__ import annotations

import pytest

from modules.credentials import is_secret_name
from modules.notation import values
from tests.linear import repeated, unless_it_hangs


def found(text: str) -> list[tuple[str, str]]:
    return [(name, text[start:end]) for name, (start, end) in values(text, is_secret_name)]


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("PASSWORD=a1", "PASSWORD", "a1"),
        ('db_password = "a \\"b\\" c"', "db_password", 'a \\"b\\" c'),
        ('{\\"password\\": \\"a\\\\\\"b\\", \\"user\\": \\"me\\"}', "password", 'a\\\\\\"b'),
        ("token=a,b, user=me", "token", "a,b"),
        ("password: purple horse battery\nuser: me", "password", "purple"),
        ('{"value": "a1", "name": "DB_PASSWORD"}', "DB_PASSWORD", "a1"),
        ("<password>a b</password>", "password", "a b"),
        ("password = <<EOT\na\nEOT\nuser = me", "password", "a\n"),
        ("password: |\n  a\n  b\nuser: me", "password", "  a\n  b"),
    ],
)
def test_a_value_ends_where_its_notation_ends_it(text: str, name: str, value: str) -> None:
    assert found(text)[0] == (name, value)


def test_each_of_a_list_is_a_value() -> None:
    assert [value for _, value in found('{"password": ["a1", "b2"], "users": ["me"]}')] == ["a1", "b2"]


def test_the_rest_of_a_line_of_yaml_is_part_of_the_value() -> None:
    assert ("password", "purple horse battery") in found("password: purple horse battery\nuser: me")


@pytest.mark.thorough
@pytest.mark.parametrize(
    "text",
    [
        "password='",
        '{\\"password\\": \\"',
        "<password>",
        "value=password=",
        *(
            pytest.param(text, marks=pytest.mark.slow)
            for text in (
                "password=",
                "password ",
                "--password ",
                'value: "',
                "cookie: ",
                '"cookie: \n',
                "<password></",
                '["password", "',
                "password: a ",
                "password=<<EOT\n",
                "password: |\n a\n",
                'token: ["',
                "login a password ",
                ",a",
                "\\",
            )
        ),
    ],
)
def test_a_text_is_read_in_linear_time(text: str) -> None:
    with unless_it_hangs():
        sum(1 for _ in values(repeated(text), is_secret_name))
