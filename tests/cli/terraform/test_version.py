"""Which program is run as Terraform, and what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.terraform import version


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory that is all of PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def answering(file: Path, answer: str) -> None:
    file.write_text(f"#!/bin/sh\necho '{answer}'\n")
    file.chmod(0o755)


@pytest.mark.parametrize("known", ["1.11.0", "1.12.0-beta1", "2.0.0"])
def test_a_version_with_ephemeral_values_will_do(programs: Path, known: str) -> None:
    answering(programs / "terraform", f'{{"terraform_version": "{known}"}}')
    assert list(version.missing()) == []


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        ('{"terraform_version": "1.10.5"}', "is version 1.10.5"),
        ("Terraform v1", "does not report its version"),
        ("[]", "does not report its version"),
    ],
)
def test_any_other_is_one_line_with_the_one_to_install(programs: Path, answer: str, what: str) -> None:
    answering(programs / "terraform", answer)
    assert list(version.missing()) == [f"terraform: {what}: install Terraform or OpenTofu 1.11 or later"]


def test_opentofu_takes_its_place_by_cdktfs_own_variable(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERRAFORM_BINARY_NAME", "tofu")
    remedy = "install Terraform or OpenTofu 1.11 or later, or correct TERRAFORM_BINARY_NAME"
    assert list(version.missing()) == [f"tofu: is not on PATH: {remedy}"]
    answering(programs / "tofu", '{"terraform_version": "1.12.6"}')
    assert (list(version.missing()), version.executable()) == ([], "tofu")


def test_one_that_cannot_be_started_is_one_line(programs: Path) -> None:
    (programs / "terraform").write_text("#!/nowhere/sh\n")
    (programs / "terraform").chmod(0o755)
    what = "cannot be started (No such file or directory)"
    assert list(version.missing()) == [f"terraform: {what}: install Terraform or OpenTofu 1.11 or later"]


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERRAFORM_BINARY_NAME", "")
    assert version.executable() == "terraform"
