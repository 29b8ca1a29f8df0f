"""How a Dockerfile is written."""

from __future__ import annotations

import pytest

from cli.dockerfile import array, expanded, instructions, pairs, words


def test_a_continued_line_is_one_instruction_whatever_stands_between() -> None:
    text = "FROM a\n# of its own\n\nRUN one \\\n  # why\n\n  && two \\\n  && three\nuser 1000\n"
    assert [*instructions(text)] == [(1, "FROM", "a"), (4, "RUN", "one && two && three"), (9, "USER", "1000")]


def test_a_last_line_that_is_continued_ends_with_the_file() -> None:
    assert [*instructions("RUN one \\")] == [(1, "RUN", "one")]


@pytest.mark.parametrize("opens", ["<<EOF", "<<-EOF", "<<'EOF'", '<<"EOF"'])
def test_the_body_of_a_here_document_is_no_instruction(opens: str) -> None:
    text = f"RUN {opens}\nUSER root\nEOF\nUSER app\n"
    assert [(each.line, each.name, each.rest) for each in instructions(text)][1:] == [(4, "USER", "app")]


def test_a_shift_in_a_command_opens_none() -> None:
    assert [each.name for each in instructions('CMD ["sh", "-c", "cat <<EOF"]\nUSER app\n')] == ["CMD", "USER"]


@pytest.mark.parametrize(
    ("rest", "expected"),
    [('["a", "b c", 1]', ("a", "b c", "1")), ("[]", ()), ("a b", None), ("[a", None), ('{"a": 1}', None)],
)
def test_an_array_is_json(rest: str, expected: tuple[str, ...] | None) -> None:
    assert array(rest) == expected


def test_arguments_are_split_as_a_shell_splits_them_and_an_unclosed_quote_is_no_error() -> None:
    assert words('a "b c" d') == ["a", "b c", "d"]
    assert words('a "b') == ["a", '"b']


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        ('A=1 B="two words"', {"A": "1", "B": "two words"}),
        ("A the old form", {"A": "the old form"}),
        ("A=", {"A": ""}),
        ("WITHOUT_DEFAULT", {}),
    ],
)
def test_names_have_values(rest: str, expected: dict[str, str]) -> None:
    assert dict(pairs(rest)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$A/${A}", "1/1"),
        ("${A:-2} ${B:-2}", "1 2"),
        ("${A:+2} ${B:+2}", "2 "),
        (r"\$A $B.", "$A ."),
    ],
)
def test_variables_have_their_values_and_defaults(text: str, expected: str) -> None:
    assert expanded(text, {"A": "1"}) == expected
