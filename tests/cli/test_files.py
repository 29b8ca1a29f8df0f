"""Files are read with one line for what is wrong, and put in place all at once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cli import files
from stacks.failure import Failure


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    for name in ("a", "b", "c"):
        (tmp_path / name).write_text(name)
    return tmp_path


def texts(directory: Path) -> dict[str, str]:
    return {file.name: file.read_text() for file in directory.iterdir() if file.is_file()}


def test_a_text_is_read_without_the_mark_that_some_editors_write(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\xef\xbb\xbfgr\xc3\xb6\xc3\x9fer\n")
    assert files.read(tmp_path / "a") == "größer\n"


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b"gr\xf6\xdfer\n")
    (tmp_path / "link").symlink_to("gone")
    (tmp_path / "directory").mkdir()
    for name, what in {
        "latin": "is not UTF-8 (byte 2): save it as UTF-8",
        "link": "cannot be read (No such file or directory): make it readable, or remove it",
        "directory": "cannot be read (Is a directory): make it readable, or remove it",
    }.items():
        with pytest.raises(Failure) as error:
            files.read(tmp_path / name)
        assert str(error.value) == f"{tmp_path}/{name}: {what}"


def test_all_of_them_are_written_and_removed_with_the_rights_of_any_other_file(directory: Path) -> None:
    files.put(directory, {"d": "1", "a": "2", "b": None})
    assert texts(directory) == {"d": "1", "a": "2", "c": "c"}
    assert (directory / "d").stat().st_mode == (directory / "c").stat().st_mode


def test_where_one_cannot_be_written_all_are_as_before(directory: Path) -> None:
    before = texts(directory)
    (directory / "taken").mkdir()
    for name, text, why in (("gone", None, "No such file or directory"), ("taken", "1", "Is a directory")):
        with pytest.raises(Failure) as error:
            files.put(directory, {"a": "2", "d": "1", "b": None, name: text})
        assert str(error.value) == f"{directory}/{name}: cannot be written ({why}): nothing was changed"
        assert texts(directory) == before


def test_a_file_that_somebody_made_read_only_is_not_replaced(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = texts(directory)
    monkeypatch.setattr(os, "access", lambda file, _: file != directory / "b")  # root may write any
    with pytest.raises(Failure) as error:
        files.put(directory, {"a": "2", "b": "1"})
    assert str(error.value) == f"{directory}/b: cannot be written (it is read-only): nothing was changed"
    assert texts(directory) == before


def test_a_directory_that_takes_no_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(Failure) as error:
        files.put(tmp_path / "gone", {"a": "1"})
    assert str(error.value) == f"{tmp_path}/gone: cannot be written (No such file or directory): nothing was changed"
