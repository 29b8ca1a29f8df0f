"""The releases from which an upgrade is tested: see README.md."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from stacks.config import loader
from stacks.config.schema import Environment
from stacks.django_backend import compose
from stacks.synthesis.synthesize import synthesize
from tests.environments import DIRECTORY


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What a user has to write into a file of stacks/config, because today's schema refuses what is there."""

    file: str
    replace: str
    """Text that the file has once."""
    write: str
    """The text in its place, as the message gives it."""

    def apply(self, directory: Path) -> None:
        """Write it into the file."""
        file = directory / self.file
        text = file.read_text()
        assert text.count(self.replace) == 1, f"{self.file}: {self.replace} is not there once: correct edits.json"
        file.write_text(text.replace(self.replace, self.write))


@dataclass(frozen=True, slots=True)
class Release:
    """What users had and deployed: the files of stacks/config, and the JSON that `main.py` wrote for them."""

    directory: Path

    @property
    def name(self) -> str:
        return self.directory.name

    @property
    def config(self) -> Path:
        """The files of stacks/config."""
        return self.directory / "config"

    @property
    def environments(self) -> list[str]:
        return sorted(file.stem for file in self.config.glob("*.py"))

    @property
    def edits(self) -> list[Edit]:
        """What a user has to edit, in the order in which it is asked for."""
        file = self.directory / "edits.json"
        return [Edit(**each) for each in json.loads(file.read_text())] if file.exists() else []

    @property
    def imports(self) -> dict[str, list[str]]:
        """What the files of stacks/config could import, by module."""
        found: dict[str, list[str]] = json.loads((self.directory / "imports.json").read_text())
        return found

    @property
    def lists(self) -> dict[str, Path]:
        """The lists of reviewed changes, by environment. An environment that has one is upgraded on the local AWS."""
        return {file.stem: file for file in sorted((self.directory / "changes").glob("*.json"))}

    def synthesized(self, environment: str) -> Path:
        """The tree that was deployed, as cdktf.out."""
        return self.directory / "synthesized" / environment

    def copy(self, directory: Path) -> None:
        """Write the files into a directory, beside the application that today's release describes."""
        shutil.copytree(self.config, directory)
        shutil.copy(DIRECTORY / "application.py", directory)

    def load(self, directory: Path) -> dict[str, Environment]:
        """The environments by name, after the edits, which are made in `directory`. Raises loader.WrongEnvironment."""
        self.copy(directory)
        for edit in self.edits:
            edit.apply(directory)
        return {each.name: each for each in loader.load(self.environments, directory).values()}


RELEASES = [Release(config.parent) for config in sorted(Path(__file__).parent.glob("*/config"))]


def synthesize_today(environments: Mapping[str, Environment], output: Path) -> None:
    """Write the JSON that today's code makes of these environments, which are given by name."""
    synthesize({f"{name}.py": each for name, each in environments.items()}, output, lambda _step: None, compose)
