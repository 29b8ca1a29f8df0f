"""Keeps tests of the program away from what a user writes, so that they pass whatever that is."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any

from stacks.config import loader

_SNAPSHOTS = Path(__file__).with_name("snapshots")


class Guard:
    """Refuses to open the environments of stacks/config and their snapshots, and to run main.py on them."""

    def __init__(self) -> None:
        """From here on it looks at every file that this process opens, and at every program that it starts."""
        files = loader.DIRECTORY.glob("*.py")
        self._names = {
            file.stem for file in files if re.search(r"^(ENVIRONMENT|APPLICATION)\b", file.read_text(), re.MULTILINE)
        }
        self._is_on = False
        self._refused: list[str] = []
        sys.addaudithook(self._audit)

    def turn_on(self) -> None:
        """Whoever comes now may not."""
        self._is_on = True

    def turn_off(self) -> list[str]:
        """Everyone may again. Returns what was refused, in case that somebody caught the error."""
        self._is_on = False
        refused, self._refused = self._refused, []
        return refused

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._is_on:
            return
        if event == "open" and isinstance(arguments[0], (str, Path)) and self._is_own(Path(arguments[0]).absolute()):
            self._refuse(f"opens {arguments[0]}")
        elif event == "subprocess.Popen":
            command = [os.fsdecode(part) for part in arguments[1]]
            if any(Path(part).name == "main.py" for part in command) and "--config" not in command:
                self._refuse(f"runs {' '.join(command)}")

    def _is_own(self, path: Path) -> bool:
        if path.suffix == ".json":
            return path.is_relative_to(_SNAPSHOTS)
        # A module, or its bytecode.
        return path.is_relative_to(loader.DIRECTORY) and path.name.partition(".")[0] in self._names

    def _refuse(self, what: str) -> None:
        line = f"{what}, which only tests with the mark `own` may: use tests/environments"
        self._refused.append(line)
        raise RuntimeError(line)
