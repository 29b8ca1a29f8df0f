"""The synthesis as a program of its own, whatever becomes of that."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from cli.terraform import synthesis
from tests.environments import DIRECTORY


def test_what_it_leaves_in_its_temporary_directory_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "main.py").write_text("import tempfile; tempfile.mkdtemp(); raise SystemExit('main.py: killed')")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setattr(synthesis, "PROJECT", tmp_path)
    with pytest.raises(synthesis.SynthesisFailed, match="main.py: killed"):
        synthesis.synthesize(["dev"], tmp_path / "cdktf.out", config=DIRECTORY)
    assert list(temporary.iterdir()) == []
