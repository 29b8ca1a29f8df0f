"""A Dockerfile says what runs, where and with which variables."""

from __future__ import annotations

import pytest

from cli.trial.dockerfile import Image, read


def test_the_last_stage_is_the_image_with_all_that_it_is_built_from() -> None:
    image = read("""
        FROM python:3.12 AS base
        ENV A=1 B="two words"
        ENV C old form
        WORKDIR /srv
        FROM node AS assets
        ENV A=assets
        CMD ["node"]
        FROM base
        WORKDIR app
        ENV D=${A}:$B:${NONE:-default}:${A:+set}:\\$A
        USER 10001
        STOPSIGNAL SIGQUIT
        CMD ["gunicorn", "shop.wsgi"]
    """)
    assert image == Image(
        variables={"A": "1", "B": "two words", "C": "old form", "D": "1:two words:default:set:$A"},
        directory="/srv/app",
        command=("gunicorn", "shop.wsgi"),
        stop_signal="SIGQUIT",
        user="10001",
    )


def test_another_stage_is_the_image_where_it_is_named() -> None:
    text = 'FROM python AS Web\nCMD ["web"]\nFROM python AS worker\nCMD ["worker"]'
    assert read(text, "web").command == ("web",)
    assert read(text).command == ("worker",)


def test_lines_go_on_over_comments_and_here_documents_are_no_instructions() -> None:
    image = read("FROM a\nENV A=1 \\\n  # a comment\n  B=2\nRUN <<EOF\nENV A=3\nEOF\nCMD a")
    assert image.variables == {"A": "1", "B": "2"}


@pytest.mark.parametrize(
    ("lines", "entry_point", "command", "program"),
    [
        ('CMD ["a", "b"]', None, None, ("a", "b")),
        ("CMD a $B", None, None, ("/bin/sh", "-c", "a $B")),
        ('ENTRYPOINT ["e"]\nCMD ["a"]', None, None, ("e", "a")),
        ('ENTRYPOINT ["e"]\nCMD ["a"]', None, ("c",), ("e", "c")),
        # Docker drops the image's CMD where the entry point is another one.
        ('ENTRYPOINT ["e"]\nCMD ["a"]', ("f",), None, ("f",)),
        ('ENTRYPOINT ["e"]\nCMD ["a"]', ("f",), ("c",), ("f", "c")),
        ("", None, None, ()),
    ],
)
def test_the_task_definition_goes_before_the_image(
    lines: str, entry_point: tuple[str, ...] | None, command: tuple[str, ...] | None, program: tuple[str, ...]
) -> None:
    assert read(f"FROM python\n{lines}").program(entry_point, command) == program


def test_what_is_copied_from_the_context_is_known_with_its_place() -> None:
    image = read("FROM a\nCOPY --from=b /x /y\nCOPY --chmod=755 ./start /start\nWORKDIR /app\nCOPY src .")
    assert image.copies == (("start", "/start"), ("src", "/app"))


def test_amazons_authorities_are_known_by_where_they_are_written() -> None:
    url = "https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem"
    image = read(f"FROM a\nADD --chmod=644 {url} /etc/ssl/rds.pem\nADD {url} /certs/")
    assert image.rds_authorities == ("/etc/ssl/rds.pem", "/certs/global-bundle.pem")


def test_an_argument_that_a_stage_names_again_keeps_its_value() -> None:
    assert read("ARG V=3\nFROM a\nARG V\nENV W=$V\n").variables == {"W": "3"}
