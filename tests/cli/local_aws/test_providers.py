"""The AWS provider is taken from a mirror that has this very version, and that nobody else can write to."""

from __future__ import annotations

import platform
from pathlib import Path

import pytest

from cli.local_aws import providers

pytestmark = pytest.mark.thorough

ARCHITECTURE = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
TARGET = f"{platform.system().lower()}_{ARCHITECTURE}"


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A mirror that is named, and the only one."""
    monkeypatch.setenv("TF_PROVIDER_MIRROR", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    (tmp_path / providers.AWS).mkdir(parents=True)
    return tmp_path


def test_one_of_another_version_is_taken_where_that_is_asked_for(mirror: Path) -> None:
    (mirror / providers.AWS / "6.69.1" / TARGET).mkdir(parents=True)
    assert providers.mirror("6.69.1") == mirror
    assert providers.mirror() is None


def test_it_may_be_unpacked_or_packed(mirror: Path) -> None:
    packed = mirror / providers.AWS / f"terraform-provider-aws_{providers.AWS_VERSION}_{TARGET}.zip"
    packed.touch()
    assert providers.mirror() == mirror
    packed.unlink()
    assert providers.mirror() is None
    (mirror / providers.AWS / providers.AWS_VERSION / TARGET).mkdir(parents=True)
    assert providers.mirror() == mirror


@pytest.mark.parametrize("place", ["5.90.0/{}", "{}", f"{providers.AWS_VERSION}/plan9_mips"])
def test_one_with_another_version_or_for_another_machine_is_passed_over(mirror: Path, place: str) -> None:
    (mirror / providers.AWS / place.format(TARGET)).mkdir(parents=True)
    assert providers.mirror() is None


@pytest.mark.parametrize("place", [".terraform.d/plugins", ".local/share/terraform/plugins"])
def test_it_is_looked_for_where_terraform_does(mirror: Path, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TF_PROVIDER_MIRROR")
    assert providers.mirror() is None
    (mirror / "home" / place / providers.AWS / providers.AWS_VERSION / TARGET).mkdir(parents=True)
    assert providers.mirror() == mirror / "home" / place


def test_and_nowhere_else(mirror: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[Path] = []

    def has_none(place: Path, version: str) -> bool:
        looked.append(place)
        return False

    monkeypatch.setattr(providers, "has_provider", has_none)
    assert providers.mirror() is None
    shared = [Path("/usr/local/share/terraform/plugins"), Path("/usr/share/terraform/plugins")]
    home = mirror / "home"
    own = [home / ".terraform.d/plugins", home / ".local/share/terraform/plugins"]
    assert looked == [mirror, *own, *shared]
