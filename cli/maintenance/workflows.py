"""Name the environments in the workflows of GitHub, in their order: `python -m cli workflows`.

A workflow lists them between the comments `# environments` and `# end`: as jobs, or as rows of a matrix.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

from cli.command import Parser
from cli.failure import run_command
from cli.terraform.synthesis import PROJECT
from stacks.config import loader

DIRECTORY = PROJECT / ".github" / "workflows"

_LIST = re.compile(
    r"(?P<start>^(?P<indent> *)# environments\b.*\n)(?P<entries>(?:.*\n)*?)(?P<end>^ *# end\n)", re.MULTILINE
)


def main(argv: Sequence[str]) -> int:
    """Run the command line, which prints the files that it changes. Every error is one line."""
    return run_command("workflows", lambda: _run(argv))


def _run(argv: Sequence[str]) -> int:
    Parser("workflows", __doc__).parse_args(argv)
    names = loader.names()
    for file in sorted(DIRECTORY.glob("*.yml")):
        old = file.read_text(encoding="utf-8")
        if (new := naming(old, names)) != old:
            file.write_text(new, encoding="utf-8")
            print(os.path.relpath(file))
    return 0


def naming(workflow: str, names: Sequence[str]) -> str:
    """A workflow whose lists name these environments. What it says of one that it names already stays as it is.

    A new environment takes the place of one that is gone, or else is listed like the last. Each job waits for the one
    before it.
    """

    def listing(found: re.Match[str]) -> str:
        # An entry is a line as far to the right as the comment, with the lines below that are further.
        entry = rf"^{found['indent']}\S.*\n(?:{found['indent']} .*\n|\n)*"
        entries = {_name(text): text.strip("\n") for text in re.findall(entry, found["entries"], re.MULTILINE)}
        if not entries:
            return found[0]
        gone = [name for name in entries if name not in names]
        listed: list[str] = []
        for name, before in zip(names, ("", *names), strict=False):
            like = name if name in entries else gone.pop(0) if gone else [*entries][-1]
            listed.append(_waiting(_renamed(entries[like], like, name), before))
        gap = "\n\n" if any("\n" in text for text in listed) else "\n"
        return f"{found['start']}{gap.join(listed)}\n{found['end']}"

    return _LIST.sub(listing, workflow)


def _name(entry: str) -> str:
    found = re.search(r"\benvironment: ([\w-]+)", entry)
    return found[1] if found else ""


def _renamed(entry: str, old: str, new: str) -> str:
    """The entry of another environment: its name is replaced, also where it ends the name of a variable."""
    text = re.sub(rf"(?<![\w/]){re.escape(old)}(?![\w-])", new, entry)
    return re.sub(rf"_{_variable(old)}\b", f"_{_variable(new)}", text)


def _variable(name: str) -> str:
    return name.upper().replace("-", "_")


def _waiting(entry: str, before: str) -> str:
    """A job that needs the one before it, if any; a row of a matrix needs none."""
    needs = f"[build, {before}]" if before else "build"
    return re.sub(r"^( +needs: ).*$", rf"\g<1>{needs}", entry, count=1, flags=re.MULTILINE)
